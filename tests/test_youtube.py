"""What is special to YouTube; what all collectors must do is in test_collectors.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from conftest import SHARED

from monitor.collectors import Page
from monitor.collectors.youtube import YouTube
from monitor.domain import Engagement, Post, Watch
from monitor.errors import AuthFailed, BudgetSpent, RateLimited, Unavailable
from tests.checks.collectors import WATCH
from tests.platforms.stub import Answer, Asked, Fault
from tests.platforms.youtube import KEY, Video, YouTubeStub, options, refusal

DISCOVERY = SHARED / "contracts" / "youtube" / "youtube.v3.discovery.json"


@pytest.fixture
def stub() -> Iterator[YouTubeStub]:
    with YouTubeStub() as running:
        assert isinstance(running, YouTubeStub)
        yield running


def collector(stub: YouTubeStub, watch: Watch = WATCH, **more: Any) -> YouTube:
    return YouTube("youtube", options(stub, **more), (watch,), stub.clock)


def passed(youtube: YouTube, cursor: str | None = None) -> tuple[list[Page], str | None]:
    pages = list(youtube.pages(cursor))
    return pages, next((page.cursor for page in reversed(pages) if page.cursor), cursor)


def posts(pages: list[Page]) -> dict[str, Post]:
    return {post.id: post for page in pages for post in page.posts}


def asked_for(stub: YouTubeStub, path: str) -> list[Asked]:
    return [asked for asked in stub.asked if asked.path.endswith(path)]


def a_video(stub: YouTubeStub, **more: Any) -> Video:
    return stub.publish("한울오토 탁송 후기", stub.clock.now - timedelta(minutes=30), **more)


def test_a_video_with_its_counts_and_whole_description(stub: YouTubeStub) -> None:
    long = "길고 긴 설명 " * 60
    video = a_video(stub, description=long, counts={"viewCount": "123456789", "likeCount": "77"})
    pages, _ = passed(collector(stub))
    post = posts(pages)[f"youtube:{video.id}"]
    assert post.text == f"한울오토 탁송 후기\n{long.strip()}"
    assert (post.author_id, post.community, post.language) == ("youtube:UCsomeone", "어느 채널", "ko")
    counts = [line for page in pages for line in page.engagement]
    assert counts == [Engagement(post.id, stub.clock.now, likes=77, replies=0, views=123_456_789)]


def test_hidden_counts_are_not_zero(stub: YouTubeStub) -> None:
    a_video(stub, counts={}, comments_off=True)
    counts = [line for page in passed(collector(stub))[0] for line in page.engagement]
    assert [(line.likes, line.replies, line.views) for line in counts] == [(None, None, None)]


def test_the_key_goes_in_a_header_only(stub: YouTubeStub) -> None:
    a_video(stub)
    passed(collector(stub))
    assert all(asked.headers["x-goog-api-key"] == KEY and KEY not in f"{asked.path}{asked.query}" for asked in stub.asked)


def test_comments_are_read_only_when_their_number_changes(stub: YouTubeStub) -> None:
    video = a_video(stub)
    _, cursor = passed(collector(stub))
    assert not asked_for(stub, "/commentThreads")
    said = stub.say(video, "한울오토 늦어요", stub.clock.now)
    reply = stub.say(video, "저도 한울오토요", stub.clock.now, parent=said.id, author=None)
    found, cursor = passed(collector(stub), cursor)
    top, below = (posts(found)[f"youtube:{one.id}"] for one in (said, reply))
    assert (top.reply_to, below.reply_to) == (f"youtube:{video.id}", f"youtube:{said.id}")
    assert (top.author_id, below.author_id) == ("youtube:UCreader", None)
    stub.asked.clear()
    passed(collector(stub, search_every=timedelta(hours=1)), cursor)
    assert [asked.path.rpartition("/")[2] for asked in stub.asked] == ["videos"]


def test_more_replies_than_come_with_their_thread_are_fetched(stub: YouTubeStub) -> None:
    video = a_video(stub)
    said = stub.say(video, "한울오토", stub.clock.now)
    replies = [stub.say(video, f"답 {n}", stub.clock.now, parent=said.id) for n in range(40)]
    found = posts(passed(collector(stub))[0])
    assert {f"youtube:{reply.id}" for reply in replies} <= set(found)
    assert len(asked_for(stub, "/comments")) == 1


def test_many_comments_are_walked_to_the_known(stub: YouTubeStub) -> None:
    video = a_video(stub)
    old = [stub.say(video, f"한울오토 {n}", stub.clock.now - timedelta(hours=20) + timedelta(minutes=3 * n)) for n in range(350)]
    found, cursor = passed(collector(stub))
    assert {f"youtube:{one.id}" for one in old} <= set(posts(found))
    stub.clock.go_on(hours=1)
    new = [stub.say(video, f"한울오토 새 {n}", stub.clock.now - timedelta(seconds=200 - n)) for n in range(120)]
    stub.asked.clear()
    found, _ = passed(collector(stub), cursor)
    assert {f"youtube:{one.id}" for one in new} <= set(posts(found))
    assert len(asked_for(stub, "/commentThreads")) == 2


def test_a_video_without_comments_or_gone_does_not_stop_the_others(stub: YouTubeStub) -> None:
    closed, open_ = a_video(stub, comments_off=True), a_video(stub)
    said = stub.say(open_, "한울오토", stub.clock.now)
    found, _ = passed(collector(stub, videos=(closed.id, "nosuchvideo", open_.id)))
    assert f"youtube:{said.id}" in posts(found)
    told = " ".join(problem for page in found for problem in page.problems)
    assert "commentsDisabled" in told and "videoNotFound" in told


def test_a_followed_video_that_is_deleted_is_told(stub: YouTubeStub) -> None:
    video = a_video(stub)
    _, cursor = passed(collector(stub))
    video.deleted = True
    found, _ = passed(collector(stub), cursor)
    assert [line.post_id for page in found for line in page.gone] == [f"youtube:{video.id}"]
    found, _ = passed(collector(stub), [page.cursor for page in found if page.cursor][-1])
    assert not [line for page in found for line in page.gone]


def test_an_answer_without_its_list_deletes_nothing(stub: YouTubeStub) -> None:
    video = a_video(stub)
    stub.plant(Fault("no list", Answer.of({"kind": "youtube#videoListResponse"})))
    with pytest.raises(Unavailable):
        list(collector(stub).refresh([f"youtube:{video.id}"]))


def test_comments_of_an_own_channel_are_about_us_without_naming_us(stub: YouTubeStub) -> None:
    video = stub.publish("새 영상", stub.clock.now - timedelta(hours=1), channel="UCown")
    said, named = stub.say(video, "사흘째 연락이 없네요", stub.clock.now), stub.say(video, "한울오토 최고", stub.clock.now)
    found = posts(passed(collector(stub, channels=("UCown",), about="한울오토"))[0])
    assert [found[f"youtube:{one.id}"].about for one in (said, named)] == ["한울오토", None]
    only = passed(collector(stub, channels=("UCown",), search_comments=True, search=False))[0]
    assert set(posts(only)) == {f"youtube:{named.id}"}
    assert {asked.query.get("searchTerms") for asked in asked_for(stub, "/commentThreads")} == {None, "한울오토", "hanul auto"}


def test_searches_are_spread_over_the_day(stub: YouTubeStub) -> None:
    youtube = collector(stub, search_every=None, searches_per_day=100)
    cursor = None
    for _ in range(288):
        _, cursor = passed(youtube, cursor)
        stub.clock.go_on(minutes=5)
    assert 70 <= len(asked_for(stub, "/search")) <= 75


def test_when_the_day_s_searches_are_used_up_comments_go_on(stub: YouTubeStub) -> None:
    video = a_video(stub)
    youtube = collector(stub, searches_per_day=2)
    _, cursor = passed(youtube)
    _, cursor = passed(youtube, cursor)
    for number in range(3):
        said = stub.say(video, "한울오토", stub.clock.now)
        pages = until_spent(youtube, cursor)
        cursor = [page.cursor for page in pages if page.cursor][-1]
        assert f"youtube:{said.id}" in posts(pages), number
    assert len(asked_for(stub, "/search")) == 2
    stub.clock.go_on(days=1)
    assert passed(youtube, cursor)[1]
    assert len(asked_for(stub, "/search")) == 3


def until_spent(youtube: YouTube, cursor: str | None) -> list[Page]:
    """The pages that come before the budget ends, which it does."""
    pages = []
    walk = youtube.pages(cursor)
    with pytest.raises(BudgetSpent):
        while True:
            pages.append(next(walk))
    return pages


def test_the_platform_s_own_word_for_it_is_believed_too(stub: YouTubeStub) -> None:
    video = a_video(stub)
    _, cursor = passed(collector(stub))
    said = stub.say(video, "한울오토", stub.clock.now)
    stub.searches_left = 0
    pages = until_spent(collector(stub), cursor)
    assert f"youtube:{said.id}" in posts(pages)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(403, "quotaExceeded", "used"), BudgetSpent), (refusal(403, "dailyLimitExceeded", "used"), BudgetSpent),
        (refusal(403, "rateLimitExceeded", "slow"), RateLimited), (refusal(429, "userRateLimitExceeded", "slow"), RateLimited),
        (refusal(400, "badRequest", f"API key {KEY} not valid", "API_KEY_INVALID"), AuthFailed),
        (refusal(400, "keyInvalid", "x"), AuthFailed),
        (refusal(403, "accessNotConfigured", "switch it on"), AuthFailed), (refusal(403, "forbidden", "no"), AuthFailed),
        (refusal(400, "invalidSearchFilter", "x"), Unavailable), (refusal(404, "videoNotFound", "x"), Unavailable),
        (refusal(400, "invalidPageToken", "x"), Unavailable), (refusal(200, "backendError", "x"), Unavailable),
        (Answer.of({"error": "odd"}, 500), Unavailable), (Answer.of({"error": {"errors": [5], "details": None}}, 503), Unavailable),
    ],
)  # fmt: skip
def test_youtube_s_own_errors(stub: YouTubeStub, answer: Answer, error: type[Exception]) -> None:
    stub.plant(Fault("said", answer))
    with pytest.raises(error) as raised:
        passed(collector(stub))
    assert KEY not in str(raised.value)


def test_a_page_token_that_expired_begins_the_walk_anew(stub: YouTubeStub) -> None:
    made = {f"youtube:{a_video(stub).id}" for _ in range(130)}
    stub.stale = 1
    assert set(posts(passed(collector(stub))[0])) == made
    stub.stale = 99
    with pytest.raises(Unavailable):
        passed(collector(stub))


def test_one_bad_video_or_comment_is_told_and_the_others_stay(stub: YouTubeStub) -> None:
    video = a_video(stub)
    good = stub._video(video)
    bad = [None, 5, {}, {**good, "id": "x/../y"}, {**good, "snippet": {"title": 5, "publishedAt": "soon"}}]
    stub.plant(Fault("bad videos", Answer.of({"items": [*bad, good]}), only=lambda asked: asked.path.endswith("/videos")))
    thread = stub._thread(stub.say(video, "한울오토", stub.clock.now))
    threads = [None, {}, {"snippet": {"topLevelComment": 5}}, thread]
    stub.plant(Fault("bad threads", Answer.of({"items": threads}), only=lambda asked: asked.path.endswith("/commentThreads")))
    results = [None, {"id": {}}, {"id": {"videoId": "../../../x1"}, "snippet": {"publishedAt": "2026-01-01T00:00:00Z"}}]
    results.append({"id": {"videoId": video.id}, "snippet": {"publishedAt": "2026-11-02T02:30:00Z"}})
    stub.plant(Fault("bad results", Answer.of({"items": results}), only=lambda asked: asked.path.endswith("/search")))
    found, _ = passed(collector(stub, videos=(video.id,)))
    assert set(posts(found)) == {f"youtube:{video.id}", f"youtube:{thread['id']}"}
    assert sum(len(page.problems) for page in found) == len(bad) + 1 + 3


def test_an_edited_comment_is_told_as_edited(stub: YouTubeStub) -> None:
    video = a_video(stub)
    said = stub.say(video, "한울오토 처음", stub.clock.now - timedelta(minutes=5))
    _, cursor = passed(collector(stub))
    said.text, said.updated = "한울오토 고침", stub.clock.now
    stub.say(video, "다른 말", stub.clock.now)
    found, _ = passed(collector(stub), cursor)
    assert [post.text for page in found for post in page.edited if post.id == f"youtube:{said.id}"] == ["한울오토 고침"]


def test_looking_again_asks_for_fifty_at_once_and_tells_what_is_gone(stub: YouTubeStub) -> None:
    made = [a_video(stub) for _ in range(60)]
    said = [stub.say(made[0], f"한울오토 {n}", stub.clock.now, likes=n) for n in range(3)]
    made[7].deleted = said[1].deleted = True
    said[2].text = "한울오토 고침"
    stub.asked.clear()
    pages = list(collector(stub).refresh([f"youtube:{one.id}" for one in (*made, *said)]))
    assert len(stub.asked) == 3
    assert {line.post_id for page in pages for line in page.gone} == {f"youtube:{made[7].id}", f"youtube:{said[1].id}"}
    assert {line.likes for page in pages for line in page.engagement if "Ug" in line.post_id} == {0, 2}
    assert "한울오토 고침" in {post.text for page in pages for post in page.edited}
    for one in said:
        one.deleted = True
    gone = [line.post_id for page in collector(stub).refresh([f"youtube:{one.id}" for one in said]) for line in page.gone]
    assert sorted(gone) == sorted(f"youtube:{one.id}" for one in said)


def test_the_cursor_forgets_videos_that_are_no_longer_followed(stub: YouTubeStub) -> None:
    for _ in range(20):
        stub.say(a_video(stub), "한울오토", stub.clock.now)
    _, cursor = passed(collector(stub, followed=5))
    told = json.loads(str(cursor))
    assert len(told["videos"]) == 5 and len(told["marks"]) == 6
    stub.clock.go_on(days=8)
    assert json.loads(str(passed(collector(stub), cursor)[1]))["videos"] == {}


@pytest.mark.skipif(not DISCOVERY.is_file(), reason="the shared data are not here")
def test_every_parameter_is_one_that_the_official_description_knows(stub: YouTubeStub) -> None:
    described = json.loads(DISCOVERY.read_text(encoding="utf-8"))["resources"]
    video = a_video(stub)
    said = stub.say(video, "한울오토", stub.clock.now)
    for _ in range(9):
        stub.say(video, "한울오토", stub.clock.now, parent=said.id)
    passed(collector(stub, channels=("UCsomeone",), videos=(video.id,), search_comments=True))
    list(collector(stub).refresh([f"youtube:{video.id}", f"youtube:{said.id}"]))
    assert {asked.path for asked in stub.asked} == {f"/youtube/v3/{name}" for name in ("search", "videos", "commentThreads", "comments")}
    for asked in stub.asked:
        method = described[asked.path.rpartition("/")[2]]["methods"]["list"]
        assert method["path"] == asked.path.removeprefix("/")
        for name, value in asked.query.items():
            known = method["parameters"][name]
            assert value in known.get("enum", [value])
            assert known["type"] != "integer" or int(known.get("minimum", 0)) <= int(value) <= int(known["maximum"])


@pytest.mark.skipif(not DISCOVERY.is_file(), reason="the shared data are not here")
def test_every_field_that_is_read_is_one_that_the_official_description_has(stub: YouTubeStub) -> None:
    """No real answer is recorded; the stub's answers, from which all is read, have the described fields only."""
    schemas = json.loads(DISCOVERY.read_text(encoding="utf-8"))["schemas"]
    video = a_video(stub)
    said = stub.say(video, "한울오토", stub.clock.now)
    stub.say(video, "답", stub.clock.now, parent=said.id)
    _fits(stub._video(video), "Video", schemas)
    _fits(stub._thread(said), "CommentThread", schemas)


def _fits(told: object, schema: str, schemas: dict[str, Any]) -> None:
    if isinstance(told, dict):
        for name, value in told.items():
            kind = schemas[schema]["properties"][name]
            reference = kind.get("$ref") or kind.get("items", {}).get("$ref")
            assert not isinstance(value, dict | list) or reference
            for one in value if isinstance(value, list) else [value]:
                _fits(one, reference, schemas)
