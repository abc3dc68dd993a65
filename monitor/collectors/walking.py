"""Walking back from the newest post to what is known already, for one or more questions, without losing or skipping anything.

A platform that lists newest first is read until the known is reached, with some overlap for posts that its index shows late. Only then
does the mark of that question move: a walk that dies on the way starts again, and what it had stored is known by its ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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


class Marks:
    """How far each question is answered: the time of the newest post stored for it."""

    def __init__(self, cursor: str | None):
        read = {question: _moment_of(at) for question, at in _object(cursor).items()}
        self._known = {question: at for question, at in read.items() if at is not None}

    def get(self, question: str) -> datetime | None:
        """Return the mark of ``question``; None if it was never answered whole."""
        return self._known.get(question)

    def move(self, question: str, at: datetime) -> str:
        """Set the mark of ``question`` (it never goes back) and return the cursor for all."""
        self._known[question] = max(at, self._known.get(question, at))
        return json.dumps({name: mark.isoformat() for name, mark in sorted(self._known.items())})

    def keep(self, questions: Iterable[str]) -> None:
        """Forget the marks of questions that are no longer asked."""
        asked = set(questions)
        self._known = {name: mark for name, mark in self._known.items() if name in asked}


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


def _page(batch: Batch, cursor: str | None) -> Page:
    return Page(batch.posts, batch.authors, batch.engagement, batch.gone, cursor, batch.problems, batch.edited)


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
