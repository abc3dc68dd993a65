"""The figures that the shipped model has to show, on texts it never learnt from, each beside its floor and its aim."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monitor.classifiers.embedded import Embedded, files
from monitor.classifiers.embedded.wording import MARK
from monitor.domain import TOPICS, Labels, Passage
from scripts.evaluation import classifier_speed
from scripts.training import corpus, figures
from scripts.training.corpus import HELD_READER, HELD_TROUBLES, NEVER, Example
from scripts.training.fitting import Numbers

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "../shared/data/text"
BATCH = 1024
# set, figure, floor, aim
OPEN = (
    ("nsmc_train", "accuracy", 0.8697, 0.895),
    ("kodoli", "macro_f1", 0.744, 0.80),
    ("dacon_shopping_reviews", "accuracy", 0.910, 0.925),
    ("semeval_2013_2016", "macro_recall", 0.628, 0.68),
    ("ecommerce_app_reviews_ko", "accuracy", 0.845, None),
    ("ecommerce_app_reviews_ko", "macro_f1", 0.623, None),
)
TWO_CLASSES = ("nsmc_train", "dacon_shopping_reviews")  # their sets have no neutral texts: decided by which pole scores higher
OWN = (
    ("average_precision", 0.53, 0.92),
    ("f1_at_0.5", 0.37, 0.85),
    ("topic_macro_f1_of_complaints", 0.61, 0.80),
)
Row = dict[str, Any]


def table(model: Embedded, folder: Path | None = None) -> dict[str, Any]:
    """Return ``rows`` {task, figure, value, floor, aim} and the details behind them.

    Our own posts were all learnt from in the end, so their figures are those on the card, measured with each writer left out. The
    other rows are measured now.
    """
    card = json.loads(((folder or files.shipped()) / files.CARD).read_text(encoding="utf-8"))
    rows, details = _open_rows(model)
    own = card["metrics"]["own, writers left out"]
    for group in ("all", "ko", "en"):
        rows += [_row(f"own posts, writers left out, {group} (card)", name, own[group][name], floor, aim) for name, floor, aim in OWN]
    read = _held(model)
    details[f"reader {HELD_READER}"] = read
    rows += [_row(f"open texts read by {HELD_READER}", name, read[name], None, None) for name, *_ in OWN]
    again = figures.told_again(ROOT / "models/pairs" / HELD_TROUBLES, lambda texts: model.embed([Passage(text) for text in texts]))
    details["troubles told anew"] = again
    rows += [_row(f"troubles told anew, {how}", "auc", again[how]["auc"], None, None) for how in ("within a language", "across languages")]
    details["speed"] = classifier_speed.measured(folder or files.shipped())
    rows.append(_row(f"posts of {classifier_speed.LENGTH} pieces", "posts_per_second", details["speed"]["batch"]["wall"], None, 1000))
    details["network in 8 bits against 32 (card)"] = card["metrics"]["network in 8 bits against 32"]
    return {"model": model.model, "rows": rows, "details": details}


def _row(task: str, figure: str, value: float, floor: float | None, aim: float | None) -> Row:
    return {"task": task, "figure": figure, "value": value, "floor": floor, "aim": aim}


def _open_rows(model: Embedded) -> tuple[list[Row], dict[str, Any]]:
    rows: list[Row] = []
    details: dict[str, Any] = {}
    for source in corpus.SOURCES:
        if source.name not in {name for name, *_ in OPEN}:
            continue
        posts = [one for one in corpus.opened(DATA / "train", source) if one.part == NEVER and one.sentiment is not None]
        shares = _shares(_judged(model, posts))
        details[source.name] = figures.sentiment([str(one.sentiment) for one in posts], shares)
    for name, figure, floor, aim in OPEN:
        key = "two_class_accuracy" if name in TWO_CLASSES else figure
        rows.append(_row(name, key, details[name][key], floor, aim))
    return rows, details


def _judged(model: Embedded, posts: Sequence[Example]) -> list[Labels]:
    """Judge texts whose marks are already put in: nothing else is marked in them again."""
    passages = [Passage(*_unmarked(one)) for one in posts]
    return [labels for at in range(0, len(passages), BATCH) for labels in model.classify(passages[at : at + BATCH])]


def _unmarked(one: Example) -> tuple[str, tuple[tuple[int, int], ...], str]:
    spans = tuple((at, at + 1) for at, sign in enumerate(one.text) if sign == MARK)
    return one.text, spans, one.language


def _shares(verdicts: Sequence[Labels]) -> Numbers:
    return np.array([[one.sentiment_scores[name] for name in figures.SENTIMENTS] for one in verdicts])


def _held(model: Embedded) -> dict[str, Any]:
    labels = [row for row in corpus.readers(ROOT / "models/labels") if row["reader"] == HELD_READER]
    posts = list(corpus.read(labels, DATA / "train"))
    verdicts = _judged(model, posts)
    topics = np.array([[one.topic_scores[topic] for topic in TOPICS] for one in verdicts])
    return figures.verdicts(posts, np.array([one.complaint for one in verdicts]), topics, _shares(verdicts))


def told(result: dict[str, Any]) -> str:
    """The table as text."""
    lines = [f"{result['model']}", f"{'task':58} {'figure':30} {'value':>8} {'floor':>7} {'aim':>7}"]
    for row in result["rows"]:
        floor, aim = ("" if row[key] is None else f"{row[key]:g}" for key in ("floor", "aim"))
        lines.append(f"{row['task']:58} {row['figure']:30} {row['value']:8g} {floor:>7} {aim:>7}")
    return "\n".join(lines)
