"""How early and how often in vain: notifications scored against labelled onsets (FORMATS b: incidents, quiet, unclear, gaps)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.errors import MonitorError

EARLY = timedelta(hours=2)
ONE_FALSE_ALERT = timedelta(hours=6)
AFTER_BURST = timedelta(hours=24)
AFTER_BURST_DAYS = timedelta(hours=72)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Onset:
    """One labelled incident: a notification between ``from_at`` and ``to_at`` is a hit."""

    name: str
    grade: str | None
    onset_at: datetime
    from_at: datetime
    to_at: datetime


Span = tuple[datetime, datetime]


def score(alerts: Sequence[datetime], labels: Mapping[str, Any]) -> dict[str, Any]:
    """Return hits with their delay after onset, false alerts in quiet spans and their rate per week.

    Raises ``MonitorError`` for labels that are not of the documented shape.
    """
    onsets, quiet, neither = read(labels)
    hits = [_hit(onset, alerts) for onset in onsets]
    false = _false_alerts(alerts, quiet, neither, onsets)
    weeks = sum(((end - start) for start, end in quiet), timedelta()) / WEEK
    delays = sorted(hit["delay_minutes"] for hit in hits if hit["hit"])
    return {
        "incidents": hits,
        "labelled": len(onsets),
        "hits": len(delays),
        "by_grade": _by_grade(hits),
        "median_delay_minutes": delays[len(delays) // 2] if delays else None,
        "false_alerts": [at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in false],
        "quiet_weeks": round(weeks, 3),
        "false_alerts_per_week": round(len(false) / weeks, 3) if weeks else None,
    }


def read(labels: Mapping[str, Any]) -> tuple[list[Onset], list[Span], list[Span]]:
    """Return the onsets, the quiet spans, and the spans that count neither way; raises ``MonitorError``."""
    try:
        return _onsets(labels), _spans(labels, "quiet"), _spans(labels, "unclear") + _spans(labels, "gaps")
    except (TypeError, AttributeError, KeyError, ValueError):
        raise MonitorError('labels: "incidents" lists tables with onset_at; quiet, unclear and gaps list spans [from, to]') from None


def _hit(onset: Onset, alerts: Sequence[datetime]) -> dict[str, Any]:
    first = next((at for at in alerts if onset.from_at <= at <= onset.to_at), None)
    return {
        "id": onset.name,
        "grade": onset.grade,
        "hit": first is not None,
        "alerted_at": first and first.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "delay_minutes": None if first is None else round((first - onset.onset_at).total_seconds() / 60, 1),
    }


def _by_grade(hits: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    for hit in hits:
        counts = grades.setdefault(hit["grade"] or "?", {"labelled": 0, "hits": 0})
        counts["labelled"] += 1
        counts["hits"] += bool(hit["hit"])
    return grades


def _false_alerts(alerts: Sequence[datetime], quiet: Sequence[Span], neither: Sequence[Span], onsets: Sequence[Onset]) -> list[datetime]:
    false: list[datetime] = []
    for at in alerts:
        if not _inside(at, quiet) or _inside(at, neither) or any(onset.from_at <= at <= onset.to_at for onset in onsets):
            continue
        if not false or at - false[-1] >= ONE_FALSE_ALERT:
            false.append(at)
    return false


def _inside(at: datetime, spans: Sequence[Span]) -> bool:
    return any(start <= at < end for start, end in spans)


def _onsets(labels: Mapping[str, Any]) -> list[Onset]:
    after = AFTER_BURST_DAYS if labels.get("time_precision") == "day" else AFTER_BURST
    onsets = []
    for number, incident in enumerate(labels.get("incidents") or ()):
        onset = _at(incident, "onset_at")
        end = _at(incident, "end_at") if incident.get("end_at") else None
        burst = _at(incident, "burst_at") if incident.get("burst_at") else onset
        onsets.append(Onset(str(incident.get("id", number)), incident.get("grade"), onset, onset - EARLY, end or burst + after))
    return onsets


def _spans(labels: Mapping[str, Any], key: str) -> list[Span]:
    spans = []
    for span in labels.get(key) or ():
        start, end = (span.get("from"), span.get("to")) if isinstance(span, Mapping) else span[:2]
        spans.append((_time(start), _time(end)))
    return spans


def _at(incident: Mapping[str, Any], key: str) -> datetime:
    return _time(incident.get(key))


def _time(value: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise MonitorError(f"labels: {value!r} is not a time") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
