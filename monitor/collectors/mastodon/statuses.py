"""Mastodon's statuses as our nouns. A post's id is ``mastodon:`` with the instance's host, a slash and its number there.

A status whose home is one of the instances that we read has its home's number, wherever it was read, so it is one post only; its
counts are taken from its home.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from monitor.collectors.reading import count
from monitor.collectors.texts import plain_of_entities, plain_of_html
from monitor.collectors.walking import moment
from monitor.domain import Author, Engagement, Post

_LOCAL = re.compile(r"/statuses/(\d{1,20})(?:/activity)?/?")


@dataclass(frozen=True, slots=True)
class Reader:
    """Where a status was read (``host``), and the hosts of all instances that are read."""

    host: str
    hosts: frozenset[str]

    def id_of(self, status: Mapping[str, Any]) -> str:
        """Return our id of ``status``."""
        home = urlsplit(status.get("uri") or "")
        number = _LOCAL.search(home.path)
        if number and home.netloc != self.host and home.netloc in self.hosts:
            return f"mastodon:{home.netloc}/{number[1]}"
        return f"mastodon:{self.host}/{int(status['id'])}"

    def post(self, status: Mapping[str, Any]) -> Post:
        """Return the post of ``status``; a boost has the text of what it passes on. Raises one of ``MALFORMED``."""
        boosted = status.get("reblog") or {}
        words = [plain_of_entities(status.get("spoiler_text") or ""), plain_of_html(boosted.get("content") or status["content"])]
        above = status.get("in_reply_to_id")
        return Post(
            id=self.id_of(status),
            platform="mastodon",
            text="\n".join(filter(None, words)),
            created_at=_instant(status["created_at"]),
            url=_address(status.get("url")) or _address(boosted.get("url")),
            author_id=self.author(status["account"]).id,
            language=status.get("language") or None,
            reply_to=f"mastodon:{self.host}/{int(above)}" if above else None,
            repost_of=self.id_of(boosted) if boosted else None,
            quote_of=self._quoted(status.get("quote") or {}),
        )

    def author(self, account: Mapping[str, Any]) -> Author:
        """Return the account, named ``user@host`` wherever it was read. Raises one of ``MALFORMED``."""
        name = account["acct"].lower()
        named = name if "@" in name else f"{name}@{self.host}"
        return Author(f"mastodon:{named}", "mastodon", named, count(account.get("followers_count")))

    def engagement(self, status: Mapping[str, Any], now: datetime) -> Engagement | None:
        """Return the counts; None if the status has its home at another instance that we read, which knows them better."""
        post_id = self.id_of(status)
        if not post_id.startswith(f"mastodon:{self.host}/"):
            return None
        passed_on = [number for name in ("reblogs_count", "quotes_count") if (number := count(status.get(name))) is not None]
        shares = sum(passed_on) if passed_on else None
        return Engagement(post_id, now, count(status.get("favourites_count")), count(status.get("replies_count")), shares)

    def _quoted(self, quote: Mapping[str, Any]) -> str | None:
        """The status that is quoted, if its author let it be and it is still there."""
        if quote.get("quoted_status"):
            return self.id_of(quote["quoted_status"])
        number = quote.get("quoted_status_id")
        return f"mastodon:{self.host}/{int(number)}" if number else None


def open_to_all(status: Mapping[str, Any]) -> bool:
    """Whether ``status`` is public and its author has not asked to be left out of searches and listings."""
    account = status["account"]
    refuses = account.get("noindex") is True or account.get("discoverable") is False or account.get("suspended") is True
    return status.get("visibility") == "public" and not refuses


def first_id(at: datetime) -> int:
    """Return the least number that a status of this time may have: milliseconds and 16 bits."""
    return max(int(at.timestamp() * 1000), 0) << 16


def time_of(number: int) -> datetime:
    """Return when a status got its number. Raises ``ValueError`` or ``OverflowError`` for numbers of other software."""
    return moment((number >> 16) / 1000)


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _address(url: object) -> str | None:
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) else None
