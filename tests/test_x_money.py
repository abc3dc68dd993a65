"""X: edits, deletions, what it charges, its failures inside and outside good answers, a token nobody sees."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.collectors import Page
from monitor.collectors.metering import Allowance, Meter
from monitor.collectors.x import Options, X
from monitor.collectors.x.prices import Paid
from monitor.decode import Secret
from monitor.domain import Watch
from monitor.errors import AuthFailed, BudgetSpent, CollectFailed, RateLimited, Unavailable
from tests.checks.collectors import WATCH
from tests.platforms.stub import Answer, Clock, Fault, Stub
from tests.platforms.x import TOKEN, Published, Replay, XStub, collector, last_cursor, texts, time_of

both = pytest.mark.parametrize("names", ["tweet", "post"])


@pytest.fixture
def stub() -> Iterator[XStub]:
    with XStub() as running:
        assert isinstance(running, XStub)
        yield running


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
    watch = Watch("w", ("한울오토",))
    asked = collector(stub, watch, Watch("v", ("한울 오토",), ("한울 오",)))  # found by X, for a phrase is not negated, but not kept
    pages = list(asked.pages(None))
    assert sum(len(page.posts) for page in pages) == 230
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


def test_a_budget_smaller_than_a_burst_reads_all_of_it_in_a_few_days_and_pays_once(stub: XStub) -> None:
    written = {f"x:{stub.publish(f'한울오토 {n}', stub.clock() - timedelta(seconds=10 * n)).id}" for n in range(1000)}
    found, cursor = set[str](), None
    for _ in range(5):
        meter = Meter("x", Allowance(money_per_day=1.50))
        with contextlib.suppress(BudgetSpent):
            for page in collector(stub, meter=meter).pages(cursor):
                found |= {post.id for post in page.posts}
                cursor = page.cursor or cursor
        stub.clock.go_on(days=1)
    assert found == written
    overlap, author, seam = 61 * 0.005, 0.010, 0.005
    assert stub.bill <= 1000 * 0.005 + 5 * (overlap + author + seam)


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
        caplog.set_level(logging.DEBUG, logger=name)
    stub.publish("한울오토 비밀스러운 말")
    asked = collector(stub, counting="always")
    list(asked.pages(None))
    list(asked.refresh([f"x:{stub.posts[0].id}"]))
    stub.plant(Fault("401", Answer.of(problem("x", TOKEN), 401)))
    with pytest.raises(AuthFailed):
        list(asked.pages(None))
    assert "urllib3" in caplog.text
    assert TOKEN not in caplog.text and "비밀스러운" not in caplog.text and "tweepy" not in caplog.text
    assert TOKEN not in repr(vars(asked)) + repr(vars(asked.source.client))


def test_tweepy_is_never_told_the_token(stub: XStub) -> None:
    seen, asked = list[str](), collector(stub)
    request = asked.source.client.session.request

    def listening(*given: Any, **named: Any) -> Any:
        seen.append(repr((given, named)))
        return request(*given, **named)

    asked.source.client.session.request = listening
    list(asked.pages(None))
    assert seen and TOKEN not in "".join(seen)
    assert all(one.headers["authorization"] == f"Bearer {TOKEN}" for one in stub.asked)


def test_nothing_is_opened_before_pages_are_asked_for() -> None:
    with Stub() as silent:
        asked = collector(silent)
        asked.pages(None)
        asked.refresh(["x:1"])
        asked.queries()
        assert not silent.asked
