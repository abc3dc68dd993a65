"""Messages about several incidents: the storm page when a shift has had all its pages, and the hourly digest."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from monitor import alerting, messages
from monitor.domain import Decision, Incident, Message, Reason, Severity
from monitor.pipeline.deciding import brief, enqueue, pressure, put_pressure, remember_storm, storm_named
from monitor.pipeline.parts import Outcome, Parts
from monitor.store import Store

DIGEST = "digests"
DIGEST_EVERY = timedelta(hours=1)
FIRST_DIGEST = timedelta(hours=24)
MOST_IN_DIGEST = 20


def storm_page(store: Store, parts: Parts, now: datetime) -> Outcome:
    """Over the page cap: send one page that names every critical incident, if it names anyone new."""
    named, last_at = storm_named(store)
    critical = store.incidents.latest_decisions(Severity.CRITICAL)
    if not any(decision.reason is Reason.RECEIVER_CAP for _, decision in critical):
        return Outcome()
    settings = parts.settings
    page = alerting.storm(critical, named, last_at, now, settings.desk)
    if page is None:
        return Outcome()
    by_id = {incident.id: (incident, decision) for incident, decision in critical}
    with store.transaction():
        _send(store, parts, [by_id[number] for number in page.incidents], page.receivers, messages.storm, now)
        put_pressure(store, pressure(store, settings.budget, now).after(now, settings.budget).paid(settings.budget))
        for incident_id in page.fresh:
            store.incidents.mark_alerted(incident_id, Severity.CRITICAL, now)
        remember_storm(store, named | set(page.fresh), now)
    return Outcome(1)


def digest(store: Store, parts: Parts, now: datetime) -> Outcome:
    """Once an hour: what rose out of the ordinary without being worth an alert of its own, the most worthwhile first.

    A receiver in quiet hours finds all of them in the first digest after; silenced incidents are left out; silent mode sends none.
    """
    desk = parts.settings.desk
    if desk.silent:
        return Outcome()
    last = {name: datetime.fromisoformat(at) for name, at in json.loads(store.state(DIGEST) or b"{}").items()}
    told = 0
    for receiver in desk.receivers:
        since = last.get(receiver.name, now - FIRST_DIGEST)
        if now - since < DIGEST_EVERY or alerting.quiet(receiver, now, desk.zone):
            continue
        if rows := _digested(store, since, now):
            last[receiver.name] = now
            told += len(rows)
            with store.transaction():
                _send(store, parts, rows[:MOST_IN_DIGEST], [receiver.name], messages.digest, now)
                store.put_state(DIGEST, json.dumps({name: at.isoformat() for name, at in last.items()}).encode())
    return Outcome(told)


def _digested(store: Store, since: datetime, now: datetime) -> list[tuple[Incident, Decision]]:
    silences = store.incidents.silences(now)
    rows = [row for row in store.incidents.digested(since) if not alerting.silenced(row[0], silences, now)]
    return sorted(rows, key=lambda row: (-row[1].inputs.get("benefit", 0.0), row[0].id))


Writer = Callable[..., Message]


def _send(
    store: Store, parts: Parts, rows: Sequence[tuple[Incident, Decision]], receivers: Sequence[str], write: Writer, now: datetime
) -> None:
    settings = parts.settings
    for name in receivers:
        language = settings.language(name)
        briefings = [
            brief(store, parts, incident, assessment, decision, None, language)
            for incident, decision in rows
            if (assessment := store.incidents.latest_assessment(incident.id)) is not None
        ]
        enqueue(store, parts, name, write(briefings, now, language, settings.zone), now, None, None)
