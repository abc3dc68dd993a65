"""What collectors spend, when they are left alone, what they missed, and what staff hear of it; against a stub of a real platform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import Words, World, parts_for

from monitor import assembly
from monitor.collectors.hackernews import HackerNews, Options
from monitor.collectors.metering import UNLIMITED, Allowance, Meter
from monitor.config import Collector, Settings
from monitor.domain import Gap, Passage, Run
from monitor.errors import DeliveryFailed, ModelError, StoreError
from monitor.pipeline import Outcome, Pipeline, health
from monitor.pipeline.gaps import missing
from monitor.scheduler import Daemon
from tests.platforms.hackernews import HackerNewsStub
from tests.platforms.stub import Answer, Clock, Fault

EVERY = timedelta(minutes=5)
NAME = "news"


@dataclass
class Beat:
    """A world that collects from one platform, pass by pass."""

    world: World
    stub: HackerNewsStub
    allowance: Allowance = UNLIMITED

    def limited(self, **limits: float) -> None:
        self.allowance = Allowance(**limits)  # type: ignore[arg-type]
        source = Collector(NAME, "hackernews", EVERY, None, self.allowance)
        self.world.parts = parts_for(replace(self.world.parts.settings, collectors=(source,)), self.world.kept)

    def collect(self) -> Pipeline:
        """One pass now, by a process that starts anew, and a look at ourselves."""
        self.stub.clock.now = self.world.now
        options = Options(base_url=f"{self.stub.base_url}/api/v1", items_url=f"{self.stub.base_url}/v0")
        meter = Meter(NAME, self.allowance)
        collector = HackerNews(NAME, options, self.world.parts.settings.watches, self.stub.clock, meter)
        pipeline = Pipeline(self.world.store, self.world.parts, self.world.memory)
        pipeline.collect(NAME, collector, self.world.now, meter)
        pipeline.watch_ourselves(self.world.now)
        return pipeline

    def publish(self, text: str = "한울오토 이야기") -> None:
        self.stub.publish(text, self.world.now)

    def go_on(self, **span: float) -> None:
        self.world.pass_time(**(span or {"minutes": 5}))

    @property
    def asked(self) -> int:
        return len(self.stub.asked)

    def told(self) -> list[str]:
        """What staff heard of, oldest first, as the code in the key of each message."""
        return [row.message.dedup_key.split("/")[1] for row in reversed(self.world.store.outbox.list(everything=True))]


@pytest.fixture
def beat(world: World) -> Iterator[Beat]:
    world.now += timedelta(hours=12)
    with HackerNewsStub(Clock(world.now)) as stub:
        assert isinstance(stub, HackerNewsStub)
        made = Beat(world, stub)
        made.limited()
        yield made


# ---- the budget


def test_requests_are_kept_and_the_collector_stops_when_they_are_spent(beat: Beat) -> None:
    beat.limited(requests_per_day=10)
    for _ in range(14):
        pipeline = beat.collect()
        assert pipeline.failed == []
        beat.go_on()
    assert beat.asked == 10
    assert beat.world.store.sources.spent(NAME, beat.world.now)[0].requests == 10
    assert beat.told() == ["budget_low", "budget_spent"]
    message = beat.world.store.outbox.list(everything=True)[0].message
    assert "한울오토" in message.headline, "it says what goes unseen"
    beat.go_on(hours=12)
    beat.collect()
    assert beat.asked == 11
    assert beat.told() == ["budget_low", "budget_spent"], "a new day is no news, and the gap of the night needs no second message"


def test_a_month_is_a_budget_of_its_own(beat: Beat) -> None:
    beat.limited(requests_per_day=100, requests_per_month=5)
    for _ in range(8):
        beat.collect()
        beat.go_on(days=1)
    assert beat.asked == 5
    beat.world.now = beat.world.now.replace(month=4, day=1)
    beat.collect()
    assert beat.asked == 6


def test_what_a_failing_pass_spent_is_kept_too(beat: Beat) -> None:
    beat.stub.plant(Fault("500", Answer(500)))
    assert beat.collect().failed == [f"collect {NAME}"]
    assert beat.world.store.sources.spent(NAME, beat.world.now)[0].requests == 1


def test_a_raised_budget_holds_at_once(beat: Beat) -> None:
    beat.limited(requests_per_day=1)
    for _ in range(3):
        beat.collect()
        beat.go_on()
    assert beat.asked == 1
    beat.limited(requests_per_day=100)
    beat.collect()
    assert beat.asked == 2


# ---- pauses


@pytest.mark.parametrize("status", [429, 503])
def test_a_platform_that_asks_us_to_wait_is_left_alone(beat: Beat, status: int) -> None:
    beat.stub.plant(Fault("wait", Answer(status, {"Retry-After": "900"})))
    beat.collect()
    assert beat.asked == 1
    for _ in range(2):
        beat.go_on()
        assert beat.collect().failed == []
    assert beat.asked == 1
    beat.go_on()
    beat.publish()
    beat.collect()
    assert beat.asked == 2
    assert beat.world.store.sources.paused(NAME) is None
    assert beat.world.store.counts()["posts"] == 1


def test_without_a_time_to_wait_the_next_pass_asks(beat: Beat) -> None:
    beat.stub.plant(Fault("429", Answer(429)))
    beat.collect()
    beat.go_on()
    beat.collect()
    assert beat.asked == 2


def test_nobody_can_make_us_wait_for_ever(beat: Beat) -> None:
    beat.stub.plant(Fault("wait", Answer(429, {"Retry-After": "9999999999"})))
    beat.collect()
    beat.go_on(days=1)
    beat.collect()
    assert beat.asked == 2


@pytest.mark.parametrize(("status", "code"), [(401, "collector_refused"), (402, "collector_unpaid")])
def test_a_refusal_is_told_once_probed_hourly_and_so_is_its_end(beat: Beat, status: int, code: str) -> None:
    beat.stub.choose = lambda asked: Fault("refused", Answer(status))
    for _ in range(25):
        beat.collect()
        beat.go_on()
    assert beat.asked == 3
    assert beat.told() == [code]
    beat.stub.choose = None
    beat.world.store.sources.resume(NAME)  # somebody found that it works again: monitor check
    beat.collect()
    assert beat.asked == 4
    for _ in range(3):
        beat.go_on()
        beat.collect()
    assert beat.told() == [code, "collector_recovered"]


# ---- silence, lag, holes


def test_an_outage_is_a_gap_until_the_next_good_pass(beat: Beat) -> None:
    beat.collect()
    begun = beat.world.now
    beat.stub.choose = lambda asked: Fault("500", Answer(500))
    for _ in range(4):
        beat.go_on()
        beat.collect()
    (gap,) = beat.world.store.sources.gaps(beat.world.now)
    assert (gap.platform, gap.until, gap.lost) == ("hackernews", None, False)
    assert abs(gap.since - begun) < timedelta(seconds=5)
    assert [one.whole for one in missing(beat.world.store, [NAME], beat.world.now)] == [True]
    assert [one.whole for one in missing(beat.world.store, [NAME, "other"], beat.world.now)] == [False]
    beat.world.tick()
    detector = beat.world.memory.detector
    assert detector is not None and detector.in_gap("한울오토", beat.world.now), "the detector is told"
    beat.stub.choose = None
    beat.go_on()
    beat.collect()
    (gap,) = beat.world.store.sources.gaps(begun)
    assert gap.until is not None and abs(gap.until - beat.world.now) < timedelta(seconds=5)
    assert beat.told() == ["collector_silent", "collector_recovered"]


def test_outages_that_meet_leave_nothing_to_be_seen(world: World) -> None:
    hour = timedelta(hours=1)
    world.store.sources.add_gap(Gap("one", "x", world.now, world.now + 4 * hour, "silent"), told=True)
    world.store.sources.add_gap(Gap("two", "reddit", world.now + 2 * hour, None, "silent"), told=True)
    found = missing(world.store, ["one", "two"], world.now + 5 * hour)
    whole = [(one.since, one.until) for one in found if one.whole]
    assert set(whole) == {(world.now + 2 * hour, world.now + 4 * hour)}
    assert {one.platform for one in found if not one.whole} == {"x", "reddit"}
    assert missing(world.store, ["three"], world.now) == []


def test_good_passes_that_bring_only_old_posts_are_told_unless_the_platform_is_quiet(beat: Beat) -> None:
    for hour in range(8 * 24):
        beat.world.now += timedelta(hours=1)
        for _ in range(12):
            beat.publish()
        beat.collect() if hour % 6 == 5 else None
        beat.world.store.runs.record(Run(f"collect {NAME}", beat.world.now, beat.world.now, 0, 0))
    assert beat.told() == []
    for _ in range(30):
        beat.go_on()
        beat.collect()
    assert beat.told() == ["collector_behind"]
    for _ in range(3):
        beat.go_on()
        beat.publish()
        beat.collect()
    assert beat.told() == ["collector_behind", "collector_caught_up"]


def test_a_quiet_platform_does_not_lag(beat: Beat) -> None:
    for _ in range(8):
        beat.publish()
        beat.collect()
        beat.go_on(days=1)
        beat.world.store.runs.record(Run(f"collect {NAME}", beat.world.now, beat.world.now, 0, 0))
    for _ in range(20):
        beat.collect()
        beat.go_on()
    assert beat.told() == []


def test_a_hole_is_measured_told_once_and_known_to_the_detector(beat: Beat, world: World) -> None:
    at = world.now
    for number in range(7):
        for minute in range(10):
            world.now = at - timedelta(days=number + 1) + timedelta(minutes=3 * minute)
            world.post("이야기", platform="hackernews", id=f"hackernews:{number}-{minute}")
    world.now = at + timedelta(hours=1)
    gap = Gap(NAME, "hackernews", at, at + timedelta(minutes=30), "the platform shows no further back", lost=True)
    world.store.sources.add_gap(gap, told=False)
    world.store.sources.add_gap(gap, told=False)
    for _ in range(2):
        health.watch(world.store, world.parts, world.now)
    assert beat.told() == ["collector_hole"]
    assert "약 10건" in world.store.outbox.list(everything=True)[0].message.headline
    (known,) = missing(world.store, [NAME], world.now)
    assert (known.whole, known.lost) == (True, True)


# ---- steps, channels, the database


def test_a_missing_model_is_told_once_and_the_backlog_is_judged_later(world: World) -> None:
    good, judge = world.parts, world.parts.classifier

    class Missing:
        model = "none"

        def classify(self, passages: object) -> list[object]:
            raise ModelError("models/pieces.bin is missing")

    world.parts = replace(good, classifier=Missing())  # type: ignore[arg-type]
    world.post("이야기")
    for _ in range(5):
        world.tick()
        health.watch(world.store, world.parts, world.now)
        world.pass_time(minutes=1)
    assert [row.message.dedup_key.split("/")[1] for row in world.store.outbox.list(everything=True)] == ["model_missing"]
    world.parts = replace(good, classifier=judge)
    world.tick()
    health.watch(world.store, world.parts, world.now)
    assert sum(world.store.posts.waiting().values()) == 0
    assert world.store.outbox.list(everything=True)[0].message.dedup_key.split("/")[1] == "step_recovered"


def test_a_model_that_is_missing_at_the_start_is_tried_again_at_each_use(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: Settings) -> Words:
        raise ModelError("models/pieces.bin is missing")

    monkeypatch.setattr(assembly, "classifier", absent)
    with pytest.raises(ModelError):
        assembly.parts(settings)
    parts = assembly.parts(settings, patient=True)
    with pytest.raises(ModelError):
        parts.classifier.classify([Passage("글")])
    monkeypatch.setattr(assembly, "classifier", lambda _: Words())
    assert len(parts.classifier.classify([Passage("글")])) == 1
    assert parts.classifier.model == Words.model


def test_a_step_that_keeps_failing_is_told_once(world: World) -> None:
    def ended(error: str | None) -> None:
        world.pass_time(minutes=1)
        world.store.runs.record(Run("group", world.now, world.now, 0, int(error is not None), error))
        health.watch(world.store, world.parts, world.now)

    ended("no")
    ended("no")
    ended(None)
    ended("no")
    ended("no")
    assert world.store.outbox.list(everything=True) == []
    ended("no")
    ended("no")
    ended(None)
    codes = [row.message.dedup_key.split("/")[1] for row in reversed(world.store.outbox.list(everything=True))]
    assert codes == ["step_failing", "step_recovered"]


def test_a_channel_that_refuses_for_good_is_told_and_never_of_itself(world: World) -> None:
    class Refusing:
        def send(self, message: object, previous: str | None) -> str | None:
            raise DeliveryFailed("no such mailbox", permanent=True)

    world.parts = replace(world.parts, notifiers=dict.fromkeys(world.parts.notifiers, Refusing()))
    post = world.post("브레이크가 안 들었대요 topic=safety !", followers=900_000)
    world.measure(post, views=40_000)
    for _ in range(4):
        world.tick()
        health.watch(world.store, world.parts, world.now)
        world.pass_time(minutes=1)
    assert world.store.outbox.dead()
    codes = [row.message.dedup_key.split("/")[1] for row in world.store.outbox.list(everything=True) if row.incident_id is None]
    assert codes == ["delivery_dead"]


def test_trouble_with_the_database_goes_straight_to_the_channels_and_not_each_minute(world: World, tmp_path: Path) -> None:
    file = tmp_path / "damaged.db"
    file.write_bytes(b"this is no database, it is a letter " * 200)
    daemon = Daemon(world.parts, [], str(file))
    for _ in range(3):
        daemon._tick()
    assert ["데이터베이스" in message.subject for message in world.kept.messages] == [True]
    assert "damaged" in world.kept.messages[0].headline


def test_a_step_that_finds_the_disk_full_is_trouble_with_the_database(world: World) -> None:
    pipeline = Pipeline(world.store, world.parts)
    pages = world.store._db.value("PRAGMA page_count")
    world.store._db.rows(f"PRAGMA max_page_count = {pages}")
    for number in range(400):
        try:
            world.store.put_state(f"filler {number}", b"x" * 4000)
        except StoreError:
            break
    with pytest.raises(StoreError, match="full"):
        pipeline._timed("group", lambda: world.store.put_state("large", b"x" * 400_000) or Outcome(), world.now)
        world.store.put_state("more", b"x" * 400_000)
    assert pipeline.database_error is not None


# ---- what a pass that left something out is


def test_a_broken_record_is_told_and_no_failure(beat: Beat) -> None:
    beat.publish()
    beat.stub.stories[40_000_000]["created_at_i"] = "yesterday"
    pipeline = beat.collect()
    assert pipeline.failed == []
    run = next(run for run in beat.world.store.runs.latest() if run.step == f"collect {NAME}")
    assert (run.failed, run.error, run.pages) == (0, None, 2)
    assert run.problems is not None and "left out" in run.problems
