"""What a word shares with other words: its stem, its idea, its meaning in the other language, its pieces.

Two posts about one trouble seldom use the same words. Ideas are a hand-made list of words that mean the same in complaints
(``lexicon.txt``); meanings are English stems for Korean ones, learnt from translated sentences and from troubles that were told in
both languages (``translations.txt``), which also bring the many forms of a Korean verb together.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from enum import IntEnum
from functools import lru_cache
from importlib import resources

from monitor.grouping.lists import ENGLISH_STOPS
from monitor.grouping.places import place_of
from monitor.grouping.wording import stem

Translations = Mapping[str, tuple[str, ...]]
"""English stems for Korean ones."""


class Kind(IntEnum):
    """By what two words are alike."""

    STEM = 0
    IDEA = 1
    PIECE = 2
    MEANING = 3


def number(kind: Kind, text: str) -> int:
    """Return the number by which a feature is known: 32 bits, the same everywhere."""
    return zlib.crc32(f"{kind:d}{text}".encode())


def terms(word: str, translations: Translations | None = None) -> Iterator[tuple[int, Kind]]:
    """Yield the features of one word (as ``wording`` gives words), the stem first; ``translations`` stand in for the shipped ones."""
    core = stem(word)
    yield number(Kind.STEM, core), Kind.STEM
    for idea in sorted(_ideas(word)):
        yield number(Kind.IDEA, str(idea)), Kind.IDEA
    where = place_of(word)
    for meaning in (where,) if where else _meanings(core, TRANSLATIONS if translations is None else translations):
        yield number(Kind.MEANING, meaning), Kind.MEANING
    if core[0] >= "가":
        for place in range(len(core) - 1):
            yield number(Kind.PIECE, core[place : place + 2]), Kind.PIECE


def _lines(name: str) -> list[str]:
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _read_lexicon() -> tuple[dict[str, frozenset[int]], dict[str, frozenset[int]]]:
    korean: dict[str, frozenset[int]] = {}
    english: dict[str, frozenset[int]] = {}
    for idea, line in enumerate(_lines("lexicon.txt")):
        ours, _, theirs = line.partition("|")
        for word in ours.split():
            korean[word] = korean.get(word, frozenset()) | {idea}
        for word in theirs.split():
            core = stem(word.partition("-")[0])
            english[core] = english.get(core, frozenset()) | {idea}
    return korean, english


_KOREAN_IDEAS, _ENGLISH_IDEAS = _read_lexicon()
TRANSLATIONS: Translations = {line.split(" ", 1)[0]: tuple(line.split()[1:]) for line in _lines("translations.txt")}
_STOPS = frozenset(stem(word) for word in ENGLISH_STOPS)
_LONGEST_IDEA = max(map(len, _KOREAN_IDEAS))


@lru_cache(maxsize=65_536)
def _ideas(word: str) -> frozenset[int]:
    """Ideas of a Korean word by its longest known beginning and by what is known within it; of an English one by its stem."""
    if word[0] < "가":
        return _ENGLISH_IDEAS.get(stem(word), frozenset())
    found: frozenset[int] = frozenset()
    for end in range(min(len(word), _LONGEST_IDEA), 0, -1):
        if word[:end] in _KOREAN_IDEAS and (end > 1 or len(word) <= 3):
            found = _KOREAN_IDEAS[word[:end]]
            break
    for begin in range(1, len(word) - 1):
        for end in range(begin + 2, min(begin + 5, len(word) + 1)):
            found |= _KOREAN_IDEAS.get(word[begin:end], frozenset())
    return found


def _meanings(core: str, translations: Translations) -> tuple[str, ...]:
    if core[0] < "가":
        return (core,) if core not in _STOPS else ()
    for end in range(len(core), min(len(core), 2) - 1, -1):
        if core[:end] in translations:
            return translations[core[:end]]
    return ()
