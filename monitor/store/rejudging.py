"""Stored mentions that another model judges again; its verdicts take force, the old ones stay beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from monitor.domain import Classification, Mention, Post
from monitor.store.connection import Connection
from monitor.store.posts import Posts
from monitor.store.rows import POST, POST_WIDTH, post_of, spans_of, stamp

_STALE = """FROM posts p INDEXED BY posts_created CROSS JOIN mentions m ON m.post = p.n LEFT JOIN authors a ON a.n = p.author
    WHERE p.created_at >= ?1 AND (p.created_at, p.n) <= (?2, ?3) AND p.gone_at IS NULL AND m.step > 0
    AND m.model NOT IN (SELECT n FROM models WHERE name = ?4)"""
_LAST = ("9999", 1 << 62)


class Rejudging:
    """What ``monitor classify --again`` reads and writes."""

    def __init__(self, connection: Connection, posts: Posts):
        self._db = connection
        self._posts = posts

    def waiting(self, model: str, since: datetime | None) -> int:
        """How many judged mentions, written since then, have another model's verdict in force."""
        return int(self._db.value(f"SELECT count(*) {_STALE}", (_since(since), *_LAST, model)))

    def batches(self, model: str, since: datetime | None, size: int) -> Iterator[list[tuple[Post, Mention]]]:
        """Yield these mentions, latest first. Each batch has to be stored before the next is asked for."""
        place: tuple[str, int] = _LAST
        while found := self._db.rows(
            f"SELECT {POST}, m.watch, m.spans, p.created_at, p.n {_STALE} ORDER BY p.created_at DESC, p.n DESC, m.watch LIMIT ?5",
            (_since(since), *place, model, size),
        ):
            place = (found[-1][POST_WIDTH + 2], found[-1][POST_WIDTH + 3])
            yield [(post_of(row), Mention(row[0], row[POST_WIDTH], spans_of(row[POST_WIDTH + 1]))) for row in found]

    def put(self, rows: Sequence[tuple[Post, Classification]], now: datetime) -> int:
        """Store verdicts and put them in force; return how many. Left out: posts whose text is no longer the one that was judged."""
        with self._db.transaction():
            kept = [verdict for post, verdict in rows if self._stands(post, verdict.watch)]
            self._posts.add_classifications(kept, now)
            self._db.executemany(
                """UPDATE mentions SET model = (SELECT c.model FROM classifications c JOIN models k ON k.n = c.model
                WHERE c.post = mentions.post AND c.watch = mentions.watch AND k.name = ? ORDER BY c.at DESC, c.model DESC LIMIT 1)
                WHERE post = (SELECT n FROM posts WHERE id = ?) AND watch = ?""",
                [(verdict.model, verdict.post_id, verdict.watch) for verdict in kept],
            )
        return len(kept)

    def _stands(self, post: Post, watch: str) -> bool:
        return (
            self._db.value(
                "SELECT 1 FROM posts p JOIN mentions m ON m.post = p.n WHERE p.id = ? AND p.text = ? AND m.watch = ? AND m.step > 0",
                (post.id, post.text, watch),
            )
            is not None
        )


def _since(at: datetime | None) -> str:
    return "" if at is None else stamp(at)
