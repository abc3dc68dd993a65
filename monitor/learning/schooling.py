"""From labels to heads: which labels are held back, how strongly the base model pulls, and whether the new heads are better.

A fifth is held back and never learnt from: all posts of some authors (the same ones in every version), or the latest posts. On it the new
heads are compared with those in force. The pull is chosen on the rest by cross-validation: by author, or always on later posts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from monitor.domain import Labels
from monitor.learning import heads, measures
from monitor.learning.heads import ANSWERS, FEELINGS, TASKS, Head, Lessons

Index = NDArray[np.int64]
Numbers = NDArray[np.float64]
By = Literal["author", "time"]

HELD_BACK, FOLDS = 5, 3
PULLS = (float("inf"), 100.0, 30.0, 10.0, 3.0, 1.0)
FEWEST = 30
"""A head needs so many labels to learn from, and ten to be compared on."""
COMPARED = 10
ENOUGH = 3_000
"""So many labels are cross-validated with; the heads themselves learn from all."""
MARGIN = 0.001
"""What is better by less (nats) is as good: rounding must not make a new version."""
DECIDED = 0.5
"""Weight of a label that came from a decision about a whole incident: not each of its posts was read."""


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled post; None where nobody said. ``key`` tells it from all others, ``author`` whom else to hold back with it."""

    key: str
    author: str
    at: datetime
    complaint: bool | None = None
    sentiment: str | None = None
    topic: str | None = None
    decided: bool = False

    def answer(self, task: str) -> str | None:
        """The true class of a task."""
        if task == "complaint":
            return None if self.complaint is None else ANSWERS[self.complaint]
        return self.sentiment if task == "sentiment" else self.topic


@dataclass(frozen=True, slots=True)
class School:
    """Labelled posts, what the base model says of them, and their signs, row by row; ``classes`` of each task."""

    examples: Sequence[Example]
    verdicts: Sequence[Labels]
    signs: Numbers
    classes: Mapping[str, tuple[str, ...]]

    def lessons(self, task: str, rows: Index) -> tuple[Lessons, Index]:
        """Return what ``rows`` teach about a task, and those of the rows that have a label for it."""
        names = self.classes[task]
        known = [int(row) for row in rows if self.examples[int(row)].answer(task) in names]
        chosen = np.array(known, np.int64)
        truth = np.array([names.index(str(self.examples[row].answer(task))) for row in known], np.int64)
        weight = np.array([DECIDED if self.examples[row].decided else 1.0 for row in known])
        return Lessons(heads.base_of(task, names, [self.verdicts[row] for row in known]), self.signs[chosen], truth, weight), chosen


@dataclass(frozen=True, slots=True)
class Learnt:
    """The head of one task: how many labels taught it, how strongly it is pulled, what it surprises in cross-validation and the base."""

    head: Head
    labels: int
    pull: float
    loss: float
    base_loss: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One task on the labels held back: mean surprise in nats (lower is better) and share of right verdicts, new and before."""

    task: str
    labels: int
    loss: float
    before: float
    right: float
    right_before: float

    @property
    def better(self) -> bool:
        """Whether the new head surprises less than the one before."""
        return self.loss < self.before - MARGIN


def classes(topics: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The classes of each task; ``topics`` are all there are, the company's own too."""
    return {"complaint": ANSWERS, "sentiment": FEELINGS, "topic": tuple(topics)}


def held_back(examples: Sequence[Example], by: By) -> NDArray[np.bool_]:
    """Return which examples nothing is learnt from: all of every fifth author, or the latest fifth."""
    if by == "author":
        return np.array([_bucket(one.author, HELD_BACK) == 0 for one in examples], np.bool_)
    late = np.zeros(len(examples), np.bool_)
    late[_in_time(examples, np.arange(len(examples)))[len(examples) - len(examples) // HELD_BACK :]] = True
    return late


def learn(school: School, rows: Index, by: By, told: Callable[[], None] = lambda: None) -> dict[str, Learnt]:
    """Fit a head for each task that ``rows`` have enough labels of; ``told`` is called after each of ``work`` pieces."""
    found = {}
    for task in TASKS:
        lessons, chosen = school.lessons(task, rows)
        if len(chosen) < FEWEST or len(np.unique(lessons.truth)) < 2:
            for _ in PULLS:
                told()
            continue
        found[task] = _learn(school.classes[task], lessons, _thinned(_folds(school.examples, chosen, by), len(chosen)), told)
    return found


def work() -> int:
    """How often ``learn`` tells that it has come further."""
    return len(TASKS) * len(PULLS)


def _learn(names: Sequence[str], lessons: Lessons, folds: Sequence[tuple[Index, Index]], told: Callable[[], None]) -> Learnt:
    """Try pulls from the strongest on, each begun where the stronger one ended; the strongest of equally good ones is taken."""
    begun: list[Head | None] = [None] * len(folds)
    losses: list[float] = []
    for pull in PULLS:
        told()
        if len(losses) > 2 and min(losses[-2:]) > min(losses[:-2]):
            continue  # worse twice: less pull only learns by heart
        total = counted = 0.0
        for place, (taught, asked) in enumerate(folds):
            head = begun[place] = heads.fit(names, lessons.rows(taught), pull, begun[place])
            weight = lessons.weight[asked]
            shares = head.shares(lessons.base[asked], lessons.signs[asked])
            total += measures.log_loss(shares, lessons.truth[asked], weight) * weight.sum()
            counted += weight.sum()
        losses.append(float(total / counted))
    best = int(np.argmin(losses))
    return Learnt(heads.fit(names, lessons, PULLS[best]), len(lessons.truth), PULLS[best], losses[best], losses[0])


def _thinned(folds: Iterator[tuple[Index, Index]], rows: int) -> list[tuple[Index, Index]]:
    """So many labels tell which pull is best, that more would only take longer."""
    every = max(1, -(-rows // ENOUGH))
    return [(taught[::every], asked[::every]) for taught, asked in folds]


def _folds(examples: Sequence[Example], rows: Index, by: By) -> Iterator[tuple[Index, Index]]:
    """Yield places in ``rows``: (to learn from, to be asked). By time only what is later is asked."""
    if by == "author":
        part = np.array([_bucket("fold " + examples[int(row)].author, FOLDS) for row in rows])
        if len(np.unique(part)) < 2:
            part = np.arange(len(rows)) % FOLDS
        for one in np.unique(part):
            yield np.flatnonzero(part != one), np.flatnonzero(part == one)
        return
    order = _in_time(examples, rows)
    cuts = np.linspace(0, len(order), FOLDS + 2).astype(int)[1:]
    for start, end in pairwise(cuts):
        yield order[:start], order[start:end]


def _in_time(examples: Sequence[Example], rows: Index) -> Index:
    """Places in ``rows``, the oldest post first."""
    order = sorted(range(len(rows)), key=lambda place: (examples[int(rows[place])].at, examples[int(rows[place])].key))
    return np.array(order, np.int64)


def _bucket(word: str, count: int) -> int:
    return int.from_bytes(hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()[:8], "big") % count


def compare(school: School, rows: Index, new: Mapping[str, Head], before: Mapping[str, Head]) -> list[Comparison]:
    """Ask the new heads and those before about ``rows``; a task without a head is answered by the base model."""
    found = []
    for task in TASKS:
        lessons, chosen = school.lessons(task, rows)
        if len(chosen) < COMPARED:
            continue
        loss, right = _asked(school.classes[task], lessons, new.get(task))
        loss_before, right_before = _asked(school.classes[task], lessons, before.get(task))
        found.append(Comparison(task, len(chosen), loss, loss_before, right, right_before))
    return found


def gain(found: Sequence[Comparison]) -> float:
    """By how much the new heads surprise less, in nats, mean over the tasks; negative if they surprise more."""
    return float(np.mean([one.before - one.loss for one in found])) if found else 0.0


def _asked(names: Sequence[str], lessons: Lessons, head: Head | None) -> tuple[float, float]:
    shares = (head or heads.no_correction(names, lessons.signs.shape[1])).shares(lessons.base, lessons.signs)
    right = np.average(shares.argmax(axis=1) == lessons.truth, weights=lessons.weight)
    return measures.log_loss(shares, lessons.truth, lessons.weight), float(right)
