"""The numbers of the model: reading them with all checks, and scoring texts with them.

A score is a sum of whole numbers, divided once by the root of the count of n-grams: the order of summation cannot change it, so a post
gets the same verdict alone and in a batch.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.classifiers.embedded.features import Grams, Index, grams
from monitor.classifiers.embedded.signs import UNIT, Lexicon, names, signs
from monitor.domain import TOPICS
from monitor.errors import ModelError

CARD, WEIGHTS = "card.json", "weights.npz"
FORMAT = 1
WIDE_BITS = 20  # size of the table of the sentiment that open data teaches
# the table has pole and neutral of reviews of works, the same of shops and services, neg neu pos of talk, and two gates
WIDE_COLUMNS = 9
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
        taken = grams(texts, self.lexicon.lengths)
        owner, bucket = buckets(taken)
        felt = mixed_feeling(self.wide_logits(taken.count, owner, bucket))
        shown = signs(taken, self.lexicon, felt)
        narrow = _sums(self.narrow, owner, bucket >> (WIDE_BITS - NARROW_BITS), taken.count) * self.narrow_scale
        logits: Scores = narrow / _roots(owner, taken.count) + (shown @ self.sign_weights) / (UNIT * SIGN_SCALE)
        logits[:, FEELING] += felt / UNIT
        return logits

    def wide_logits(self, count: int, owner: Index, bucket: Index) -> Scores:
        """Return the logits (texts, ``WIDE_COLUMNS``) that open data teaches."""
        logits: Scores = _sums(self.wide, owner, bucket, count) * self.wide_scale / _roots(owner, count) + self.wide_bias
        return logits


def mixed_feeling(logits: Scores) -> NDArray[np.int64]:
    """Mix the kinds of text by the gates: logits (texts, 2) of positive among the poles and of neutral, in units of 1 / ``UNIT``."""
    shares = 1.0 / (1.0 + np.exp(-np.clip(logits, -12.0, 12.0)))
    works, shops = shares[:, -2], shares[:, -1]
    gates = np.stack([works * (1 - shops), shops * (1 - works), (1 - works) * (1 - shops)], axis=1)
    gates /= gates.sum(axis=1, keepdims=True)
    pole, neutral = shares[:, 0:4:2], shares[:, 1:4:2]
    talk = shares[:, 4:7] / shares[:, 4:7].sum(axis=1, keepdims=True)
    negative = (gates[:, :2] * (1 - neutral) * (1 - pole)).sum(axis=1) + gates[:, 2] * talk[:, 0]
    no_pole = (gates[:, :2] * neutral).sum(axis=1) + gates[:, 2] * talk[:, 1]
    positive = (gates[:, :2] * (1 - neutral) * pole).sum(axis=1) + gates[:, 2] * talk[:, 2]
    mixed = np.stack([np.log(positive / negative), np.log(no_pole / (positive + negative))], axis=1)
    units: NDArray[np.int64] = np.rint(mixed * UNIT).astype(np.int64)
    return units


def buckets(taken: Grams) -> tuple[Index, Index]:
    """Return the distinct (text, bucket of 2**``WIDE_BITS``) pairs, sorted; every text has at least one."""
    keys = np.unique((taken.owner << WIDE_BITS) | (taken.hashes >> np.uint64(64 - WIDE_BITS)).astype(np.int64))
    return keys >> WIDE_BITS, keys & ((1 << WIDE_BITS) - 1)


def _roots(owner: Index, count: int) -> Scores:
    roots: Scores = np.sqrt(np.bincount(owner, minlength=count).astype(np.float64))[:, None]
    return roots


def _sums(table: NDArray[np.int8], owner: Index, bucket: Index, count: int) -> NDArray[np.int64]:
    starts = np.searchsorted(owner, np.arange(count))
    return np.add.reduceat(table[bucket], starts, axis=0, dtype=np.int64)


def load(folder: Path) -> tuple[dict[str, Any], Weights]:
    """Read and check the model in ``folder``; return its card and its weights.

    Raises ModelError when a file is missing or damaged, or when the card and the weights do not belong together.
    """
    card = _card(folder / CARD)
    path = folder / WEIGHTS
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read the model file {path}: {error.strerror or error}") from error
    if hashlib.sha256(content).hexdigest() != card.get("sha256"):
        raise ModelError(f"the model file {path} is damaged: its SHA-256 is not the one its card states; fetch it again or train anew")
    if card.get("format") != FORMAT:
        raise ModelError(f"the model in {folder} has format {card.get('format')!r}; this version reads format {FORMAT}")
    if card.get("labels", {}).get("topic") != list(TOPICS):
        raise ModelError(f"the topics on the card in {folder} are not those of this version; train the model anew")
    return card, _weights(path, content)


def _card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"cannot read the model card {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise ModelError(f"the model card {path} is not valid JSON: {error}") from error
    if not isinstance(card, dict) or not isinstance(card.get("labels"), dict):
        raise ModelError(f"the model card {path} lacks the labels")
    return card


def _weights(path: Path, content: bytes) -> Weights:
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
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise ModelError(f"the model file {path} cannot be read: {error}") from error
    if kept != (list(HEADS), names(lexicon)):
        raise ModelError(f"the model file {path} was made for other heads or signs than this version has; train the model anew")
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
