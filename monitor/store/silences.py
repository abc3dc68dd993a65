"""Silences: what staff asked us to be quiet about, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from monitor.domain import Silence
from monitor.errors import NotFound, StoreError
from monitor.store.audit import PROGRAM, record
from monitor.store.connection import Connection
from monitor.store.rows import moment, stamp, text_of, value_of


class Silences:
    """Silences in force, past and to come."""

    def __init__(self, connection: Connection):
        self._db = connection

    def silences(self, now: datetime) -> list[Silence]:
        """Silences in force, by number."""
        at = stamp(now)
        found = self._db.rows("SELECT * FROM silences WHERE ends_at > ? AND starts_at <= ? ORDER BY id", (at, at))
        return [_silence(row) for row in found]

    def all_silences(self, limit: int = 100) -> list[Silence]:
        """The latest silences, expired and future ones too, newest first."""
        return [_silence(row) for row in self._db.rows("SELECT * FROM silences ORDER BY id DESC LIMIT ?", (limit,))]

    def add_silence(
        self, matchers: dict[str, str], starts_at: datetime, ends_at: datetime, author: str, comment: str, now: datetime | None = None
    ) -> int:
        """Be quiet about what fits all ``matchers``; return the silence's number. Raises ``StoreError`` for one that ends at once."""
        if ends_at <= starts_at:
            raise StoreError("a silence must end after it begins")
        with self._db.transaction():
            number = self._db.insert(
                "INSERT INTO silences (matchers, starts_at, ends_at, author, comment) VALUES (?, ?, ?, ?, ?)",
                (text_of(matchers), stamp(starts_at), stamp(ends_at), author, comment),
            )
            incident = matchers.get("incident", "")
            about = int(incident) if incident.isdecimal() else None
            record(self._db, now or starts_at, author, "silence", about, became=str(number), note=comment)
        return number

    def expire_silence(self, silence_id: int, now: datetime, who: str = PROGRAM) -> None:
        """End a silence now. Raises ``NotFound``."""
        with self._db.transaction():
            written = self._db.execute(
                "UPDATE silences SET ends_at = min(ends_at, ?1), starts_at = min(starts_at, ?1) WHERE id = ?2", (stamp(now), silence_id)
            )
            if not written:
                raise NotFound(f"there is no silence {silence_id}")
            record(self._db, now, who, "expire", was=str(silence_id))


def _silence(row: Sequence[Any]) -> Silence:
    return Silence(row[0], value_of(row[1]), moment(row[2]), moment(row[3]), row[4], row[5])
