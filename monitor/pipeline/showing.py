"""What staff would be shown of an incident if its message were written now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from monitor.alerting import living
from monitor.config import Settings
from monitor.domain import Incident, Shown, Silence
from monitor.pipeline.parts import MONITOR
from monitor.store import Store

INCIDENT = "incident"


def shown(store: Store, settings: Settings, incident: Incident, quotes: int, now: datetime) -> Shown:
    """Return what a message with so many quotes shows of ``incident`` now."""
    move = store.incidents.last_move(incident.id, incident.status)
    return living.shown(
        incident,
        store.incidents.latest_assessment(incident.id),
        settings.monitor.threshold,
        now,
        by=move.who if move and move.who != MONITOR else None,
        silenced_until=silent_until(store.incidents.silences(now), incident.id),
        quotes=quotes,
    )


def silent_until(silences: Iterable[Silence], incident_id: int) -> datetime | None:
    """Until when staff silenced this very incident, or None."""
    return max((silence.ends_at for silence in silences if silence.matchers == {INCIDENT: str(incident_id)}), default=None)
