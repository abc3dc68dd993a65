"""The linear model: sentiment from open texts, then complaint and topic from our own posts and texts that readers labelled."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

from monitor.classifiers.embedded.linear.signs import Lexicon
from monitor.classifiers.embedded.linear.weights import HEADS, SIGN_SCALE, Weights, mixed_feeling
from scripts.training import feeling, verdicts
from scripts.training.corpus import SECOND, SOURCES, Example, number, opened
from scripts.training.fitting import Numbers
from scripts.training.matrices import kept, wide_matrix

FOLDS = 5
MOST_SECOND = 150  # open texts of one source that the second stage learns from
CLIPPED = 0.3  # of the largest weight of a column: what is larger is cut so that eight bits tell the others finely
Stage = tuple[NDArray[np.int8], Numbers, Numbers]


def open_texts(folder: Path, cache: Path, without: frozenset[str]) -> tuple[list[Example], sparse.csr_matrix]:
    """Return the open texts and their n-grams; what readers labelled (SHA-1 in ``without``) is nobody's to learn from."""
    examples: list[Example] = []
    matrices = []
    for source in SOURCES:
        taken = opened(folder, source, without)
        matrices.append(kept([one.text for one in taken], source.name, cache))
        examples += taken
    return examples, sparse.vstack(matrices).tocsr()


def first_stage(examples: Sequence[Example], wide: sparse.csr_matrix, cache: Path) -> Stage:
    """Return table, scales and biases of the first stage, rounded to eight bits."""
    table, bias = feeling.fit(examples, wide, cache)
    scale = np.abs(table).max(axis=0).astype(np.float64) * CLIPPED / 127
    return np.clip(np.rint(table / scale), -127, 127).astype(np.int8), scale, bias


def folds(posts: Sequence[Example], count: int = FOLDS) -> list[frozenset[str]]:
    """Return which writers are left out together."""
    writers = sorted({str(one.writer) for one in posts})
    return [frozenset(writers[fold::count]) for fold in range(min(count, len(writers)))]


class Second:
    """The second stage's texts and fits; ``ours``: own posts, and troubles told several ways."""

    def __init__(
        self,
        examples: Sequence[Example],
        wide: sparse.csr_matrix,
        ours: tuple[Sequence[Example], Sequence[Example]],
        stage: Stage,
        lexicon: Lexicon,
    ):
        chosen = _second_part(examples)
        own_posts, told = ours
        self._own_count = len(own_posts)
        written = [*verdicts.doubled(own_posts), *told]
        self._all = [*written, *(examples[at] for at in chosen)]
        own_wide = wide_matrix([one.text for one in written], "own posts")
        whole = sparse.vstack([own_wide, wide[chosen]]).tocsr()
        self._views = verdicts.view(self._all, whole, felt(whole, stage), lexicon)

    def fitted(self, without: frozenset[str] | None) -> verdicts.Fitted:
        """Fit on everything but the own posts of the writers in ``without``."""
        rows = np.array([at for at, one in enumerate(self._all) if not without or one.writer not in without])
        return verdicts.fit([self._all[at] for at in rows], self._views.rows(rows), verdicts.Strength())

    def cross_validated(self) -> Numbers:
        """Return the logits of our own posts, each from a fit that saw nothing of its writer."""
        own_posts = self._all[: self._own_count]
        out = np.zeros((self._own_count, len(HEADS)))
        for left_out in folds(own_posts):
            rows = np.array([at for at, one in enumerate(own_posts) if one.writer in left_out])
            out[rows] = self.fitted(left_out).logits(self._views.rows(rows))
            print(f"left out {', '.join(sorted(left_out))}", file=sys.stderr)
        return out


def _second_part(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Return the open texts that the second stage learns from, the same ones in every run."""
    by_source: dict[str, list[tuple[int, int]]] = {}
    for at, one in enumerate(examples):
        if one.part == SECOND and one.source is not None:
            by_source.setdefault(one.source.name, []).append((number(one.text), at))
    return np.array(sorted(at for rows in by_source.values() for _, at in sorted(rows)[:MOST_SECOND]))


def felt(wide: sparse.csr_matrix, stage: Stage) -> NDArray[np.int64]:
    """Return what the first stage says of texts, mixed (texts, 2), in units of 1 / ``UNIT``."""
    table, scale, bias = stage
    sums = wide.astype(np.float64) @ table.astype(np.float64)
    return mixed_feeling(sums * scale / np.sqrt(np.diff(wide.indptr))[:, None] + bias)


def rounded(stage: Stage, fitted: verdicts.Fitted, lexicon: Lexicon) -> Weights:
    """Return the weights as whole numbers."""
    scale = np.maximum(np.abs(fitted.narrow).max(axis=0), 1e-9) / 127
    return Weights(
        wide=stage[0],
        wide_scale=stage[1],
        wide_bias=stage[2],
        narrow=np.rint(fitted.narrow / scale).astype(np.int8),
        narrow_scale=scale,
        sign_weights=np.rint(fitted.signs * SIGN_SCALE).astype(np.int64),
        lexicon=lexicon,
    )
