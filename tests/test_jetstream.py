"""What is special to Jetstream; what all collectors must do is in test_collectors.py."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from monitor.collectors import Page
from monitor.collectors.bluesky.posts import id_of
from monitor.collectors.jetstream import PER_PAGE, Jetstream
from monitor.domain import Author, Gone, Post
from monitor.errors import RateLimited, Unavailable
from monitor.matching import Matcher
from monitor.pipeline.collecting import keep
from monitor.store import Store
from tests.checks.collectors import WATCH
from tests.platforms.bluesky import error
from tests.platforms.jetstream import JetstreamStub, options, running
from tests.platforms.stub import Answer, Fault


@pytest.fixture
def stub() -> Iterator[JetstreamStub]:
    with running() as platform:
        yield platform


def collector(stub: JetstreamStub, **more: Any) -> Jetstream:
    return Jetstream("stream", options(stub, **more), (WATCH,), stub.clock)


def posts(pages: list[Page]) -> dict[str, Post]:
    return {post.id: post for page in pages for post in page.posts}


def cursor_of(pages: list[Page]) -> str:
    return [page.cursor for page in pages if page.cursor][-1]


def broken_off(stub: JetstreamStub, **more: Any) -> tuple[list[Page], Exception]:
    """The pages of a pass that fails, and how it fails."""
    pages: list[Page] = []
    with pytest.raises(Unavailable) as failure:
        for page in collector(stub, **more).pages(None):
            pages.append(page)  # noqa: PERF402
    return pages, failure.value


def test_a_post_is_found_named_and_counted(stub: JetstreamStub) -> None:
    at = stub.clock.now - timedelta(minutes=1)
    stub.publish("about something else", at, 1)
    uri = stub.publish("Hanul Auto 또 늦네요", at, 2, langs=["ko"])
    stub.account(2, followersCount=70)
    stub.views[uri].update(likeCount=3, repostCount=1, quoteCount=1)
    pages = list(collector(stub).pages(None))
    post_id, did = str(id_of(uri)), stub.account(2)
    url = f"https://bsky.app/profile/{did}/post/{uri.rpartition('/')[2]}"
    assert posts(pages) == {post_id: Post(post_id, "bluesky", "Hanul Auto 또 늦네요", at, url, f"bluesky:{did}", "ko")}
    assert [author for page in pages for author in page.authors] == [Author(f"bluesky:{did}", "bluesky", "person2.example.com", 70)]
    assert [(line.likes, line.shares) for page in pages for line in page.engagement] == [(3, 2)]
    (asked, *_) = stub.asked
    assert (asked.lists["collections"], asked.lists["kinds"]) == (["app.bsky.feed.post"], ["commit"])


def test_it_asks_for_posts_only_from_the_mark_less_the_overlap(stub: JetstreamStub) -> None:
    watched = collector(stub)
    cursor = cursor_of(list(watched.pages(None)))
    stub.clock.go_on(minutes=5)
    list(watched.pages(cursor))
    since = int(stub.asked[-1].query["cursor"])
    assert since == int(cursor) - 30_000_000
    assert stub.asked[0].query["cursor"] == str(int((stub.clock.now - timedelta(minutes=15)).timestamp()) * 1_000_000)


def test_what_is_deleted_is_gone_and_leaves_no_trace_of_what_was_never_ours(stub: JetstreamStub) -> None:
    now = stub.clock.now
    uri = stub.publish("한울오토 후회할 글", now)
    quick = stub.publish("한울오토 바로 지움", now)
    stub.delete(quick, now)
    watched = collector(stub)
    with Store.open(":memory:", durable=False) as store:
        first = list(watched.pages(None))
        assert set(posts(first)) == {str(id_of(uri))}
        stub.clock.go_on(minutes=5)
        stub.delete(uri, stub.clock.now)
        stub.delete("at://did:plc:zzzzzzzzzzzzzzzzzzzzzzzz/app.bsky.feed.post/3l3qo2vuowo2b", stub.clock.now)
        second = list(watched.pages(cursor_of(first)))
        for page in [*first, *second]:
            with store.transaction():
                keep(store, Matcher((WATCH,)), page, stub.clock.now)
        assert Gone(str(id_of(uri)), stub.clock.now, True) in [line for page in second for line in page.gone]
        assert "후회" not in "".join(post.text for post, _ in store.posts.unclassified(10))
        assert not list(store._db.rows("SELECT * FROM tombstones"))


def test_a_post_that_is_changed_is_told_as_edited(stub: JetstreamStub) -> None:
    uri = stub.publish("한울오토 첫 글", stub.clock.now)
    record = {**stub.views[uri]["record"], "text": "한울오토 고친 글"}
    stub.commit(uri, stub.clock.now, "update", record)
    pages = list(collector(stub).pages(None))
    assert [post.text for page in pages for post in page.edited] == ["한울오토 고친 글"]
    assert posts(pages)[str(id_of(uri))].text == "한울오토 고친 글"


def test_quotes_are_told_whatever_they_say_since_they_may_pass_on_what_we_hold(stub: JetstreamStub) -> None:
    uri = stub.publish("한울오토 늦음", stub.clock.now, 1)
    embed = {"$type": "app.bsky.embed.record", "record": {"uri": uri, "cid": "bafy"}}
    quote = stub.publish("이것 좀 보세요", stub.clock.now, 2, embed=embed)
    assert posts(list(collector(stub).pages(None)))[str(id_of(quote))].quote_of == id_of(uri)


def test_a_stream_that_does_not_reach_back_leaves_a_hole(stub: JetstreamStub) -> None:
    watched = collector(stub)
    mark = stub.clock.now
    cursor = cursor_of(list(watched.pages(None)))
    stub.publish("한울오토 놓친 글", stub.clock.now)
    stub.clock.go_on(hours=40)
    stub.publish("한울오토 남은 글", stub.clock.now)
    stub.clock.go_on(hours=8)
    pages = list(watched.pages(cursor))
    (hole,) = [page.hole for page in pages if page.hole]
    assert mark <= hole.since <= mark + timedelta(seconds=1)
    assert hole.until == mark + timedelta(hours=40)
    assert [post.text for post in posts(pages).values()] == ["한울오토 남은 글"]
    stub.plant(Fault("too old", error("CursorTooOld", "cursor is below the floor"), only=lambda asked: "cursor" in asked.query))
    (page,) = [page for page in watched.pages(cursor) if page.hole]
    assert page.hole is not None
    assert page.hole.until >= stub.clock.now


def test_a_server_that_breaks_off_loses_nothing_that_came_before(stub: JetstreamStub) -> None:
    for number in range(40):
        stub.publish(f"한울오토 {number}", stub.clock.now, number)
    stub.plant(Fault("cut", cut=True))
    pages, failure = broken_off(stub)
    assert 15 <= len(posts(pages)) < 25
    assert cursor_of(pages)
    assert "broke" in str(failure)
    stub.ended, stub.talks = True, False
    assert "ended" in str(broken_off(stub)[1])


def test_silence_is_an_error_even_if_the_server_gives_signs_of_life(stub: JetstreamStub) -> None:
    stub.talks = False
    begun = time.monotonic()
    assert "timed out" in str(broken_off(stub, silence=timedelta(seconds=0.4))[1])
    assert time.monotonic() - begun < 3


def test_the_servers_own_error_and_frames_that_are_no_events(stub: JetstreamStub) -> None:
    told = stub._told
    odd: list[Any] = [b"{", b"[1]", b"null", b'"x"', {"$type": "message"}, {"$type": "message", "payload": []}, b"[" * 100_000]
    stub._told = lambda cursor: iter([*odd, *told(cursor)])  # type: ignore[method-assign,assignment,list-item]
    (page,) = collector(stub).pages(None)
    assert page.problems == ["a frame was left out: it is no event"] * len(odd)
    stub._told = lambda cursor: iter([{"$type": "error", "error": "ConsumerTooSlow", "message": "bye"}])  # type: ignore[method-assign,assignment]
    assert "ConsumerTooSlow: bye" in str(broken_off(stub)[1])


def test_events_that_are_not_as_documented_are_left_out_one_by_one(stub: JetstreamStub) -> None:
    uri = stub.publish("한울오토", stub.clock.now)
    for record in (
        None,
        {},
        {"text": 1},
        {"text": "한울오토", "createdAt": 5},
        {"text": "한울오토", "createdAt": "never", "embed": {"record": []}},
    ):
        stub.commit(uri + "x", stub.clock.now, "create", record)
    stub.commit(uri + "y", stub.clock.now, "create", {"text": "한울오토"}, time="long ago", witnessedAt="long ago")
    stub.commit("at://nobody/app.bsky.feed.post/1", stub.clock.now, "delete")
    stub.commit(f"at://{stub.account(3)}/app.bsky.feed.like/1", stub.clock.now, "create", {"subject": {}})
    (page,) = collector(stub, hydrate=False).pages(None)
    assert len(page.posts) == 2
    assert len(page.problems) == 5
    assert page.cursor


def test_posts_arrive_though_their_counts_cannot_be_had(stub: JetstreamStub) -> None:
    for number in range(2):
        stub.publish(f"한울오토 {number}", stub.clock.now, number)
    stub.plant(Fault("429", Answer.of({}, 429, retry_after="70"), only=lambda asked: asked.path.endswith("getPosts")))
    pages = []
    with pytest.raises(RateLimited) as failure:
        for page in collector(stub).pages(None):
            pages.append(page)  # noqa: PERF402
    assert failure.value.retry_after == 70
    assert len(posts(pages)) == 2
    assert cursor_of(pages)


def test_people_who_do_not_want_to_be_seen_by_strangers_are_left_out(stub: JetstreamStub) -> None:
    uri = stub.publish("한울오토", stub.clock.now, 1)
    stub.views[uri]["author"]["labels"] = [{"val": "!no-unauthenticated"}]
    assert not posts(list(collector(stub).pages(None)))
    assert [line.post_id for page in collector(stub).refresh([str(id_of(uri))]) for line in page.gone] == [id_of(uri)]


def test_a_redirect_is_not_followed(stub: JetstreamStub) -> None:
    stub.plant(Fault("elsewhere", Answer(302, {"location": "ws://127.0.0.1:9/"}, b"")))
    with pytest.raises(Unavailable, match="no connection"):
        list(collector(stub).pages(None))


def test_a_pass_that_cannot_catch_up_goes_on_the_next_time(stub: JetstreamStub) -> None:
    for number in range(3):
        stub.publish(f"한울오토 {number}", stub.clock.now, number)
        stub.clock.go_on(seconds=1)
    watched = collector(stub, longest=timedelta(0), overlap=timedelta(0))
    found: dict[str, Post] = {}
    cursor: str | None = None
    for _ in range(4):
        pages = list(watched.pages(cursor))
        found |= posts(pages)
        cursor = str(int(cursor_of(pages)) + 1)
    assert len(found) == 3


def test_a_busy_stream_is_stored_in_small_pages(stub: JetstreamStub) -> None:
    for number in range(4_000):
        stub.publish("한울오토" if number % 20 == 0 else "good morning", stub.clock.now, number)
    pages = list(collector(stub, hydrate=False).pages(None))
    assert len(posts(pages)) == 200
    assert len(pages) >= 4_000 // PER_PAGE
    assert all(page.cursor for page in pages)


def test_what_is_asked_is_what_the_schema_knows(stub: JetstreamStub) -> None:
    """network.bsky.jetstream.subscribeEvents: these parameters and no others, the filters as whole words."""
    list(collector(stub).pages(None))
    lists = parse_qs(urlencode(dict(stub.asked[0].query)))
    assert set(lists) == {"cursor", "kinds", "collections", "maxMessageSizeBytes"}
    assert 10**15 <= int(lists["cursor"][0]) < 10**16
    assert json.loads(lists["maxMessageSizeBytes"][0]) <= 2**32 - 1
    assert Path(stub.asked[0].path).name == "network.bsky.jetstream.subscribeEvents"
