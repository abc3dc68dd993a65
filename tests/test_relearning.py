"""What the company's own past teaches: growth of finished incidents, sight of posts with public views, kept once a day and used."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from conftest import World
from storing import incident

from monitor import briefing, forecast, reach
from monitor.domain import Assessment, Because, Emergence, Exposure, Interval, Look, Reach, Status
from monitor.forecast import SHIPPED, Course, Own, Point, learn, predict, usual
from monitor.forecast.law import law
from monitor.forecast.learning import ENOUGH, SURE
from monitor.forecast.series import signs
from monitor.messages import sentence
from monitor.pipeline import Pipeline, relearning
from monitor.reach import Parameters, estimate

NOON = datetime(2026, 3, 2, 3, tzinfo=UTC)
HOURS = np.concatenate([np.arange(0.25, 6, 0.5), np.arange(6.0, 49.0, 2.0)])
NO_END = {"1h": Interval(1, 2, 3)}


def people_at(speed: float, hours: float) -> float:
    return round(speed * hours)


def course(number: int, people: dict[float, float], measured: float = 1.0, told: dict[str, Interval] | None = None) -> Course:
    looks = tuple(
        (Look(number, "w", NOON + timedelta(hours=hours), Interval(seen, seen, seen), measured, told or {}, 0.1, None), 1 + int(hours))
        for hours, seen in people.items()
    )
    return Course(NOON, NOON + timedelta(hours=60, seconds=number), looks)


def restless(count: int, measured: float = 1.0, speeds: int = 100) -> list[Course]:
    """Incidents that never tire: as many new people every hour for two days, at one of so many speeds."""
    return [course(n, {hours: people_at(40 + 15 * (n % speeds), hours) for hours in HOURS.tolist()}, measured) for n in range(count)]


def as_the_law_says(count: int) -> list[Course]:
    """Incidents seen at one hour and an hour later, with a growth drawn from the shipped law.

    A further look would teach of what lies between two looks, and no law draws straight lines.
    """
    random = np.random.default_rng(5)
    found = []
    for n in range(count):
        start = float(round(math.exp(random.normal(4, 1))))
        history = [Point(NOON, 0.0, 1), Point(NOON + timedelta(hours=1), start, 2)]
        gain = law(signs(history, start, NOON, NOON + timedelta(hours=1)), np.array([1])).quantiles(random.random(1))[0, 0]
        found.append(course(n, {0.0: 0.0, 1.0: start, 2.0: start + float(gain)}))
    return found


def ahead(own: Own, people: float = 900.0) -> forecast.Outlook:
    history = [Point(NOON + timedelta(hours=h), people * h / 3, 3) for h in (1, 2, 3)]
    return forecast.outlook(history, Interval(people, people, people), NOON, NOON + timedelta(hours=3), own=own)


def test_few_incidents_teach_nothing() -> None:
    own = learn(restless(ENOUGH - 1), NOON)
    assert (own.version, own.level, own.spread) == ("", SHIPPED.level, SHIPPED.spread)
    assert own.incidents == ENOUGH - 1


def test_incidents_that_were_not_measured_teach_nothing() -> None:
    assert learn(restless(40, measured=0.3), NOON).incidents == 0


def test_a_company_whose_troubles_last_longer_is_forecast_higher() -> None:
    own = learn(restless(30), NOON)
    assert own.version == "2026-03-02/30"
    assert own.gain > SURE * own.error > 0
    assert own.level[2] > 0.3
    assert own == learn(restless(30)[::-1], NOON), "the order of the list does not matter"
    higher, shipped = ahead(own), ahead(SHIPPED)
    assert higher.interval(5, 0.2).p50 > 1.2 * shipped.interval(5, 0.2).p50
    assert higher.crossing(6000)[-1] > shipped.crossing(6000)[-1]
    assert (np.diff(higher.paths, axis=0) >= 0).all()


def test_a_company_like_all_others_is_left_alone() -> None:
    own = learn(as_the_law_says(60), NOON)
    assert own.gain < 0.1
    assert max(map(abs, own.level)) <= 0.3


def test_twenty_of_a_kind_move_less_than_a_hundred() -> None:
    few, many = learn(restless(20), NOON), learn(restless(100, speeds=20), NOON)
    assert abs(few.level[2]) <= abs(many.level[2])


def test_intervals_widen_once_for_each_finished_incident_that_was_missed() -> None:
    wrong = [course(n, {hours: people_at(100, hours) for hours in HOURS.tolist()}, told=NO_END) for n in range(5)]
    once = learn(wrong, NOON)
    assert once.miss == pytest.approx(0.2 + 5 * 0.02 * (0.2 - 1.0))
    assert learn(wrong, NOON, once).miss == once.miss, "the same incidents again"
    assert learn([*wrong, course(9, {1.0: 5, 2.0: 9, 20.0: 40}, told=NO_END)], NOON, once).miss < once.miss  # type: ignore[operator]
    settings = forecast.Parameters(0.4)
    history, now, seen = [Point(NOON + timedelta(hours=1), 300.0, 2)], NOON + timedelta(hours=1), Interval(300, 300, 300)
    told = [predict(history, Reach(seen, 1.0, Because("x")), NOON, now, 6000, settings, own=own) for own in (SHIPPED, once)]
    assert told[1].horizons["24h"].p90 > told[0].horizons["24h"].p90
    assert told[1].horizons["24h"].p50 == told[0].horizons["24h"].p50


def test_where_climatology_was_better_it_gives_the_totals() -> None:
    place = int(np.searchsorted(usual.fitted.COUNT_EDGES, 900.0, side="right"))
    view = ahead(Own(usual=((5, place),)))
    levels = usual.growth(900.0, 3 * 3600.0, shares=False)[5]
    assert view.interval(5, 0.2).p50 == pytest.approx(max(usual.interval(levels, 900.0).p50, ahead(SHIPPED).interval(4, 0.2).p50), rel=0.1)
    assert (view.crossing(6000) == ahead(SHIPPED).crossing(6000)).all(), "the chance stays the regression's"


def test_what_is_kept_is_read_again_and_rubbish_is_nothing() -> None:
    own = replace(learn(restless(25), NOON), usual=((5, 2),))
    assert Own.from_bytes(own.to_bytes()) == own
    for raw in (None, b"", b"{", b"[]", b'{"future": 1}', b'{"usual": 3}'):
        assert Own.from_bytes(raw) == SHIPPED


# ---- sight


def seen_post(n: int, platform: str = "tiktok", author: str | None = None, factor: float = 6.0, spread: float = 0.5) -> Exposure:
    """A post seen by ``factor`` times the people that its likes would suggest on X."""
    random = np.random.default_rng(n)
    followers, likes = round(math.exp(random.normal(6, 1))), round(5 + math.exp(random.normal(3, 1)))
    people = math.exp(2.78 + 0.216 * math.log1p(followers) + 0.626 * math.log1p(likes)) * factor * math.exp(random.normal(0, spread))
    return Exposure(
        f"{platform}:{n}", platform, NOON, author or f"{platform}:a{n}", followers, NOON + timedelta(hours=5), likes, 0, 0,
        round(1.1 * people),
    )  # fmt: skip


def hidden(platform: str = "tiktok") -> list[Exposure]:
    return [replace(seen_post(999, platform), views=None)]


def test_a_platform_with_public_views_corrects_its_posts_without() -> None:
    own = reach.learn([seen_post(n) for n in range(300)])
    assert set(own) == {"tiktok"}
    assert set(own["tiktok"]) == {"liked"}
    shipped, learned = (estimate(hidden(), NOON + timedelta(hours=5), own=one) for one in ({}, own))
    assert shipped is not None and learned is not None
    assert learned.people.p50 == pytest.approx(6 * shipped.people.p50, rel=0.2)
    assert learned.people.p90 / learned.people.p10 < shipped.people.p90 / shipped.people.p10, "and is surer of itself"
    assert estimate(hidden("x"), NOON + timedelta(hours=5), own=own) == estimate(hidden("x"), NOON + timedelta(hours=5))


def test_few_authors_and_one_loud_author_teach_little_or_nothing() -> None:
    assert reach.learn([seen_post(n) for n in range(19)]) == {}
    assert reach.learn([seen_post(n, author="tiktok:loud") for n in range(500)]) == {}
    calm = [seen_post(n, factor=1.0) for n in range(100)]
    loud = [seen_post(1000 + n, author="tiktok:loud", factor=50.0) for n in range(500)]
    with_loud = reach.learn([*calm, *loud])
    assert abs(with_loud.get("tiktok", {"liked": reach.Learned((0.0,) * 5, 1, 1, 1)})["liked"].shift[0]) < 0.3


def test_a_platform_like_the_shipped_one_gains_nothing_it_has_not_proved() -> None:
    own = reach.learn([seen_post(n, "x", factor=1.1 / 1.3, spread=0.92) for n in range(200)])
    assert own == {} or abs(own["x"]["liked"].shift[0]) < 0.4


def test_shares_and_unmeasured_posts_teach_nothing() -> None:
    shares = [replace(seen_post(n), share_of="tiktok:1") for n in range(50)]
    unmeasured = [replace(seen_post(n), observed_at=None) for n in range(50)]
    assert reach.learn([*shares, *unmeasured, *hidden()]) == {}


# ---- end to end


def finish(world: World, number: int, people: dict[float, float]) -> None:
    """An incident of long ago, as the steps would have written it."""
    store, opened = world.store, world.now - timedelta(days=20)
    store.incidents.open(replace(incident(number), opened_at=opened, last_post_at=opened), opened)
    for hours, seen in people.items():
        known = Reach(Interval(seen, seen, seen), 1.0, Because("reach_measured"))
        emergence = Emergence(1, 1.0, 1, 0.0, False, Because("emergence_quiet"), "", ())
        store.incidents.add_assessment(Assessment(number, opened + timedelta(hours=hours), emergence, known, None, 2, 2))
    store.incidents.transition(number, Status.RESOLVED, "monitor", opened + timedelta(days=3))


def test_the_daily_step_learns_once_and_the_next_forecast_uses_it(world: World) -> None:
    with world.store.transaction():
        for n in range(30):
            finish(world, n + 1, {hours: people_at(40 + 15 * n, hours) for hours in HOURS.tolist()})
        for n in range(60):
            one = seen_post(n, "x", factor=12.0)
            world.post("오늘 이야기", author=f"viewer{n}", followers=one.followers)
    for n in range(60):
        one = seen_post(n, "x", factor=12.0)
        world.feed([], [], [_counted(world, n + 1, one)])
    Pipeline(world.store, world.parts, world.memory).keep_house(world.now)
    own = relearning.growth(world.store)
    assert own.version and own.incidents == 30
    assert set(relearning.sight(world.store)["x"]) == {"liked"}
    assert not relearning.is_due(world.store, world.now + timedelta(hours=23))
    assert relearning.is_due(world.store, world.now + timedelta(hours=24))

    post = world.post("브레이크 풀림! topic=safety", author="rider", followers=900, language="ko")
    world.measure(post, views=900, likes=20, replies=8, shares=6)
    world.pass_time(minutes=30)
    world.tick()
    number = next(one.id for one in world.store.incidents.live())
    assessment = world.store.incidents.latest_assessment(number)
    assert assessment is not None and assessment.forecast is not None
    assert assessment.forecast.because.values["own"] == own.version
    told = briefing.tell(world.store.incidents.get(number), None, [assessment], [], [], 6000)
    because = next(one for one in told if one.code == "briefing_story_own")
    for language in ("ko", "en"):
        text = sentence(because, language, ZoneInfo("Asia/Seoul"))
        assert own.version in text and "30" in text


def _counted(world: World, number: int, one: Exposure) -> object:
    from monitor.domain import Engagement

    return Engagement(f"x:{number}", world.now + timedelta(hours=5), one.likes, one.replies, one.shares, one.views)


def test_a_database_without_a_past_uses_the_shipped_coefficients(world: World) -> None:
    assert relearning.growth(world.store) == SHIPPED
    assert relearning.sight(world.store) == reach.SHIPPED
    world.store.put_state(relearning.SIGHT, b'{"x": {"liked": {"shift": 3}}}')
    assert relearning.sight(world.store) == reach.SHIPPED
    Pipeline(world.store, world.parts, world.memory).keep_house(world.now)
    assert relearning.growth(world.store).version == ""
    assert relearning.sight(world.store) == {}
    assert Parameters().platform_sd == 0.4
