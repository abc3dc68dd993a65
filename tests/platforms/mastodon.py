"""Mastodon 4.5: hashtag timelines for everybody, full-text search for a token, statuses one by one or by 20."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import escape, unescape
from itertools import islice
from typing import Any
from urllib.parse import unquote

from monitor.collectors.mastodon import Mastodon, Options
from monitor.decode import Secret
from tests.checks.collectors import WATCH, Rig
from tests.platforms.stub import Answer, Asked, Clock, Stub

TOKEN = "masto-token-5150"
LIMIT = 300


def written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class MastodonStub(Stub):
    """Statuses by number. ``previews``: strangers may read hashtags; ``several``: the server is new enough to tell many at once."""

    def __init__(self, clock: Clock | None = None, previews: bool = True, several: bool = True):
        super().__init__(clock)
        self.previews, self.several = previews, several
        self.statuses: dict[int, dict[str, Any]] = {}

    @property
    def host(self) -> str:
        return self.base_url.removeprefix("http://")

    def publish(self, text: str, at: datetime, author: str = "someone", indexable: bool = True, **more: Any) -> int:
        """Write a status and return its number; hashtags stand in the text, ``more`` are further fields of it."""
        number = (int(at.timestamp() * 1000) << 16) + len(self.statuses)
        own = "@" not in author
        uri = f"{self.base_url}/users/{author}/statuses/{number}" if own else f"https://{author.split('@')[1]}/objects/{number}"
        words = re.sub(r"#(\w+)", r'<a href="https://x/tags/\1" class="mention hashtag" rel="tag">#<span>\1</span></a>', escape(text))
        self.statuses[number] = {
            "id": str(number), "created_at": written(at), "in_reply_to_id": None, "in_reply_to_account_id": None, "sensitive": False,
            "spoiler_text": "", "visibility": "public", "language": "ko", "uri": uri, "url": f"{self.base_url}/@{author}/{number}",
            "replies_count": 0, "reblogs_count": 0, "favourites_count": 0, "quotes_count": 0, "edited_at": None,
            "content": f"<p>{words}</p>", "reblog": None, "account": account(author, indexable), "quote": None,
            "tags": [{"name": tag.lower()} for tag in re.findall(r"#(\w+)", text)], **more,
        }  # fmt: skip
        return number

    def answer(self, asked: Asked) -> Answer:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token and token != TOKEN:
            return said("The access token is invalid", 401)
        if found := re.fullmatch(r"/api/v1/timelines/tag/([^/]+)", asked.path):
            if not token and not self.previews:
                return said("This method requires an authenticated user", 422)
            return self._tagged([unquote(found[1]), *asked.lists.get("any[]", ())], asked)
        if asked.path == "/api/v2/search":
            return self._search(asked) if token else said("This API requires an authenticated user", 401)
        if asked.path == "/api/v1/statuses" and self.several:
            wanted = asked.lists.get("id[]", ())
            if len(wanted) > 20:
                return said("Validation failed: Too many statuses", 422)
            return self._told(found for number in wanted if (found := self._shown(int(number))))
        if found := re.fullmatch(r"/api/v1/statuses/(\d+)", asked.path):
            status = self._shown(int(found[1]))
            return Answer.of(status) if status else said("Record not found", 404)
        return said("Not Found", 404)

    def _tagged(self, tags: Sequence[str], asked: Asked) -> Answer:
        wanted = {tag.lower() for tag in tags}
        local = asked.query.get("local") == "true"
        fits = (
            status
            for status in self._between(asked, upwards=int(asked.query.get("min_id", 0)) > 0)
            if wanted & {tag["name"] for tag in status["tags"]}
            and status["visibility"] == "public"
            and not (local and self._remote(status))
        )
        shown = list(islice(fits, min(int(asked.query.get("limit", 20)), 40)))
        return self._told(sorted(shown, key=lambda status: int(status["id"]), reverse=True))

    def _search(self, asked: Asked) -> Answer:
        wanted = asked.query["q"].strip('"').casefold()
        hits = (status for status in self._between(asked) if status["account"]["indexable"] and wanted in _words(status))
        return Answer.of({"accounts": [], "statuses": list(islice(hits, min(int(asked.query["limit"]), 40))), "hashtags": []})

    def _between(self, asked: Asked, upwards: bool = False) -> Iterator[dict[str, Any]]:
        """Return what lies between min_id and max_id, newest first or oldest first."""
        after, before = int(asked.query.get("min_id", 0)), int(asked.query.get("max_id", 1 << 70))
        numbers = sorted((number for number in self.statuses if after < number < before), reverse=not upwards)
        return (self.statuses[number] for number in numbers)

    def _shown(self, number: int) -> dict[str, Any] | None:
        status = self.statuses.get(number)
        return status if status and status["visibility"] in ("public", "unlisted") else None

    def _remote(self, status: dict[str, Any]) -> bool:
        return "@" in status["account"]["acct"]

    def _told(self, statuses: Iterable[dict[str, Any]]) -> Answer:
        reset = written(self.clock.now + timedelta(minutes=5))
        told = {"x_ratelimit_limit": str(LIMIT), "x_ratelimit_remaining": "299", "x_ratelimit_reset": reset}
        return Answer.of(list(statuses), **told)


def account(acct: str, indexable: bool = True) -> dict[str, Any]:
    return {
        "id": "1", "username": acct.split("@")[0], "acct": acct, "display_name": "", "locked": False, "bot": False, "discoverable": True,
        "indexable": indexable, "noindex": False, "followers_count": 10, "following_count": 1, "statuses_count": 5,
    }  # fmt: skip


def said(error: str, status: int) -> Answer:
    return Answer.of({"error": error}, status)


def _words(status: dict[str, Any]) -> str:
    return unescape(re.sub(r"<[^>]+>", "", status["content"])).casefold()


def options(stub: MastodonStub, token: bool = True, **more: Any) -> Options:
    return Options(stub.base_url, Secret(TOKEN, "MASTODON_TOKEN") if token else None, **more)


@contextmanager
def rig() -> Iterator[Rig]:
    with MastodonStub() as stub:
        assert isinstance(stub, MastodonStub)

        def publish(texts: Sequence[str], times: Sequence[datetime]) -> list[str]:
            return [f"mastodon:{stub.host}/{stub.publish(text, at)}" for text, at in zip(texts, times, strict=True)]

        def make() -> Mastodon:
            return Mastodon("mastodon", options(stub), (WATCH,), stub.clock)

        yield Rig("mastodon", stub, make, publish, 40, secrets=(TOKEN,))
