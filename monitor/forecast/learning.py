"""Learn from a company's own finished incidents: the level and spread of their growth, the width of the intervals.

Level and spread are fitted on a grid, drawn towards none at all; an incident counts once, however often it was looked at. They are used
only if they foretell incidents left out better than the shipped coefficients do, and surely so. The width follows each finished incident
(adaptive conformal inference, Gibbs and Candes 2021). ``own`` is what is kept of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc

from monitor.domain import Interval, Look
from monitor.forecast import coefficients as fitted
from monitor.forecast import usual
from monitor.forecast.law import gamma, law, maps, moments
from monitor.forecast.own import ROWS, SHIPPED, SHOWN, Own, shifts
from monitor.forecast.series import YOUNGEST, Array, Point, regressors, signs

ENOUGH = 20
"""From so many finished incidents on their growth is looked into."""
PROVED = 100
"""From so many on climatology may take a place."""
LOOKS = 6
MEASURED = 0.5
"""An incident teaches if so much of its reach was measured in the end."""
LEVELS = np.round(np.arange(-1.2, 1.21, 0.1), 2)
SPREADS = np.round(np.arange(-1.5, 1.51, 0.25), 2)
SURE = 2.0
"""An incident left out must be foretold better by so many standard errors."""
DOUBT = 0.5
"""How far a company's level and spread may well lie from the shipped ones (one standard deviation)."""
SMALLEST = 1e-9
STEP = 0.02
FIRST_DAY = timedelta(days=1)
_WANTED = 0.2


@dataclass(frozen=True, slots=True)
class Course:
    """A finished incident: its looks in time order, each with the number of original posts then, and when it ended."""

    opened_at: datetime
    ended_at: datetime
    looks: tuple[tuple[Look, int], ...]

    @property
    def points(self) -> list[Point]:
        """The people reached, look by look."""
        return [Point(look.at, look.people.p50, posts) for look, posts in self.looks if look.people is not None]

    @property
    def measured(self) -> bool:
        """Whether its reach was measured, at the end and often enough."""
        last = self.looks[-1][0].measured if self.looks else None
        return last is not None and last >= MEASURED and len(self.points) > 2


def learn(courses: Sequence[Course], now: datetime, before: Own = SHIPPED, miss: float = _WANTED) -> Own:
    """Return the correction that ``courses`` speak for, in the order of their end; ``before`` is the one in use, ``miss`` the settings'.

    Pure and deterministic. Below ENOUGH measured incidents only the width of the intervals moves.
    """
    measured = sorted((course for course in courses if course.measured), key=lambda course: course.ended_at)
    fresh = [course for course in measured if course.ended_at.isoformat() > before.until]
    width = before.miss if before.miss is not None else miss
    for course in fresh:
        width = adapted(width, _missed(course))
    until = max([before.until, *(course.ended_at.isoformat() for course in fresh)])
    kept = Own(miss=width if fresh or before.miss is not None else None, incidents=len(measured), until=until)
    if len(measured) < ENOUGH:
        return kept
    looked = _looked(measured)
    level, spread, gain, error = _fitted(_losses(looked, len(measured)))
    if gain <= SURE * error:
        level, spread = SHIPPED.level, SHIPPED.spread
    places = _climatology(looked, level, spread)
    version = f"{now:%Y-%m-%d}/{len(measured)}" if any((*level, *spread)) or places else ""
    return Own(version, level, spread, kept.miss, len(measured), round(gain, 4), round(error, 4), places, until)


def adapted(miss: float, missed: float, step: float = STEP) -> float:
    """Give the next ``miss`` after a finished incident of whose outcomes the share ``missed`` lay outside P10..P90.

    Adaptive conformal inference: coverage is kept in the long run, whatever comes.
    """
    return min(max(miss + step * (_WANTED - missed), 0.002), 0.6)


def _missed(course: Course) -> float:
    """The share of what was foretold on the first day that came outside its interval, as shown; what never came due is left out.

    Later looks would speak for almost certainty, when nearly nothing comes any more, and narrow the intervals of the first hours.
    """
    points = course.points
    outside = [
        not told.p10 <= came <= told.p90
        for look, _ in course.looks
        if look.at <= course.opened_at + FIRST_DAY
        for name, told in look.horizons.items()
        if name in SHOWN and (came := _people(points, look.at + timedelta(seconds=fitted.HORIZONS[SHOWN[name]]))) is not None
    ]
    return sum(outside) / len(outside) if outside else _WANTED


def _people(points: Sequence[Point], at: datetime) -> float | None:
    """The people reached at a moment, on the straight line between two looks; None after the last one."""
    if not points or at > points[-1].at:
        return None
    times = np.array([point.at.timestamp() for point in points])
    return float(np.interp(at.timestamp(), times, [point.people for point in points]))


@dataclass(frozen=True, slots=True)
class _Looked:
    """Looks at finished incidents: signs (looks, 8), increments at the shown horizons (nan where not due), ages, and whose they are."""

    signs: Array
    people: Array
    age: Array
    gains: Array
    course: Array


def _looked(courses: Sequence[Course]) -> _Looked:
    rows = [(*row, float(place)) for place, course in enumerate(courses) for row in _some(course)]
    seen, people, age, gains, whose = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return _Looked(np.array(seen).reshape(-1, 8), np.array(people), np.array(age), np.array(gains).reshape(-1, len(SHOWN)), np.array(whose))


def _some(course: Course) -> Iterable[tuple[Array, float, float, list[float]]]:
    """A few looks spread over the incident's life: signs, people, age in seconds, increments."""
    points = course.points
    due = [point for point in points if (point.at - course.opened_at).total_seconds() >= YOUNGEST and point.at < points[-1].at]
    chosen = sorted({round(place) for place in np.linspace(0, len(due) - 1, LOOKS)}) if due else []
    for point in (due[place] for place in chosen):
        came = [_people(points, point.at + timedelta(seconds=fitted.HORIZONS[row])) for row in SHOWN.values()]
        gains = [math.nan if total is None else max(total - point.people, 0.0) for total in came]
        age = (point.at - course.opened_at).total_seconds()
        yield signs(points, point.people, course.opened_at, point.at), point.people, age, gains


def _losses(looked: _Looked, count: int) -> Array:
    """Mean surprise (nats) of each incident's outcomes under each level and spread: (incidents, horizons, levels, spreads)."""
    look, shown = np.nonzero(~np.isnan(looked.gains))
    gains, whose = np.floor(looked.gains[look, shown]), looked.course[look].astype(np.intp)
    cell, cells = whose * len(SHOWN) + shown, count * len(SHOWN)
    each = np.maximum(np.bincount(cell, minlength=cells), 1)
    row, every = ROWS[shown], np.arange(look.size)
    found = np.zeros((cells, LEVELS.size, SPREADS.size))
    means, sizes = moments(regressors(looked.signs[look]))
    for up, level in enumerate(LEVELS):
        log_mean = means[every, row] + level
        knots = maps(fitted.OBSERVED[0], row, log_mean, looked.signs[look, 0])
        for wide, spread in enumerate(SPREADS):
            shape, scale = gamma(log_mean, sizes[every, row] + spread)
            below = [_bent(gammainc(shape, np.maximum(one + 0.5, 0.0) / scale), knots) for one in (gains, gains - 1.0)]
            chance = below[0] - np.where(gains > 0, below[1], 0.0)
            found[:, up, wide] = np.bincount(cell, -np.log(np.maximum(chance, SMALLEST)), cells) / each
    return found.reshape(count, len(SHOWN), LEVELS.size, SPREADS.size)


def _bent(raw: Array, knots: Array) -> Array:
    """Read each raw probability off its own map."""
    place = np.clip(np.searchsorted(fitted.RAW, raw, side="right") - 1, 0, fitted.RAW.size - 2)
    every = np.arange(raw.size)
    part = (raw - fitted.RAW[place]) / (fitted.RAW[place + 1] - fitted.RAW[place])
    return np.asarray(knots[every, place] * (1.0 - part) + knots[every, place + 1] * part)


def _fitted(losses: Array) -> tuple[tuple[float, ...], tuple[float, ...], float, float]:
    """Best level and spread of each horizon, and by how much an incident is foretold better without its own help: mean gain, its error."""
    drawn = 0.5 * ((LEVELS[:, None] / DOUBT) ** 2 + (SPREADS[None, :] / DOUBT) ** 2).ravel()
    flat = losses.reshape(*losses.shape[:2], -1)
    shipped = losses[:, :, np.abs(LEVELS).argmin(), np.abs(SPREADS).argmin()]
    whole = flat.sum(axis=0) + drawn
    without = (whole - flat).argmin(axis=2)
    gains = (shipped - np.take_along_axis(flat, without[:, :, None], axis=2)[:, :, 0]).sum(axis=1)
    up, wide = np.unravel_index(whole.argmin(axis=1), losses.shape[2:])
    return tuple(LEVELS[up].tolist()), tuple(SPREADS[wide].tolist()), float(gains.mean()), float(gains.std() / math.sqrt(gains.size))


def _climatology(looked: _Looked, level: tuple[float, ...], spread: tuple[float, ...]) -> tuple[tuple[int, int], ...]:
    """Where climatology's intervals lost less (pinball) by a standard error, over at least PROVED incidents with that horizon and count."""
    place = np.searchsorted(fitted.COUNT_EDGES, looked.people, side="right")
    found = []
    for shown, row in enumerate(ROWS.tolist()):
        for count in range(fitted.COUNT_EDGES.size + 1):
            looks = np.flatnonzero((place == count) & ~np.isnan(looked.gains[:, shown]))
            if np.unique(looked.course[looks]).size >= PROVED and _beaten(looked, looks, shown, level, spread):
                found.append((row, count))
    return tuple(found)


def _beaten(looked: _Looked, looks: NDArray[np.intp], shown: int, level: tuple[float, ...], spread: tuple[float, ...]) -> bool:
    row = ROWS[shown : shown + 1]
    leads: dict[float, list[float]] = {}
    for look in looks.tolist():
        people, real = float(looked.people[look]), math.log1p(looked.people[look] + looked.gains[look, shown])
        gains = law(looked.signs[look], row, shifts(level), shifts(spread)).quantiles(np.array([0.1, 0.5, 0.9]))[0]
        theirs = usual.interval(usual.growth(people, float(looked.age[look]), shares=False)[row[0]], people)
        lead = _pinball(real, Interval(*(people + gains).tolist())) - _pinball(real, theirs)
        leads.setdefault(float(looked.course[look]), []).append(lead)
    means = np.array([np.mean(some) for some in leads.values()])
    return bool(means.mean() > means.std() / math.sqrt(means.size))


def _pinball(real: float, told: Interval) -> float:
    away = [(level, real - math.log1p(total)) for level, total in ((0.1, told.p10), (0.5, told.p50), (0.9, told.p90))]
    return sum(max(level * one, (level - 1.0) * one) for level, one in away) / len(away)
