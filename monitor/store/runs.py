"""Our own health: what ran, when and how well, and who holds the database."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta

from monitor.domain import Health, Run
from monitor.store.connection import Connection
from monitor.store.rows import fine_stamp, maybe_moment, moment, stamp

LEASE = "daemon"
RECENT = timedelta(hours=24)


def holder_name() -> str:
    """How this process signs the lease: host and process number."""
    return f"{socket.gethostname()}:{os.getpid()}"


class Runs:
    """Runs of steps and collectors, and the lease."""

    def __init__(self, connection: Connection):
        self._db = connection

    def record(self, run: Run) -> None:
        """Write one run down."""
        self._db.execute(
            "INSERT INTO runs (step, started_at, finished_at, done, failed, error, pages, problems) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (run.step, fine_stamp(run.started_at), fine_stamp(run.finished_at), *_columns(run)),
        )

    def latest(self, limit: int = 100) -> list[Run]:
        """The latest runs, newest first."""
        found = self._db.rows(
            "SELECT step, started_at, finished_at, done, failed, error, pages, problems FROM runs ORDER BY id DESC LIMIT ?", (limit,)
        )
        return [Run(row[0], moment(row[1]), moment(row[2]), *row[3:]) for row in found]

    def last_good(self, step: str) -> datetime | None:
        """When a step (``collect NAME`` for a collector) last ended a pass without an error, or in spite of one brought something new."""
        sql = "SELECT max(finished_at) FROM runs WHERE step = ? AND (error IS NULL OR done > 0)"
        return maybe_moment(self._db.value(sql, (step,)))

    def failing(self, step: str, times: int) -> str | None:
        """The latest error of a step whose last ``times`` passes all failed, or None."""
        found = self._db.rows("SELECT error FROM runs WHERE step = ? ORDER BY finished_at DESC, id DESC LIMIT ?", (step, times))
        failed = len(found) == times and all(row[0] is not None for row in found)
        return str(found[0][0]) if failed else None

    def first_seen(self, step: str) -> datetime | None:
        """When a step (``collect NAME``) first ended a pass, as far as the records go back, or None."""
        return maybe_moment(self._db.value("SELECT min(finished_at) FROM runs WHERE step = ?", (step,)))

    def health(self, now: datetime) -> list[Health]:
        """How each step and collector fares, by name; failures are those of the last 24 hours."""
        since = fine_stamp(now - RECENT)
        steps = self._db.rows(
            """WITH RECURSIVE steps(step) AS (SELECT min(step) FROM runs UNION ALL
            SELECT (SELECT min(step) FROM runs WHERE step > steps.step) FROM steps WHERE step IS NOT NULL)
            SELECT step FROM steps WHERE step IS NOT NULL"""
        )
        return [self._health(row[0], since) for row in steps]

    # ---- the lease

    def take_lease(self, holder: str, now: datetime, ttl: timedelta) -> bool:
        """Take or renew the one lease of this database until ``now + ttl``; False if another process has it.

        ``holder`` is ``host:process``: a lease of a process of this host that no longer lives is taken over at once.
        """
        with self._db.transaction():
            found = self._db.row("SELECT holder, taken_at, expires_at FROM lease WHERE name = ?", (LEASE,))
            mine = found is not None and found[0] == holder
            if found is not None and not mine and found[2] > stamp(now) and not _dead(found[0]):
                return False
            taken_at = found[1] if mine and found is not None else stamp(now)
            self._db.execute("INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?, ?)", (LEASE, holder, taken_at, stamp(now), stamp(now + ttl)))
        return True

    def heartbeat(self, holder: str, now: datetime, ttl: timedelta) -> bool:
        """Renew the lease; False if it was lost to another process."""
        written = self._db.execute(
            "UPDATE lease SET beat_at = ?, expires_at = ? WHERE name = ? AND holder = ?", (stamp(now), stamp(now + ttl), LEASE, holder)
        )
        return written > 0

    def release_lease(self, holder: str) -> None:
        """Give the lease back; nothing happens if another process has it."""
        self._db.execute("DELETE FROM lease WHERE name = ? AND holder = ?", (LEASE, holder))

    def lease_holder(self) -> str | None:
        """Who took the lease last and did not give it back (``host:process``), or None."""
        found: str | None = self._db.value("SELECT holder FROM lease WHERE name = ?", (LEASE,))
        return found

    def _health(self, step: str, since: str) -> Health:
        last = self._db.rows(
            "SELECT finished_at, error, done FROM runs WHERE step = ? ORDER BY finished_at DESC, id DESC LIMIT 1", (step,)
        )[0]
        good = self._db.value("SELECT max(finished_at) FROM runs WHERE step = ? AND error IS NULL", (step,))
        runs, failures = self._db.rows("SELECT count(*), count(error) FROM runs WHERE step = ? AND finished_at >= ?", (step, since))[0]
        return Health(step, moment(last[0]), maybe_moment(good), runs, failures, last[1])


def _columns(run: Run) -> tuple[object, ...]:
    return run.done, run.failed, run.error, run.pages, run.problems


def _dead(holder: str) -> bool:
    """Whether ``holder`` was a process of this host that is no more."""
    host, _, process = holder.rpartition(":")
    if host != socket.gethostname() or not process.isdigit() or os.name != "posix":
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
