"""The collector contract as functions: every kind in ``KINDS`` runs every check against a stub of its platform.

What goes wrong at a platform is in ``tests/checks/faults.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

import pytest

from monitor.collectors import Collector, Hole, Page, Refresher, Searcher
from monitor.collectors.metering import UNLIMITED, Allowance, Meter, Spent
from monitor.domain import Precision, Watch
from monitor.errors import BudgetSpent
from monitor.matching import Matcher
from monitor.pipeline.collecting import CLOCK_SKEW, keep
from monitor.store import Store
from tests.platforms.stub import Asked, Stub

WATCH = Watch("한울오토", ("한울오토", "hanul auto"))
HOSTILE = (
    "한울오토 \x1b[31mred\x1b[0m \x1b]0;title\x07 <script>alert(1)</script> \"' -- ; DROP TABLE posts; %s {0} \\N \\u0000 \u202eexe\u2066 "
    "zero\u200bwidth 漢字 العربية 👩‍👩‍👧 =cmd()|' @everyone &lt;b&gt; &amp;amp; ]]> {{ }}"
)


@dataclass(frozen=True)
class Rig:
    """A kind and its platform, to be checked.

    ``make``: a fresh collector, named after the kind, for ``WATCH``, against ``stub`` and on the stub's clock, with interval-free options.
    ``publish``: put posts with these texts on the platform, written at these times (oldest first), visible from now on; returns their
    post ids as the collector tells them. ``window``: how many posts of one question the platform shows, newest first; None: all.
    ``page``: posts on one page. ``secrets``: what must show nowhere. ``strikes``: the requests that a fault may strike (all but the
    token exchange, say).
    """

    kind: str
    stub: Stub
    make: Callable[[], Collector]
    publish: Callable[[Sequence[str], Sequence[datetime]], list[str]]
    page: int
    window: int | None = None
    secrets: tuple[str, ...] = ()
    strikes: Callable[[Asked], bool] = lambda asked: True

    def write(self, number: int, back: timedelta = timedelta(minutes=5), within: timedelta = timedelta(minutes=4)) -> list[str]:
        """Publish ``number`` posts, the oldest written ``back`` ago, all of them in a stretch as long as ``within``."""
        start, so_far = self.stub.clock.now - back, len(self.stub.asked)
        times = [start + within * place / max(number, 1) for place in range(number)]
        return self.publish([f"한울오토 탁송이 늦습니다 {so_far}-{place}" for place in range(number)], times)


@dataclass
class Desk:
    """A store, and what passes bring into it."""

    rig: Rig
    store: Store = field(default_factory=lambda: Store.open(":memory:", durable=False))
    holes: list[Hole] = field(default_factory=list)

    def take(self, pages: Iterator[Page]) -> list[Page]:
        """Store pages as the pipeline does, one transaction each."""
        taken = []
        for page in pages:
            with self.store.transaction():
                keep(self.store, Matcher((WATCH,)), page, self.rig.stub.clock.now)
                if page.cursor is not None:
                    self.store.posts.set_cursor(self.rig.kind, page.cursor, self.rig.stub.clock.now)
            taken.append(page)
            self.holes += [page.hole] if page.hole else []
        return taken

    def collect(self, collector: Collector | None = None) -> list[Page]:
        """One whole pass."""
        return self.take(iter((collector or self.rig.make()).pages(self.cursor())))

    def cursor(self) -> str | None:
        return self.store.posts.cursor(self.rig.kind)

    def ids(self) -> set[str]:
        """The posts that are stored; each stands there once, with one mention."""
        found = [(post.id, mention.watch) for post, mention in self.store.posts.unclassified(1_000_000)]
        assert len(found) == len(set(found))
        return {post_id for post_id, _ in found}


@contextmanager
def meters(monkeypatch: pytest.MonkeyPatch, allowance: Allowance = UNLIMITED, before: int = 0) -> Iterator[list[Meter]]:
    """Every meter that is made meanwhile; each holds ``allowance`` and begins with so many requests made."""
    made: list[Meter] = []
    begin = Meter.__init__

    def remembered(self: Meter, source: str, _allowance: Allowance = UNLIMITED) -> None:
        begin(self, source, allowance)
        self.begin(Spent(before), Spent(before))
        made.append(self)

    with monkeypatch.context() as patch:
        patch.setattr(Meter, "__init__", remembered)
        yield made


# ---- what every collector does


def opens_nothing_before_it_is_asked(rig: Rig) -> None:
    collector = rig.make()
    collector.pages(None)
    if isinstance(collector, Searcher):
        assert collector.queries()
    assert rig.stub.asked == []


def brings_what_was_written_and_ends_with_a_cursor(rig: Rig) -> None:
    start = rig.stub.clock.now - timedelta(minutes=30)
    texts = [f"한울오토 {number}번째 이야기" for number in range(12)]
    times = [start + timedelta(minutes=number) for number in range(12)]
    written = rig.publish(texts, times)
    desk = Desk(rig)
    pages = desk.collect()
    posts = {post.id: post for page in pages for post in page.posts}
    assert set(written) <= set(posts)
    assert [posts[post_id].text for post_id in written] == texts
    assert all(posts[post_id].platform == post_id.partition(":")[0] for post_id in written)
    for post_id, at in zip(written, times, strict=True):
        told = posts[post_id]
        assert told.created_at.utcoffset() == timedelta(0)
        assert told.time_precision is not Precision.SECOND or abs(told.created_at - at) < timedelta(seconds=1)
    assert pages[-1].cursor is not None
    assert not [problem for page in pages for problem in page.problems]


def a_second_pass_adds_nothing_and_asks_no_more_than_the_first(rig: Rig) -> None:
    written = rig.write(2 * rig.page + 3)
    desk = Desk(rig)
    desk.collect()
    before, asked = desk.ids(), len(rig.stub.asked)
    assert before == set(written)
    rig.stub.clock.go_on(minutes=1)
    desk.collect()
    assert desk.ids() == before
    assert len(rig.stub.asked) <= 2 * asked


def an_empty_platform_is_no_trouble_and_what_follows_arrives(rig: Rig) -> None:
    desk = Desk(rig)
    assert not [post for page in desk.collect() for post in page.posts]
    assert desk.collect() is not None
    rig.stub.clock.go_on(minutes=2)
    written = rig.write(3, timedelta(minutes=1), timedelta(seconds=30))
    desk.collect()
    assert desk.ids() == set(written)
    assert desk.holes == []


def what_the_index_shows_late_arrives(rig: Rig) -> None:
    desk = Desk(rig)
    written = rig.write(5, timedelta(minutes=2), timedelta(minutes=1))
    desk.collect()
    late = rig.write(3, timedelta(minutes=7), timedelta(minutes=2))
    rig.stub.clock.go_on(minutes=2)
    desk.collect()
    assert desk.ids() == {*written, *late}


def a_walk_left_at_any_page_loses_nothing(rig: Rig) -> None:
    """Also where the same collector goes on, whose own memory may think that it has told what nobody stored."""
    old = rig.write(rig.page // 2, timedelta(minutes=40), timedelta(minutes=10))
    first = Desk(rig).collect()
    rig.stub.clock.go_on(hours=12)  # longer than any overlap, which would hide a mark that moved too early
    new = rig.write(2 * rig.page + rig.page // 2, timedelta(hours=11), timedelta(hours=10))
    known = Desk(rig)
    known.take(iter(first))
    pages = len(known.collect())
    assert known.ids() == {*old, *new}
    for stored in range(pages + 1):
        for same in (False, True):
            desk, collector = Desk(rig), rig.make()
            desk.take(iter(collector.pages(None)) if same else iter(first))
            before = desk.cursor()
            walk = collector.pages(before)
            desk.take(islice(walk, stored))
            del walk
            rig.stub.clock.go_on(seconds=20)
            desk.collect(collector if same else None)
            assert desk.ids() == {*old, *new}, f"left after {stored} of {pages} pages, {'the same' if same else 'another'} collector"
            assert desk.holes == []


def the_same_collector_told_twice_tells_again_what_was_not_stored(rig: Rig) -> None:
    """A transaction that failed leaves the cursor where it was: the next pass of the same collector must not skip the page."""
    collector, desk = rig.make(), Desk(rig)
    desk.collect(collector)
    rig.stub.clock.go_on(minutes=3)
    written = rig.write(7, timedelta(minutes=2), timedelta(minutes=1))
    for _ in collector.pages(desk.cursor()):
        pass  # nothing of it is stored
    rig.stub.clock.go_on(minutes=1)
    desk.collect(collector)
    assert desk.ids() == set(written)


def a_burst_between_two_passes_arrives_or_its_hole_is_told(rig: Rig) -> None:
    desk = Desk(rig)
    first = rig.write(5)
    desk.collect()
    mark = rig.stub.clock.now
    rig.stub.clock.go_on(minutes=10)
    burst = rig.write(5_000, timedelta(minutes=9), timedelta(minutes=8))
    desk.collect()
    if rig.window is None:
        assert desk.ids() == {*first, *burst}
        assert desk.holes == []
        return
    assert set(burst[-rig.window :]) <= desk.ids()
    assert set(burst[: -rig.window]) - desk.ids()
    assert desk.holes, "posts are lost and nobody is told"
    for hole in desk.holes:
        assert mark - timedelta(hours=2) <= hole.since < hole.until <= rig.stub.clock.now
        assert hole.why


def a_busy_hour_within_the_window_leaves_no_hole(rig: Rig) -> None:
    """The overlap may reach further back than the platform shows: nothing is lost as long as the known is met."""
    desk = Desk(rig)
    per_pass = (rig.window or 300) // 3
    written = []
    for _ in range(6):
        rig.stub.clock.go_on(minutes=2)
        written += rig.write(per_pass, timedelta(minutes=2), timedelta(minutes=2))
        desk.collect()
    assert desk.ids() == set(written)
    assert desk.holes == []


def a_post_from_the_future_arrives_and_hides_nothing(rig: Rig) -> None:
    now = rig.stub.clock.now
    desk = Desk(rig)
    ahead = rig.publish(["한울오토 시계가 빠릅니다"], [now + timedelta(hours=3)])
    desk.collect()
    assert all(
        post.created_at <= now + CLOCK_SKEW for post, _ in desk.store.posts.unclassified(10) if post.time_precision is not Precision.DAY
    )
    rig.stub.clock.go_on(minutes=5)
    later = rig.write(4, timedelta(minutes=4), timedelta(minutes=2))
    desk.collect()
    assert desk.ids() >= set(later)
    rig.stub.clock.go_on(hours=3)
    desk.collect()
    assert desk.ids() == {*ahead, *later}


def hostile_and_huge_texts_arrive(rig: Rig) -> None:
    huge = "한울오토 " + "가나다라마바사 " * 40_000
    texts = ["한울오토", HOSTILE, huge, "한울오토 1 < 2 && 3 > 2; AT&T &copy; R&amp;D", "한울오토" + "🔥" * 600, "한울오토\r\n둘째 줄\t끝"]
    start = rig.stub.clock.now - timedelta(minutes=10)
    written = rig.publish(texts, [start + timedelta(seconds=place) for place in range(len(texts))])
    desk = Desk(rig)
    desk.collect()
    assert desk.ids() == set(written)
    stored = {post.id: post.text for post, _ in desk.store.posts.unclassified(100)}
    assert not [text for text in stored.values() if "\0" in text]
    assert "DROP TABLE posts" in stored[written[1]]
    assert "".join(stored[written[3]].split()) == "".join(texts[3].split())


def words_about_others_are_not_kept(rig: Rig) -> None:
    now = rig.stub.clock.now
    rig.publish(["다른 회사 이야기입니다", ""], [now - timedelta(minutes=2), now - timedelta(minutes=1)])
    written = rig.write(1)
    desk = Desk(rig)
    desk.collect()
    assert desk.ids() == set(written)


def a_cursor_of_another_version_begins_anew(rig: Rig) -> None:
    written = rig.write(3)
    broken = ("", "x", "[]", "null", "17", "{", "\x00", "[[[[1]]]]", '{"": {}}', '{"a": 1}', '{"a": "b"}', '{"한울오토": "2026-13-45"}')
    for cursor in (*broken, '{"한울오토": [1, null, "x"]}', '{"한울오토": [[], {}, 2, 3, 4, 5]}'):
        desk = Desk(rig)
        desk.take(iter(rig.make().pages(cursor)))
        assert desk.ids() == set(written), cursor


# ---- what it costs


def the_meter_counts_every_request(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write(2 * rig.page + 3)
    with meters(monkeypatch) as made:
        collector = rig.make()
        list(collector.pages(None))
    assert len(rig.stub.asked) > 0
    assert sum(meter.take().requests for meter in made) == len(rig.stub.asked)


def nothing_is_asked_when_the_budget_is_spent(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    with meters(monkeypatch, Allowance(requests_per_day=10), before=10):
        collector = rig.make()
        with pytest.raises(BudgetSpent):
            list(collector.pages(None))
        if isinstance(collector, Refresher):
            with pytest.raises(BudgetSpent):
                list(collector.refresh(rig.write(1)))
    assert rig.stub.asked == []


def a_budget_that_ends_on_the_way_loses_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    written = rig.write(2 * rig.page + 3)
    for left in (1, 2, 3):
        desk = Desk(rig)
        asked = len(rig.stub.asked)
        with meters(monkeypatch, Allowance(requests_per_day=left)):
            try:
                desk.collect()
            except BudgetSpent:
                assert len(rig.stub.asked) - asked == left
        assert len(rig.stub.asked) - asked <= left
        desk.collect()
        assert desk.ids() == set(written)


# ---- looking again


def looking_again_deletes_nothing_that_is_there(rig: Rig) -> None:
    collector = rig.make()
    if not isinstance(collector, Refresher):
        return
    written = rig.write(collector.batch + 3 if collector.batch > 1 else 3)
    Desk(rig).collect()
    asked = len(rig.stub.asked)
    assert list(collector.refresh([])) == []
    assert len(rig.stub.asked) == asked
    pages = list(collector.refresh(written))
    assert [line.post_id for page in pages for line in page.gone] == []
    assert {line.post_id for page in pages for line in page.engagement} <= set(written)
    assert all(page.cursor is None for page in pages)
    strange = [f"{collector.platform}:", f"{collector.platform}:nothing/../here?x=1&y=\n", f"{collector.platform}:{'9' * 300}"]
    assert {line.post_id for page in collector.refresh(strange) for line in page.gone} <= set(strange)


CHECKS = (
    opens_nothing_before_it_is_asked,
    brings_what_was_written_and_ends_with_a_cursor,
    a_second_pass_adds_nothing_and_asks_no_more_than_the_first,
    an_empty_platform_is_no_trouble_and_what_follows_arrives,
    what_the_index_shows_late_arrives,
    a_walk_left_at_any_page_loses_nothing,
    the_same_collector_told_twice_tells_again_what_was_not_stored,
    a_burst_between_two_passes_arrives_or_its_hole_is_told,
    a_busy_hour_within_the_window_leaves_no_hole,
    a_post_from_the_future_arrives_and_hides_nothing,
    hostile_and_huge_texts_arrive,
    words_about_others_are_not_kept,
    a_cursor_of_another_version_begins_anew,
    looking_again_deletes_nothing_that_is_there,
)
COSTS = (the_meter_counts_every_request, nothing_is_asked_when_the_budget_is_spent, a_budget_that_ends_on_the_way_loses_nothing)
"""For what asks over a network."""
