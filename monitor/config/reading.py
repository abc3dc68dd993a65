"""Reading config.toml: file to tables, tables to settings, names checked against each other; problems gathered, never thrown singly."""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeGuard, TypeVar
from zoneinfo import ZoneInfo

from monitor import alerting, emergence, forecast, grouping, plugins, reach
from monitor.alerting import Budget, Route
from monitor.classifiers import KINDS as CLASSIFIERS
from monitor.collectors import KINDS as COLLECTORS
from monitor.config import sections
from monitor.config.limits import check_limits
from monitor.config.lines import line_of, lines_of
from monitor.config.names import check_names
from monitor.config.sections import Classifier, Collector, Notifier, Playbook, Receiver, Topic
from monitor.config.settings import Settings, console_receiver, with_weights
from monitor.decode import Decoder, Location, Problem, Secret, at, keys_of, meant, nearest, secret_keys, set_to
from monitor.errors import ConfigError
from monitor.notifiers import KINDS as NOTIFIERS

T = TypeVar("T")
Table = Mapping[str, Any]

TABLES: dict[str, type[Any]] = {
    "monitor": sections.Monitor,
    "budget": Budget,
    "classifier": sections.ClassifierTable,
    "retention": sections.RetentionTable,
    "subscribers": sections.Subscribers,
    "signals": sections.Signals,
    "web": sections.Web,
    "grouping": grouping.Parameters,
    "emergence": emergence.Parameters,
    "reach": reach.Parameters,
    "forecast": forecast.Parameters,
    "decision": alerting.Parameters,
}
LISTS: dict[str, type[Any]] = {
    "watch": sections.Watch,
    "collector": sections.CollectorTable,
    "topic": Topic,
    "playbook": Playbook,
    "route": Route,
    "receiver": sections.ReceiverTable,
    "oncall": sections.OnCallTable,
    "partner": sections.Partner,
}


def read(path: Path, environment: Mapping[str, str]) -> Settings:
    """Read ``path`` whole; raises ``ConfigError`` with all its problems in the order of the file."""
    text = _text_of(path)
    tables = _tables_of(path, text)
    file = _File(tables, Decoder(environment, path.resolve().parent))
    settings = file.settings(path)
    if settings is None:
        raise ConfigError(_told(file.decoder.problems, text))
    return settings


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read ({error.strerror or error})"]) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError([f"{path} line {line}: is not UTF-8 text; save the file as UTF-8"]) from error


def _tables_of(path: Path, text: str) -> Table:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax(path, text, str(error))]) from error
    except (RecursionError, ValueError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else "holds a value that no number or date can have"
        raise ConfigError([f"{path}: {why}"]) from error


def _syntax(path: Path, text: str, said: str) -> str:
    """Tell a syntax error with its line; the line itself is not shown, it may hold a secret."""
    place = re.search(r"\(at line (\d+), column (\d+)\)", said)
    why = said[: place.start()].strip() if place else said.replace("(at end of document)", "").strip()
    line = int(place[1]) if place else text.count("\n") + 1
    column = f", column {place[2]}" if place else " (the end)"
    return f"{path} line {line}{column}: no valid TOML: {why}"


def _told(problems: Sequence[Problem], text: str) -> list[str]:
    """Write problems in the order of the file, each once, with the line where we know it."""
    lines = lines_of(text)
    placed = [(line_of(problem.path, lines), problem) for problem in dict.fromkeys(problems)]
    placed.sort(key=lambda pair: pair[0] if pair[0] is not None else 10**9)
    return [str(p) if line is None else f"{at(p.path)} (line {line}): {p.what}" for line, p in placed]


class _File:
    """One file being read: its tables, and what was found wrong so far."""

    def __init__(self, tables: Table, decoder: Decoder):
        self.tables = {name: [value] if name in LISTS and isinstance(value, Mapping) else value for name, value in tables.items()}
        self.decoder = decoder
        self._sections(tables)

    def settings(self, path: Path) -> Settings | None:
        """Return the settings, or None when anything is wrong."""
        one: dict[str, Any] = {name: self._table(name, cls) for name, cls in TABLES.items()}
        many: dict[str, list[Any]] = {name: self._list(name, cls) for name, cls in LISTS.items()}
        check_names(self.decoder, self.tables)
        check_limits(self.decoder, self.tables)
        sources = self._collectors()
        model = self.options(CLASSIFIERS, self._raw("classifier"), "embedded", ("classifier",))
        people = [self._receiver(place, raw, table) for (place, raw), table in zip(self._raws("receiver"), many["receiver"], strict=True)]
        if self.decoder.problems:
            return None
        judge = one["classifier"]
        return Settings(
            monitor=self._placed(one["monitor"]),
            budget=one["budget"],
            watches=tuple(map(sections.watched, many["watch"])),
            collectors=tuple(Collector(c.name, c.kind, c.every, o, c.budget) for c, o in zip(many["collector"], sources, strict=True)),
            classifier=Classifier(judge.kind, judge.complaint_threshold, model, judge.heads),
            topics=tuple(many["topic"]),
            playbooks=tuple(many["playbook"]),
            routes=tuple(many["route"]),
            receivers=tuple(r for r in people if r is not None) or (console_receiver(),),
            retention=sections.Retention.of(one["retention"]),
            grouping=one["grouping"],
            emergence=self._local(one["emergence"], one["monitor"].timezone),
            reach=one["reach"],
            forecast=one["forecast"],
            decision=with_weights(one["decision"], tuple(many["topic"])),
            oncall=tuple(table.rota for table in many["oncall"]),
            partners=tuple(many["partner"]),
            subscribers=one["subscribers"],
            signals=one["signals"],
            web=one["web"],
            path=path,
        )

    def _sections(self, tables: Table) -> None:
        for name, value in tables.items():
            if name in LISTS and isinstance(value, Mapping):
                self.decoder.note((name,), f"is a list: write [[{name}]], with two brackets")
            elif name in LISTS and not _is_list_of_tables(value):
                self.decoder.note((name,), f"is a list of tables: write [[{name}]]")
            elif name in TABLES and not isinstance(value, Mapping):
                self.decoder.note((name,), f"is one table: write [{name}]")
            elif name not in LISTS and name not in TABLES:
                self.decoder.note((name,), f"unknown section or key{set_to(name, value)}{_hint(name)}")

    def _raw(self, name: str) -> Table:
        value = self.tables.get(name)
        return value if isinstance(value, Mapping) else {}

    def _raws(self, name: str) -> list[tuple[int, Table]]:
        value = self.tables.get(name)
        return list(enumerate(value)) if _is_list_of_tables(value) else []

    def _table(self, name: str, cls: type[T]) -> T | None:
        return self.decoder.table(cls, self._raw(name), (name,))

    def _list(self, name: str, cls: type[T]) -> list[T | None]:
        return [self.decoder.table(cls, raw, (name, place)) for place, raw in self._raws(name)]

    def _placed(self, table: sections.Monitor) -> sections.Monitor:
        """Put the default database beside the file, as a stated one is."""
        return replace(table, database=Location(self.decoder.folder / table.database))

    def _local(self, detector: emergence.Parameters, zone: ZoneInfo) -> emergence.Parameters:
        """Give the detector's profile the configured zone's winter time, unless the file states an offset."""
        offset = datetime(2026, 1, 1, tzinfo=zone).utcoffset()
        if "utc_offset_hours" in self._raw("emergence") or offset is None:
            return detector
        return replace(detector, utc_offset_hours=offset.total_seconds() / 3600)

    def _collectors(self) -> list[object]:
        return [self.options(COLLECTORS, raw, None, ("collector", place)) for place, raw in self._raws("collector")]

    def _receiver(self, place: int, raw: Table, table: sections.ReceiverTable | None) -> Receiver | None:
        listed = raw.get("notifier")
        tables: list[Table] = listed if _is_list_of_tables(listed) else []
        checked = [self.options(NOTIFIERS, t, None, ("receiver", place, "notifier", n)) for n, t in enumerate(tables)]
        if not tables:
            self.decoder.note(("receiver", place, "notifier"), "is missing: add a [[receiver.notifier]] with a kind, or nobody is told")
        if table is None:
            return None
        names = _numbered([notifier.name or notifier.kind for notifier in table.notifier])
        channels = (Notifier(name, n.kind, options) for name, n, options in zip(names, table.notifier, checked, strict=True))
        days_off = table.holidays.days() if table.hours or table.days else frozenset[date]()
        calendar = (table.hours, table.days, days_off, table.otherwise or None)
        return Receiver(table.name, table.language, table.quiet_hours, table.cap, tuple(channels), *calendar, weekly=table.weekly)

    def options(self, kinds: Mapping[str, str], raw: Table, default_kind: str | None, path: tuple[str | int, ...]) -> object:
        """Return the checked options of a plug-in's table, looked into even when the rest of that table is wrong."""
        kind = raw.get("kind", default_kind)
        given = raw.get("options", {})
        if not isinstance(kind, str) or not isinstance(given, Mapping):
            return None  # told by the table's own check
        try:
            cls = plugins.load(kinds, kind)
        except ConfigError as error:
            if kind.strip():
                self.decoder.note((*path, "kind"), error.problems[0])
            self._options_of_unknown_kind(kinds, kind, given, (*path, "options"))
            return None
        return self.decoder.table(plugins.options_of(cls), given, (*path, "options"))

    def _options_of_unknown_kind(self, kinds: Mapping[str, str], kind: str, given: Table, path: tuple[str | int, ...]) -> None:
        """Check options by the kind that was probably meant; else tell those that no kind has, and missing variables."""
        guess = nearest(kind, kinds)
        classes = _option_classes(kinds, [guess] if guess else kinds)
        known = {key for cls in classes for key in keys_of(cls)}
        secret = {key for cls in classes for key in secret_keys(cls)}
        for key, value in given.items():
            if classes and key not in known:
                whose = f'kind "{guess}"' if guess else "any kind"
                self.decoder.note((*path, key), f"unknown key of {whose}{set_to(key, value, secret)}{meant(key, known)}")
            if key in secret:
                self.decoder.table(Secret, value, (*path, key))
            else:
                self.decoder.loose_secrets(value, (*path, key))


def _is_list_of_tables(value: object) -> TypeGuard[list[Table]]:
    return isinstance(value, list) and all(isinstance(part, Mapping) for part in value)


def _hint(name: str) -> str:
    """Say which section was meant, or where a key belongs that stands above the first header."""
    for section, cls in TABLES.items():
        key = nearest(name, keys_of(cls))
        if key is not None and nearest(name, (*TABLES, *LISTS)) is None:
            return f'; did you mean "{key}" under [{section}]?'
    known = (*TABLES, *LISTS)
    return meant(name, known) or "; known: " + ", ".join(known)


def _numbered(names: Sequence[str]) -> list[str]:
    """Make names unique: the second email is email-2."""
    seen: Counter[str] = Counter()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return unique


def _option_classes(kinds: Mapping[str, str], names: Iterable[str]) -> list[type[Any]]:
    """Return the ``Options`` of those kinds that can be imported here."""
    classes = []
    for name in names:
        with contextlib.suppress(ConfigError):
            classes.append(plugins.options_of(plugins.load(kinds, name)))
    return classes
