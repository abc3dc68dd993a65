"""Who changed what, when: a row for every change that staff or the program makes to incidents, silences, verdicts, a person's posts."""

from __future__ import annotations

from datetime import datetime

from monitor.domain import Change
from monitor.store.connection import Connection
from monitor.store.rows import moment, stamp

PROGRAM = "monitor"
"""Who made a change that no person made."""


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
    """Write one row."""
    db.execute(
        "INSERT INTO audit (at, who, action, incident, was, became, note) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (stamp(at), who, action, incident, was, became, note),
    )


def changes(db: Connection, incident_id: int | None, limit: int) -> list[Change]:
    """The latest ``limit`` changes, oldest first; of one incident if it is given."""
    chosen = "" if incident_id is None else "WHERE incident = ?2"
    found = db.rows(
        f"SELECT at, who, action, incident, was, became, note FROM audit {chosen} ORDER BY id DESC LIMIT ?1",
        (limit,) if incident_id is None else (limit, incident_id),
    )
    return [Change(moment(row[0]), *row[1:]) for row in reversed(found)]
