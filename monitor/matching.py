"""Which posts mention which watches, and where in the text: many watches and terms in one pass.

A term matches as a substring, case ignored, both sides in NFC. So a Korean particle may follow freely (``한울오토가``) and a Latin
term also matches inside a longer word (``sk`` in ``task``): short Latin terms are better written as people write them (``@sk``,
``sk telecom``) or with the spaces around them, and namesakes ruled out by ``none``. Blank terms match nothing. Spans are offsets
into the post's text as it stands, also where that text is not NFC; such texts are matched too, only more slowly.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from operator import add

from monitor.domain import Mention, Post, Watch

Spans = tuple[tuple[int, int], ...]

MOST_SPANS = 256
"""Of a text that repeats a term endlessly only the first so many occurrences are kept."""


class Matcher:
    """Finds the mentions of all watches in a post.

    Every term is filed under its rarest pair of neighbouring characters; a post's own pairs are looked up among these, and only the
    terms found there are searched for, so the cost follows the post's length and hardly the number of terms.
    """

    def __init__(self, watches: Sequence[Watch]):
        self._watches = tuple(watches)
        self._terms = [tuple(dict.fromkeys(filter(None, map(_folded, watch.any)))) for watch in self._watches]
        self._none = [tuple(dict.fromkeys(filter(None, map(_folded, watch.none)))) for watch in self._watches]
        self._names = [_folded(watch.name) for watch in self._watches]
        self._languages = [frozenset(_primary(language) for language in watch.languages) for watch in self._watches]
        self._every = tuple(place for place, watch in enumerate(self._watches) if not watch.any)
        self._owners: dict[str, list[int]] = defaultdict(list)
        for place, terms in enumerate(self._terms):
            for term in terms:
                self._owners[term].append(place)
        self._by_pair, self._by_letter = _filed(self._owners)

    def mentions(self, post: Post) -> list[Mention]:
        """Return one mention for each watch that ``post`` is about, in the watches' order.

        What the post's source says is meant (``post.about``) wins: then only watches of that name or term are mentioned (if no watch
        has it, those that take every post), ``none`` terms do not count, and the spans are the occurrences of the term meant.
        """
        text, places = _comparable(post.text)
        if post.about is not None and (about := _folded(post.about)):
            spans = _spans(text, (about,), places)
            return [Mention(post.id, self._watches[watch].name, spans) for watch in self._meant(about)]
        found: dict[int, list[str]] = {watch: [] for watch in self._every}
        for term in self._present(text):
            for watch in self._owners[term]:
                found.setdefault(watch, []).append(term)
        return [
            Mention(post.id, self._watches[watch].name, _spans(text, found[watch], places))
            for watch in sorted(found)
            if self._admits(watch, text, post.language)
        ]

    def _present(self, text: str) -> Iterator[str]:
        for pair in self._by_pair.keys() & set(map(add, text, text[1:])):
            for term in self._by_pair[pair]:
                if term in text:
                    yield term
        for letter, terms in self._by_letter.items():
            if letter in text:
                yield from terms

    def _admits(self, watch: int, text: str, language: str | None) -> bool:
        """Whether no ``none`` term stands in the text, and its stated language, if any, is one the watch asks for."""
        if any(term in text for term in self._none[watch]):
            return False
        wanted = self._languages[watch]
        return not wanted or language is None or _primary(language) in wanted or not _stated(language)

    def _meant(self, about: str) -> Iterable[int]:
        known = [place for place, name in enumerate(self._names) if about == name or about in self._terms[place]]
        return known or self._every


def _filed(terms: Iterable[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """File each term under the pair of its characters that fewest terms share; terms of one character apart."""
    pairs = Counter(pair for term in terms for pair in set(map(add, term, term[1:])))
    by_pair: dict[str, list[str]] = defaultdict(list)
    by_letter: dict[str, list[str]] = defaultdict(list)
    for term in terms:
        choices = sorted(set(map(add, term, term[1:])), key=lambda pair: (pair.isascii(), " " in pair, pairs[pair], pair))
        (by_pair[choices[0]] if choices else by_letter[term]).append(term)
    return dict(by_pair), dict(by_letter)


def _primary(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()


def _stated(language: str) -> bool:
    """Whether ``language`` names one: platforms also write und, zxx and the private codes qaa..qtz."""
    code = _primary(language)
    return len(code) == 2 or (len(code) == 3 and code not in ("und", "zxx", "mul", "mis") and not code.startswith("q"))


def _folded(term: str) -> str:
    return "" if term.isspace() else _fold(unicodedata.normalize("NFC", term))[0]


def _comparable(text: str) -> tuple[str, list[int] | None]:
    """Return the text in NFC with case folded, and where its characters begin in ``text`` (None: at the same places)."""
    if text.isascii():
        return text.lower(), None
    if unicodedata.is_normalized("NFC", text):
        return _fold(text)
    composed, starts = _composed(text)
    folded, places = _fold(composed)
    return folded, starts if places is None else [starts[place] for place in places]


def _fold(text: str) -> tuple[str, list[int] | None]:
    """Fold case; the places of the characters only where folding changed the length (``ß`` becomes ``ss``)."""
    folded = text.casefold()
    if len(folded) == len(text):
        return folded, None
    parts = [character.casefold() for character in text]
    return "".join(parts), [place for place, part in enumerate(parts) for _ in part] + [len(text)]


def _composed(text: str) -> tuple[str, list[int]]:
    """Return the NFC of ``text`` and, for each of its characters, where in ``text`` the cluster that it comes from begins."""
    parts: list[str] = []
    places: list[int] = []
    begin = 0
    for end in _cluster_ends(text):
        part = unicodedata.normalize("NFC", text[begin:end])
        parts.append(part)
        places.extend([begin] * len(part))
        begin = end
    return "".join(parts), [*places, len(text)]


def _cluster_ends(text: str) -> Iterator[int]:
    """Yield the ends of the stretches that can be composed on their own."""
    starter = ""
    for place, character in enumerate(text):
        if unicodedata.combining(character):
            continue
        together = unicodedata.normalize("NFC", starter + character)
        if starter and len(together) == 1:
            starter = together
            continue
        if place:
            yield place
        starter = character
    if text:
        yield len(text)


def _spans(text: str, terms: Sequence[str], places: list[int] | None) -> Spans:
    """Return the occurrences of ``terms``, in order; those that overlap are joined into one."""
    found = sorted(span for term in terms for span in _occurrences(text, term))
    joined: list[tuple[int, int]] = []
    for begin, end in found:
        if joined and begin < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    if places is not None:
        joined = [(places[begin], _end(places, end)) for begin, end in joined]
    return tuple(joined[:MOST_SPANS])


def _end(places: list[int], end: int) -> int:
    """Where the cluster ends that holds the last character of a match."""
    last = places[end - 1]
    while places[end] == last:
        end += 1
    return places[end]


def _occurrences(text: str, term: str) -> Iterator[tuple[int, int]]:
    begin = text.find(term)
    for _ in range(MOST_SPANS):
        if begin < 0:
            return
        yield begin, begin + len(term)
        begin = text.find(term, begin + len(term))
