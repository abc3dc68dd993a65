"""Emergence: counting people, one budget, time in closed form, restarts, gaps, episodes."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import Watch
from monitor.emergence import Alarm, Arrival, Detector, Missing, Parameters
from monitor.emergence.memory import Memory
from monitor.emergence.parameters import day_scale, minute_scale
from monitor.emergence.streams import Streams
from monitor.emergence.table import Stream
from monitor.errors import StoreError

WATCH = "한울오토"
T0 = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def post(
    at: datetime,
    number: int,
    *,
    author: str | None = "",
    text: str = "",
    incident: int | None = None,
    complaint: bool = True,
    watch: str = WATCH,
    daily: bool = False,
    topic: str = "delivery_delay",
    bad_news: bool | None = None,
) -> Arrival:
    return Arrival(
        at=at,
        watch=watch,
        author=f"x:{number}" if author == "" else author,
        text_key=text or f"x:{number}",
        platform="x",
        topic=topic,
        complaint=complaint,
        bad_news=complaint if bad_news is None else bad_news,
        incident=incident,
        daily=daily,
    )


def chatter(days: float, per_day: float, seed: int = 1, start: datetime = T0, **kinds: object) -> list[Arrival]:
    """Random complaints in the rhythm of a Korean week, each by somebody new."""
    rng = np.random.default_rng(seed)
    scale = minute_scale(Parameters())
    first = int((start - datetime(1970, 1, 1, tzinfo=UTC)) // MINUTE)
    season = scale.profiles[0][scale.cells((first + np.arange(int(days * 1440))) // 60)]
    minutes = np.repeat(np.arange(len(season)), rng.poisson(per_day / 1440 * season))
    return [post(start + int(m) * MINUTE, 1000 * seed + n, **kinds) for n, m in enumerate(minutes)]  # type: ignore[arg-type]


def warmed(days: float = 6, per_day: float = 60) -> Detector:
    detector = Detector(Parameters(), [Watch(WATCH)])
    detector.advance(T0 + days * DAY, chatter(days, per_day))
    return detector


def burst(at: datetime, count: int, over: timedelta = HOUR, first: int = 9_000_000, **kinds: object) -> list[Arrival]:
    return [post(at + over * (n / count), first + n, **kinds) for n in range(count)]  # type: ignore[arg-type]


# ---- what alarms


def test_a_burst_alarms_and_ordinary_days_do_not() -> None:
    detector = Detector(Parameters(), [Watch(WATCH)])
    assert detector.advance(T0 + 14 * DAY, chatter(14, 60)) == []
    alarms = detector.advance(T0 + 14 * DAY + HOUR, burst(T0 + 14 * DAY, 40))
    assert len(alarms) == 1
    alarm = alarms[0]
    assert alarm.watch == WATCH and alarm.incident is None and alarm.stream in {"total", "topic:delivery_delay", "platform:x", "bad_news"}
    assert alarm.at - (T0 + 14 * DAY) < 30 * MINUTE
    assert alarm.evidence >= alarm.threshold and alarm.authors >= 3 and alarm.observed > 3 * alarm.expected
    assert alarm.because.code == "emergence_alarm"
    assert detector.standing(WATCH).stream == "total"


def test_a_small_incident_is_found_inside_a_busy_brand_and_named() -> None:
    detector = warmed(5, 2000)
    noise = chatter(0.1, 2000, seed=3, start=T0 + 5 * DAY)
    alarms = detector.advance(T0 + 5 * DAY + 2 * HOUR, noise + burst(T0 + 5 * DAY, 7, incident=12, topic="damage_loss"))
    assert len(alarms) == 1 and alarms[0].stream in {"incident:12", "topic:damage_loss"}
    reading = detector.reading(12)
    assert reading.emerging and reading.observed == 7 and reading.expected < 5


def test_two_incidents_alarm_each_by_itself() -> None:
    detector = warmed(5, 500)
    at = T0 + 5 * DAY
    first = detector.advance(at + HOUR, burst(at, 8, incident=1))
    second = detector.advance(at + 2 * HOUR, burst(at + HOUR, 12, first=9_100_000, incident=2, topic="privacy"))
    assert {alarm.incident for alarm in first + second} == {1, 2}


def test_attention_alone_alarms() -> None:
    detector = Detector(Parameters(), [Watch(WATCH)])
    detector.advance(T0 + 6 * DAY, chatter(6, 60, complaint=False))
    alarms = detector.advance(T0 + 6 * DAY + HOUR, burst(T0 + 6 * DAY, 60, complaint=False))
    assert [alarm.stream for alarm in alarms] == ["mentions"]
    news = Detector(Parameters(), [Watch(WATCH)])
    news.advance(T0 + 6 * DAY, chatter(6, 200, complaint=False))
    alarms = news.advance(T0 + 6 * DAY + HOUR, burst(T0 + 6 * DAY, 20, complaint=False, bad_news=True))
    assert [alarm.stream for alarm in alarms] == ["bad_news"]


# ---- who counts


def test_one_angry_author_is_not_an_incident() -> None:
    detector = warmed()
    at = T0 + 6 * DAY
    assert detector.advance(at + HOUR, [post(at + n * MINUTE, 7_000_000 + n, author="x:angry", incident=5) for n in range(50)]) == []
    assert detector.reading(5).authors == 1


def test_two_authors_are_too_few() -> None:
    detector = warmed()
    at = T0 + 6 * DAY
    assert detector.advance(at + HOUR, [post(at + n * MINUTE, n, author=f"x:{n % 2}", incident=5) for n in range(50)]) == []


def test_copies_count_once_whoever_posts_them() -> None:
    detector = warmed()
    at = T0 + 6 * DAY
    assert detector.advance(at + HOUR, [post(at + n * MINUTE, 8_000_000 + n, text="the same words", incident=5) for n in range(60)]) == []


def test_unknown_authors_count_once_per_distinct_text() -> None:
    detector = warmed()
    at = T0 + 6 * DAY
    alarms = detector.advance(at + HOUR, [post(at + n * MINUTE, 8_000_000 + n, author=None, incident=5) for n in range(10)])
    assert [alarm.incident for alarm in alarms] == [5]


def test_an_author_counts_again_after_a_day() -> None:
    memory = Memory(1440, 1000)
    memory.add(7, 1, 0)
    assert memory.seen(7, 1439, 1440) and not memory.seen(7, 1440, 1440)
    memory.expire(3000)
    assert len(memory.arrays()[0]) == 0 and not memory.seen(7, 10, 1440)


# ---- the budget


@given(st.lists(st.sampled_from(["topic", "platform", "incident", "watch"]), max_size=60), st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_weights_of_all_streams_sum_to_at_most_one(openings: list[str], watches: int) -> None:
    detector = Detector(Parameters(warm_up_days=0), [Watch(f"w{n}") for n in range(watches)])
    for number, kind in enumerate(openings):
        arrival = post(T0 + number * HOUR, number, watch="w0", incident=number if kind == "incident" else None)
        arrival = replace(arrival, topic=f"t{number}") if kind == "topic" else arrival
        arrival = replace(arrival, platform=f"p{number}") if kind == "platform" else arrival
        arrival = replace(arrival, watch=f"w{number}") if kind == "watch" else arrival
        detector.advance(arrival.at, [arrival])
    total = sum(float(streams.table.injected.sum()) for streams in detector.streams.values())
    assert total <= 1 - Parameters().share_births + 1e-9


@pytest.mark.parametrize(
    "parameters",
    [
        Parameters(effects=(2.0, 5.0), incident_effects=(10.0,)),
        Parameters(effects=(), incident_effects=()),
        Parameters(share_total=3.0, share_births=2.0),
        Parameters(false_alarms_per_week=1e9, daily_false_alarms_per_week=50.0),
        Parameters(utc_offset_hours=5.5, quiet_hours=0.1, memory=1000),
    ],
)
def test_odd_settings_do_no_harm(parameters: Parameters) -> None:
    detector = Detector(parameters, [Watch(WATCH)])
    detector.advance(T0 + 4 * DAY, chatter(4, 30) + chatter(4, 2, seed=3, daily=True))
    at = T0 + 4 * DAY
    alarms = detector.advance(at + HOUR, burst(at, 40, incident=1))
    assert all(alarm.evidence >= alarm.threshold for alarm in alarms)
    assert detector.streams[WATCH, False].table.injected.sum() <= 1.0
    Detector.from_bytes(detector.to_bytes(), parameters, [Watch(WATCH)])


def test_births_spend_no_more_than_what_was_saved() -> None:
    p = Parameters()
    detector = Detector(p, [Watch(WATCH)])
    detector.advance(T0, [post(T0, 0)])
    given_out = 0.0
    for number in range(1, 400):
        at = T0 + number * 30 * MINUTE
        detector.advance(at, [post(at, number, incident=number)])
        streams = detector.streams[WATCH, False]
        given_out += streams.waiting[number].endowment
        assert given_out <= p.share_births * 30 * number + 1e-6


def test_an_alarm_costs_and_only_confirmation_gives_back() -> None:
    detector = warmed()
    at = T0 + 6 * DAY
    before = detector.threshold()
    assert detector.advance(at + HOUR, burst(at, 30, incident=3))
    raised = detector.threshold()
    assert raised == pytest.approx(before + 6, abs=0.1)
    detector.forget(3)
    assert detector.threshold() == raised
    detector.confirm(WATCH)
    assert detector.threshold() == before
    detector.confirm(WATCH)
    assert detector.threshold() == before
    detector.advance(at + 8 * DAY, [])
    assert detector.threshold() == before


def test_the_price_wears_off_in_a_week() -> None:
    detector = warmed()
    at = T0 + 6 * DAY
    before = detector.threshold()
    detector.advance(at + HOUR, burst(at, 30, incident=3))
    detector.advance(at + 3.5 * DAY, [])
    assert detector.threshold() == pytest.approx(before + 3, abs=0.1)
    detector.advance(at + 8 * DAY, [])
    assert detector.threshold() == before


# ---- episodes


def test_an_episode_alarms_once_and_closes_when_quiet() -> None:
    detector = warmed()
    at = T0 + 6 * DAY
    alarms = detector.advance(at + 4 * HOUR, burst(at, 120, over=4 * HOUR, incident=3))
    assert len(alarms) == 1 and detector.reading(3).emerging
    detector.advance(at + 9 * HOUR, [])
    assert not detector.reading(3).emerging
    assert detector.reading(3).because.code == "emergence_normal"


def test_a_rise_that_lifts_many_streams_is_one_alarm() -> None:
    detector = warmed()
    at = T0 + 6 * DAY
    posts = [replace(arrival, topic=("price", "safety", "other")[n % 3]) for n, arrival in enumerate(burst(at, 90, over=2 * HOUR))]
    assert len(detector.advance(at + 2 * HOUR, posts)) == 1


def test_a_far_higher_rise_inside_an_episode_alarms_again() -> None:
    detector = warmed()
    at = T0 + 6 * DAY
    assert len(detector.advance(at + 2 * HOUR, burst(at, 40, over=2 * HOUR))) == 1
    again = detector.advance(at + 3 * HOUR, burst(at + 2 * HOUR, 900, first=9_400_000))
    assert again and again[0].at - (at + 2 * HOUR) < 20 * MINUTE


def test_what_goes_on_for_days_becomes_normal() -> None:
    detector = warmed(6, 30)
    at, alarms = T0 + 6 * DAY, []
    for day in range(6):
        alarms += detector.advance(at + (day + 1) * DAY, chatter(1, 300, seed=20 + day, start=at + day * DAY))
    assert alarms and all(alarm.at < at + 3 * DAY for alarm in alarms)
    assert not detector.standing(WATCH).emerging


def test_incidents_are_compared_with_past_ones_of_their_age() -> None:
    detector = warmed(4, 30)
    rng = np.random.default_rng(2)
    number = 10_000_000
    for incident in range(60):
        at = T0 + 4 * DAY + incident * 4 * HOUR
        for minute in np.sort(rng.integers(0, 60, 6)).tolist():
            number += 1
            detector.advance(at + minute * MINUTE, [post(at + minute * MINUTE, number, incident=incident)])
    bound = detector.streams[WATCH, False].baseline.age_bound * 60
    assert 4 <= bound[0] <= 6 and bound[-1] == pytest.approx(0.2)


def test_posts_of_an_alarmed_incident_leave_the_wide_streams_alone() -> None:
    detector = warmed()
    at = T0 + 6 * DAY
    detector.advance(at + HOUR, burst(at, 20, incident=3))
    before = detector.streams[WATCH, False].table.block_posts.copy()
    detector.advance(at + HOUR + MINUTE, burst(at + HOUR, 20, over=MINUTE, first=9_200_000, incident=3))
    table = detector.streams[WATCH, False].table
    assert len(before) == len(table.names)
    assert table.now[table.rows["total"]] == 0 and table.now[table.rows["mentions"]] == 0


# ---- beginnings, gaps, late posts


def test_only_incidents_alarm_in_the_first_days() -> None:
    detector = Detector(Parameters(), [Watch(WATCH)])
    assert detector.warming_up(WATCH, T0)
    assert detector.advance(T0 + HOUR, burst(T0, 100)) == []
    assert detector.warming_up(WATCH, T0 + DAY)
    assert detector.standing(WATCH).because.code == "emergence_warming_up"
    alarms = detector.advance(T0 + 3 * HOUR, burst(T0 + 2 * HOUR, 20, first=9_300_000, incident=1))
    assert [alarm.incident for alarm in alarms] == [1]
    assert not warmed().warming_up(WATCH, T0 + 6 * DAY)


def test_a_watch_that_was_silent_for_weeks_is_not_new() -> None:
    wave = burst(T0 + 20 * DAY, 12, complaint=False)
    assert Detector(Parameters(), [Watch(WATCH)]).advance(wave[-1].at, wave) == []
    watching = Detector(Parameters(), [Watch(WATCH)])
    assert watching.begin(T0)
    assert not watching.begin(T0 + DAY)
    assert watching.advance(wave[-1].at, wave)


def test_impossible_silence_is_a_gap_and_keeps_the_level() -> None:
    detector = warmed(8, 200)
    streams = detector.streams[WATCH, False]
    level = float(streams.table.level[streams.table.rows["total"]])
    at = T0 + 8 * DAY
    assert not detector.in_gap(WATCH, at + HOUR)
    assert detector.in_gap(WATCH, at + 12 * HOUR)
    again = chatter(1, 200, seed=5, start=at + 10 * DAY)
    detector.advance(at + 10 * DAY + 5 * HOUR, [arrival for arrival in again if arrival.at < at + 10 * DAY + 5 * HOUR])
    assert detector.in_gap(WATCH, at + 10 * DAY + 5 * HOUR)
    assert detector.advance(at + 11 * DAY, [arrival for arrival in again if arrival.at >= at + 10 * DAY + 5 * HOUR]) == []
    assert not detector.in_gap(WATCH, at + 11 * DAY)
    assert float(streams.table.level[streams.table.rows["total"]]) == pytest.approx(level, rel=0.15)


def test_a_lull_of_a_quiet_watch_is_no_gap() -> None:
    detector = warmed(20, 2)
    assert not detector.in_gap(WATCH, T0 + 23 * DAY)


def test_posts_an_hour_late_count_and_older_ones_only_teach() -> None:
    at = T0 + 6 * DAY
    soon, late = warmed(), warmed()
    for detector in (soon, late):
        detector.advance(at + 3 * HOUR, [post(at + 3 * HOUR, 1)])
    assert soon.advance(at + 3 * HOUR + MINUTE, burst(at + 2.5 * HOUR, 12, over=20 * MINUTE, incident=9))
    before = float(late.streams[WATCH, False].table.new_posts.sum())
    assert late.advance(at + 3 * HOUR + MINUTE, burst(at, 12, over=20 * MINUTE, incident=9)) == []
    assert float(late.streams[WATCH, False].table.new_posts.sum()) > before


def test_posts_from_the_future_count_now() -> None:
    detector = warmed()
    at = T0 + 6 * DAY
    detector.advance(at, burst(at + 900 * DAY, 3))
    assert detector.streams[WATCH, False].tick == int(at.timestamp()) // 60


# ---- days


def test_day_stamped_reviews_alarm_at_their_day() -> None:
    noon = datetime(2026, 1, 5, 3, tzinfo=UTC)
    rng = np.random.default_rng(3)
    detector = Detector(Parameters(), [Watch(WATCH)])
    number, alarms = 0, []
    for day in range(90):
        count = 60 if day == 80 else rng.poisson(4)
        arrivals = [post(noon + day * DAY, number + n, author=None, daily=True) for n in range(count)]
        number += count
        alarms += detector.advance(noon + day * DAY, arrivals)
    assert [alarm.at for alarm in alarms] == [noon + 80 * DAY]
    assert alarms[0].daily


def test_nine_years_with_two_thousand_posts_cost_seconds() -> None:
    rng = np.random.default_rng(4)
    minutes = np.sort(rng.integers(0, 9 * 365 * 1440, 2000))
    detector = Detector(Parameters(), [Watch(WATCH)])
    began = time.process_time()
    for number, minute in enumerate(minutes.tolist()):
        at = T0 + minute * MINUTE
        detector.advance(at, [post(at, number, topic=("price", "other", "safety")[number % 3], incident=number)])
    assert time.process_time() - began < 15


# ---- time in closed form


def _copies(parameters: Parameters, daily: bool = False) -> tuple[Streams, Streams]:
    scale = day_scale(parameters) if daily else minute_scale(parameters)
    pair = (
        Streams(parameters, scale, 29_600_000 if not daily else 20_000),
        Streams(parameters, scale, 29_600_000 if not daily else 20_000),
    )
    for streams in pair:
        for name, kind in (("mentions", Stream.MENTIONS), ("total", Stream.TOTAL), ("topic:price", Stream.TOPIC)):
            streams.open(name, kind)
    return pair


@given(st.lists(st.tuples(st.integers(1, 9000), st.integers(1, 4)), min_size=3, max_size=12), st.booleans())
@settings(max_examples=12, deadline=None)
def test_idle_time_in_one_step_is_the_same_as_ticking(steps: list[tuple[int, int]], incident: bool) -> None:
    jumping, ticking = _copies(Parameters(warm_up_days=1))
    tick = jumping.tick
    for number, (wait, posts) in enumerate(steps):
        tick += wait
        jumping.advance(tick)
        for moment in range(ticking.tick + 1, tick + 1):
            ticking.advance(moment)
        for streams in (jumping, ticking):
            streams.last = tick
            if incident and number == 1:
                streams.bear(1, 30.0)
            if 1 in streams.waiting and number == 2:
                streams.wake(1)
            streams.count(0, posts)
            streams.count(1, posts)
            if number > 5:
                streams.table.muted_at[1] = tick
                streams.prepare()
    np.testing.assert_allclose(jumping.statistic, ticking.statistic, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(jumping.table.numbers, ticking.table.numbers, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(jumping.masses(), ticking.masses(), rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(jumping.baseline.season, ticking.baseline.season, rtol=1e-9)


def test_days_in_one_step_are_the_same_as_ticking() -> None:
    jumping, ticking = _copies(Parameters(), daily=True)
    for tick in (20_001, 20_003, 20_050, 20_081, 20_099):
        jumping.advance(tick)
        for moment in range(ticking.tick + 1, tick + 1):
            ticking.advance(moment)
        for streams in (jumping, ticking):
            streams.last = tick
            streams.count(0, 3)
            streams.count(1, 2)
    np.testing.assert_allclose(jumping.table.numbers, ticking.table.numbers, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(jumping.statistic, ticking.statistic, rtol=1e-9)


def test_the_statistic_is_the_formula() -> None:
    p = Parameters()
    streams, _ = _copies(p)
    streams.covered = streams.scale.warm_ticks
    streams.prepare()
    row, start = 1, streams.tick
    expected = np.zeros((2, len(p.effects)))
    counts = [0, 2, 0, 0, 0, 1, 0, 3]
    weight = float(streams.table.injected[row])
    streams.masses()
    slack = np.array([streams.table.slack[row], streams.factor[row] * streams.table.local_slack[row]])
    bound = (streams.mean[row] * slack)[:, None]
    k, rho = streams.table.clump[row], np.array(p.effects)
    for index, y in enumerate(counts):
        if y:
            streams.advance(start + index)
            streams.count(row, y)
        expected = (expected + weight) * np.exp(y * np.log(rho) + (y + k) * np.log((bound + k) / (rho * bound + k)))
    assert start % 60 + len(counts) < 60
    np.testing.assert_allclose(streams.masses()[row], expected.mean(), rtol=1e-9)


# ---- keeping


@given(st.integers(0, 10_000), st.lists(st.integers(0, 400), min_size=1, max_size=4))
@settings(max_examples=15, deadline=None)
def test_a_restarted_detector_goes_on_exactly(seed: int, cuts: list[int]) -> None:
    arrivals = sorted(
        chatter(4, 60, seed=seed % 97 + 1)
        + burst(T0 + 3.5 * DAY, 40, incident=4)
        + chatter(2, 30, seed=98, start=T0 + 2 * DAY, author=None, incident=seed)
        + chatter(5, 3, seed=99, daily=True),
        key=lambda arrival: arrival.at,
    )
    one, two = (Detector(Parameters(), [Watch(WATCH), Watch("b")]) for _ in range(2))
    alarms: list[list[Alarm]] = [[], []]
    for number, arrival in enumerate(arrivals):
        if number in cuts:
            two = Detector.from_bytes(two.to_bytes(), Parameters(), [Watch(WATCH), Watch("b")])
            one.reading(4)
        alarms[0] += one.advance(arrival.at, [arrival])
        alarms[1] += two.advance(arrival.at, [arrival])
    assert alarms[0] == alarms[1]
    assert one.to_bytes() == two.to_bytes()
    assert one.reading(4) == two.reading(4) and one.standing(WATCH) == two.standing(WATCH)


@pytest.mark.parametrize("blob", [b"", b"EMRG", b"nonsense, much longer than a head", b"EMRG\x09\x00\x00\x00\x00\x00\x00\x00"])
def test_a_damaged_state_is_our_error(blob: bytes) -> None:
    with pytest.raises(StoreError):
        Detector.from_bytes(blob, Parameters(), [Watch(WATCH)])


def test_a_truncated_state_is_our_error() -> None:
    blob = warmed().to_bytes()
    for length in (20, len(blob) // 2, len(blob) - 1):
        with pytest.raises(StoreError):
            Detector.from_bytes(blob[:length], Parameters(), [Watch(WATCH)])


def test_state_survives_other_watches_and_other_effects() -> None:
    blob = warmed().to_bytes()
    other = Detector.from_bytes(blob, Parameters(effects=(2.0, 10.0), incident_effects=(5.0, 50.0)), [Watch(WATCH), Watch("new")])
    assert not other.warming_up(WATCH, T0 + 6 * DAY)
    assert Detector.from_bytes(blob, Parameters(), [Watch("new")]).streams == {}


# ---- merging and reading


def test_merged_incidents_add_their_evidence() -> None:
    detector = warmed()
    at = T0 + 6 * DAY
    detector.advance(at, [post(at, 1, incident=1), post(at, 2, incident=2)])
    detector.advance(at + 2 * MINUTE, [post(at + MINUTE, 3, incident=1), post(at + 2 * MINUTE, 4, incident=2)])
    separate = detector.reading(1).authors, detector.reading(2).authors
    detector.merge(1, 2)
    assert detector.reading(1).authors == sum(separate)
    assert detector.reading(2).because.code == "emergence_no_stream"
    detector.merge(7, 1)
    assert detector.reading(7).authors == sum(separate)


def test_reading_does_not_change_the_future() -> None:
    one, two = warmed(), warmed()
    at = T0 + 6 * DAY
    for detector in (one, two):
        detector.advance(at, [post(at, 1, incident=1)])
        detector.advance(at + 5 * HOUR, [])
    one.reading(1)
    one.standing(WATCH)
    for detector in (one, two):
        detector.advance(at + 6 * HOUR, [post(at + 6 * HOUR, 2, incident=1)])
    assert one.to_bytes() == two.to_bytes()


def test_every_reason_has_its_sentence() -> None:
    from monitor.messages.sentences.emergence import SENTENCES

    detector = warmed()
    at = T0 + 6 * DAY
    becauses = [detector.standing(WATCH).because, detector.reading(77).because]
    becauses += [alarm.because for alarm in detector.advance(at + HOUR, burst(at, 30, incident=3))]
    becauses.append(detector.reading(3).because)
    for because in becauses:
        assert because.code in SENTENCES


# ---- what is known to be missing


def elsewhere(arrivals: list[Arrival], platform: str) -> list[Arrival]:
    return [
        replace(arrival, platform=platform, author=f"{platform}:{arrival.author}", text_key=f"{platform}:{arrival.text_key}")
        for arrival in arrivals
    ]


def two_platforms(days: float = 8) -> Detector:
    detector = Detector(Parameters(), [Watch(WATCH)])
    detector.advance(T0 + days * DAY, sorted(chatter(days, 120) + elsewhere(chatter(days, 240, seed=2), "reddit"), key=lambda one: one.at))
    return detector


def after_an_outage(detector: Detector, told: bool) -> list[Alarm]:
    """One platform of two is away for four hours; when it is back, its last hour and more comes at once."""
    at = T0 + 8 * DAY
    gap = Missing(at, at + 4 * HOUR, "reddit")
    here = chatter(1, 120, seed=3, start=at)
    away = elsewhere(chatter(1, 600, seed=4, start=at), "reddit")
    alarms = []
    for minute in range(0, 4 * 60, 10):
        now = at + (minute + 10) * MINUTE
        detector.tell_missing([Missing(at, None, "reddit")] if told else [])
        alarms += detector.advance(now, [one for one in here if now - 10 * MINUTE <= one.at < now])
    detector.tell_missing([gap] if told else [])
    return alarms + detector.advance(at + 4 * HOUR + MINUTE, [one for one in away if one.at < at + 4 * HOUR])


def test_posts_that_come_late_out_of_an_outage_are_no_rise() -> None:
    assert after_an_outage(two_platforms(), told=False), "else the test shows nothing"
    assert after_an_outage(two_platforms(), told=True) == []


def test_an_outage_teaches_nothing_and_the_detector_goes_on() -> None:
    told, untold = two_platforms(), two_platforms()
    at = T0 + 8 * DAY
    before = told.streams[WATCH, False].table.level.copy()
    for detector in (told, untold):
        detector.tell_missing([Missing(at, at + 2 * DAY, "reddit")] if detector is told else [])
        detector.advance(at + 2 * DAY, chatter(2, 120, seed=3, start=at))
    row = told.streams[WATCH, False].table.rows["total"]
    assert told.streams[WATCH, False].table.level[row] == pytest.approx(before[row], rel=0.02)
    assert untold.streams[WATCH, False].table.level[row] < 0.96 * before[row]
    assert told.advance(at + 2 * DAY + HOUR, burst(at + 2 * DAY, 60, incident=5))


def test_a_lost_stretch_is_skipped_and_the_evidence_stands() -> None:
    """A quiet watch: five hours without a post are no wonder, so only who is told knows that they were not seen."""
    evidence = []
    for told in (True, False):
        detector = warmed(20, 12)
        at = T0 + 20 * DAY
        detector.advance(at + HOUR, burst(at, 3, incident=1))
        detector.tell_missing([Missing(at + HOUR, at + 6 * HOUR, "x", whole=True, lost=True)] if told else [])
        detector.advance(at + 6 * HOUR, [post(at + 6 * HOUR, 77_000, incident=1)])
        evidence.append(detector.reading(1).evidence)
        assert detector.in_gap(WATCH, at + 7 * HOUR) is told
    assert evidence[0] > evidence[1] + 0.5


def test_where_nothing_can_be_seen_readings_stand_still() -> None:
    detector = warmed(8, 200)
    at = T0 + 8 * DAY
    detector.advance(at, burst(at - 20 * MINUTE, 4, over=19 * MINUTE, incident=1))
    before = detector.reading(1)
    detector.tell_missing([Missing(at, None, whole=True)])
    detector.advance(at + 50 * MINUTE, [])
    assert detector.in_gap(WATCH, at + 50 * MINUTE)
    assert detector.reading(1).evidence == pytest.approx(before.evidence, abs=0.05)


def test_posts_that_fill_an_outage_in_their_order_count_as_ever() -> None:
    """All was away and all came back: nothing is missing any more, and a burst inside it is one."""
    told, untold = warmed(), warmed()
    at = T0 + 6 * DAY
    for detector in (told, untold):
        detector.tell_missing([Missing(at, at + 3 * HOUR, "x", whole=True)] if detector is told else [])
    posts = burst(at + HOUR, 12, over=30 * MINUTE, incident=9)
    assert [alarm.at for alarm in told.advance(at + 3 * HOUR, posts)] == [alarm.at for alarm in untold.advance(at + 3 * HOUR, posts)] != []


@pytest.mark.parametrize("whole", [True, False])
def test_idle_time_with_known_gaps_is_the_same_as_ticking(whole: bool) -> None:
    at = T0 + 6 * DAY
    gaps = [Missing(at + 7.5 * HOUR, at + 30 * HOUR, "x", whole=whole), Missing(at + 50 * HOUR, at + 51 * HOUR, "x", lost=True)]
    one, many = warmed(), warmed()
    for detector in (one, many):
        detector.tell_missing(gaps)
    streams, ticked = one.streams[WATCH, False], many.streams[WATCH, False]
    end = streams.tick + 5 * 1440
    streams.advance(end)
    for tick in range(ticked.tick + 7, end, 7):
        ticked.advance(tick)
    ticked.advance(end)
    assert np.allclose(streams.table.numbers, ticked.table.numbers, rtol=1e-9, atol=1e-12)
    assert np.allclose(streams.statistic, ticked.statistic, rtol=1e-6, atol=1e-9)


def test_a_restarted_detector_that_is_told_again_goes_on_exactly() -> None:
    at = T0 + 6 * DAY
    gaps = [Missing(at + 2 * HOUR, at + 9 * HOUR, "x")]
    more = chatter(2, 60, seed=9, start=at)
    whole, cut = warmed(), warmed()
    whole.tell_missing(gaps)
    cut.tell_missing(gaps)
    whole.advance(at + 5 * HOUR, [one for one in more if one.at < at + 5 * HOUR])
    cut.advance(at + 5 * HOUR, [one for one in more if one.at < at + 5 * HOUR])
    cut = Detector.from_bytes(cut.to_bytes(), Parameters(), [Watch(WATCH)])
    cut.tell_missing(gaps)
    for detector in (whole, cut):
        detector.advance(at + 2 * DAY, [one for one in more if one.at >= at + 5 * HOUR])
    assert whole.to_bytes() == cut.to_bytes()


def test_ticks_after_a_moment_are_those_of_all_that_are_later() -> None:
    memory = Memory(window=1_000, limit=100)
    for tick in (3, 3, 7, 9, 12):
        memory.add(tick, stream=1 + tick % 2, tick=tick)
    for after in (-5, 2, 3, 8, 12):
        for stream in (1, 2):
            assert memory.ticks_of(stream, after).tolist() == [tick for tick in memory.ticks_of(stream).tolist() if tick > after]
