"""Reddit on loopback: tokens, listings with their window, search, ``info``; private, banned and missing communities; the rate window."""

from __future__ import annotations

import base64
import html
import re
from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

from monitor.collectors.metering import Meter
from monitor.collectors.reddit import Options, Reddit
from monitor.decode import Secret
from tests.checks.collectors import WATCH, Rig
from tests.platforms.stub import Answer, Asked, Clock, Stub

CLIENT, SECRET, AGENT = "k3yOfTheApplication", "s3cret-of-the-application", "linux:kr.hanul.monitor:1.0 (by /u/hanul_auto)"
WINDOW = 1000
TOKEN_LIVES = timedelta(days=1)


@dataclass
class Entry:
    """A post or comment. ``shown``: "yes", "deleted" (by its author), "removed" (by moderators) or "missing" (Reddit knows it no more)."""

    name: str
    words: tuple[str, ...]
    created_at: datetime
    author: str
    community: str
    parent: str | None = None
    link: str | None = None
    crosspost_of: str | None = None
    score: int = 1
    score_hidden: bool = False
    edited_at: datetime | None = None
    shown: str = "yes"
    more: dict[str, Any] = field(default_factory=dict)


class RedditStub(Stub):
    """Reddit as an application sees it."""

    def __init__(self, clock: Clock | None = None):
        super().__init__(clock)
        self.entries: dict[str, Entry] = {}
        self._by_time: list[tuple[datetime, str]] = []
        self.suspended: set[str] = set()
        self.private: set[str] = set()
        self.banned: set[str] = set()
        self.missing: set[str] = set()
        self.tokens: dict[str, datetime] = {}
        self.quota = 1000
        self._used = 0
        self._window_until = self.clock.now

    # ---- what people do

    def submit(
        self, title: str, text: str = "", at: datetime | None = None, author: str = "driver_0", sub: str = "koreadrivers", **more: Any
    ) -> str:
        """Write a post and return its full name."""
        return self._write("t3", (title, text), at, author, sub, **more)

    def comment(
        self, body: str, link: str, at: datetime | None = None, author: str = "driver_1", parent: str | None = None, **more: Any
    ) -> str:
        """Write a comment under ``link`` (a post), in answer to ``parent`` (default: the post) and return its full name."""
        return self._write("t1", (body,), at, author, self.entries[link].community, parent=parent or link, link=link, **more)

    def edit(self, name: str, text: str) -> None:
        entry = self.entries[name]
        entry.words = (*entry.words[:-1], text)
        entry.edited_at = self.clock.now

    def _write(self, kind: str, words: tuple[str, ...], at: datetime | None, author: str, sub: str, **more: Any) -> str:
        name = f"{kind}_{_base36(46_656_000 + len(self.entries))}"
        self.entries[name] = entry = Entry(name, words, at or self.clock.now, author, sub, **more)
        insort(self._by_time, (entry.created_at, name))
        return name

    # ---- what Reddit says

    def answer(self, asked: Asked) -> Answer:
        if "python-requests" in asked.headers.get("user-agent", "python-requests"):
            return Answer(403, {"content-type": "text/html"}, b"<html><title>Blocked</title>whoa there, pardner!</html>")
        if asked.path == "/api/v1/access_token":
            return self._token(asked)
        token = asked.headers.get("authorization", "").removeprefix("bearer ")
        if self.tokens.get(token, self.clock.now) <= self.clock.now:
            return _error(401, "Unauthorized", www_authenticate='Bearer realm="reddit", error="invalid_token"')
        if (limits := self._counted()) is None:
            return _error(429, "Too Many Requests", retry_after=str(self._reset()))
        answer = self._found(asked)
        return Answer(answer.status, {**answer.headers, **limits}, answer.body)

    def _token(self, asked: Asked) -> Answer:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {basic}":
            return _error(401, "Unauthorized")
        if parse_qs(asked.body.decode()).get("grant_type") != ["client_credentials"]:
            return Answer.of({"error": "unsupported_grant_type"})
        token = f"eyJhbGciOi.t0ken-{len(self.tokens)}.sig"
        self.tokens[token] = self.clock.now + TOKEN_LIVES
        return Answer.of({"access_token": token, "token_type": "bearer", "expires_in": 86400, "scope": "*"})

    def _counted(self) -> dict[str, str] | None:
        if self.clock.now >= self._window_until:
            self._window_until, self._used = self.clock.now + timedelta(minutes=10), 0
        if self._used >= self.quota:
            return None
        self._used += 1
        limits = {"remaining": f"{self.quota - self._used}.0", "used": str(self._used), "reset": str(self._reset())}
        return {f"x-ratelimit-{name}": value for name, value in limits.items()}

    def _reset(self) -> int:
        return max(int((self._window_until - self.clock.now).total_seconds()), 1)

    def _found(self, asked: Asked) -> Answer:
        if asked.path == "/api/info/":
            names = asked.query.get("id", "").split(",")[:100]
            known = [self.entries[name] for name in names if name in self.entries and self.entries[name].shown != "missing"]
            return self._listing(known, None, asked)
        if (parts := re.fullmatch(r"/r/([A-Za-z0-9_+]+)/(new|comments|search)/?", asked.path)) is None:
            return _error(404, "Not Found")
        communities = set(parts[1].casefold().split("+"))
        if len(communities) == 1 and (refusal := self._closed(parts[1])):
            return refusal
        newest_first = (self.entries[name] for _, name in reversed(self._by_time))
        chosen = islice(filter(self._chooser(communities, parts[2], asked), newest_first), WINDOW)
        return self._paged(list(chosen), asked)

    def _closed(self, community: str) -> Answer | None:
        if community in self.private:
            return Answer.of({"reason": "private", "message": "Forbidden", "error": 403}, 403)
        if community in self.banned:
            return Answer.of({"reason": "banned", "message": "Not Found", "error": 404}, 404)
        if community in self.missing:
            return Answer(302, {"location": f"{self.base_url}/subreddits/search?q={community}"})
        return None

    def _chooser(self, communities: set[str], what: str, asked: Asked) -> Callable[[Entry], bool]:
        kind = "t1_" if what == "comments" else "t3_"
        words = [phrase.casefold() for phrase in re.findall(r'"([^"]*)"', asked.query.get("q", ""))]
        anywhere = "all" in communities or (what == "search" and asked.query.get("restrict_sr") != "True")

        def chosen(entry: Entry) -> bool:
            if not entry.name.startswith(kind) or entry.shown != "yes":
                return False
            if not anywhere and entry.community.casefold() not in communities:
                return False
            text = "\n".join(entry.words).casefold()
            return what != "search" or any(word in text for word in words)

        return chosen

    def _paged(self, chosen: Sequence[Entry], asked: Asked) -> Answer:
        limit = min(int(asked.query.get("limit", "25")), 100)
        start, after = 0, asked.query.get("after")
        if after:
            places = [place for place, entry in enumerate(chosen) if entry.name == after]
            start = places[0] + 1 if places else len(chosen)  # a deleted anchor: nothing
        page = chosen[start : start + limit]
        return self._listing(page, page[-1].name if page and start + limit < len(chosen) else None, asked)

    def _listing(self, entries: Sequence[Entry], after: str | None, asked: Asked) -> Answer:
        escape: Callable[[str], str] = str if asked.query.get("raw_json") == "1" else html.escape
        children = [{"kind": entry.name[:2], "data": self._fields(entry, escape)} for entry in entries]
        return Answer.of(
            {"kind": "Listing", "data": {"modhash": None, "dist": len(children), "after": after, "before": None, "children": children}}
        )

    def _fields(self, entry: Entry, escape: Callable[[str], str]) -> dict[str, Any]:
        gone = {"deleted": "[deleted]", "removed": "[removed]"}.get(entry.shown)
        nobody = gone is not None or entry.author in self.suspended
        fields: dict[str, Any] = {
            "id": entry.name[3:],
            "name": entry.name,
            "author": "[deleted]" if nobody else entry.author,
            "subreddit": entry.community,
            "subreddit_name_prefixed": f"r/{entry.community}",
            "created_utc": entry.created_at.timestamp(),
            "edited": entry.edited_at.timestamp() if entry.edited_at else False,
            "score": entry.score,
            "ups": entry.score,
            "permalink": f"/r/{entry.community}/comments/{(entry.link or entry.name)[3:]}/글/",
        }
        if not nobody:
            fields["author_fullname"] = f"t2_{_base36(sum(entry.author.encode()))}"
        if entry.name.startswith("t1_"):
            fields |= {"body": gone or escape(entry.words[0]), "parent_id": entry.parent, "link_id": entry.link, "replies": ""}
            return {**fields, "score_hidden": entry.score_hidden, **entry.more}
        removed_by = {"deleted": "deleted", "removed": "moderator"}.get(entry.shown)
        fields |= {"title": escape(entry.words[0]), "selftext": gone or escape(entry.words[1]), "hide_score": entry.score_hidden}
        fields |= {"num_comments": self._comments(entry.name), "removed_by_category": removed_by, "view_count": None, "upvote_ratio": 0.9}
        return {**fields, **({"crosspost_parent": entry.crosspost_of} if entry.crosspost_of else {}), **entry.more}

    def _comments(self, name: str) -> int:
        return sum(entry.link == name for entry in self.entries.values()) if len(self.entries) < 1000 else 0


def options(stub: RedditStub, **more: Any) -> Options:
    return Options(
        CLIENT, Secret(more.pop("secret", SECRET), "REDDIT_SECRET"), AGENT, reddit_url=stub.base_url, oauth_url=stub.base_url, **more
    )


def collector(stub: RedditStub, meter: Meter | None = None, **more: Any) -> Reddit:
    return Reddit("reddit", options(stub, **more), (WATCH,), stub.clock, meter)


@contextmanager
def rig() -> Iterator[Rig]:
    """Reddit for the checks that every collector passes."""
    stub = RedditStub()
    stub.quota = 100_000

    def publish(texts: Sequence[str], times: Sequence[datetime]) -> list[str]:
        written = enumerate(zip(texts, times, strict=True), len(stub.entries))
        return [f"reddit:{stub.submit(*_titled(text), at=at, author=f'driver_{number}')}" for number, (text, at) in written]

    with stub:
        yield Rig(
            "reddit",
            stub,
            lambda: collector(stub),
            publish,
            page=100,
            window=WINDOW,
            secrets=(SECRET, "t0ken", base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()),
            strikes=lambda asked: asked.path != "/api/v1/access_token",
        )


def _titled(text: str) -> tuple[str, str]:
    """Titles have at most 300 characters; a longer text has its first line there."""
    return (text, "") if len(text) <= 300 else (text[:300], text[300:])


def _error(status: int, message: str, **headers: str) -> Answer:
    return Answer.of({"message": message, "error": status}, status, **headers)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits or "0"
