"""The store: the only room with SQL. Steps ask it questions and get domain objects, never rows.

One SQLite file in WAL mode: one process writes at a time, any number read beside it. A write takes the lock at its start
(``transaction``) and waits for others; only ``StoreError`` and its kind leave this room.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType

from monitor.errors import StoreError
from monitor.store.archive import Archive
from monitor.store.audit import record
from monitor.store.connection import WAIT, Connection, Transaction
from monitor.store.courses import Courses
from monitor.store.export import backup, export
from monitor.store.incidents import Incidents
from monitor.store.intake import Added
from monitor.store.labelling import Given, Labelling
from monitor.store.looks import Followed, Looks
from monitor.store.outbox import Living, Outbox
from monitor.store.posts import Posts
from monitor.store.rejudging import Rejudging
from monitor.store.retention import Limits, Removed, Retention
from monitor.store.runs import Runs, holder_name
from monitor.store.schema import VIEWS, check, schema_version, upgrade
from monitor.store.scores import Scores
from monitor.store.search import match_expression
from monitor.store.signals import Signals
from monitor.store.sources import Cost, Sources
from monitor.store.staff_views import OFFSET
from monitor.store.subscribers import CHANNEL, Subscribers
from monitor.store.traces import Traces
from monitor.store.used import Used
from monitor.store.voices import Voices
from monitor.store.weekly import Weekly

__all__ = [
    "CHANNEL",
    "VIEWS",
    "Added",
    "Archive",
    "Cost",
    "Courses",
    "Followed",
    "Given",
    "Incidents",
    "Labelling",
    "Limits",
    "Living",
    "Looks",
    "Outbox",
    "Posts",
    "Removed",
    "Runs",
    "Scores",
    "Signals",
    "Sources",
    "Store",
    "Voices",
    "Weekly",
    "holder_name",
    "match_expression",
]

THRESHOLD = "complaint_threshold"


class Store:
    """An open database; belongs to the thread that opened it."""

    def __init__(self, connection: Connection, searchable: bool):
        self._db = connection
        self.path = connection.path
        self._traces = Traces(connection, searchable)
        self._retention = Retention(connection, self._traces)
        self.posts = Posts(connection, self._retention, searchable)
        self.incidents = Incidents(connection, self.posts, self._retention)
        self.outbox = Outbox(connection)
        self.runs = Runs(connection)
        self.sources = Sources(connection)
        self.looks = Looks(connection)
        self.signals = Signals(connection)
        self.labelling = Labelling(connection, self.posts)
        self.used = Used(connection)
        self.rejudging = Rejudging(connection, self.posts)
        self.voices = Voices(connection, self.posts)
        self.weekly = Weekly(connection, self.incidents)
        self.scores = Scores(connection)
        self.courses = Courses(connection)
        self.archive = Archive(connection)
        self.subscribers = Subscribers(connection)

    @classmethod
    def open(cls, path: Path | str, *, durable: bool = True, searchable: bool = True, readonly: bool = False, wait: float = WAIT) -> Store:
        """Open a database, make it if there is none, and bring an older one up to date.

        ``durable=False`` is for throw-away stores (``:memory:`` too): quick, and lost if the machine stops. ``searchable=False``
        leaves new posts out of the full-text index. ``readonly`` neither makes nor changes anything. ``wait``: seconds to wait for
        another writer.
        Raises ``StoreError`` with a sentence for a person: locked, full, read-only, damaged, another program's, or of a newer version.
        """
        if readonly and not Path(path).is_file():
            raise StoreError(f"{path}: there is no such database")
        connection = Connection(str(path), durable=durable, readonly=readonly, wait=wait)
        try:
            if readonly:
                check(connection)
            else:
                upgrade(connection)
                connection.journal()
            return cls(connection, searchable)
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        """Close; a second call does nothing."""
        self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def transaction(self) -> Transaction:
        """All or nothing; the write lock is taken at once; nested ones are savepoints. Raises ``Busy`` after waiting in vain."""
        return self._db.transaction()

    @contextmanager
    def coming_from(self, origin: str) -> Iterator[None]:
        """Write ``origin`` ("cli", "link", "slack:U123") beside every change that staff make inside, in the audit table."""
        before, self._db.origin = self._db.origin, origin
        try:
            yield
        finally:
            self._db.origin = before

    @property
    def schema_version(self) -> int:
        """The version of the tables in the file."""
        return schema_version(self._db)

    # ---- small state of the steps

    def state(self, key: str) -> bytes | None:
        """What ``put_state`` kept under this key, or None."""
        found: bytes | None = self._db.value("SELECT value FROM state WHERE key = ?", (key,))
        return found

    def put_state(self, key: str, value: bytes) -> None:
        """Keep a value under a key."""
        self._db.execute("INSERT INTO state VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value))

    def set_complaint_threshold(self, threshold: float) -> None:
        """From which probability on the views call a post a complaint; 0.5 if never set."""
        value = repr(float(threshold)).encode()
        if self.state(THRESHOLD) != value:
            self.put_state(THRESHOLD, value)

    def set_utc_offset(self, offset: timedelta) -> None:
        """How far the company's clock is ahead of UTC: what the views call working hours hangs on it."""
        value = f"{round(offset.total_seconds() / 60):+d}".encode()
        if self.state(OFFSET) != value:
            self.put_state(OFFSET, value)

    # ---- taking out

    def forget(self, author: str, who: str, now: datetime) -> Removed:
        """Delete all posts of an account (by id or handle) and never take it in again. Raises ``NotFound``."""
        return self._retention.forget(author, who, now)

    def unswept(self) -> bool:
        """Whether words were removed whose traces in the index's older parts and in the log file ``sweep`` has yet to remove."""
        return self._traces.unswept()

    def sweep(self) -> None:
        """Leave no trace of removed words in the file; ``forget`` and ``prune`` do it themselves."""
        self._traces.sweep()

    def prune(self, limits: Limits) -> Removed:
        """Delete what is older than ``limits`` and belongs to no live incident; such posts are not taken in again."""
        return self._retention.prune(limits)

    # ---- the whole

    def audit(self, who: str, now: datetime, action: str, note: str = "", incident_id: int | None = None) -> None:
        """Write down that somebody did something which no other method writes down."""
        record(self._db, now, who, action, incident_id, note=note)

    def counts(self) -> dict[str, int]:
        """How many posts, mentions that are complaints, and incidents (merged ones left out) there are; reads all verdicts."""
        questions = {
            "posts": "SELECT count(*) FROM posts",
            "complaints": "SELECT count(*) FROM v_complaints",
            "incidents": "SELECT count(*) FROM incidents WHERE merged_into IS NULL",
        }
        return {name: int(self._db.value(question)) for name, question in questions.items()}

    @staticmethod
    def search_sql(text: str) -> str:
        """The statement that finds posts by their words, for any SQL tool. Raises ``StoreError`` for a text without words."""
        expression = match_expression(text)
        if not expression:
            raise StoreError("there is no word to search for")
        quoted = expression.replace("'", "''")
        return (
            "SELECT posted_at, platform, author, text, url FROM v_posts\n"
            f"WHERE post_number IN (SELECT rowid FROM post_search WHERE post_search MATCH '{quoted}')\nORDER BY posted_at DESC;"
        )

    def backup(self, target: Path) -> None:
        """Write a consistent copy of the database, also while others write; ``target`` appears only when complete.

        To restore, stop the monitor and put the copy in the database's place (and remove its ``-wal`` and ``-shm`` files).
        """
        backup(self._db, target)

    def export(self, view: str, target: Path) -> int:
        """Write a view as CSV that spreadsheets open in Korean; return the number of rows. Raises ``NotFound``."""
        return export(self._db, view, target)
