"""Verdicts found before they are needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from monitor.classifiers import Classifier, Embedder
from monitor.domain import Labels, Passage
from monitor.errors import ModelError

Vector = NDArray[np.float32]
Found = tuple[dict[Passage, Labels], dict[Passage, Vector]]


class Ahead:
    """A classifier that judges what is coming in large batches, in a thread of its own while the replay goes on.

    A verdict depends on the passage alone, so nothing leaks back, and it does not matter when it is found. Where the model gives
    vectors, complaints (``threshold`` and above) get theirs in the same go.
    """

    def __init__(self, classifier: Classifier, threshold: float):
        self._classifier, self._threshold = classifier, threshold
        self._embedder = classifier if isinstance(classifier, Embedder) else None
        self._worker = ThreadPoolExecutor(1, "classifier")  # one: a model need not bear two threads at once
        self._verdicts: dict[Passage, Labels] = {}
        self._vectors: dict[Passage, Vector] = {}

    @property
    def model(self) -> str:
        """The model behind it."""
        return self._classifier.model

    @property
    def vectors(self) -> str | None:
        """The space of the model's vectors; None where it gives none."""
        return self._embedder.vectors if self._embedder else None

    def prepare(self, passages: Sequence[Passage]) -> Callable[[], None]:
        """Begin to judge ``passages``; call the result when they are needed: what was found of earlier ones is then dropped."""
        judging = self._worker.submit(self._judge, passages)

        def take_up() -> None:
            self._verdicts, self._vectors = judging.result()

        return take_up

    def classify(self, passages: Sequence[Passage]) -> list[Labels]:
        """Return the verdicts, judging on the spot what was not prepared."""
        if missing := [passage for passage in passages if passage not in self._verdicts]:
            verdicts, vectors = self._worker.submit(self._judge, missing).result()
            self._verdicts |= verdicts
            self._vectors |= vectors
        return [self._verdicts[passage] for passage in passages]

    def embed(self, passages: Sequence[Passage]) -> Vector:
        """Return the vectors (passages, numbers), found on the spot where not prepared. Raises ``ModelError`` if there are none."""
        if missing := [passage for passage in passages if passage not in self._vectors]:
            self._vectors |= self._worker.submit(self._embed, missing).result()
        return np.array([self._vectors[passage] for passage in passages], np.float32)

    def close(self) -> None:
        """Judge nothing more."""
        self._worker.shutdown(cancel_futures=True)

    def _judge(self, passages: Sequence[Passage]) -> Found:
        verdicts = dict(zip(passages, self._classifier.classify(passages), strict=True))
        complaints = [passage for passage, labels in verdicts.items() if labels.complaint >= self._threshold]
        return verdicts, self._embed(complaints) if self._embedder else {}

    def _embed(self, passages: Sequence[Passage]) -> dict[Passage, Vector]:
        if self._embedder is None:
            raise ModelError(f"{self.model} gives no vectors")
        return dict(zip(passages, self._embedder.embed(passages), strict=True)) if passages else {}
