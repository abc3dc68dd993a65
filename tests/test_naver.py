"""What is special to Naver; what all collectors must do is in test_collectors.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import SHARED

from monitor.collectors import Page
from monitor.collectors.naver import Naver
from monitor.collectors.naver.reading import native, read
from monitor.collectors.reading import MALFORMED
from monitor.domain import Post, Precision, Watch
from monitor.errors import AuthFailed, BudgetSpent, RateLimited, Unavailable
from monitor.matching import Matcher
from tests.platforms.naver import KEYS, NaverStub, options
from tests.platforms.stub import Answer, Asked, Fault

HANUL = Watch("한울오토", ("한울오토",), ("한울오토바이",))
SAMPLES = SHARED / "contracts" / "naver-openapi"


@pytest.fixture
def stub() -> Iterator[NaverStub]:
    with NaverStub() as running:
        assert isinstance(running, NaverStub)
        yield running


def collector(stub: NaverStub, watch: Watch = HANUL, **more: Any) -> Naver:
    return Naver("naver", options(stub, **more), (watch,), stub.clock)


def passed(naver: Naver, cursor: str | None = None) -> tuple[list[Page], str | None]:
    pages = list(naver.pages(cursor))
    return pages, next((page.cursor for page in reversed(pages) if page.cursor), cursor)


def posts(pages: list[Page]) -> dict[str, Post]:
    return {post.id: post for page in pages for post in page.posts}


def test_each_kind_tells_its_time_as_exactly_as_it_can(stub: NaverStub) -> None:
    _, cursor = passed(collector(stub))
    at = stub.clock.now - timedelta(minutes=3)
    for kind in ("blog", "cafearticle", "kin", "news"):
        stub.publish(kind, "한울오토 탁송 <문의> &amp;", at, title="한울오토")
    found = {post.id.split("/")[0]: post for post in posts(passed(collector(stub), cursor)[0]).values()}
    assert {kind: post.time_precision for kind, post in found.items()} == {
        "naver:blog": Precision.DAY, "naver:cafearticle": Precision.SEEN, "naver:kin": Precision.SEEN, "naver:news": Precision.SECOND,
    }  # fmt: skip
    assert found["naver:blog"].created_at == datetime(2026, 11, 2, 3, tzinfo=UTC)
    assert found["naver:news"].created_at == at
    assert found["naver:kin"].created_at == found["naver:cafearticle"].created_at == stub.clock.now
    assert {post.text for post in found.values()} == {"한울오토\n한울오토 탁송 <문의> &amp;"}
    assert found["naver:blog"].author_id == "naver:blog.naver.com/writer1"
    assert (found["naver:cafearticle"].community, found["naver:news"].community) == ("자동차 & 사람들", "news.example.com")
    assert [found[f"naver:{kind}"].author_id for kind in ("cafearticle", "kin", "news")] == [None] * 3


def test_what_has_no_time_and_was_there_before_us_is_no_news(stub: NaverStub) -> None:
    for n in range(250):
        stub.publish("cafearticle", f"한울오토 {n}", stub.clock.now - timedelta(days=n))
    first, cursor = passed(collector(stub))
    assert not posts(first)
    new = stub.publish("cafearticle", "한울오토 새 글", stub.clock.now)
    stub.asked.clear()
    assert list(posts(passed(collector(stub), cursor)[0])).count(f"naver:cafearticle/cars/{new.number}") == 1
    assert len(stub.asked) == 4


def test_undated_posts_are_walked_until_enough_is_known_and_late_ones_still_arrive(stub: NaverStub) -> None:
    start = stub.clock.now - timedelta(days=1)
    for n in range(300):
        stub.publish("kin", f"한울오토 {n}", start + timedelta(seconds=n))
    naver = collector(stub, kinds=("kin",))
    _, cursor = passed(naver)
    made = {stub.publish("kin", f"한울오토 새 {n}", stub.clock.now + timedelta(seconds=n)).number for n in range(400)}
    late = stub.publish("kin", "한울오토 늦은 글", start + timedelta(seconds=280.5)).number
    stub.asked.clear()
    found, cursor = passed(naver, cursor)
    assert {f"naver:kin/{n}" for n in (*made, late)} <= set(posts(found))
    assert len(stub.asked) == 5
    for result in stub.results[-20:]:
        result.deleted = True
    stub.asked.clear()
    passed(naver, cursor)
    assert len(stub.asked) == 1


def test_beyond_the_window_all_that_is_shown_arrives_and_the_hole_is_told(stub: NaverStub) -> None:
    naver = collector(stub, kinds=("news",))
    stub.publish("news", "한울오토", stub.clock.now)
    _, cursor = passed(naver)
    began = stub.clock.now
    stub.clock.go_on(hours=2)
    for n in range(1_500):
        stub.publish("news", f"한울오토 {n}", began + timedelta(seconds=4 * n))
    found, cursor = passed(naver, cursor)
    holes = [page.hole for page in found if page.hole]
    assert len(posts(found)) == 1000
    assert [(hole.since, hole.until) for hole in holes] == [(began, began + timedelta(seconds=2000))]
    assert not [page.hole for page in passed(naver, cursor)[0] if page.hole]


def test_a_result_that_vanishes_between_two_pages_hides_no_other(stub: NaverStub) -> None:
    made = [stub.publish("news", f"한울오토 {n}", stub.clock.now - timedelta(seconds=n)) for n in range(350)]
    seen: set[str] = set()
    for page in collector(stub, kinds=("news",)).pages(None):
        seen |= {post.id for post in page.posts}
        made[len(seen) - 50].deleted = True
    assert len(seen) == 350


def test_a_post_is_about_the_term_asked_though_the_shown_lines_do_not_hold_it(stub: NaverStub) -> None:
    stub.publish("news", "앞부분만 보이는 긴 글 ... 한울오토", stub.clock.now, shown="앞부분만 보이는 긴 글")
    stub.publish("news", "한울오토 이야기", stub.clock.now)
    stub.publish("news", "한울오토바이 판매", stub.clock.now)
    stub.publish("news", "이륜차 한울오토 모임", stub.clock.now, shown="한울오토바이 아님", title="x")
    found = list(posts(passed(collector(stub, kinds=("news",)))[0]).values())
    assert [post.about for post in found] == ["한울오토", None, None, None]
    matcher = Matcher([HANUL])
    assert [bool(matcher.mentions(post)) for post in found] == [True, True, False, False]


def test_the_keys_go_in_headers_whose_names_may_change(stub: NaverStub) -> None:
    stub.id_header, stub.secret_header = "x-hub-id", "x-hub-key"
    with pytest.raises(AuthFailed):
        passed(collector(stub))
    assert passed(collector(stub, id_header="X-Hub-Id", secret_header="X-Hub-Key"))[1]
    assert all(key not in f"{asked.path}{asked.query}" for asked in stub.asked for key in KEYS)


def test_the_parameters_are_those_of_the_specification(stub: NaverStub) -> None:
    passed(collector(stub))
    assert [asked.query for asked in stub.asked] == [{"query": '"한울오토"', "display": "100", "start": "1", "sort": "date"}] * 4
    assert [asked.path.rpartition("/")[2] for asked in stub.asked] == ["blog.json", "cafearticle.json", "kin.json", "news.json"]


def said(status: int, code: str) -> Answer:
    return Answer.of({"errorMessage": f"words with {KEYS[1]}", "errorCode": code}, status)


@pytest.mark.parametrize(
    ("answer", "error"),
    [(said(401, "024"), AuthFailed), (said(403, "024"), AuthFailed), (said(404, "SE05"), Unavailable), (said(500, "SE99"), Unavailable),
     (said(400, "SE02"), Unavailable), (said(400, "SE03"), Unavailable), (said(400, "SE04"), Unavailable), (said(429, "012"), RateLimited),
     (said(429, "010"), BudgetSpent),
     (said(200, "SE99"), Unavailable), (Answer.of([]), Unavailable), (Answer.of({"items": 5}), Unavailable)],
)  # fmt: skip
def test_naver_s_own_errors(stub: NaverStub, answer: Answer, error: type[Exception]) -> None:
    stub.plant(Fault("said", answer))
    with pytest.raises(error) as raised:
        passed(collector(stub))
    assert KEYS[1] not in str(raised.value)


def test_the_day_s_calls_are_a_budget(stub: NaverStub) -> None:
    stub.calls_left = 0
    with pytest.raises(BudgetSpent):
        passed(collector(stub))


def test_one_question_that_naver_refuses_does_not_stop_the_others(stub: NaverStub) -> None:
    watch = Watch("w", ("한울오토", "한울캐리어"))
    stub.publish("news", "한울오토", stub.clock.now)

    def strange(asked: Asked) -> bool:
        return "캐리어" in asked.query["query"]

    stub.plant(Fault("strange", said(400, "SE01"), only=strange))
    pages, _ = passed(collector(stub, watch, kinds=("news",)))
    assert len(posts(pages)) == 1
    assert [problem for page in pages for problem in page.problems]
    stub.choose = lambda asked: Fault("all", said(400, "SE06"))
    with pytest.raises(Unavailable):
        passed(collector(stub, watch, kinds=("news",)))


@pytest.mark.parametrize("bad", [None, 5, {}, {"title": "한울오토"},
                                 {"title": 5, "description": "", "link": "https://a.example/1"},
                                 {"title": "", "description": "", "link": "nowhere"},
                                 {"title": "", "description": "", "link": "http://[x"}])  # fmt: skip
def test_one_bad_result_is_told_and_the_others_stay(stub: NaverStub, bad: object) -> None:
    good = {"title": "한울오토", "description": "", "link": "https://a.example/2", "pubDate": "never"}
    _, cursor = passed(collector(stub, kinds=("news",)))
    stub.plant(Fault("bad", Answer.of({"items": [bad, good]})))
    pages, _ = passed(collector(stub, kinds=("news",)), cursor)
    assert [post.time_precision for post in posts(pages).values()] == [Precision.SEEN]
    assert sum(len(page.problems) for page in pages) == 1


@pytest.mark.parametrize(
    ("kind", "links"),
    [("blog", ["https://blog.naver.com/someone/223", "http://m.blog.naver.com/someone/223?x=1",
               "https://blog.naver.com/PostView.naver?blogId=someone&logNo=223"]),
     ("cafearticle", ["http://cafe.naver.com/cars/77?art=abc", "https://m.cafe.naver.com/cars/77?art=def"]),
     ("kin", ["https://kin.naver.com/qna/detail.naver?d1id=8&docId=5&qb=a", "https://kin.naver.com/qna/detail.nhn?docId=5&qb=b"]),
     ("news", ["https://n.news.naver.com/mnews/article/001/0012?sid=1", "https://news.naver.com/main/read.naver?oid=001&aid=0012"]),
     ("news", ["https://www.paper.example/view?id=9&utm_source=x", "http://paper.example/view?id=9"])],
)  # fmt: skip
def test_an_id_is_what_stays_the_same_of_a_link(kind: str, links: list[str]) -> None:
    assert len({native(link, kind) for link in links}) == 1
    assert native(links[0], kind) != native(
        links[0].replace("9", "8").replace("7", "6").replace("5", "4").replace("3", "2").replace("12", "13"), kind
    )


def test_a_cursor_of_another_version_begins_anew(stub: NaverStub) -> None:
    for cursor in ("nonsense", "[]", '{"news 한울오토": 5}', '{"news 한울오토": {"at": "x", "seen": 1}}'):
        assert passed(collector(stub), cursor)[1]


def parse_recorded() -> tuple[dict[str, list[Post]], dict[str, Counter[str]], list[str]]:
    """Return the posts of the reference's samples by kind, the fields that they have, and why others were left out."""
    found: dict[str, list[Post]] = {}
    fields: dict[str, Counter[str]] = {}
    left_out = []
    for kind in ("blog", "cafearticle", "kin", "news"):
        text = (SAMPLES / f"sample-{kind}.xml").read_text(encoding="utf-8")
        text = text[text.index("<rss") :].replace("...\n", "\n")
        for piece in text.split("<item>")[1:]:
            body = piece.split("</item>")[0]
            result = {}
            for name in (
                "title",
                "link",
                "originallink",
                "description",
                "bloggername",
                "bloggerlink",
                "postdate",
                "cafename",
                "cafeurl",
                "pubDate",
            ):
                if f"<{name}>" in body:
                    result[name] = body.split(f"<{name}>")[1].split(f"</{name}>")[0]
            fields.setdefault(kind, Counter()).update(list(result))
            try:
                found.setdefault(kind, []).append(read(result, kind, "주식", (), datetime(2026, 11, 2, tzinfo=UTC))[0])  # type: ignore[arg-type]
            except MALFORMED as error:
                left_out.append(f"{kind}: {error}")
    return found, fields, left_out


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared data are not here")
def test_the_samples_of_the_reference_parse() -> None:
    found, fields, left_out = parse_recorded()
    assert {kind: len(each) for kind, each in found.items()} == {"blog": 1, "cafearticle": 2, "kin": 1, "news": 1}
    assert not left_out
    assert all("<b>" not in post.text and "&" not in post.text for each in found.values() for post in each)
    assert found["blog"][0].created_at == datetime(2016, 12, 8, 3, tzinfo=UTC)
    assert found["news"][0].created_at == datetime(2016, 9, 25, 22, 50, tzinfo=UTC)
    assert fields["cafearticle"] == {"title": 2, "link": 2, "description": 2, "cafename": 2, "cafeurl": 2}
