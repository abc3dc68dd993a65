"""Numbers that say how good verdicts are; numpy only, so that measuring needs no more than running."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def accuracy(truth: Sequence[str], verdict: Sequence[str]) -> float:
    """Share of equal pairs."""
    return float(np.mean([a == b for a, b in zip(truth, verdict, strict=True)]))


def by_class(truth: Sequence[str], verdict: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return recall and F1 of each class that occurs in ``truth``."""
    true, said = np.array(truth), np.array(verdict)
    out = {}
    for label in sorted(set(truth)):
        hits = float(((true == label) & (said == label)).sum())
        out[label] = hits / float((true == label).sum()), 2 * hits / float((true == label).sum() + (said == label).sum())
    return out


def macro_recall(truth: Sequence[str], verdict: Sequence[str]) -> float:
    """Mean recall over the classes that occur in ``truth``."""
    return float(np.mean([recall for recall, _ in by_class(truth, verdict).values()]))


def macro_f1(truth: Sequence[str], verdict: Sequence[str]) -> float:
    """Mean F1 over the classes that occur in ``truth``."""
    return float(np.mean([f1 for _, f1 in by_class(truth, verdict).values()]))


def average_precision(truth: NDArray[np.int64], score: Numbers) -> float:
    """Mean precision at the positives, best scores first; equal scores count as one step."""
    order = np.argsort(-score, kind="stable")
    hits, ranked = np.cumsum(truth[order]), score[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    gained = np.diff(hits[last], prepend=0)
    return float((gained * hits[last] / (last + 1)).sum() / max(hits[-1], 1))


def f1_at(truth: NDArray[np.int64], score: Numbers, threshold: float) -> float:
    """F1 of "score is at least the threshold"."""
    said = score >= threshold
    return float(2 * (truth * said).sum() / max(truth.sum() + said.sum(), 1))


def best_threshold(truth: NDArray[np.int64], score: Numbers) -> tuple[float, float]:
    """Return the threshold with the best F1, and that F1."""
    tried = np.unique(np.round(score, 3))
    scores = [f1_at(truth, score, threshold) for threshold in tried]
    best = int(np.argmax(scores))
    return float(tried[best]), scores[best]


def brier(truth: NDArray[np.int64], score: Numbers) -> float:
    """Mean squared distance of probability and outcome."""
    return float(((score - truth) ** 2).mean())


def calibration_error(truth: NDArray[np.int64], score: Numbers, bins: int = 10) -> float:
    """Expected calibration error over equal-width bins (Naeini, Cooper and Hauskrecht 2015)."""
    place = np.minimum((score * bins).astype(int), bins - 1)
    gaps = [abs(truth[place == at].mean() - score[place == at].mean()) * (place == at).mean() for at in range(bins) if (place == at).any()]
    return float(sum(gaps))
