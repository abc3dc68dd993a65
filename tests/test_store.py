"""Posts, the queue, verdicts, copies, the outbox and the health record."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from storing import NOON, WATCH, assessment, at, classify, collect, decision, group, incident, labels, message, post, story

from monitor.domain import (
    Author,
    Because,
    Classification,
    Correction,
    Delivery,
    Engagement,
    Exposure,
    Fingerprint,
    Gone,
    Kind,
    Mention,
    Precision,
    Run,
    Sentiment,
    Step,
)
from monitor.errors import NotFound
from monitor.store import Store
from monitor.store.rows import because_of, because_text, message_of, message_text, moment, stamp


@pytest.fixture
def store():
    with Store.open(":memory:", durable=False) as opened:
        yield opened


# ---- collect


def test_a_post_comes_back_as_it_went_in(store):
    whole = post(
        1,
        "한울오토 “따옴표” '; DROP TABLE posts; -- \u202e 뒤집힘 \u200b😡",
        url="https://example.com/1",
        reply_to="x:0",
        repost_of="x:2",
        quote_of="x:3",
        community="자동차",
        time_precision=Precision.DAY,
        about=WATCH,
    )
    collect(store, [whole])
    assert store.posts.get(whole.id) == whole
    assert store.posts.unclassified(10) == [(whole, Mention(whole.id, WATCH, ((0, 4),)))]
    assert store.posts.get("x:none") is None


def test_posts_are_kept_once_and_the_first_wins(store):
    one, again = post(1, "첫 글"), post(1, "고친 글")
    mentions = [Mention(one.id, WATCH)]
    assert store.posts.add([one, again], [], mentions * 2, [], [], NOON) == (1, 1, 0, 0)
    assert store.posts.add([again], [], mentions, [], [], NOON) == (0, 0, 0, 0)
    assert store.posts.add([again], [], [Mention(one.id, "다른 회사")], [], [], NOON) == (0, 1, 0, 0)
    assert store.posts.get(one.id).text == "첫 글"


def test_engagement_is_kept_when_it_changed(store):
    collect(store, [post(1)])

    def measured(minute, **counts):
        return store.posts.add([], [], [], [Engagement("x:0001", at(minute), **counts)], [], NOON).engagement

    assert measured(10, likes=1, views=100) == 1
    assert measured(20, likes=1, views=100) == 0
    assert measured(30, views=200) == 1
    assert measured(40) == 0
    assert measured(5, views=50) == 1
    assert store.posts.add([], [], [], [Engagement("x:unknown", NOON, 1)], [], NOON).engagement == 0
    assert [(row.observed_at, row.likes, row.views) for row in store.posts.measurements("x:0001")] == [
        (at(5), None, 50),
        (at(10), 1, 100),
        (at(30), 1, 200),
    ]
    classify(store)
    group(store, 1)
    (exposure,) = store.posts.exposures(1)
    assert (exposure.observed_at, exposure.likes, exposure.views) == (at(30), 1, 200)


def test_a_measured_post_makes_its_live_incident_due(store):
    story(store)
    store.incidents.set_due(1, at(600))
    store.posts.add([], [], [], [Engagement("x:0001", at(60), 5)], [], at(61))
    assert store.incidents.next_due() == at(61)
    store.incidents.set_due(1, at(600))
    store.posts.add([], [], [], [Engagement("x:0001", at(62), 5)], [], at(63))
    assert store.incidents.next_due() == at(600)


def test_authors_follow_what_is_known_last(store):
    who = Author("x:kim", "x", "kim", 100)
    store.posts.add([post(1)], [who], [Mention("x:0001", WATCH)], [], [], NOON)
    store.posts.add([], [Author("x:kim", "x", None, 250), Author("x:nobody", "x")], [], [], [], NOON)
    classify(store)
    (judged,) = store.posts.ungrouped(10)
    assert judged.followers == 250
    with pytest.raises(NotFound):
        store.forget("x:nobody", "me", NOON)
    assert store.forget("@kim", "me", NOON).posts == 1


def test_what_sqlite_cannot_keep_is_replaced_not_lost(store):
    broken = post(1, "한울오토 half \ud83d of an emoji and NUL \0 환불", author=None)
    other = post(2, "whole")
    huge = Engagement(other.id, NOON, likes=10**30)
    added = store.posts.add([broken, other], [Author("x:\udc00", "x", None, 10**20)], [Mention(broken.id, WATCH)], [huge], [], NOON)
    assert added == (2, 1, 1, 0)
    assert store.posts.get(broken.id).text == "한울오토 half \ufffd of an emoji and NUL \0 환불"
    assert store.posts.measurements(other.id)[0].likes == 2**63 - 1
    assert [found.id for found in store.posts.search("환불")] == [broken.id]


def test_times_are_utc_to_the_second(store):
    seoul = datetime(2026, 3, 2, 21, 0, 5, 999_999, tzinfo=timezone(timedelta(hours=9)))
    collect(store, [post(1, created_at=seoul)])
    assert store.posts.get("x:0001").created_at == datetime(2026, 3, 2, 12, 0, 5, tzinfo=UTC)
    with pytest.raises(ValueError, match="without zone"):
        collect(store, [post(2, created_at=datetime(2026, 3, 2))])  # noqa: DTZ001


@given(st.datetimes(timezones=st.just(UTC)))
def test_stamps_sort_as_times_do(moment_in_time):
    written = stamp(moment_in_time)
    assert len(written) == 20
    assert moment(written) == moment_in_time.replace(microsecond=0)


def test_cursors(store):
    assert store.posts.cursor("reddit") is None
    store.posts.set_cursor("reddit", "t3_1", NOON)
    store.posts.set_cursor("reddit", "t3_2", NOON)
    assert store.posts.cursor("reddit") == "t3_2"


# ---- the queue


def test_mentions_travel_oldest_first_whatever_order_they_came_in(store):
    posts = [post(3), post(1), post(2), post(9, created_at=at(1), author=None)]
    collect(store, posts)
    assert [p.id for p, _ in store.posts.unclassified(10)] == ["x:0001", "x:0009", "x:0002", "x:0003"]
    assert [p.id for p, _ in store.posts.unclassified(2)] == ["x:0001", "x:0009"]
    assert store.posts.waiting() == {Step.COLLECTED: 4, Step.CLASSIFIED: 0, Step.GROUPED: 0}
    classify(store)
    assert store.posts.unclassified(10) == []
    assert [j.post.id for j in store.posts.ungrouped(3)] == ["x:0001", "x:0009", "x:0002"]
    group(store, 1)
    assert store.posts.ungrouped(10) == []
    work = store.posts.unassessed(10)
    assert [(j.post.id, j.incident_id) for j in work] == [("x:0001", 1), ("x:0009", 1), ("x:0002", 1), ("x:0003", 1)]
    store.posts.mark([(j.post.id, WATCH) for j in work], Step.ASSESSED)
    assert store.posts.unassessed(10) == []
    assert sum(store.posts.waiting().values()) == 0


def test_the_first_verdict_is_in_force_and_later_models_stand_beside_it(store):
    collect(store, [post(1)])
    first = labels(0.9)
    store.posts.add_classifications([Classification("x:0001", WATCH, "m@1", first)], NOON)
    store.posts.add_classifications([Classification("x:0001", WATCH, "m@2", labels(0.1, "price"))], NOON)
    store.posts.add_classifications([Classification("x:gone", WATCH, "m@1", first), Classification("x:0001", "other", "m@1", first)], NOON)
    (judged,) = store.posts.ungrouped(10)
    assert judged.labels == first
    assert store.posts.judgements("x:0001") == [judged]
    assert [row[0] for row in store._db.rows("SELECT complaint FROM classifications ORDER BY complaint")] == [0.1, 0.9]


def test_a_rolled_back_verdict_leaves_no_wrong_model_behind(store):
    collect(store, [post(1)])
    with pytest.raises(RuntimeError), store.transaction():
        store.posts.add_classifications([Classification("x:0001", WATCH, "m@1", labels())], NOON)
        raise RuntimeError
    assert len(store.posts.unclassified(10)) == 1
    store.posts.add_classifications([Classification("x:0001", WATCH, "m@1", labels(0.4))], NOON)
    assert store.posts.ungrouped(10)[0].labels == labels(0.4)


def test_staff_correct_the_model(store):
    story(store, 3)
    store.posts.label(Correction("x:0001", WATCH, "lee", at(60), False, Sentiment.NEU, "price"))
    store.posts.label(Correction("x:0001", WATCH, "park", at(61), True, None, "price"))
    ((found, mention, correction),) = store.posts.labels()
    assert (found.id, mention.watch, correction.who, correction.complaint, correction.sentiment) == (
        "x:0001",
        WATCH,
        "park",
        True,
        Sentiment.NEU,
    )
    assert store.posts.labels(since=at(62)) == []
    with pytest.raises(NotFound):
        store.posts.label(Correction("x:0001", "other", "lee", NOON, True))
    row = store._db.row("SELECT topic, labelled_by, is_complaint FROM v_posts WHERE post_id = 'x:0001'")
    assert row == ("price", "park", 1)


def test_recent_reads_one_watch_latest_first(store):
    story(store, 4)
    assert [j.post.id for j in store.posts.recent(WATCH, at(1), 2)] == ["x:0003", "x:0002"]
    assert store.posts.recent("other", at(0)) == []
    assert len(store.posts.recent(None, at(0))) == 4
    assert store.posts.recent(WATCH, at(0), min_complaint=0.95) == []
    assert store.posts.watches_of({"x:0001", "x:none"}) == {"x:0001": {WATCH}}


# ---- copies, quotes, exposure


def test_fingerprints_remember_copies_and_follow_their_incident(store):
    collect(store, [post(1), post(2)])
    classify(store)
    prints = [Fingerprint("x:0001", WATCH, at(1), -(2**63)), Fingerprint("x:0002", WATCH, at(2), 2**63 - 1, "x:0001")]
    store.posts.add_fingerprints([*prints, Fingerprint("x:none", WATCH, at(3), 1)])
    assert store.posts.ungrouped(10)[1].copy_of == "x:0001"
    assert store.posts.fingerprints(at(0)) == prints
    group(store, 1, copies={"x:0002": "x:0001"})
    assert [(row.post_id, row.incident_id) for row in store.posts.fingerprints(at(2))] == [("x:0002", 1)]
    assert store.posts.exposures(1)[1] == Exposure("x:0002", "x", at(2), "x:kim", 100)


def test_a_repost_is_a_share_of_its_original(store):
    collect(store, [post(1), post(2, author="lee", repost_of="x:0001")])
    classify(store)
    group(store, 1, copies={"x:0002": "x:0001"})
    assert [(exposure.author_id, exposure.share_of) for exposure in store.posts.exposures(1)] == [("x:kim", None), ("x:lee", "x:0001")]


def test_telling_posts_are_the_most_seen_originals(store):
    collect(
        store,
        [post(n, author=f"who{n}") for n in range(5)],
        [Engagement("x:0001", NOON, views=50), Engagement("x:0002", NOON, likes=100), Engagement("x:0003", NOON, views=10**6)],
    )
    classify(store)
    group(store, 1, copies={"x:0003": "x:0001"})
    told = store.posts.telling(1)
    assert [p.id for p, _, _ in told] == ["x:0002", "x:0001", "x:0000"]
    assert told[0][1] == labels()
    assert told[0][2].likes == 100
    store.posts.add([], [], [], [], [Gone("x:0002", NOON)], NOON)
    assert [p.id for p, _, _ in store.posts.telling(1)] == ["x:0001", "x:0000", "x:0004"]


# ---- the outbox


def test_a_message_is_claimed_by_one_and_comes_back_when_the_lease_runs_out(store):
    number = store.outbox.enqueue(None, None, "service", "email", message(), at(6))
    assert store.outbox.enqueue(None, None, "service", "email", message(), at(7)) == number
    assert store.outbox.enqueue(None, None, "service", "slack", message(), at(7)) != number
    lease = timedelta(minutes=2)
    first, second = store.outbox.claim_due(at(7), 10, lease)
    assert (first.message, first.attempts, first.state, first.previous) == (message(), 1, Delivery.PENDING, None)
    assert store.outbox.claim_due(at(8), 10, lease) == []
    assert [row.attempts for row in store.outbox.claim_due(at(9), 10, lease)] == [2, 2]
    store.outbox.delivered(first.id, "<1@mail>", at(9))
    store.outbox.failed(second.id, "no such channel", None, at(9))
    assert store.outbox.claim_due(at(900), 10, lease) == []
    assert store.outbox.next_due() is None
    assert [(row.id, row.state, row.error) for row in store.outbox.list()] == [(second.id, Delivery.DEAD, "no such channel")]
    assert [row.id for row in store.outbox.list(everything=True)] == [second.id, first.id]
    store.outbox.retry(second.id, at(10))
    assert store.outbox.next_due() == at(10)
    with pytest.raises(NotFound):
        store.outbox.retry(first.id, at(10))
    with pytest.raises(NotFound):
        store.outbox.delivered(99, None, at(10))


def test_claims_are_in_order_limited_and_know_the_thread(store):
    for key in ("1.1", "1.2", "1.3"):
        store.outbox.enqueue(None, None, "service", "email", message(key), at(6))
    (first,) = store.outbox.claim_due(at(6), 1, timedelta(minutes=1))
    store.outbox.delivered(first.id, "<1@mail>", at(6))
    second, third = store.outbox.claim_due(at(6), 5, timedelta(minutes=1))
    assert (second.message.dedup_key, second.previous) == ("1.2", "<1@mail>")
    store.outbox.failed(second.id, "busy", at(20), at(7))
    store.outbox.delivered(third.id, "<3@mail>", at(7))
    assert store.outbox.next_due() == at(20)
    other = store.outbox.enqueue(None, None, "service", "email", message("2.1", "incident-2"), at(8))
    assert store.outbox.get(other).previous is None


def test_messages_survive_unharmed():
    assert message_of(message_text(message()), b"\x89PNG") == message()


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.one_of(st.none(), st.text(), st.integers(-(2**53), 2**53), st.floats(), st.datetimes(timezones=st.just(UTC))),
    )
)
def test_reasons_survive_with_any_values(values):
    values = {key: value.replace(microsecond=0, fold=0) if isinstance(value, datetime) else value for key, value in values.items()}
    because = Because("code", values)
    assert repr(because_of(because_text(because))) == repr(because)


# ---- assessments and decisions


def test_assessments_and_decisions_come_back_whole(store):
    story(store)
    numbers = [store.incidents.add_assessment(assessment()), store.incidents.add_assessment(assessment(minute=6, people=None))]
    assert store.incidents.undecided() == [(numbers[0], assessment()), (numbers[1], assessment(minute=6, people=None))]
    store.incidents.add_decision(decision(), numbers[0])
    assert [number for number, _ in store.incidents.undecided()] == [numbers[1]]
    assert store.incidents.assessments(1) == [assessment(), assessment(minute=6, people=None)]
    assert store.incidents.latest_assessment(1) == assessment(minute=6, people=None)
    assert store.incidents.latest_assessment(7) is None
    assert store.incidents.reach_history(1) == [(at(5), 2000.0, 5)]
    assert store.incidents.decisions(1) == [decision()]
    assert store.incidents.get(1).severity is decision().severity


def test_state_is_kept_as_bytes(store):
    assert store.state("detector") is None
    store.put_state("detector", b"\x00\xff")
    store.put_state("detector", b"\x01")
    assert store.state("detector") == b"\x01"


# ---- health and lease


def test_runs_tell_how_collectors_fare(store):
    store.runs.record(Run("collect naver", at(0), at(1) + timedelta(milliseconds=250), 10, 0))
    store.runs.record(Run("collect naver", at(60), at(61), 0, 1, "timeout"))
    store.runs.record(Run("group", at(61), at(61), 3, 0))
    assert store.runs.last_good("collect naver") == at(1) + timedelta(milliseconds=250)
    assert store.runs.last_good("collect x") is None
    assert store.runs.first_seen("group") == at(61)
    health = {row.step: row for row in store.runs.health(at(70))}
    assert set(health) == {"collect naver", "group"}
    assert (health["collect naver"].runs, health["collect naver"].failures, health["collect naver"].error) == (2, 1, "timeout")
    assert store.runs.latest(1)[0].step == "group"


def test_one_holder_at_a_time(store):
    minute = timedelta(minutes=1)
    assert store.runs.take_lease("elsewhere:1", at(0), minute)
    assert not store.runs.take_lease("elsewhere:2", at(0.5), minute)
    assert store.runs.lease_holder() == "elsewhere:1"
    assert store.runs.take_lease("elsewhere:1", at(0.5), minute)
    assert store.runs.heartbeat("elsewhere:1", at(1), minute)
    assert not store.runs.heartbeat("elsewhere:2", at(1), minute)
    assert not store.runs.take_lease("elsewhere:2", at(1.9), minute)
    assert store.runs.take_lease("elsewhere:2", at(2), minute)
    store.runs.release_lease("elsewhere:1")
    assert store.runs.lease_holder() == "elsewhere:2"
    store.runs.release_lease("elsewhere:2")
    assert store.runs.lease_holder() is None


@pytest.mark.skipif(os.name != "posix", reason="asks the system whether a process lives")
def test_the_lease_of_a_dead_process_of_this_host_is_taken_over_at_once(store):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert store.runs.take_lease(f"{socket.gethostname()}:{ended.pid}", at(0), timedelta(hours=1))
    assert store.runs.take_lease(f"{socket.gethostname()}:{os.getpid()}", at(1), timedelta(hours=1))
    assert not store.runs.take_lease("elsewhere:1", at(2), timedelta(hours=1))


# ---- whole files


def test_two_stores_given_the_same_are_the_same(tmp_path: Path):
    dumps = []
    for name in ("one.db", "two.db"):
        with Store.open(tmp_path / name) as opened:
            story(opened, 6)
            opened.incidents.add_decision(decision(), opened.incidents.add_assessment(assessment()))
            tables = [table for table in opened._db.tables.table_names() if table not in ("_sqlite_migrations", "post_search")]
            dumps.append({table: opened._db.rows(f"SELECT * FROM {table}") for table in tables})
    assert dumps[0] == dumps[1]


def test_counts_leave_merged_incidents_out(store):
    story(store)
    store.incidents.open(incident(2, kind=Kind.ATTENTION), None)
    store.incidents.merge(1, 2, Because("grouping.wave"), at(60))
    assert store.counts() == {"posts": 5, "complaints": 5, "incidents": 1}
    store.set_complaint_threshold(0.95)
    assert store.counts()["complaints"] == 0


def test_an_incident_is_measurable_by_a_count_or_by_followers(store):
    assert not store.posts.measurable(1)
    store.posts.add([post(1)], [], [Mention("x:0001", WATCH)], [], [], NOON)
    classify(store)
    group(store, 1)
    assert not store.posts.measurable(1)
    store.posts.add([], [], [], [Engagement("x:0001", NOON, 0)], [], NOON)
    assert store.posts.measurable(1)
