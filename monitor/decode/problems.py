"""What is wrong in a file: where, and said for a person's eyes."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

Step = str | int
_LIKE_A_SECRET = re.compile(r"pass|secret|token|key|credential|auth|webhook|cookie|^pw|pwd", re.IGNORECASE)


class Problem(NamedTuple):
    """One thing that is wrong: where (keys and 0-based places in lists) and what."""

    path: tuple[Step, ...]
    what: str

    def __str__(self) -> str:
        return f"{at(self.path)}: {self.what}" if self.path else self.what


class Wrong(Exception):
    """Carries problems up to the table that is being read; their paths are relative to where it is raised."""

    def __init__(self, problems: list[Problem]):
        self.problems = problems


def wrong(expected: str, value: object) -> Wrong:
    """Say what should stand there and what does."""
    if isinstance(value, Mapping) and set(value) == {"env"}:
        return Wrong([Problem((), f"expected {expected}, not {{ env = ... }} (only secrets come from the environment)")])
    return Wrong([Problem((), f"expected {expected}, not {shown(value)}")])


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
