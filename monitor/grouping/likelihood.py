"""How much likelier a post's words are in one live incident than by chance, for all incidents at once.

Each word of the post is thought to come from the incident's own words (chance ``OWN``) or from the background. A word that stands
in a share s of the incident's posts and in a share p of all others makes the post ``1 - OWN + OWN * s / p`` times likelier; it is
matched by its stem, its idea, its meaning or its pieces, whichever says most. p joins the shipped shares with what the live
incidents hold, so that words of this company's everyday lose their weight.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from monitor.grouping.background import Feature
from monitor.grouping.terms import Kind

OWN = 0.25
WEIGHTS = {Kind.STEM: 1.0, Kind.IDEA: 0.5, Kind.MEANING: 0.8, Kind.PIECE: 0.2}
PRIOR = 10.0
"""Incidents that the shipped shares are worth."""
CROWDING = 0.7
"""Power of the number of incidents that hold a feature: a large trouble in fragments must not make its own words ordinary."""
LEAVE_OUT = 0.5
RAREST = 0.004
LEAST_GAIN = 1.3
CAP = 4.0
"""Most that one word can say."""
UNLIKE = 0.2
MOST_UNLIKE = 6
"""A word that the incident does not know takes off ``UNLIKE``; so many words do at most."""

Features = tuple[tuple[Feature, ...], ...]


@lru_cache(maxsize=4096)
def _crowd(incidents: int) -> float:
    return float(max(incidents - LEAVE_OUT, 0.0) ** CROWDING)


class _Holders:
    """The incidents (by slot) that hold one feature, and in how many of their posts."""

    __slots__ = ("counts", "places", "slots")

    def __init__(self) -> None:
        self.slots = array("i")
        self.counts = array("i")
        self.places: dict[int, int] = {}

    def add(self, slot: int, step: int) -> None:
        place = self.places.get(slot)
        if place is None:
            self.places[slot] = len(self.slots)
            self.slots.append(slot)
            self.counts.append(step)
            return
        self.counts[place] += step
        if not self.counts[place]:
            last_slot, last_count = self.slots.pop(), self.counts.pop()
            del self.places[slot]
            if last_slot != slot:
                self.slots[place], self.counts[place] = last_slot, last_count
                self.places[last_slot] = place


class Words:
    """The words of all live incidents of one watch. Every incident has a slot, a small number; sums do not depend on the slots."""

    def __init__(self) -> None:
        self._holders: dict[int, _Holders] = {}
        self._posts: NDArray[np.float64] = np.zeros(64)
        self._latest: NDArray[np.float64] = np.zeros(64)
        self._free: list[int] = []
        self._slots = 0

    def open(self) -> int:
        """Return a free slot."""
        if self._free:
            return self._free.pop()
        self._slots += 1
        if self._slots > len(self._posts):
            self._posts = np.concatenate([self._posts, np.zeros(len(self._posts))])
            self._latest = np.concatenate([self._latest, np.zeros(len(self._latest))])
        return self._slots - 1

    def close(self, slot: int) -> None:
        """Give a slot back; its posts must have been taken out."""
        self._free.append(slot)

    def date(self, slot: int, day: float) -> None:
        """Note when an incident's latest post came, in days."""
        self._latest[slot] = day

    @property
    def posts(self) -> NDArray[np.float64]:
        """How many posts stand for each incident, by slot."""
        return self._posts[: self._slots]

    @property
    def latest(self) -> NDArray[np.float64]:
        """The days of the incidents' latest posts, by slot."""
        return self._latest[: self._slots]

    def count(self, slot: int, features: Features, step: int) -> None:
        """Put a post into an incident (``step`` 1) or take it out (-1)."""
        self._posts[slot] += step
        for number in {number for word in features for number, _, _ in word}:
            holders = self._holders.get(number)
            if holders is None:
                holders = self._holders[number] = _Holders()
            holders.add(slot, step)
            if not holders.slots:
                del self._holders[number]

    def gains(self, features: Features, incidents: int) -> list[dict[int, float]]:
        """Return for each word how many times likelier each feature makes it at most; features that say too little are left out."""
        total = PRIOR + max(incidents - LEAVE_OUT, 0.0) ** CROWDING
        holders_of, gains = self._holders, []
        for word in features:
            known = {}
            for number, kind, share in word:
                if (holders := holders_of.get(number)) is not None:
                    normal = (PRIOR * share + _crowd(len(holders.slots))) / total
                    if (gain := OWN * WEIGHTS[kind] / max(normal, RAREST)) > LEAST_GAIN - 1 + OWN:
                        known[number] = gain
            gains.append(known)
        return gains

    def surprises(self, gains: Sequence[dict[int, float]]) -> NDArray[np.float64]:
        """Return the surprise of a post in every incident, by slot."""
        slots, counts, gained, words = self._held(gains)
        unlike = -UNLIKE * min(len(gains), MOST_UNLIKE)
        if not slots:
            return np.full(self._slots, unlike)
        lengths = [len(each) for each in slots]
        slot = np.concatenate(slots)
        times = 1 - OWN + np.repeat(gained, lengths) * np.concatenate(counts) / self._posts[slot]
        best = np.ones((len(gains), self._slots))
        np.maximum.at(best, (np.repeat(words, lengths), slot), times)
        word, known = np.nonzero(best > 1)
        said = np.bincount(known, np.minimum(np.log(best[word, known]), CAP), self._slots)
        unknown = len(gains) - np.bincount(known, minlength=self._slots)
        total: NDArray[np.float64] = said - UNLIKE * np.minimum(unknown, MOST_UNLIKE)
        return total

    def _held(self, gains: Sequence[dict[int, float]]) -> tuple[list[NDArray[np.int32]], list[NDArray[np.int32]], list[float], list[int]]:
        slots, counts, gained, words = [], [], [], []
        for word, known in enumerate(gains):
            for number, gain in known.items():
                holders = self._holders[number]
                slots.append(np.frombuffer(holders.slots, np.int32))
                counts.append(np.frombuffer(holders.counts, np.int32))
                gained.append(gain)
                words.append(word)
        return slots, counts, gained, words

    def surprise(self, gains: Sequence[dict[int, float]], held: Counter[int], posts: int) -> float:
        """Return the surprise of a post in one incident, whose ``posts`` posts hold features ``held`` times."""
        said, unknown = 0.0, 0
        for word in gains:
            best = max((1 - OWN + gain * held[number] / posts for number, gain in word.items() if number in held), default=0.0)
            if best > 1:
                said += min(math.log(best), CAP)
            else:
                unknown += 1
        return said - UNLIKE * min(unknown, MOST_UNLIKE)
