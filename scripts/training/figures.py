"""How good verdicts are, as figures for the card: on open texts, on our own posts with their writers left out, on troubles told anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain import TOPICS
from monitor.learning import measures
from monitor.learning.measures import Flags
from scripts.training.corpus import Example
from scripts.training.fitting import Numbers

SENTIMENTS = ("neg", "neu", "pos")


def sentiment(truth: Sequence[str], shares: Numbers) -> dict[str, Any]:
    """Accuracy, macro recall and F1 over three classes; and over the two poles alone, decided by which of them scores higher."""
    said = [SENTIMENTS[at] for at in shares.argmax(axis=1)]
    poles = [at for at, one in enumerate(truth) if one != "neu"]
    higher = ["pos" if shares[at, 2] > shares[at, 0] else "neg" for at in poles]
    two = measures.accuracy([truth[at] for at in poles], higher) if poles else float("nan")
    figures = {
        "accuracy": measures.accuracy(truth, said),
        "macro_recall": macro_recall(truth, said),
        "macro_f1": measures.macro_f1(truth, said),
    }
    return {"rows": len(truth), **{key: round(value, 4) for key, value in figures.items()}, "two_class_accuracy": round(two, 4)}


def verdicts(posts: Sequence[Example], complaint: Numbers, topic: Numbers, shares: Numbers) -> dict[str, Any]:
    """Figures of complaint, topic and sentiment: probabilities (posts), (posts, topics) and (posts, 3)."""
    truth = np.array([one.complaint == 1 for one in posts])
    said = [TOPICS[at] for at in topic.argmax(axis=1)]
    complaints = np.flatnonzero(truth)
    of_complaints = [str(posts[at].topic) for at in complaints], [said[at] for at in complaints]
    figures = {
        "complaint_share": truth.mean(),
        "average_precision": measures.average_precision(truth, complaint) or 0.0,
        "f1_at_0.5": f1_at(truth, complaint, 0.5),
        "best_f1": best_threshold(truth, complaint)[1],
        "calibration_error": measures.calibration_error(measures.bins(truth, complaint)),
        "brier": measures.brier(truth, complaint),
        "topic_macro_f1_of_complaints": measures.macro_f1(*of_complaints) if len(complaints) else float("nan"),
        "topic_macro_f1_of_all": measures.macro_f1([str(one.topic) for one in posts], said),
    }
    feeling = sentiment([str(one.sentiment) for one in posts], shares)
    return {"rows": len(posts), **{key: round(float(value), 4) for key, value in figures.items()}, "sentiment": feeling}


def macro_recall(truth: Sequence[str], said: Sequence[str]) -> float:
    """Mean recall over the classes that occur in ``truth``."""
    return float(np.mean([recall for recall, _ in measures.by_class(truth, said).values()]))


def f1_at(truth: Flags, score: Numbers, threshold: float) -> float:
    """F1 of "score is at least the threshold"."""
    said = score >= threshold
    return float(2 * (truth & said).sum() / max(truth.sum() + said.sum(), 1))


def best_threshold(truth: Flags, score: Numbers) -> tuple[float, float]:
    """Return the threshold, in steps of 0.001, with the best F1, and that F1."""
    tried = np.unique(np.round(score, 3))
    scores = [f1_at(truth, score, threshold) for threshold in tried]
    best = int(np.argmax(scores))
    return float(tried[best]), scores[best]


def by_group(posts: Sequence[Example], complaint: Numbers, topic: Numbers, shares: Numbers) -> dict[str, Any]:
    """``verdicts`` for all posts, for each language and for each writer."""
    groups: dict[str, Callable[[Example], bool]] = {"all": lambda one: True}
    groups |= {name: lambda one, name=name: one.language == name for name in ("ko", "en")}
    groups |= {f"writer {name}": lambda one, name=name: one.writer == name for name in sorted({str(one.writer) for one in posts})}
    out = {}
    for name, belongs in groups.items():
        rows = np.array([at for at, one in enumerate(posts) if belongs(one)])
        if len(rows):
            out[name] = verdicts([posts[at] for at in rows], complaint[rows], topic[rows], shares[rows])
    return out


def told_again(path: Path, embed: Callable[[Sequence[str]], NDArray[np.float32]]) -> dict[str, Any]:
    """How well vectors find the other tellings of a trouble: ``path`` holds troubles told several ways in both languages.

    ``first``: share of texts whose nearest text (of the language named) tells the same trouble. ``auc``: chance that two tellings of
    one trouble are nearer than two of different troubles; ``hard``: of different troubles of the same family.
    """
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    texts = [(at, row["family"], one["lang"], one["text"]) for at, row in enumerate(rows) for one in row["texts"]]
    vectors = embed([text for *_, text in texts])
    likeness = (vectors @ vectors.T).astype(np.float64)
    trouble = np.array([at for at, *_ in texts])
    family, language = np.unique([one[1] for one in texts], return_inverse=True)[1], np.array([one[2] for one in texts])
    same, kin = trouble[:, None] == trouble[None, :], family[:, None] == family[None, :]
    upper = np.triu(np.ones_like(same), 1).astype(bool)
    across = language[:, None] != language[None, :]
    out: dict[str, Any] = {"troubles": len(rows), "texts": len(texts)}
    for name, chosen in (("within a language", ~across), ("across languages", across)):
        pairs = upper & chosen
        out[name] = {
            "pairs": int((pairs & same).sum()),
            "first": round(_first(likeness, same, chosen), 4),
            "auc": round(_auc(likeness[pairs & same], likeness[pairs & ~same]), 4),
            "auc_hard": round(_auc(likeness[pairs & same], likeness[pairs & ~same & kin]), 4),
        }
    return out


def _first(likeness: Numbers, same: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> float:
    open_to = np.where(chosen & ~np.eye(len(same), dtype=bool), likeness, -2.0)
    asked = (same & chosen & ~np.eye(len(same), dtype=bool)).any(axis=1)
    return float(same[np.arange(len(same)), open_to.argmax(axis=1)][asked].mean())


def _auc(positive: Numbers, negative: Numbers) -> float:
    ranked = np.sort(negative)
    below = np.searchsorted(ranked, positive, "left") + np.searchsorted(ranked, positive, "right")
    return float(below.mean() / 2 / max(len(ranked), 1))


def table(metrics: Mapping[str, Any]) -> str:
    """One line for each group."""
    return "\n".join(f"{part} | {name}: {figures}" for part, rows in metrics.items() for name, figures in rows.items())
