"""How well a linear model that learnt from half the writers of our own posts judges the other half's posts, both ways.

The model is the second stage of the shipped linear one, fitted anew on our own posts alone; what open texts teach about sentiment is the
shipped first stage's. It tells how much of the task lies in the wording that writers share.

Keys of the result: ``ways``, a list of two, each with ``learnt_from`` and ``judged`` (writers) and figures of the judged posts for ``all``,
``ko`` and ``en``: ``posts``, ``complaint_share`` (what guessing reaches in average precision), ``average_precision``, ``f1`` (at 0.5) of
the complaint, ``topic_macro_f1`` of the posts that are complaints.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monitor.classifiers.embedded import files
from monitor.classifiers.embedded.linear.weights import HEADS, parsed
from monitor.domain import TOPICS
from monitor.learning import measures
from scripts.training import corpus, linear, verdicts
from scripts.training.corpus import Example
from scripts.training.figures import f1_at
from scripts.training.fitting import Numbers
from scripts.training.matrices import wide_matrix

ROOT = Path(__file__).resolve().parents[2]
COMPLAINT, FIRST_TOPIC = HEADS.index("complaint"), len(HEADS) - len(TOPICS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the figures to ``--out``."""
    parser = argparse.ArgumentParser(prog="evaluate halves", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=Path, default=ROOT / "models/posts", help="folder of our own posts (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON (default: stdout)")
    options = parser.parse_args(arguments)
    text = json.dumps({"ways": both_ways(list(corpus.own(options.posts)))}, indent=2) + "\n"
    if options.out is None:
        sys.stdout.write(text)
    else:
        options.out.write_text(text, encoding="utf-8")
    return 0


def both_ways(posts: Sequence[Example]) -> list[dict[str, Any]]:
    """Fit on each half of the writers and score the other; every other writer by name is of one half."""
    taught = verdicts.doubled(posts)
    shipped = parsed((files.shipped() / files.WEIGHTS).read_bytes())
    wide = wide_matrix([one.text for one in taught], "own posts")
    felt = linear.felt(wide, (shipped.wide, shipped.wide_scale, shipped.wide_bias))
    views = verdicts.view(taught, wide, felt, shipped.lexicon)
    out = []
    for judged in linear.folds(posts, 2):
        learnt = np.array([at for at, one in enumerate(taught) if one.writer not in judged])
        asked = np.array([at for at, one in enumerate(posts) if one.writer in judged])
        fitted = verdicts.fit([taught[at] for at in learnt], views.rows(learnt), verdicts.Strength())
        found = by_language([posts[at] for at in asked], fitted.logits(views.rows(asked)))
        out.append({"learnt_from": sorted({str(taught[at].writer) for at in learnt}), "judged": sorted(judged), **found})
    return out


def by_language(posts: Sequence[Example], logits: Numbers) -> dict[str, dict[str, float]]:
    """Return the figures of all posts and of each language; ``logits`` (posts, ``HEADS``)."""
    rows = {name: np.array([at for at, one in enumerate(posts) if name in ("all", one.language)]) for name in ("all", "ko", "en")}
    return {name: scored([posts[at] for at in chosen], logits[chosen]) for name, chosen in rows.items() if len(chosen)}


def scored(posts: Sequence[Example], logits: Numbers) -> dict[str, float]:
    """Return the figures of posts, at least one of them a complaint."""
    truth = np.array([one.complaint == 1 for one in posts])
    score = 1 / (1 + np.exp(-logits[:, COMPLAINT]))
    said = [TOPICS[at] for at in logits[:, FIRST_TOPIC:].argmax(axis=1)]
    complaints = np.flatnonzero(truth)
    figures = {
        "complaint_share": float(truth.mean()),
        "average_precision": measures.average_precision(truth, score) or 0.0,
        "f1": f1_at(truth, score, 0.5),
        "topic_macro_f1": measures.macro_f1([str(posts[at].topic) for at in complaints], [said[at] for at in complaints]),
    }
    return {"posts": len(posts), **{name: round(value, 4) for name, value in figures.items()}}


if __name__ == "__main__":
    sys.exit(main())
