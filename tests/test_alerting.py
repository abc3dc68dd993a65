"""The decision: tiers, price, reasons and their precedence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor import alerting, messages
from monitor.alerting import Budget, Desk, Hours, Parameters, Pressure, Receiver, Route, Situation, Told, decide
from monitor.domain import (
    NOTIFYING,
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
    Silence,
    Status,
)
from monitor.messages.sentences.alerting import SENTENCES
from monitor.messages.wording import fields

NOW = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)  # noon in Seoul
SEOUL = ZoneInfo("Asia/Seoul")
P = Parameters()
DESK = Desk(receivers=(Receiver("desk"),), zone=SEOUL)


@dataclass(frozen=True)
class Alarm:
    stream: str = "total"
    incident: int | None = None
    evidence: float = 12.0
    threshold: float = 9.2
    observed: float = 20.0
    expected: float = 1.5
    authors: int = 12


def incident(topic: str = "delivery_delay", status: Status = Status.CANDIDATE, number: int = 1, **changes: object) -> Incident:
    base = Incident(number, "한울오토", Kind.COMPLAINT, topic, "탁송 지연", status, NOW - timedelta(hours=5), NOW, 9, 8)
    return replace(base, **changes)  # type: ignore[arg-type]


def assessment(
    p: float | None = None, lead: float | None = 180.0, emerging: bool = False, authors: int = 8, reach: float | None = None
) -> Assessment:
    """``lead`` in minutes; ``reach`` is the P10 of people."""
    eta = None if lead is None else NOW + timedelta(minutes=lead)
    forecast = None if p is None else Forecast({}, p, eta, None, None, Because("forecast"))
    seen = 300.0 if reach is None else reach
    people = None if p is None and reach is None else Reach(Interval(seen, seen * 2, seen * 4), 0.5, Because("reach"))
    return Assessment(1, NOW, Emergence(20, 1.5, authors, 10.0, emerging, Because("emergence")), people, forecast, authors + 1, authors)


def situation(p: float | None = None, topic: str = "delivery_delay", price: float = 5.0, **changes: object) -> Situation:
    seen = {key: changes.pop(key) for key in ("lead", "emerging", "authors", "reach") if key in changes}
    place = changes.pop("incident", None) or incident(topic)
    return Situation(place, assessment(p, **seen), NOW, Pressure(price, NOW), **changes)  # type: ignore[arg-type]


def told(severity: Severity = Severity.HIGH, hours: float = 2.0, **changes: object) -> Told:
    return replace(Told(severity, NOW - timedelta(hours=hours), Reason.FIRST, ("desk",)), **changes)  # type: ignore[arg-type]


def outcome(s: Situation, desk: Desk = DESK, parameters: Parameters = P) -> tuple[Reason, Severity]:
    decision = decide(s, desk, parameters)
    return decision.reason, decision.severity


# ---- tiers


@pytest.mark.parametrize(
    ("p", "topic", "expected"),
    [
        (0.01, "delivery_delay", (Reason.NOT_EMERGING, Severity.LOW)),
        (0.1, "delivery_delay", (Reason.BELOW_SEVERITY, Severity.MODERATE)),
        (0.2, "delivery_delay", (Reason.FIRST, Severity.HIGH)),
        (0.5, "delivery_delay", (Reason.FIRST, Severity.CRITICAL)),
        (0.03, "safety", (Reason.FIRST, Severity.CRITICAL)),
        (0.03, "staff_behaviour", (Reason.NOT_EMERGING, Severity.LOW)),
    ],
)
def test_tiers(p: float, topic: str, expected: tuple[Reason, Severity]) -> None:
    assert outcome(situation(p, topic)) == expected


def test_worth_is_the_formula() -> None:
    s = situation(0.4, "damage_loss", lead=180.0, open_alerts=2)
    inputs = decide(s, DESK, P).inputs
    assert inputs["benefit"] == pytest.approx(0.4 * 2 * 90 * (180 / 240) * 0.7**2)
    assert inputs["p_least"] == pytest.approx(1 / (1 + 90 * 2 * 0.75 * 0.49))
    assert inputs["lead_minutes"] == 180
    assert inputs["price"] == 5


def test_a_single_post_whose_forecast_crosses_does_alert() -> None:
    assert outcome(situation(0.6, authors=1)) == (Reason.FIRST, Severity.CRITICAL)


def test_a_grave_topic_needs_three_authors_to_page_on_a_small_chance() -> None:
    assert outcome(situation(0.05, "safety", authors=2))[0] is Reason.BELOW_SEVERITY


def test_grave_topics_are_spared_the_price_but_not_fatigue() -> None:
    assert outcome(situation(0.03, "safety", price=90.0))[0] is Reason.FIRST
    assert outcome(situation(0.03, "safety", price=90.0, open_alerts=12))[0] is Reason.OVER_BUDGET


def test_a_high_price_keeps_ordinary_incidents_quiet() -> None:
    assert outcome(situation(0.9, price=80.0))[0] is Reason.OVER_BUDGET


def test_a_late_warning_is_worth_less_than_an_early_one() -> None:
    assert outcome(situation(0.3, lead=300.0, price=15.0))[0] is Reason.FIRST
    assert outcome(situation(0.3, lead=20.0, price=15.0))[0] is Reason.OVER_BUDGET


# ---- alarms


def test_nothing_measured_only_an_alarm_notifies() -> None:
    assert outcome(situation(None, emerging=True)) == (Reason.DIGEST, Severity.MODERATE)
    assert outcome(situation(None, emerging=True, alarm=Alarm())) == (Reason.FIRST, Severity.HIGH)


def test_an_alarm_pays_the_price_too() -> None:
    assert outcome(situation(None, alarm=Alarm(), price=40.0))[0] is Reason.OVER_BUDGET


def test_while_warming_up_only_an_incidents_own_stream_counts() -> None:
    assert outcome(situation(None, alarm=Alarm(), warming_up=True))[0] is Reason.WARMING_UP
    assert outcome(situation(None, alarm=Alarm("incident", 1), warming_up=True))[0] is Reason.FIRST
    assert outcome(situation(None, warming_up=True))[0] is Reason.WARMING_UP


def test_after_a_gap_an_alarm_alone_does_not_count_but_a_forecast_does() -> None:
    assert outcome(situation(None, alarm=Alarm("incident", 1), gap=True))[0] is Reason.GAP
    assert outcome(situation(0.7, alarm=Alarm(), gap=True, warming_up=True))[0] is Reason.FIRST


# ---- what was said before


def test_one_message_for_each_tier() -> None:
    assert outcome(situation(0.3, told=told()))[0] is Reason.TOO_SOON
    assert outcome(situation(0.6, told=told()))[0] is Reason.WORSENED
    assert outcome(situation(0.6, told=told(Severity.CRITICAL)))[0] is Reason.TOO_SOON
    assert outcome(situation(0.01, told=told()))[0] is Reason.TOO_SOON


def test_repeat_is_off_by_default() -> None:
    later = told(hours=100)
    assert outcome(situation(0.3, told=later))[0] is Reason.TOO_SOON
    insisting = replace(P, repeat_interval=timedelta(hours=4))
    assert outcome(situation(0.3, told=later), parameters=insisting)[0] is Reason.REPEAT
    assert outcome(situation(0.3, told=told(hours=3)), parameters=insisting)[0] is Reason.TOO_SOON
    assert outcome(situation(0.01, told=later), parameters=insisting)[0] is Reason.TOO_SOON


def test_crossed_is_told_once_and_late_when_nobody_was_warned() -> None:
    late = decide(situation(1.0, reach=6500.0), DESK, P)
    assert (late.reason, late.severity, late.notify, late.because.code) == (
        Reason.CROSSED,
        Severity.CRITICAL,
        True,
        "alerting_crossed_late",
    )
    warned = decide(situation(1.0, reach=6500.0, told=told(Severity.CRITICAL)), DESK, P)
    assert warned.because.code == "alerting_crossed"
    assert outcome(situation(1.0, reach=6500.0, told=told(Severity.CRITICAL, crossed=True)))[0] is Reason.TOO_SOON


def test_crossed_asks_for_no_price() -> None:
    assert outcome(situation(1.0, reach=6500.0, price=90.0, open_alerts=9))[0] is Reason.CROSSED


def test_resolved_is_told_once_to_those_who_heard_of_it_and_does_not_notify() -> None:
    ended = incident(status=Status.RESOLVED)
    decision = decide(situation(0.6, incident=ended, told=told()), DESK, P)
    assert (decision.reason, decision.notify, decision.receivers) == (Reason.RESOLVED, False, ("desk",))
    heard = alerting.remember(told(), decision)
    assert outcome(situation(0.6, incident=ended, told=heard))[0] is Reason.ACKNOWLEDGED
    assert outcome(situation(0.6, incident=ended))[0] is Reason.ACKNOWLEDGED


def test_an_incident_that_comes_back_is_news_again() -> None:
    back = incident(status=Status.TRIGGERED, regressed=True, status_at=NOW - timedelta(hours=1))
    assert outcome(situation(0.3, incident=back, told=told(hours=50)))[0] is Reason.FIRST
    assert outcome(situation(0.3, incident=back, told=told(hours=0.5)))[0] is Reason.TOO_SOON


def test_remember_keeps_the_highest_severity_and_everybody_told() -> None:
    first = decide(situation(0.3), DESK, P)
    heard = alerting.remember(None, first)
    assert heard == Told(Severity.HIGH, NOW, Reason.FIRST, ("desk",))
    worse = replace(first, reason=Reason.WORSENED, severity=Severity.CRITICAL, receivers=("chief",), at=NOW + timedelta(hours=1))
    heard = alerting.remember(heard, worse)
    assert heard is not None
    assert (heard.severity, heard.receivers, heard.at) == (Severity.CRITICAL, ("desk", "chief"), NOW + timedelta(hours=1))
    silent = replace(first, reason=Reason.TOO_SOON, notify=False, at=NOW + timedelta(hours=2))
    assert alerting.remember(heard, silent) == heard


# ---- what keeps us silent


@pytest.mark.parametrize("status", [Status.ACKNOWLEDGED, Status.DISMISSED])
def test_staff_who_know_are_left_in_peace(status: Status) -> None:
    for p in (0.01, 0.9):
        assert outcome(situation(p, incident=incident(status=status)))[0] is Reason.ACKNOWLEDGED


def test_precedence_is_the_table() -> None:
    """Everything that can keep us silent at once; taken away one by one, the reason is the next row's."""
    quiet = Receiver("desk", Hours.parse("11:00-13:00"), cap=1)
    busy = Desk(receivers=(quiet,), zone=SEOUL, silent=True)
    s = situation(None, price=90.0, alarm=Alarm(), silenced=True, warming_up=True, gap=True, sent={"desk": 1})
    acknowledged = replace(s, incident=incident(status=Status.ACKNOWLEDGED))
    nobody = replace(busy, receivers=(), silent=False)
    live = replace(busy, silent=False)
    awake = replace(live, receivers=(replace(quiet, quiet_hours=None),))
    unsilenced, warm = replace(s, silenced=False), replace(s, silenced=False, warming_up=False)
    free = replace(warm, gap=False)
    ladder = [
        decide(acknowledged, busy, P),
        decide(s, busy, P),
        decide(unsilenced, busy, P),
        decide(unsilenced, live, P),
        decide(warm, live, P),
        decide(free, nobody, P),
        decide(free, live, P),
        decide(free, awake, P),
        decide(replace(free, pressure=Pressure(1.0, NOW)), awake, P),
        decide(replace(free, pressure=Pressure(1.0, NOW), sent={}), awake, P),
    ]
    expected = [
        Reason.ACKNOWLEDGED, Reason.SILENCED, Reason.SILENT_MODE, Reason.WARMING_UP, Reason.GAP,
        Reason.NO_RECEIVER, Reason.QUIET_HOURS, Reason.OVER_BUDGET, Reason.RECEIVER_CAP, Reason.FIRST,
    ]  # fmt: skip
    assert [decision.reason for decision in ladder] == expected
    rows = [reason for reason, _ in alerting.PRECEDENCE if reason is not Reason.BELOW_SEVERITY]
    assert rows == expected[:-1]


def test_a_silent_run_records_what_it_would_have_said() -> None:
    rehearsal = replace(DESK, silent=True)
    assert decide(situation(0.9), rehearsal, P).inputs["would_notify"] == 1
    assert decide(situation(0.9, price=89.0), rehearsal, P).inputs["would_notify"] == 0
    assert decide(situation(0.01), rehearsal, P).reason is Reason.NOT_EMERGING


def test_quiet_hours_and_caps_spare_critical() -> None:
    asleep = replace(DESK, receivers=(Receiver("desk", Hours.parse("11:00-13:00"), cap=1),))
    assert outcome(situation(0.3), asleep)[0] is Reason.QUIET_HOURS
    assert outcome(situation(0.6, sent={"desk": 5}), asleep) == (Reason.FIRST, Severity.CRITICAL)


def test_those_who_are_awake_are_told_now_and_the_others_when_they_are_back() -> None:
    desk = replace(DESK, receivers=(Receiver("a", Hours.parse("11:00-13:00")), Receiver("b")))
    assert decide(situation(0.3), desk, P).receivers == ("b", "a")


def test_over_the_page_cap_a_critical_incident_waits_for_the_storm_page() -> None:
    decision = decide(situation(0.9, pages_this_shift=2, price=90.0), DESK, P)
    assert (decision.reason, decision.inputs["storm"], decision.because.code) == (Reason.RECEIVER_CAP, 1, "alerting_page_cap")
    assert outcome(situation(0.3, pages_this_shift=2))[0] is Reason.FIRST


def test_who_stood_on_a_storm_page_is_not_told_again() -> None:
    named = incident(alerted_at=NOW - timedelta(hours=13), severity=Severity.CRITICAL)
    assert outcome(situation(0.9, incident=named))[0] is Reason.TOO_SOON
    assert outcome(situation(1.0, reach=7000.0, incident=named))[0] is Reason.CROSSED


# ---- escalation


LADDER = Route(receivers=("desk",), escalate_to=("chief", "board"), escalate_after=timedelta(minutes=30))
STAFF = Desk(receivers=tuple(map(Receiver, ("desk", "chief", "board"))), routes=(LADDER,), zone=SEOUL)


def test_escalation_climbs_and_never_repeats() -> None:
    heard: Told | None = told(hours=0.6)
    reached = []
    for hour in range(4):
        s = replace(situation(0.3, told=heard), now=NOW + timedelta(hours=hour))
        decision = decide(s, STAFF, P)
        heard = alerting.remember(heard, decision)
        reached.append((decision.reason, decision.receivers))
    assert reached == [(Reason.ESCALATED, ("chief",)), (Reason.ESCALATED, ("board",)), (Reason.TOO_SOON, ()), (Reason.TOO_SOON, ())]


def test_no_escalation_before_its_time_nor_after_an_acknowledgement() -> None:
    assert outcome(situation(0.3, told=told(hours=0.4)), STAFF)[0] is Reason.TOO_SOON
    assert outcome(situation(0.3, told=told(), incident=incident(status=Status.ACKNOWLEDGED)), STAFF)[0] is Reason.ACKNOWLEDGED


def test_escalation_is_not_stopped_by_page_cap_or_price() -> None:
    s = situation(0.9, told=told(Severity.CRITICAL), pages_this_shift=2, price=90.0)
    assert outcome(s, STAFF)[0] is Reason.ESCALATED


# ---- when to look again


def test_look_again_when_quiet_hours_end() -> None:
    asleep = replace(DESK, receivers=(Receiver("desk", Hours.parse("11:00-13:30")), Receiver("b", Hours.parse("22:00-12:30"))))
    s = situation(0.3)
    decision = decide(s, asleep, P)
    assert decision.reason is Reason.QUIET_HOURS
    again = alerting.look_again_at(s, decision, asleep, P)
    assert again == NOW + timedelta(minutes=30)
    assert decide(replace(s, now=again), asleep, P).reason is Reason.FIRST


def test_look_again_when_the_next_of_the_ladder_is_due() -> None:
    s = situation(0.3)
    first = decide(s, STAFF, P)
    again = alerting.look_again_at(s, first, STAFF, P)
    assert again == NOW + timedelta(minutes=30)
    later = replace(s, now=again, told=alerting.remember(None, first))
    assert decide(later, STAFF, P).reason is Reason.ESCALATED


def test_nothing_to_wait_for() -> None:
    s = situation(0.3)
    assert alerting.look_again_at(s, decide(s, DESK, P), DESK, P) is None
    known = situation(0.3, incident=incident(status=Status.ACKNOWLEDGED), told=told())
    assert alerting.look_again_at(known, decide(known, STAFF, P), STAFF, P) is None
    insisting = replace(P, repeat_interval=timedelta(hours=4))
    assert alerting.look_again_at(s, decide(s, DESK, insisting), DESK, insisting) == NOW + timedelta(hours=4)


# ---- routes, silences, quiet hours


def reached(routes: tuple[Route, ...], topic: str = "price", severity: Severity = Severity.HIGH) -> tuple[str, ...]:
    desk = Desk(receivers=tuple(map(Receiver, "abc")), routes=routes)
    return alerting.route(incident(topic), severity, {"x", "naver"}, {"ko"}, desk)


def test_without_routes_all_receive_from_high_on() -> None:
    assert reached(()) == ("a", "b", "c")
    assert reached((), severity=Severity.MODERATE) == ()


def test_the_first_route_wins_unless_it_continues() -> None:
    assert reached((Route(("a",), topic=("price",)), Route(("b",)))) == ("a",)
    assert reached((Route(("a",), topic=("price",), continue_=True), Route(("b", "a")), Route(("c",)))) == ("a", "b")
    assert reached((Route(("a",), topic=("safety",)), Route(("b",), severity=(Severity.CRITICAL,)))) == ()


def test_routes_by_platform_language_and_watch() -> None:
    assert reached((Route(("a",), platform=("reddit", "naver"), language=("ko", "en"), watch=("한울오토",)),)) == ("a",)
    assert reached((Route(("a",), platform=("reddit",)), Route(("b",), language=("en",)), Route(("c",), watch=("other",)))) == ()


def test_routes_for_worse_only_are_told_apart_from_no_route_at_all() -> None:
    only_critical = Desk(receivers=(Receiver("a"),), routes=(Route(("a",), severity=(Severity.CRITICAL,)),))
    assert outcome(situation(0.3), only_critical)[0] is Reason.BELOW_SEVERITY
    other = Desk(receivers=(Receiver("a"),), routes=(Route(("a",), topic=("safety",)),))
    assert outcome(situation(0.3), other)[0] is Reason.NO_RECEIVER


@pytest.mark.parametrize(
    ("matchers", "fits"),
    [
        ({"watch": "한울오토"}, True),
        ({"watch": "한울오토", "topic": "delivery_delay", "incident": "1", "kind": "complaint"}, True),
        ({"watch": "한울오토", "topic": "safety"}, False),
        ({"nonsense": "1"}, False),
        ({}, False),
    ],
)
def test_silences(matchers: dict[str, str], fits: bool) -> None:
    silence = Silence(1, matchers, NOW - timedelta(hours=1), NOW + timedelta(hours=1), "kim", "")
    assert alerting.silenced(incident(), [silence], NOW) is fits
    assert not alerting.silenced(incident(), [silence], NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("hours", "local", "quiet"),
    [
        ("22:00-07:00", "21:59", False), ("22:00-07:00", "22:00", True), ("22:00-07:00", "06:59", True), ("22:00-07:00", "07:00", False),
        ("12:00-13:30", "12:30", True), ("12:00-13:30", "13:30", False), ("18:00-24:00", "23:59", True), ("18:00-24:00", "00:00", False),
    ],
)  # fmt: skip
def test_quiet_hours(hours: str, local: str, quiet: bool) -> None:
    hour, minute = map(int, local.split(":"))
    at = datetime(2026, 3, 4, hour, minute, tzinfo=SEOUL).astimezone(UTC)
    assert alerting.quiet(Receiver("a", Hours.parse(hours)), at, SEOUL) is quiet
    assert str(Hours.parse(hours)) == hours


@pytest.mark.parametrize(
    "text", ["", "22-07", "22:00", "25:00-07:00", "22:60-07:00", "24:01-07:00", "07:00-07:00", "２２:00-07:00", "a:bc-d:ef"]
)
def test_nonsense_quiet_hours(text: str) -> None:
    with pytest.raises(ValueError, match=r"22:00-07:00|same time"):
        Hours.parse(text)


# ---- sentences


def test_every_code_has_a_sentence_in_both_languages_that_can_be_filled() -> None:
    values = set(decide(situation(0.3), DESK, P).because.values) | {"n", "fresh"}
    for code, pair in SENTENCES.items():
        assert code.startswith("alerting_")
        for template in pair:
            assert fields(template) <= values, code
    reasons = {code.removeprefix("alerting_").removesuffix("_forecast") for code in SENTENCES}
    assert {reason.value for reason in Reason} <= reasons


def test_sentences_read_well() -> None:
    decision = decide(situation(0.62), DESK, P)
    assert "62%" in messages.sentence(decision.because, "ko", SEOUL)
    assert "3시간" in messages.sentence(decision.because, "ko", SEOUL)
    assert "6,000 people" in messages.sentence(decision.because, "en", SEOUL)


def test_a_forecast_without_a_time_of_crossing_states_none() -> None:
    decision = decide(situation(0.3, lead=None), DESK, P)
    assert decision.because.code == "alerting_first_chance"
    assert decision.inputs["lead_minutes"] == 24 * 60


# ---- the price


def test_price_rises_with_each_notification_and_falls_with_time() -> None:
    budget = Budget()
    price = Pressure.initial(NOW, budget).paid(budget)
    assert price.price == pytest.approx(6.5)
    assert price.after(NOW + timedelta(days=1), budget).price == pytest.approx(5.0)
    assert price.after(NOW - timedelta(days=1), budget).price == pytest.approx(6.5)
    assert price.after(NOW + timedelta(days=400), budget).price == budget.price_floor
    assert price.confirmed(budget).price == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"page_probability": 1.2}, "page_probability"),
        ({"cost_claim": 5}, "cost_outside"),
        ({"notify_probability": 0.6}, "notify_probability"),
        ({"fatigue": -0.1, "lead_floor": 2}, "fatigue"),
    ],
)
def test_parameters_out_of_range(changes: dict[str, float], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        Parameters(**changes)  # type: ignore[arg-type]


def test_decisions_that_notify_are_those_of_the_contract() -> None:
    kinds: list[Decision] = [
        decide(s, DESK, P)
        for s in (
            situation(0.3),
            situation(0.6, told=told()),
            situation(1.0, reach=7000.0),
            situation(None, emerging=True),
            situation(0.01),
        )
    ]
    assert all(decision.notify == (decision.reason in NOTIFYING) for decision in kinds)
