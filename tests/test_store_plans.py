"""What a tick asks costs what is live, never what is stored: no statement of a tick scans a table that grows."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from storing import NOON, WATCH, assessment, at, decision, incident, labels, message, post

from monitor.domain import (
    Author,
    Because,
    Classification,
    Engagement,
    Fingerprint,
    Gap,
    Gone,
    Judged,
    Member,
    Mention,
    Reason,
    Run,
    Severity,
    Shown,
    Status,
    Step,
)
from monitor.store import Store

WHY = Because("grouping.alike", {"post": "x:1"})
MINUTE = timedelta(minutes=1)
LIVE = 1000
# What may be read from end to end: parameters given as JSON, and what holds only a handful of rows or only live ones.
SMALL = re.compile(
    r"SCAN (json_each|k|value|CONSTANT ROW|silences|models|chosen|sqlite_sequence|\(subquery-\d+\)|steps)\b"
    r"|SCAN \w+ USING (COVERING )?INDEX "
    r"(mentions_queue|incidents_live|incidents_due|assessments_undecided|notifications_(due|update|dead)|gaps_untold)\b"
)


def one_post_tick(store: Store, number: int) -> None:
    """Everything the steps ask and write in the minute in which one post arrives."""
    now = at(number)
    made = post(number, f"한울오토 환불 {number}번째", f"who{number}")
    with store.transaction():
        store.posts.cursor("file")
        store.posts.watches_of(["x:0000"])
        engagement = [Engagement(made.id, now, 1, 0, 0, 50), Engagement("x:0001", now, number, 0, 0, 50 * number)]
        store.posts.add([made], [Author(f"x:who{number}", "x", None, 9)], [Mention(made.id, WATCH, ((0, 4),))], engagement, [], now)
        store.posts.set_cursor("file", str(number), now)
    with store.transaction():
        work = store.posts.unclassified(500)
        store.posts.add_classifications([Classification(p.id, m.watch, "m@1", labels()) for p, m in work], now)
    with store.transaction():
        judged = store.posts.ungrouped(500)
        _place(store, judged, now)
        store.posts.mark([(j.post.id, WATCH) for j in judged], Step.GROUPED)
    with store.transaction():
        store.posts.mark([(j.post.id, WATCH) for j in store.posts.unassessed(500)], Step.ASSESSED)
        for found in store.incidents.due(now):
            store.posts.exposures(found.id)
            store.incidents.reach_history(found.id)
            store.incidents.add_assessment(assessment(found.id, number))
            store.incidents.set_due(found.id, now + 30 * MINUTE)
        store.put_state("detector", b"\x00" * 2000)
    for assessment_id, found in store.incidents.undecided():
        with store.transaction():
            _decide(store, assessment_id, found.incident_id, number)
    store.outbox.claim_due(now, 10, MINUTE)
    store.incidents.next_due()
    store.outbox.next_due()


def _place(store: Store, judged: list[Judged], now) -> None:
    store.incidents.waves(now - 60 * MINUTE)
    store.incidents.next_id()
    store.incidents.of_post("x:0000", WATCH)
    store.incidents.add_members([Member(j.post.id, WATCH, LIVE, WHY) for j in judged], now)
    store.incidents.refresh([LIVE])
    store.incidents.retitle(LIVE, f"환불 {now}")
    store.incidents.set_due(LIVE, now)
    store.posts.add_fingerprints([Fingerprint(j.post.id, WATCH, j.post.created_at, 7) for j in judged])


def _decide(store: Store, assessment_id: int, incident_id: int, number: int) -> None:
    store.incidents.get(incident_id)
    store.incidents.places(incident_id)
    store.incidents.spoken(incident_id)
    store.incidents.notifications_since(at(number - 1440))
    store.incidents.open_alerts(at(number - 720))
    store.incidents.silences(at(number))
    store.state("pressure")
    store.incidents.add_decision(decision(incident_id, Reason.TOO_SOON, number), assessment_id)


def seldom(store: Store, number: int) -> None:
    """What a tick asks only when something happened."""
    now = at(number)
    store.posts.telling(LIVE, 3)
    store.posts.recent(WATCH, now - 60 * MINUTE, 200)
    store.incidents.latest_assessment(LIVE)
    store.incidents.last_notification(LIVE)
    store.incidents.latest_decisions(Severity.HIGH)
    store.incidents.digested(now - 60 * MINUTE)
    store.incidents.mark_alerted(LIVE, Severity.HIGH, now)
    store.incidents.mark_crossed(LIVE, now)
    store.incidents.transition(LIVE, Status.TRIGGERED, "monitor", now)
    spoken = store.incidents.add_decision(decision(LIVE, Reason.FIRST, number), None)
    store.outbox.enqueue(spoken, LIVE, "service", "email", message(f"1.{number}"), now)
    for claimed in store.outbox.claim_due(now, 10, MINUTE):
        store.outbox.failed(claimed.id, "busy", now, now)
        store.outbox.delivered(claimed.id, "<1@mail>", now)
    _show(store, number)
    store.incidents.open(incident(LIVE + 1, last_post_at=now), now)
    store.incidents.merge(LIVE, LIVE + 1, WHY, now)
    store.incidents.standing(now - 60 * MINUTE)
    store.posts.fingerprints(now - 60 * MINUTE)
    store.posts.waiting()
    store.scores.first_look()
    store.scores.looks(now - 60 * MINUTE, now)
    store.scores.fates(now - 60 * MINUTE, now)
    store.scores.rehearsals_of(LIVE)
    store.scores.rehearsals_since(now - 60 * MINUTE)
    store.scores.last_day()
    store.scores.latest(7)
    store.scores.tallies(now.date())
    store.posts.add([], [], [], [], [Gone(f"x:{number:04}", now), Gone("x:unknown", now)], now)
    store.runs.record(Run("collect file", now, now, 1, 0))
    store.runs.last_good("collect file")
    store.runs.first_seen("collect file")
    store.runs.failing("group", 3)
    _tend(store, now)
    store.runs.take_lease("here:1", now, MINUTE)
    store.runs.heartbeat("here:1", now, MINUTE)
    store.runs.lease_holder()
    store.runs.release_lease("here:1")


def _tend(store: Store, now) -> None:
    """What the passes of collectors, measuring again, and the watch over ourselves ask."""
    store.sources.describe("file", "x", (9, None, None, 1.0))
    store.sources.spend("file", 1, 0.1, now)
    store.sources.spent("file", now)
    store.sources.saw("file", now)
    store.sources.newest("file")
    store.sources.pause("file", now, "refused", "401", now)
    store.sources.paused("file")
    store.sources.resume("file")
    store.sources.add_gap(Gap("file", "x", now, None, "silent"), told=False)
    store.sources.gaps(now)
    for number, _ in store.sources.untold():
        store.sources.mark_told(number)
    store.sources.close_gap("file", now)
    store.sources.usual("x", now - 60 * MINUTE, now)
    store.looks.looked([one.post_id for one in store.looks.followed(["x"], now - 4320 * MINUTE, now, 100)], now)
    store.looks.looked([one.post_id for one in store.looks.unseen("x", now, 10)], now)
    store.outbox.dead()
    for notification in store.outbox.to_update(now, 10):
        store.outbox.overtaken(notification)
        store.outbox.updated(notification.id, None)


def _show(store: Store, number: int) -> None:
    """The living message, and staff who act."""
    now = at(number)
    shown = Shown(now, Status.TRIGGERED)
    store.incidents.told(now - 60 * MINUTE)
    store.incidents.last_move(LIVE, Status.TRIGGERED)
    store.outbox.living(LIVE)
    update = replace(message(f"update.{number}"), update=True)
    store.outbox.enqueue(None, LIVE, "service", "email", update, now, shown=shown)
    for claimed in store.outbox.claim_due(now, 10, MINUTE):
        store.outbox.superseded(claimed)
        store.outbox.delivered(claimed.id, "<1@mail>", now)
    store.incidents.transition(LIVE, Status.DISMISSED, "kim", now)
    store.incidents.reopen(LIVE, "kim", now)


def filled(store: Store, posts: int) -> None:
    """A history of ``posts`` posts that are done, many closed incidents, and a live one."""
    for start in range(0, posts, 1000):
        batch = [post(-n, f"한울오토 옛글 {n}", f"old{n % 997}", id=f"old:{n}") for n in range(start + 1, start + 1001)]
        authors = [Author(f"x:old{n % 997}", "x") for n in range(start, start + 1000)]
        counts = [Engagement(p.id, p.created_at, 1, 0, 0, 9) for p in batch]
        with store.transaction():
            store.posts.add(batch, authors, [Mention(p.id, WATCH) for p in batch], counts, [], NOON)
            store.posts.add_classifications([Classification(p.id, WATCH, "m@1", labels(0.2)) for p in batch], NOON)
            store.posts.mark([(p.id, WATCH) for p in batch], Step.ASSESSED)
    for number in range(posts // 100):
        store.incidents.open(incident(number + 1, status=Status.RESOLVED, last_post_at=at(-9000)), None)
        store.incidents.add_decision(decision(number + 1, minute=-9000), store.incidents.add_assessment(assessment(number + 1, -9000)))
    store.incidents.open(incident(LIVE), at(0))


@pytest.mark.parametrize("analysed", [False, True])
def test_no_statement_of_a_tick_scans_what_is_stored(analysed):
    with Store.open(":memory:", durable=False) as store:
        filled(store, 2000)
        one_post_tick(store, 1)
        if analysed:
            store._db.execute("ANALYZE")
        statements: set[str] = set()
        store._db._raw.set_trace_callback(statements.add)
        for number in (2, 3):
            one_post_tick(store, number)
        seldom(store, 4)
        store._db._raw.set_trace_callback(None)
        asked = [sql for sql in statements if re.match(r"\s*(SELECT|UPDATE|DELETE|INSERT|WITH)\b", sql) and "post_search" not in sql]
        assert len(asked) > 60
        for sql in asked:
            for row in store._db.rows("EXPLAIN QUERY PLAN " + sql):
                step = row[3]
                assert "AUTOMATIC" not in step, (sql, step)
                once = sql == "SELECT EXISTS (SELECT 1 FROM tombstones)"
                assert not step.startswith("SCAN") or SMALL.match(step) or once, (sql, step)


def test_what_was_unseen_for_longest_is_read_in_order_from_its_index():
    with Store.open(":memory:", durable=False) as store:
        statements: list[str] = []
        store._db._raw.set_trace_callback(statements.append)
        assert store.looks.unseen("x", NOON, 10) == []
        store._db._raw.set_trace_callback(None)
        plan = [row[3] for sql in statements for row in store._db.rows("EXPLAIN QUERY PLAN " + sql)]
        assert len(plan) == 1 and plan[0].startswith("SEARCH p USING INDEX posts_unseen (platform=? AND <expr><?)"), plan


def test_a_tick_does_not_grow_with_what_is_stored():
    """Counted in SQLite's own steps, which do not depend on the machine."""
    steps = []
    for posts in (1000, 8000):
        with Store.open(":memory:", durable=False) as store:
            filled(store, posts)
            for number in range(1, 4):
                one_post_tick(store, number)
            count = [0]

            def tick(count=count) -> int:
                count[0] += 1
                return 0

            store._db._raw.set_progress_handler(tick, 10)
            one_post_tick(store, 4)
            store._db._raw.set_progress_handler(None, 0)
            steps.append(count[0])
    assert steps[1] < 1.25 * steps[0] + 20, steps


@pytest.mark.slow
def test_speed():
    """Measured apart: ``pytest -m slow tests/test_store_plans.py -s``."""
    with Store.open(":memory:", durable=False) as store:
        filled(store, 20_000)
        begun = time.perf_counter()
        for number in range(1, 201):
            one_post_tick(store, number)
        print(f"one-post tick: {(time.perf_counter() - begun) / 200 * 1000:.2f} ms")
