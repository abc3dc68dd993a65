"""How alike the sentence vectors of a post and of an incident are, and how much that says.

A vector is taken relative to what posts of its language say on average, which would else hide everything, and rounded to whole numbers:
sums of whole numbers are exact in any order, so that places are the same after a restart. What likeness says beyond words was fitted with
``scripts/training/meanings.py`` for one space of vectors; vectors of another space are not compared.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

SCALE = 256
"""Length of a rounded vector; its numbers lie within 127 of zero, so that a dozen summed are still exact in 32 bits."""
_HANGUL = re.compile("[가-힣]")

Rounded = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Space:
    """A space of vectors: its name, the mean vector of posts with Hangul and of others, and what likeness says in it.

    The surprise is ``gain * (cosine - middle) * sqrt(posts)``, the cosine being the mean over the incident's posts, of which at most
    ``most`` count. ``cap``: the most that one word says beside it.
    """

    name: str
    korean: NDArray[np.float32]
    other: NDArray[np.float32]
    gain: float
    middle: float
    most: int
    cap: float

    def rounded(self, vector: NDArray[np.floating], text: str) -> Rounded | None:
        """Return a vector as it is compared; None for one of another length, or one that says nothing."""
        mean = self.korean if _HANGUL.search(text) else self.other
        if vector.shape != mean.shape:
            return None
        apart = vector.astype(np.float64) - mean
        length = float(np.sqrt(np.sum(apart * apart)))
        if not 1e-6 < length < 1e6:
            return None
        return np.clip(np.rint(apart * (SCALE / length)), -127, 127).astype(np.float32)


class Meanings:
    """The rounded vectors of all live incidents of one watch, summed, one row for each slot."""

    def __init__(self, space: Space):
        self.space = space
        self._sums = np.zeros((64, len(space.other)), np.float32)
        self._posts = np.zeros(64)

    def count(self, slot: int, vector: Rounded | None, step: int) -> None:
        """Put a post into an incident (``step`` 1) or take it out (-1)."""
        while slot >= len(self._posts):
            self._sums = np.concatenate([self._sums, np.zeros_like(self._sums)])
            self._posts = np.concatenate([self._posts, np.zeros_like(self._posts)])
        if vector is not None:
            self._sums[slot] += step * vector
            self._posts[slot] += step

    def surprises(self, vector: Rounded | None, slots: int) -> NDArray[np.float64]:
        """Return what likeness adds to the surprise of a post in each of the first ``slots`` incidents; nothing without vectors."""
        if vector is None:
            return np.zeros(slots)
        # not @: its threads cost more than they save on so small a product, the more so on a busy machine
        found = self._said(np.einsum("ij,j->i", self._sums[:slots], vector).astype(np.float64), self._posts[:slots])
        return np.concatenate([found, np.zeros(slots - len(found))])

    def surprise(self, vector: Rounded | None, slot: int) -> float:
        """Return the same for one incident."""
        if vector is None or slot >= len(self._posts):
            return 0.0
        return float(self._said((self._sums[slot : slot + 1] @ vector).astype(np.float64), self._posts[slot : slot + 1])[0])

    def _said(self, products: NDArray[np.float64], posts: NDArray[np.float64]) -> NDArray[np.float64]:
        cosines = products / (np.maximum(posts, 1) * SCALE**2)
        weights = self.space.gain * np.sqrt(np.minimum(posts, self.space.most))
        said: NDArray[np.float64] = weights * (cosines - self.space.middle)
        return said


def read(text: str) -> Space:
    """Read a space as the training script writes it."""
    row = json.loads(text)
    korean, other = (np.array(row["means"][name], np.float32) for name in ("ko", "other"))
    return Space(row["space"], korean, other, row["gain"], row["middle"], row["most"], row["cap"])


SHIPPED_SPACE = read(resources.files(__package__).joinpath("meanings.json").read_text(encoding="utf-8"))
