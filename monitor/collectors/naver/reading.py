"""One search result of Naver as a post: its id from the link, its words without markup, its time as far as it is told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from typing import Any, Literal
from unicodedata import normalize
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from monitor.collectors.reading import MALFORMED
from monitor.collectors.texts import plain_of_html
from monitor.domain import Author, Post, Precision
from monitor.plain import address

Kind = Literal["blog", "cafearticle", "kin", "news"]
SEOUL = ZoneInfo("Asia/Seoul")

_IN_PATH = {
    "blog": re.compile(r"blog\.naver\.com/([\w-]+)/(\d+)", re.ASCII),
    "cafearticle": re.compile(r"cafe\.naver\.com/([\w-]+)/(\d+)", re.ASCII),
    "news": re.compile(r"news\.naver\.com/(?:mnews/)?article/(\d+)/(\d+)", re.ASCII),
}
_IN_QUERY = {"blog": ("blogId", "logNo"), "cafearticle": ("clubid", "articleid"), "kin": ("docId",), "news": ("oid", "aid")}
_NUMBERED = re.compile(r"[\w-]+", re.ASCII)
_PASSING = re.compile(r"(?:^|&)utm_\w+=[^&]*")
"""Parts of a link that say who passed it on."""


def read(result: Any, kind: Kind, term: str, none: Sequence[str], now: datetime) -> tuple[Post, Author | None]:
    """Return the post and its author (of blogs; the others name none); raises one of ``MALFORMED``."""
    text = "\n".join(filter(None, (plain_of_html(result[part]) for part in ("title", "description"))))
    at, precision = _time(result, kind, now)
    link = str(result["link"])
    author = _author(result) if kind == "blog" else None
    post = Post(
        id=f"naver:{native(link, kind)}",
        platform="naver",
        text=text,
        created_at=at,
        url=address(link),
        author_id=author.id if author else None,
        community=_community(result, kind),
        time_precision=precision,
        about=_about(text, term, none),
    )
    return post, author


def native(link: str, kind: str) -> str:
    """Return what stays the same of a link however it was found: kind and numbers, else a digest of the address."""
    parts = urlsplit(link.strip())
    place = f"{(parts.hostname or '').removeprefix('www.').removeprefix('m.')}{parts.path.rstrip('/')}"
    if kind in _IN_PATH and (found := _IN_PATH[kind].search(place)):
        return f"{kind}/{found[1]}/{found[2]}"
    asked = parse_qs(parts.query)
    numbers = [asked.get(name, [""])[0] for name in _IN_QUERY[kind]]
    if (parts.hostname or "").endswith("naver.com") and all(map(_NUMBERED.fullmatch, numbers)):
        return "/".join([kind, *numbers])
    if not parts.hostname:
        raise ValueError("a result without a link")
    lasting = _PASSING.sub("", parts.query)
    return f"{kind}/{blake2b(f'{place}?{lasting}'.encode(), digest_size=10).hexdigest()}"


def _time(result: Mapping[str, Any], kind: Kind, now: datetime) -> tuple[datetime, Precision]:
    try:
        if kind == "blog":
            day = str(result["postdate"])
            return datetime(int(day[:4]), int(day[4:6]), int(day[6:8]), 12, tzinfo=SEOUL).astimezone(UTC), Precision.DAY
        if kind == "news":
            at = parsedate_to_datetime(result["pubDate"])
            return (at if at.tzinfo else at.replace(tzinfo=SEOUL)).astimezone(UTC), Precision.SECOND
    except MALFORMED:
        pass
    return now, Precision.SEEN


def _author(result: Mapping[str, Any]) -> Author | None:
    place = str(result.get("bloggerlink") or "")
    parts = urlsplit(place if "//" in place else f"//{place}")
    name = f"{(parts.hostname or '').removeprefix('m.')}{parts.path.rstrip('/')}"
    return Author(f"naver:{name}", "naver", plain_of_html(str(result.get("bloggername") or "")) or None) if parts.hostname else None


def _community(result: Mapping[str, Any], kind: Kind) -> str | None:
    if kind == "cafearticle":
        return plain_of_html(str(result.get("cafename") or "")) or None
    return urlsplit(str(result.get("originallink") or "")).hostname if kind == "news" else None


def _about(text: str, term: str, none: Sequence[str]) -> str | None:
    """Return the term asked for where the shown lines do not hold it, so that the post is taken all the same.

    Where they hold it, or a word that rules the post out, the watches decide as they do for any post.
    """
    shown = text.casefold()
    return None if any(normalize("NFC", word).casefold() in shown for word in (term, *none)) else term
