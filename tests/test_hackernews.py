"""What is special to Hacker News; what all collectors must do is in test_collectors.py."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from conftest import SHARED

from monitor.collectors import Page
from monitor.collectors.hackernews import HackerNews, Options, _again
from monitor.domain import Engagement, Post, Watch
from monitor.errors import Unavailable
from tests.checks.collectors import WATCH
from tests.platforms.hackernews import HackerNewsStub
from tests.platforms.stub import Answer, Fault


@pytest.fixture
def stub() -> Iterator[HackerNewsStub]:
    with HackerNewsStub() as running:
        assert isinstance(running, HackerNewsStub)
        yield running


def collector(stub: HackerNewsStub, watch: Watch = WATCH, **more: timedelta) -> HackerNews:
    return HackerNews("hn", Options(f"{stub.base_url}/api/v1", f"{stub.base_url}/v0", **more), (watch,), stub.clock)


def posts(pages: list[Page]) -> dict[str, Post]:
    return {post.id: post for page in pages for post in page.posts}


def test_a_story_and_a_comment_as_the_search_shows_them(stub: HackerNewsStub) -> None:
    at = stub.clock.now - timedelta(minutes=5)
    story = stub.publish(
        "", at, "reader", title="Hanul Auto lost my car", story_text="It&#x27;s <i>gone</i>.<p>Again.", points=7, num_comments=2
    )
    reply = stub.publish("Same here with hanul auto &amp; friends", at, None, parent_id=story)
    found = list(collector(stub).pages(None))
    shown = posts(found)
    assert shown[f"hackernews:{story}"].text == "Hanul Auto lost my car\nIt's gone.\nAgain."
    assert shown[f"hackernews:{story}"].author_id == "hackernews:reader"
    assert shown[f"hackernews:{story}"].reply_to is None
    assert (shown[f"hackernews:{reply}"].author_id, shown[f"hackernews:{reply}"].reply_to) == (None, f"hackernews:{story}")
    assert shown[f"hackernews:{reply}"].text == "Same here with hanul auto & friends"
    counts = {line.post_id: line for page in found for line in page.engagement}
    assert (counts[f"hackernews:{story}"].likes, counts[f"hackernews:{story}"].replies) == (7, 2)
    assert counts[f"hackernews:{reply}"].likes is None


def test_a_burst_beyond_the_window_of_one_question_arrives_whole_and_with_few_requests(stub: HackerNewsStub) -> None:
    start = stub.clock.now - timedelta(hours=1)
    made = {f"hackernews:{stub.publish(f'hanul auto {n}', start + timedelta(seconds=n // 3))}" for n in range(2_500)}
    assert set(posts(list(collector(stub).pages(None)))) == made
    english = [asked for asked in stub.asked if "hanul auto" in asked.query["query"]]
    assert len(english) <= 27


def test_many_posts_of_one_second_are_paged_through(stub: HackerNewsStub) -> None:
    made = {f"hackernews:{stub.publish(f'hanul auto {n}', stub.clock.now - timedelta(minutes=1))}" for n in range(450)}
    assert set(posts(list(collector(stub).pages(None)))) == made


def test_a_story_deleted_while_the_walk_goes_on_hides_no_other(stub: HackerNewsStub) -> None:
    start = stub.clock.now - timedelta(hours=1)
    numbers = [stub.publish(f"hanul auto {n}", start + timedelta(seconds=n)) for n in range(350)]
    seen: set[str] = set()
    for page in collector(stub, Watch("w", ("hanul auto",))).pages(None):
        seen |= {post.id for post in page.posts}
        if newest := [n for n in numbers if f"hackernews:{n}" in seen and not stub.stories[n].get("deleted")]:
            stub.change(newest[-1], deleted=True)
    assert seen == {f"hackernews:{n}" for n in numbers}


@pytest.mark.parametrize(
    "bad",
    [None, 5, [], {}, {"objectID": "x", "created_at_i": 1, "comment_text": "hanul auto"}, {"objectID": "5", "created_at_i": 10**30},
     {"objectID": "5", "created_at_i": "now"}, {"objectID": "5", "created_at_i": 1_790_000_000, "title": 7}],
)  # fmt: skip
def test_one_bad_hit_is_told_and_the_others_stay(stub: HackerNewsStub, bad: object) -> None:
    good = stub.publish("hanul auto", stub.clock.now - timedelta(minutes=5))
    stub.plant(
        Fault("bad hit", Answer.of({"hits": [bad, stub.stories[good]], "nbPages": 1}), only=lambda asked: "hanul" in asked.query["query"])
    )
    found = list(collector(stub).pages(None))
    assert f"hackernews:{good}" in posts(found)
    assert sum(len(page.problems) for page in found) == 1


def test_a_page_full_of_wrong_times_neither_ends_nor_repeats_the_walk(stub: HackerNewsStub) -> None:
    watch = Watch("w", ("hanul auto",))
    old = {f"hackernews:{stub.publish('hanul auto', stub.clock.now - timedelta(hours=1))}" for _ in range(30)}
    for _ in range(100):
        stub.publish("hanul auto", stub.clock.now, created_at_i="soon")
    assert set(posts(list(collector(stub, watch).pages(None)))) == old
    assert len(stub.asked) == 2


def test_a_post_from_the_future_arrives_and_does_not_hide_what_follows(stub: HackerNewsStub) -> None:
    ahead = f"hackernews:{stub.publish('hanul auto ahead', stub.clock.now + timedelta(hours=3))}"
    first = list(collector(stub).pages(None))
    assert ahead in posts(first)
    later = f"hackernews:{stub.publish('hanul auto later', stub.clock.now + timedelta(minutes=1))}"
    stub.clock.go_on(minutes=10)
    cursor = [page.cursor for page in first if page.cursor][-1]
    assert later in posts(list(collector(stub).pages(cursor)))


def test_looking_again_tells_counts_edits_and_deletions(stub: HackerNewsStub) -> None:
    at = stub.clock.now - timedelta(hours=1)
    kept = stub.publish("", at, title="Hanul Auto", story_text="first words", points=1, num_comments=0)
    gone, dead = stub.publish("hanul auto", at), stub.publish("hanul auto", at)
    before = posts(list(collector(stub).pages(None)))[f"hackernews:{kept}"]
    unchanged = next(collector(stub).refresh([f"hackernews:{kept}"]))
    assert [post.text for post in unchanged.edited] == [before.text]
    stub.change(kept, story_text="other <b>words</b>", points=50, num_comments=9)
    stub.change(gone, deleted=True)
    stub.change(dead, dead=True)
    ids = [f"hackernews:{number}" for number in (kept, gone, dead, 99)] + ["hackernews:../x"]
    found = list(collector(stub).refresh(ids))
    assert [line for page in found for line in page.engagement] == [Engagement(ids[0], stub.clock.now, likes=50, replies=9)]
    assert [post.text for page in found for post in page.edited] == ["Hanul Auto\nother words"]
    assert [line.post_id for page in found for line in page.gone] == ids[1:]


def test_nonsense_in_place_of_a_story_is_no_deletion(stub: HackerNewsStub) -> None:
    stub.plant(Fault("a list", Answer.of([1])))
    with pytest.raises(Unavailable):
        list(collector(stub).refresh(["hackernews:1"]))


def test_quotation_marks_in_a_term_do_not_end_the_question(stub: HackerNewsStub) -> None:
    assert [query.text for query in collector(stub, Watch("w", ('say "hanul"',))).queries()] == ['"say  hanul"']


def parse_recorded() -> tuple[list[Post], dict[str, int]]:
    """Return the posts of the official samples, and how many samples have each field."""
    page = (SHARED / "contracts" / "hackernews" / "api.md").read_text(encoding="utf-8")
    samples = [json.loads(block) for block in re.findall(r"```javascript\n(\{.*?\n\})\n```", page, re.DOTALL)]
    stories = [sample for sample in samples if "type" in sample]
    fields = {name: sum(name in sample for sample in stories) for name in ("by", "text", "title", "score", "descendants", "parent")}
    return [_again(sample) for sample in stories], fields


@pytest.mark.skipif(not (SHARED / "contracts" / "hackernews").is_dir(), reason="the shared data are not here")
def test_the_official_samples_parse() -> None:
    read, fields = parse_recorded()
    assert len(read) == 6 and all(post.text and post.author_id for post in read)
    assert fields == {"by": 6, "text": 5, "title": 4, "score": 5, "descendants": 3, "parent": 1}
