"""Tables, in migrations; the views for analysts stand in ``views`` and are replaced whenever a migration runs.

Tables are private and change by migration only. Posts and authors have a number (``n``) by which the other tables name them, which
saves room. ``mentions.step`` is the queue (see ``domain.Step``): its partial index, like those of what is due, holds only what is live.
Times are UTC text to the second (``2025-05-19T02:00:02Z``), enums their lower-case values, small structures JSON.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from monitor.errors import StoreError
from monitor.store.connection import Connection
from monitor.store.tables import SEARCH, TABLES
from monitor.store.views import VIEWS, View

__all__ = ["LIVE_INCIDENTS", "LIVE_STATUS", "VIEWS", "View", "schema_version", "upgrade"]

APPLICATION = 0x6D6F6E69
"""Marks the file as ours in its header (``PRAGMA application_id``)."""

LIVE_STATUS = "status IN ('candidate', 'triggered', 'acknowledged')"
LIVE_INCIDENTS = f"incidents INDEXED BY incidents_live WHERE {LIVE_STATUS}"
"""Queries name their index: without it, or after ANALYZE on a small file, SQLite may choose to read a whole table."""

migrations = Migrations("monitor")


@migrations()
def m001_begin(db: Database) -> None:
    """Create the tables of the first version."""
    _execute(db, TABLES)
    db.execute(SEARCH)


_SOURCES = """
CREATE TABLE sources (
    collector TEXT PRIMARY KEY,
    platform TEXT,
    newest_at TEXT,
    paused_until TEXT,
    paused_since TEXT,
    pause TEXT,
    pause_why TEXT,
    requests_per_day INTEGER,
    requests_per_month INTEGER,
    money_per_day REAL,
    money_per_month REAL
) STRICT, WITHOUT ROWID;

CREATE TABLE spending (
    collector TEXT NOT NULL,
    day TEXT NOT NULL,
    requests INTEGER NOT NULL,
    money REAL NOT NULL,
    PRIMARY KEY (collector, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE gaps (
    id INTEGER PRIMARY KEY,
    collector TEXT NOT NULL,
    platform TEXT,
    since TEXT NOT NULL,
    until TEXT,
    why TEXT NOT NULL,
    lost INTEGER NOT NULL,
    told INTEGER NOT NULL
) STRICT;
CREATE INDEX gaps_until ON gaps(until);
CREATE INDEX gaps_untold ON gaps(id) WHERE told = 0;

CREATE TABLE looks (
    post INTEGER PRIMARY KEY REFERENCES posts(n) ON DELETE CASCADE,
    looked_at TEXT NOT NULL
) STRICT;

ALTER TABLE runs ADD COLUMN pages INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN problems TEXT;
ALTER TABLE notifications ADD COLUMN update_due_at TEXT;
CREATE INDEX notifications_update ON notifications(update_due_at) WHERE update_due_at IS NOT NULL;
CREATE INDEX notifications_dead ON notifications(id) WHERE state = 'dead';
"""


@migrations()
def m002_watch_the_sources(db: Database) -> None:
    """What collectors spend, why they pause, what they missed; which posts were looked at again; messages to be taken back."""
    _execute(db, _SOURCES)


_STAFF = """
ALTER TABLE audit ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE notifications ADD COLUMN refresh INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN shown TEXT;
CREATE INDEX incidents_told ON incidents(status_at) WHERE alerted_at IS NOT NULL;
"""


@migrations()
def m003_answer_to_staff(db: Database) -> None:
    """Where staff acted from; messages that only refresh what a channel shows, and what each message shows."""
    _execute(db, _STAFF)


_SUBSCRIBERS = """
CREATE TABLE subscribers (
    address TEXT PRIMARY KEY,
    moment TEXT NOT NULL,
    since_at TEXT NOT NULL,
    by TEXT NOT NULL,
    consent TEXT NOT NULL,
    watch TEXT NOT NULL,
    topic TEXT NOT NULL,
    severity TEXT NOT NULL,
    language TEXT,
    receiver TEXT NOT NULL,
    digested_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX decisions_held ON decisions(at, id) WHERE reason = 'receiver_cap' AND severity = 'critical';
CREATE INDEX notifications_subscribed ON notifications(receiver) WHERE channel = 'subscription';
"""


@migrations()
def m004_let_people_subscribe(db: Database) -> None:
    """People who asked to be told, and how they agreed."""
    _execute(db, _SUBSCRIBERS)


_SIGNALS = """
CREATE TABLE signals (
    id TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    topic TEXT,
    place TEXT,
    ends_at TEXT,
    partner TEXT,
    watch TEXT,
    taken_at TEXT NOT NULL,
    told_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX signals_at ON signals(at);
CREATE INDEX signals_untold ON signals(taken_at) WHERE told_at IS NULL;
"""


@migrations()
def m_signals_of_our_own(db: Database) -> None:
    """The company's own events, which may explain complaints or come before them."""
    _execute(db, _SIGNALS)


@migrations()
def m_used_links(db: Database) -> None:
    """Links and deliveries that may be used once."""
    db.execute("CREATE TABLE used (digest TEXT PRIMARY KEY, until TEXT NOT NULL) STRICT, WITHOUT ROWID")


_SCORES = """
CREATE TABLE scores (
    watch TEXT NOT NULL,
    day TEXT NOT NULL,
    days INTEGER NOT NULL,
    scored_at TEXT NOT NULL,
    figures TEXT NOT NULL,
    PRIMARY KEY (watch, day, days)
) STRICT, WITHOUT ROWID;
CREATE INDEX scores_day ON scores(day);
CREATE TABLE tallies (watch TEXT NOT NULL, day TEXT NOT NULL, counts TEXT NOT NULL, PRIMARY KEY (watch, day)) STRICT, WITHOUT ROWID;
CREATE INDEX tallies_day ON tallies(day);
CREATE INDEX assessments_at ON assessments(at);
CREATE INDEX incidents_alerted ON incidents(alerted_at) WHERE alerted_at IS NOT NULL;
CREATE INDEX incidents_crossed ON incidents(crossed_at) WHERE crossed_at IS NOT NULL;
CREATE INDEX incidents_merged ON incidents(merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX decisions_rehearsed ON decisions(at, id)
    WHERE reason = 'silent_mode' AND 1.0 IN (json_extract(inputs, '$.would_notify'), json_extract(inputs, '$.storm'));
CREATE INDEX decisions_rehearsed_of ON decisions(incident, at)
    WHERE reason = 'silent_mode' AND 1.0 IN (json_extract(inputs, '$.would_notify'), json_extract(inputs, '$.storm'));
"""


@migrations()
def m_keep_the_score(db: Database) -> None:
    """How good forecasts and alerts were, by watch and day; what the daily scoring asks."""
    _execute(db, _SCORES)


@migrations()
def m_keep_vectors(db: Database) -> None:
    """Sentence vectors (float16) of posts in incidents, so that grouping goes on as it was after a restart."""
    db.execute(
        """CREATE TABLE vectors (
            post INTEGER NOT NULL,
            watch TEXT NOT NULL,
            at TEXT NOT NULL,
            space TEXT NOT NULL,
            numbers BLOB NOT NULL,
            PRIMARY KEY (post, watch),
            FOREIGN KEY (post, watch) REFERENCES mentions(post, watch) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX vectors_at ON vectors(at)")


@migrations()
def m_find_reposts(db: Database) -> None:
    """Reposts repeat the words of what they pass on, and go with it."""
    db.execute("CREATE INDEX posts_reposts ON posts(repost_of) WHERE repost_of IS NOT NULL")


_UNSEEN = """
ALTER TABLE posts ADD COLUMN looked_at TEXT;
UPDATE posts SET looked_at = (SELECT looked_at FROM looks WHERE post = n) WHERE n IN (SELECT post FROM looks);
DROP TABLE looks;
CREATE INDEX posts_unseen ON posts(platform, coalesce(looked_at, collected_at)) WHERE gone_at IS NULL AND text <> '';
"""


@migrations()
def m_look_at_all(db: Database) -> None:
    """When each post was looked at last stands with it, so that those not seen for longest are found at once."""
    _execute(db, _UNSEEN)


VERSION = len(migrations._migrations)


def schema_version(connection: Connection) -> int:
    """The version of the tables in the file; 0 for an empty one. Reads the header only."""
    return int(connection.value("PRAGMA user_version"))


def upgrade(connection: Connection) -> None:
    """Bring an empty or older database to this version; refuse a newer one and one of another program."""
    if _version(connection) == VERSION:
        return
    connection.journal()
    with connection.transaction():
        if _version(connection) == VERSION:
            return
        migrations.apply(connection.tables)
        for name, view in VIEWS.items():
            connection.execute(f"DROP VIEW IF EXISTS {name}")
            connection.execute(f"CREATE VIEW {name} AS {view.sql}")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def check(connection: Connection) -> None:
    """Refuse a file that is not a database of this version (for readers, who cannot upgrade it)."""
    version = _version(connection)
    if version < VERSION:
        raise StoreError(
            f"{connection.path}: this database has an older format ({version}, needed {VERSION}); run the monitor once to upgrade it"
        )


def _execute(db: Database, statements: str) -> None:
    for statement in statements.split(";\n"):
        if statement.strip():
            db.execute(statement)


def _version(connection: Connection) -> int:
    version = schema_version(connection)
    if version > VERSION:
        raise StoreError(
            f"{connection.path}: this database was written by a newer version of the monitor (format {version}, known {VERSION}); upgrade"
        )
    ours = connection.value("PRAGMA application_id") == APPLICATION
    if not ours and (version or connection.value("SELECT count(*) FROM sqlite_master")):
        raise StoreError(f"{connection.path}: this is a database of another program")
    return version
