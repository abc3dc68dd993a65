"""When a receiver cannot be reached: the next one of its routes is told instead, so that no alert is lost with a channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from monitor import alerting, messages
from monitor.domain import Notification, Severity
from monitor.pipeline.parts import Parts
from monitor.store import CHANNEL, Store

PATIENCE = timedelta(minutes=30)
"""So long a channel may be down before a high or critical alert goes to somebody else, too; it is tried on all the same."""


def late(notification: Notification, now: datetime) -> bool:
    """Whether an alert has waited too long for a channel that does not answer."""
    since = notification.created_at
    return notification.message.severity.rank >= Severity.HIGH.rank and since is not None and now - since >= PATIENCE


def stand_in(store: Store, parts: Parts, notification: Notification, now: datetime) -> None:
    """Put the message into the outbox of whoever takes it instead, once; inside the caller's transaction.

    Nobody does where another channel of the receiver has it or will soon have it, for a subscriber, and for messages about ourselves, which
    everybody gets anyway.
    """
    fresh = now - PATIENCE
    message, receiver = notification.message, notification.receiver
    if notification.channel == CHANNEL or message.thread.startswith("health") or message.update:
        return
    others = [channel for name, channel in parts.notifiers if name == receiver and channel != notification.channel]
    if any(store.outbox.reached(message.dedup_key, receiver, fresh, channel) for channel in others):
        return
    for name in successors(parts, receiver, now):
        if store.outbox.reached(message.dedup_key, name, fresh):
            return  # told already: nobody needs to hear it twice
        channels = [channel for known, channel in parts.notifiers if known == name]
        if channels and not store.outbox.tried(message.dedup_key, name):
            _pass_on(store, parts, notification, name, channels, now)
            return


def successors(parts: Parts, receiver: str, now: datetime) -> Iterator[str]:
    """Yield who is told instead of ``receiver``, the best first: its substitute, those its routes escalate to and name, then anybody."""
    desk = parts.settings.desk
    routes = [route for route in desk.routes if receiver in {one.name for one in alerting.called(route.receivers, desk, now)}]
    wanted = [one.otherwise for one in desk.receivers if one.name == receiver and one.otherwise]
    wanted += [name for route in routes for name in route.escalate_to]
    wanted += [name for route in routes for name in route.receivers]
    names = [one.name for one in alerting.called(wanted, desk, now)] + [one.name for one in desk.receivers]
    yield from (name for name in dict.fromkeys(names) if name != receiver)


def _pass_on(store: Store, parts: Parts, notification: Notification, name: str, channels: list[str], now: datetime) -> None:
    """As it was written, with a sentence why it comes here; at night only if it is critical."""
    desk, message = parts.settings.desk, notification.message
    why = messages.say("mail.instead", message.language, receiver=notification.receiver)
    passed = replace(message, lines=(*message.lines, why), picture=None)
    due_at = now
    if message.severity is not Severity.CRITICAL:
        due_at = next((alerting.awake_at(one, now, desk.zone) for one in desk.receivers if one.name == name), now)
    for channel in channels:
        shown = store.outbox.shown(notification.id)
        store.outbox.enqueue(notification.decision_id, notification.incident_id, name, channel, passed, now, due_at, shown)
