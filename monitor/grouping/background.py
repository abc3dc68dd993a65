"""What is normal: in what share of posts a feature stands when nothing happens, and how much it tells when it is shared."""

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

from monitor.grouping.terms import Kind, Translations, terms
from monitor.grouping.terms import number as number_of
from monitor.grouping.wording import Wording, telling

_HEADER = struct.Struct("<4sHI")
_MAGIC = b"GBG2"
_STEPS = 20.0
"""Levels of a stored share in one nat."""
_REMEMBERED = 100_000
"""So many words are remembered with what is known of them."""

Feature = tuple[int, Kind, float]
"""Its number, by what it makes words alike, and the share of posts that hold it normally."""


@dataclass(frozen=True)
class Background:
    """``shares``: features by number, with the share of ordinary posts that hold them; others are rarer than ``rarest``.

    A feature of which more is known has the share at which it tells what it tells: ``scripts/training/tellings.py``. ``idea`` is the
    share of other ideas: a list of synonyms has no frequency of its own.
    """

    shares: dict[int, float]
    rarest: float = 0.0005
    idea: float = 0.03

    @classmethod
    def fitted(cls, corpora: Sequence[Iterable[Wording]], least: float = 0.001, translations: Translations | None = None) -> Background:
        """Count in how many posts of each corpus a feature stands; the corpus where it is most common decides.

        Fit it to the company's own posts of some months to know what is normal there. Features in fewer than ``least`` of all posts
        are left out. ``translations``: instead of the shipped ones.
        """
        shares: dict[int, float] = {}
        for corpus in corpora:
            posts, counts = 0, Counter[int]()
            for wording in corpus:
                posts += 1
                counts.update({number for word in set(wording.words) if telling(word) for number, _ in terms(word, translations)})
            for number, count in counts.items():
                if count >= least * posts and count / posts > shares.get(number, 0.0):
                    shares[number] = count / posts
        return cls({number: float(np.exp(-_level(share) / _STEPS)) for number, share in sorted(shares.items())})

    def to_bytes(self) -> bytes:
        """Return a compact, versioned form."""
        numbers = np.array(sorted(self.shares), np.uint32)
        levels = np.array([_level(self.shares[int(number)]) for number in numbers], np.uint8)
        body = struct.pack("<ff", self.rarest, self.idea) + np.diff(numbers, prepend=np.uint32(0)).tobytes() + levels.tobytes()
        return _HEADER.pack(_MAGIC, 1, len(numbers)) + zlib.compress(body, 9)

    @classmethod
    def from_bytes(cls, blob: bytes) -> Background:
        """Read what ``to_bytes`` wrote; ValueError for anything else."""
        try:
            magic, version, count = _HEADER.unpack_from(blob)
            if magic != _MAGIC or version != 1:
                raise ValueError("not a background of grouping, or of another version")
            body = zlib.decompress(blob[_HEADER.size :])
            rarest, idea = struct.unpack_from("<ff", body)
            numbers = np.cumsum(np.frombuffer(body, np.uint32, count, 8), dtype=np.int64)
            levels = np.frombuffer(body, np.uint8, count, 8 + 4 * count)
        except (struct.error, zlib.error) as error:
            raise ValueError("not a background of grouping") from error
        shares = np.exp(levels / -_STEPS)
        return cls(dict(zip(numbers.tolist(), shares.tolist(), strict=True)), round(rarest, 6), round(idea, 6))

    def features(self, words: Iterable[str]) -> tuple[tuple[Feature, ...], ...]:
        """Return the features of each telling word, each stem once, in the order of the words."""
        found: dict[int, tuple[Feature, ...]] = {}
        for word in words:
            features = self._features(word)
            if features:
                found.setdefault(features[0][0], features)
        return tuple(found.values())

    def share(self, number: int, kind: Kind) -> float:
        """Return the share of posts that hold a feature normally."""
        return self.shares.get(number, self.idea if kind is Kind.IDEA else self.rarest)

    def log_share(self, core: str) -> float:
        """Return the log of the share of posts that hold a stem normally."""
        found = self._logs.get(core)
        if found is None:
            if len(self._logs) > _REMEMBERED:
                self._logs.clear()
            found = self._logs[core] = math.log(self.shares.get(number_of(Kind.STEM, core), self.rarest))
        return found

    @cached_property
    def _logs(self) -> dict[str, float]:
        return {}

    @cached_property
    def _cache(self) -> dict[str, tuple[Feature, ...]]:
        return {}

    def _features(self, word: str) -> tuple[Feature, ...]:
        found = self._cache.get(word)
        if found is None:
            if len(self._cache) > _REMEMBERED:
                self._cache.clear()
            known = terms(word) if telling(word) else ()
            found = tuple((number, kind, self.share(number, kind)) for number, kind in known)
            self._cache[word] = found
        return found


def _level(share: float) -> int:
    return min(255, round(-float(np.log(share)) * _STEPS))


def _shipped() -> Background:
    return Background.from_bytes(resources.files(__package__).joinpath("shipped.bin").read_bytes())


SHIPPED = _shipped()
