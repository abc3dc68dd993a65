"""Numbers that say how good verdicts are: exactness, ranking, calibration, and the thresholds that follow from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Verdicts with probabilities of one stretch: their mean, the share that came true, how many there are."""

    said: float
    true: float
    count: int


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold and what it does on the labels: ``cost`` is the mean per post, in units of one false alarm (None: not asked)."""

    at: float
    precision: float
    recall: float
    cost: float | None = None


def accuracy(truth: Sequence[str], said: Sequence[str]) -> float:
    """Share of verdicts that are right; raises ValueError for none."""
    if not truth:
        raise ValueError("no labels")
    return sum(a == b for a, b in zip(truth, said, strict=True)) / len(truth)


def macro_f1(truth: Sequence[str], said: Sequence[str]) -> float:
    """Mean F1 of the classes that occur in ``truth``; raises ValueError for no labels."""
    if not truth:
        raise ValueError("no labels")
    return float(np.mean([f1 for _, f1 in by_class(truth, said).values()]))


def by_class(truth: Sequence[str], said: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return recall and F1 of each class that occurs in ``truth``."""
    true, called = Counter(truth), Counter(said)
    hits = Counter(a for a, b in zip(truth, said, strict=True) if a == b)
    return {name: (hits[name] / true[name], 2 * hits[name] / (true[name] + called[name])) for name in sorted(true)}


def average_precision(truth: Flags, score: Numbers) -> float | None:
    """Mean precision at the positives, the highest scores first, equal scores as one step; None where there is no positive."""
    if not truth.any():
        return None
    order = np.argsort(-score, kind="stable")
    hits, ranked = np.cumsum(truth[order]), score[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    gained = np.diff(hits[last], prepend=0)
    return float((gained * hits[last] / (last + 1)).sum() / hits[-1])


def brier(truth: Flags, score: Numbers) -> float:
    """Mean squared distance of probability and outcome (Brier 1950)."""
    return float(((score - truth) ** 2).mean())


def bins(truth: Flags, score: Numbers, count: int = BINS) -> list[Bin]:
    """Sort verdicts by probability into stretches of equal width; empty ones are left out."""
    place = np.clip((score * count).astype(np.int64), 0, count - 1)
    chosen = (place == at for at in range(count))
    return [Bin(float(score[rows].mean()), float(truth[rows].mean()), int(rows.sum())) for rows in chosen if rows.any()]


def calibration_error(found: Sequence[Bin]) -> float:
    """Expected calibration error: mean distance of said and true over the bins, by their counts (Naeini, Cooper, Hauskrecht 2015)."""
    total = sum(one.count for one in found)
    return sum(one.count * abs(one.said - one.true) for one in found) / total if total else 0.0


def log_loss(shares: Numbers, truth: NDArray[np.int64], weight: Numbers | None = None) -> float:
    """Mean surprise in nats of probabilities (rows, classes) at the classes that are true."""
    surprise = -np.log(np.clip(shares[np.arange(len(truth)), truth], 1e-9, 1.0))
    return float(np.average(surprise, weights=weight))


def for_precision(truth: Flags, score: Numbers, wanted: float) -> Threshold | None:
    """The lowest threshold from which on at least ``wanted`` of the posts called complaints are; None if there is none."""
    tried = _thresholds(truth, score)
    return next((one for one in tried if one.precision >= wanted), None)


def for_cost(truth: Flags, score: Numbers, missed: float) -> Threshold | None:
    """The threshold that costs least when a missed complaint costs ``missed`` times a false alarm; None without both classes.

    The highest of those that cost the same: fewer posts to look at.
    """
    if not truth.any() or truth.all():
        return None
    order = np.argsort(score, kind="stable")
    tried = _thresholds(truth, score)
    below = np.searchsorted(score[order], [one.at for one in tried], side="left")
    lost = np.concatenate([[0], np.cumsum(truth[order])])[below]
    vain = np.concatenate([np.cumsum(~truth[order][::-1])[::-1], [0]])[below]
    costs = (missed * lost + vain) / len(truth)
    best = len(tried) - 1 - int(np.argmin(costs[::-1]))
    chosen = tried[best]
    return Threshold(chosen.at, chosen.precision, chosen.recall, float(costs[best]))


def _thresholds(truth: Flags, score: Numbers) -> list[Threshold]:
    """Every threshold that makes a difference, lowest first."""
    if not len(score) or not truth.any():
        return []
    order = np.argsort(-score, kind="stable")
    ranked, hits = score[order], np.cumsum(truth[order])
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)[::-1]
    return [Threshold(float(ranked[at]), float(hits[at] / (at + 1)), float(hits[at] / hits[-1])) for at in last]


def confusion(truth: Sequence[str], said: Sequence[str]) -> dict[str, dict[str, int]]:
    """How often each true class was called what; only what occurs, the most frequent first."""
    counts: dict[str, dict[str, int]] = {}
    for true, word in zip(truth, said, strict=True):
        row = counts.setdefault(true, {})
        row[word] = row.get(word, 0) + 1
    order = sorted(counts, key=lambda name: (-sum(counts[name].values()), name))
    return {name: dict(sorted(counts[name].items(), key=lambda pair: (-pair[1], pair[0]))) for name in order}
