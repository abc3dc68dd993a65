"""The model that travels with the program: a small transformer and a linear model, mixed; sentiment, complaint, topic, vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.classifiers.embedded import files, mixing
from monitor.classifiers.embedded.encoder import VECTOR, Encoder
from monitor.classifiers.embedded.linear.weights import parsed
from monitor.classifiers.embedded.wording import LONGEST, MARK, marked
from monitor.domain import TOPICS, Labels, Passage, Sentiment
from monitor.language import detect, primary

_BLOCK_POSTS, _BLOCK_CHARACTERS = 512, 16 * LONGEST
_FEELINGS = (Sentiment.NEG, Sentiment.NEU, Sentiment.POS)
_SURE = 0.9  # certainty from which another language than Korean or English leaves the sentiment open
_DIGITS = 6  # of a probability: what is smaller than a rounding error is not told


@dataclass(frozen=True)
class Options:
    """``model``: folder of a model; the shipped one if None."""

    model: str | None = None


class Embedded:
    """Judges Korean and English posts; ``Passage.spans`` tell it whose product a complaint has to be about."""

    def __init__(self, options: Options = Options()):
        card, content = files.read(Path(options.model).expanduser() if options.model else files.shipped())
        self._model = f"{card.get('name')}@{card.get('version')}"
        self._mixture = mixing.parsed(card)
        self._linear = parsed(content[files.WEIGHTS])
        self._encoder = Encoder(content[files.TOKENIZER], content[files.ENCODER])

    @property
    def model(self) -> str:
        """``name@version`` of the card."""
        return self._model

    @property
    def vectors(self) -> str:
        """Name of the space of ``embed``: vectors of different names cannot be compared."""
        return self._model

    def classify(self, passages: Sequence[Passage]) -> list[Labels]:
        """Return one verdict for each passage, in order; the same alone and in a batch."""
        return [labels for block in _blocks(passages) for labels in self._judge(block)]

    def embed(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        """Return a vector of length 1 for each passage (passages, ``VECTOR``), the company's name left out: near ones tell the same."""
        texts = [marked(passage.text, passage.spans).replace(MARK, " ") for passage in passages]
        blocks = [self._encoder.judge(texts[at : at + _BLOCK_POSTS])[1] for at in range(0, len(texts), _BLOCK_POSTS)]
        return np.concatenate(blocks) if blocks else np.zeros((0, VECTOR), np.float32)

    def opinions(self, texts: Sequence[str]) -> mixing.Opinions:
        """Return what both models say of texts made by ``wording.marked``."""
        linear, kinds = self._linear.judge(texts)
        return mixing.Opinions.of(texts, linear, kinds, self._encoder.judge(texts)[0])

    def _judge(self, block: Sequence[Passage]) -> Iterator[Labels]:
        said = self.opinions([marked(passage.text, passage.spans) for passage in block])
        complaint = np.round(self._mixture.complaining(said), _DIGITS).tolist()
        feelings = np.round(self._mixture.sentiment(said), _DIGITS).tolist()
        topics = np.round(self._mixture.topics(said), _DIGITS).tolist()
        for passage, complains, feeling, topic in zip(block, complaint, feelings, topics, strict=True):
            language, foreign = _language(passage)
            yield Labels(
                complaint=complains,
                sentiment=None if foreign else _FEELINGS[feeling.index(max(feeling))],
                sentiment_scores=dict(zip((one.value for one in _FEELINGS), feeling, strict=True)),
                topic=TOPICS[topic.index(max(topic))],
                topic_scores=dict(zip(TOPICS, topic, strict=True)),
                language=language,
            )


def _blocks(passages: Sequence[Passage]) -> Iterator[Sequence[Passage]]:
    start = size = 0
    for at, passage in enumerate(passages):
        length = min(len(passage.text), LONGEST)
        if at > start and (at - start == _BLOCK_POSTS or size + length > _BLOCK_CHARACTERS):
            yield passages[start:at]
            start, size = at, 0
        size += length
    if start < len(passages):
        yield passages[start:]


def _language(passage: Passage) -> tuple[str, bool]:
    stated = primary(passage.language)
    if stated:
        return stated, stated not in ("ko", "en")
    language, certainty = detect(passage.text[:LONGEST])
    return language, language not in ("ko", "en") and certainty > _SURE
