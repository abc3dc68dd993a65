"""`monitor train`: heads are fitted on what staff said; the shipped model is never touched, and a better version never replaced."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from monitor import assembly
from monitor.classifiers.trained import Heads
from monitor.classifiers.trained.files import newest, number, versions, write
from monitor.cli.desk import Desk, now, print_json, settled, staff
from monitor.cli.learning import material
from monitor.cli.learning.labelling import topics
from monitor.cli.learning.material import Material
from monitor.errors import MonitorError
from monitor.learning import heads, schooling
from monitor.learning.heads import TASKS, Head
from monitor.learning.schooling import By, Comparison, Learnt, School


@dataclass(frozen=True)
class Lesson:
    """A training: the labels and which are held back, the new heads, those in force, and how both do on the labels held back."""

    school: School
    held: heads.Index
    taught: heads.Index
    learnt: Mapping[str, Learnt]
    present: Heads | None
    compared: Sequence[Comparison]

    def better(self, force: bool) -> dict[str, Head]:
        """The new heads that are taken: those that surprise less than what is in force; all with ``force``."""
        won = {one.task for one in self.compared if one.better}
        return {task: one.head for task, one in self.learnt.items() if force or task in won}


@click.command("train")
@settled()
@click.option("--data", type=click.Path(path_type=Path), help="Also learn from the labelled texts of FILE (CSV or JSON Lines).")
@click.option("--by", type=click.Choice(["author", "time"]), default="author", show_default=True, help="What is held back to compare on.")
@click.option("--force", is_flag=True, help="Put the new heads in force even if those before are better.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line: the card.")
def train(desk: Desk, data: Path | None, by: By, force: bool, as_json: bool) -> None:
    """Learn from the labels: fit small heads on top of the model, compare them with those in force, keep the better."""
    started = time.perf_counter()
    lesson, base, vectors = _lesson(desk, _labels(desk, data), by)
    _tell(desk, lesson, as_json)
    taken = lesson.better(force)
    if not taken:
        raise MonitorError(_refusal(desk, lesson))
    beside = desk.database.parent
    version = max((number for number, _ in versions(beside)), default=0) + 1
    before = lesson.present.heads if lesson.present else {}
    keys = {number(lesson.school.examples[int(row)].key) for row in lesson.taught}
    card = _card(lesson, taken, by, force, time.perf_counter() - started)
    kept = {task: head for task, head in before.items() if task not in taken}
    learnt = frozenset(keys | (set(lesson.present.learnt) if lesson.present and kept else set()))
    made = Heads(version, base, vectors, {**kept, **taken}, learnt, card)
    folder = write(beside, made)
    if as_json:
        print_json([{"type": "trained", "version": version, "model": f"{base}+heads.{version}", "folder": str(folder), **card}])
    else:
        desk.say("train.done", model=f"{base}+heads.{version}", folder=str(folder), seconds=time.perf_counter() - started)


def _labels(desk: Desk, data: Path | None) -> Material:
    found = material.stored(desk) if data is None or desk.database.exists() else Material([], [], [])
    if data is None:
        return found
    more = material.from_file(desk, data)
    return Material(found.examples + more.examples, found.passages + more.passages, found.by_lot + more.by_lot)


def _lesson(desk: Desk, labels: Material, by: By) -> tuple[Lesson, str, str]:
    """Fit and compare; return that, the base model's name and that of its vectors."""
    if len(labels.examples) < schooling.FEWEST + schooling.COMPARED:
        needed = schooling.FEWEST + schooling.COMPARED
        raise MonitorError(desk.phrase("train.too_few", count=len(labels.examples), needed=needed))
    classifier, embedder = assembly.untrained(desk.settings)
    verdicts = material.verdicts(classifier, labels.passages)
    vectors = material.vectors(embedder, labels.passages)
    school = School(labels.examples, verdicts, heads.signs_of(vectors, verdicts), schooling.classes(topics(desk.settings)))
    back = schooling.held_back(labels.examples, by)
    held, taught = np.flatnonzero(back), np.flatnonzero(~back)
    with click.progressbar(length=schooling.work(), label="fit", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        learnt = schooling.learn(school, taught, by, lambda: bar.update(1))
    if not learnt:
        raise MonitorError(desk.phrase("train.too_few", count=len(taught), needed=schooling.FEWEST))
    present = newest(desk.database.parent, classifier.model, embedder.vectors)
    asked = np.array([row for row in held if present is None or not present.knows(labels.examples[int(row)].key)], np.int64)
    before = {task: heads.aligned(head, school.classes[task]) for task, head in present.heads.items()} if present else {}
    compared = schooling.compare(school, asked, {task: one.head for task, one in learnt.items()}, before)
    lesson = Lesson(school, held, taught, learnt, present, [one for one in compared if one.task in learnt])
    return lesson, classifier.model, embedder.vectors


def _tell(desk: Desk, lesson: Lesson, as_json: bool) -> None:
    if as_json:
        return
    before = lesson.present.name if lesson.present else desk.phrase("train.base")
    desk.say("train.learnt", labels=len(lesson.taught), held=len(lesson.held))
    for one in lesson.compared:
        figures = {"labels": one.labels, "right": one.right, "before": one.right_before, "loss": f"{one.loss:.4f}"}
        desk.say("train.compared", task=desk.phrase(f"task.{one.task}"), name=before, loss_before=f"{one.before:.4f}", **figures)


def _refusal(desk: Desk, lesson: Lesson) -> str:
    before = lesson.present.name if lesson.present else desk.phrase("train.base")
    if not lesson.compared:
        return desk.phrase("train.not_compared", needed=schooling.COMPARED)
    return desk.phrase(
        "train.refused", name=before, by=f"{-schooling.gain(lesson.compared):.4f}", labels=max(one.labels for one in lesson.compared)
    )


def _card(lesson: Lesson, taken: Mapping[str, Head], by: By, force: bool, seconds: float) -> dict[str, Any]:
    """What is written beside the heads: who made them of what, and what they are worth."""
    tasks = {
        task: {
            "labels": one.labels,
            "pull": one.pull if np.isfinite(one.pull) else None,
            "cross_validated_loss": round(one.loss, 4),
            "cross_validated_loss_of_base": round(one.base_loss, 4),
            "taken": task in taken,
        }
        for task, one in lesson.learnt.items()
    }
    rounded = [
        {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(one).items()} for one in lesson.compared
    ]
    examples = lesson.school.examples
    return {
        "made_at": now().isoformat(),
        "made_by": staff(),
        "replaces": lesson.present.name if lesson.present else None,
        "labels": {task: sum(one.answer(task) is not None for one in examples) for task in TASKS},
        "from_decisions": sum(one.decided for one in examples),
        "held_back": {"by": by, "labels": len(lesson.held)},
        "trained": tasks,
        "compared": rounded,
        "forced": force,
        "seconds": round(seconds, 1),
    }
