"""RSS and Atom: news, boards, Google Alerts, whatever publishes a feed. Fetched by us, with ETag and If-Modified-Since, read by feedparser.

A feed shows its newest entries and nothing older. The cursor keeps for each feed its validators and what it showed last, entry by entry:
so new entries are told from known and from edited ones, and a feed that shows nothing known any more has left a hole. One dead feed is a
problem; all dead is a failure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

import monitor
from monitor.collectors import Hole, Page
from monitor.collectors.feeds.reading import Entry, entries_of
from monitor.collectors.metering import Meter
from monitor.collectors.web import Web
from monitor.domain import Precision, Watch
from monitor.errors import CollectFailed, Unavailable
from monitor.plain import address

REMEMBERED = 200
"""So many entries that a feed no longer shows are remembered: some feeds show them again."""
ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"


@dataclass(frozen=True)
class Options:
    """Feeds need no key; ask each as often as its publisher likes (`every = "15m"` is polite).

    Entries have no counts, and one that its publisher removes is not noticed.
    """

    feeds: tuple[str, ...]
    """Addresses, http or https. What they redirect to is followed, but never from outside into our own network."""
    about: str | None = None
    """The term that these feeds are about (the search of a Google Alert): their entries are taken though they do not hold it."""
    first: timedelta = timedelta(days=7)
    """How old an entry may be when a feed is read for the first time; those without a date are left out then."""

    def __post_init__(self) -> None:
        """Raise ``ValueError`` with every broken rule."""
        if not self.feeds or any(address(url) is None or not urlsplit(url).hostname for url in self.feeds):
            raise ValueError("feeds must be one or more http or https addresses")


@dataclass(frozen=True)
class Shelf:
    """What one feed showed: its validators, when it was read, and for each entry a digest of its words."""

    at: datetime
    etag: str = ""
    modified: str = ""
    known: Mapping[str, str] = field(default_factory=dict)

    def conditions(self) -> dict[str, str]:
        """Return the headers that ask for news only."""
        stated = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in stated.items() if value}


class Feeds:
    """Reads each feed once a pass, one page for each that has changed."""

    platform = "feeds"

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
        agent = {"User-Agent": f"complaint-monitor/{monitor.__version__} (feed reader)", "Accept": ACCEPT}
        self.web = Web(name, "", meter, agent, clock=clock, anywhere=True)

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield what the feeds show that they did not show before; raises the first failure if none of them can be read."""
        urls = dict.fromkeys(self.options.feeds)
        shelves = _shelves(cursor, urls)
        failed: list[tuple[str, CollectFailed]] = []
        for place, url in enumerate(urls, 1):
            self.web.meter.ask()
            try:
                yield from self._feed(url, shelves)
            except CollectFailed as error:
                failed.append((f"feed {place} ({urlsplit(url).hostname})", error))
        if len(failed) == len(urls):
            raise failed[0][1]
        if failed:
            yield Page(problems=[f"{which} cannot be read: {error}" for which, error in failed])

    def _feed(self, url: str, shelves: dict[str, Shelf]) -> Iterator[Page]:
        before = shelves.get(_short(url))
        answer = self.web.ask(url, headers=before.conditions() if before else None)
        if answer.status == 304:
            return
        if answer.status != 200:
            raise self.web.refused(answer, "")
        now = self.clock()
        entries, problems = entries_of(answer.body, answer.headers.get("content-type", ""), url, self.options.about, now)
        if entries is None:
            raise Unavailable(self.web.source, f"the answer is no feed ({problems[0]})")
        shown = {_short(entry.post.id): _short(entry.post.text) for entry in entries}
        known = _first(len(shown) + REMEMBERED, {**shown, **(before.known if before else {})})
        after = Shelf(now, answer.headers.get("etag", ""), answer.headers.get("last-modified", ""), known)
        yield self._page(entries, problems, before, now, _cursor({**shelves, _short(url): after}))
        shelves[_short(url)] = after

    def _page(self, entries: Sequence[Entry], problems: Sequence[str], before: Shelf | None, now: datetime, cursor: str) -> Page:
        known = before.known if before else {}
        fresh = [entry for entry in entries if _short(entry.post.id) not in known]
        if before is None:
            floor = now - self.options.first
            fresh = [entry for entry in fresh if entry.post.time_precision is not Precision.SEEN and entry.post.created_at >= floor]
        edited = [entry.post for entry in entries if known.get(_short(entry.post.id)) not in (None, _short(entry.post.text))]
        hole = None
        if before and known and len(fresh) == len(entries) > 0:
            oldest = min((entry.post.created_at for entry in entries), default=now)
            hole = Hole(before.at, max(before.at, oldest), "a feed shows nothing any more of what it showed before")
        authors = [entry.author for entry in fresh if entry.author]
        return Page([entry.post for entry in fresh], authors, cursor=cursor, problems=problems, edited=edited, hole=hole)


def _short(text: str) -> str:
    return blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()


def _first(most: int, known: Mapping[str, str]) -> dict[str, str]:
    return dict(list(known.items())[:most])


def _cursor(shelves: Mapping[str, Shelf]) -> str:
    told = {
        url: {"at": shelf.at.isoformat(), "etag": shelf.etag, "modified": shelf.modified, "known": dict(shelf.known)}
        for url, shelf in sorted(shelves.items())
    }
    return json.dumps(told)


def _shelves(cursor: str | None, urls: Mapping[str, Any]) -> dict[str, Shelf]:
    """Read the cursor, for the feeds that are still asked; what cannot be read of it is begun anew, which loses nothing."""
    try:
        told = json.loads(cursor or "{}")
    except ValueError:
        return {}
    found = {}
    for url in map(_short, urls):
        try:
            one = told[url]
            at = datetime.fromisoformat(one["at"])
            known = {str(name): str(words) for name, words in one["known"].items()}
            found[url] = Shelf(at if at.tzinfo else at.replace(tzinfo=UTC), str(one["etag"]), str(one["modified"]), known)
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return found
