"""A company's own topics: told by their terms, and by likeness to their examples, before the model's twelve share what is left."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from monitor.classifiers import Classifier, Embedder
from monitor.config import Topic
from monitor.domain import Labels, Passage
from monitor.errors import ModelError
from monitor.pipeline.topics.likeness import Likeness

SURE = 0.9
"""Share of the topic whose term stands in the text; the model's topics share the rest."""
_AT_ONCE = 512
_DIGITS = 6


class OwnTopics:
    """A classifier that also knows ``topics``: the first in the file whose term stands in the text, else those it resembles.

    Each topic with a sentence (``about``) or ``examples`` gets the probability that the post is one of those; the model's topics share
    what remains. ``topic_scores`` then has every topic, sums to one, and the topic is the most probable.
    """

    def __init__(self, classifier: Classifier, topics: Sequence[Topic]):
        self._classifier = classifier
        self._embedder = classifier if isinstance(classifier, Embedder) else None
        self._names = [topic.name for topic in topics]
        self._terms = {topic.name: tuple(map(_folded, topic.any)) for topic in topics}
        self._shown = [topic for topic in topics if topic.about or topic.examples]
        texts = [[*topic.examples, *filter(None, [topic.about])] for topic in self._shown]
        self._likeness = Likeness(texts, self._embedder) if texts else None
        told = repr([(topic.name, topic.any, topic.about, topic.examples) for topic in topics])
        self._version = f"+topics.{hashlib.sha256(told.encode()).hexdigest()[:6]}" if texts else ""
        if self._embedder is None:
            self.embed = None  # type: ignore[assignment, method-assign]  # so that this is no Embedder either

    @property
    def model(self) -> str:
        """The model behind it, with a digest of the topics where examples decide."""
        return self._classifier.model + self._version

    @property
    def vectors(self) -> str:
        """The vectors of the model behind it."""
        return self._embedder.vectors if self._embedder else ""

    def embed(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        """Return the vectors of the model behind it. Raises ``ModelError`` if it has none."""
        if self._embedder is None:
            raise ModelError(f"{self.model} gives no vectors")
        return self._embedder.embed(passages)

    def classify(self, passages: Sequence[Passage]) -> list[Labels]:
        """Return one verdict for each passage, in order."""
        return [labels for start in range(0, len(passages), _AT_ONCE) for labels in self._block(passages[start : start + _AT_ONCE])]

    def _block(self, passages: Sequence[Passage]) -> list[Labels]:
        verdicts = self._classifier.classify(passages)
        shares = self._likeness.shares(passages).tolist() if self._likeness else [[]] * len(passages)
        return [
            self._placed(labels, _folded(passage.text), dict(zip((topic.name for topic in self._shown), share, strict=True)))
            for passage, labels, share in zip(passages, verdicts, shares, strict=True)
        ]

    def _placed(self, labels: Labels, text: str, shares: dict[str, float]) -> Labels:
        named = next((name for name, terms in self._terms.items() if any(term in text for term in terms)), None)
        if named is not None:
            shares = {name: (1 - SURE) * share for name, share in shares.items()}
            shares[named] = shares.get(named, 0.0) + SURE
        if not any(shares.values()):
            return replace(labels, topic_scores=dict.fromkeys(self._names, 0.0) | labels.topic_scores)
        left = 1 - sum(shares.values())
        scores = dict.fromkeys(self._names, 0.0) | {name: left * score for name, score in labels.topic_scores.items()}
        for name, share in shares.items():
            scores[name] = scores.get(name, 0.0) + share
        scores = {name: round(score, _DIGITS) for name, score in scores.items()}
        return replace(labels, topic=max(scores, key=scores.__getitem__), topic_scores=scores)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
