"""An incident's life: members, legal moves, merging, splitting, decisions, silences; every change leaves a trace."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storing import NOON, WATCH, assessment, at, classify, collect, decision, group, incident, labels, message, post, story

from monitor.domain import LEGAL_MOVES, LIVE, Because, Classification, Gone, Kind, Member, Reason, Severity, Status
from monitor.errors import IllegalTransition, NotFound, StoreError
from monitor.store import Store

WHY = Because("grouping.merged", {"words": "환불"})


@pytest.fixture
def store():
    with Store.open(":memory:", durable=False) as opened:
        yield opened


def test_an_incident_comes_back_as_it_went_in(store):
    whole = incident(
        store.incidents.next_id(),
        kind=Kind.ATTENTION,
        severity=Severity.HIGH,
        assigned_to="lee",
        status_at=at(1),
        alerted_at=at(2),
        crossed_at=at(3),
        regressed=True,
        follows=7,
        confirmed_at=at(4),
    )
    store.incidents.open(whole, at(5))
    assert store.incidents.get(1) == whole
    assert store.incidents.next_id() == 2
    assert store.incidents.next_due() == at(5)
    with pytest.raises(NotFound, match="no incident 2"):
        store.incidents.get(2)


def test_people_are_counted_once_and_copies_never(store):
    posts = [post(0), post(1), post(2, author="lee"), post(3, author="park"), post(4, author=None), post(5, author=None)]
    collect(store, posts)
    classify(store)
    group(store, 1, copies={"x:0003": "x:0000", "x:0005": "x:0000"})
    found = store.incidents.get(1)
    assert (found.posts, found.authors, found.last_post_at, found.topic) == (6, 3, at(5), "refund_billing")
    assert store.incidents.places(1) == (("x",), ("ko",))
    assert store.incidents.of_post("x:0003", WATCH) == 1
    assert store.incidents.of_post("x:0003", "other") is None
    judged, because = store.incidents.members(1)[3]
    assert (judged.post.id, judged.copy_of, because.values["surprise"]) == ("x:0003", "x:0000", 4.5)


def test_the_prevailing_topic_is_that_of_most_originals(store):
    collect(store, [post(n, author=f"who{n}") for n in range(5)])
    for number, topic in enumerate(["price", "price", "safety", "safety", "safety"]):
        store.posts.add_classifications([Classification(f"x:{number:04}", WATCH, "m@1", labels(0.9, topic))], NOON)
    group(store, 1, copies={"x:0003": "x:0002", "x:0004": "x:0002"})
    assert store.incidents.get(1).topic == "price"


def test_due_incidents_are_the_live_ones_whose_time_has_come(store):
    for number, minute in ((1, 10), (2, 5), (3, 30)):
        store.incidents.open(incident(number), at(minute))
    assert [found.id for found in store.incidents.due(at(10))] == [2, 1]
    store.incidents.transition(2, Status.RESOLVED, "lee", at(11))
    store.incidents.set_due(2, at(0))
    store.incidents.set_due(1, None)
    assert store.incidents.due(at(20)) == []
    assert store.incidents.next_due() == at(30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(moves=st.lists(st.sampled_from(Status), max_size=6))
def test_only_legal_moves_happen_and_each_is_written_down(moves):
    with Store.open(":memory:", durable=False, searchable=False) as store:
        store.incidents.open(incident(1), at(0))
        status, done = Status.CANDIDATE, 0
        for minute, wanted in enumerate(moves):
            if wanted is not status and wanted not in LEGAL_MOVES[status]:
                with pytest.raises(IllegalTransition):
                    store.incidents.transition(1, wanted, "lee", at(minute))
                continue
            moved = store.incidents.transition(1, wanted, "lee", at(minute), "because")
            done += wanted is not status
            status = wanted
            assert moved.status is status
            assert (store.incidents.next_due() is not None) == (status in LIVE)
        history = store.incidents.history(1)
        assert len(history) == done
        assert all(later.was == earlier.became for earlier, later in pairwise(history))
        assert not history or (history[-1].became, history[-1].who, history[-1].note) == (status, "lee", "because")


def test_what_was_closed_and_comes_back_has_regressed(store):
    store.incidents.open(incident(1), at(0))
    store.incidents.transition(1, Status.TRIGGERED, "monitor", at(1))
    assert not store.incidents.transition(1, Status.RESOLVED, "lee", at(2)).regressed
    back = store.incidents.transition(1, Status.TRIGGERED, "monitor", at(3))
    assert (back.regressed, back.status_at, store.incidents.next_due()) == (True, at(3), at(3))


def test_merging_moves_everything_and_leaves_a_trace(store):
    collect(store, [post(n, author=f"who{n}") for n in range(4)])
    classify(store)
    work = store.posts.ungrouped(10)
    store.incidents.open(incident(1), at(5))
    store.incidents.open(incident(2, opened_at=at(-5)), at(6))
    store.incidents.add_members([Member(j.post.id, WATCH, 1 + n % 2, WHY) for n, j in enumerate(work)], NOON)
    store.incidents.refresh([1, 2])
    number = store.incidents.add_assessment(assessment(2))
    spoken = store.incidents.add_decision(decision(2), number)
    store.incidents.add_decision(decision(2, Reason.TOO_SOON, 6), None)
    store.outbox.enqueue(spoken, 2, "service", "email", message(), at(6))
    store.incidents.mark_alerted(2, Severity.HIGH, at(6))
    store.incidents.mark_crossed(2, at(7))
    store.incidents.transition(2, Status.TRIGGERED, "monitor", at(6))
    store.incidents.subscribe(2, "boss", "boss", at(6))
    store.incidents.add_assessment(assessment(2, 8))

    store.incidents.merge(1, 2, WHY, at(10))

    kept, given_up = store.incidents.get(1), store.incidents.get(2)
    assert (kept.posts, kept.authors, kept.status, kept.severity) == (4, 4, Status.TRIGGERED, Severity.HIGH)
    assert (kept.opened_at, kept.alerted_at, kept.crossed_at) == (at(-5), at(6), at(7))
    assert (given_up.merged_into, given_up.status, given_up.posts) == (1, Status.RESOLVED, 0)
    assert store.incidents.last_notification(1) == decision(1)
    assert [row.reason for row in store.incidents.decisions(2)] == [Reason.TOO_SOON]
    assert [row.incident_id for row in store.outbox.list()] == [1]
    assert store.incidents.subscribers(1) == ("boss",)
    assert store.incidents.undecided() == []
    assert [row.id for row in store.incidents.live()] == [1]
    assert store.incidents.next_due() == at(10)
    assert [row.action for row in store.incidents.history(1)] == ["merge"]
    assert store.incidents.history(2)[-1].became == "1"
    for wrong in ((1, 2), (2, 1), (1, 1)):
        with pytest.raises(IllegalTransition):
            store.incidents.merge(*wrong, WHY, at(11))
    with pytest.raises(IllegalTransition, match="merged into 1"):
        store.incidents.transition(2, Status.TRIGGERED, "lee", at(11))
    assert [standing.incident.id for standing in store.incidents.standing(at(0))] == [1]


def test_nothing_is_merged_into_a_false_alarm_or_across_watches(store):
    for number in (1, 2):
        store.incidents.open(incident(number), at(0))
    store.incidents.open(incident(3, watch="other"), at(0))
    store.incidents.transition(1, Status.DISMISSED, "lee", at(1))
    with pytest.raises(IllegalTransition, match="dismissed"):
        store.incidents.merge(1, 2, WHY, at(2))
    with pytest.raises(IllegalTransition, match="other"):
        store.incidents.merge(2, 3, WHY, at(2))
    assert store.incidents.get(2).merged_into is None


def test_a_live_incident_merged_into_a_closed_one_brings_it_back(store):
    for number in (1, 2):
        store.incidents.open(incident(number), at(0))
    store.incidents.transition(1, Status.RESOLVED, "lee", at(1))
    store.incidents.merge(1, 2, WHY, at(2), "lee")
    kept = store.incidents.get(1)
    assert (kept.status, kept.regressed, kept.status_at) == (Status.CANDIDATE, True, at(2))


def test_splitting_takes_posts_out_for_good(store):
    story(store, 4)
    new = store.incidents.split(1, ["x:0001", "x:0002", "x:none"], "lee", at(60))
    old, made = store.incidents.get(1), store.incidents.get(new)
    assert (old.posts, made.posts, made.authors, made.follows) == (2, 2, 2, 1)
    assert (made.opened_at, made.last_post_at) == (at(1), at(2))
    assert store.incidents.apart() == [(1, new)]
    assert store.incidents.places(new) == (("x",), ("ko",))
    for wrong in ([], ["x:0001"], ["x:0000", "x:0003"]):
        with pytest.raises(StoreError, match="some, but not all"):
            store.incidents.split(1, wrong, "lee", at(61))


def test_standing_gives_the_posts_that_stand_for_an_incident(store):
    collect(store, [post(n, author=f"who{n}") for n in range(8)])
    classify(store)
    group(store, 1, copies={"x:0006": "x:0001"})
    collect(store, [post(9)])
    classify(store)
    group(store, 2, copies={"x:0009": "x:0001"})
    store.incidents.open(incident(3, last_post_at=at(-9000)), None)
    store.incidents.transition(3, Status.RESOLVED, "monitor", at(0))
    store.posts.add([], [], [], [], [Gone("x:0005", NOON)], NOON)
    first, second = store.incidents.standing(at(0), kept=3)
    assert [j.post.id for j in first.medoids] == ["x:0000", "x:0004", "x:0007"]
    assert [(j.post.id, j.copy_of) for j in second.medoids] == [("x:0009", "x:0001")]
    assert store.incidents.waves(at(0)) == {}


def test_what_was_said_is_remembered(store):
    story(store)
    for reason, minute in ((Reason.FIRST, 5), (Reason.TOO_SOON, 6), (Reason.WORSENED, 20), (Reason.RESOLVED, 60), (Reason.DIGEST, 70)):
        store.incidents.add_decision(decision(reason=reason, minute=minute), None)
    assert [row.reason for row in store.incidents.spoken(1)] == [Reason.FIRST, Reason.WORSENED, Reason.RESOLVED]
    assert store.incidents.last_notification(1).at == at(20)
    assert [row.at for row in store.incidents.notifications_since(at(6))] == [at(20)]
    assert [row.reason for row in store.incidents.decisions(1, 2)] == [Reason.RESOLVED, Reason.DIGEST]
    assert store.incidents.open_alerts(at(0)) == 1
    assert store.incidents.open_alerts(at(21)) == 0
    assert [row.reason for _, row in store.incidents.digested(at(69))] == [Reason.DIGEST]
    assert store.incidents.digested(at(70)) == []
    assert [found.id for found, _ in store.incidents.latest_decisions(Severity.HIGH)] == [1]
    assert store.incidents.latest_decisions(Severity.LOW) == []
    store.incidents.transition(1, Status.ACKNOWLEDGED, "lee", at(80))
    assert store.incidents.open_alerts(at(0)) == 0


def test_first_times_stay(store):
    store.incidents.open(incident(1), None)
    for minute in (5, 9):
        store.incidents.mark_alerted(1, Severity.CRITICAL, at(minute))
        store.incidents.mark_crossed(1, at(minute + 1))
        store.incidents.confirm(1, "lee", at(minute + 2))
    found = store.incidents.get(1)
    assert (found.alerted_at, found.crossed_at, found.confirmed_at, found.severity) == (at(5), at(6), at(7), Severity.CRITICAL)
    assert store.incidents.crossings() == [(1, at(6))]


def test_waves_are_live_and_recent(store):
    store.incidents.open(incident(1, kind=Kind.ATTENTION, last_post_at=at(-600)), None)
    store.incidents.open(incident(2, kind=Kind.ATTENTION, last_post_at=at(0)), None)
    store.incidents.open(incident(3, last_post_at=at(0)), None)
    assert {watch: wave.id for watch, wave in store.incidents.waves(at(-60)).items()} == {WATCH: 2}
    store.incidents.transition(2, Status.DISMISSED, "lee", at(1))
    assert {watch: wave.id for watch, wave in store.incidents.waves(at(-900)).items()} == {WATCH: 1}


def test_staff_work_is_written_down(store):
    store.incidents.open(incident(1), None)
    store.incidents.assign(1, "lee", "park", at(1))
    store.incidents.note(1, "전화했음", "lee", at(2))
    store.incidents.subscribe(1, "boss", "boss", at(3))
    store.incidents.subscribe(1, "boss", "boss", at(3))
    store.incidents.unsubscribe(1, "boss", "boss", at(4))
    store.audit("lee", at(5), "add", "staff:1")
    assert [(row.who, row.action, row.became) for row in store.incidents.history(1)] == [
        ("park", "assign", "lee"),
        ("lee", "note", None),
        ("boss", "subscribe", "boss"),
        ("boss", "unsubscribe", None),
    ]
    assert [row.action for row in store.incidents.history(limit=2)] == ["unsubscribe", "add"]
    assert store.incidents.get(1).assigned_to == "lee"
    for missing in (
        lambda: store.incidents.unsubscribe(1, "boss", "boss", at(5)),
        lambda: store.incidents.subscribe(9, "boss", "boss", at(5)),
        lambda: store.incidents.assign(9, "lee", "lee", at(5)),
        lambda: store.incidents.note(9, "?", "lee", at(5)),
        lambda: store.incidents.transition(9, Status.RESOLVED, "lee", at(5)),
        lambda: store.incidents.confirm(9, "lee", at(5)),
    ):
        with pytest.raises(NotFound):
            missing()


def test_silences_hold_until_they_end(store):
    number = store.incidents.add_silence({"topic": "price"}, at(0), at(60), "lee", "가격 인상 예고")
    store.incidents.add_silence({"incident": "1"}, at(90), at(120), "lee", "", at(0))
    (found,) = store.incidents.silences(at(30))
    assert (found.id, found.matchers, found.author, found.comment) == (number, {"topic": "price"}, "lee", "가격 인상 예고")
    assert store.incidents.silences(at(60)) == []
    store.incidents.expire_silence(number, at(40))
    assert store.incidents.silences(at(41)) == []
    assert len(store.incidents.all_silences()) == 2
    with pytest.raises(NotFound):
        store.incidents.expire_silence(99, at(40))
    with pytest.raises(StoreError, match="end after"):
        store.incidents.add_silence({}, at(0), at(0), "lee", "")


def test_all_lists_newest_first(store):
    for number in range(1, 5):
        store.incidents.open(incident(number, watch="a" if number % 2 else "b"), at(0))
    store.incidents.transition(4, Status.RESOLVED, "lee", NOON + timedelta(hours=1))
    assert [row.id for row in store.incidents.all(2)] == [4, 3]
    assert [row.id for row in store.incidents.all(statuses=tuple(LIVE))] == [3, 2, 1]
    assert [row.id for row in store.incidents.all(watch="b")] == [4, 2]
