"""Incidents, the rules of their life, and the posts that belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.domain.because import Because
from monitor.domain.verdicts import Judged


class Kind(StrEnum):
    """Why an incident exists: complaints about the same trouble, or a wave of attention (news, boycott calls)."""

    COMPLAINT = "complaint"
    ATTENTION = "attention"


class Status(StrEnum):
    """Where an incident stands; ``LEGAL_MOVES`` says what may follow."""

    CANDIDATE = "candidate"
    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


LEGAL_MOVES: dict[Status, frozenset[Status]] = {
    Status.CANDIDATE: frozenset({Status.TRIGGERED, Status.ACKNOWLEDGED, Status.RESOLVED, Status.DISMISSED}),
    Status.TRIGGERED: frozenset({Status.ACKNOWLEDGED, Status.RESOLVED, Status.DISMISSED}),
    Status.ACKNOWLEDGED: frozenset({Status.TRIGGERED, Status.RESOLVED, Status.DISMISSED}),
    Status.RESOLVED: frozenset({Status.CANDIDATE, Status.TRIGGERED, Status.DISMISSED}),
    Status.DISMISSED: frozenset({Status.TRIGGERED}),
}
LIVE = frozenset({Status.CANDIDATE, Status.TRIGGERED, Status.ACKNOWLEDGED})


class Severity(StrEnum):
    """How bad; ordered by ``rank``. Critical pages, high notifies, moderate and low go to the digest."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 (low) to 3 (critical)."""
        return _SEVERITY_RANK[self]


_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Incident:
    """A group of complaints about the same trouble (or one wave of attention). ``authors`` counts distinct people, copies once."""

    id: int
    watch: str
    kind: Kind
    topic: str
    title: str
    status: Status
    opened_at: datetime
    last_post_at: datetime
    posts: int
    authors: int
    severity: Severity | None = None
    assigned_to: str | None = None
    status_at: datetime | None = None
    alerted_at: datetime | None = None
    crossed_at: datetime | None = None
    regressed: bool = False
    follows: int | None = None
    merged_into: int | None = None
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A post's place in an incident and why it stands there; ``copy_of`` names the post whose text it repeats."""

    post_id: str
    watch: str
    incident_id: int
    because: Because
    copy_of: str | None = None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The 64-bit SimHash of a mention's text, kept so that copies are known again after a restart."""

    post_id: str
    watch: str
    at: datetime
    bits: int
    copy_of: str | None = None
    incident_id: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A live incident as grouping needs it after a restart: itself and the posts that stand for it, oldest first."""

    incident: Incident
    medoids: tuple[Judged, ...]
