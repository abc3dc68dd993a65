"""Where in a TOML file a key stands: a light scan that serves error messages only and may come up empty."""

from __future__ import annotations

import re
from collections.abc import Iterator

Path = tuple[str | int, ...]

_KEY = r"""[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'"""
_DOTTED = rf"(?:{_KEY})(?:\s*\.\s*(?:{_KEY}))*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_ASSIGNED = re.compile(rf"\s*({_DOTTED})\s*=\s*(.*)")
_FENCES = ('"""', "'''")


def lines_of(text: str) -> dict[Path, int]:
    """Return the line (from 1) on which each table and key of ``text`` begins; lists of tables are counted from 0."""
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in _outside_strings(text):
        if header := _HEADER.match(line):
            table = _entered(header[1] == "[[", _parts(header[2]), counts)
            found.setdefault(table, number)
            if header[1] == "[[":
                found.setdefault(table[:-1], number)
        elif assigned := _ASSIGNED.match(line):
            found.setdefault((*table, *_parts(assigned[1])), number)
    return found


def line_of(path: Path, lines: dict[Path, int]) -> int | None:
    """Return the line of ``path``, or of the nearest thing around it."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


def _entered(listed: bool, keys: tuple[str, ...], counts: dict[Path, int]) -> Path:
    """Return the path of the table that a header opens; a list on the way means its latest table."""
    path: Path = ()
    for key in keys[:-1]:
        path = (*path, key)
        path = (*path, counts[path]) if path in counts else path
    path = (*path, keys[-1])
    if not listed:
        return path
    counts[path] = counts.get(path, -1) + 1
    return (*path, counts[path])


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_KEY, dotted))


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that do not begin inside a string of several lines."""
    fence: str | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if fence is not None:
            fence = None if fence in line else fence
            continue
        yield number, line
        opened = [(line.index(mark), mark) for mark in _FENCES if mark in line]
        if opened and line.count(min(opened)[1]) % 2:
            fence = min(opened)[1]
