"""Who is told: hours, holidays, rotas, partners, silences, subscribers, and the way of an incident explained."""

# ruff: noqa: DTZ001 (rotas begin by the clock on the wall)

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from conftest import World, parts_for
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor import alerting, config
from monitor.alerting import Away, Desk, Hours, Matter, OnCall, Receiver, Route, Weekday
from monitor.cli import cli
from monitor.config.calendars import Country, WallTime
from monitor.config.sections import Partner
from monitor.domain import Incident, Kind, Severity, Silence, Status, Subscriber, When
from monitor.errors import ConfigError
from monitor.messages import sentence
from monitor.pipeline import deciding, rounds
from monitor.store import Store
from scripts.storming.storm import storm

SEOUL = ZoneInfo("Asia/Seoul")
NEW_YORK = ZoneInfo("America/New_York")
KOREA = Country("KR").days()
OFFICE_DAYS = tuple(Weekday)[:5]
OFFICE = Receiver("office", hours=Hours.parse("09:00-18:00"), days=OFFICE_DAYS, holidays=KOREA)
ROTA = OnCall("duty", ("kim", "lee", "park"), datetime(2026, 1, 5, 9), timedelta(days=7))
INCIDENT = Incident(1, "한울오토", Kind.COMPLAINT, "price", "t", Status.CANDIDATE, *(datetime(2026, 3, 2, tzinfo=UTC),) * 2, 5, 4)


def seoul(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SEOUL).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "off"),
    [
        ("2026-02-16", True), ("2026-02-17", True), ("2026-02-18", True), ("2026-02-19", False),  # Seollal, by the moon
        ("2026-03-02", True), ("2026-05-25", True), ("2026-08-17", True), ("2026-10-05", True),  # substitutes
        ("2026-05-26", False), ("2026-09-24", True), ("2026-09-25", True), ("2026-10-09", True),  # Buddha's day after; Chuseok; Hangul
        ("2025-10-08", True), ("2025-10-07", True), ("2027-02-09", True), ("2028-01-26", True),  # Chuseok 2025; later Seollals
        ("2026-12-24", False), ("2026-12-25", True), ("2026-12-31", False),
    ],
)  # fmt: skip
def test_korean_holidays_with_the_moon_and_substitutes(day: str, off: bool) -> None:
    assert (date.fromisoformat(day) in KOREA) is off


@pytest.mark.parametrize(
    ("at", "why", "back"),
    [
        ("2026-03-04 08:59", Away.HOURS, "2026-03-04 09:00"),
        ("2026-03-04 09:00", None, "2026-03-04 09:00"),
        ("2026-03-04 18:00", Away.HOURS, "2026-03-05 09:00"),
        ("2026-03-06 18:00", Away.HOURS, "2026-03-09 09:00"),  # over the weekend
        ("2026-03-07 12:00", Away.DAY, "2026-03-09 09:00"),
        ("2026-09-23 19:00", Away.HOURS, "2026-09-28 09:00"),  # over Chuseok
        ("2026-09-25 10:00", Away.HOLIDAY, "2026-09-28 09:00"),
        ("2026-02-27 18:30", Away.HOURS, "2026-03-03 09:00"),  # 1 March is a Sunday, its substitute the Monday
    ],
)
def test_working_hours_weekends_and_holidays(at: str, why: Away | None, back: str) -> None:
    assert alerting.away(OFFICE, seoul(at), SEOUL) is why
    assert alerting.awake_at(OFFICE, seoul(at), SEOUL) == seoul(back)


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    night = Receiver("night", hours=Hours.parse("22:00-06:00"), days=(Weekday.FRI,))
    assert alerting.away(night, seoul("2026-03-06 23:00"), SEOUL) is None
    assert alerting.away(night, seoul("2026-03-07 05:59"), SEOUL) is None  # still Friday's
    assert alerting.away(night, seoul("2026-03-06 05:00"), SEOUL) is Away.DAY  # Thursday's
    assert alerting.awake_at(night, seoul("2026-03-07 06:00"), SEOUL) == seoul("2026-03-13 22:00")


spans = st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: Hours(*pair))
people = st.builds(
    Receiver, st.just("a"), quiet_hours=st.none() | spans, hours=st.none() | spans,
    days=st.lists(st.sampled_from(list(Weekday)), unique=True).map(tuple), holidays=st.sampled_from([frozenset(), KOREA]),
)  # fmt: skip
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))


@settings(max_examples=60, deadline=None)
@given(people, moments, st.sampled_from([SEOUL, NEW_YORK]))
@example(Receiver("a", Hours.parse("22:00-01:30")), datetime(2026, 11, 1, 6, 5, tzinfo=UTC), NEW_YORK)  # the hour that comes twice
def test_nobody_is_away_for_ever_and_awake_at_is_the_first_moment(one: Receiver, now: datetime, zone: ZoneInfo) -> None:
    back = alerting.awake_at(one, now, zone)
    if one.hours is not None and one.quiet_hours is not None and one.quiet_hours.cover(one.hours):
        return  # refused by the configuration
    assert alerting.away(one, back, zone) is None
    assert now <= back <= now + timedelta(days=30)
    step = max((back - now) / 40, timedelta(minutes=1))
    assert all(alerting.away(one, now + n * step, zone) is not None for n in range(40) if now + n * step < back)


def test_a_rota_hands_over_at_the_same_local_hour_every_week() -> None:
    turns = [ROTA.on_duty(seoul(at), SEOUL) for at in ("2026-01-05 09:00", "2026-01-12 08:59", "2026-01-12 09:00", "2026-01-26 09:00")]
    assert turns == ["kim", "kim", "lee", "kim"]
    assert ROTA.on_duty(seoul("2026-01-05 08:59"), SEOUL) == "park"
    assert ROTA.handover_at(seoul("2026-01-07 12:00"), SEOUL) == seoul("2026-01-12 09:00")
    there = replace(ROTA, start=datetime(2026, 3, 2, 9))
    assert there.handover_at(datetime(2026, 3, 5, tzinfo=UTC), NEW_YORK) == datetime(
        2026, 3, 9, 13, tzinfo=UTC
    )  # summer time began on the 8th


def desk(*receivers: Receiver, routes: tuple[Route, ...] = (), **more: object) -> Desk:
    crew = tuple(map(Receiver, ROTA.receivers))
    return Desk(receivers=(*receivers, *crew), routes=routes, zone=SEOUL, oncall=(ROTA,), **more)  # type: ignore[arg-type]


def test_outside_working_hours_whoever_is_on_call_takes_it_or_it_waits() -> None:
    night = seoul("2026-01-13 02:00")
    away_with, away_without = replace(OFFICE, otherwise="duty"), OFFICE
    assert alerting.present([away_with], desk(away_with), night, critical=False) == (Receiver("lee"),)
    assert alerting.present([away_with], desk(away_with), night, critical=True) == (Receiver("lee"),)
    assert alerting.present([away_without], desk(away_without), night, critical=False) == ()
    assert alerting.present([away_without], desk(away_without), night, critical=True) == (away_without,)
    chased = replace(OFFICE, name="x", otherwise="office"), replace(OFFICE, otherwise="x")
    assert alerting.present(chased, desk(*chased), night, critical=True) == chased  # a circle ends, and nothing is lost


def test_of_those_who_take_turns_only_one_is_told_where_no_route_says() -> None:
    names = alerting.route(INCIDENT, Severity.HIGH, (), (), desk(Receiver("a")))
    told = alerting.called(names, desk(Receiver("a")), seoul("2026-01-13 12:00"))
    assert [one.name for one in told] == ["a", "lee"]


severities = st.sampled_from(list(Severity))
some_routes = st.lists(
    st.builds(
        Route, receivers=st.sampled_from([(), ("office",), ("duty",), ("kim", "office")]),
        topic=st.sampled_from([(), ("price",), ("safety",)]),
        severity=st.sampled_from([(), (Severity.HIGH,), (Severity.CRITICAL,)]), partner=st.sampled_from([(), ("빠른배송",)]),
        continue_=st.booleans(),
    ), max_size=3,
).map(tuple)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(some_routes, people, moments, st.sampled_from(["duty", None]))
def test_what_is_critical_always_reaches_somebody(routes: tuple[Route, ...], one: Receiver, now: datetime, otherwise: str | None) -> None:
    place = desk(replace(one, name="office", otherwise=otherwise, cap=1), routes=routes)
    names = alerting.route(INCIDENT, Severity.CRITICAL, ("x",), ("ko",), place)
    reached = alerting.present(alerting.called(names, place, now), place, now, critical=True)
    assert reached
    told = alerting.explain(Matter(INCIDENT, Severity.CRITICAL, ("x",), ("ko",)), place, now, sent={"office": 9}).told
    assert set(told) == {receiver.name for receiver in reached}  # the explanation says what the decision does


def test_escalation_to_a_rota_tells_whoever_is_on_call_and_nobody_twice() -> None:
    now = seoul("2026-01-13 02:00")
    routes = (Route(("office",), escalate_to=("duty", "kim"), escalate_after=timedelta(minutes=30)),)

    def following(*told: str) -> tuple[str, ...]:
        return alerting.escalate(routes, told, now - timedelta(hours=1), now, lambda name: alerting.stand_in(name, desk(), now))

    assert following("office") == ("lee",)
    assert following("office", "lee") == ("kim",)
    assert following("office", "lee", "kim") == ()


def test_partners_are_those_named_often_enough() -> None:
    posts = [{"a", "b"}, {"a"}, set(), set(), set()]
    assert alerting.partners_named(posts, 0.4) == ("a",)
    assert alerting.partners_named(posts, 0.2) == ("a", "b")
    assert alerting.partners_named([], 0.2) == ()


def test_silences_by_platform_partner_and_severity() -> None:
    def fits(matchers: dict[str, str]) -> bool:
        now = seoul("2026-03-04 12:00")
        silence = Silence(1, matchers, now - timedelta(hours=1), now + timedelta(hours=1), "kim", "")
        return alerting.silenced(INCIDENT, [silence], now, Severity.HIGH, ("x", "naver"), ("빠른배송",))

    assert fits({"partner": "빠른배송", "severity": "high"})
    assert not fits({"severity": "critical"})
    assert not fits({"platform": "x"})  # people elsewhere complain too


# ---- through the pipeline


def told(world: World) -> list[tuple[str, str]]:
    return [(row.receiver, row.message.thread) for row in world.store.outbox.list(everything=True)]


def crisis(world: World, text: str = "전기차가 물에 잠겨 감전될 뻔했습니다 topic=safety !") -> None:
    world.measure(world.post(text, followers=900_000), views=40_000, likes=900)
    world.tick()


def subscriber(address: str = "pr@hanul-auto.example", when: When = When.NOW, **more: object) -> Subscriber:
    return Subscriber(address, when, datetime(2026, 1, 1, tzinfo=UTC), "lee", "asked by mail", **more)  # type: ignore[arg-type]


def test_a_partner_named_in_the_posts_leads_to_its_team(world: World) -> None:
    receivers = tuple(replace(world.parts.settings.receivers[0], name=name) for name in ("care", "partners"))
    routes = (Route(("partners",), partner=("빠른배송",)), Route(("care",)))
    partner = Partner("빠른배송", ("퀵퀵",))
    world.parts = parts_for(replace(world.parts.settings, receivers=receivers, routes=routes, partners=(partner,)), world.kept)
    crisis(world)
    crisis(world, "퀵퀵 기사가 브레이크도 없이 신호를 지나갔대요 topic=partner_subcontractor !")
    assert {name for name, thread in told(world) if thread.startswith("incident")} == {"care", "partners"}
    assert [name for name, _ in told(world)].count("partners") == 1


def test_subscribers_hear_with_staff_and_nothing_after_they_have_left(world: World) -> None:
    world.store.subscribers.put(subscriber("Pr@Hanul-Auto.example", severity=(Severity.CRITICAL,)))
    world.store.subscribers.put(subscriber("other@hanul-auto.example", topic=("price",)))
    crisis(world)
    addresses = [name for name, _ in told(world) if "@" in name]
    assert addresses == ["pr@hanul-auto.example"]
    waiting = world.store.outbox.list(everything=True)[0]
    world.store.outbox.enqueue(None, None, "pr@hanul-auto.example", "subscription", replace(waiting.message, dedup_key="later"), world.now)
    assert world.store.subscribers.remove("PR@hanul-auto.example", "link", world.now)
    assert not [row for row in world.store.outbox.list() if "@" in row.receiver]
    assert not world.store.subscribers.remove("pr@hanul-auto.example", "link", world.now)
    crisis(world, "부두 창고에서 불이 났는데 연기가 마을까지 옵니다 topic=damage_loss !")
    assert len([name for name, _ in told(world) if "@" in name]) == 1
    changes = [(change.action, change.who) for change in world.store.incidents.history() if "subscribe" in change.action]
    assert changes[-1] == ("unsubscribe", "link")
    assert ("subscribe", "lee") in changes


def test_digests_come_hourly_or_at_the_local_hour(world: World) -> None:
    world.store.subscribers.put(subscriber("hourly@hanul-auto.example", When.HOURLY))
    world.store.subscribers.put(subscriber("daily@hanul-auto.example", When.DAILY))
    world.tick()
    world.pass_time(minutes=1)
    crisis(world)
    assert not [name for name, _ in told(world) if "@" in name]
    world.pass_time(minutes=61)
    rounds.subscribers(world.store, world.parts, world.now)
    assert [name for name, _ in told(world) if "@" in name] == ["hourly@hanul-auto.example"]
    world.pass_time(hours=23, minutes=1)
    for _ in range(2):
        rounds.subscribers(world.store, world.parts, world.now)
    assert [name for name, _ in told(world) if "@" in name].count("daily@hanul-auto.example") == 1


TROUBLES = (
    "전기차가 물에 잠겨 감전될 뻔했습니다 topic=safety !",
    "배송 트럭 브레이크가 안 들어서 신호를 그냥 지나갔대요 topic=partner_subcontractor !",
    "부두 창고에서 불이 났는데 연기가 마을까지 옵니다 topic=damage_loss !",
    "개인정보가 통째로 털려서 스팸 전화만 하루 열 통 topic=privacy !",
)


def test_a_subscribers_digest_has_what_staff_heard_by_a_storm_page_alone(world: World) -> None:
    world.store.subscribers.put(subscriber("daily@hanul-auto.example", When.DAILY))
    for _ in range(2):
        world.tick()
        world.pass_time(hours=24)
    for text in TROUBLES:
        world.measure(world.post(text, followers=900_000), views=40_000, likes=900)
    world.tick()
    assert [thread for _, thread in told(world) if thread.startswith("storm")]
    world.pass_time(hours=24)
    rounds.subscribers(world.store, world.parts, world.now)
    (row,) = [row for row in world.store.outbox.list(everything=True) if row.receiver == "daily@hanul-auto.example"]
    critical = {f"{j.incident.id}번" for j in world.judgements if j.decision.severity is Severity.CRITICAL}
    assert len(critical) == len(TROUBLES)
    assert {fact.label for fact in row.message.facts} >= critical
    assert "담당자에게 알린" in row.message.subject
    assert "알릴 정도는 아니지만" not in row.message.headline


def test_whom_older_databases_have_on_storm_pages_is_known(world: World) -> None:
    world.store.put_state("storm", b'{"named": [3, 5], "at": "2026-03-02T01:00:00+00:00"}')
    at = datetime(2026, 3, 2, 1, tzinfo=UTC)
    assert deciding.storm_named(world.store) == ({3: at, 5: at}, at)


def test_storm_pages_forget_what_is_long_over(world: World) -> None:
    (lives, over, fresh) = [incident.id for incident in _three_incidents(world)]
    for number in (over, fresh):
        world.store.incidents.transition(number, Status.RESOLVED, "kim", world.now)
    long_ago, lately = world.now - deciding.STORM_KEPT, world.now - deciding.STORM_KEPT + timedelta(minutes=1)
    deciding.remember_storm(world.store, {lives: long_ago, over: long_ago, fresh: lately, 999_999: long_ago}, world.now)
    assert deciding.storm_named(world.store) == ({lives: long_ago, fresh: lately}, world.now)


def _three_incidents(world: World) -> list[Incident]:
    numbers = [world.store.incidents.next_id() + n for n in range(3)]
    made = [replace(INCIDENT, id=number, status=Status.TRIGGERED) for number in numbers]
    for incident in made:
        world.store.incidents.open(incident, None)
    return made


# ---- config.toml and the verbs


CONFIG = """
[monitor]
database = "m.db"
language = "en"
[[watch]]
name = "한울오토"
any = ["한울오토"]
[[partner]]
name = "빠른배송"
[[route]]
partner = ["빠른배송"]
receivers = ["당직"]
continue = true
[[route]]
severity = ["high", "critical"]
receivers = ["고객경험팀"]
[[receiver]]
name = "고객경험팀"
hours = "09:00-18:00"
days = ["mon", "tue", "wed", "thu", "fri"]
otherwise = "당직"
[[receiver.notifier]]
kind = "console"
[[receiver]]
name = "김당직"
[[receiver.notifier]]
kind = "email"
[receiver.notifier.options]
host = "localhost"
security = "none"
sender = "monitor@hanul-auto.example"
to = ["kim@hanul-auto.example"]
[[oncall]]
name = "당직"
receivers = ["김당직"]
start = "2026-01-05 09:00"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    Store.open(tmp_path / "m.db").close()
    return path


def run(file: Path, *words: str) -> str:
    outcome = CliRunner().invoke(cli, [*words, "--config", str(file)], catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def test_the_file_says_who_works_when(file: Path) -> None:
    read = config.load(file, {})
    assert read.desk.receivers[0] == replace(OFFICE, name="고객경험팀", otherwise="당직")
    assert read.desk.receivers[1].holidays == frozenset()  # works always: needs no calendar
    assert read.desk.oncall == (OnCall("당직", ("김당직",), datetime(2026, 1, 5, 9)),)


@pytest.mark.parametrize(
    ("was", "is_", "problem"),
    [
        ('otherwise = "당직"', 'otherwise = "고객경험팀"', "must name somebody else"),
        ('otherwise = "당직"', 'otherwise = "당칙"', 'no receiver "당칙"'),
        ('receivers = ["김당직"]', 'receivers = ["이당직"]', 'no receiver "이당직"'),
        ('partner = ["빠른배송"]', 'partner = ["느린배송"]', 'no partner "느린배송"'),
        ('name = "당직"', 'name = "김당직"', "is a receiver's name already"),
        ("2026-01-05 09:00", "next Monday", "2026-01-05 09:00"),
        ('hours = "09:00-18:00"', 'hours = "09:00-18:00"\nquiet_hours = "08:00-19:00"', "must not lie wholly within quiet_hours"),
        ('hours = "09:00-18:00"', 'hours = "09:00-18:00"\nholidays = "Korea"', "two letters"),
        ('"mon", "tue"', '"monday", "tue"', "mon"),
    ],
)
def test_wrong_files_say_what_is_wrong(file: Path, was: str, is_: str, problem: str) -> None:
    file.write_text(CONFIG.replace(was, is_), encoding="utf-8")
    with pytest.raises(ConfigError) as failure:
        config.load(file, {})
    assert any(problem in line for line in failure.value.problems)


def test_route_explains_rule_by_rule(file: Path) -> None:
    said = run(file, "route", "--explain", "--severity", "high", "--at", "2026-09-25 10:00")
    assert "Route 1 does not: it asks for partner 빠른배송, here there is none." in said
    assert "Route 2 takes it: 고객경험팀." in said
    assert "A public holiday, back at" in said
    lines = [json.loads(line) for line in run(file, "route", "--partner", "빠른배송", "--at", "2026-09-23 10:00", "--json").splitlines()]
    assert {line["name"]: line["told"] for line in lines if line["type"] == "receiver"} == {"고객경험팀": True, "김당직": True}
    run(file, "silence", "add", "partner=빠른배송")
    silent = run(file, "route", "--partner", "빠른배송", "--explain")
    assert "Nobody is told now:" in silent
    assert "partner=빠른배송" in silent


def test_subscribing_by_the_verbs(file: Path) -> None:
    assert "digest every day from 8:00" in run(file, "subscribe", "pr@hanul-auto.example", "--consent", "by mail", "--when", "daily")
    assert json.loads(run(file, "subscribers", "--json"))["consent"] == "by mail"
    assert "hears nothing more" in run(file, "unsubscribe", "PR@hanul-auto.example")
    assert "had not subscribed" in run(file, "unsubscribe", "pr@hanul-auto.example")
    for words in (["subscribe", "nobody", "--consent", "x"], ["subscribe", "a@b.example"], ["subscribe", "a@b.example", "--consent", " "]):
        assert CliRunner().invoke(cli, [*words, "--config", str(file)]).exit_code == 2


def test_every_reason_of_an_explanation_has_a_sentence() -> None:
    at = seoul("2026-09-25 03:00")
    odd = (Receiver("q", Hours.parse("22:00-07:00"), cap=1), replace(OFFICE, otherwise="duty"), replace(OFFICE, name="d", days=()))
    place = desk(*odd, routes=(Route(("q", "office", "d"), severity=(Severity.HIGH,)),))
    for severity in Severity:
        for sent in ({}, {"q": 1}):
            found = alerting.explain(Matter(INCIDENT, severity), place, at, sent=sent)
            for because in (*found.held_back, *found.rules, *(one.because for one in found.receivers)):
                assert "routing" not in sentence(because, "en", SEOUL)
    assert str(WallTime.parse("2026-01-05 09:00")) == "2026-01-05 09:00"


def test_a_storm_leaves_nobody_uninformed_and_nobody_flooded(tmp_path: Path) -> None:
    found = storm(40, 3, tmp_path, hours=2)
    assert found["incidents"] >= 30  # of 40 troubles; words and vectors may bring a few together
    assert found["critical"] > 2
    assert found["waiting"] == 0
    for told_here in found["receivers"].values():
        assert told_here["pages_alone"] == 2
        assert 1 <= told_here["storm"] <= 2
        assert (told_here["unnamed"], told_here["twice"]) == (0, 0)
