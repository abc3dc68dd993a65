"""Verdicts corrected by heads that were fitted on staff's labels: the shipped model stays as it is, its word is the starting point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.classifiers import Classifier, Embedder
from monitor.classifiers.trained.files import Heads, newest, read
from monitor.classifiers.trained.hashed import Hashed, Worded
from monitor.domain import Labels, Passage, Sentiment
from monitor.errors import ModelError
from monitor.learning import heads

__all__ = ["AUTO", "NONE", "Heads", "Trained", "embedder_of", "found_for"]

AUTO, NONE = "auto", "none"
_BLOCK = 512
_DIGITS = 6


class Trained:
    """``classifier`` with its verdicts corrected; ``embedder`` gives the vectors that the heads were fitted on.

    Raises ModelError when the heads were fitted on another model or on other vectors.
    """

    def __init__(self, classifier: Classifier, embedder: Embedder, found: Heads):
        if (found.base, found.vectors) != (classifier.model, embedder.vectors):
            raise ModelError(
                f"the trained heads {found.name} belong to {found.base} with vectors {found.vectors}, not to {classifier.model} with "
                f'{embedder.vectors}: run `monitor train` again, or set heads = "auto" or "none" in [classifier]'
            )
        self._classifier, self._embedder, self.found = classifier, embedder, found
        self._own = classifier if isinstance(classifier, Embedder) else embedder

    @property
    def model(self) -> str:
        """``base@version+heads.n``."""
        return f"{self._classifier.model}+heads.{self.found.version}"

    @property
    def vectors(self) -> str:
        """The space of the vectors, which no head changes."""
        return self._own.vectors

    def embed(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        """Return the vectors of the classifier, or of the embedder if it has none."""
        return self._own.embed(passages)

    def classify(self, passages: Sequence[Passage]) -> list[Labels]:
        """Return one verdict for each passage, in order."""
        blocks = (passages[at : at + _BLOCK] for at in range(0, len(passages), _BLOCK))
        return [labels for block in blocks for labels in self._corrected(block)]

    def _corrected(self, block: Sequence[Passage]) -> Iterator[Labels]:
        verdicts = self._classifier.classify(block)
        signs = heads.signs_of(self._embedder.embed(block), verdicts)
        if signs.shape[1] != self.found.width:
            raise ModelError(f"the trained heads {self.found.name} are for vectors of another width; run `monitor train` again")
        said = {task: _shares(self.found.heads[task], task, verdicts, signs) for task in self.found.heads}
        for row, labels in enumerate(verdicts):
            yield _with(labels, {task: dict(zip(names, shares[row].tolist(), strict=True)) for task, (names, shares) in said.items()})


def _shares(head: heads.Head, task: str, verdicts: Sequence[Labels], signs: heads.Numbers) -> tuple[tuple[str, ...], heads.Numbers]:
    names = tuple(heads.scores_of(task, verdicts[0]))
    base = heads.base_of(task, names, verdicts)
    return names, np.round(heads.aligned(head, names).shares(base, signs), _DIGITS)


def _with(labels: Labels, said: dict[str, dict[str, float]]) -> Labels:
    """Put corrected probabilities in; a sentiment that the model leaves open stays open."""
    if "complaint" in said:
        labels = replace(labels, complaint=said["complaint"]["yes"])
    if "sentiment" in said:
        scores = said["sentiment"]
        best = None if labels.sentiment is None else Sentiment(max(scores, key=lambda name: scores[name]))
        labels = replace(labels, sentiment=best, sentiment_scores=scores)
    if "topic" in said:
        scores = said["topic"]
        labels = replace(labels, topic=max(scores, key=lambda name: scores[name]), topic_scores=scores)
    return labels


def embedder_of(classifier: object) -> Embedder:
    """Return what turns passages into vectors for heads: hashed n-grams, beside the classifier's own vectors if it has some."""
    return Worded(classifier) if isinstance(classifier, Embedder) else Hashed()


def found_for(wanted: str, database: Path, model: str, vectors: str) -> Heads | None:
    """Return the heads that ``[classifier] heads`` asks for, or None for "none" and where "auto" finds none that fit ``model``.

    ``wanted`` may be a folder. Raises ModelError for a folder that is missing or damaged.
    """
    if wanted == NONE:
        return None
    if wanted == AUTO:
        return newest(database.parent, model, vectors)
    return read(Path(wanted).expanduser())
