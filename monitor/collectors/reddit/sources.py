"""What one pass reads: searches for the words of the watches, listings of chosen communities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.collectors.queries import any_of, spellings_of
from monitor.domain import Watch

LONGEST_QUERY = 512
"""Characters of one search, by Reddit's description of ``q``."""
JOINED = 50
"""So many communities are searched in one request; their names stand in the address."""


@dataclass(frozen=True, slots=True)
class Source:
    """One listing that is read newest first; ``question`` names it in the cursor, in problems and for ``monitor check``."""

    question: str
    path: str
    params: Mapping[str, str | int] = field(default_factory=dict)


def searched(watches: Sequence[Watch], communities: Sequence[str]) -> Iterator[Source]:
    """Yield the searches for all terms, many in one, in ``communities`` (none: everywhere)."""
    groups = ["+".join(communities[start : start + JOINED]) for start in range(0, len(communities), JOINED)] or ["all"]
    for group in groups:
        for query in any_of(spellings_of(watches), LONGEST_QUERY, worded=_phrase):
            yield Source(
                query if group == "all" else f"r/{group}: {query}",
                f"r/{group}/search/",
                {"q": query, "sort": "new", "t": "all", "type": "link", "syntax": "lucene", "restrict_sr": str(group != "all")},
            )


def listed(communities: Sequence[str], comments: bool) -> Iterator[Source]:
    """Yield the listings of new posts, and of new ``comments``, of each community."""
    for name in {community.casefold(): community for community in communities}.values():
        yield Source(f"r/{name}/new", f"r/{name}/new")
        if comments:
            yield Source(f"r/{name}/comments", f"r/{name}/comments/")


def _phrase(term: str) -> str:
    """Write ``term`` as a phrase; quotes and backslashes in it would end the phrase."""
    return '"{}"'.format(" ".join(term.replace('"', " ").replace("\\", " ").split()))
