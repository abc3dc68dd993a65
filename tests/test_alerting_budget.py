"""A storm and a long year against the budget: how often staff are spoken to, and that nothing critical is missing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from monitor.alerting import Budget, Desk, Parameters, Pressure, Receiver, Route, Situation, Storm, Told, decide, remember, storm
from monitor.domain import Assessment, Because, Decision, Emergence, Forecast, Incident, Interval, Kind, Reach, Reason, Severity, Status

START = datetime(2026, 3, 2, tzinfo=UTC)
P = Parameters()


@dataclass(frozen=True)
class Alarm:
    stream: str = "incident"
    incident: int | None = 1
    evidence: float = 11.0
    threshold: float = 9.2
    observed: float = 9.0
    expected: float = 0.5
    authors: int = 4


@dataclass
class Room:
    """Keeps what the steps keep: the price, what was told, pages and storm pages; nobody acknowledges anything."""

    desk: Desk = field(default_factory=lambda: Desk(receivers=(Receiver("desk"),)))
    told: dict[int, Told] = field(default_factory=dict)
    said: list[Decision] = field(default_factory=list)
    storms: list[Storm] = field(default_factory=list)
    latest: dict[int, tuple[Incident, Decision]] = field(default_factory=dict)
    named: set[int] = field(default_factory=set)
    alerted: dict[int, datetime] = field(default_factory=dict)
    pressure: Pressure | None = None

    def look(self, number: int, now: datetime, p: float | None, alarm: Alarm | None = None, topic: str = "price") -> Decision:
        pressure = self.pressure or Pressure.initial(now, self.desk.budget)
        shift = now - self.desk.budget.shift
        incident = Incident(
            number, "w", Kind.COMPLAINT, topic, f"사건 {number}", Status.CANDIDATE, now, now, 4, 4, alerted_at=self.alerted.get(number)
        )
        forecast = None if p is None else Forecast({}, p, now + timedelta(hours=3), None, None, Because("f"))
        reach = None if p is None else Reach(Interval(100, 200, 400), 0.5, Because("r"))
        facts = Assessment(number, now, Emergence(4, 1, 4, 9, alarm is not None, Because("e")), reach, forecast, 4, 4)
        recent = [decision for decision in self.said if decision.at >= shift]
        decision = decide(
            Situation(
                incident, facts, now, pressure, alarm, told=self.told.get(number), open_alerts=len({d.incident_id for d in recent}),
                pages_this_shift=sum(d.severity is Severity.CRITICAL for d in recent), on_storm_page=number in self.named,
            ),
            self.desk, P,
        )  # fmt: skip
        self.latest[number] = (incident, decision)
        if decision.notify:
            self.said.append(decision)
            self.pressure = pressure.after(now, self.desk.budget).paid(self.desk.budget)
            self.alerted.setdefault(number, now)
            self.told[number] = remember(self.told.get(number), decision) or pytest.fail("a notification is remembered")
        return decision

    def page_storm(self, now: datetime) -> None:
        critical = [pair for pair in self.latest.values() if pair[1].severity is Severity.CRITICAL]
        page = storm(critical, self.named, self.storms[-1].at if self.storms else None, now, self.desk)
        if page is None:
            return
        self.storms.append(page)
        pressure = self.pressure or Pressure.initial(now, self.desk.budget)
        self.pressure = pressure.after(now, self.desk.budget).paid(self.desk.budget)
        self.named |= set(page.fresh)
        for number in page.fresh:
            self.alerted.setdefault(number, now)


def minutes(count: int) -> Iterator[datetime]:
    return (START + timedelta(minutes=minute) for minute in range(count))


def test_a_storm_of_500_incidents_in_an_hour() -> None:
    room, drawn = Room(), np.random.default_rng(3)
    chance = drawn.uniform(0, 1, 500)
    alarmed = drawn.uniform(0, 1, 500) < 0.5
    opens = np.sort(drawn.integers(0, 60, 500))
    for minute, now in enumerate(minutes(180)):
        for number in np.flatnonzero(opens <= minute):
            if minute == opens[number] or minute % 15 == 0:
                room.look(int(number), now, float(chance[number]), Alarm() if alarmed[number] else None)
        room.page_storm(now)
    critical = {number for number, (_, decision) in room.latest.items() if decision.severity is Severity.CRITICAL}
    assert len(critical) > 200
    named = {number for page in room.storms for number in page.fresh}
    paged = {decision.incident_id for decision in room.said if decision.severity is Severity.CRITICAL}
    assert critical == named | paged, "something critical was not told as critical"
    assert not named & paged
    assert critical <= set(room.storms[-1].incidents), "the storm page names every critical incident"
    assert len(room.said) <= 7
    assert sum(decision.severity is Severity.CRITICAL for decision in room.said) <= 2
    assert len(room.storms) <= 3
    tiers = [(decision.incident_id, decision.severity) for decision in room.said]
    assert len(tiers) == len(set(tiers)), "somebody heard of the same thing twice"


def test_an_incident_told_as_high_that_turns_critical_over_the_cap_stands_on_the_storm_page() -> None:
    room = Room()
    room.look(1, START, 0.3)
    for number in (2, 3):
        room.look(number, START, 0.9)
    worse = room.look(1, START + timedelta(minutes=5), 0.9)
    assert worse.reason is Reason.RECEIVER_CAP
    room.page_storm(START + timedelta(minutes=5))
    assert (room.storms[0].fresh, set(room.storms[0].incidents)) == ((1,), {1, 2, 3})
    assert room.look(1, START + timedelta(hours=14), 0.95).reason is Reason.TOO_SOON


def test_an_incident_that_comes_back_in_a_storm_is_named_again() -> None:
    room = Room(desk=Desk(receivers=(Receiver("desk"),), budget=replace(Budget(), pages_per_shift=0)))
    room.look(1, START, 0.9)
    room.page_storm(START)
    incident, decision = room.latest[1]
    back = replace(incident, regressed=True, status_at=START + timedelta(hours=2))
    later = START + timedelta(hours=3)
    again = storm([(back, decision)], room.named, START, later, room.desk)
    assert again is not None
    assert again.fresh == (1,)
    assert storm([(incident, decision)], room.named, START, later, room.desk) is None


def test_a_storm_of_alarms_without_any_measurement() -> None:
    room = Room()
    for minute in range(0, 60, 10):
        for number in range(500):
            room.look(number, START + timedelta(minutes=minute), None, Alarm())
    assert 2 <= len(room.said) <= 5
    assert {decision.reason for decision in room.said} == {Reason.FIRST}


@pytest.mark.parametrize("weeks", [4, 12])
@pytest.mark.parametrize("p", [None, 0.3])
def test_the_budget_holds_over_months(weeks: int, p: float | None) -> None:
    """An incident worth telling every two hours: notifications settle at the budget, with a constant on top."""
    room, budget = Room(), Budget()
    for number in range(weeks * 84):
        room.look(number, START + timedelta(hours=2 * number), p, None if p else Alarm())
    extra = math.log(90 / budget.price_at_start) / math.log(budget.price_step)
    assert weeks * 7 * 0.8 <= len(room.said) <= weeks * 7 + extra


def test_a_quiet_stretch_does_not_save_up_more_than_the_floor_allows() -> None:
    room = Room()
    room.pressure = Pressure(1.0, START)
    for number in range(200):
        room.look(number, START + timedelta(minutes=number), 0.45)
    assert len(room.said) <= 8


def test_grave_pages_pass_a_high_price_but_not_the_cap() -> None:
    room = Room()
    room.pressure = Pressure(90.0, START)
    decisions = [room.look(number, START, 0.6, topic="safety") for number in range(10)]
    assert [decision.reason for decision in decisions] == [Reason.FIRST] * 2 + [Reason.RECEIVER_CAP] * 8
    room.page_storm(START)
    assert room.storms[0].incidents == tuple(sorted(room.storms[0].incidents, key=lambda n: (-decisions[n].inputs["benefit"], n)))
    assert set(room.storms[0].incidents) == set(range(10))
    assert set(room.storms[0].fresh) == set(range(2, 10))


def test_storm_pages_are_an_hour_apart_and_only_for_news() -> None:
    room = Room(desk=Desk(receivers=(Receiver("desk"),), budget=replace(Budget(), pages_per_shift=0)))
    for minute, now in enumerate(minutes(300)):
        if minute in (0, 10, 20):
            room.look(minute, now, 0.9)
        room.page_storm(now)
    assert [page.at for page in room.storms] == [START, START + timedelta(minutes=60)]
    assert [page.fresh for page in room.storms] == [(0,), (10, 20)]
    assert room.storms[1].receivers == ("desk",)


def test_a_storm_page_reaches_everybody_concerned() -> None:
    def reached(*routes: Route) -> tuple[str, ...]:
        desk = Desk(tuple(map(Receiver, "abc")), routes, replace(Budget(), pages_per_shift=0))
        room = Room(desk)
        room.look(1, START, 0.9)
        room.page_storm(START)
        return room.storms[0].receivers if room.storms else ()

    assert reached() == ("a", "b", "c")
    assert reached(Route(("a",), topic=("price",), continue_=True), Route(("b",))) == ("a", "b")
    assert reached(Route(("c",), topic=("safety",))) == ("a", "b", "c")  # critical, and no route takes it
