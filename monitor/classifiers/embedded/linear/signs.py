"""What a post shows besides its n-grams: which groups of a lexicon it touches and how near to the company's name, addressees, length.

All signs are whole numbers in units of 1 / ``UNIT``, so that sums over them are exact and do not depend on the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.classifiers.embedded.linear.features import Grams, Hashes, Index
from monitor.classifiers.embedded.wording import EMAIL, LINK, MARK, PHONE, USER

UNIT = 64
NEARBY = 24  # characters between a term and the company's name that still count as near
MOST = 3
_CLIP = 6 * UNIT
_COUNTED = (MARK, USER, LINK, EMAIL, PHONE, "?", "!", "#", "0", ".", "~", "ㅋ", "ㅠ", "ㅎ", '"', "…", "[", ">", ":")
_OTHERS = ("unmarked", "marks", "korean", "latin", "neither", "pos", "neg", "neu", "not_neu", "pos_marked", "neg_marked", "always")
MARKS = _OTHERS.index("marks") - len(_OTHERS)  # column of how often the company is named
_STEPS = (8, 16, 32, 64, 128, 256, 512, 1024)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Hashes of terms, sorted, each with the group it stands for; ``lengths`` of the terms that are pieces of text."""

    hashes: Hashes
    groups: NDArray[np.int32]
    names: tuple[str, ...]
    lengths: tuple[int, ...]

    def find(self, grams: Grams) -> tuple[Index, Index]:
        """Return the places of all terms in the texts and their groups."""
        coarse = np.zeros(1 << 16, np.bool_)
        coarse[(self.hashes >> np.uint64(48)).astype(np.int64)] = True
        likely = np.flatnonzero(coarse[(grams.terms >> np.uint64(48)).astype(np.int64)])
        low = np.searchsorted(self.hashes, grams.terms[likely], "left")
        high = np.searchsorted(self.hashes, grams.terms[likely], "right")
        hits = np.flatnonzero(high > low)
        places, groups = [grams.term_place[likely[hits]]], [self.groups[low[hits]].astype(np.int64)]
        for extra in range(1, int((high - low).max(initial=0))):
            hits = np.flatnonzero(high > low + extra)
            places.append(grams.term_place[likely[hits]])
            groups.append(self.groups[low[hits] + extra].astype(np.int64))
        return np.concatenate(places), np.concatenate(groups)


def names(lexicon: Lexicon) -> list[str]:
    """Return the names of the columns of ``signs``."""
    grouped = [f"{group}:{how}" for how in ("any", "more", "near", "far") for group in lexicon.names]
    return [*grouped, *(f"has:{ord(mark):x}" for mark in _COUNTED), *(f"longer:{step}" for step in _STEPS), *_OTHERS]


def signs(grams: Grams, lexicon: Lexicon, feeling: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return an array (texts, signs) in units of 1 / ``UNIT``; ``feeling`` (texts, 2): logits of positive and neutral in that unit."""
    marks = _count(grams, grams.codes == ord(MARK))
    return np.concatenate(
        [
            _touched(grams, lexicon, marks > 0) * UNIT,
            np.stack([np.minimum(_count(grams, grams.codes == ord(mark)), 1) for mark in _COUNTED], axis=1) * UNIT,
            (_count(grams, grams.codes != 0)[:, None] - 2 > np.array(_STEPS)) * UNIT,
            _others(grams, marks, np.clip(feeling, -_CLIP, _CLIP)),
        ],
        axis=1,
    )


def _count(grams: Grams, where: NDArray[np.bool_]) -> Index:
    return np.bincount(grams.whose[where], minlength=grams.count)


def _touched(grams: Grams, lexicon: Lexicon, marked: NDArray[np.bool_]) -> Index:
    places, groups = lexicon.find(grams)
    shape = grams.count, len(lexicon.names)
    cell = grams.whose[places] * shape[1] + groups
    total = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    close = _distance(grams)[places] <= NEARBY
    near = np.minimum(np.bincount(cell[close], minlength=shape[0] * shape[1]).reshape(shape), 1)
    anywhere = np.minimum(total, 1)
    far = np.where(marked[:, None], anywhere - near, 0)
    return np.concatenate([anywhere, np.minimum(total, MOST) - anywhere, near, far], axis=1)


def _distance(grams: Grams) -> Index:
    """Return for each place the distance in characters to the nearest mark of the same text (large where there is none)."""
    size = len(grams.codes)
    places = np.arange(size)
    is_mark, far = grams.codes == ord(MARK), 1 << 40
    before = np.maximum.accumulate(np.where(is_mark, places, -far))
    after = np.minimum.accumulate(np.where(is_mark, places, far)[::-1])[::-1]
    own = grams.whose
    same_before = (before >= 0) & (own[np.maximum(before, 0)] == own)
    same_after = (after < size) & (own[np.minimum(after, size - 1)] == own)
    distance: Index = np.minimum(np.where(same_before, places - before, far), np.where(same_after, after - places, far))
    return distance


def _others(grams: Grams, marks: Index, feeling: NDArray[np.int64]) -> NDArray[np.int64]:
    codes = grams.codes
    korean = _count(grams, ((codes >= 0xAC00) & (codes <= 0xD7A3)) | ((codes >= 0x3131) & (codes <= 0x3163)))
    latin = _count(grams, (codes >= ord("a")) & (codes <= ord("z")))
    mostly_korean = korean * 3 > latin
    positive, neutral = feeling[:, 0], feeling[:, 1]
    pos, neg = np.maximum(positive, 0), np.maximum(-positive, 0)
    flags: Sequence[NDArray[np.bool_] | Index] = (
        marks == 0,
        np.minimum(marks, MOST),
        mostly_korean,
        ~mostly_korean & (latin > 0),
        korean + latin == 0,
    )
    feelings = (pos, neg, np.maximum(neutral, 0), np.maximum(-neutral, 0), np.where(marks > 0, pos, 0), np.where(marks > 0, neg, 0))
    return np.stack([*(flag * UNIT for flag in flags), *feelings, np.full(grams.count, UNIT)], axis=1).astype(np.int64)
