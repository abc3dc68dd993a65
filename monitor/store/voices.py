"""The posts of an incident as the brief reads them: verdict, followers, and whether the author has written about the watch before."""

from __future__ import annotations

from monitor.domain import Incident, Post, Voice
from monitor.store.connection import Connection
from monitor.store.posts import Posts
from monitor.store.rows import POST, POST_WIDTH, post_of, stamp

MOST = 500
"""So many posts are read of one incident, the most seen first: more would not change an answer."""


class Voices:
    """Questions about those who speak in an incident."""

    def __init__(self, connection: Connection, posts: Posts):
        self._db = connection
        self._posts = posts

    def of(self, incident: Incident, limit: int = MOST) -> list[Voice]:
        """The posts of ``incident`` that are no copies and not gone, the most telling first (as ``posts.telling`` orders them)."""
        told = self._posts.telling(incident.id, limit)
        authors = sorted({post.author_id for post, _, _ in told if post.author_id})
        before = self._before(authors, incident)
        return [
            Voice(post, labels, exposure.followers, post.author_id in before if post.author_id else None) for post, labels, exposure in told
        ]

    def first(self, incident_id: int) -> Post | None:
        """The first post of an incident that is still there, or None."""
        found = self._db.row(
            f"""SELECT {POST} FROM incident_posts i INDEXED BY incident_posts_of CROSS JOIN posts p ON p.n = i.post
            LEFT JOIN authors a ON a.n = p.author WHERE i.incident = ? AND p.gone_at IS NULL AND p.text <> ''
            ORDER BY i.at, p.id LIMIT 1""",
            (incident_id,),
        )
        return None if found is None else post_of(found[:POST_WIDTH])

    def _before(self, authors: list[str], incident: Incident) -> set[str]:
        """Those of ``authors`` who mentioned the watch before the incident began."""
        found: set[str] = set()
        for author in authors:
            row = self._db.row(
                """SELECT 1 FROM authors a JOIN posts p INDEXED BY posts_author ON p.author = a.n
                JOIN mentions m ON m.post = p.n AND m.watch = ?2 WHERE a.id = ?1 AND p.author IS NOT NULL AND p.created_at < ?3 LIMIT 1""",
                (author, incident.watch, stamp(incident.opened_at)),
            )
            if row is not None:
                found.add(author)
        return found
