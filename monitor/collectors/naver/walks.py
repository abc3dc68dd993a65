"""Where an earlier walk ended, for lists that are newest first but carry no times: the newest results are remembered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from monitor.collectors.progress import remembered
from monitor.domain import Post, Precision

KEPT = 100
"""So many results of a question are remembered."""
ENOUGH = 30
"""A walk ends when so many of them are met (half of them, if they are few): the others may have been deleted, late ones still show."""


@dataclass
class Walk:
    """What one walk has seen so far: the newest results first; ``oldest`` by the times that the platform tells."""

    at: datetime
    seen: dict[str, None] = field(default_factory=dict)
    oldest: datetime | None = None

    def add(self, posts: Sequence[Post]) -> None:
        """Take one page in."""
        self.seen.update(dict.fromkeys(short(post.id) for post in posts))
        times = [post.created_at for post in posts if post.time_precision is not Precision.SEEN]
        self.oldest = min([*times, *([self.oldest] if self.oldest else [])], default=None)

    def met(self, before: Walk) -> bool:
        """Whether enough of what ``before`` had seen is here again."""
        return bool(before.seen) and len(self.seen.keys() & before.seen.keys()) >= min(ENOUGH, (len(before.seen) + 1) // 2)

    def back_to(self, floor: datetime) -> bool:
        """Whether the walk has come to ``floor``; where nothing carries a time, one page is enough to know what was there before."""
        return self.oldest is None or self.oldest <= floor


class Walks:
    """The last whole walk of each question."""

    def __init__(self, cursor: str | None, questions: Iterable[str]):
        known = remembered(cursor)
        self._walks = {question: walk for question in questions if (walk := _walk(known.get(question)))}

    def get(self, question: str) -> Walk | None:
        """Return the last whole walk of ``question``; None if there was none."""
        return self._walks.get(question)

    def move(self, question: str, walk: Walk) -> str:
        """Put ``walk`` in its place, with what its predecessor knew behind it, and return the cursor for all."""
        before = self._walks.get(question)
        seen = list({**walk.seen, **(before.seen if before else {})})[:KEPT]
        self._walks[question] = Walk(walk.at, dict.fromkeys(seen))
        return json.dumps({name: {"at": one.at.isoformat(), "seen": list(one.seen)} for name, one in sorted(self._walks.items())})


def short(post_id: str) -> str:
    """Return what is remembered of an id: links are long, cursors should not be."""
    return blake2b(post_id.encode(errors="replace"), digest_size=6).hexdigest()


def _walk(known: Any) -> Walk | None:
    try:
        at = datetime.fromisoformat(known["at"])
        return Walk(at if at.tzinfo else at.replace(tzinfo=UTC), dict.fromkeys(map(str, known["seen"])))
    except (KeyError, TypeError, ValueError):
        return None
