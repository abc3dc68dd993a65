"""Messages about ourselves and about several incidents at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from conftest import World, parts_for

from monitor.collectors.jsonl import Options
from monitor.config import Collector
from monitor.domain import Reason, Run, Severity
from monitor.pipeline import Pipeline, health, housekeeping, rounds


def with_collector(world: World) -> None:
    source = Collector("boards", "jsonl", timedelta(minutes=5), Options("x.jsonl"))  # type: ignore[arg-type]
    world.parts = parts_for(replace(world.parts.settings, collectors=(source,)), world.kept)


def collected(world: World, error: str | None = None) -> None:
    world.store.runs.record(Run("collect boards", world.now, world.now, 1, int(error is not None), error))


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


def test_over_the_page_cap_one_storm_page_names_every_critical_incident(world: World) -> None:
    texts = (
        "전기차가 물에 잠겨 감전될 뻔했습니다 topic=safety !",
        "배송 트럭 브레이크가 안 들어서 신호를 그냥 지나갔대요 topic=partner_subcontractor !",
        "부두 창고에서 불이 났는데 연기가 마을까지 옵니다 topic=damage_loss !",
        "개인정보가 통째로 털려서 스팸 전화만 하루 열 통 topic=privacy !",
        "사무실 직원이 어르신께 소리지르며 밀쳤다고 하네요 topic=staff_behaviour !",
    )
    for text in texts:
        post = world.post(text, followers=900_000)
        world.measure(post, views=40_000, likes=900)
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
