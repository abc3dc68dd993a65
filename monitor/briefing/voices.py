"""Who the customers are: where they stand, how many people hear them, what they speak, whether they have written before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence

from monitor.domain import Because, Voice
from monitor.plain import clean

NAMED = 3
KNOWN_SHARE = 0.5
"""So many authors must be known as new or returning before we say anything about it."""


def customers(voices: Sequence[Voice]) -> tuple[Because, ...]:
    """Answer who they are, as reasons; empty for no voices."""
    return tuple(_customers(voices)) if voices else ()


def _customers(voices: Sequence[Voice]) -> Iterator[Because]:
    authors = {voice.author for voice in voices}
    yield Because("briefing_people", {"people": len(authors), "posts": len(voices)})
    places = _ranked(voices, lambda voice: clean(voice.post.community, 40) if voice.post.community else None)
    if places:
        listed = ", ".join(f"{name} ({n})" for name, n in places[:NAMED])
        if len(places) > NAMED:
            yield Because("briefing_communities_more", {"communities": listed, "more": len(places) - NAMED})
        else:
            yield Because("briefing_communities", {"communities": listed})
    for platform, people in _ranked(voices, lambda voice: voice.post.platform)[:NAMED]:
        yield Because("briefing_platform", {"platform": platform, "people": people})
    yield from _influence(voices)
    for language, people in _ranked(voices, lambda voice: voice.language or None)[:NAMED]:
        yield Because("briefing_language", {"language": language, "share": people / len(authors)})
    yield from _returning(voices, len(authors))


def _influence(voices: Sequence[Voice]) -> Iterator[Because]:
    followers = {voice.author: voice.followers for voice in voices if voice.followers is not None}
    if not followers:
        yield Because("briefing_followers_unknown")
        return
    known = {"followers": sum(followers.values()), "most": max(followers.values()), "known": len(followers)}
    yield Because("briefing_followers", {**known, "people": len({voice.author for voice in voices})})


def _returning(voices: Sequence[Voice], people: int) -> Iterator[Because]:
    known = {voice.author: voice.returning for voice in voices if voice.returning is not None and voice.post.author_id}
    if len(known) < KNOWN_SHARE * people:
        return
    again = sum(bool(returning) for returning in known.values())
    yield Because("briefing_returning", {"returning": again, "new": len(known) - again})


def languages(voices: Sequence[Voice], spoken: Collection[str] = ("ko", "en")) -> tuple[str, ...]:
    """Return the languages of ``spoken`` that the posts are in, the most frequent first."""
    return tuple(language for language, _ in _ranked(voices, lambda voice: voice.language or None) if language in spoken)


def _ranked(voices: Sequence[Voice], of: Callable[[Voice], str | None]) -> list[tuple[str, int]]:
    """Count distinct authors of each value, the most frequent first, then by name."""
    seen = {(voice.author, value) for voice in voices if (value := of(voice)) is not None}
    return sorted(Counter(value for _, value in seen).items(), key=lambda pair: (-pair[1], pair[0]))
