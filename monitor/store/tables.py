"""The tables of the first version, as SQL; what has changed since stands in the migrations of ``schema``.

Databases have been made from these words: never edit them, write a migration.
"""

from __future__ import annotations

TABLES = """
CREATE TABLE authors (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    platform TEXT NOT NULL,
    handle TEXT,
    followers INTEGER,
    seen_at TEXT NOT NULL
) STRICT;

CREATE TABLE posts (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    platform TEXT NOT NULL,
    url TEXT,
    author INTEGER REFERENCES authors(n),
    text TEXT NOT NULL,
    language TEXT,
    created_at TEXT NOT NULL,
    reply_to TEXT,
    repost_of TEXT,
    quote_of TEXT,
    community TEXT,
    time_precision TEXT NOT NULL,
    about TEXT,
    collected_at TEXT NOT NULL,
    gone_at TEXT
) STRICT;
CREATE INDEX posts_created ON posts(created_at);
CREATE INDEX posts_author ON posts(author) WHERE author IS NOT NULL;

CREATE TABLE mentions (
    post INTEGER NOT NULL REFERENCES posts(n) ON DELETE CASCADE,
    watch TEXT NOT NULL,
    at TEXT NOT NULL,
    step INTEGER NOT NULL,
    spans TEXT NOT NULL,
    model INTEGER,
    PRIMARY KEY (post, watch)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_queue ON mentions(step, at, post) WHERE step < 3;

CREATE TABLE models (
    n INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sentiments TEXT NOT NULL,
    topics TEXT NOT NULL,
    UNIQUE (name, sentiments, topics)
) STRICT;

CREATE TABLE classifications (
    post INTEGER NOT NULL,
    watch TEXT NOT NULL,
    model INTEGER NOT NULL,
    complaint REAL NOT NULL,
    sentiment TEXT,
    topic TEXT NOT NULL,
    language TEXT NOT NULL,
    sentiment_scores TEXT NOT NULL,
    topic_scores TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (post, watch, model),
    FOREIGN KEY (post, watch) REFERENCES mentions(post, watch) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE labels (
    post INTEGER NOT NULL,
    watch TEXT NOT NULL,
    complaint INTEGER,
    sentiment TEXT,
    topic TEXT,
    who TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (post, watch),
    FOREIGN KEY (post, watch) REFERENCES mentions(post, watch) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE engagement (
    post INTEGER NOT NULL REFERENCES posts(n) ON DELETE CASCADE,
    observed_at TEXT NOT NULL,
    likes INTEGER,
    replies INTEGER,
    shares INTEGER,
    views INTEGER,
    PRIMARY KEY (post, observed_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE measured (
    post INTEGER PRIMARY KEY REFERENCES posts(n) ON DELETE CASCADE,
    observed_at TEXT NOT NULL,
    likes INTEGER,
    replies INTEGER,
    shares INTEGER,
    views INTEGER
) STRICT;

CREATE TABLE fingerprints (
    at TEXT NOT NULL,
    post INTEGER NOT NULL,
    watch TEXT NOT NULL,
    bits INTEGER NOT NULL,
    copy_of TEXT,
    PRIMARY KEY (at, post, watch)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (collector TEXT PRIMARY KEY, cursor TEXT, moved_at TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE incidents (
    id INTEGER PRIMARY KEY,
    watch TEXT NOT NULL,
    kind TEXT NOT NULL,
    topic TEXT NOT NULL,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    severity TEXT,
    opened_at TEXT NOT NULL,
    last_post_at TEXT NOT NULL,
    posts INTEGER NOT NULL,
    authors INTEGER NOT NULL,
    assigned_to TEXT,
    status_at TEXT,
    alerted_at TEXT,
    crossed_at TEXT,
    regressed INTEGER NOT NULL,
    follows INTEGER,
    merged_into INTEGER,
    confirmed_at TEXT,
    due_at TEXT
) STRICT;
CREATE INDEX incidents_live ON incidents(id) WHERE status IN ('candidate', 'triggered', 'acknowledged');
CREATE INDEX incidents_due ON incidents(due_at) WHERE due_at IS NOT NULL;
CREATE INDEX incidents_last_post ON incidents(last_post_at);

CREATE TABLE incident_posts (
    post INTEGER NOT NULL,
    watch TEXT NOT NULL,
    incident INTEGER NOT NULL REFERENCES incidents(id),
    at TEXT NOT NULL,
    person INTEGER,
    topic TEXT,
    copy_of TEXT,
    because TEXT NOT NULL,
    added_at TEXT NOT NULL,
    PRIMARY KEY (post, watch),
    FOREIGN KEY (post, watch) REFERENCES mentions(post, watch) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_posts_of ON incident_posts(incident, at, person, topic);

CREATE TABLE incident_places (
    incident INTEGER NOT NULL REFERENCES incidents(id),
    platform TEXT NOT NULL,
    language TEXT NOT NULL,
    PRIMARY KEY (incident, platform, language)
) STRICT, WITHOUT ROWID;

CREATE TABLE apart (one INTEGER NOT NULL, other INTEGER NOT NULL, PRIMARY KEY (one, other)) STRICT, WITHOUT ROWID;

CREATE TABLE assessments (
    id INTEGER PRIMARY KEY,
    incident INTEGER NOT NULL REFERENCES incidents(id),
    at TEXT NOT NULL,
    posts INTEGER NOT NULL,
    authors INTEGER NOT NULL,
    emergence TEXT NOT NULL,
    reach TEXT,
    forecast TEXT,
    people REAL,
    decided INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX assessments_undecided ON assessments(id) WHERE decided = 0;
CREATE INDEX assessments_of ON assessments(incident, id, at, people, posts);

CREATE TABLE decisions (
    id INTEGER PRIMARY KEY,
    incident INTEGER NOT NULL REFERENCES incidents(id),
    assessment INTEGER,
    at TEXT NOT NULL,
    reason TEXT NOT NULL,
    notify INTEGER NOT NULL,
    severity TEXT NOT NULL,
    because TEXT NOT NULL,
    inputs TEXT NOT NULL,
    receivers TEXT NOT NULL
) STRICT;
CREATE INDEX decisions_of ON decisions(incident, id);
CREATE INDEX decisions_spoken_of ON decisions(incident, id) WHERE notify = 1 OR reason = 'resolved';
CREATE INDEX decisions_digest ON decisions(at, id) WHERE reason = 'digest';
CREATE INDEX decisions_spoken ON decisions(at, id) WHERE notify = 1;

CREATE TABLE notifications (
    id INTEGER PRIMARY KEY,
    decision INTEGER REFERENCES decisions(id),
    incident INTEGER REFERENCES incidents(id),
    receiver TEXT NOT NULL,
    channel TEXT NOT NULL,
    dedup_key TEXT NOT NULL,
    thread TEXT NOT NULL,
    message TEXT NOT NULL,
    picture BLOB,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT,
    lease_until TEXT,
    handle TEXT,
    error TEXT,
    created_at TEXT NOT NULL,
    delivered_at TEXT,
    UNIQUE (receiver, channel, dedup_key)
) STRICT;
CREATE INDEX notifications_due ON notifications(next_attempt_at, id) WHERE state = 'pending';
CREATE INDEX notifications_thread ON notifications(receiver, channel, thread, id) WHERE handle IS NOT NULL;
CREATE INDEX notifications_of ON notifications(incident);
CREATE INDEX notifications_decision ON notifications(decision);

CREATE TABLE silences (
    id INTEGER PRIMARY KEY,
    matchers TEXT NOT NULL,
    starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    author TEXT NOT NULL,
    comment TEXT NOT NULL
) STRICT;
CREATE INDEX silences_end ON silences(ends_at);

CREATE TABLE subscriptions (
    incident INTEGER NOT NULL REFERENCES incidents(id),
    receiver TEXT NOT NULL,
    PRIMARY KEY (incident, receiver)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    step TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT NOT NULL,
    done INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    error TEXT
) STRICT;
CREATE INDEX runs_of ON runs(step, finished_at);
CREATE INDEX runs_good ON runs(step, finished_at) WHERE error IS NULL;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    incident INTEGER,
    was TEXT,
    became TEXT,
    note TEXT NOT NULL
) STRICT;
CREATE INDEX audit_of ON audit(incident, id);

CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE tombstones (digest BLOB PRIMARY KEY, at TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    taken_at TEXT NOT NULL,
    beat_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
"""
# Without a content table: the words are computed again from the text when a row has to be taken out, which saves a copy of every text.
SEARCH = "CREATE VIRTUAL TABLE post_search USING fts5(words, content='', columnsize=0, tokenize='unicode61')"
