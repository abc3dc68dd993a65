"""From watches to X's queries: as few as possible, each within the length that X takes, none narrower than the watches themselves."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.collectors.queries import any_of, spellings_of
from monitor.domain import Watch

MOST = 100
"""More questions than this a pass (X takes 450 in 15 minutes): then excluded words are left to our own matching, to ask fewer."""
UNSTATED = ("und", "qam", "qct", "qht", "qme", "qst", "zxx")
"""X's codes for posts whose language it does not know: too short, only hashtags, only links. A watch's languages let them pass."""
_BARE = re.compile(r"[#@]\w+")


@dataclass(frozen=True, slots=True)
class Question:
    """One query. ``keys`` name its terms in the cursor, so that a term keeps its mark in whatever query it stands."""

    text: str
    keys: tuple[str, ...]


def questions_for(watches: Sequence[Watch], longest: int) -> list[Question]:
    """Return the questions that together find every post which X can find for ``watches``; terms that are too long are left out."""
    found = _grouped(watches, longest, negate=True)
    return found if len(found) <= MOST else _grouped(watches, longest, negate=False)


def unaskable(watches: Sequence[Watch], longest: int) -> list[str]:
    """Return the terms that no query can hold: too long, or without any letter or digit."""
    return [term for term in spellings_of(watches) if not _askable(term, longest)]


def _grouped(watches: Sequence[Watch], longest: int, negate: bool) -> list[Question]:
    """Watches share a query only if they want the same languages and exclude the same words."""
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Watch]] = defaultdict(list)
    for watch in watches:
        groups[_languages(watch), _excluded(watch) if negate else ()].append(watch)
    return [question for (languages, none), group in groups.items() for question in _asked(group, languages, none, longest)]


def _asked(watches: Sequence[Watch], languages: tuple[str, ...], none: tuple[str, ...], longest: int) -> list[Question]:
    rest = _rest(languages, none)
    if len(rest) > longest // 2:
        rest = _rest(languages, ())
    found, held = list[Question](), list[str]()
    for term in (term for term in spellings_of(watches) if _askable(term, longest)):
        if held and len(any_of([*held, term], longest, worded=worded, rest=rest)) > 1:
            found.append(_question(held, languages, longest, rest))
            held = []
        held.append(term)
    return [*found, _question(held, languages, longest, rest)] if held else found


def _question(terms: Sequence[str], languages: tuple[str, ...], longest: int, rest: str) -> Question:
    text = any_of(terms, longest, worded=worded, rest=rest)[0]
    return Question(text, tuple(":".join((",".join(languages), term.casefold())) for term in terms))


def _rest(languages: tuple[str, ...], none: tuple[str, ...]) -> str:
    """Reposts are left out: since May 2026 X finds none by words, and where its old index still does, each would be charged."""
    spoken = " OR ".join(f"lang:{code}" for code in (*languages, *UNSTATED)) if languages else ""
    return "".join((" -is:retweet", f" ({spoken})" if spoken else "", *(f" -{term}" for term in none)))


def worded(term: str) -> str:
    """Write a term as X wants it: hashtags and handles bare, all else as a phrase in quotes (which X takes no quotes inside)."""
    return term if _BARE.fullmatch(term) else f'"{_unquoted(term)}"'


def _unquoted(term: str) -> str:
    return " ".join(re.sub(r"[\"“”\\]", " ", term).split())


def _askable(term: str, longest: int) -> bool:
    """Half of the longest query is kept free for what stands after the terms."""
    return any(character.isalnum() for character in term) and len(worded(term)) <= longest // 2


def _languages(watch: Watch) -> tuple[str, ...]:
    """The watch's languages as X writes them, without the region."""
    return tuple(sorted({language.replace("_", "-").split("-")[0].lower() for language in watch.languages}))


def _excluded(watch: Watch) -> tuple[str, ...]:
    """Words that X may leave out for us: single ones only, for in a phrase X ignores punctuation where our matching does not.

    A post with such a word in it is one that our matching rules out as well.
    """
    words = {term.strip().casefold() for term in watch.none if term.strip().isalnum()}
    return tuple(sorted(words - {"or", "and", "not"}))
