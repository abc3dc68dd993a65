"""Walking back from the newest post to what is known already, for one or more questions, without losing or skipping anything.

A platform that lists newest first is read until the known is reached, with some overlap for posts that its index shows late. Only then
does the mark of that question move: a walk that dies on the way starts again, and what it had stored is known by its ids.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from monitor.collectors import Hole, Page
from monitor.domain import Author, Engagement, Gone, Post


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request brought, newest first. ``oldest`` is the oldest time on it, also of posts that were left out; None: it was empty."""

    posts: Sequence[Post] = ()
    authors: Sequence[Author] = ()
    engagement: Sequence[Engagement] = ()
    gone: Sequence[Gone] = ()
    problems: Sequence[str] = ()
    oldest: datetime | None = None
    edited: Sequence[Post] = ()


class Left(NamedTuple):
    """A walk that ended on the way: what it has from ``newest`` down to ``at`` is stored, and ``begun`` was the newest when it began."""

    at: datetime
    newest: datetime
    begun: datetime


class Marks:
    """How far each question is answered: the time of the newest post stored for it, and where a walk was left."""

    def __init__(self, cursor: str | None):
        read = {question: _mark_and_left(place) for question, place in _object(cursor).items()}
        self._known = {question: mark for question, (mark, _) in read.items() if mark is not None}
        self._left = {question: left for question, (_, left) in read.items() if left is not None}

    def get(self, question: str) -> datetime | None:
        """Return the mark of ``question``; None if it was never answered whole."""
        return self._known.get(question)

    def left(self, question: str) -> Left | None:
        """Return where the last walk for ``question`` was left; None if it came to its end."""
        return self._left.get(question)

    def move(self, question: str, at: datetime) -> str:
        """Set the mark of ``question`` (it never goes back): its walk has ended. Return the cursor for all."""
        self._known[question] = max(at, self._known.get(question, at))
        self._left.pop(question, None)
        return self._cursor()

    def leave(self, question: str, left: Left) -> str:
        """Remember where the walk for ``question`` is; its mark stays. Return the cursor for all."""
        self._left[question] = left
        return self._cursor()

    def keep(self, questions: Iterable[str]) -> None:
        """Forget the marks of questions that are no longer asked."""
        asked = set(questions)
        self._known = {name: mark for name, mark in self._known.items() if name in asked}
        self._left = {name: left for name, left in self._left.items() if name in asked}

    def _cursor(self) -> str:
        places: dict[str, object] = {name: mark.isoformat() for name, mark in self._known.items()}
        places |= {name: [places.get(name), *(at.isoformat() for at in left)] for name, left in self._left.items()}
        return json.dumps(places, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a walk goes back: ``overlap`` behind the mark, ``first`` behind now where there is no mark yet."""

    overlap: timedelta = timedelta(minutes=15)
    first: timedelta = timedelta(days=2)

    def floor(self, mark: datetime | None, now: datetime) -> datetime:
        """Return the time at which the walk may stop."""
        return now - self.first if mark is None else mark - self.overlap


def newest_first(question: str, batches: Iterable[Batch], marks: Marks, reach: Reach, now: datetime, whole: bool = False) -> Iterator[Page]:
    """Yield the pages of one question until its mark (less the overlap) is reached, then move the mark with the last of them.

    ``whole`` says that the platform shows everything it has: running out of batches then leaves no hole. Where it shows a window only,
    running out before the mark is reached is a ``Hole`` from the mark to the oldest post seen.
    """
    mark = marks.get(question)
    floor = reach.floor(mark, now)
    newest, oldest = mark or floor, None
    for batch in batches:
        newest = max([newest, *(min(post.created_at, now) for post in batch.posts)])
        oldest = min(filter(None, (oldest, batch.oldest)), default=None)
        reached = oldest is not None and oldest <= floor
        yield _page(batch, marks.move(question, newest) if reached else None)
        if reached:
            return
    hole = None
    if mark and oldest and oldest > mark and not whole:
        hole = Hole(mark, oldest, f"{question}: the platform shows no further back")
    yield Page(cursor=marks.move(question, newest), hole=hole)


def newest_first_resumed(
    question: str, ask: Callable[[datetime | None], Iterable[Batch]], marks: Marks, reach: Reach, now: datetime
) -> Iterator[Page]:
    """Walk as ``newest_first`` does where the platform shows everything, and from any moment: ``ask(until)`` brings what is not newer.

    A walk that was left goes on: from the newest post back to what it has, and then from where it had got to. So long walks come to their
    end at a platform that fails again and again. The mark then moves only to where the walk once began: what was shown late meanwhile
    lies within the overlap of the next.
    """
    mark, left = marks.get(question), marks.left(question)
    floor = reach.floor(mark, now)
    newest, oldest, until, joined = mark or floor, None, None, left is None
    while True:
        for batch in ask(until):
            newest = max([newest, *(min(post.created_at, now) for post in batch.posts)])
            oldest = min(filter(None, (oldest, batch.oldest)), default=None)
            leaps = not joined and left is not None and oldest is not None and oldest <= left.newest
            if leaps and left is not None and oldest is not None:
                oldest, joined = min(oldest, left.at), True
            if oldest is not None and oldest <= floor:
                yield _page(batch, marks.move(question, left.begun if left else newest))
                return
            place = Left(oldest, newest, left.begun if left else newest) if joined and oldest else None
            yield _page(batch, marks.leave(question, place) if place else None)
            if leaps:
                break
        else:
            yield Page(cursor=marks.move(question, left.begun if left else newest))
            return
        until = oldest


def _page(batch: Batch, cursor: str | None) -> Page:
    return Page(batch.posts, batch.authors, batch.engagement, batch.gone, cursor, batch.problems, batch.edited)


def _mark_and_left(place: object) -> tuple[datetime | None, Left | None]:
    if not isinstance(place, list):
        return _moment_of(place), None
    mark, *times = [*map(_moment_of, place), None][:4]
    known = [at for at in times if at]
    return mark, Left(*known) if len(known) == 3 else None


def _object(cursor: str | None) -> Mapping[str, object]:
    """Read a cursor; one that cannot be read (of another version, say) means to begin anew, which loses nothing."""
    try:
        known = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}


def _moment_of(at: object) -> datetime | None:
    try:
        read = datetime.fromisoformat(at) if isinstance(at, str) else None
    except ValueError:
        return None
    return read if read and read.tzinfo else None


def moment(seconds: float) -> datetime:
    """Return the time of a Unix stamp."""
    return datetime.fromtimestamp(seconds, UTC)
