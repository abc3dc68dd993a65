"""Who changed what, when: a row for every change that staff or the program makes to incidents, silences, verdicts, a person's posts."""

from __future__ import annotations

from datetime import datetime

from monitor.domain import Change, Response, Severity, Status
from monitor.store.connection import Connection
from monitor.store.rows import maybe_moment, moment, stamp

PROGRAM = "monitor"
"""Who made a change that no person made."""
_CHANGE = "at, who, action, incident, was, became, note, origin"


def record(
    db: Connection,
    at: datetime,
    who: str,
    action: str,
    incident: int | None = None,
    was: str | None = None,
    became: str | None = None,
    note: str = "",
) -> None:
    """Write one row; where it was done is what the connection says (``Store.coming_from``)."""
    db.execute(
        "INSERT INTO audit (at, who, origin, action, incident, was, became, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (stamp(at), who, db.origin if who != PROGRAM else "", action, incident, was, became, note),
    )


def changes(db: Connection, incident_id: int | None, limit: int) -> list[Change]:
    """The latest ``limit`` changes, oldest first; of one incident if it is given."""
    chosen = "" if incident_id is None else "WHERE incident = ?2"
    found = db.rows(
        f"SELECT {_CHANGE} FROM audit {chosen} ORDER BY id DESC LIMIT ?1",
        (limit,) if incident_id is None else (limit, incident_id),
    )
    return [Change(moment(row[0]), *row[1:]) for row in reversed(found)]


def last_move(db: Connection, incident_id: int, became: str | None = None) -> Change | None:
    """The latest change of an incident's status; the latest one to ``became`` if that is given."""
    found = db.row(
        f"""SELECT {_CHANGE} FROM audit INDEXED BY audit_of WHERE incident = ?1 AND action IN ('status', 'undo')
        AND (?2 IS NULL OR became = ?2) ORDER BY id DESC LIMIT 1""",
        (incident_id, became),
    )
    return None if found is None else Change(moment(found[0]), *found[1:])


def responses(db: Connection, since: datetime, until: datetime) -> list[Response]:
    """How staff responded to the incidents that they were told of from ``since`` to ``until``, by time of the first alert."""
    found = db.rows(
        """SELECT incident_id, severity, working_hours, first_alert_at, acknowledged_at, acknowledged_by, ended_as, ended_at, ended_by
        FROM v_response WHERE first_alert_at >= ? AND first_alert_at < ? ORDER BY first_alert_at, incident_id""",
        (stamp(since), stamp(until)),
    )
    return [
        Response(
            incident_id=row[0],
            severity=None if row[1] is None else Severity(row[1]),
            working_hours=bool(row[2]),
            alerted_at=moment(row[3]),
            acknowledged_at=maybe_moment(row[4]),
            acknowledged_by=row[5],
            ended_as=None if row[6] is None else Status(row[6]),
            ended_at=maybe_moment(row[7]),
            ended_by=row[8],
        )
        for row in found
    ]
