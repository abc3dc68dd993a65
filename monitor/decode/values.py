"""One value of the file to one of a field's type; what does not fit is told as ``Wrong``."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

from monitor.decode.kinds import described, duration
from monitor.decode.problems import Problem, Wrong, meant, shown, wrong


def read_text(value: object, _: Any) -> str:
    """A text, as it is."""
    if not isinstance(value, str):
        raise wrong("a text in quotes", value)
    return value


def read_truth(value: object, _: Any) -> bool:
    """True or false, no other word for it."""
    if not isinstance(value, bool):
        raise wrong("true or false", value)
    return value


def read_whole(value: object, _: Any) -> int:
    """A whole number that SQLite can hold."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
        raise wrong("a whole number", value)
    return value


def read_number(value: object, _: Any) -> float:
    """A finite number, also one written without a point."""
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) >= 1e18 or not math.isfinite(value):
        raise wrong("a number", value)
    return float(value)


def read_duration(value: object, _: Any) -> timedelta:
    """``30s 5m 2h 7d``."""
    if not isinstance(value, str):
        raise wrong("a duration such as 30s 5m 2h 7d (in quotes)", value)
    try:
        return duration(value)
    except ValueError as error:
        raise Wrong([Problem((), f"{error}, not {shown(value)}")]) from None


def read_zone(value: object, _: Any) -> ZoneInfo:
    """A time zone by its name."""
    text = read_text(value, str)
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise wrong("a time zone such as Asia/Seoul", value) from None


def read_choice(value: object, kind: Any) -> Any:
    """One of an enum's values or a ``Literal``'s."""
    options = {str(o): o for o in get_args(kind)} if get_origin(kind) is Literal else {str(o.value): o for o in kind}
    if not isinstance(value, str) or value not in options:
        hint = meant(value, options) if isinstance(value, str) else ""
        raise Wrong([Problem((), f"expected {described(kind)}, not {shown(value)}{hint}")])
    return options[value]


def read_parsed(value: object, kind: Any) -> Any:
    """What the class's own ``parse`` makes of a text."""
    text = read_text(value, str)
    try:
        return kind.parse(text)
    except ValueError as error:
        raise Wrong([Problem((), f"{error}, not {shown(value)}")]) from None
