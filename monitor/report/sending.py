"""When the weekly report goes out, and to whom: Monday 09:00 by the company's clock, to receivers with ``weekly = true``."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from monitor.messages.weekly import letter
from monitor.messages.wording import Reader
from monitor.pipeline.deciding import enqueue
from monitor.pipeline.parts import Outcome, Parts
from monitor.report.gathering import week
from monitor.report.page import plot
from monitor.store import Store

HOUR = 9
SENT = "weekly:sent"
LATE = timedelta(days=2)
"""A monitor that was off on Monday morning still sends until Wednesday; later the report would be stale."""


def due(now: datetime, zone_now: datetime, last: str | None) -> date | None:
    """Return the Monday of the week to report now, or None. ``zone_now`` is ``now`` by the company's clock."""
    monday = zone_now.date() - timedelta(days=zone_now.weekday())
    begins = datetime.combine(monday, datetime.min.time(), zone_now.tzinfo) + timedelta(hours=HOUR)
    reported = monday - timedelta(days=7)
    return reported if begins <= zone_now < begins + LATE and last != reported.isoformat() else None


def send_if_due(store: Store, parts: Parts, now: datetime) -> Outcome:
    """Put the report of last week into the outbox once."""
    readers = [receiver.name for receiver in parts.settings.receivers if receiver.weekly]
    last = store.state(SENT)
    monday = due(now, now.astimezone(parts.settings.zone), last.decode() if last else None)
    if not readers or monday is None or parts.settings.desk.silent:
        return Outcome(skipped=True)
    return Outcome(send(store, parts, monday, now))


def send(store: Store, parts: Parts, monday: date, now: datetime) -> int:
    """Put the report of a week into the outbox of everybody with ``weekly = true``; return how many; the same report goes out once."""
    settings = parts.settings
    gathered = week(store, settings, monday, now)
    readers = [receiver.name for receiver in settings.receivers if receiver.weekly]
    letters = []
    for name in readers:
        language = settings.language(name)
        drawn = plot(gathered, Reader(language, settings.zone, now), "png")
        letters.append((name, letter(gathered, language, settings.zone, drawn)))
    with store.transaction():
        for name, message in letters:
            enqueue(store, parts, name, message, now, None, None)
        store.put_state(SENT, monday.isoformat().encode())
    return len(readers)
