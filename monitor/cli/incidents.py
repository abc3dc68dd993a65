"""Verbs about incidents: list and show (what staff do stands in `acting`, the story in `telling`); silence; outbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from monitor import alerting, messages
from monitor.cli import acting
from monitor.cli.desk import Desk, now, print_json, settled, span, staff, table
from monitor.cli.listing import ListsByDefault, brief_line, show_brief
from monitor.domain import LIVE, Assessment, Change, Incident, Notification, Severity, Status
from monitor.messages.history import happened
from monitor.pipeline.briefs import brief
from monitor.replay.lines import stamp

MOST = 50
_STATUSES = [status.value for status in Status]
_SEVERITIES = [severity.value for severity in Severity]


@click.group("incidents", cls=ListsByDefault)
def incidents() -> None:
    """Show what is going on, and say what you do about it."""


@incidents.command("list")
@settled()
@click.option("--status", "statuses", multiple=True, type=click.Choice(_STATUSES), help="Only these; open ones if left out.")
@click.option("--watch", help="Only about this watch.")
@click.option("--topic", help="Only about this topic.")
@click.option("--severity", "severities", multiple=True, type=click.Choice(_SEVERITIES), help="Only these.")
@click.option("--mine", is_flag=True, help="Only what is assigned to you.")
@click.option("--all", "everything", is_flag=True, help="Also those that are closed, and candidates with one author.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines.")
def list_incidents(
    desk: Desk,
    statuses: tuple[str, ...],
    watch: str | None,
    topic: str | None,
    severities: tuple[str, ...],
    mine: bool,
    everything: bool,
    as_json: bool,
) -> None:
    """List incidents, the gravest first."""
    wanted = [Status(status) for status in statuses] or ([*Status] if everything else sorted(LIVE))
    with desk.store() as store:
        rows = store.incidents.all(
            MOST * (20 if everything else 1),
            wanted,
            watch,
            topic=topic,
            severities=[Severity(severity) for severity in severities],
            assigned_to=staff() if mine else None,
        )
        shown = [row for row in rows if everything or statuses or mine or row.status is not Status.CANDIDATE or row.authors > 1]
        reached = {row.id: store.incidents.latest_assessment(row.id) for row in shown}
    shown.sort(key=lambda row: (-(row.severity.rank if row.severity else -1), -row.authors, -row.id))
    if as_json:
        print_json(incident_line(row, reached[row.id]) for row in shown)
    elif not shown:
        desk.say("incidents.none")
    else:
        keys = ("id", "severity", "status", "assigned", "watch", "topic", "authors", "posts", "reach", "opened", "title")
        table((desk.phrase(f"incidents.head.{key}") for key in keys), (_cells(desk, row, reached[row.id]) for row in shown))


def _cells(desk: Desk, row: Incident, assessment: Assessment | None) -> Iterator[object]:
    reach = assessment.reach if assessment else None
    yield row.id
    yield desk.phrase("cell.severity", severity=row.severity) if row.severity else "-"
    yield _status(desk, row)
    yield row.assigned_to
    yield row.watch
    yield desk.phrase("cell.topic", topic=row.topic)
    yield row.authors
    yield row.posts
    yield desk.phrase("cell.reach", low=reach.people.p10, high=reach.people.p90) if reach else desk.phrase("unknown")
    yield desk.phrase("cell.time", at=row.opened_at)
    yield row.title


def _status(desk: Desk, row: Incident) -> str:
    if row.merged_into is not None:
        return desk.phrase("cell.merged", older=row.merged_into)
    return desk.phrase("cell.came_back" if row.regressed else "cell.status", status=row.status)


def incident_line(row: Incident, assessment: Assessment | None) -> dict[str, Any]:
    """One incident as a JSON line."""
    reach = assessment.reach if assessment else None
    return {
        "type": "incident",
        "incident": row.id,
        "watch": row.watch,
        "kind": row.kind.value,
        "topic": row.topic,
        "title": row.title,
        "status": row.status.value,
        "severity": row.severity.value if row.severity else None,
        "posts": row.posts,
        "authors": row.authors,
        "opened_at": stamp(row.opened_at),
        "last_post_at": stamp(row.last_post_at),
        "alerted_at": stamp(row.alerted_at),
        "crossed_at": stamp(row.crossed_at),
        "assigned_to": row.assigned_to,
        "came_back": row.regressed,
        "confirmed_at": stamp(row.confirmed_at),
        "merged_into": row.merged_into,
        "reach": {"p10": reach.people.p10, "p50": reach.people.p50, "p90": reach.people.p90, "measured": reach.measured} if reach else None,
    }


@incidents.command("show")
@click.argument("incident_id", metavar="INCIDENT", type=int)
@settled()
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: the incident, its brief, its history, its posts.")
def show(desk: Desk, incident_id: int, as_json: bool) -> None:
    """Show one incident: what is known, what was done about it, why each post stands in it."""
    with desk.store() as store:
        row, members = store.incidents.get(incident_id), store.incidents.members(incident_id)
        assessment, history = store.incidents.latest_assessment(incident_id), store.incidents.history(incident_id)
        answered = brief(store, desk.settings, row, assessment, now()) if assessment else None
    if as_json:
        told = [brief_line(desk, answered)] if answered else []
        print_json([incident_line(row, assessment), *told, *(_change_line(change, desk) for change in history)])
        print_json(_member_line(judged, because, desk) for judged, because in members)
        return
    language, zone = desk.settings.monitor.language, desk.settings.zone
    topic = desk.phrase("cell.topic", topic=row.topic)
    keys = ("id", "status", "assigned", "watch", "topic", "authors", "posts", "title")
    cells = (row.id, _status(desk, row), row.assigned_to, row.watch, topic, row.authors, row.posts, row.title)
    table((desk.phrase(f"incidents.head.{key}") for key in keys), [cells])
    for part in (assessment.emergence, assessment.reach, assessment.forecast) if assessment else ():
        if part is not None:
            click.echo("- " + messages.sentence(part.because, language, zone))
    show_brief(desk, answered)
    _show_history(desk, history)
    click.echo()
    head = (desk.phrase(f"members.head.{key}") for key in ("at", "platform", "text", "why"))
    rows = [
        (
            desk.phrase("cell.time", at=judged.post.created_at),
            judged.post.platform,
            judged.post.text,
            messages.sentence(because, language, zone),
        )
        for judged, because in members[:MOST]
    ]
    table(head, rows)


def _show_history(desk: Desk, history: list[Change]) -> None:
    if not history:
        return
    click.echo()
    language, zone = desk.settings.monitor.language, desk.settings.zone
    head = (desk.phrase(f"history.head.{key}") for key in ("at", "who", "origin", "what"))
    table(head, ((desk.phrase("cell.time", at=one.at), one.who, one.origin, happened(one, language, zone)) for one in history[-MOST:]))


def _change_line(change: Change, desk: Desk) -> dict[str, Any]:
    return {
        "type": "change",
        "at": stamp(change.at),
        "who": change.who,
        "origin": change.origin,
        "action": change.action,
        "was": change.was,
        "became": change.became,
        "text": happened(change, desk.settings.monitor.language, desk.settings.zone),
    }


def _member_line(judged: Any, because: Any, desk: Desk) -> dict[str, Any]:
    post = judged.post
    return {
        "type": "member",
        "post": post.id,
        "created_at": stamp(post.created_at),
        "platform": post.platform,
        "url": post.url,
        "text": post.text,
        "complaint": judged.labels.complaint,
        "copy_of": judged.copy_of,
        "because": messages.sentence(because, desk.settings.monitor.language, desk.settings.zone),
    }


for verb in acting.verbs():
    incidents.add_command(verb)


@click.group("silence", cls=ListsByDefault)
def silence() -> None:
    """Be quiet about something for a while."""


@silence.command("add")
@click.argument("matchers", nargs=-1, required=True)
@click.option("--for", "how_long", default="4h", show_default=True, help="How long: 30m, 4h, 2d.")
@click.option("--comment", default="", help="Why.")
@settled()
def add_silence(desk: Desk, matchers: tuple[str, ...], how_long: str, comment: str) -> None:
    """Silence what fits all MATCHERS: incident=12, watch=, topic=, kind=, severity=, platform= (the only one) or partner=."""
    wanted = dict(_matcher(matcher) for matcher in matchers)
    lasting = span(how_long)
    with desk.store() as store, store.transaction():
        number = store.incidents.add_silence(wanted, now(), now() + lasting, staff(), comment)
    desk.say("silence.added", id=number, until=now() + lasting)


def _matcher(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or name not in alerting.MATCHERS or not value:
        raise click.BadParameter(f"{text!r} is not one of {', '.join(f'{known}=' for known in alerting.MATCHERS)} with a value")
    return name, value


@silence.command("list")
@settled()
@click.option("--json", "as_json", is_flag=True, help="JSON Lines.")
def list_silences(desk: Desk, as_json: bool) -> None:
    """List the silences in force."""
    with desk.store() as store:
        rows = store.incidents.silences(now())
    if as_json:
        print_json({"id": row.id, "matchers": row.matchers, "ends_at": stamp(row.ends_at), "author": row.author} for row in rows)
    elif not rows:
        desk.say("silence.none")
    else:
        head = (desk.phrase(f"silence.head.{key}") for key in ("id", "matchers", "until", "author", "comment"))
        table(head, ((row.id, " ".join(f"{k}={v}" for k, v in row.matchers.items()), desk.phrase("cell.time", at=row.ends_at), row.author, row.comment) for row in rows))  # fmt: skip # noqa: E501


@silence.command("expire")
@click.argument("number", type=int)
@settled()
def expire_silence(desk: Desk, number: int) -> None:
    """End a silence now."""
    with desk.store() as store, store.transaction():
        store.incidents.expire_silence(number, now(), staff())
    desk.say("silence.expired", id=number)


@click.group("outbox", cls=ListsByDefault)
def outbox() -> None:
    """Show what was not delivered, and try again."""


@outbox.command("list")
@settled()
@click.option("--all", "everything", is_flag=True, help="Also what was delivered.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines.")
def list_outbox(desk: Desk, everything: bool, as_json: bool) -> None:
    """List notifications that no channel has accepted yet."""
    with desk.store() as store:
        rows = store.outbox.list(everything)
    if as_json:
        print_json(_notification_line(row) for row in rows)
    elif not rows:
        desk.say("outbox.none")
    else:
        head = (desk.phrase(f"outbox.head.{key}") for key in ("id", "state", "receiver", "attempts", "subject", "error"))
        table(head, ((row.id, row.state, f"{row.receiver}/{row.channel}", row.attempts, row.message.subject, row.error) for row in rows))


def _notification_line(row: Notification) -> dict[str, Any]:
    return {
        "type": "notification",
        "id": row.id,
        "incident": row.incident_id,
        "receiver": row.receiver,
        "channel": row.channel,
        "state": row.state.value,
        "attempts": row.attempts,
        "subject": row.message.subject,
        "error": row.error,
    }


@outbox.command("retry")
@click.argument("number", type=int)
@settled()
def retry(desk: Desk, number: int) -> None:
    """Send a notification again at the next tick."""
    with desk.store() as store, store.transaction():
        store.outbox.retry(number, now())
    desk.say("outbox.retried", id=number)


VERBS = (incidents, silence, outbox)
