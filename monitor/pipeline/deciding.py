"""decide: one decision for every new assessment, its message in the outbox, its effect on the incident; one transaction each."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor import alerting, messages
from monitor.alerting import Budget, Pressure, Situation, Told
from monitor.domain import LIVE, Assessment, Decision, Incident, Kind, Message, Reason, Severity, Shown, Silence, Status
from monitor.emergence import Detector
from monitor.pipeline import briefs, changes
from monitor.pipeline.alarms import Unanswered, answer, unanswered
from monitor.pipeline.partners import partners
from monitor.pipeline.parts import CLOSE_AFTER, MONITOR, Memory, Outcome, Parts
from monitor.pipeline.showing import shown, silent_until
from monitor.pipeline.subscribing import hearing
from monitor.store import CHANNEL, Store

PRESSURE = "pressure"
STORM = "storm"
DAY = timedelta(hours=24)
AT_ONCE = 50
"""So many decisions share a transaction at most: staff who act beside us never wait for long."""
STORM_KEPT = timedelta(days=7)
"""So long an incident that is over is remembered as named on a storm page."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One decision with what it rests on; ``situation`` is all that decided."""

    incident: Incident
    assessment: Assessment
    decision: Decision
    situation: Situation | None = None


def decide(store: Store, parts: Parts, memory: Memory, now: datetime) -> tuple[Outcome, list[Judgement]]:
    """Decide about every assessment that has no decision yet, and close what has gone quiet."""
    undecided = store.incidents.undecided()
    judgements: list[Judgement] = []
    try:
        while waiting := undecided[len(judgements) : len(judgements) + AT_ONCE]:
            with store.transaction():
                judgements += list(_until_one_speaks(store, parts, memory, waiting, now))
    except BaseException:
        memory.forget()
        raise
    return Outcome(len(judgements)), judgements


def _until_one_speaks(
    store: Store, parts: Parts, memory: Memory, waiting: Sequence[tuple[int, Assessment]], now: datetime
) -> Iterator[Judgement]:
    """Decide in turn, up to the first decision that speaks: the next ones rest on that, while silence changes nothing for them."""
    standing = _standing(store, parts, memory, now)
    for assessment_id, assessment in waiting:
        incident = store.incidents.get(assessment.incident_id)
        if incident.status in LIVE and now - incident.last_post_at >= CLOSE_AFTER:
            incident = _close(store, memory, incident, now)
            standing = _standing(store, parts, memory, now)
        judgement = _judge(store, parts, incident, assessment_id, assessment, standing, now)
        yield judgement
        if judgement.decision.notify or judgement.decision.reason is Reason.SILENT_MODE:
            return


def _close(store: Store, memory: Memory, incident: Incident, now: datetime) -> Incident:
    closed = store.incidents.transition(incident.id, Status.RESOLVED, MONITOR, now, "no new post for 72 hours")
    store.incidents.set_due(incident.id, None)
    changes.over(store, incident.id)
    if memory.grouper is not None:
        memory.grouper.close(incident.id, Status.RESOLVED)
    return closed


@dataclass(frozen=True, slots=True)
class _Standing:
    """What decisions rest on whichever incident they are about: the detector, the price of speaking, what was said, silences."""

    detector: Detector | None
    pressure: Pressure
    alarms: Mapping[int, Unanswered]
    open_alerts: int
    pages: int
    sent: Mapping[str, int]
    on_storm_page: Collection[int]
    silences: tuple[Silence, ...]


def _standing(store: Store, parts: Parts, memory: Memory, now: datetime) -> _Standing:
    shift, silent = now - parts.settings.budget.shift, parts.settings.desk.silent
    spoken = store.scores.rehearsals_since(now - DAY) if silent else store.incidents.notifications_since(now - DAY)
    return _Standing(
        detector=memory.detector,
        pressure=pressure(store, parts.settings.budget, now),
        alarms=unanswered(store, now),
        open_alerts=_rehearsed_open(store, spoken, shift) if silent else store.incidents.open_alerts(shift),
        pages=sum(d.severity is Severity.CRITICAL and d.at >= shift and not d.inputs.get("storm") for d in spoken),
        sent=sent(spoken),
        on_storm_page=storm_named(store)[0],
        silences=tuple(store.incidents.silences(now)),
    )


def _judge(
    store: Store, parts: Parts, incident: Incident, assessment_id: int, assessment: Assessment, standing: _Standing, now: datetime
) -> Judgement:
    situation = _situation(store, parts, incident, assessment, standing, now)
    decision = alerting.decide(situation, parts.settings.desk, parts.settings.decision)
    decision_id = store.incidents.add_decision(decision, assessment_id)
    _come_back(store, parts, situation, decision)
    _rehearse(store, parts, situation, decision, now)
    if decision.notify:
        _take_effect(store, parts, situation, decision, now)
    if decision.receivers:
        _write_messages(store, parts, situation, decision, decision_id, now)
    return Judgement(incident, assessment, decision, situation)


def _come_back(store: Store, parts: Parts, situation: Situation, decision: Decision) -> None:
    """Look again when the clock alone may change the answer: quiet hours end, an escalation or a reminder falls due."""
    again = alerting.look_again_at(situation, decision, parts.settings.desk, parts.settings.decision)
    if again is not None and situation.incident.status in LIVE:
        store.incidents.set_due_by(decision.incident_id, again)


def told(store: Store, incident_id: int, silent: bool = False) -> Told | None:
    """What staff have heard about an incident so far, from the decisions that spoke; in a silent run from those that would have."""
    heard = None
    for decision in store.scores.rehearsals_of(incident_id) if silent else store.incidents.spoken(incident_id):
        heard = alerting.remember(heard, decision)
    return heard


def _situation(store: Store, parts: Parts, incident: Incident, assessment: Assessment, standing: _Standing, now: datetime) -> Situation:
    platforms, languages = store.incidents.places(incident.id)
    detector = standing.detector
    return Situation(
        incident=incident,
        assessment=assessment,
        now=now,
        pressure=standing.pressure,
        alarm=standing.alarms.get(incident.id),
        told=told(store, incident.id, parts.settings.desk.silent),
        open_alerts=standing.open_alerts,
        pages_this_shift=standing.pages,
        warming_up=detector is not None and detector.warming_up(incident.watch, now),
        gap=detector is not None and detector.in_gap(incident.watch, now),
        platforms=platforms,
        languages=languages,
        sent=standing.sent,
        certainty=_certainty(store, parts, incident, assessment),
        on_storm_page=incident.id in standing.on_storm_page,
        silences=standing.silences,
        partners=partners(store, parts.settings.partners, incident.id),
    )


def _rehearsed_open(store: Store, spoken: Sequence[Decision], shift: datetime) -> int:
    """Incidents that staff would have been told of in this shift and have not taken up."""
    told_of = {decision.incident_id for decision in spoken if decision.at >= shift}
    return sum(store.incidents.get(number).status is Status.CANDIDATE for number in told_of)


def _certainty(store: Store, parts: Parts, incident: Incident, assessment: Assessment) -> float:
    """How probably it is a complaint about us at all: the mean of the verdicts on its most seen posts; a wave need be none.

    Where so many people complain that the decision asks for no such certainty, the posts are not read: there may be thousands.
    """
    if incident.kind is not Kind.COMPLAINT or assessment.authors >= parts.settings.decision.sure_authors:
        return 1.0
    verdicts = [labels.complaint for _, labels, _ in store.posts.telling(incident.id, 3) if labels is not None]
    return sum(verdicts) / len(verdicts) if verdicts else 1.0


def storm_named(store: Store) -> tuple[dict[int, datetime], datetime | None]:
    """Incidents that storm pages have named, each with the moment, and when the last page went out."""
    kept = json.loads(store.state(STORM) or b'{"named": {}, "at": null}')
    named = kept["named"] if isinstance(kept["named"], dict) else dict.fromkeys(kept["named"], kept["at"])  # a list in older databases
    moments = {int(number): datetime.fromisoformat(at) for number, at in named.items()}
    return moments, datetime.fromisoformat(kept["at"]) if kept["at"] else None


def remember_storm(store: Store, named: Mapping[int, datetime], now: datetime) -> None:
    """Keep whom storm pages named, and when, but for those long over; inside the caller's transaction."""
    live = {incident.id for incident in store.incidents.live()}
    kept = {number: at.isoformat() for number, at in sorted(named.items()) if number in live or now - at < STORM_KEPT}
    store.put_state(STORM, json.dumps({"named": kept, "at": now.isoformat()}).encode())


def sent(spoken: Sequence[Decision]) -> dict[str, int]:
    """How many of these decisions each receiver was told of."""
    counts: dict[str, int] = {}
    for decision in spoken:
        for receiver in decision.receivers:
            counts[receiver] = counts.get(receiver, 0) + 1
    return counts


def pressure(store: Store, budget: Budget, now: datetime) -> Pressure:
    """The price of speaking, as last paid."""
    row = store.state(PRESSURE)
    if row is None:
        return Pressure.initial(now, budget)
    kept = json.loads(row)
    return Pressure(kept["price"], datetime.fromisoformat(kept["at"]))


def put_pressure(store: Store, price: Pressure) -> None:
    """Keep the price of speaking; inside the caller's transaction."""
    store.put_state(PRESSURE, json.dumps({"price": price.price, "at": price.at.isoformat()}).encode())


def _take_effect(store: Store, parts: Parts, situation: Situation, decision: Decision, now: datetime) -> None:
    """A notification costs its price, answers the alarm, and makes the incident triggered."""
    budget = parts.settings.budget
    put_pressure(store, situation.pressure.after(now, budget).paid(budget))
    answer(store, decision.incident_id, now)
    store.incidents.mark_alerted(decision.incident_id, decision.severity, now)
    if situation.incident.status is Status.CANDIDATE:
        store.incidents.transition(decision.incident_id, Status.TRIGGERED, MONITOR, now, decision.reason.value)


def _rehearse(store: Store, parts: Parts, situation: Situation, decision: Decision, now: datetime) -> None:
    """In a silent run: what would have been said costs its price and answers the alarm, so that the next is judged as it would be."""
    if decision.reason is Reason.SILENT_MODE and decision.inputs.get("would_notify"):
        budget = parts.settings.budget
        put_pressure(store, situation.pressure.after(now, budget).paid(budget))
        answer(store, decision.incident_id, now)


def _write_messages(store: Store, parts: Parts, situation: Situation, decision: Decision, decision_id: int, now: datetime) -> None:
    for name in decision.receivers:
        language = parts.settings.language(name)
        briefing = brief(store, parts, situation.incident, situation.assessment, decision, situation.told, language)
        message = messages.compose(briefs.complete(store, parts, briefing, name, language), language, parts.settings.zone)
        shows = shown(store, parts.settings, store.incidents.get(decision.incident_id), len(message.quotes), now)
        enqueue(store, parts, name, message, now, decision_id, decision.incident_id, _due_at(parts, name, decision, now), shows)
    for one in hearing(store, parts, situation.incident, decision):
        language = one.language or parts.settings.monitor.language
        briefing = brief(store, parts, situation.incident, situation.assessment, decision, situation.told, language)
        message = messages.compose(briefs.complete(store, parts, briefing, None, language), language, parts.settings.zone)
        store.outbox.enqueue(decision_id, decision.incident_id, one.address, CHANNEL, message, now)


def _due_at(parts: Parts, name: str, decision: Decision, now: datetime) -> datetime:
    """When a receiver may have a message: at once if it is critical, else not before the end of quiet hours."""
    desk = parts.settings.desk
    if decision.severity is Severity.CRITICAL:
        return now
    return next((alerting.awake_at(receiver, now, desk.zone) for receiver in desk.receivers if receiver.name == name), now)


def enqueue(
    store: Store,
    parts: Parts,
    receiver: str,
    message: Message,
    now: datetime,
    decision_id: int | None,
    incident_id: int | None,
    due_at: datetime | None = None,
    shows: Shown | None = None,
) -> None:
    """Put a message into the outbox, once for each channel of the receiver, to be sent from ``due_at`` on (None: now)."""
    bare = replace(message, picture=None)
    for (name, channel), notifier in parts.notifiers.items():
        if name == receiver:
            fitting = message if getattr(notifier, "pictures", False) else bare
            store.outbox.enqueue(decision_id, incident_id, receiver, channel, fitting, now, due_at, shows)


def brief(
    store: Store, parts: Parts, incident: Incident, assessment: Assessment, decision: Decision, heard: Told | None, language: str
) -> messages.Briefing:
    """Gather all that an alert about ``incident`` tells."""
    settings = parts.settings
    playbook, topic = settings.playbook(incident.topic), settings.topic(incident.topic)
    return messages.Briefing(
        watch=incident.watch,
        incident=incident,
        assessment=assessment,
        decision=decision,
        telling=tuple(store.posts.telling(incident.id, 3)),
        complainants=assessment.authors,
        since=incident.opened_at,
        threshold=settings.monitor.threshold,
        playbook=playbook.guide(language).steps if playbook else (),
        responsible=(playbook and playbook.owner) or settings.monitor.responsible,
        topic_label=topic.label(language) if topic else None,
        worse_than=heard.severity if heard and decision.reason is Reason.WORSENED else None,
        stands=store.incidents.last_move(incident.id, incident.status),
        silenced_until=silent_until(store.incidents.silences(decision.at), incident.id),
    )
