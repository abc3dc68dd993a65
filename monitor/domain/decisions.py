"""Whether we speak about an incident, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.domain.because import Because
from monitor.domain.incidents import Severity


class Reason(StrEnum):
    """Why we speak or stay silent; complete."""

    FIRST = "first"
    WORSENED = "worsened"
    REPEAT = "repeat"
    ESCALATED = "escalated"
    CROSSED = "crossed"
    RESOLVED = "resolved"
    DIGEST = "digest"
    NOT_EMERGING = "not_emerging"
    BELOW_SEVERITY = "below_severity"
    OVER_BUDGET = "over_budget"
    SILENCED = "silenced"
    ACKNOWLEDGED = "acknowledged"
    TOO_SOON = "too_soon"
    QUIET_HOURS = "quiet_hours"
    SILENT_MODE = "silent_mode"
    RECEIVER_CAP = "receiver_cap"
    NO_RECEIVER = "no_receiver"
    WARMING_UP = "warming_up"
    GAP = "gap"


NOTIFYING = frozenset({Reason.FIRST, Reason.WORSENED, Reason.REPEAT, Reason.ESCALATED, Reason.CROSSED})


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether we speak about an incident now, and why; ``inputs`` are the numbers that decided."""

    incident_id: int
    at: datetime
    reason: Reason
    notify: bool
    severity: Severity
    because: Because
    inputs: dict[str, float] = field(default_factory=dict)
    receivers: tuple[str, ...] = ()
