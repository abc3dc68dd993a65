"""Where the words of a post still stand when it has to go: the index, titles, stored messages, the record of merges, the log file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from monitor.store.connection import Connection
from monitor.store.quotations import Quotation, words_of
from monitor.store.rows import text_of, value_of
from monitor.store.search import grams

UNSWEPT = "unswept"
ELLIPSIS = "…"
COMPARED = 200
"""So many other posts of an incident are asked whether they have a removed post's words too."""


class Traces:
    """Takes out what others repeat of removed posts; without ``searchable`` there is no index."""

    def __init__(self, connection: Connection, searchable: bool):
        self._db = connection
        self._searchable = searchable

    def take_out(self, posts: Sequence[Sequence[Any]]) -> None:
        """Take the words of ``posts`` (number, text and address of each) out of the index, of titles and of stored messages."""
        self._unword(posts)
        self._unquote(posts)

    def put_in(self, n: int, text: str) -> None:
        """Let a post be found by its present words."""
        if self._searchable and text:
            self._db.execute("INSERT INTO post_search (rowid, words) VALUES (?, ?)", (n, grams([text])[0]))

    def leave_unswept(self) -> None:
        """Note that removed words may still stand in the index's older parts and in the log file, until ``sweep``."""
        self._db.execute("INSERT OR IGNORE INTO state VALUES (?, ?)", (UNSWEPT, b""))

    def unswept(self) -> bool:
        """Whether something was removed since the last ``sweep``."""
        return self._db.value("SELECT 1 FROM state WHERE key = ?", (UNSWEPT,)) is not None

    def sweep(self) -> None:
        """Leave no trace of removed words in the index and in the log file; waits for nobody."""
        self._db.execute("DELETE FROM state WHERE key = ?", (UNSWEPT,))
        if self._searchable:
            self._db.execute("INSERT INTO post_search (post_search) VALUES ('optimize')")
        if not self._db.in_transaction:
            self._db.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def _unword(self, posts: Sequence[Sequence[Any]]) -> None:
        worded = [row for row in posts if row[1]]
        if self._searchable and worded:
            words = grams([row[1] for row in worded])
            self._db.executemany(
                "INSERT INTO post_search (post_search, rowid, words) VALUES ('delete', ?, ?)",
                [(row[0], words[place]) for place, row in enumerate(worded)],
            )

    def _unquote(self, posts: Sequence[Sequence[Any]]) -> None:
        for n, text, url in posts:
            for incident, title, topic in self._db.rows(
                "SELECT id, title, topic FROM incidents WHERE id IN (SELECT incident FROM incident_posts WHERE post = ?)", (n,)
            ):
                own = self._own_words(n, incident, text)
                quotation = Quotation(text, url, own, title if own & words_of(title) else None)
                self._unquote_messages(incident, quotation, topic)
                self._unquote_history(incident, words_of(text))
                if quotation.title is not None or quotation.stands_in(title):
                    self._db.execute("UPDATE incidents SET title = topic WHERE id = ?", (incident,))

    def _unquote_history(self, incident: int, words: frozenset[str]) -> None:
        """The record of a merge names the words that two troubles had in common."""
        for n, note in self._db.rows("SELECT id, note FROM audit WHERE incident = ? AND action IN ('merge', 'merged')", (incident,)):
            because = value_of(note) if note.startswith("{") else {"values": {}}
            if words_of(str(because["values"].get("words", ""))) & words:
                because["values"]["words"] = ELLIPSIS
                self._db.execute("UPDATE audit SET note = ? WHERE id = ?", (text_of(because), n))

    def _own_words(self, n: int, incident: int, text: str) -> frozenset[str]:
        """Words of a post that no other of the latest posts of its incident has."""
        others = self._db.rows(
            """SELECT p.text FROM incident_posts i INDEXED BY incident_posts_of JOIN posts p ON p.n = i.post
            WHERE i.incident = ? AND i.post <> ? ORDER BY i.at DESC LIMIT ?""",
            (incident, n, COMPARED),
        )
        return words_of(text) - words_of(" ".join(row[0] for row in others))

    def _unquote_messages(self, incident: int, quotation: Quotation, topic: str) -> None:
        """Messages about the incident, and those that list it among others; what a channel has already is to be taken back there."""
        merged = [row[0] for row in self._db.rows("SELECT was FROM audit WHERE incident = ? AND action = 'merge'", (incident,))]
        for n, stored, listing, tried in self._db.rows(
            """SELECT id, message, incident IS NULL, attempts > 0 FROM notifications WHERE incident = ?1
            UNION ALL SELECT n.id, n.message, 1, n.attempts > 0 FROM notifications n INDEXED BY notifications_of
            WHERE n.incident IS NULL AND (n.thread LIKE 'digest-%' OR n.thread LIKE 'storm-%') AND EXISTS (
                SELECT 1 FROM json_each(?2) k
                WHERE instr(n.message, '["' || k.value || '번"') OR instr(n.message, '["No. ' || k.value || '"'))""",
            (incident, json.dumps([incident, *merged])),
        ):
            message = value_of(stored)
            left = quotation.taken_out(message, topic, bool(listing))
            if left != message:
                self._db.execute(
                    """UPDATE notifications SET message = ?2, picture = NULL,
                    update_due_at = CASE WHEN ?3 THEN coalesce(update_due_at, '') END WHERE id = ?1""",
                    (n, text_of(left), tried),
                )
