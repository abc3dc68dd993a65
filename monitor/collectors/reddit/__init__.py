"""Reddit: posts by words, and every new post and comment of chosen communities, as an application (praw, no user account)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from monitor.collectors import Page, Query
from monitor.collectors.metering import Meter
from monitor.collectors.progress import Progress, Reach
from monitor.collectors.reading import MALFORMED
from monitor.collectors.reddit.link import Link, Listing, Refused
from monitor.collectors.reddit.sources import Source, listed, searched
from monitor.collectors.reddit.things import FULLNAME, Thing
from monitor.collectors.walking import Batch, newest_first
from monitor.decode import Secret
from monitor.domain import Gone, Watch
from monitor.errors import AuthFailed

PER_PAGE = 100
COMPLETE_BELOW = 200
"""A listing that ends before so many entries showed all there is; one that ends later may have met Reddit's window of about 1,000."""
MOST_PAGES = 20
_FROM_THE_START = datetime(1970, 1, 1, tzinfo=UTC)
_COMMUNITY = re.compile(r"[A-Za-z0-9_]{2,24}")
_LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))


@dataclass(frozen=True)
class Options:
    """Reddit gives keys to approved applications; commercial use needs a contract with it."""

    client_id: str
    """The application's id."""
    client_secret: Secret
    """The application's secret."""
    user_agent: str
    """How we introduce ourselves, as Reddit asks: `linux:our.app.id:1.0 (by /u/our_account)`."""
    search: bool = True
    """Whether posts are searched by the words of the watches (comments cannot be searched)."""
    search_in: tuple[str, ...] = ()
    """Communities to search in; none: all of Reddit."""
    subreddits: tuple[str, ...] = ()
    """Communities whose every new post and comment is looked at."""
    comments: bool = True
    """Whether the comments of `subreddits` are looked at too."""
    reddit_url: str = "https://www.reddit.com"
    """Where the token is asked for."""
    oauth_url: str = "https://oauth.reddit.com"
    """Where everything else is asked for."""
    first: timedelta = timedelta(days=2)
    """How far back the first pass goes."""
    overlap: timedelta = timedelta(minutes=30)
    """How far each pass goes back behind the last, for what Reddit shows late."""

    def __post_init__(self) -> None:
        problems = [] if self.client_id.strip() else ["client_id must be given"]
        if len(self.user_agent) < 7 or not (self.user_agent.isascii() and self.user_agent.isprintable()):
            problems.append("user_agent must be at least 7 plain ASCII characters")
        named = {"search_in": self.search_in, "subreddits": self.subreddits}
        problems += [
            f"{key} must be names of communities without r/" for key, names in named.items() if not all(map(_COMMUNITY.fullmatch, names))
        ]
        problems += [f"{key} must begin with https://" for key in ("reddit_url", "oauth_url") if not _safe(getattr(self, key))]
        if not self.search and not self.subreddits:
            problems.append("subreddits must name at least one community where search is off")
        if problems:
            raise ValueError("; ".join(problems))


class Reddit:
    """Asks one question for many words, and two listings for each chosen community, newest first."""

    platform = "reddit"
    batch = PER_PAGE

    def __init__(
        self,
        name: str,
        options: Options,
        watches: tuple[Watch, ...] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        meter: Meter | None = None,
    ):
        self.name = name
        self.clock = clock
        self.reach = Reach(options.overlap, options.first)
        self.sources = (*(searched(watches, options.search_in) if options.search else ()), *listed(options.subreddits, options.comments))
        self.link = Link(
            name,
            options.client_id,
            options.client_secret,
            options.user_agent,
            (options.reddit_url, options.oauth_url),
            meter or Meter(name),
            clock,
        )

    def queries(self) -> Sequence[Query]:
        """Return the searches and the listings of one pass."""
        return [Query(source.question) for source in self.sources]

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield posts and comments since ``cursor``; a community that is closed to us is a problem, not the end."""
        progress = Progress(cursor)
        progress.keep(source.question for source in self.sources)
        refusals = []
        for source in self.sources:
            try:
                yield from newest_first(source.question, self._batches(source), progress, self.reach, self.clock())
            except Refused as refused:
                refusals.append(refused.error)
                yield Page(problems=[f"{source.question} was left out: {refused.error}"])
        if refusals and len(refusals) == len(self.sources):
            raise next((error for error in refusals if isinstance(error, AuthFailed)), refusals[0])

    def refresh(self, post_ids: Sequence[str]) -> Iterator[Page]:
        """Yield scores and comment counts, edits and deletions, a hundred posts a request; what Reddit does not show is gone."""
        names = {post_id.removeprefix("reddit:"): None for post_id in post_ids}
        known = [name for name in names if FULLNAME.fullmatch(name)]
        if len(known) < len(names):
            yield Page(problems=[f"{len(names) - len(known)} ids are not Reddit's and were not looked at"])
        for start in range(0, len(known), PER_PAGE):
            yield self._again(known[start : start + PER_PAGE])

    def _batches(self, source: Source) -> Iterator[Batch]:
        """Yield a listing page by page, newest first.

        An empty page may only mean that the post we stood on was deleted: the page is asked for once more from the post before it.
        """
        seen: list[str] = []
        after, stepped_back = None, False
        for _ in range(MOST_PAGES):
            listing = self._listing(source, after, len(seen))
            if not listing.children and after and not stepped_back and len(seen) > 1:
                after, stepped_back = seen[-2], True
                continue
            batch, names = self._batch(listing)
            fresh = [name for name in names if name not in seen[-PER_PAGE:]]
            seen += fresh
            ended = not listing.children or not listing.after or bool(names and not fresh)
            if ended and len(seen) < COMPLETE_BELOW:
                batch = replace(batch, oldest=_FROM_THE_START)
            yield batch
            if ended:
                return
            after, stepped_back = listing.after, False

    def _listing(self, source: Source, after: str | None, count: int) -> Listing:
        place: dict[str, str | int] = {"after": after, "count": count} if after else {}
        return self.link.listing(source.path, {**source.params, **place, "limit": PER_PAGE})

    def _batch(self, listing: Listing) -> tuple[Batch, list[str]]:
        """Return the posts of one page, and the full names of all its entries."""
        now = self.clock()
        things, problems = [], []
        for child in listing.children:
            try:
                things.append(Thing.of(child))
            except MALFORMED as error:
                problems.append(f"an entry was left out: {type(error).__name__} {error}")
        shown = [thing for thing in things if not thing.removed]
        authors = {thing.author.id: thing.author for thing in shown if thing.author}
        batch = Batch(
            [thing.post for thing in shown],
            tuple(authors.values()),
            [thing.engagement(now) for thing in shown],
            problems=problems,
            oldest=things[-1].post.created_at if things else None,
        )
        return batch, [thing.name for thing in things]

    def _again(self, names: Sequence[str]) -> Page:
        listing = self._shown(names)
        if len(names) > 1 and not listing.children:
            listing = self._shown(names)  # an answer without anything would delete a hundred posts: it is believed when said twice
        now = self.clock()
        things, problems, broken = {}, [], set[str | None]()
        for child in listing.children:
            try:
                thing = Thing.of(child)
                things[thing.name] = thing
            except MALFORMED as error:
                problems.append(f"an entry was left out: {type(error).__name__} {error}")
                broken.add(Thing.name_of(child))
        missing = [] if None in broken else [name for name in names if name not in things and name not in broken]
        asked = [things[name] for name in names if name in things]
        shown = [thing for thing in asked if not thing.removed]
        changed = [thing for thing in shown if thing.edited or thing.author is None]
        return Page(
            authors=tuple({thing.author.id: thing.author for thing in changed if thing.author}.values()),
            engagement=[thing.engagement(now) for thing in shown],
            gone=[Gone(f"reddit:{name}", now) for name in (*missing, *(thing.name for thing in asked if thing.removed))],
            edited=[thing.post for thing in changed],
            problems=problems,
        )

    def _shown(self, names: Sequence[str]) -> Listing:
        try:
            return self.link.listing("api/info/", {"id": ",".join(names)})
        except Refused as refused:
            raise refused.error from None


def _safe(url: str) -> bool:
    """Whether a secret may travel to ``url``: encrypted, or within this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK))
