"""Vectors of words and stretches of three letters, hashed with a sign into a few hundred numbers: alone, or beside those of a model."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.classifiers import Embedder
from monitor.domain import Passage

WIDTH = 256
BESIDE = 0.35
"""Length of a hashed vector beside a model's: longer ones made heads judge labels of open texts worse, and new words hardly better."""
_LONGEST = 3000
_WORDS = re.compile(r"\w+")
_NAME = "\ue000"


class Hashed:
    """The hashing trick (Weinberger and others 2009); the watched company's name is the same for all companies."""

    vectors = "hashed@1"

    def embed(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        """Return a vector of length 1 for each passage (passages, ``WIDTH``), in order; zeros for one without letters."""
        vectors = np.zeros((len(passages), WIDTH), np.float32)
        for row, passage in enumerate(passages):
            grams = _grams(_told(passage))
            if grams:
                hashes = np.array([zlib.crc32(gram.encode("utf-8", "surrogatepass")) for gram in grams], np.uint32)
                np.add.at(vectors[row], hashes % WIDTH, np.where(hashes >> np.uint32(31), np.float32(1), np.float32(-1)))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: NDArray[np.float32] = vectors / np.maximum(lengths, np.float32(1e-9))
        return unit


class Worded:
    """A model's vectors with hashed ones beside them: a model tells what was meant, hashes also which words a company's own people use."""

    def __init__(self, embedder: Embedder):
        self._embedder, self._hashed = embedder, Hashed()
        self.vectors = f"{embedder.vectors}+{self._hashed.vectors}"

    def embed(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        """Return the model's vectors, of length 1, and after their numbers hashed ones of length ``BESIDE``; errors are the model's."""
        return np.concatenate([self._embedder.embed(passages), BESIDE * self._hashed.embed(passages)], axis=1, dtype=np.float32)


def _told(passage: Passage) -> str:
    text = passage.text
    for start, end in sorted(passage.spans, reverse=True):
        if 0 <= start < end <= len(text):
            text = f"{text[:start]} {_NAME} {text[end:]}"
    return unicodedata.normalize("NFC", text[:_LONGEST]).casefold()


def _grams(text: str) -> set[str]:
    words = _WORDS.findall(text)
    stretches = (f" {word} "[at : at + 3] for word in words for at in range(len(word)))
    return {*words, *stretches, *((_NAME,) if _NAME in text else ())}
