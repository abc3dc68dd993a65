"""What is taken out: posts that their platform no longer shows, a person's posts, and what is older than is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from monitor.domain import Gone, Post
from monitor.errors import NotFound
from monitor.store.audit import record
from monitor.store.connection import Connection
from monitor.store.quotations import Quotation
from monitor.store.rows import maybe_stamp, stamp, text_of, value_of
from monitor.store.schema import LIVE_STATUS
from monitor.store.traces import Traces

FLOOR = "pruned_before"
_EDITED = '{"code":"store_edited","values":{}}'
BATCH = 1000
_EMPTIED = (
    dict.fromkeys(("subject", "headline"), "")
    | dict.fromkeys(("lines", "facts", "quotes", "why", "actions", "footer", "brief", "replies", "never"), ())
    | {"spread": None, "stage": None}
)


class Removed(NamedTuple):
    """How much was taken out; ``incidents`` are those whose posts or wording changed."""

    posts: int
    authors: int
    incidents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """Times before which things are taken out, by kind; None: they are kept."""

    posts: datetime | None
    incidents: datetime | None
    messages: datetime | None
    runs: datetime | None

    @classmethod
    def of(cls, at: datetime) -> Limits:
        """Return one time for everything."""
        return cls(at, at, at, at)


class Retention:
    """Removes and remembers what was removed, by a digest that does not name it."""

    def __init__(self, connection: Connection, traces: Traces):
        self._db = connection
        self._traces = traces

    # ---- what may come in

    def welcome(self, posts: Sequence[Post]) -> list[Post]:
        """Leave out what was removed before: deleted posts, posts of forgotten authors, posts older than what is kept."""
        kept = list(posts)
        if not kept:
            return kept
        floor = self.floor()
        if floor is not None:
            kept = [post for post in kept if stamp(post.created_at) >= floor]
        if self._db.value("SELECT EXISTS (SELECT 1 FROM tombstones)"):
            kept = [post for post in kept if not (self._removed(post.id) or (post.author_id is not None and self._removed(post.author_id)))]
        return kept

    def floor(self) -> str | None:
        """The time before which posts are no longer taken in, or None."""
        found = self._db.value("SELECT value FROM state WHERE key = ?", (FLOOR,))
        return None if found is None else found.decode()

    # ---- deleted at the platform

    def gone(self, lines: Iterable[Gone]) -> int:
        """Take text, words and author out of posts that their platform no longer shows; they go on being counted.

        Return how many posts changed.
        """
        changed: list[int] = []
        with self._db.transaction():
            for line in lines:
                found = self._db.row("SELECT n, gone_at FROM posts WHERE id = ?", (line.post_id,))
                if found is None:
                    if not line.if_known:
                        self._bury([line.post_id], stamp(line.observed_at))
                elif found[1] is None:
                    whole = [found[0], *self._passing_on([found[0]])]
                    for n in whole:
                        self._redact(n, stamp(line.observed_at))
                    changed += whole
            if changed:
                self._traces.leave_unswept()
        return len(changed)

    def reword(self, n: int, text: str, language: str | None, at: str) -> set[int]:
        """Replace a post's text: its old words leave the index, titles and messages, and reposts that repeat them are emptied.

        Return the incidents that hold any of these.
        """
        repeated = self._passing_on([n])
        for repost in repeated:
            self._redact(repost, at)
        old, url, created = self._db.rows("SELECT text, url, created_at FROM posts WHERE n = ?", (n,))[0]
        self._traces.take_out([(n, old, url)])
        self._db.execute("UPDATE posts SET text = ?, language = ? WHERE n = ?", (text, language, n))
        self._traces.put_in(n, text)
        self._db.execute("DELETE FROM fingerprints WHERE at = ? AND post = ?", (created, n))
        self._db.execute("DELETE FROM vectors WHERE post = ?", (n,))
        self._db.execute("UPDATE incident_posts SET copy_of = NULL, because = ? WHERE post = ?", (_EDITED, n))
        self._traces.leave_unswept()
        return self._holding([n, *repeated])

    def remove(self, numbers: Sequence[int]) -> set[int]:
        """Delete posts that are no business of ours any more (they may come again); return the incidents that held them."""
        authors = {
            row[0] for row in self._db.rows("SELECT author FROM posts WHERE n IN (SELECT value FROM json_each(?))", (json.dumps(numbers),))
        }
        incidents = self._delete(numbers, "", bury=False)
        self._traces.leave_unswept()
        self._drop_authors(authors - {None})
        return incidents

    # ---- a person's wish

    def forget(self, author: str, who: str, now: datetime) -> Removed:
        """Delete everything about one account (by id or handle), and never take it in again. Raises ``NotFound``."""
        found = self._db.rows("SELECT n, id FROM authors WHERE id = ?1 OR handle = ?1 OR handle = ltrim(?1, '@')", (author,))
        if not found:
            raise NotFound(f"no author {author!r} in this database")
        posts, incidents = 0, set[int]()
        with self._db.transaction():
            for n, author_id in found:
                numbers = [row[0] for row in self._db.rows("SELECT n FROM posts WHERE author = ?", (n,))]
                posts += len(numbers)
                for passed_on in self._passing_on(numbers):
                    self._redact(passed_on, stamp(now))
                self._unname(numbers)
                incidents |= self._delete(numbers, stamp(now), bury=True)
                self._bury([author_id], stamp(now))
                self._db.execute("DELETE FROM authors WHERE n = ?", (n,))
            self.recount(incidents)
            record(self._db, now, who, "forget", note=f"{posts} posts")
        self._traces.sweep()
        return Removed(posts, len(found), tuple(sorted(incidents)))

    # ---- age

    def prune(self, limits: Limits) -> Removed:
        """Delete what is older than ``limits``; posts go with all that hangs on them, and none so old are taken in any more.

        Live incidents keep their posts, closed ones until their own limit (if that is the later one) has passed.
        Writes in short transactions, so that a running monitor goes on between them.
        """
        posts, authors = (0, 0) if limits.posts is None else self._drop_posts(stamp(limits.posts), maybe_stamp(limits.incidents))
        incidents = self._drop_history(limits)
        self._traces.sweep()
        return Removed(posts, authors, incidents)

    def recount(self, incidents: Iterable[int]) -> None:
        """Count the posts and people of incidents again, with their topic and latest post."""
        for incident in sorted(set(incidents)):
            posts, authors, last = self._db.rows(
                "SELECT count(*), count(DISTINCT person), max(at) FROM incident_posts WHERE incident = ?", (incident,)
            )[0]
            topic = self._db.value(
                """SELECT topic FROM incident_posts WHERE incident = ? AND person IS NOT NULL AND topic IS NOT NULL
                GROUP BY topic ORDER BY count(*) DESC, min(at), topic LIMIT 1""",
                (incident,),
            )
            self._db.execute(
                """UPDATE incidents SET posts = ?, authors = ?, last_post_at = coalesce(?, last_post_at), topic = coalesce(?, topic)
                WHERE id = ?""",
                (posts, authors, last, topic, incident),
            )

    # ---- inside

    def _drop_posts(self, limit: str, incidents: str | None) -> tuple[int, int]:
        """Delete posts written before ``limit`` but those of incidents that are kept; return how many posts and authors."""
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO state VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)",
                (FLOOR, limit.encode()),
            )
        posts, authors, last = 0, 0, ("", 0)
        while batch := self._old_posts(limit, last):
            last = batch[-1][1], batch[-1][0]
            with self._db.transaction():
                kept = self._held([row[0] for row in batch], incidents)
                numbers = [row[0] for row in batch if row[0] not in kept]
                self._delete(numbers, limit, bury=False)
                authors += self._drop_authors({row[2] for row in batch if row[2] is not None})
            posts += len(numbers)
        return posts, authors

    def _passing_on(self, numbers: Sequence[int]) -> list[int]:
        """Reposts that repeat the words of these posts; those that say something else are their authors' own."""
        found = self._db.rows(
            """SELECT r.n, r.text, p.text FROM json_each(?) k CROSS JOIN posts p ON p.n = k.value
            CROSS JOIN posts r INDEXED BY posts_reposts ON r.repost_of = p.id WHERE r.gone_at IS NULL""",
            (json.dumps(list(numbers)),),
        )
        known = set(numbers)
        return [n for n, repeated, text in found if n not in known and Quotation(text, None).stands_in(repeated)]

    def _unname(self, numbers: Sequence[int]) -> None:
        """Blank the notes about labels of these posts: they begin with the post's id, which may name its author."""
        self._db.execute(
            """UPDATE audit SET note = '' WHERE action = 'label' AND EXISTS (SELECT 1 FROM posts p
            WHERE p.n IN (SELECT value FROM json_each(?)) AND substr(audit.note, 1, length(p.id) + 1) = p.id || ' ')""",
            (json.dumps(numbers),),
        )

    def _removed(self, name: str) -> bool:
        return bool(self._db.value("SELECT EXISTS (SELECT 1 FROM tombstones WHERE digest = ?)", (_digest(name),)))

    def _bury(self, names: Iterable[str], at: str) -> None:
        self._db.executemany("INSERT OR IGNORE INTO tombstones VALUES (?, ?)", [(_digest(name), at) for name in names])

    def _redact(self, n: int, at: str) -> None:
        """Empty one post. A person whose only post in an incident this was is still counted there, without a name."""
        text, url, author = self._db.rows("SELECT text, url, author FROM posts WHERE n = ?", (n,))[0]
        self._traces.take_out([(n, text, url)])
        self._db.execute(
            """UPDATE incident_posts SET because = '{"code":"store_gone","values":{}}', copy_of = NULL,
            person = CASE WHEN person IS NULL OR EXISTS (
                SELECT 1 FROM incident_posts o
                WHERE o.incident = incident_posts.incident AND o.person = incident_posts.person AND o.post <> incident_posts.post
            ) THEN NULL ELSE -post END WHERE post = ?""",
            (n,),
        )
        self._db.execute(
            """UPDATE posts SET text = '', url = NULL, author = NULL, reply_to = NULL, repost_of = NULL, quote_of = NULL, about = NULL,
            gone_at = ? WHERE n = ?""",
            (at, n),
        )
        self._db.execute("UPDATE mentions SET spans = '[]', step = CASE WHEN step < 2 THEN 3 ELSE step END WHERE post = ?", (n,))
        self._db.execute("DELETE FROM vectors WHERE post = ?", (n,))
        if author is not None:
            self._drop_authors({author})

    def _delete(self, numbers: Sequence[int], at: str, bury: bool) -> set[int]:
        """Delete posts and all that hangs on them; return the incidents that held them."""
        if not numbers:
            return set()
        chosen = json.dumps(numbers)
        found = self._db.rows("SELECT n, text, url, id, created_at FROM posts WHERE n IN (SELECT value FROM json_each(?))", (chosen,))
        incidents = self._holding(numbers)
        self._traces.take_out([row[:3] for row in found])
        if bury:
            self._bury([row[3] for row in found], at)
        for table in ("labels", "classifications", "incident_posts", "engagement", "measured", "vectors", "mentions"):
            self._db.execute(f"DELETE FROM {table} WHERE post IN (SELECT value FROM json_each(?))", (chosen,))
        self._db.executemany("DELETE FROM fingerprints WHERE at = ? AND post = ?", [(row[4], row[0]) for row in found])
        self._db.execute("DELETE FROM posts WHERE n IN (SELECT value FROM json_each(?))", (chosen,))
        return incidents

    def _holding(self, numbers: Sequence[int]) -> set[int]:
        """The incidents that hold any of these posts."""
        found = self._db.rows(
            "SELECT DISTINCT incident FROM incident_posts WHERE post IN (SELECT value FROM json_each(?))", (json.dumps(numbers),)
        )
        return {row[0] for row in found}

    def _old_posts(self, limit: str, last: tuple[str, int]) -> list[Sequence[Any]]:
        return list(
            self._db.rows(
                "SELECT n, created_at, author FROM posts WHERE created_at < ? AND (created_at, n) > (?, ?) ORDER BY created_at, n LIMIT ?",
                (limit, *last, BATCH),
            )
        )

    def _held(self, numbers: Sequence[int], since: str | None) -> set[int]:
        """Those of ``numbers`` that belong to an incident which is live or had a post since then (None: to any)."""
        found = self._db.rows(
            f"""SELECT post FROM incident_posts WHERE post IN (SELECT value FROM json_each(?1))
            AND incident IN (SELECT id FROM incidents WHERE {LIVE_STATUS} OR last_post_at >= ?2)""",
            (json.dumps(numbers), since or ""),
        )
        return {row[0] for row in found}

    def _drop_authors(self, numbers: Iterable[int]) -> int:
        """Delete authors who have no post left; return how many."""
        return self._db.execute(
            "DELETE FROM authors WHERE n IN (SELECT value FROM json_each(?)) AND NOT EXISTS (SELECT 1 FROM posts WHERE author = authors.n)",
            (json.dumps(sorted(numbers)),),
        )

    def _drop_history(self, limits: Limits) -> tuple[int, ...]:
        """Delete old estimates, runs and fingerprints, and the wording of old incidents and messages; return those incidents."""
        posts, closed, messages, runs = (maybe_stamp(at) or "" for at in (limits.posts, limits.incidents, limits.messages, limits.runs))
        with self._db.transaction():
            old = [row[0] for row in self._db.rows(f"SELECT id FROM incidents WHERE last_post_at < ? AND NOT {LIVE_STATUS}", (closed,))]
            chosen = json.dumps(old)
            self._db.execute("UPDATE incidents SET title = topic WHERE id IN (SELECT value FROM json_each(?))", (chosen,))
            for n, stored in self._db.rows(
                """SELECT id, message FROM notifications WHERE state <> 'pending' AND json_extract(message, '$.subject') <> ''
                AND (created_at < ? OR incident IN (SELECT value FROM json_each(?)))""",
                (messages, chosen),
            ):
                empty = text_of(value_of(stored) | _EMPTIED)
                self._db.execute("UPDATE notifications SET picture = NULL, message = ? WHERE id = ?", (empty, n))
            self._db.execute(
                "DELETE FROM assessments WHERE decided = 1 AND at < ? AND incident IN (SELECT value FROM json_each(?))", (closed, chosen)
            )
            self._db.execute("DELETE FROM fingerprints WHERE at < ?", (posts,))
            self._db.execute("DELETE FROM runs WHERE finished_at < ?", (runs,))
        return tuple(old)


def _digest(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "replace"), digest_size=16).digest()
