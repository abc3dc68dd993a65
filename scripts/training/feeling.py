"""The first stage: sentiment from open data, one set of weights for each kind of text, and gates that tell the kinds apart.

Kinds are not mixed because each means something else by negative and neutral: thrown together, every one gets worse.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from tqdm import tqdm

from scripts.training.corpus import CROWD, FIRST, MOVIE, SHOP, Example, number
from scripts.training.fitting import Numbers, contrast, logistic
from scripts.training.matrices import behaviour

PENALTIES = {MOVIE: 0.4, SHOP: 0.5, CROWD: 1.0}
STEPS = 50
FITTING = 1  # to be raised when the fitting itself changes, so that kept columns are not taken for new ones
_FOREIGN_SHARE = 0.1  # weight in a kind of what comes from another kind
_FOREIGN_ROWS = 25_000
_GATE_ROWS = 60_000


@dataclass(frozen=True)
class Column:
    """One column of the wide table: what it tells and for which kind of text."""

    task: str  # pole, neutral, gate; or neg, neu, pos against the two others
    kind: int


COLUMNS = (
    *(Column(task, kind) for kind in (MOVIE, SHOP) for task in ("pole", "neutral")),
    *(Column(task, CROWD) for task in ("neg", "neu", "pos")),
    *(Column("gate", kind) for kind in (MOVIE, SHOP)),
)


def fit(examples: Sequence[Example], matrix: sparse.csr_matrix, cache: Path) -> tuple[Numbers, Numbers]:
    """Return the wide table (buckets, columns) and the biases, learnt from the texts of the first part.

    Each finished column is kept in ``cache`` under a name that says what it depends on, so a run that was cut off goes on.
    """
    roots = np.sqrt(np.diff(matrix.indptr).astype(np.float64))
    table, biases = np.zeros((matrix.shape[1], len(COLUMNS)), np.float32), np.zeros(len(COLUMNS))
    with tqdm(total=STEPS * len(COLUMNS), desc="sentiment", unit=" steps") as progress:
        for at, column in enumerate(COLUMNS):
            progress.set_postfix_str(f"{column.task} {column.kind}")
            rows, label, weight = _gate(examples, column) if column.task == "gate" else _task(examples, column)
            path = cache / f"column-{_fingerprint([examples[row].text for row in rows], label, weight, PENALTIES[column.kind])}.npz"
            if not path.exists():
                chosen = matrix[rows]
                found, bias = logistic(
                    chosen, roots[rows], label, weight, contrast(chosen, label, weight), PENALTIES[column.kind], STEPS, told=progress.update
                )
                np.savez(path, column=found.astype(np.float32), bias=bias)
            with np.load(path) as kept:
                table[:, at], biases[at] = kept["column"], kept["bias"]
            progress.update(STEPS * (at + 1) - progress.n)
    return table, biases


def _fingerprint(texts: Sequence[str], label: Numbers, weight: Numbers, penalty: float) -> str:
    key = hashlib.sha256(behaviour() + label.tobytes() + weight.tobytes() + f"{penalty} {STEPS} {FITTING}".encode())
    key.update("\x01".join(texts).encode("utf-8", "surrogatepass"))
    return key.hexdigest()[:16]


def _task(examples: Sequence[Example], column: Column) -> tuple[NDArray[np.int64], Numbers, Numbers]:
    chosen: list[tuple[int, float, float]] = []
    foreign: list[tuple[int, int, float, float]] = []
    positive = {"pole": "pos", "neutral": "neu"}.get(column.task, column.task)
    for at, example in enumerate(examples):
        source = example.source
        if source is None or example.part != FIRST or example.sentiment is None:
            continue
        weight = source.pole if column.task == "pole" else source.neutral
        if weight == 0 or (column.task == "pole" and example.sentiment == "neu"):
            continue
        weight *= source.rare.get(example.sentiment, 1.0)
        label = float(example.sentiment == positive)
        if source.kind == column.kind:
            chosen.append((at, label, weight))
        elif column.task == "pole":
            foreign.append((number(example.text), at, label, weight * _FOREIGN_SHARE))
    chosen += [(at, label, weight) for _, at, label, weight in sorted(foreign)[:_FOREIGN_ROWS]]
    return _arrays(chosen)


def _gate(examples: Sequence[Example], column: Column) -> tuple[NDArray[np.int64], Numbers, Numbers]:
    by_kind: dict[int, list[tuple[int, int]]] = {}
    for at, example in enumerate(examples):
        if example.source is not None and example.part == FIRST:
            by_kind.setdefault(example.source.kind, []).append((number(example.text), at))
    chosen = [(at, float(kind == column.kind), 1.0) for kind, rows in by_kind.items() for _, at in sorted(rows)[:_GATE_ROWS]]
    return _arrays(chosen)


def _arrays(chosen: list[tuple[int, float, float]]) -> tuple[NDArray[np.int64], Numbers, Numbers]:
    chosen.sort()
    rows, label, weight = zip(*chosen, strict=True)
    return np.array(rows, np.int64), np.array(label), np.array(weight)
