"""What is special to feeds; what all collectors must do is in test_collectors.py."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message

import pytest
from conftest import SHARED

from monitor import plugins
from monitor.collectors import KINDS, Page
from monitor.collectors.feeds import Feeds, Options
from monitor.collectors.feeds.reading import entries_of
from monitor.collectors.metering import Allowance, Meter, Spent
from monitor.collectors.web import Web, inside
from monitor.domain import Post, Precision
from monitor.errors import AuthFailed, BudgetSpent, ConfigError, RateLimited, Unavailable
from tests.checks.collectors import WATCH
from tests.platforms.feeds import FeedStub, rss
from tests.platforms.stub import Answer

NOW = datetime(2026, 11, 2, 3, tzinfo=UTC)
FEEDS = SHARED / "contracts" / "feeds"


@pytest.fixture
def stub() -> Iterator[FeedStub]:
    with FeedStub() as running:
        assert isinstance(running, FeedStub)
        yield running


def collector(stub: FeedStub, *paths: str, about: str | None = None, meter: Meter | None = None) -> Feeds:
    urls = tuple(path if path.startswith("http") else stub.base_url + path for path in paths or ("/feed.xml",))
    return Feeds("feeds", Options(urls, about), (WATCH,), stub.clock, meter)


def passed(feeds: Feeds, cursor: str | None = None) -> tuple[list[Page], str | None]:
    pages = list(feeds.pages(cursor))
    return pages, next((page.cursor for page in reversed(pages) if page.cursor), cursor)


def posts(pages: list[Page]) -> list[Post]:
    return [post for page in pages for post in page.posts]


def problems(pages: list[Page]) -> list[str]:
    return [problem for page in pages for problem in page.problems]


def test_an_unchanged_feed_costs_one_short_answer_and_no_page(stub: FeedStub) -> None:
    stub.publish("한울오토", NOW, author="writer@example.com (김기자)")
    first, cursor = passed(collector(stub))
    assert [(post.author_id, post.community) for post in posts(first)] == [("feeds:127.0.0.1/김기자", "게시판 & 소식")]
    assert passed(collector(stub), cursor)[0] == []
    assert "if-none-match" not in stub.asked[0].headers
    assert stub.asked[1].headers["if-none-match"]


def test_new_edited_and_known_entries_are_told_apart(stub: FeedStub) -> None:
    edited, _ = stub.publish("한울오토 처음", NOW, "제목"), stub.publish("한울오토 그대로", NOW)
    first, cursor = passed(collector(stub))
    edited.text = "한울오토 고침"
    new = stub.publish("한울오토 새 글", NOW)
    second, cursor = passed(collector(stub), cursor)
    assert [post.text for post in posts(second)] == [new.text]
    assert [post.text for page in second for post in page.edited] == ["제목\n한울오토 고침"]
    assert {post.id for page in second for post in page.edited} <= {post.id for post in posts(first)}
    assert passed(collector(stub), cursor)[0] == []


def test_a_feed_that_shows_nothing_known_any_more_has_left_a_hole(stub: FeedStub) -> None:
    stub.shown = 20
    stub.publish("한울오토 전", NOW - timedelta(minutes=1))
    _, cursor = passed(collector(stub))
    stub.clock.go_on(hours=1)
    for n in range(50):
        stub.publish(f"한울오토 {n}", NOW + timedelta(minutes=1 + n))
    second, cursor = passed(collector(stub), cursor)
    assert len(posts(second)) == 20
    assert [(page.hole.since, page.hole.until) for page in second if page.hole] == [(NOW, NOW + timedelta(minutes=31))]
    stub.publish("한울오토 뒤", stub.clock.now)
    assert not [page.hole for page in passed(collector(stub), cursor)[0] if page.hole]


def test_entries_without_a_date_count_from_when_we_first_see_them(stub: FeedStub) -> None:
    stub.publish("한울오토 오래된 글", None)
    stub.publish("한울오토 아주 오래된 글", NOW - timedelta(days=300))
    first, cursor = passed(collector(stub))
    assert posts(first) == []
    stub.publish("한울오토 새 글", None)
    stub.clock.go_on(minutes=15)
    found = posts(passed(collector(stub), cursor)[0])
    assert [(post.text, post.created_at, post.time_precision) for post in found] == [("한울오토 새 글", stub.clock.now, Precision.SEEN)]


def test_one_dead_feed_is_a_problem_and_not_the_end(stub: FeedStub) -> None:
    stub.publish("한울오토", NOW)
    stub.places |= {
        "/secret-token/refused": Answer(403), "/busy": Answer(429, {"retry-after": "9"}),
        "/page": Answer(200, {"content-type": "text/html"}, b"<html><body>login</body></html>"), "/empty": Answer(200),
    }  # fmt: skip
    dead = ("/secret-token/refused", "/busy", "/page", "/empty", "/nowhere")
    found, cursor = passed(collector(stub, *dead[:2], "/feed.xml", *dead[2:]))
    assert len(posts(found)) == 1 and cursor
    assert len(problems(found)) == 5
    assert "feed 1 (127.0.0.1)" in problems(found)[0]
    assert not any("secret-token" in problem for problem in problems(found))
    for path, error in zip(dead, (AuthFailed, RateLimited, Unavailable, Unavailable, Unavailable), strict=True):
        with pytest.raises(error):
            passed(collector(stub, path))


def test_a_budget_that_ends_between_two_feeds_is_no_dead_feed(stub: FeedStub) -> None:
    stub.publish("한울오토", NOW)
    meter = Meter("feeds", Allowance(requests_per_day=1))
    meter.begin(Spent(), Spent())
    got: list[Page] = []
    with pytest.raises(BudgetSpent):
        got.extend(collector(stub, "/feed.xml", "/feed.xml?second", meter=meter).pages(None))
    assert len(stub.asked) == 1


def test_a_feed_that_moved_to_another_host_is_followed_without_what_we_told_the_first(stub: FeedStub) -> None:
    stub.publish("한울오토", NOW)
    with FeedStub(stub.clock) as old:
        assert isinstance(old, FeedStub)
        login = old.base_url.replace("http://", "http://reader:pass-81@")
        old.places["/old"] = Answer(301, {"location": f"{stub.base_url}/feed.xml"})
        found, _ = passed(collector(old, f"{login}/old"))
    assert len(posts(found)) == 1
    assert "authorization" in old.asked[0].headers
    assert "authorization" not in stub.asked[0].headers


def test_redirects_end_after_three_and_lead_to_no_other_scheme(stub: FeedStub) -> None:
    for n in range(5):
        stub.places[f"/{n}"] = Answer(302, {"location": f"/{n + 1}"})
    stub.places |= {"/file": Answer(302, {"location": "file:///etc/passwd"}), "/bad": Answer(302, {"location": "http://[x"})}
    for path in ("/0", "/file", "/bad"):
        stub.asked.clear()
        with pytest.raises(Unavailable):
            passed(collector(stub, path))
        assert len(stub.asked) <= 4


def test_a_redirect_from_outside_into_our_own_network_is_not_followed(stub: FeedStub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(map(inside, ("localhost", "127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "192.168.0.1")))
    assert not any(map(inside, ("8.8.8.8", "2001:4860:4860::8888", "no such host", None)))
    stub.places["/old"] = Answer(301, {"location": stub.base_url.replace("127.0.0.1", "localhost") + "/feed.xml"})
    monkeypatch.setattr("monitor.collectors.web.inside", lambda host: host == "localhost")
    with pytest.raises(Unavailable):
        passed(collector(stub, "/old"))
    assert [asked.path for asked in stub.asked] == ["/old"]


def test_other_sources_still_refuse_to_be_sent_elsewhere(stub: FeedStub) -> None:
    stub.places["/old"] = Answer(301, {"location": stub.base_url.replace("127.0.0.1", "localhost") + "/feed.xml"})
    assert Web("w", stub.base_url).ask("/old").status == 301


@pytest.mark.parametrize("feeds", [(), ("file:///etc/passwd",), ("ftp://a.example/x",), ("/etc/passwd",), ("http://",), ("http://a\nb/",)])
def test_only_web_addresses_are_feeds(feeds: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="feeds must be"):
        Options(feeds)


def read(body: bytes, kind: str = "text/xml", about: str | None = None) -> list[Post]:
    entries, _ = entries_of(body, kind, "https://paper.example/rss", about, NOW)
    assert entries is not None
    return [entry.post for entry in entries]


@pytest.mark.parametrize(
    ("kind", "declared"), [("text/xml", "euc-kr"), ("text/xml; charset=euc-kr", "euc-kr"), ("application/rss+xml", "EUC-KR")]
)
def test_korean_encodings(kind: str, declared: str) -> None:
    body = rss("게시판", "<item><title>한울오토 탁송 사고</title><guid>7</guid></item>", declared).encode("euc-kr")
    assert [(post.text, post.community) for post in read(body, kind)] == [("한울오토 탁송 사고", "게시판")]


def test_a_broken_feed_is_read_as_far_as_it_goes() -> None:
    body = rss("x", "<item><title>첫째 &nbsp; 한울오토</title><guid>1</guid></item><item><title>둘째 <b>끊김</title>").encode()[:-20]
    assert read(body)[0].text.split() == ["첫째", "한울오토"]


def test_a_google_alert_leads_to_the_article_and_is_about_its_term() -> None:
    link = "https://www.google.com/url?rct=j&amp;sa=t&amp;url=https://paper.example/a%3Fid%3D1&amp;ct=ga"
    body = f"""<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Google 알리미 - 한울오토</title>
      <entry><id>tag:google.com,2013:googlealerts/feed:99</id><title type="html">&lt;b&gt;한울&lt;/b&gt; 소식</title>
      <link href="{link}"/>
      <published>2026-11-01T22:00:00Z</published>
      <content type="html">차량이 &lt;b&gt;늦었다&lt;/b&gt;&amp;nbsp;...</content></entry></feed>""".encode()
    post = read(body, "application/atom+xml", "한울오토")[0]
    assert (post.url, post.text, post.about) == ("https://paper.example/a?id=1", "한울 소식\n차량이 늦었다 ...", "한울오토")
    assert post.created_at == datetime(2026, 11, 1, 22, tzinfo=UTC)
    assert read(body, about="한울 소식")[0].about is None


def test_a_bare_number_is_an_id_at_its_host_only() -> None:
    body = rss(
        "x", "<item><title>a</title><guid isPermaLink='false'>7</guid></item><item><title>b</title><link>javascript:alert(1)</link></item>"
    )
    one, link = read(body.encode())
    other, _ = entries_of(body.encode(), "", "https://other.example/rss", None, NOW)
    assert other and one.id != other[0].post.id
    assert link.url is None


def test_a_feed_cannot_name_a_file_or_blow_up() -> None:
    assert entries_of(b"/etc/hostname", "", "https://a.example", None, NOW)[0] is None
    file = '<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/hostname"><!ENTITY c "(C)">]>'
    bomb = '<!DOCTYPE r [<!ENTITY a "한울오토"><!ENTITY b "' + "&a;" * 500 + '"><!ENTITY f "' + "&b;" * 500 + '">]>'
    rest = '<rss version="2.0"><channel><item><title>한울오토 &f;</title><guid>1</guid></item></channel></rss>'
    assert [post.text.split()[0] for post in read((file + rest).encode())] == ["한울오토"]
    assert "localhost" not in read((file + rest).encode())[0].text
    assert entries_of((bomb + rest).encode(), "text/xml", "https://a.example", None, NOW) == (
        None,
        ["it declares entities made of entities"],
    )


@pytest.mark.parametrize("cursor", ["nonsense", "[]", "5", '{"x": 1}'])
def test_a_cursor_of_another_version_begins_anew(stub: FeedStub, cursor: str) -> None:
    stub.publish("한울오토", NOW)
    found, after = passed(collector(stub), cursor)
    assert len(posts(found)) == 1
    assert "127.0.0.1" not in str(after) and json.loads(str(after))


def test_a_missing_feedparser_is_told_with_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("monitor.collectors.feeds", "monitor.collectors.feeds.reading"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "feedparser", None)
    monkeypatch.setattr("importlib.metadata.metadata", _announced)
    with pytest.raises(ConfigError, match=r'feedparser, which is not installed: pip install "complaint-monitor\[feeds\]"'):
        plugins.load(KINDS, "feeds")


def _announced(name: str) -> Message:
    told = Message()
    for extra in ("dev", "feeds"):
        told["Provides-Extra"] = extra
        told["Requires-Dist"] = f"feedparser<7,>=6.0.14; extra == '{extra}'"
    return told


def test_what_a_feed_says_of_its_language_is_not_believed() -> None:
    """It is mostly the default of the software behind it, and a watch's languages would rule the entry out."""
    body = rss("게시판</title><language>en-us</language><title>", "<item><title>한울오토</title><guid>1</guid></item>")
    assert [post.language for post in read(body.encode())] == [None]


def parse_recorded() -> dict[str, tuple[int, str]]:
    """Return for each test feed how many entries it gives, and the first one's words or why it is no feed."""
    found = {}
    for file in sorted(FEEDS.rglob("*.xml")):
        entries, told = entries_of(file.read_bytes(), "text/xml", "https://a.example/feed", None, NOW)
        found[file.name] = (len(entries or ()), entries[0].post.text if entries else "; ".join(told))
    return found


@pytest.mark.skipif(not FEEDS.is_dir(), reason="the shared data are not here")
def test_the_test_feeds_parse() -> None:
    found = parse_recorded()
    assert found["euc-kr-item.xml"] == (1, "년")
    assert found["item_content_encoded.xml"] == (1, "Example content")
    assert {name: count for name, (count, _) in found.items() if count} == {
        "euc-kr-item.xml": 1, "entry_id.xml": 1, "item_content_encoded.xml": 1, "item_guid.xml": 1, "item_pubDate.xml": 1,
    }  # fmt: skip
    date = entries_of((FEEDS / "wellformed/rss/item_pubDate.xml").read_bytes(), "", "https://a.example", None, NOW)[0]
    assert date and date[0].post.created_at == datetime(2004, 1, 1, 19, 48, 21, tzinfo=UTC)
