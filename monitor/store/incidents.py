"""Incidents: their life, their posts, and what staff did about them. Every change by anybody leaves a row in ``audit``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from monitor.domain import LEGAL_MOVES, LIVE, Because, Change, Incident, Judged, Kind, Member, Response, Severity, Standing, Status
from monitor.errors import IllegalTransition, NotFound, StoreError
from monitor.store.audit import PROGRAM, changes, last_move, record, responses
from monitor.store.connection import Connection
from monitor.store.estimates import INCIDENT, INCIDENT_WIDTH, Estimates, incident_of, incident_values
from monitor.store.posts import Posts
from monitor.store.retention import Retention
from monitor.store.rows import because_of, because_text, maybe_stamp, moment, stamp
from monitor.store.schema import LIVE_INCIDENTS, LIVE_STATUS
from monitor.store.silences import Silences

_RANK = {Status.DISMISSED: 0, Status.RESOLVED: 1, Status.CANDIDATE: 2, Status.TRIGGERED: 3, Status.ACKNOWLEDGED: 4}


class Incidents(Estimates, Silences):
    """Incidents and all that belongs to them."""

    def __init__(self, connection: Connection, posts: Posts, retention: Retention):
        super().__init__(connection)
        self._posts = posts
        self._retention = retention

    # ---- incidents

    def next_id(self) -> int:
        """The number of the next incident."""
        return int(self._db.value("SELECT coalesce(max(id), 0) + 1 FROM incidents"))

    def open(self, incident: Incident, due_at: datetime | None) -> None:
        """Store a new incident; ``due_at`` is when it is assessed first."""
        places = ", ".join("?" * (INCIDENT_WIDTH + 1))
        self._db.execute(f"INSERT INTO incidents ({INCIDENT}, due_at) VALUES ({places})", (*incident_values(incident), maybe_stamp(due_at)))

    def get(self, incident_id: int) -> Incident:
        """One incident. Raises ``NotFound``."""
        found = self._db.row(f"SELECT {INCIDENT} FROM incidents WHERE id = ?", (incident_id,))
        if found is None:
            raise NotFound(f"there is no incident {incident_id}")
        return incident_of(found)

    def live(self) -> list[Incident]:
        """Incidents that are neither resolved nor dismissed, by number."""
        return [incident_of(row) for row in self._db.rows(f"SELECT {INCIDENT} FROM {LIVE_INCIDENTS} ORDER BY id")]

    def all(
        self,
        limit: int = 100,
        statuses: Sequence[Status] = (),
        watch: str | None = None,
        *,
        topic: str | None = None,
        severities: Sequence[Severity] = (),
        assigned_to: str | None = None,
    ) -> list[Incident]:
        """The latest incidents, newest first; only what fits all that is given."""
        found = self._db.rows(
            f"""SELECT {INCIDENT} FROM incidents WHERE (?1 = '[]' OR status IN (SELECT value FROM json_each(?1)))
            AND (?2 IS NULL OR watch = ?2) AND (?4 IS NULL OR topic = ?4)
            AND (?5 = '[]' OR severity IN (SELECT value FROM json_each(?5))) AND (?6 IS NULL OR assigned_to = ?6)
            ORDER BY id DESC LIMIT ?3""",
            (json.dumps([*statuses]), watch, limit, topic, json.dumps([*severities]), assigned_to),
        )
        return [incident_of(row) for row in found]

    def told(self, since: datetime) -> list[Incident]:
        """Incidents that staff have heard of and that are live, or were closed after ``since``, by number."""
        found = self._db.rows(
            f"""SELECT {INCIDENT} FROM {LIVE_INCIDENTS} AND alerted_at IS NOT NULL UNION
            SELECT {INCIDENT} FROM incidents INDEXED BY incidents_told WHERE alerted_at IS NOT NULL AND status_at >= ?
            AND merged_into IS NULL AND NOT {LIVE_STATUS} ORDER BY 1""",
            (stamp(since),),
        )
        return [incident_of(row) for row in found]

    def waves(self, since: datetime) -> dict[str, Incident]:
        """The latest live wave of attention of each watch with a post since then, if it has one."""
        rows = self._db.rows(
            f"""SELECT {INCIDENT} FROM incidents INDEXED BY incidents_last_post
            WHERE last_post_at >= ? AND kind = ? AND {LIVE_STATUS} ORDER BY id""",
            (stamp(since), Kind.ATTENTION.value),
        )
        return {wave.watch: wave for wave in map(incident_of, rows)}

    def standing(self, since: datetime, kept: int = 12) -> list[Standing]:
        """Live incidents, and closed ones that had a post since then, by number, each with the posts that stand for it.

        Those are the first and the latest ``kept - 1`` members that are no copies, or the first member if all are copies.
        """
        found = self._db.rows(
            f"""SELECT {INCIDENT} FROM {LIVE_INCIDENTS} UNION
            SELECT {INCIDENT} FROM incidents INDEXED BY incidents_last_post WHERE last_post_at >= ? AND merged_into IS NULL ORDER BY 1""",
            (stamp(since),),
        )
        return [Standing(incident_of(row), tuple(self._posts.medoids(row[0], kept))) for row in found]

    def retitle(self, incident_id: int, title: str) -> None:
        """Give an incident another title."""
        self._db.execute("UPDATE incidents SET title = ?1 WHERE id = ?2 AND title <> ?1", (title, incident_id))

    # ---- posts of incidents

    def add_members(self, members: Sequence[Member], now: datetime) -> None:
        """Put posts into incidents; call ``refresh`` after it. A post that stands elsewhere moves. A copy adds no person."""
        at = stamp(now)
        self._db.executemany(
            """INSERT OR REPLACE INTO incident_posts (post, watch, incident, at, person, topic, copy_of, because, added_at)
            SELECT p.n, m.watch, ?3, m.at, CASE WHEN ?4 IS NULL THEN coalesce(p.author, -p.n) END, c.topic, ?4, ?5, ?6
            FROM posts p JOIN mentions m ON m.post = p.n AND m.watch = ?2
            LEFT JOIN classifications c ON c.post = m.post AND c.watch = m.watch AND c.model = m.model WHERE p.id = ?1""",
            [(member.post_id, member.watch, member.incident_id, member.copy_of, because_text(member.because), at) for member in members],
        )
        self._db.executemany(
            """INSERT OR IGNORE INTO incident_places
            SELECT ?3, p.platform, coalesce(p.language, c.language, '') FROM posts p JOIN mentions m ON m.post = p.n AND m.watch = ?2
            LEFT JOIN classifications c ON c.post = m.post AND c.watch = m.watch AND c.model = m.model WHERE p.id = ?1""",
            [(member.post_id, member.watch, member.incident_id) for member in members],
        )

    def drop_members(self, keys: Sequence[tuple[str, str]]) -> None:
        """Take posts, given as (post id, watch), out of their incidents; call ``refresh`` after it."""
        self._db.executemany("DELETE FROM incident_posts WHERE post = (SELECT n FROM posts WHERE id = ?) AND watch = ?", keys)

    def members(self, incident_id: int) -> list[tuple[Judged, Because]]:
        """The posts of an incident, oldest first, and why each stands there."""
        return [(judged, because_of(why)) for judged, why in self._posts.members(incident_id)]

    def of_post(self, post_id: str, watch: str) -> int | None:
        """The incident in which a post stands as a mention of ``watch``, or None."""
        found: int | None = self._db.value(
            "SELECT incident FROM incident_posts WHERE post = (SELECT n FROM posts WHERE id = ?) AND watch = ?", (post_id, watch)
        )
        return found

    def places(self, incident_id: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Platforms and languages of the posts that an incident has or had."""
        rows = self._db.rows("SELECT platform, language FROM incident_places WHERE incident = ?", (incident_id,))
        return tuple(sorted({row[0] for row in rows})), tuple(sorted({row[1] for row in rows if row[1]}))

    def refresh(self, incident_ids: Sequence[int]) -> None:
        """Count posts, people, latest post and prevailing topic of these incidents again."""
        self._retention.recount(incident_ids)

    def merge(self, older: int, younger: int, because: Because, now: datetime, who: str = PROGRAM) -> None:
        """Move everything of ``younger`` into ``older``; the younger one stays as a resolved pointer (``merged_into``).

        Raises ``NotFound``, or ``IllegalTransition`` for an incident that is dismissed or merged already.
        """
        with self._db.transaction():
            kept, given = self._mergeable(older, younger)
            for table in ("incident_posts", "notifications"):
                self._db.execute(f"UPDATE {table} SET incident = ? WHERE incident = ?", (older, younger))
            for table in ("subscriptions", "incident_places"):
                self._db.execute(f"UPDATE OR REPLACE {table} SET incident = ? WHERE incident = ?", (older, younger))
            self._db.execute(
                "UPDATE decisions SET incident = ? WHERE incident = ? AND (notify = 1 OR reason = 'resolved')", (older, younger)
            )
            self._db.execute("UPDATE assessments SET decided = 1 WHERE incident = ? AND decided = 0", (younger,))
            self._unite(kept, given, now)
            self.refresh([older])
            record(self._db, now, who, "merge", older, str(younger), str(older), because_text(because))
            record(self._db, now, who, "merged", younger, given.status.value, str(older), because_text(because))

    def split(self, incident_id: int, post_ids: Sequence[str], who: str, now: datetime) -> int:
        """Move posts out into an incident of their own, due at once; return its number. The two are kept ``apart`` for good.

        Raises ``NotFound``, and ``StoreError`` unless some, but not all, of the incident's posts are named.
        """
        with self._db.transaction():
            parent = self.get(incident_id)
            found = self._db.rows(
                """SELECT post, watch, at FROM incident_posts WHERE incident = ? AND post IN (
                SELECT n FROM posts WHERE id IN (SELECT value FROM json_each(?))) ORDER BY at""",
                (incident_id, json.dumps(list(post_ids))),
            )
            if not found or len(found) == self._db.value("SELECT count(*) FROM incident_posts WHERE incident = ?", (incident_id,)):
                raise StoreError(f"name some, but not all, of the posts of incident {incident_id}")
            new = self.next_id()
            times = moment(found[0][2]), moment(found[-1][2])
            self.open(
                Incident(new, parent.watch, parent.kind, parent.topic, parent.title, Status.CANDIDATE, *times, 0, 0, follows=parent.id), now
            )
            self._db.executemany("UPDATE incident_posts SET incident = ? WHERE post = ? AND watch = ?", [(new, *row[:2]) for row in found])
            self._db.execute(
                "INSERT INTO incident_places SELECT ?, platform, language FROM incident_places WHERE incident = ?", (new, incident_id)
            )
            self._db.execute("INSERT INTO apart VALUES (?, ?)", (incident_id, new))
            self.refresh([incident_id, new])
            record(self._db, now, who, "split", incident_id, became=str(new), note=f"{len(found)} posts")
            record(self._db, now, who, "split from", new, was=str(incident_id))
        return new

    def apart(self) -> list[tuple[int, int]]:
        """Pairs of incidents that staff split: never to be merged by the program."""
        return [(row[0], row[1]) for row in self._db.rows("SELECT one, other FROM apart ORDER BY 1, 2")]

    # ---- their life

    def transition(self, incident_id: int, status: Status, who: str, now: datetime, note: str = "") -> Incident:
        """Move an incident on, as ``LEGAL_MOVES`` allows, and write down who did it; return it as it is now.

        Nothing happens if it has that status already. Raises ``NotFound``, ``IllegalTransition``.
        """
        with self._db.transaction():
            incident = self.get(incident_id)
            if incident.merged_into is not None:
                raise IllegalTransition(f"incident {incident_id} was merged into {incident.merged_into}; act on that one")
            if incident.status is status:
                return incident
            if status not in LEGAL_MOVES[incident.status]:
                allowed = ", ".join(sorted(LEGAL_MOVES[incident.status]))
                raise IllegalTransition(f"incident {incident_id} is {incident.status}: it cannot become {status}, only {allowed}")
            live, back = status in LIVE, status is Status.TRIGGERED and incident.status not in LIVE  # a candidate was never news
            self._db.execute(
                """UPDATE incidents SET status = ?2, status_at = ?3, regressed = max(regressed, ?4),
                due_at = CASE WHEN ?5 THEN coalesce(due_at, ?3) END WHERE id = ?1""",
                (incident_id, status.value, stamp(now), int(back), int(live)),
            )
            record(self._db, now, who, "status", incident_id, incident.status.value, status.value, note)
            return self.get(incident_id)

    def assign(self, incident_id: int, who: str | None, by: str, now: datetime) -> Incident:
        """Make ``who`` (None: nobody) responsible; return the incident. Raises ``NotFound``."""
        with self._db.transaction():
            incident = self.get(incident_id)
            self._db.execute("UPDATE incidents SET assigned_to = ? WHERE id = ?", (who, incident_id))
            record(self._db, now, by, "assign", incident_id, incident.assigned_to, who)
            return self.get(incident_id)

    def confirm(self, incident_id: int, who: str, now: datetime) -> Incident:
        """Somebody says that this was a real trouble: a label for the evaluation; return the incident. Raises ``NotFound``."""
        with self._db.transaction():
            self.get(incident_id)
            self._db.execute("UPDATE incidents SET confirmed_at = coalesce(confirmed_at, ?) WHERE id = ?", (stamp(now), incident_id))
            record(self._db, now, who, "confirm", incident_id)
            return self.get(incident_id)

    def note(self, incident_id: int, text: str, who: str, now: datetime) -> None:
        """Write a remark of a person down. Raises ``NotFound``."""
        self.get(incident_id)
        record(self._db, now, who, "note", incident_id, note=text)

    def history(self, incident_id: int | None = None, limit: int = 1000) -> list[Change]:
        """What was changed, by whom and when, oldest first; of everything for None."""
        return changes(self._db, incident_id, limit)

    def last_move(self, incident_id: int, became: Status | None = None) -> Change | None:
        """The latest change of an incident's status, or the latest one to ``became``; None if there was none."""
        return last_move(self._db, incident_id, None if became is None else became.value)

    def reopen(self, incident_id: int, who: str, now: datetime) -> Incident:
        """Take back that somebody closed an incident: it is as it was before, and no news again; return it.

        Raises ``NotFound``, and ``IllegalTransition`` unless a person resolved or dismissed it.
        """
        with self._db.transaction():
            incident, closed = self.get(incident_id), self.last_move(incident_id)
            if incident.status in LIVE or incident.merged_into is not None or closed is None or closed.was is None or closed.who == PROGRAM:
                raise IllegalTransition(f"incident {incident_id} is {incident.status}: there is nothing to take back")
            before = Status(closed.was)
            earlier = self.last_move(incident_id, before)
            self._db.execute(
                "UPDATE incidents SET status = ?2, status_at = ?3, due_at = ?4 WHERE id = ?1",
                (incident_id, before.value, earlier and stamp(earlier.at), stamp(now) if before in LIVE else None),
            )
            if incident.status is Status.DISMISSED:
                self._posts.unlabel(incident_id, closed.who, closed.at)
            record(self._db, now, who, "undo", incident_id, incident.status.value, before.value)
            return self.get(incident_id)

    def responses(self, since: datetime, until: datetime) -> list[Response]:
        """How staff responded to what they were told from ``since`` to ``until`` (see ``v_response``)."""
        return responses(self._db, since, until)

    def subscribe(self, incident_id: int, receiver: str, by: str, now: datetime) -> None:
        """Let ``receiver`` hear of this incident besides those its route names. Raises ``NotFound``."""
        with self._db.transaction():
            self.get(incident_id)
            if self._db.execute("INSERT OR IGNORE INTO subscriptions VALUES (?, ?)", (incident_id, receiver)):
                record(self._db, now, by, "subscribe", incident_id, became=receiver)

    def unsubscribe(self, incident_id: int, receiver: str, by: str, now: datetime) -> None:
        """Take ``subscribe`` back. Raises ``NotFound`` if there is nothing to take back."""
        with self._db.transaction():
            if not self._db.execute("DELETE FROM subscriptions WHERE incident = ? AND receiver = ?", (incident_id, receiver)):
                raise NotFound(f"{receiver!r} is not subscribed to incident {incident_id}")
            record(self._db, now, by, "unsubscribe", incident_id, was=receiver)

    def subscribers(self, incident_id: int) -> tuple[str, ...]:
        """Receivers who asked for this incident."""
        return tuple(row[0] for row in self._db.rows("SELECT receiver FROM subscriptions WHERE incident = ? ORDER BY 1", (incident_id,)))

    # ---- inside

    def _mergeable(self, older: int, younger: int) -> tuple[Incident, Incident]:
        if older == younger:
            raise IllegalTransition(f"incident {older} cannot be merged with itself")
        kept, given = self.get(older), self.get(younger)
        for incident in (kept, given):
            if incident.merged_into is not None:
                raise IllegalTransition(f"incident {incident.id} was merged into {incident.merged_into}")
        if kept.status is Status.DISMISSED:
            raise IllegalTransition(f"incident {older} was dismissed; nothing can be merged into it")
        if kept.watch != given.watch:
            raise IllegalTransition(f"incident {older} is about {kept.watch}, incident {younger} about {given.watch}")
        return kept, given

    def _unite(self, kept: Incident, given: Incident, now: datetime) -> None:
        """Give ``kept`` the earlier times and the more advanced status of the two, and turn ``given`` into a pointer."""
        status = max(kept.status, given.status, key=_RANK.__getitem__) if given.status in LIVE else kept.status
        self._db.execute(
            """UPDATE incidents SET opened_at = min(opened_at, ?2), alerted_at = coalesce(min(alerted_at, ?3), alerted_at, ?3),
            crossed_at = coalesce(min(crossed_at, ?4), crossed_at, ?4), confirmed_at = coalesce(min(confirmed_at, ?5), confirmed_at, ?5),
            assigned_to = coalesce(assigned_to, ?6), severity = ?7, regressed = max(regressed, ?8),
            status_at = CASE WHEN status = ?9 THEN status_at ELSE ?11 END, status = ?9, due_at = CASE WHEN ?10 THEN ?11 END
            WHERE id = ?1""",
            (
                kept.id,
                stamp(given.opened_at),
                maybe_stamp(given.alerted_at),
                maybe_stamp(given.crossed_at),
                maybe_stamp(given.confirmed_at),
                given.assigned_to,
                _worse(kept.severity, given.severity),
                int(given.regressed or (kept.status not in LIVE and status in LIVE)),
                status.value,
                int(status in LIVE),
                stamp(now),
            ),
        )
        ending = given.status if given.status is Status.DISMISSED else Status.RESOLVED
        self._db.execute(
            "UPDATE incidents SET merged_into = ?, status = ?, status_at = ?, due_at = NULL, posts = 0, authors = 0 WHERE id = ?",
            (kept.id, ending.value, stamp(now), given.id),
        )


def _worse(one: Severity | None, other: Severity | None) -> str | None:
    known = [severity for severity in (one, other) if severity is not None]
    return max(known, key=lambda severity: severity.rank).value if known else None
