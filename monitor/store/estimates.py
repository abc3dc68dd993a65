"""What was estimated and decided about incidents: assessments, decisions, and when to look again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from monitor.domain import Assessment, Decision, Emergence, Forecast, Incident, Kind, Reach, Reason, Severity, Status
from monitor.store.connection import Connection
from monitor.store.rows import (
    because_of,
    because_text,
    because_values,
    interval_of,
    interval_values,
    maybe_moment,
    maybe_stamp,
    moment,
    stamp,
    text_of,
    value_of,
)
from monitor.store.schema import LIVE_INCIDENTS, LIVE_STATUS

INCIDENT = (
    "id, watch, kind, topic, title, status, opened_at, last_post_at, posts, authors, severity, assigned_to, status_at, alerted_at, "
    "crossed_at, regressed, follows, merged_into, confirmed_at"
)
INCIDENT_WIDTH = 19
DECISION = "incident, at, reason, notify, severity, because, inputs, receivers"
_ASSESSMENT = "incident, at, posts, authors, emergence, reach, forecast"
_ALL = -1


class Estimates:
    """Assessments and decisions."""

    def __init__(self, connection: Connection):
        self._db = connection

    # ---- assessing

    def due(self, now: datetime) -> list[Incident]:
        """Live incidents whose time for an assessment has come, the longest waiting first."""
        found = self._db.rows(
            f"SELECT {INCIDENT} FROM incidents INDEXED BY incidents_due WHERE due_at <= ? AND {LIVE_STATUS} ORDER BY due_at, id",
            (stamp(now),),
        )
        return [incident_of(row) for row in found]

    def next_due(self) -> datetime | None:
        """When the next incident is due, or None."""
        return maybe_moment(self._db.value("SELECT min(due_at) FROM incidents INDEXED BY incidents_due WHERE due_at IS NOT NULL"))

    def set_due(self, incident_id: int, at: datetime | None) -> None:
        """Set when a live incident is assessed next; None: not until something happens. Others are never due."""
        self._db.execute(f"UPDATE incidents SET due_at = ? WHERE id = ? AND {LIVE_STATUS}", (maybe_stamp(at), incident_id))

    def set_due_by(self, incident_id: int, at: datetime) -> None:
        """Bring the next assessment forward to ``at``, if it stands later; an incident that is over stays so."""
        self._db.execute("UPDATE incidents SET due_at = min(due_at, ?) WHERE id = ? AND due_at IS NOT NULL", (stamp(at), incident_id))

    def add_assessment(self, assessment: Assessment) -> int:
        """Store what is known of an incident now, to be decided on; return its number."""
        reach, forecast = assessment.reach, assessment.forecast
        return self._db.insert(
            f"INSERT INTO assessments ({_ASSESSMENT}, people) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                assessment.incident_id,
                stamp(assessment.at),
                assessment.posts,
                assessment.authors,
                _emergence_text(assessment.emergence),
                None if reach is None else _reach_text(reach),
                None if forecast is None else _forecast_text(forecast),
                None if reach is None else float(reach.people.p50),
            ),
        )

    def assessments(self, incident_id: int, limit: int | None = None) -> list[Assessment]:
        """The assessments of an incident, oldest first; only the latest ``limit`` if given."""
        found = self._db.rows(
            f"SELECT {_ASSESSMENT} FROM assessments WHERE incident = ? ORDER BY id DESC LIMIT ?",
            (incident_id, _ALL if limit is None else limit),
        )
        return [_assessment(row) for row in reversed(found)]

    def latest_assessment(self, incident_id: int) -> Assessment | None:
        """What was known of an incident last, or None."""
        return next(iter(self.assessments(incident_id, 1)), None)

    def reach_history(self, incident_id: int) -> list[tuple[datetime, float, int]]:
        """When, how many people (middle estimate) and how many posts, at each assessment that had a reach, oldest first."""
        rows = self._db.rows(
            "SELECT at, people, posts FROM assessments WHERE incident = ? AND people IS NOT NULL ORDER BY id", (incident_id,)
        )
        return [(moment(row[0]), row[1], row[2]) for row in rows]

    def undecided(self) -> list[tuple[int, Assessment]]:
        """Assessments with their numbers that no decision was made on, oldest first."""
        found = self._db.rows(f"SELECT id, {_ASSESSMENT} FROM assessments INDEXED BY assessments_undecided WHERE decided = 0 ORDER BY id")
        return [(row[0], _assessment(row[1:])) for row in found]

    # ---- deciding

    def add_decision(self, decision: Decision, assessment_id: int | None) -> int:
        """Store a decision, close its assessment, keep its severity with the incident; return its number."""
        number = self._db.insert(
            f"INSERT INTO decisions ({DECISION}, assessment) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                decision.incident_id,
                stamp(decision.at),
                decision.reason.value,
                int(decision.notify),
                decision.severity.value,
                because_text(decision.because),
                text_of(decision.inputs),
                text_of(decision.receivers),
                assessment_id,
            ),
        )
        self._db.execute(
            "UPDATE incidents SET severity = ?1 WHERE id = ?2 AND severity IS NOT ?1", (decision.severity.value, decision.incident_id)
        )
        if assessment_id is not None:
            self._db.execute("UPDATE assessments SET decided = 1 WHERE id = ?", (assessment_id,))
        return number

    def decisions(self, incident_id: int, limit: int | None = None) -> list[Decision]:
        """The decisions about an incident, silent ones too, oldest first; only the latest ``limit`` if given."""
        found = self._db.rows(
            f"SELECT {DECISION} FROM decisions WHERE incident = ? ORDER BY id DESC LIMIT ?",
            (incident_id, _ALL if limit is None else limit),
        )
        return [decision_of(row) for row in reversed(found)]

    def spoken(self, incident_id: int) -> list[Decision]:
        """What staff were told about an incident: the decisions to notify and the resolutions, oldest first."""
        rows = self._db.rows(
            f"SELECT {DECISION} FROM decisions WHERE incident = ? AND (notify = 1 OR reason = 'resolved') ORDER BY id", (incident_id,)
        )
        return [decision_of(row) for row in rows]

    def last_notification(self, incident_id: int) -> Decision | None:
        """The latest decision to notify, or None."""
        found = self._db.row(f"SELECT {DECISION} FROM decisions WHERE incident = ? AND notify = 1 ORDER BY id DESC LIMIT 1", (incident_id,))
        return None if found is None else decision_of(found)

    def notifications_since(self, at: datetime) -> list[Decision]:
        """All decisions to notify since then, oldest first."""
        found = self._db.rows(
            f"SELECT {DECISION} FROM decisions INDEXED BY decisions_spoken WHERE notify = 1 AND at >= ? ORDER BY at, id", (stamp(at),)
        )
        return [decision_of(row) for row in found]

    def latest_decisions(self, severity: Severity) -> list[tuple[Incident, Decision]]:
        """Live incidents whose latest decision has this severity, with that decision, by number."""
        rows = self._db.rows(f"SELECT {INCIDENT} FROM {LIVE_INCIDENTS} AND severity = ? ORDER BY id", (severity.value,))
        found = [(incident_of(row), self.decisions(row[0], 1)) for row in rows]
        return [(incident, decisions[0]) for incident, decisions in found if decisions]

    def capped(self, since: datetime) -> list[Incident]:
        """Live incidents of whom the page cap held a critical page back, since then or with their latest decision."""
        found = self._db.rows(
            f"""SELECT {INCIDENT} FROM {LIVE_INCIDENTS} AND (
                severity = 'critical' AND 'receiver_cap' =
                    (SELECT reason FROM decisions INDEXED BY decisions_of WHERE incident = incidents.id ORDER BY decisions.id DESC LIMIT 1)
                OR id IN (SELECT incident FROM decisions INDEXED BY decisions_held
                    WHERE reason = 'receiver_cap' AND severity = 'critical' AND at >= ?))""",
            (stamp(since),),
        )
        return [incident_of(row) for row in found]

    def held_back(self, since: datetime) -> list[tuple[Incident, Decision]]:
        """Live incidents, each with its latest decision since then that the page cap held back, if no page of its own followed."""
        rows = self._db.rows(
            f"""SELECT {DECISION} FROM decisions INDEXED BY decisions_held
            WHERE reason = 'receiver_cap' AND severity = 'critical' AND at >= ? ORDER BY id""",
            (stamp(since),),
        )
        latest = {decision.incident_id: decision for decision in map(decision_of, rows)}
        wanted = json.dumps(sorted(latest))
        found = self._db.rows(
            f"""SELECT {INCIDENT} FROM {LIVE_INCIDENTS} AND status <> 'acknowledged'
            AND id IN (SELECT value FROM json_each(?)) ORDER BY id""",
            (wanted,),
        )
        return [(one, latest[one.id]) for one in map(incident_of, found) if not self._paged(latest[one.id])]

    def _paged(self, held: Decision) -> bool:
        spoken = self.spoken(held.incident_id)
        return any(one.notify and one.severity is Severity.CRITICAL and one.at >= held.at for one in spoken)

    def digested(self, since: datetime) -> list[tuple[Incident, Decision]]:
        """Live incidents whose latest decision, made after ``since``, was to leave them to the digest, by number."""
        rows = self._db.rows(
            f"""SELECT {INCIDENT} FROM {LIVE_INCIDENTS} AND id IN (
                SELECT incident FROM decisions INDEXED BY decisions_digest WHERE reason = 'digest' AND at > ?) ORDER BY id""",
            (stamp(since),),
        )
        found = [(incident_of(row), self.decisions(row[0], 1)[0]) for row in rows]
        return [(incident, decision) for incident, decision in found if decision.reason is Reason.DIGEST]

    def open_alerts(self, since: datetime) -> int:
        """How many incidents were notified since then (a shift's beginning) and nobody has acknowledged yet."""
        return int(
            self._db.value(
                """SELECT count(DISTINCT d.incident) FROM decisions d INDEXED BY decisions_spoken
                CROSS JOIN incidents i ON i.id = d.incident WHERE d.notify = 1 AND d.at >= ? AND i.status IN ('candidate', 'triggered')""",
                (stamp(since),),
            )
        )

    def mark_alerted(self, incident_id: int, severity: Severity, at: datetime) -> None:
        """Keep the severity that was told, and when an incident was spoken of first."""
        self._db.execute(
            "UPDATE incidents SET severity = ?, alerted_at = coalesce(alerted_at, ?) WHERE id = ?", (severity.value, stamp(at), incident_id)
        )

    def mark_crossed(self, incident_id: int, at: datetime) -> None:
        """Keep when the middle estimate of reach first stood at or over the threshold; later calls change nothing."""
        self._db.execute("UPDATE incidents SET crossed_at = ? WHERE id = ? AND crossed_at IS NULL", (stamp(at), incident_id))

    def crossings(self) -> list[tuple[int, datetime]]:
        """Incidents that crossed the threshold, and when first, in order of time."""
        rows = self._db.rows("SELECT id, crossed_at FROM incidents WHERE crossed_at IS NOT NULL AND merged_into IS NULL ORDER BY 2, 1")
        return [(row[0], moment(row[1])) for row in rows]


def incident_of(row: Sequence[Any]) -> Incident:
    """Build an incident from the columns ``INCIDENT``."""
    return Incident(
        row[0],
        row[1],
        Kind(row[2]),
        row[3],
        row[4],
        Status(row[5]),
        moment(row[6]),
        moment(row[7]),
        row[8],
        row[9],
        None if row[10] is None else Severity(row[10]),
        row[11],
        maybe_moment(row[12]),
        maybe_moment(row[13]),
        maybe_moment(row[14]),
        bool(row[15]),
        row[16],
        row[17],
        maybe_moment(row[18]),
    )


def incident_values(incident: Incident) -> tuple[object, ...]:
    """The columns ``INCIDENT`` of an incident."""
    return (
        incident.id,
        incident.watch,
        incident.kind.value,
        incident.topic,
        incident.title,
        incident.status.value,
        stamp(incident.opened_at),
        stamp(incident.last_post_at),
        incident.posts,
        incident.authors,
        None if incident.severity is None else incident.severity.value,
        incident.assigned_to,
        maybe_stamp(incident.status_at),
        maybe_stamp(incident.alerted_at),
        maybe_stamp(incident.crossed_at),
        int(incident.regressed),
        incident.follows,
        incident.merged_into,
        maybe_stamp(incident.confirmed_at),
    )


def _emergence_text(emergence: Emergence) -> str:
    return text_of(
        {
            "observed": emergence.observed,
            "expected": emergence.expected,
            "authors": emergence.authors,
            "evidence": emergence.evidence,
            "emerging": bool(emergence.emerging),
            "because": because_values(emergence.because),
            "stream": emergence.stream,
            "platforms": emergence.platforms,
        }
    )


def _reach_text(reach: Reach) -> str:
    return text_of({"people": interval_values(reach.people), "measured": reach.measured, "because": because_values(reach.because)})


def _forecast_text(forecast: Forecast) -> str:
    return text_of(
        {
            "horizons": {name: interval_values(interval) for name, interval in forecast.horizons.items()},
            "p_cross": forecast.p_cross,
            "eta_at": maybe_stamp(forecast.eta_at),
            "eta_earliest_at": maybe_stamp(forecast.eta_earliest_at),
            "eta_latest_at": maybe_stamp(forecast.eta_latest_at),
            "because": because_values(forecast.because),
        }
    )


def _assessment(row: Sequence[Any]) -> Assessment:
    emergence = _emergence_of(value_of(row[4]))
    reach = None if row[5] is None else _reach_of(value_of(row[5]))
    forecast = None if row[6] is None else _forecast_of(value_of(row[6]))
    return Assessment(row[0], moment(row[1]), emergence, reach, forecast, row[2], row[3])


def _emergence_of(found: dict[str, Any]) -> Emergence:
    return Emergence(
        found["observed"],
        found["expected"],
        found["authors"],
        found["evidence"],
        found["emerging"],
        because_of(found["because"]),
        found["stream"],
        tuple(found["platforms"]),
    )


def _reach_of(found: dict[str, Any]) -> Reach:
    return Reach(interval_of(found["people"]), found["measured"], because_of(found["because"]))


def _forecast_of(found: dict[str, Any]) -> Forecast:
    return Forecast(
        {name: interval_of(interval) for name, interval in found["horizons"].items()},
        found["p_cross"],
        maybe_moment(found["eta_at"]),
        maybe_moment(found["eta_earliest_at"]),
        maybe_moment(found["eta_latest_at"]),
        because_of(found["because"]),
    )


def decision_of(row: Sequence[Any]) -> Decision:
    """Build a decision from the columns ``DECISION``."""
    return Decision(
        row[0],
        moment(row[1]),
        Reason(row[2]),
        bool(row[3]),
        Severity(row[4]),
        because_of(row[5]),
        value_of(row[6]),
        tuple(value_of(row[7])),
    )
