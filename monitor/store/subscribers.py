"""Subscribers: people who asked to be told, how they agreed, and their way out, which always works."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from monitor.domain import Severity, Subscriber, When
from monitor.store.audit import record
from monitor.store.connection import Connection
from monitor.store.rows import maybe_moment, maybe_stamp, moment, stamp

CHANNEL = "subscription"
"""The channel under which the outbox keeps what goes to subscribers."""
_COLUMNS = "address, moment, since_at, by, consent, watch, topic, severity, language, receiver, digested_at"


class Subscribers:
    """Everybody who asked for messages, by address; letter case makes no difference."""

    def __init__(self, connection: Connection):
        self._db = connection

    def all(self) -> list[Subscriber]:
        """All of them, by address."""
        return [_subscriber(row) for row in self._db.rows(f"SELECT {_COLUMNS} FROM subscribers ORDER BY address")]

    def get(self, address: str) -> Subscriber | None:
        """The one with this address, or None."""
        row = self._db.row(f"SELECT {_COLUMNS} FROM subscribers WHERE address = ?", (address.casefold(),))
        return None if row is None else _subscriber(row)

    def put(self, subscriber: Subscriber) -> None:
        """Add someone, or change what they asked for; the audit table keeps who entered it and how they agreed."""
        before = self.get(subscriber.address)
        with self._db.transaction():
            self._db.execute(
                f"INSERT OR REPLACE INTO subscribers ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _values(subscriber)
            )
            was = None if before is None else before.when.value
            address, by, at = subscriber.address.casefold(), subscriber.by, subscriber.since_at
            record(self._db, at, by, "subscribe", was=was, became=f"{address} {subscriber.when.value}", note=subscriber.consent)

    def remove(self, address: str, who: str, now: datetime) -> bool:
        """Tell them nothing more, from now on: what waits for them is dropped. True if they had subscribed; works for anybody."""
        kept = address.casefold()
        with self._db.transaction():
            gone = self._db.execute("DELETE FROM subscribers WHERE address = ?", (kept,))
            self._db.execute("DELETE FROM notifications WHERE receiver = ? AND channel = ? AND state <> 'delivered'", (kept, CHANNEL))
            if gone:
                record(self._db, now, who, "unsubscribe", was=kept)
        return bool(gone)

    def digested(self, address: str, now: datetime) -> None:
        """Their digest was written now."""
        self._db.execute("UPDATE subscribers SET digested_at = ? WHERE address = ?", (stamp(now), address.casefold()))

    def told_of(self, incident_id: int) -> set[str]:
        """The addresses that had a message of their own about an incident."""
        found = self._db.rows("SELECT DISTINCT receiver FROM notifications WHERE incident = ? AND channel = ?", (incident_id, CHANNEL))
        return {row[0] for row in found}


def _values(one: Subscriber) -> tuple[object, ...]:
    chosen = (json.dumps(list(names), ensure_ascii=False) for names in (one.watch, one.topic, one.severity))
    begun = (one.address.casefold(), one.when.value, stamp(one.since_at), one.by, one.consent)
    return (*begun, *chosen, one.language, one.receiver, maybe_stamp(one.digested_at))


def _subscriber(row: Sequence[Any]) -> Subscriber:
    watch, topic, severity = (tuple(json.loads(text)) for text in row[5:8])
    return Subscriber(
        address=row[0],
        when=When(row[1]),
        since_at=moment(row[2]),
        by=row[3],
        consent=row[4],
        watch=watch,
        topic=topic,
        severity=tuple(map(Severity, severity)),
        language=row[8],
        receiver=row[9],
        digested_at=maybe_moment(row[10]),
    )
