"""What a forecast looks at: the people reached so far, polled at irregular times, turned into a few signs of speed and age."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SIGNS = ("count", "rate_quarter", "rate_half", "rate_recent", "age", "idle", "originals")
RECENT = 600.0  # seconds
YOUNGEST = 60.0  # seconds: a forecast needs some age
_AT = attrgetter("at")
_PEOPLE = attrgetter("people")


@dataclass(frozen=True, slots=True)
class Point:
    """People reached at a moment (``Reach.people.p50`` then) and the number of original posts behind it."""

    at: datetime
    people: float
    originals: int


def signs(history: Sequence[Point], people: float, originals: int, opened_at: datetime, at: datetime) -> Array:
    """Read the seven SIGNS at ``at``.

    Logs of: count, hourly rates over the last quarter and half of the age and the last 10 minutes, age in hours, minutes without
    increase, originals. ``history`` is sorted by time; only points up to ``at`` count; cost grows with its log.
    """
    age = max((at - opened_at).total_seconds(), YOUNGEST)
    end = bisect_right(history, at, key=_AT)
    rates = []
    for window in (age / 4, age / 2, min(RECENT, age)):
        before = _people_at(history, end, opened_at, at, people, (at.timestamp() - window))
        rates.append(math.log1p(max(people - before, 0.0) / window * 3600.0))
    idle = _idle(history, end, people, opened_at, at)
    return np.array(
        [math.log1p(people), *rates, math.log(age / 3600.0), math.log1p(idle / 60.0), math.log1p(originals)],
        dtype=np.float64,
    )


def _people_at(history: Sequence[Point], end: int, opened_at: datetime, at: datetime, people: float, moment: float) -> float:
    """People reached at a moment (seconds since the epoch), between two polls on the straight line."""
    low, high = 0, end
    while low < high:
        middle = (low + high) // 2
        if history[middle].at.timestamp() <= moment:
            low = middle + 1
        else:
            high = middle
    left_at, left = (history[low - 1].at.timestamp(), history[low - 1].people) if low else (opened_at.timestamp(), 0.0)
    right_at, right = (history[low].at.timestamp(), history[low].people) if low < end else (at.timestamp(), people)
    if right_at <= left_at or moment <= left_at:
        return left if low else 0.0
    return left + (right - left) * min((moment - left_at) / (right_at - left_at), 1.0)


def _idle(history: Sequence[Point], end: int, people: float, opened_at: datetime, at: datetime) -> float:
    """Seconds since the count last rose by half a person."""
    place = bisect_left(history, people - 0.5, 0, end, key=_PEOPLE)
    if people < 0.5:
        since = opened_at
    elif place < end:
        since = history[place].at
    else:
        return 0.0
    return max((at - since).total_seconds(), 0.0)


def design(at_hand: Array) -> Array:
    """Give the regressors of a row of SIGNS (or of many: last axis)."""
    count, quarter, half, recent, age, idle, originals = np.moveaxis(at_hand, -1, 0)
    one = np.ones_like(count)
    return np.stack(
        [one, count, quarter, half, recent, age, idle, age * count, age * quarter, originals, age * age, count * count / 10.0], axis=-1
    )
