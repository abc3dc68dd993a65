"""The outbox: messages on their way to receivers, at least once each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.domain import Delivery, Message, Notification, Shown
from monitor.errors import NotFound
from monitor.store.connection import Connection
from monitor.store.rows import maybe_moment, maybe_stamp, message_of, message_text, moment, shown_of, shown_text, stamp

_COLUMNS = (
    "id, decision, incident, receiver, channel, message, picture, attempts, "
    """(SELECT o.handle FROM notifications o WHERE o.receiver = notifications.receiver AND o.channel = notifications.channel
    AND o.thread = notifications.thread AND o.handle IS NOT NULL AND o.id < notifications.id ORDER BY o.id DESC LIMIT 1), """
    "state, created_at, next_attempt_at, delivered_at, error"
)


@dataclass(frozen=True, slots=True)
class Living:
    """What one channel of a receiver shows of an incident, in which thread; ``quotes``: how many of its quotes were not deleted since."""

    receiver: str
    channel: str
    thread: str
    shown: Shown
    quotes: int


class Outbox:
    """Notifications that are pending, delivered or dead."""

    def __init__(self, connection: Connection):
        self._db = connection

    def enqueue(
        self,
        decision_id: int | None,
        incident_id: int | None,
        receiver: str,
        channel: str,
        message: Message,
        now: datetime,
        due_at: datetime | None = None,
        shown: Shown | None = None,
    ) -> int:
        """Put a message into the outbox, due at ``due_at`` (None: now); return its number. ``shown``: what it shows of its incident.

        A message whose key is there already for this receiver and channel is not doubled: the number is that of the first. Updates of
        its thread that wait for the same channel are dropped: only the newest matters.
        """
        key = (receiver, channel, message.dedup_key)
        self._db.execute(
            """INSERT OR IGNORE INTO notifications
            (decision, incident, receiver, channel, dedup_key, thread, message, picture, refresh, shown, state, next_attempt_at, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?)""",
            (
                decision_id,
                incident_id,
                *key,
                message.thread,
                message_text(message),
                message.picture,
                int(message.update),
                None if shown is None else shown_text(shown),
                stamp(due_at or now),
                stamp(now),
            ),
        )
        number = int(self._db.value("SELECT id FROM notifications WHERE receiver = ? AND channel = ? AND dedup_key = ?", key))
        self._db.execute(
            """DELETE FROM notifications INDEXED BY notifications_due WHERE state = 'pending' AND refresh = 1 AND lease_until IS NULL
            AND receiver = ? AND channel = ? AND thread = ? AND id < ?""",
            (receiver, channel, message.thread, number),
        )
        return number

    def claim_due(self, now: datetime, limit: int, lease: timedelta) -> list[Notification]:
        """Take what is due, or whose lease ran out, in order of time; nobody else gets it before ``now + lease``."""
        first = self.next_due()
        if first is None or stamp(first) > stamp(now):
            return []
        with self._db.transaction():
            found = self._db.rows(
                f"""UPDATE notifications SET attempts = attempts + 1, lease_until = ?2, next_attempt_at = ?2
                WHERE id IN (SELECT id FROM notifications INDEXED BY notifications_due
                    WHERE state = 'pending' AND next_attempt_at <= ?1 ORDER BY next_attempt_at, id LIMIT ?3)
                RETURNING {_COLUMNS}""",
                (stamp(now), stamp(now + lease), limit),
            )
        return sorted((_notification(row) for row in found), key=lambda notification: notification.id)

    def next_due(self) -> datetime | None:
        """When something has to be delivered next, or None."""
        return maybe_moment(self._db.value("SELECT min(next_attempt_at) FROM notifications WHERE state = 'pending'"))

    def delivered(self, notification_id: int, handle: str | None, now: datetime) -> None:
        """A channel accepted it; ``handle`` lets the next message of the thread refer to it. Raises ``NotFound``.

        Earlier updates of the thread, of which nothing is to be seen any more, are removed.
        """
        self._change(
            """UPDATE notifications SET state = 'delivered', handle = ?2, delivered_at = ?3,
            lease_until = NULL, next_attempt_at = NULL, error = NULL""",
            notification_id,
            handle,
            stamp(now),
        )
        self._db.execute(
            """DELETE FROM notifications WHERE id IN (SELECT o.id FROM notifications n JOIN notifications o INDEXED BY notifications_thread
            ON o.receiver = n.receiver AND o.channel = n.channel AND o.thread = n.thread AND o.handle IS NOT NULL AND o.id < n.id
            WHERE n.id = ? AND n.refresh = 1 AND o.refresh = 1 AND o.state = 'delivered')""",
            (notification_id,),
        )

    def failed(self, notification_id: int, error: str, retry_at: datetime | None, now: datetime) -> None:
        """A channel did not accept it: again at ``retry_at``, or never (None: dead, until somebody says ``retry``). Raises ``NotFound``."""
        state = Delivery.DEAD if retry_at is None else Delivery.PENDING
        self._change(
            "UPDATE notifications SET state = ?2, error = ?3, next_attempt_at = ?4, lease_until = NULL",
            notification_id,
            state.value,
            error,
            maybe_stamp(retry_at),
        )

    def reached(self, dedup_key: str, receiver: str, since: datetime, channel: str | None = None) -> bool:
        """Whether a receiver (by ``channel``, or by any of its own) has a message or will soon get it.

        Not where it was refused for good, nor where it has been tried in vain since before ``since``.
        """
        return bool(
            self._db.value(
                """SELECT EXISTS (SELECT 1 FROM notifications WHERE receiver = ?1 AND dedup_key = ?2 AND (?3 IS NULL OR channel = ?3)
                AND (state = 'delivered' OR state = 'pending' AND (attempts = 0 OR created_at > ?4)))""",
                (receiver, dedup_key, channel, stamp(since)),
            )
        )

    def tried(self, dedup_key: str, receiver: str) -> bool:
        """Whether a message was ever meant for a receiver."""
        return bool(
            self._db.value("SELECT EXISTS (SELECT 1 FROM notifications WHERE receiver = ? AND dedup_key = ?)", (receiver, dedup_key))
        )

    def shown(self, notification_id: int) -> Shown | None:
        """What a message shows of its incident, if it is about one."""
        kept = self._db.value("SELECT shown FROM notifications WHERE id = ?", (notification_id,))
        return None if kept is None else shown_of(kept)

    def superseded(self, notification: Notification) -> bool:
        """Whether a later message of the thread goes, or went, to the same receiver and channel: an update has nothing to add then."""
        return bool(
            self._db.value(
                """SELECT EXISTS (SELECT 1 FROM notifications WHERE id > ?1 AND incident = ?2 AND receiver = ?3 AND channel = ?4
                AND thread = ?5 AND state <> 'dead')""",
                (
                    notification.id,
                    notification.incident_id,
                    notification.receiver,
                    notification.channel,
                    notification.message.thread,
                ),
            )
        )

    def drop(self, notification_id: int) -> None:
        """Remove a message that need not be sent any more: an update that a later one overtook."""
        self._db.execute("DELETE FROM notifications WHERE id = ?", (notification_id,))

    def living(self, incident_id: int) -> Sequence[Living]:
        """What the channels show of an incident: the latest message of each thread at each receiver and channel that has taken one."""
        found = self._db.rows(
            """SELECT receiver, channel, thread, shown, json_array_length(message, '$.quotes'), handle IS NOT NULL
            FROM notifications INDEXED BY notifications_of WHERE incident = ? AND shown IS NOT NULL AND state <> 'dead' ORDER BY id""",
            (incident_id,),
        )
        taken = {row[:3] for row in found if row[5]}
        latest = {row[:3]: Living(row[0], row[1], row[2], shown_of(row[3]), row[4]) for row in found if row[:3] in taken}
        return list(latest.values())

    def to_update(self, now: datetime, limit: int) -> list[Notification]:
        """Delivered messages whose text has changed since (a quoted post was deleted), each with its own handle as ``previous``.

        Where several stand under one handle, the channel shows the latest: see ``overtaken``.
        """
        found = self._db.rows(
            f"""SELECT {_COLUMNS}, handle FROM notifications INDEXED BY notifications_update
            WHERE update_due_at IS NOT NULL AND update_due_at <= ? AND state = 'delivered' ORDER BY id LIMIT ?""",
            (stamp(now), limit),
        )
        return [replace(_notification(row), previous=row[14]) for row in found]

    def overtaken(self, notification: Notification) -> bool:
        """Whether a later message has taken the place of this one, under the same handle."""
        return bool(
            self._db.value(
                """SELECT EXISTS (SELECT 1 FROM notifications INDEXED BY notifications_thread WHERE receiver = ? AND channel = ?
                AND thread = ? AND handle = ? AND id > ?)""",
                (notification.receiver, notification.channel, notification.message.thread, notification.previous, notification.id),
            )
        )

    def updated(self, notification_id: int, retry_at: datetime | None) -> None:
        """The channel shows the present text (or never can): done; else again at ``retry_at``."""
        self._change("UPDATE notifications SET update_due_at = ?2", notification_id, maybe_stamp(retry_at))

    def dead(self) -> list[Notification]:
        """Messages about incidents that no channel will ever accept, oldest first."""
        found = self._db.rows(
            f"""SELECT {_COLUMNS} FROM notifications INDEXED BY notifications_dead
            WHERE state = 'dead' AND thread NOT LIKE 'health-%' ORDER BY id"""
        )
        return [_notification(row) for row in found]

    def retry(self, notification_id: int, now: datetime) -> None:
        """Make a dead or waiting notification due now. Raises ``NotFound`` also for one that was delivered."""
        written = self._db.execute(
            "UPDATE notifications SET state = 'pending', next_attempt_at = ?, lease_until = NULL WHERE id = ? AND state <> 'delivered'",
            (stamp(now), notification_id),
        )
        if not written:
            raise NotFound(f"there is no undelivered notification {notification_id}")

    def get(self, notification_id: int) -> Notification:
        """One notification. Raises ``NotFound``."""
        found = self._db.row(f"SELECT {_COLUMNS} FROM notifications WHERE id = ?", (notification_id,))
        if found is None:
            raise NotFound(f"there is no notification {notification_id}")
        return _notification(found)

    def list(self, everything: bool = False, limit: int = 1000) -> list[Notification]:
        """Notifications that no channel has accepted yet (``everything``: the others too), newest first."""
        chosen = "" if everything else "WHERE state <> 'delivered'"
        return [
            _notification(row) for row in self._db.rows(f"SELECT {_COLUMNS} FROM notifications {chosen} ORDER BY id DESC LIMIT ?", (limit,))
        ]

    def of_incident(self, incident_id: int) -> Sequence[Notification]:
        """All notifications about an incident, oldest first."""
        return [
            _notification(row)
            for row in self._db.rows(f"SELECT {_COLUMNS} FROM notifications WHERE incident = ? ORDER BY id", (incident_id,))
        ]

    def _change(self, sql: str, notification_id: int, *values: object) -> None:
        if not self._db.execute(f"{sql} WHERE id = ?1", (notification_id, *values)):
            raise NotFound(f"there is no notification {notification_id}")


def _notification(row: Sequence[Any]) -> Notification:
    return Notification(
        row[0],
        row[1],
        row[2],
        row[3],
        row[4],
        message_of(row[5], row[6]),
        row[7],
        row[8],
        Delivery(row[9]),
        moment(row[10]),
        maybe_moment(row[11]),
        maybe_moment(row[12]),
        row[13],
    )
