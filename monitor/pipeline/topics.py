"""A company's own topics: their terms decide about a complaint before the model's twelve do."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from monitor.classifiers import Classifier
from monitor.config import Topic
from monitor.domain import Labels, Passage

SURE = 0.9
"""Share of the topic whose term stands in the text; the model's topics share the rest."""


class OwnTopics:
    """A classifier that also knows ``topics``: the first in the file whose term stands in the text is the topic.

    ``topic_scores`` then has every topic, and still sums to one.
    """

    def __init__(self, classifier: Classifier, topics: Sequence[Topic]):
        self._classifier = classifier
        self._terms = {topic.name: tuple(map(_folded, topic.any)) for topic in topics}

    @property
    def model(self) -> str:
        """The model behind it."""
        return self._classifier.model

    def classify(self, passages: Sequence[Passage]) -> list[Labels]:
        """Return one verdict for each passage, in order."""
        verdicts = self._classifier.classify(passages)
        return [self._placed(labels, _folded(passage.text)) for passage, labels in zip(passages, verdicts, strict=True)]

    def _placed(self, labels: Labels, text: str) -> Labels:
        scores = dict.fromkeys(self._terms, 0.0) | labels.topic_scores
        named = next((name for name, terms in self._terms.items() if any(term in text for term in terms)), None)
        if named is None:
            return replace(labels, topic_scores=scores)
        scores = {name: (1 - SURE) * score for name, score in scores.items()}
        scores[named] += SURE
        return replace(labels, topic=named, topic_scores=scores)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
