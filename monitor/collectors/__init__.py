"""Collectors bring public posts in. A new one is a class with ``pages`` in a file of its own, and one line in ``KINDS``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from monitor.domain import Author, Engagement, Gone, Post

KINDS = {
    "feeds": "monitor.collectors.feeds:Feeds",
    "bluesky": "monitor.collectors.bluesky:Bluesky",
    "hackernews": "monitor.collectors.hackernews:HackerNews",
    "jetstream": "monitor.collectors.jetstream:Jetstream",
    "jsonl": "monitor.collectors.jsonl:JsonLines",
    "mastodon": "monitor.collectors.mastodon:Mastodon",
    "naver": "monitor.collectors.naver:Naver",
    "x": "monitor.collectors.x:X",
    "reddit": "monitor.collectors.reddit:Reddit",
    "youtube": "monitor.collectors.youtube:YouTube",
}


@dataclass(frozen=True, slots=True)
class Hole:
    """Posts between these moments are lost to us: the platform shows no more of them. ``why`` is for the log, in English."""

    since: datetime
    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Page:
    """What one request or one stretch of a file brought.

    ``cursor`` is the place that is safe to resume from once this page *and all earlier ones of this call* are stored;
    None while a newest-first walk is incomplete. ``problems`` tells what was skipped and why, one sentence each.
    ``edited`` are posts known before whose text is another now; ``hole`` is a stretch that can no longer be read.
    """

    posts: Sequence[Post] = ()
    authors: Sequence[Author] = ()
    engagement: Sequence[Engagement] = ()
    gone: Sequence[Gone] = ()
    cursor: str | None = None
    problems: Sequence[str] = ()
    edited: Sequence[Post] = ()
    hole: Hole | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """One question that a collector asks its platform on every pass, and what asking it costs (money in the platform's currency).

    ``each`` is what every post that it finds costs besides, at most. With ``apart`` it is not asked on every pass, but so far apart.
    """

    text: str
    requests: int = 1
    money: float = 0.0
    each: float = 0.0
    apart: timedelta = timedelta(0)


class Collector(Protocol):
    """Brings posts in, oldest cursor first; opens nothing before ``pages`` is called, never sleeps, may repeat posts.

    Raises ``RateLimited``, ``AuthFailed``, ``Unavailable`` or ``BudgetSpent``.
    """

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield what came since ``cursor`` (None: from the beginning)."""
        ...


@runtime_checkable
class Refresher(Protocol):
    """A collector that can look at posts again: their counts, their reposts and quotes, whether they were edited or deleted."""

    platform: str
    """Posts whose id begins with this word and a colon are its own."""
    batch: int
    """So many posts are looked at in one request."""

    def refresh(self, post_ids: Sequence[str]) -> Iterator[Page]:
        """Yield pages with ``engagement``, ``gone``, ``edited``, ``authors`` and new ``posts`` that pass these on; no cursor.

        Raises what ``pages`` raises.
        """
        ...


@runtime_checkable
class Searcher(Protocol):
    """A collector that turns the watches into questions; ``monitor check`` shows them."""

    def queries(self) -> Sequence[Query]:
        """Return what one pass asks."""
        ...


@runtime_checkable
class Prober(Protocol):
    """A collector whose first page would cost money or quota: ``monitor check`` asks this instead."""

    def probe(self) -> None:
        """Make the cheapest request that shows whether the platform takes us. Raises what ``pages`` raises."""
        ...
