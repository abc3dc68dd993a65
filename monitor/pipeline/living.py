"""The living message: what channels show of an incident is brought up to date in place, silently, where they can do that.

An update is a row of the outbox like any other, but no notification: no decision, no price, no cap, no quiet hours, for it makes no sound.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor import messages
from monitor.alerting import living as alerting
from monitor.domain import Because, Decision, Incident, Reason, Shown, Status
from monitor.notifiers import Updating
from monitor.pipeline.briefs import complete
from monitor.pipeline.deciding import brief
from monitor.pipeline.parts import Outcome, Parts
from monitor.pipeline.showing import shown
from monitor.store import Living, Store

CLOSED_FOR = timedelta(days=7)
"""So long after its end an incident's message may still change (somebody takes it back, a quote is deleted)."""


def keep_up(store: Store, parts: Parts, now: datetime) -> Outcome:
    """Put an update into the outbox wherever a channel shows what is no longer so; a rehearsal shows nothing.

    May be called at any time, by several at once: it is asked again under the lock whether there is anything to do.
    """
    able = {key for key, notifier in parts.notifiers.items() if isinstance(notifier, Updating)}
    if not able or parts.settings.desk.silent:
        return Outcome()
    done = 0
    for incident in store.incidents.told(now - CLOSED_FOR):
        if next(_stale(store, parts, incident, able, now), None):
            with store.transaction():
                for change in list(_stale(store, parts, store.incidents.get(incident.id), able, now)):
                    done += _update(store, parts, change)
    return Outcome(done)


@dataclass(frozen=True, slots=True)
class _Change:
    """A place where the message about ``incident`` is no longer so, what it is to show, and why."""

    incident: Incident
    place: Living
    state: Shown
    because: Because


def _stale(store: Store, parts: Parts, incident: Incident, able: Collection[tuple[str, str]], now: datetime) -> Iterator[_Change]:
    places = [place for place in store.outbox.living(incident.id) if (place.receiver, place.channel) in able]
    for place in places:
        subject = _subject(store, incident, place, places)
        state = alerting.as_told(place.shown, shown(store, parts.settings, subject, place.quotes, now))
        because = alerting.should_update(place.shown, state)
        if because is not None:
            yield _Change(subject, place, state, because)


def _subject(store: Store, incident: Incident, place: Living, places: list[Living]) -> Incident:
    """Return whom a thread is about: of a merged incident only that it was merged, if the one it went into has a thread there itself."""
    number = int(place.thread.removeprefix("incident-"))
    own = (place.receiver, place.channel, f"incident-{incident.id}")
    if number != incident.id and any((other.receiver, other.channel, other.thread) == own for other in places):
        return store.incidents.get(number)
    return incident


def _update(store: Store, parts: Parts, change: _Change) -> bool:
    """Write the message anew, in the receiver's language, in the thread where it stands; return whether there was one to write."""
    settings, incident, place, now = parts.settings, change.incident, change.place, change.state.at
    assessment, decision = store.incidents.latest_assessment(incident.id), _latest_word(store, incident, change.state)
    if assessment is None or decision is None:
        return False
    language = settings.language(place.receiver)
    briefing = replace(brief(store, parts, incident, assessment, decision, None, language), changed=change.because)
    message = messages.compose(complete(store, parts, briefing, place.receiver, language), language, settings.zone)
    message = replace(
        message,
        thread=place.thread,
        dedup_key=f"{place.thread}/{change.because.code}/{now:%Y%m%dT%H%M%SZ}",
        picture=message.picture if getattr(parts.notifiers[place.receiver, place.channel], "pictures", False) else None,
    )
    state = replace(change.state, quotes=len(message.quotes))
    store.outbox.enqueue(None, incident.merged_into or incident.id, place.receiver, place.channel, message, now, shown=state)
    return True


def _latest_word(store: Store, incident: Incident, state: Shown) -> Decision | None:
    """The decision that speaks from the message, as of now: the latest alert, or that it is over."""
    spoken = store.incidents.spoken(incident.merged_into or incident.id)
    alerts = [decision for decision in spoken if decision.notify]
    if not alerts:
        return None
    word = replace(alerts[-1], at=state.at, severity=state.severity or alerts[-1].severity)
    if incident.status is Status.RESOLVED and incident.merged_into is None:
        return replace(word, reason=Reason.RESOLVED, because=Because("alerting_resolved"))
    return word
