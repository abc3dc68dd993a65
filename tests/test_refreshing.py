"""Measuring again: which posts first, how much of the budget, and what comes of it; against a stub of a real platform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import inf

import pytest
from conftest import World
from hypothesis import given
from hypothesis import strategies as st

from monitor.collectors import Page
from monitor.collectors.hackernews import HackerNews, Options
from monitor.collectors.metering import UNLIMITED, Allowance, Meter, Spent
from monitor.domain import Status
from monitor.forecast.looking import FOLLOWED_FOR, SOONEST, Candidate, due
from monitor.pipeline import Pipeline, collecting, refreshing
from monitor.pipeline.refreshing import SHARE, Credit, periods
from tests.platforms.hackernews import HackerNewsStub
from tests.platforms.stub import Answer, Clock, Fault
from tests.platforms.x import XStub
from tests.platforms.x import collector as platform_x

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TROUBLE = "한울오토 새 차에 흠집 투성이로 왔어요 topic=damage_loss !"


def candidate(name: str, age: float, looked: float, **more: object) -> Candidate:
    """A post written ``age`` minutes ago and looked at ``looked`` minutes ago."""
    return replace(Candidate(name, NOON - age * MINUTE, NOON - looked * MINUTE), **more)  # type: ignore[arg-type]


def grown(name: str, age: float, looked: float, size: int, before: int, over: float = 10, **more: object) -> Candidate:
    """One whose count went from ``before`` to ``size`` in ``over`` minutes up to the last look."""
    at = NOON - looked * MINUTE
    return candidate(name, age, looked, size=size, size_at=at, size_before=before, before_at=at - over * MINUTE, **more)


def chosen(*candidates: Candidate, most: int = 99, only_paid: bool = False) -> list[str]:
    return [one.post_id for one in due(candidates, NOON, most, only_paid=only_paid)]


# ---- the choice


def test_looks_come_after_5_10_20_40_minutes_of_life_and_at_least_daily() -> None:
    looks, at = [], NOON
    for _ in range(12):
        at = candidate("x:1", 0, 0, created_at=NOON, looked_at=at).due_at
        looks.append((at - NOON) / MINUTE)
    assert looks[:6] == [5, 10, 20, 40, 80, 160]
    assert {later - earlier for earlier, later in pairwise(looks)} - {1440.0} == {
        5,
        10,
        20,
        40,
        80,
        160,
        320,
        640,
        1280,
    }


def test_young_and_fast_posts_come_first() -> None:
    slow, fast = grown("x:slow", 60, 35, 1000, 990), grown("x:fast", 60, 35, 9000, 1000)
    young, aged = candidate("x:young", 11, 6), candidate("x:aged", 900, 500)
    assert chosen(slow, fast, young, aged)[:2] == ["x:fast", "x:slow"]
    assert chosen(candidate("x:aged", 900, 400), candidate("x:young", 30, 20)) == ["x:young"], "the other's time has not come"
    assert chosen(slow, fast, most=1) == ["x:fast"]


def test_what_doubles_meanwhile_is_looked_at_twice_as_often() -> None:
    assert chosen(grown("x:fast", 60, 21, 9000, 1000), grown("x:slow", 60, 21, 1000, 999)) == ["x:fast"]


def test_what_is_paid_already_comes_first_and_alone_where_money_is_out() -> None:
    paid, fast = candidate("x:paid", 60, 40, paid=True), grown("x:fast", 60, 35, 9000, 1000)
    assert chosen(fast, paid) == ["x:paid", "x:fast"]
    assert chosen(fast, paid, only_paid=True) == ["x:paid"]


def test_old_posts_rest() -> None:
    old = FOLLOWED_FOR / MINUTE + 1
    assert chosen(grown("x:old", old, 2000, 9000, 10)) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 6000), st.integers(0, 6000), st.integers(0, 10**9), st.integers(0, 10**9), st.booleans()), max_size=30
    ),
    st.integers(0, 10),
)
def test_the_choice_is_total_small_and_the_same_in_any_order(rows: list[tuple[int, int, int, int, bool]], most: int) -> None:
    made = [
        grown(f"x:{number}", age, min(age, looked), size, before, paid=paid)
        for number, (age, looked, size, before, paid) in enumerate(rows)
    ]
    found = due(made, NOON, most)
    assert len(found) <= most
    assert found == due(list(reversed(made)), NOON, most)
    assert all(one.due_at <= NOON and NOON - one.looked_at >= SOONEST for one in found)


# ---- the budget


def test_half_of_what_is_left_evenly_over_the_rest_of_the_day() -> None:
    allowance = Allowance(requests_per_day=1000)
    credit = Credit().grown(allowance, Spent(200), Spent(200), NOON, NOON - timedelta(hours=1))
    assert credit.requests == pytest.approx(SHARE * 800 / 12)
    assert credit.money == inf
    assert credit.grown(allowance, Spent(990), Spent(990), NOON, NOON - timedelta(hours=1)).requests == pytest.approx(SHARE * 10)
    assert Credit(-50.0).grown(allowance, Spent(200), Spent(200), NOON, NOON - timedelta(minutes=2)).requests < 0


def test_the_tightest_limit_decides() -> None:
    day_end, month_end = periods(NOON)
    assert (day_end, month_end) == (datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    assert periods(datetime(2026, 12, 31, 23, 59, tzinfo=UTC))[1] == datetime(2027, 1, 1, tzinfo=UTC)
    allowance = Allowance(requests_per_day=100_000, money_per_month=30.0)
    credit = Credit().grown(allowance, Spent(0, 0.0), Spent(0, 29.0), NOON, NOON - timedelta(hours=12))
    assert credit.money == pytest.approx(0.5 * 1.0 * 12 / ((month_end - NOON) / timedelta(hours=1)))


# ---- the step


@pytest.fixture
def stub(world: World) -> Iterator[HackerNewsStub]:
    with HackerNewsStub(Clock(world.now)) as made:
        assert isinstance(made, HackerNewsStub)
        yield made


def collector(world: World, stub: HackerNewsStub, meter: Meter) -> HackerNews:
    stub.clock.now = world.now
    options = Options(base_url=f"{stub.base_url}/api/v1", items_url=f"{stub.base_url}/v0")
    return HackerNews("news", options, world.parts.settings.watches, stub.clock, meter)


def run(world: World, stub: HackerNewsStub, allowance: Allowance = UNLIMITED) -> int:
    """Refresh once, by a process that starts anew; return how many requests that took."""
    before, meter = len(stub.asked), Meter("news", allowance)
    Pipeline(world.store, world.parts, world.memory).refresh("news", collector(world, stub, meter), world.now, meter)
    return len(stub.asked) - before


def collect(world: World, stub: HackerNewsStub) -> None:
    meter = Meter("news")
    Pipeline(world.store, world.parts, world.memory).collect("news", collector(world, stub, meter), world.now, meter)
    world.tick()


def test_posts_of_live_incidents_are_measured_again_and_only_changes_are_kept(world: World, stub: HackerNewsStub) -> None:
    number = stub.publish(TROUBLE, world.now, title="흠집", points=1)
    stub.publish("한울오토 오늘도 지나간다", world.now)
    collect(world, stub)
    assert run(world, stub) == 0, "too soon"
    sizes = []
    for minutes in (5, 5, 10, 20):
        world.pass_time(minutes=minutes)
        stub.change(number, points=10 * (len(sizes) + 1) if len(sizes) != 2 else 20)
        assert run(world, stub) == 1, "the complaint, not the chatter"
        assert run(world, stub) == 0, "looked at already"
        sizes.append([one.likes for one in world.store.posts.measurements(f"hackernews:{number}")])
    assert sizes == [[1, 10], [1, 10, 20], [1, 10, 20], [1, 10, 20, 40]]
    assert world.store.incidents.due(world.now), "new counts are news"


def test_what_was_deleted_or_edited_meanwhile_is_taken_over(world: World, stub: HackerNewsStub) -> None:
    number = stub.publish(TROUBLE, world.now)
    collect(world, stub)
    stub.change(number, deleted=True)
    world.pass_time(minutes=6)
    run(world, stub)
    post = world.store.posts.get(f"hackernews:{number}")
    assert post is not None and post.text == ""
    world.pass_time(hours=1)
    assert run(world, stub) == 0


def test_a_deletion_is_noticed_long_after_its_incident_is_closed(world: World, stub: HackerNewsStub) -> None:
    number, other = stub.publish(TROUBLE, world.now), stub.publish("한울오토 오늘도 지나간다", world.now)
    collect(world, stub)
    (incident_id,) = {one.incident_id for one in world.store.posts.judgements(f"hackernews:{number}")}
    world.store.incidents.transition(incident_id, Status.RESOLVED, "lee", world.now)
    stub.change(number, deleted=True)
    world.pass_time(days=29)
    assert run(world, stub) == 0, "too soon"
    world.pass_time(days=2)
    assert [run(world, stub) for _ in range(3)] == [1, 1, 0], "a batch in a pass"
    texts = [world.store.posts.get(f"hackernews:{one}").text for one in (number, other)]
    assert texts[0] == "" != texts[1]


def test_what_is_due_comes_before_what_was_unseen_for_long(world: World, stub: HackerNewsStub, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.publish("한울오토 오늘도 지나간다", world.now)
    collect(world, stub)
    world.pass_time(days=31)
    for place in range(3):
        stub.publish(f"{TROUBLE} {place}", world.now)
    collect(world, stub)
    world.pass_time(minutes=6)
    monkeypatch.setattr(refreshing, "BATCHES", 3)
    assert [run(world, stub) for _ in range(3)] == [3, 1, 0]


def test_money_is_spent_on_the_unseen_only_within_a_limit_and_half_the_credit() -> None:
    assert refreshing.affordable(Credit(inf, inf), 0.005) == 0, "no limit was set"
    assert refreshing.affordable(Credit(inf, -0.2), 0.005) == 0
    assert refreshing.affordable(Credit(inf, 0.105), 0.005) == 10


def test_on_x_the_unseen_are_looked_at_only_where_money_is_limited(world: World) -> None:
    with XStub(Clock(world.now)) as stub:
        assert isinstance(stub, XStub)
        number = stub.publish("한울오토 오늘도 지나간다").id
        post = world.post("오늘도 지나간다", id=f"x:{number}")
        stub.clock.now = world.now = world.now + timedelta(hours=25)
        asked = []
        for allowance in (UNLIMITED, Allowance(requests_per_day=1000), Allowance(money_per_day=100.0)):
            meter = Meter("x", allowance)
            for _ in range(2):
                world.pass_time(minutes=2)
                Pipeline(world.store, world.parts, world.memory).refresh("x", platform_x(stub, meter=meter), world.now, meter)
            asked.append((len(stub.asked), stub.bill > 0))
        assert asked == [(0, False), (0, False), (1, True)], "looked at once, and then seen"
        assert world.store.looks.unseen("x", world.now, 9)[0].looked_at > post.created_at


def test_collecting_keeps_its_share_of_the_budget(world: World, stub: HackerNewsStub) -> None:
    allowance = Allowance(requests_per_day=100)
    for place in range(60):
        stub.publish(f"{TROUBLE} {place}", world.now)
    collect(world, stub)
    spent = 0
    for _ in range(12 * 60 // 2):
        world.pass_time(minutes=2)
        spent += run(world, stub, allowance)
    left = 100 - world.store.sources.spent("news", world.now)[0].requests
    assert 15 < spent < 50
    assert left >= 50


def test_a_refresh_that_fails_pauses_like_any_other_pass(world: World, stub: HackerNewsStub) -> None:
    for place in range(3):
        stub.publish(f"{TROUBLE} {place}", world.now)
    collect(world, stub)
    world.pass_time(minutes=6)
    stub.plant(Fault("wait", Answer(429, {"Retry-After": "600"})))
    assert run(world, stub) == 1
    world.pass_time(minutes=6)
    assert run(world, stub) == 0
    world.pass_time(minutes=6)
    assert run(world, stub) == 3


def test_reposts_are_spread_and_not_measured(world: World) -> None:
    first = world.post(TROUBLE)
    world.tick()
    repost = replace(first, id="x:r", author_id="x:fan", repost_of=first.id, text="RT")
    with world.store.transaction():
        collecting.keep(world.store, world.parts.matcher, Page(posts=[repost]), world.now)
    world.tick()
    found = world.store.looks.followed(["x"], world.now - FOLLOWED_FOR, world.now, 10)
    assert [one.post_id for one in found] == [first.id]
    assert refreshing.SHARE <= 0.5
