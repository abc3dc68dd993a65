"""Classifiers judge passages. A new one is a class with ``model`` and ``classify``, and one line in ``KINDS``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from monitor.domain import Labels, Passage

KINDS = {
    "embedded": "monitor.classifiers.embedded:Embedded",
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
