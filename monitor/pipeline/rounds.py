"""Messages about several incidents: the storm page when a shift has had all its pages, and the hourly digest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from monitor import alerting, messages
from monitor.alerting.storm import UPDATE_AFTER
from monitor.domain import Decision, Incident, Message, Severity, Subscriber, When
from monitor.pipeline.deciding import DAY, brief, enqueue, pressure, put_pressure, remember_storm, storm_named
from monitor.pipeline.parts import Outcome, Parts
from monitor.pipeline.subscribing import addresses
from monitor.store import CHANNEL, Store

DIGEST = "digests"
DIGEST_EVERY = timedelta(hours=1)
FIRST_DIGEST = timedelta(hours=24)
MOST_IN_DIGEST = 20
LOOK_BACK = timedelta(days=2)
"""A subscriber's digest goes back so far at most."""


def storm_page(store: Store, parts: Parts, now: datetime) -> Outcome:
    """Over the page cap: send one page that names every critical incident, if it names anyone new.

    What was critical for a while between two pages is named too: the cap kept its own page back.
    """
    named, last_at = storm_named(store)
    if last_at is not None and now - last_at < UPDATE_AFTER:
        return Outcome()
    if all(one.id in named and not one.regressed for one in store.incidents.capped(last_at or now - DAY)):
        return Outcome()  # nobody new to name: most ticks end here
    by_id = {incident.id: (incident, decision) for incident, decision in store.incidents.latest_decisions(Severity.CRITICAL)}
    by_id |= {incident.id: (incident, decision) for incident, decision in store.incidents.held_back(last_at or now - DAY)}
    settings = parts.settings
    page = alerting.storm([by_id[number] for number in sorted(by_id)], named, last_at, now, settings.desk)
    if page is None:
        return Outcome()
    with store.transaction():
        rows = [by_id[number] for number in page.incidents]
        _send(store, parts, rows, page.receivers, messages.storm, now)
        _storm_for_subscribers(store, parts, rows, page.receivers, now)
        put_pressure(store, pressure(store, settings.budget, now).after(now, settings.budget).paid(settings.budget))
        for incident_id in page.fresh:
            store.incidents.mark_alerted(incident_id, Severity.CRITICAL, now)
        remember_storm(store, named | dict.fromkeys(page.fresh, now), now)
    return Outcome(1)


def _storm_for_subscribers(
    store: Store, parts: Parts, rows: Sequence[tuple[Incident, Decision]], receivers: Sequence[str], now: datetime
) -> None:
    """Whoever hears at once gets the page too, with the incidents they asked for."""
    written = addresses(parts, receivers)
    for one in store.subscribers.all():
        wanted = [(incident, decision) for incident, decision in rows if alerting.wants(one, incident, decision.severity)]
        if one.when is When.NOW and wanted and one.address not in written:
            language = one.language or parts.settings.monitor.language
            message = messages.storm(_briefings(store, parts, wanted, language), now, language, parts.settings.zone)
            store.outbox.enqueue(None, None, one.address, CHANNEL, message, now)


def digest(store: Store, parts: Parts, now: datetime) -> Outcome:
    """Once an hour: what rose out of the ordinary without being worth an alert of its own, the most worthwhile first.

    A receiver who is away or not on call finds all of them in the first digest after. Silenced incidents are left out; silent mode
    sends none.
    """
    desk = parts.settings.desk
    if desk.silent:
        return Outcome()
    last = {name: datetime.fromisoformat(at) for name, at in json.loads(store.state(DIGEST) or b"{}").items()}
    told = 0
    for receiver in desk.receivers:
        since = last.get(receiver.name, now - FIRST_DIGEST)
        if now - since < DIGEST_EVERY or alerting.resting(receiver, desk, now):
            continue
        if rows := _digested(store, since, now):
            last[receiver.name] = now
            told += len(rows)
            with store.transaction():
                write = partial(messages.digest, more=len(rows[MOST_IN_DIGEST:]))
                _send(store, parts, rows[:MOST_IN_DIGEST], [receiver.name], write, now)
                store.put_state(DIGEST, json.dumps({name: at.isoformat() for name, at in last.items()}).encode())
    return Outcome(told)


def _digested(store: Store, since: datetime, now: datetime) -> list[tuple[Incident, Decision]]:
    silences = store.incidents.silences(now)
    rows = [row for row in store.incidents.digested(since) if not alerting.silenced(row[0], silences, now, row[1].severity)]
    return _by_worth(rows)


def _by_worth(rows: Iterable[tuple[Incident, Decision]]) -> list[tuple[Incident, Decision]]:
    """The most worthwhile first."""
    return sorted(rows, key=lambda row: (-row[1].inputs.get("benefit", 0.0), row[0].id))


def subscribers(store: Store, parts: Parts, now: datetime) -> Outcome:
    """Write the digests that subscribers asked for: what staff were told since their last one; silent mode writes none."""
    settings = parts.settings
    told = 0
    if settings.desk.silent:
        return Outcome()
    for one in store.subscribers.all():
        if alerting.digest_due(one, now, settings.zone, settings.subscribers.hour):
            with store.transaction():
                told += _write_digest(store, parts, one, now)
                store.subscribers.digested(one.address, now)
    return Outcome(told)


def _write_digest(store: Store, parts: Parts, one: Subscriber, now: datetime) -> int:
    since = max(one.digested_at or one.since_at, now - LOOK_BACK)
    told = _on_storm_pages(store, since) | {d.incident_id: d for d in store.incidents.notifications_since(since) if d.at > since}
    rows = [(store.incidents.get(number), decision) for number, decision in told.items()]
    chosen = _by_worth((incident, decision) for incident, decision in rows if alerting.wants(one, incident, decision.severity))
    if chosen:
        language, more = one.language or parts.settings.monitor.language, len(chosen[MOST_IN_DIGEST:])
        listed = _briefings(store, parts, chosen[:MOST_IN_DIGEST], language)
        message = messages.roundup(listed, now, language, parts.settings.zone, more=more)
        store.outbox.enqueue(None, None, one.address, CHANNEL, message, now)
    return len(chosen)


def _on_storm_pages(store: Store, since: datetime) -> dict[int, Decision]:
    """What staff were told by a storm page alone: for each incident the latest decision that called it critical."""
    numbers = [number for number, at in storm_named(store)[0].items() if at > since]
    decided = (decision for number in numbers for decision in store.incidents.decisions(number))
    return {decision.incident_id: decision for decision in decided if decision.severity is Severity.CRITICAL}


Writer = Callable[..., Message]


def _send(
    store: Store, parts: Parts, rows: Sequence[tuple[Incident, Decision]], receivers: Sequence[str], write: Writer, now: datetime
) -> None:
    for name in receivers:
        language = parts.settings.language(name)
        message = write(_briefings(store, parts, rows, language), now, language, parts.settings.zone)
        enqueue(store, parts, name, message, now, None, None)


def _briefings(store: Store, parts: Parts, rows: Sequence[tuple[Incident, Decision]], language: str) -> list[messages.Briefing]:
    return [
        brief(store, parts, incident, assessment, decision, None, language)
        for incident, decision in rows
        if (assessment := store.incidents.latest_assessment(incident.id)) is not None
    ]
