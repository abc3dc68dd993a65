"""X: posts of the last seven days by words (tweepy), replies and quotes too; X charges for each post and each author it hands out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from monitor.collectors import Hole, Page, Query
from monitor.collectors.metering import Meter
from monitor.collectors.progress import Progress, Reach, Stretch
from monitor.collectors.reading import MALFORMED
from monitor.collectors.x.authors import Authors
from monitor.collectors.x.counting import Counting, Sentinel
from monitor.collectors.x.looking import look_again
from monitor.collectors.x.platform import PER_LOOKUP, Found, Ledger, Names, Platform, Refused
from monitor.collectors.x.prices import Paid, Prices
from monitor.collectors.x.questions import Question, questions_for, unaskable
from monitor.collectors.x.records import EVERYWHERE, Record, read_post
from monitor.decode import Between, Secret
from monitor.domain import Author, Gone, Post, Watch
from monitor.errors import CollectFailed, Unavailable
from monitor.matching import Matcher
from monitor.plain import clean

WINDOW = timedelta(days=7) - timedelta(minutes=5)
"""X's recent search shows seven days; the minutes are for clocks that differ."""
SETTLED = timedelta(days=1)
"""A question without posts counts as answered up to so long ago: more than any clock is wrong, and asking it again is free."""
PROBED = timedelta(seconds=30)
YOUNGEST = timedelta(seconds=11)
"""X refuses an end_time that is nearer than ten seconds."""


@dataclass(frozen=True)
class Options:
    """X needs the bearer token of an app (pay per use). Prices are in dollars; they only keep the books, X charges what it charges."""

    bearer_token: Secret
    """The app's bearer token."""
    base_url: str = "https://api.x.com"
    """Where the API is."""
    names: Names = "tweet"
    """Which names of fields requests use: "tweet" (tweet.fields) or "post" (post.fields, the document of August 2026, which brings
    authors and quoted posts along and charges for them). Answers are understood in both."""
    first: timedelta = timedelta(days=2)
    """How far back the first pass goes; at most 7d."""
    overlap: timedelta = timedelta(minutes=10)
    """How far each pass goes back behind the last, for what the index shows late. Reading again is free within a UTC day; the first
    pass of a day pays for so many minutes once more."""
    longest_query: Annotated[int, Between(128, 4096)] = 512
    """Characters in a query that your access allows."""
    counting: Counting = "auto"
    """Count before searching and search only if there is more: "always", "never", or where it is expected to be cheaper."""
    authors_for: timedelta = timedelta(days=1)
    """How long an author's number of followers serves before it is read, and paid for, again."""
    country: str = "KR"
    """Posts that X withholds in this country are treated as deleted."""
    price_post: Annotated[float, Between(0)] = 0.005
    """A post handed out, once a UTC day."""
    price_user: Annotated[float, Between(0)] = 0.010
    """An author handed out, once a UTC day."""
    price_counts: Annotated[float, Between(0)] = 0.005
    """A question to the count."""
    price_search: Annotated[float, Between(0)] = 0.0
    """A search as such, besides the posts it returns."""


class X:
    """Searches the posts of the last seven days with queries made from the watches; looks at posts again by their ids."""

    platform = "x"
    batch = PER_LOOKUP
    paid_by_day = True

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
        self.options = options
        self.reach = Reach(options.overlap, options.first)
        self.matcher = Matcher(watches)
        self.questions = questions_for(watches, options.longest_query)
        self.unaskable = unaskable(watches, options.longest_query)
        prices = Prices(options.price_post, options.price_user, options.price_counts, options.price_search)
        self.price = prices.post
        ledger = Ledger(meter or Meter(name), prices, Paid(clock))
        self.source = Platform(name, options.base_url, options.bearer_token, options.names, ledger, clock)
        self.authors = Authors(self.source, options.authors_for)
        self.sentinel = Sentinel(options.counting, prices, ledger.posts, options.overlap)

    def queries(self) -> Sequence[Query]:
        """Return one pass's questions; ``each`` is a post with its author, the dearest that one find can be."""
        counted = self.options.counting == "always"
        money = self.options.price_counts if counted else self.options.price_search
        return [Query(question.text, 1, money, self.options.price_post + self.options.price_user) for question in self.questions]

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield what came since ``cursor``. A question that X refuses does not keep the others from being asked."""
        progress = Progress(cursor)
        progress.keep(key for question in self.questions for key in question.keys)
        if self.unaskable:
            yield Page(problems=[f"X cannot be asked for {clean(term, 40)!r}: too long or without letters" for term in self.unaskable])
        refused = list[Refused]()
        for question in self.questions:
            try:
                yield from self._answered(question, progress)
            except Refused as error:
                refused.append(error)
                yield Page(problems=[f"X refuses a query ({clean(question.text, 80)}): {error}"])
        if refused and len(refused) == len(self.questions):
            raise refused[0]

    def refresh(self, post_ids: Sequence[str]) -> Iterator[Page]:
        """Yield counts, edits and deletions of posts, a hundred a request."""
        yield from look_again(self.source, post_ids, self.options.country, self.clock)

    def probe(self) -> None:
        """Ask the first question about the last half minute: that tries token and plan, and finds next to nothing to pay for."""
        if self.questions:
            self.source.search(self.questions[0].text, self.clock() - PROBED)

    def _answered(self, question: Question, progress: Progress) -> Iterator[Page]:
        """Ask one question: what is new since it was last answered, then what earlier passes left, as far back as X shows."""
        now = self.clock()
        edge = now - WINDOW
        marks = [progress.mark(key) for key in question.keys]
        since = max(progress.begin(question.keys, self.reach, now), edge)
        mark, left = min(filter(None, marks), default=None), progress.left(question.keys)
        hole = _hole([*left, *([Stretch(mark, now)] if mark else [])], edge)
        todo = [Stretch(since, now), *(Stretch(max(one.since, edge), one.until) for one in left if one.until > edge)]
        if self.sentinel.pays(question.text) and self.sentinel.quiet(question.text, since, self.source.count(question.text, since)):
            yield Page(cursor=progress.move(question.keys, now - SETTLED, todo[1:]), hole=hole)
            todo, hole = todo[1:], None
        for place, stretch in enumerate(todo):
            newest = None if stretch.until == now else stretch.until
            for page in self._walked(question, progress, stretch, newest, todo[place + 1 :], mark):
                yield replace(page, hole=hole if page.cursor else None)
                hole = None if page.cursor else hole

    def _walked(
        self,
        question: Question,
        progress: Progress,
        stretch: Stretch,
        end: datetime | None,
        later: Sequence[Stretch],
        mark: datetime | None,
    ) -> Iterator[Page]:
        """Read one stretch; each page's cursor says what is left of it, and that the ``later`` ones are still to be read."""
        now = self.clock()
        seen: dict[str, datetime] = {}
        for found, last in self._searched(question.text, stretch.since, end, seen):
            records, problems = self._read(found.posts, now)
            seen.update((record.version, min(record.post.created_at, now)) for record in records)
            page = self._page(records, problems, now)
            try:
                authors = self._authors_of(page.posts, found, now)
            except CollectFailed:
                yield page  # its posts are paid for
                raise
            if last and end is None:
                self.sentinel.searched(question.text, seen, mark)
            oldest = min(seen.values(), default=stretch.until)
            rest = [] if last else [Stretch(stretch.since, min(oldest + timedelta(seconds=1), stretch.until))]
            cursor = progress.move(question.keys, max([now - SETTLED, *seen.values()]), [*rest, *later])
            yield replace(page, authors=authors, cursor=cursor)

    def _searched(self, query: str, since: datetime, end: datetime | None, seen: dict[str, datetime]) -> Iterator[tuple[Found, bool]]:
        """Yield the pages, and whether each is the last. Where X has forgotten a page's token, begin anew at the oldest seen."""
        token: str | None = None
        until = _end(end, self.clock())
        anew = list[datetime]()
        while True:
            try:
                found = self.source.search(query, since, until, token)
            except Refused:
                oldest = min(seen.values(), default=None)
                if token is None or oldest is None or oldest in anew:
                    raise
                anew.append(oldest)
                token, until = None, _end(oldest + timedelta(seconds=1), self.clock())
                continue
            if found.next_token is not None and found.next_token == token:
                raise Unavailable(self.name, "the pages go round in a circle")
            token = found.next_token
            yield found, token is None
            if token is None:
                return

    def _read(self, posts: Sequence[Any], now: datetime) -> tuple[list[Record], list[str]]:
        records, problems = list[Record](), list[str]()
        for found in posts:
            try:
                records.append(read_post(found, now))
            except MALFORMED as error:
                problems.append(f"a post was left out: {type(error).__name__} {clean(str(error), 80)}")
        return records, problems

    def _page(self, records: Sequence[Record], problems: Sequence[str], now: datetime) -> Page:
        shown = [record for record in records if not record.withheld & {self.options.country, *EVERYWHERE}]
        return Page(
            posts=[record.post for record in shown],
            engagement=[record.engagement for record in shown if record.engagement],
            gone=[Gone(record.post.id, now) for record in records if record not in shown],
            edited=[record.post for record in shown if record.edited],
            problems=problems,
        )

    def _authors_of(self, posts: Sequence[Post], found: Found, now: datetime) -> list[Author]:
        """Return who wrote those of ``posts`` that mention a watch; only these are kept and worth an author's price."""
        self.authors.learn(found.users, now)
        return self.authors.of([post.author_id for post in posts if post.author_id and self.matcher.mentions(post)], now)


def _hole(unread: Sequence[Stretch], edge: datetime) -> Hole | None:
    """Return what of ``unread`` X no longer shows."""
    lost = [one for one in unread if one.since < edge]
    if not lost:
        return None
    return Hole(min(one.since for one in lost), max(min(one.until, edge) for one in lost), "X shows seven days only")


def _end(until: datetime | None, now: datetime) -> datetime | None:
    """Return what to give as end_time; None (begin at the newest) where X takes none that near."""
    return until if until is not None and until <= now - YOUNGEST else None
