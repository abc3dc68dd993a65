"""Train the model that ships: scripts/train-model embedded."""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

from monitor.classifiers.embedded.signs import Lexicon
from monitor.classifiers.embedded.weights import HEADS, SIGN_SCALE, WEIGHTS, Weights, mixed_feeling, save
from monitor.domain import TOPICS
from scripts.training import card, feeling, measures, verdicts
from scripts.training.corpus import NEVER, SECOND, SOURCES, Example, number, opened, own
from scripts.training.fitting import Numbers, logistic
from scripts.training.matrices import kept, read_lexicon, wide_matrix

ROOT = Path(__file__).resolve().parents[2]
SENTIMENTS = ("neg", "neu", "pos")
FOLDS = 5
MOST_SECOND = 150  # open texts of one source that the second stage learns from
CLIPPED = 0.3  # of the largest weight of a column: what is larger is cut so that eight bits tell the others finely


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, fit both stages, calibrate by leaving writers out, measure, write weights and card."""
    options = _options(arguments)
    started = time.time()
    examples, wide = _open_texts(options.data, options.cache)
    own_posts = list(own(options.posts))
    stage = _first_stage(examples, wide, options.cache)
    lexicon = read_lexicon(Path(__file__).with_name("lexicon.txt"))
    second = _Second(examples, wide, own_posts, stage, lexicon)
    crossed = second.cross_validated()
    calibration = _calibration(own_posts, crossed)
    fitted = second.fitted(None)
    weights = _rounded(stage, fitted, calibration, lexicon)
    options.out.mkdir(parents=True, exist_ok=True)
    metrics = {
        "open, texts never learnt from": _open_metrics(weights, examples),
        "own, writers left out": _own_metrics(own_posts, crossed, calibration),
    }
    cost = {"seconds": round(time.time() - started), "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "cores": 1}
    writers = Counter(str(one.writer) for one in own_posts)
    card.write(options.out, options.version, save(weights, options.out / WEIGHTS), metrics, cost, dict(sorted(writers.items())))
    print(_table(metrics), file=sys.stderr)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="train-model embedded", description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=ROOT / "../shared/data/text/train", help="folder of the open files (default: %(default)s)"
    )
    parser.add_argument("--posts", type=Path, default=ROOT / "models/posts", help="folder of our own posts")
    parser.add_argument("--out", type=Path, default=ROOT / "models/embedded", help="where to write weights.npz and card.json")
    parser.add_argument("--version", type=int, default=1, help="version on the card")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "train-embedded",
        help="finished parts are kept here, so that a run resumes",
    )
    return parser.parse_args(arguments)


def _open_texts(folder: Path, cache: Path) -> tuple[list[Example], sparse.csr_matrix]:
    examples: list[Example] = []
    matrices = []
    for source in SOURCES:
        taken = opened(folder, source)
        matrices.append(kept([one.text for one in taken], source.name, cache))
        examples += taken
    return examples, sparse.vstack(matrices).tocsr()


def _first_stage(examples: Sequence[Example], wide: sparse.csr_matrix, cache: Path) -> tuple[NDArray[np.int8], Numbers, Numbers]:
    """Return table, scales and biases of the first stage, rounded to eight bits."""
    table, bias = feeling.fit(examples, wide, cache)
    scale = np.abs(table).max(axis=0).astype(np.float64) * CLIPPED / 127
    return np.clip(np.rint(table / scale), -127, 127).astype(np.int8), scale, bias


@dataclass(frozen=True)
class Calibration:
    """Probability of complaint = sigmoid(``slope`` * logit + ``shift``); of topics = softmax(``temper`` * logits)."""

    slope: float
    shift: float
    temper: float


class _Second:
    """The second stage's texts and fits."""

    def __init__(
        self,
        examples: Sequence[Example],
        wide: sparse.csr_matrix,
        own_posts: Sequence[Example],
        stage: tuple[NDArray[np.int8], Numbers, Numbers],
        lexicon: Lexicon,
    ):
        chosen = _second_part(examples)
        self._own_count = len(own_posts)
        self._all = [*verdicts.doubled(own_posts), *(examples[at] for at in chosen)]
        self._doubled = len(self._all) - len(chosen)
        own_wide = wide_matrix([one.text for one in self._all[: self._doubled]], "own posts")
        whole = sparse.vstack([own_wide, wide[chosen]]).tocsr()
        self._views = verdicts.view(self._all, whole, _felt(whole, stage), lexicon)

    def fitted(self, without: frozenset[str] | None) -> verdicts.Fitted:
        """Fit on everything but the own posts of the writers in ``without``."""
        rows = np.array([at for at, one in enumerate(self._all) if not without or one.writer not in without])
        return verdicts.fit([self._all[at] for at in rows], self._views.rows(rows), verdicts.Strength())

    def cross_validated(self) -> Numbers:
        """Return the logits of our own posts, each from a fit that saw nothing of its writer."""
        own_posts = self._all[: self._own_count]
        writers = sorted({str(one.writer) for one in own_posts})
        out = np.zeros((self._own_count, len(HEADS)))
        for fold in range(min(FOLDS, len(writers))):
            left_out = frozenset(writers[fold::FOLDS])
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


def _felt(wide: sparse.csr_matrix, stage: tuple[NDArray[np.int8], Numbers, Numbers]) -> NDArray[np.int64]:
    table, scale, bias = stage
    sums = wide.astype(np.float64) @ table.astype(np.float64)
    return mixed_feeling(sums * scale / np.sqrt(np.diff(wide.indptr))[:, None] + bias)


def _calibration(own_posts: Sequence[Example], crossed: Numbers) -> Calibration:
    """Return how logits become probabilities, from verdicts on writers left out (Platt 1999; one temperature for the topics).

    Both classes of complaint count as equally frequent: our posts hold more hard cases than a company's day does.
    """
    truth = np.array([float(one.complaint or 0) for one in own_posts])
    weight = np.where(truth == 1, 0.5 / truth.mean(), 0.5 / (1 - truth.mean()))
    slope, shift = logistic(sparse.csr_matrix(crossed[:, :1]), np.ones(len(truth)), truth, weight, np.ones(1), 1e-3)
    topics = np.array([TOPICS.index(str(one.topic)) for one in own_posts])
    tried = np.linspace(0.2, 2.0, 37)
    costs = [_topic_cost(temper * crossed[:, -len(TOPICS) :], topics) for temper in tried]
    return Calibration(float(slope[0]), shift, float(tried[int(np.argmin(costs))]))


def _topic_cost(logits: Numbers, topics: NDArray[np.int64]) -> float:
    logits = logits - logits.max(axis=1, keepdims=True)
    return float((np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(topics)), topics]).mean())


def _rounded(
    stage: tuple[NDArray[np.int8], Numbers, Numbers], fitted: verdicts.Fitted, calibration: Calibration, lexicon: Lexicon
) -> Weights:
    narrow, shown = fitted.narrow.copy(), fitted.signs.copy()
    for table in (narrow, shown):
        table[:, 0] *= calibration.slope
        table[:, -len(TOPICS) :] *= calibration.temper
    shown[-1, 0] += calibration.shift
    scale = np.maximum(np.abs(narrow).max(axis=0), 1e-9) / 127
    return Weights(
        wide=stage[0],
        wide_scale=stage[1],
        wide_bias=stage[2],
        narrow=np.rint(narrow / scale).astype(np.int8),
        narrow_scale=scale,
        sign_weights=np.rint(shown * SIGN_SCALE).astype(np.int64),
        lexicon=lexicon,
    )


def _open_metrics(weights: Weights, examples: Sequence[Example]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for source in SOURCES:
        kept_out = [one for one in examples if one.source is source and one.part == NEVER and one.sentiment is not None]
        if source.pole == 0 or not kept_out:
            continue
        logits = np.concatenate([weights.scores([one.text for one in kept_out[at : at + 512]]) for at in range(0, len(kept_out), 512)])
        out[source.name] = sentiment_metrics([str(one.sentiment) for one in kept_out], logits[:, 1], logits[:, 2])
    return out


def sentiment_metrics(truth: Sequence[str], positive: Numbers, neutral: Numbers) -> dict[str, Any]:
    """Accuracy, macro recall and F1 over three classes; and over the two poles alone, decided by which of them scores higher."""
    pole, none = 1 / (1 + np.exp(-positive)), 1 / (1 + np.exp(-neutral))
    scores = np.stack([(1 - none) * (1 - pole), none, (1 - none) * pole], axis=1)
    said = [SENTIMENTS[at] for at in scores.argmax(axis=1)]
    poles = [at for at, one in enumerate(truth) if one != "neu"]
    two = measures.accuracy([truth[at] for at in poles], ["pos" if positive[at] > 0 else "neg" for at in poles])
    figures = {
        "accuracy": measures.accuracy(truth, said),
        "macro_recall": measures.macro_recall(truth, said),
        "macro_f1": measures.macro_f1(truth, said),
    }
    return {"rows": len(truth), **{key: round(value, 4) for key, value in figures.items()}, "two_class_accuracy": round(two, 4)}


def _own_metrics(own_posts: Sequence[Example], crossed: Numbers, calibration: Calibration) -> dict[str, Any]:
    groups: dict[str, Callable[[Example], bool]] = {
        "all": lambda one: True,
        "ko": lambda one: one.language == "ko",
        "en": lambda one: one.language == "en",
    }
    for writer in sorted({str(one.writer) for one in own_posts}):
        groups[f"writer {writer}"] = lambda one, writer=writer: one.writer == writer
    out = {}
    for name, belongs in groups.items():
        rows = np.array([at for at, one in enumerate(own_posts) if belongs(one)])
        out[name] = _own_figures([own_posts[at] for at in rows], crossed[rows], calibration)
    return out


def _own_figures(posts: Sequence[Example], logits: Numbers, calibration: Calibration) -> dict[str, Any]:
    truth = np.array([int(one.complaint or 0) for one in posts])
    chance = 1 / (1 + np.exp(-(calibration.slope * logits[:, 0] + calibration.shift)))
    said = [TOPICS[at] for at in logits[:, -len(TOPICS) :].argmax(axis=1)]
    complaints = np.flatnonzero(truth)
    figures = {
        "complaint_share": truth.mean(),
        "average_precision": measures.average_precision(truth, chance),
        "f1_at_0.5": measures.f1_at(truth, chance, 0.5),
        "calibration_error": measures.calibration_error(truth, chance),
        "brier": measures.brier(truth, chance),
        "topic_macro_f1_of_complaints": measures.macro_f1([str(posts[at].topic) for at in complaints], [said[at] for at in complaints]),
        "topic_macro_f1_of_all": measures.macro_f1([str(one.topic) for one in posts], said),
    }
    sentiment = sentiment_metrics([str(one.sentiment) for one in posts], logits[:, 1], logits[:, 2])
    return {"rows": len(posts), **{key: round(float(value), 4) for key, value in figures.items()}, "sentiment": sentiment}


def _table(metrics: dict[str, Any]) -> str:
    return "\n".join(f"{part} | {name}: {figures}" for part, rows in metrics.items() for name, figures in rows.items())


if __name__ == "__main__":
    sys.exit(main())
