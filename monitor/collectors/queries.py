"""From watches to what platforms are asked: each term once, quoted where it must be, questions no longer than the platform allows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from monitor.domain import Watch

_GAP = re.compile(r"[ \-.·]")
_WORDS = re.compile(rf"[@#]?\w+(?:{_GAP.pattern}\w+)+")
_FOUR_SYLLABLES = re.compile("([가-힣]{2})([가-힣]{2})")


def terms_of(watches: Sequence[Watch]) -> tuple[str, ...]:
    """Return the terms of all watches, each once, case ignored, in order; blank ones left out."""
    terms = {term.strip().casefold(): term.strip() for watch in watches for term in watch.any if term.strip()}
    return tuple(terms.values())


def spellings_of(watches: Sequence[Watch]) -> tuple[str, ...]:
    """Return the terms and, of watches that want variants, the other way to write each: for platforms that take many in one question.

    A name of several words is also asked for in one word, which is how hashtags and handles have it; a Korean name of four syllables
    also in two halves. Longer ones can be parted in several ways: whoever wants one asked for writes it into ``any``.
    """
    asked = terms_of(watches)
    free = terms_of([watch for watch in watches if watch.variants])
    others = [other for term in free for other in (_in_one_word(term), _halved(term))]
    known = {term.casefold(): term for term in reversed((*asked, *others))}
    return tuple(known[key] for key in dict.fromkeys(term.casefold() for term in (*asked, *others)))


def any_of(
    terms: Sequence[str], longest: int, joiner: str = " OR ", worded: Callable[[str], str] = lambda term: f'"{term}"', rest: str = ""
) -> list[str]:
    """Return questions that together ask for any of ``terms``, each at most ``longest`` characters with ``rest`` after it.

    ``worded`` writes one term as the platform wants it (a phrase in quotes). A single term that is too long stands alone all the same.
    """
    questions: list[str] = []
    held: list[str] = []
    for term in map(worded, terms):
        if held and len(_joined([*held, term], joiner, rest)) > longest:
            questions.append(_joined(held, joiner, rest))
            held = []
        held.append(term)
    return [*questions, _joined(held, joiner, rest)] if held else questions


def _in_one_word(term: str) -> str:
    return _GAP.sub("", term) if _WORDS.fullmatch(term) else term


def _halved(term: str) -> str:
    halves = _FOUR_SYLLABLES.fullmatch(term)
    return f"{halves[1]} {halves[2]}" if halves else term


def _joined(terms: Sequence[str], joiner: str, rest: str) -> str:
    whole = joiner.join(terms)
    return f"({whole}){rest}" if rest and len(terms) > 1 else whole + rest
