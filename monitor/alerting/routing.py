"""Whom to tell: routes as in Alertmanager, silences, escalation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from monitor.alerting.calendars import OnCall, Receiver
from monitor.alerting.parameters import Budget
from monitor.domain import Incident, Kind, Severity, Silence

_LOUD = (Severity.HIGH, Severity.CRITICAL)


@dataclass(frozen=True, slots=True)
class Route:
    """Sends what fits to ``receivers``; an empty tuple fits everything. The first fitting route wins unless it continues."""

    receivers: tuple[str, ...] = ()
    """Who is told, by the names of [[receiver]] and [[oncall]] tables."""
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
    kind: tuple[Kind, ...] = ()
    """"complaint", or "attention" for waves of news and boycott calls; none named: both."""
    partner: tuple[str, ...] = ()
    """Partners ([[partner]]) of whom the incident's posts must name one; none named: all."""
    continue_: bool = False
    """Let the following routes have a look too; else the first route that fits wins."""
    escalate_to: tuple[str, ...] = ()
    """Whom to tell next while nobody acknowledges, in order, each once."""
    escalate_after: timedelta | None = None
    """How long to wait for that."""

    def fits(
        self,
        incident: Incident,
        severity: Severity,
        platforms: Collection[str],
        languages: Collection[str],
        partners: Collection[str] = (),
    ) -> bool:
        """Tell whether every condition that the route states is met; platforms, languages and partners need one in common."""
        return self.hindrance(incident, severity, platforms, languages, partners) is None

    def hindrance(
        self,
        incident: Incident,
        severity: Severity,
        platforms: Collection[str],
        languages: Collection[str],
        partners: Collection[str] = (),
    ) -> str | None:
        """Return the key of the first condition that is not met, or None."""
        seen: tuple[tuple[str, tuple[str, ...], Collection[str]], ...] = (
            ("watch", self.watch, (incident.watch,)),
            ("topic", self.topic, (incident.topic,)),
            ("severity", self.severity, (severity,)),
            ("platform", self.platform, platforms),
            ("language", self.language, languages),
            ("kind", self.kind, (incident.kind,)),
            ("partner", self.partner, partners),
        )
        return next((key for key, wanted, there in seen if wanted and set(wanted).isdisjoint(there)), None)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the company has set up: receivers, routes, budget, the reach that counts as a crisis, and whether we only rehearse."""

    receivers: tuple[Receiver, ...] = (Receiver("console"),)
    routes: tuple[Route, ...] = ()
    budget: Budget = field(default_factory=Budget)
    threshold: int = 6000
    zone: tzinfo = UTC
    silent: bool = False
    oncall: tuple[OnCall, ...] = ()

    @property
    def everybody(self) -> tuple[str, ...]:
        """Who is told where no route says: all receivers, but of those who take turns only whoever is on call."""
        taking_turns = {name for rota in self.oncall for name in rota.receivers}
        return (*(r.name for r in self.receivers if r.name not in taking_turns), *(rota.name for rota in self.oncall))


def matched(
    incident: Incident,
    severity: Severity,
    platforms: Collection[str],
    languages: Collection[str],
    routes: Iterable[Route],
    partners: Collection[str] = (),
) -> tuple[Route, ...]:
    """Return the routes that take this incident, in order: up to the first that does not continue."""
    taken: list[Route] = []
    for candidate in routes:
        if candidate.fits(incident, severity, platforms, languages, partners):
            taken.append(candidate)
            if not candidate.continue_:
                break
    return tuple(taken)


def named(
    incident: Incident,
    severity: Severity,
    platforms: Collection[str],
    languages: Collection[str],
    desk: Desk,
    partners: Collection[str] = (),
) -> tuple[str, ...]:
    """Return the names that the routes say, each once, in order; without any route everybody, from severity high on."""
    if not desk.routes:
        return desk.everybody if severity in _LOUD else ()
    taken = matched(incident, severity, platforms, languages, desk.routes, partners)
    return tuple(dict.fromkeys(name for taken_route in taken for name in taken_route.receivers))


def route(
    incident: Incident,
    severity: Severity,
    platforms: Collection[str],
    languages: Collection[str],
    desk: Desk,
    partners: Collection[str] = (),
) -> tuple[str, ...]:
    """Return the names of those to be told; what is critical and leads to nobody goes to everybody."""
    names = named(incident, severity, platforms, languages, desk, partners)
    return desk.everybody if not names and severity is Severity.CRITICAL else names


def _as_it_stands(name: str) -> str:
    return name


def escalate(
    routes: Sequence[Route],
    told: Collection[str],
    told_at: datetime,
    now: datetime,
    meaning: Callable[[str], str] = _as_it_stands,
) -> tuple[str, ...]:
    """Return whom to tell because nobody acknowledged: the next name of each due route's ladder, never one that was told.

    ``told_at`` is the time of the latest notification, ``told`` everybody who has had one about this incident. ``meaning`` says whom a
    name means now (a rota's: whoever is on call).
    """
    due = [r for r in routes if r.escalate_after is not None and now - told_at >= r.escalate_after]
    following = (next((name for name in map(meaning, r.escalate_to) if name not in told), None) for r in due)
    return tuple(dict.fromkeys(name for name in following if name is not None))


def ladder_due(
    routes: Sequence[Route], told: Collection[str], told_at: datetime, meaning: Callable[[str], str] = _as_it_stands
) -> datetime | None:
    """Return when ``escalate`` will next have somebody to tell, or None."""
    waits = [r.escalate_after for r in routes if r.escalate_after is not None and any(meaning(name) not in told for name in r.escalate_to)]
    return told_at + min(waits) if waits else None


MATCHERS = ("incident", "watch", "topic", "kind", "severity", "platform", "partner")
"""What a silence may name."""


def silenced(
    incident: Incident,
    silences: Iterable[Silence],
    now: datetime,
    severity: Severity | None = None,
    platforms: Collection[str] = (),
    partners: Collection[str] = (),
) -> bool:
    """Tell whether a silence in force fits: all its ``MATCHERS`` agree; one without matchers fits nothing."""
    return next(silencing(incident, silences, now, severity, platforms, partners), None) is not None


def silencing(
    incident: Incident,
    silences: Iterable[Silence],
    now: datetime,
    severity: Severity | None = None,
    platforms: Collection[str] = (),
    partners: Collection[str] = (),
) -> Iterator[Silence]:
    """Yield the silences that fit. A platform must be the only one (else people elsewhere complain too), a partner one of those named."""
    seen: dict[str, Collection[str]] = {
        "incident": (str(incident.id),),
        "watch": (incident.watch,),
        "topic": (incident.topic,),
        "kind": (incident.kind.value,),
        "severity": () if severity is None else (severity.value,),
        "platform": platforms if len(set(platforms)) == 1 else (),
        "partner": partners,
    }
    for one in silences:
        agree = all(wanted in seen.get(name, ()) for name, wanted in one.matchers.items())
        if one.starts_at <= now < one.ends_at and one.matchers and agree:
            yield one


def partners_named(posts: Sequence[Collection[str]], least: float) -> tuple[str, ...]:
    """Return the partners that an incident is about: those named by at least the share ``least`` of its posts, most often named first.

    ``posts`` holds for each post the partners that its text names.
    """
    counts = Counter(partner for partners in posts for partner in set(partners))
    often = [(-count, partner) for partner, count in counts.items() if count >= max(least * len(posts), 1)]
    return tuple(partner for _, partner in sorted(often))
