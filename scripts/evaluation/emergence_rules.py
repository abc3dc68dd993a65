"""The simple rules that people alert by, on counts in equal steps: what the detector is compared with, on the same counts in the same run.

A rule gives a score a step; it alarms where the score reaches its threshold, at most once in six hours. Sources: fixed count and velocity
are settings of media monitors (the last hour against the twelve before); EARS C2 is Hutwagner et al. 2003 on rolling days; the hourly rule
is Farrington et al. 1996 with the same hour of the last four weeks as reference; 24 h against 7 d is published by a media monitor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WEIGHT = 0.1
LEAST_POSTS = 5


@dataclass(frozen=True, slots=True)
class Steps:
    """Counts (streams, steps) of a tenth of an hour and more, ``per_day`` steps a day; days are the coarsest."""

    counts: Array
    per_day: int

    @property
    def hour(self) -> int:
        """Steps of an hour; of day steps one."""
        return max(1, self.per_day // 24)

    def last(self, days: float) -> Array:
        """Sum of each step and those before it, ``days`` in all."""
        return rolling(self.counts, max(1, round(days * self.per_day)))

    def hours(self, number: int) -> Array:
        """Sum of the last hours (of day steps: days)."""
        return rolling(self.counts, number * self.hour)


def rolling(values: Array, steps: int) -> Array:
    """Sums of the last ``steps`` values, fewer at the beginning."""
    sums = np.cumsum(values, axis=1, dtype=np.float64)
    sums[:, steps:] -= sums[:, :-steps].copy() if steps < values.shape[1] else 0.0
    return sums


def earlier(values: Array, steps: int) -> Array:
    """The values of ``steps`` before, zero where there are none."""
    moved = np.zeros_like(values)
    if steps < values.shape[1]:
        moved[:, steps:] = values[:, :-steps] if steps else values
    return moved


def fixed_count(of: Steps) -> Array:
    """Posts in the last hour (day)."""
    return of.hours(1)


def velocity(of: Steps) -> Array:
    """Posts of the last hour over the mean of the twelve hours before (of day steps: fourteen days); nothing below five posts."""
    before = 14 if of.per_day == 1 else 12
    now = of.hours(1)
    usual = np.maximum((of.hours(before + 1) - now) / before, 1 / before)
    return np.where(now >= LEAST_POSTS, now / usual, 0.0)


def day_and_week(of: Steps) -> Array:
    """The last 24 hours' mean over the last seven days', in standard deviations of the hours (days) of these."""
    hours = of.hours(1)
    span, day = (7, 1) if of.per_day == 1 else (168, 24)
    mean = of.hours(span) / span
    variance = rolling(hours**2, span * of.hour) / (span * of.hour) - mean**2
    return (of.hours(day) / day - mean) / np.sqrt(np.maximum(variance, 0.25 / day))


def ears_c2(of: Steps) -> Array:
    """A day's count against the seven days that end two days before, in their standard deviations (at least one half)."""
    day = of.last(1)
    past = np.stack([earlier(day, lag * of.per_day) for lag in range(3, 10)])
    score: Array = (day - past.mean(axis=0)) / np.maximum(past.std(axis=0, ddof=1), 0.5)
    score[:, : 10 * of.per_day] = 0.0
    return score


def reference(of: Steps) -> tuple[Array, Array]:
    """Mean and variance of an hour's count at this hour, one before and one after, in the 28 days before (of day steps: the days)."""
    hours = of.hours(1)
    around = 3 if of.per_day > 1 else 1
    total, squares, seen = (np.zeros_like(hours) for _ in range(3))
    for shift in range(around):
        for lag in range(1, 29):
            there = earlier(hours, lag * of.per_day - (shift - 1) * of.hour if around > 1 else lag)
            total += there
            squares += there**2
            seen += 1.0
    mean = np.maximum(total / seen, 1 / seen)
    return mean, np.maximum((squares / seen - (total / seen) ** 2) * seen / (seen - 1), mean)


def hourly_quantile(of: Steps) -> Array:
    """Farrington-type: the whole hour's count in standard errors of the two-thirds power, quasi-Poisson."""
    mean, variance = reference(of)
    spread = variance / mean
    of_hour = of.hours(1)
    score: Array = 1.5 * ((of_hour / mean) ** (2 / 3) - 1) / np.sqrt((spread + spread / 28) / mean)
    score[:, : 10 * of.per_day] = 0.0
    if of.per_day > 1:
        whole = (np.arange(score.shape[1]) + 1) % of.hour == 0
        score = np.where(whole, score, 0.0)
    return score


def ewma(of: Steps) -> Array:
    """Exponentially weighted mean of Pearson residuals in its own standard deviations (weight 0.1)."""
    mean, variance = reference(of)
    mean, spread = mean / of.hour, variance / mean
    residual = (of.counts - mean) / np.sqrt(mean * spread)
    residual[:, : 10 * of.per_day] = 0.0
    state, out = np.zeros(len(residual)), np.empty_like(residual)
    for step in range(residual.shape[1]):
        state = (1 - WEIGHT) * state + WEIGHT * residual[:, step]
        out[:, step] = state
    return out / np.sqrt(WEIGHT / (2 - WEIGHT))


RULES: dict[str, tuple[Callable[[Steps], Array], float]] = {
    "fixed count (20 an hour)": (fixed_count, 20.0),
    "EWMA (3 sigma)": (ewma, 3.0),
    "EARS C2 (3 sigma)": (ears_c2, 3.0),
    "Farrington-type, hourly (99.5 %)": (hourly_quantile, 2.58),
    "24 h against 7 d (2 sigma)": (day_and_week, 2.0),
    "velocity (1 h three times the 12 h before)": (velocity, 3.0),
}
"""Each rule with the threshold it is usually run with."""


def alarms(scores: Array, threshold: float, refractory: int) -> NDArray[np.bool_]:
    """Steps that alarm (streams, steps), at most one in ``refractory`` steps."""
    over = scores >= threshold
    rest, raised = np.zeros(len(scores), dtype=int), np.zeros_like(over)
    for step in np.flatnonzero(over.any(axis=0)).tolist():
        hit = over[:, step] & (rest <= step)
        raised[hit, step] = True
        rest[hit] = step + refractory
    return raised


def matched(scores: Array, wanted: float, refractory: int) -> float:
    """The least threshold at which ``scores`` raise at most ``wanted`` alarms in all."""
    low, high = 0.0, float(scores.max()) * 1.001 + 1e-9
    for _ in range(11):
        middle = (low + high) / 2
        low, high = (middle, high) if alarms(scores, middle, refractory).sum() > wanted else (low, middle)
    return high


def first_alarm(scores: Array, threshold: float, since: NDArray[np.intp]) -> NDArray[np.float64]:
    """Steps from each stream's ``since`` (its step included) to the first alarm: 0, 1 ...; nan where there is none."""
    over = (scores >= threshold) & (np.arange(scores.shape[1])[None, :] >= since[:, None])
    return np.where(over.any(axis=1), over.argmax(axis=1) - since, np.nan)
