"""Verbs about who is told: explain the way of an incident, subscribe, unsubscribe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click

from monitor import alerting, messages
from monitor.alerting import Explanation, Matter, Reached
from monitor.cli.desk import Desk, now, print_json, settled, staff, table
from monitor.config import Settings
from monitor.domain import TOPICS, Because, Incident, Kind, Severity, Status, Subscriber, When
from monitor.errors import MonitorError
from monitor.pipeline.deciding import DAY, sent
from monitor.pipeline.partners import partners
from monitor.replay.lines import stamp
from monitor.store import Store

_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,253}")
_SEVERITIES = click.Choice([severity.value for severity in Severity])

Supposed = Mapping[str, str | tuple[str, ...] | None]


class Moment(click.ParamType[datetime]):
    """A moment: ``2026-09-25 10:00`` by the configured clock."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the text; the zone is added by the verb."""
        try:
            return datetime.strptime(str(value).strip(), "%Y-%m-%d %H:%M")  # noqa: DTZ007 (the zone is that of the configuration)
        except ValueError:
            self.fail('must look like "2026-09-25 10:00"', param, ctx)


@click.command("route")
@click.argument("incident_id", metavar="[INCIDENT]", type=int, required=False)
@settled()
@click.option("--explain", is_flag=True, help="Rule by rule, and why nobody else; without it only who is told.")
@click.option("--watch", help="Suppose this watch.")
@click.option("--topic", help="Suppose this topic.")
@click.option("--severity", type=_SEVERITIES, help="Suppose this severity.")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="Suppose this kind.")
@click.option("--platform", multiple=True, help="Suppose posts there.")
@click.option("--language", multiple=True, help="Suppose posts in this language.")
@click.option("--partner", multiple=True, help="Suppose that posts name this partner.")
@click.option("--at", "moment", type=Moment(), help='Suppose this local time: "2026-09-25 10:00".')
@click.option("--json", "as_json", is_flag=True, help="JSON Lines.")
def route(
    desk: Desk, incident_id: int | None, explain: bool, moment: datetime | None, as_json: bool, **supposed: str | tuple[str, ...] | None
) -> None:
    """Show whom an incident would reach now, and why; or a supposed one."""
    at = now() if moment is None else moment.replace(tzinfo=desk.settings.zone).astimezone(UTC)
    if incident_id is None and not desk.database.exists():
        found = alerting.explain(_supposed(_nothing(desk.settings, at), supposed), desk.settings.desk, at)
    else:
        with desk.store() as store:
            matter = _nothing(desk.settings, at) if incident_id is None else _of(store, desk.settings, incident_id)
            found = _explained(store, desk.settings, _supposed(matter, supposed), at)
    if as_json:
        print_json(_lines(desk, found))
    elif explain:
        _print(desk, found)
    else:
        desk.say("route.told", names=", ".join(found.told) or None)


def _nothing(settings: Settings, at: datetime) -> Matter:
    """What is supposed where nothing is said: the first watch, a critical complaint about anything."""
    watch = settings.watches[0].name if settings.watches else ""
    return Matter(Incident(0, watch, Kind.COMPLAINT, "other", "", Status.CANDIDATE, at, at, 0, 0), Severity.CRITICAL)


def _of(store: Store, settings: Settings, incident_id: int) -> Matter:
    incident = store.incidents.get(incident_id)
    decided = store.incidents.decisions(incident_id)
    severity = decided[-1].severity if decided else incident.severity or Severity.LOW
    platforms, languages = store.incidents.places(incident_id)
    return Matter(incident, severity, platforms, languages, partners(store, settings.partners, incident_id))


def _supposed(matter: Matter, supposed: Supposed) -> Matter:
    """Put what the options say in the place of what is."""

    def one(name: str, otherwise: str) -> str:
        return str(supposed.get(name) or otherwise)

    def several(name: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(supposed.get(name) or otherwise)

    was = matter.incident
    incident = replace(was, watch=one("watch", was.watch), topic=one("topic", was.topic), kind=Kind(one("kind", was.kind)))
    places = (several("platform", matter.platforms), several("language", matter.languages), several("partner", matter.partners))
    return Matter(incident, Severity(one("severity", matter.severity)), *places)


def _explained(store: Store, settings: Settings, matter: Matter, at: datetime) -> Explanation:
    spoken = store.incidents.notifications_since(at - DAY)
    return alerting.explain(matter, settings.desk, at, store.incidents.silences(at), store.subscribers.all(), sent(spoken))


def _lines(desk: Desk, found: Explanation) -> Iterator[dict[str, Any]]:
    for kind, reasons in (("held_back", found.held_back), ("rule", found.rules), ("ladder", found.ladder)):
        for because in reasons:
            yield {"type": kind, "code": because.code, "because": _sentence(desk, because)}
    for kind, reached in (("receiver", found.receivers), ("subscriber", found.subscribers)):
        for one in reached:
            yield {
                "type": kind,
                "name": one.name,
                "told": one.told and not found.held_back,
                "at": stamp(one.at),
                "code": one.because.code,
                "because": _sentence(desk, one.because),
            }


def _print(desk: Desk, found: Explanation) -> None:
    for key, reasons in (("route.held_back", found.held_back), ("route.rules", found.rules), ("route.ladder", found.ladder)):
        if reasons:
            desk.say(key)
        for because in reasons:
            click.echo("- " + _sentence(desk, because))
    _print_people(desk, "receivers", found.receivers, bool(found.held_back))
    _print_people(desk, "subscribers", found.subscribers, bool(found.held_back))


def _print_people(desk: Desk, key: str, people: Iterable[Reached], held_back: bool) -> None:
    rows = [(one.name, desk.phrase("yes" if one.told and not held_back else "no"), _sentence(desk, one.because)) for one in people]
    if rows:
        click.echo()
        table((desk.phrase(f"route.head.{part}") for part in (key, "told", "why")), rows)


def _sentence(desk: Desk, because: Because) -> str:
    return messages.sentence(because, desk.settings.monitor.language, desk.settings.zone)


@click.command("subscribe")
@click.argument("address")
@settled()
@click.option("--consent", required=True, help='How they agreed: "asked by mail on 3 March".')
@click.option("--when", type=click.Choice([when.value for when in When]), default="now", show_default=True, help="At once, or in a digest.")
@click.option("--topic", "--topics", multiple=True, help="Only this topic (may be repeated).")
@click.option("--watch", multiple=True, help="Only this watch (may be repeated).")
@click.option("--severity", type=_SEVERITIES, multiple=True, help="Only this severity (may be repeated).")
@click.option("--language", type=click.Choice(["ko", "en"]), help="Language of the messages (default: that of [monitor]).")
@click.option("--receiver", default="", help="Whose e-mail channel writes to them (default: see [subscribers]).")
def subscribe(desk: Desk, address: str, consent: str, when: str, severity: tuple[str, ...], receiver: str, **more: Any) -> None:
    """Let ADDRESS hear what staff are told; again: change what it hears."""
    _check(desk.settings, address, consent, receiver, more)
    chosen = tuple(map(Severity, severity))
    one = Subscriber(address.casefold(), When(when), now(), staff(), consent.strip(), severity=chosen, receiver=receiver, **more)
    with desk.store(must_exist=False) as store:
        store.subscribers.put(one)
    desk.say(f"subscribe.{when}", address=one.address, hour=desk.settings.subscribers.hour)


def _check(settings: Settings, address: str, consent: str, receiver: str, more: dict[str, Any]) -> None:
    if not _ADDRESS.fullmatch(address):
        raise click.BadParameter("is no e-mail address (name@example.com)", param_hint="ADDRESS")
    if not consent.strip():
        raise click.BadParameter("must say how they agreed", param_hint="--consent")
    known = (("topic", (*TOPICS, *(topic.name for topic in settings.topics))), ("watch", [watch.name for watch in settings.watches]))
    for key, names in known:
        for name in more[key]:
            if name not in names:
                raise click.BadParameter(f"there is no {key} {name!r}; there are: {', '.join(names)}", param_hint=f"--{key}")
    if receiver:
        settings.receiver(receiver)
    chosen = [one for one in settings.receivers if not receiver or one.name == receiver]
    if not any(channel.kind == "email" for one in chosen for channel in one.notifiers):
        raise MonitorError("no receiver has an e-mail channel that could write to subscribers: add a [[receiver.notifier]] of kind email")


@click.command("unsubscribe")
@click.argument("address")
@settled()
def unsubscribe(desk: Desk, address: str) -> None:
    """Tell ADDRESS nothing more, from now on; also what is under way is dropped."""
    with desk.store() as store:
        known = store.subscribers.remove(address, staff(), now())
    desk.say("unsubscribe.done" if known else "unsubscribe.unknown", address=address)


@click.command("subscribers")
@settled()
@click.option("--json", "as_json", is_flag=True, help="JSON Lines.")
def subscribers(desk: Desk, as_json: bool) -> None:
    """List who has subscribed, to what, and how they agreed."""
    with desk.store() as store:
        rows = store.subscribers.all()
    if as_json:
        print_json(_subscriber_line(row) for row in rows)
    elif not rows:
        desk.say("subscribers.none")
    else:
        head = (desk.phrase(f"subscribers.head.{key}") for key in ("address", "when", "what", "since", "by", "consent"))
        table(head, (_subscriber_cells(desk, row) for row in rows))


def _subscriber_cells(desk: Desk, row: Subscriber) -> Iterator[object]:
    yield row.address
    yield desk.phrase(f"when.{row.when.value}")
    yield ", ".join((*row.watch, *row.topic, *row.severity)) or "-"
    yield desk.phrase("cell.time", at=row.since_at)
    yield row.by
    yield row.consent


def _subscriber_line(row: Subscriber) -> dict[str, Any]:
    return {
        "type": "subscriber",
        "address": row.address,
        "when": row.when.value,
        "watch": list(row.watch),
        "topic": list(row.topic),
        "severity": [severity.value for severity in row.severity],
        "language": row.language,
        "since_at": stamp(row.since_at),
        "by": row.by,
        "consent": row.consent,
    }


VERBS = (route, subscribe, unsubscribe, subscribers)
