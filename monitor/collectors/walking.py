"""Walking back from the newest post to what is known already, for one or more questions, without losing or skipping anything.

A platform that lists newest first is read until the known is reached, with some overlap for posts that its index shows late. Where it
can be asked from any moment back, a walk that dies on the way goes on where it was; else the mark moves only at its end, the walk starts
again, and what it had stored is known by its ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.collectors import Hole, Page
from monitor.collectors.progress import Progress, Reach, Stretch
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


NEXT = timedelta(seconds=1)
"""Where a walk goes on, behind the oldest post it has: times are told in whole seconds, and another post may share that second."""


Ask = Callable[[datetime, datetime | None], Iterable[Batch]]
"""``ask(since, until)`` brings what is newer than ``since`` and older than ``until`` (None: from the newest), newest first."""


def newest_first(
    question: str, batches: Iterable[Batch], progress: Progress, reach: Reach, now: datetime, whole: bool = False
) -> Iterator[Page]:
    """Yield the pages of one question until its mark (less the overlap) is reached, then move the mark with the last of them.

    ``whole`` says that the platform shows everything it has: running out of batches then leaves no hole. Where it shows a window only,
    running out before the mark is reached is a ``Hole`` from the mark to the oldest post seen.
    """
    mark = progress.mark(question)
    floor = reach.floor(mark, now)
    newest, oldest = mark or floor, None
    for batch in batches:
        newest = _newest(newest, batch, now)
        oldest = min(filter(None, (oldest, batch.oldest)), default=None)
        reached = oldest is not None and oldest <= floor
        yield _page(batch, progress.move([question], newest) if reached else None)
        if reached:
            return
    hole = None
    if mark and oldest and oldest > mark and not whole:
        hole = Hole(mark, oldest, f"{question}: the platform shows no further back")
    yield Page(cursor=progress.move([question], newest), hole=hole)


def newest_first_resumed(question: str, ask: Ask, progress: Progress, reach: Reach, now: datetime) -> Iterator[Page]:
    """Walk as ``newest_first`` does where the platform shows everything, and from any moment.

    Every page's cursor says what is left to read, so a walk that dies on the way goes on where it was: from the newest post back to what
    it has, and then from where it had got to.
    """
    since = progress.begin([question], reach, now)
    newest = progress.mark(question) or since
    todo = [Stretch(since, now), *progress.left([question])]
    for place, stretch in enumerate(todo):
        later = todo[place + 1 :]
        oldest, ended = stretch.until, False
        for batch in ask(stretch.since, stretch.until if place else None):
            newest = _newest(newest, batch, now)
            oldest = min(oldest, batch.oldest or oldest)
            ended = oldest <= stretch.since
            left = [] if ended else [Stretch(stretch.since, oldest + NEXT)]
            yield _page(batch, progress.move([question], newest, [*left, *later]))
            if ended:
                break
        if not ended:
            yield Page(cursor=progress.move([question], newest, later))


def _newest(newest: datetime, batch: Batch, now: datetime) -> datetime:
    """A clock that runs ahead must not carry the mark past posts still to come."""
    return max([newest, *(min(post.created_at, now) for post in batch.posts)])


def _page(batch: Batch, cursor: str | None) -> Page:
    return Page(batch.posts, batch.authors, batch.engagement, batch.gone, cursor, batch.problems, batch.edited)


def moment(seconds: float) -> datetime:
    """Return the time of a Unix stamp."""
    return datetime.fromtimestamp(seconds, UTC)
