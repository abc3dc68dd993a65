"""Hacker News: stories and comments by words, through the public search; no key. Counts again through the official item interface.

The search pages by number, and numbers shift while stories come and go; so each question asks for what is older than the last answer's
end instead, which also reads past the 1,000 hits that one question shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from monitor.collectors import Page, Query
from monitor.collectors.metering import Meter
from monitor.collectors.progress import Progress, Reach
from monitor.collectors.queries import terms_of
from monitor.collectors.reading import MALFORMED, count
from monitor.collectors.texts import clean_text, plain_of_html
from monitor.collectors.walking import Batch, moment, newest_first_resumed
from monitor.collectors.web import Web
from monitor.domain import Author, Engagement, Gone, Post, Watch
from monitor.errors import Unavailable

PER_PAGE = 100
WINDOW = 1000
"""So many hits of one question the search shows."""


@dataclass(frozen=True)
class Options:
    """Hacker News needs no key; 10,000 searches an hour from one address are allowed."""

    base_url: str = "https://hn.algolia.com/api/v1"
    """Where the search is."""
    items_url: str = "https://hacker-news.firebaseio.com/v0"
    """Where single items are read again."""
    first: timedelta = timedelta(days=2)
    """How far back the first pass goes."""
    overlap: timedelta = timedelta(minutes=30)
    """How far each pass goes back behind the last, for what the index shows late."""


class HackerNews:
    """Asks once for each term of the watches, newest first."""

    platform = "hackernews"
    batch = 1

    def __init__(
        self,
        name: str,
        options: Options,
        watches: tuple[Watch, ...] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        meter: Meter | None = None,
    ):
        self.clock = clock
        self.reach = Reach(options.overlap, options.first)
        self.terms = terms_of(watches)
        self.search = Web(name, options.base_url, meter, clock=clock)
        self.single = Web(name, options.items_url, meter, clock=clock)

    def queries(self) -> Sequence[Query]:
        """Return one question for each term."""
        return [Query(_quoted(term)) for term in self.terms]

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield stories and comments since ``cursor``."""
        progress = Progress(cursor)
        progress.keep(self.terms)
        for term in self.terms:
            yield from newest_first_resumed(term, partial(self._batches, term), progress, self.reach, self.clock())

    def refresh(self, post_ids: Sequence[str]) -> Iterator[Page]:
        """Yield points, comment counts, present words and deletions of posts, one request each."""
        for post_id in post_ids:
            native = post_id.removeprefix("hackernews:")
            found = self.single.json(f"/item/{native}.json") if native.isdecimal() else None
            if found is not None and not isinstance(found, dict):
                raise Unavailable(self.single.source, "the answer is no story or comment")
            yield self._looked_at(post_id, found)

    def _looked_at(self, post_id: str, found: dict[str, Any] | None) -> Page:
        now = self.clock()
        if found is None or found.get("deleted") or found.get("dead"):
            return Page(gone=[Gone(post_id, now)])
        counts = Engagement(post_id, now, count(found.get("score")), count(found.get("descendants")))
        try:
            return Page(engagement=[counts], edited=[_again(found)])
        except MALFORMED as error:
            return Page(engagement=[counts], problems=[f"the words of {post_id} were left out: {type(error).__name__} {error}"])

    def _batches(self, term: str, since: datetime, before: datetime | None) -> Iterator[Batch]:
        """Yield the hits between these moments, each question for what is not newer than the oldest hit known."""
        floor = int(since.timestamp())
        until = None if before is None else int(before.timestamp())
        page = 0
        while page < WINDOW // PER_PAGE:
            hits = self._hits(term, floor, until, page)
            oldest = min((stamp for stamp in map(_stamp, hits) if stamp and stamp > floor), default=None)
            yield replace(self._batch(hits), oldest=moment(oldest) if oldest else None)
            if len(hits) < PER_PAGE:
                return
            further = oldest is not None and (until is None or oldest < until)
            until, page = (oldest, 0) if further else (until, page + 1)

    def _hits(self, term: str, floor: int, until: int | None, page: int) -> list[Any]:
        limits = [f"created_at_i>{floor}", *([] if until is None else [f"created_at_i<={until}"])]
        found = self.search.json(
            "/search_by_date",
            {
                "query": _quoted(term),
                "tags": "(story,comment)",
                "advancedSyntax": "true",
                "typoTolerance": "false",
                "numericFilters": ",".join(limits),
                "hitsPerPage": PER_PAGE,
                "page": page,
            },
        )
        hits = found.get("hits") if isinstance(found, dict) else None
        if not isinstance(hits, list):
            raise Unavailable(self.search.source, "the answer has no hits")
        return hits

    def _batch(self, hits: Sequence[Any]) -> Batch:
        now = self.clock()
        posts, authors, engagement, problems = [], [], [], []
        for hit in hits:
            try:
                post = _post(hit)
            except MALFORMED as error:
                problems.append(f"a hit was left out: {type(error).__name__} {error}")
                continue
            posts.append(post)
            if post.author_id:
                authors.append(Author(post.author_id, "hackernews", post.author_id.removeprefix("hackernews:")))
            engagement.append(Engagement(post.id, now, count(hit.get("points")), count(hit.get("num_comments"))))
        return Batch(posts, authors, engagement, problems=problems)


def _post(hit: dict[str, Any]) -> Post:
    """Return the story or comment that a hit of the search stands for."""
    words = [hit.get("title"), hit.get("story_text") or hit.get("comment_text")]
    return _read(hit["objectID"], words, hit["created_at_i"], hit.get("author"), hit.get("parent_id"))


def _again(found: dict[str, Any]) -> Post:
    """Return the story or comment as the item interface shows it now."""
    return _read(found["id"], [found.get("title"), found.get("text")], found["time"], found.get("by"), found.get("parent"))


def _read(number: str | int, words: Sequence[str | None], seconds: float, author: str | None, parent: int | None) -> Post:
    native = str(int(number))
    return Post(
        id=f"hackernews:{native}",
        platform="hackernews",
        text="\n".join(plain_of_html(part) for part in words if part),
        created_at=moment(seconds),
        url=f"https://news.ycombinator.com/item?id={native}",
        author_id=f"hackernews:{clean_text(author)}" if author else None,
        reply_to=f"hackernews:{int(parent)}" if parent else None,
    )


def _quoted(term: str) -> str:
    """Return the term as words that must stand side by side; a quotation mark of its own would end them."""
    return f'"{term.replace(chr(34), " ").strip()}"'


def _stamp(hit: Any) -> int | None:
    """Return the time of a hit in whole seconds, if it has one that a calendar knows."""
    value = hit.get("created_at_i") if isinstance(hit, dict) else None
    return value if isinstance(value, int) and 0 < value < 253_402_300_800 else None
