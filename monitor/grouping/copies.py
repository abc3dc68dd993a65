"""Copies: texts that say the same but for a few letters, found by 64-bit SimHash (Charikar 2002) of their character 4-grams."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from monitor.domain import Fingerprint
from monitor.grouping.shapes import Parameters
from monitor.grouping.wording import letters

_SIZE = 4
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SIGN = 1 << 63
_ALL = (1 << 64) - 1


def fingerprint(plain: str) -> int:
    """Return the SimHash of ``plain`` as a signed 64-bit number; 0 for a text without letters."""
    if not plain:
        return 0
    points = np.frombuffer(plain.ljust(_SIZE).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    with np.errstate(over="ignore"):
        grams = points[: len(points) - _SIZE + 1].copy()
        for place in range(1, _SIZE):
            grams = grams * _BASE + points[place : len(points) - _SIZE + 1 + place]
        grams = (grams ^ (grams >> np.uint64(30))) * _MIX[0]
        grams = (grams ^ (grams >> np.uint64(27))) * _MIX[1]
        grams ^= grams >> np.uint64(31)
    ones = np.unpackbits(grams.view(np.uint8).reshape(-1, 8), axis=1, bitorder="little").sum(axis=0, dtype=np.int64)
    bits = int.from_bytes(np.packbits(2 * ones > len(grams), bitorder="little").tobytes(), "little")
    return bits - 2 * _SIGN if bits >= _SIGN else bits


@dataclass(slots=True)
class Known:
    """A text seen before: its fingerprint, when, whose copy it is, and the incident that its post stands in."""

    post_id: str
    at: datetime
    bits: int
    copy_of: str | None
    incident: int | None = None


class Copies:
    """The texts of one watch of the last days; finds the earliest one that a new text repeats.

    Only originals are compared, under four bands of 16 bits: two fingerprints that differ in at most three bits agree in one band.
    """

    def __init__(self, parameters: Parameters):
        self._parameters = parameters
        self._known: dict[str, Known] = {}
        self._bands: tuple[dict[int, list[Known]], ...] = tuple(defaultdict(list) for _ in range(4))
        self._roots: dict[str, str] = {}
        self._swept: datetime | None = None

    def __getitem__(self, post_id: str) -> Known:
        return self._known[post_id]

    def get(self, post_id: str | None) -> Known | None:
        """Return what is known of a post, None if it is not one of the last days."""
        return None if post_id is None else self._known.get(post_id)

    def restore(self, row: Fingerprint) -> None:
        """Know a text again."""
        self._enter(Known(row.post_id, row.at, row.bits, row.copy_of, row.incident_id))

    def see(self, post_id: str, text: str, at: datetime, root: str | None = None) -> Known:
        """Return what is known of a post, after finding out whose copy it is; ``root`` is the post that it passes on."""
        if (known := self._known.get(post_id)) is not None:
            return known
        self._sweep(at)
        plain = letters(text)
        bits = fingerprint(plain)
        known = Known(post_id, at, bits, self._original(root, plain, bits, at))
        if root is not None:
            self.stand_for(root, known)
        return self._enter(known)

    def stand_for(self, root: str, known: Known) -> None:
        """Remember that ``known`` passes on ``root``, a post which may never be seen itself."""
        self._roots.setdefault(root, known.copy_of or known.post_id)

    def _original(self, root: str | None, plain: str, bits: int, at: datetime) -> str | None:
        if root is not None and (seen := self._known.get(root)) is not None:
            return seen.copy_of or seen.post_id
        if root is not None and root in self._roots:
            return self._roots[root]
        if len(plain) < self._parameters.copy_characters:
            return None
        found = min(self._near(bits, at), key=lambda each: (each[0], each[1].at, each[1].post_id), default=None)
        return found[1].post_id if found else None

    def _near(self, bits: int, at: datetime) -> Iterator[tuple[int, Known]]:
        for band, keys in zip(self._bands, _keys(bits), strict=True):
            for known in band.get(keys, ()):
                distance = ((known.bits ^ bits) & _ALL).bit_count()
                if distance <= self._parameters.copy_distance and abs(at - known.at) <= self._parameters.copies:
                    yield distance, known

    def _enter(self, known: Known) -> Known:
        self._known[known.post_id] = known
        if known.copy_of is None and known.bits:
            for band, key in zip(self._bands, _keys(known.bits), strict=True):
                band[key].append(known)
        return known

    def _sweep(self, now: datetime) -> None:
        """Once a day drop what is too old to be repeated."""
        if self._swept is not None and (now - self._swept).days < 1:
            return
        self._swept = now
        horizon = now - 2 * self._parameters.copies
        kept = [known for known in self._known.values() if known.at >= horizon]
        if len(kept) < len(self._known):
            self._known.clear()
            for band in self._bands:
                band.clear()
            for known in kept:
                self._enter(known)
            self._roots = {root: post for root, post in self._roots.items() if post in self._known}


def _keys(bits: int) -> tuple[int, int, int, int]:
    return bits & 0xFFFF, bits >> 16 & 0xFFFF, bits >> 32 & 0xFFFF, bits >> 48 & 0xFFFF
