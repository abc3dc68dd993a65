"""What staff do: once however often, by whomever first, from wherever, written down; and the living message follows."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import World, parts_for
from storing import WATCH, assessment, at, decision, incident, message, story

from monitor import actions, assembly, config, messages
from monitor.alerting.living import EVERY, should_update
from monitor.domain import Action, Message, Reason, Severity, Shown, Status, Watch
from monitor.errors import DeliveryFailed, MonitorError, NotFound
from monitor.pipeline import delivering, living
from monitor.pipeline.deciding import pressure
from monitor.pipeline.showing import shown
from monitor.store import Store
from monitor.store.rows import message_of, message_text

SCRATCHES = (
    "새 차에 흠집 투성이로 왔어요 topic=damage_loss !",
    "어제 받은 새 차 문짝 흠집 실화냐 topic=damage_loss !",
    "탁송 받은 신차 범퍼 흠집 보상도 안해줌 topic=damage_loss !",
    "신차 흠집 나서 왔는데 탁송 기사 모른다고만 topic=damage_loss !",
    "차 받자마자 흠집 발견 이게 새 차냐 topic=damage_loss !",
    "탁송 차량 흠집 보상 문의했더니 답이 없네요 topic=damage_loss !",
)
SETTINGS = config.with_watches(config.defaults(), (Watch(WATCH, (WATCH,)),))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "staff.db") as opened:
        story(opened)
        opened.incidents.add_assessment(assessment(1))
        opened.incidents.transition(1, Status.TRIGGERED, "monitor", at(6), "first")
        opened.incidents.mark_alerted(1, Severity.HIGH, at(6))
        yield opened


def press(store: Store, action: str, who: str = "kim", minute: float = 10, number: int = 1, **more: object) -> actions.Outcome:
    return actions.act(store, SETTINGS, action, number, who, f"slack:{who}", at(minute), **more)  # type: ignore[arg-type]


# ---- one entry for what staff do

PRESSES = [Action.ACKNOWLEDGE, Action.ASSIGN, Action.HANDLED, Action.NOT_OURS, Action.SILENCE, Action.RESOLVE, Action.CONFIRM]


@pytest.mark.parametrize("action", PRESSES)
def test_a_second_press_changes_nothing_and_says_so(store: Store, action: Action) -> None:
    first = press(store, action)
    before = store.incidents.history(), store.incidents.get(1), store.incidents.silences(at(11))
    second = press(store, action, minute=11)
    assert (first.changed, first.refused, second.changed, second.refused) == (True, False, False, False)
    assert second.code.startswith("act.already_")
    assert (store.incidents.history(), store.incidents.get(1), store.incidents.silences(at(11))) == before
    for outcome in (first, second):
        for language in ("ko", "en"):
            assert messages.say(outcome.code, language, **outcome.values)


def test_the_second_person_is_told_about_the_first(store: Store) -> None:
    press(store, "acknowledge", "kim")
    second = press(store, "acknowledge", "lee", 11)
    assert "kim" in messages.say(second.code, "ko", **second.values)
    assert store.incidents.last_move(1).who == "kim"  # type: ignore[union-attr]


def test_every_change_says_who_when_and_where_from(store: Store) -> None:
    press(store, "assign", "kim", 10)
    actions.act(store, SETTINGS, "handled", 1, "lee@example.com", "link", at(20))
    rows = [(row.at, row.who, row.origin, row.action, row.became) for row in store.incidents.history(1)]
    assert rows == [
        (at(6), "monitor", "", "status", "triggered"),
        (at(10), "kim", "slack:kim", "status", "acknowledged"),
        (at(10), "kim", "slack:kim", "assign", "kim"),
        (at(20), "lee@example.com", "link", "status", "resolved"),
        (at(20), "lee@example.com", "link", "confirm", None),
    ]
    assert {row.origin for row in store.incidents.history() if row.action == "label"} == {"link"}


def test_assign_to_me_acknowledges_and_somebody_else_may_take_over(store: Store) -> None:
    press(store, "assign", "kim")
    assert (store.incidents.get(1).status, store.incidents.get(1).assigned_to) == (Status.ACKNOWLEDGED, "kim")
    taken = press(store, "assign", "lee", 12)
    assert (taken.code, taken.values["before"]) == ("act.taken_over", "kim")
    assert store.incidents.get(1).assigned_to == "lee"


def test_handled_means_that_the_alert_was_right(store: Store) -> None:
    paid = pressure(store, SETTINGS.budget, at(10)).price
    press(store, "handled")
    assert store.incidents.get(1).confirmed_at == at(10)
    assert pressure(store, SETTINGS.budget, at(10)).price < paid
    assert {correction.complaint for _, _, correction in store.posts.labels()} == {True}


def test_not_ours_can_be_taken_back_with_its_labels_and_is_no_news_then(store: Store) -> None:
    press(store, "acknowledge")
    press(store, "not_ours", minute=12)
    assert len(store.posts.labels()) == 5
    outcome = press(store, "undo", "lee", 14)
    back = store.incidents.get(1)
    assert (outcome.code, back.status, back.status_at, back.regressed) == ("act.undone", Status.ACKNOWLEDGED, at(10), False)
    assert store.posts.labels() == []
    assert [back.id for back in store.incidents.due(at(14))] == [1]
    assert press(store, "undo", minute=15).code == "act.nothing_to_undo"


def test_what_the_program_closed_is_not_undone(store: Store) -> None:
    store.incidents.transition(1, Status.RESOLVED, "monitor", at(9), "no new post for 72 hours")
    assert press(store, "undo").refused


@pytest.mark.parametrize("action", ["acknowledge", "assign"])
@pytest.mark.parametrize("closing", ["handled", "not_ours"])
def test_an_old_button_of_a_closed_incident_does_nothing(store: Store, action: str, closing: str) -> None:
    press(store, closing)
    outcome = press(store, action, "lee", 20)
    assert (outcome.refused, outcome.values["by"]) == (True, "kim")
    assert "undo 1" in messages.say(outcome.code, "en", **outcome.values)
    assert store.incidents.get(1).assigned_to is None


def test_a_duplicate_is_merged_into_the_older_one_once(store: Store) -> None:
    store.incidents.open(incident(2, status=Status.TRIGGERED), None)
    first = press(store, "duplicate", number=2, of=1)
    assert first.changed and store.incidents.get(2).merged_into == 1
    assert press(store, "duplicate", "lee", 12, number=2, of=1).code == "act.already_merged"
    assert press(store, "duplicate", "lee", 12, number=1, of=2).code == "act.already_merged"
    assert press(store, "acknowledge", number=2).code == "act.part_of"
    assert ("kim", "slack:kim", "merge") in [(row.who, row.origin, row.action) for row in store.incidents.history(1)]


def test_what_cannot_be_one_is_refused(store: Store) -> None:
    store.incidents.open(incident(2, watch="another"), None)
    store.incidents.open(incident(3), None)
    store.incidents.open(incident(4), None)
    press(store, "not_ours", number=3)
    refused = [(1, None), (1, 1), (2, 1), (4, 3)]
    assert all(press(store, "duplicate", number=number, of=of).refused for number, of in refused)
    assert not any(store.incidents.get(number).merged_into for number in (1, 2, 3, 4))


def test_a_silence_of_four_hours_is_set_once_and_ends(store: Store) -> None:
    press(store, "silence_4h")
    assert press(store, "silence_4h", "lee", 100).values["until"] == at(250)
    assert press(store, "silence_4h", "lee", 251).changed


def test_unknown_incidents_and_actions_are_errors(store: Store) -> None:
    with pytest.raises(NotFound):
        press(store, "acknowledge", number=99)
    with pytest.raises(MonitorError, match="no such action"):
        press(store, "drop tables")


def presser(path: str, who: str, start: object, told: object) -> None:
    with Store.open(path) as store:
        start.wait()  # type: ignore[attr-defined]
        outcomes = [press(store, action, who) for action in ("acknowledge", "silence_4h", "handled")]
        told.put([outcome.changed for outcome in outcomes])  # type: ignore[attr-defined]


def test_of_two_people_who_press_at_once_one_is_first(store: Store) -> None:
    """Two processes, each action by both: it happens once."""
    context = multiprocessing.get_context("spawn")
    start, told = context.Barrier(2), context.Queue()
    people = [context.Process(target=presser, args=(str(store.path), who, start, told)) for who in ("kim", "lee")]
    for person in people:
        person.start()
    answers = [told.get(timeout=60) for _ in people]
    for person in people:
        person.join(30)
    assert [sum(pair) for pair in zip(*answers, strict=True)] in ([1, 1, 1], [1, 0, 1])
    moves = [row.became for row in store.incidents.history(1) if row.action == "status" and row.who != "monitor"]
    assert moves.count("resolved") == 1 and moves.count("acknowledged") <= 1
    assert len([row for row in store.incidents.history(1) if row.action == "confirm"]) == 1
    assert len(store.incidents.all_silences()) == 1


# ---- the rule


SHOWN = Shown(at(0), Status.TRIGGERED, posts=10, reach=1, outlook=1, severity=Severity.HIGH, quotes=2)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": Status.ACKNOWLEDGED, "by": "kim"}, "living_acknowledged"),
        ({"status": Status.RESOLVED, "by": "kim"}, "living_resolved"),
        ({"status": Status.RESOLVED}, "living_closed"),
        ({"status": Status.DISMISSED, "by": "kim"}, "living_dismissed"),
        ({"assigned_to": "kim"}, "living_assigned"),
        ({"merged_into": 7, "status": Status.RESOLVED}, "living_merged"),
        ({"silenced_until": at(240)}, "living_silenced"),
        ({"quotes": 1}, "living_quote"),
    ],
)
def test_what_staff_did_and_deleted_quotes_are_shown_at_once(change: dict[str, object], code: str) -> None:
    because = should_update(SHOWN, replace(SHOWN, at=at(0.5), **change))  # type: ignore[arg-type]
    assert because is not None and because.code == code
    for language in ("ko", "en"):
        assert "living" not in messages.sentence(because, language)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"posts": 12}, "living_grown"),
        ({"reach": 2}, "living_spread"),
        ({"outlook": None}, "living_spread"),
        ({"severity": Severity.CRITICAL}, "living_severity"),
        ({"posts": 11}, None),
        ({}, None),
    ],
)
def test_growth_is_shown_every_ten_minutes_at_most(change: dict[str, object], code: str | None) -> None:
    soon, later = (replace(SHOWN, at=at(0) + wait, **change) for wait in (EVERY - timedelta(seconds=1), EVERY))  # type: ignore[arg-type]
    assert should_update(SHOWN, soon) is None
    because = should_update(SHOWN, later)
    assert (because and because.code) == code


def test_what_is_closed_does_not_grow() -> None:
    closed = replace(SHOWN, status=Status.RESOLVED)
    assert should_update(closed, replace(closed, at=at(99), posts=99, reach=9)) is None


# ---- the living message


class Wall:
    """A channel that shows messages, replaces them in place, and can be out of order."""

    updates = True

    def __init__(self) -> None:
        self.shown: dict[str, Message] = {}
        self.sounds: list[Message] = []
        self.refreshed: list[Message] = []
        self.down: DeliveryFailed | None = None

    def send(self, message: Message, previous: str | None) -> str | None:
        if self.down:
            raise self.down
        assert not message.update
        self.sounds.append(message)
        handle = previous or f"h{len(self.shown)}"
        self.shown[handle] = message
        return handle

    def update(self, message: Message, handle: str) -> None:
        if self.down:
            raise self.down
        assert message.update and handle in self.shown
        self.refreshed.append(message)
        self.shown[handle] = message


@pytest.fixture
def wall(world: World) -> Wall:
    wall = Wall()
    world.parts = replace(world.parts, notifiers=dict.fromkeys(world.parts.notifiers, wall))
    return wall


def alerted(world: World) -> int:
    """Scratched cars, told to staff; what they are shown is up to date."""
    world.quiet_days(8)
    for text in SCRATCHES:
        world.post(text)
        world.tick()
        world.pass_time(minutes=4)
    world.tick()
    for channel in world.parts.notifiers.values():
        if isinstance(channel, Wall):
            channel.refreshed.clear()
    return world.spoken()[0].incident.id


def act(world: World, action: str, number: int, who: str = "kim", **more: object) -> actions.Outcome:
    return actions.act(world.store, world.parts.settings, action, number, who, "cli", world.now, **more)  # type: ignore[arg-type]


def labels_of(message: Message) -> list[str]:
    return [button.action.value for button in message.buttons]


def test_an_alert_has_buttons_in_the_receivers_language(world: World, wall: Wall) -> None:
    number = alerted(world)
    (first, *_) = wall.sounds
    assert labels_of(first) == ["acknowledge", "assign", "handled", "not_ours", "duplicate", "silence_4h"]
    assert {button.value for button in first.buttons} == {str(number)}
    assert [button.style for button in first.buttons] == ["primary", None, None, "danger", None, None]
    assert first.buttons[0].label == "확인"


def test_the_daemon_shows_at_its_next_tick_what_staff_did(world: World, wall: Wall) -> None:
    number = alerted(world)
    sounds = len(wall.sounds)
    act(world, "acknowledge", number)
    world.tick()
    (shown,) = wall.shown.values()
    assert (shown.update, shown.badge) == (True, "높음 · 확인됨")
    assert shown.lines[0] == "Kim이 확인했습니다." and "kim" in shown.facts[0].value
    assert "acknowledge" not in labels_of(shown) and labels_of(shown)[0] == "assign"
    act(world, "assign", number, "lee")
    world.tick()
    assert any("lee" in fact.value for fact in next(iter(wall.shown.values())).facts)
    act(world, "not_ours", number, "lee")
    world.tick()
    (shown,) = wall.shown.values()
    assert (shown.badge, shown.buttons, shown.actions) == ("높음 · 우리 문제 아님", (), ())
    act(world, "undo", number)
    world.tick()
    assert next(iter(wall.shown.values())).badge == "높음 · 확인됨"
    assert len(wall.sounds) == sounds, "none of this makes a sound"
    assert len(world.spoken()) == 1


def test_nothing_is_shown_anew_while_nothing_changes(world: World, wall: Wall) -> None:
    number = alerted(world)
    act(world, "acknowledge", number)
    world.tick()
    refreshed = len(wall.refreshed)
    for _ in range(5):
        world.pass_time(minutes=1)
        world.tick()
    assert len(wall.refreshed) == refreshed


def test_growth_is_shown_in_place(world: World, wall: Wall) -> None:
    number = alerted(world)
    before = world.store.incidents.get(number).posts
    for text in SCRATCHES:
        world.post("또 " + text)
    world.pass_time(minutes=11)
    world.tick()
    assert world.store.incidents.get(number).posts > 1.2 * before
    assert str(world.store.incidents.get(number).posts) in wall.refreshed[-1].lines[0]
    refreshed = len(wall.refreshed)
    for text in SCRATCHES:
        world.post("또 또 " + text)
        world.post("다시 또 " + text)
    world.pass_time(minutes=5)
    world.tick()
    assert len(wall.refreshed) == refreshed, "not before ten minutes have passed"
    world.pass_time(minutes=6)
    world.tick()
    assert len(wall.refreshed) == refreshed + 1


def test_a_resolution_speaks_once_and_is_not_updated_besides(world: World, wall: Wall) -> None:
    number = alerted(world)
    act(world, "handled", number)
    world.tick()
    assert wall.sounds[-1].reason is Reason.RESOLVED
    refreshed = len(wall.refreshed)
    world.pass_time(minutes=30)
    world.tick()
    assert len(wall.refreshed) == refreshed
    assert next(iter(wall.shown.values())).buttons == ()


def test_only_the_newest_of_waiting_updates_is_sent(world: World, wall: Wall) -> None:
    number = alerted(world)
    wall.down = DeliveryFailed("down")
    for action in ("acknowledge", "assign", "not_ours", "undo"):
        act(world, action, number, "lee")
        world.pass_time(minutes=1)
        world.tick()
    waiting = world.store.outbox.list()
    assert len(waiting) == 1 and waiting[0].message.update
    wall.down = None
    world.pass_time(hours=2)
    world.tick()
    assert len(wall.refreshed) == 1 and wall.refreshed[0].badge == "높음 · 확인됨"
    assert world.store.outbox.list() == []


def test_a_message_that_somebody_removed_is_not_tried_again(world: World, wall: Wall) -> None:
    number = alerted(world)
    wall.down = DeliveryFailed("message_not_found", permanent=True)
    act(world, "acknowledge", number)
    for _ in range(3):
        world.tick()
        world.pass_time(minutes=1)
    assert world.store.outbox.list() == [] and world.store.outbox.dead() == []
    assert len([row for row in world.store.outbox.list(everything=True) if row.message.update]) == 1


def test_an_update_waits_for_the_alert_that_it_updates(world: World, wall: Wall) -> None:
    wall.down = DeliveryFailed("down")
    number = alerted(world)
    act(world, "acknowledge", number)
    world.tick()
    assert not any(row.message.update for row in world.store.outbox.list())
    wall.down = None
    world.pass_time(hours=2)
    world.tick()
    world.tick()
    assert len(wall.sounds) == 1
    assert next(iter(wall.shown.values())).badge.endswith("확인됨")


def test_a_merged_incident_says_so_where_it_was_told(world: World, wall: Wall) -> None:
    number = alerted(world)
    world.post("앱이 자꾸 꺼져요 로그인 불가 topic=app_website !")
    world.tick()
    other = max(one.id for one in world.store.incidents.live())
    act(world, "duplicate", number, of=other)
    world.tick()
    older = min(number, other)
    (shown,) = wall.shown.values()
    assert {button.value for button in shown.buttons} <= {str(older)}
    assert world.store.incidents.get(older).posts > 6


def test_of_two_told_incidents_that_are_one_the_younger_only_points_to_the_older(store: Store) -> None:
    wall, settings = Wall(), SETTINGS
    parts = parts_for(settings, assembly.Kept())
    parts = replace(parts, notifiers=dict.fromkeys(parts.notifiers, wall))
    ((receiver, channel), *_) = parts.notifiers
    store.incidents.open(incident(2, status=Status.TRIGGERED, severity=Severity.HIGH), None)
    store.incidents.add_assessment(assessment(2))
    store.incidents.mark_alerted(2, Severity.HIGH, at(7))
    for number in (1, 2):
        spoken = store.incidents.add_decision(decision(number), None)
        shows = shown(store, settings, store.incidents.get(number), 0, at(8))
        text = message(f"{number}.1", f"incident-{number}")
        store.outbox.enqueue(spoken, number, receiver, channel, text, at(8), shown=shows)
    delivering.deliver(store, parts, at(8))
    press(store, "duplicate", number=2, of=1)
    assert living.keep_up(store, parts, at(11)).done == 1
    delivering.deliver(store, parts, at(11))
    younger, older = (next(one for one in wall.shown.values() if one.thread == f"incident-{number}") for number in (2, 1))
    assert younger.badge == "높음 · 합침" and younger.buttons == () and "1번" in younger.facts[0].value
    assert not older.update
    press(store, "acknowledge", minute=13)
    living.keep_up(store, parts, at(14))
    delivering.deliver(store, parts, at(14))
    (older,) = (one for one in wall.shown.values() if one.thread == "incident-1")
    assert older.badge.endswith("확인됨")
    assert living.keep_up(store, parts, at(40)).done == 0


def test_a_silence_is_shown_and_so_is_its_end(world: World, wall: Wall) -> None:
    number = alerted(world)
    act(world, "silence_4h", number)
    world.tick()
    (shown,) = wall.shown.values()
    assert "silence_4h" not in labels_of(shown) and any(fact.label == "알림 중지" for fact in shown.facts)
    world.pass_time(hours=4, minutes=1)
    world.tick()
    assert "silence_4h" in labels_of(next(iter(wall.shown.values())))


def test_a_deleted_quote_is_replaced(world: World, wall: Wall) -> None:
    alerted(world)
    (shown,) = wall.shown.values()
    quoted = next(
        post for post in map(world.store.posts.get, (f"x:{n}" for n in range(1, 200))) if post and shown.quotes[0].text in post.text
    )
    world.gone(quoted)
    world.tick()
    (after,) = wall.shown.values()
    assert len(after.quotes) == 3
    assert shown.quotes[0].text not in [quote.text for quote in after.quotes]


def test_a_rehearsal_shows_nothing_and_other_channels_get_no_updates(world: World, wall: Wall) -> None:
    number = alerted(world)
    settings = world.parts.settings
    silent = replace(settings, monitor=replace(settings.monitor, mode="silent"))
    assert wall.refreshed == []
    act(world, "acknowledge", number)
    world.parts = replace(world.parts, settings=silent)
    world.tick()
    assert wall.refreshed == []
    before = len(world.store.outbox.list(everything=True))
    world.parts = replace(parts_for(settings, assembly.Kept()))
    world.tick()
    assert len(world.store.outbox.list(everything=True)) == before


def test_response_times_are_there_for_the_report(world: World, wall: Wall) -> None:
    number = alerted(world)
    told_at = world.store.incidents.get(number).alerted_at
    assert told_at is not None
    world.pass_time(minutes=10)
    act(world, "acknowledge", number)
    world.pass_time(hours=1)
    act(world, "handled", number, "lee")
    (response,) = world.store.incidents.responses(told_at, world.now)
    assert (response.incident_id, response.severity, response.acknowledged_by) == (number, Severity.HIGH, "kim")
    assert response.acknowledged_at is not None and response.ended_at is not None
    assert (response.ended_as, response.ended_by) == (Status.RESOLVED, "lee")
    assert response.ended_at - response.acknowledged_at == timedelta(hours=1)
    assert world.store.incidents.responses(world.now, world.now + timedelta(days=1)) == []


def test_messages_of_old_databases_are_read() -> None:
    """Stored before there were buttons: neither buttons nor an update."""
    text = message_text(message()).replace(',"update":false,"buttons":[]', "")
    assert (message_of(text, None).buttons, message_of(text, None).update) == ((), False)
