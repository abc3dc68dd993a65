"""What may be used once: links of mails, signed deliveries. Kept by digest until it is too old to be used anyway."""

from __future__ import annotations

from datetime import datetime

from monitor.store.connection import Connection
from monitor.store.rows import stamp


class Used:
    """Digests of what was used up."""

    def __init__(self, connection: Connection):
        self._db = connection

    def take(self, digest: str, until: datetime, now: datetime) -> bool:
        """Use it up; False if that was done before. It is remembered until ``until``."""
        self._db.execute("DELETE FROM used WHERE until < ?", (stamp(now),))
        return bool(self._db.execute("INSERT OR IGNORE INTO used (digest, until) VALUES (?, ?)", (digest, stamp(until))))

    def known(self, digest: str) -> bool:
        """Whether it was used up."""
        return bool(self._db.value("SELECT EXISTS (SELECT 1 FROM used WHERE digest = ?)", (digest,)))
