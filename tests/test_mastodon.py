"""What is special to Mastodon; what all collectors must do is in test_collectors.py."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from conftest import SHARED

from monitor.collectors import Page
from monitor.collectors.mastodon import Mastodon
from monitor.collectors.mastodon.statuses import Reader, first_id, open_to_all, time_of
from monitor.collectors.reading import MALFORMED
from monitor.decode import Secret
from monitor.domain import Author, Engagement, Post, Watch
from monitor.errors import AuthFailed, RateLimited, Unavailable
from tests.checks.collectors import WATCH
from tests.platforms.mastodon import TOKEN, MastodonStub, options, said, written
from tests.platforms.stub import Answer, Fault

RECORDED = SHARED / "contracts" / "mastodon.py" / "cassettes"
TAGS = Watch("한울오토", ("한울오토", "hanul auto", "hanul-auto", "2026", "글로비스", "탁송", "카캐리어", "차량운송"))


@pytest.fixture
def stub() -> Iterator[MastodonStub]:
    with MastodonStub() as running:
        assert isinstance(running, MastodonStub)
        yield running


def collector(stub: MastodonStub, token: bool = True, watch: Watch = WATCH, **more: Any) -> Mastodon:
    return Mastodon("masto", options(stub, token, **more), (watch,), stub.clock)


def posts(pages: list[Page]) -> dict[str, Post]:
    return {post.id: post for page in pages for post in page.posts}


def cursor_of(pages: list[Page]) -> str:
    return [page.cursor for page in pages if page.cursor][-1]


def asked_for(stub: MastodonStub, path: str) -> list[Any]:
    return [asked for asked in stub.asked if asked.path.startswith(path)]


def test_a_status_its_author_and_its_counts(stub: MastodonStub) -> None:
    at = stub.clock.now - timedelta(minutes=5)
    above = stub.publish("hello", at)
    quoted = stub.publish("what they said", at)
    counts = {"favourites_count": 4, "reblogs_count": 2, "quotes_count": 1, "replies_count": 3}
    quote = {"state": "accepted", "quoted_status": stub.statuses[quoted]}
    text = "차를 <3주째> 기다림 & 화남 #한울오토"
    number = stub.publish(text, at, "kim", in_reply_to_id=str(above), spoiler_text="불만 &amp; 화", quote=quote, **counts)
    pages = list(collector(stub, token=False).pages(None))
    here = f"mastodon:{stub.host}/"
    assert posts(pages) == {
        f"{here}{number}": Post(
            f"{here}{number}", "mastodon", "불만 & 화\n차를 <3주째> 기다림 & 화남 #한울오토", at, f"{stub.base_url}/@kim/{number}",
            f"mastodon:kim@{stub.host}", "ko", reply_to=f"{here}{above}", quote_of=f"{here}{quoted}",
        )
    }  # fmt: skip
    (author,) = [author for page in pages for author in page.authors]
    assert author == Author(f"mastodon:kim@{stub.host}", "mastodon", f"kim@{stub.host}", 10)
    assert [line for page in pages for line in page.engagement] == [Engagement(f"{here}{number}", stub.clock.now, 4, 3, 3)]


def test_a_boost_names_what_it_passes_on(stub: MastodonStub) -> None:
    at = stub.clock.now - timedelta(minutes=5)
    original = stub.publish("늦어요 #한울오토", at)
    boost = stub.publish("", at, "lee", reblog=stub.statuses[original], tags=[{"name": "한울오토"}], url=None)
    found = posts(list(collector(stub, token=False).pages(None)))[f"mastodon:{stub.host}/{boost}"]
    assert (found.repost_of, found.text) == (f"mastodon:{stub.host}/{original}", "늦어요 #한울오토")
    assert found.url == stub.statuses[original]["url"]


def test_terms_become_hashtags_asked_for_five_at_once(stub: MastodonStub) -> None:
    watched = collector(stub, token=False, watch=TAGS, tags=("Logistics", "#탁송"))
    assert [query.text for query in watched.queries()] == [
        f"{stub.host} #한울오토 #hanulauto #글로비스 #탁송 #카캐리어",
        f"{stub.host} #차량운송 #logistics",
    ]
    for tag in ("hanulauto", "차량운송", "LOGISTICS", "other"):
        stub.publish(f"#{tag}", stub.clock.now - timedelta(minutes=1))
    assert len(posts(list(watched.pages(None)))) == 3
    assert len(stub.asked) == 2


def test_words_are_searched_with_a_token_only(stub: MastodonStub) -> None:
    at = stub.clock.now - timedelta(minutes=1)
    stub.publish("한울오토 늦다", at)
    stub.publish("한울오토 조용히", at, indexable=False)
    assert not posts(list(collector(stub, token=False).pages(None)))
    assert len(posts(list(collector(stub).pages(None)))) == 1


def test_only_public_statuses_of_people_who_let_themselves_be_found_are_kept(stub: MastodonStub) -> None:
    at = stub.clock.now - timedelta(minutes=5)
    numbers = [stub.publish(f"#한울오토 {number}", at) for number in range(5)]
    stub.statuses[numbers[0]]["account"]["noindex"] = True
    stub.statuses[numbers[1]]["account"]["discoverable"] = False
    stub.statuses[numbers[2]]["account"]["suspended"] = True
    stub.statuses[numbers[3]]["account"]["discoverable"] = None
    del stub.statuses[numbers[4]]["account"]["noindex"]
    watched = collector(stub, token=False)
    kept = [f"mastodon:{stub.host}/{number}" for number in numbers]
    pages = list(watched.pages(None))
    assert set(posts(pages)) == set(kept[3:])
    assert not [problem for page in pages for problem in page.problems]
    assert {line.post_id for page in watched.refresh(kept) for line in page.gone} == set(kept[:3])
    stub.statuses[numbers[3]]["visibility"] = "unlisted"
    stub.statuses[numbers[4]]["visibility"] = "private"
    assert {line.post_id for page in watched.refresh(kept) for line in page.gone} == set(kept)


@pytest.mark.parametrize("token", [True, False])
def test_a_burst_of_5000_arrives_complete_and_each_page_of_a_hashtag_is_safe(stub: MastodonStub, token: bool) -> None:
    watched = collector(stub, token)
    cursor: str | None = cursor_of(list(watched.pages(None)))
    text = "한울오토" if token else "#한울오토"
    total = 1000 if token else 5000
    for number in range(total):
        stub.publish(f"{text} {number}", stub.clock.now + timedelta(milliseconds=10 * number))
    stub.clock.go_on(minutes=5)
    found: dict[str, Post] = {}
    if token:
        found = posts(list(watched.pages(cursor)))
    while not token and len(found) < total:  # killed after every 20th page
        walk = collector(stub, token, overlap=timedelta(seconds=1)).pages(cursor)
        for _, page in zip(range(20), walk, strict=False):
            found |= posts([page])
            cursor = page.cursor
    assert len(found) == total
    assert len(stub.asked) < 200


def test_a_status_that_arrives_late_from_another_server_is_found(stub: MastodonStub) -> None:
    watched = collector(stub, token=False)
    stub.publish("#한울오토 on time", stub.clock.now)
    cursor = cursor_of(list(watched.pages(None)))
    late = stub.publish("#한울오토 late", stub.clock.now - timedelta(minutes=40), "far@elsewhere.example")
    stub.clock.go_on(minutes=5)
    assert f"mastodon:{stub.host}/{late}" in posts(list(watched.pages(cursor)))


def test_one_post_read_at_two_instances_is_one_and_its_home_counts(stub: MastodonStub) -> None:
    with MastodonStub(stub.clock) as second:
        assert isinstance(second, MastodonStub)
        at = stub.clock.now - timedelta(minutes=5)
        number = second.publish("#한울오토 두 곳", at, "park", favourites_count=9)
        copy = dict(second.statuses[number], id=str(first_id(at) + 7), favourites_count=1)
        copy["account"] = dict(copy["account"], acct=f"park@{second.host}")
        stub.statuses[int(copy["id"])] = copy
        second.publish("#한울오토 from afar", at, "far@elsewhere.example")
        watched = collector(stub, token=False, others=(second.base_url + "/",))
        pages = list(watched.pages(None))
        post_id = f"mastodon:{second.host}/{number}"
        assert [post.id for page in pages for post in page.posts] == [post_id, post_id]
        assert {post.author_id for page in pages for post in page.posts} == {f"mastodon:park@{second.host}"}
        assert [(line.post_id, line.likes) for page in pages for line in page.engagement] == [(post_id, 9)]
        assert [page.engagement[0].likes for page in watched.refresh([post_id])] == [9]
        assert not [asked for asked in second.asked if "authorization" in asked.headers]


def test_an_instance_that_fails_does_not_hide_the_others(stub: MastodonStub) -> None:
    with MastodonStub(stub.clock) as second:
        assert isinstance(second, MastodonStub)
        second.publish("#한울오토", stub.clock.now - timedelta(minutes=5))
        stub.plant(Fault("down", said("oops", 503)))
        walk = collector(stub, token=False, others=(second.base_url,)).pages(None)
        pages = []
        with pytest.raises(Unavailable):
            pages += [page for page in walk if not pages.append(page)]  # type: ignore[func-returns-value]
        assert len(posts(pages)) == 1


@pytest.mark.parametrize("several", [True, False])
def test_refresh_counts_edits_and_deletions(stub: MastodonStub, several: bool) -> None:
    stub.several = several
    at = stub.clock.now - timedelta(minutes=5)
    numbers = [stub.publish(f"#한울오토 {number}", at) for number in range(45)]
    ids = [f"mastodon:{stub.host}/{number}" for number in numbers]
    del stub.statuses[numbers[0]]
    stub.statuses[numbers[1]].update(edited_at=written(stub.clock.now), content="<p>고쳤습니다</p>")
    stub.statuses[numbers[2]]["content"] = None
    pages = list(collector(stub, token=False).refresh([*ids, "mastodon:gone.example/1", "mastodon:nonsense", "x:1"]))
    assert [line.post_id for page in pages for line in page.gone] == [ids[0]]
    assert [(post.id, post.text) for page in pages for post in page.edited] == [(ids[1], "고쳤습니다")]
    assert len([line for page in pages for line in page.engagement]) == 43
    assert sum(len(page.problems) for page in pages) == 1
    assert len(stub.asked) == (3 if several else 3 + 45)


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (said("This method requires an authenticated user", 422), AuthFailed),
        (said("Too many", 422), Unavailable),
        (Answer.of({"error": "maintenance"}), Unavailable),
        (said("Not Found", 404), Unavailable),
    ],
)
def test_what_the_server_says_instead(stub: MastodonStub, answer: Answer, raised: type[Exception]) -> None:
    stub.plant(Fault("said", answer))
    with pytest.raises(raised):
        list(collector(stub, token=False).pages(None))


def test_an_instance_without_previews_wants_a_token(stub: MastodonStub) -> None:
    stub.previews = False
    with pytest.raises(AuthFailed):
        list(collector(stub, token=False).pages(None))
    list(collector(stub).pages(None))


@pytest.mark.parametrize(("stated", "wait"), [("2026-11-02T03:04:00.916474Z", 240.916474), ("soon", 60), ("2026-11-02T03:04:00", 60)])
def test_a_rate_limit_says_in_its_own_header_when_it_ends(stub: MastodonStub, stated: str, wait: float) -> None:
    stub.plant(Fault("429", Answer.of({"error": "Too many requests"}, 429, x_ratelimit_reset=stated)))
    with pytest.raises(RateLimited) as limited:
        list(collector(stub, token=False).pages(None))
    assert limited.value.retry_after == pytest.approx(wait)


def test_a_wrong_token_is_told_without_showing_it(stub: MastodonStub) -> None:
    wrong = replace(options(stub), access_token=Secret("wrong-token-1", "X"))
    with pytest.raises(AuthFailed, match="access token is invalid") as refused:
        list(Mastodon("masto", wrong, (WATCH,), stub.clock).pages(None))
    assert "wrong-token-1" not in str(refused.value)
    assert TOKEN not in repr(options(stub))


def test_malformed_statuses_are_left_out_one_by_one(stub: MastodonStub) -> None:
    at = stub.clock.now - timedelta(minutes=5)
    numbers = [stub.publish(f"#한울오토 {number}", at) for number in range(5)]
    stub.statuses[numbers[0]]["account"] = None
    stub.statuses[numbers[1]]["created_at"] = "long ago"
    stub.statuses[numbers[2]].update(followers_count=None, favourites_count=None, reblogs_count=-1, quotes_count=None, replies_count="3")
    stub.statuses[numbers[3]]["id"] = str(1 << 69)
    pages = list(collector(stub, token=False).pages(None))
    assert len(posts(pages)) == 2
    assert sum(len(page.problems) for page in pages) == 3
    odd = [line for page in pages for line in page.engagement if line.post_id.endswith(str(numbers[2]))]
    assert [(line.likes, line.replies, line.shares) for line in odd] == [(None, None, None)]


def test_numbers_carry_their_time(stub: MastodonStub) -> None:
    assert first_id(stub.clock.now) <= stub.publish("x", stub.clock.now) < first_id(stub.clock.now + timedelta(milliseconds=1))
    assert time_of(first_id(stub.clock.now)) == stub.clock.now
    assert time_of(117020593741189701).isoformat()[:19] == "2026-08-01T13:55:55"


# ---- recorded answers


def parse_recorded(folder: Path = RECORDED) -> dict[str, Any]:
    """Read every recorded status: how many there are, what each field of ours is filled with, what was left out and why."""
    found: list[Post] = []
    counts: list[Engagement] = []
    kept_out = 0
    dropped: Counter[str] = Counter()
    for path in sorted(folder.glob("*.yaml")):
        for exchange in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)["interactions"]:
            host = urlsplit(exchange["request"]["uri"]).netloc
            reader = Reader(host, frozenset((host,)))
            for status in _statuses_in(exchange["response"]["body"]["string"]):
                try:
                    kept_out += not open_to_all(status)
                    found.append(reader.post(status))
                    counts += filter(None, [reader.engagement(status, found[-1].created_at)])
                    assert reader.author(status["account"]).followers is not None
                except MALFORMED as error:
                    dropped[f"{exchange['request']['method']}: {type(error).__name__} {error}"] += 1
    filled = Counter(field.name for post in found for field in fields(Post) if getattr(post, field.name) is not None)
    return {"posts": found, "fields": dict(filled), "counts": counts, "kept out": kept_out, "dropped": dict(dropped)}


def _statuses_in(body: str | bytes) -> Iterator[dict[str, Any]]:
    text = body.decode() if isinstance(body, bytes) else body
    lines = (
        [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
        if text.startswith((":", "event:"))
        else [text]
    )
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        values = value if isinstance(value, list) else value.get("statuses", [value]) if isinstance(value, dict) else []
        yield from (one for one in values if isinstance(one, dict) and "visibility" in one and "account" in one)


@pytest.mark.skipif(not RECORDED.exists(), reason="shared data is absent")
def test_recorded_statuses_parse() -> None:
    found = parse_recorded()
    assert len(found["posts"]) == 46
    assert {name: found["fields"].get(name) for name in ("language", "reply_to", "repost_of", "quote_of")} == {
        "language": 45,
        "reply_to": 1,
        "repost_of": 1,
        "quote_of": 1,
    }
    assert found["kept out"] == 15
    assert found["dropped"] == {"DELETE: KeyError 'content'": 10}  # what a server says of a status that it has just deleted
    assert len(found["counts"]) == len(found["posts"])
