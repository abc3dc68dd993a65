"""Classifiers judge passages. A new one is a class with ``model`` and ``classify``, and one line in ``KINDS``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from monitor.domain import Labels, Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KINDS = {
    "embedded": "monitor.classifiers.embedded:Embedded",
    "huggingface": "monitor.classifiers.huggingface:HuggingFace",
}


class Classifier(Protocol):
    """Judges texts: one verdict for each passage, in order; the same passage always gets the same verdict."""

    @property
    def model(self) -> str:
        """``name@version``: verdicts of different versions stand beside each other."""
        ...

    def classify(self, passages: Sequence[Passage]) -> list[Labels]:
        """Return one verdict for each passage; a batch gives what single calls give."""
        ...


@runtime_checkable
class Embedder(Protocol):
    """What a classifier may be besides: it turns passages into vectors, near ones telling the same, in either language."""

    @property
    def vectors(self) -> str:
        """``name@version`` of the space: vectors of different spaces cannot be compared."""
        ...

    def embed(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        """Return a vector of length 1 for each passage (passages, numbers), in order; a batch gives what single calls give."""
        ...
