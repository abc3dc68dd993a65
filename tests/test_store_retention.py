"""Deleted, forgotten and old posts go with all that hangs on them, and stay away."""

from __future__ import annotations

import pytest
from storing import NOON, WATCH, assessment, at, classify, collect, decision, group, incident, labels, message, post, story

from monitor.domain import Author, Correction, Engagement, Fingerprint, Gone, Mention, Post, Quote, Run, Severity, Status, Step
from monitor.errors import NotFound
from monitor.store import Limits, Store

TABLES = ("posts", "mentions", "classifications", "labels", "engagement", "measured", "fingerprints", "incident_posts")


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "monitor.db") as opened:
        yield opened


def rows(store: Store) -> dict[str, int]:
    return {table: store._db.value(f"SELECT count(*) FROM {table}") for table in TABLES}


def gone(store: Store, *ids: str) -> int:
    return store.posts.add([], [], [], [], [Gone(post_id, at(100)) for post_id in ids], at(100)).gone


# ---- deleted at the platform


def test_a_deleted_post_keeps_its_place_but_nothing_of_its_words(store):
    collect(store, [post(1, url="https://x.com/1", reply_to="x:9"), post(2, author="lee")], [Engagement("x:0001", NOON, 3)])
    classify(store)
    group(store, 1)
    assert gone(store, "x:0001", "x:0001") == 1
    assert gone(store, "x:0001") == 0
    left = store.posts.get("x:0001")
    assert (left.text, left.author_id, left.url, left.reply_to, left.created_at) == ("", None, None, None, at(1))
    assert [found.id for found in store.posts.search("환불")] == ["x:0002"]
    assert store._db.value("SELECT count(*) FROM authors") == 1
    assert store._db.row("SELECT text, author, gone_at FROM v_posts WHERE post_id = 'x:0001'") == ("", None, "2026-03-02T13:40:00Z")
    assert store.posts.exposures(1)[0].likes == 3
    assert store.incidents.members(1)[0][1].code == "store_gone"
    assert store.posts.add([post(1)], [], [Mention("x:0001", "other")], [], [], NOON) == (0, 0, 0, 0)
    assert store.posts.get("x:0001").text == ""


def test_people_go_on_being_counted_without_a_name(store):
    collect(store, [post(1), post(2), post(3), post(4, author="lee")])
    classify(store)
    group(store, 1)
    for post_id in ("x:0001", "x:0003", "x:0002"):
        gone(store, post_id)
        store.incidents.refresh([1])
        found = store.incidents.get(1)
        assert (found.posts, found.authors) == (4, 2), post_id


def test_what_is_deleted_before_it_was_judged_is_not_judged(store):
    collect(store, [post(1), post(2), post(3)])
    gone(store, "x:0001")
    assert [p.id for p, _ in store.posts.unclassified(10)] == ["x:0002", "x:0003"]
    classify(store)
    gone(store, "x:0002")
    assert [j.post.id for j in group(store, 1)] == ["x:0003"]
    gone(store, "x:0003")
    assert [j.post.id for j in store.posts.unassessed(10)] == ["x:0003"]
    assert store.posts.waiting()[Step.GROUPED] == 1


def test_a_post_that_was_deleted_before_we_saw_it_never_comes_in(store):
    assert gone(store, "x:0001") == 0
    assert store.posts.add([post(1), post(2)], [], [Mention("x:0001", WATCH), Mention("x:0002", WATCH)], [], [], NOON) == (1, 1, 0, 0)


def passed_on() -> list[Post]:
    """A post, a repost with its words, one that says something else, and a repost of another post."""
    text = "한울오토 새 차에 흠집이 가득한데 아무도 전화를 받지 않아요"
    return [
        post(1, text),
        post(2, f"RT @kim: {text}", "lee", repost_of="x:0001"),
        post(3, "한울오토 이런 일이 또 있네요", "park", repost_of="x:0001"),
        post(4, f"RT @choi: {text}", "lee", repost_of="x:9999"),
    ]


def test_reposts_that_repeat_a_deleted_post_go_with_it(store):
    collect(store, passed_on())
    assert gone(store, "x:0001") == 2
    assert [bool(store.posts.get(one.id).text) for one in passed_on()] == [False, False, True, True]
    assert store.posts.search("흠집")[0].id == "x:0004"


def test_reposts_that_repeat_an_edited_post_lose_its_old_words(store):
    collect(store, passed_on())
    classify(store)
    group(store, 1)
    edited = post(1, "한울오토 답을 받았습니다")
    assert store.posts.edit([edited], [Mention(edited.id, WATCH)], at(60)) == (1, (1,))
    assert [store.posts.get(one.id).text for one in passed_on()] == [edited.text, "", *(one.text for one in passed_on()[2:])]
    assert [found.id for found in store.posts.search("흠집")] == ["x:0004"]
    assert (store.incidents.get(1).posts, store.incidents.get(1).authors) == (4, 3)


def test_reposts_that_repeat_a_forgotten_person_lose_their_words(store):
    collect(store, passed_on())
    assert store.forget("@kim", "park", at(60)).posts == 1
    assert store.posts.get("x:0001") is None
    assert [bool(store.posts.get(one.id).text) for one in passed_on()[1:]] == [False, True, True]


def test_quotations_go_with_the_post(store):
    text = "한울오토 새 차에 흠집이 가득한데 아무도 전화를 받지 않아요"
    collect(store, [post(1, text, url="https://x.com/1"), post(2, "다른 글입니다", "lee", url="https://x.com/2")])
    classify(store)
    group(store, 1)
    store.incidents.retitle(1, "흠집·전화: " + text[:20] + "…")
    quotes = [Quote(text[:30] + "…", "x", None), Quote("줄인 글", "x", "https://x.com/1"), Quote("다른 글입니다", "x", "https://x.com/2")]
    number = store.outbox.enqueue(None, 1, "service", "email", message(quotes=quotes, subject="경보: " + text[:20]), at(6))
    other = store.outbox.enqueue(None, None, "service", "email", message("2.1"), at(6))
    gone(store, "x:0001")
    assert store.incidents.get(1).title == "refund_billing"
    left = store.outbox.get(number).message
    assert [quote.text for quote in left.quotes] == ["다른 글입니다"]
    assert (left.subject, left.lines) == ("refund_billing", message().lines)
    assert store.outbox.get(other).message == message("2.1")


# ---- a person's wish


def test_forgetting_a_person_removes_everything_and_for_good(store):
    collect(store, [post(1), post(2, author="lee"), post(3)], [Engagement("x:0001", NOON, 3)])
    classify(store)
    store.posts.add_fingerprints([Fingerprint("x:0001", WATCH, at(1), 5)])
    group(store, 1)
    store.posts.label(Correction("x:0001", WATCH, "lee", NOON, True))
    removed = store.forget("@kim", "park", at(60))
    assert (removed.posts, removed.authors, removed.incidents) == (2, 1, (1,))
    assert rows(store) == dict.fromkeys(TABLES, 0) | {"posts": 1, "mentions": 1, "classifications": 1, "incident_posts": 1}
    assert store.incidents.get(1).authors == 1
    change = store.incidents.history()[-1]
    assert (change.action, change.who) == ("forget", "park")
    assert "kim" not in change.note
    collect(store, [post(1), post(4), post(5, author="lee")])
    assert [p.id for p, _ in store.posts.unclassified(10)] == ["x:0005"]
    assert store._db.value("SELECT count(*) FROM authors WHERE id = 'x:kim'") == 0
    with pytest.raises(NotFound):
        store.forget("kim", "park", at(61))


def test_forgetting_a_person_leaves_no_id_of_a_post_in_the_history(store):
    collect(store, [post(1), post(2, author="lee"), post(3, id="x:00010", author="lee")])
    classify(store)
    given = [Correction(post_id, WATCH, "lee", NOON, True) for post_id in ("x:0001", "x:0002", "x:00010")]
    for one in given:
        store.posts.label(one)
    assert store.labelling.take_back(given[:1], "lee", at(5)) == 1
    store.forget("@kim", "park", at(60))
    notes = [change.note for change in store.incidents.history() if change.action == "label"]
    assert [note.split(" ")[0] for note in notes] == ["", "x:0002", "x:00010", ""]


# ---- not seen for long


def test_what_was_not_looked_at_for_longest_comes_first(store):
    collect(store, [post(n, id=f"x:{n}") for n in range(1, 6)] + [post(6, id="reddit:6", platform="reddit")])
    gone(store, "x:5")
    store.looks.looked(["x:1"], at(10))
    store.looks.looked(["x:2", "x:unknown"], at(90))
    found = store.looks.unseen("x", at(60), 9)
    assert [(one.post_id, one.created_at, one.looked_at) for one in found] == [
        ("x:3", at(3), NOON),
        ("x:4", at(4), NOON),
        ("x:1", at(1), at(10)),
    ]
    assert [one.post_id for one in store.looks.unseen("x", at(60), 2)] == ["x:3", "x:4"]


def test_a_handle_on_two_platforms_is_one_wish(store):
    posts = [post(1), post(2, author=None, author_id="reddit:9", id="reddit:1", platform="reddit")]
    authors = [Author("x:kim", "x", "kim"), Author("reddit:9", "reddit", "kim")]
    store.posts.add(posts, authors, [Mention(p.id, WATCH) for p in posts], [], [], NOON)
    assert store.forget("kim", "park", at(60)).authors == 2
    assert store.counts()["posts"] == 0


# ---- age


def test_pruning_spares_what_is_live_and_keeps_the_old_away(store):
    story(store, 4)
    store.posts.label(Correction("x:0001", WATCH, "lee", at(1), True))
    collect(store, [post(n, f"옛글 {n}", f"old{n}") for n in range(10, 14)], [Engagement("x:0010", at(10), 5)])
    classify(store)
    group(store, 2)
    store.posts.add_fingerprints([Fingerprint("x:0010", WATCH, at(10), 5)])
    collect(store, [post(500, author="new")])
    store.incidents.add_decision(decision(2, minute=15), store.incidents.add_assessment(assessment(2, 15)))
    store.outbox.enqueue(1, 2, "service", "email", message(), at(15))
    for claimed in store.outbox.claim_due(at(15), 5, at(30) - at(15)):
        store.outbox.delivered(claimed.id, None, at(16))
    store.runs.record(Run("group", at(1), at(2), 1, 0))
    store.incidents.transition(2, Status.RESOLVED, "lee", at(20))

    removed = store.prune(Limits.of(at(400)))

    assert (removed.posts, removed.authors, removed.incidents) == (4, 4, (2,))
    assert rows(store) == {
        "posts": 5,
        "mentions": 5,
        "classifications": 4,
        "labels": 1,
        "engagement": 0,
        "measured": 0,
        "fingerprints": 0,
        "incident_posts": 4,
    }
    assert store.posts.search("옛글") == []
    assert store.incidents.get(1).posts == 4
    old = store.incidents.get(2)
    assert (old.title, old.status, old.severity) == ("refund_billing", Status.RESOLVED, Severity.HIGH)
    assert store.incidents.assessments(2) == []
    assert store.incidents.decisions(2) == [decision(2, minute=15)]
    left = store.outbox.list(everything=True)[0].message
    assert (left.subject, left.lines, left.quotes, left.picture, left.headline) == ("", (), (), None, "")
    assert store.runs.latest() == []
    assert store.posts.add([post(12)], [], [Mention("x:0012", WATCH)], [], [], NOON).posts == 0
    assert store.prune(Limits.of(at(300))).posts == 0
    assert store.posts.add([post(350)], [], [Mention("x:0350", WATCH)], [], [], NOON).posts == 0


def test_pruning_is_done_in_short_transactions(store):
    collect(store, [post(n, f"글 {n}", f"who{n % 50}") for n in range(2500)])
    committed = []
    before = store._db.transaction

    def counted():
        committed.append(store._db.value("SELECT count(*) FROM posts"))
        return before()

    store._db.transaction = counted
    assert store.prune(Limits.of(at(5000))).posts == 2500
    assert {2500, 1500, 500, 0} <= set(committed)
    assert store._db.value("SELECT count(*) FROM authors") == 0


def test_incidents_without_posts_stay_as_a_record(store):
    story(store, 2)
    store.incidents.open(incident(2), None)
    store.incidents.transition(1, Status.DISMISSED, "lee", at(20))
    store.prune(Limits.of(at(400)))
    assert store.incidents.get(1).status is Status.DISMISSED
    assert store.incidents.standing(at(-999))[0].medoids == ()
    assert labels()


def test_each_kind_is_kept_as_long_as_is_said_of_it(store):
    story(store, 4)
    store.incidents.add_decision(decision(1, minute=5), store.incidents.add_assessment(assessment(1, 5)))
    collect(store, [post(10, "아무 일도 아닌 글", "other")])
    store.outbox.enqueue(None, None, "service", "email", message(), at(5))
    for claimed in store.outbox.claim_due(at(15), 5, at(30) - at(15)):
        store.outbox.delivered(claimed.id, None, at(16))
    store.runs.record(Run("group", at(1), at(2), 1, 0))
    store.incidents.transition(1, Status.RESOLVED, "lee", at(20))

    assert store.prune(Limits(None, None, None, None)).posts == 0
    assert (len(store.runs.latest()), store.counts()["posts"]) == (1, 5)
    assert store.prune(Limits(posts=at(400), incidents=None, messages=None, runs=at(400))).posts == 1
    assert store.runs.latest() == []
    assert store.incidents.members(1)
    assert store.incidents.assessments(1)
    assert store.outbox.list(everything=True)[0].message.subject
    store.prune(Limits(posts=at(400), incidents=at(400), messages=at(400), runs=at(400)))
    assert store.counts()["posts"] == 0
    assert store.incidents.assessments(1) == []
    assert store.outbox.list(everything=True)[0].message.subject == ""
