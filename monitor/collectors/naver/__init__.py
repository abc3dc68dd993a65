"""Naver: blogs, cafe articles, questions (kin) and news by words, through the search interface.

The interface shows the newest 1,000 results of a question, as two lines of text around the words found. Blogs carry a date, news a time,
cafe articles and questions nothing; so a walk ends where results are met that an earlier walk has seen, and the cursor keeps the newest
of them. The specification knows no "or": one question for each term and kind. There are no counts, and no way to look at a post again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from monitor.collectors import Hole, Page, Query
from monitor.collectors.metering import Meter
from monitor.collectors.naver.reading import Kind, read
from monitor.collectors.naver.walks import Walk, Walks
from monitor.collectors.queries import terms_of
from monitor.collectors.reading import MALFORMED
from monitor.collectors.web import Answer, Web
from monitor.decode import Secret
from monitor.domain import Author, Post, Precision, Watch
from monitor.errors import BudgetSpent, Unavailable

ALL: tuple[Kind, ...] = ("blog", "cafearticle", "kin", "news")
DISPLAY, WINDOW = 100, 1000
STARTS = (*range(1, WINDOW - DISPLAY, DISPLAY - 5), WINDOW - DISPLAY + 1)
"""Each page begins five results before the last one's end: results that vanish meanwhile let the others move up."""
DAY_SPENT = "010"
BAD_QUESTION = ("SE01", "SE06")


@dataclass(frozen=True)
class Options:
    """Keys come from the developer centre (until 2027-06-30) or NAVER API HUB.

    25,000 calls a day are allowed, for all kinds together, and every pass makes at least one for each term and kind: 2 terms, 4 kinds and
    `every = "5m"` make 2,304. A post whose two shown lines do not hold the term is still taken as being about it.
    """

    client_id: Secret
    """The application's id."""
    client_secret: Secret
    """Its secret."""
    kinds: tuple[Literal["blog", "cafearticle", "kin", "news"], ...] = ALL
    """Where to search."""
    exact: bool = True
    """Ask for each term in quotation marks, so that its words stand side by side."""
    first: timedelta = timedelta(days=2)
    """How far back the first pass goes; cafe articles and questions carry no date, so those that are there before it are left out."""
    base_url: str = "https://openapi.naver.com/v1/search"
    """Where the interface is."""
    paths: Mapping[str, str] = field(default_factory=lambda: {kind: f"/{kind}.json" for kind in ALL})
    """What follows it for each kind."""
    id_header: str = "X-Naver-Client-Id"
    """The header that carries the id."""
    secret_header: str = "X-Naver-Client-Secret"  # noqa: S105  (a name)
    """The header that carries the secret."""

    def __post_init__(self) -> None:
        """Raise ``ValueError`` with every broken rule."""
        broken = ["kinds must name one at least"] if not self.kinds else []
        if set(self.paths) != set(ALL):
            broken.append(f"paths must be for {', '.join(ALL)} and nothing else")
        if broken:
            raise ValueError("; ".join(broken))


class Naver:
    """Asks once for each kind and term, newest first."""

    platform = "naver"

    def __init__(
        self,
        name: str,
        options: Options,
        watches: tuple[Watch, ...] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        meter: Meter | None = None,
    ):
        self.options = options
        self.clock = clock
        self.terms = terms_of(watches)
        self.none = {term: _ruled_out(term, watches) for term in self.terms}
        keys = {options.id_header: options.client_id.reveal(), options.secret_header: options.client_secret.reveal()}
        self.web = Web(name, options.base_url, meter, keys, (options.client_id, options.client_secret), clock)

    def queries(self) -> Sequence[Query]:
        """Return one question for each kind and term."""
        return [Query(f"{kind}: {self._worded(term)}") for kind in self.options.kinds for term in self.terms]

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield what is new since ``cursor``."""
        questions = {f"{kind} {term}": (kind, term) for kind in dict.fromkeys(self.options.kinds) for term in self.terms}
        walks = Walks(cursor, questions)
        refused = 0
        for question, (kind, term) in questions.items():
            try:
                yield from self._walk(question, kind, term, walks)
            except _BadQuestion as error:
                refused += 1
                if refused == len(questions):
                    raise Unavailable(self.web.source, str(error)) from None
                yield Page(problems=[f"{question} is not answered: {error}"])

    def _walk(self, question: str, kind: Kind, term: str, walks: Walks) -> Iterator[Page]:
        before, now = walks.get(question), self.clock()
        walk = Walk(now)
        for start in STARTS:
            found = self._asked(kind, term, start)
            posts, authors, problems = self._read(found, kind, term)
            walk.add(posts)
            ended = len(found) < DISPLAY
            reached = ended or (walk.met(before) if before else walk.back_to(now - self.options.first))
            shown = posts if before else [post for post in posts if post.time_precision is not Precision.SEEN]
            yield Page(shown, authors, problems=problems, cursor=walks.move(question, walk) if reached else None)
            if reached:
                return
        until = max(walk.oldest or now, before.at) if before else now
        lost = Hole(before.at, until, f"{question}: Naver shows 1,000 results of one question") if before else None
        yield Page(cursor=walks.move(question, walk), hole=lost)

    def _asked(self, kind: Kind, term: str, start: int) -> list[Any]:
        answer = self.web.ask(self.options.paths[kind], {"query": self._worded(term), "display": DISPLAY, "start": start, "sort": "date"})
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            found = None
        if answer.status != 200 or (isinstance(found, dict) and "errorCode" in found):
            raise self._refused(answer, found)
        results = found.get("items") if isinstance(found, dict) else None
        if not isinstance(results, list):
            raise Unavailable(self.web.source, "the answer is not JSON with results")
        return results

    def _refused(self, answer: Answer, found: Any) -> Exception:
        """Return the error that Naver's own code stands for; without one the HTTP status decides."""
        code, said = (str(found.get("errorCode")), str(found.get("errorMessage"))) if isinstance(found, dict) else ("", "")
        words = self.web.told(f"{code} {said}".strip())
        if code == DAY_SPENT:
            return BudgetSpent(self.web.source, f"the 25,000 calls of the day are used up ({words})")
        if code in BAD_QUESTION:
            return _BadQuestion(words)
        return self.web.refused(answer, words or None)

    def _read(self, found: Sequence[Any], kind: Kind, term: str) -> tuple[list[Post], list[Author], list[str]]:
        now = self.clock()
        posts, authors, problems = [], [], []
        for result in found:
            try:
                post, author = read(result, kind, term, self.none[term], now)
            except MALFORMED as error:
                problems.append(f"a result of {kind} was left out: {type(error).__name__} {error}")
                continue
            posts.append(post)
            authors += [author] if author else []
        return posts, authors, problems

    def _worded(self, term: str) -> str:
        return f'"{term.replace(chr(34), " ").strip()}"' if self.options.exact else term


class _BadQuestion(Exception):
    """Naver does not understand a question; the others may be fine."""


def _ruled_out(term: str, watches: Sequence[Watch]) -> tuple[str, ...]:
    """Return what rules a post out of the watches that own ``term``."""
    wanted = term.casefold()
    return tuple(no for watch in watches if any(wanted == own.strip().casefold() for own in watch.any) for no in watch.none)
