"""Posts, whom they mention, what the model and staff say of them, and how widely they were seen."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from monitor.domain import Classification, Correction, Engagement, Exposure, Fingerprint, Judged, Labels, Mention, Post, Sentiment, Step
from monitor.errors import NotFound
from monitor.store.audit import record
from monitor.store.connection import Connection, Row
from monitor.store.intake import Intake
from monitor.store.retention import Retention
from monitor.store.rows import EXPOSURE, POST, POST_WIDTH, VERDICT, exposure_of, labels_of, moment, post_of, scores_text, spans_of, stamp
from monitor.store.search import match_expression

_JUDGED = f"SELECT {POST}, a.followers, m.watch, m.spans, {VERDICT}, i.incident, coalesce(i.copy_of, f.copy_of), i.because"
_WITH_VERDICT = """JOIN classifications c ON c.post = m.post AND c.watch = m.watch AND c.model = m.model
    LEFT JOIN authors a ON a.n = p.author
    LEFT JOIN fingerprints f ON f.at = m.at AND f.post = m.post AND f.watch = m.watch"""
_WITH_INCIDENT = "LEFT JOIN incident_posts i ON i.post = m.post AND i.watch = m.watch"
_BY_STEP = f"{_JUDGED} FROM mentions m INDEXED BY mentions_queue CROSS JOIN posts p ON p.n = m.post {_WITH_VERDICT} {_WITH_INCIDENT}"
_BY_TIME = f"{_JUDGED} FROM posts p INDEXED BY posts_created CROSS JOIN mentions m ON m.post = p.n {_WITH_VERDICT} {_WITH_INCIDENT}"
_BY_POST = f"{_JUDGED} FROM posts p CROSS JOIN mentions m ON m.post = p.n {_WITH_VERDICT} {_WITH_INCIDENT}"
_BY_INCIDENT = f"""{_JUDGED} FROM incident_posts i INDEXED BY incident_posts_of
    CROSS JOIN mentions m ON m.post = i.post AND m.watch = i.watch CROSS JOIN posts p ON p.n = i.post {_WITH_VERDICT}"""
_POSTS = f"SELECT {POST} FROM posts p LEFT JOIN authors a ON a.n = p.author"


class Posts(Intake):
    """Posts and the queue of their mentions."""

    def __init__(self, connection: Connection, retention: Retention, searchable: bool):
        super().__init__(connection, retention, searchable)
        self._models: dict[int, tuple[str, list[str], list[str]]] = {}

    # ---- collect

    def cursor(self, collector: str) -> str | None:
        """Where ``collector`` goes on; None: at its beginning."""
        found: str | None = self._db.value("SELECT cursor FROM cursors WHERE collector = ?", (collector,))
        return found

    def set_cursor(self, collector: str, cursor: str | None, now: datetime) -> None:
        """Move the cursor; belongs in the transaction that stores what it covers."""
        self._db.execute(
            "INSERT OR REPLACE INTO cursors VALUES (?, ?, ?)",
            (collector, cursor, stamp(now)),
        )

    # ---- the queue

    def unclassified(self, limit: int) -> list[tuple[Post, Mention]]:
        """Mentions that no model has judged, oldest first."""
        found = self._db.rows(
            f"""SELECT {POST}, m.watch, m.spans FROM mentions m INDEXED BY mentions_queue
            CROSS JOIN posts p ON p.n = m.post LEFT JOIN authors a ON a.n = p.author
            WHERE m.step = 0 AND m.step < 3 ORDER BY m.at, p.id, m.watch LIMIT ?""",
            (limit,),
        )
        return [(post_of(row), Mention(row[0], row[POST_WIDTH], spans_of(row[POST_WIDTH + 1]))) for row in found]

    def ungrouped(self, limit: int) -> list[Judged]:
        """Judged mentions that have not been grouped, oldest first."""
        return self._at_step(Step.CLASSIFIED, limit)

    def unassessed(self, limit: int) -> list[Judged]:
        """Grouped mentions that the detector has not counted, oldest first."""
        return self._at_step(Step.GROUPED, limit)

    def waiting(self) -> dict[Step, int]:
        """How many mentions wait before each step; counts only these."""
        found: dict[int, int] = dict(
            self._db.rows("SELECT step, count(*) FROM mentions INDEXED BY mentions_queue WHERE step < 3 GROUP BY step")
        )
        return {step: found.get(step.value, 0) for step in Step if step is not Step.ASSESSED}

    def mark(self, keys: Sequence[tuple[str, str]], step: Step) -> None:
        """Move mentions, given as (post id, watch), to ``step``."""
        self._db.executemany(
            "UPDATE mentions SET step = ? WHERE post = (SELECT n FROM posts WHERE id = ?) AND watch = ?",
            [(step.value, post_id, watch) for post_id, watch in keys],
        )

    # ---- verdicts of models and of staff

    def add_classifications(self, rows: Sequence[Classification], now: datetime) -> None:
        """Store verdicts. The first one of a mention is in force and moves it on; later models' verdicts stand beside it."""
        if not rows:
            return
        numbers = self._numbers_of({row.post_id for row in rows})
        at = stamp(now)
        with self._db.transaction():
            models: dict[tuple[object, ...], int] = {}
            verdicts = []
            for row in rows:
                key = (row.model, *row.labels.sentiment_scores, None, *row.labels.topic_scores)
                if key not in models:
                    models[key] = self._model(row)
                if row.post_id in numbers:
                    verdicts.append((numbers[row.post_id], row.watch, models[key], *_verdict(row.labels), at))
            self._db.executemany(
                """INSERT OR REPLACE INTO classifications
                (post, watch, model, complaint, sentiment, topic, language, sentiment_scores, topic_scores, at)
                SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM mentions WHERE post = ?1 AND watch = ?2)""",
                verdicts,
            )
            self._db.executemany(
                "UPDATE mentions SET step = 1, model = ?3 WHERE post = ?1 AND watch = ?2 AND step = 0",
                [verdict[:3] for verdict in verdicts],
            )

    def label(self, correction: Correction) -> None:
        """Store what a person says of a mention; a later word replaces an earlier one on the same question. Raises ``NotFound``."""
        n = self._db.value("SELECT n FROM posts WHERE id = ?", (correction.post_id,))
        key = (n, correction.watch)
        if n is None or self._db.value("SELECT 1 FROM mentions WHERE post = ? AND watch = ?", key) is None:
            raise NotFound(f"no post {correction.post_id!r} about {correction.watch!r}")
        sentiment = None if correction.sentiment is None else correction.sentiment.value
        complaint = None if correction.complaint is None else int(correction.complaint)
        values = (complaint, sentiment, correction.topic, correction.who, stamp(correction.at))
        with self._db.transaction():
            self._db.execute(
                """INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (post, watch) DO UPDATE SET
                complaint = coalesce(excluded.complaint, complaint), sentiment = coalesce(excluded.sentiment, sentiment),
                topic = coalesce(excluded.topic, topic), who = excluded.who, at = excluded.at""",
                (*key, *values),
            )
            if correction.topic is not None:
                self._db.execute("UPDATE incident_posts SET topic = ? WHERE post = ? AND watch = ?", (correction.topic, *key))
            record(
                self._db, correction.at, correction.who, "label", note=f"{correction.post_id} {complaint} {sentiment} {correction.topic}"
            )

    def unlabel(self, incident_id: int, who: str, at: datetime) -> None:
        """Take back what ``who`` said, at that moment, of all posts of an incident at once: the model's word holds again."""
        self._db.execute(
            """DELETE FROM labels WHERE who = ? AND at = ? AND (post, watch) IN (
            SELECT post, watch FROM incident_posts INDEXED BY incident_posts_of WHERE incident = ?)""",
            (who, stamp(at), incident_id),
        )

    def labels(self, since: datetime | None = None) -> list[tuple[Post, Mention, Correction]]:
        """What staff said, oldest first: training examples."""
        found = self._db.rows(
            f"""SELECT {POST}, m.watch, m.spans, l.complaint, l.sentiment, l.topic, l.who, l.at FROM labels l
            JOIN mentions m ON m.post = l.post AND m.watch = l.watch JOIN posts p ON p.n = l.post LEFT JOIN authors a ON a.n = p.author
            WHERE l.at >= ? ORDER BY l.at, p.id, l.watch""",
            ("" if since is None else stamp(since),),
        )
        return [(post_of(row), _mention(row, POST_WIDTH), _correction(row)) for row in found]

    # ---- copies

    def add_fingerprints(self, rows: Sequence[Fingerprint]) -> None:
        """Keep fingerprints of mentions, so that copies are known again after a restart."""
        self._db.executemany(
            "INSERT OR REPLACE INTO fingerprints (at, post, watch, bits, copy_of) SELECT ?, n, ?, ?, ? FROM posts WHERE id = ?",
            [(stamp(row.at), row.watch, row.bits, row.copy_of, row.post_id) for row in rows],
        )

    def fingerprints(self, since: datetime) -> list[Fingerprint]:
        """Fingerprints of posts written since then, oldest first, each with the incident its post belongs to now."""
        found = self._db.rows(
            """SELECT p.id, f.watch, f.at, f.bits, f.copy_of, i.incident FROM fingerprints f JOIN posts p ON p.n = f.post
            LEFT JOIN incident_posts i ON i.post = f.post AND i.watch = f.watch WHERE f.at >= ? ORDER BY f.at, p.id, f.watch""",
            (stamp(since),),
        )
        return [Fingerprint(row[0], row[1], moment(row[2]), row[3], row[4], row[5]) for row in found]

    # ---- vectors

    def add_vectors(self, space: str, rows: Iterable[tuple[str, str, datetime, bytes]]) -> None:
        """Keep sentence vectors of a named space: post, watch, when it was written, and the numbers."""
        self._db.executemany(
            "INSERT OR REPLACE INTO vectors (post, watch, at, space, numbers) SELECT n, ?, ?, ?, ? FROM posts WHERE id = ?",
            [(watch, stamp(at), space, numbers, post_id) for post_id, watch, at, numbers in rows],
        )

    def vectors(self, space: str) -> dict[tuple[str, str], bytes]:
        """The kept vectors of a space, by post and watch."""
        found = self._db.rows(
            "SELECT p.id, v.watch, v.numbers FROM vectors v JOIN posts p ON p.n = v.post WHERE v.space = ?",
            (space,),
        )
        return {(row[0], row[1]): row[2] for row in found}

    def drop_vectors(self, before: datetime) -> None:
        """Delete vectors of posts written before then whose incident had no post since."""
        self._db.execute(
            """DELETE FROM vectors WHERE at < ?1 AND NOT EXISTS (SELECT 1 FROM incident_posts i JOIN incidents n ON n.id = i.incident
            WHERE i.post = vectors.post AND i.watch = vectors.watch AND n.last_post_at >= ?1)""",
            (stamp(before),),
        )

    # ---- questions

    def get(self, post_id: str) -> Post | None:
        """One post, or None."""
        found = self._db.row(f"{_POSTS} WHERE p.id = ?", (post_id,))
        return None if found is None else post_of(found)

    def judgements(self, post_id: str) -> list[Judged]:
        """What is known of a post, once for every watch it mentions and a model has judged."""
        found = self._db.rows(f"{_BY_POST} WHERE p.id = ? ORDER BY m.watch", (post_id,))
        return [self._judged(row) for row in found]

    def search(self, text: str, limit: int = 50) -> list[Post]:
        """Posts that hold every word of ``text``, latest collected first; none for a text without words. See ``match_expression``."""
        expression = match_expression(text)
        if not expression:
            return []
        found = self._db.rows(
            f"""SELECT {POST} FROM post_search s JOIN posts p ON p.n = s.rowid LEFT JOIN authors a ON a.n = p.author
            WHERE s.post_search MATCH ? ORDER BY s.rowid DESC LIMIT ?""",
            (expression, limit),
        )
        return [post_of(row) for row in found]

    def recent(self, watch: str | None, since: datetime, limit: int = 100, min_complaint: float = 0.0) -> list[Judged]:
        """Judged mentions of ``watch`` (None: of any) written since then, latest first."""
        found = self._db.rows(
            f"""{_BY_TIME} WHERE p.created_at >= ? AND (?2 IS NULL OR m.watch = ?2) AND c.complaint >= ?
            ORDER BY p.created_at DESC, p.id, m.watch LIMIT ?""",
            (stamp(since), watch, min_complaint, limit),
        )
        return [self._judged(row) for row in found]

    def telling(self, incident_id: int, limit: int = 3) -> list[tuple[Post, Labels | None, Exposure]]:
        """Posts of an incident worth quoting: no copies, none that are gone, most seen first, then the clearest complaint."""
        found = self._db.rows(
            f"""SELECT {POST}, {EXPOSURE}, {VERDICT} FROM incident_posts i INDEXED BY incident_posts_of
            CROSS JOIN posts p ON p.n = i.post CROSS JOIN mentions m ON m.post = i.post AND m.watch = i.watch
            LEFT JOIN authors a ON a.n = p.author LEFT JOIN measured e ON e.post = i.post
            LEFT JOIN classifications c ON c.post = m.post AND c.watch = m.watch AND c.model = m.model
            WHERE i.incident = ? AND i.person IS NOT NULL AND p.gone_at IS NULL AND p.text <> ''
            ORDER BY max(coalesce(e.views, 0), 40 * (coalesce(e.likes, 0) + coalesce(e.replies, 0) + coalesce(e.shares, 0))) DESC,
                c.complaint DESC, p.created_at, p.id LIMIT ?""",
            (incident_id, limit),
        )
        return [self._telling(row) for row in found]

    def latest(self, incident_id: int, limit: int) -> list[Post]:
        """The latest posts of an incident, newest first; none that are gone."""
        found = self._db.rows(
            f"""SELECT {POST} FROM incident_posts i INDEXED BY incident_posts_of CROSS JOIN posts p ON p.n = i.post
            LEFT JOIN authors a ON a.n = p.author WHERE i.incident = ? AND p.gone_at IS NULL ORDER BY i.at DESC, p.id DESC LIMIT ?""",
            (incident_id, limit),
        )
        return [post_of(row) for row in found]

    def exposures(self, incident_id: int) -> list[Exposure]:
        """How widely each post of an incident was seen, oldest post first.

        Copies and reposts are included; only a repost is a share, for a copy has readers of its own.
        """
        found = self._db.rows(
            f"""SELECT {EXPOSURE}, p.repost_of FROM incident_posts i INDEXED BY incident_posts_of
            CROSS JOIN posts p ON p.n = i.post LEFT JOIN authors a ON a.n = p.author LEFT JOIN measured e ON e.post = i.post
            WHERE i.incident = ? ORDER BY i.at, p.id""",
            (incident_id,),
        )
        return [exposure_of(row, row[10]) for row in found]

    def measurable(self, incident_id: int) -> bool:
        """Whether anything is known of how widely any post of an incident was seen: a count, or its author's followers."""
        return bool(
            self._db.value(
                """SELECT EXISTS (SELECT 1 FROM incident_posts i INDEXED BY incident_posts_of
                CROSS JOIN posts p ON p.n = i.post LEFT JOIN authors a ON a.n = p.author LEFT JOIN measured e ON e.post = i.post
                WHERE i.incident = ? AND (e.post IS NOT NULL OR a.followers IS NOT NULL))""",
                (incident_id,),
            )
        )

    def watches_of(self, post_ids: Collection[str]) -> dict[str, set[str]]:
        """Which watches stored posts mention, by post id; unknown posts are left out."""
        rows = self._db.rows(
            "SELECT p.id, m.watch FROM posts p JOIN mentions m ON m.post = p.n WHERE p.id IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(post_ids)),),
        )
        watches: dict[str, set[str]] = {}
        for post_id, watch in rows:
            watches.setdefault(post_id, set()).add(watch)
        return watches

    def medoids(self, incident_id: int, kept: int) -> list[Judged]:
        """The first and the latest ``kept - 1`` members that are no copies, oldest first; the first member if all are copies."""
        chosen = "i.incident = ?1 AND i.person IS NOT NULL AND p.gone_at IS NULL"
        oldest = self._db.rows(f"{_BY_INCIDENT} WHERE {chosen} ORDER BY i.at, p.id LIMIT 1", (incident_id,))
        if not oldest:
            oldest = self._db.rows(f"{_BY_INCIDENT} WHERE i.incident = ? AND p.gone_at IS NULL ORDER BY i.at, p.id LIMIT 1", (incident_id,))
            return [self._judged(row) for row in oldest]
        latest = self._db.rows(f"{_BY_INCIDENT} WHERE {chosen} ORDER BY i.at DESC, p.id DESC LIMIT ?2", (incident_id, kept - 1))
        found = {row[0]: row for row in [*oldest, *reversed(latest)]}
        return [self._judged(row) for row in found.values()]

    def members(self, incident_id: int) -> list[tuple[Judged, str]]:
        """The members of an incident, oldest first, each with its reason as JSON."""
        found = self._db.rows(f"{_BY_INCIDENT} WHERE i.incident = ? ORDER BY i.at, p.id", (incident_id,))
        return [(self._judged(row), row[25]) for row in found]

    def measurements(self, post_id: str) -> list[Engagement]:
        """All measurements of a post that differ from the one before, oldest first."""
        found = self._db.rows(
            """SELECT observed_at, likes, replies, shares, views FROM engagement
            WHERE post = (SELECT n FROM posts WHERE id = ?) ORDER BY observed_at""",
            (post_id,),
        )
        return [Engagement(post_id, moment(row[0]), *row[1:]) for row in found]

    # ---- inside

    def _at_step(self, step: Step, limit: int) -> list[Judged]:
        found = self._db.rows(f"{_BY_STEP} WHERE m.step = ? AND m.step < 3 ORDER BY m.at, p.id, m.watch LIMIT ?", (step.value, limit))
        return [self._judged(row) for row in found]

    def _judged(self, row: Row) -> Judged:
        _, sentiments, topics = self._keys(row[16])
        labels = labels_of(row[16:23], sentiments, topics)
        return Judged(post_of(row), _mention(row, 14), labels, row[13], row[23], row[24])

    def _telling(self, row: Row) -> tuple[Post, Labels | None, Exposure]:
        verdict = row[POST_WIDTH + 10 :]
        labels = None if verdict[0] is None else labels_of(verdict, *self._keys(verdict[0])[1:])
        return post_of(row), labels, exposure_of(row[POST_WIDTH : POST_WIDTH + 10], row[7])

    def _model(self, row: Classification) -> int:
        """The number of a model together with the names of its scores."""
        sentiments, topics = (
            json.dumps(sorted(scores), ensure_ascii=False) for scores in (row.labels.sentiment_scores, row.labels.topic_scores)
        )
        key = (row.model, sentiments, topics)
        found = self._db.value("SELECT n FROM models WHERE name = ? AND sentiments = ? AND topics = ?", key)
        return int(found or self._db.insert("INSERT INTO models (name, sentiments, topics) VALUES (?, ?, ?)", key))

    def _keys(self, number: int) -> tuple[str, list[str], list[str]]:
        found = self._models.get(number)
        if found is None:
            name, sentiments, topics = self._db.rows("SELECT name, sentiments, topics FROM models WHERE n = ?", (number,))[0]
            found = self._models[number] = (name, json.loads(sentiments), json.loads(topics))
        return found


def _mention(row: Sequence[Any], start: int) -> Mention:
    return Mention(row[0], row[start], spans_of(row[start + 1]))


def _correction(row: Sequence[Any]) -> Correction:
    complaint, sentiment, topic, who, at = row[POST_WIDTH + 2 :]
    return Correction(
        row[0],
        row[POST_WIDTH],
        who,
        moment(at),
        None if complaint is None else bool(complaint),
        None if sentiment is None else Sentiment(sentiment),
        topic,
    )


def _verdict(labels: Labels) -> tuple[object, ...]:
    sentiment = None if labels.sentiment is None else labels.sentiment.value
    return (
        labels.complaint,
        sentiment,
        labels.topic,
        labels.language,
        scores_text(labels.sentiment_scores),
        scores_text(labels.topic_scores),
    )
