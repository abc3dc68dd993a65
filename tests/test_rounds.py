"""Messages about ourselves and about several incidents at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from conftest import World, parts_for

from monitor import actions, alerting
from monitor.alerting import Hours
from monitor.collectors.jsonl import Options
from monitor.config import Collector
from monitor.domain import Because, Decision, Reason, Run, Severity, Status
from monitor.pipeline import Pipeline, health, housekeeping, rounds


def with_collector(world: World) -> None:
    source = Collector("boards", "jsonl", timedelta(minutes=5), Options("x.jsonl"))  # type: ignore[arg-type]
    world.parts = parts_for(replace(world.parts.settings, collectors=(source,)), world.kept)


def collected(world: World, error: str | None = None, done: int = 0) -> None:
    world.store.runs.record(Run("collect boards", world.now, world.now, done, int(error is not None), error))


def test_a_silent_collector_is_told_once_and_so_is_its_return(world: World) -> None:
    with_collector(world)
    collected(world)
    world.pass_time(minutes=14)
    health.watch(world.store, world.parts, world.now)
    world.store.outbox.claim_due(world.now, 10, timedelta(minutes=1))
    assert world.store.outbox.list(everything=True) == []
    world.pass_time(minutes=3)
    for _ in range(3):
        collected(world, "Unavailable")
        health.watch(world.store, world.parts, world.now)
        world.pass_time(minutes=5)
    assert len(world.store.outbox.list(everything=True)) == 1
    collected(world)
    health.watch(world.store, world.parts, world.now)
    health.watch(world.store, world.parts, world.now)
    told = world.store.outbox.list(everything=True)
    assert len(told) == 2
    assert all("boards" in row.message.subject for row in told)


def test_a_collector_that_never_worked_is_told_too(world: World) -> None:
    with_collector(world)
    collected(world, "AuthFailed")
    world.pass_time(minutes=16)
    health.watch(world.store, world.parts, world.now)
    assert len(world.store.outbox.list(everything=True)) == 1


GRAVE = (
    "전기차가 물에 잠겨 감전될 뻔했습니다 topic=safety !",
    "배송 트럭 브레이크가 안 들어서 신호를 그냥 지나갔대요 topic=partner_subcontractor !",
    "부두 창고에서 불이 났는데 연기가 마을까지 옵니다 topic=damage_loss !",
    "개인정보가 통째로 털려서 스팸 전화만 하루 열 통 topic=privacy !",
    "사무실 직원이 어르신께 소리지르며 밀쳤다고 하네요 topic=staff_behaviour !",
)


def five_at_once(world: World) -> None:
    for text in GRAVE:
        post = world.post(text, followers=900_000)
        world.measure(post, views=40_000, likes=900)


def test_over_the_page_cap_one_storm_page_names_every_critical_incident(world: World) -> None:
    five_at_once(world)
    world.tick()
    critical = [j for j in world.judgements if j.decision.severity is Severity.CRITICAL]
    assert len(critical) == 5
    pages = [j for j in critical if j.decision.notify]
    assert len(pages) == world.parts.settings.budget.pages_per_shift
    assert {j.decision.reason for j in critical if not j.decision.notify} == {Reason.RECEIVER_CAP}
    storms = [message for message in world.kept.messages if message.thread.startswith("storm")]
    assert len(storms) == 1
    assert len(storms[0].facts) == 5
    world.pass_time(minutes=30)
    world.tick()
    assert len([message for message in world.kept.messages if message.thread.startswith("storm")]) == 1


def test_a_rehearsal_counts_what_the_same_tick_would_have_said(world: World) -> None:
    settings = world.parts.settings
    world.parts = replace(world.parts, settings=replace(settings, monitor=replace(settings.monitor, mode="silent")))
    five_at_once(world)
    rehearsed = [judgement.decision.inputs for judgement in world.tick()]
    assert sum(inputs["would_notify"] for inputs in rehearsed) == world.parts.settings.budget.pages_per_shift


def test_a_bug_in_one_decision_undoes_none_that_spoke_before_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    five_at_once(world)
    decide, calls = alerting.decide, list[int]()

    def failing(situation: alerting.Situation, *rest: object) -> Decision:
        calls.append(situation.incident.id)
        if len(calls) == 4:
            raise ZeroDivisionError
        return decide(situation, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(alerting, "decide", failing)
    with pytest.raises(ZeroDivisionError):
        world.tick()
    assert len(world.store.incidents.undecided()) == 3  # the third was silent, and shared the fourth's transaction
    world.pass_time(minutes=1)
    world.tick()
    assert sorted(calls) == [1, 2, 3, 3, 4, 4, 5]
    assert len({message.dedup_key for message in world.kept.messages}) == len(world.kept.messages) == 3


def test_the_digest_comes_at_most_hourly(world: World) -> None:
    world.quiet_days(2)
    assert rounds.digest(world.store, world.parts, world.now).done == 0
    assert not [message for message in world.kept.messages if message.thread.startswith("digest")]


def test_old_posts_go_once_a_day(world: World) -> None:
    world.post("오래된 이야기")
    world.tick()
    world.pass_time(days=401)
    pipeline = Pipeline(world.store, world.parts)
    assert housekeeping.is_due(world.store, world.now)
    pipeline.keep_house(world.now)
    assert world.store.counts()["posts"] == 0
    assert not housekeeping.is_due(world.store, world.now)


def settled(world: World, **changed: object) -> None:
    """Change what one receiver or [monitor] says."""
    settings = world.parts.settings
    mode, receiver = changed.pop("mode", "live"), replace(settings.receivers[0], **changed)  # type: ignore[arg-type]
    monitor = replace(settings.monitor, mode=mode, timezone=ZoneInfo("UTC"))  # type: ignore[arg-type]
    world.parts = parts_for(replace(settings, monitor=monitor, receivers=(receiver,)), world.kept)


def left_to_the_digest(world: World) -> int:
    """An incident about which the latest decision was to leave it to the digest; its number."""
    world.post("새 차에 흠집 투성이로 왔어요 topic=damage_loss !")
    world.tick()
    incident = world.store.incidents.live()[0]
    world.store.incidents.add_decision(
        Decision(incident.id, world.now, Reason.DIGEST, False, Severity.MODERATE, Because("alerting_digest")), None
    )
    return incident.id


def digests(world: World) -> int:
    rounds.digest(world.store, world.parts, world.now)
    return len([row for row in world.store.outbox.list(everything=True) if row.message.thread.startswith("digest")])


def test_a_digest_waits_for_the_end_of_quiet_hours_and_loses_nothing(world: World) -> None:
    settled(world, quiet_hours=Hours.parse("00:00-07:00"))
    left_to_the_digest(world)
    for _ in range(6):
        assert digests(world) == 0
        world.pass_time(hours=1)
    world.pass_time(hours=1)
    assert digests(world) == 1
    world.pass_time(minutes=30)
    assert digests(world) == 1


def test_a_rehearsal_and_a_silence_keep_the_digest_back(world: World) -> None:
    settled(world, mode="silent")
    number = left_to_the_digest(world)
    assert digests(world) == 0
    settled(world, mode="live")
    silence = world.store.incidents.add_silence({"incident": str(number)}, world.now, world.now + timedelta(hours=2), "kim", "")
    assert digests(world) == 0
    world.store.incidents.expire_silence(silence, world.now)
    assert digests(world) == 1


def test_a_resolution_waits_for_the_end_of_quiet_hours(world: World) -> None:
    settled(world, quiet_hours=Hours.parse("10:00-12:00"))
    number = left_to_the_digest(world)
    receivers = (world.parts.settings.receivers[0].name,)
    world.store.incidents.add_decision(
        Decision(number, world.now, Reason.FIRST, True, Severity.HIGH, Because("alerting_repeat"), receivers=receivers), None
    )
    world.store.incidents.mark_alerted(number, Severity.HIGH, world.now)
    world.store.incidents.transition(number, Status.TRIGGERED, "kim", world.now)
    world.pass_time(hours=10, minutes=30)
    actions.resolve(world.store, number, "kim", world.now)
    world.tick()
    assert world.kept.messages == []
    world.pass_time(hours=1, minutes=30)
    world.tick()
    assert [message.reason for message in world.kept.messages] == [Reason.RESOLVED]


def test_a_source_with_some_broken_lines_is_not_silent(world: World) -> None:
    with_collector(world)
    for _ in range(8):
        collected(world, "boards.jsonl:7: not JSON", done=5)
        world.pass_time(minutes=5)
    health.watch(world.store, world.parts, world.now)
    assert world.store.outbox.list(everything=True) == []


def test_a_bug_in_a_step_is_no_good_pass(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.pipeline.judging.classify", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Pipeline(world.store, world.parts).step("classify", world.now)
    assert world.store.runs.last_good("classify") is None
    assert world.store.runs.latest()[0].failed == 1
