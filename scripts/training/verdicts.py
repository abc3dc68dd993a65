"""The second stage: complaint, topic, and what sentiment of service posts needs beyond the first stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from tqdm import tqdm

from monitor.classifiers.embedded.linear.signs import MARKS, UNIT, Lexicon
from monitor.classifiers.embedded.linear.weights import FEELING, HEADS
from monitor.classifiers.embedded.wording import MARK
from monitor.domain import TOPICS
from scripts.training.corpus import SECOND, Example
from scripts.training.fitting import Numbers, contrast, logistic
from scripts.training.matrices import narrow_matrix, sign_matrix

UNMARKED = 0.4  # weight of an own post read without its mark
_FIRST_TOPIC = len(HEADS) - len(TOPICS)


@dataclass(frozen=True)
class Strength:
    """How strongly weights are held back, by task, and sizes of signs beside n-grams; chosen with writers left out."""

    complaint: float = 0.05
    topic: float = 0.1
    feeling: float = 0.15
    sign_size: float = 0.3
    topic_sign_size: float = 0.3
    feeling_sign_size: float = 0.3


@dataclass(frozen=True)
class Views:
    """Texts as the second stage sees them: folded n-grams, signs, and the first stage's logits in units."""

    narrow: sparse.csr_matrix
    roots: Numbers
    signs: NDArray[np.float32]
    feeling: NDArray[np.int64]

    def rows(self, chosen: NDArray[np.int64]) -> Views:
        """Return the views of some texts."""
        return Views(self.narrow[chosen], self.roots[chosen], self.signs[chosen], self.feeling[chosen])


@dataclass
class Fitted:
    """Weights of the second stage, not yet rounded: tables (buckets, heads) and (signs, heads)."""

    narrow: Numbers
    signs: Numbers

    def logits(self, views: Views) -> Numbers:
        """Return the logits (texts, heads); the sentiment's with the first stage."""
        out = (views.narrow @ self.narrow) / views.roots[:, None] + (views.signs @ self.signs) / UNIT
        out[:, FEELING] *= (views.signs[:, MARKS] > 0)[:, None]
        out[:, FEELING] += views.feeling / UNIT
        return np.asarray(out)


def doubled(own: Sequence[Example]) -> list[Example]:
    """Return own posts and, after them, the same without the mark where the verdict does not hang on whose product is meant."""
    fits = [one for one in own if one.marked and (one.complaint == 1 or one.sentiment != "neg")]
    return [*own, *(replace(one, text=one.text.replace(MARK, ""), marked=False, weight=UNMARKED) for one in fits)]


def view(examples: Sequence[Example], wide: sparse.csr_matrix, feeling: NDArray[np.int64], lexicon: Lexicon) -> Views:
    """Look at texts; ``wide`` are their wide buckets."""
    shown = sign_matrix([one.text for one in examples], lexicon, feeling)
    return Views(narrow_matrix(wide), np.sqrt(np.diff(wide.indptr).astype(np.float64)), shown, feeling)


def fit(examples: Sequence[Example], views: Views, strength: Strength) -> Fitted:
    """Learn from ``examples`` (open ones of the second part, own posts as ``doubled`` returns them)."""
    fitted = Fitted(np.zeros((views.narrow.shape[1], len(HEADS))), np.zeros((views.signs.shape[1], len(HEADS))))
    _fit_complaint(fitted, examples, views, strength)
    _fit_topic(fitted, examples, views, strength)
    _fit_feeling(fitted, examples, views, strength)
    return fitted


def _features(views: Views, scale: Numbers | float, sign_size: float) -> sparse.csr_matrix:
    """N-grams over the root of their count times ``scale``, signs times ``sign_size``, side by side."""
    grams = views.narrow.multiply(1 / views.roots[:, None]).tocsr()
    grams = grams.multiply(np.asarray(scale)).tocsr() if not np.isscalar(scale) else grams * scale
    return sparse.hstack([grams, sparse.csr_matrix(views.signs / UNIT * sign_size)]).tocsr()


def _fit_complaint(fitted: Fitted, examples: Sequence[Example], views: Views, strength: Strength) -> None:
    chosen, label, weight = [], [], []
    for at, one in enumerate(examples):
        share = one.weight if one.source is None else one.source.complaint if one.part == SECOND else 0.0
        if one.complaint is not None and share > 0:
            chosen.append(at)
            label.append(float(one.complaint))
            weight.append(share)
    rows, y, w = np.array(chosen), np.array(label), np.array(weight)
    seen = views.rows(rows)
    scale = contrast(seen.narrow, y, w)
    features = _features(seen, scale, strength.sign_size)
    found, bias = logistic(features, np.ones(len(rows)), y, w, np.ones(features.shape[1]), strength.complaint)
    _keep(fitted, 0, found, bias, scale, strength.sign_size)


def _keep(fitted: Fitted, head: int, found: Numbers, bias: float, scale: Numbers | float, sign_size: float) -> None:
    width = fitted.narrow.shape[0]
    fitted.narrow[:, head] = found[:width] * scale
    fitted.signs[:, head] = found[width:] * sign_size
    fitted.signs[-1, head] += bias


def _fit_topic(fitted: Fitted, examples: Sequence[Example], views: Views, strength: Strength) -> None:
    chosen, topics, weight = [], [], []
    for at, one in enumerate(examples):
        share = one.weight * (1.0 if one.complaint else 0.3) if one.source is None else one.source.topic
        if one.topic is not None and share > 0:
            chosen.append(at)
            topics.append(one.topic)
            weight.append(share)
    seen, w = views.rows(np.array(chosen)), np.array(weight)
    for at, topic in enumerate(tqdm(TOPICS, desc="topics", leave=False, disable=None)):
        y = np.array([float(one == topic) for one in topics])
        scale = contrast(seen.narrow, y, w)
        features = _features(seen, scale, strength.topic_sign_size)
        found, bias = logistic(features, np.ones(len(y)), y, w, np.ones(features.shape[1]), strength.topic)
        _keep(fitted, _FIRST_TOPIC + at, found, bias, scale, strength.topic_sign_size)


def _fit_feeling(fitted: Fitted, examples: Sequence[Example], views: Views, strength: Strength) -> None:
    """What the sentiment of posts about a company needs beyond the first stage; learnt from, and used for, marked posts only."""
    for head, task in ((1, "pole"), (2, "neutral")):
        rows = np.array([at for at, one in enumerate(examples) if one.marked and (task == "neutral" or one.sentiment != "neu")])
        y = np.array([float(examples[at].sentiment == ("pos" if task == "pole" else "neu")) for at in rows])
        seen, w = views.rows(rows), np.ones(len(rows))
        features = _features(seen, 4.0, strength.feeling_sign_size)
        offset = seen.feeling[:, head - 1] / UNIT
        found, bias = logistic(features, np.ones(len(rows)), y, w, np.ones(features.shape[1]), strength.feeling, offset=offset)
        _keep(fitted, head, found, bias, 4.0, strength.feeling_sign_size)
