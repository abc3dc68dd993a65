"""Logistic regression with weights per row and per column, by L-BFGS; deterministic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from scipy.optimize import minimize

Numbers = NDArray[np.float64]


def contrast(matrix: sparse.csr_matrix, label: Numbers, weight: Numbers, floor: float = 0.5) -> Numbers:
    """Return for each column how differently the two classes use it (log-count ratio, Wang and Manning 2012), with a floor."""
    positive = matrix.T @ (weight * label).astype(np.float32) + 1.0
    negative = matrix.T @ (weight * (1 - label)).astype(np.float32) + 1.0
    ratio: Numbers = np.log((positive / positive.sum()) / (negative / negative.sum())).astype(np.float64)
    return np.abs(ratio) + floor


def logistic(
    matrix: sparse.csr_matrix,
    roots: Numbers,
    label: Numbers,
    weight: Numbers,
    scale: Numbers,
    penalty: float,
    steps: int = 50,
    offset: Numbers | float = 0.0,
    told: Callable[[], object] = lambda: None,
) -> tuple[Numbers, float]:
    """Fit P(label) = sigmoid(offset + matrix @ w / roots + b) with ``penalty / 2 * |w / scale|**2``; ``label`` may be a probability.

    Returns w and b. ``told`` is called once a step.
    """
    small, shrink, total = matrix.astype(np.float32), (1.0 / roots).astype(np.float32), float(weight.sum())
    transposed = small.T.tocsr() if small.shape[0] < 100_000 else small.T

    def loss(packed: Numbers) -> tuple[float, Numbers]:
        logits = (small @ (packed[:-1] * scale).astype(np.float32)) * shrink + packed[-1] + offset
        wrong = weight * (_sigmoid(logits) - label)
        cost = float(weight @ (np.logaddexp(0, logits) - label * logits)) + penalty / 2 * float(packed[:-1] @ packed[:-1])
        slope = np.append(scale * (transposed @ (wrong * shrink).astype(np.float32)) + penalty * packed[:-1], wrong.sum())
        return cost / total, slope / total

    start = np.zeros(matrix.shape[1] + 1)
    found: Any = minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps, "maxcor": 8, "gtol": 1e-7}, callback=lambda _: told()
    )
    return found.x[:-1] * scale, float(found.x[-1])


def _sigmoid(logits: Numbers) -> Numbers:
    return 1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30)))
