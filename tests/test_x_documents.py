"""X: recorded answers parse, and what we ask and our stub says keep to both generations of the official document."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.collectors.metering import Meter
from monitor.collectors.reading import MALFORMED
from monitor.collectors.x.records import Record, read_author, read_post
from monitor.domain import Watch
from tests.checks.collectors import WATCH
from tests.conftest import SHARED
from tests.platforms.stub import Answer, Asked, Clock
from tests.platforms.x import Replay, XStub, collector, last_cursor, time_of

RECORDED = SHARED / "contracts"
DOCUMENTS = {
    "tweet": RECORDED / "x-api" / "openapi-2026-07-06-tweet-names.json",
    "post": RECORDED / "x-api" / "openapi-2026-08-22-post-names.json",
}
recorded = pytest.mark.skipif(not RECORDED.exists(), reason="the recorded answers are not here")
both = pytest.mark.parametrize("names", ["tweet", "post"])


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
            except MALFORMED as error:
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
