"""Mastodon: hashtags of several instances, and with a token the words of posts whose authors let them be searched.

Plain HTTP instead of Mastodon.py (2.3.3): measured, its typed answers cost 2.4 ms a status where JSON costs 0.01 ms; it follows
redirects to any host, reads answers of any length, sets no limit to a slow one, and keeps to itself when a 429 ends.

A hashtag is read forwards from the last number known (``min_id``), so each page that is stored moves the mark. Numbers carry their
time, which is how a walk begins somewhat before the mark, for posts that arrive late from other servers. Servers of other software
number differently and cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from monitor.collectors import Page, Query
from monitor.collectors.mastodon.instances import Instance, instances
from monitor.collectors.mastodon.statuses import Reader, first_id, open_to_all, time_of
from monitor.collectors.metering import Meter
from monitor.collectors.progress import Progress, Reach
from monitor.collectors.queries import terms_of
from monitor.collectors.reading import MALFORMED
from monitor.collectors.walking import Batch, newest_first_resumed
from monitor.decode import Secret
from monitor.domain import Author, Engagement, Gone, Post, Watch
from monitor.errors import CollectFailed

PER_PAGE = 40
TAGS_AT_ONCE = 5
"""One hashtag and four more may be asked for together."""
AT_ONCE = 20
"""So many posts are told in one request."""


@dataclass(frozen=True)
class Options:
    """Hashtags of most instances can be read without a token; some want one even for that."""

    base_url: str = "https://mastodon.social"
    """The instance that is asked for everything it knows, also from other servers."""
    access_token: Secret | None = None
    """A token of an application there (Preferences, Development) that may read:search and read:statuses: words are searched too."""
    others: tuple[str, ...] = ()
    """Further instances, each asked for its own people's posts only."""
    tags: tuple[str, ...] = ()
    """Hashtags besides the terms of the watches, which are asked for as hashtags by themselves."""
    first: timedelta = timedelta(days=2)
    """How far back the first pass goes."""
    overlap: timedelta = timedelta(hours=1)
    """How far each pass goes back behind the last, for what arrives late from other servers."""


@dataclass
class Found:
    """What one page of statuses holds for us."""

    posts: list[Post] = field(default_factory=list)
    authors: dict[str, Author] = field(default_factory=dict)
    engagement: list[Engagement] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)


class Mastodon:
    """Asks each instance for the hashtags, five at a time, and the first one for the words, if there is a token."""

    platform = "mastodon"
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
        self.searches = options.access_token is not None
        self.terms = terms_of(watches)
        tags = tuple(dict.fromkeys(filter(None, map(_tag, (*self.terms, *options.tags)))))
        self.tags = [tags[at : at + TAGS_AT_ONCE] for at in range(0, len(tags), TAGS_AT_ONCE)]
        urls = (options.base_url, *options.others)
        self.instances = instances(name, urls, options.access_token, meter or Meter(name), clock)

    def queries(self) -> Sequence[Query]:
        """Return the hashtags for each instance, and the words for the first."""
        return [Query(question) for question in self._questions()]

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield statuses since ``cursor``; an instance that fails does not keep the others from being read."""
        progress, trouble = Progress(cursor), None
        progress.keep(self._questions())
        for instance in self.instances:
            try:
                for tags in self.tags:
                    yield from self._tagged(instance, tags, progress)
                for term in self._searched(instance):
                    question = instance.question([f'"{term}"'])
                    yield from newest_first_resumed(question, partial(self._hits, instance, term), progress, self.reach, self.clock())
            except CollectFailed as error:
                trouble = trouble or error
        if trouble is not None:
            raise trouble

    def refresh(self, post_ids: Sequence[str]) -> Iterator[Page]:
        """Yield counts, edits and deletions of posts, 20 a request, from the instances where they were read."""
        for instance in self.instances:
            here = f"mastodon:{instance.reader.host}/"
            numbers = [post_id.removeprefix(here) for post_id in post_ids if post_id.startswith(here)]
            for at in range(0, len(numbers), AT_ONCE):
                yield self._looked_at(instance, [number for number in numbers[at : at + AT_ONCE] if number.isdecimal()])

    def _questions(self) -> list[str]:
        tags = [instance.question([f"#{tag}" for tag in tags]) for instance in self.instances for tags in self.tags]
        return tags + [instance.question([f'"{term}"']) for instance in self.instances for term in self._searched(instance)]

    def _searched(self, instance: Instance) -> tuple[str, ...]:
        return self.terms if instance.home and self.searches else ()

    def _tagged(self, instance: Instance, tags: Sequence[str], progress: Progress) -> Iterator[Page]:
        """Read forwards: the mark moves with every page, at the end no further than the beginning, for what came late since."""
        question = instance.question([f"#{tag}" for tag in tags])
        mark, begun = progress.mark(question), self.clock()
        after, newest = first_id(self.reach.floor(mark, begun)), mark or self.reach.floor(mark, begun)
        while True:
            statuses = instance.tagged(tags, after, PER_PAGE)
            found = self._read(instance.reader, statuses)
            last = max([after, *found.numbers])
            newest = max(newest, min(time_of(last), begun)) if last > after else newest
            cursor = progress.move([question], newest)
            yield Page(found.posts, list(found.authors.values()), found.engagement, (), cursor, found.problems)
            if last == after or len(statuses) < PER_PAGE:
                return
            after = last

    def _hits(self, instance: Instance, term: str, floor: datetime, until: datetime | None) -> Iterator[Batch]:
        """Search backwards from ``until`` (None: the newest) to an empty page: one may be short where the server left something out."""
        before = None if until is None else first_id(until + timedelta(milliseconds=1))
        while True:
            statuses = instance.found(term, first_id(floor), before, PER_PAGE)
            found = self._read(instance.reader, statuses)
            oldest = time_of(min(found.numbers)) if found.numbers else None
            if statuses:
                yield Batch(found.posts, list(found.authors.values()), found.engagement, problems=found.problems, oldest=oldest)
            if not found.numbers or min(found.numbers) == before:
                return
            before = min(found.numbers)

    def _read(self, reader: Reader, statuses: Sequence[dict[str, Any]]) -> Found:
        found, now = Found(), self.clock()
        for status in statuses:
            try:
                number = int(status["id"])
                time_of(number)
                found.numbers.append(number)
                if not open_to_all(status):
                    found.hidden.add(number)
                    continue
                post, author = reader.post(status), reader.author(status["account"])
            except MALFORMED as error:
                found.problems.append(f"a status was left out: {type(error).__name__} {error}")
                continue
            counts = reader.engagement(status, now)
            found.posts.append(post)
            found.authors[author.id] = author
            found.engagement += [counts] if counts else []
        return found

    def _looked_at(self, instance: Instance, numbers: Sequence[str]) -> Page:
        """Look at posts again; one that is missing, or not for everybody any more, is gone."""
        statuses = instance.statuses(numbers) if numbers else []
        found, here, now = self._read(instance.reader, statuses), f"mastodon:{instance.reader.host}/", self.clock()
        told = {str(status.get("id")) for status in statuses}
        edited = {f"{here}{status.get('id')}" for status in statuses if status.get("edited_at")}
        return Page(
            authors=list(found.authors.values()),
            engagement=found.engagement,
            gone=[Gone(here + number, now) for number in numbers if number not in told or int(number) in found.hidden],
            problems=found.problems,
            edited=[post for post in found.posts if post.id in edited],
        )


def _tag(term: str) -> str:
    """Return ``term`` as a hashtag; nothing if it cannot be one."""
    tag = re.sub(r"\W", "", term.casefold())
    return "" if tag.isdecimal() else tag
