"""Learning from staff: what is asked, what is kept, what is learnt, and that nothing better is replaced."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from conftest import Words
from hypothesis import given
from hypothesis import strategies as st
from storing import NOON, WATCH, at, collect, labels, post

from monitor import actions, charts, config
from monitor.classifiers.trained import Trained, embedder_of, files, found_for
from monitor.classifiers.trained.files import Heads
from monitor.classifiers.trained.hashed import BESIDE, Hashed
from monitor.cli import cli
from monitor.cli.learning.files import read as read_labels
from monitor.domain import TOPICS, Classification, Correction, Engagement, Labels, Passage, Sentiment, Watch
from monitor.errors import ModelError, MonitorError
from monitor.learning import choosing, heads, measures, schooling
from monitor.learning.choosing import Asked
from monitor.learning.heads import Head
from monitor.learning.schooling import Example, School
from monitor.store import Store

HOSTILE = "\x1b[31m빨강\x9b2J \u202e뒤집기 <b>"
WORDS = ("차", "배송", "기사", "어제", "오늘", "계약", "인수", "전화", "주차", "보험", "서류", "일정", "부산", "서울", "연락", "확인")


# ---- measures


def test_measures_of_a_small_case_by_hand() -> None:
    truth, score = np.array([True, False, True, False]), np.array([0.9, 0.8, 0.4, 0.1])
    assert measures.average_precision(truth, score) == pytest.approx((1 + 2 / 3) / 2)
    assert measures.brier(truth, score) == pytest.approx((0.01 + 0.64 + 0.36 + 0.01) / 4)
    assert measures.calibration_error(measures.bins(truth, score)) == pytest.approx((0.1 + 0.8 + 0.6 + 0.1) / 4)
    assert measures.macro_f1(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx(2 / 3)
    assert measures.by_class(["a", "a", "b"], ["a", "b", "c"]) == {"a": (0.5, 2 / 3), "b": (0.0, 0.0)}
    assert measures.accuracy(["a", "b"], ["a", "a"]) == 0.5
    assert measures.confusion(["a", "a", "b"], ["a", "b", "b"]) == {"a": {"a": 1, "b": 1}, "b": {"b": 1}}
    assert measures.average_precision(np.array([False]), np.array([0.3])) is None


def test_equal_scores_give_no_ranking() -> None:
    truth = np.array([True, False, False, False])
    assert measures.average_precision(truth, np.full(4, 0.5)) == measures.average_precision(truth[::-1], np.full(4, 0.5)) == 0.25


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.35, 0.5, 0.77, 1.0])), min_size=1, max_size=30))
def test_suggested_thresholds_are_as_good_as_trying_all(pairs: list[tuple[bool, float]]) -> None:
    truth, score = np.array([one for one, _ in pairs]), np.array([one for _, one in pairs])

    def precision(threshold: float) -> float:
        return float(truth[score >= threshold].mean())

    found = measures.for_precision(truth, score, 0.7)
    good = [one for one in sorted(set(score)) if precision(one) >= 0.7] if truth.any() else []
    assert (found.at if found else None) == (good[0] if good else None)
    cheapest = measures.for_cost(truth, score, 10)
    if cheapest is not None and cheapest.cost is not None:
        costs = [float(((score >= one) & ~truth).sum() + 10 * ((score < one) & truth).sum()) for one in set(score)]
        assert cheapest.cost * len(truth) == pytest.approx(min(costs))


# ---- heads


class Vectors:
    """Vectors in which the texts' hidden side can be seen."""

    vectors = "sides@1"

    def embed(self, passages: Sequence[Passage]) -> np.ndarray:
        rows = [[1.0, 0.0] if "탁송" in passage.text else [0.0, 1.0] for passage in passages]
        return np.array(rows, np.float32).reshape(len(passages), 2)


class Knowing(Words, Vectors):
    """A model that is always wrong about complaints of one kind, with vectors that tell the kind."""


def school(count: int = 400, seed: int = 1) -> School:
    """Texts of two kinds: about one the model is right, about the other it says the opposite."""
    random = np.random.default_rng(seed)
    examples, passages = [], []
    for number in range(count):
        wrong, complaint = bool(random.integers(2)), bool(random.integers(2))
        said = complaint != wrong
        passages.append(Passage(f"{number} {'탁송' if wrong else '배송'} {'!' if said else ''}"))
        when = NOON + timedelta(hours=number)
        examples.append(Example(str(number), f"someone{number % 150}", when, complaint, "neg" if complaint else "neu", "price"))
    verdicts = Words().classify(passages)
    return School(examples, verdicts, heads.signs_of(Vectors().embed(passages), verdicts), schooling.classes(TOPICS))


def test_no_correction_says_what_the_model_says() -> None:
    taught = school(20)
    for task in heads.TASKS:
        names = taught.classes[task]
        base = heads.base_of(task, names, taught.verdicts)
        head = heads.no_correction(names, taught.signs.shape[1])
        assert np.allclose(head.shares(base, taught.signs), base, atol=20 * heads.FLOOR)
        lessons, _ = taught.lessons(task, np.arange(20))
        assert np.array_equal(heads.fit(names, lessons, float("inf")).weights, head.weights)


def test_few_labels_correct_little_and_many_correct_much() -> None:
    few, many = school(20), school(400)
    moved = []
    for taught in (few, many):
        lessons, _ = taught.lessons("complaint", np.arange(len(taught.examples)))
        head = heads.fit(heads.ANSWERS, lessons, 10.0)
        wrong = np.array(["탁송" in passage for passage in [f"{'탁송' if one else ''}" for one in taught.signs[:, 0]]])
        shares = head.shares(lessons.base, lessons.signs)
        moved.append(float(np.abs(shares - lessons.base)[wrong].mean()))
    assert moved[0] < 0.6 * moved[1]


def test_a_fit_is_where_the_slope_is_nothing() -> None:
    lessons, _ = school(200).lessons("complaint", np.arange(200))
    head = heads.fit(heads.ANSWERS, lessons, 3.0)

    def cost(weights: np.ndarray) -> float:
        loss = measures.log_loss(replace(head, weights=weights).shares(lessons.base, lessons.signs), lessons.truth) * len(lessons.truth)
        pulls = np.full_like(weights, 3.0)
        pulls[-1] *= 0.1
        return float(loss + 0.5 * (pulls * weights**2).sum())

    best = cost(head.weights)
    for row in range(len(head.weights)):
        for step in (-0.05, 0.05):
            other = head.weights.copy()
            other[row, 0] += step
            assert cost(other) >= best - 1e-3


@pytest.mark.parametrize("by", ["author", "time"])
def test_held_back_labels_are_never_learnt_from_and_stay_held_back(by: schooling.By) -> None:
    taught = school(300)
    back = schooling.held_back(taught.examples, by)
    assert 0.1 < back.mean() < 0.3
    if by == "author":
        inside, outside = ({taught.examples[row].author for row in np.flatnonzero(side)} for side in (back, ~back))
        assert not inside & outside
        again = schooling.held_back(list(reversed(taught.examples)), by)
        assert np.array_equal(again[::-1], back)
    else:
        assert max(taught.examples[row].at for row in np.flatnonzero(~back)) < min(taught.examples[row].at for row in np.flatnonzero(back))


@pytest.mark.parametrize("by", ["author", "time"])
def test_what_is_systematically_wrong_is_put_right_on_labels_held_back(by: schooling.By) -> None:
    taught = school(300)
    back = schooling.held_back(taught.examples, by)
    learnt = schooling.learn(taught, np.flatnonzero(~back), by)
    compared = {one.task: one for one in schooling.compare(taught, np.flatnonzero(back), {k: v.head for k, v in learnt.items()}, {})}
    assert compared["complaint"].right_before < 0.65
    assert compared["complaint"].loss < compared["complaint"].before - 0.2
    assert "topic" not in learnt  # one class only: nothing to tell apart


@pytest.mark.parametrize("seed", range(4))
def test_where_the_model_is_right_already_little_is_lost(seed: int) -> None:
    random = np.random.default_rng(seed)
    taught = school(400)
    verdicts = [replace(one, complaint=float(random.uniform(0.02, 0.98))) for one in taught.verdicts]
    truth = [bool(random.random() < verdict.complaint) for verdict in verdicts]
    examples = [replace(one, complaint=answer, sentiment=None) for one, answer in zip(taught.examples, truth, strict=True)]
    noise = School(examples, verdicts, random.normal(size=(400, 30)) / 30**0.5, taught.classes)
    found = schooling.learn(noise, np.arange(200), "author")["complaint"]
    assert found.loss <= found.base_loss
    compared = schooling.compare(noise, np.arange(200, 400), {"complaint": found.head}, {})[0]
    assert compared.task == "complaint"
    assert compared.loss < compared.before + 0.02


def test_training_is_the_same_every_time() -> None:
    first, second = (schooling.learn(school(80), np.arange(80), "author") for _ in range(2))
    assert all(np.array_equal(first[task].head.weights, second[task].head.weights) for task in first)


# ---- trained heads on disk and in use


def trained(version: int = 1, base: str = "words@1", vectors: str = "sides@1") -> Heads:
    weights = np.zeros((2 + heads.SIGNS, 2))
    weights[0] = [-20.0, 20.0]
    topic = Head((*TOPICS, "ours"), np.zeros((2 + heads.SIGNS, 13)))
    topic.weights[0, 12] = 40.0
    return Heads(version, base, vectors, {"complaint": Head(heads.ANSWERS, weights), "topic": topic}, frozenset({files.number("a")}))


def test_heads_correct_verdicts_alone_and_in_a_batch() -> None:
    model = Trained(Words(), Vectors(), trained())
    assert model.model == "words@1+heads.1"
    passages = [Passage("한울오토 탁송"), Passage("한울오토 배송"), Passage("한울오토 배송 !")]
    together = model.classify(passages)
    assert [model.classify([one])[0] for one in passages] == together
    assert together[0].complaint > 0.99
    assert together[1].complaint == pytest.approx(0.05, abs=1e-3)
    assert set(together[0].topic_scores) == set(TOPICS)  # a topic that is configured no more is not told
    assert sum(together[0].topic_scores.values()) == pytest.approx(1, abs=1e-4)
    assert model.classify([]) == []


def test_a_topic_of_ones_own_is_learnt_when_the_model_knows_its_name() -> None:
    class Own(Words):
        def classify(self, passages: Sequence[Passage]) -> list[Labels]:
            return [replace(one, topic_scores={**one.topic_scores, "ours": 0.0, "new": 0.0}) for one in super().classify(passages)]

    first, second = Trained(Own(), Vectors(), trained()).classify([Passage("탁송"), Passage("배송")])
    assert (first.topic, second.topic) == ("ours", "other")
    assert second.topic_scores["new"] < 0.001


def test_sentiment_left_open_stays_open() -> None:
    class Foreign(Words):
        def classify(self, passages: Sequence[Passage]) -> list[Labels]:
            return [replace(one, sentiment=None) for one in super().classify(passages)]

    feeling = Head(heads.FEELINGS, np.zeros((2 + heads.SIGNS, 3)))
    found = Heads(1, "words@1", "sides@1", {"sentiment": feeling})
    assert Trained(Foreign(), Vectors(), found).classify([Passage("bonjour")])[0].sentiment is None


def test_heads_are_written_whole_and_read_back(tmp_path: Path) -> None:
    folder = files.write(tmp_path, trained())
    assert [one.name for one in (tmp_path / "models").iterdir()] == ["heads@1"]
    found = files.read(folder)
    assert found.heads.keys() == {"complaint", "topic"}
    assert np.allclose(found.heads["complaint"].weights, trained().heads["complaint"].weights)
    assert found.knows("a")
    assert not found.knows("b")
    with pytest.raises(ModelError, match="nothing was changed"):
        files.write(tmp_path, trained())
    assert [one.name for one in (tmp_path / "models").iterdir()] == ["heads@1"]


def test_auto_takes_the_newest_that_fits_and_keeps_the_others(tmp_path: Path) -> None:
    database = tmp_path / "a.db"
    assert found_for("auto", database, "words@1", "sides@1") is None
    for made in (trained(1), trained(2), trained(10), trained(11, base="words@2")):
        files.write(tmp_path, made)
    (tmp_path / "models" / "heads@x").mkdir()
    assert getattr(found_for("auto", database, "words@1", "sides@1"), "version", 0) == 10
    assert found_for("auto", database, "words@1", "hashed@1") is None
    assert found_for("none", database, "words@1", "sides@1") is None
    chosen = found_for(str(tmp_path / "models" / "heads@11"), database, "words@1", "sides@1")
    assert chosen is not None
    with pytest.raises(ModelError, match=r"belong to words@2"):
        Trained(Words(), Vectors(), chosen)


@pytest.mark.parametrize("harm", ["gone", "cut", "foreign", "card", "format", "shape", "list"])
def test_damaged_heads_are_model_errors(tmp_path: Path, harm: str) -> None:
    folder = files.write(tmp_path, trained())
    weights, card = folder / files.WEIGHTS, folder / files.CARD
    told = json.loads(card.read_text())
    if harm == "gone":
        weights.unlink()
    elif harm == "cut":
        weights.write_bytes(weights.read_bytes()[:-40])
    elif harm == "card":
        card.write_text("{")
    elif harm == "list":
        card.write_text("[]")
    else:
        if harm == "foreign":
            weights.write_bytes(b"no archive")
            told["sha256"] = __import__("hashlib").sha256(b"no archive").hexdigest()
        elif harm == "format":
            told["format"] = 99
        else:
            told["heads"]["topic"]["names"].append("more")
        card.write_text(json.dumps(told))
    with pytest.raises(ModelError, match=str(folder)):
        files.read(folder)


def test_hashed_vectors_have_length_one_and_see_the_name_as_a_name() -> None:
    one, two, none = Hashed().embed([Passage("한울오토 늦어요", ((0, 4),)), Passage("다른회사 늦어요", ((0, 4),)), Passage("")])
    assert np.linalg.norm(one) == pytest.approx(1)
    assert float(one @ two) == pytest.approx(1)
    assert not none.any()
    assert isinstance(embedder_of(Words()), Hashed)


def test_heads_see_hashed_words_beside_what_a_model_knows_and_grouping_does_not() -> None:
    known, passages = Knowing(), [Passage("늦어요"), Passage("또 늦어요")]
    both = embedder_of(known)
    assert both.vectors == f"{known.vectors}+hashed@1"
    expected = np.concatenate([known.embed(passages), BESIDE * Hashed().embed(passages)], axis=1)
    assert both.embed(passages) == pytest.approx(expected, abs=1e-6)
    judge = Trained(known, both, Heads(1, known.model, both.vectors, {}, frozenset(), {}))
    assert judge.vectors == known.vectors
    assert np.array_equal(judge.embed(passages), known.embed(passages))


# ---- what is asked


def asked(number: int, complaint: float, views: int = 0, text: str = "") -> Asked:
    made = post(number, text or f"글 {number}")
    judged = __import__("monitor.domain", fromlist=["Judged"]).Judged(made, _mention(made.id), labels(complaint))
    exposure = __import__("monitor.domain", fromlist=["Exposure"]).Exposure(made.id, "x", made.created_at, views=views)
    return Asked(judged, exposure)


def _mention(post_id: str):  # type: ignore[no-untyped-def]
    from monitor.domain import Mention

    return Mention(post_id, WATCH)


def test_uncertain_and_widely_seen_posts_come_first_and_the_lot_is_not_chosen() -> None:
    pool = [asked(number, 0.5 if number % 2 else 0.02, 10 ** (number % 5)) for number in range(400)]
    chosen = choosing.chosen(pool, 50, 20)
    drawn = [one for one in chosen if choosing.in_lot(one.judged.post.id, WATCH)]
    urgent = [one for one in chosen if not choosing.in_lot(one.judged.post.id, WATCH)]
    assert (len(chosen), len(drawn)) == (50, 10)
    assert all(one.judged.labels.complaint == 0.5 and one.people >= 100 for one in urgent)
    assert [choosing.urgency(one) for one in urgent] == sorted((choosing.urgency(one) for one in urgent), reverse=True)
    assert [one.number for one in drawn] == sorted(one.number for one in pool if one.number % choosing.LOT == 0)[:10]
    assert choosing.chosen(list(reversed(pool)), 50, 20) == chosen
    assert len({one.judged.post.id for one in choosing.chosen(pool, 1000, 20)}) == 400
    assert not [one for one in choosing.chosen(pool, 1000, 0) if choosing.in_lot(one.judged.post.id, WATCH)]


def test_the_same_words_are_asked_once() -> None:
    assert len(choosing.chosen([asked(number, 0.5, text="같은  글" if number % 2 else "같은 글") for number in range(30)], 30)) == 1


# ---- the store


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """Eighty judged posts by forty people."""
    path = tmp_path / "a.db"
    posts = [
        post(
            number,
            f"한울오토 {'탁송' if number % 4 < 2 else '배송'} {WORDS[number % 16]} {number}" + ("!" if number % 2 else ""),
            f"who{number % 40}",
        )
        for number in range(80)
    ]
    recent = datetime.now(UTC) - timedelta(days=2)
    posts = [replace(one, created_at=recent + timedelta(minutes=place)) for place, one in enumerate(posts)]
    with Store.open(path) as store:
        seen = [Engagement(one.id, NOON, views=100 * place) for place, one in enumerate(posts)]
        collect(store, [replace(posts[0], text=f"한울오토 {HOSTILE}"), *posts[1:]], seen)
        store.posts.add_classifications([Classification(one.id, WATCH, "m@1", labels(0.5)) for one in posts], NOON)
    yield path


def run(*args: object) -> Result:
    return CliRunner().invoke(cli, [str(arg) for arg in args], standalone_mode=False)


def done(*args: object) -> str:
    result = run(*args)
    assert result.exception is None, result.output + repr(result.exception)
    return result.stdout


def counts(database: Path) -> dict[str, int]:
    return json.loads(done("label", "--database", database, "--count", "--json"))  # type: ignore[no-any-return]


def test_labelled_copied_and_gone_posts_are_asked_about_no_more(database: Path) -> None:
    with Store.open(database) as store:
        since = datetime.now(UTC) - timedelta(days=30)
        before = [judged.post.id for judged, _ in store.labelling.unlabelled(since, 1000)]
        assert len(before) == 80
        store.posts.label(Correction("x:0003", WATCH, "kim", NOON, True))
        assert "x:0003" not in [judged.post.id for judged, _ in store.labelling.unlabelled(since, 1000)]
        assert [judged.post.id for judged, _ in store.labelling.unlabelled(since, 5)] == before[:5]
        assert store.labelling.unlabelled(datetime.now(UTC), 10) == []
        (_, exposure), *_ = store.labelling.unlabelled(since, 1)
        assert exposure.views == 7900


def test_taking_back_leaves_what_another_said_since(database: Path) -> None:
    with Store.open(database) as store:
        mine = Correction("x:0003", WATCH, "kim", NOON, True)
        store.posts.label(mine)
        store.posts.label(Correction("x:0003", WATCH, "lee", at(1), False))
        assert store.labelling.take_back([mine], "kim", at(2)) == 0
        assert [one.correction.who for one in store.labelling.given()] == ["lee"]
        assert store.labelling.take_back([store.labelling.given()[0].correction], "kim", at(3)) == 1
        assert store.labelling.given() == []
        assert any("taken back" in change.note for change in store.incidents.history())


def test_decisions_about_incidents_are_told_from_labels(tmp_path: Path) -> None:
    from storing import story

    settings = config.with_watches(config.defaults(), (Watch(WATCH, (WATCH,)),))
    with Store.open(tmp_path / "b.db") as store:
        story(store)
        members = len(store.incidents.members(1))
        actions.act(store, settings, "dismiss", 1, "kim", "cli", at(20))
        assert [one.decided for one in store.labelling.given()] == [True] * members
        first = store.labelling.given()[0]
        store.posts.label(Correction(first.post.id, first.mention.watch, "kim", at(30), True))
        assert [one.decided for one in store.labelling.given()].count(False) == 1


# ---- monitor label


def test_labels_go_out_as_csv_and_come_back(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "to.csv"
    done("label", "--database", database, "--to", file, "--limit", 12)
    text = file.read_text(encoding="utf-8-sig")
    head, *rows = text.splitlines()
    assert head == "post_id,watch,text,url,model_complaint,model_sentiment,model_topic,complaint,sentiment,topic"
    assert len(rows) == 12
    assert "\x1b" not in text
    file.write_text("\n".join([head, *(row.removesuffix(",,,") + ",y,neg,price" for row in rows)]), encoding="cp949")
    done("label", "--database", database, "--from", file)
    assert counts(database) == {"type": "labels", "labels": 12, "complaint": 12, "sentiment": 12, "topic": 12, "from_decisions": 0,
                                "by_lot": counts(database)["by_lot"], "people": 1}  # fmt: skip
    assert isinstance(run("label", "--database", database, "--to", file).exception, MonitorError)


def test_faulty_lines_are_told_and_the_others_kept(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "from.csv"
    with Store.open(database) as store:
        told = store.posts.get("x:0007")
    assert told is not None
    lines = ["post_id,text,complaint,sentiment,topic", "x:0001,,예,부정,", "x:9999,,y,,", "x:0002,,vielleicht,,", "x:0003,,,,wetter",
             f",{told.text},0,,", ",nirgends,0,,", "x:0004,,,,", ",,y,,"]  # fmt: skip
    file.write_text("\n".join(lines), encoding="utf-8")
    result = run("label", "--database", database, "--from", file)
    assert isinstance(result.exception, MonitorError)
    assert [line.split(":")[1] for line in sorted(str(result.exception).splitlines())] == ["3", "4", "5", "7", "9"]
    assert counts(database)["labels"] == 2
    with Store.open(database) as store:
        assert {one.post.id: one.correction.complaint for one in store.labelling.given()} == {"x:0001": True, "x:0007": False}


@given(st.binary(max_size=300))
def test_no_file_of_labels_brings_more_than_our_error(content: bytes) -> None:
    file = Path(os.environ.get("TMPDIR", "/tmp")) / f"labels-{os.getpid()}.csv"  # noqa: S108
    file.write_bytes(content)
    try:
        read_labels(file, TOPICS)
    except MonitorError:
        pass
    finally:
        file.unlink()


def test_without_a_terminal_it_says_how_to_label(database: Path) -> None:
    result = run("label", "--database", database)
    assert isinstance(result.exception, MonitorError)
    assert "--to" in str(result.exception)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_keys_in_a_terminal(database: Path) -> None:
    """Label one, skip one, label one, undo it, label it otherwise with Korean letters, quit: two labels stand."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "MONITOR_USER": "kim", "PYTHONIOENCODING": "utf-8", "TERM": "dumb", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "monitor", "label", "--database", str(database), "--limit", "60"]
    started = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=database.parent, start_new_session=True
    )
    os.close(theirs)
    shown = b""
    try:
        for key, wait in [
            *zip("y15", "??:", strict=True),
            ("s", "?"),
            ("n", "?"),
            ("2", "?"),
            ("u", "?"),
            ("ㅛ", "?"),
            ("3", "?"),
            ("\r", "?"),
            ("q", "?"),
        ]:
            del wait
            shown += _until_asked(ours)
            os.write(ours, key.encode())
        while started.poll() is None or select.select([ours], [], [], 0)[0]:
            piece = _piece(ours)
            if not piece:
                break
            shown += piece
        assert started.wait(30) == 0
    finally:
        started.kill()
        started.wait()
        os.close(ours)
    assert b"\x1b[31m" not in shown
    with Store.open(database) as store:
        found = [
            (one.correction.complaint, one.correction.sentiment, one.correction.topic, one.correction.who)
            for one in store.labelling.given()
        ]
    assert found == [(True, Sentiment.NEG, TOPICS[4], "kim"), (True, Sentiment.POS, None, "kim")]


def _until_asked(terminal: int) -> bytes:
    """Read until a question stands there: nothing more comes for a moment."""
    shown, until = b"", time.monotonic() + 40
    while time.monotonic() < until:
        if select.select([terminal], [], [], 0.25 if b"? [" in shown or "?" in shown.decode("utf-8", "ignore")[-4:] else 1)[0]:
            shown += _piece(terminal)
        elif shown.decode("utf-8", "ignore").rstrip().endswith(("]", "?")):
            return shown
    raise AssertionError(shown.decode("utf-8", "replace"))


def _piece(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


# ---- monitor train, monitor evaluate


def told(tmp_path: Path, count: int, turned: bool = False) -> Path:
    """Texts whose labels hang on words that the shipped model knows nothing of."""
    file = tmp_path / f"told{count}{turned}.jsonl"
    random = np.random.default_rng(7)
    rows = []
    for number in range(count):
        complaint = bool(random.integers(2)) != turned
        word = "푸르딩" if complaint != turned else "노르딩"
        text = f"{word} {' '.join(random.choice(WORDS, 5))} {number}"
        rows.append(
            {
                "text": text,
                "complaint": int(complaint),
                "sentiment": "neg" if complaint else "neu",
                "author": f"a{number % 97}",
                "lang": "ko",
            }
        )
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


def test_train_keeps_versions_refuses_worse_ones_and_evaluate_measures(tmp_path: Path) -> None:
    settings = tmp_path / "config.toml"
    settings.write_text(
        '[monitor]\ndatabase = "a.db"\nlanguage = "en"\n[[watch]]\nname = "한울오토"\nany = ["한울오토"]\n', encoding="utf-8"
    )
    with Store.open(tmp_path / "a.db"):
        pass
    data = told(tmp_path, 400)
    before = json.loads(done("evaluate", "--config", settings, "--data", data, "--json"))
    card = json.loads(done("train", "--config", settings, "--data", data, "--json"))
    assert card["version"] == 1
    assert card["trained"]["complaint"]["taken"]
    assert Path(card["folder"]) == tmp_path / "models" / "heads@1"
    picture = tmp_path / "curve.png"
    after = json.loads(done("evaluate", "--config", settings, "--data", data, "--json", "--plot", picture))
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert after["model"] == f"{before['model']}+heads.1"
    assert 40 <= after["labels"] <= 140
    assert after["left_out"] + after["labels"] == 400
    was, now = before["scores"]["all"]["complaint"], after["scores"]["all"]["complaint"]
    assert now["average_precision"] > max(0.9, was["average_precision"])
    assert now["brier"] < 0.15 < was["brier"]
    assert set(now["thresholds"]) == {"precision", "cost_1_to_10", "cost_1_to_100"}
    assert after["scores"].keys() == {"all", "language ko"}

    refused = run("train", "--config", settings, "--data", data)
    assert isinstance(refused.exception, MonitorError)
    assert "heads@1 is better or equal" in str(refused.exception)
    worse = run("train", "--config", settings, "--data", told(tmp_path, 120))
    assert isinstance(worse.exception, MonitorError)
    assert [one.name for one in (tmp_path / "models").iterdir()] == ["heads@1"]
    done("train", "--config", settings, "--data", told(tmp_path, 120), "--force")
    assert sorted(one.name for one in (tmp_path / "models").iterdir()) == ["heads@1", "heads@2"]
    shown = done("evaluate", "--config", settings, "--data", data)
    assert "+heads.2" in shown
    assert "complaint_threshold" in shown

    settings.write_text(settings.read_text(encoding="utf-8") + '[classifier]\nheads = "models/heads@1"\n', encoding="utf-8")
    assert "+heads.1:" in done("evaluate", "--config", settings, "--data", data)
    (tmp_path / "models" / "heads@1" / "heads.npz").write_bytes(b"")
    assert isinstance(run("evaluate", "--config", settings, "--data", data).exception, ModelError)


def test_train_says_when_there_is_too_little(database: Path) -> None:
    result = run("train", "--database", database)
    assert isinstance(result.exception, MonitorError)
    assert "monitor label" in str(result.exception)
    assert "monitor label" in str(run("evaluate", "--database", database).exception)
    assert not (database.parent / "models").exists()


# ---- the picture


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_curve_is_the_same_every_time(kind: charts.Kind) -> None:
    curve = charts.Reliability(((0.1, 0.2, 30), (0.5, 0.4, 3), (0.9, 1.0, 12)), "m@1 $x^2$ <b>")
    assert charts.reliability(curve, kind) == charts.reliability(curve, kind)
    with pytest.raises(ValueError, match="nothing"):
        charts.reliability(charts.Reliability(()), kind)
