"""Whom to tell: routes as in Alertmanager, quiet hours, silences, escalation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import ClassVar

from monitor.alerting.parameters import Budget
from monitor.domain import Incident, Severity, Silence

_LOUD = (Severity.HIGH, Severity.CRITICAL)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A daily span in local time, in minutes after midnight; it may pass midnight (22:00-07:00)."""

    example: ClassVar[str] = 'daily span such as "22:00-07:00"'
    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Read ``22:00-07:00``; ``ValueError`` says what is wrong."""
        start, dash, end = text.partition("-")
        if not dash:
            raise ValueError('must look like "22:00-07:00"')
        span = cls(_minutes(start), _minutes(end))
        if span.start == span.end:
            raise ValueError("begins and ends at the same time")
        return span

    def __str__(self) -> str:
        return f"{self.start // 60:02d}:{self.start % 60:02d}-{self.end // 60:02d}:{self.end % 60:02d}"

    def hold(self, minute: int) -> bool:
        """Tell whether ``minute`` of the day lies inside; the end is outside."""
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


def _minutes(text: str) -> int:
    hours, colon, minutes = text.strip().partition(":")
    plain = colon and len(minutes) == 2 and 1 <= len(hours) <= 2 and (hours + minutes).isascii() and (hours + minutes).isdigit()
    if not plain or int(minutes) > 59 or int(hours) * 60 + int(minutes) > 24 * 60:
        raise ValueError('must look like "22:00-07:00"')
    return int(hours) * 60 + int(minutes)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Someone who can be told; ``cap`` bounds notifications in 24 hours. Severity critical passes both."""

    name: str
    quiet_hours: QuietHours | None = None
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Sends what fits to ``receivers``; an empty tuple fits everything. The first fitting route wins unless it continues."""

    receivers: tuple[str, ...] = ()
    """Who is told, by the names of [[receiver]] tables."""
    watch: tuple[str, ...] = ()
    """Watches it takes; none named: all."""
    topic: tuple[str, ...] = ()
    """Topics it takes; none named: all."""
    severity: tuple[Severity, ...] = ()
    """Severities it takes; none named: all."""
    platform: tuple[str, ...] = ()
    """Platforms of which the incident must have one; none named: all."""
    language: tuple[str, ...] = ()
    """Languages of which the incident's posts must have one; none named: all."""
    continue_: bool = False
    """Let the following routes have a look too; else the first route that fits wins."""
    escalate_to: tuple[str, ...] = ()
    """Whom to tell next while nobody acknowledges, in order, each once."""
    escalate_after: timedelta | None = None
    """How long to wait for that."""

    def fits(self, incident: Incident, severity: Severity, platforms: Collection[str], languages: Collection[str]) -> bool:
        """Tell whether every condition that the route states is met; platforms and languages need one in common."""
        return (
            (not self.watch or incident.watch in self.watch)
            and (not self.topic or incident.topic in self.topic)
            and (not self.severity or severity in self.severity)
            and (not self.platform or not set(self.platform).isdisjoint(platforms))
            and (not self.language or not set(self.language).isdisjoint(languages))
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """What the company has set up: receivers, routes, budget, the reach that counts as a crisis, and whether we only rehearse."""

    receivers: tuple[Receiver, ...] = (Receiver("console"),)
    routes: tuple[Route, ...] = ()
    budget: Budget = field(default_factory=Budget)
    threshold: int = 6000
    zone: tzinfo = UTC
    silent: bool = False


def matched(
    incident: Incident, severity: Severity, platforms: Collection[str], languages: Collection[str], routes: Iterable[Route]
) -> tuple[Route, ...]:
    """Return the routes that take this incident, in order: up to the first that does not continue."""
    taken: list[Route] = []
    for candidate in routes:
        if candidate.fits(incident, severity, platforms, languages):
            taken.append(candidate)
            if not candidate.continue_:
                break
    return tuple(taken)


def route(incident: Incident, severity: Severity, platforms: Collection[str], languages: Collection[str], desk: Desk) -> tuple[str, ...]:
    """Return the names of those to be told, each once, in order; without any route all, from severity high on."""
    if not desk.routes:
        return tuple(receiver.name for receiver in desk.receivers) if severity in _LOUD else ()
    taken = matched(incident, severity, platforms, languages, desk.routes)
    return tuple(dict.fromkeys(name for taken_route in taken for name in taken_route.receivers))


def escalate(routes: Sequence[Route], told: Collection[str], told_at: datetime, now: datetime) -> tuple[str, ...]:
    """Return whom to tell because nobody acknowledged: the next name of each due route's ladder, never one that was told.

    ``told_at`` is the time of the latest notification, ``told`` everybody who has had one about this incident.
    """
    due = [r for r in routes if r.escalate_after is not None and now - told_at >= r.escalate_after]
    following = (next((name for name in r.escalate_to if name not in told), None) for r in due)
    return tuple(dict.fromkeys(name for name in following if name is not None))


def ladder_due(routes: Sequence[Route], told: Collection[str], told_at: datetime) -> datetime | None:
    """Return when ``escalate`` will next have somebody to tell, or None."""
    waits = [r.escalate_after for r in routes if r.escalate_after is not None and any(name not in told for name in r.escalate_to)]
    return told_at + min(waits) if waits else None


def silenced(incident: Incident, silences: Iterable[Silence], now: datetime) -> bool:
    """Tell whether a silence in force fits: all its matchers (``incident``, ``watch``, ``topic``, ``kind``) agree; none fits nothing."""
    return any(s.starts_at <= now < s.ends_at and s.matchers and _agrees(incident, s.matchers) for s in silences)


def _agrees(incident: Incident, matchers: Mapping[str, str]) -> bool:
    seen = {"incident": str(incident.id), "watch": incident.watch, "topic": incident.topic, "kind": incident.kind.value}
    return all(seen.get(name) == wanted for name, wanted in matchers.items())


def quiet(receiver: Receiver, now: datetime, zone: tzinfo) -> bool:
    """Tell whether ``now`` lies in the receiver's quiet hours, by the clock of ``zone``."""
    if receiver.quiet_hours is None:
        return False
    local = now.astimezone(zone)
    return receiver.quiet_hours.hold(local.hour * 60 + local.minute)


def awake_at(receiver: Receiver, now: datetime, zone: tzinfo) -> datetime:
    """Return when the receiver's present quiet hours end (to the minute, UTC); ``now`` outside of them."""
    if receiver.quiet_hours is None or not quiet(receiver, now, zone):
        return now
    local = now.astimezone(zone).replace(second=0, microsecond=0)
    left = (receiver.quiet_hours.end - (local.hour * 60 + local.minute)) % (24 * 60)
    return (local + timedelta(minutes=left)).astimezone(UTC)
