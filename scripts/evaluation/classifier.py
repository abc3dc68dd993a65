"""How good the classifier is: on a labelled file, or without one on the shared texts it never learnt from, beside floors and aims.

A labelled file has one JSON object a line (plain or gzip): ``text`` and any of ``sentiment`` (neg, neu, pos), ``complaint`` (0 or 1),
``topic``; optional ``lang``, ``watch`` (the term in the text that names the watched company), ``spans`` ([start, end) pairs, instead of
``watch``), ``writer`` or ``source`` to score by. A label that is missing or null is not scored.

Keys of the result: ``model``, ``rows``, ``posts_per_second``; ``scores`` has an entry for ``all``, each language, writer and source:
``sentiment`` {rows, accuracy, macro_recall, macro_f1, two_class_accuracy (neg against pos by the higher score), by_class},
``complaint`` {rows, share, average_precision, f1 (at 0.5), precision, recall, suggested_threshold, suggested_f1, brier,
calibration_error}, ``topic`` {rows, accuracy, macro_f1, by_class; complaints_macro_f1 over rows with complaint 1}.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from monitor.classifiers.embedded import Embedded, Options
from monitor.collectors.jsonl import read_lines
from monitor.domain import TOPICS, Labels, Passage, Sentiment
from monitor.errors import MonitorError
from monitor.learning import measures
from scripts.training.corpus import spans_of
from scripts.training.figures import best_threshold, f1_at, macro_recall

BATCH = 1024
Row = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Score ``--data``, or the shared texts, and write the figures to ``--out``."""
    parser = argparse.ArgumentParser(prog="evaluate classifier", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="labelled JSON Lines, plain or gzip (default: the shared texts kept for tests)")
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON (default: stdout)")
    parser.add_argument("--model", help="folder of another model than the shipped one")
    options = parser.parse_args(arguments)
    try:
        model = Embedded(Options(model=options.model))
        figures = evaluate(read(options.data), model) if options.data else _shared(model, options.model)
    except (MonitorError, OSError, ValueError) as error:
        print(f"evaluate classifier: {error}", file=sys.stderr)
        return 1
    text = json.dumps(figures, ensure_ascii=False, indent=2) + "\n"
    if options.out is None:
        sys.stdout.write(text)
    else:
        options.out.write_text(text, encoding="utf-8")
    return 0


def _shared(model: Embedded, folder: str | None) -> dict[str, Any]:
    from scripts.evaluation import classifier_table

    result = classifier_table.table(model, Path(folder).expanduser() if folder else None)
    print(classifier_table.told(result), file=sys.stderr)
    return result


def read(path: Path) -> list[Row]:
    """Read the labelled rows. Raises ValueError with file and line for one that is no JSON object with a text."""
    rows = []
    for at, (line, _complete) in enumerate(read_lines(str(path)), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{path}:{at}: {error}") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise ValueError(f"{path}:{at}: no object with a text")
        rows.append(row)
    return rows


def evaluate(rows: Sequence[Row], classifier: Embedded) -> dict[str, Any]:
    """Return the figures that the module's docstring names."""
    passages = [_passage(row) for row in rows]
    verdicts: list[Labels] = []
    started = time.perf_counter()
    for at in tqdm(range(0, len(passages), BATCH), desc="classify", unit="k posts", disable=None):
        verdicts += classifier.classify(passages[at : at + BATCH])
    spent = time.perf_counter() - started
    scores = {"all": _scores(rows, verdicts)}
    for key in ("lang", "writer", "source"):
        for value in sorted({str(row[key]) for row in rows if row.get(key)}):
            at = [place for place, row in enumerate(rows) if str(row.get(key)) == value]
            scores[f"{key} {value}"] = _scores([rows[place] for place in at], [verdicts[place] for place in at])
    return {"model": classifier.model, "rows": len(rows), "posts_per_second": round(len(rows) / max(spent, 1e-9)), "scores": scores}


def _passage(row: Row) -> Passage:
    term = row.get("watch")
    spans = tuple((int(start), int(end)) for start, end in row["spans"]) if row.get("spans") else spans_of(row["text"], term)
    return Passage(row["text"], spans, row.get("lang"))


def _scores(rows: Sequence[Row], verdicts: Sequence[Labels]) -> dict[str, Any]:
    parts: dict[str, Callable[[Sequence[Row], Sequence[Labels]], dict[str, Any]]] = {
        "sentiment": _sentiment,
        "complaint": _complaint,
        "topic": _topic,
    }
    out = {}
    for name, score in parts.items():
        labelled = [at for at, row in enumerate(rows) if row.get(name) is not None]
        if labelled:
            out[name] = score([rows[at] for at in labelled], [verdicts[at] for at in labelled])
    return out


def _sentiment(rows: Sequence[Row], verdicts: Sequence[Labels]) -> dict[str, Any]:
    truth = [str(row["sentiment"]) for row in rows]
    said = [max(Sentiment, key=lambda one: verdict.sentiment_scores[one.value]).value for verdict in verdicts]
    poles = [at for at, label in enumerate(truth) if label != "neu"]
    higher = ["pos" if verdicts[at].sentiment_scores["pos"] > verdicts[at].sentiment_scores["neg"] else "neg" for at in poles]
    out = {"rows": len(rows), **_classes(truth, said), "macro_recall": round(macro_recall(truth, said), 4)}
    return {**out, "two_class_accuracy": round(measures.accuracy([truth[at] for at in poles], higher), 4) if poles else None}


def _classes(truth: Sequence[str], said: Sequence[str]) -> dict[str, Any]:
    by_class = {label: {"recall": round(recall, 4), "f1": round(f1, 4)} for label, (recall, f1) in measures.by_class(truth, said).items()}
    return {
        "accuracy": round(measures.accuracy(truth, said), 4),
        "macro_f1": round(measures.macro_f1(truth, said), 4),
        "by_class": by_class,
    }


def _complaint(rows: Sequence[Row], verdicts: Sequence[Labels]) -> dict[str, Any]:
    truth = np.array([int(row["complaint"]) == 1 for row in rows])
    score = np.array([verdict.complaint for verdict in verdicts])
    said = score >= 0.5
    threshold, best = best_threshold(truth, score)
    hits = float((truth & said).sum())
    figures = {
        "share": truth.mean(),
        "average_precision": measures.average_precision(truth, score) or 0.0,
        "f1": f1_at(truth, score, 0.5),
        "precision": hits / max(float(said.sum()), 1.0),
        "recall": hits / max(float(truth.sum()), 1.0),
        "suggested_threshold": threshold,
        "suggested_f1": best,
        "brier": measures.brier(truth, score),
        "calibration_error": measures.calibration_error(measures.bins(truth, score)),
    }
    return {"rows": len(rows), **{name: round(float(value), 4) for name, value in figures.items()}}


def _topic(rows: Sequence[Row], verdicts: Sequence[Labels]) -> dict[str, Any]:
    truth = [str(row["topic"]) for row in rows]
    said = [max(TOPICS, key=verdict.topic_scores.__getitem__) for verdict in verdicts]
    complaints = [at for at, row in enumerate(rows) if row.get("complaint") == 1]
    out = {"rows": len(rows), **_classes(truth, said)}
    if complaints:
        out["complaints_macro_f1"] = round(measures.macro_f1([truth[at] for at in complaints], [said[at] for at in complaints]), 4)
    return out
