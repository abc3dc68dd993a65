"""What is normal: how common each word is, and how alike two posts about different troubles are."""

from __future__ import annotations

import math
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources

import numpy as np

from monitor.grouping.wording import Wording, features

SCALE = 4095
"""Length of a vector; its parts are whole numbers, so that sums do not depend on their order."""
_HEADER = struct.Struct("<4sHHI")
_MAGIC = b"GBG1"
_STEPS = 20.0
"""Levels of the stored idf in one nat."""


@dataclass(frozen=True)
class Background:
    """The company's normal: ``idf`` of common features (others are rare: ``rarest``), and the tail of unrelated posts' likeness.

    ``tail`` holds the likenesses which one in 10, 100, 1,000 and 10,000 pairs of posts about different troubles exceeds; beyond it is
    exponential.
    """

    idf: dict[int, float]
    rarest: float
    tail: tuple[float, ...]

    @classmethod
    def fitted(cls, corpora: Sequence[Iterable[Wording]], tail: Sequence[float], least: float = 0.001) -> Background:
        """Count in how many posts of each corpus a feature stands; the corpus where it is most common decides.

        Features in fewer than ``least`` of all posts are left out and count as rare.
        """
        shares: dict[int, float] = {}
        for corpus in corpora:
            posts, counts = 0, Counter[int]()
            for wording in corpus:
                posts += 1
                counts.update({number for word in set(wording.words) for number, _ in features(word)})
            for number, count in counts.items():
                if count >= least * posts and count / posts > shares.get(number, 0.0):
                    shares[number] = count / posts
        idf = {number: round(-math.log(share) * _STEPS) / _STEPS for number, share in sorted(shares.items())}
        return cls(idf, -math.log(least), tuple(tail))

    def to_bytes(self) -> bytes:
        """Return a compact, versioned form."""
        numbers = np.array(sorted(self.idf), np.uint32)
        levels = np.array([round(self.idf[int(number)] * _STEPS) for number in numbers], np.uint8)
        body = (
            struct.pack("<f", self.rarest)
            + np.array(self.tail, np.float32).tobytes()
            + np.diff(numbers, prepend=0).astype(np.uint32).tobytes()
        )
        return _HEADER.pack(_MAGIC, 1, len(self.tail), len(numbers)) + zlib.compress(body + levels.tobytes(), 9)

    @classmethod
    def from_bytes(cls, blob: bytes) -> Background:
        """Read what ``to_bytes`` wrote; ValueError for anything else."""
        try:
            magic, version, tails, count = _HEADER.unpack_from(blob)
            if magic != _MAGIC or version != 1:
                raise ValueError("not a background of grouping, or of another version")
            body = zlib.decompress(blob[_HEADER.size :])
            rarest = struct.unpack_from("<f", body)[0]
            tail = np.frombuffer(body, np.float32, tails, 4)
            numbers = np.cumsum(np.frombuffer(body, np.uint32, count, 4 + 4 * tails), dtype=np.int64)
            levels = np.frombuffer(body, np.uint8, count, 4 + 4 * tails + 4 * count) / _STEPS
        except (struct.error, zlib.error) as error:
            raise ValueError("not a background of grouping") from error
        return cls(dict(zip(numbers.tolist(), levels.tolist(), strict=True)), round(rarest, 6), tuple(round(float(x), 6) for x in tail))

    def surprise(self, likeness: float) -> float:
        """Return -log10 of the share of unrelated pairs that are at least so alike (cap 6)."""
        points = self.tail
        if likeness <= 0:
            return 0.0
        below = 0.0
        for power, point in enumerate(points, 1):
            if likeness < point:
                return power - 1 + (likeness - below) / (point - below)
            below = point
        return min(6.0, len(points) + (likeness - below) / (points[-1] - points[-2]))

    def vector(self, wording: Wording) -> dict[int, int]:
        """Return the tf-idf vector of a text, of length ``SCALE`` and in whole numbers."""
        weights: dict[int, float] = {}
        for word, times in Counter(wording.words).items():
            for number, weight in self._weights(word):
                weights[number] = max(weights.get(number, 0.0), weight * (1 + math.log(times)))
        length = math.sqrt(sum(weight * weight for weight in weights.values()))
        if not length:
            return {}
        whole = {number: round(weight / length * SCALE) for number, weight in weights.items()}
        return {number: weight for number, weight in whole.items() if weight}

    @cached_property
    def _cache(self) -> dict[str, tuple[tuple[int, float], ...]]:
        return {}

    def _weights(self, word: str) -> tuple[tuple[int, float], ...]:
        found = self._cache.get(word)
        if found is None:
            if len(self._cache) > 100_000:
                self._cache.clear()
            rarest = self.rarest
            found = tuple((number, weight * self.idf.get(number, rarest)) for number, weight in features(word))
            self._cache[word] = found
        return found


SHIPPED = Background.from_bytes(resources.files(__package__).joinpath("shipped.bin").read_bytes())
