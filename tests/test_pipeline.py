from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import World, parts_for

from monitor import actions, assembly, config, demo
from monitor.config import Topic
from monitor.domain import Kind, Post, Reason, Severity, Status, Step
from monitor.errors import DeliveryFailed
from monitor.pipeline import Pipeline
from monitor.pipeline.deciding import pressure
from monitor.pipeline.topics import OwnTopics

SCRATCHES = (
    "새 차에 흠집 투성이로 왔어요 topic=damage_loss !",
    "어제 받은 새 차 문짝 흠집 실화냐 topic=damage_loss !",
    "탁송 받은 신차 범퍼 흠집 보상도 안해줌 topic=damage_loss !",
    "신차 흠집 나서 왔는데 탁송 기사 모른다고만 topic=damage_loss !",
    "차 받자마자 흠집 발견 이게 새 차냐 topic=damage_loss !",
    "탁송 차량 흠집 보상 문의했더니 답이 없네요 topic=damage_loss !",
)


SCRATCHES_AGAIN = (
    "또 신차 흠집! 이번엔 탁송 차 본네트에 흠집 났네요 topic=damage_loss !",
    "나도 오늘 받은 새 차 뒷문에 흠집 있음 탁송하다 그랬겠지 topic=damage_loss !",
    "이 탁송 회사 아직도 신차 흠집 내고 다니나 범퍼 긁혀서 옴 topic=damage_loss !",
    "새 차 흠집 보상은 받으셨나요 저도 탁송 받고 문짝 흠집 topic=damage_loss !",
    "탁송 기사님이 차 내리다 범퍼 흠집 냈는데 모른 척 topic=damage_loss !",
    "신차 인수하자마자 흠집 세 군데 탁송 보상 문의 중 topic=damage_loss !",
)


def burst(world: World, views: int | None = None, texts: tuple[str, ...] = SCRATCHES) -> None:
    for number, text in enumerate(texts):
        post = world.post(text)
        if views is not None:
            world.measure(post, views=views * (number + 1), likes=number)
        world.tick()
        world.pass_time(minutes=4)


def test_a_burst_of_different_people_is_alerted_once_and_the_message_arrives(world: World) -> None:
    world.quiet_days(8)
    burst(world)
    spoken = world.spoken()
    assert [judgement.decision.reason for judgement in spoken] == [Reason.FIRST]
    incident = world.store.incidents.get(spoken[0].incident.id)
    assert (incident.status, incident.topic) == (Status.TRIGGERED, "damage_loss")
    assert incident.authors >= 3
    assert len(world.kept.messages) == 1
    assert "흠집" in "".join(quote.text for quote in world.kept.messages[0].quotes)


def test_a_backlog_may_come_back_to_a_trouble_that_it_opened_days_before(world: World) -> None:
    world.quiet_days(8)
    world.post(SCRATCHES[0])
    world.pass_time(days=4)
    world.post(SCRATCHES_AGAIN[0])
    world.post(SCRATCHES[0], repost_of=world.post(SCRATCHES_AGAIN[2]).id)
    world.tick()
    assert sum(incident.posts for incident in world.store.incidents.live()) >= 3


def test_one_angry_author_posting_ten_times_is_no_incident(world: World) -> None:
    world.quiet_days(8)
    for number in range(10):
        world.post(f"{SCRATCHES[number % 6]} 벌써 {number}번째 쓴다", author="angry")
        world.tick()
        world.pass_time(minutes=5)
    assert world.spoken() == []


def test_reposts_are_reach_and_no_new_complainants(world: World) -> None:
    first = world.post(SCRATCHES[0])
    world.tick()
    for number in range(5):
        world.post(SCRATCHES[0], author=f"fan{number}", repost_of=first.id)
    world.tick()
    incident = world.store.incidents.live()[0]
    assert (incident.posts, incident.authors) == (6, 1)


def test_a_repost_without_our_name_still_spreads_what_it_passes_on(world: World) -> None:
    first = world.post(SCRATCHES[0])
    world.tick()
    world.feed([Post("x:r1", "x", "이거 봐", world.now, author_id="x:fan", repost_of=first.id)], [])
    world.tick()
    assert world.store.incidents.live()[0].posts == 2


def test_a_single_post_whose_forecast_crosses_is_alerted(world: World) -> None:
    world.quiet_days(4)
    post = world.post(SCRATCHES[0], followers=500_000)
    for views in (300, 900, 1_800, 2_900, 3_800, 4_600):
        world.measure(post, views=views, likes=views // 40)
        world.tick()
        world.pass_time(minutes=10)
    spoken = world.spoken()
    assert spoken
    assert spoken[0].assessment.authors == 1
    assert spoken[0].decision.at < world.store.incidents.crossings()[0][1] if world.store.incidents.crossings() else True


def test_nothing_measured_means_unknown_and_only_emergence_speaks(world: World) -> None:
    world.quiet_days(8)
    burst(world)
    judgement = world.spoken()[0]
    assert judgement.assessment.reach is None
    assert judgement.assessment.forecast is None
    assert judgement.assessment.emergence.emerging


def test_an_acknowledged_incident_is_silent_until_it_gets_worse(world: World) -> None:
    world.quiet_days(8)
    burst(world)
    incident_id = world.spoken()[0].incident.id
    actions.acknowledge(world.store, incident_id, "kim", world.now)
    before = len(world.spoken())
    burst(world)
    assert len(world.spoken()) == before
    assert {j.decision.reason for j in world.judgements[-3:] if j.incident.id == incident_id} == {Reason.ACKNOWLEDGED}


def test_a_wave_of_attention_without_a_complaint_opens_an_incident(world: World) -> None:
    world.quiet_days(8)
    for number in range(60):
        world.post(f"뉴스 {number}: 개인정보 유출 조사 착수 소식 매체{number * 7}에서 전함 이야기{number}")
        world.tick()
        world.pass_time(minutes=1)
    spoken = world.spoken()
    assert spoken
    assert spoken[0].incident.kind is Kind.ATTENTION


def test_an_alarm_that_an_alerted_incident_explains_opens_no_second_one(world: World) -> None:
    world.quiet_days(8)
    for _ in range(3):
        burst(world, views=3)
    assert len({judgement.incident.id for judgement in world.spoken()}) == 1
    assert not [i for i in world.store.incidents.live() if i.kind is Kind.ATTENTION]


def test_incidents_close_by_themselves_and_staff_hear_of_it(world: World) -> None:
    world.quiet_days(8)
    burst(world)
    incident_id = world.spoken()[0].incident.id
    for _ in range(40):
        world.pass_time(hours=3)
        world.tick()
    assert world.store.incidents.get(incident_id).status is Status.RESOLVED
    assert world.kept.messages[-1].reason is Reason.RESOLVED


def test_silent_mode_records_and_sends_nothing(world: World) -> None:
    settings = world.parts.settings
    world.parts = replace(world.parts, settings=replace(settings, monitor=replace(settings.monitor, mode="silent")))
    world.quiet_days(8)
    burst(world)
    assert world.kept.messages == []
    assert Reason.SILENT_MODE in {judgement.decision.reason for judgement in world.judgements}


def test_a_step_alone_leaves_the_next_one_its_work(world: World) -> None:
    world.post(SCRATCHES[0])
    pipeline = Pipeline(world.store, world.parts)
    pipeline.step("group", world.now)
    assert world.store.posts.waiting()[Step.COLLECTED] == 1
    pipeline.step("classify", world.now)
    assert world.store.posts.waiting()[Step.CLASSIFIED] == 1
    pipeline.step("group", world.now)
    assert world.store.posts.waiting()[Step.GROUPED] == 1
    pipeline.step("assess", world.now)
    assert sum(world.store.posts.waiting().values()) == 0
    assert len(world.store.incidents.undecided()) == 1
    pipeline.step("decide", world.now)
    assert world.store.incidents.undecided() == []


def test_a_channel_that_is_down_loses_nothing(world: World) -> None:
    class Flaky(assembly.Kept):
        down = True

        def send(self, message, previous):  # type: ignore[no-untyped-def]
            if self.down:
                raise DeliveryFailed("down")
            return super().send(message, previous)

    flaky = Flaky()
    world.parts = replace(world.parts, notifiers=dict.fromkeys(world.parts.notifiers, flaky))
    world.quiet_days(8)
    burst(world)
    assert flaky.messages == []
    flaky.down = False
    world.now += timedelta(hours=2)
    world.tick()
    assert len(flaky.messages) == 1


def test_posts_from_the_future_are_judged_now(world: World) -> None:
    world.post(SCRATCHES[0], created_at=world.now + timedelta(days=400))
    world.tick()
    assert world.store.incidents.live()[0].opened_at == world.now


def test_what_staff_add_is_judged_like_any_other_post(world: World) -> None:
    post = actions.add(world.store, world.parts.settings.watches, "탁송 기사가 욕을 했대요! https://example.com/1", None, "kim", world.now)
    world.tick()
    assert post.url == "https://example.com/1"
    assert world.store.incidents.live()[0].posts == 1


def test_a_resolved_incident_regresses_when_the_same_trouble_comes_back(world: World) -> None:
    world.quiet_days(8)
    burst(world)
    incident_id = world.spoken()[0].incident.id
    actions.resolve(world.store, incident_id, "kim", world.now)
    world.pass_time(days=2)
    burst(world, texts=SCRATCHES_AGAIN)
    incident = world.store.incidents.get(incident_id)
    assert incident.regressed
    assert incident.status is Status.TRIGGERED
    assert [j.decision.reason for j in world.spoken() if j.incident.id == incident_id].count(Reason.FIRST) == 2


def test_a_dismissed_incident_swallows_nothing(world: World) -> None:
    world.post(SCRATCHES[0])
    world.tick()
    dismissed = world.store.incidents.live()[0].id
    actions.dismiss(world.store, dismissed, "kim", world.now)
    world.pass_time(minutes=5)
    world.post(SCRATCHES[1])
    world.tick()
    assert [incident.id for incident in world.store.incidents.live()] != [dismissed]
    assert world.store.incidents.get(dismissed).posts == 1


def test_staff_merge_and_split_stick(world: World) -> None:
    first = world.post(SCRATCHES[0])
    second = world.post("앱이 자꾸 꺼져요 로그인 불가 topic=app_website !")
    world.tick()
    one, two = sorted(incident.id for incident in world.store.incidents.live())
    actions.merge(world.store, one, two, "kim", world.now)
    assert world.store.incidents.get(one).posts == 2
    apart = actions.split(world.store, one, [second.id], "kim", world.now)
    world.pass_time(minutes=20)
    world.tick()
    assert world.store.incidents.of_post(first.id, "한울오토") == one
    assert world.store.incidents.of_post(second.id, "한울오토") == apart.id


def test_a_confirmation_gives_the_price_back_and_a_dismissal_does_not(world: World) -> None:
    world.quiet_days(8)
    burst(world)
    incident_id = world.spoken()[0].incident.id
    settings = world.parts.settings
    paid = pressure(world.store, settings.budget, world.now).price
    actions.confirm(world.store, settings, incident_id, "kim", world.now)
    assert pressure(world.store, settings.budget, world.now).price < paid
    assert world.store.posts.labels()


def test_a_second_confirmation_gives_nothing_back(world: World) -> None:
    world.post(SCRATCHES[0])
    world.tick()
    settings, incident_id = world.parts.settings, world.store.incidents.live()[0].id
    before = pressure(world.store, settings.budget, world.now).price
    actions.confirm(world.store, settings, incident_id, "kim", world.now)
    assert pressure(world.store, settings.budget, world.now).price == before, "nobody was alerted: nothing was paid"
    world.store.incidents.mark_alerted(incident_id, Severity.HIGH, world.now)
    actions.confirm(world.store, settings, incident_id, "kim", world.now)
    assert pressure(world.store, settings.budget, world.now).price == before


def test_a_repost_in_the_same_batch_joins_what_it_passes_on(world: World) -> None:
    first = world.post(SCRATCHES[0])
    world.feed([Post("x:r1", "x", "이거 봐", world.now, author_id="x:fan", quote_of=first.id)], [])
    world.tick()
    assert world.store.incidents.live()[0].posts == 2


def test_the_views_count_complaints_by_the_configured_threshold(world: World) -> None:
    settings = world.parts.settings
    world.parts = replace(world.parts, settings=replace(settings, classifier=replace(settings.classifier, complaint_threshold=0.97)))
    world.post(SCRATCHES[0])
    world.tick()
    assert world.store.counts()["complaints"] == 0


@pytest.mark.parametrize(("language", "shown"), [("ko", "게이트 대기"), ("en", "gate queue")])
def test_an_alert_calls_a_companys_own_topic_by_its_name(world: World, language: str, shown: str) -> None:
    settings = config.with_language(world.parts.settings, language)
    own = Topic("gate_queue", ko="게이트 대기", en="gate queue", any=("흠집",))
    world.parts = parts_for(replace(settings, topics=(own,)), world.kept)
    world.parts = replace(world.parts, classifier=OwnTopics(world.parts.classifier, (own,)))
    world.quiet_days(8)
    burst(world)
    assert world.spoken()[0].incident.topic == "gate_queue"
    assert shown in world.kept.messages[0].headline


def test_the_demo_counts_nothing_that_was_alerted_among_its_silences(world: World) -> None:
    world.post(SCRATCHES[0])
    world.post("앱이 자꾸 꺼져요 로그인 불가 topic=app_website !")
    world.post("창구에서 두 시간 기다렸는데 안내도 없네요 topic=customer_service !")
    last = {judgement.incident.id: judgement for judgement in world.tick()}
    quiet, *others = sorted(last)
    older, younger = others
    world.store.incidents.mark_alerted(younger, Severity.HIGH, world.now)
    actions.merge(world.store, older, younger, "kim", world.now)
    assert [incident.id for incident, _ in demo._silences(world.store, demo.Timeline(last=last))] == [quiet]
