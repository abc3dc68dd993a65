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

SIGNS = ("count", "rate_quarter", "rate_half", "rate_recent", "age", "idle", "originals", "originals_half")
RECENT = 600.0  # seconds
YOUNGEST = 60.0  # seconds: a forecast needs some age
_AT = attrgetter("at")
_PEOPLE = attrgetter("people")


@dataclass(frozen=True, slots=True)
class Point:
    """People reached at a moment (``Reach.people.p50`` then) and the number of original posts behind them.

    ``originals`` is 0 where the count is of the shares of one post, that post left out, instead of people.
    """

    at: datetime
    people: float
    originals: int


def signs(history: Sequence[Point], people: float, opened_at: datetime, at: datetime) -> Array:
    """Read the eight SIGNS at ``at``.

    Logs of: count, hourly rates over the last quarter and half of the age and the last 10 minutes, age in hours, minutes without
    increase, originals now and at half the age. ``history`` is sorted by time; points after ``at`` are ignored; the cost grows with
    the log of its length. Before the first point the count rises from 0 at ``opened_at``.
    """
    age = max((at - opened_at).total_seconds(), YOUNGEST)
    now = at.timestamp()
    end = bisect_right(history, at, key=_AT)
    rates = []
    for window in (age / 4, age / 2, min(RECENT, age)):
        before = _people_at(history, end, opened_at.timestamp(), now, people, now - window)
        rates.append(math.log1p(max(people - before, 0.0) / window * 3600.0))
    originals = history[end - 1].originals if end else 1
    half = _before(history, end, now - age / 2)
    earlier = history[half - 1].originals if half else min(originals, 1)
    return np.array(
        [
            math.log1p(max(people, 0.0)),
            *rates,
            math.log(age / 3600.0),
            math.log1p(_idle(history, end, people, opened_at, at) / 60.0),
            math.log1p(originals),
            math.log1p(earlier),
        ]
    )


def _before(history: Sequence[Point], end: int, moment: float) -> int:
    """Count the points (of the first ``end``) up to a moment in seconds since the epoch."""
    low, high = 0, end
    while low < high:
        middle = (low + high) // 2
        if history[middle].at.timestamp() <= moment:
            low = middle + 1
        else:
            high = middle
    return low


def _people_at(history: Sequence[Point], end: int, opened: float, now: float, people: float, moment: float) -> float:
    """Read the people reached at a moment: between two polls on the straight line, before the first from 0 at the opening."""
    place = _before(history, end, moment)
    left_at, left = (history[place - 1].at.timestamp(), history[place - 1].people) if place else (opened, 0.0)
    right_at, right = (history[place].at.timestamp(), history[place].people) if place < end else (now, people)
    if right_at <= left_at or moment <= left_at:
        return left
    return left + (right - left) * min((moment - left_at) / (right_at - left_at), 1.0)


def _idle(history: Sequence[Point], end: int, people: float, opened_at: datetime, at: datetime) -> float:
    """Seconds since the count last rose by half a person."""
    place = bisect_left(history, people - 0.5, 0, end, key=_PEOPLE)
    if people < 0.5:
        return max((at - opened_at).total_seconds(), 0.0)
    return max((at - history[place].at).total_seconds(), 0.0) if place < end else 0.0


def regressors(at_hand: Array) -> Array:
    """Give the 12 scaled inputs of the regression for a row of SIGNS (or many: last axis)."""
    count, quarter, half, recent, age, idle, originals, earlier = np.moveaxis(at_hand, -1, 0)
    return np.stack(
        [
            count / 4,
            quarter / 4,
            half / 4,
            recent / 4,
            age / 2,
            idle / 3,
            originals / 2,
            np.where(originals == 0, 1.0, 0.0),
            originals - earlier,
            quarter - half,
            recent - quarter,
            count - half,
        ],
        axis=-1,
    )
