"""What was deleted, edited or forgotten leaves no trace: its words are searched for in the raw bytes of the database and its log."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import MONDAY, World, parts_for

from monitor import actions, assembly
from monitor.collectors import Page
from monitor.config import Settings
from monitor.domain import Fact, Message, Post
from monitor.errors import DeliveryFailed
from monitor.pipeline import Memory, Pipeline, collecting
from monitor.store import Limits, Store

SECRETS = ("꿻뷁쀍쨻", "zyxqvorpal")
"""Words that nothing else holds; Hangul is indexed by pairs of syllables, so each pair is searched for."""
TROUBLES = (
    "새 차에 흠집 투성이로 왔어요 topic=damage_loss !",
    "어제 받은 새 차 문짝 흠집 실화냐 topic=damage_loss !",
    "탁송 받은 신차 범퍼 흠집 보상도 안해줌 topic=damage_loss !",
    "신차 흠집 나서 왔는데 탁송 기사 모른다고만 topic=damage_loss !",
    "차 받자마자 흠집 발견 이게 새 차냐 topic=damage_loss !",
)


class Board:
    """A channel that shows messages and can replace what it shows."""

    updates = True

    def __init__(self) -> None:
        self.shown: dict[str, Message] = {}
        self.down = False

    def send(self, message: Message, previous: str | None) -> str | None:
        handle = previous or f"h{len(self.shown)}"
        self.shown[handle] = message
        return handle

    def update(self, message: Message, handle: str) -> None:
        if self.down:
            raise DeliveryFailed("down")
        assert handle in self.shown
        self.shown[handle] = message


def traces(file: Path) -> list[str]:
    """Where the secret words stand: in the database, its log, its shared memory."""
    found = []
    for path in (file, file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")):
        content = path.read_bytes() if path.exists() else b""
        for secret in (*SECRETS, *(SECRETS[0][place : place + 2] for place in range(3))):
            found += [f"{secret} in {path.name}"] if secret.encode() in content or secret.encode("utf-16-le") in content else []
    return found


def words_in(message: Message) -> str:
    return repr(message)


@pytest.fixture
def durable(tmp_path: Path, settings: Settings) -> Iterator[World]:
    """A world as it is kept on disk."""
    board = Board()
    with Store.open(tmp_path / "world.db") as store:
        parts = parts_for(settings, assembly.Kept())
        world = World(store, replace(parts, notifiers=dict.fromkeys(parts.notifiers, board)), assembly.Kept())  # type: ignore[arg-type]
        world.board = board  # type: ignore[attr-defined]
        yield world


def story(world: World, around: int = 300) -> Post:
    """A crisis whose loudest post holds the secret words, told to staff in every way, in the midst of other posts."""
    draw = random.Random(5)
    world.quiet_days(8)
    secret = None
    for number, text in enumerate(TROUBLES):
        words = f"{SECRETS[0]} {text} {SECRETS[1]} 정말 너무합니다" if number == 2 else text
        post = world.post(words, author="culprit" if number == 2 else None, followers=50_000)
        secret = post if number == 2 else secret
        world.measure(post, views=9_000 if number == 2 else 300, likes=90)
        world.tick()
        world.pass_time(minutes=4)
        for _ in range(around // 5):
            world.post("".join(chr(0xAC00 + draw.randrange(0, 4000)) for _ in range(draw.randrange(10, 200))))
    world.pass_time(hours=2)
    world.tick()
    assert secret is not None
    return secret


def listed_in_a_digest(world: World, post: Post) -> None:
    """A message that lists incidents has their titles; this one's title was made from the post, as it may be."""
    store = world.store
    number = store.incidents.of_post(post.id, "한울오토")
    assert number is not None
    store.incidents.retitle(number, f"흠집 · {SECRETS[1]}")
    one = store.outbox.list(everything=True)[0].message
    facts = (Fact(f"{number}번", f"높음 — 흠집 · {SECRETS[1]}"),)
    listing = replace(one, thread="digest-2026", dedup_key="digest/1", facts=facts, quotes=(), update=False)
    store.outbox.enqueue(None, None, *next(iter(world.parts.notifiers)), listing, world.now)


def test_the_story_leaves_traces_everywhere_before(durable: World) -> None:
    """Else the others show nothing: the words stand in text, title, message, and on the channel."""
    post = story(durable)
    store = durable.store
    assert store.posts.search(SECRETS[1])
    assert any(SECRETS[0] in words_in(row.message) for row in store.outbox.list(everything=True))
    assert any(SECRETS[0] in words_in(message) for message in durable.board.shown.values())  # type: ignore[attr-defined]
    assert traces(Path(store.path))
    assert store.posts.get(post.id) is not None


def deleted(world: World, post: Post) -> None:
    world.gone(post)


def edited(world: World, post: Post) -> None:
    changed = replace(post, text="한울오토 흠집이 났는데 보상을 받았으면 합니다 topic=damage_loss !")
    with world.store.transaction():
        collecting.keep(world.store, world.parts.matcher, Page(edited=[changed]), world.now)


def forgotten(world: World, post: Post) -> None:
    actions.forget(world.store, "culprit", "kim", world.now)


def old(world: World, post: Post) -> None:
    for incident in world.store.incidents.live():
        actions.dismiss(world.store, incident.id, "kim", world.now)
    world.pass_time(days=2000)
    world.tick()
    world.store.prune(Limits.of(world.now))


@pytest.mark.parametrize("how", [deleted, edited, forgotten, old])
def test_no_trace_remains(durable: World, how: Callable[[World, Post], None]) -> None:
    post = story(durable)
    world, store, file = durable, durable.store, Path(durable.store.path)
    listed_in_a_digest(world, post)
    Pipeline(store, world.parts).keep_house(world.now)  # the daily removal, which sweeps by itself, is done for today
    how(world, post)
    world.pass_time(minutes=1)
    for _ in range(3):
        world.tick()
        Pipeline(store, world.parts, world.memory).watch_ourselves(world.now)
        Pipeline(store, world.parts, world.memory).keep_house(world.now)
        world.pass_time(hours=2)
    assert store.posts.search(SECRETS[1]) == []
    assert not any(SECRETS[0] in words_in(row.message) for row in store.outbox.list(everything=True))
    assert traces(file) == [], "while the store is open"
    if how is not old:
        assert not any(SECRETS[0] in words_in(message) for message in world.board.shown.values())  # type: ignore[attr-defined]
    store.close()
    assert traces(file) == [], "after it was closed"


def test_no_trace_remains_of_many_that_go_one_by_one(durable: World) -> None:
    """Pages are split, merged and rebuilt meanwhile; what lies between their cells counts too."""
    draw, store = random.Random(3), durable.store
    posts = [durable.post(f"mark{number:04}q " + "글" * draw.randrange(1, 500)) for number in range(600)]
    durable.tick()
    doomed = sorted(draw.sample(range(600), 200))
    for place in doomed:
        durable.gone(posts[place])
        if place % 25 == 0:
            durable.post("다음 글 " * draw.randrange(1, 300))
    durable.tick()
    Pipeline(store, durable.parts).keep_house(durable.now)
    content = Path(store.path).read_bytes() + Path(f"{store.path}-wal").read_bytes()
    assert [place for place in doomed if f"mark{place:04}q".encode() in content] == []
    assert all(f"mark{place:04}q".encode() in content for place in range(600) if place not in set(doomed))


def test_a_post_that_is_deleted_before_its_alert_went_out_is_not_in_it(durable: World) -> None:
    world = durable
    board, quiet = world.board, assembly.Kept()  # type: ignore[attr-defined]

    class Down:
        def send(self, message: Message, previous: str | None) -> str | None:
            raise DeliveryFailed("down")

    up = dict.fromkeys(world.parts.notifiers, board)
    world.parts = replace(world.parts, notifiers=dict.fromkeys(world.parts.notifiers, Down()))  # type: ignore[arg-type]
    post = story(world)
    assert any(SECRETS[0] in words_in(row.message) for row in world.store.outbox.list())
    world.gone(post)
    world.parts = replace(world.parts, notifiers=up)
    world.pass_time(hours=3)
    world.tick()
    assert board.shown and quiet.messages == []
    assert not any(SECRETS[0] in words_in(message) for message in board.shown.values())


def test_a_channel_that_is_down_takes_the_update_later(durable: World) -> None:
    world, board = durable, durable.board  # type: ignore[attr-defined]
    post = story(world)
    board.down = True
    world.gone(post)
    world.tick()
    assert any(SECRETS[0] in words_in(message) for message in board.shown.values())
    board.down = False
    world.pass_time(hours=2)
    world.tick()
    assert not any(SECRETS[0] in words_in(message) for message in board.shown.values())
    assert world.store.outbox.to_update(world.now, 9) == []


# ---- edits


def edit(world: World, post: Post, text: str) -> None:
    with world.store.transaction():
        collecting.keep(world.store, world.parts.matcher, Page(edited=[replace(post, text=text)]), world.now)


def test_an_edited_complaint_keeps_its_place_and_is_judged_anew(world: World) -> None:
    first = world.post(TROUBLES[0])
    world.post(TROUBLES[1])
    world.tick()
    before = world.store.incidents.of_post(first.id, "한울오토")
    edit(world, first, "한울오토 새 차 흠집에 이제는 기사까지 발뺌합니다 topic=staff_behaviour !")
    assert world.store.posts.waiting()[next(iter(world.store.posts.waiting()))] == 1
    world.tick()
    (judged,) = world.store.posts.judgements(first.id)
    assert (judged.labels.topic, judged.incident_id) == ("staff_behaviour", before)
    assert [post.id for post in world.store.posts.search("발뺌")] == [first.id]
    assert sum(world.store.posts.waiting().values()) == 0


def test_an_edit_that_takes_the_complaint_back_leaves_the_incident(world: World) -> None:
    first = world.post(TROUBLES[0])
    second = world.post(TROUBLES[1])
    world.tick()
    incident = world.store.incidents.of_post(second.id, "한울오토")
    edit(world, second, "한울오토 해결됐습니다 감사합니다 :)")
    world.tick()
    assert world.store.incidents.of_post(second.id, "한울오토") is None
    assert world.store.incidents.of_post(first.id, "한울오토") == incident
    assert incident is not None and world.store.incidents.get(incident).posts == 1


def test_an_edit_that_begins_to_complain_is_grouped(world: World) -> None:
    post = world.post("오늘 받았습니다")
    world.tick()
    edit(world, post, f"한울오토 {TROUBLES[0]}")
    world.tick()
    assert world.store.incidents.of_post(post.id, "한울오토") is not None


def test_an_edit_that_names_nobody_any_more_is_no_business_of_ours(world: World) -> None:
    post = world.post(TROUBLES[0])
    world.tick()
    edit(world, post, "(내용 없음)")
    world.tick()
    assert world.store.posts.get(post.id) is None
    assert world.store.incidents.get(1).posts == 0


def test_the_same_text_and_unknown_posts_change_nothing(world: World) -> None:
    post = world.post(TROUBLES[0])
    world.tick()
    edit(world, post, post.text)
    edit(world, replace(post, id="x:unknown"), "한울오토 다른 글 !")
    assert sum(world.store.posts.waiting().values()) == 0
    world.gone(post)
    edit(world, post, "한울오토 되살아난 글 !")
    found = world.store.posts.get(post.id)
    assert found is not None and found.text == ""


def test_memory_is_rebuilt_without_the_words(world: World) -> None:
    post = world.post(TROUBLES[0])
    world.tick()
    world.gone(post)
    world.pass_time(minutes=3)
    world.post(TROUBLES[1])
    world.tick()
    assert world.memory.grouper is not None
    assert isinstance(world.memory, Memory) and world.now + timedelta(days=1) > MONDAY
