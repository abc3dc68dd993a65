"""Which posts mention which watches, and where in the text: many watches and terms in one pass.

A term matches as a substring, case ignored, both sides in NFC. So a Korean particle may follow freely (``한울오토가``), and a Latin
term also matches inside a longer word (``sk`` in ``task``) unless the watch asks for ``whole_words``. With ``variants`` it is found
too as people vary it (``terms`` says how). Namesakes are ruled out by ``none`` terms, and other talk by the company it keeps
(``exclude``, see ``surroundings``). Blank terms match nothing. Spans are offsets into the post's text as it stands, also where that
text is not NFC; such texts are matched too, only more slowly.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from operator import add

from monitor.domain import Mention, Post, Watch
from monitor.matching.folding import Text, folded
from monitor.matching.surroundings import RULES, Surroundings
from monitor.matching.terms import MOST_SPANS, Term, term

__all__ = ["MOST_SPANS", "RULES", "Matcher"]

Spans = list[tuple[int, int]]


class Matcher:
    """Finds the mentions of all watches in a post.

    Every term is filed under two overlapping pairs of its characters, rare ones; so every second pair of a post suffices to find it
    (terms of two characters need them all). Only terms found there are searched for: the cost follows the post's length and hardly the
    number of terms. An Aho-Corasick automaton (pyahocorasick 2.3) walks over a post in the same time, and brings a compiled package.
    """

    def __init__(self, watches: Sequence[Watch]):
        self._watches = tuple(watches)
        self._terms = [_terms_of(watch, watch.any) for watch in self._watches]
        self._none = [_terms_of(watch, watch.none) for watch in self._watches]
        self._surroundings = [Surroundings(watch.exclude) if watch.exclude else None for watch in self._watches]
        self._names = [{folded(watch.name), *(one.folded for one in terms)} for watch, terms in zip(watches, self._terms, strict=True)]
        self._languages = [frozenset(_primary(language) for language in watch.languages) for watch in self._watches]
        self._every = tuple(place for place, watch in enumerate(self._watches) if not watch.any)
        self._owners: dict[Term, list[int]] = defaultdict(list)
        for place, terms in enumerate(self._terms):
            for one in terms:
                self._owners[one].append(place)
        self._by_pair = _filed([one for one in self._owners if len(one.bare) > 1])
        self._of_two = frozenset(one.bare for one in self._owners if len(one.bare) == 2)
        self._by_letter = {one.bare: [two for two in self._owners if two.bare == one.bare] for one in self._owners if len(one.bare) == 1}
        self._odd = [one for one in self._owners if not one.bare]

    def mentions(self, post: Post) -> list[Mention]:
        """Return one mention for each watch that ``post`` is about, in the watches' order.

        What the post's source says is meant (``post.about``) wins: then only watches of that name or term are mentioned (if no watch
        has it, those that take every post), nothing rules the post out, and the spans are the occurrences of the term meant.
        """
        text = Text(post.text)
        if post.about is not None and (about := folded(post.about)):
            return [self._mention(post, watch, text, term(post.about).spans(text)) for watch in self._meant(about)]
        found: dict[int, Spans] = {watch: [] for watch in self._every}
        for one in self._candidates(text.bare):
            if spans := one.spans(text):
                for watch in self._owners[one]:
                    found.setdefault(watch, []).extend(spans)
        admitted = [watch for watch in sorted(found) if self._admits(watch, text, found[watch], post.language)]
        return [self._mention(post, watch, text, found[watch]) for watch in admitted]

    def _mention(self, post: Post, watch: int, text: Text, spans: Spans) -> Mention:
        return Mention(post.id, self._watches[watch].name, text.originals(_joined(spans)[:MOST_SPANS]))

    def _candidates(self, text: str) -> Iterator[Term]:
        """Yield the terms whose bare form stands in the bare text, and those that have none."""
        found = [*filter(self._by_pair.__contains__, map(add, text[::2], text[1::2]))]
        if self._of_two:
            found += filter(self._of_two.__contains__, map(add, text[1::2], text[2::2]))
        for one in dict.fromkeys(one for pair in found for one in self._by_pair[pair]):
            if one.bare in text:
                yield one
        for letter, terms in self._by_letter.items():
            if letter in text:
                yield from terms
        yield from self._odd

    def _admits(self, watch: int, text: Text, spans: Spans, language: str | None) -> bool:
        """Whether nothing rules the text out for a watch: ``none`` terms, other talk around its terms, a stated language not asked for."""
        if any(one.stands_in(text) for one in self._none[watch]):
            return False
        surroundings = self._surroundings[watch]
        if surroundings is not None and surroundings.rule_out(text.folded, spans):
            return False
        wanted = self._languages[watch]
        return not wanted or language is None or _primary(language) in wanted or not _stated(language)

    def _meant(self, about: str) -> Iterable[int]:
        return [place for place, names in enumerate(self._names) if about in names] or self._every


def _terms_of(watch: Watch, written: Iterable[str]) -> tuple[Term, ...]:
    terms = {one.folded: one for one in (term(each, watch.variants, watch.whole_words) for each in written)}
    return tuple(one for text, one in terms.items() if text)


def _filed(terms: Sequence[Term]) -> dict[str, list[Term]]:
    """File each term under the two pairs of three neighbours of its bare form that fewest terms share, or under its only pair."""
    shared = Counter(pair for one in terms for pair in set(map(add, one.bare, one.bare[1:])))
    filed: dict[str, list[Term]] = defaultdict(list)
    for one in terms:
        pairs = [*map(add, one.bare, one.bare[1:])]
        weights = [(pair.isascii(), shared[pair]) for pair in pairs]
        first = min(range(max(len(pairs) - 1, 1)), key=lambda at: sorted(weights[at : at + 2], reverse=True))
        for pair in dict.fromkeys(pairs[first : first + 2]):
            filed[pair].append(one)
    return dict(filed)


def _primary(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()


def _stated(language: str) -> bool:
    """Whether ``language`` names one: platforms also write und, zxx and the private codes qaa..qtz."""
    code = _primary(language)
    return len(code) == 2 or (len(code) == 3 and code not in ("und", "zxx", "mul", "mis") and not code.startswith("q"))


def _joined(spans: Spans) -> Spans:
    """Put stretches in order; those that overlap become one."""
    if len(spans) < 2:
        return spans
    joined: Spans = []
    for begin, end in sorted(spans):
        if joined and begin < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined
