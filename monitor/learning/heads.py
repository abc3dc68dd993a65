"""Small heads that correct a model: softmax(scale * log p(base) + signs @ weights), fitted on labels with a pull towards no correction.

A head without weights and with scale 1 says exactly what the base model says, so that few labels can only correct it a little
(a Gaussian prior around the base model: the maximum a posteriori estimate of a multinomial regression with an offset).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.domain import Labels, Sentiment

Numbers = NDArray[np.float64]
Index = NDArray[np.int64]

TASKS = ("complaint", "sentiment", "topic")
ANSWERS = ("no", "yes")
FEELINGS = tuple(one.value for one in Sentiment)
SIGNS = 2 + len(FEELINGS)
"""So many signs stand after the numbers of a vector: the base model's complaint, its sentiment, and a one."""
FLOOR = 1e-4
"""No base model is surer than this of what is not: its certainty must be correctable."""
STEPS = 100
_SCALE_PULL, _SHIFT_PULL = 20.0, 0.1  # of the scale and of the shift of a class, in units of the pull on weights


@dataclass(frozen=True, slots=True)
class Head:
    """``names`` of the classes, ``weights`` (vector + ``SIGNS``, classes), ``scale`` of the base model's log probabilities."""

    names: tuple[str, ...]
    weights: Numbers
    scale: float = 1.0

    def shares(self, base: Numbers, signs: Numbers) -> Numbers:
        """Corrected probabilities (rows, classes) from the base's (rows, classes), both in the order of ``names``."""
        return softmax(self.scale * log_shares(base) + signs @ self.weights)


@dataclass(frozen=True, slots=True)
class Lessons:
    """What one head learns from: base probabilities (rows, classes), signs (rows, ...), the true class, the weight of each row."""

    base: Numbers
    signs: Numbers
    truth: Index
    weight: Numbers

    def rows(self, chosen: Index) -> Lessons:
        """Return some of them."""
        return Lessons(self.base[chosen], self.signs[chosen], self.truth[chosen], self.weight[chosen])


def no_correction(names: Sequence[str], width: int) -> Head:
    """The head that says what the base model says."""
    return Head(tuple(names), np.zeros((width, len(names))))


def fit(names: Sequence[str], lessons: Lessons, pull: float, start: Head | None = None) -> Head:
    """Fit a head; ``pull`` is the weight of staying with the base model (infinite: no correction). Deterministic."""
    from scipy.optimize import minimize  # loaded here: judging does without

    width, classes = lessons.signs.shape[1], len(names)
    begun = start or no_correction(names, width)
    if not np.isfinite(pull) or not len(lessons.truth):
        return no_correction(names, width)
    offset = log_shares(lessons.base)
    pulls = np.full((width, classes), pull)
    pulls[-1] *= _SHIFT_PULL
    right = np.zeros_like(offset)
    right[np.arange(len(right)), lessons.truth] = 1.0

    def cost(flat: Numbers) -> tuple[float, Numbers]:
        weights, scale = flat[:-1].reshape(width, classes), flat[-1]
        logits = scale * offset + lessons.signs @ weights
        logits -= logits.max(axis=1, keepdims=True)
        raised = np.exp(logits)
        total = raised.sum(axis=1, keepdims=True)
        loss = (lessons.weight * (np.log(total[:, 0]) - (logits * right).sum(axis=1))).sum()
        gap = lessons.weight[:, None] * (raised / total - right)
        loss += 0.5 * (pulls * weights**2).sum() + 0.5 * _SCALE_PULL * pull * (scale - 1.0) ** 2
        slope = lessons.signs.T @ gap + pulls * weights
        return float(loss), np.append(slope.ravel(), (gap * offset).sum() + _SCALE_PULL * pull * (scale - 1.0))

    first = np.append(begun.weights.ravel(), begun.scale)
    found = minimize(cost, first, jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "ftol": 1e-6})
    return Head(tuple(names), found.x[:-1].reshape(width, classes), float(found.x[-1]))


def signs_of(vectors: NDArray[np.float32], verdicts: Sequence[Labels]) -> Numbers:
    """Return (rows, vector + ``SIGNS``): a vector of length 1, the base model's complaint and sentiment, and a one for the shift."""
    said = [[one.complaint, *(one.sentiment_scores.get(name, 0.0) for name in FEELINGS), 1.0] for one in verdicts]
    return np.concatenate([vectors.astype(np.float64), np.array(said, np.float64).reshape(len(verdicts), SIGNS)], axis=1)


def base_of(task: str, names: Sequence[str], verdicts: Sequence[Labels]) -> Numbers:
    """Return what the base model says of a task: probabilities (rows, classes) in the order of ``names``; unknown classes get 0."""
    rows = [list(map(scores_of(task, one).get, names, [0.0] * len(names))) for one in verdicts]
    return np.array(rows, np.float64).reshape(len(verdicts), len(names))


def scores_of(task: str, verdict: Labels) -> Mapping[str, float]:
    """Return the probabilities of one task by the name of the class."""
    if task == "complaint":
        return {"no": 1.0 - verdict.complaint, "yes": verdict.complaint}
    return verdict.sentiment_scores if task == "sentiment" else verdict.topic_scores


def log_shares(shares: Numbers) -> Numbers:
    """Logarithms of probabilities, none under ``FLOOR``; rows that do not sum to one do after it."""
    raised = np.clip(shares, FLOOR, None)
    logs: Numbers = np.log(raised / raised.sum(axis=1, keepdims=True))
    return logs


def softmax(logits: Numbers) -> Numbers:
    """Return probabilities, row by row."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Numbers = raised / raised.sum(axis=1, keepdims=True)
    return shares


def aligned(head: Head, names: Sequence[str]) -> Head:
    """The same head for other classes: what it did not learn about is left to the base model."""
    if head.names == tuple(names):
        return head
    weights = np.zeros((len(head.weights), len(names)))
    for place, name in enumerate(names):
        if name in head.names:
            weights[:, place] = head.weights[:, head.names.index(name)]
    return Head(tuple(names), weights, head.scale)
