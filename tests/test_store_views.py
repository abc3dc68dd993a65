"""The analysts' views: every column documented, every example runs, the numbers are right."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from storing import NOON, WATCH, assessment, at, classify, collect, decision, group, incident, message, post, story

from monitor.domain import Engagement, Gap, Kind, Mention, Reason, Run, Severity, Status
from monitor.store import VIEWS, Store

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")


@pytest.fixture(scope="module")
def store():
    with Store.open(":memory:", durable=False) as opened:
        fill(opened)
        yield opened


def fill(store: Store) -> None:
    story(store)
    store.posts.add([], [], [], [Engagement("x:0001", at(30), 5, None, 2, 900), Engagement("x:0001", at(90), 5, None, 2, 1800)], [], NOON)
    store.incidents.add_assessment(assessment(1, 5, None))
    number = store.incidents.add_assessment(assessment(1, 8))
    spoken = store.incidents.add_decision(decision(minute=10), number)
    store.incidents.add_decision(decision(reason=Reason.TOO_SOON, minute=11), None)
    store.outbox.enqueue(spoken, 1, "service", "email", message(), at(10))
    store.outbox.enqueue(spoken, 1, "service", "slack", message(), at(10))
    for claimed in store.outbox.claim_due(at(10), 1, at(12) - at(10)):
        store.outbox.delivered(claimed.id, None, at(12))
    store.incidents.mark_alerted(1, Severity.HIGH, at(10))
    store.incidents.mark_crossed(1, at(70))
    for number, alerted, crossed in ((2, 80, 20), (3, None, 30), (4, 5, None), (5, None, None)):
        store.incidents.open(incident(number, alerted_at=alerted and at(alerted), crossed_at=crossed and at(crossed)), None)
    with store.coming_from("slack:U1"):
        store.incidents.transition(2, Status.ACKNOWLEDGED, "kim", at(95))
    store.posts.set_cursor("naver", "7", at(1))
    store.runs.record(Run("collect naver", at(-2000), at(-1999), 4, 0))
    store.runs.record(Run("collect naver", at(0), at(1), 3, 0))
    store.runs.record(Run("collect naver", at(5), at(6), 0, 1, "timeout"))
    store.runs.record(Run("collect x", at(5), at(6), 2, 0, pages=3, problems="a record was left out"))
    store.sources.describe("x", "x", (100, None, None, 5.0))
    store.sources.spend("x", 30, 1.5, datetime.now(UTC))
    store.sources.saw("x", at(-24))
    store.sources.saw("x", at(-30))
    store.sources.pause("x", at(66), "refused", "x: 401", at(6))
    store.sources.add_gap(Gap("x", "x", at(-90), at(-60), "window", lost=True), told=False)
    store.sources.add_gap(Gap("x", "x", at(-90), at(-60), "window", lost=True), told=False)
    store.sources.add_gap(Gap("x", "x", at(6), None, "no good pass"), told=True)
    store.runs.record(Run("group", at(5), at(6), 2, 0))
    store.scores.put([(WATCH, date(2026, 3, 1), 7, {"alerts": 2, "hits": 1, "precision": 0.5})], NOON)


def one(store: Store, view: str, where: str) -> dict[str, object]:
    names, rows = store._db.stream(f"SELECT * FROM {view} WHERE {where}")
    (row,) = rows
    return dict(zip(names, row, strict=True))


@pytest.mark.parametrize("name", VIEWS)
def test_every_column_is_explained_in_order_and_the_example_runs(store, name):
    view = VIEWS[name]
    names, rows = store._db.stream(f"SELECT * FROM {name}")
    assert names == list(view.columns)
    assert all(meaning and meaning == meaning.strip() for meaning in view.columns.values())
    assert view.description.endswith(".")
    assert view.question.endswith("?")
    assert len(list(rows)) > 0
    names, rows = store._db.stream(view.example)
    assert (len(names), len(list(rows)) >= 0) == (len(set(names)), True)


@pytest.mark.parametrize("name", VIEWS)
def test_times_are_utc_and_end_in_z(store, name):
    names, rows = store._db.stream(f"SELECT * FROM {name}")
    for row in rows:
        for column, value in zip(names, row, strict=True):
            if column.endswith("_at") and value is not None:
                assert TIME.fullmatch(value), (column, value)


def test_posts_show_their_latest_counts_and_verdict(store):
    row = one(store, "v_posts", "post_id = 'x:0001'")
    assert (row["likes"], row["replies"], row["views"], row["measured_at"]) == (5, None, 1800, "2026-03-02T13:30:00Z")
    assert (row["complaint"], row["is_complaint"], row["topic"], row["sentiment"]) == (0.9, 1, "refund_billing", "neg")
    assert (row["author"], row["followers"], row["incident_id"], row["watch"], row["model"]) == ("who1", 100, 1, WATCH, "m@1")
    assert one(store, "v_engagement", "views = 900")["hours_since_posted"] == 0.48


def test_incidents_show_their_latest_estimate(store):
    row = one(store, "v_incidents", "incident_id = 1")
    assert (row["people_low"], row["people_mid"], row["people_high"], row["measured_share"]) == (1000, 2000, 4000, 0.4)
    assert (row["p_cross"], row["crossing_expected_at"], row["emerging"], row["severity"]) == (0.3, "2026-03-02T13:30:00Z", 1, "high")
    assert one(store, "v_assessments", "assessed_at = '2026-03-02T12:05:00Z'")["people_mid"] is None


def test_alerts_show_how_each_channel_fared(store):
    rows = [one(store, "v_alerts", f"channel = '{channel}'") for channel in ("email", "slack")]
    assert [(row["state"], row["minutes_to_deliver"], row["reason"]) for row in rows] == [
        ("delivered", 2.0, "first"),
        ("pending", None, "first"),
    ]
    assert rows[0]["subject"] == "경보: 환불 지연"
    assert one(store, "v_decisions", "NOT notify")["reason"] == "too_soon"


def test_lead_time_is_crossing_minus_first_alert(store):
    found = {number: one(store, "v_lead_time", f"incident_id = {number}") for number in (1, 2, 3, 4)}
    assert [(row["outcome"], row["lead_minutes"]) for row in found.values()] == [
        ("in time", 60.0),
        ("late", -60.0),
        ("missed", None),
        ("not crossed", None),
    ]
    assert store._db.value("SELECT count(*) FROM v_lead_time") == 4
    assert found[1]["minutes_to_alert"] == 10.0


def test_collectors_show_the_last_day(store):
    row = one(store, "v_collector_health", "collector = 'naver'")
    assert (row["runs_24h"], row["failures_24h"], row["posts_24h"], row["error"]) == (2, 1, 3, "timeout")
    assert (row["last_run_at"], row["last_good_at"]) == ("2026-03-02T12:06:00.000Z", "2026-03-02T12:01:00.000Z")
    assert row["cursor_moved_at"] == "2026-03-02T12:01:00Z"
    assert store._db.value("SELECT count(*) FROM v_collector_health") == 2


def test_collectors_show_how_fresh_their_posts_are_and_why_they_pause(store):
    row = one(store, "v_collector_health", "collector = 'x'")
    assert (row["pages_24h"], row["posts_24h"], row["left_out"]) == (3, 2, "a record was left out")
    assert (row["newest_post_at"], row["lag_minutes"]) == ("2026-03-02T11:36:00Z", 30.0)
    assert (row["paused_because"], row["paused_until_at"]) == ("refused", "2026-03-02T13:06:00Z")


def test_spending_shows_what_is_left_to_the_nearer_limit(store):
    row = one(store, "v_spending", "collector = 'x'")
    assert (row["requests_today"], row["requests_month"], row["requests_per_day"], row["requests_left"]) == (30, 30, 100, 70)
    assert (row["money_today"], row["money_per_month"], row["money_left"]) == (1.5, 5.0, 3.5)


def test_gaps_show_what_was_lost_and_what_may_be_late(store):
    rows = store._db.rows("SELECT outcome, missing_until_at FROM v_gaps ORDER BY missing_since_at")
    assert rows == [("lost", "2026-03-02T11:00:00Z"), ("late", None)]


def test_a_post_without_watch_and_one_with_two_are_shown():
    with Store.open(":memory:", durable=False) as store:
        store.posts.add([post(1), post(2)], [], [Mention("x:0002", "a"), Mention("x:0002", "b")], [], [], NOON)
        assert store._db.rows("SELECT post_id, watch FROM v_posts ORDER BY 1, 2") == [("x:0001", None), ("x:0002", "a"), ("x:0002", "b")]


def test_examples_stay_quick_on_many_posts():
    with Store.open(":memory:", durable=False, searchable=False) as store:
        collect(store, [post(n, f"글 {n}", f"who{n % 99}") for n in range(3000)])
        classify(store)
        group(store, 1)
        store.incidents.open(incident(2, kind=Kind.ATTENTION, status=Status.RESOLVED), None)
        plans = {name: [row[3] for row in store._db.rows(f"EXPLAIN QUERY PLAN SELECT * FROM {name}")] for name in VIEWS}
        for name, plan in plans.items():
            assert not any(re.search("AUTOMATIC|TEMP B-TREE FOR ORDER", step) for step in plan), (name, plan)
            assert sum(step.startswith("SCAN") for step in plan if "CONSTANT ROW" not in step) <= 2, (name, plan)
