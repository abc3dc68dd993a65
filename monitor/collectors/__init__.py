"""Collectors bring public posts in. A new one is a class with ``pages`` in a file of its own, and one line in ``KINDS``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.domain import Author, Engagement, Gone, Post

KINDS = {
    "jsonl": "monitor.collectors.jsonl:JsonLines",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What one request or one stretch of a file brought.

    ``cursor`` is the place that is safe to resume from once this page *and all earlier ones of this call* are stored;
    None while a newest-first walk is incomplete. ``problems`` tells what was skipped and why, one sentence each.
    """

    posts: Sequence[Post] = ()
    authors: Sequence[Author] = ()
    engagement: Sequence[Engagement] = ()
    gone: Sequence[Gone] = ()
    cursor: str | None = None
    problems: Sequence[str] = ()


class Collector(Protocol):
    """Brings posts in, oldest cursor first; opens nothing before ``pages`` is called, never sleeps, may repeat posts.

    Raises ``RateLimited``, ``AuthFailed``, ``Unavailable`` or ``BudgetSpent``.
    """

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield what came since ``cursor`` (None: from the beginning)."""
        ...
