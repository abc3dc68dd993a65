"""Texts made comparable: case folded, composed, loosened; and for each character of the result, where it stands in the original."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property

GAPS = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212_.\u00b7\u2022\u2027\u2219\u22c5\u318d\u30fb\uff65\uff0d\uff0e\u3161\u30fc")
"""Between the parts of a name these are as good as a space: hyphens, dashes, the low line, dots, middle dots, the letter ㅡ."""
_NOTHING = frozenset("\u00ad\u034f\u180e\u200b\u200c\u200d\u2060\ufeff\u3164\uffa0\u115f\u1160")
_UNUSUAL = re.compile(r"[^\t\n !-~가-힣ㄱ-ㅠㅢㅣ]")
"""All other characters stay as they are, but for ASCII's gaps and spaces: most texts have no others."""
_SAME = {"\u2018": "'", "\u2019": "'", "\u201b": "'", "\u2032": "'", "\u02bc": "'", "\uff07": "'"}


class Text:
    """A post's text in the three forms that terms are looked for in, each made when first asked for.

    ``folded`` is NFC with case folded. ``loose`` besides: one width, no accents, nothing unseen, every gap one space. ``bare`` is
    that without spaces. Each form is made character by character from the one before, so what is part of one form is part of the next.
    """

    def __init__(self, original: str):
        self.folded, self._places = comparable(original)

    @cached_property
    def _usual(self) -> bool:
        return _UNUSUAL.search(self.folded) is None

    @cached_property
    def bare(self) -> str:
        """The loose text without any gaps and line ends."""
        if not self._usual:
            return self.folded.translate(_BARE)
        return "".join(self.folded.replace(".", "").replace("-", "").replace("_", "").split())

    @cached_property
    def loose(self) -> str:
        """The loose text."""
        if not self._usual:
            return self.folded.translate(_LOOSE)
        return self.folded.replace(".", " ").replace("-", " ").replace("_", " ").replace("\t", " ")

    @cached_property
    def _loose_places(self) -> list[int] | None:
        """Where the loose text's characters stand in the folded one; None: at the same places."""
        if self._usual:
            return None
        parts = [_LOOSE[ord(character)] for character in self.folded]
        return [place for place, part in enumerate(parts) for _ in part] + [len(self.folded)]

    def tightened(self, begin: int, end: int) -> tuple[int, int]:
        """Return which stretch of ``folded`` a stretch of ``loose`` comes from."""
        places = self._loose_places
        return (begin, end) if places is None else (places[begin], places[end - 1] + 1)

    def originals(self, spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
        """Return where stretches of ``folded`` stand in the original text, whole clusters each."""
        places = self._places
        return tuple(spans) if places is None else tuple((places[begin], _end(places, end)) for begin, end in spans)


def folded(term: str) -> str:
    """Return a term as ``Text.folded`` would have it; nothing if it is blank."""
    return "" if term.isspace() else _fold(unicodedata.normalize("NFC", term))[0]


def loosened(term: str) -> str:
    """Return a folded term as ``Text.loose`` would have it."""
    return term.translate(_LOOSE)


def bare(term: str) -> str:
    """Return a folded term as ``Text.bare`` would have it."""
    return term.translate(_BARE)


class _Loose(dict[int, str]):
    """What becomes of each character, worked out when it is first seen."""

    def __missing__(self, point: int) -> str:
        found = self[point] = _loosened(chr(point))
        return found


class _Bare(dict[int, str]):
    def __missing__(self, point: int) -> str:
        found = self[point] = "".join(_LOOSE[point].split())
        return found


_LOOSE, _BARE = _Loose(), _Bare()


def _loosened(character: str) -> str:
    if character in GAPS:
        return " "
    if character in _NOTHING or "\u0300" <= character <= "\u036f" or "\ufe00" <= character <= "\ufe0f":
        return ""
    if character in _SAME:
        return _SAME[character]
    if character in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029":
        return "\n"
    if character.isspace():
        return " "
    if _hangul(character):
        return character
    return "".join(_unaccented(part) for part in unicodedata.normalize("NFKC", character).casefold())


def _hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7ff" or "\u1100" <= character <= "\u11ff" or "\u3130" <= character <= "\u318f"


def _unaccented(character: str) -> str:
    """Leave the accents off Latin letters; other scripts have letters of their own where these would fall off."""
    first = unicodedata.normalize("NFD", character)[0]
    return first if first.isascii() else " " if character in GAPS else character


def comparable(text: str) -> tuple[str, list[int] | None]:
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


def _end(places: list[int], end: int) -> int:
    """Where the cluster ends that holds the last character of a match."""
    last = places[end - 1]
    while places[end] == last:
        end += 1
    return places[end]
