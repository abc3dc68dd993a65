"""History through the pipeline on its own clock: what would have been said, how early, how often in vain.

The steps, the core and the store are those of ``monitor run``; only the clock and the collector are replaced. Ticks happen at the
minutes in which something arrives or an incident is due; the detector advances idle time in closed form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from monitor.collectors import Page
from monitor.collectors.jsonl import BadRecord, Record, records
from monitor.domain import Incident, Passage, Post, Reason, Watch
from monitor.grouping.naming import shared_names
from monitor.matching.folding import folded
from monitor.pipeline import Judgement, Memory, Parts, Pipeline, assessing, collecting, deciding
from monitor.replay.ahead import Ahead
from monitor.replay.lines import decision_line, stamp
from monitor.replay.scoring import score
from monitor.store import Store

AHEAD = 2_048
LOOKED_AT = 1_024
"""So many posts are looked at for what they share."""
MINUTE = timedelta(minutes=1)
ALL = "all"
Beside = Callable[[Iterator[tuple[datetime, Judgement]]], Iterator[tuple[datetime, Judgement]]]

Minute = tuple[datetime, list[Record]]
"""A tick, and what arrived in the minute before it."""


@dataclass
class History:
    """The valid records of a file in time order, and what was wrong with the others."""

    events: list[tuple[datetime, Record]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def posts(self) -> list[Post]:
        """All posts, in time order."""
        return [record.post for _, record in self.events if record.post is not None]

    def about(self, names: Sequence[str]) -> History:
        """The same history, every post of it as ``meant`` with these names of the company."""
        events = [(at, record if record.post is None else replace(record, post=meant(record.post, names))) for at, record in self.events]
        return replace(self, events=events)


def read(file: str) -> History:
    """Read post records; those without a time cannot be replayed and are told like broken lines. Raises ``Unavailable``."""
    history = History()
    for number, record in records(file):
        if isinstance(record, BadRecord):
            history.problems.append(f"{file}:{number}: {record}")
        elif record.at is None:
            history.problems.append(f"{file}:{number}: no time, so it has no place in a replay")
        else:
            history.events.append((record.at, record))
    history.events.sort(key=lambda event: (event[0], event[1].post is None, event[1].post.id if event[1].post else ""))
    return history


def read_store(store: Store) -> History:
    """Read what a monitor has collected, as the sources told it."""
    events = [(post.created_at, Record(post.created_at, post, author)) for post, author in store.archive.posts()]
    events += [(seen.observed_at, Record(seen.observed_at, engagement=seen)) for seen in store.archive.engagement()]
    return History(sorted(events, key=lambda event: (event[0], event[1].post is None, event[1].post.id if event[1].post else "")))


def about_everything(posts: Sequence[Post]) -> tuple[Watch, ...]:
    """With no watch given every post is about whom it speaks of; terms that records name themselves become watches of their own."""
    terms = sorted({post.about for post in posts if post.about is not None})
    return (*(Watch(term, (term,)) for term in terms if term), Watch(ALL))


def names(watches: Sequence[Watch], posts: Sequence[Post]) -> tuple[str, ...]:
    """Return what to look for as the company's name where no terms say it: the name of the only watch, and what the first posts share.

    Where records say themselves whom they are about, nothing is taken for a name that nobody gave.
    """
    if len(watches) > 1 or any(watch != Watch(watch.name) for watch in watches):
        return ()
    given = tuple(folded(watch.name) for watch in watches if watch.name)
    return given if any(post.about is not None for post in posts) else (*given, *shared_names(posts[:LOOKED_AT]))


def meant(post: Post, names: Sequence[str]) -> Post:
    """Return the post as one about the first of ``names`` that stands in it; a post in which none does is about whom it speaks of."""
    if not names or post.about is not None:
        return post
    text = folded(post.text)
    return replace(post, about=next((name for name in names if name in text), None))


class Replay:
    """One history on its own clock. ``on_progress`` is told how many events are done."""

    def __init__(self, store: Store, parts: Parts, history: History, on_progress: Callable[[int], None] = lambda done: None):
        self.ahead = Ahead(parts.classifier, parts.settings.classifier.complaint_threshold)
        self.parts = replace(parts, classifier=self.ahead)
        self.pipeline = Pipeline(store, self.parts, Memory(kept=False), recorded=False)
        self.store = store
        self.history = history
        self.on_progress = on_progress

    def run(self) -> Iterator[tuple[datetime, Judgement]]:
        """Yield every decision in time order, with the tick at which it was made, and what a storm page told of, in its tick.

        Raises ``MonitorError`` where a step fails.
        """
        done = 0
        try:
            for chunk in self._chunks():
                with self.store.transaction():
                    for at, batch in chunk:
                        yield from self._minute(at, batch)
                        done += len(batch)
                        self.on_progress(done)
                    assessing.keep(self.store, self.pipeline.memory)
        finally:
            self.ahead.close()

    def _minute(self, at: datetime, batch: Sequence[Record]) -> Iterator[tuple[datetime, Judgement]]:
        for due_at in self._due_before(at):
            yield from self._tick(due_at)
        self._feed(batch, at)
        yield from self._tick(at)

    def lines(self, beside: Beside = lambda judgements: judgements) -> Iterator[dict[str, Any]]:
        """Yield decisions, and what there is to say about ourselves, as JSON lines in time order; ``beside`` sees every decision pass."""
        settings = self.parts.settings
        silent: set[str] = set()
        for at, judgement in beside(self.run()):
            yield from self._gaps(at, silent)
            language, zone = settings.monitor.language, settings.zone
            yield decision_line(judgement.incident, judgement.assessment, judgement.decision, language, zone)

    def _gaps(self, at: datetime, silent: set[str]) -> Iterator[dict[str, Any]]:
        """Silences that the baseline makes impossible: missing data, told once, and once more when they are over."""
        detector = self.pipeline.memory.detector
        for watch in self.parts.settings.watches if detector is not None else ():
            in_gap = detector is not None and detector.in_gap(watch.name, at)
            if in_gap != (watch.name in silent):
                silent.symmetric_difference_update({watch.name})
                yield {"type": "health", "at": stamp(at), "watch": watch.name, "what": "gap" if in_gap else "gap_over"}

    def _tick(self, at: datetime) -> Iterator[tuple[datetime, Judgement]]:
        judgements = self.pipeline.tick(at)
        together = self._told_together(at) if judgements else ()
        for judgement in (*judgements, *together):
            yield at, judgement

    def _told_together(self, at: datetime) -> Iterator[Judgement]:
        """What a storm page of this tick told of: each incident as if the notification had been made that the page cap held back."""
        incidents = self.store.incidents
        for number, named_at in sorted(deciding.storm_named(self.store)[0].items()):
            assessment = incidents.latest_assessment(number) if named_at == at else None
            if assessment is not None:
                held = next(one for one in reversed(incidents.decisions(number)) if "would_be" in one.because.values)
                reason = Reason(str(held.because.values["would_be"]))
                yield Judgement(incidents.get(number), assessment, replace(held, at=at, reason=reason, notify=True))

    def _due_before(self, at: datetime) -> Iterator[datetime]:
        """The minutes before ``at`` at which an incident is to be looked at again, though nothing arrives."""
        last = None
        while (due_at := self.store.incidents.next_due()) is not None and (minute := _ceil(due_at)) < at and minute != last:
            yield (last := minute)

    def _feed(self, batch: Sequence[Record], at: datetime) -> None:
        page = Page(
            posts=[record.post for record in batch if record.post],
            authors=[record.author for record in batch if record.author],
            engagement=[record.engagement for record in batch if record.engagement],
            gone=[record.gone for record in batch if record.gone],
        )
        with self.store.transaction():
            collecting.keep(self.store, self.parts.matcher, page, at)

    def _chunks(self) -> Iterator[list[Minute]]:
        """Yield the minutes in order, many at a time; while one chunk is replayed the posts of the next are judged."""
        coming: tuple[list[Minute], Callable[[], None]] | None = None
        for chunk in _chunked(self.history.events):
            ready, coming = coming, (chunk, self._prepare([record.post for _, batch in chunk for record in batch if record.post]))
            if ready is not None:
                ready[1]()
                yield ready[0]
        if coming is not None:
            coming[1]()
            yield coming[0]

    def _prepare(self, posts: Sequence[Post]) -> Callable[[], None]:
        passages = {
            Passage(post.text, mention.spans, post.language): None for post in posts for mention in self.parts.matcher.mentions(post)
        }
        return self.ahead.prepare(list(passages))


def _chunked(events: Sequence[tuple[datetime, Record]]) -> Iterator[list[Minute]]:
    """Yield the events by minute, whole minutes of at least ``AHEAD`` events at a time."""
    chunk: list[Minute] = []
    size = 0
    for minute, group in groupby(events, key=lambda event: _ceil(event[0])):
        chunk.append((minute, [record for _, record in group]))
        size += len(chunk[-1][1])
        if size >= AHEAD:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _ceil(at: datetime) -> datetime:
    """The tick that sees a moment: the end of its minute."""
    floor = at.replace(second=0, microsecond=0)
    return floor if floor == at else floor + MINUTE


def summary(store: Store, history: History, decisions: Sequence[Mapping[str, Any]], labels: Mapping[str, Any] | None) -> dict[str, Any]:
    """The closing line: what there was, what was said, and, with labels, how good it was."""
    told = [decision for decision in decisions if decision["notify"]]
    counts = store.counts()
    line: dict[str, Any] = {
        "type": "summary",
        "posts": counts["posts"],
        "complaints": counts["complaints"],
        "incidents": counts["incidents"],
        "alerts": len(told),
        "first_alert_at": told[0]["at"] if told else None,
        "crossings": [_crossing(store.incidents.get(incident_id), at) for incident_id, at in store.incidents.crossings()],
    }
    if labels is not None:
        line["score"] = score([datetime.fromisoformat(decision["at"]) for decision in told], labels)
    return line


def _crossing(incident: Incident, at: datetime) -> dict[str, Any]:
    alerted_at = incident.alerted_at  # the store knows it also where another incident, told of first, was merged into this one
    return {
        "incident": incident.id,
        "at": stamp(at),
        "alerted_at": alerted_at and stamp(alerted_at),
        "lead_minutes": None if alerted_at is None else round((at - alerted_at).total_seconds() / 60, 1),
    }
