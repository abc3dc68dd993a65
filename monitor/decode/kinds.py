"""What a field may hold, beside Python's own types, and how an operator would call it."""

from __future__ import annotations

import dataclasses
import json
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

DURATION = re.compile(r"([0-9]{1,9})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = timedelta(days=36500)


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
