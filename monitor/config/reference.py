"""The reference of every key, written from the dataclasses themselves: docs/configuration.md is made of these tables."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any, NamedTuple, get_type_hints

from monitor import classifiers, collectors, notifiers, plugins
from monitor.classifiers.huggingface import Model
from monitor.collectors.metering import Allowance
from monitor.config.limits import meaning_of, range_of
from monitor.config.reading import LISTS, TABLES
from monitor.config.sections import Guide, NotifierTable
from monitor.decode import described, keys_of

KINDS: Mapping[str, Mapping[str, str]] = {
    "collector": collectors.KINDS,
    "classifier": classifiers.KINDS,
    "receiver.notifier": notifiers.KINDS,
}
SECTIONS: dict[str, type[Any]] = {
    **TABLES,
    **LISTS,
    "classifier.options.models": Model,
    "collector.budget": Allowance,
    "playbook.ko": Guide,
    "receiver.notifier": NotifierTable,
}


class Key(NamedTuple):
    """One row of the reference."""

    name: str
    kind: str
    default: str
    meaning: str


def keys(section: str) -> list[Key]:
    """Return the keys of a section, in the order of its dataclass."""
    return list(_keys(SECTIONS[section], section))


def table(section: str) -> str:
    """Return the keys of a section as a Markdown table."""
    return _markdown(keys(section))


def kinds(section: str) -> str:
    """Return the kinds of plug-in that a section may name, each with the keys of its options, as Markdown."""
    return "\n".join(_kind(section, kind) for kind in sorted(KINDS[section]))


def _kind(section: str, kind: str) -> str:
    options = plugins.options_of(plugins.load(KINDS[section], kind))
    told = " ".join(inspect.cleandoc(options.__doc__ or "").split()).replace("``", "`")
    rows = list(_keys(options, f"{section}.options"))
    return "\n".join([f'### kind = "{kind}"', "", told, "", _markdown(rows) if rows else "No options.\n"])


def _keys(cls: type[Any], section: str) -> Iterator[Key]:
    hints, meanings = get_type_hints(cls, include_extras=True), _meanings(cls)
    for key, field in keys_of(cls).items():
        kind = ", ".join(part for part in (described(hints[field.name]), range_of(section, key)) if part)
        yield Key(key, kind, _default(field), meanings.get(field.name) or meaning_of(section, key))


def _meanings(cls: type[Any]) -> dict[str, str]:
    """Return the sentence that stands under each field in the source."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    found: dict[str, str] = {}
    statements = body.body if isinstance(body, ast.ClassDef) else []
    for field, told in pairwise(statements):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(told, ast.Expr):
            value = told.value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found[field.target.id] = " ".join(value.value.split())
    return found


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return _toml(field.default_factory())
    return "required" if field.default is dataclasses.MISSING else _toml(field.default)


def _toml(value: object) -> str:
    """Write a default as it would stand in the file."""
    if value is None or value in ("", ()) or (isinstance(value, Mapping) and not value):
        return "-"
    if isinstance(value, timedelta):
        return json.dumps(_duration(value))
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + " }"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if abs(value) < 1e5 else f"{value:.10g}"
    if dataclasses.is_dataclass(value):
        return "-"
    return json.dumps(str(value), ensure_ascii=False)


def _duration(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _markdown(rows: list[Key]) -> str:
    told = any(row.meaning for row in rows)
    lines = ["| key | type | default | meaning |", "|---|---|---|---|"] if told else ["| key | type | default |", "|---|---|---|"]
    for row in rows:
        default = row.default if row.default in ("-", "required") else f"`{row.default}`"
        cells = [f"`{row.name}`", row.kind, default, *([row.meaning] if told else [])]
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("``", "`") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
