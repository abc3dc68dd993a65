"""Hacker News: stories and comments by words, through the public search; no key. Counts again through the official item interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.collectors import Page, Query
from monitor.collectors.metering import Meter
from monitor.collectors.queries import terms_of
from monitor.collectors.texts import plain_of_html
from monitor.collectors.walking import Batch, Marks, Reach, moment, newest_first
from monitor.collectors.web import Web
from monitor.domain import Author, Engagement, Gone, Post, Watch
from monitor.errors import Unavailable

PER_PAGE = 100
WINDOW = 1000
"""The search shows so many hits of one question; the walk then asks again for what is older."""


@dataclass(frozen=True)
class Options:
    """Hacker News needs no key."""

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
        return [Query(f'"{term}"') for term in self.terms]

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield stories and comments since ``cursor``."""
        marks = Marks(cursor)
        marks.keep(self.terms)
        for term in self.terms:
            yield from newest_first(term, self._batches(term, marks), marks, self.reach, self.clock(), whole=True)

    def refresh(self, post_ids: Sequence[str]) -> Iterator[Page]:
        """Yield points, comment counts, edits and deletions of posts, one request each."""
        for post_id in post_ids:
            native = post_id.removeprefix("hackernews:")
            found = self.single.json(f"/item/{native}.json")
            now = self.clock()
            if found is None or found.get("deleted") or found.get("dead"):
                yield Page(gone=[Gone(post_id, now)])
            else:
                yield Page(engagement=[Engagement(post_id, now, _count(found, "score"), _count(found, "descendants"))])

    def _batches(self, term: str, marks: Marks) -> Iterator[Batch]:
        """Yield the hits page by page; at the end of the search's window, ask again for what is older than the last hit."""
        now = self.clock()
        floor = int(self.reach.floor(marks.get(term), now).timestamp())
        until = int(now.timestamp()) + 1
        while True:
            oldest = until
            for page in range(WINDOW // PER_PAGE):
                found = self._asked(term, floor, until, page)
                hits = found.get("hits") or []
                if not hits:
                    return
                batch = self._batch(hits)
                oldest = min(oldest, int(batch.oldest.timestamp())) if batch.oldest else oldest
                yield batch
                if len(hits) < PER_PAGE or page + 1 >= int(found.get("nbPages") or 0):
                    break
            else:
                if oldest < until - 1:
                    until = oldest + 1
                    continue
            return

    def _asked(self, term: str, floor: int, until: int, page: int) -> dict[str, Any]:
        found = self.search.json(
            "/search_by_date",
            {
                "query": f'"{term}"',
                "tags": "(story,comment)",
                "advancedSyntax": "true",
                "typoTolerance": "false",
                "numericFilters": f"created_at_i>{floor},created_at_i<{until}",
                "hitsPerPage": PER_PAGE,
                "page": page,
            },
        )
        if not isinstance(found, dict) or not isinstance(found.get("hits"), list):
            raise Unavailable(self.search.source, "the answer has no hits")
        return found

    def _batch(self, hits: Sequence[dict[str, Any]]) -> Batch:
        now = self.clock()
        posts, authors, engagement, problems = [], [], [], []
        for hit in hits:
            try:
                post = _post(hit)
            except (KeyError, TypeError, ValueError) as error:
                problems.append(f"a hit was left out: {type(error).__name__} {error}")
                continue
            posts.append(post)
            if post.author_id:
                authors.append(Author(post.author_id, "hackernews", hit["author"]))
            engagement.append(Engagement(post.id, now, _count(hit, "points"), _count(hit, "num_comments")))
        return Batch(posts, authors, engagement, problems=problems, oldest=min((post.created_at for post in posts), default=None))


def _post(hit: dict[str, Any]) -> Post:
    native = str(int(hit["objectID"]))
    words = [hit.get("title"), hit.get("story_text") or hit.get("comment_text")]
    parent = hit.get("parent_id")
    return Post(
        id=f"hackernews:{native}",
        platform="hackernews",
        text="\n".join(plain_of_html(part) for part in words if part),
        created_at=moment(hit["created_at_i"]),
        url=f"https://news.ycombinator.com/item?id={native}",
        author_id=f"hackernews:{hit['author']}" if hit.get("author") else None,
        reply_to=f"hackernews:{parent}" if parent else None,
    )


def _count(found: dict[str, Any], name: str) -> int | None:
    value = found.get(name)
    return value if isinstance(value, int) and value >= 0 else None
