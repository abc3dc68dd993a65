"""The scoreboard: what fell due is counted right, and the job scores itself from its own records."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from conftest import MONDAY, World
from hypothesis import given
from hypothesis import strategies as st

from monitor import scoring
from monitor.domain import Assessment, Because, Decision, Emergence, Fate, Forecast, Interval, Look, Reach, Reason, Severity, Status
from monitor.pipeline import Pipeline
from monitor.pipeline.scoring import is_due, last_day

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)


def look(hours: float, people: float = 100, p: float | None = 0.1, crossed: float | None = None, **more: object) -> Look:
    ahead = {"1h": Interval(90, 110, 130), "6h": Interval(150, 200, 300), "24h": Interval(200, 400, 800)}
    made = Look(
        1, "우리", NOON + hours * HOUR, Interval(people * 0.8, people, people * 1.25), 1.0, ahead, p,
        None if crossed is None else NOON + crossed * HOUR,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def fate(alerted: float | None = 0, crossed: float | None = None, **more: object) -> Fate:
    at = [None if hours is None else NOON + hours * HOUR for hours in (alerted, crossed)]
    return replace(Fate(1, "우리", NOON - HOUR, at[0], at[1]), **more)  # type: ignore[arg-type]


def counted(looks: list[Look], day: datetime = MIDNIGHT) -> dict[str, float]:
    return scoring.tally(looks, day, day + DAY)["우리"]


def test_a_chance_is_scored_a_day_later_by_whether_it_crossed_within_that_day() -> None:
    looks = [look(0, p=0.3, crossed=20), look(1, p=0.7, crossed=20)]
    counts = counted(looks)
    assert (counts["forecasts"], counts["came_true"]) == (2, 2)
    assert counts["squared"] == pytest.approx(0.7**2 + 0.3**2)
    assert counted([look(0, p=0.3, crossed=25)])["squared"] == pytest.approx(0.09), "25 hours are more than a day"
    assert counted(looks, MIDNIGHT - DAY)["forecasts"] == 0, "due on the next day"


def test_what_had_crossed_already_is_no_forecast() -> None:
    assert counted([look(1, p=1.0, crossed=1), look(2, p=1.0, crossed=1)])["forecasts"] == 0


def test_of_one_incident_only_the_first_forecast_of_an_hour_counts() -> None:
    many = [look(minute / 60, p=0.5) for minute in range(60)]
    assert counted(many)["forecasts"] == 1
    others = [replace(one, incident=2) for one in many]
    assert counted(many + others)["forecasts"] == 2


@pytest.mark.parametrize(("came", "inside"), [(90, 1), (130, 1), (131, 0), (89, 0)])
def test_a_range_is_scored_by_the_first_estimate_from_that_moment_on(came: float, inside: int) -> None:
    counts = counted([look(0, 50), look(1.2, came), look(1.4, 9999)], MIDNIGHT - DAY)
    assert (counts["measured_1h"], counts["inside_1h"]) == (1, inside)


def test_what_was_measured_too_late_is_not_scored() -> None:
    assert counted([look(0), look(1.6)], MIDNIGHT - DAY)["measured_1h"] == 0
    assert counted([look(0), look(8.9, 200)], MIDNIGHT - DAY)["inside_6h"] == 1


def test_reach_is_scored_where_views_became_known_within_the_hour() -> None:
    blind = look(0, 100, measured=0.1)
    assert counted([blind, look(0.5, 120, measured=0.9)], MIDNIGHT - DAY)["inside_reach"] == 1
    wrong = counted([blind, look(0.5, 500, measured=0.9)], MIDNIGHT - DAY)
    assert (wrong["measured_reach"], wrong["inside_reach"]) == (1, 0)
    assert counted([blind, look(1.5, 120, measured=0.9)], MIDNIGHT - DAY)["measured_reach"] == 0


def figures(*fates: Fate, days: int = 7) -> scoring.Figures:
    return scoring.figures([], fates, NOON - DAY, NOON - DAY + days * DAY)


def test_staff_and_the_threshold_say_what_was_right_and_nobody_says_of_the_rest() -> None:
    found = figures(fate(confirmed=True), fate(crossed=2), fate(dismissed=True), fate(), fate(dismissed=True, crossed=1))
    assert (found["hits"], found["false_alarms"], found["unjudged"], found["precision"]) == (3, 1, 1, 0.75)
    assert found["false_per_week"] == 1
    assert found["precision_low"] < 0.35 < 0.9 < found["precision_high"], "four alerts say little"


def test_lead_is_positive_before_the_crossing_and_a_crossing_nobody_heard_of_is_missed() -> None:
    found = figures(fate(0, 4), fate(0, 2), fate(3, 2), fate(None, 5))
    assert (found["crossings"], found["in_time"], found["late"], found["missed"]) == (4, 2, 1, 1)
    assert found["lead_minutes"] == 120
    assert found["alerts"] == 3


def test_nothing_is_told_of_nothing() -> None:
    found = figures(days=28)
    assert found["alerts"] == 0
    assert [found[name] for name in ("precision", "precision_low", "brier", "lead_minutes", "minutes_to_acknowledge")] == [None] * 5
    assert found["false_per_week"] == 0
    assert found["false_per_week_at_most"] == pytest.approx(2.996 / 4, rel=0.015), "exact: -ln 0.05"


@pytest.mark.parametrize(("count", "exact"), [(0, 2.996), (1, 4.744), (3, 7.754), (10, 16.962)])
def test_the_bound_of_a_rate_is_that_of_poisson(count: int, exact: float) -> None:
    assert scoring.at_most(count, 1) == pytest.approx(exact, rel=0.015)


@given(st.integers(0, 50), st.integers(0, 50))
def test_a_share_lies_within_its_bounds(good: int, bad: int) -> None:
    low, high = scoring.bounds(good, good + bad)
    if good + bad:
        assert low is not None and high is not None
        assert 0 <= low <= good / (good + bad) + 1e-4 and good / (good + bad) - 1e-4 <= high <= 1


# ---- end to end


def scored(world: World, days: float) -> None:
    """Let the daily step run ``days`` later."""
    Pipeline(world.store, world.parts, world.memory).keep_house(world.now + timedelta(days=days))


def trouble(world: World) -> int:
    """Ten calm days, then many people in an hour whose posts are seen ever more; returns the incident."""
    world.quiet_days(10)
    for n in range(8):
        post = world.post(f"브레이크 풀림! {n} topic=safety", author=f"rider{n}", followers=900, language="ko")
        world.measure(post, views=600 + 60 * n, likes=20, replies=8, shares=6)
        world.pass_time(minutes=2)
        world.tick()
    number = next(j.incident.id for j in world.judgements if j.decision.inputs["would_notify"])
    return world.store.incidents.get(number).merged_into or number


def test_the_job_scores_itself(world: World) -> None:
    number = trouble(world)
    incident = world.store.incidents.get(number)
    assert incident.alerted_at is not None
    world.pass_time(minutes=30)
    world.store.incidents.transition(number, Status.ACKNOWLEDGED, "kim", world.now)
    scored(world, 3)
    week = world.store.scores.latest(7)["한울오토"]
    assert week["alerts"] == 1 and week["rehearsed"] == 0
    assert week["forecasts"] >= 1
    assert week["acknowledged"] == 1
    assert week["minutes_to_acknowledge"] == pytest.approx((world.now - incident.alerted_at).total_seconds() / 60, abs=0.1)
    assert week["crossings"] == int(world.store.incidents.get(number).crossed_at is not None)


def test_a_verdict_that_comes_later_corrects_the_days_before(world: World) -> None:
    number = trouble(world)
    scored(world, 3)
    before = world.store.scores.latest(28)["한울오토"]
    world.store.incidents.transition(number, Status.DISMISSED, "kim", world.now + DAY)
    scored(world, 3)
    assert world.store.scores.latest(28)["한울오토"] == before, "once a day"
    scored(world, 4)
    after = world.store.scores.latest(28)["한울오토"]
    crossed = world.store.incidents.get(number).crossed_at is not None
    assert (after["alerts"], after["false_alarms"]) == (1, int(not crossed))


def test_a_silent_run_is_scored_by_what_it_would_have_said(world: World) -> None:
    settings = world.parts.settings
    world.parts = replace(world.parts, settings=replace(settings, monitor=replace(settings.monitor, mode="silent")))
    number = trouble(world)
    would = [j for j in world.judgements if j.decision.inputs["would_notify"]]
    assert world.store.incidents.get(number).alerted_at is None
    assert [j.decision.reason for j in would[:1]] == [Reason.SILENT_MODE]
    assert world.store.outbox.list(10) == []
    assert len(would) <= 3, "what was rehearsed counts as said: first, worse, crossed, each once"
    assert world.store.scores.rehearsals_of(number)[0].receivers == ("console",)
    scored(world, 3)
    week = world.store.scores.latest(7)["한울오토"]
    assert (week["alerts"], week["rehearsed"]) == (1, 1)


def test_a_silent_run_would_say_what_a_live_one_says(world: World, tmp_path) -> None:
    from conftest import Words

    from monitor import assembly
    from monitor.matching import Matcher
    from monitor.store import Store

    trouble(world)
    live = [(j.decision.at, j.decision.reason, j.decision.severity) for j in world.judgements if j.decision.notify]
    settings = replace(world.parts.settings, monitor=replace(world.parts.settings.monitor, mode="silent"))
    with Store.open(tmp_path / "silent.db") as store:
        parts = replace(world.parts, settings=settings, classifier=Words(), matcher=Matcher(settings.watches))
        rehearsal = World(store, parts, assembly.Kept())
        trouble(rehearsal)
        said = [(d.at, d.reason, d.severity) for d in store.scores.rehearsals_since(MONDAY)]
    assert said == live


def test_it_is_due_once_a_day_half_a_day_after_its_end(world: World) -> None:
    zone = world.parts.settings.zone
    assert last_day(datetime(2026, 3, 3, 2, 59, tzinfo=UTC), zone).isoformat() == "2026-03-01"
    assert last_day(datetime(2026, 3, 3, 3, 0, tzinfo=UTC), zone).isoformat() == "2026-03-02"
    assert is_due(world.store, zone, world.now)
    scored(world, 0)
    assert not is_due(world.store, zone, world.now + timedelta(hours=2))
    assert world.store.scores.latest(1) == {}, "nothing has been looked at yet"


def test_days_on_which_nothing_happened_are_there_and_say_zero(world: World) -> None:
    world.quiet_days(3)
    scored(world, 2)
    rows = world.store._db.rows("SELECT last_day, alerts, missed FROM v_scoreboard WHERE days = 1 ORDER BY 1")
    assert len(rows) >= 3
    assert {tuple(row[1:]) for row in rows} == {(0, 0)}


def test_merged_incidents_are_scored_once(world: World) -> None:
    world.quiet_days(2)
    for n in range(2):
        world.post(f"배송 지연! {n} topic=delivery_delay", author=f"someone{n}")
    world.tick()
    why = Because("test")
    store = world.store
    store.incidents.open(replace(store.incidents.live()[0], id=900), world.now)
    calm = Emergence(1, 1, 1, 0.0, False, why)
    reach = Reach(Interval(10, 20, 30), 1.0, why)
    ahead = Forecast({"1h": Interval(10, 20, 30)}, 0.2, None, None, None, why)
    store.incidents.add_assessment(Assessment(900, world.now, calm, reach, ahead, 1, 1))
    store.incidents.add_decision(Decision(900, world.now, Reason.FIRST, True, Severity.HIGH, why), None)
    store.incidents.mark_alerted(900, Severity.HIGH, world.now)
    first = store.incidents.live()[0].id
    store.incidents.merge(first, 900, why, world.now)
    fates = store.scores.fates(world.now - DAY, world.now + DAY)
    assert [one.incident for one in fates] == [first], "the older one has the younger one's alert"
    assert 900 not in {one.incident for one in store.scores.looks(world.now - DAY, world.now + DAY)}
