"""Other talk in which a name turns up: sport, shares, job offers, homes, private sales. Named rules by the words near the name.

A rule speaks where at every place at which the name stands one of its cue words stands near, on the same line, and nothing in the
text sounds like a customer. It knows few and telling words (``surroundings.txt``), so as to let too much through rather than lose a
complaint; docs/operators.md has its measured error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

NEAR = 40
"""So many characters before and after a name are looked at."""
_CUSTOMER = "customer"


def _listed() -> Iterator[tuple[str, list[str]]]:
    """Yield each section of the file with its words."""
    text = Path(__file__).with_suffix(".txt").read_text("utf-8")
    for section in re.split(r"^\[(?=\w+\]$)", text, flags=re.MULTILINE)[1:]:
        name, _, lines = section.partition("]\n")
        yield name, [word for line in lines.splitlines() if line and not line.startswith("#") for word in line.split(" | ")]


_WORDS = dict(_listed())
_SOUNDS_LIKE_A_CUSTOMER = re.compile("|".join(_WORDS[_CUSTOMER]))
RULES = tuple(rule for rule in _WORDS if rule != _CUSTOMER)


class Surroundings:
    """The rules that one watch asks for, as one pattern."""

    def __init__(self, rules: Iterable[str]):
        self._cues = re.compile("|".join(word for rule in rules for word in _WORDS[rule]))

    def rule_out(self, text: str, spans: Sequence[tuple[int, int]]) -> bool:
        """Whether every one of ``spans`` of ``text`` (case folded) stands in other talk, and nobody sounds like a customer."""
        if not spans or not all(self._near(text, *span) for span in spans):
            return False
        return _SOUNDS_LIKE_A_CUSTOMER.search(text) is None

    def _near(self, text: str, begin: int, end: int) -> bool:
        first = max(text.rfind("\n", 0, begin) + 1, begin - NEAR)
        line_end = text.find("\n", end)
        last = min(len(text) if line_end < 0 else line_end, end + NEAR)
        return self._cues.search(text, first, last) is not None
