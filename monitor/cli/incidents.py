"""Verbs about incidents: list, show, acknowledge, assign, resolve, dismiss, confirm, merge, split; why; silence; outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import click

from monitor import actions, messages
from monitor.cli.desk import Desk, now, print_json, settled, span, staff, table
from monitor.domain import LIVE, Assessment, Decision, Incident, Notification, Status
from monitor.replay.lines import decision_line, stamp

MOST = 50


class ListsByDefault(click.Group):
    """A group whose plain name, with or without options, means its ``list``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``list`` in front where no verb is named."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group("incidents", cls=ListsByDefault)
def incidents() -> None:
    """Show what is going on, and say what you do about it."""


@incidents.command("list")
@settled()
@click.option("--all", "everything", is_flag=True, help="Also those that are closed, and candidates with one author.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines.")
def list_incidents(desk: Desk, everything: bool, as_json: bool) -> None:
    """List incidents, the gravest first."""
    with desk.store() as store:
        rows = store.incidents.all(MOST * (20 if everything else 1), tuple(Status) if everything else tuple(LIVE))
        shown = [row for row in rows if everything or row.status is not Status.CANDIDATE or row.authors > 1]
        reached = {row.id: store.incidents.latest_assessment(row.id) for row in shown}
    shown.sort(key=lambda row: (-(row.severity.rank if row.severity else -1), -row.authors, -row.id))
    if as_json:
        print_json(incident_line(row, reached[row.id]) for row in shown)
    elif not shown:
        desk.say("incidents.none")
    else:
        keys = ("id", "severity", "status", "watch", "topic", "authors", "posts", "reach", "opened", "title")
        table((desk.phrase(f"incidents.head.{key}") for key in keys), (_cells(desk, row, reached[row.id]) for row in shown))


def _cells(desk: Desk, row: Incident, assessment: Assessment | None) -> Iterator[object]:
    reach = assessment.reach if assessment else None
    yield row.id
    yield desk.phrase("cell.severity", severity=row.severity) if row.severity else "-"
    yield desk.phrase("cell.status", status=row.status)
    yield row.watch
    yield desk.phrase("cell.topic", topic=row.topic)
    yield row.authors
    yield row.posts
    yield desk.phrase("cell.reach", low=reach.people.p10, high=reach.people.p90) if reach else desk.phrase("unknown")
    yield desk.phrase("cell.time", at=row.opened_at)
    yield row.title


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
        "reach": {"p10": reach.people.p10, "p50": reach.people.p50, "p90": reach.people.p90, "measured": reach.measured} if reach else None,
    }


@incidents.command("show")
@click.argument("incident_id", metavar="INCIDENT", type=int)
@settled()
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: the incident, then its posts.")
def show(desk: Desk, incident_id: int, as_json: bool) -> None:
    """Show one incident: what is known, its telling posts, why each post stands in it."""
    with desk.store() as store:
        row, members = store.incidents.get(incident_id), store.incidents.members(incident_id)
        assessment = store.incidents.latest_assessment(incident_id)
    if as_json:
        print_json([incident_line(row, assessment), *(_member_line(judged, because, desk) for judged, because in members)])
        return
    language, zone = desk.settings.monitor.language, desk.settings.zone
    status, topic = desk.phrase("cell.status", status=row.status), desk.phrase("cell.topic", topic=row.topic)
    keys = ("id", "status", "watch", "topic", "authors", "posts", "title")
    cells = (row.id, status, row.watch, topic, row.authors, row.posts, row.title)
    table((desk.phrase(f"incidents.head.{key}") for key in keys), [cells])
    for part in (assessment.emergence, assessment.reach, assessment.forecast) if assessment else ():
        if part is not None:
            click.echo("- " + messages.sentence(part.because, language, zone))
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


Move = Callable[..., Incident]


def _move(name: str, move: Move, phrase: str, help_text: str) -> click.Command:
    @click.argument("incident_id", metavar="INCIDENT", type=int)
    @settled()
    @click.option("--note", default="", help="A word for the audit table.")
    def verb(desk: Desk, incident_id: int, note: str) -> None:
        with desk.store() as store:
            move(store, incident_id, staff(), now(), note)
        desk.say(phrase, id=incident_id)

    return click.command(name, help=help_text)(verb)


incidents.add_command(_move("ack", actions.acknowledge, "incidents.acknowledged", "Say that somebody looks after it."))
incidents.add_command(_move("resolve", actions.resolve, "incidents.resolved", "Say that the trouble is over."))
incidents.add_command(_move("dismiss", actions.dismiss, "incidents.dismissed", "Say that it was no trouble of ours."))


@incidents.command("confirm")
@click.argument("incident_id", metavar="INCIDENT", type=int)
@settled()
def confirm(desk: Desk, incident_id: int) -> None:
    """Say that the alert was right: it gives the price of the alarm back."""
    with desk.store() as store:
        actions.confirm(store, desk.settings, incident_id, staff(), now())
    desk.say("incidents.confirmed", id=incident_id)


@incidents.command("assign")
@click.argument("incident_id", metavar="INCIDENT", type=int)
@click.argument("who")
@settled()
def assign(desk: Desk, incident_id: int, who: str) -> None:
    """Say WHO looks after it."""
    with desk.store() as store:
        actions.assign(store, incident_id, who, staff(), now())
    desk.say("incidents.assigned", id=incident_id, who=who)


@incidents.command("merge")
@click.argument("first", type=int)
@click.argument("second", type=int)
@settled()
def merge(desk: Desk, first: int, second: int) -> None:
    """Say that two incidents are one; the older number stays."""
    with desk.store() as store:
        actions.merge(store, first, second, staff(), now())
    desk.say("incidents.merged", older=min(first, second), younger=max(first, second))


@incidents.command("split")
@click.argument("incident_id", metavar="INCIDENT", type=int)
@click.argument("posts", nargs=-1, required=True)
@settled()
def split(desk: Desk, incident_id: int, posts: tuple[str, ...]) -> None:
    """Move POSTS (their ids) out into an incident of their own, for good."""
    with desk.store() as store:
        new = actions.split(store, incident_id, posts, staff(), now())
    desk.say("incidents.split", id=incident_id, new=new.id)


@click.command("why")
@click.argument("incident_id", metavar="INCIDENT", type=int)
@settled()
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: every decision with its numbers.")
def why(desk: Desk, incident_id: int, as_json: bool) -> None:
    """Tell why we did, or did not, alert: the decisions about one incident in order."""
    with desk.store() as store:
        row = store.incidents.get(incident_id)
        decisions = store.incidents.decisions(incident_id)
        assessments = {at.at: at for at in store.incidents.assessments(incident_id)}
    if as_json:
        print_json(_decision(desk, row, assessments, decision) for decision in decisions)
        return
    desk.say("why.head", id=row.id, watch=row.watch, title=row.title, status=row.status)
    if not decisions:
        desk.say("why.never", id=incident_id)
    language, zone = desk.settings.monitor.language, desk.settings.zone
    for decision, times in _stretches(decisions):
        key = "why.alerted" if decision.notify else "why.silent"
        more = f" (x{times})" if times > 1 else ""
        click.echo(
            desk.phrase(key, at=decision.at, reason=decision.reason) + " " + messages.sentence(decision.because, language, zone) + more
        )


def _stretches(decisions: list[Decision]) -> Iterator[tuple[Decision, int]]:
    """Decisions with equal reasons in a row are told once, by the last of them."""
    last, times = None, 0
    for decision in decisions:
        if last is not None and (decision.reason is not last.reason or decision.notify):
            yield last, times
            times = 0
        last, times = decision, times + 1
    if last is not None:
        yield last, times


def _decision(desk: Desk, row: Incident, assessments: dict[Any, Assessment], decision: Decision) -> dict[str, Any]:
    assessment = assessments.get(decision.at)
    settings = desk.settings.monitor
    line = decision_line(row, assessment, decision, settings.language, desk.settings.zone) if assessment else {"type": "decision"}
    return {**line, "inputs": decision.inputs, "receivers": list(decision.receivers)}


@click.group("silence", cls=ListsByDefault)
def silence() -> None:
    """Be quiet about something for a while."""


@silence.command("add")
@click.argument("matchers", nargs=-1, required=True)
@click.option("--for", "how_long", default="4h", show_default=True, help="How long: 30m, 4h, 2d.")
@click.option("--comment", default="", help="Why.")
@settled()
def add_silence(desk: Desk, matchers: tuple[str, ...], how_long: str, comment: str) -> None:
    """Silence what fits all MATCHERS: incident=12, watch=NAME, topic=price, kind=attention."""
    wanted = dict(_matcher(matcher) for matcher in matchers)
    lasting = span(how_long)
    with desk.store() as store, store.transaction():
        number = store.incidents.add_silence(wanted, now(), now() + lasting, staff(), comment)
    desk.say("silence.added", id=number, until=now() + lasting)


def _matcher(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or name not in ("incident", "watch", "topic", "kind") or not value:
        raise click.BadParameter(f"{text!r} is not incident=, watch=, topic= or kind= with a value")
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
        store.incidents.expire_silence(number, now())
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


VERBS = (incidents, why, silence, outbox)
