"""How a page of posts comes in: every id once, nothing that was removed, latest counts beside their history."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from monitor.domain import Author, Engagement, Gone, Mention, Post
from monitor.store.connection import Connection, Row
from monitor.store.retention import Retention
from monitor.store.rows import spans_text, stamp
from monitor.store.schema import LIVE_STATUS
from monitor.store.search import grams

LARGEST = 2**63 - 1
_SURROGATE = re.compile("[\ud800-\udfff]")


class Added(NamedTuple):
    """How much of a page was new: posts, mentions, measurements that differ from the last one, posts that are gone."""

    posts: int
    mentions: int
    engagement: int
    gone: int


class Edited(NamedTuple):
    """How many posts have another text now, and the incidents that held them."""

    posts: int
    incidents: tuple[int, ...]


class _Known(NamedTuple):
    n: int
    created_at: str
    gone: bool


class Intake:
    """Takes pages in."""

    def __init__(self, connection: Connection, retention: Retention, searchable: bool):
        self._db = connection
        self._retention = retention
        self._searchable = searchable

    def add(
        self,
        posts: Sequence[Post],
        authors: Sequence[Author],
        mentions: Sequence[Mention],
        engagement: Sequence[Engagement],
        gone: Sequence[Gone],
        now: datetime,
    ) -> Added:
        """Store one page; what is there already stays as it is. An incident is due at once when one of its posts was measured anew.

        Posts that were deleted, forgotten or removed by retention do not come back. Measurements of unknown posts are left out.
        """
        try:
            with self._db.transaction():
                return self._add(posts, authors, mentions, engagement, gone, now)
        except (UnicodeEncodeError, OverflowError):
            with self._db.transaction():
                return self._add(
                    [_storable(post) for post in posts],
                    [_storable(author) for author in authors],
                    [_storable(mention) for mention in mentions],
                    [_storable(measurement) for measurement in engagement],
                    [_storable(line) for line in gone],
                    now,
                )

    def _add(
        self,
        posts: Sequence[Post],
        authors: Sequence[Author],
        mentions: Sequence[Mention],
        engagement: Sequence[Engagement],
        gone: Sequence[Gone],
        now: datetime,
    ) -> Added:
        at = stamp(now)
        ids = {post.id for post in posts}
        ids.update([mention.post_id for mention in mentions], [row.post_id for row in engagement], [line.post_id for line in gone])
        known = self._known(ids)
        before = set(known)
        fresh = self._retention.welcome([post for post in posts if post.id not in known])
        numbers = self._add_authors(fresh, authors, at) if fresh or authors else {}
        if fresh:
            known.update(self._insert(fresh, numbers, at))
        new_mentions = self._add_mentions(mentions, known) if mentions else 0
        changed = self._add_engagement(engagement, known) if engagement else []
        measured_before = [known[post_id].n for post_id in changed if post_id in before]
        if measured_before:
            self._set_due(measured_before, at)
        removed = self._retention.gone(gone) if gone else 0
        return Added(len(known) - len(before), new_mentions, len(changed), removed)

    def edit(self, posts: Sequence[Post], mentions: Sequence[Mention], now: datetime) -> Edited:
        """Give known posts the text that their platform shows now; nothing of the old one stays. Unknown and gone posts are left alone.

        ``mentions`` are those of the new texts: each is judged anew (its place in an incident is decided when that is done); a mention
        that is no more goes, and a post without any is deleted.
        """
        clean = [_storable(post) for post in posts]
        with self._db.transaction():
            changed, incidents = list[str](), set[int]()
            for post in clean:
                found = self._db.row("SELECT n, text, url, language FROM posts WHERE id = ? AND gone_at IS NULL", (post.id,))
                if found is not None and found[1] != post.text:
                    changed.append(post.id)
                    incidents |= self._retention.reword(found[0], post.text, post.language or found[3], stamp(now))
                    incidents |= self._mention_anew(found[0], [one for one in mentions if one.post_id == post.id])
            self._retention.recount(incidents)
            for incident in sorted(incidents):
                self._db.execute(f"UPDATE incidents SET due_at = ? WHERE id = ? AND {LIVE_STATUS}", (stamp(now), incident))
        return Edited(len(changed), tuple(sorted(incidents)))

    def _mention_anew(self, n: int, mentions: Sequence[Mention]) -> set[int]:
        """Put the mentions of a post back to the beginning; return the incidents that lost it."""
        created = self._db.value("SELECT created_at FROM posts WHERE n = ?", (n,))
        named = {mention.watch: spans_text(mention.spans) for mention in mentions}
        before = [row[0] for row in self._db.rows("SELECT watch FROM mentions WHERE post = ?", (n,))]
        if not named:
            return self._retention.remove([n])
        left = set[int]()
        for watch in before:
            if watch not in named:
                left.update(row[0] for row in self._db.rows("SELECT incident FROM incident_posts WHERE post = ? AND watch = ?", (n, watch)))
                for table in ("labels", "classifications", "incident_posts", "mentions"):
                    self._db.execute(f"DELETE FROM {table} WHERE post = ? AND watch = ?", (n, watch))
        self._db.executemany(
            """INSERT INTO mentions VALUES (?, ?, ?, 0, ?, NULL) ON CONFLICT (post, watch)
            DO UPDATE SET step = 0, spans = excluded.spans""",
            [(n, watch, created, spans) for watch, spans in named.items()],
        )
        return left

    def _known(self, ids: Iterable[str]) -> dict[str, _Known]:
        found = self._db.rows(
            "SELECT id, n, created_at, gone_at IS NOT NULL FROM posts WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        return {row[0]: _Known(row[1], row[2], bool(row[3])) for row in found}

    def _numbers_of(self, ids: Iterable[str]) -> dict[str, int]:
        found = self._db.rows("SELECT id, n FROM posts WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),))
        return dict(found)

    def _add_authors(self, posts: Sequence[Post], authors: Sequence[Author], at: str) -> dict[str, int]:
        """Store who wrote ``posts``, bring known authors up to date, and return their numbers."""
        wanted = {author.id: author for author in authors}
        for post in posts:
            if post.author_id is not None and post.author_id not in wanted:
                wanted[post.author_id] = Author(post.author_id, post.platform)
        if not wanted:
            return {}
        found = self._db.rows(
            "SELECT id, n, handle, followers FROM authors WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(wanted)),)
        )
        numbers = {row[0]: row[1] for row in found}
        changed = [_newer(wanted[row[0]], row, at) for row in found if _differs(wanted[row[0]], row)]
        if changed:
            self._db.executemany("UPDATE authors SET handle = ?, followers = ?, seen_at = ? WHERE n = ?", changed)
        writers = dict.fromkeys(post.author_id for post in posts if post.author_id is not None and post.author_id not in numbers)
        self._insert_authors([wanted[author_id] for author_id in writers], numbers, at)
        return numbers

    def _insert_authors(self, authors: Sequence[Author], numbers: dict[str, int], at: str) -> None:
        if not authors:
            return
        last = self._db.value("SELECT max(n) FROM authors") or 0
        rows = [(last + place, who.id, who.platform, who.handle, who.followers, at) for place, who in enumerate(authors, 1)]
        self._db.executemany("INSERT INTO authors VALUES (?, ?, ?, ?, ?, ?)", rows)
        numbers.update((row[1], row[0]) for row in rows)

    def _insert(self, posts: Sequence[Post], authors: dict[str, int], at: str) -> dict[str, _Known]:
        last = self._db.value("SELECT seq FROM sqlite_sequence WHERE name = 'posts'") or 0
        unique: dict[str, Post] = {}
        for post in posts:
            unique.setdefault(post.id, post)
        rows = [
            (
                n,
                post.id,
                post.platform,
                post.url,
                None if post.author_id is None else authors[post.author_id],
                post.text,
                post.language,
                stamp(post.created_at),
                post.reply_to,
                post.repost_of,
                post.quote_of,
                post.community,
                post.time_precision.value,
                post.about,
                at,
            )
            for n, post in enumerate(unique.values(), last + 1)
        ]
        self._db.executemany("INSERT INTO posts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)", rows)
        if self._searchable:
            words = grams([row[5] for row in rows])
            self._db.executemany("INSERT INTO post_search (rowid, words) VALUES (?, ?)", zip([row[0] for row in rows], words, strict=True))
        return {row[1]: _Known(row[0], row[7], False) for row in rows}

    def _add_mentions(self, mentions: Sequence[Mention], known: dict[str, _Known]) -> int:
        rows = []
        for mention in mentions:
            post = known.get(mention.post_id)
            if post is not None and not post.gone:
                rows.append((post.n, mention.watch, post.created_at, spans_text(mention.spans)))
        return self._db.executemany("INSERT OR IGNORE INTO mentions VALUES (?, ?, ?, 0, ?, NULL)", rows)

    def _add_engagement(self, engagement: Sequence[Engagement], known: dict[str, _Known]) -> list[str]:
        """Store measurements and return the ids of the posts whose counts are new."""
        rows = [row for row in engagement if row.post_id in known and (row.likes, row.replies, row.shares, row.views) != (None,) * 4]
        if not rows:
            return []
        last = self._measured({known[row.post_id].n for row in rows})
        history, changed = [], []
        for row in rows:
            n, at = known[row.post_id].n, stamp(row.observed_at)
            counts: tuple[int | None, ...] = (row.likes, row.replies, row.shares, row.views)
            old = last.get(n)
            if old is not None and old[0] <= at:
                counts = tuple(was if now is None else now for was, now in zip(old[1], counts, strict=True))
            if old is None or counts != old[1]:
                history.append((n, at, *counts))
                changed.append(row.post_id)
            if old is None or old[0] <= at:
                last[n] = (at, counts)
        self._db.executemany("INSERT OR REPLACE INTO engagement VALUES (?, ?, ?, ?, ?, ?)", history)
        self._db.executemany(
            "INSERT OR REPLACE INTO measured VALUES (?, ?, ?, ?, ?, ?)", [(n, at, *counts) for n, (at, counts) in last.items()]
        )
        return changed

    def _measured(self, numbers: Iterable[int]) -> dict[int, tuple[str, tuple[int | None, ...]]]:
        found = self._db.rows(
            "SELECT post, observed_at, likes, replies, shares, views FROM measured WHERE post IN (SELECT value FROM json_each(?))",
            (json.dumps(list(numbers)),),
        )
        return {row[0]: (row[1], tuple(row[2:])) for row in found}

    def _set_due(self, numbers: Sequence[int], at: str) -> None:
        incidents = self._db.rows(
            "SELECT DISTINCT i.incident FROM json_each(?) k CROSS JOIN incident_posts i ON i.post = k.value", (json.dumps(numbers),)
        )
        self._db.executemany(
            f"UPDATE incidents SET due_at = ?1 WHERE id = ?2 AND {LIVE_STATUS} AND (due_at IS NULL OR due_at > ?1)",
            [(at, row[0]) for row in incidents],
        )


def _differs(author: Author, row: Row) -> bool:
    return (author.handle is not None and author.handle != row[2]) or (author.followers is not None and author.followers != row[3])


def _newer(author: Author, row: Row, at: str) -> tuple[object, ...]:
    handle = row[2] if author.handle is None else author.handle
    followers = row[3] if author.followers is None else author.followers
    return handle, followers, at, row[1]


def _storable(thing: Any) -> Any:
    """The same value with what SQLite cannot keep replaced: halves of characters by U+FFFD, endless counts by the largest number."""
    changes: dict[str, object] = {}
    for name in thing.__dataclass_fields__:
        value = getattr(thing, name)
        if isinstance(value, str):
            clean = _SURROGATE.sub("\ufffd", value)
            if clean != value:
                changes[name] = clean
        elif isinstance(value, int) and not -LARGEST <= value <= LARGEST:
            changes[name] = LARGEST
    return replace(thing, **changes) if changes else thing
