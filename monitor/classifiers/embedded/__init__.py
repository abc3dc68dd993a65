"""The model that travels with the program: sentiment, complaint and topic of Korean and English posts, numpy only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monitor.classifiers.embedded.linear.weights import HEADS, Scores, load
from monitor.classifiers.embedded.wording import LONGEST, marked
from monitor.domain import TOPICS, Labels, Passage, Sentiment
from monitor.errors import ModelError
from monitor.language import detect, primary

_BLOCK_POSTS, _BLOCK_CHARACTERS = 512, 16 * LONGEST
_COMPLAINT, _POSITIVE, _NEUTRAL = (HEADS.index(head) for head in ("complaint", "positive", "neutral"))
_TOPICS_FROM = len(HEADS) - len(TOPICS)
_FEELINGS = (Sentiment.NEG, Sentiment.NEU, Sentiment.POS)
_SURE = 0.9  # certainty from which another language than Korean or English leaves the sentiment open
_DIGITS = 6  # of a probability: what is smaller than a rounding error is not told


@dataclass(frozen=True)
class Options:
    """``model``: folder with card.json and weights.npz; the shipped model if None."""

    model: str | None = None


class Embedded:
    """Linear on hashed n-grams and lexicon signs; ``Passage.spans`` tell it whose product a complaint has to be about."""

    def __init__(self, options: Options = Options()):
        card, self._weights = load(Path(options.model).expanduser() if options.model else shipped())
        self._model = f"{card.get('name')}@{card.get('version')}"

    @property
    def model(self) -> str:
        """``name@version`` of the card."""
        return self._model

    def classify(self, passages: Sequence[Passage]) -> list[Labels]:
        """Return one verdict for each passage, in order; the same alone and in a batch."""
        return [labels for block in _blocks(passages) for labels in self._judge(block)]

    def _judge(self, block: Sequence[Passage]) -> Iterator[Labels]:
        logits = self._weights.scores([marked(passage.text, passage.spans) for passage in block])
        complaint = _rounded(_sigmoid(logits[:, _COMPLAINT])).tolist()
        feelings = _rounded(_feelings(logits[:, _POSITIVE], logits[:, _NEUTRAL])).tolist()
        topics = _rounded(_softmax(logits[:, _TOPICS_FROM:])).tolist()
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


def shipped() -> Path:
    """Return the folder of the model that came with the program. Raises ModelError if there is none."""
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "_shipped" / "models" / "embedded", package.parent / "models" / "embedded"):
        if folder.is_dir():
            return folder
    raise ModelError(f"no model came with this installation: {package / '_shipped' / 'models' / 'embedded'} is missing; install again")


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


def _sigmoid(logits: Scores) -> Scores:
    return 1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0)))


def _feelings(positive: Scores, neutral: Scores) -> Scores:
    """Return (texts, 3): negative, neutral, positive; one logit says neutral or not, the other which pole if not."""
    none, pole = _sigmoid(neutral), _sigmoid(positive)
    return np.stack([(1 - none) * (1 - pole), none, (1 - none) * pole], axis=1)


def _softmax(logits: Scores) -> Scores:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Scores = raised / raised.sum(axis=1, keepdims=True)
    return shares


def _rounded(probabilities: Scores) -> Scores:
    return np.round(probabilities, _DIGITS)
