"""What the scoreboard asks and keeps: forecasts that fell due, what became of alerts, what a silent run would have said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from monitor.domain import Decision, Fate, Look, Reason
from monitor.store.connection import Connection
from monitor.store.estimates import DECISION, decision_of
from monitor.store.rows import interval_of, maybe_moment, moment, stamp

REHEARSED = "reason = 'silent_mode' AND 1.0 IN (json_extract(inputs, '$.would_notify'), json_extract(inputs, '$.storm'))"
"""Said, or named on a storm page. The condition of two partial indexes: queries repeat it to the letter."""
_WITH_MERGED = "(SELECT {id} UNION ALL SELECT id FROM incidents INDEXED BY incidents_merged WHERE merged_into = {id})"
_LOOKS = """SELECT s.incident, i.watch, s.at, s.reach, s.forecast, i.crossed_at
FROM assessments s INDEXED BY assessments_at CROSS JOIN incidents i ON i.id = s.incident
WHERE s.at >= ? AND s.at < ? AND i.merged_into IS NULL ORDER BY s.at, s.id"""
_FATES = f"""WITH chosen(id) AS (
    SELECT id FROM incidents INDEXED BY incidents_alerted WHERE alerted_at >= ?1 AND alerted_at < ?2
    UNION SELECT id FROM incidents INDEXED BY incidents_crossed WHERE crossed_at >= ?1 AND crossed_at < ?2
    UNION SELECT coalesce(i.merged_into, i.id) FROM decisions d INDEXED BY decisions_rehearsed
        CROSS JOIN incidents i ON i.id = d.incident WHERE {REHEARSED} AND d.at >= ?1 AND d.at < ?2
), told AS (
    SELECT i.*, coalesce(i.alerted_at, (SELECT min(at) FROM decisions INDEXED BY decisions_rehearsed_of
        WHERE incident IN {_WITH_MERGED.format(id="i.id")} AND {REHEARSED})) AS told_at
    FROM chosen CROSS JOIN incidents i ON i.id = chosen.id WHERE i.merged_into IS NULL
)
SELECT t.id, t.watch, t.opened_at, t.told_at, t.crossed_at,
    (SELECT min(at) FROM audit INDEXED BY audit_of WHERE incident = t.id AND action = 'status'
        AND became IN ('acknowledged', 'resolved', 'dismissed') AND who <> 'monitor' AND at >= t.told_at),
    t.confirmed_at IS NOT NULL, t.status = 'dismissed', t.alerted_at IS NULL AND t.told_at IS NOT NULL
FROM told t ORDER BY coalesce(t.told_at, t.crossed_at), t.id"""


class Scores:
    """The scoreboard, and what it is made of."""

    def __init__(self, connection: Connection):
        self._db = connection

    def first_look(self) -> datetime | None:
        """When the first assessment that is still kept was made, or None."""
        return maybe_moment(self._db.value("SELECT min(at) FROM assessments INDEXED BY assessments_at"))

    def looks(self, since: datetime, until: datetime) -> list[Look]:
        """Assessments of that time, in time order; those of incidents that were merged away are left out."""
        return [look_of(row) for row in self._db.rows(_LOOKS, (stamp(since), stamp(until)))]

    def fates(self, since: datetime, until: datetime) -> list[Fate]:
        """Incidents that were told of, would have been told of, or crossed the threshold in that time, in time order."""
        return [_fate(row) for row in self._db.rows(_FATES, (stamp(since), stamp(until)))]

    def rehearsals_of(self, incident_id: int) -> list[Decision]:
        """What a silent run would have said about an incident and those merged into it, as if it had, oldest first."""
        found = self._db.rows(
            f"SELECT {DECISION} FROM decisions INDEXED BY decisions_rehearsed_of "
            f"WHERE incident IN {_WITH_MERGED.format(id='?1')} AND {REHEARSED} ORDER BY id",
            (incident_id,),
        )
        return [_spoken(decision_of(row)) for row in found]

    def rehearsals_since(self, at: datetime) -> list[Decision]:
        """What a silent run would have said since then, oldest first."""
        found = self._db.rows(
            f"SELECT {DECISION} FROM decisions INDEXED BY decisions_rehearsed WHERE {REHEARSED} AND at >= ? ORDER BY at, id", (stamp(at),)
        )
        return [_spoken(decision_of(row)) for row in found]

    def complaint_times(self) -> list[datetime]:
        """When each complaint was written, in time order; reads all verdicts."""
        return [moment(row[0]) for row in self._db.rows("SELECT posted_at FROM v_complaints ORDER BY 1")]

    # ---- the scoreboard

    def put(self, rows: Iterable[tuple[str, date, int, Mapping[str, float | None]]], now: datetime) -> None:
        """Write (watch, last day, number of days, figures); what stood there is replaced."""
        self._db.executemany(
            "INSERT INTO scores VALUES (?, ?, ?, ?, ?) ON CONFLICT (watch, day, days) "
            "DO UPDATE SET scored_at = excluded.scored_at, figures = excluded.figures",
            [(watch, day.isoformat(), days, stamp(now), json.dumps(figures, sort_keys=True)) for watch, day, days, figures in rows],
        )

    def put_tallies(self, day: date, tallies: Mapping[str, Mapping[str, float]]) -> None:
        """Keep what was counted of the forecasts that fell due on a day, by watch."""
        self._db.executemany(
            "INSERT INTO tallies VALUES (?, ?, ?) ON CONFLICT (watch, day) DO UPDATE SET counts = excluded.counts",
            [(watch, day.isoformat(), json.dumps(counts, sort_keys=True)) for watch, counts in tallies.items()],
        )

    def tallies(self, since: date) -> dict[tuple[str, date], dict[str, float]]:
        """What was counted of each watch and day from ``since`` on."""
        rows = self._db.rows("SELECT watch, day, counts FROM tallies INDEXED BY tallies_day WHERE day >= ?", (since.isoformat(),))
        return {(row[0], date.fromisoformat(row[1])): json.loads(row[2]) for row in rows}

    def last_day(self) -> date | None:
        """The latest day that was scored, or None."""
        found = self._db.value("SELECT max(day) FROM scores INDEXED BY scores_day")
        return None if found is None else date.fromisoformat(found)

    def latest(self, days: int) -> dict[str, dict[str, float | None]]:
        """The latest figures of each watch over 1, 7 or 28 days; empty before the first day is over."""
        last = self.last_day()
        if last is None:
            return {}
        rows = self._db.rows("SELECT watch, figures FROM scores INDEXED BY scores_day WHERE day = ? AND days = ?", (last.isoformat(), days))
        return {row[0]: json.loads(row[1]) for row in sorted(rows)}


def look_of(row: tuple[Any, ...]) -> Look:
    """Read (incident, watch, at, reach, forecast, crossed_at)."""
    reach = None if row[3] is None else json.loads(row[3])
    ahead = None if row[4] is None else json.loads(row[4])
    return Look(
        incident=row[0],
        watch=row[1],
        at=moment(row[2]),
        people=None if reach is None else interval_of(reach["people"]),
        measured=None if reach is None else reach["measured"],
        horizons={} if ahead is None else {name: interval_of(values) for name, values in ahead["horizons"].items()},
        p_cross=None if ahead is None else ahead["p_cross"],
        crossed_at=maybe_moment(row[5]),
    )


def _fate(row: tuple[Any, ...]) -> Fate:
    told, crossed, acknowledged = (maybe_moment(at) for at in row[3:6])
    return Fate(row[0], row[1], moment(row[2]), told, crossed, acknowledged, bool(row[6]), bool(row[7]), bool(row[8]))


def _spoken(decision: Decision) -> Decision:
    """A rehearsed decision as it would have been made: what there was to say, and to whom."""
    values = decision.because.values
    names = str(values.get("would_tell") or "")
    reason = Reason(str(values.get("would_be") or Reason.FIRST.value))
    return replace(decision, notify=True, reason=reason, receivers=tuple(names.split("\n")) if names else ())
