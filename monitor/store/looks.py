"""Posts that may be worth another look: where they stand, how they grew, when they were looked at last, which nobody looked at for long."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from monitor.store.connection import Connection, Row
from monitor.store.rows import maybe_moment, moment, stamp
from monitor.store.schema import LIVE_STATUS

_SEEN = "max(coalesce({0}.views, 0), 40 * (coalesce({0}.likes, 0) + coalesce({0}.replies, 0) + coalesce({0}.shares, 0)))"


class Followed(NamedTuple):
    """A post of a live incident: its latest size (views, or what stands for them), the size at the change before, and when each was read.

    ``looked_at`` is the last look, be it at the collection; sizes are 0 and their times None where nothing was measured.
    """

    post_id: str
    created_at: datetime
    looked_at: datetime
    size: int
    size_at: datetime | None
    size_before: int
    before_at: datetime | None


class Unseen(NamedTuple):
    """A post that no look has reached for long; ``looked_at`` is the last look, be it at the collection."""

    post_id: str
    created_at: datetime
    looked_at: datetime


class Looks:
    """When posts were looked at."""

    def __init__(self, connection: Connection):
        self._db = connection

    def followed(self, platforms: Collection[str], written_since: datetime, looked_before: datetime, limit: int) -> list[Followed]:
        """Posts of live incidents that no look has reached since ``looked_before``, the latest first; gone ones and reposts are left out.

        Reads what stands in live incidents only.
        """
        found = self._db.rows(
            f"""SELECT p.id, p.created_at, coalesce(p.looked_at, p.collected_at), {_SEEN.format("e")}, e.observed_at, p.n
            FROM incidents c INDEXED BY incidents_live CROSS JOIN incident_posts i INDEXED BY incident_posts_of ON i.incident = c.id
            CROSS JOIN posts p ON p.n = i.post LEFT JOIN measured e ON e.post = p.n
            WHERE c.{LIVE_STATUS} AND i.at >= ?1 AND p.gone_at IS NULL AND p.platform IN (SELECT value FROM json_each(?2))
            AND p.repost_of IS NULL
            AND coalesce(p.looked_at, p.collected_at) <= ?3 GROUP BY p.n ORDER BY p.created_at DESC, p.id LIMIT ?4""",
            (stamp(written_since), json.dumps(sorted(platforms)), stamp(looked_before), limit),
        )
        return [self._followed(row) for row in found]

    def unseen(self, platform: str, looked_before: datetime, limit: int) -> list[Unseen]:
        """Posts with text, whatever became of their incident, that no look has reached since ``looked_before``: longest unseen first.

        Reads no more than ``limit`` posts.
        """
        found = self._db.rows(
            """SELECT p.id, p.created_at, coalesce(p.looked_at, p.collected_at) FROM posts p INDEXED BY posts_unseen
            WHERE p.platform = ? AND p.gone_at IS NULL AND p.text <> '' AND coalesce(p.looked_at, p.collected_at) <= ?
            ORDER BY coalesce(p.looked_at, p.collected_at), p.n LIMIT ?""",
            (platform, stamp(looked_before), limit),
        )
        return [Unseen(row[0], moment(row[1]), moment(row[2])) for row in found]

    def looked(self, post_ids: Sequence[str], now: datetime) -> None:
        """These posts were looked at, whatever came of it."""
        self._db.executemany(
            "UPDATE posts SET looked_at = ? WHERE id = ?",
            [(stamp(now), post_id) for post_id in post_ids],
        )

    def _followed(self, row: Row) -> Followed:
        before = self._db.row(
            f"SELECT {_SEEN.format('g')}, g.observed_at FROM engagement g WHERE g.post = ? ORDER BY g.observed_at DESC LIMIT 1 OFFSET 1",
            (row[5],),
        )
        size_before, before_at = before if before is not None else (0, None)
        return Followed(row[0], moment(row[1]), moment(row[2]), row[3], maybe_moment(row[4]), size_before, maybe_moment(before_at))
