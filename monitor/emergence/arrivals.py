"""Posts into counts: distinct people times distinct texts, in every stream a post belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

import numpy as np

from monitor.emergence.memory import digest, mixed
from monitor.emergence.streams import Streams
from monitor.emergence.table import Stream

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A classified and grouped mention. A copy or repost has the ``text_key`` of its original; ``author`` None is somebody unknown."""

    at: datetime
    watch: str
    author: str | None
    text_key: str
    platform: str
    topic: str
    complaint: bool
    bad_news: bool
    incident: int | None
    daily: bool = False


Timed = tuple[int, Arrival]


def minute_of(at: datetime) -> int:
    """Whole minutes since 1970."""
    return int((at - EPOCH) // MINUTE)


def together(timed: Sequence[Timed]) -> Iterable[tuple[tuple[str, bool], list[Timed]]]:
    """Posts (in the order of time) by minute, and within a minute by watch and scale, in the order of their first appearance."""
    for _, minute in groupby(timed, key=lambda pair: pair[0]):
        groups: dict[tuple[str, bool], list[Timed]] = {}
        for pair in minute:
            groups.setdefault((pair[1].watch, pair[1].daily), []).append(pair)
        yield from groups.items()


def streams_of(arrival: Arrival) -> list[tuple[str, int]]:
    """The streams of the watch a post belongs to, beside its incident's."""
    streams = [("mentions", Stream.MENTIONS)]
    if arrival.bad_news:
        streams.append(("bad_news", Stream.NEGATIVE))
    if arrival.complaint:
        streams += [
            ("total", Stream.TOTAL),
            (f"platform:{arrival.platform}", Stream.PLATFORM),
            (f"topic:{arrival.topic}", Stream.TOPIC),
        ]
    return streams


def count(streams: Streams, arrival: Arrival, endowment: Callable[[], float]) -> bool:
    """Count a post in the running tick; whether it added anything.

    A text seen before adds nothing, nor does a person counted in the stream within a day, nor, to the incident's own stream, the post
    that opens it. ``endowment`` is asked once, when an incident opens.
    """
    text, author = digest(arrival.text_key), digest(arrival.author) if arrival.author is not None else 0
    known = streams.texts.seen(text, streams.tick, streams.texts.window)
    if not known:
        streams.texts.add(text, 0, streams.tick)
    row = None if arrival.incident is None else _incident(streams, arrival.incident, author, known, endowment)
    if known:
        return False
    counted = False
    if row is None or _spreads(streams, row):
        for name, kind in streams_of(arrival):
            at = streams.table.rows.get(name, -1)
            counted |= _count_author(streams, streams.open(name, kind) if at < 0 else at, author)
    if row is not None:
        counted |= _count_author(streams, row, author)
    return counted


def remember(streams: Streams, arrival: Arrival) -> None:
    """A post that was missing when its time passed, of which nothing was learnt: only its text is known from now on."""
    streams.texts.add(digest(arrival.text_key), 0, streams.tick)


def teach(streams: Streams, arrival: Arrival) -> None:
    """A post that comes too late to be evidence still tells the baseline what is normal."""
    text = digest(arrival.text_key)
    if streams.texts.seen(text, streams.tick, streams.texts.window):
        return
    streams.texts.add(text, 0, streams.tick)
    for name, _ in streams_of(arrival):
        row = streams.table.rows.get(name)
        if row is not None:
            streams.table.new_posts[row] += 1.0


def merge(streams: Streams, older: int, younger: int) -> None:
    """The older incident's stream takes over evidence, people and episode of the younger's."""
    for incident in (older, younger):
        if incident in streams.waiting:
            streams.wake(incident)
    t = streams.table
    old, young = t.rows.get(f"incident:{older}"), t.rows.get(f"incident:{younger}")
    if young is None:
        return
    if old is None:
        t.incident[young] = float(older)
        t.adopt([f"incident:{older}" if row == young else name for row, name in enumerate(t.names)], t.numbers)
        return
    streams.statistic[old] += streams.statistic[young]
    for field in (t.now, t.block_posts, t.posts, t.new_posts):
        field[old] += field[young]
    for field in (t.last, t.muted_at, t.plateau):
        field[old] = max(field[old], field[young])
    t.opened[old] = min(t.opened[old], t.opened[young])
    t.ages[:, old] += t.ages[:, young]
    streams.authors.relabel(int(t.uid[young]), int(t.uid[old]))
    forget(streams, younger)


def forget(streams: Streams, incident: int) -> None:
    """Close an incident's stream."""
    streams.waiting.pop(incident, None)
    row = streams.table.rows.get(f"incident:{incident}")
    if row is not None:
        mask = np.zeros(len(streams.table.names), dtype=bool)
        mask[row] = True
        streams.drop(mask)


def _incident(streams: Streams, incident: int, author: int, known: bool, endowment: Callable[[], float]) -> int | None:
    """The row of an incident's stream; None while it has one post only."""
    row = streams.table.rows.get(f"incident:{incident}")
    if row is not None:
        streams.table.last[row] = streams.tick
        return row
    if incident not in streams.waiting:
        born = streams.bear(incident, endowment())
        streams.authors.add(mixed(author, born.uid) if author else 0, born.uid, streams.tick)
        return None
    streams.waiting[incident].last = streams.tick
    return None if known else streams.wake(incident)


def _spreads(streams: Streams, row: int) -> bool:
    """Whether a post of an incident counts in the wide streams: for the first few people a day, and before the incident alarmed."""
    if streams.table.muted_at[row] >= 0:
        return False
    for place in range(1, streams.parameters.spread_per_incident):
        key = mixed(place, int(streams.table.uid[row]))
        if not streams.authors.seen(key, streams.tick, streams.scale.day_ticks):
            streams.authors.add(key, 0, streams.tick)
            return True
    return False


def _count_author(streams: Streams, row: int, author: int) -> bool:
    """Count a person's post in a stream, unless the person was counted there within a day (somebody unknown never was)."""
    uid = int(streams.table.uid[row])
    key = mixed(author, uid) if author else 0
    if key and streams.authors.seen(key, streams.tick, streams.scale.day_ticks):
        return False
    streams.authors.add(key, uid, streams.tick)
    streams.count(row)
    return True
