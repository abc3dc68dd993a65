"""The company's own events: what may explain complaints, or come before them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from monitor.domain import Signal
from monitor.store.connection import Connection
from monitor.store.rows import maybe_moment, maybe_stamp, moment, stamp

_SIGNAL = "id, at, kind, text, topic, place, ends_at, partner, watch"


class Signals:
    """Events, each once by its id; a later record of the same id takes its place, and is not told again."""

    def __init__(self, connection: Connection):
        self._db = connection

    def add(self, signals: Sequence[Signal], now: datetime) -> int:
        """Keep events; return how many are new."""
        before = int(self._db.value("SELECT count(*) FROM signals"))
        self._db.executemany(
            f"""INSERT INTO signals ({_SIGNAL}, taken_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
            at = excluded.at, kind = excluded.kind, text = excluded.text, topic = excluded.topic, place = excluded.place,
            ends_at = excluded.ends_at, partner = excluded.partner, watch = excluded.watch""",
            [
                (
                    one.id,
                    stamp(one.at),
                    one.kind,
                    one.text,
                    one.topic,
                    one.place,
                    maybe_stamp(one.ends_at),
                    one.partner,
                    one.watch,
                    stamp(now),
                )
                for one in signals
            ],
        )
        return int(self._db.value("SELECT count(*) FROM signals")) - before

    def between(self, since: datetime, until: datetime, limit: int = 200) -> list[Signal]:
        """Events that began, or were still going on, in that time; the latest ``limit``, oldest first."""
        rows = self._db.rows(
            f"SELECT {_SIGNAL} FROM signals WHERE (at >= ?1 OR ends_at >= ?1) AND at <= ?2 ORDER BY at DESC, id LIMIT ?3",
            (stamp(since), stamp(until), limit),
        )
        return [_signal(row) for row in reversed(rows)]

    def untold(self) -> list[Signal]:
        """Events that nobody has been told of, and that have not been passed over, oldest first."""
        rows = self._db.rows(f"SELECT {_SIGNAL} FROM signals INDEXED BY signals_untold WHERE told_at IS NULL ORDER BY at, id")
        return [_signal(row) for row in rows]

    def mark_told(self, ids: Sequence[str], now: datetime) -> None:
        """Say nothing of these any more."""
        self._db.executemany("UPDATE signals SET told_at = ? WHERE id = ? AND told_at IS NULL", [(stamp(now), one) for one in ids])

    def prune(self, before: datetime) -> int:
        """Remove events that are older than ``before``; return how many."""
        return int(self._db.execute("DELETE FROM signals WHERE at < ? AND coalesce(ends_at, at) < ?", (stamp(before), stamp(before))))


def _signal(row: Sequence[Any]) -> Signal:
    id, at, kind, text, topic, place, ends_at, partner, watch = row
    return Signal(id, moment(at), kind, text, topic, place, maybe_moment(ends_at), partner, watch)
