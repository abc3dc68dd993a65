"""What ``decide`` looks at, and what it must remember between two decisions about one incident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from monitor.alerting.pressure import Pressure
from monitor.domain import Assessment, Decision, Incident, Reason, Severity, Silence


class Alarm(Protocol):
    """What the decision needs of a detector's alarm (``emergence.Alarm`` has it)."""

    @property
    def stream(self) -> str:
        """Name of the stream that alarmed."""
        ...

    @property
    def incident(self) -> int | None:
        """The incident whose own stream it was; None for the watch, a topic, a platform."""
        ...

    @property
    def evidence(self) -> float:
        """Log statistic in nats."""
        ...

    @property
    def threshold(self) -> float:
        """What the log statistic had to reach."""
        ...

    @property
    def observed(self) -> float:
        """Count seen."""
        ...

    @property
    def expected(self) -> float:
        """Count that is normal."""
        ...

    @property
    def authors(self) -> int:
        """Distinct authors behind it."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """What staff have heard about an incident: the highest severity so far, the latest notification, everybody who had one."""

    severity: Severity
    at: datetime
    reason: Reason
    receivers: tuple[str, ...] = ()
    crossed: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """All that decides about one incident at one moment.

    ``alarm``: the alarm of this incident that no notification has answered, for as long as its episode lasts.
    Alarms of a whole stream come here once: they are given to the incident whose posts explain the rise, a told one first.
    ``open_alerts``: unacknowledged incidents that were notified in this shift (this one included if it was).
    ``pages_this_shift``: critical notifications of this shift. ``sent``: notifications of the last 24 h by receiver.
    ``on_storm_page``: a storm page has named it as critical; its ``alerted_at`` is set then.
    ``silences``: those in force. ``partners``: whom the incident's posts name (``partners_named``).
    ``certainty``: how probably it is a complaint about us at all, by the verdicts on its most seen posts.
    ``pressure`` may be of an earlier time: it is brought to ``now`` here.
    """

    incident: Incident
    assessment: Assessment
    now: datetime
    pressure: Pressure
    alarm: Alarm | None = None
    told: Told | None = None
    open_alerts: int = 0
    pages_this_shift: int = 0
    silenced: bool = False
    warming_up: bool = False
    gap: bool = False
    platforms: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sent: Mapping[str, int] = field(default_factory=dict)
    on_storm_page: bool = False
    certainty: float = 1.0
    silences: tuple[Silence, ...] = ()
    partners: tuple[str, ...] = ()

    @property
    def known(self) -> Told | None:
        """What staff have ever heard of it, by notifications of its own and by name on a storm page."""
        incident, told = self.incident, self.told
        if told is None and incident.alerted_at is not None:
            told = Told(incident.severity or Severity.CRITICAL, incident.alerted_at, Reason.RECEIVER_CAP)
        return replace(told, severity=Severity.CRITICAL) if told is not None and self.on_storm_page else told

    @property
    def heard(self) -> Told | None:
        """``known``, unless the incident has come back since: then it is news again."""
        known = self.known
        back_at = self.incident.status_at if self.incident.regressed else None
        return None if known is not None and back_at is not None and known.at <= back_at else known


def remember(told: Told | None, decision: Decision) -> Told | None:
    """Return what staff have heard after ``decision``; a resolution closes the account without adding a severity."""
    if not decision.notify and decision.reason is not Reason.RESOLVED:
        return told
    if told is None:
        return Told(decision.severity, decision.at, decision.reason, decision.receivers, decision.reason is Reason.CROSSED)
    return replace(
        told,
        severity=max(told.severity, decision.severity, key=lambda s: s.rank),
        at=decision.at,
        reason=decision.reason,
        receivers=tuple(dict.fromkeys(told.receivers + decision.receivers)),
        crossed=told.crossed or decision.reason is Reason.CROSSED,
    )
