"""`monitor evaluate`: what the model's verdicts are worth on posts that people labelled, and which threshold to choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np

from monitor import assembly, charts
from monitor.classifiers.trained import Trained
from monitor.cli.desk import Desk, print_json, settled, table
from monitor.cli.learning import material
from monitor.cli.learning.material import Material
from monitor.domain import Labels
from monitor.errors import MonitorError
from monitor.learning import heads, measures
from monitor.learning.heads import TASKS
from monitor.learning.measures import Threshold
from monitor.plain import clean

MISSED = (10.0, 100.0)
"""A false alarm costs 1; a missed complaint 10 once it is public, 100 once it is a crisis."""
Figures = dict[str, Any]


@click.command("evaluate")
@settled()
@click.option(
    "--data", default="labels", show_default=True, help='A labelled FILE (CSV or JSON Lines), or "labels": those of the database.'
)
@click.option("--precision", default=0.9, show_default=True, type=click.FloatRange(0.01, 1), help="Suggest a threshold for this precision.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the reliability curve: FILE.png or FILE.svg.")
@click.option("--all", "everything", is_flag=True, help="Also the labels that the trained heads learnt from (flatters them).")
@click.option("--json", "as_json", is_flag=True, help="One JSON line.")
def evaluate(desk: Desk, data: str, precision: float, plot: Path | None, everything: bool, as_json: bool) -> None:
    """Say how good the verdicts are on labelled posts: exactness, ranking, calibration, thresholds, confusions."""
    kind = _kind(plot)
    labels = material.stored(desk) if data == "labels" else material.from_file(desk, Path(data))
    classifier = assembly.classifier(desk.settings, desk.database)
    known = len(labels.examples)
    if isinstance(classifier, Trained) and not everything:
        labels = labels.rows([row for row, one in enumerate(labels.examples) if not classifier.found.knows(one.key)])
    if not labels.examples:
        raise MonitorError(desk.phrase("evaluate.all_learnt" if known else "evaluate.no_labels", count=known))
    verdicts = material.verdicts(classifier, labels.passages)
    result = figures(labels, verdicts, precision)
    result = {
        "type": "evaluation",
        "model": classifier.model,
        "labels": len(labels.examples),
        "left_out": known - len(labels.examples),
        **result,
    }
    if plot is not None and kind is not None:
        _draw(desk, result, plot, kind)
    if as_json:
        print_json([result])
    else:
        _tell(desk, result)


def figures(labels: Material, verdicts: Sequence[Labels], precision: float) -> Figures:
    """Return every figure by slice: ``all``, each language, and the posts drawn by lot; and confusions, all and by language."""
    languages = labels.languages()
    every = list(range(len(verdicts)))
    slices = {"all": every}
    slices |= {f"language {name}": [row for row in every if languages[row] == name] for name in sorted(set(languages))}
    slices |= {"by lot": [row for row in every if labels.by_lot[row]]}
    found = {name: _slice(labels, verdicts, rows, precision) for name, rows in slices.items() if rows}
    return {"scores": found, "confusion": {name: _confusions(labels, verdicts, rows) for name, rows in slices.items() if rows}}


def _slice(labels: Material, verdicts: Sequence[Labels], rows: Sequence[int], precision: float) -> Figures:
    found: Figures = {"rows": len(rows)}
    for task in TASKS:
        truth, said, chosen = _answers(labels, verdicts, rows, task)
        if truth:
            found[task] = {"labels": len(truth), "accuracy": measures.accuracy(truth, said), "macro_f1": measures.macro_f1(truth, said)}
        if truth and task == "complaint":
            flags = np.array([answer == "yes" for answer in truth], np.bool_)
            found[task] |= _complaint(flags, np.array([verdicts[row].complaint for row in chosen]), precision)
    rounded: Figures = _rounded(found)
    return rounded


def _answers(labels: Material, verdicts: Sequence[Labels], rows: Sequence[int], task: str) -> tuple[list[str], list[str], list[int]]:
    """Return what is true, what the model says is most probable, and the rows that have a label for this task."""
    truth, said, chosen = [], [], []
    for row in rows:
        answer = labels.examples[row].answer(task)
        if answer is not None:
            scores = heads.scores_of(task, verdicts[row])
            truth.append(answer)
            said.append(max(scores, key=lambda name: scores[name]))
            chosen.append(row)
    return truth, said, chosen


def _complaint(truth: measures.Flags, score: measures.Numbers, precision: float) -> Figures:
    found = measures.bins(truth, score)
    wanted = measures.for_precision(truth, score, precision)
    return {
        "share": float(truth.mean()),
        "average_precision": measures.average_precision(truth, score),
        "calibration_error": measures.calibration_error(found),
        "brier": measures.brier(truth, score),
        "bins": [asdict(one) for one in found],
        "thresholds": {
            "precision": {"wanted": precision, **_threshold(wanted)},
            **{f"cost_1_to_{missed:g}": _threshold(measures.for_cost(truth, score, missed)) for missed in MISSED},
        },
    }


def _threshold(found: Threshold | None) -> Figures:
    return {"threshold": None} if found is None else {"threshold": found.at, **{k: v for k, v in asdict(found).items() if k != "at"}}


def _confusions(labels: Material, verdicts: Sequence[Labels], rows: Sequence[int]) -> Figures:
    answers = {task: _answers(labels, verdicts, rows, task) for task in TASKS}
    return {task: measures.confusion(truth, said) for task, (truth, said, _) in answers.items() if truth}


def _rounded(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _rounded(value) for key, value in found.items()}
    if isinstance(found, list):
        return [_rounded(value) for value in found]
    return round(found, 4) if isinstance(found, float) else found


def _kind(plot: Path | None) -> charts.Kind | None:
    if plot is None:
        return None
    kinds: Mapping[str, charts.Kind] = {".png": "png", ".svg": "svg"}
    kind = kinds.get(plot.suffix.lower())
    if kind is None:
        raise click.BadParameter("must end in .png or .svg", param_hint="--plot")
    return kind


def _draw(desk: Desk, result: Figures, plot: Path, kind: charts.Kind) -> None:
    scores = result["scores"]["all"].get("complaint")
    if scores is None:
        raise MonitorError(desk.phrase("evaluate.no_curve"))
    points = tuple((one["said"], one["true"], one["count"]) for one in scores["bins"])
    curve = charts.Reliability(points, f"{result['model']}  ECE {scores['calibration_error']:.3f}  Brier {scores['brier']:.3f}")
    try:
        plot.write_bytes(charts.reliability(curve, kind, desk.settings.monitor.language))
    except OSError as error:
        raise MonitorError(f"{plot}: {error.strerror or error}") from error


def _tell(desk: Desk, result: Figures) -> None:
    desk.say("evaluate.head", model=result["model"], labels=result["labels"])
    if result["left_out"]:
        desk.say("evaluate.left_out", count=result["left_out"])
    head = [desk.phrase(f"evaluate.column.{name}") for name in ("slice", "task", "labels", "accuracy", "macro_f1", "ap", "ece", "brier")]
    table(head, [row for name, found in result["scores"].items() for row in _table_rows(desk, name, found)])
    complaint = result["scores"]["all"].get("complaint")
    if complaint is not None:
        _tell_thresholds(desk, complaint["thresholds"])
    for task, rows in result["confusion"]["all"].items():
        click.echo("")
        desk.say("evaluate.confused", task=desk.phrase(f"task.{task}"))
        for true, said in rows.items():
            wrong = ", ".join(f"{_name(desk, word)} {count}" for word, count in said.items() if word != true)
            click.echo(f"  {_name(desk, true)}: {said.get(true, 0)}/{sum(said.values())}" + (f"  ({wrong})" if wrong else ""))


def _table_rows(desk: Desk, name: str, found: Figures) -> list[list[str]]:
    rows = []
    for task in TASKS:
        if task in found:
            one = found[task]
            cells = [one.get(key) for key in ("accuracy", "macro_f1", "average_precision", "calibration_error", "brier")]
            shown = ["-" if cell is None else f"{cell:.3f}" for cell in cells]
            rows.append([_slice_name(desk, name), desk.phrase(f"task.{task}"), str(one["labels"]), *shown])
    return rows


def _slice_name(desk: Desk, name: str) -> str:
    kind, _, language = name.partition(" ")
    return desk.phrase("cell.language", name=language) if kind == "language" else desk.phrase(f"evaluate.slice.{name.replace(' ', '_')}")


def _tell_thresholds(desk: Desk, found: Figures) -> None:
    click.echo("")
    wanted = found["precision"]
    if wanted["threshold"] is None:
        desk.say("evaluate.no_precision", wanted=wanted["wanted"])
    else:
        desk.say("evaluate.precision", wanted=wanted["wanted"], at=f"{wanted['threshold']:.2f}", recall=wanted["recall"])
    for missed in MISSED:
        one = found[f"cost_1_to_{missed:g}"]
        if one["threshold"] is not None:
            shares = {"precision": one["precision"], "recall": one["recall"]}
            desk.say("evaluate.cost", missed=f"{missed:g}", at=f"{one['threshold']:.2f}", **shares)


def _name(desk: Desk, answer: str) -> str:
    if answer in ("yes", "no"):
        return desk.phrase(answer)
    if answer in heads.FEELINGS:
        return desk.phrase(f"label.feeling.{answer}")
    return clean(desk.phrase("cell.topic", topic=answer), 60)
