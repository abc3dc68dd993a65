"""What troubles told several ways teach grouping: words of the trade in two languages, and how much a shared feature tells.

Words that tellings of one trouble in the two languages hold more often than chance would have it (Dunning's likelihood ratio, 1993), and
more often than its siblings do, mean the same. A feature that stands in a share r of the other tellings of a trouble, and in a share q
of posts about something else, makes the same trouble r / q times likelier; its share is set so that ``monitor.grouping.likelihood``
says just that. Counts of few tellings are drawn towards what is usual for features of their kind.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path

from monitor.grouping.background import Background
from monitor.grouping.likelihood import OWN, WEIGHTS
from monitor.grouping.lists import ENGLISH_STOPS
from monitor.grouping.terms import Kind, Translations, terms
from monitor.grouping.wording import stem, telling, wording
from scripts.training.corpus import HELD_TROUBLES

FOLDS = 3
LEAST_RATIO = 25.0
"""Least likelihood ratio of a pair of words, as twice its logarithm."""
LEAST_TROUBLES = 3
LEAST_LIFT = 3.0
MOST_SIBLINGS = 0.5
"""A pair is left out that stands between siblings more than half as often as within troubles."""
MOST_OF_A_WORD = 3
LEAST_TELLINGS = 4
USUAL = 12.0
"""Tellings that what is usual for features of a kind is worth."""
KIN = 0.2
"""How much siblings count in what is held by chance: one company's troubles are more alike than all companies'."""
_BOTH_LANGUAGES = (Kind.IDEA, Kind.MEANING)
_STOPS = frozenset(map(stem, ENGLISH_STOPS))

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Telling:
    """One telling of a trouble: its language and its telling words."""

    language: str
    words: frozenset[str]


Trouble = tuple[Telling, ...]
Family = tuple[Trouble, ...]
"""Troubles that are easily mixed up."""


def read(folder: Path) -> list[list[Family]]:
    """Return the families of all files but the held out one, in ``FOLDS`` parts of whole files."""
    parts: list[list[Family]] = [[] for _ in range(FOLDS)]
    files = [path for path in sorted(folder.glob("*.jsonl")) if path.name != HELD_TROUBLES]
    for place, path in enumerate(files):
        families: dict[str, list[Trouble]] = defaultdict(list)
        for row in map(json.loads, filter(str.strip, path.read_text(encoding="utf-8").splitlines())):
            families[row["family"]].append(tuple(_telling(one["lang"], one["text"]) for one in row["texts"]))
        parts[place % FOLDS] += map(tuple, families.values())
    return parts


def _telling(language: str, text: str) -> Telling:
    return Telling(language, frozenset(filter(telling, wording(text).words)))


# ---- words of the trade in both languages ----


def translations(families: Sequence[Family]) -> dict[str, list[str]]:
    """Return for Korean stems the English stems that tell the same, surest first."""
    sides = [[_sides(trouble) for trouble in family] for family in families]
    troubles = [side for family in sides for side in family]
    held = Counter(word for side in troubles for words in side for word in words)
    within = Counter(pair for ours, theirs in troubles for pair in _pairs(ours, theirs))
    within = Counter({pair: count for pair, count in within.items() if count >= LEAST_TROUBLES})
    between = Counter(pair for family in sides for pair in _between(family) if pair in within)
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for (ours, theirs), count in within.items():
        by_chance = held[ours] * held[theirs] / len(troubles)
        if between[ours, theirs] <= MOST_SIBLINGS * count and count >= LEAST_LIFT * by_chance:
            ratio = likelihood_ratio(count, held[ours], held[theirs], len(troubles))
            if ratio >= LEAST_RATIO:
                found[ours].append((-ratio, theirs))
    return {word: [other for _, other in sorted(others)[:MOST_OF_A_WORD]] for word, others in sorted(found.items())}


def likelihood_ratio(both: int, first: int, second: int, troubles: int) -> float:
    """Return twice the log likelihood ratio of "they hang together" to "chance", for two words in so many of all troubles."""
    table = (both, first - both, second - both, troubles - first - second + both)
    edges = (first, second, troubles - first, troubles - second)
    inner, outer = (sum(count * math.log(count) for count in counts if count > 0) for counts in (table, edges))
    return 2 * (inner - outer + troubles * math.log(troubles))


def _sides(trouble: Trouble) -> tuple[set[str], set[str]]:
    """The Korean and the English stems of a trouble."""
    words = {stem(word) for told in trouble for word in told.words}
    return {word for word in words if word[0] >= "가"}, {word for word in words if word[0] < "가" and len(word) > 2 and word not in _STOPS}


def _pairs(ours: Iterable[str], theirs: Iterable[str]) -> Iterator[Pair]:
    return ((one, other) for one in ours for other in theirs)


def _between(family: Sequence[tuple[set[str], set[str]]]) -> Iterator[Pair]:
    """The pairs of each two siblings, each pair once for two."""
    for at, one in enumerate(family):
        for other in family[at + 1 :]:
            yield from {*_pairs(one[0], other[1]), *_pairs(other[0], one[1])}


# ---- how much a shared feature tells ----


@dataclass(slots=True)
class Tally:
    """Of how many tellings a feature's holders were asked about (``asked``), and how many of those hold it too (``answered``)."""

    asked: Counter[int] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)

    def add(self, one: Mapping[int, int], other: Mapping[int, int], others: int, itself: int = 0) -> None:
        """Ask ``others`` tellings about what ``one`` counts; each of them is ``itself`` among those."""
        for number, count in one.items():
            self.asked[number] += count * (others - itself)
            self.answered[number] += count * (other.get(number, 0) - itself)

    def share(self, number: int, usual: float) -> float:
        """The share that holds the feature, drawn towards ``usual``."""
        return (self.answered[number] + USUAL * usual) / (self.asked[number] + USUAL)


@dataclass(slots=True)
class Counts:
    """What was counted of features in tellings: in the same trouble, in siblings, and in all tellings of a language."""

    again: Tally = field(default_factory=Tally)
    kin: Tally = field(default_factory=Tally)
    held: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    tellings: Counter[str] = field(default_factory=Counter)
    kinds: dict[int, Kind] = field(default_factory=dict)

    def count(self, family: Family, words: Translations) -> None:
        """Count one family's tellings."""
        troubles = [self._by_language(trouble, words) for trouble in family]
        for trouble in troubles:
            for language, (tellings, counts) in trouble.items():
                self.held[language].update(counts)
                self.tellings[language] += tellings
                self.again.add(counts, counts, tellings, itself=1)
                for other, (others, theirs) in trouble.items():
                    if other != language:
                        self.again.add(self._in_both(counts), theirs, others)
        for one, another in permutations(troubles, 2):
            for language, (_, counts) in one.items():
                for other, (others, theirs) in another.items():
                    self.kin.add(counts if other == language else self._in_both(counts), theirs, others)

    def _by_language(self, trouble: Trouble, words: Translations) -> dict[str, tuple[int, Counter[int]]]:
        """How many tellings a language has, and how many of them hold each feature."""
        found: dict[str, tuple[int, Counter[int]]] = {}
        for told in trouble:
            features = {number: kind for word in told.words for number, kind in terms(word, words)}
            self.kinds |= features
            tellings, counts = found.get(told.language, (0, Counter[int]()))
            counts.update(features.keys())
            found[told.language] = tellings + 1, counts
        return found

    def _in_both(self, counts: Mapping[int, int]) -> dict[int, int]:
        return {number: count for number, count in counts.items() if self.kinds[number] in _BOTH_LANGUAGES}

    def usual(self) -> dict[Kind, float]:
        """In what share of the other tellings a feature of a kind stands."""
        asked, answered = Counter[Kind](), Counter[Kind]()
        for number, kind in self.kinds.items():
            asked[kind] += self.again.asked[number]
            answered[kind] += self.again.answered[number]
        return {kind: answered[kind] / max(asked[kind], 1) for kind in Kind}

    def shares(self, background: Background) -> Iterator[tuple[int, float]]:
        """Yield the features that enough tellings hold, each with the share at which it tells what it tells."""
        usual = self.usual()
        for number, kind in sorted(self.kinds.items()):
            if sum(held[number] for held in self.held.values()) < LEAST_TELLINGS:
                continue
            here = max(self.held[language][number] / tellings for language, tellings in self.tellings.items())
            chance = (background.share(number, kind) + here) / 2
            chance = (1 - KIN) * chance + KIN * self.kin.share(number, chance)
            share = OWN * WEIGHTS[kind] * chance / max(self.again.share(number, usual[kind]), 1e-4)
            yield number, min(1.0, max(share, background.rarest))


def sharpened(background: Background, parts: Sequence[Sequence[Family]], general: Translations) -> Background:
    """Return a background whose shares say what tellings showed; ``general``: translations that were not learnt from them.

    Every part is counted with the word pairs of the other parts: pairs must not vouch for themselves.
    """
    counts = Counts()
    for part in parts:
        words = joined(translations([family for other in parts if other is not part for family in other]), general)
        for family in part:
            counts.count(family, words)
    return Background({**background.shares, **dict(counts.shares(background))}, background.rarest, background.idea)


def joined(trade: Mapping[str, Sequence[str]], general: Mapping[str, Sequence[str]], most: int = 5) -> dict[str, tuple[str, ...]]:
    """Join two lists of translations; those of the trade come first."""
    return {
        word: tuple(dict.fromkeys([*trade.get(word, ()), *general.get(word, ())]))[:most] for word in sorted({*trade, *general})
    }  # fmt: skip
