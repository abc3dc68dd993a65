"""Hashed n-grams of characters and words, for many texts at once, without a loop over texts.

A prefix sum of ``code[j] * B**j`` (mod 2**64) gives the hash of every stretch of text by one subtraction and one product with the
inverse power, so n-grams of all lengths, words, pairs of words and lexicon terms cost a few array operations each (the rolling hash of
Karp and Rabin 1987, on all places at once).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.classifiers.embedded.wording import MARK, joined

Hashes = NDArray[np.uint64]
Index = NDArray[np.int64]
Found = tuple[Index, Hashes]  # places and the hashes found there

LENGTHS = (1, 2, 3, 4, 5)
SOUNDS = (5, 8)  # lengths in letters, Hangul syllables taken apart: sees through endings and misspellings
WINDOW = 4  # words on either side of the company's name that are told apart by their side and distance

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_SPREAD = np.uint64(0xBF58476D1CE4E5B9)
_SPREAD_AGAIN = np.uint64(0x94D049BB133111EB)
_WORD, _PAIR, _NEAR = (np.uint64(0xA24BAED4963EE407 + 2 * kind) for kind in range(3))
_BLANK, _LETTER, _MARKING = 0, 1, 2


def _char_classes() -> NDArray[np.uint8]:
    classes = np.full(0x10000, _MARKING, np.uint8)
    for code in range(0x10000):
        if chr(code).isalnum() or chr(code) in "'’_":
            classes[code] = _LETTER
    classes[[0, 9, 10, 11, 12, 13, 32, 0x85, 0xA0, 0x3000]] = _BLANK
    return classes


_CLASSES = _char_classes()


@dataclass(frozen=True, slots=True)
class Grams:
    """What ``count`` texts contain: ``hashes[i]`` was found in text ``owner[i]`` (0-based).

    ``terms`` are the hashes among which a lexicon is looked up (stretches of the lengths it asked for, words, pairs of words), each with
    the place where it starts in ``codes``, all texts one after the other; ``whose`` is the text that a place belongs to.
    """

    count: int
    owner: Index
    hashes: Hashes
    term_place: Index
    terms: Hashes
    codes: NDArray[np.uint32]
    whose: Index


def mixed(values: Hashes) -> Hashes:
    """Spread the bits of 64-bit values (finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * _SPREAD
    values = (values ^ (values >> np.uint64(27))) * _SPREAD_AGAIN
    return values ^ (values >> np.uint64(31))


def _powers(base: int, count: int) -> Hashes:
    steps = np.full(count, base, np.uint64)
    steps[0] = 1
    return np.cumprod(steps, dtype=np.uint64)


class _Stretches:
    """Hash of any stretch of one long text."""

    def __init__(self, codes: NDArray[np.uint32]):
        spread = mixed(codes.astype(np.uint64) + np.uint64(1))
        self._sums = np.zeros(len(codes) + 1, np.uint64)
        np.cumsum(spread * _powers(_BASE, len(codes)), out=self._sums[1:])
        self._undo = _powers(_INVERSE, len(codes))

    def every(self, length: int) -> Hashes:
        """Return the hashes of all stretches of ``length`` characters, by their start."""
        count = len(self._sums) - length
        return mixed((self._sums[length:] - self._sums[:count]) * self._undo[:count] + np.uint64(length))

    def between(self, starts: Index, ends: Index) -> Hashes:
        """Return the hashes of the stretches [start, end)."""
        return mixed((self._sums[ends] - self._sums[starts]) * self._undo[starts] + (ends - starts).astype(np.uint64))


def term_hash(term: str) -> int:
    """Return the hash under which ``Grams.terms`` holds the stretch ``term``, ``=word`` or, of Latin letters, ``two words``."""
    if term.startswith("="):
        return int(mixed(_hash_of(term[1:]) + _WORD)[0])
    first, _, second = term.partition(" ")
    if first and second and term.isascii():
        return int(mixed(_hash_of(first) * _PAIR + _hash_of(second))[0])
    return int(_hash_of(term)[0])


def _hash_of(term: str) -> Hashes:
    codes = _codes(term)
    return _Stretches(codes).every(len(codes))


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def grams(texts: Sequence[str], term_lengths: Sequence[int] = ()) -> Grams:
    """Take ``texts`` (made by ``wording.marked``) apart."""
    whole = joined(texts)
    codes = _codes(whole)
    whose = np.cumsum(codes == 0)
    stretches = _Stretches(codes)
    runs = _runs(codes, stretches, sorted({*LENGTHS, *term_lengths}))
    words, pairs, near = _word_grams(codes, whose, stretches)
    apart = _codes(unicodedata.normalize("NFD", whole))
    whose_apart = np.cumsum(apart == 0)
    sounds = _runs(apart, _Stretches(apart), SOUNDS)
    places, hashes = zip(*(runs[length] for length in LENGTHS), words, pairs, *near, strict=True)
    term_places, terms = zip(*(runs[length] for length in term_lengths), words, pairs, strict=True)
    return Grams(
        count=len(texts),
        owner=np.concatenate([whose[at] for at in places] + [whose_apart[at] for at, _ in sounds.values()]),
        hashes=np.concatenate([*hashes, *(found for _, found in sounds.values())]),
        term_place=np.concatenate(term_places),
        terms=np.concatenate(terms),
        codes=codes,
        whose=whose,
    )


def _runs(codes: NDArray[np.uint32], stretches: _Stretches, lengths: Sequence[int]) -> dict[int, Found]:
    """Every stretch of each length that lies within one text: where it starts, and its hash."""
    room = _room(codes == 0)
    found = {}
    for length in lengths:
        starts = np.flatnonzero(room[: max(len(codes) - length + 1, 0)] >= length)
        found[length] = starts, stretches.every(length)[starts] if len(starts) else np.zeros(0, np.uint64)
    return found


def _room(is_separator: NDArray[np.bool_]) -> Index:
    """Return how many characters follow each place (itself included) before the text ends."""
    places = np.arange(len(is_separator))
    ends = np.where(is_separator, places, len(is_separator))
    next_end: Index = np.minimum.accumulate(ends[::-1])[::-1]
    return next_end - places


def _word_grams(codes: NDArray[np.uint32], whose: Index, stretches: _Stretches) -> tuple[Found, Found, list[Found]]:
    """Words (and runs of punctuation), pairs of neighbours, and words near the company's name with their side and distance."""
    classes = _CLASSES[np.minimum(codes, 0xFFFF)]
    change = np.flatnonzero(np.diff(classes, prepend=np.uint8(_BLANK), append=np.uint8(_BLANK)))
    inside = classes[change[:-1]] != _BLANK if len(change) else np.zeros(0, np.bool_)
    starts, ends = change[:-1][inside], change[1:][inside]
    words = stretches.between(starts, ends)
    together = whose[starts[1:]] == whose[starts[:-1]]
    pairs = mixed(words[:-1] * _PAIR + words[1:])[together]
    marks = np.flatnonzero(codes[starts] == ord(MARK))
    return (starts, mixed(words + _WORD)), (starts[:-1][together], pairs), _near(words, starts, whose, marks)


def _near(words: Hashes, starts: Index, whose: Index, marks: Index) -> list[Found]:
    found = []
    for step in (*range(-WINDOW, 0), *range(1, WINDOW + 1)):
        beside = marks + step
        kept = marks[(beside >= 0) & (beside < len(words))]
        kept = kept[whose[starts[kept + step]] == whose[starts[kept]]]
        side = 1 if step < 0 else 2
        salts = (side, side + 2) if abs(step) == 1 else (side,)
        found += [(starts[kept], mixed(words[kept + step] * _NEAR + np.uint64(salt))) for salt in salts]
    return found
