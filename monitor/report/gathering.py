"""What happened in a week, as the store knows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from monitor.config import Settings
from monitor.domain import Decision, Gap, Incident, Status
from monitor.messages.weekly import Week
from monitor.store import Store

WEEKS = 8
"""So many weeks are plotted."""
DAY = timedelta(days=1)


def monday_of(name: str) -> date:
    """Return the Monday of a week such as 2026-W46; raises ValueError."""
    if not re.fullmatch(r"\d{4}-W\d{2}", name):
        raise ValueError(f"{name!r} is no week such as 2026-W46")
    return date.fromisocalendar(int(name[:4]), int(name[6:]), 1)


def start(monday: date, zone: tzinfo) -> datetime:
    """Return the moment a week begins by the company's clock."""
    return datetime.combine(monday, time(), zone).astimezone(UTC)


def week(store: Store, settings: Settings, monday: date, now: datetime) -> Week:
    """Gather the week that begins on ``monday``."""
    zone = settings.zone
    since, until = start(monday, zone), min(start(monday + 7 * DAY, zone), now)
    mondays = [monday - 7 * DAY * back for back in reversed(range(WEEKS))]
    incidents = store.weekly.incidents(since, until)
    foretold = store.weekly.foretold(since, until)
    return Week(
        mondays=mondays,
        counts=_counts(store, mondays, zone, until),
        incidents=[incident for incident, _ in incidents],
        responses=store.incidents.responses(since, until),
        saved={1: _saved_ahead(foretold, settings), 2: _saved_early(incidents, settings), 3: (_crossed(incidents), 0.0)},
        gaps=_gaps(store, since, until),
        silent=_silent(store, settings, since, until),
        at=now,
        labels={topic.name: (topic.ko or topic.en, topic.en or topic.ko) for topic in settings.topics if topic.ko or topic.en},
    )


def _counts(store: Store, mondays: Sequence[date], zone: tzinfo, until: datetime) -> dict[str, list[int]]:
    counts: dict[str, list[int]] = {}
    first = start(mondays[0], zone)
    offset = until.astimezone(zone).utcoffset() or timedelta(0)
    for day, topic, number in store.weekly.complaints(first, until, offset):
        place = (date.fromisoformat(day) - mondays[0]).days // 7
        if 0 <= place < len(mondays):
            counts.setdefault(topic, [0] * len(mondays))[place] += number
    return counts


def _saved_ahead(foretold: Sequence[tuple[str, str | None]], settings: Settings) -> tuple[int, float]:
    """Stage 1: what would have cost ``cost_outside`` each was looked at before it went outside."""
    costs = settings.decision
    saved = sum(costs.weight(topic or "other") * (costs.cost_outside - costs.cost_triage) for _, topic in foretold)
    return len(foretold), saved


def _saved_early(incidents: Sequence[tuple[Incident, Decision | None]], settings: Settings) -> tuple[int, float]:
    """Stage 2: told before the threshold, not dismissed, over, and never crossed."""
    costs = settings.decision
    early = [(one, first) for one, first in incidents if first is not None and one.crossed_at is None and one.status is Status.RESOLVED]
    chances = [(one, first.inputs.get("p", costs.alarm_probability)) for one, first in early]
    return len(early), sum(p * costs.weight(one.topic) * (costs.cost_claim - costs.cost_outside) for one, p in chances)


def _crossed(incidents: Sequence[tuple[Incident, Decision | None]]) -> int:
    return sum(one.crossed_at is not None for one, _ in incidents)


def _gaps(store: Store, since: datetime, until: datetime) -> list[Gap]:
    return [gap for gap in store.sources.gaps(since) if gap.since < until]


def _silent(store: Store, settings: Settings, since: datetime, until: datetime) -> list[str]:
    """Collectors that had not one good pass since the week began, though they were there before it ended."""
    names = []
    for collector in settings.collectors:
        step = f"collect {collector.name}"
        good, seen = store.runs.last_good(step), store.runs.first_seen(step)
        if (good is None or good < since) and seen is not None and seen < until:
            names.append(collector.name)
    return names
