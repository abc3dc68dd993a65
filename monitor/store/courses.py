"""What the company's own past teaches: how finished incidents grew, and how posts whose views are public were seen."""

from __future__ import annotations

from datetime import datetime

from monitor.domain import Exposure, Incident, Look
from monitor.store.connection import Connection
from monitor.store.estimates import INCIDENT, INCIDENT_WIDTH, incident_of
from monitor.store.rows import EXPOSURE, exposure_of, stamp
from monitor.store.schema import LIVE_STATUS
from monitor.store.scores import look_of

_FINISHED = f"""SELECT {INCIDENT} FROM incidents INDEXED BY incidents_last_post
WHERE last_post_at >= ? AND merged_into IS NULL AND status_at IS NOT NULL AND NOT {LIVE_STATUS} ORDER BY status_at DESC, id DESC LIMIT ?"""
_LOOKS = """SELECT s.incident, i.watch, s.at, s.reach, s.forecast, i.crossed_at, s.posts
FROM assessments s INDEXED BY assessments_of CROSS JOIN incidents i ON i.id = s.incident
WHERE s.incident = ? AND s.people IS NOT NULL ORDER BY s.id"""
_SEEN = f"""SELECT {EXPOSURE}, p.repost_of FROM posts p INDEXED BY posts_created
CROSS JOIN measured e ON e.post = p.n LEFT JOIN authors a ON a.n = p.author
WHERE p.created_at >= ? AND e.views IS NOT NULL ORDER BY p.created_at DESC, p.id LIMIT ?"""


class Courses:
    """Questions of the daily learning."""

    def __init__(self, connection: Connection):
        self._db = connection

    def finished(self, since: datetime, limit: int) -> list[tuple[Incident, list[tuple[Look, int]]]]:
        """The latest incidents that are over and had a post since then, each with its looks (reach known) and the posts at each look."""
        rows = self._db.rows(_FINISHED, (stamp(since), limit))
        found = [incident_of(row[:INCIDENT_WIDTH]) for row in rows]
        return [(one, [(look_of(row), row[6]) for row in self._db.rows(_LOOKS, (one.id,))]) for one in found]

    def seen(self, since: datetime, limit: int) -> list[Exposure]:
        """The latest posts since then whose views are public."""
        return [exposure_of(row, row[10]) for row in self._db.rows(_SEEN, (stamp(since), limit))]
