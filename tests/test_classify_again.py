"""`monitor classify --again`: stored mentions judged anew, beside their old verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.classifiers.embedded import Embedded
from monitor.cli import cli
from monitor.domain import Classification, Labels, Mention, Passage, Post
from monitor.pipeline.again import BATCH, classify_again
from monitor.store import Store
from tests.storing import NOON, WATCH, classify, collect, labels, post

FAR = timedelta(days=10_000)


class Fixed:
    """Gives every passage the same verdict and remembers how many it saw; may break after some."""

    def __init__(self, model: str, verdict: Labels, breaks_after: int = 10**9):
        self.model, self.verdict, self.seen, self.breaks_after = model, verdict, 0, breaks_after

    def classify(self, passages: Sequence[Passage]) -> list[Labels]:
        if self.seen >= self.breaks_after:
            raise KeyboardInterrupt
        self.seen += len(passages)
        return [self.verdict] * len(passages)


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:", durable=False) as opened:
        yield opened


def filled(store: Store, posts: int) -> None:
    collect(store, [post(number) for number in range(posts)])
    classify(store)


def in_force(store: Store) -> list[tuple[str, float]]:
    return store._db.rows(
        """SELECT k.name, c.complaint FROM mentions m JOIN models k ON k.n = m.model
        JOIN classifications c ON c.post = m.post AND c.watch = m.watch AND c.model = m.model ORDER BY m.post"""
    )


def test_new_verdicts_take_force_beside_the_old_ones(store: Store) -> None:
    filled(store, 3)
    new = Fixed("m@2", labels(0.1, "price"))
    assert store.rejudging.waiting("m@2", None) == 3
    assert classify_again(store, new, None, NOON) == 3
    assert in_force(store) == [("m@2", 0.1)] * 3
    assert store._db.value("SELECT count(*) FROM classifications") == 6
    assert [judged.labels.topic for judged in store.posts.recent(WATCH, NOON - FAR)] == ["price"] * 3
    assert (classify_again(store, new, None, NOON), new.seen) == (0, 3)
    assert classify_again(store, Fixed("m@1", labels(0.8)), None, NOON) == 3
    assert in_force(store) == [("m@1", 0.8)] * 3


def test_what_is_interrupted_goes_on(store: Store) -> None:
    filled(store, 2 * BATCH + 50)
    told: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        classify_again(store, Fixed("m@2", labels(0.1), breaks_after=BATCH), None, NOON, told.append)
    assert told == [BATCH]
    latest = [name for name, _ in in_force(store)]
    assert latest == ["m@1"] * (BATCH + 50) + ["m@2"] * BATCH
    rest = Fixed("m@2", labels(0.1))
    assert classify_again(store, rest, None, NOON) == rest.seen == BATCH + 50
    assert {name for name, _ in in_force(store)} == {"m@2"}


def test_only_what_was_written_since(store: Store) -> None:
    filled(store, 5)
    newest = store.posts.recent(WATCH, NOON - FAR)[0].post.created_at
    assert classify_again(store, Fixed("m@2", labels(0.1)), newest, NOON) == 1
    assert [name for name, _ in in_force(store)] == ["m@1"] * 4 + ["m@2"]


def test_a_post_of_several_watches_at_the_edge_of_a_batch_is_judged_for_each(store: Store) -> None:
    posts = [post(number) for number in range(4)]
    collect(store, posts)
    store.posts.add(posts, [], [Mention(one.id, other) for one in posts for other in ("a", "b")], [], [], NOON)
    classify(store)
    sizes = []
    for batch in store.rejudging.batches("m@2", None, 2):
        sizes.append(len(batch))
        verdicts = Fixed("m@2", labels(0.1)).classify([Passage(one.text) for one, _ in batch])
        rows = [(one, mention, verdict) for (one, mention), verdict in zip(batch, verdicts, strict=True)]
        store.rejudging.put([(one, Classification(one.id, mention.watch, "m@2", verdict)) for one, mention, verdict in rows], NOON)
    assert sum(sizes) == 12
    assert {name for name, _ in in_force(store)} == {"m@2"}


def test_a_text_that_changes_meanwhile_keeps_its_place_in_the_queue(store: Store) -> None:
    filled(store, 2)
    edited = replace(post(0), text="한울오토 고쳐 썼습니다")

    class Meanwhile(Fixed):
        def classify(self, passages: Sequence[Passage]) -> list[Labels]:
            store.posts.edit([edited], [Mention(edited.id, WATCH, ((0, 4),))], NOON)
            return super().classify(passages)

    assert classify_again(store, Meanwhile("m@2", labels(0.1)), None, NOON) == 1
    assert [one.text for one, _ in store.posts.unclassified(9)] == [edited.text]


def test_unjudged_mentions_are_left_to_the_next_tick(store: Store) -> None:
    collect(store, [post(0)])
    assert classify_again(store, Fixed("m@2", labels(0.1)), None, NOON) == 0
    assert len(store.posts.unclassified(9)) == 1


def test_history_is_found_by_its_index(store: Store) -> None:
    filled(store, 3)
    statements: set[str] = set()
    store._db._raw.set_trace_callback(statements.add)
    classify_again(store, Fixed("m@2", labels(0.1)), NOON, NOON)
    store._db._raw.set_trace_callback(None)
    plans = [
        row[3] for sql in statements if sql.lstrip().startswith(("SELECT", "UPDATE")) for row in store._db.rows("EXPLAIN QUERY PLAN " + sql)
    ]
    assert any("posts_created (created_at>?" in step for step in plans)
    assert not any(step.startswith("SCAN p") for step in plans), plans


# ---- the verb


def run(*args: object) -> Result:
    return CliRunner().invoke(cli, [str(arg) for arg in args], standalone_mode=False)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "m.db"
    with Store.open(path) as store:
        now = datetime.now(UTC)
        posts = [Post(f"x:{days}", "x", "한울오토 탁송이 일주일째 안 와요", now - timedelta(days=days)) for days in (1, 5, 60)]
        store.posts.add(posts, [], [Mention(one.id, "한울오토", ((0, 4),)) for one in posts], [], [], now)
        classify(store)
    return path


def test_the_verb_judges_history_again(database: Path) -> None:
    first = run("classify", "--again", "--since", "30d", "--database", database)
    assert first.exception is None
    assert f"언급 2건의 판정을 {Embedded().model}" in first.stdout
    with Store.open(database) as store:
        assert sorted(name for name, _ in in_force(store)) == sorted(["m@1", Embedded().model, Embedded().model])
    assert "언급 1건" in run("classify", "--again", "--database", database).stdout
    already = run("classify", "--again", "--database", database, "--model", "embedded")
    assert "이미" in already.stdout


def test_the_verb_takes_a_folder_as_its_model(database: Path, tmp_path: Path) -> None:
    failed = run("classify", "--again", "--database", database, "--model", tmp_path / "none")
    assert "card" in str(failed.exception)
    with Store.open(database) as store:
        assert {name for name, _ in in_force(store)} == {"m@1"}


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("--again", "posts.jsonl"),
        ("--again", "--json"),
        ("--again", "--since", "soon"),
        ("posts.jsonl", "--since", "3d"),
        ("--again", "--any", "a"),
    ],
)
def test_wrong_usage_is_told(args: tuple[str, ...], database: Path) -> None:
    result = CliRunner().invoke(cli, ["classify", *args, *(["--database", str(database)] if "--again" in args else [])])
    assert result.exit_code == 2
    assert "Traceback" not in result.output
