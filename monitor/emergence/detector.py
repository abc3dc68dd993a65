"""The company's detector: posts in, alarms out, one budget for all watches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from math import exp, log

import numpy as np

from monitor.domain import Because, Emergence, Watch
from monitor.emergence.frozen import Ledger, freeze, thaw
from monitor.emergence.memory import digest, mixed
from monitor.emergence.parameters import WEEK_MINUTES, Parameters, day_scale, minute_scale
from monitor.emergence.streams import EVIDENT, Finding, Streams
from monitor.emergence.table import Stream

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DEFAULTS = Parameters()
EXPLAINING = 0.3
ALWAYS = (("mentions", Stream.MENTIONS), ("bad_news", Stream.NEGATIVE), ("total", Stream.TOTAL))
"""Streams that every watch has from its first day, so that their silence is known."""


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


@dataclass(frozen=True, slots=True)
class Alarm:
    """A stream that rose above its normal: ``evidence`` and ``threshold`` in nats, ``observed`` and ``expected`` in its telling window."""

    at: datetime
    watch: str
    stream: str
    incident: int | None
    observed: float
    expected: float
    evidence: float
    threshold: float
    authors: int
    because: Because
    daily: bool = False


class Detector:
    """Emergence of all streams of all watches; pure apart from its own state. Feed it in the order of time."""

    def __init__(self, parameters: Parameters = DEFAULTS, watches: Sequence[Watch | str] = ()):
        self.parameters = parameters
        self.watches = [watch if isinstance(watch, str) else watch.name for watch in watches]
        self.scales = (minute_scale(parameters), day_scale(parameters))
        self.streams: dict[tuple[str, bool], Streams] = {}
        self.ledger = Ledger()
        self._ahead: dict[tuple[str, bool], tuple[int, Streams]] = {}

    # ---- in

    def advance(self, until: datetime, arrivals: Sequence[Arrival]) -> list[Alarm]:
        """Take up posts and let time pass to ``until``; returns the alarms raised, oldest first.

        Posts less than an hour older than what was already advanced to count now; still older ones only teach the baseline.
        Posts stamped after ``until`` count at ``until``.
        """
        limit = _minute(until)
        timed = sorted(((min(_minute(arrival.at), limit), arrival) for arrival in arrivals), key=lambda pair: pair[0])
        alarms = []
        for watch in self.watches:
            self.ledger.since.setdefault(watch, timed[0][0] if timed else limit)
        self._ahead.clear() if timed else None
        for (watch, daily), group in _by_stream(timed):
            alarms += self._take(watch, daily, group)
        self.ledger.until = max(self.ledger.until, limit)
        return sorted(alarms, key=lambda alarm: alarm.at)

    def confirm(self, watch: str) -> None:
        """Staff say that the watch's alarm was real: its price is given back."""
        if self.ledger.owed.get(watch, 0) > 0:
            self.ledger.owed[watch] -= 1
            self.ledger.raised = max(0.0, self._raised(self.ledger.until) - self.parameters.alarm_price)
            self.ledger.raised_at = max(self.ledger.raised_at, self.ledger.until)

    def forget(self, incident_id: int) -> None:
        """The incident is over (resolved, dismissed): its stream closes."""
        self._ahead.clear()
        for streams in self.streams.values():
            streams.waiting.pop(incident_id, None)
            row = streams.table.rows.get(f"incident:{incident_id}")
            if row is not None:
                mask = np.zeros(len(streams.table.names), dtype=bool)
                mask[row] = True
                streams.drop(mask)

    def merge(self, older: int, younger: int) -> None:
        """Two incidents are one: the older one's stream takes over evidence, authors and episode of the younger's."""
        self._ahead.clear()
        for streams in self.streams.values():
            _merge(streams, older, younger)

    # ---- out

    def reading(self, incident_id: int) -> Emergence:
        """The incident's own stream, at the last advance."""
        name = f"incident:{incident_id}"
        for (watch, daily), streams in self.streams.items():
            if name in streams.table.rows:
                return self._show(watch, daily, name)
            if incident_id in streams.waiting:
                return self._show_waiting(streams, daily, incident_id)
        return Emergence(0.0, 0.0, 0, 0.0, False, Because("emergence_no_stream", {"stream": name}), name)

    def standing(self, watch: str) -> Emergence:
        """The watch's complaints as a whole, at the last advance."""
        shown = [self._show(watch, daily, "total") for name, daily in self.streams if name == watch]
        if not shown:
            return Emergence(0.0, 0.0, 0, 0.0, False, Because("emergence_no_stream", {"stream": "total"}), "total")
        return max(shown, key=lambda emergence: (emergence.emerging, emergence.evidence))

    def warming_up(self, watch: str, now: datetime) -> bool:
        """Whether too little was seen of a watch to judge anything but single incidents."""
        minute = _minute(now)
        return all(streams.warming(self._tick(daily, minute)) for (name, daily), streams in self.streams.items() if name == watch)

    def in_gap(self, watch: str, now: datetime) -> bool:
        """Whether the watch is silent beyond belief, or was until a few hours ago."""
        for (name, daily), streams in self.streams.items():
            tick = self._tick(daily, _minute(now))
            if name == watch and (tick < streams.caution_until or streams.silence_is_gap(tick)):
                return True
        return False

    def threshold(self, daily: bool = False) -> float:
        """The log threshold now: ln A, raised by past alarms."""
        return self._threshold(daily, self.ledger.until)

    # ---- keeping

    def to_bytes(self) -> bytes:
        """The whole state; a detector made from it goes on exactly as this one would."""
        return freeze(self.ledger, self.streams)

    @classmethod
    def from_bytes(cls, blob: bytes, parameters: Parameters = DEFAULTS, watches: Sequence[Watch | str] = ()) -> Detector:
        """Take up a kept state; watches no longer configured are dropped. Raises ``StoreError`` when it is damaged."""
        detector = cls(parameters, watches)
        detector.ledger, streams = thaw(blob, parameters, detector.scales)
        detector.streams = {key: one for key, one in streams.items() if key[0] in detector.watches or not watches}
        detector.watches += [watch for watch, _ in detector.streams if watch not in detector.watches]
        detector._share_out()
        return detector

    # ---- inside

    def _tick(self, daily: bool, minute: int) -> int:
        return (minute + round(60 * self.parameters.utc_offset_hours)) // 1440 if daily else minute

    def _threshold(self, daily: bool, minute: int) -> float:
        return self.scales[daily].base + self._raised(minute)

    def _raised(self, minute: int) -> float:
        return max(0.0, self.ledger.raised - self.parameters.alarm_price * max(0, minute - self.ledger.raised_at) / WEEK_MINUTES)

    def _streams(self, watch: str, daily: bool, tick: int) -> Streams:
        key = (watch, daily)
        if key not in self.streams:
            if watch not in self.watches:
                self.watches.append(watch)
            since = min(tick, self._tick(daily, self.ledger.since[watch])) if watch in self.ledger.since else tick
            self.streams[key] = Streams(self.parameters, self.scales[daily], since)
            for name, kind in ALWAYS:
                self.streams[key].open(name, kind)
            self._share_out()
        return self.streams[key]

    def _share_out(self) -> None:
        """Give each watch its part of every tick; the minute scale gives up what the day scale may spend."""
        day_part = self.parameters.daily_false_alarms_per_week if any(daily for _, daily in self.streams) else 0.0
        for (_, daily), streams in self.streams.items():
            share = (1.0 if daily else 1.0 - day_part) / max(1, len(self.watches))
            if share != streams.share:
                streams.share = share
                streams.prepare()

    def _take(self, watch: str, daily: bool, group: list[tuple[int, Arrival]]) -> list[Alarm]:
        """All posts of one watch on one scale that share a tick."""
        minute = group[0][0]
        tick = self._tick(daily, minute)
        streams = self._streams(watch, daily, tick)
        if tick < streams.tick:
            if streams.tick - tick > streams.scale.late_ticks:
                self._learn_late(streams, group)
                return []
            minute = minute + round((streams.tick - tick) * streams.scale.tick_minutes)
            tick = streams.tick
        if tick > streams.tick:
            if streams.silence_is_gap(tick):
                streams.skip(tick)
            else:
                streams.advance(tick)
        streams.last = tick
        counted = False
        for _, arrival in group:
            counted |= self._count(streams, arrival, tick)
        return self._alarms(streams, watch, daily, tick, group[-1][1].at if daily else None, minute) if counted else []

    def _count(self, streams: Streams, arrival: Arrival, tick: int) -> bool:
        """Count a post in its streams; a text or an author seen before adds nothing, nor does the post that opens an incident."""
        text = digest(arrival.text_key)
        author = digest(arrival.author) if arrival.author is not None else 0
        known = streams.texts.seen(text, tick, streams.texts.window)
        if not known:
            streams.texts.add(text, 0, tick)
        row = None if arrival.incident is None else self._incident(streams, arrival.incident, author, known, tick, arrival.daily)
        if known:
            return False
        counted = False
        if row is None or self._spreads(streams, row, tick):
            for name, kind in _streams_of(arrival):
                at = streams.table.rows.get(name, -1)
                counted |= _count_author(streams, streams.open(name, kind) if at < 0 else at, author, tick)
        if row is not None:
            counted |= _count_author(streams, row, author, tick)
        return counted

    def _spreads(self, streams: Streams, row: int, tick: int) -> bool:
        """Whether a post of an incident still counts in the wide streams: for the first few people a day, before the incident alarmed."""
        if streams.table.muted_at[row] >= 0:
            return False
        for place in range(1, self.parameters.spread_per_incident):
            key = mixed(place, int(streams.table.uid[row]))
            if not streams.authors.seen(key, tick, streams.scale.day_ticks):
                streams.authors.add(key, 0, tick)
                return True
        return False

    def _incident(self, streams: Streams, incident: int, author: int, known: bool, tick: int, daily: bool) -> int | None:
        """The row of an incident's stream; None while it has one post only."""
        row = streams.table.rows.get(f"incident:{incident}")
        if row is not None:
            streams.table.last[row] = tick
            return row
        if incident not in streams.waiting:
            born = streams.bear(incident, self._endowment(streams, tick, daily))
            streams.authors.add(mixed(author, born.uid) if author else 0, born.uid, tick)
            return None
        streams.waiting[incident].last = tick
        return None if known else streams.wake(incident)

    def _endowment(self, streams: Streams, tick: int, daily: bool) -> float:
        """What a new incident gets out of the part of the budget that is saved for births, in ticks."""
        p, book = self.parameters, self.ledger
        rate = p.share_births * streams.share * len(self.watches)
        begun = streams.began if book.saved_at[daily] < 0 else book.saved_at[daily]
        most = rate * exp(streams.scale.base)
        book.saved[daily] = min(most, book.saved[daily] + rate * max(0, tick - begun))
        book.saved_at[daily] = max(begun, tick)
        given = book.saved[daily] * p.birth_part
        book.saved[daily] -= given
        return given

    def _learn_late(self, streams: Streams, group: list[tuple[int, Arrival]]) -> None:
        for _, arrival in group:
            text = digest(arrival.text_key)
            if not streams.texts.seen(text, streams.tick, streams.texts.window):
                streams.texts.add(text, 0, streams.tick)
                for name, _ in _streams_of(arrival):
                    row = streams.table.rows.get(name)
                    if row is not None:
                        streams.table.new_posts[row] += 1.0

    def _alarms(self, streams: Streams, watch: str, daily: bool, tick: int, stamp: datetime | None, minute: int) -> list[Alarm]:
        """Raise at most one alarm: the sum over evident streams reached the threshold."""
        threshold = self._threshold(daily, minute)
        t = streams.table
        masses = streams.masses()
        if tick < streams.caution_until:
            masses[t.wide] *= exp(-self.parameters.alarm_price)
        needed = exp(threshold)
        masses[masses < EVIDENT * needed] = 0.0
        if masses.sum() < needed:
            return []
        found = {row: streams.finding(row, tick) for row in np.flatnonzero(masses).tolist()}
        for row, finding in found.items():
            if finding.observed < self.parameters.min_authors:
                masses[row] = 0.0
        total = float(masses.sum())
        if total < needed:
            return []
        row = int(np.argmax(masses))
        finding = found[row]
        for other in _explaining(streams, found, tick):
            found[other] = streams.finding(other, tick)
            masses[other] = 1.0
        streams.alarm([(one, found[one].observed / found[one].ticks) for one in np.flatnonzero(masses).tolist()])
        self.ledger.raised = self._raised(minute) + self.parameters.alarm_price
        self.ledger.raised_at = max(self.ledger.raised_at, minute)
        self.ledger.owed[watch] = self.ledger.owed.get(watch, 0) + 1
        name = t.names[row]
        values: dict[str, str | float | int | datetime | None] = {
            "stream": name,
            "observed": finding.observed,
            "expected": round(finding.expected, 2),
            "window": finding.ticks * streams.scale.tick_minutes * 60,
            "authors": finding.observed,
            "evidence": round(log(total), 6),
            "threshold": round(threshold, 6),
        }
        return [
            Alarm(
                at=stamp or EPOCH + minute * MINUTE,
                watch=watch,
                stream=name,
                incident=int(t.incident[row]) if not t.wide[row] else None,
                observed=float(finding.observed),
                expected=finding.expected,
                evidence=log(total),
                threshold=threshold,
                authors=finding.observed,
                because=Because("emergence_alarm", values),
                daily=daily,
            )
        ]

    def _streams_at(self, key: tuple[str, bool], tick: int) -> Streams:
        """The streams as they stand at a tick, without changing them."""
        streams = self.streams[key]
        if tick <= streams.tick or streams.silence_is_gap(tick):
            return streams
        ahead = self._ahead.get(key)
        if ahead is None or ahead[0] != tick:
            ahead = (tick, streams.copied())
            ahead[1].advance(tick)
            self._ahead[key] = ahead
        return ahead[1]

    def _show_waiting(self, streams: Streams, daily: bool, incident_id: int) -> Emergence:
        """An incident that has no stream (yet, or no longer): nothing that could be evidence."""
        window = streams.scale.windows[-1]
        tick = self._tick(daily, max(self.ledger.until, 0))
        seen = int((streams.authors.ticks_of(streams.waiting[incident_id].uid) > tick - window).sum())
        expected = round(float(streams.baseline.age_bound[-1]) * window, 6)
        values: dict[str, str | float | int | datetime | None] = {
            "stream": f"incident:{incident_id}",
            "observed": seen,
            "expected": round(expected, 2),
            "window": window * streams.scale.tick_minutes * 60,
            "authors": seen,
        }
        because = Because("emergence_normal", values)
        return Emergence(float(seen), expected, seen, 0.0, False, because, f"incident:{incident_id}")

    def _show(self, watch: str, daily: bool, name: str) -> Emergence:
        minute = max(self.ledger.until, 0)
        tick = self._tick(daily, minute)
        streams = self._streams_at((watch, daily), tick)
        t = streams.table
        row = t.rows.get(name)
        if row is None:
            return Emergence(0.0, 0.0, 0, 0.0, False, Because("emergence_no_stream", {"stream": name}), name)
        finding = streams.finding(row, max(tick, streams.tick))
        evidence = max(0.0, log(max(streams.strength(row), 1.0)))
        threshold = self._threshold(daily, minute)
        emerging = bool(t.muted_at[row] >= 0)
        code = "emergence_open" if emerging else "emergence_rising" if _rising(finding, evidence, threshold) else "emergence_normal"
        if not emerging and t.wide[row] and streams.warming():
            code = "emergence_warming_up"
        values: dict[str, str | float | int | datetime | None] = {
            "stream": name,
            "observed": finding.observed,
            "expected": round(finding.expected, 2),
            "window": finding.ticks * streams.scale.tick_minutes * 60,
            "authors": finding.observed,
            "evidence": round(evidence, 6),
            "threshold": round(threshold, 6),
            "since": EPOCH + int(t.muted_at[row]) * MINUTE if emerging and not daily else None,
        }
        return Emergence(
            float(finding.observed), round(finding.expected, 6), finding.observed, round(evidence, 6), emerging, Because(code, values), name
        )


def _minute(at: datetime) -> int:
    return int((at - EPOCH) // MINUTE)


def _by_stream(timed: Sequence[tuple[int, Arrival]]) -> Iterable[tuple[tuple[str, bool], list[tuple[int, Arrival]]]]:
    """Posts by minute, and within a minute by watch and scale, in the order of their first appearance."""
    for _, minute in groupby(timed, key=lambda pair: pair[0]):
        groups: dict[tuple[str, bool], list[tuple[int, Arrival]]] = {}
        for pair in minute:
            groups.setdefault((pair[1].watch, pair[1].daily), []).append(pair)
        yield from groups.items()


def _streams_of(arrival: Arrival) -> list[tuple[str, int]]:
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


def _count_author(streams: Streams, row: int, author: int, tick: int) -> bool:
    """Count a person's post in a stream, unless the person was counted there within a day (somebody unknown never was)."""
    uid = int(streams.table.uid[row])
    key = mixed(author, uid) if author else 0
    if key and streams.authors.seen(key, tick, streams.scale.day_ticks):
        return False
    streams.authors.add(key, uid, tick)
    streams.count(row)
    return True


def _rising(finding: Finding, evidence: float, threshold: float) -> bool:
    return evidence > threshold / 2 and finding.observed > 1.5 * finding.expected


def _explaining(streams: Streams, found: dict[int, Finding], tick: int) -> list[int]:
    """Incidents that hold a good share of what a wide stream's alarm rests on: they belong to its episode."""
    t = streams.table
    windows = [(finding.ticks, finding.observed) for row, finding in found.items() if t.wide[row]]
    rows = []
    for row in t.incidents.tolist() if windows else []:
        ticks = streams.authors.ticks_of(int(t.uid[row]))
        if t.muted_at[row] < 0 and any((ticks > tick - window).sum() >= EXPLAINING * seen for window, seen in windows):
            rows.append(row)
    return rows


def _merge(streams: Streams, older: int, younger: int) -> None:
    for incident in (older, younger):
        if incident in streams.waiting:
            streams.wake(incident)
    t = streams.table
    old, young = t.rows.get(f"incident:{older}"), t.rows.get(f"incident:{younger}")
    if young is None:
        return
    if old is None:
        names = [f"incident:{older}" if name == f"incident:{younger}" else name for name in t.names]
        t.incident[young] = float(older)
        t.adopt(names, t.numbers)
        return
    streams.statistic[old] += streams.statistic[young]
    t.now[old] += t.now[young]
    t.last[old] = max(t.last[old], t.last[young])
    t.opened[old] = min(t.opened[old], t.opened[young])
    t.muted_at[old] = max(t.muted_at[old], t.muted_at[young])
    t.plateau[old] = max(t.plateau[old], t.plateau[young])
    t.posts[old] += t.posts[young]
    t.new_posts[old] += t.new_posts[young]
    t.ages[:, old] += t.ages[:, young]
    streams.authors.relabel(int(t.uid[young]), int(t.uid[old]))
    mask = np.zeros(len(t.names), dtype=bool)
    mask[young] = True
    streams.drop(mask)
