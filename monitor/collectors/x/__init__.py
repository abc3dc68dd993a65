"""X: posts of the last seven days by words (tweepy), replies and quotes too; X charges for each post and each author it hands out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from monitor.collectors import Hole, Page, Query
from monitor.collectors.metering import Meter
from monitor.collectors.walking import Marks, Reach
from monitor.collectors.x.authors import Authors
from monitor.collectors.x.counting import Counting, Sentinel
from monitor.collectors.x.looking import look_again
from monitor.collectors.x.platform import PER_LOOKUP, Found, Ledger, Names, Platform, Refused
from monitor.collectors.x.prices import Paid, Prices
from monitor.collectors.x.questions import Question, questions_for, unaskable
from monitor.collectors.x.records import BROKEN, EVERYWHERE, Record, read_post
from monitor.decode import Between, Secret
from monitor.domain import Author, Gone, Post, Watch
from monitor.errors import CollectFailed, Unavailable
from monitor.matching import Matcher
from monitor.plain import clean

WINDOW = timedelta(days=7) - timedelta(minutes=5)
"""X's recent search shows seven days; the minutes are for clocks that differ."""
SETTLED = timedelta(days=1)
"""A question without posts counts as answered up to so long ago: more than any clock is wrong, and asking it again is free."""
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
    overlap: timedelta = timedelta(minutes=15)
    """How far each pass goes back behind the last, for what the index shows late. Reading again is free within a UTC day."""
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
        marks = Marks(cursor)
        marks.keep(key for question in self.questions for key in question.keys)
        if self.unaskable:
            yield Page(problems=[f"X cannot be asked for {clean(term, 40)!r}: too long or without letters" for term in self.unaskable])
        refused = list[Refused]()
        for question in self.questions:
            try:
                yield from self._answered(question, marks)
            except Refused as error:
                refused.append(error)
                yield Page(problems=[f"X refuses a query ({clean(question.text, 80)}): {error}"])
        if refused and len(refused) == len(self.questions):
            raise refused[0]

    def refresh(self, post_ids: Sequence[str]) -> Iterator[Page]:
        """Yield counts, edits and deletions of posts, a hundred a request."""
        yield from look_again(self.source, post_ids, self.options.country, self.clock)

    def _answered(self, question: Question, marks: Marks) -> Iterator[Page]:
        """Ask one question from where it was last answered, or from as far back as X shows, and then move its mark."""
        now = self.clock()
        known = [mark for key in question.keys if (mark := marks.get(key))]
        since = max(min(self.reach.floor(marks.get(key), now) for key in question.keys), now - WINDOW)
        mark = min(known, default=None)
        hole = Hole(mark, now - WINDOW, "X shows seven days only") if mark and mark < now - WINDOW else None
        if self.sentinel.pays(question.text):
            total = self.source.count(question.text, since)
            if self.sentinel.quiet(question.text, since, total):
                yield Page(cursor=_moved(question, marks, now - SETTLED), hole=hole)
                return
        yield from self._walked(question, marks, since, now, hole)

    def _walked(self, question: Question, marks: Marks, since: datetime, now: datetime, hole: Hole | None) -> Iterator[Page]:
        known = [mark for key in question.keys if (mark := marks.get(key))]
        seen: dict[str, datetime] = {}
        for found, last in self._searched(question.text, since, seen):
            records, problems = self._read(found.posts, now)
            seen.update((record.version, min(record.post.created_at, now)) for record in records)
            page = self._page(records, problems, now)
            try:
                authors = self._authors_of(page.posts, found, now)
            except CollectFailed:
                yield page  # its posts are paid for
                raise
            if last:
                self.sentinel.searched(question.text, seen, min(known, default=None))
                page = replace(page, cursor=_moved(question, marks, max([now - SETTLED, *seen.values()])), hole=hole)
            yield replace(page, authors=authors)

    def _searched(self, query: str, since: datetime, seen: dict[str, datetime]) -> Iterator[tuple[Found, bool]]:
        """Yield the pages, and whether each is the last. Where X has forgotten a page's token, begin anew at the oldest seen."""
        token: str | None = None
        until: datetime | None = None
        anew = list[datetime]()
        while True:
            try:
                found = self.source.search(query, since, until, token)
            except Refused:
                oldest = min(seen.values(), default=None)
                if token is None or oldest is None or oldest in anew:
                    raise
                anew.append(oldest)
                token, until = None, _before(oldest, self.clock())
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
            except BROKEN as error:
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


def _moved(question: Question, marks: Marks, at: datetime) -> str:
    return [marks.move(key, at) for key in question.keys][-1]


def _before(oldest: datetime, now: datetime) -> datetime | None:
    """Return the end of what is still to be read; None (begin at the newest) where X takes no end that near."""
    end = oldest + timedelta(seconds=1)
    return end if end <= now - YOUNGEST else None
