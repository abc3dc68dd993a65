"""How many people will have seen it, and when it crosses the threshold, with what probability.

One regression of the future increment on the polled count for each horizon, its spread included (``law``), corrected by what the
company's own finished incidents say (``own``). Climatology, the growth of cascades of the same age and size, stands beside it in every
reason, and gives the totals where it was measured to be the better one; the chance of a crossing is always the regression's. Nothing is
drawn at random: the spread of today's reach and of its growth are laid out on fixed grids, so that equal input gives equal output.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from monitor.domain import Because, Forecast, Interval, Reach
from monitor.forecast import coefficients as fitted
from monitor.forecast import usual
from monitor.forecast.law import Law, law
from monitor.forecast.learning import Course, adapted, learn
from monitor.forecast.own import SHIPPED, Own, shifts
from monitor.forecast.series import SIGNS, Array, Point, signs

__all__ = [
    "FINAL", "HORIZONS", "SHIPPED", "Case", "Course", "Outlook", "Own", "Parameters", "Point", "adapted", "learn", "outlook", "predict",
    "predictions",
]  # fmt: skip

HORIZONS: tuple[float, ...] = tuple(float(seconds) for seconds in fitted.HORIZONS[:-1])
FINAL = float(fitted.HORIZONS[-1])
_SHOWN = {"1h": 3600.0, "6h": 21600.0, "24h": 86400.0}
_WITHIN_DAY = np.arange(len(HORIZONS), dtype=np.intp)
_LEVELS = (np.arange(40) + 0.5) / 40
_NODES = ndtri((np.arange(9) + 0.5) / 9)
_WORTH_A_TIME = 0.01  # no hour is named for what will hardly happen


@dataclass(frozen=True)
class Parameters:
    """``miss`` is the share of outcomes that P10..P90 shall miss as fitted; once own incidents have ended it is steered from here."""

    miss: float = 0.2


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be foretold: the earlier reach of an incident, its reach now, when it opened."""

    history: Sequence[Point]
    people: Interval
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Outlook:
    """Totals at some horizons (rows): ``paths`` on the grid of reach now x growth, each path rising with the horizon."""

    seconds: Array
    paths: Array
    now: Array
    scale: Array
    law: Law

    def interval(self, row: int, miss: float) -> Interval:
        """P10, P50, P90 of the total at a horizon; ``miss`` moves the outer two."""
        low, middle, high = _at_levels(np.sort(self.paths[row], axis=None), (miss / 2, 0.5, 1.0 - miss / 2))
        return Interval(low, middle, high)

    def crossing(self, threshold: float) -> Array:
        """P(total >= threshold) at each horizon, from the law itself: exact in the far tail too."""
        needed = np.ceil((threshold - self.now) / self.scale)
        passed = 1.0 - self.law.below(np.broadcast_to(needed - 1.0, (self.seconds.size, needed.size)))
        chance = np.where(self.now >= threshold, 1.0, passed).mean(axis=1)
        return np.asarray(np.maximum.accumulate(chance))

    def crossing_times(self, threshold: float) -> Array:
        """Seconds until the paths that reach the threshold do so, sorted; log-linear between the horizons."""
        start = np.broadcast_to(self.now[:, None], self.paths.shape[1:])
        levels = np.log(np.maximum(np.concatenate([start[None], self.paths]), 0.5)).reshape(self.seconds.size + 1, -1)
        goal = np.log(threshold)
        levels = levels[:, levels[-1] >= goal]
        upper = np.argmax(levels >= goal, axis=0)
        lower = np.maximum(upper - 1, 0)
        times = np.concatenate([[0.0], self.seconds])
        columns = np.arange(levels.shape[1])
        rise = levels[upper, columns] - levels[lower, columns]
        part = np.where(rise > 0, (goal - levels[lower, columns]) / np.where(rise > 0, rise, 1.0), 0.0)
        return np.sort(times[lower] + part * (times[upper] - times[lower]))


def outlook(
    history: Sequence[Point], people: Interval, opened_at: datetime, at: datetime, horizons: Array | None = None, own: Own = SHIPPED
) -> Outlook:
    """Lay out the paths from ``people`` on; ``horizons`` are indices into HORIZONS (default: all within a day), one past them is FINAL."""
    return _outlooks([Case(history, people, opened_at)], at, _WITHIN_DAY if horizons is None else np.asarray(horizons, np.intp), own)[0]


def _outlooks(cases: Sequence[Case], at: datetime, rows: NDArray[np.intp], own: Own) -> list[Outlook]:
    """Ask the law and its quantiles, which take most of the time, for all cases at once."""
    looks = np.array([signs(one.history, one.people.p50, one.opened_at, at) for one in cases]).reshape(-1, len(SIGNS))
    chances = law(looks, rows, shifts(own.level), shifts(own.spread))
    growth = chances.quantiles(_LEVELS)
    parts = [slice(first, first + rows.size) for first in range(0, len(growth), rows.size)]
    return [
        _outlook(one, at_hand, chances[part], growth[part], at, rows, own) for one, at_hand, part in zip(cases, looks, parts, strict=True)
    ]


def _outlook(case: Case, at_hand: Array, chances: Law, growth: Array, at: datetime, rows: NDArray[np.intp], own: Own) -> Outlook:
    people = case.people.p50
    now = _now(case.people)
    scale = now / people if people > 0 else np.ones_like(now)
    better = _usual_better(at_hand, people, rows, own)
    if better.any():
        levels = usual.growth(people, (at - case.opened_at).total_seconds(), bool(at_hand[6] == 0))[rows[better]]
        growth[better] = [usual.gains(row, people, _LEVELS) for row in levels]
    growth = np.maximum.accumulate(growth, axis=0)
    paths = now[None, :, None] + scale[None, :, None] * growth[:, None, :]
    return Outlook(np.asarray(fitted.HORIZONS, dtype=np.float64)[rows], paths, now, scale, chances)


def _usual_better(at_hand: Array, people: float, rows: NDArray[np.intp], own: Own) -> NDArray[np.bool_]:
    """At which horizons climatology has been the better forecast for such a count."""
    count = int(np.searchsorted(fitted.COUNT_EDGES, people, side="right"))
    better = fitted.USUAL[int(at_hand[6] == 0), rows, count] > 0
    for row, place in own.usual:
        if place == count:
            better = better | (rows == row)
    return np.asarray(better)


def predict(
    history: Sequence[Point],
    reach: Reach,
    opened_at: datetime,
    at: datetime,
    threshold: int,
    parameters: Parameters = Parameters(),
    own: Own = SHIPPED,
) -> Forecast:
    """Foretell what becomes of an incident that ``reach.people`` have seen ``at`` this time.

    ``history``: earlier reach (P50) since ``opened_at``, sorted by time; it may be empty, irregular, and may end with ``at`` itself.
    The totals include those reached so far. ``p_cross`` is the chance that the threshold is reached within 24 h, 1 once it is; the ETA
    is the median, with P10 and P90, of the time of crossing *if* it comes within 24 h, None if none of the paths gets there or all have.
    Nothing is drawn: the grids are fixed. ``own``: what the company's own finished incidents taught.
    """
    return predictions([Case(history, reach.people, opened_at)], at, threshold, parameters, own)[0]


def predictions(
    cases: Sequence[Case], at: datetime, threshold: int, parameters: Parameters = Parameters(), own: Own = SHIPPED
) -> list[Forecast]:
    """``predict`` of many incidents, at a fraction of the cost; each comes out as it would alone."""
    views = _outlooks(cases, at, _WITHIN_DAY, own)
    return [_forecast(one, view, at, threshold, parameters, own) for one, view in zip(cases, views, strict=True)]


def _forecast(case: Case, view: Outlook, at: datetime, threshold: int, parameters: Parameters, own: Own) -> Forecast:
    people = case.people.p50
    miss = parameters.miss if own.miss is None else own.miss
    shown = {name: view.interval(HORIZONS.index(seconds), miss) for name, seconds in _SHOWN.items()}
    if people >= threshold:
        return Forecast(shown, 1.0, None, None, None, Because("forecast_crossed", {"threshold": threshold, "people": people}))
    chance = float(view.crossing(threshold)[-1])
    times = view.crossing_times(threshold) if chance >= _WORTH_A_TIME else np.empty(0)
    eta = [at + timedelta(seconds=round(second)) for second in _at_levels(times, (0.5, 0.1, 0.9))] if times.size else [None] * 3
    values: dict[str, str | float | int | datetime | None] = {
        "p": chance, "threshold": threshold, "eta": eta[0], "earliest": eta[1], "latest": eta[2],
        "p10": shown["24h"].p10, "p50": shown["24h"].p50, "p90": shown["24h"].p90, "points": len(case.history),
        **_usual(case, at, threshold),
    }  # fmt: skip
    if own.version:
        values |= {"own": own.version, "own_incidents": own.incidents}
    return Forecast(shown, chance, eta[0], eta[1], eta[2], Because(_code(chance), values))


def _code(chance: float) -> str:
    return "forecast_likely" if chance >= 0.5 else "forecast_possible" if chance >= 0.05 else "forecast_unlikely"


def _usual(case: Case, at: datetime, threshold: int) -> dict[str, float]:
    """What climatology says of the same horizon, kept beside the forecast."""
    people = case.people.p50
    shares = bool(case.history) and case.history[-1].originals == 0
    levels = usual.growth(people, (at - case.opened_at).total_seconds(), shares)[len(HORIZONS) - 1]
    return {"usual_p50": usual.interval(levels, people).p50, "usual_p": usual.crossing(levels, people, threshold)}


def _at_levels(ordered: Array, levels: tuple[float, ...]) -> list[float]:
    """Quantiles of sorted values, each in the middle of its share."""
    return [_at(ordered, min(max(level * ordered.size - 0.5, 0.0), ordered.size - 1.0)) for level in levels]


def _at(ordered: Array, place: float) -> float:
    """Read the value at a place between two, on the straight line."""
    low = int(place)
    left = float(ordered[low])
    return left if low == place else left + (float(ordered[low + 1]) - left) * (place - low)


def _now(people: Interval) -> Array:
    """Reach now as equally likely values: lognormal below and above the median, each side with its own width."""
    if people.p90 <= people.p10 or people.p50 < 0.01:
        return np.array([max(people.p50, 0.0)])
    low = np.log(people.p50 / max(people.p10, people.p50 / 1000)) / 1.2816
    high = np.log(min(people.p90 / people.p50, 1000.0)) / 1.2816
    return np.asarray(people.p50 * np.exp(np.where(_NODES < 0, low, high) * _NODES))
