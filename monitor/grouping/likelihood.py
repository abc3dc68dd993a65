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
from collections.abc import Container, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.grouping.background import Feature
from monitor.grouping.terms import Kind

OWN = 0.25
WEIGHTS = {Kind.STEM: 1.0, Kind.IDEA: 0.7, Kind.MEANING: 1.0, Kind.PIECE: 0.5}
PRIOR = 10.0
"""Incidents that the shipped shares are worth."""
CROWDING = 0.7
"""Power of the number of incidents that hold a feature: a large trouble in fragments must not make its own words ordinary."""
NEAR = 0.3
"""What an incident of the same time counts, where one of another time counts 1."""
NEAR_DAYS = 2.0
RAREST = 0.006
LEAST_GAIN = 1.3
CAP = 3.0
"""Most that one word can say where no vectors are compared."""
UNLIKE = 0.2
MOST_UNLIKE = 5
"""A word that the incident does not know takes off ``UNLIKE``; so many words do at most."""

_UNIT = 1024
_NONE = np.zeros(0)
_NO_SLOTS = np.zeros(0, np.int32)

Features = tuple[tuple[Feature, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What live incidents know of a post's ``words`` (their number).

    ``features`` are the (word, feature) pairs that say something, with their ``gains``; the arrays ``gained``, ``word``, ``slots``,
    ``counts`` have one entry for each of them and each incident that holds it.
    """

    words: int
    features: list[tuple[int, int]]
    gains: NDArray[np.float64]
    gained: NDArray[np.float64]
    word: NDArray[np.int64] | NDArray[np.int32]
    slots: NDArray[np.int32]
    counts: NDArray[np.int32]


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

    def __init__(self, cap: float = CAP) -> None:
        self._cap = cap
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

    def count(self, slot: int, numbers: Iterable[int], step: int) -> None:
        """Put a post into an incident (``step`` 1) or take it out (-1)."""
        self._posts[slot] += step
        for number in numbers:
            holders = self._holders.get(number)
            if holders is None:
                holders = self._holders[number] = _Holders()
            holders.add(slot, step)
            if not holders.slots:
                del self._holders[number]

    def heard(self, features: Features, day: float, only: Container[int] | None = None) -> Heard:
        """Return what live incidents know of a post's words, written on ``day``, and how much each match would say at most.

        ``only``: features to look at, where those of a single incident matter.
        """
        found = [
            (word, number, kind, share, holders)
            for word, known in enumerate(features)
            for number, kind, share in known
            if (only is None or number in only) and (holders := self._holders.get(number)) is not None
        ]
        if not found:
            return Heard(len(features), [], _NONE, _NONE, _NO_SLOTS, _NO_SLOTS, _NO_SLOTS)
        words, numbers, kinds, shares, holders_of = zip(*found, strict=True)
        lengths = np.array([len(holders.slots) for holders in holders_of])
        slots = np.frombuffer(b"".join([holders.slots for holders in holders_of]), np.int32)
        counts = np.frombuffer(b"".join([holders.counts for holders in holders_of]), np.int32)
        strange = self._strangeness(day)
        others = np.add.reduceat(strange[slots], np.cumsum(lengths) - lengths) / _UNIT
        everyone = PRIOR + (float(strange.sum()) / _UNIT) ** CROWDING
        normal = (PRIOR * np.array(shares) + others**CROWDING) / everyone
        gains = OWN * np.array([WEIGHTS[kind] for kind in kinds]) / np.maximum(normal, RAREST)
        kept = gains > LEAST_GAIN - 1 + OWN
        entries = np.repeat(kept, lengths)
        which = np.flatnonzero(kept).tolist()
        return Heard(
            len(features),
            [(words[place], numbers[place]) for place in which],
            gains[kept],
            np.repeat(gains, lengths)[entries],
            np.repeat(np.array(words), lengths)[entries],
            slots[entries],
            counts[entries],
        )

    def _strangeness(self, day: float) -> NDArray[np.int64]:
        """How much each incident counts for what is normal: fully when it is days away, little when it is of the same time.

        Words of one trouble come in a burst; words that the company's posts always have come at all times.
        """
        near = np.exp(-np.abs(day - self.latest) / NEAR_DAYS)
        whole: NDArray[np.int64] = np.where(self.posts > 0, np.rint((1 - (1 - NEAR) * near) * _UNIT), 0).astype(np.int64)
        return whole

    def surprises(self, heard: Heard) -> NDArray[np.float64]:
        """Return the surprise of a post in every incident, by slot."""
        times = 1 - OWN + heard.gained * heard.counts / self._posts[heard.slots]
        best = np.ones(heard.words * self._slots)  # word by word: numpy is several times quicker at one axis than at two
        np.maximum.at(best, heard.word * self._slots + heard.slots, times)
        places = np.flatnonzero(best > 1)
        known = places % max(self._slots, 1)
        said = np.bincount(known, np.minimum(np.log(best[places]), self._cap), self._slots)
        unknown = heard.words - np.bincount(known, minlength=self._slots)
        total: NDArray[np.float64] = said - UNLIKE * np.minimum(unknown, MOST_UNLIKE)
        return total

    def surprise(self, heard: Heard, held: Counter[int], posts: int) -> float:
        """Return the surprise of a post in one incident, whose ``posts`` posts hold features ``held`` times."""
        best: dict[int, float] = {}
        for (word, number), gain in zip(heard.features, heard.gains.tolist(), strict=True):
            if number in held:
                best[word] = max(best.get(word, 1.0), 1 - OWN + gain * held[number] / posts)
        said = sum(min(math.log(times), self._cap) for times in best.values() if times > 1)
        unknown = heard.words - sum(1 for times in best.values() if times > 1)
        return said - UNLIKE * min(unknown, MOST_UNLIKE)
