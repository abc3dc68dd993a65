"""Whom else to tell: subscribers hear what staff are told, as far as they asked for it, at the time they asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo

from monitor.domain import Incident, Severity, Subscriber, When

_HOUR = timedelta(hours=1)


def wants(subscriber: Subscriber, incident: Incident, severity: Severity) -> bool:
    """Tell whether a subscriber asked for such incidents: each condition that is stated is met."""
    return (
        (not subscriber.watch or incident.watch in subscriber.watch)
        and (not subscriber.topic or incident.topic in subscriber.topic)
        and (not subscriber.severity or severity in subscriber.severity)
    )


def subscribed(subscribers: Iterable[Subscriber], incident: Incident, severity: Severity) -> tuple[Subscriber, ...]:
    """Return those who hear at once of what is told about ``incident``."""
    return tuple(one for one in subscribers if one.when is When.NOW and wants(one, incident, severity))


def digest_due(subscriber: Subscriber, now: datetime, zone: tzinfo, hour: int) -> bool:
    """Tell whether a digest is due: an hour after the last one, or once a day from the local ``hour`` on."""
    since = subscriber.digested_at or subscriber.since_at
    if subscriber.when is When.HOURLY:
        return now - since >= _HOUR
    if subscriber.when is When.NOW:
        return False
    local = now.astimezone(zone)
    today = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return local >= today and since < today
