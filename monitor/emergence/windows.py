"""What was seen over the last minutes to hours, beside what is normal; and silences that cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, log1p

import numpy as np
from numpy.typing import NDArray

from monitor.emergence.table import Array

MORE_TELLING = 0.5
"""Nats by which a shorter window must surprise more than a longer one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a stream shows over its most telling window of ``ticks`` ticks."""

    observed: int
    expected: float
    ticks: int


def most_telling(seen: NDArray[np.int64], expected: Array, windows: tuple[int, ...], tick: int) -> Finding:
    """The most surprising window that ends at ``tick``; the longest one where none surprises.

    ``seen`` holds the ticks of the posts, oldest first; ``expected`` the normal number of posts in each of the ``windows`` (ascending).
    """
    best, most = Finding(0, 0.0, 0), -1.0
    for window, mean in zip(reversed(windows), expected[::-1].tolist(), strict=True):
        found = len(seen) - int(np.searchsorted(seen, tick - window, side="right"))
        surprise = found * log(found / mean) - found + mean if found > mean else 0.0
        if surprise > most + MORE_TELLING:
            best, most = Finding(found, mean, window), surprise
    return best


def shared(blocks: NDArray[np.intp], per: int, first: int, end: int) -> NDArray[np.int64]:
    """Ticks that each block of ``per`` ticks shares with [first, end)."""
    ticks: NDArray[np.int64] = np.maximum(0, np.minimum((blocks + 1) * per, end) - np.maximum(blocks * per, first))
    return ticks


def impossible(silence: float, spread: float, probability: float) -> bool:
    """Whether no post at all is less likely than ``probability``, when ``silence`` is -ln P(none) at the normal level.

    The level itself is uncertain by a factor whose variance is ``spread`` (gamma): P = (1 + spread silence)^(-1/spread).
    """
    return log1p(silence * spread) / spread > -log(probability)
