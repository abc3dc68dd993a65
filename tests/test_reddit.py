"""What is special to Reddit: praw kept from sleeping and from strange settings, closed communities, its window, recorded answers."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from praw.config import Config
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from monitor import collectors
from monitor.collectors import Page, web
from monitor.collectors.metering import Allowance, Meter
from monitor.collectors.reading import MALFORMED
from monitor.collectors.reddit import Options, Reddit
from monitor.collectors.reddit.link import Refused
from monitor.collectors.reddit.things import Thing
from monitor.decode import Secret
from monitor.domain import Author, Watch
from monitor.errors import AuthFailed, BudgetSpent, CollectFailed, RateLimited, Unavailable
from tests.conftest import SHARED
from tests.platforms.reddit import CLIENT, SECRET, RedditStub, collector, options
from tests.platforms.stub import Answer, Fault

PRAW, PRAWCORE = (SHARED / "contracts" / name / "cassettes" for name in ("praw", "prawcore"))


@pytest.fixture(autouse=True)
def _nobody_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError(f"something slept {seconds} s")

    monkeypatch.setattr(time, "sleep", sleep)


@pytest.fixture
def stub() -> Iterator[RedditStub]:
    with RedditStub() as started:
        yield started


def told(pages: Sequence[Page], what: str = "posts") -> list[Any]:
    return [thing for page in pages for thing in getattr(page, what)]


def last_cursor(pages: Sequence[Page]) -> str | None:
    return next((page.cursor for page in reversed(pages) if page.cursor), None)


# ---- what it brings


def test_a_search_brings_posts_with_all_that_reddit_tells(stub: RedditStub) -> None:
    name = stub.submit("한울오토 배송 지연 R&amp;D", "3주째 &amp; 연락 없음", author="driver_7", score=41)
    stub.comment("저도요", name)
    stub.submit("다른 이야기")
    [page] = list(collector(stub).pages(None))
    [post], [measured] = page.posts, page.engagement
    assert (post.id, post.text, post.created_at) == (f"reddit:{name}", "한울오토 배송 지연 R&amp;D\n3주째 & 연락 없음", stub.clock.now)
    assert (post.author_id, post.community, post.reply_to, post.repost_of) == ("reddit:driver_7", "r/koreadrivers", None, None)
    assert post.url == f"https://www.reddit.com/r/koreadrivers/comments/{name[3:]}/글/"
    assert page.authors == (Author("reddit:driver_7", "reddit", "driver_7", None),)
    assert (measured.likes, measured.replies, measured.shares, measured.views) == (41, 1, None, None)


def test_chosen_communities_are_read_whole_with_their_comments(stub: RedditStub) -> None:
    name = stub.submit("오늘 고속도로", sub="KoreaDrivers")
    first = stub.comment("한울오토 트럭 봤어요", name)
    second = stub.comment("저도요", name, parent=first, score_hidden=True)
    stub.submit("한울오토", sub="elsewhere")
    pages = list(collector(stub, search=False, subreddits=("KoreaDrivers", "koreadrivers")).pages(None))
    posts = {post.id: post for post in told(pages)}
    assert set(posts) == {f"reddit:{name}", f"reddit:{first}", f"reddit:{second}"}
    assert (posts[f"reddit:{first}"].reply_to, posts[f"reddit:{second}"].reply_to) == (f"reddit:{name}", f"reddit:{first}")
    likes = {row.post_id: row.likes for row in told(pages, "engagement")}
    assert (likes[f"reddit:{first}"], likes[f"reddit:{second}"]) == (1, None)
    assert [asked.path for asked in stub.asked[1:]] == ["/r/koreadrivers/new", "/r/koreadrivers/comments/"]


def test_search_keeps_to_the_chosen_communities(stub: RedditStub) -> None:
    here = stub.submit("한울오토 문의", sub="koreadrivers")
    stub.submit("한울오토 문의", sub="elsewhere")
    pages = list(collector(stub, search_in=("koreadrivers", "evowners")).pages(None))
    assert [post.id for post in told(pages)] == [f"reddit:{here}"]


def test_a_crosspost_passes_the_first_post_on(stub: RedditStub) -> None:
    first = stub.submit("한울오토 파손", sub="koreadrivers")
    stub.submit("한울오토 파손", sub="evowners", crosspost_of=first)
    posts = told(list(collector(stub).pages(None)))
    assert [post.repost_of for post in posts] == [f"reddit:{first}", None]


def test_deleted_and_removed_entries_of_a_listing_are_skipped_and_authors_may_be_unknown(stub: RedditStub) -> None:
    stub.suspended.add("driver_9")
    kept = stub.submit("한울오토 계정 정지", author="driver_9")
    stub.submit("한울오토", "[removed]")
    stub.submit("한울오토", more={"removed_by_category": "moderator"})
    [page] = list(collector(stub).pages(None))
    assert [(post.id, post.author_id) for post in page.posts] == [(f"reddit:{kept}", None)]
    assert not page.authors and not page.gone and not page.problems


def test_one_broken_entry_is_a_problem_and_the_others_stay(stub: RedditStub) -> None:
    stub.submit("한울오토 1")
    for broken in ({"created_utc": "soon"}, {"title": None}, {"name": "t5_x"}, {"created_utc": 0}, {"created_utc": 1e300}, {"title": 7}):
        stub.submit("한울오토", more=broken)
    stub.submit("한울오토 2", more={"author": {"x": 1}, "score": "many", "num_comments": None, "permalink": 'x" onclick'})
    [page] = list(collector(stub).pages(None))
    assert [post.text for post in page.posts] == ["한울오토 2", "한울오토 1"]
    assert len(page.problems) == 6
    assert (page.posts[0].author_id, page.posts[0].url) == (None, None)
    assert (page.engagement[0].likes, page.engagement[0].replies) == (None, None)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
_FIELDS = ("id", "name", "author", "title", "selftext", "body", "created_utc", "score", "permalink", "subreddit", "parent_id", "edited")


@given(
    _JSON | st.fixed_dictionaries({"kind": st.sampled_from(["t1", "t3"]) | _JSON, "data": st.dictionaries(st.sampled_from(_FIELDS), _JSON)})
)
def test_nothing_that_reddit_could_say_breaks_more_than_its_entry(child: Any) -> None:
    with contextlib.suppress(MALFORMED):
        Thing.of(child)
    Thing.name_of(child)


def arriving(body: bytes) -> HTTPResponse:
    """A body as it comes from a socket."""
    return HTTPResponse(io.BytesIO(body), preload_content=False)


class Says(BaseAdapter):
    """Says the same to everything but the token request."""

    def __init__(self, answer: Answer):
        super().__init__()
        self.answer = answer

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        token = Answer.of({"access_token": "t", "expires_in": 86400, "scope": "*"})
        said = token if str(request.url).endswith("/access_token") else self.answer
        response = requests.Response()
        response.status_code, response.url, response.raw = said.status, str(request.url), arriving(said.body)
        response.headers.update(said.headers)
        return response

    def close(self) -> None:
        """Nothing is open."""


_HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "location", "www-authenticate", "content-length", "x-ratelimit-remaining", "x-ratelimit-reset"]),
    st.sampled_from(["", "0", "-1", "inf", "nan", "soon", 'Bearer error="x"', "//x", "http://[", "Sun, 99 Xxx"]),
)
_LISTINGS = st.fixed_dictionaries(
    {"kind": st.just("Listing"), "data": st.fixed_dictionaries({"children": st.lists(_JSON, max_size=3), "after": st.none() | _JSON})}
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([200, 201, 204, 301, 302, 400, 401, 403, 404, 413, 415, 429, 451, 500, 999]), _HEADERS, _JSON | _LISTINGS)
def test_only_our_errors_come_out_whatever_reddit_says(status: int, headers: dict[str, str], body: Any) -> None:
    reddit = Reddit("reddit", Options(CLIENT, Secret(SECRET), "linux:kr.hanul:1 (by /u/h)"), (Watch("w", ("w",)),))
    reddit.link.session.mount("https://", Says(Answer(status, headers, json.dumps(body).encode())))
    with contextlib.suppress(CollectFailed):
        list(reddit.pages(None))
    with contextlib.suppress(CollectFailed):
        list(reddit.refresh(["reddit:t3_abc", "reddit:t1_def"]))


# ---- walking


def test_a_burst_beyond_the_window_is_a_measured_hole(stub: RedditStub) -> None:
    reddit = collector(stub)
    stub.submit("한울오토 처음")
    cursor = last_cursor(list(reddit.pages(None)))
    before = stub.clock.now
    for number in range(1500):
        stub.submit(f"한울오토 {number}", at=before + timedelta(hours=1, seconds=number))
    stub.clock.go_on(hours=2)
    pages = list(reddit.pages(cursor))
    assert len({post.id for post in told(pages)}) == 1000
    [hole] = [page.hole for page in pages if page.hole]
    assert (hole.since, hole.until) == (before, before + timedelta(hours=1, seconds=500))
    assert not any(page.hole for page in reddit.pages(last_cursor(pages)))


def test_a_listing_that_is_shorter_than_the_window_leaves_no_hole(stub: RedditStub) -> None:
    reddit = collector(stub)
    cursor = last_cursor(list(reddit.pages(None)))
    stub.clock.go_on(days=3)
    for number in range(150):
        stub.submit(f"한울오토 {number}")
    pages = list(reddit.pages(cursor))
    assert len(told(pages)) == 150
    assert not [page.hole for page in pages if page.hole]


def test_the_cursor_waits_for_the_known_and_posts_shown_late_arrive(stub: RedditStub) -> None:
    reddit = collector(stub)
    for number in range(250):
        stub.submit(f"한울오토 {number}")
    pages = list(reddit.pages(None))
    assert [page.cursor is None for page in pages] == [True, True, True, False]
    written = stub.clock.now
    stub.clock.go_on(minutes=5)
    stub.submit("한울오토 새 글")
    cursor = last_cursor(list(reddit.pages(last_cursor(pages))))
    late = stub.submit("한울오토 늦게 보인 글", at=written)
    assert f"reddit:{late}" in {post.id for post in told(list(reddit.pages(cursor)))}


def test_a_post_deleted_while_we_stand_on_it_ends_no_walk(stub: RedditStub) -> None:
    names = [stub.submit(f"한울오토 {number}", at=stub.clock.now - timedelta(seconds=number)) for number in range(250)]
    pages = []
    for page in collector(stub).pages(None):
        pages.append(page)
        stub.entries[names[min(len(pages) * 100, 250) - 1]].shown = "deleted"
    assert len({post.id for post in told(pages)}) == 250
    assert len(stub.asked) == 1 + 3 + 2  # the token, three pages, two of them asked for once more from the post before


def test_a_listing_without_end_is_left(stub: RedditStub) -> None:
    child = {
        "kind": "t3",
        "data": {"id": "abc", "selftext": "", "title": "한울오토", "subreddit": "x", "created_utc": stub.clock.now.timestamp()},
    }
    endless = Answer.of({"kind": "Listing", "data": {"after": "t3_abc", "children": [child]}})
    stub.choose = lambda asked: Fault("endless", endless) if "search" in asked.path else None
    assert [page.cursor is None for page in collector(stub).pages(None)] == [True, False]
    broken = Answer.of({"kind": "Listing", "data": {"after": "t3_abc", "children": [{"kind": "t3", "data": None}]}})
    stub.choose = lambda asked: Fault("endless", broken) if "search" in asked.path else None
    assert len(list(collector(stub).pages(None))) <= 22


# ---- closed communities


@pytest.mark.parametrize(("where", "said"), [("private", "403"), ("banned", "404"), ("missing", "302")])
def test_one_closed_community_is_a_problem_and_the_others_go_on(stub: RedditStub, where: str, said: str) -> None:
    getattr(stub, where).add("closed")
    stub.submit("오늘", sub="koreadrivers")
    reddit = collector(stub, search=False, subreddits=("closed", "koreadrivers"), comments=False)
    pages = list(reddit.pages(None))
    assert [post.text for post in told(pages)] == ["오늘"]
    [problem] = told(pages, "problems")
    assert problem.startswith("r/closed/new was left out") and said in problem
    assert set(json.loads(last_cursor(pages) or "{}")) == {"r/koreadrivers/new"}


@pytest.mark.parametrize(("where", "error"), [("private", AuthFailed), ("banned", Unavailable), ("missing", Unavailable)])
def test_all_closed_is_a_failure(stub: RedditStub, where: str, error: type[CollectFailed]) -> None:
    getattr(stub, where).update(("one", "two"))
    reddit = collector(stub, search=False, subreddits=("one", "two"))
    pages = []
    with pytest.raises(error):
        pages.extend(reddit.pages(None))


# ---- token, limits, budget


def test_a_used_up_token_is_renewed_and_every_request_counted(stub: RedditStub) -> None:
    meter = Meter("reddit")
    reddit = collector(stub, meter)
    stub.submit("한울오토")
    list(reddit.pages(None))
    stub.clock.go_on(days=2)
    stub.submit("한울오토 다시")
    assert "한울오토 다시" in [post.text for post in told(list(reddit.pages(None)))]
    token, search = "/api/v1/access_token", "/r/all/search/"
    assert [asked.path for asked in stub.asked] == [token, search, search, token, search]
    assert meter.take().requests == len(stub.asked)


def test_a_new_token_that_is_refused_too_is_a_matter_for_a_person(stub: RedditStub) -> None:
    stub.choose = lambda asked: Fault("401", Answer.of({"error": 401}, 401)) if "search" in asked.path else None
    with pytest.raises(AuthFailed, match="also with a new token"):
        list(collector(stub).pages(None))
    assert len(stub.asked) == 4


def test_a_wrong_secret_is_refused_and_not_told(stub: RedditStub) -> None:
    with pytest.raises(AuthFailed, match="401") as failed:
        list(collector(stub, secret="another-s3cret").pages(None))
    assert "another-s3cret" not in str(failed.value)
    assert len(stub.asked) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer.of({"error": "unsupported_grant_type"}), AuthFailed),
        (Answer.of({"error": 400}, 400), AuthFailed),
        (Answer.of({"access_token": 5}), Unavailable),
        (Answer.of([]), Unavailable),
        (Answer(200, {}, b"<html>"), Unavailable),
        (Answer.of({"message": "Too Many Requests", "error": 429}, 429, retry_after="7"), RateLimited),
        (Answer(503), Unavailable),
        (Answer(302, {"location": "https://elsewhere.example/"}), Unavailable),
        (Answer(404), Unavailable),
    ],
)
def test_the_token_request_fails_like_any_other(stub: RedditStub, answer: Answer, error: type[CollectFailed]) -> None:
    stub.plant(Fault("token", answer))
    with pytest.raises(error):
        list(collector(stub).pages(None))
    assert len(stub.asked) == 1


def test_the_window_of_reddit_is_kept_without_sleeping(stub: RedditStub) -> None:
    stub.quota = 2
    for number in range(250):
        stub.submit(f"한울오토 {number}")
    reddit, pages = collector(stub), []
    with pytest.raises(RateLimited) as failed:
        pages.extend(reddit.pages(None))
    assert failed.value.retry_after == 600
    assert len(stub.asked) == 3  # what would be refused is not asked
    stub.clock.go_on(minutes=10)
    stub.quota = 1000
    assert len(told(list(reddit.pages(None)))) == 250


def test_a_429_names_its_wait_in_either_header(stub: RedditStub) -> None:
    for headers, wait in (({"retry_after": "12"}, 12), ({"x_ratelimit_reset": "77"}, 77), ({}, 60), ({"retry_after": "soon"}, 60)):
        stub.plant(Fault("429", Answer.of({"error": 429}, 429, **headers), only=lambda asked: "search" in asked.path))
        with pytest.raises(RateLimited) as failed:
            list(collector(stub).pages(None))
        assert failed.value.retry_after == wait


def test_the_budget_stops_also_the_token_request(stub: RedditStub) -> None:
    meter = Meter("reddit", Allowance(requests_per_day=2))
    for number in range(250):
        stub.submit(f"한울오토 {number}")
    with pytest.raises(BudgetSpent):
        list(collector(stub, meter).pages(None))
    with pytest.raises(BudgetSpent):
        list(collector(stub, meter).pages(None))
    assert len(stub.asked) == 2


# ---- faults


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(500), Unavailable),
        (Answer(520), Unavailable),
        (Answer.of({"reason": "SUBREDDIT_NOTALLOWED", "error": 400}, 400), Unavailable),
        (Answer.of({"error": 402}, 402), BudgetSpent),
        (Answer(403, {"www-authenticate": 'Bearer error="something new"'}), AuthFailed),
        (Answer(301, {"location": "https://elsewhere.example/"}), Unavailable),
        (Answer(302), Unavailable),
        (Answer(204), Unavailable),
        (Answer(200), Unavailable),
        (Answer(200, {}, b"<html>maintenance</html>"), Unavailable),
        (Answer(200, {}, b"[" * 100_000), Unavailable),
        (Answer.of([]), Unavailable),
        (Answer.of({"kind": "Listing", "data": {"children": None}}), Unavailable),
        (Answer.of({"message": "Forbidden", "error": 403}), AuthFailed),
        (Answer.of({"message": "Too Many Requests", "error": 429}), RateLimited),
        (Answer.of({"json": {"errors": [["X", "y", "z"]]}}), Unavailable),
        (Answer(200, {"content-encoding": "gzip"}, b"no gzip"), Unavailable),
    ],
)
def test_what_goes_wrong_is_one_of_our_errors_at_once(stub: RedditStub, answer: Answer, error: type[CollectFailed]) -> None:
    stub.plant(Fault("fault", answer, only=lambda asked: "search" in asked.path))
    with pytest.raises(error) as failed:
        list(collector(stub).pages(None))
    assert len(stub.asked) == 2
    assert SECRET not in str(failed.value)


@pytest.mark.parametrize("fault", [Fault("hang", hang=5), Fault("drip", drip=5), Fault("cut", cut=True)])
def test_silence_and_cuts_end_within_the_time_set(stub: RedditStub, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "READ_SECONDS", 0.2)
    stub.submit("한울오토")
    reddit = collector(stub)
    list(reddit.pages(None))
    stub.plant(fault)
    began = time.monotonic()
    with pytest.raises(Unavailable):
        list(reddit.pages(None))
    assert time.monotonic() - began < 2
    assert len(told(list(reddit.pages(None)))) == 1


def test_an_answer_that_trickles_or_swells_is_left(stub: RedditStub, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.submit("한울오토")
    reddit = collector(stub)
    monkeypatch.setattr(web, "WHOLE_SECONDS", -1.0)
    with pytest.raises(Unavailable, match="timed out in the middle"):
        list(reddit.pages(None))
    monkeypatch.setattr(web, "WHOLE_SECONDS", 60.0)
    monkeypatch.setattr(web, "LARGEST_ANSWER", 400)
    with pytest.raises(Unavailable, match="longer than 400 bytes"):
        list(reddit.pages(None))


def test_no_line_at_all_is_unavailable(stub: RedditStub) -> None:
    closed = RedditStub()
    with closed:
        reddit = collector(closed)
    with pytest.raises(Unavailable, match="no connection"):
        list(reddit.pages(None))


def test_strange_settings_lead_nowhere_else(stub: RedditStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ini = "[DEFAULT]\nreddit_url=http://127.0.0.1:9\noauth_url=http://127.0.0.1:9\nusername=mallory\npassword=x\nrefresh_token=y\ntimeout=soon\n"
    (tmp_path / "praw.ini").write_text(ini)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Config, "CONFIG", None)  # as in a process that has not used praw yet
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name, value in {"site": "mallory", "username": "mallory", "password": "x", "check_for_updates": "true"}.items():
        monkeypatch.setenv(f"praw_{name}", value)
    stub.submit("한울오토")
    assert len(told(list(collector(stub).pages(None)))) == 1
    assert b"client_credentials" in stub.asked[0].body


def test_no_secret_shows_at_any_level(stub: RedditStub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = Fault("echo", only=lambda asked: asked.path == "/r/all/search/")
    reddit = collector(stub)
    stub.submit("한울오토")
    list(reddit.pages(None))
    authorization = stub.asked[-1].headers["authorization"]
    stub.plant(Fault("echo", Answer(500, {}, f"failed for {authorization} {SECRET}".encode()), only=echo.only))
    with pytest.raises(Unavailable) as failed:
        list(reddit.pages(None))
    said = f"{caplog.text} {failed.value} {failed.value!r} {reddit.link!r} {vars(reddit.link)} {options(stub)!r}"
    assert "Fetching" in caplog.text and "failed for" in said
    for secret in (SECRET, authorization.split()[1], stub.asked[0].headers["authorization"].split()[1]):
        assert secret not in said


# ---- looking again


def test_refresh_tells_counts_edits_deletions_and_authors_that_left(stub: RedditStub) -> None:
    stub.suspended.add("driver_8")
    names = {what: stub.submit(f"한울오토 {what}", "처음", score=5) for what in ("same", "edited", "deleted", "removed", "missing")}
    names["left"] = stub.submit("한울오토 left", author="driver_8")
    names["hated"] = stub.comment("한울오토 hated", names["same"], score=-4)
    stub.edit(names["edited"], "고침")
    for what in ("deleted", "removed", "missing"):
        stub.entries[names[what]].shown = what
    ids = {what: f"reddit:{name}" for what, name in names.items()}
    [page] = list(collector(stub).refresh(list(ids.values())))
    assert {row.post_id: (row.likes, row.replies) for row in page.engagement} == {
        ids["same"]: (5, 1),
        ids["edited"]: (5, 0),
        ids["left"]: (1, 0),
        ids["hated"]: (0, None),
    }
    assert {line.post_id for line in page.gone} == {ids["deleted"], ids["removed"], ids["missing"]}
    assert {post.id: (post.text, post.author_id) for post in page.edited} == {
        ids["edited"]: ("한울오토 edited\n고침", "reddit:driver_0"),
        ids["left"]: ("한울오토 left", None),
    }
    assert page.cursor is None and not page.posts


def test_refresh_asks_for_a_hundred_at_once(stub: RedditStub) -> None:
    names = [stub.submit(f"한울오토 {number}") for number in range(250)]
    pages = list(collector(stub).refresh([f"reddit:{name}" for name in names] + ["reddit:../x", f"reddit:{names[0]}"]))
    assert len(told(pages, "engagement")) == 250 and len(told(pages, "problems")) == 1
    assert len(stub.asked) == 1 + 3


def test_an_answer_without_anything_is_asked_for_twice(stub: RedditStub) -> None:
    ids = [f"reddit:{stub.submit(f'한울오토 {number}')}" for number in range(20)]
    empty = Answer.of({"kind": "Listing", "data": {"after": None, "children": []}})
    stub.plant(Fault("empty", empty, only=lambda asked: asked.path == "/api/info/"))
    [page] = list(collector(stub).refresh(ids))
    assert len(page.engagement) == 20 and not page.gone
    for entry in stub.entries.values():
        entry.shown = "missing"
    [page] = list(collector(stub).refresh(ids))
    assert len(page.gone) == 20


def test_what_cannot_be_read_is_not_taken_for_deleted(stub: RedditStub) -> None:
    fine, odd = stub.submit("한울오토 1"), stub.submit("한울오토 2", more={"created_utc": None})
    [page] = list(collector(stub).refresh([f"reddit:{fine}", f"reddit:{odd}"]))
    assert len(page.engagement) == 1 and len(page.problems) == 1 and not page.gone
    nameless = stub.submit("한울오토 3", more={"name": 5})
    [page] = list(collector(stub).refresh([f"reddit:{fine}", f"reddit:{nameless}", "reddit:t3_zzz"]))
    assert not page.gone


# ---- questions and options


def test_many_terms_make_few_questions_of_bounded_length() -> None:
    watches = tuple(Watch(f"w{number}", (f"한울오토 지점 {number}", 'say "hello" \\ there')) for number in range(200))
    stub = RedditStub()
    with stub:
        reddit = Reddit("reddit", options(stub, subreddits=("koreadrivers",)), watches, stub.clock)
    texts = [query.text for query in reddit.queries()]
    assert texts[-2:] == ["r/koreadrivers/new", "r/koreadrivers/comments"]
    assert all(len(text) <= 512 for text in texts) and len(texts) <= 12
    asked = " OR ".join(texts[:-2])
    assert asked.count(" OR ") == 200 and '"say hello there"' in asked


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"client_id": " "}, "client_id must"),
        ({"user_agent": "short"}, "user_agent must"),
        ({"user_agent": "two lines\r\nhost: x"}, "user_agent must"),
        ({"subreddits": ("r/koreadrivers",)}, "subreddits must"),
        ({"search_in": ("../api",)}, "search_in must"),
        ({"reddit_url": "http://reddit.example"}, "reddit_url must"),
        ({"oauth_url": "http://[bad"}, "oauth_url must"),
        ({"search": False}, "subreddits must"),
    ],
)
def test_options_that_cannot_work_are_refused(wrong: dict[str, Any], why: str) -> None:
    right: dict[str, Any] = {"client_id": CLIENT, "client_secret": Secret("x"), "user_agent": "linux:kr.hanul:1 (by /u/h)"}
    Options(**right)
    with pytest.raises(ValueError, match=why):
        Options(**{**right, **wrong})


def test_it_is_a_collector_that_is_known_searches_and_looks_again(stub: RedditStub) -> None:
    reddit = collector(stub)
    assert "reddit" in collectors.KINDS
    assert isinstance(reddit, collectors.Refresher) and isinstance(reddit, collectors.Searcher)
    assert not stub.asked


# ---- recorded answers of the real service


class Replay(BaseAdapter):
    """Answers from a recording: tokens, and in order what was recorded for other addresses; the last of each again and again."""

    def __init__(self, file: Path, only: int | None = None):
        super().__init__()
        told = [(line["request"]["uri"], line["response"]) for line in json.loads(file.read_text())["interactions"]]
        self.tokens = [answer for uri, answer in told if uri.endswith("/access_token")]
        self.others = [answer for uri, answer in told if not uri.endswith("/access_token")]
        self.others = [answer for answer in self.others if only in (None, answer["status"]["code"])]
        self.asked: list[str] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        assert request.url
        self.asked.append(request.url)
        answers = self.tokens if request.url.endswith("/access_token") else self.others
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        response = requests.Response()
        response.status_code, response.url, response.request = answer["status"]["code"], request.url, request
        kept = {name: values[0] for name, values in answer["headers"].items() if name.lower() != "content-encoding"}
        response.headers.update(kept)
        response.raw = arriving(answer["body"].get("string", "").encode())
        return response

    def close(self) -> None:
        """Nothing is open."""


def replayed(file: Path, only: int | None = None) -> tuple[Reddit, Replay]:
    """A collector whose line ends in a recording; it believes to speak with the real service."""
    recorded = Options(CLIENT, Secret(SECRET), "linux:kr.hanul.monitor:1.0 (by /u/hanul_auto)", first=timedelta(days=20_000))
    reddit, replay = Reddit("reddit", recorded, (Watch("w", ("w",)),), lambda: datetime(2026, 11, 2, tzinfo=UTC)), Replay(file, only)
    reddit.link.session.mount("https://", replay)
    return reddit, replay


PAGE = {"text": 100, "url": 100, "author_id": 100, "community": 100, "likes": 100, "replies": 100}
NO_POST = "no full name of a post or comment"
RECORDED: dict[str, tuple[int, dict[str, int], dict[str, int]]] = {
    "TestSubreddit.test_search": (6, {"text": 6, "url": 6, "author_id": 6, "community": 6, "likes": 6, "replies": 6, "edited": 4}, {}),
    "TestSubredditListings.test_new": (100, PAGE, {}),
    "TestSubredditListings.test_comments": (100, dict.fromkeys(("text", "url", "author_id", "community", "reply_to"), 100), {}),
    "TestSubredditListings.test_top": (100, {**PAGE, "author_id": 96, "edited": 37}, {}),
    "TestRedditorListings.test_new": (100, {**PAGE, "reply_to": 96, "replies": 4, "edited": 11}, {}),
    "TestRedditorListings.test_submissions__new": (100, {**PAGE, "edited": 10}, {}),
    "TestSubredditQuarantine.test_opt_in": (
        101,
        {"text": 101, "url": 101, "author_id": 89, "community": 101, "likes": 101, "replies": 101, "edited": 1},
        {},
    ),
    "TestReddit.test_info_url": (25, {"text": 25, "url": 25, "author_id": 25, "community": 20, "likes": 25, "replies": 25}, {}),
    "TestComment.test_attributes": (1, {"text": 1, "url": 1, "author_id": 1, "reply_to": 1, "community": 1, "likes": 1}, {}),
    "TestReddit.test_info": (
        197,
        {
            "text": 197,
            "url": 197,
            "author_id": 185,
            "reply_to": 100,
            "community": 197,
            "likes": 197,
            "replies": 97,
            "removed": 17,
            "edited": 4,
        },
        {f"t5: {NO_POST}": 100},
    ),
    "TestReddit.test_info_sr_names": (0, {}, {f"t5: {NO_POST}": 4}),
    "TestSubreddits.test_popular": (0, {}, {f"t5: {NO_POST}": 15}),
}


def parse_recorded(name: str) -> tuple[list[Thing], Counter[str], Counter[str]]:
    """Read one recording through the whole line: its posts and comments, how many have each field, what was left out and why."""
    reddit, replay = replayed(PRAW / f"{name}.json", only=200)
    things, fields, dropped = [], Counter[str](), Counter[str]()
    for _ in range(len(replay.others)):
        for child in reddit.link.listing("any", {}).children:
            try:
                thing = Thing.of(child)
            except MALFORMED as error:
                dropped[f"{child.get('kind')}: {error}"] += 1
                continue
            things.append(thing)
            told = {name: getattr(thing.post, name) for name in ("text", "url", "author_id", "reply_to", "repost_of", "community")}
            told |= {"likes": thing.likes, "replies": thing.replies, "edited": thing.edited or None, "removed": thing.removed or None}
            fields.update(name for name, value in told.items() if value not in (None, ""))
    return things, fields, dropped


recorded = pytest.mark.skipif(not PRAW.exists(), reason="the recorded answers are not here")


@recorded
@pytest.mark.parametrize("name", RECORDED)
def test_recorded_listings_are_read_whole(name: str) -> None:
    things, fields, dropped = parse_recorded(name)
    assert (len(things), dict(fields), dict(dropped)) == RECORDED[name]


@recorded
def test_recorded_posts_are_what_reddit_meant() -> None:
    [comment], _, _ = parse_recorded("TestComment.test_attributes")
    assert (comment.post.id, comment.post.reply_to) == ("reddit:t1_cklhv0f", "reddit:t1_cklfmye")
    assert comment.post.created_at.tzinfo is UTC and comment.post.created_at.year == 2014
    things, _, _ = parse_recorded("TestSubredditListings.test_new")
    times = [thing.post.created_at for thing in things]
    assert times == sorted(times, reverse=True)
    assert all("&amp;" not in thing.post.text and "\0" not in thing.post.text for thing in things)


@recorded
def test_a_pass_over_a_recorded_listing_is_one_page() -> None:
    reddit, replay = replayed(PRAW / "TestSubreddit.test_search.json")
    [page] = list(reddit.pages(None))
    assert len(page.posts) == len(page.engagement) == 6 and page.cursor and not page.problems
    assert [url.partition("?")[0] for url in replay.asked] == [
        "https://www.reddit.com/api/v1/access_token",
        "https://oauth.reddit.com/r/all/search/",
    ]


@recorded
@pytest.mark.parametrize(
    ("file", "error", "requests_made"),
    [
        (PRAWCORE / "TestSession.test_request__bad_gateway.json", Unavailable, 2),
        (PRAWCORE / "TestSession.test_request__bad_json.json", Unavailable, 2),
        (PRAWCORE / "TestSession.test_request__bad_request.json", Unavailable, 2),
        (PRAWCORE / "TestSession.test_request__cloudflare_connection_timed_out.json", Unavailable, 2),
        (PRAWCORE / "TestSession.test_request__cloudflare_unknown_error.json", Unavailable, 2),
        (PRAWCORE / "TestSession.test_request__forbidden.json", AuthFailed, 2),
        (PRAWCORE / "TestSession.test_request__gateway_timeout.json", Unavailable, 2),
        (PRAWCORE / "TestSession.test_request__internal_server_error.json", Unavailable, 2),
        (PRAWCORE / "TestSession.test_request__not_found.json", Unavailable, 2),
        (PRAWCORE / "TestSession.test_request__okay_with_0_byte_content.json", Unavailable, 2),
        (PRAWCORE / "TestSession.test_request__redirect.json", Unavailable, 2),
        (PRAWCORE / "TestSession.test_request__service_unavailable.json", Unavailable, 2),
        (PRAWCORE / "TestSession.test_request__too__many_requests__with_retry_headers.json", RateLimited, 2),
        (PRAWCORE / "TestSession.test_request__too__many_requests__without_retry_headers.json", RateLimited, 1),
        (PRAWCORE / "TestSession.test_request__unavailable_for_legal_reasons.json", Unavailable, 2),
        (PRAWCORE / "TestSession.test_request__uri_too_long.json", Unavailable, 2),
        (PRAWCORE / "TestSession.test_request__with_insufficient_scope.json", AuthFailed, 2),
        (PRAWCORE / "TestSession.test_request__with_invalid_access_token.json", AuthFailed, 4),
        (PRAWCORE / "TestAuthorizer.test_refresh__with_invalid_token.json", AuthFailed, 1),
        (PRAWCORE / "TestScriptAuthorizer.test_refresh__with_invalid_username_or_password.json", AuthFailed, 1),
        (PRAW / "TestReddit.test_bare_badrequest.json", Unavailable, 2),
        (PRAW / "TestSubreddit.test_sticky__not_set.json", Unavailable, 2),
        (PRAW / "TestSubredditQuarantine.test_opt_in.json", AuthFailed, 2),
        (PRAW / "TestSubmission.test_resolve_from_share_url.json", Unavailable, 2),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_recorded_failures_are_our_errors_after_one_try(file: Path, error: type[CollectFailed], requests_made: int) -> None:
    reddit, replay = replayed(file)
    with pytest.raises(error) as failed:
        list(reddit.pages(None))
    assert len(replay.asked) == requests_made
    if "with_retry_headers" in file.name:
        assert failed.value.retry_after == 4


@recorded
def test_a_recorded_renewal_of_the_token_is_made() -> None:
    reddit, replay = replayed(PRAWCORE / "TestSession.test_request__with_invalid_access_token__retry.json")
    pages = list(reddit.pages(None))
    assert len({post.id for post in told(pages)}) == 25
    assert [url.endswith("/access_token") for url in replay.asked[:4]] == [True, False, True, False]


def test_refused_is_not_one_of_our_errors_and_so_must_not_escape(stub: RedditStub) -> None:
    assert not issubclass(Refused, CollectFailed)
    stub.plant(Fault("403", Answer.of({"error": 403}, 403), only=lambda asked: asked.path == "/api/info/"))
    with pytest.raises(AuthFailed):
        list(collector(stub).refresh(["reddit:t3_abc"]))
