"""Alarms that no notification has answered yet, kept by incident from tick to tick."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from monitor.emergence import Alarm
from monitor.store import Store

KEY = "alarms"
EPISODE = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """An alarm that waits for a decision to speak; ``alerting`` reads its numbers."""

    at: datetime
    stream: str
    incident: int | None
    evidence: float
    threshold: float
    observed: float
    expected: float
    authors: int


def unanswered(store: Store, now: datetime) -> dict[int, Unanswered]:
    """Return the alarms still waiting, by incident; those older than an episode have lapsed."""
    rows = json.loads(store.state(KEY) or b"{}")
    alarms = {int(key): Unanswered(**{**row, "at": datetime.fromisoformat(row["at"])}) for key, row in rows.items()}
    return {key: alarm for key, alarm in alarms.items() if now - alarm.at < EPISODE}


def raise_alarms(store: Store, alarms: Mapping[int, Alarm], now: datetime) -> None:
    """Keep new alarms until they are answered; inside the caller's transaction."""
    if not alarms:
        return
    waiting = unanswered(store, now)
    for incident_id, alarm in alarms.items():
        waiting[incident_id] = Unanswered(
            alarm.at, alarm.stream, alarm.incident, alarm.evidence, alarm.threshold, alarm.observed, alarm.expected, alarm.authors
        )
    _put(store, waiting)


def answer(store: Store, incident_id: int, now: datetime) -> None:
    """Staff have heard of the incident: its alarm no longer waits."""
    waiting = unanswered(store, now)
    if waiting.pop(incident_id, None) is not None:
        _put(store, waiting)


def _put(store: Store, waiting: Mapping[int, Unanswered]) -> None:
    rows = {key: {**asdict(alarm), "at": alarm.at.isoformat()} for key, alarm in waiting.items()}
    store.put_state(KEY, json.dumps(rows).encode())
