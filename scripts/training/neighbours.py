"""Where the encoder's vectors of pieces start: pieces with the same neighbours, and translations of each other, start alike.

Positive pointwise mutual information with smoothed contexts, reduced by a singular value decomposition (Levy, Goldberg and Dagan 2015).
Pieces of two texts that translate each other count as neighbours, which brings the languages together.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

from scripts.training.tokens import Texts

WINDOW = 4
SMOOTHING = 0.75
SHIFT = np.log(2.0)
_CHUNK = 400_000
Floats = NDArray[np.float32]


def vectors(size: int, texts: Texts, pairs: Iterable[tuple[NDArray[np.uint16], NDArray[np.uint16]]], width: int, seed: int) -> Floats:
    """Return start vectors (size, width) with a mean square of about 1 per row."""
    counts = _counts(size, texts) + 2.0 * _translated(size, pairs)
    counts = (counts + counts.T).tocsr()
    return _reduced(_information(counts), width, np.random.default_rng(seed))


def _counts(size: int, texts: Texts) -> sparse.csr_matrix:
    total = sparse.csr_matrix((size, size), dtype=np.float32)
    owner = np.repeat(np.arange(len(texts), dtype=np.int32), texts.lengths)
    for start in range(0, len(texts.flat), _CHUNK * 10):
        flat, whose = texts.flat[start : start + _CHUNK * 10].astype(np.int64), owner[start : start + _CHUNK * 10]
        codes, weights = [], []
        for step in range(1, WINDOW + 1):
            together = whose[step:] == whose[:-step]
            codes.append((flat[:-step] * size + flat[step:])[together])
            weights.append(np.full(len(codes[-1]), 1.0 / step, np.float32))
        total = total + _summed(np.concatenate(codes), np.concatenate(weights), size)
    return total


def _summed(codes: NDArray[np.int64], weights: Floats, size: int) -> sparse.csr_matrix:
    return sparse.coo_matrix((weights, (codes // size, codes % size)), shape=(size, size)).tocsr()


def _translated(size: int, pairs: Iterable[tuple[NDArray[np.uint16], NDArray[np.uint16]]]) -> sparse.csr_matrix:
    codes, weights = [], []
    for left, right in pairs:
        grid = (left.astype(np.int64)[:, None] * size + right.astype(np.int64)[None, :]).ravel()
        codes.append(grid)
        weights.append(np.full(len(grid), 2.0 / (len(left) + len(right)), np.float32))
    if not codes:
        return sparse.csr_matrix((size, size), dtype=np.float32)
    return _summed(np.concatenate(codes), np.concatenate(weights), size)


def _information(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    counts = counts.tocoo()
    kept = counts.data >= 0.5
    row, column, seen = counts.row[kept], counts.col[kept], counts.data[kept].astype(np.float64)
    totals = np.bincount(row, seen, counts.shape[0])
    contexts = totals**SMOOTHING
    value = np.log(seen) - np.log(totals[row]) - np.log(contexts[column] / contexts.sum()) - SHIFT
    kept = value > 0
    return sparse.csr_matrix((value[kept].astype(np.float32), (row[kept], column[kept])), shape=counts.shape)


def _reduced(matrix: sparse.csr_matrix, width: int, random: np.random.Generator) -> Floats:
    """Randomised singular value decomposition (Halko, Martinsson and Tropp 2011), two power steps."""
    basis = matrix @ random.standard_normal((matrix.shape[1], width + 32)).astype(np.float32)
    for _ in range(2):
        basis = np.linalg.qr(basis)[0]
        basis = matrix @ (matrix.T @ basis)
    basis = np.linalg.qr(basis)[0]
    left, values, _ = np.linalg.svd((matrix.T @ basis).T, full_matrices=False)
    found = (basis @ left)[:, :width] * values[:width] ** 0.5
    size = np.sqrt((found**2).mean(axis=1, keepdims=True))
    drawn = random.standard_normal(found.shape)
    return np.where(size > 1e-6, found / np.maximum(size, 1e-6), drawn).astype(np.float32)
