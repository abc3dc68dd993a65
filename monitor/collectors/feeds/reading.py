"""One feed's bytes as entries; the only place that knows feedparser."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import feedparser

from monitor.collectors.reading import MALFORMED
from monitor.collectors.texts import clean_text, plain_of_html
from monitor.collectors.walking import moment
from monitor.domain import Author, Post, Precision
from monitor.plain import address, clean

MOST = 2_000
"""So many entries of one feed are read."""
LONGEST = 8_000_000
"""Bytes of a feed; the XML parser lets entities swell what it reads a hundredfold."""
_NESTED = re.compile(rb"<!ENTITY[^<]*&[A-Za-z]")
"""An entity made of entities: no feed needs it, bombs do."""
_LASTING = ("http://", "https://", "tag:", "urn:")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry and who wrote it."""

    post: Post
    author: Author | None


def entries_of(body: bytes, kind: str, url: str, about: str | None, now: datetime) -> tuple[list[Entry] | None, list[str]]:
    """Return the entries of a feed, and what was left out and why; None for the entries: this is no feed.

    ``kind`` is the answer's content type (its charset counts), ``url`` the feed's address. Broken XML is read as far as it goes.
    """
    if len(body) > LONGEST or _NESTED.search(body):
        return None, [f"longer than {LONGEST:,} bytes" if len(body) > LONGEST else "it declares entities made of entities"]
    headers = {"content-type": kind, "content-location": _without_login(url)}
    try:
        # a stream: handed bytes, feedparser would first try them as a file's name
        feed = feedparser.parse(BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # it promises never to raise, and on hostile feeds does
        return None, [f"{type(error).__name__}"]
    if not feed.get("version") and not feed.entries:
        return None, [clean(str(feed.get("bozo_exception") or "nothing in it is known"), 100)]
    found: list[Entry] = []
    problems: list[str] = []
    for entry in feed.entries[:MOST]:
        try:
            found.append(_read(entry, feed.feed, url, about, now))
        except MALFORMED as error:
            problems.append(f"an entry was left out: {type(error).__name__} {error}")
    return found, problems


def _read(entry: Mapping[str, Any], feed: Mapping[str, Any], url: str, about: str | None, now: datetime) -> Entry:
    host = urlsplit(url).hostname or ""
    text = _words(entry)
    link = _target(str(entry.get("link") or ""))
    at = _time(entry)
    name = clean(str((entry.get("author_detail") or {}).get("name") or ""), 100)
    author = Author(f"feeds:{host}/{name}", "feeds", name) if name else None
    post = Post(
        id=entry_id(str(entry.get("id") or link or text), host),
        platform="feeds",
        text=text,
        created_at=at or now,
        url=address(link),
        author_id=author.id if author else None,
        community=clean(plain_of_html(str(feed.get("title") or "")), 100) or host,
        time_precision=Precision.SECOND if at else Precision.SEEN,
        about=about if about and about.casefold() not in text.casefold() else None,
    )
    return Entry(post, author)


def entry_id(named: str, host: str) -> str:
    """Return the id of an entry that its feed calls ``named``; a bare number or word means something at its ``host`` only."""
    lasting = named if named.startswith(_LASTING) else f"{host}/{named}"
    return f"feeds:{blake2b(lasting.encode(errors='replace'), digest_size=12).hexdigest()}"


def _words(entry: Mapping[str, Any]) -> str:
    bodies = [str(entry.get("summary") or ""), *(str(part.get("value") or "") for part in entry.get("content") or ())]
    title, body = plain_of_html(str(entry.get("title") or "")), plain_of_html(max(bodies, key=len))
    return clean_text("\n".join(dict.fromkeys(filter(None, (title, body)))))


def _time(entry: Mapping[str, Any]) -> datetime | None:
    stated = entry.get("published_parsed") or entry.get("updated_parsed")
    try:
        return moment(timegm(stated)) if stated else None
    except (ValueError, OverflowError, OSError):
        return None


def _target(link: str) -> str:
    """Return where a link leads that Google Alerts has wrapped."""
    parts = urlsplit(link)
    wrapped = (parts.hostname or "").endswith("google.com") and parts.path == "/url"
    return parse_qs(parts.query).get("url", [link])[0] if wrapped else link


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
