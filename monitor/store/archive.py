"""All that was collected, in time order, to be replayed."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.domain import Author, Engagement, Post
from monitor.store.connection import Connection
from monitor.store.rows import POST, POST_WIDTH, moment, post_of


class Archive:
    """Posts and measurements that are still kept."""

    def __init__(self, connection: Connection):
        self._db = connection

    def posts(self) -> Iterator[tuple[Post, Author | None]]:
        """Posts with their authors; those that their platform no longer shows are left out."""
        _, rows = self._db.stream(
            f"SELECT {POST}, a.handle, a.followers FROM posts p LEFT JOIN authors a ON a.n = p.author "
            "WHERE p.gone_at IS NULL ORDER BY p.created_at, p.id"
        )
        for row in rows:
            post = post_of(row)
            handle, followers = row[POST_WIDTH:]
            yield post, None if post.author_id is None else Author(post.author_id, post.platform, handle, followers)

    def engagement(self) -> Iterator[Engagement]:
        """Measurements of these posts."""
        _, rows = self._db.stream(
            "SELECT p.id, e.observed_at, e.likes, e.replies, e.shares, e.views FROM engagement e "
            "JOIN posts p ON p.n = e.post WHERE p.gone_at IS NULL ORDER BY e.observed_at, p.id"
        )
        for row in rows:
            yield Engagement(row[0], moment(row[1]), *row[2:])
