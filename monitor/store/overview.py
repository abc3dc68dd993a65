"""What steps and verbs ask about several things at once; each question costs what is live, never what is stored."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

from monitor.domain import Assessment, Decision, Incident, Reason, Severity
from monitor.store.connection import Connection
from monitor.store.incidents import Incidents
from monitor.store.rows import moment, stamp
from monitor.store.schema import LIVE_STATUS


class Overview:
    """Questions across posts, incidents and decisions."""

    def __init__(self, connection: Connection, incidents: Incidents):
        self._db = connection
        self._incidents = incidents

    def counts(self) -> dict[str, int]:
        """How many posts, complaints (by the threshold in force) and incidents there are."""
        return {
            "posts": self._db.value("SELECT count(*) FROM posts"),
            "complaints": self._db.value("SELECT count(*) FROM v_complaints"),
            "incidents": self._db.value("SELECT count(*) FROM incidents WHERE merged_into IS NULL"),
        }

    def watches_of(self, post_ids: Collection[str]) -> dict[str, set[str]]:
        """Which watches these posts mention; unknown posts are left out."""
        found: dict[str, set[str]] = {}
        rows = self._db.rows(
            "SELECT p.id, m.watch FROM posts p JOIN mentions m ON m.post = p.n WHERE p.id IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(post_ids)),),
        )
        for post_id, watch in rows:
            found.setdefault(post_id, set()).add(watch)
        return found

    def incident_of(self, post_id: str, watch: str) -> int | None:
        """The incident in which a post stands as a mention of ``watch``."""
        found: int | None = self._db.value(
            "SELECT incident FROM incident_posts WHERE post = (SELECT n FROM posts WHERE id = ?) AND watch = ?", (post_id, watch)
        )
        return found

    def waves(self, since: datetime) -> dict[str, Incident]:
        """The live wave of attention of each watch with a post since then, if it has one."""
        rows = self._db.rows(
            f"SELECT id FROM incidents WHERE {LIVE_STATUS} AND kind = 'attention' AND last_post_at >= ? ORDER BY id", (stamp(since),)
        )
        return {wave.watch: wave for wave in (self._incidents.get(row[0]) for row in rows)}

    def places(self, incident_id: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Platforms and languages of an incident's posts."""
        rows = self._db.rows(
            """SELECT DISTINCT p.platform, c.language FROM incident_posts i JOIN posts p ON p.n = i.post
            JOIN mentions m ON m.post = i.post AND m.watch = i.watch
            LEFT JOIN classifications c ON c.post = m.post AND c.watch = m.watch AND c.model = m.model WHERE i.incident = ?""",
            (incident_id,),
        )
        return tuple(sorted({row[0] for row in rows})), tuple(sorted({row[1] for row in rows if row[1]}))

    def reach_history(self, incident_id: int) -> list[tuple[datetime, float, int]]:
        """When, how many people (middle estimate) and how many posts, at each assessment that had a reach, oldest first."""
        rows = self._db.rows(
            """SELECT at, json_extract(reach, '$.people.p50'), posts FROM assessments
            WHERE incident = ? AND reach IS NOT NULL ORDER BY id""",
            (incident_id,),
        )
        return [(moment(row[0]), float(row[1]), row[2]) for row in rows]

    def latest_assessment(self, incident_id: int) -> Assessment | None:
        """What was known of an incident last, or None."""
        found = self._incidents.assessments(incident_id, 1)
        return found[0] if found else None

    def spoken(self, incident_id: int) -> list[Decision]:
        """The decisions that staff heard of, oldest first: notifications and resolutions."""
        return [row for row in self._incidents.decisions(incident_id) if row.notify or row.reason is Reason.RESOLVED]

    def latest(self, severity: Severity) -> list[tuple[Incident, Decision]]:
        """Live incidents of ``severity`` with their latest decision."""
        rows = self._db.rows(f"SELECT id FROM incidents WHERE {LIVE_STATUS} AND severity = ? ORDER BY id", (severity.value,))
        return [(self._incidents.get(row[0]), self._incidents.decisions(row[0], 1)[-1]) for row in rows]

    def digested(self, since: datetime) -> list[tuple[Incident, Decision]]:
        """Live incidents whose latest decision, made since then, was to put them into the digest."""
        found = [row for severity in (Severity.LOW, Severity.MODERATE, Severity.HIGH) for row in self.latest(severity)]
        return [(incident, decision) for incident, decision in found if decision.reason is Reason.DIGEST and decision.at >= since]

    def crossings(self) -> list[tuple[int, datetime]]:
        """Incidents whose reach stood at or over the threshold, and when first, in order of time."""
        rows = self._db.rows("SELECT id, crossed_at FROM incidents WHERE crossed_at IS NOT NULL AND merged_into IS NULL ORDER BY 2, 1")
        return [(row[0], moment(row[1])) for row in rows]

    def first_run(self, step: str) -> datetime | None:
        """When a step ran first, as far as the records go back."""
        found = self._db.value("SELECT min(finished_at) FROM runs WHERE step = ?", (step,))
        return None if found is None else moment(found)
