"""Bluesky: posts by words through the search; counts, deletions and followers by 25 at a time.

Plain HTTP, because only three questions and a sign-in are needed: the atproto package (0.0.73) brings pydantic models of every
lexicon (30 MB installed, 0.9 s to import) and sessions that would have to be kept out of logs and within our meter all the same.

The search knows no OR, so each term is a question. With an app password a burst is read page by page; without one the service shows
the first page only, and the walk asks again for what is older than the last post seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from monitor.collectors import Hole, Page, Query
from monitor.collectors.bluesky.posts import author_of, engagement_of, hidden, post_of
from monitor.collectors.bluesky.service import AT_ONCE, BadRequest, Service
from monitor.collectors.metering import Meter
from monitor.collectors.progress import Progress, Reach
from monitor.collectors.queries import terms_of
from monitor.collectors.reading import MALFORMED
from monitor.collectors.walking import Batch, newest_first_resumed
from monitor.decode import Secret
from monitor.domain import Author, Engagement, Post, Watch
from monitor.matching import Matcher

PER_PAGE = 100
LONG = 10
"""A walk of so many pages is asked on by time: the service does not promise that page tokens lead to the last hit."""
_MOMENT = timedelta(milliseconds=1)

FOLLOWERS_LAST = timedelta(hours=1)
"""So long the number of followers serves before it is read again."""


@dataclass(frozen=True)
class Options:
    """Bluesky can be searched without a key; an app password (Settings, Privacy and security, App passwords) is surer in a burst."""

    handle: str = ""
    """The account that the app password belongs to, as ``name.bsky.social``."""
    app_password: Secret | None = None
    """An app password, never the account's own."""
    base_url: str = "https://api.bsky.app"
    """Who is asked without a password."""
    service_url: str = "https://bsky.social"
    """Who is asked with one: the account's server, which passes questions on."""
    followers: bool = True
    """Whether the followers of authors are asked for (one request for 25 authors of posts that mention a watch)."""
    first: timedelta = timedelta(days=2)
    """How far back the first pass goes."""
    overlap: timedelta = timedelta(minutes=30)
    """How far each pass goes back behind the last, for what the index shows late."""

    def __post_init__(self) -> None:
        if bool(self.handle) != (self.app_password is not None):
            raise ValueError("handle must stand together with app_password")


class Bluesky:
    """Asks once for each term of the watches, newest first."""

    platform = "bluesky"
    batch = AT_ONCE

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
        self.matcher = Matcher(watches)
        url = options.base_url if options.app_password is None else options.service_url
        self.service = Service(name, url, meter, clock, options.handle, options.app_password)
        self.followers = options.followers
        self._authors: dict[str, Author] = {}
        self._authors_since = clock()

    def queries(self) -> Sequence[Query]:
        """Return one question for each term."""
        return [Query(_quoted(term)) for term in self.terms]

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield posts since ``cursor``."""
        progress = Progress(cursor)
        progress.keep(self.terms)
        if self.clock() - self._authors_since >= FOLLOWERS_LAST:
            self._authors, self._authors_since = {}, self.clock()
        for term in self.terms:
            holes: list[Hole] = []
            answered = progress.mark(term) is not None
            for page in newest_first_resumed(term, partial(self._batches, term, holes), progress, self.reach, self.clock()):
                yield replace(page, hole=holes.pop()) if holes and answered else page

    def refresh(self, post_ids: Sequence[str]) -> Iterator[Page]:
        """Yield counts and deletions of posts, 25 a request; Bluesky has no edits."""
        return self.service.refresh(post_ids)

    def _batches(self, term: str, holes: list[Hole], floor: datetime, before: datetime | None) -> Iterator[Batch]:
        """Yield what the search shows between these moments, stretch by stretch.

        Each is read by page tokens, the next is what is older than its last post.
        """
        until = before and before + _MOMENT
        seen: set[str] = set()
        while True:
            known, oldest, more = len(seen), until, False
            for views, cut_off in self._stretch(term, floor, until, seen):
                batch, last = self._batch(views)
                oldest, more = min(filter(None, (oldest, last)), default=None), cut_off
                yield batch
            if not more:
                return
            if oldest is None or len(seen) == known:
                holes.append(Hole(floor, oldest or self.clock(), f"{term}: more posts at one moment than the search shows"))
                return
            until = oldest + _MOMENT

    def _stretch(self, term: str, floor: datetime, until: datetime | None, seen: set[str]) -> Iterator[tuple[list[dict[str, Any]], bool]]:
        """Yield pages until the tokens end, each with whether the service stopped there though it has more."""
        token, number = None, 0
        while True:
            try:
                following, views = self._page(term, floor, until, token)
            except BadRequest:
                if token is None:
                    raise
                yield [], True
                return
            fresh = {str(view.get("uri")) for view in views} - seen
            seen |= fresh
            number += 1
            if self.service.signed_in:
                ends = not (fresh and following and following != token)
                cut_off = ends and number >= LONG
            else:
                ends, cut_off = True, bool(following) or len(views) >= PER_PAGE
            yield views, cut_off
            if ends:
                return
            token = following

    def _page(self, term: str, floor: datetime, until: datetime | None, token: str | None) -> tuple[str | None, list[dict[str, Any]]]:
        asked: dict[str, Any] = {"q": _quoted(term), "sort": "latest", "limit": PER_PAGE, "since": _stamp(floor)}
        if until is not None:
            asked["until"] = _stamp(until)
        if token is not None:
            asked["cursor"] = token
        return self.service.listed("app.bsky.feed.searchPosts", asked, "posts")

    def _batch(self, views: Sequence[dict[str, Any]]) -> tuple[Batch, datetime | None]:
        """Return a page, and the time of its oldest post.

        The walk may end only where a whole page lies behind its floor: what the search sorts by need not be the time that we believe.
        """
        now = self.clock()
        posts: list[Post] = []
        authors: dict[str, Author] = {}
        engagement: list[Engagement] = []
        problems, times = [], []
        for view in views:
            try:
                post = post_of(view)
                times.append(post.created_at)
                if hidden(view, now):
                    continue
                authors[f"bluesky:{view['author']['did']}"] = author_of(view["author"])
            except MALFORMED as error:
                problems.append(f"a post was left out: {type(error).__name__} {error}")
                continue
            posts.append(post)
            engagement.append(engagement_of(post.id, view, now))
        authors |= self._measured(posts)
        batch = Batch(posts, list(authors.values()), engagement, problems=problems, oldest=max(times, default=None))
        return batch, min(times, default=None)

    def _measured(self, posts: Sequence[Post]) -> dict[str, Author]:
        """Return the authors of posts that mention a watch, with their followers; each is asked for once an hour at most."""
        if not self.followers:
            return {}
        wanted = dict.fromkeys(post.author_id for post in posts if post.author_id and self.matcher.mentions(post))
        unknown = [author_id.removeprefix("bluesky:") for author_id in wanted if author_id not in self._authors]
        self._authors |= {author.id: author for author in self.service.authors(unknown)}
        return {author_id: self._authors[author_id] for author_id in wanted if author_id in self._authors}


def _quoted(term: str) -> str:
    """A term as a phrase; the search has no way to write a quotation mark inside one."""
    return '"' + term.replace('"', " ").strip() + '"'


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
