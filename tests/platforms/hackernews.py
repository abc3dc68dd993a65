"""Hacker News: the public search (1,000 hits of one question) and the item interface."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from monitor.collectors.hackernews import HackerNews, Options
from tests.checks.collectors import WATCH, Rig
from tests.platforms.stub import Answer, Asked, Clock, Stub

WINDOW = 1000


class HackerNewsStub(Stub):
    """Stories and comments by number. Both interfaces on one server: the search at /api/v1, the items at /v0."""

    def __init__(self, clock: Clock | None = None):
        super().__init__(clock)
        self.stories: dict[int, dict[str, Any]] = {}

    def publish(self, text: str, at: datetime, author: str | None = "someone", **more: Any) -> int:
        """Put a comment (with ``title``: a story) on the platform."""
        number = 40_000_000 + len(self.stories)
        self.stories[number] = {
            "objectID": str(number), "created_at_i": int(at.timestamp()), "author": author, "title": None, "story_text": None,
            "comment_text": text, "points": None, "num_comments": None, "parent_id": None if more.get("title") else 1, **more,
        }  # fmt: skip
        return number

    def change(self, number: int, **more: Any) -> None:
        """Edit, count or delete (``deleted=True``; the search forgets it)."""
        self.stories[number].update(more)

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/api/v1/search_by_date":
            return self._search(asked)
        if found := re.fullmatch(r"/v0/item/(\d+)\.json", asked.path):
            return Answer.of(self._item(int(found[1])))
        return Answer.of({"message": "Not found", "status": 404}, 404)

    def _search(self, asked: Asked) -> Answer:
        per_page, page = int(asked.query["hitsPerPage"]), int(asked.query["page"])
        wanted = re.sub(r"\s+", " ", asked.query["query"].strip('"')).lower()
        shown = [story for story in self.stories.values() if not story.get("deleted") and wanted in _words(story) and _within(story, asked)]
        shown.sort(key=lambda story: _number(story["created_at_i"]), reverse=True)
        hits = shown[:WINDOW][page * per_page : (page + 1) * per_page]
        return Answer.of({"hits": hits, "nbHits": len(shown), "page": page, "nbPages": -(-min(len(shown), WINDOW) // per_page)})

    def _item(self, number: int) -> dict[str, Any] | None:
        story = self.stories.get(number)
        if story is None:
            return None
        if story.get("deleted"):
            return {"id": number, "deleted": True, "time": story["created_at_i"], "type": "comment"}
        kind = "story" if story["title"] else "comment"
        shown = {
            "id": number, "type": kind, "by": story["author"], "time": story["created_at_i"], "title": story["title"],
            "text": story["story_text"] or story["comment_text"], "parent": None if kind == "story" else story["parent_id"],
            "score": story["points"], "descendants": story["num_comments"], "dead": story.get("dead"),
        }  # fmt: skip
        return {key: value for key, value in shown.items() if value is not None}


def _words(story: dict[str, Any]) -> str:
    return " ".join(str(story[key] or "") for key in ("title", "story_text", "comment_text")).lower()


def _within(story: dict[str, Any], asked: Asked) -> bool:
    at = _number(story["created_at_i"])
    compare = {">": at.__gt__, "<": at.__lt__, "<=": at.__le__}
    return all(compare[sign](int(limit)) for sign, limit in re.findall(r"created_at_i(<=|[<>])(\d+)", asked.query["numericFilters"]))


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 2_000_000_000


@contextmanager
def rig() -> Iterator[Rig]:
    with HackerNewsStub() as stub:
        assert isinstance(stub, HackerNewsStub)

        def publish(texts: Sequence[str], times: Sequence[datetime]) -> list[str]:
            return [f"hackernews:{stub.publish(html.escape(text), at)}" for text, at in zip(texts, times, strict=True)]

        def make() -> HackerNews:
            options = Options(base_url=f"{stub.base_url}/api/v1", items_url=f"{stub.base_url}/v0")
            return HackerNews("hackernews", options, (WATCH,), stub.clock)

        yield Rig("hackernews", stub, make, publish, page=100)
