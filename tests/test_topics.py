"""The company's own topics: terms, a sentence and examples, without training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from monitor.classifiers import Embedder
from monitor.classifiers.embedded import Embedded
from monitor.config import Topic
from monitor.domain import TOPICS, Labels, Passage
from monitor.pipeline.topics import OwnTopics
from monitor.pipeline.topics.likeness import Likeness, background
from monitor.pipeline.topics.ngrams import Ngrams

STREAM = Path(__file__).parent / "streams" / "own_topics.txt"


@dataclass
class Told:
    topic: Topic
    posts: list[str] = field(default_factory=list)


@cache
def told(part: str) -> tuple[Told, ...]:
    """The topics of one part of the file; "-" names posts that belong to none."""
    found = []
    for block in STREAM.read_text(encoding="utf-8").strip().split("\n\n"):
        head, *lines = block.splitlines()
        if head.startswith(f"[{part}] "):
            keys = {key: [line[len(key) + 2 :] for line in lines if line.startswith(key + ": ")] for key in ("about", "any", "example")}
            topic = Topic(
                head.split("] ")[1],
                any=tuple(term for line in keys["any"] for term in line.split(", ")),
                about="".join(keys["about"]),
                examples=tuple(keys["example"]),
            )
            found.append(Told(topic, [line for line in lines if not line.startswith(("about: ", "any: ", "example: "))]))
    return tuple(found)


def topics(part: str) -> list[Topic]:
    return [one.topic for one in told(part) if one.topic.name != "-"]


@cache
def shipped() -> Embedded:
    return Embedded()


class Plain:
    """The shipped model's verdicts without its vectors."""

    model = "plain@1"

    def classify(self, passages: Sequence[Passage]) -> list[Labels]:
        return shipped().classify(passages)


def score(own: Sequence[Topic], judge: object = None) -> tuple[float, float]:
    """Macro F1 of the own topics on the part that nothing was fitted on, and the share of other posts they take."""
    posts = [(post, one.topic.name) for one in told("test") for post in one.posts]
    verdicts = OwnTopics(judge or Plain(), own).classify([Passage(post) for post, _ in posts])  # type: ignore[arg-type]
    names = [topic.name for topic in own]
    said = [labels.topic if labels.topic in names else "-" for labels in verdicts]
    rights = [sum(a == b == name for a, (_, b) in zip(said, posts, strict=True)) for name in names]
    sizes = [said.count(name) + sum(name == b for _, b in posts) for name in names]
    others = [a != "-" for a, (_, b) in zip(said, posts, strict=True) if b == "-"]
    return sum(2 * right / size for right, size in zip(rights, sizes, strict=True)) / len(names), sum(others) / len(others)


def test_examples_find_more_than_terms_alone() -> None:
    own = topics("test")
    terms, _ = score([replace(topic, about="", examples=()) for topic in own])
    shown, _ = score([replace(topic, any=()) for topic in own])
    both, mistaken = score(own)
    print(f"terms {terms:.3f}, examples {shown:.3f}, both {both:.3f}, other posts taken {mistaken:.3f}")
    assert terms < 0.35
    assert both > terms + 0.2
    assert both >= shown
    assert mistaken < 0.4  # letters know no meaning; more than half of the other posts were written to mislead


@pytest.mark.skipif(not isinstance(shipped(), Embedder), reason="the shipped model gives no vectors")
def test_vectors_beside_letters_find_more_than_letters() -> None:
    own = topics("test")
    letters, vectors = score(own), score(own, shipped())
    print(f"letters {letters[0]:.3f}, vectors {vectors[0]:.3f}, other posts taken {vectors[1]:.3f}")
    assert vectors[0] > letters[0] + 0.08
    assert vectors[1] <= letters[1]


def test_scores_are_probabilities_of_all_topics() -> None:
    judge = OwnTopics(Plain(), topics("test"))
    passages = [Passage(post) for one in told("test") for post in one.posts[:5]] + [Passage(""), Passage("\ud800"), Passage("🔋" * 5000)]
    for labels in judge.classify(passages):
        assert set(labels.topic_scores) == {*TOPICS, "charging", "gate_queue", "smoke_smell"}
        assert sum(labels.topic_scores.values()) == pytest.approx(1, abs=1e-4)
        assert all(0 <= share <= 1 for share in labels.topic_scores.values())
        assert labels.topic == max(labels.topic_scores, key=labels.topic_scores.__getitem__)
    assert judge.classify(passages) == [judge.classify([passage])[0] for passage in passages]
    assert judge.classify([]) == []


def test_an_example_is_surely_of_its_topic() -> None:
    judge = OwnTopics(Plain(), [replace(topic, any=()) for topic in topics("test")])
    for topic in topics("test"):
        assert {labels.topic for labels in judge.classify([Passage(text) for text in topic.examples])} == {topic.name}


def test_a_term_outweighs_likeness() -> None:
    charging, queue, _ = topics("test")
    judge = OwnTopics(Plain(), [charging, replace(queue, any=("톨게이트",))])
    labels = judge.classify([Passage(charging.examples[0].replace("집까지", "톨게이트까지"))])[0]
    assert labels.topic == "gate_queue"
    assert labels.topic_scores["gate_queue"] >= 0.9


def test_one_of_the_twelve_may_have_examples_too() -> None:
    judge = OwnTopics(Plain(), [Topic("privacy", examples=("블랙박스 메모리 카드가 통째로 사라졌어요", "블랙박스 영상을 지워 놨네요"))])
    labels = judge.classify([Passage("블랙박스 영상이 통째로 사라졌네요")])[0]
    assert labels.topic == "privacy"
    assert set(labels.topic_scores) == set(TOPICS)


def test_the_version_changes_with_the_examples() -> None:
    own = topics("test")
    names = {OwnTopics(Plain(), part).model for part in (own, own, own[:2], [replace(own[0], examples=("다른 글",)), *own[1:]])}
    assert len(names) == 3
    assert OwnTopics(Plain(), [Topic("dock", any=("부두",))]).model == "plain@1"


class Counted:
    """Vectors of letters, counted."""

    model, vectors = "counted@1", "letters@1"

    def __init__(self) -> None:
        self.embedded = 0
        self._letters = Ngrams(background())

    def classify(self, passages: Sequence[Passage]) -> list[Labels]:
        return shipped().classify(passages)

    def embed(self, passages: Sequence[Passage]) -> np.ndarray:
        self.embedded += len(passages)
        return self._letters.embed(passages)


def test_examples_are_embedded_once_and_vectors_passed_on() -> None:
    base = Counted()
    judge = OwnTopics(base, topics("test"))
    before = base.embedded
    judge.classify([Passage("하나"), Passage("둘")])
    assert base.embedded == before + 2
    assert isinstance(judge, Embedder)
    assert judge.vectors == "letters@1"
    assert np.array_equal(judge.embed([Passage("배송")]), base.embed([Passage("배송")]))
    assert not isinstance(OwnTopics(Plain(), topics("test")), Embedder)


@pytest.mark.parametrize("by_vectors", [False, True], ids=["letters", "both"])
def test_the_constants_are_those_that_fit_the_other_topics(by_vectors: bool) -> None:
    """Log loss of the part they were fitted on is the lowest there (0.2 and 0.25 apart)."""
    own = told("fit")
    posts = [(post, place) for place, one in enumerate(own) for post in one.posts] + [(post, len(own)) for post in background()]
    likeness = Likeness([[*one.topic.examples, one.topic.about] for one in own], shipped() if by_vectors else None)
    shares = likeness.shares([Passage(post) for post, _ in posts])
    logits = np.log(shares / (1 - shares.sum(axis=1, keepdims=True)))
    truth = [place for _, place in posts]

    def loss(slope: float, offset: float) -> float:
        raised = np.exp(np.clip(slope * (logits / likeness.slope + likeness.offset - offset), -20, 20))
        whole = np.concatenate([raised, np.ones((len(raised), 1))], axis=1)
        return float(-np.log((whole / whole.sum(axis=1, keepdims=True))[np.arange(len(posts)), truth]).mean())

    best = loss(likeness.slope, likeness.offset)
    assert best < (0.5 if by_vectors else 0.62)
    assert all(best <= loss(likeness.slope + a, likeness.offset + b) for a, b in ((0.2, 0), (-0.2, 0), (0, 0.25), (0, -0.25)))
