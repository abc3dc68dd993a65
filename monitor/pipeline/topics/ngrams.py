"""Vectors for where a model has none: weighted stretches of two to four letters, of those that the examples hold."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.domain import Passage

_LENGTHS = (2, 3, 4)
_READ = 3_000  # characters of a post
_BLANKS = re.compile(r"\W+")


class Ngrams:
    """tf-idf of letters: what stands in few of ``texts`` weighs more, and what stands in none of them only makes a post longer."""

    vectors = "ngrams@1"

    def __init__(self, texts: Sequence[str]):
        counted = [Counter(_grams(text)) for text in texts]
        held = Counter(gram for one in counted for gram in one)
        self._places = {gram: place for place, gram in enumerate(sorted(held))}
        self._rare = float(np.log(1 + len(texts)))
        self._weights = np.array([np.log((1 + len(texts)) / (1 + held[gram])) for gram in sorted(held)])

    def embed(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        """Return a vector for each passage, of length 1 at most: less where it has much that the texts have not."""
        found = np.zeros((len(passages), len(self._places)), np.float32)
        for row, passage in enumerate(passages):
            self._fill(found[row], Counter(_grams(_unnamed(passage))))
        return found

    def _fill(self, vector: NDArray[np.float32], counted: Counter[str]) -> None:
        known = [(self._places[gram], times) for gram, times in counted.items() if gram in self._places]
        strange = np.array([times for gram, times in counted.items() if gram not in self._places], np.float64)
        if not known:
            return
        places = np.array([place for place, _ in known])
        weights = self._weights[places] * (1 + np.log([times for _, times in known]))
        length = np.sqrt((weights**2).sum() + ((self._rare * (1 + np.log(strange))) ** 2).sum())
        vector[places] = weights / max(float(length), 1e-9)


def _unnamed(passage: Passage) -> str:
    """The text without the company's name, which would make all posts alike."""
    text = passage.text
    for start, end in sorted(passage.spans, reverse=True):
        text = f"{text[:start]} {text[end:]}"
    return text


def _grams(text: str) -> list[str]:
    words = _BLANKS.sub(" ", unicodedata.normalize("NFC", text[:_READ]).casefold()).strip()
    padded = f" {words} "
    return [padded[at : at + length] for length in _LENGTHS for at in range(len(padded) - length + 1)] if words else []
