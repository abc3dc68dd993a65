"""A table of the file to a dataclass, field by field; here is cattrs."""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from cattrs import Converter

from monitor.decode.kinds import Between, Filled, Location, Secret, described, keys_of, secret_keys
from monitor.decode.problems import Problem, Step, Wrong, meant, set_to, shown, wrong
from monitor.decode.values import read_choice, read_duration, read_number, read_parsed, read_text, read_truth, read_whole, read_zone

T = TypeVar("T")
Read = Callable[[Any, Any], Any]
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_BROKEN_RULE = re.compile(r"(\w+) (must .*)", re.DOTALL)


class Decoder:
    """Reads tables into dataclasses and gathers what is wrong in ``problems``.

    ``environment`` is where secrets come from, ``folder`` what relative locations start from.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path):
        self.environment = environment
        self.folder = folder
        self.problems: list[Problem] = []
        self._converter = self._made()

    def table(self, cls: type[T], value: object, path: tuple[Step, ...] = ()) -> T | None:
        """Return ``value`` as a ``cls``, or None after noting why not under ``path``."""
        try:
            return self._converter.structure(value, cls)
        except Wrong as wrong:
            self.problems += [Problem((*path, *problem.path), problem.what) for problem in wrong.problems]
            return None

    def note(self, path: tuple[Step, ...], what: str) -> None:
        """Add a problem that only the caller can see."""
        self.problems.append(Problem(path, what))

    def loose_secrets(self, value: object, path: tuple[Step, ...]) -> None:
        """Note what is wrong with the ``{ env = ... }`` in a table whose type is not known."""
        if isinstance(value, Mapping) and set(value) == {"env"}:
            self.table(Secret, value, path)
        elif isinstance(value, Mapping):
            for key, part in value.items():
                self.loose_secrets(part, (*path, str(key)))
        elif isinstance(value, list):
            for place, part in enumerate(value):
                self.loose_secrets(part, (*path, place))

    def _made(self) -> Converter:
        converter = Converter(detailed_validation=False)
        for kind, read in self._plain():
            converter.register_structure_hook(kind, self._exactly(kind, read))
        for fits, read in self._composed():
            converter.register_structure_hook_func(fits, read)
        return converter

    def _exactly(self, wanted: type, read: Read) -> Read:
        """Keep cattrs from reading subclasses (an enum of texts, an address) as their base class."""

        def exact(value: object, kind: Any) -> Any:
            if kind is wanted:
                return read(value, kind)
            return next(composed for fits, composed in self._composed() if fits(kind))(value, kind)

        return exact

    def _plain(self) -> tuple[tuple[type, Read], ...]:
        return (
            (str, read_text), (bool, read_truth), (int, read_whole), (float, read_number), (timedelta, read_duration),
            (ZoneInfo, read_zone), (Secret, self._secret),
            (Path, lambda value, _: self._path(value)),
            (Location, lambda value, _: Location(value if value == "-" else self._path(value))),
        )  # fmt: skip

    def _composed(self) -> tuple[tuple[Callable[[Any], bool], Read], ...]:
        return (
            (lambda kind: isinstance(kind, type) and hasattr(kind, "parse"), read_parsed),
            (lambda kind: dataclasses.is_dataclass(kind) and not hasattr(kind, "parse"), self._dataclass),
            (lambda kind: isinstance(kind, type) and issubclass(kind, Enum), read_choice),
            (lambda kind: get_origin(kind) is Literal, read_choice),
            (lambda kind: get_origin(kind) is tuple, self._list),
            (lambda kind: get_origin(kind) in (Mapping, dict), self._mapping),
            (lambda kind: get_origin(kind) is Annotated, self._annotated),
            (lambda kind: get_origin(kind) in (Union, types.UnionType), self._optional),
            (lambda kind: kind in (object, Any), lambda value, _: value),
        )

    def _dataclass(self, value: object, cls: Any) -> Any:
        if not isinstance(value, Mapping):
            raise wrong("a table", value)
        keys, hints = keys_of(cls), get_type_hints(cls, include_extras=True)
        problems = [self._unknown(key, value[key], cls) for key in value if key not in keys]
        given: dict[str, Any] = {}
        for key, field in keys.items():
            if key in value:
                self._field(key, value[key], hints[field.name], given, field.name, problems)
                _keep_rest(field, given)
            elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                problems.append(Problem((key,), f"is missing ({described(hints[field.name])})"))
        made = self._instance(cls, given, value, problems)
        if problems:
            raise Wrong(problems)
        return made

    def _field(self, key: str, value: object, kind: Any, given: dict[str, Any], name: str, problems: list[Problem]) -> None:
        try:
            given[name] = self._converter.structure(value, kind)
        except Wrong as wrong:
            problems += [Problem((key, *problem.path), problem.what) for problem in wrong.problems]

    @staticmethod
    def _instance(cls: Any, given: dict[str, Any], value: Mapping[str, object], problems: list[Problem]) -> Any:
        """Make the instance; its own ``ValueError`` ("threshold must ..; ...") becomes problems, also beside others found before."""
        try:
            return cls(**given)
        except TypeError:
            return None  # a key without default is missing or wrong, and has been told
        except ValueError as error:
            problems += _broken_rules(cls, str(error), value, {problem.path[0] for problem in problems})
            return None

    @staticmethod
    def _unknown(key: str, value: object, cls: Any) -> Problem:
        known = keys_of(cls)
        return Problem((key,), f"unknown key{set_to(key, value, secret_keys(cls))}{meant(key, known) or '; known: ' + ', '.join(known)}")

    def _list(self, value: object, kind: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise wrong(f"a {described(kind)} in square brackets", value)
        return tuple(self._each(enumerate(value), get_args(kind)[0]).values())

    def _mapping(self, value: object, kind: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise wrong("a table", value)
        return self._each(value.items(), get_args(kind)[1])

    def _each(self, parts: Iterable[tuple[Any, object]], kind: Any) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        problems: list[Problem] = []
        for step, part in parts:
            self._field(step, part, kind, made, step, problems)
        if problems:
            raise Wrong(problems)
        return made

    def _annotated(self, value: object, kind: Any) -> Any:
        made = self._converter.structure(value, get_args(kind)[0])
        for rule in kind.__metadata__:
            expected = rule.broken(made) if isinstance(rule, Between | Filled) else None
            if expected:
                raise wrong(expected, value)
        return made

    def _optional(self, value: object, kind: Any) -> Any:
        """Read ``X | None``: a key that is there has an X; of several X the first that fits."""
        options = [part for part in get_args(kind) if part is not type(None)]
        if len(options) == 1:
            return self._converter.structure(value, options[0])
        for option in options:
            try:
                return self._converter.structure(value, option)
            except Wrong:
                continue
        raise wrong(described(kind), value)

    def _path(self, value: object) -> Path:
        text = read_text(value, str)
        if not text or "\0" in text:
            raise wrong("a file or folder", value)
        try:
            return (self.folder / Path(text).expanduser()).resolve()
        except (RuntimeError, OSError):
            raise wrong("a file or folder", value) from None

    def _secret(self, value: object, _: Any) -> Secret:
        if not isinstance(value, Mapping) or set(value) != {"env"} or not isinstance(value["env"], str):
            clear = " The value in the file is a secret written in clear: take it out and renew it." if isinstance(value, str) else ""
            raise Wrong([Problem((), 'a secret is given as { env = "NAME" } and stands in the environment only.' + clear)])
        name = value["env"]
        found = self.environment.get(name)
        if found is None and not _VARIABLE.fullmatch(name):
            what = "the environment variable named here is not set (not shown: it may be the secret itself; write names in capitals)"
            raise Wrong([Problem((), what)])
        if not found:
            raise Wrong([Problem((), f"environment variable {name} is {'not set' if found is None else 'empty'}")])
        return Secret(found, name)


def _keep_rest(field: dataclasses.Field[Any], given: dict[str, Any]) -> None:
    """Let a table of names and numbers change only what it names: the default's other names stay."""
    if isinstance(given.get(field.name), Mapping) and field.default_factory is not dataclasses.MISSING:
        given[field.name] = {**field.default_factory(), **given[field.name]}


def _broken_rules(cls: Any, told: str, value: Mapping[str, object], known: set[Step]) -> list[Problem]:
    """Read "threshold must ..; .." as one problem for each rule; keys that are wrong already get no second one."""
    secret = secret_keys(cls)
    broken = []
    for sentence in told.split("; "):
        rule = _BROKEN_RULE.fullmatch(sentence)
        if rule is None or rule[1] not in value:
            broken.append(Problem((), sentence))
        elif rule[1] not in known:
            found = "" if rule[1] in secret else f", not {shown(value[rule[1]])}"
            broken.append(Problem((rule[1],), rule[2] + found))
    return broken
