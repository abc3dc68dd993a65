"""deliver: claim what is due, send, then mark; at least once, with the backoff kept in the row."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.domain import Notification
from monitor.errors import DeliveryFailed
from monitor.notifiers import Notifier, Resuming, Updating
from monitor.pipeline import standing_in
from monitor.pipeline.parts import Outcome, Parts
from monitor.pipeline.subscribing import channel
from monitor.store import CHANNEL, Store

CLAIMED_AT_ONCE = 20
LEASE = timedelta(minutes=5)
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
MOST_ATTEMPTS = 200
UPDATED_FOR = timedelta(days=30)


def deliver(store: Store, parts: Parts, now: datetime) -> Outcome:
    """Send every notification that is due; a failure is kept in its row with the time of the next attempt."""
    done, errors = 0, list[str]()
    while claimed := store.outbox.claim_due(now, CLAIMED_AT_ONCE, LEASE):
        for notification in claimed:
            error = _send(store, parts, notification, now)
            done += error is None
            if error:
                errors.append(f"{notification.receiver}/{notification.channel}: {error}")
    for notification in store.outbox.to_update(now, CLAIMED_AT_ONCE):
        _update(store, parts, notification, now)
    return Outcome(done, len(errors), tuple(errors))


def _update(store: Store, parts: Parts, notification: Notification, now: datetime) -> None:
    """A quoted post was deleted: where a channel can replace what it shows, it shows the message without the quote."""
    notifier = parts.notifiers.get((notification.receiver, notification.channel))
    retry_at = None
    if isinstance(notifier, Updating) and notification.previous is not None and not store.outbox.overtaken(notification):
        try:
            notifier.update(notification.message, notification.previous)
        except DeliveryFailed as failure:
            late = notification.delivered_at is not None and now - notification.delivered_at > UPDATED_FOR
            retry_at = None if failure.permanent or late else now + max(LONGEST_RETRY, timedelta(seconds=failure.retry_after or 0))
    store.outbox.updated(notification.id, retry_at)


def _send(store: Store, parts: Parts, notification: Notification, now: datetime) -> str | None:
    notifier = parts.notifiers.get((notification.receiver, notification.channel))
    if notification.message.update:
        return _refresh(store, notifier, notification, now)
    try:
        if notification.channel == CHANNEL:
            if store.subscribers.get(notification.receiver) is None:  # unsubscribed after this was claimed
                store.outbox.drop(notification.id)
                return None
            notifier = channel(store, parts, notification)
        if notifier is None:
            raise DeliveryFailed("no such receiver or channel in the configuration", permanent=True)
        say = notifier.resume if isinstance(notifier, Resuming) and notification.attempts > 1 else notifier.send
        handle = say(notification.message, notification.previous)
    except DeliveryFailed as failure:
        _failed(store, parts, notification, failure, now)
        return str(failure)
    store.outbox.delivered(notification.id, handle, now)
    return None


def _failed(store: Store, parts: Parts, notification: Notification, failure: DeliveryFailed, now: datetime) -> None:
    """Keep when to try again; if never, or not soon enough, somebody else is told instead. Both or neither."""
    retry_at = _retry_at(notification, failure, now)
    with store.transaction():
        store.outbox.failed(notification.id, str(failure), retry_at, now)
        if retry_at is None or standing_in.late(notification, now):
            standing_in.stand_in(store, parts, notification, now)


def _refresh(store: Store, notifier: Notifier | None, notification: Notification, now: datetime) -> str | None:
    """Show an update in the place of what the channel shows. One that came too late, or that nothing is there for, is dropped."""
    handle = notification.previous
    if handle is None or not isinstance(notifier, Updating) or store.outbox.superseded(notification):
        store.outbox.drop(notification.id)
        return None
    try:
        notifier.update(notification.message, handle)
    except DeliveryFailed as failure:
        if failure.permanent:  # what stood there was removed by somebody: the next alert is posted anew
            store.outbox.delivered(notification.id, None, now)
        else:
            store.outbox.failed(notification.id, str(failure), _retry_at(notification, failure, now) or now + LONGEST_RETRY, now)
        return str(failure)
    store.outbox.delivered(notification.id, handle, now)
    return None


def _retry_at(notification: Notification, failure: DeliveryFailed, now: datetime) -> datetime | None:
    """30 s, doubling to an hour; what the channel asks for if that is longer; None when trying again is useless."""
    if failure.permanent or notification.attempts >= MOST_ATTEMPTS:
        return None
    backoff: timedelta = min(FIRST_RETRY * 2 ** min(notification.attempts - 1, 20), LONGEST_RETRY)
    return now + max(backoff, timedelta(seconds=failure.retry_after or 0))
