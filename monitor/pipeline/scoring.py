"""The job scores itself: once a day what fell due is counted, and the last four weeks are reckoned anew, for verdicts come later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from monitor import scoring
from monitor.domain import Fate
from monitor.pipeline.parts import Outcome, Parts
from monitor.store import Store

DAY = timedelta(days=1)
RECKONED = 28
"""So many days are reckoned anew: the longest window, and how late a verdict may come and still count."""
DONE = "scored_until"
BEGUN = "scored_from"


def is_due(store: Store, zone: tzinfo, now: datetime) -> bool:
    """Return whether a day is over, has had its time of grace, and was not scored."""
    done = store.state(DONE)
    return done is None or done.decode() < last_day(now, zone).isoformat()


def last_day(now: datetime, zone: tzinfo) -> date:
    """The latest day that can be scored: by the company's clock, half a day after its end."""
    return (now - scoring.GRACE).astimezone(zone).date() - DAY


def score(store: Store, parts: Parts, now: datetime) -> Outcome:
    """Count each day since the last time, at most ``RECKONED`` of them, then write the scoreboard; one transaction."""
    zone = parts.settings.zone
    last = last_day(now, zone)
    with store.transaction():
        begun = _begin(store, zone)
        scored = begun is not None and begun <= last
        if begun is not None and scored:
            for day in _unscored(store, begun, last):
                store.scores.put_tallies(day, _tallies(store, day, zone))
            store.scores.put(_rows(store, parts, begun, last), now)
        store.put_state(DONE, last.isoformat().encode())
    return Outcome(int(scored))


def _begin(store: Store, zone: tzinfo) -> date | None:
    """The first day of the scoreboard, kept when it is first known: later its assessments may have been removed."""
    kept = store.state(BEGUN)
    if kept is not None:
        return date.fromisoformat(kept.decode())
    first = store.scores.first_look()
    if first is None:
        return None
    begun = first.astimezone(zone).date()
    store.put_state(BEGUN, begun.isoformat().encode())
    return begun


def _unscored(store: Store, begun: date, last: date) -> Iterator[date]:
    scored = store.scores.last_day()
    day = max(begun, last - (RECKONED - 1) * DAY, begun if scored is None else scored + DAY)
    while day <= last:
        yield day
        day += DAY


def _tallies(store: Store, day: date, zone: tzinfo) -> Mapping[str, Mapping[str, float]]:
    since, until = _start(day, zone), _start(day + DAY, zone)
    return scoring.tally(store.scores.looks(since - scoring.CROSSING, until + scoring.GRACE), since, until)


def _rows(store: Store, parts: Parts, begun: date, last: date) -> Iterator[tuple[str, date, int, scoring.Figures]]:
    """Yield the scoreboard of the last four weeks; days before the first one are no part of any window."""
    zone = parts.settings.zone
    earliest = max(begun, last - (RECKONED + max(scoring.WINDOWS)) * DAY)
    tallies = store.scores.tallies(earliest)
    fates = store.scores.fates(_start(earliest, zone), _start(last + DAY, zone))
    for watch in parts.settings.watches:
        counted = {day: counts for (name, day), counts in tallies.items() if name == watch.name}
        own = [fate for fate in fates if fate.watch == watch.name]
        for back in range(min(RECKONED, (last - begun).days + 1)):
            for days in scoring.WINDOWS:
                yield watch.name, last - back * DAY, days, _window(last - back * DAY, days, begun, counted, own, zone)


def _window(
    day: date, days: int, begun: date, counted: Mapping[date, Mapping[str, float]], fates: list[Fate], zone: tzinfo
) -> scoring.Figures:
    first = max(day - (days - 1) * DAY, begun)
    within = [counts for at, counts in counted.items() if first <= at <= day]
    return scoring.figures(within, fates, _start(first, zone), _start(day + DAY, zone))


def _start(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
