"""TOML values to frozen dataclasses: every problem at once, each with its path in the file; the only room that knows cattrs.

A field's type says what is accepted: ``str int float bool``, enums and ``Literal``, ``tuple[X, ...]``, ``Mapping[str, X]``, ``X | None``,
nested dataclasses, ``timedelta`` ("30s 5m 2h 7d"), ``ZoneInfo``, ``Path`` and ``Location`` (relative to the file's folder), ``Secret``
(``{ env = "NAME" }`` and nothing else), ``Annotated[X, Between(...)]``, and any class with ``parse(text)``. A field named ``continue_`` is
the key ``continue``.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import re
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from cattrs import Converter

T = TypeVar("T")
Step = str | int
Read = Callable[[Any, Any], Any]

DURATION = re.compile(r"([0-9]{1,9})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = timedelta(days=36500)
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_LIKE_A_SECRET = re.compile(r"pass|secret|token|key|credential|auth|webhook|cookie|^pw|pwd", re.IGNORECASE)
_BROKEN_RULE = re.compile(r"(\w+) (must .*)", re.DOTALL)


class Secret:
    """A value from the environment that never shows itself: not in ``repr``, ``str``, formats, comparisons or pickles."""

    __slots__ = ("_reveal", "name")

    def __init__(self, value: str, name: str = ""):
        self.name = name
        self._reveal: Callable[[], str] = lambda: value

    def reveal(self) -> str:
        """Return the value itself; call this only where it is handed to a library."""
        return self._reveal()

    def __repr__(self) -> str:
        return f"Secret({self.name!r})"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._reveal() == self._reveal()

    def __hash__(self) -> int:
        return hash(self._reveal())

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("a secret is not written anywhere")


class Location(str):
    """A file or folder, made absolute against the folder of the file that names it; ``-`` (standard input) stays."""

    __slots__ = ()


@dataclass(frozen=True)
class Between:
    """A bound for a number (both ends included) in ``Annotated[int, Between(1)]``."""

    low: float | None = None
    high: float | None = None

    def broken(self, value: object) -> str | None:
        """Say what ``value`` should be, or None when it is fine."""
        if not isinstance(value, int | float):
            return None
        if (self.low is None or value >= self.low) and (self.high is None or value <= self.high):
            return None
        return f"a number {self.range}"

    @property
    def range(self) -> str:
        """The bound in words."""
        if self.low is not None and self.high is not None:
            return f"from {self.low:g} to {self.high:g}"
        return f"at least {self.low:g}" if self.low is not None else f"at most {self.high:g}"


@dataclass(frozen=True)
class Filled:
    """Demands a text that is not blank, in ``Annotated[str, Filled()]``."""

    def broken(self, value: object) -> str | None:
        """Say what ``value`` should be, or None when it is fine."""
        return "a text that is not blank" if isinstance(value, str) and not value.strip() else None


class Problem(NamedTuple):
    """One thing that is wrong: where (keys and 0-based places in lists) and what."""

    path: tuple[Step, ...]
    what: str

    def __str__(self) -> str:
        return f"{at(self.path)}: {self.what}" if self.path else self.what


class _Wrong(Exception):
    """Carries problems up to the table that is being read; their paths are relative to where it is raised."""

    def __init__(self, problems: list[Problem]):
        self.problems = problems


def at(path: Iterable[Step]) -> str:
    """Write a path as people count: ``collector[2].options.every`` is a key of the second collector."""
    return "".join(f"[{step + 1}]" if isinstance(step, int) else f".{_key(step)}" for step in path).removeprefix(".")


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else shown(key)


def shown(value: object, limit: int = 60) -> str:
    """Write a value for a person's eyes: one line, no control or bidi characters, cut at ``limit``; what a table holds is not shown."""
    if isinstance(value, Mapping | list):
        return "a table" if isinstance(value, Mapping) else "a list"
    text = json.dumps(value, ensure_ascii=False, default=str)
    safe = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[: limit * 4])
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, or None."""
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), by_lower, 1, 0.6)
    return by_lower[close[0]] if close else None


def meant(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean "x"?`` or nothing."""
    name = nearest(word, known)
    return f'; did you mean "{name}"?' if name else ""


def set_to(key: str, value: object, secret: Iterable[str] = ()) -> str:
    """Return `` (set to ...)`` for a key nobody knows, or nothing when it may have been meant for a secret."""
    hide = isinstance(value, Mapping | list) or _LIKE_A_SECRET.search(key) or nearest(key, secret)
    return "" if hide else f" (set to {shown(value)})"


def duration(text: str) -> timedelta:
    """Read ``30s 5m 2h 7d``; ``ValueError`` for anything else, for nothing and for over a hundred years."""
    match = DURATION.fullmatch(text)
    if match is None:
        raise ValueError("a duration is a whole number with s, m, h or d: 30s 5m 2h 7d")
    length = timedelta(seconds=int(match[1]) * _SECONDS[match[2]])
    if not timedelta(0) < length <= _LONGEST:
        raise ValueError("a duration must be longer than nothing and at most 36500d")
    return length


def keys_of(cls: type) -> dict[str, dataclasses.Field[Any]]:
    """Return the keys that a table for ``cls`` may have."""
    return {field.name.removesuffix("_"): field for field in dataclasses.fields(cls) if field.init}


def secret_keys(cls: type) -> frozenset[str]:
    """Return the keys of ``cls`` that hold secrets."""
    hints = get_type_hints(cls, include_extras=True)
    return frozenset(key for key, field in keys_of(cls).items() if _holds_secret(hints[field.name]))


def _holds_secret(kind: Any) -> bool:
    return kind is Secret or any(_holds_secret(part) for part in get_args(kind))


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
        except _Wrong as wrong:
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
            (str, _text), (bool, _truth), (int, _whole), (float, _number), (timedelta, _duration), (ZoneInfo, _zone),
            (Secret, self._secret),
            (Path, lambda value, _: self._path(value)),
            (Location, lambda value, _: Location(value if value == "-" else self._path(value))),
        )  # fmt: skip

    def _composed(self) -> tuple[tuple[Callable[[Any], bool], Read], ...]:
        return (
            (lambda kind: isinstance(kind, type) and hasattr(kind, "parse"), _parsed),
            (lambda kind: dataclasses.is_dataclass(kind) and not hasattr(kind, "parse"), self._dataclass),
            (lambda kind: isinstance(kind, type) and issubclass(kind, Enum), _choice),
            (lambda kind: get_origin(kind) is Literal, _choice),
            (lambda kind: get_origin(kind) is tuple, self._list),
            (lambda kind: get_origin(kind) in (Mapping, dict), self._mapping),
            (lambda kind: get_origin(kind) is Annotated, self._annotated),
            (lambda kind: get_origin(kind) in (Union, types.UnionType), self._optional),
            (lambda kind: kind in (object, Any), lambda value, _: value),
        )

    def _dataclass(self, value: object, cls: Any) -> Any:
        if not isinstance(value, Mapping):
            raise _wrong("a table", value)
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
            raise _Wrong(problems)
        return made

    def _field(self, key: str, value: object, kind: Any, given: dict[str, Any], name: str, problems: list[Problem]) -> None:
        try:
            given[name] = self._converter.structure(value, kind)
        except _Wrong as wrong:
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
            raise _wrong(f"a {described(kind)} in square brackets", value)
        return tuple(self._each(enumerate(value), get_args(kind)[0]).values())

    def _mapping(self, value: object, kind: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise _wrong("a table", value)
        return self._each(value.items(), get_args(kind)[1])

    def _each(self, parts: Iterable[tuple[Any, object]], kind: Any) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        problems: list[Problem] = []
        for step, part in parts:
            self._field(step, part, kind, made, step, problems)
        if problems:
            raise _Wrong(problems)
        return made

    def _annotated(self, value: object, kind: Any) -> Any:
        made = self._converter.structure(value, get_args(kind)[0])
        for rule in kind.__metadata__:
            expected = rule.broken(made) if isinstance(rule, Between | Filled) else None
            if expected:
                raise _wrong(expected, value)
        return made

    def _optional(self, value: object, kind: Any) -> Any:
        """Read ``X | None``: a key that is there has an X; of several X the first that fits."""
        options = [part for part in get_args(kind) if part is not type(None)]
        if len(options) == 1:
            return self._converter.structure(value, options[0])
        for option in options:
            try:
                return self._converter.structure(value, option)
            except _Wrong:
                continue
        raise _wrong(described(kind), value)

    def _path(self, value: object) -> Path:
        text = _text(value, str)
        if not text or "\0" in text:
            raise _wrong("a file or folder", value)
        try:
            return (self.folder / Path(text).expanduser()).resolve()
        except (RuntimeError, OSError):
            raise _wrong("a file or folder", value) from None

    def _secret(self, value: object, _: Any) -> Secret:
        if not isinstance(value, Mapping) or set(value) != {"env"} or not isinstance(value["env"], str):
            clear = " The value in the file is a secret written in clear: take it out and renew it." if isinstance(value, str) else ""
            raise _Wrong([Problem((), 'a secret is given as { env = "NAME" } and stands in the environment only.' + clear)])
        name = value["env"]
        found = self.environment.get(name)
        if found is None and not _VARIABLE.fullmatch(name):
            what = "the environment variable named here is not set (not shown: it may be the secret itself; write names in capitals)"
            raise _Wrong([Problem((), what)])
        if not found:
            raise _Wrong([Problem((), f"environment variable {name} is {'not set' if found is None else 'empty'}")])
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


def _wrong(expected: str, value: object) -> _Wrong:
    if isinstance(value, Mapping) and set(value) == {"env"}:
        return _Wrong([Problem((), f"expected {expected}, not {{ env = ... }} (only secrets come from the environment)")])
    return _Wrong([Problem((), f"expected {expected}, not {shown(value)}")])


def _text(value: object, _: Any) -> str:
    if not isinstance(value, str):
        raise _wrong("a text in quotes", value)
    return value


def _truth(value: object, _: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong("true or false", value)
    return value


def _whole(value: object, _: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
        raise _wrong("a whole number", value)
    return value


def _number(value: object, _: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) >= 1e18 or not math.isfinite(value):
        raise _wrong("a number", value)
    return float(value)


def _duration(value: object, _: Any) -> timedelta:
    if not isinstance(value, str):
        raise _wrong("a duration such as 30s 5m 2h 7d (in quotes)", value)
    try:
        return duration(value)
    except ValueError as error:
        raise _Wrong([Problem((), f"{error}, not {shown(value)}")]) from None


def _zone(value: object, _: Any) -> ZoneInfo:
    text = _text(value, str)
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise _wrong("a time zone such as Asia/Seoul", value) from None


def _choice(value: object, kind: Any) -> Any:
    options = {str(o): o for o in get_args(kind)} if get_origin(kind) is Literal else {str(o.value): o for o in kind}
    if not isinstance(value, str) or value not in options:
        hint = meant(value, options) if isinstance(value, str) else ""
        raise _Wrong([Problem((), f"expected {described(kind)}, not {shown(value)}{hint}")])
    return options[value]


def _parsed(value: object, kind: Any) -> Any:
    text = _text(value, str)
    try:
        return kind.parse(text)
    except ValueError as error:
        raise _Wrong([Problem((), f"{error}, not {shown(value)}")]) from None


_WORDS: dict[Any, str] = {
    str: "text", int: "whole number", float: "number", bool: "true or false", timedelta: "duration", ZoneInfo: "time zone",
    Path: "file or folder", Location: "file or folder", Secret: 'secret, { env = "NAME" }',
}  # fmt: skip


def described(kind: Any) -> str:
    """Name a field's type as an operator would."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind in _WORDS:
        return _WORDS[kind]
    if origin is Annotated:
        rules = [rule.range for rule in kind.__metadata__ if isinstance(rule, Between)]
        return ", ".join([described(parts[0]), *rules])
    if origin is tuple:
        inner = described(parts[0])
        return f"list of {inner}" if inner.startswith('"') else f"list of {_plural(inner)}"
    if origin in (Mapping, dict):
        return "table" if parts[1] in (object, Any) else f"table of {_plural(described(parts[1]))}"
    if origin is Literal:
        return " or ".join(json.dumps(part) for part in parts)
    if origin in (Union, types.UnionType):
        return " or ".join(described(part) for part in parts if part is not type(None))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(json.dumps(member.value) for member in kind)
    if dataclasses.is_dataclass(kind) and not hasattr(kind, "example"):
        return "table"
    return str(getattr(kind, "example", None) or getattr(kind, "__name__", kind))


def _plural(words: str) -> str:
    return words + ("es" if words.endswith("s") else "s")
