"""What is special to Bluesky; what all collectors must do is in test_collectors.py."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import SHARED

from monitor.collectors import Page
from monitor.collectors.bluesky import Bluesky, Options
from monitor.collectors.bluesky.posts import MALFORMED, id_of, post_of, post_of_record, uri_of
from monitor.decode import Secret
from monitor.domain import Author, Engagement, Post, Precision
from monitor.errors import AuthFailed, RateLimited, Unavailable
from tests.checks.collectors import WATCH
from tests.platforms.bluesky import HANDLE, PASSWORD, BlueskyStub, error, options
from tests.platforms.stub import Answer, Fault

RECORDED = SHARED / "contracts" / "bluesky"


@pytest.fixture
def stub() -> Iterator[BlueskyStub]:
    with BlueskyStub() as running:
        assert isinstance(running, BlueskyStub)
        yield running


def collector(stub: BlueskyStub, signed_in: bool = True, **more: Any) -> Bluesky:
    return Bluesky("bsky", options(stub, signed_in, **more), (WATCH,), stub.clock)


def posts(pages: list[Page]) -> dict[str, Post]:
    return {post.id: post for page in pages for post in page.posts}


def cursor_of(pages: list[Page]) -> str:
    return [page.cursor for page in pages if page.cursor][-1]


def searches(stub: BlueskyStub) -> list[dict[str, str]]:
    return [dict(asked.query) for asked in stub.asked if asked.path.endswith("searchPosts")]


def test_a_post_its_author_and_its_counts(stub: BlueskyStub) -> None:
    at = stub.clock.now - timedelta(minutes=5)
    above = stub.publish("hello", at, 1)
    strong = {"uri": above, "cid": "bafy"}
    media = {"$type": "app.bsky.embed.recordWithMedia", "record": {"$type": "app.bsky.embed.record", "record": strong}, "media": {}}
    uri = stub.publish("Hanul Auto를 기다립니다", at, 2, langs=["ko", "en"], reply={"root": strong, "parent": strong}, embed=media)
    stub.views[uri].update(likeCount=3, replyCount=2, repostCount=5, quoteCount=1)
    stub.account(2, followersCount=77)
    pages = list(collector(stub).pages(None))
    did, key = stub.account(2), uri.rpartition("/")[2]
    parent = id_of(above)
    assert posts(pages) == {
        f"bluesky:{did}/{key}": Post(
            f"bluesky:{did}/{key}", "bluesky", "Hanul Auto를 기다립니다", at, f"https://bsky.app/profile/{did}/post/{key}",
            f"bluesky:{did}", "ko", reply_to=parent, quote_of=parent,
        )
    }  # fmt: skip
    assert [author for page in pages for author in page.authors] == [Author(f"bluesky:{did}", "bluesky", "person2.example.com", 77)]
    counts = Engagement(f"bluesky:{did}/{key}", stub.clock.now, 3, 2, 6)
    assert [count for page in pages for count in page.engagement] == [counts]
    assert uri_of(counts.post_id) == uri


def test_only_authors_of_posts_that_mention_a_watch_are_asked_for(stub: BlueskyStub) -> None:
    at = stub.clock.now - timedelta(minutes=5)
    stub.publish("hanul auto late again", at, 1)
    stub.publish("HANUL AUTO and 한울오토", at, 1)
    list(collector(stub).pages(None))
    assert [asked.lists["actors"] for asked in stub.asked if asked.path.endswith("getProfiles")] == [[stub.account(1)]]
    list(collector(stub, followers=False).pages(None))
    assert sum(asked.path.endswith("getProfiles") for asked in stub.asked) == 1


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_burst_of_5000_arrives_complete(stub: BlueskyStub, signed_in: bool) -> None:
    watched = collector(stub, signed_in, followers=False)
    cursor = cursor_of(list(watched.pages(None)))
    for number in range(5000):
        stub.publish(f"한울오토 {number}", stub.clock.now + timedelta(milliseconds=40 * number), number)
    stub.clock.go_on(minutes=5)
    pages = list(watched.pages(cursor))
    assert len(posts(pages)) == 5000
    assert not [page.hole for page in pages if page.hole]
    assert len(searches(stub)) <= 64


def test_without_a_password_more_posts_at_one_moment_than_a_page_leave_a_hole(stub: BlueskyStub) -> None:
    watched = collector(stub, False)
    cursor = cursor_of(list(watched.pages(None)))
    known = stub.clock.now
    for number in range(150):
        stub.publish(f"한울오토 {number}", known + timedelta(minutes=1), number)
    stub.clock.go_on(minutes=2)
    pages = list(watched.pages(cursor))
    (hole,) = [page.hole for page in pages if page.hole]
    assert len(posts(pages)) == 100
    assert hole.until == known + timedelta(minutes=1)
    assert hole.since < hole.until


def test_a_page_token_that_has_expired_costs_nothing(stub: BlueskyStub) -> None:
    for number in range(250):
        stub.publish(f"한울오토 {number}", stub.clock.now - timedelta(seconds=number), number)
    stub.plant(Fault("stale", error("InvalidRequest", "cursor has expired"), only=lambda asked: asked.query.get("cursor") == "100"))
    pages = list(collector(stub, followers=False).pages(None))
    assert stub.struck == ["stale"]
    assert len(posts(pages)) == 250


def test_a_pass_asks_each_term_once_and_sees_nothing_twice_over(stub: BlueskyStub) -> None:
    watched = collector(stub)
    assert [query.text for query in watched.queries()] == ['"한울오토"', '"hanul auto"']
    cursor = cursor_of(list(watched.pages(None)))
    before = len(searches(stub))
    stub.clock.go_on(minutes=5)
    assert not posts(list(watched.pages(cursor)))
    assert len(searches(stub)) - before == 2
    assert searches(stub)[-1]["since"] == "2026-10-31T02:30:00.000Z"  # the mark of an empty walk is its floor, less the overlap


def test_the_session_is_renewed_and_made_anew_when_it_cannot_be(stub: BlueskyStub) -> None:
    stub.life = 1
    watched = collector(stub)
    list(watched.pages(None))
    stub.refreshing.clear()
    list(watched.pages(None))
    methods = Counter(asked.path.rpartition(".")[2] for asked in stub.asked)
    assert methods["createSession"] == 2
    assert methods["refreshSession"] >= 2
    assert methods["searchPosts"] >= 4


def test_a_wrong_password_is_told_without_showing_it(stub: BlueskyStub) -> None:
    settings = options(stub)
    wrong = Bluesky("bsky", type(settings)(HANDLE, Secret("nope-nope", "X"), stub.base_url, stub.base_url), (WATCH,), stub.clock)
    with pytest.raises(AuthFailed) as refused:
        list(wrong.pages(None))
    assert "Invalid identifier or password" in str(refused.value)
    stub.plant(Fault("echo", Answer.of({"error": "X", "message": f"no {PASSWORD}"}, 500)))
    with pytest.raises(Unavailable) as failed:
        list(collector(stub).pages(None))
    assert PASSWORD not in str(failed.value)


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (error("AccountTakedown", "Account has been taken down"), AuthFailed),
        (error("BadQueryString", "no"), Unavailable),
        (Answer.of({"error": "UpstreamFailure"}), Unavailable),
        (Answer.of([]), Unavailable),
    ],
)
def test_what_the_service_says_instead(stub: BlueskyStub, answer: Answer, raised: type[Exception]) -> None:
    stub.plant(Fault("said", answer, only=lambda asked: asked.path.endswith("searchPosts")))
    with pytest.raises(raised):
        list(collector(stub).pages(None))


def test_a_rate_limit_says_in_its_own_header_when_it_ends(stub: BlueskyStub) -> None:
    ends = str(int(stub.clock.now.timestamp()) + 90)
    stub.plant(Fault("429", Answer.of({"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}, 429, ratelimit_reset=ends)))
    with pytest.raises(RateLimited) as limited:
        list(collector(stub, False).pages(None))
    assert limited.value.retry_after == 90


def test_posts_not_meant_for_everybody_stay_out_and_are_gone_when_looked_at_again(stub: BlueskyStub) -> None:
    at = stub.clock.now - timedelta(minutes=5)
    label = {"src": stub.account(9), "uri": "at://x", "cts": "2026-11-02T00:00:00Z"}
    shy, down, free, over = (stub.publish(f"한울오토 {number}", at, number) for number in range(4))
    stub.views[shy]["author"]["labels"] = [{**label, "val": "!no-unauthenticated"}]
    stub.views[down]["labels"] = [{**label, "val": "!takedown"}]
    stub.views[free]["labels"] = [{**label, "val": "!warn"}, {**label, "val": "!hide", "neg": True}]
    stub.views[over]["labels"] = [{**label, "val": "!hide", "exp": "2026-11-01T00:00:00Z"}]
    watched = collector(stub)
    assert set(posts(list(watched.pages(None)))) == {id_of(free), id_of(over)}
    removed = stub.publish("한울오토", at)
    del stub.views[removed]
    ids = [str(id_of(uri)) for uri in (shy, down, free, over, removed)]
    (page,) = watched.refresh([*ids, "bluesky:nonsense", "x:1"])
    assert [line.post_id for line in page.gone] == [ids[0], ids[1], ids[4]]
    assert [line.post_id for line in page.engagement] == [ids[2], ids[3]]


def test_looks_25_posts_up_at_once(stub: BlueskyStub) -> None:
    ids = [str(id_of(stub.publish("한울오토", stub.clock.now, number))) for number in range(60)]
    pages = list(collector(stub).refresh(ids))
    assert [len(page.engagement) for page in pages] == [25, 25, 10]
    assert sum(asked.path.endswith("getPosts") for asked in stub.asked) == 3


def test_odd_times_missing_fields_and_malformed_posts(stub: BlueskyStub) -> None:
    now = stub.clock.now
    ahead = stub.publish("한울오토 ahead", now - timedelta(minutes=1), 1, createdAt="2031-01-01T00:00:00Z")
    never = stub.publish("한울오토 never", now - timedelta(minutes=2), 2, createdAt="yesterday")
    odd = stub.publish("한울오토 odd", now - timedelta(minutes=3), 3, createdAt="2026-11-02T11:56:59.9996543+09:00", langs=[], reply=None)
    for name in ("likeCount", "replyCount", "repostCount", "quoteCount"):
        stub.views[odd][name] = None
    stub.views[odd]["author"]["handle"] = "handle.invalid"
    broken = stub.publish("한울오토 broken", now - timedelta(minutes=4), 4)
    stub.views[broken]["author"] = None
    pages = list(collector(stub, followers=False).pages(None))
    found = posts(pages)
    first, second, third = (found[str(id_of(uri))] for uri in (ahead, never, odd))
    assert (first.created_at, first.time_precision) == (now - timedelta(minutes=1), Precision.SEEN)
    assert (second.created_at, second.time_precision) == (now - timedelta(minutes=2), Precision.SEEN)
    assert third.created_at == datetime(2026, 11, 2, 2, 56, 59, 999654, tzinfo=UTC)
    assert (third.language, third.reply_to, third.time_precision) == (None, None, Precision.SECOND)
    assert {author.handle for page in pages for author in page.authors if author.id == third.author_id} == {None}
    assert {(line.likes, line.shares) for page in pages for line in page.engagement if line.post_id == third.id} == {(None, None)}
    assert [problem for page in pages for problem in page.problems] == [
        "a post was left out: AttributeError 'NoneType' object has no attribute 'get'"
    ]


def test_a_password_needs_its_handle() -> None:
    with pytest.raises(ValueError, match="handle must"):
        Options(app_password=Secret("x", "X"))


# ---- recorded answers and the official schemas


def parse_recorded(folder: Path = RECORDED) -> dict[str, Any]:
    """Read every recorded post: how many there are, what each field of ours is filled with, what was left out and why.

    Real records and a thread as they were answered; views from the snapshots of the service's own tests, whose addresses are masked.
    """
    found: list[Post] = []
    dropped: Counter[str] = Counter()
    answers = [path.read_text(encoding="utf-8") for path in sorted((folder / "sdk_test_data").glob("*.json"))]
    for path in sorted((folder / "snapshots").glob("*.snap")):
        text = re.sub(r"record\((\d+)\)", r"at://did:plc:masked/app.bsky.feed.post/\1", path.read_text(encoding="utf-8"))
        answers += [re.sub(r",(\s*[}\]])", r"\1", shown) for shown in re.findall(r"= `\n([{\[].*?)\n`;", text, re.DOTALL)]
    for answer in answers:
        for kind, value in _posts_in(json.loads(answer)):
            try:
                found.append(post_of(value) if kind == "view" else _single(value))
            except MALFORMED as error:
                dropped[f"{type(error).__name__} {error}"] += 1
    filled = Counter(field.name for post in found for field in fields(Post) if getattr(post, field.name) is not None)
    return {"posts": found, "fields": dict(filled), "dropped": dict(dropped)}


def _single(value: dict[str, Any]) -> Post:
    post_id = id_of(value["uri"])
    assert post_id is not None
    return post_of_record(post_id, value["value"], datetime(2026, 11, 2, tzinfo=UTC))


def _posts_in(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, list):
        for part in value:
            yield from _posts_in(part)
    elif isinstance(value, dict):
        if "/app.bsky.feed.post/" in str(value.get("uri")) and ("record" in value or "value" in value):
            yield ("view" if "indexedAt" in value and "record" in value else "record"), value
        for part in value.values():
            yield from _posts_in(part)


@pytest.mark.skipif(not RECORDED.exists(), reason="shared data is absent")
def test_recorded_posts_parse() -> None:
    found = parse_recorded()
    assert len(found["posts"]) == 256
    assert {name: found["fields"][name] for name in ("text", "language", "reply_to", "quote_of")} == {
        "text": 256,
        "language": 24,
        "reply_to": 58,
        "quote_of": 59,
    }
    assert not found["dropped"]


@pytest.mark.skipif(not RECORDED.exists(), reason="shared data is absent")
def test_questions_and_the_stub_keep_to_the_lexicons(stub: BlueskyStub) -> None:
    strong = {"uri": "at://did:plc:a/app.bsky.feed.post/b", "cid": "bafy"}
    for number in range(120):
        stub.publish(f"한울오토 {number}", stub.clock.now - timedelta(seconds=number), number % 3, reply={"root": strong, "parent": strong})
    said: list[tuple[str, Any]] = []
    answer = stub.answer

    def listening(asked: Any) -> Answer:
        told = answer(asked)
        said.append((asked.path.removeprefix("/xrpc/"), json.loads(told.body)))
        return told

    stub.answer = listening  # type: ignore[method-assign]
    watched = collector(stub)
    list(watched.refresh(sorted(posts(list(watched.pages(None))))))
    lexicons = Lexicons(RECORDED / "lexicons")
    for asked in stub.asked:
        lexicons.check_question(asked.path.removeprefix("/xrpc/"), asked.lists)
    assert {method for method, _ in said} >= {"app.bsky.feed.searchPosts", "app.bsky.feed.getPosts", "app.bsky.actor.getProfiles"}
    for method, told in said:
        lexicons.check_answer(method, told)


class Lexicons:
    """The parts of the schema language that these answers need."""

    def __init__(self, folder: Path):
        self.defs = {
            f"{lexicon['id']}#{name}": definition
            for path in folder.rglob("*.json")
            for lexicon in [json.loads(path.read_text(encoding="utf-8"))]
            for name, definition in lexicon["defs"].items()
        }

    def check_question(self, method: str, lists: Any) -> None:
        main = self.defs.get(f"{method}#main")
        if main is None:
            return
        known = main["parameters"]["properties"]
        assert set(lists) <= set(known)
        assert set(main["parameters"].get("required", ())) <= set(lists)
        for name, values in lists.items():
            if known[name]["type"] == "integer":
                assert known[name]["minimum"] <= int(values[0]) <= known[name]["maximum"]
            assert len(values) <= known[name].get("maxLength", 1)

    def check_answer(self, method: str, told: Any) -> None:
        if method == "app.bsky.actor.getProfiles":
            for profile in told["profiles"]:
                self.check(self.defs["app.bsky.actor.defs#profileViewDetailed"], profile, "app.bsky.actor.defs")
        elif f"{method}#main" in self.defs:
            self.check(self.defs[f"{method}#main"]["output"]["schema"], told, method)
            for view in told["posts"]:
                self.check(self.defs["app.bsky.feed.post#main"]["record"], view["record"], "app.bsky.feed.post")

    def check(self, schema: dict[str, Any], value: Any, home: str) -> None:
        kind = schema["type"]
        if kind == "ref":
            name = schema["ref"] if "#" in schema["ref"] and not schema["ref"].startswith("#") else (home + schema["ref"])
            name = name if "#" in name else f"{schema['ref']}#main"
            if name in self.defs:
                self.check(self.defs[name], value, name.partition("#")[0])
        elif kind == "object":
            assert set(schema.get("required", ())) <= set(value), (home, value)
            for key, part in schema["properties"].items():
                if key in value:
                    self.check(part, value[key], home)
        elif kind == "array":
            for one in value:
                self.check(schema["items"], one, home)
        elif kind in ("string", "integer", "boolean"):
            assert isinstance(value, {"string": str, "integer": int, "boolean": bool}[kind])
            if schema.get("format") == "datetime":
                assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value)
