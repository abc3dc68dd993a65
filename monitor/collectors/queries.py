"""From watches to what platforms are asked: each term once, quoted where it must be, questions no longer than the platform allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from monitor.domain import Watch


def terms_of(watches: Sequence[Watch]) -> tuple[str, ...]:
    """Return the terms of all watches, each once, case ignored, in order; blank ones left out."""
    terms = {term.strip().casefold(): term.strip() for watch in watches for term in watch.any if term.strip()}
    return tuple(terms.values())


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


def _joined(terms: Sequence[str], joiner: str, rest: str) -> str:
    whole = joiner.join(terms)
    return f"({whole}){rest}" if rest and len(terms) > 1 else whole + rest
