"""What holds for every situation: hypothesis draws them, the decision is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alerting import Budget, Desk, Hours, Parameters, Pressure, Receiver, Route, Situation, Told, decide
from monitor.domain import (
    NOTIFYING,
    TOPICS,
    Assessment,
    Because,
    Decision,
    Emergence,
    Forecast,
    Incident,
    Interval,
    Kind,
    Reach,
    Reason,
    Severity,
    Status,
)

NOW = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
P = Parameters()


@dataclass(frozen=True)
class Alarm:
    stream: str
    incident: int | None
    evidence: float = 11.0
    threshold: float = 9.2
    observed: float = 9.0
    expected: float = 0.5
    authors: int = 4


chances = st.floats(0, 1)
moments = st.integers(-5_000, 5_000).map(lambda minutes: NOW + timedelta(minutes=minutes))
past = st.integers(0, 5_000).map(lambda minutes: NOW - timedelta(minutes=minutes))
alarms = st.builds(Alarm, st.sampled_from(["total", "incident"]), st.sampled_from([None, 1]))
tolds = st.builds(
    Told, st.sampled_from([Severity.HIGH, Severity.CRITICAL]), past, st.sampled_from(sorted(NOTIFYING)),
    st.sampled_from([("a",), ("a", "b"), ()]), st.booleans(),
)  # fmt: skip
incidents = st.builds(
    lambda kind, topic, status, regressed, status_at, alerted_at: Incident(
        1, "w", kind, topic, "t", status, NOW, NOW, 5, 4, status_at=status_at, alerted_at=alerted_at, regressed=regressed
    ),
    st.sampled_from(Kind), st.sampled_from(TOPICS), st.sampled_from(Status), st.booleans(), st.none() | past, st.none() | past,
)  # fmt: skip
desks = st.builds(
    Desk,
    receivers=st.sampled_from([(), (Receiver("a"),), (Receiver("a", Hours(0, 1439), cap=1), Receiver("b"))]),
    routes=st.sampled_from([(), (Route(("a",), severity=(Severity.CRITICAL,)),), (Route(("a", "b")),)]),
    silent=st.booleans(),
)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    authors = draw(st.integers(1, 30))
    emergence = Emergence(9, 0.5, authors, draw(st.floats(0, 30)), draw(st.booleans()), Because("e"), stream="total")
    p = draw(st.none() | chances)
    seen = draw(st.floats(0, 20_000))
    reach = None if p is None else Reach(Interval(seen, seen * 2, seen * 5), 0.5, Because("r"))
    forecast = None if p is None else Forecast({}, p, draw(st.none() | moments), None, None, Because("f"))
    return Situation(
        incident=draw(incidents),
        assessment=Assessment(1, NOW, emergence, reach, forecast, authors, authors),
        now=NOW,
        pressure=Pressure(draw(st.floats(1, 90)), draw(moments)),
        alarm=draw(st.none() | alarms),
        told=draw(st.none() | tolds),
        open_alerts=draw(st.integers(0, 12)),
        pages_this_shift=draw(st.integers(0, 4)),
        silenced=draw(st.booleans()),
        warming_up=draw(st.booleans()),
        gap=draw(st.booleans()),
        sent=draw(st.sampled_from([{}, {"a": 1}, {"a": 1, "b": 50}])),
    )


def spoken(decision: Decision) -> bool:
    """Staff hear of it: by a message of its own, or by name on the storm page."""
    return decision.notify or (decision.reason is Reason.RECEIVER_CAP and decision.inputs["storm"] == 1)


@settings(max_examples=200, deadline=None)
@given(situations(), desks)
def test_every_situation_has_an_answer(situation: Situation, desk: Desk) -> None:
    decision = decide(situation, desk, P)
    assert decision.reason in Reason
    assert decision.notify == (decision.reason in NOTIFYING)
    assert bool(decision.receivers) or not decision.notify
    assert decision.because.code.startswith("alerting_")
    assert all(isinstance(number, float) and number == number for number in decision.inputs.values())
    assert decision == decide(situation, desk, P)


@settings(max_examples=200, deadline=None)
@given(situations(), desks)
def test_silenced_silent_and_acknowledged_never_notify(situation: Situation, desk: Desk) -> None:
    assert not decide(replace(situation, silenced=True), desk, P).notify
    assert not decide(situation, replace(desk, silent=True), P).notify
    known = replace(situation, incident=replace(situation.incident, status=Status.ACKNOWLEDGED))
    assert not decide(known, desk, P).notify
    assert not decide(situation, replace(desk, receivers=()), P).notify


@settings(max_examples=200, deadline=None)
@given(situations(), chances, chances)
def test_a_higher_chance_is_never_quieter(situation: Situation, one: float, other: float) -> None:
    desk = Desk(receivers=(Receiver("a", Hours(600, 800), cap=1),))
    low, high = sorted((one, other))
    facts = situation.assessment
    forecast = facts.forecast or Forecast({}, 0.0, NOW + timedelta(hours=3), None, None, Because("f"))
    reach = facts.reach or Reach(Interval(1, 2, 3), 0.5, Because("r"))

    def at(p: float) -> Decision:
        return decide(replace(situation, assessment=replace(facts, reach=reach, forecast=replace(forecast, p_cross=p))), desk, P)

    quiet, loud = at(low), at(high)
    assert quiet.severity.rank <= loud.severity.rank
    assert not spoken(quiet) or spoken(loud)


@settings(max_examples=200, deadline=None)
@given(situations(), desks, alarms)
def test_an_alarm_never_makes_it_quieter(situation: Situation, desk: Desk, alarm: Alarm) -> None:
    without = decide(replace(situation, alarm=None), desk, P)
    beside = decide(replace(situation, alarm=alarm), desk, P)
    assert without.severity.rank <= beside.severity.rank
    assert not spoken(without) or spoken(beside)


@settings(max_examples=200, deadline=None)
@given(situations(), desks)
def test_nothing_measured_and_no_alarm_says_nothing_new(situation: Situation, desk: Desk) -> None:
    unmeasured = replace(situation, assessment=replace(situation.assessment, reach=None, forecast=None), alarm=None)
    assert decide(unmeasured, desk, P).reason not in (Reason.FIRST, Reason.WORSENED, Reason.CROSSED)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 100)), max_size=400), st.floats(0.5, 50), st.floats(1.05, 2))
def test_price_keeps_the_count_to_the_budget_whatever_happens(events: list[tuple[bool, float]], per_week: float, step: float) -> None:
    """As long as the price stays between floor and ceiling, payments less what time gave back explain it exactly."""
    budget = Budget(notifications_per_week=per_week, price_step=step, price_ceiling=1e12, price_floor=1e-12)
    price, now, paid = Pressure.initial(NOW, budget), NOW, 0
    for pays, hours in events:
        now += timedelta(hours=hours)
        price = price.after(now, budget)
        if pays and price.price < 90:
            price, paid = price.paid(budget), paid + 1
    weeks = (now - NOW).total_seconds() / 604_800
    highest = 90 * step
    assert paid <= per_week * weeks + (highest / budget.price_at_start) / (step - 1) + 1
