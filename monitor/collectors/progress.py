"""How far each question is answered, and which stretches of time are still open because a walk was broken off.

A walk from the newest back costs a request, and at some platforms money, with every page. So each page's cursor may say what is left to
read; the next pass reads the new posts first and then goes on where the last one ended. Long walks so come to their end at a platform
that fails again and again, and nothing is paid for twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MOST = 8
"""So many open stretches are told apart; beyond that they become one that spans them all."""


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A time whose posts are still to be read; ``until`` is not part of it."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class _Standing:
    mark: datetime
    left: tuple[Stretch, ...] = ()


class Progress:
    """What a cursor says of each question (or term of one): read up to its mark, but for what is left.

    A cursor that cannot be read (of another version, say) means to begin anew, which loses nothing.
    """

    def __init__(self, cursor: str | None):
        self._known = {key: standing for key, value in _object(cursor).items() if (standing := _standing(value))}

    def keep(self, keys: Iterable[str]) -> None:
        """Forget questions that are no longer asked."""
        asked = set(keys)
        self._known = {key: standing for key, standing in self._known.items() if key in asked}

    def mark(self, key: str) -> datetime | None:
        """Return the time of the newest post read for this question; None if it was never answered."""
        standing = self._known.get(key)
        return standing.mark if standing else None

    def left(self, keys: Sequence[str]) -> list[Stretch]:
        """Return what is left to read for any of these questions, newest first."""
        return sorted({stretch for key in keys if key in self._known for stretch in self._known[key].left}, reverse=True)

    def move(self, keys: Sequence[str], mark: datetime, left: Sequence[Stretch] = ()) -> str:
        """Set the mark of these questions (it never goes back) and what is left of them; returns the cursor for all."""
        told = tuple(left) if len(left) <= MOST else (Stretch(min(left).since, max(one.until for one in left)),)
        for key in keys:
            self._known[key] = _Standing(max(mark, self.mark(key) or mark), told)
        return self.cursor()

    def cursor(self) -> str:
        """Return all of it as text."""
        return json.dumps(self.places(), ensure_ascii=False)

    def places(self) -> dict[str, list[Any]]:
        """Return for each question its mark and then each open stretch, as JSON can hold them."""
        return {key: _written(standing) for key, standing in sorted(self._known.items())}


def _written(standing: _Standing) -> list[Any]:
    return [standing.mark.isoformat(), *([one.since.isoformat(), one.until.isoformat()] for one in standing.left)]


def _standing(value: object) -> _Standing | None:
    told: list[Any] = value if isinstance(value, list) else []
    try:
        return _Standing(_moment(told[0]), tuple(Stretch(_moment(since), _moment(until)) for since, until in told[1:]))
    except (IndexError, TypeError, ValueError):
        return None


def _moment(value: object) -> datetime:
    at = datetime.fromisoformat(str(value))
    if at.tzinfo is None:
        raise ValueError("a time without zone")
    return at


def _object(cursor: str | None) -> dict[str, Any]:
    try:
        known = json.loads(cursor or "{}")
    except (ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}
