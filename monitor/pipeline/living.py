"""The living message: what channels show of an incident is brought up to date in place, silently, where they can do that.

An update is a row of the outbox like any other, but no notification: no decision, no price, no cap, no quiet hours, for it makes no sound.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from monitor import messages
from monitor.alerting import living as alerting
from monitor.domain import Because, Decision, Incident, Reason, Shown, Status
from monitor.notifiers import Updating
from monitor.pipeline.deciding import brief
from monitor.pipeline.parts import Outcome, Parts
from monitor.pipeline.showing import shown
from monitor.store import Living, Store

CLOSED_FOR = timedelta(days=7)
"""So long after its end an incident's message may still change (somebody takes it back, a quote is deleted)."""


def keep_up(store: Store, parts: Parts, now: datetime) -> Outcome:
    """Put an update into the outbox wherever a channel shows what is no longer so; a rehearsal shows nothing."""
    able = {key for key, notifier in parts.notifiers.items() if isinstance(notifier, Updating)}
    if not able or parts.settings.desk.silent:
        return Outcome()
    done = 0
    for incident in store.incidents.told(now - CLOSED_FOR):
        places = [place for place in store.outbox.living(incident.id) if (place.receiver, place.channel) in able]
        if places:
            with store.transaction():
                done += sum(_keep_up(store, parts, incident, place, places, now) for place in places)
    return Outcome(done)


def _keep_up(store: Store, parts: Parts, incident: Incident, place: Living, places: list[Living], now: datetime) -> bool:
    subject = _subject(store, incident, place, places)
    public = [post_id for post_id in place.shown.quotes if (post := store.posts.get(post_id)) is not None and post.text]
    state = alerting.as_told(place.shown, shown(store, parts.settings, subject, public, now))
    because = alerting.should_update(place.shown, state)
    if because is not None:
        _update(store, parts, subject, place, state, because)
    return because is not None


def _subject(store: Store, incident: Incident, place: Living, places: list[Living]) -> Incident:
    """Return whom a thread is about: of a merged incident only that it was merged, if the one it went into has a thread there itself."""
    number = int(place.thread.removeprefix("incident-"))
    own = (place.receiver, place.channel, f"incident-{incident.id}")
    if number != incident.id and any((other.receiver, other.channel, other.thread) == own for other in places):
        return store.incidents.get(number)
    return incident


def _update(store: Store, parts: Parts, incident: Incident, place: Living, state: Shown, because: Because) -> None:
    """Write the message anew, in the receiver's language, in the thread where it stands."""
    settings, now = parts.settings, state.at
    assessment, decision = store.incidents.latest_assessment(incident.id), _latest_word(store, incident, state)
    if assessment is None or decision is None:
        return
    language = settings.language(place.receiver)
    briefing = replace(brief(store, parts, incident, assessment, decision, None, language), changed=because)
    message = messages.compose(briefing, language, settings.zone)
    key = f"{place.thread}/{because.code}/{now:%Y%m%dT%H%M%SZ}"
    message = replace(message, thread=place.thread, dedup_key=key)
    quotes = tuple(post.id for post, _, _ in briefing.telling)
    store.outbox.enqueue(
        None, incident.merged_into or incident.id, place.receiver, place.channel, message, now, shown=replace(state, quotes=quotes)
    )


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
