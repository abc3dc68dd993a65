"""Places that a post names, the same in both languages. What happens in Gunsan is not what happens in Mokpo.

Place names that are ordinary Korean words as well (예산, 동작) are known by their English spelling only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources

from monitor.grouping.lists import AFTER_PLACES
from monitor.grouping.wording import stem


def _read() -> dict[str, str]:
    known: dict[str, str] = {}
    for line in resources.files(__package__).joinpath("places.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            korean, _, english = line.partition("|")
            names = english.split()
            known |= {spelling.replace("_", " "): names[0] for spelling in (*korean.split(), *names)}
    return known


_KNOWN = _read()
_LONGEST = max(len(spelling) for spelling in _KNOWN if spelling[0] >= "가")


def places(words: Sequence[str]) -> Iterator[str]:
    """Yield the places that ``words`` (as ``wording`` gives them) name."""
    for at, word in enumerate(words):
        pair = f"{word} {words[at + 1]}" if word < "가" and at + 1 < len(words) else word
        if (place := _KNOWN.get(pair) or place_of(word)) is not None:
            yield place


@lru_cache(maxsize=65_536)
def place_of(word: str) -> str | None:
    """Return the place that one word names, with or without what may follow it; None if it names none."""
    if word < "가":
        return _KNOWN.get(word)
    core = stem(word)
    for spelling in (word, core):
        for end in range(min(len(spelling), _LONGEST), 1, -1):
            if spelling[:end] in _KNOWN and (end == len(spelling) or spelling[end:] in AFTER_PLACES):
                return _KNOWN[spelling[:end]]
    return None
