"""What is known of each collector besides its posts: what it spends, until when it pauses, how fresh its posts are, what it missed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from monitor.domain import Gap, Pause
from monitor.store.connection import Connection, Row
from monitor.store.rows import maybe_moment, maybe_stamp, moment, stamp

LIMITS = ("requests_per_day", "requests_per_month", "money_per_day", "money_per_month")
WEEK = 7


class Cost(NamedTuple):
    """Requests made and money spent."""

    requests: int
    money: float


class Sources:
    """Spending, pauses, freshness and gaps, by the collector's name in the configuration."""

    def __init__(self, connection: Connection):
        self._db = connection

    # ---- money and requests

    def spend(self, collector: str, requests: int, money: float, now: datetime) -> None:
        """Add what was spent to the running UTC day; belongs in the transaction that stores what it bought."""
        if requests or money:
            self._db.execute(
                """INSERT INTO spending VALUES (?, ?, ?, ?) ON CONFLICT (collector, day)
                DO UPDATE SET requests = requests + excluded.requests, money = money + excluded.money""",
                (collector, stamp(now)[:10], requests, money),
            )

    def spent(self, collector: str, now: datetime) -> tuple[Cost, Cost]:
        """What was spent in the running UTC day and calendar month."""
        day = stamp(now)[:10]
        return self._spent(collector, day, day), self._spent(collector, day[:8] + "01", day)

    def describe(self, collector: str, platform: str | None, limits: Sequence[float | None]) -> None:
        """Keep the platform that a collector reads and its limits (as in ``LIMITS``), for the views; writes only what is new."""
        known = self._db.row(f"SELECT platform, {', '.join(LIMITS)} FROM sources WHERE collector = ?", (collector,))
        if known != (platform, *limits):
            self._db.execute(
                f"""INSERT INTO sources (collector, platform, {", ".join(LIMITS)}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (collector)
                DO UPDATE SET platform = excluded.platform, {", ".join(f"{name} = excluded.{name}" for name in LIMITS)}""",
                (collector, platform, *limits),
            )

    # ---- pauses

    def pause(self, collector: str, until: datetime, code: str, why: str, now: datetime) -> None:
        """Ask nothing of the platform before ``until``; a pause for the same reason goes on from its beginning."""
        self._db.execute("INSERT OR IGNORE INTO sources (collector) VALUES (?)", (collector,))
        self._db.execute(
            """UPDATE sources SET paused_since = CASE WHEN pause IS ?3 THEN paused_since ELSE ?5 END,
            paused_until = ?2, pause = ?3, pause_why = ?4 WHERE collector = ?1""",
            (collector, stamp(until), code, why, stamp(now)),
        )

    def resume(self, collector: str) -> None:
        """End a pause: after a good pass, or when somebody found that the platform accepts us again (``monitor check``)."""
        self._db.execute(
            """UPDATE sources SET paused_until = NULL, paused_since = NULL, pause = NULL, pause_why = NULL
            WHERE collector = ? AND pause IS NOT NULL""",
            (collector,),
        )

    def paused(self, collector: str) -> Pause | None:
        """The pause of a collector, also one whose end has come but which no good pass has ended yet; or None."""
        found = self._db.row("SELECT paused_until, pause, pause_why, paused_since FROM sources WHERE collector = ?", (collector,))
        return None if found is None or found[1] is None else Pause(moment(found[0]), found[1], found[2], moment(found[3]))

    # ---- freshness

    def saw(self, collector: str, newest: datetime) -> None:
        """Keep the time of the newest post that a collector brought, whether or not it was of use."""
        self._db.execute(
            """INSERT INTO sources (collector, newest_at) VALUES (?, ?) ON CONFLICT (collector)
            DO UPDATE SET newest_at = max(coalesce(newest_at, ''), excluded.newest_at)""",
            (collector, stamp(newest)),
        )

    def newest(self, collector: str) -> datetime | None:
        """The time of the newest post that a collector ever brought, or None."""
        return maybe_moment(self._db.value("SELECT newest_at FROM sources WHERE collector = ?", (collector,)))

    def platform(self, collector: str) -> str | None:
        """The one platform that a collector reads, if it said so."""
        found: str | None = self._db.value("SELECT platform FROM sources WHERE collector = ?", (collector,))
        return found

    def usual(self, platform: str | None, since: datetime, until: datetime, most: int = -1) -> list[float]:
        """How many posts of ``platform`` (None: of all) are usual between two times: as many as on each of the seven days before.

        Longer stretches than a day are counted by days, so that all of it lies before ``since``; ``most`` ends each count early.
        """
        days = max((until - since) / timedelta(days=1), 1.0)
        length = (until - since) / days
        back = [timedelta(days=number) for number in range(1, WEEK + 1)]
        return [days * self._count(platform, since - span, since - span + length, most) for span in back]

    # ---- gaps

    def add_gap(self, gap: Gap, told: bool) -> None:
        """Keep a gap; one that begins and ends alike is kept once. ``told``: nobody need hear of it."""
        self._db.execute(
            """INSERT INTO gaps (collector, platform, since, until, why, lost, told) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
            WHERE NOT EXISTS (SELECT 1 FROM gaps WHERE until IS ?4 AND collector = ?1 AND since = ?3 AND lost = ?6)""",
            (gap.collector, gap.platform, stamp(gap.since), maybe_stamp(gap.until), gap.why, int(gap.lost), int(told)),
        )

    def close_gap(self, collector: str, until: datetime) -> None:
        """The collector works again: its open gap ends."""
        self._db.execute("UPDATE gaps SET until = ? WHERE until IS NULL AND collector = ?", (stamp(until), collector))

    def gaps(self, since: datetime) -> list[Gap]:
        """Gaps that last or ended after ``since``, in the order of time."""
        found = self._db.rows(
            f"SELECT {_GAP} FROM gaps WHERE until IS NULL UNION ALL SELECT {_GAP} FROM gaps WHERE until > ? ORDER BY 3, 1, 4",
            (stamp(since),),
        )
        return [_gap(row) for row in found]

    def untold(self) -> list[tuple[int, Gap]]:
        """Gaps that staff have not heard of, by number."""
        return [(row[-1], _gap(row)) for row in self._db.rows(f"SELECT {_GAP}, id FROM gaps WHERE told = 0 ORDER BY id")]

    def mark_told(self, number: int) -> None:
        """Staff have heard of a gap."""
        self._db.execute("UPDATE gaps SET told = 1 WHERE id = ?", (number,))

    # ---- inside

    def _spent(self, collector: str, first: str, last: str) -> Cost:
        found = self._db.row(
            "SELECT coalesce(sum(requests), 0), coalesce(sum(money), 0.0) FROM spending WHERE collector = ? AND day BETWEEN ? AND ?",
            (collector, first, last),
        )
        return Cost(*found) if found else Cost(0, 0.0)

    def _count(self, platform: str | None, since: datetime, until: datetime, most: int) -> int:
        return int(
            self._db.value(
                """SELECT count(*) FROM (SELECT 1 FROM posts INDEXED BY posts_created
                WHERE created_at >= ?1 AND created_at < ?2 AND (?3 IS NULL OR platform = ?3) LIMIT ?4) k""",
                (stamp(since), stamp(until), platform, most),
            )
        )


_GAP = "collector, platform, since, until, why, lost"


def _gap(row: Row) -> Gap:
    return Gap(row[0], row[1], moment(row[2]), maybe_moment(row[3]), row[4], bool(row[5]))
