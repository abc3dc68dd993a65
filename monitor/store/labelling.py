"""What staff are asked about, what they answered, and what they take back."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.domain import Correction, Exposure, Judged, Mention, Post
from monitor.store.audit import record
from monitor.store.connection import Connection
from monitor.store.posts import Posts
from monitor.store.rows import EXPOSURE, POST, POST_WIDTH, exposure_of, post_of, spans_of, stamp

_DECIDED = """EXISTS (SELECT 1 FROM incident_posts i JOIN audit a INDEXED BY audit_of ON a.incident = i.incident
    WHERE i.post = l.post AND i.watch = l.watch AND a.at = l.at AND a.who = l.who
    AND (a.action = 'confirm' OR (a.action = 'status' AND a.became = 'dismissed')))"""

_TOPIC_AGAIN = """UPDATE incident_posts SET topic = (SELECT c.topic FROM mentions m
    JOIN classifications c ON c.post = m.post AND c.watch = m.watch AND c.model = m.model
    WHERE m.post = incident_posts.post AND m.watch = incident_posts.watch)
    WHERE post = (SELECT n FROM posts WHERE id = ?) AND watch = ?"""


@dataclass(frozen=True, slots=True)
class Given:
    """A label as it stands: of which mention, and whether it came from a decision about a whole incident."""

    post: Post
    mention: Mention
    correction: Correction
    decided: bool


class Labelling:
    """Questions and answers of ``monitor label`` and ``monitor train``."""

    def __init__(self, connection: Connection, posts: Posts):
        self._db = connection
        self._posts = posts

    def unlabelled(self, since: datetime, limit: int) -> list[tuple[Judged, Exposure]]:
        """The latest judged mentions written since then that nobody has labelled: no copies, no reposts, none that are gone."""
        found = self._db.rows(
            f"""SELECT m.watch, {EXPOSURE} FROM posts p INDEXED BY posts_created CROSS JOIN mentions m ON m.post = p.n
            LEFT JOIN authors a ON a.n = p.author LEFT JOIN measured e ON e.post = p.n
            LEFT JOIN fingerprints f ON f.at = m.at AND f.post = m.post AND f.watch = m.watch
            WHERE p.created_at >= ? AND m.model IS NOT NULL AND p.gone_at IS NULL AND p.text <> '' AND p.repost_of IS NULL
            AND f.copy_of IS NULL AND NOT EXISTS (SELECT 1 FROM labels l WHERE l.post = m.post AND l.watch = m.watch)
            ORDER BY p.created_at DESC, p.id, m.watch LIMIT ?""",
            (stamp(since), limit),
        )
        asked = {(row[1], row[0]): exposure_of(row[1:], None) for row in found}
        posts = dict.fromkeys(post_id for post_id, _ in asked)
        judged = {(one.post.id, one.mention.watch): one for post_id in posts for one in self._posts.judgements(post_id)}
        return [(judged[key], exposure) for key, exposure in asked.items() if key in judged]

    def mentions(self, post_id: str) -> list[tuple[Post, Mention]]:
        """A stored post with each watch it mentions."""
        return self._found("p.id = ?", post_id)

    def told(self, texts: Collection[str]) -> dict[str, list[tuple[Post, Mention]]]:
        """Stored posts with exactly these texts, with each watch they mention, by text; reads all posts once."""
        found: dict[str, list[tuple[Post, Mention]]] = {}
        for post, mention in self._found("p.text IN (SELECT value FROM json_each(?))", json.dumps(sorted(texts))):
            found.setdefault(post.text, []).append((post, mention))
        return found

    def _found(self, chosen: str, value: str) -> list[tuple[Post, Mention]]:
        rows = self._db.rows(
            f"""SELECT {POST}, m.watch, m.spans FROM posts p JOIN mentions m ON m.post = p.n LEFT JOIN authors a ON a.n = p.author
            WHERE {chosen} ORDER BY p.id, m.watch""",
            (value,),
        )
        return [(post_of(row), Mention(row[0], row[POST_WIDTH], spans_of(row[POST_WIDTH + 1]))) for row in rows]

    def given(self) -> list[Given]:
        """Every label, the oldest first."""
        rows = self._db.rows(f"SELECT p.id, l.watch FROM labels l JOIN posts p ON p.n = l.post WHERE {_DECIDED}")
        decided = {(row[0], row[1]) for row in rows}
        return [Given(*one, (one[0].id, one[1].watch) in decided) for one in self._posts.labels()]

    def take_back(self, corrections: Sequence[Correction], who: str, now: datetime) -> int:
        """Remove labels that stand exactly as given: what another person said since then stays. Return how many were removed."""
        removed = 0
        with self._db.transaction():
            for one in corrections:
                key = (one.post_id, one.watch, one.who, stamp(one.at))
                chosen = "post = (SELECT n FROM posts WHERE id = ?) AND watch = ? AND who = ? AND at = ?"
                if self._db.value(f"SELECT 1 FROM labels WHERE {chosen}", key) is None:
                    continue
                self._db.execute(f"DELETE FROM labels WHERE {chosen}", key)
                self._db.execute(_TOPIC_AGAIN, key[:2])
                record(self._db, now, who, "label", note=f"{one.post_id} taken back")
                removed += 1
        return removed
