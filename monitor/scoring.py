"""How good it was: forecasts against what came of them, alerts against what staff said. Pure; small numbers are shown as small.

A forecast is scored when it falls due; of one incident only the first in each clock hour counts, or one long trouble would drown all
others. Alerts are counted on the day of the alert, crossings on the day of the crossing.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median as _median

from monitor.domain import Fate, Interval, Look

HORIZONS = {"1h": timedelta(hours=1), "6h": timedelta(hours=6), "24h": timedelta(hours=24)}
CROSSING = HORIZONS["24h"]
"""``Forecast.p_cross`` speaks of so much time."""
LATENESS = {"1h": timedelta(minutes=30), "6h": timedelta(hours=3), "24h": timedelta(hours=12)}
"""What came is the first estimate after a forecast is due, if it comes within this time: later it tells of another moment."""
GRACE = max(LATENESS.values())
"""A day is scored so long after its end, when all that it needs has been looked at."""
BLIND_SHARE = 0.5
SEEN_SHARE = 0.8
SOON = timedelta(hours=1)
WINDOWS = (1, 7, 28)
Z_TWO_SIDED, Z_ONE_SIDED = 1.96, 1.645

Tally = dict[str, float]
Figures = dict[str, float | None]


def tally(looks: Sequence[Look], since: datetime, until: datetime) -> dict[str, Tally]:
    """Count what fell due from ``since`` to ``until``, by watch. ``looks``: from a day before ``since`` to ``GRACE`` after ``until``."""
    tallies: dict[str, Tally] = {}
    for course in _courses(looks):
        counts = tallies.setdefault(course[0].watch, {})
        _add(counts, _crossing(_due(course, CROSSING, since, until)))
        for name, ahead in HORIZONS.items():
            _add(counts, _coverage(name, course, _due(course, ahead, since, until)))
        _add(counts, _reach(course, since, until))
    return tallies


def figures(tallies: Iterable[Mapping[str, float]], fates: Sequence[Fate], since: datetime, until: datetime) -> Figures:
    """Return all figures of the time from ``since`` to ``until``: ``tallies`` of its days, ``fates`` of incidents told of or crossed."""
    whole: Tally = {}
    for counts in tallies:
        _add(whole, counts)
    told = [fate for fate in fates if fate.alerted_at is not None and since <= fate.alerted_at < until]
    crossed = [fate for fate in fates if fate.crossed_at is not None and since <= fate.crossed_at < until]
    return {**_of_forecasts(whole), **_of_alerts(told, (until - since) / timedelta(days=7)), **_of_crossings(crossed)}


def median(values: Iterable[float]) -> float | None:
    """Return the middle value, None of nothing."""
    found = list(values)
    return round(_median(found), 1) if found else None


def share(part: float, whole: float) -> float | None:
    """Return part / whole, None of nothing."""
    return round(part / whole, 4) if whole else None


def bounds(part: float, whole: float) -> tuple[float | None, float | None]:
    """Return the 95 % interval of a share (Wilson 1927): with few events it is wide, and says so."""
    if not whole:
        return None, None
    p, z = part / whole, Z_TWO_SIDED
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)


def at_most(count: float, weeks: float) -> float | None:
    """Return the upper 95 % bound of a rate a week after ``count`` events (Poisson; Wilson and Hilferty's cube root, within 1 %)."""
    if weeks <= 0:
        return None
    k = count + 1.0
    return round(k * (1 - 1 / (9 * k) + Z_ONE_SIDED / (3 * math.sqrt(k))) ** 3 / weeks, 3)


def right(fate: Fate) -> bool:
    """Whether an alert was right: staff confirmed it, or the threshold was crossed."""
    return fate.confirmed or fate.crossed_at is not None


def false(fate: Fate) -> bool:
    """Whether an alert was false: staff dismissed it. What nobody judged is neither."""
    return fate.dismissed and not right(fate)


def lead_minutes(fate: Fate) -> float | None:
    """Return the minutes from the alert to the crossing: negative if it came after it, None without one of the two."""
    if fate.alerted_at is None or fate.crossed_at is None:
        return None
    return (fate.crossed_at - fate.alerted_at).total_seconds() / 60


def _of_forecasts(whole: Mapping[str, float]) -> Figures:
    scored = whole.get("forecasts", 0)
    rate = whole.get("came_true", 0) / scored if scored else 0.0
    found: Figures = {
        "forecasts": scored,
        "came_true": whole.get("came_true", 0),
        "brier": share(whole.get("squared", 0.0), scored),
        "brier_climatology": round(rate * (1 - rate), 4) if scored else None,
    }
    for name in (*HORIZONS, "reach"):
        measured = whole.get(f"measured_{name}", 0)
        found |= {f"measured_{name}": measured, f"coverage_{name}": share(whole.get(f"inside_{name}", 0), measured)}
    return found


def _of_alerts(told: Sequence[Fate], weeks: float) -> Figures:
    good, bad = sum(map(right, told)), sum(map(false, told))
    low, high = bounds(good, good + bad)
    waits = [(fate.acknowledged_at - fate.alerted_at).total_seconds() / 60 for fate in told if fate.acknowledged_at and fate.alerted_at]
    return {
        "alerts": len(told),
        "rehearsed": sum(fate.rehearsed for fate in told),
        "hits": good,
        "false_alarms": bad,
        "unjudged": len(told) - good - bad,
        "precision": share(good, good + bad),
        "precision_low": low,
        "precision_high": high,
        "false_per_week": round(bad / weeks, 3) if weeks > 0 else None,
        "false_per_week_at_most": at_most(bad, weeks),
        "acknowledged": len(waits),
        "minutes_to_acknowledge": median(waits),
    }


def _of_crossings(crossed: Sequence[Fate]) -> Figures:
    leads = [lead for fate in crossed if (lead := lead_minutes(fate)) is not None]
    return {
        "crossings": len(crossed),
        "in_time": sum(lead >= 0 for lead in leads),
        "late": sum(lead < 0 for lead in leads),
        "missed": len(crossed) - len(leads),
        "lead_minutes": median(leads),
    }


def _courses(looks: Iterable[Look]) -> Iterator[list[Look]]:
    """Yield the looks of each incident in time order."""
    courses: dict[int, list[Look]] = {}
    for look in looks:
        courses.setdefault(look.incident, []).append(look)
    for _, course in sorted(courses.items()):
        yield sorted(course, key=lambda look: look.at)


def _due(course: Sequence[Look], ahead: timedelta, since: datetime, until: datetime) -> list[Look]:
    """The forecasts that fall due in that time, the first of each clock hour."""
    hourly: dict[datetime, Look] = {}
    for look in course:
        if look.p_cross is not None and since <= look.at + ahead < until:
            hourly.setdefault(look.at.replace(minute=0, second=0, microsecond=0), look)
    return list(hourly.values())


def _crossing(due: Sequence[Look]) -> Tally:
    """Brier's sum; what had crossed when it was forecast is no forecast."""
    open_yet = [look for look in due if look.crossed_at is None or look.crossed_at > look.at]
    came = [look.crossed_at is not None and look.crossed_at <= look.at + CROSSING for look in open_yet]
    squared = sum(((look.p_cross or 0.0) - true) ** 2 for look, true in zip(open_yet, came, strict=True))
    return {"forecasts": len(open_yet), "came_true": sum(came), "squared": squared}


def _coverage(name: str, course: Sequence[Look], due: Sequence[Look]) -> Tally:
    pairs = [(look.horizons[name], _came(course, look.at + HORIZONS[name], LATENESS[name])) for look in due if name in look.horizons]
    return _inside(name, [(interval, came) for interval, came in pairs if came is not None])


def _came(course: Sequence[Look], at: datetime, lateness: timedelta) -> float | None:
    """How many had seen it then, by the first estimate from that moment on; None if it came too late."""
    for look in course[bisect_left(course, at, key=lambda look: look.at) :]:
        if look.at > at + lateness:
            return None
        if look.people is not None:
            return look.people.p50
    return None


def _reach(course: Sequence[Look], since: datetime, until: datetime) -> Tally:
    """Estimates that rested on little, against the first one within the hour that rests on counted views."""
    pairs: list[tuple[Interval, float]] = []
    for place, look in enumerate(course):
        if not since <= look.at < until or look.people is None or (look.measured or 0.0) >= BLIND_SHARE:
            continue
        later = (other for other in course[place + 1 :] if other.people is not None and (other.measured or 0.0) >= SEEN_SHARE)
        seen = next(later, None)
        if seen is not None and seen.people is not None and seen.at - look.at <= SOON:
            pairs.append((look.people, seen.people.p50))
    return _inside("reach", pairs[:1])


def _inside(name: str, pairs: Sequence[tuple[Interval, float]]) -> Tally:
    return {f"measured_{name}": len(pairs), f"inside_{name}": sum(interval.p10 <= came <= interval.p90 for interval, came in pairs)}


def _add(whole: Tally, counts: Mapping[str, float]) -> None:
    for name, number in counts.items():
        whole[name] = whole.get(name, 0) + number
