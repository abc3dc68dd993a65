"""The generated parts of docs/: printed by cog, so that the build fails when they are stale."""

from __future__ import annotations

from collections.abc import Mapping

import click

from monitor import classifiers, collectors, notifiers
from monitor.cli import cli
from monitor.store import VIEWS


def views() -> str:
    """Every view: what a row is, its columns, and a question with the query that answers it."""
    parts: list[str] = []
    told: dict[tuple[str, ...], str] = {}
    for name, view in VIEWS.items():
        first = told.setdefault(tuple(view.columns), name)
        columns = _columns(view.columns) if first == name else f"Its columns are those of `{first}`."
        parts.append(f"### {name}\n\n{view.description}\n\n{columns}\n\n{view.question}\n\n```sql\n{view.example.strip()}\n```\n")
    return "\n".join(parts)


def _columns(columns: Mapping[str, str]) -> str:
    return "\n".join(["| column | meaning |", "|---|---|", *(f"| `{column}` | {meaning} |" for column, meaning in columns.items())])


def verbs() -> str:
    """Every verb with its arguments and what it is for."""
    rows = ["| verb | what it does |", "|---|---|"]
    for path, command in _commands(cli, "monitor"):
        context = click.Context(command)
        arguments = "".join(f" {word.make_metavar(context)}" for word in command.params if isinstance(word, click.Argument))
        rows.append(f"| `{path}{arguments}` | {command.get_short_help_str(200)} |")
    return "\n".join(rows)


def _commands(group: click.Group, path: str) -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name, command in sorted(group.commands.items()):
        found.append((f"{path} {name}", command))
        if isinstance(command, click.Group):
            found += _commands(command, f"{path} {name}")
    return found


def kinds() -> str:
    """Every plug-in kind and the class behind it."""
    rows = ["| room | kind | class |", "|---|---|---|"]
    for room, known in (("collector", collectors.KINDS), ("classifier", classifiers.KINDS), ("notifier", notifiers.KINDS)):
        rows += [f"| {room} | `{kind}` | `{where}` |" for kind, where in sorted(known.items())]
    return "\n".join(rows)
