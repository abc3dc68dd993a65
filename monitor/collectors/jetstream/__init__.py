"""Jetstream: every post of Bluesky's network as it is written, without a key; the words are looked for here.

A pass reads on from where the last one stopped until it has caught up with the moment it began. Posts and deletions come from the
stream (version 2, ``network.bsky.jetstream.subscribeEvents``, plain JSON); names and counts of the posts that mention a watch, and the
followers of who wrote them, are asked for at the public interface of Bluesky. Posts have the same ids as those of the Bluesky search.

The mark is the time at which the server saw an event, not its number, which only that server knows. A server keeps 36 hours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.collectors import Hole, Page
from monitor.collectors.bluesky.posts import engagement_of, hidden, id_of, instant, post_of_record
from monitor.collectors.bluesky.service import AT_ONCE, Service
from monitor.collectors.jetstream.stream import METHOD, POSTS, Stream, TooOld
from monitor.collectors.metering import Meter
from monitor.collectors.reading import MALFORMED
from monitor.domain import Author, Engagement, Gone, Post, Watch
from monitor.errors import CollectFailed, Unavailable
from monitor.matching import Matcher

PER_PAGE = 500
"""Events read before what they hold is stored and the mark moves."""
_TYPE = METHOD.rpartition("/")[2]
_MOST_PROBLEMS = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Options:
    """Jetstream needs no key."""

    base_url: str = "wss://jetstream.us-east.bsky.network"
    """The server of the stream (wss, or ws for one of your own)."""
    appview_url: str = "https://public.api.bsky.app"
    """Where names, counts and followers are asked for."""
    hydrate: bool = True
    """Whether they are asked for at all; without, counts come with the next refresh, and labels that hide a post too."""
    first: timedelta = timedelta(minutes=10)
    """How far back the first pass goes (some 2,000 posts a minute have to be read)."""
    overlap: timedelta = timedelta(seconds=30)
    """How far each pass goes back behind the last, since servers see events at slightly different times."""
    longest: timedelta = timedelta(minutes=1)
    """A pass that has not caught up after so long goes on the next time."""
    silence: timedelta = timedelta(seconds=15)
    """So long may the stream be silent."""


@dataclass
class Gathered:
    """What the events read so far hold for us."""

    named: dict[str, Post] = field(default_factory=dict)
    passing: dict[str, Post] = field(default_factory=dict)
    edited: list[Post] = field(default_factory=list)
    gone: dict[str, Gone] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    events: int = 0
    last: datetime | None = None
    hole: Hole | None = None


class Jetstream:
    """Reads the posts of the whole network; keeps those that mention a watch, and quotes, which may pass on one that does."""

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
        self.name = name
        self.options = options
        self.clock = clock
        self.matcher = Matcher(watches)
        meter = meter or Meter(name)
        self.stream = Stream(name, options.base_url.rstrip("/"), options.silence, meter, clock)
        self.service = Service(name, options.appview_url, meter, clock)

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield posts, edits and deletions since ``cursor``; every page moves it."""
        begun, mark, trouble = self.clock(), _mark(cursor), list[CollectFailed]()
        since = begun - self.options.first if mark is None else mark - self.options.overlap
        try:
            yield from self._read(since, mark, begun, trouble)
        except TooOld:
            yield from self._read(None, mark, begun, trouble)
        if trouble:
            raise trouble[0]

    def probe(self) -> None:
        """Take one frame of the stream as it flows now."""
        with closing(self.stream.frames(None)) as frames:
            next(frames, None)

    def refresh(self, post_ids: Sequence[str]) -> Iterator[Page]:
        """Yield counts and deletions of posts, 25 a request."""
        return self.service.refresh(post_ids)

    def _read(self, since: datetime | None, mark: datetime | None, begun: datetime, trouble: list[CollectFailed]) -> Iterator[Page]:
        """Read until ``begun`` is passed. What came before the stream broke is yielded first: then the next pass begins there."""
        gathered, missed = Gathered(), since is None
        ends = time.monotonic() + self.options.longest.total_seconds()
        try:
            with closing(self.stream.frames(since)) as frames:
                for frame in frames:
                    event = self._event(frame, gathered)
                    missed = missed or event.get("name") == "OutdatedCursor"
                    at = self._taken(event, gathered)
                    if at is not None and missed:
                        gathered.hole = Hole(mark, at, "the stream does not reach back so far") if mark and mark < at else None
                        missed = False
                    if (at is not None and at > begun) or time.monotonic() > ends:
                        break
                    if gathered.events >= PER_PAGE:
                        yield self._page(gathered, trouble)
                        gathered = Gathered()
        except CollectFailed:
            if gathered.last is not None:
                yield self._page(gathered, trouble)
            raise
        yield self._page(gathered, trouble)

    def _event(self, frame: Any, gathered: Gathered) -> dict[str, Any]:
        """Return what a frame carries; an empty one if it is not as documented. Raises ``Unavailable`` for the server's own error."""
        told = frame if isinstance(frame, dict) else {}
        if told.get("$type") == "error":
            raise Unavailable(self.name, self.service.web.told(f"{told.get('error')}: {told.get('message')}"))
        event = told.get("payload")
        if isinstance(event, dict):
            return event
        self._problem(gathered, "a frame was left out: it is no event")
        return {}

    def _taken(self, event: dict[str, Any], gathered: Gathered) -> datetime | None:
        """Keep of a commit what concerns us; return when the server saw it, or None if it is no readable commit."""
        if event.get("$type") != f"{_TYPE}#commit" or event.get("collection") != POSTS:
            return None
        gathered.events += 1
        try:
            at = instant(event.get("witnessedAt") or event["time"])
            post_id = id_of(f"at://{event['did']}/{POSTS}/{event['rkey']}")
            gathered.last = max(at, gathered.last or at)
            if post_id is None:
                raise ValueError("its address is not that of a post")
            if event["operation"] == "delete":
                self._deleted(post_id, at, gathered)
            else:
                self._written(post_of_record(post_id, event["record"], at), event["operation"], gathered)
        except MALFORMED as error:
            self._problem(gathered, f"an event was left out: {type(error).__name__} {error}")
        return gathered.last

    def _written(self, post: Post, operation: str, gathered: Gathered) -> None:
        gathered.gone.pop(post.id, None)
        if operation == "update":
            gathered.edited.append(post)
        if self.matcher.mentions(post):
            gathered.named[post.id] = post
        elif post.quote_of:
            gathered.passing[post.id] = post

    def _deleted(self, post_id: str, at: datetime, gathered: Gathered) -> None:
        """A post that is written and deleted within one page never was; of others most were never ours."""
        gathered.named.pop(post_id, None)
        gathered.passing.pop(post_id, None)
        gathered.edited = [post for post in gathered.edited if post.id != post_id]
        gathered.gone[post_id] = Gone(post_id, at, if_known=True)

    def _problem(self, gathered: Gathered, what: str) -> None:
        if len(gathered.problems) < _MOST_PROBLEMS:
            gathered.problems.append(what)

    def _page(self, gathered: Gathered, trouble: list[CollectFailed]) -> Page:
        """Return what was gathered, with names and counts; if they cannot be had, the posts go without, and the pass fails at its end."""
        authors: list[Author] = []
        counts: list[Engagement] = []
        if gathered.named and self.options.hydrate and not trouble:
            try:
                authors, counts = self._hydrated(gathered)
            except CollectFailed as error:
                trouble.append(error)
        return Page(
            posts=[*gathered.named.values(), *gathered.passing.values()],
            authors=authors,
            engagement=counts,
            gone=list(gathered.gone.values()),
            cursor=str((gathered.last - _EPOCH) // timedelta(microseconds=1)) if gathered.last else None,
            problems=gathered.problems,
            edited=gathered.edited,
            hole=gathered.hole,
        )

    def _hydrated(self, gathered: Gathered) -> tuple[list[Author], list[Engagement]]:
        """Return authors and counts of the posts that mention a watch; posts that not everybody may see are taken out."""
        views, now, counts = self.service.views(list(gathered.named)), self.clock(), []
        for post_id, view in views.items():
            try:
                if hidden(view, now):
                    del gathered.named[post_id]
                    continue
            except MALFORMED:
                continue
            counts.append(engagement_of(post_id, view, now))
        dids = {post.author_id.removeprefix("bluesky:"): None for post in gathered.named.values() if post.author_id}
        return self.service.authors(list(dids)), counts


def _mark(cursor: str | None) -> datetime | None:
    """Return the time of a cursor in microseconds; None to begin anew where it cannot be read."""
    try:
        return _EPOCH + timedelta(microseconds=int(cursor)) if cursor and int(cursor) >= 10**15 else None
    except (ValueError, OverflowError):
        return None
