"""Verbs that tend the monitor itself: kinds, backup, prune, forget."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from monitor import actions, classifiers, collectors, notifiers
from monitor.cli.desk import Desk, now, print_json, settled, staff
from monitor.errors import MonitorError
from monitor.pipeline import housekeeping
from monitor.store import Limits


@click.command("kinds")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines.")
def kinds(as_json: bool) -> None:
    """List the plug-ins: collectors, classifiers, notifiers."""
    rooms = {"collector": collectors.KINDS, "classifier": classifiers.KINDS, "notifier": notifiers.KINDS}
    rows = [{"room": room, "kind": kind, "class": where} for room, known in rooms.items() for kind, where in sorted(known.items())]
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            click.echo(f"{row['room']:11}{row['kind']:12}{row['class']}")


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@settled()
def backup(desk: Desk, file: Path) -> None:
    """Write a consistent copy of the database to FILE, also while the monitor runs."""
    if file.exists():
        raise MonitorError(f"{file} exists already; nothing was changed")
    with desk.store() as store:
        store.backup(file)
    desk.say("backed_up", file=str(file))


@click.command("prune")
@settled()
@click.option("--days", type=click.IntRange(1), help="Keep so many days of everything instead of the configured retention.")
def prune(desk: Desk, days: int | None) -> None:
    """Remove what is older than the retention; incidents and decisions stay, without their texts."""
    retention = desk.settings.retention
    if days is None and retention.posts is None:
        raise MonitorError(desk.phrase("prune.forever"))
    with desk.store() as store:
        removed = store.prune(housekeeping.limits(retention, now()) if days is None else Limits.of(now() - timedelta(days=days)))
    desk.say("pruned", posts=removed.posts)


@click.command("forget")
@click.argument("author")
@settled()
def forget(desk: Desk, author: str) -> None:
    """Remove everything that AUTHOR (platform:id or @handle) wrote, for good: a person's right to be removed."""
    with desk.store() as store:
        posts = actions.forget(store, author, staff(), now())
    desk.say("forgotten", author=author, posts=posts)


VERBS = (kinds, backup, prune, forget)
