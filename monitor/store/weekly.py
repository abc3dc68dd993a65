"""What the weekly report asks: complaints by day and topic, incidents that were told or crossed, events of our own that were told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.domain import Decision, Incident
from monitor.store.connection import Connection
from monitor.store.estimates import INCIDENT, incident_of
from monitor.store.incidents import Incidents
from monitor.store.rows import stamp


class Weekly:
    """Questions about a stretch of time that is over."""

    def __init__(self, connection: Connection, incidents: Incidents):
        self._db = connection
        self._incidents = incidents

    def complaints(self, since: datetime, until: datetime, offset: timedelta) -> list[tuple[str, str, int]]:
        """(day, topic, complaints), copies left out; days are those of a clock ``offset`` ahead of UTC."""
        minutes = f"{round(offset.total_seconds() / 60):+d} minutes"
        rows = self._db.rows(
            """SELECT date(posted_at, ?3), topic, count(*) FROM v_complaints
            WHERE posted_at >= ?1 AND posted_at < ?2 AND copy_of IS NULL GROUP BY 1, 2 ORDER BY 1, 2""",
            (stamp(since), stamp(until), minutes),
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def incidents(self, since: datetime, until: datetime) -> Sequence[tuple[Incident, Decision | None]]:
        """Incidents that staff were first told of in that time, or that crossed the threshold untold, with the first alert of each."""
        rows = self._db.rows(
            f"""SELECT {INCIDENT} FROM incidents WHERE merged_into IS NULL AND ((alerted_at >= ?1 AND alerted_at < ?2)
            OR (alerted_at IS NULL AND crossed_at >= ?1 AND crossed_at < ?2)) ORDER BY coalesce(alerted_at, crossed_at), id""",
            (stamp(since), stamp(until)),
        )
        found = [incident_of(row) for row in rows]
        return [(one, next((word for word in self._incidents.spoken(one.id) if word.notify), None)) for one in found]

    def foretold(self, since: datetime, until: datetime) -> list[tuple[str, str | None]]:
        """(id, topic) of the events of our own that customers could be told of first, told in that time."""
        rows = self._db.rows(
            "SELECT id, topic FROM signals WHERE told_at >= ? AND told_at < ? ORDER BY told_at, id", (stamp(since), stamp(until))
        )
        return [(row[0], row[1]) for row in rows]
