"""One term as people write it: with or without a space, a hyphen or a dot between its parts, in either width, with or without accents.

A variant is only what a person would take for the same name. So between two parts there is one gap at most and never a line's end; a
gap that the term itself does not have is allowed where the script changes, at a capital in the middle (``HanulAuto``), or inside a
Korean name of four syllables and more so that each part keeps two, and then only at the beginning of a word (``한울 오토``, not ``한
울오토`` or ``서한울 오토``). A Latin end of a variant must not touch another Latin letter or digit, but for what follows a name of six
letters and more behind ``#`` or ``@`` (``#hanulautofail``). Letters are never repeated, left out or exchanged.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from itertools import islice

from monitor.matching.folding import Text, bare, folded, loosened

MOST_SPANS = 256
"""Of a text that repeats a term endlessly only the first so many occurrences are kept."""
PART = 2
"""Syllables that each part of a Korean name keeps when it is written apart."""
HUMP = 3
TAG = 6
_HUMP = re.compile(rf"(?<=[a-z]{{{HUMP}}})(?=[A-Z][a-z]{{{HUMP - 1}}})")
_LATIN = r"[^\W_\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff\u3040-\u30ff\u3400-\u9fff]"
"""A letter or digit that is no syllable or ideograph: Latin, and scripts that are written like it."""
_HANGUL = "가-힣"
_SCRIPT_CHANGES = re.compile(rf"(?<=[{_HANGUL}])(?=[a-z0-9])|(?<=[a-z0-9])(?=[{_HANGUL}])")
_SYLLABLES = re.compile(rf"[{_HANGUL}]{{{2 * PART},}}")
_GAP, _NO_GAP = " ", " ?"


class Term:
    """A term and how freely it is found: ``variants`` as this module says; ``whole`` keeps its Latin ends from touching more letters."""

    def __init__(self, written: str, variants: bool = False, whole: bool = False):
        self.written = written
        self.folded = folded(written)
        self.bare = bare(self.folded)
        self.variants = variants and bool(self.bare)
        self.whole = whole

    def spans(self, text: Text) -> list[tuple[int, int]]:
        """Return where the term stands in ``text.folded``, in order; some may overlap."""
        found = _matches(self._whole, text.folded) if self.whole else self._as_written(text.folded)
        if self.variants and text.bare.count(self.bare) > len(found):
            found = sorted({*found, *(text.tightened(*span) for span in _matches(self._loosely, text.loose))})
        return found

    def stands_in(self, text: Text) -> bool:
        """Whether the term stands in ``text`` at all."""
        return self.bare in text.bare and bool(self.spans(text))

    def _as_written(self, text: str) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        size, begin = len(self.folded), text.find(self.folded)
        while begin >= 0 and len(found) < MOST_SPANS:
            found.append((begin, begin + size))
            begin = text.find(self.folded, begin + size)
        return found

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile(_alone(self.folded, re.escape(self.folded)))

    @cached_property
    def _loosely(self) -> re.Pattern[str]:
        """Find the loose text's variants: written together anywhere, or with gaps from the beginning of a word."""
        together = _alone(self.bare, re.escape(self.bare))
        apart = self._with_gaps()
        if apart != re.escape(self.bare):
            together += f"|(?<![{_HANGUL}])" + _alone(self.bare, apart)
        if self.bare.isascii() and len(self.bare) >= TAG and not self.whole:
            together += f"|(?<=[#@]){re.escape(self.bare)}"
        return re.compile(together)

    def _with_gaps(self) -> str:
        """Return a pattern of the loose term with one optional gap wherever people may write one."""
        parts = loosened(folded(_HUMP.sub(_GAP, self.written))).split()
        return _NO_GAP.join(_NO_GAP.join(map(_syllables, _SCRIPT_CHANGES.split(part))) for part in parts)


@lru_cache(maxsize=65_536)
def term(written: str, variants: bool = False, whole: bool = False) -> Term:
    """Return the term; watches that share one share its patterns."""
    return Term(written, variants, whole)


def _matches(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    return [match.span() for match in islice(pattern.finditer(text), MOST_SPANS)]


def _alone(name: str, pattern: str) -> str:
    """Keep the Latin ends of ``name`` from touching further Latin letters or digits."""
    before = f"(?<!{_LATIN})" if re.match(_LATIN, name) else ""
    after = f"(?!{_LATIN})" if re.match(_LATIN, name[-1:]) else ""
    return f"{before}(?:{pattern}){after}"


def _syllables(part: str) -> str:
    """Let a Korean name be written apart so that each part keeps ``PART`` syllables."""
    if not _SYLLABLES.fullmatch(part):
        return re.escape(part)
    middle = range(PART, len(part) - PART + 1)
    return "".join((_NO_GAP if place in middle else "") + syllable for place, syllable in enumerate(part))
