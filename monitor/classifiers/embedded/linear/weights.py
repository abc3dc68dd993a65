"""The numbers of the model: reading them with all checks, and scoring texts with them.

A score is a sum of whole numbers, divided once by the root of the count of n-grams: the order of summation cannot change it, so a post
gets the same verdict alone and in a batch.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.classifiers.embedded.linear.features import Grams, Index, grams
from monitor.classifiers.embedded.linear.signs import MARKS, UNIT, Lexicon, names, signs
from monitor.domain import TOPICS
from monitor.errors import ModelError

WIDE_BITS = 20  # size of the table of the sentiment that open data teaches
# the table has pole and neutral of reviews of works, the same of shops and services, neg neu pos of talk, and two gates
WIDE_COLUMNS = 9
# slopes and shifts of the gates (works, shops), and how far the poles of reviews count in talk: chosen on texts never learnt from
POLE_GATES = ((1.0, 0.5), (1.0, 1.5))
NEUTRAL_GATES = ((2.0, -3.0), (1.0, -0.25))
REVIEWS_IN_TALK = 0.25
NARROW_BITS = 18  # table of everything else
SIGN_SCALE = 4096.0  # weights of signs are stored in units of 1 / SIGN_SCALE
FEELING = slice(1, 3)  # of the heads
HEADS = ("complaint", "positive", "neutral", *(f"topic:{topic}" for topic in TOPICS))

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """All arrays of the model; ``wide`` (2**20, ``WIDE_COLUMNS``) and ``narrow`` (2**18, ``HEADS``) are n-gram weights, scaled."""

    wide: NDArray[np.int8]
    wide_scale: Scores
    wide_bias: Scores
    narrow: NDArray[np.int8]
    narrow_scale: Scores
    sign_weights: NDArray[np.int64]
    lexicon: Lexicon

    def scores(self, texts: Sequence[str]) -> Scores:
        """Return the logits (texts, ``HEADS``) of texts made by ``wording.marked``; the sentiment's include the first stage's."""
        return self.judge(texts)[0]

    def judge(self, texts: Sequence[str]) -> tuple[Scores, Scores]:
        """Return ``scores``, and the logits (texts, ``WIDE_COLUMNS``) of the kinds of text."""
        taken = grams(texts, self.lexicon.lengths)
        owner, bucket = buckets(taken)
        kinds = self.wide_logits(taken.count, owner, bucket)
        felt = mixed_feeling(kinds)
        shown = signs(taken, self.lexicon, felt)
        narrow = _sums(self.narrow, owner, bucket >> (WIDE_BITS - NARROW_BITS), taken.count) * self.narrow_scale
        logits: Scores = narrow / _roots(owner, taken.count) + (shown @ self.sign_weights) / (UNIT * SIGN_SCALE)
        logits[:, FEELING] *= (shown[:, MARKS] > 0)[:, None]  # what service posts need concerns no other text
        logits[:, FEELING] += felt / UNIT
        return logits, kinds

    def wide_logits(self, count: int, owner: Index, bucket: Index) -> Scores:
        """Return the logits (texts, ``WIDE_COLUMNS``) that open data teaches."""
        logits: Scores = _sums(self.wide, owner, bucket, count) * self.wide_scale / _roots(owner, count) + self.wide_bias
        return logits


def mixed_feeling(logits: Scores) -> NDArray[np.int64]:
    """Mix the kinds of text by the gates: logits (texts, 2) of positive among the poles and of neutral, in units of 1 / ``UNIT``."""
    logits = np.clip(logits, -12.0, 12.0)
    talk = _sigmoid(logits[:, 4:7])
    talk_pole = np.log(talk[:, 2] / talk[:, 0]) + REVIEWS_IN_TALK * (logits[:, 0] + logits[:, 2])
    poles = _sigmoid(np.stack([logits[:, 0], logits[:, 2], talk_pole], axis=1))
    neutral = np.stack([*_sigmoid(logits[:, 1:4:2]).T, talk[:, 1] / talk.sum(axis=1)], axis=1)
    positive = (_gates(logits[:, 7:], POLE_GATES) * poles).sum(axis=1)
    none = (_gates(logits[:, 7:], NEUTRAL_GATES) * neutral).sum(axis=1)
    mixed = np.stack([np.log(positive / (1 - positive)), np.log(none / (1 - none))], axis=1)
    units: NDArray[np.int64] = np.rint(mixed * UNIT).astype(np.int64)
    return units


def _gates(logits: Scores, gates: tuple[tuple[float, float], tuple[float, float]]) -> Scores:
    """Return shares (texts, 3) of reviews of works, of reviews of shops and services, and of talk; ``gates``: slope and shift of both."""
    (works_slope, works_shift), (shops_slope, shops_shift) = gates
    works = _sigmoid(works_slope * logits[:, 0] + works_shift)
    shops = _sigmoid(shops_slope * logits[:, 1] + shops_shift)
    shares = np.stack([works * (1 - shops), shops * (1 - works), (1 - works) * (1 - shops)], axis=1)
    share: Scores = shares / shares.sum(axis=1, keepdims=True)
    return share


def _sigmoid(logits: Scores) -> Scores:
    return 1.0 / (1.0 + np.exp(-logits))


def buckets(taken: Grams) -> tuple[Index, Index]:
    """Return the distinct (text, bucket of 2**``WIDE_BITS``) pairs, sorted; every text has at least one."""
    keys = np.sort((taken.owner << WIDE_BITS) | (taken.hashes >> np.uint64(64 - WIDE_BITS)).astype(np.int64))
    keys = keys[np.diff(keys, prepend=-1) > 0]
    return keys >> WIDE_BITS, keys & ((1 << WIDE_BITS) - 1)


def _roots(owner: Index, count: int) -> Scores:
    roots: Scores = np.sqrt(np.bincount(owner, minlength=count).astype(np.float64))[:, None]
    return roots


def _sums(table: NDArray[np.int8], owner: Index, bucket: Index, count: int) -> NDArray[np.int64]:
    starts = np.searchsorted(owner, np.arange(count))
    return np.add.reduceat(table[bucket], starts, axis=0, dtype=np.int64)


def parsed(content: bytes) -> Weights:
    """Read what ``save`` wrote. Raises ModelError for anything else and for heads or signs of another version."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            lexicon = Lexicon(
                arrays["term_hashes"], arrays["term_groups"], tuple(arrays["group_names"].tolist()), tuple(arrays["term_lengths"].tolist())
            )
            weights = Weights(
                arrays["wide"],
                arrays["wide_scale"],
                arrays["wide_bias"],
                arrays["narrow"],
                arrays["narrow_scale"],
                arrays["signs"],
                lexicon,
            )
            kept = arrays["heads"].tolist(), arrays["sign_names"].tolist()
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"the weights of the linear model cannot be read: {error}") from error
    if kept != (list(HEADS), names(lexicon)):
        raise ModelError("the linear model was made for other heads or signs than this version has; train the model anew")
    return weights


def save(weights: Weights, path: Path) -> str:
    """Write ``weights`` to ``path`` and return the SHA-256 of the file."""
    content = io.BytesIO()
    lexicon = weights.lexicon
    np.savez_compressed(
        content,
        wide=weights.wide,
        wide_scale=weights.wide_scale,
        wide_bias=weights.wide_bias,
        narrow=weights.narrow,
        narrow_scale=weights.narrow_scale,
        signs=weights.sign_weights,
        term_hashes=lexicon.hashes,
        term_groups=lexicon.groups,
        term_lengths=np.array(lexicon.lengths),
        group_names=np.array(lexicon.names),
        heads=np.array(HEADS),
        sign_names=np.array(names(lexicon)),
    )
    path.write_bytes(content.getvalue())
    return hashlib.sha256(content.getvalue()).hexdigest()
