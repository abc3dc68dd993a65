"""X: its two generations of names, what it charges, edits, withheld posts, errors inside good answers, a token nobody sees."""

from __future__ import annotations

import base64
import gzip
import json
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.collectors import Page
from monitor.collectors.metering import Allowance, Meter
from monitor.collectors.x import Options, X
from monitor.collectors.x.prices import Paid
from monitor.collectors.x.questions import questions_for
from monitor.collectors.x.records import BROKEN, Record, read_author, read_post
from monitor.decode import Secret
from monitor.domain import Watch
from monitor.errors import AuthFailed, BudgetSpent, CollectFailed, RateLimited, Unavailable
from tests.conftest import SHARED
from tests.platforms.stub import Answer, Asked, Clock, Fault, Stub
from tests.platforms.x import TOKEN, Published, XStub, time_of

RECORDED = SHARED / "contracts"
DOCUMENTS = {
    "tweet": RECORDED / "x-api" / "openapi-2026-07-06-tweet-names.json",
    "post": RECORDED / "x-api" / "openapi-2026-08-22-post-names.json",
}
WATCH = Watch("한울오토", ("한울오토", "hanul auto"))
recorded = pytest.mark.skipif(not RECORDED.exists(), reason="the recorded answers are not here")
both = pytest.mark.parametrize("names", ["tweet", "post"])


@pytest.fixture
def stub() -> Iterator[XStub]:
    with XStub() as running:
        assert isinstance(running, XStub)
        yield running


def collector(stub: Stub, *watches: Watch, meter: Meter | None = None, **options: Any) -> X:
    made = Options(Secret(TOKEN, "X_BEARER"), base_url=stub.base_url, **options)
    return X("x", made, watches or (WATCH,), stub.clock, meter)


def texts(pages: Iterator[Page]) -> list[str]:
    return [post.text for page in pages for post in page.posts]


def last_cursor(pages: Iterator[Page]) -> str:
    return [page.cursor for page in pages if page.cursor][-1]


# --- recorded answers -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Parsed:
    """What became of a recorded answer: records, how often each field of ours has a value, and what was dropped, with the reason."""

    records: list[Record]
    fields: Counter[str]
    dropped: Counter[str]


def parse_recorded(answers: list[dict[str, Any]]) -> Parsed:
    """Parse the posts of recorded answers as the collector does."""
    records, dropped = [], Counter[str]()
    for answer in answers:
        for found in answer["data"] if isinstance(answer["data"], list) else [answer["data"]]:
            try:
                records.append(read_post(found, datetime(2026, 1, 1, tzinfo=UTC)))
            except BROKEN as error:
                dropped[type(error).__name__] += 1
    names = ("author_id", "language", "reply_to", "repost_of", "quote_of", "community")
    fields = Counter(name for record in records for name in names if getattr(record.post, name) is not None)
    counts = ("likes", "replies", "shares", "views")
    fields.update(name for record in records if record.engagement for name in counts if getattr(record.engagement, name) is not None)
    return Parsed(records, fields, dropped)


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (RECORDED / "twarc-csv" / name).read_text().splitlines() if line.strip()]


def cassette(name: str) -> list[dict[str, Any]]:
    """Return the bodies of a recording: gzip in base64 within YAML (read without a YAML reader)."""
    text = (RECORDED / "tweepy" / "cassettes" / f"test_client_{name}.yaml").read_text()
    bodies = re.findall(r"string: !!binary \|\n((?: {8,}\S+\n)+)", text)
    return [json.loads(gzip.decompress(base64.b64decode("".join(body.split())))) for body in bodies]


@recorded
def test_a_recorded_page_of_a_hundred_posts_parses_whole() -> None:
    parsed = parse_recorded(lines("kpop.jsonl"))
    assert len(parsed.records) == 100 and not parsed.dropped
    assert parsed.fields == {"author_id": 100, "language": 100, "repost_of": 78, "likes": 22, "replies": 22, "shares": 22}
    assert not any("&amp;" in record.post.text for record in parsed.records)
    assert all(abs(record.post.created_at - time_of(int(record.version))) < timedelta(seconds=1) for record in parsed.records)


@recorded
def test_recorded_accounts_parse_whole() -> None:
    authors = [read_author(user) for answer in lines("users.jsonl") for user in answer["data"]]
    assert len(authors) == 96
    assert all(author.handle and author.followers is not None for author in authors)


@recorded
def test_a_recorded_edit_keeps_the_first_versions_id_and_time() -> None:
    [record] = parse_recorded(lines("edited.jsonl")).records
    assert record.post.id == "x:1576994746135764992" and record.latest == record.version == "1576994789110992896"
    assert record.edited and record.post.text.startswith("hey")
    assert record.post.created_at.replace(microsecond=0) == datetime(2022, 10, 3, 17, 57, 1, tzinfo=UTC)
    assert record.engagement is not None and record.engagement.shares == 4 and record.engagement.likes == 27


@recorded
@pytest.mark.parametrize(("name", "expected"), [("search_recent_tweets", 10), ("get_quote_tweets", 9), ("get_tweets", 1)])
def test_answers_with_default_fields_only_parse_with_the_time_in_the_id(name: str, expected: int) -> None:
    parsed = parse_recorded([answer for answer in cassette(name) if "data" in answer])
    assert len(parsed.records) >= expected and not parsed.dropped
    assert all(record.post.author_id is None and record.engagement is None for record in parsed.records)
    assert all(record.post.created_at.year >= 2010 for record in parsed.records)


class Replay(Stub):
    """Says the recorded answers one after the other, then that there is nothing."""

    def __init__(self, *answers: Mapping[str, Any], clock: Clock | None = None):
        super().__init__(clock)
        self.answers = list(answers)

    def answer(self, asked: Asked) -> Answer:
        return Answer.of(self.answers.pop(0) if self.answers else {"meta": {"result_count": 0}})


@recorded
def test_a_recorded_page_goes_through_client_and_walk() -> None:
    [page] = lines("kpop.jsonl")
    users = {user["id"] for user in page["includes"]["users"]}
    brought = {post["id"] for post in [*page["data"], *page["includes"]["tweets"]]}
    with Replay(page, clock=Clock(datetime(2021, 9, 22, 17, 0, tzinfo=UTC))) as stub:
        meter = Meter("x")
        pages = list(collector(stub, Watch("kpop", ("방탄", "bts")), meter=meter).pages(None))
    posts = [post for page in pages for post in page.posts]
    assert (len(posts), len(brought), len(users)) == (100, 121, 112) and stub.asked[1].query["next_token"] == page["meta"]["next_token"]
    assert meter.take().money == pytest.approx(0.005 * len(brought) + 0.010 * len(users))
    assert {author.id for page in pages for author in page.authors} <= {f"x:{user}" for user in users}


@recorded
def test_recorded_counts_are_read() -> None:
    [answer] = lines("counts.jsonl")
    with Replay(answer, *cassette("get_recent_tweets_count")) as stub:
        asked = collector(stub)
        totals = [asked.source.count("kpop", stub.clock() - timedelta(days=1)) for _ in range(2)]
    assert len(answer["data"]) == 169 and totals[0] == answer["meta"]["total_tweet_count"]
    assert totals[1] is not None and totals[1] > 0


# --- both documents ---------------------------------------------------------------------------------------------------------------


class Document:
    """An OpenAPI document: checks parameters and answers against as much of JSON Schema as the document uses."""

    def __init__(self, path: Path):
        self.whole = json.loads(path.read_text())

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            found: Any = self.whole
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        return schema

    def check_request(self, asked: Asked) -> None:
        parameters = [self.resolved(one) for one in self.whole["paths"][asked.path]["get"]["parameters"]]
        known = {one["name"]: self.resolved(one["schema"]) for one in parameters}
        assert set(asked.query) <= set(known), (asked.path, set(asked.query) - set(known))
        assert {one["name"] for one in parameters if one.get("required")} <= set(asked.query)
        for name, value in asked.query.items():
            kind = known[name].get("type")
            read: Any = value.split(",") if kind == "array" else int(value) if kind == "integer" else value
            self.check(read, known[name], name)

    def check_answer(self, path: str, answer: Answer) -> None:
        told = self.whole["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        self.check(json.loads(answer.body), told, path)

    def check(self, value: Any, schema: Mapping[str, Any], where: str) -> None:
        schema = self.resolved(schema)
        if "discriminator" in schema and isinstance(value, dict):
            mapped = schema["discriminator"]["mapping"].get(value.get(schema["discriminator"]["propertyName"]))
            assert mapped, f"{where}: no such kind {value}"
            required = self._required({"$ref": mapped})
            assert required <= set(value), f"{where}: {required - set(value)} missing"
            return
        self._check_plain(value, schema, where)

    def _required(self, schema: Mapping[str, Any]) -> set[str]:
        schema = self.resolved(schema)
        return set(schema.get("required", ())).union(*(self._required(one) for one in schema.get("allOf", ())))

    def _check_plain(self, value: Any, schema: Mapping[str, Any], where: str) -> None:
        kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
        if "type" in schema:
            assert isinstance(value, kinds[schema["type"]]), f"{where}: {value!r} is no {schema['type']}"
        if "enum" in schema:
            assert value in schema["enum"], f"{where}: {value!r} is not among {schema['enum']}"
        if isinstance(value, str):
            assert re.fullmatch(schema.get("pattern", "^.*$").strip("^$"), value, re.DOTALL), f"{where}: {value!r}"
            assert schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**6), where
            if schema.get("format") == "date-time":
                assert datetime.fromisoformat(value).tzinfo, f"{where}: {value!r}"
        if isinstance(value, int):
            assert schema.get("minimum", value) <= value <= schema.get("maximum", value), f"{where}: {value}"
        if isinstance(value, list):
            assert schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 10**6), where
            for one in value:
                self.check(one, schema.get("items", {}), where)
        if isinstance(value, dict):
            assert set(schema.get("required", ())) <= set(value), f"{where}: {set(schema['required']) - set(value)} missing"
            for name, one in value.items():
                self.check(one, schema.get("properties", {}).get(name, {}), f"{where}.{name}")


class Listened(XStub):
    """Keeps what it said."""

    def __init__(self, names: str):
        super().__init__(names=names)
        self.said: list[tuple[Asked, Answer]] = []

    def answer(self, asked: Asked) -> Answer:
        answer = super().answer(asked)
        self.said.append((asked, answer))
        return answer


@recorded
@both
def test_what_we_ask_and_what_the_stub_says_keep_to_the_document(names: str) -> None:
    document = Document(DOCUMENTS[names])
    watch = replace(WATCH, none=("야구",), languages=("ko", "en"))
    with Listened(names) as stub:
        assert isinstance(stub, Listened)
        ids = _varied(stub)
        asked = collector(stub, watch, names=names, counting="always")
        cursor = last_cursor(asked.pages(None))
        stub.clock.go_on(minutes=5)
        list(asked.pages(cursor))
        list(asked.refresh(ids))
    assert {asked.path for asked, _ in stub.said} == {"/2/tweets/search/recent", "/2/tweets/counts/recent", "/2/tweets"} | (
        {"/2/users"} if names == "tweet" else set()
    )
    for request, answer in stub.said:
        assert answer.status == 200, answer.body
        document.check_request(request)
        document.check_answer(request.path, answer)


def test_the_checker_of_documents_can_fail() -> None:
    if not RECORDED.exists():
        pytest.skip("the documents are not here")
    document = Document(DOCUMENTS["post"])
    with pytest.raises(AssertionError):
        document.check_request(Asked("GET", "/2/tweets", {"ids": "1", "tweet.fields": "lang"}, {}))
    with pytest.raises(AssertionError):
        document.check_request(Asked("GET", "/2/tweets", {"ids": "1", "post.fields": "note_tweet"}, {}))
    with pytest.raises(AssertionError):
        document.check_answer("/2/tweets", Answer.of({"data": [{"id": "1", "public_metrics": {"repost_count": 1}}]}))


def _varied(stub: XStub) -> list[str]:
    """150 posts of all sorts; returns ids to look at again."""
    now = stub.clock()
    posts = [stub.publish(f"한울오토 글 {n}", now - timedelta(minutes=n), author=str(1000 + n % 7)) for n in range(150)]
    posts[1].references = (("quoted", str(posts[2].id)), ("replied_to", str(posts[3].id)))
    posts[4].withheld = {"copyright": False, "country_codes": ["DE"]}
    posts[5].versions = [*posts[5].versions, (posts[5].id + (60_000 << 22), "한울오토 고친 글")]
    stub.publish("한울오토 " + "아주 긴 글 " * 60, now - timedelta(seconds=30))
    posts[6].deleted = posts[7].deleted = True
    stub.publish("한울오토 보호된 글", now, author="2000")
    stub.accounts["2000"]["state"] = "protected"
    return [f"x:{post.versions[0][0]}" for post in [*posts[:8], stub.posts[-1]]]


# --- posts ------------------------------------------------------------------------------------------------------------------------


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


# --- queries ----------------------------------------------------------------------------------------------------------------------


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


# --- walking ----------------------------------------------------------------------------------------------------------------------


def test_the_cursor_moves_only_with_the_last_page(stub: XStub) -> None:
    for n in range(250):
        stub.publish(f"한울오토 {n}", stub.clock() - timedelta(seconds=n))
    pages = list(collector(stub).pages(None))
    assert [len(page.posts) for page in pages] == [100, 100, 50]
    assert [page.cursor is not None for page in pages] == [False, False, True]


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
        assert all(page.cursor is None for page in asked.pages(None))
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


def test_a_clock_that_is_ahead_of_x_loses_nothing(stub: XStub) -> None:
    theirs, ours = stub.clock, Clock(stub.clock() + timedelta(hours=3))
    asked = X("x", Options(Secret(TOKEN), base_url=stub.base_url), (WATCH,), ours)
    found, cursor = list[str](), None
    for n in range(3):
        stub.publish(f"한울오토 {n}")
        pages = list(asked.pages(cursor))
        found, cursor = found + texts(iter(pages)), pages[-1].cursor
        theirs.go_on(hours=1)
        ours.go_on(hours=1)
    assert set(found) == {"한울오토 0", "한울오토 1", "한울오토 2"}


def test_a_new_term_goes_back_and_the_known_ones_keep_their_marks(stub: XStub) -> None:
    stub.publish("새한울 옛글", stub.clock() - timedelta(hours=30))
    cursor = last_cursor(collector(stub).pages(None))
    stub.clock.go_on(minutes=5)
    more = Watch("한울오토", ("한울오토", "hanul auto", "새한울"))
    assert texts(collector(stub, more).pages(cursor)) == ["새한울 옛글"]
    fewer = last_cursor(collector(stub, Watch("w", ("한울오토",))).pages(cursor))
    assert list(json.loads(fewer)) == [":한울오토"]


@pytest.mark.parametrize("cursor", ["", "nonsense", "[]", '{"a": 5}'])
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


# --- edits, deletions, counts -----------------------------------------------------------------------------------------------------


def refreshed(asked: X, *posts: Published) -> Page:
    pages = list(asked.refresh([f"x:{post.versions[0][0]}" for post in posts]))
    assert len(pages) == 1
    return pages[0]


def test_an_edited_post_keeps_its_id_and_gets_its_new_text_and_counts(stub: XStub) -> None:
    post = stub.publish("한울오토 처음 글")
    asked = collector(stub)
    cursor = last_cursor(asked.pages(None))
    stub.clock.go_on(minutes=10)
    stub.edit(post, "한울오토 고친 글 &lt;")
    post.counts.update(like_count=9)
    [page] = asked.pages(cursor)
    first = f"x:{post.versions[0][0]}"
    assert [(one.id, one.text) for one in page.edited] == [(first, "한울오토 고친 글 &lt;")]
    again = refreshed(asked, post)
    assert [(one.id, one.text) for one in again.edited] == [(first, "한울오토 고친 글 &lt;")]
    assert [(one.post_id, one.likes) for one in again.engagement] == [(first, 9)]
    assert again.edited[0].created_at == page.edited[0].created_at == time_of(post.versions[0][0])


@both
def test_what_x_no_longer_shows_is_gone_and_its_troubles_are_not(names: str) -> None:
    with XStub(names=names) as stub:
        assert isinstance(stub, XStub)
        kept, deleted, protected, suspended, withheld = (stub.publish(f"한울오토 {n}", author=str(n)) for n in range(5))
        deleted.deleted = True
        stub.accounts["2"]["state"], stub.accounts["3"]["state"] = "protected", "suspended"
        withheld.withheld = {"copyright": False, "country_codes": ["KR"]}
        page = refreshed(collector(stub, names=names), kept, deleted, protected, suspended, withheld)
    assert [one.post_id for one in page.engagement] == [f"x:{kept.id}"]
    assert {gone.post_id for gone in page.gone} == {f"x:{post.id}" for post in (deleted, protected, suspended, withheld)}


def test_a_post_that_x_cannot_look_up_just_now_is_not_gone() -> None:
    trouble = {"type": "https://api.x.com/2/problems/internal-error", "title": "Internal", "resource_id": "11", "resource_type": "post"}
    author = {"type": "https://api.x.com/2/problems/resource-not-found", "value": "12", "resource_id": "12", "resource_type": "user",
              "parameter": "author_id", "title": "Not Found Error", "detail": ""}  # fmt: skip
    with Replay({"errors": [trouble, author]}) as stub:
        [page] = collector(stub).refresh(["x:11", "x:12"])
    assert not page.gone and "2 of 2" in page.problems[0]


def test_all_of_them_gone_is_an_answer_and_no_failure(stub: XStub) -> None:
    posts = [stub.publish(f"한울오토 {n}", deleted=True) for n in range(3)]
    assert len(refreshed(collector(stub), *posts).gone) == 3


def test_posts_are_looked_at_a_hundred_a_request_and_bad_ids_are_told(stub: XStub) -> None:
    ids = [f"x:{stub.publish(f'한울오토 {n}').id}" for n in range(250)]
    pages = list(collector(stub).refresh([*ids, "x:abc", ids[0]]))
    assert [len(page.engagement) for page in pages] == [0, 100, 100, 50] and pages[0].problems
    assert len(stub.asked) == 3


# --- money ------------------------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("counting", ["auto", "always", "never"])
def test_the_books_agree_with_the_bill_over_two_days(names: str, counting: str) -> None:
    with XStub(Clock(datetime(2026, 11, 2, 22, 0, tzinfo=UTC)), names) as stub:
        assert isinstance(stub, XStub)
        meter = Meter("x")
        asked = collector(stub, meter=meter, names=names, counting=counting)
        cursor, ids = None, set[str]()
        for n in range(50):
            if n % 7 == 0:
                references = (("quoted", str(stub.posts[-1].id)),) if stub.posts else ()
                stub.publish(f"한울오토 {n}", author=str(n % 3), references=references)
            pages = list(asked.pages(cursor))
            cursor, ids = pages[-1].cursor, ids | {post.id for page in pages for post in page.posts}
            list(asked.refresh(sorted(ids)))
            stub.clock.go_on(minutes=5)
        assert len(ids) == 8
        assert meter.take().money == pytest.approx(stub.bill)


def test_after_a_restart_the_books_say_too_much_and_never_too_little(stub: XStub) -> None:
    post = stub.publish("한울오토 하나")
    meter = Meter("x")
    for _ in range(2):
        refreshed(collector(stub, meter=meter), post)
    assert meter.take().money == pytest.approx(0.010) and stub.bill == pytest.approx(0.005)


def test_what_was_paid_is_held_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.collectors.x.prices.MOST", 100)
    clock = Clock()
    paid = Paid(clock)
    assert paid.add(map(str, range(1000))) == 1000 and paid.add(["999", "998"]) == 0 and paid.add(["0"]) == 1
    assert len(paid._known) == 100
    clock.go_on(days=1)
    assert paid.add(["999"]) == 1


def test_authors_are_read_once_and_only_of_posts_that_are_kept(stub: XStub) -> None:
    for n in range(230):
        stub.publish("한울오토" if n % 2 else "한울 오토", author=str(n))
    stub.accounts["1"]["state"] = "active"
    watch = Watch("w", ("한울오토",))
    asked = collector(stub, watch, Watch("v", ("한울 오토",), ("한울",)))  # found by X, for a phrase is not negated, but not kept
    pages = list(asked.pages(None))
    lookups = [len(one.query["ids"].split(",")) for one in stub.asked if one.path == "/2/users"]
    assert sum(lookups) == 115 and max(lookups) <= 100
    assert {author.id for page in pages for author in page.authors} == {f"x:{n}" for n in range(1, 230, 2)}
    list(asked.pages(None))
    assert len([one for one in stub.asked if one.path == "/2/users"]) == len(lookups)
    stub.clock.go_on(hours=25)
    list(asked.pages(None))
    assert len([one for one in stub.asked if one.path == "/2/users"]) == 2 * len(lookups)


def test_an_author_who_is_suspended_is_unknown_and_asked_for_once(stub: XStub) -> None:
    stub.publish("한울오토 하나", author="77")
    told = {"value": "77", "resource_id": "77", "resource_type": "user", "title": "Forbidden", "parameter": "ids"}
    stub.plant(Fault("suspended", Answer.of({"errors": [told]}), only=lambda asked: asked.path == "/2/users"))
    asked = collector(stub)
    for _ in range(2):
        [page] = asked.pages(None)
        assert [post.author_id for post in page.posts] == ["x:77"] and not page.authors
    assert len([one for one in stub.asked if one.path == "/2/users"]) == 1


def test_posts_that_were_paid_for_are_kept_when_the_money_ends_before_their_authors(stub: XStub) -> None:
    for n in range(3):
        stub.publish(f"한울오토 {n}", author=str(n))
    asked = collector(stub, meter=Meter("x", Allowance(money_per_day=0.015)))
    pages = list[Page]()
    with pytest.raises(BudgetSpent):
        pages.extend(asked.pages(None))
    pages.clear()
    walk = collector(stub, meter=Meter("x", Allowance(money_per_day=0.015))).pages(None)
    page = next(walk)
    assert len(page.posts) == 3 and page.cursor is None and not page.authors
    with pytest.raises(BudgetSpent):
        next(walk)


def test_counting_first_searches_only_when_there_is_more(stub: XStub) -> None:
    stub.publish("한울오토 하나")
    asked = collector(stub, counting="always")
    cursor = last_cursor(asked.pages(None))
    for _ in range(5):
        stub.clock.go_on(minutes=1)
        cursor = last_cursor(asked.pages(cursor))
    assert Counter(one.path for one in stub.asked)["/2/tweets/search/recent"] == 1
    stub.publish("한울오토 둘")
    assert "한울오토 둘" in texts(asked.pages(cursor))
    assert Counter(one.path for one in stub.asked)["/2/tweets/counts/recent"] == 6


def test_counting_is_chosen_where_it_is_cheaper(stub: XStub) -> None:
    def counted(**options: float) -> int:
        asked, before = collector(stub, **options), len(stub.asked)
        cursor = None
        for _ in range(60):
            cursor = last_cursor(asked.pages(cursor))
            stub.clock.go_on(minutes=5)
        return Counter(one.path for one in stub.asked[before:])["/2/tweets/counts/recent"]

    assert counted() == 0
    assert counted(price_search=0.004) == 0
    assert counted(price_search=0.010) > 40


# --- failures ---------------------------------------------------------------------------------------------------------------------


def problem(kind: str, title: str) -> dict[str, Any]:
    return {"type": f"https://api.x.com/2/problems/{kind}", "title": title, "detail": f"No: {TOKEN}"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer.of(problem("unsupported-authentication", "Unsupported"), 403), AuthFailed),
        (Answer.of(problem("about:blank", "Unauthorized"), 401), AuthFailed),
        (Answer.of(problem("credits", "CreditsDepleted"), 402), BudgetSpent),
        (Answer.of(problem("usage-capped", "UsageCapExceeded"), 429), BudgetSpent),
        (Answer.of(problem("usage-capped", "UsageCapExceeded"), 403), BudgetSpent),
        (Answer.of(problem("rate-limit-exceeded", "Too Many Requests"), 429), RateLimited),
        (Answer.of([], 400), Unavailable),
        (Answer.of("?", 404), Unavailable),
        (Answer.of([1], 500), Unavailable),
        (Answer(503, {}, b"<html>"), Unavailable),
        (Answer(200, {}, b"<html>"), Unavailable),
        (Answer(200, {}, b"\xff\xfe{}"), Unavailable),
        (Answer(200, {}, b"[" * 100_000), Unavailable),
        (Answer.of([]), Unavailable),
        (Answer.of({}), Unavailable),
        (Answer.of({"errors": [problem("client-forbidden", "Client Forbidden")]}), AuthFailed),
        (Answer.of({"errors": [problem("usage-capped", "UsageCapExceeded")]}), BudgetSpent),
        (Answer.of({"errors": [problem("rate-limit-exceeded", "Slow")]}), RateLimited),
        (Answer.of({"errors": [problem("internal-error", "Internal")]}), Unavailable),
        (Answer.of({"errors": [{"message": "Over capacity", "code": 130}]}), Unavailable),
        (Answer(302, {"location": "http://127.0.0.9:1/elsewhere"}), Unavailable),
        (Answer(302, {"location": "/2/tweets/search/recent"}), Unavailable),
    ],
)
def test_every_failure_is_one_of_ours_and_shows_no_token(stub: XStub, answer: Answer, expected: type[CollectFailed]) -> None:
    stub.plant(*[Fault("planted", answer)] * 6)
    with pytest.raises(CollectFailed) as caught:
        list(collector(stub).pages(None))
    assert isinstance(caught.value, expected)
    assert TOKEN not in str(caught.value) and TOKEN not in repr(caught.value)


@pytest.mark.parametrize(("reset", "expected"), [("90", 90), ("-50", 1), (None, 60)])
def test_a_429_says_when_to_come_again(stub: XStub, reset: str | None, expected: float) -> None:
    stub.publish("한울오토 하나")
    at = {"x-rate-limit-reset": str(int(stub.clock().timestamp()) + int(reset))} if reset else {}
    stub.plant(Fault("429", Answer(429, at, b"{}")))
    with pytest.raises(RateLimited) as caught:
        list(collector(stub).pages(None))
    assert caught.value.retry_after == expected


@pytest.mark.parametrize("headers", [{"x-rate-limit-reset": "soon"}, {"x-rate-limit-reset": "9" * 40}, {"retry-after": "7"}])
def test_odd_headers_of_a_429_do_no_harm(stub: XStub, headers: dict[str, str]) -> None:
    stub.plant(Fault("429", Answer(429, headers, b"{}")))
    with pytest.raises(RateLimited) as caught:
        list(collector(stub).pages(None))
    assert caught.value.retry_after == (7 if "retry-after" in headers else 60)


def test_the_platforms_own_limit_is_met(stub: XStub) -> None:
    stub.limits["/2/tweets/search/recent"] = 2
    for n in range(350):
        stub.publish(f"한울오토 {n}", stub.clock() - timedelta(seconds=n))
    found, asked = set[str](), collector(stub)
    with pytest.raises(RateLimited) as caught:
        for page in asked.pages(None):
            found |= {post.id for post in page.posts}
    assert len(found) == 200 and 1 <= (caught.value.retry_after or 0) <= 900


@pytest.mark.parametrize("fault", [Fault("cut", cut=True), Fault("hang", hang=5), Fault("drip", drip=5)])
def test_silence_and_half_answers_are_told(stub: XStub, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.collectors.web.READ_SECONDS", 0.2)
    stub.publish("한울오토 하나")
    stub.plant(fault)
    asked = collector(stub)
    with pytest.raises(Unavailable):
        list(asked.pages(None))
    assert texts(asked.pages(None)) == ["한울오토 하나"]


@pytest.mark.parametrize("token", ["옛 토큰", "line\nbreak", "null\0"])
def test_a_token_that_is_none_is_refused_before_anything_is_sent(stub: XStub, token: str) -> None:
    asked = X("x", Options(Secret(token), base_url=stub.base_url), (WATCH,), stub.clock)
    with pytest.raises(AuthFailed) as caught:
        list(asked.pages(None))
    assert not stub.asked and token not in str(caught.value)


def test_no_log_at_any_level_holds_the_token_or_a_post(stub: XStub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(("urllib3", "requests", "monitor")):
            caplog.set_level(logging.DEBUG, logger=name)
    stub.publish("한울오토 비밀스러운 말")
    asked = collector(stub, counting="always")
    list(asked.pages(None))
    list(asked.refresh([f"x:{stub.posts[0].id}"]))
    stub.plant(Fault("401", Answer.of(problem("x", TOKEN), 401)))
    with pytest.raises(AuthFailed):
        list(asked.pages(None))
    assert TOKEN not in caplog.text and "비밀스러운" not in caplog.text
    assert TOKEN not in repr(vars(asked)) + repr(vars(asked.source.client))


def test_tweepy_at_debug_has_no_token_to_tell(stub: XStub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="tweepy.client")
    list(collector(stub).pages(None))
    assert "Making API request" in caplog.text and TOKEN not in caplog.text


def test_nothing_is_opened_before_pages_are_asked_for() -> None:
    with Stub() as silent:
        asked = collector(silent)
        asked.pages(None)
        asked.refresh(["x:1"])
        asked.queries()
        assert not silent.asked
