"""How likely a post belongs to a topic that is known by a sentence and a few examples only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from monitor.classifiers import Embedder
from monitor.domain import Passage
from monitor.pipeline.topics.ngrams import Ngrams

Floats = NDArray[np.float64]

LETTERS, BOTH = (1.2, 2.5), (2.0, 1.75)
"""Logit of a topic against all the rest: ``slope x (z - offset)``, by letters alone and with vectors beside them.

Fitted on three topics of tests/streams/own_topics.txt, with the shipped model's vectors.
"""
NEAREST = 3
"""Of a topic's texts, so many of the nearest count: one alone is often near by chance."""
_HIGHEST = 20.0  # logit
_LEAST = 1e-3  # spread of similarities below which they are as good as equal
_KOREAN = re.compile("[\uac00-\ud7a3\u3131-\u318e]")


class Likeness:
    """Compares posts with the texts of topics, by stretches of letters and, with an ``embedder``, by its vectors: the mean of both counts.

    Letters know the same words again, vectors the same trouble in other words.
    """

    def __init__(self, topics: Sequence[Sequence[str]], embedder: Embedder | None):
        """Embed the texts of each topic once."""
        texts = [text for topic in topics for text in topic]
        letters = Ngrams([*background(), *texts])
        self._spaces = [_Space(topics, one) for one in (letters, embedder) if one]
        self.slope, self.offset = BOTH if embedder else LETTERS

    def shares(self, passages: Sequence[Passage]) -> Floats:
        """Return the probability of each topic (passages, topics); what is missing to one is that of none of them."""
        z = np.mean([space.nearer(passages) for space in self._spaces], axis=0)
        raised = np.exp(np.clip(self.slope * (z - self.offset), -_HIGHEST, _HIGHEST))
        shares: Floats = raised / (1 + raised.sum(axis=1, keepdims=True))
        return shares


class _Space:
    """The texts of topics in one space of vectors.

    Similarities mean something else in every space and in each language, so they are measured against those of ordinary posts
    (``background.txt``): z tells by how many standard deviations a post is nearer than those of its own script.
    """

    def __init__(self, topics: Sequence[Sequence[str]], embedder: Embedder | Ngrams):
        self._bounds = np.cumsum([0, *map(len, topics)])
        self._embedder = embedder
        usual = embedder.embed([Passage(text) for text in background()])
        self._middle = np.zeros(usual.shape[1], np.float32) if isinstance(embedder, Ngrams) else usual.mean(axis=0)
        self._texts = self._centred(embedder.embed([Passage(text) for topic in topics for text in topic]))
        likeness, korean = self._nearest(usual), _korean(background())
        self._usual = [(rows.mean(axis=0), np.maximum(rows.std(axis=0), _LEAST)) for rows in (likeness[~korean], likeness[korean])]

    def nearer(self, passages: Sequence[Passage]) -> Floats:
        """Return z (passages, topics)."""
        likeness = self._nearest(self._embedder.embed(passages))
        korean = _korean([passage.text for passage in passages])[:, None]
        (mean, spread), (mean_ko, spread_ko) = self._usual
        z: Floats = np.where(korean, (likeness - mean_ko) / spread_ko, (likeness - mean) / spread)
        return z

    def _nearest(self, vectors: NDArray[np.float32]) -> Floats:
        """Mean similarity to the nearest texts of each topic (vectors, topics)."""
        found = self._centred(vectors) @ self._texts.T
        pairs = zip(self._bounds, self._bounds[1:], strict=False)
        return np.stack([np.sort(found[:, start:end], axis=1)[:, -NEAREST:].mean(axis=1) for start, end in pairs], axis=1)

    def _centred(self, vectors: NDArray[np.float32]) -> Floats:
        """Take away what all posts share, which in many spaces is most of a vector."""
        moved = (vectors - self._middle).astype(np.float64)
        if not self._middle.any():
            return moved
        unit: Floats = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
        return unit


@cache
def background() -> tuple[str, ...]:
    """Ordinary posts in both languages, about the twelve topics and about other things."""
    return tuple(resources.files(__package__).joinpath("background.txt").read_text(encoding="utf-8").splitlines())


def _korean(texts: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([_KOREAN.search(text) is not None for text in texts], np.bool_)
