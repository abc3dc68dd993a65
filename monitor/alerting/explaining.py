"""Whom an incident would reach now, rule by rule, and why nobody else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.alerting.calendars import Receiver, awake_at, away, off_duty
from monitor.alerting.duty import called, reachable, stand_in
from monitor.alerting.routing import Desk, Route, matched, named, route, silencing
from monitor.alerting.subscribing import wants
from monitor.domain import Because, Incident, Severity, Silence, Subscriber, When

_GENTLE = (Severity.LOW, Severity.MODERATE)


@dataclass(frozen=True, slots=True)
class Matter:
    """What routes look at: an incident, real or supposed, with its severity and where and of whom it is spoken."""

    incident: Incident
    severity: Severity
    platforms: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()

    @property
    def critical(self) -> bool:
        """True for the severity that does not wait."""
        return self.severity is Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class Reached:
    """What happens to one receiver or subscriber: told now, or later (``at``), or never; ``because`` says why."""

    name: str
    told: bool
    at: datetime | None
    because: Because


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole way of an incident: what keeps it back, each rule, each receiver, each subscriber."""

    held_back: tuple[Because, ...]
    rules: tuple[Because, ...]
    receivers: tuple[Reached, ...]
    subscribers: tuple[Reached, ...] = ()
    ladder: tuple[Because, ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        """Names of the receivers who would be told now."""
        return () if self.held_back else tuple(one.name for one in self.receivers if one.told)


def explain(
    matter: Matter,
    desk: Desk,
    now: datetime,
    silences: Sequence[Silence] = (),
    subscribers: Sequence[Subscriber] = (),
    sent: Mapping[str, int] | None = None,
) -> Explanation:
    """Explain whom ``matter`` reaches at ``now``. ``sent``: notifications of the last 24 h by receiver.

    It follows the same functions as ``decide``; whether there is anything to say (budget, acknowledged ...) is not its question.
    """
    there = (matter.incident, matter.severity, matter.platforms, matter.languages)
    held = [
        Because("routing_silenced", {"id": one.id, "until": one.ends_at, "who": one.author, "what": _shown(one.matchers)})
        for one in silencing(matter.incident, silences, now, matter.severity, matter.platforms, matter.partners)
    ]
    if desk.silent:
        held.append(Because("routing_silent_mode"))
    taken = matched(*there, desk.routes, matter.partners)
    return Explanation(
        held_back=tuple(held),
        rules=tuple(_rules(matter, desk, taken)),
        receivers=tuple(_receivers(matter, desk, now, sent or {})),
        subscribers=tuple(_subscriber(one, matter) for one in subscribers),
        ladder=tuple(_ladder(taken, desk, now)),
    )


def _shown(matchers: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in matchers.items())


def _rules(matter: Matter, desk: Desk, taken: Sequence[Route]) -> Iterator[Because]:
    """Yield what each route says, in order, and the default where none says anything."""
    last = None
    for number, one in enumerate(desk.routes, 1):
        values: dict[str, str | float | int | datetime | None] = {"n": number, "names": ", ".join(one.receivers)}
        hindrance = one.hindrance(matter.incident, matter.severity, matter.platforms, matter.languages, matter.partners)
        if last is not None:
            yield Because("routing_not_asked", values | {"by": last})
        elif hindrance is not None:
            wanted, seen = ", ".join(getattr(one, hindrance)), _seen(matter, hindrance)
            yield Because("routing_other" if seen else "routing_lacking", values | {"key": hindrance, "wanted": wanted, "seen": seen})
        else:
            last = None if one.continue_ else number
            yield Because("routing_taken_on" if one.continue_ else "routing_taken", values)
    yield from _default(matter, desk)


def _default(matter: Matter, desk: Desk) -> Iterator[Because]:
    names = named(matter.incident, matter.severity, matter.platforms, matter.languages, desk, matter.partners)
    if not desk.routes:
        yield Because("routing_gentle" if matter.severity in _GENTLE else "routing_everybody", {"severity": matter.severity.value})
    elif not names:
        yield Because("routing_critical_to_all" if matter.critical else "routing_nobody", {"severity": matter.severity.value})


def _seen(matter: Matter, key: str) -> str:
    seen: dict[str, Collection[str]] = {
        "watch": (matter.incident.watch,),
        "topic": (matter.incident.topic,),
        "severity": (matter.severity,),
        "platform": matter.platforms,
        "language": matter.languages,
        "kind": (matter.incident.kind,),
        "partner": matter.partners,
    }
    return ", ".join(seen[key])


def _receivers(matter: Matter, desk: Desk, now: datetime, sent: Mapping[str, int]) -> Iterator[Reached]:
    """Yield those who are named, in order, then whoever takes their place, then everybody else."""
    names = route(matter.incident, matter.severity, matter.platforms, matter.languages, desk, matter.partners)
    rotas = {stand_in(name, desk, now): name for name in names if stand_in(name, desk, now) != name}
    instead: dict[str, str] = {}
    wanted = called(names, desk, now)
    for one in wanted:
        taking = reachable(one, desk, now, matter.critical)
        if taking is not None and taking is not one:
            instead.setdefault(taking.name, one.name)
        yield _verdict(one, taking, rotas.get(one.name), matter, desk, now, sent)
    known = {receiver.name: receiver for receiver in desk.receivers}
    direct = {one.name for one in wanted}
    for name, absent in instead.items():
        if name not in direct:
            yield _full(known[name], matter, sent) or Reached(name, True, now, Because("routing_instead", {"name": name, "of": absent}))
    for receiver in desk.receivers:
        if receiver.name not in direct and receiver.name not in instead:
            yield Reached(receiver.name, False, None, _unnamed(receiver, desk, now))


def _verdict(
    one: Receiver, taking: Receiver | None, rota: str | None, matter: Matter, desk: Desk, now: datetime, sent: Mapping[str, int]
) -> Reached:
    absent = away(one, now, desk.zone)
    if absent is not None and taking is not one:
        until = awake_at(one, now, desk.zone)
        values: dict[str, str | float | int | datetime | None] = {"until": until, "instead": None if taking is None else taking.name}
        code = f"routing_away_{absent.value}"
        return Reached(one.name, False, until if taking is None else None, Because(code if taking is None else f"{code}_instead", values))
    if full := _full(one, matter, sent):
        return full
    if absent is not None:
        code = "routing_critical_off_duty" if off_duty(one, now, desk.zone) else "routing_critical_quiet"
        return Reached(one.name, True, now, Because(code))
    return Reached(one.name, True, now, Because("routing_told") if rota is None else Because("routing_on_call", {"rota": rota}))


def _full(one: Receiver, matter: Matter, sent: Mapping[str, int]) -> Reached | None:
    had = sent.get(one.name, 0)
    if matter.critical or one.cap is None or had < one.cap:
        return None
    return Reached(one.name, False, None, Because("routing_cap", {"cap": one.cap, "had": had}))


def _unnamed(receiver: Receiver, desk: Desk, now: datetime) -> Because:
    rotas = [rota for rota in desk.oncall if receiver.name in rota.receivers]
    if rotas and all(rota.on_duty(now, desk.zone) != receiver.name for rota in rotas):
        first = rotas[0]
        return Because("routing_not_on_call", {"rota": first.name, "now": first.on_duty(now, desk.zone)})
    return Because("routing_unnamed")


def _ladder(taken: Sequence[Route], desk: Desk, now: datetime) -> Iterator[Because]:
    for one in taken:
        if one.escalate_after is not None and one.escalate_to:
            names = ", ".join(stand_in(name, desk, now) for name in one.escalate_to)
            yield Because("routing_ladder", {"after": one.escalate_after.total_seconds(), "names": names})


def _subscriber(one: Subscriber, matter: Matter) -> Reached:
    if not wants(one, matter.incident, matter.severity):
        return Reached(one.address, False, None, Because("routing_not_subscribed"))
    return Reached(one.address, one.when is When.NOW, None, Because(f"routing_subscribed_{one.when.value}"))
