"""X: posts in two generations of names, queries made from watches, walks through seven days."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.collectors.progress import Progress, Stretch
from monitor.collectors.x import Options, X
from monitor.collectors.x.counting import Counting
from monitor.collectors.x.questions import questions_for
from monitor.collectors.x.records import read_post
from monitor.decode import Secret
from monitor.domain import Watch
from monitor.errors import Unavailable
from tests.checks.collectors import WATCH
from tests.platforms.stub import Answer, Clock, Fault
from tests.platforms.x import TOKEN, Replay, XStub, collector, last_cursor, texts

both = pytest.mark.parametrize("names", ["tweet", "post"])


@pytest.fixture
def stub() -> Iterator[XStub]:
    with XStub() as running:
        assert isinstance(running, XStub)
        yield running


@both
def test_a_post_is_read_in_either_generation(names: str) -> None:
    with XStub(names=names) as stub:
        assert isinstance(stub, XStub)
        first = stub.publish("본 글", stub.clock() - timedelta(hours=1), author="7")
        long = "한울오토 <배송> & 지연 " + "정말 길다 " * 80
        post = stub.publish(long, stub.clock(), author="8", references=(("quoted", str(first.id)), ("replied_to", "123456")))
        post.counts.update(repost_count=3, quote_count=4, like_count=5, reply_count=6, impression_count=700)
        stub.accounts["8"].update(username="hanul_fan", followers=1234)
        [page] = collector(stub, names=names).pages(None)
    [read], [engagement] = page.posts, page.engagement
    assert (read.id, read.platform, read.text) == (f"x:{post.id}", "x", long)
    assert (read.author_id, read.quote_of, read.reply_to, read.repost_of) == ("x:8", f"x:{first.id}", "x:123456", None)
    assert (read.created_at, read.language, read.url) == (stub.clock(), "ko", f"https://x.com/i/status/{post.id}")
    assert (engagement.likes, engagement.replies, engagement.shares, engagement.views) == (5, 6, 7, 700)
    assert [(author.id, author.handle, author.followers) for author in page.authors] == [("x:8", "hanul_fan", 1234)]


GOOD = {"id": "1990000000000000000", "text": "한울오토", "author_id": "5"}


@pytest.mark.parametrize(
    "broken",
    [
        {"id": None}, {"id": "abc"}, {"id": "-1"}, {"id": "9" * 30}, {"text": None}, {"text": 5}, {"id": "12", "created_at": None},
        {"created_at": "gestern"}, {"created_at": "0001-01-01T00:00:00+14:00"}, {"author_id": "a b"},
        {"referenced_tweets": [{"type": "quoted"}]}, {"referenced_tweets": [5]},
        {"edit_history_tweet_ids": ["x"]}, {"edit_history_tweet_ids": 5},
    ],
)  # fmt: skip
def test_a_broken_record_is_told_and_the_others_are_kept(broken: dict[str, Any]) -> None:
    answer = {"data": [GOOD, {**GOOD, "id": "1990000000000000001", **broken}, None, 7], "meta": {}}
    with Replay(answer, {"meta": {"result_count": 0}}, clock=Clock(datetime(2025, 11, 20, tzinfo=UTC))) as stub:
        pages = list(collector(stub).pages(None))
    assert [post.id for page in pages for post in page.posts] == ["x:1990000000000000000"]
    assert len([problem for page in pages for problem in page.problems]) == 3


@pytest.mark.parametrize("metrics", [{}, {"like_count": None}, {"like_count": "5"}, {"like_count": -1}, {"like_count": True}])
def test_counts_that_x_does_not_say_are_none(metrics: dict[str, Any]) -> None:
    engagement = read_post({**GOOD, "public_metrics": metrics}, datetime(2026, 1, 1, tzinfo=UTC)).engagement
    assert engagement is not None
    assert (engagement.likes, engagement.replies, engagement.shares, engagement.views) == (None, None, None, None)


def test_half_of_the_shares_is_better_than_none() -> None:
    engagement = read_post({**GOOD, "public_metrics": {"retweet_count": 3}}, datetime(2026, 1, 1, tzinfo=UTC)).engagement
    assert engagement is not None and engagement.shares == 3


def test_a_post_withheld_at_home_is_gone_and_one_withheld_elsewhere_is_not(stub: XStub) -> None:
    here = stub.publish("한울오토 하나", withheld={"copyright": False, "country_codes": ["KR", "DE"]})
    stub.publish("한울오토 둘", withheld={"copyright": False, "country_codes": ["DE"]})
    world = stub.publish("한울오토 셋", withheld={"copyright": True, "country_codes": ["XY"]})
    silent = stub.publish("한울오토 넷", withheld={"copyright": True})
    [page] = collector(stub).pages(None)
    assert [post.text for post in page.posts] == ["한울오토 둘"]
    assert {gone.post_id for gone in page.gone} == {f"x:{post.id}" for post in (here, world, silent)}


def test_a_query_leaves_out_reposts_other_languages_and_single_words() -> None:
    watch = Watch("w", ("한울오토", "#한울오토", "@hanul", 'say "hanul" auto'), ("야구", "two words", "c++", "OR"), ("ko-KR", "en"))
    [question] = questions_for([watch], 512)
    assert question.text == (
        '("한울오토" OR #한울오토 OR @hanul OR "say hanul auto") -is:retweet (lang:en OR lang:ko OR lang:und OR lang:qam OR lang:qct '
        "OR lang:qht OR lang:qme OR lang:qst OR lang:zxx) -야구"
    )


def test_watches_that_exclude_other_words_are_asked_apart_and_many_such_together() -> None:
    def made(count: int) -> list[str]:
        watches = [Watch(f"w{n}", (f"term{n}",), (f"none{n}",)) for n in range(count)]
        return [question.text for question in questions_for(watches, 512)]

    assert made(3) == [f'"term{n}" -is:retweet -none{n}' for n in range(3)]
    assert len(made(1000)) < 40 and not any("-none" in text for text in made(1000))


def test_long_lists_are_split_within_the_limit_and_every_term_is_asked_once() -> None:
    terms = tuple(f"한울오토 지점 {n}" for n in range(200))
    found = questions_for([Watch("w", terms)], 512)
    assert len(found) > 5 and all(len(question.text) <= 512 for question in found)
    assert Counter(re.findall(r'"([^"]+)"', " ".join(question.text for question in found))) == Counter(terms)


def test_terms_that_no_query_can_hold_are_told_and_the_others_asked(stub: XStub) -> None:
    stub.publish("한울오토 하나")
    pages = list(collector(stub, Watch("w", ("한울오토", "가" * 300, "😡", '""'))).pages(None))
    assert [post.text for page in pages for post in page.posts] == ["한울오토 하나"]
    assert len([problem for page in pages for problem in page.problems]) == 3


def test_nothing_is_asked_without_terms(stub: XStub) -> None:
    assert list(collector(stub, Watch("all")).pages(None)) == [] and not stub.asked


def test_what_the_query_leaves_out_our_matching_would_have_left_out_too(stub: XStub) -> None:
    watch = Watch("w", ("한울오토",), ("야구",), ("ko",))
    shown = {"한울오토 지연": "ko", "한울오토 #파업": "qht", "한울오토": "und"}
    for text, lang in {**shown, "한울오토 야구": "ko", "한울오토 late": "en"}.items():
        stub.publish(text, lang=lang)
    stub.publish("RT 한울오토", references=(("retweeted", "5"),))
    asked = collector(stub, watch)
    posts = [post for page in asked.pages(None) for post in page.posts]
    assert {post.text for post in posts} == set(shown)
    assert all(asked.matcher.mentions(post) for post in posts)


def test_queries_say_what_they_cost(stub: XStub) -> None:
    [query] = collector(stub).queries()
    assert (query.text, query.requests, query.money) == ('("한울오토" OR "hanul auto") -is:retweet', 1, 0.0)
    assert query.each == pytest.approx(0.015)
    assert collector(stub, counting="always").queries()[0].money == 0.005


def test_a_walk_that_is_broken_off_goes_on_where_it_ended_and_reads_what_is_new_first(stub: XStub) -> None:
    old = [stub.publish(f"한울오토 {n}", stub.clock() - timedelta(seconds=10 * n)) for n in range(450)]
    walk = collector(stub).pages(None)
    before_it_broke = [next(walk), next(walk)]
    found = [post.id for page in before_it_broke for post in page.posts]
    stub.clock.go_on(hours=2)
    new = stub.publish("한울오토 neu")
    before = len(stub.asked)
    again = list(collector(stub).pages(before_it_broke[-1].cursor))
    assert again[0].posts[0].id == f"x:{new.id}" and len(again[0].posts) == 2  # the overlap waits while something is left
    assert {post.id for page in again for post in page.posts} | set(found) == {f"x:{post.id}" for post in [*old, new]}
    assert Counter(one.path for one in stub.asked[before:])["/2/tweets/search/recent"] == 4
    afterwards = texts(collector(stub).pages(again[-1].cursor))
    assert afterwards[0] == "한울오토 neu" and len(afterwards) == 62  # now the ten minutes before the walk began, for what was shown late
    assert texts(collector(stub).pages(list(collector(stub).pages(again[-1].cursor))[-1].cursor)) == ["한울오토 neu"]


def test_breaking_off_again_and_again_ends_with_everything(stub: XStub) -> None:
    written, cursor, found = set[str](), None, set[str]()
    for _ in range(12):
        written |= {f"x:{stub.publish(f'한울오토 {n}', stub.clock() - timedelta(milliseconds=n)).id}" for n in range(150)}
        page = next(collector(stub).pages(cursor))
        found, cursor = found | {post.id for post in page.posts}, page.cursor
        stub.clock.go_on(hours=3)
    for page in collector(stub).pages(cursor):
        found |= {post.id for post in page.posts}
    assert found == written and page.cursor is not None
    assert Progress(page.cursor).left([":한울오토"]) == []


def test_what_was_left_too_long_is_a_hole(stub: XStub) -> None:
    for n in range(150):
        stub.publish(f"한울오토 {n}", stub.clock() - timedelta(minutes=n))
    start, first = stub.clock(), next(collector(stub).pages(None))
    stub.clock.go_on(days=8)
    pages = list(collector(stub).pages(first.cursor))
    [hole] = [page.hole for page in pages if page.hole]
    assert hole.since == start - timedelta(days=2) and abs(hole.until - stub.clock() + timedelta(days=7)) <= timedelta(minutes=5)
    assert all(page.hole is None for page in collector(stub).pages(pages[-1].cursor))


def test_stretches_that_grow_too_many_become_one() -> None:
    times = [datetime(2026, 11, 2, hour, tzinfo=UTC) for hour in range(24)]
    left = [Stretch(since, until) for since, until in zip(times[::2], times[1::2], strict=True)]
    assert Progress(Progress(None).move(["a"], times[-1], left)).left(["a"]) == [Stretch(times[0], times[-1])]
    assert Progress(Progress(None).move(["a"], times[-1], left[:3])).left(["a"]) == left[2::-1]


@pytest.mark.parametrize("ago", [timedelta(hours=1), timedelta(0)])
def test_a_forgotten_page_token_loses_nothing(stub: XStub, ago: timedelta) -> None:
    for n in range(350):
        stub.publish(f"한울오토 {n}", stub.clock() - ago - timedelta(milliseconds=20 * n))
    found, walk = set[str](), collector(stub).pages(None)
    for number, page in enumerate(walk):
        found |= {post.id for post in page.posts}
        if number == 1:
            stub.forget_tokens()
    assert len(found) == 350 and page.cursor is not None


def test_a_token_that_is_never_known_ends_the_pass_and_the_next_one_has_all(stub: XStub) -> None:
    for n in range(150):
        stub.publish(f"한울오토 {n}", stub.clock() - timedelta(seconds=n / 1000))
    refuse = Fault("token", Answer.of({"title": "Invalid Request"}, 400), only=lambda asked: "next_token" in asked.query)
    stub.plant(*[refuse] * 5)
    asked = collector(stub)
    with pytest.raises(Unavailable):
        list(asked.pages(None))
    stub.faults.clear()
    assert len(set(texts(asked.pages(None)))) == 150


def test_what_the_index_shows_late_is_found(stub: XStub) -> None:
    stub.publish("한울오토 한참 뒤에야", seen_from=stub.clock() + timedelta(minutes=8))
    stub.clock.go_on(minutes=2)
    stub.publish("한울오토 바로")
    asked = collector(stub)
    cursor = last_cursor(asked.pages(None))
    stub.clock.go_on(minutes=8)
    assert "한울오토 한참 뒤에야" in texts(asked.pages(cursor))


def test_a_pause_of_more_than_seven_days_is_a_hole_and_silence_is_not(stub: XStub) -> None:
    stub.publish("한울오토 처음")
    asked = collector(stub)
    before = stub.clock()
    cursor = last_cursor(asked.pages(None))
    stub.clock.go_on(days=9)
    [page] = asked.pages(cursor)
    assert page.hole is not None and page.hole.since == before and page.cursor is not None
    assert abs(stub.clock() - page.hole.until - timedelta(days=7)) <= timedelta(minutes=5)
    cursor = page.cursor
    for _ in range(20):
        stub.clock.go_on(days=1)
        [page] = asked.pages(cursor)
        assert page.hole is None and page.cursor is not None
        cursor = page.cursor


@pytest.mark.parametrize("counting", ["never", "always"])
def test_a_clock_that_is_ahead_of_x_loses_nothing(stub: XStub, counting: Counting) -> None:
    theirs, ours = stub.clock, Clock(stub.clock() + timedelta(hours=3))
    asked = X("x", Options(Secret(TOKEN), base_url=stub.base_url, counting=counting), (WATCH,), ours)
    found, cursor = list[str](), None
    for n in range(6):
        if n % 2 == 0:
            stub.publish(f"한울오토 {n}")
        pages = list(asked.pages(cursor))
        found, cursor = found + texts(iter(pages)), pages[-1].cursor
        theirs.go_on(hours=1)
        ours.go_on(hours=1)
    assert set(found) == {"한울오토 0", "한울오토 2", "한울오토 4"}


def test_a_new_term_goes_back_and_the_known_ones_keep_their_marks(stub: XStub) -> None:
    stub.publish("새한울 옛글", stub.clock() - timedelta(hours=30))
    cursor = last_cursor(collector(stub).pages(None))
    stub.clock.go_on(minutes=5)
    more = Watch("한울오토", ("한울오토", "hanul auto", "새한울"))
    assert texts(collector(stub, more).pages(cursor)) == ["새한울 옛글"]
    fewer = last_cursor(collector(stub, Watch("w", ("한울오토",))).pages(cursor))
    assert list(json.loads(fewer)) == [":한울오토"]


STANDINGS = ["5", "[]", '["2026-11-02"]', '["2026-11-02T02:00:00+00:00", "x"]', '"2026-11-02T02:00:00+00:00"', '{"a": 1}', "[[[]]]"]


@pytest.mark.parametrize("cursor", ["", "nonsense", "[]", "[" * 9999, *(f'{{":한울오토": {standing}}}' for standing in STANDINGS)])
def test_a_cursor_that_cannot_be_read_begins_anew(stub: XStub, cursor: str) -> None:
    stub.publish("한울오토 하나")
    assert texts(collector(stub).pages(cursor)) == ["한울오토 하나"]


def test_a_question_that_x_refuses_does_not_hold_up_the_others(stub: XStub) -> None:
    stub.publish("hanul express late")
    other = Watch("h", ("hanul express",), (), ("en",))
    stub.posts[-1].lang = "en"
    stub.plant(Fault("refused", Answer.of({"title": "Invalid Request"}, 400)))
    pages = list(collector(stub, WATCH, other).pages(None))
    assert texts(iter(pages)) == ["hanul express late"]
    assert next(problem for page in pages for problem in page.problems).startswith("X refuses a query")
    assert not any("한울오토" in (page.cursor or "") for page in pages)


def test_pages_that_go_round_in_a_circle_end(stub: XStub) -> None:
    circle = {"data": [GOOD], "meta": {"next_token": "same"}}
    with Replay(*[circle] * 5) as running, pytest.raises(Unavailable, match="circle"):
        list(collector(running).pages(None))
