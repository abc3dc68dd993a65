"""How far each question is answered, and which stretches of time are still open because a walk was broken off.

A walk from the newest back costs a request, and at some platforms money, with every page. So each page's cursor may say what is left to
read; the next pass reads the new posts first and then goes on where the last one ended. Long walks so come to their end at a platform
that fails again and again, and nothing is paid for twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

MOST = 8
"""So many open stretches are told apart; beyond that they become one that spans them all."""


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A time whose posts are still to be read; ``until`` is not part of it."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a walk goes back: ``overlap`` behind the mark, ``first`` behind now where there is no mark yet."""

    overlap: timedelta = timedelta(minutes=15)
    first: timedelta = timedelta(days=2)

    def floor(self, mark: datetime | None, now: datetime) -> datetime:
        """Return the time at which the walk may stop."""
        return now - self.first if mark is None else mark - self.overlap


@dataclass(frozen=True, slots=True)
class _Standing:
    """``settled``: behind it nothing was left open when all of it had been read; what was shown late may lie an overlap before it."""

    mark: datetime
    settled: datetime
    left: tuple[Stretch, ...] = ()


class Progress:
    """What a cursor says of each question (or term of one): read up to its mark, but for what is left.

    A cursor that cannot be read (of another version, say) means to begin anew, which loses nothing.
    """

    def __init__(self, cursor: str | None):
        self._known = {key: standing for key, value in remembered(cursor).items() if (standing := _standing(value))}

    def keep(self, keys: Iterable[str]) -> None:
        """Forget questions that are no longer asked."""
        asked = set(keys)
        self._known = {key: standing for key, standing in self._known.items() if key in asked}

    def mark(self, key: str) -> datetime | None:
        """Return the time of the newest post read for this question; None if it was never answered."""
        standing = self._known.get(key)
        return standing.mark if standing else None

    def begin(self, keys: Sequence[str], reach: Reach, now: datetime) -> datetime:
        """Return from when on the newest posts are to be read.

        While something is left that is the mark: the overlap can wait, or a long walk would read it again with every pass and never end.
        """
        return min(self._begin(key, reach, now) for key in keys)

    def _begin(self, key: str, reach: Reach, now: datetime) -> datetime:
        standing = self._known.get(key)
        if standing is None:
            return reach.floor(None, now)
        return standing.mark if standing.left else reach.floor(standing.settled, now)

    def left(self, keys: Sequence[str]) -> list[Stretch]:
        """Return what is left to read for any of these questions, newest first."""
        return sorted({stretch for key in keys if key in self._known for stretch in self._known[key].left}, reverse=True)

    def move(self, keys: Sequence[str], mark: datetime, left: Sequence[Stretch] = ()) -> str:
        """Set the mark of these questions (it never goes back) and what is left of them; returns the cursor for all."""
        told = tuple(left) if len(left) <= MOST else (Stretch(min(left).since, max(one.until for one in left)),)
        for key in keys:
            before = self._known.get(key, _Standing(mark, mark))
            newest = max(mark, before.mark)
            self._known[key] = _Standing(newest, before.settled if before.left else newest, told)
        return self.cursor()

    def cursor(self) -> str:
        """Return all of it as text."""
        return json.dumps(self.places(), ensure_ascii=False)

    def places(self) -> dict[str, list[Any]]:
        """Return for each question its mark, the time behind which it is settled, and each open stretch, as JSON can hold them."""
        return {key: _written(standing) for key, standing in sorted(self._known.items())}


def _written(standing: _Standing) -> list[Any]:
    return [
        standing.mark.isoformat(),
        standing.settled.isoformat(),
        *([one.since.isoformat(), one.until.isoformat()] for one in standing.left),
    ]


def _standing(value: object) -> _Standing | None:
    try:
        mark, settled, *left = value if isinstance(value, list) else []
        stretches = tuple(Stretch(_moment(since), _moment(until)) for since, until in left)
        return _Standing(_moment(mark), _moment(settled), stretches)
    except (TypeError, ValueError):
        return None


def _moment(value: object) -> datetime:
    at = datetime.fromisoformat(str(value))
    if at.tzinfo is None:
        raise ValueError("a time without zone")
    return at


def remembered(cursor: str | None) -> dict[str, Any]:
    """Return what a cursor says; one that cannot be read (of another version, say) means to begin anew, which loses nothing."""
    try:
        known = json.loads(cursor or "{}")
    except (ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}
