"""Subscribers: who hears of a decision, and what writes to them, as long as they are subscribed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from monitor import alerting
from monitor.domain import Decision, Incident, Notification, Reason, Subscriber
from monitor.notifiers import Mailing, Notifier
from monitor.pipeline.parts import Parts
from monitor.store import Store


def hearing(store: Store, parts: Parts, incident: Incident, decision: Decision) -> Sequence[Subscriber]:
    """Who hears at once of a decision that speaks; of the end of an incident, those who heard of it.

    Nobody whose address a receiver of the decision writes to anyway.
    """
    written = addresses(parts, decision.receivers)
    everybody = [one for one in store.subscribers.all() if one.address not in written]
    if not everybody or decision.reason is not Reason.RESOLVED:
        return alerting.subscribed(everybody, incident, decision.severity)
    told = store.subscribers.told_of(incident.id)
    return [one for one in everybody if one.address in told]


def addresses(parts: Parts, receivers: Collection[str]) -> set[str]:
    """Return the addresses that the e-mail channels of ``receivers`` write to."""
    return {name.rpartition(":")[2].casefold() for receiver, name in parts.notifiers if receiver in receivers and "@" in name}


def channel(store: Store, parts: Parts, notification: Notification) -> Notifier | None:
    """Return what writes to the subscriber of a notification; None where no e-mail channel is configured. Raises ``DeliveryFailed``."""
    one = store.subscribers.get(notification.receiver)
    mailing = None if one is None else template(parts, one.receiver or parts.settings.subscribers.receiver)
    return None if one is None or mailing is None else mailing.readdressed(one.address)


def template(parts: Parts, receiver: str = "") -> Mailing | None:
    """Return the e-mail channel of ``receiver``, else of the first receiver that has one."""
    found = [(name, notifier) for (name, _), notifier in parts.notifiers.items() if isinstance(notifier, Mailing)]
    chosen = [notifier for name, notifier in found if name == receiver] or [notifier for _, notifier in found]
    return chosen[0] if chosen else None
