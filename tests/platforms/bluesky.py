"""Bluesky: search, posts and profiles, with sessions that expire; without one, the first page of a search only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from monitor.collectors.bluesky import Bluesky, Options
from monitor.decode import Secret
from tests.checks.collectors import WATCH, Rig
from tests.platforms.stub import Answer, Asked, Clock, Stub

HANDLE, PASSWORD = "watcher.example.com", "abcd-efgh-ijkl-mnop"
_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"


def written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def letters(number: int, length: int) -> str:
    """A number in the alphabet of record keys and DIDs."""
    found = ""
    for _ in range(length):
        number, rest = divmod(number, 32)
        found = _LETTERS[rest] + found
    return found


class BlueskyStub(Stub):
    """Posts by ``at://`` address. ``depth``: how many hits page tokens lead to; ``life``: how many questions an access token lasts."""

    def __init__(self, clock: Clock | None = None, depth: int = 1000, life: int = 1_000_000):
        super().__init__(clock)
        self.depth, self.life = depth, life
        self.views: dict[str, dict[str, Any]] = {}
        self.profiles: dict[str, dict[str, Any]] = {}
        self.sessions: dict[str, int] = {}
        self.refreshing: set[str] = set()

    def publish(self, text: str, at: datetime, author: int = 0, **more: Any) -> str:
        """Write a post and return its address; ``more`` goes into the record (``reply``, ``embed``, ``langs`` ...)."""
        did = self.account(author)
        uri = f"at://{did}/app.bsky.feed.post/{letters(len(self.views) + 1, 13)}"
        record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": written(at), **more}
        self.views[uri] = {
            "uri": uri, "cid": "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq",
            "author": {key: value for key, value in self.profiles[did].items() if not key.endswith("Count")}, "record": record,
            "bookmarkCount": 0, "replyCount": 0, "repostCount": 0, "likeCount": 0, "quoteCount": 0, "indexedAt": written(at), "labels": [],
        }  # fmt: skip
        return uri

    def account(self, number: int, followers: int | None = 12, **more: Any) -> str:
        """Return the DID of an account, made if it is not there."""
        did = f"did:plc:{letters(number, 24)}"
        plain = {"did": did, "handle": f"person{number}.example.com", "labels": [], "followersCount": followers}
        self.profiles.setdefault(did, plain).update(more)
        return did

    def answer(self, asked: Asked) -> Answer:
        method = asked.path.removeprefix("/xrpc/")
        if method.startswith("com.atproto.server."):
            return self._create(asked) if method.endswith("createSession") else self._refresh(asked)
        refused = self._stranger(asked)
        if refused:
            return refused
        match method:
            case "app.bsky.feed.searchPosts":
                return self._search(asked)
            case "app.bsky.feed.getPosts":
                return self._several(asked, "uris", "posts", self.views)
            case "app.bsky.actor.getProfiles":
                return self._several(asked, "actors", "profiles", self.profiles)
        return error("MethodNotImplemented", "Method Not Implemented", 501)

    def _create(self, asked: Asked) -> Answer:
        who = asked.json()
        if (who.get("identifier"), who.get("password")) != (HANDLE, PASSWORD):
            return error("AuthenticationRequired", "Invalid identifier or password", 401)
        return self._session()

    def _refresh(self, asked: Asked) -> Answer:
        if asked.body:
            return error("InvalidRequest", "A request body was provided when none was expected")
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.refreshing:
            return error("ExpiredToken", "Token has been revoked")
        return self._session()

    def _session(self) -> Answer:
        number = len(self.refreshing) + 1
        access, refresh = f"eyJ.access.{number:04}.secret", f"eyJ.refresh.{number:04}.secret"
        self.sessions[access] = self.life
        self.refreshing.add(refresh)
        return Answer.of({"did": self.account(999), "handle": HANDLE, "accessJwt": access, "refreshJwt": refresh, "active": True})

    def _stranger(self, asked: Asked) -> Answer | None:
        """What somebody is told whose token is unknown or over."""
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            return None
        if token not in self.sessions:
            return error("InvalidToken", "Token could not be verified", 401)
        self.sessions[token] -= 1
        return error("ExpiredToken", "Token has expired") if self.sessions[token] < 0 else None

    def _search(self, asked: Asked) -> Answer:
        anonymous = "authorization" not in asked.headers
        if anonymous and "cursor" in asked.query:
            return Answer(403, {"content-type": "text/html"}, b"<html><body>Request forbidden by administrative rules.</body></html>")
        limit, token = int(asked.query.get("limit", 25)), asked.query.get("cursor", "0")
        if not 1 <= limit <= 100 or not token.isdecimal():
            return error("InvalidRequest", "Error: Params must have a valid cursor and limit")
        wanted = asked.query["q"].strip('"').casefold()
        since, until = asked.query.get("since", ""), asked.query.get("until", "9")
        hits = [view for view in self.views.values() if since <= _sorted_at(view) < until and wanted in view["record"]["text"].casefold()]
        hits.sort(key=_sorted_at, reverse=True)
        end = min(int(token) + limit, self.depth)
        shown: dict[str, Any] = {"posts": hits[int(token) : end], "hitsTotal": len(hits)}
        if end < min(len(hits), self.depth):
            shown["cursor"] = str(end)
        return Answer.of(shown)

    def _several(self, asked: Asked, by: str, name: str, among: dict[str, dict[str, Any]]) -> Answer:
        wanted = asked.lists.get(by, ())
        if not 1 <= len(wanted) <= 25 or not all(re.match(r"at://did:|did:", one) for one in wanted):
            return error("InvalidRequest", f"Error: {by} must not have more than 25 elements")
        return Answer.of({name: [among[one] for one in wanted if one in among]})


def error(name: str, message: str, status: int = 400) -> Answer:
    return Answer.of({"error": name, "message": message}, status)


def _sorted_at(view: dict[str, Any]) -> str:
    stated = view["record"].get("createdAt")
    return min(stated, view["indexedAt"]) if isinstance(stated, str) and stated[:2] == "20" else str(view["indexedAt"])


def options(stub: BlueskyStub, signed_in: bool = True, **more: Any) -> Options:
    secret = Secret(PASSWORD, "BLUESKY_APP_PASSWORD") if signed_in else None
    return Options(HANDLE if signed_in else "", secret, stub.base_url, stub.base_url, **more)


def views_of(body: bytes) -> list[dict[str, Any]]:
    return list(json.loads(body)["posts"])


@contextmanager
def rig() -> Iterator[Rig]:
    with BlueskyStub() as stub:
        assert isinstance(stub, BlueskyStub)

        def publish(texts: Sequence[str], times: Sequence[datetime]) -> list[str]:
            uris = [stub.publish(text, at, author) for author, (text, at) in enumerate(zip(texts, times, strict=True))]
            return [uri.replace("at://", "bluesky:").replace("/app.bsky.feed.post", "") for uri in uris]

        def make() -> Bluesky:
            return Bluesky("bluesky", options(stub), (WATCH,), stub.clock)

        yield Rig("bluesky", stub, make, publish, 100, secrets=(PASSWORD, "eyJ.access", "eyJ.refresh"))
