"""The decision: what there is to say, and the ordered table of what may keep us from saying it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from monitor.alerting.calendars import Receiver
from monitor.alerting.duty import back_at, called, present, reachable, stand_in
from monitor.alerting.parameters import Parameters
from monitor.alerting.routing import Desk, Route, escalate, ladder_due, matched, named, route, silenced
from monitor.alerting.situation import Situation, remember
from monitor.alerting.worth import Worth, weigh
from monitor.domain import NOTIFYING, Because, Decision, Reason, Severity, Status

_UNHEARD = (Status.CANDIDATE, Status.TRIGGERED)


@dataclass(frozen=True, slots=True)
class _Case:
    """A situation that has been weighed, and what there would be to say about it."""

    situation: Situation
    desk: Desk
    parameters: Parameters
    worth: Worth
    wish: Reason | None
    routed: tuple[Receiver, ...]

    @property
    def critical(self) -> bool:
        """True for the tier that pages: it passes quiet hours and caps of receivers."""
        return self.worth.severity is Severity.CRITICAL

    @property
    def paged_out(self) -> bool:
        """True when this would be a page, and this shift has had all its pages."""
        return self.critical and self.wish is not Reason.ESCALATED and self.situation.pages_this_shift >= self.desk.budget.pages_per_shift

    @property
    def on_alarm_alone(self) -> bool:
        """True when only the detector speaks for it; what rests on measured reach does not depend on a baseline."""
        return self.wish in (Reason.FIRST, Reason.WORSENED) and not self.worth.by_forecast

    @property
    def awake(self) -> tuple[Receiver, ...]:
        """Who would take it now: receivers who are there, and substitutes of those who are not."""
        there = present(self.routed, self.desk, self.situation.now, self.critical)
        told = self.situation.heard
        if self.wish is not Reason.ESCALATED or told is None:
            return there
        return tuple(receiver for receiver in there if receiver.name not in told.receivers)

    @property
    def silenced(self) -> bool:
        """True when a silence in force fits."""
        situation = self.situation
        return situation.silenced or silenced(
            situation.incident, situation.silences, situation.now, self.worth.severity, situation.platforms, situation.partners
        )

    @property
    def open_to_us(self) -> tuple[Receiver, ...]:
        """Receivers who are awake and under their cap."""
        return self._under_cap(self.awake)

    @property
    def later(self) -> tuple[Receiver, ...]:
        """Receivers who are away, for whom nobody stands in, and who are under their cap: their message waits until they are back."""
        told = self.situation.heard.receivers if self.situation.heard is not None and self.wish is Reason.ESCALATED else ()
        waiting = (r for r in self.routed if reachable(r, self.desk, self.situation.now, self.critical) is None)
        return self._under_cap(r for r in waiting if r.name not in told)

    def _under_cap(self, receivers: Iterable[Receiver]) -> tuple[Receiver, ...]:
        sent = self.situation.sent
        return tuple(r for r in receivers if self.critical or r.cap is None or sent.get(r.name, 0) < r.cap)


def _acknowledged(case: _Case) -> bool:
    return case.situation.incident.status in (Status.ACKNOWLEDGED, Status.DISMISSED, Status.RESOLVED)


def _warming_up(case: _Case) -> bool:
    alarm = case.situation.alarm
    return case.situation.warming_up and case.on_alarm_alone and (alarm is None or alarm.incident is None)


def _over_budget(case: _Case) -> bool:
    gated = case.wish in (Reason.FIRST, Reason.WORSENED, Reason.REPEAT)
    return gated and not case.worth.affordable and not case.paged_out


def _below_their_severity(case: _Case) -> bool:
    """Nobody wants this severity, but somebody wants a higher one."""
    situation = case.situation
    return not case.routed and bool(
        named(situation.incident, Severity.CRITICAL, situation.platforms, situation.languages, case.desk, situation.partners)
    )


# What may keep us silent although there is something to say: the first row that holds is the reason given.
# Dismissed and acknowledged incidents are silent whether or not there is something to say.
PRECEDENCE: tuple[tuple[Reason, Callable[[_Case], bool]], ...] = (
    (Reason.ACKNOWLEDGED, _acknowledged),
    (Reason.SILENCED, lambda case: case.silenced),
    (Reason.SILENT_MODE, lambda case: case.desk.silent),
    (Reason.WARMING_UP, _warming_up),
    (Reason.GAP, lambda case: case.situation.gap and case.on_alarm_alone),
    (Reason.BELOW_SEVERITY, _below_their_severity),
    (Reason.NO_RECEIVER, lambda case: not case.routed),
    (Reason.QUIET_HOURS, lambda case: not case.awake),
    (Reason.OVER_BUDGET, _over_budget),
    (Reason.RECEIVER_CAP, lambda case: case.paged_out or not case.open_to_us),
)


def decide(situation: Situation, desk: Desk, parameters: Parameters) -> Decision:
    """Decide whether to speak about one incident now. Total: every situation gets a decision with a reason of the closed list.

    Pure: the same situation always gives the same decision. A RECEIVER_CAP decision of severity critical belongs on the storm page.
    """
    worth = weigh(situation, desk, parameters)
    wish = _wish(situation, worth, desk, parameters)
    case = _Case(situation, desk, parameters, worth, wish, _receivers(situation, worth.severity, wish, desk))
    if _resolution_untold(situation):
        return _decision(case, Reason.RESOLVED)
    if wish is None:
        return _decision(case, Reason.ACKNOWLEDGED if _acknowledged(case) else _nothing_to_say(case))
    return _decision(case, next((reason for reason, holds in PRECEDENCE if holds(case)), wish))


def look_again_at(situation: Situation, decision: Decision, desk: Desk, parameters: Parameters) -> datetime | None:
    """Return when the clock alone may change the answer, or None: quiet hours end, the next of a ladder or a reminder is due."""
    if situation.incident.status not in _UNHEARD:
        return None
    times: list[datetime | None] = []
    if decision.reason is Reason.QUIET_HOURS:
        wishes = (Reason.FIRST, Reason.ESCALATED)
        times += [back_at(_receivers(situation, decision.severity, wish, desk), desk, situation.now) for wish in wishes]
    told = remember(situation.heard, decision)
    if told is not None:
        times.append(ladder_due(_taken(situation, told.severity, desk), told.receivers, told.at, _meaning(situation, desk)))
        times.append(None if parameters.repeat_interval is None else told.at + parameters.repeat_interval)
    return min((at for at in times if at is not None and at > situation.now), default=None)


def _wish(situation: Situation, worth: Worth, desk: Desk, parameters: Parameters) -> Reason | None:
    """Return what there is to say, before asking whether we may."""
    told = situation.heard
    loud = worth.severity in (Severity.HIGH, Severity.CRITICAL)
    if worth.crossed and (told is None or not told.crossed):
        return Reason.CROSSED
    if loud and told is None:
        return Reason.FIRST
    if told is None:
        return None
    if loud and worth.severity.rank > told.severity.rank:
        return Reason.WORSENED
    if _ladder(situation, told.severity, desk):
        return Reason.ESCALATED
    interval = parameters.repeat_interval
    return Reason.REPEAT if loud and interval is not None and situation.now - told.at >= interval else None


def _nothing_to_say(case: _Case) -> Reason:
    situation, worth = case.situation, case.worth
    if situation.heard is not None:
        return Reason.TOO_SOON
    if situation.assessment.emergence.emerging or situation.alarm is not None:
        return Reason.DIGEST
    if worth.severity is not Severity.LOW:
        return Reason.BELOW_SEVERITY
    if situation.gap and worth.p is None:
        return Reason.GAP
    if situation.warming_up and worth.p is None:
        return Reason.WARMING_UP
    return Reason.NOT_EMERGING


def _resolution_untold(situation: Situation) -> bool:
    known = situation.known
    return situation.incident.status is Status.RESOLVED and known is not None and known.reason is not Reason.RESOLVED


def _receivers(situation: Situation, severity: Severity, wish: Reason | None, desk: Desk) -> tuple[Receiver, ...]:
    told = situation.heard
    names = _ladder(situation, told.severity, desk) if wish is Reason.ESCALATED and told is not None else _names(situation, severity, desk)
    return called(names, desk, situation.now)


def _names(situation: Situation, severity: Severity, desk: Desk) -> tuple[str, ...]:
    return route(situation.incident, severity, situation.platforms, situation.languages, desk, situation.partners)


def _taken(situation: Situation, severity: Severity, desk: Desk) -> tuple[Route, ...]:
    return matched(situation.incident, severity, situation.platforms, situation.languages, desk.routes, situation.partners)


def _meaning(situation: Situation, desk: Desk) -> Callable[[str], str]:
    return lambda name: stand_in(name, desk, situation.now)


def _ladder(situation: Situation, severity: Severity, desk: Desk) -> tuple[str, ...]:
    """Whom to tell because nobody acknowledged, by the routes that took the incident when it was told."""
    told = situation.heard
    if told is None or situation.incident.status not in _UNHEARD:
        return ()
    return escalate(_taken(situation, severity, desk), told.receivers, told.at, situation.now, _meaning(situation, desk))


def _decision(case: _Case, reason: Reason) -> Decision:
    situation = case.situation
    notify = reason in NOTIFYING
    receivers = (
        tuple(r.name for r in (*case.open_to_us, *case.later)) if notify else _told_before(case) if reason is Reason.RESOLVED else ()
    )
    return Decision(
        incident_id=situation.incident.id,
        at=situation.now,
        reason=reason,
        notify=notify,
        severity=case.worth.severity,
        because=Because(_code(case, reason), _values(case)),
        inputs=_inputs(case),
        receivers=receivers,
    )


def _told_before(case: _Case) -> tuple[str, ...]:
    """Return who has heard of the incident and should hear of its end; on a storm page that was whoever it reaches.

    Nobody in a rehearsal. Quiet hours are no reason to leave somebody out: the caller keeps the message until ``awake_at``.
    """
    known = case.situation.known
    if known is None or case.desk.silent:
        return ()
    if known.receivers:
        return known.receivers
    reached = called(_names(case.situation, known.severity, case.desk), case.desk, case.situation.now)
    return tuple(receiver.name for receiver in reached)


def _code(case: _Case, reason: Reason) -> str:
    """Code of the sentence: the reason, and what it rests on where that makes a difference to the reader."""
    if reason is Reason.CROSSED:
        return "alerting_crossed" if case.situation.heard is not None else "alerting_crossed_late"
    if reason in (Reason.FIRST, Reason.WORSENED):
        return f"alerting_{reason.value}_{_grounds(case)}"
    if reason is Reason.ACKNOWLEDGED:
        status = case.situation.incident.status
        return "alerting_closed" if status is Status.RESOLVED else f"alerting_{status.value}"
    if reason is Reason.RECEIVER_CAP:
        return "alerting_page_cap" if case.paged_out else "alerting_receiver_cap"
    if reason in (Reason.BELOW_SEVERITY, Reason.NOT_EMERGING) and case.worth.doubtful and case.situation.assessment.forecast is not None:
        return "alerting_doubtful"
    return f"alerting_{reason.value}"


def _grounds(case: _Case) -> str:
    worth, foreseen = case.worth, case.situation.assessment.forecast
    if worth.foreseen:
        return "forecast" if foreseen is not None and foreseen.eta_at is not None else "chance"
    return "grave" if worth.by_forecast else "alarm"


def _values(case: _Case) -> dict[str, str | float | int | datetime | None]:
    situation, worth, alarm = case.situation, case.worth, case.situation.alarm
    emergence = situation.assessment.emergence
    return {
        "p": worth.p,
        "lead": None if worth.lead_minutes is None else worth.lead_minutes * 60,
        "threshold": case.desk.threshold,
        "topic": situation.incident.topic,
        "certainty": situation.certainty,
        "weight": worth.weight,
        "benefit": worth.benefit,
        "price": worth.price,
        "authors": situation.assessment.authors,
        "observed": emergence.observed if alarm is None else alarm.observed,
        "expected": emergence.expected if alarm is None else alarm.expected,
        "stream": emergence.stream if alarm is None else alarm.stream,
        "told_at": None if situation.known is None else situation.known.at,
        "open": worth.open_alerts,
        "cap": case.desk.budget.pages_per_shift,
        **_unsaid(case),
    }


def _unsaid(case: _Case) -> dict[str, str]:
    """What only the rehearsal, or the page cap, keeps from being said; of a rehearsal also to whom, for its score."""
    if case.wish is None:
        return {}
    if case.desk.silent:
        return {"would_be": case.wish.value, "would_tell": "\n".join(r.name for r in (*case.open_to_us, *case.later))}
    return {"would_be": case.wish.value} if case.paged_out else {}


def _inputs(case: _Case) -> dict[str, float]:
    """Every number that decided, for ``monitor why`` and for the score kept later; unknown ones are left out."""
    situation, worth, alarm = case.situation, case.worth, case.situation.alarm
    facts = situation.assessment
    numbers: dict[str, float | None] = {
        "p": worth.p,
        "lead_minutes": worth.lead_minutes,
        "lead_worth": worth.lead_worth,
        "topic_weight": worth.weight,
        "benefit": worth.benefit,
        "benefit_forecast": worth.benefit_forecast,
        "price": worth.price,
        "p_least": worth.p_least,
        "open_alerts": worth.open_alerts,
        "fatigue": worth.heard,
        "pages_this_shift": situation.pages_this_shift,
        "threshold": case.desk.threshold,
        "reach_p10": None if facts.reach is None else facts.reach.people.p10,
        "reach_p50": None if facts.reach is None else facts.reach.people.p50,
        "evidence": facts.emergence.evidence if alarm is None else alarm.evidence,
        "evidence_threshold": None if alarm is None else alarm.threshold,
        "authors": facts.authors,
        "posts": facts.posts,
        "alarm": float(alarm is not None),
        "alarm_unanswered": float(worth.alarmed),
        "grave": float(worth.grave),
        "crossed": float(worth.crossed),
        "storm": float(case.wish is not None and case.paged_out),
        "would_notify": float(_would_notify(case)),
    }
    return {name: float(number) for name, number in numbers.items() if number is not None}


def _would_notify(case: _Case) -> bool:
    """Tell whether only the rehearsal keeps us silent, or nothing does: what a silent run is judged by."""
    return case.wish is not None and not any(holds(case) for reason, holds in PRECEDENCE if reason is not Reason.SILENT_MODE)
