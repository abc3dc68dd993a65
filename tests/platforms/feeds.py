"""A publisher's feeds: the newest entries only, validators, any number of addresses, encodings and kinds of damage."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from xml.sax.saxutils import escape

from monitor.collectors.feeds import Feeds, Options
from monitor.collectors.feeds.reading import entry_id
from tests.checks.collectors import WATCH, Rig
from tests.platforms.stub import Answer, Asked, Clock, Stub


@dataclass
class Item:
    """One entry of the feed; ``at`` None: it states no date."""

    guid: str
    title: str
    text: str
    at: datetime | None
    author: str = ""
    deleted: bool = False


class FeedStub(Stub):
    """An RSS feed at /feed.xml that shows its newest ``shown`` entries; other addresses answer as ``places`` says."""

    def __init__(self, clock: Clock | None = None, shown: int = 500):
        super().__init__(clock)
        self.shown = shown
        self.items: list[Item] = []
        self.places: dict[str, Answer] = {}

    def publish(self, text: str, at: datetime | None, title: str = "", author: str = "") -> Item:
        made = Item(f"https://board.example.com/{len(self.items) + 1}", title, text, at, author)
        self.items.append(made)
        return made

    def answer(self, asked: Asked) -> Answer:
        if asked.path in self.places:
            return self.places[asked.path]
        if asked.path != "/feed.xml":
            return Answer(404, {"content-type": "text/html"}, b"<h1>Not Found</h1>")
        body = self.feed()
        etag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
        if asked.headers.get("if-none-match") == etag:
            return Answer(304, {"etag": etag})
        return Answer(200, {"content-type": "application/rss+xml; charset=utf-8", "etag": etag}, body)

    def feed(self) -> bytes:
        alive = [item for item in self.items if not item.deleted]
        alive.sort(key=lambda item: item.at or self.clock.now, reverse=True)
        return rss("게시판 &amp; 소식", "".join(map(_item, alive[: self.shown]))).encode()


def rss(title: str, items: str, encoding: str = "utf-8") -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n<rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'


def _item(item: Item) -> str:
    parts = {"title": item.title, "description": item.text, "author": item.author}
    told = "".join(f"<{name}>{escape(_xml(text))}</{name}>" for name, text in parts.items() if text)
    date = f"<pubDate>{format_datetime(item.at)}</pubDate>" if item.at else ""
    return f"<item><guid>{item.guid}</guid><link>{item.guid}?from=rss</link>{told}{date}</item>"


def _xml(text: str) -> str:
    """XML has no words for control characters; a publisher drops them."""
    return "".join(character for character in text if character >= " " or character in "\t\n")


@contextmanager
def rig() -> Iterator[Rig]:
    with FeedStub() as stub:
        assert isinstance(stub, FeedStub)

        def publish(texts: Sequence[str], times: Sequence[datetime]) -> list[str]:
            made = [stub.publish(html.escape(text), at) for text, at in zip(texts, times, strict=True)]
            return [entry_id(item.guid, "127.0.0.1") for item in made]

        def make() -> Feeds:
            return Feeds("feeds", Options((f"{stub.base_url}/feed.xml",), first=timedelta(days=7)), (WATCH,), stub.clock)

        yield Rig("feeds", stub, make, publish, page=100, window=stub.shown)
