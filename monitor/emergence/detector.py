"""The company's detector: posts in, alarms out, one budget for all watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp, log

import numpy as np

from monitor.domain import Because, Emergence, Watch
from monitor.emergence import arrivals as posts
from monitor.emergence import readings
from monitor.emergence.arrivals import EPOCH, MINUTE, Arrival, Timed, minute_of
from monitor.emergence.budget import Ledger
from monitor.emergence.frozen import freeze, thaw
from monitor.emergence.missing import Missing, Span
from monitor.emergence.parameters import DAY_MINUTES, Parameters, day_scale, minute_scale
from monitor.emergence.streams import Streams
from monitor.emergence.table import Array, Stream
from monitor.emergence.windows import Finding

DEFAULTS = Parameters()
EVIDENT = 0.01
"""Streams below this part of the threshold neither add to an alarm nor join its episode."""
EXPLAINING = 0.3
"""Incidents with this part of a wide stream's rise belong to its alarm."""
RISEN = 1.2
ALWAYS = (("mentions", Stream.MENTIONS), ("bad_news", Stream.NEGATIVE), ("total", Stream.TOTAL))
"""Streams that every watch has from its first day, so that their silence is known."""


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
        self.missing: tuple[Missing, ...] = ()
        self._ahead: dict[tuple[str, bool], tuple[int, Streams]] = {}

    # ---- in

    def begin(self, now: datetime) -> bool:
        """All watches are watched from ``now`` on, if not earlier: until its first post one is silent, were it for weeks.

        Returns whether this is news for any of them.
        """
        new = [watch for watch in self.watches if watch not in self.ledger.since]
        self.ledger.since |= dict.fromkeys(new, minute_of(now))
        return bool(new)

    def advance(self, until: datetime, arrivals: Sequence[Arrival]) -> list[Alarm]:
        """Take up posts and let time pass to ``until``; returns the alarms raised, oldest first.

        Posts up to an hour older than what was already taken up count now; still older ones only teach the baseline. Posts stamped
        after ``until`` count at ``until``. A watch is taken to be silent from the first call on until its first post.
        """
        limit = minute_of(until)
        timed = sorted(((min(minute_of(arrival.at), limit), arrival) for arrival in arrivals), key=lambda pair: pair[0])
        for watch in self.watches:
            self.ledger.since.setdefault(watch, timed[0][0] if timed else limit)
        alarms = []
        for (watch, daily), group in posts.together(timed):
            self._ahead.pop((watch, daily), None)
            alarms += self._take(watch, daily, group, until)
        self.ledger.until = max(self.ledger.until, limit)
        return sorted(alarms, key=lambda alarm: alarm.at)

    def tell_missing(self, missing: Sequence[Missing]) -> None:
        """From which stretches posts are missing, as far as is known now: all of the last days, told anew before each advance.

        Nothing is learnt from them; posts of them that come late, when time has gone on without them, are no evidence; where nothing
        can be seen at all, readings stand still, and a lost stretch is skipped like a silence that cannot be.
        """
        if self.missing != tuple(missing):
            self.missing = tuple(missing)
            self._ahead.clear()
            for (_, daily), streams in self.streams.items():
                streams.unlearnt = self._unlearnt(daily)

    def confirm(self, watch: str) -> None:
        """Staff say that an alarm of the watch was real: its price is given back (once for each alarm)."""
        self.ledger.refund(watch, self.parameters.alarm_price)

    def forget(self, incident_id: int) -> None:
        """The incident is over (resolved, dismissed): its stream closes."""
        self._ahead.clear()
        for streams in self.streams.values():
            posts.forget(streams, incident_id)

    def merge(self, older: int, younger: int) -> None:
        """Two incidents are one: the older one's stream takes over evidence, people and episode of the younger's."""
        self._ahead.clear()
        for streams in self.streams.values():
            posts.merge(streams, older, younger)

    # ---- out

    def reading(self, incident_id: int) -> Emergence:
        """The incident's own stream, at the last advance."""
        name = f"incident:{incident_id}"
        for key, streams in self.streams.items():
            if name in streams.table.rows:
                return self._read(key, name)
            if incident_id in streams.waiting:
                return readings.lone(streams, incident_id, self._tick(key[1], self.ledger.until), self.threshold(key[1]))
        return readings.nothing(name)

    def standing(self, watch: str) -> Emergence:
        """The watch's complaints as a whole, at the last advance."""
        shown = [self._read(key, "total") for key in self.streams if key[0] == watch]
        return max(shown, key=lambda one: (one.emerging, one.evidence)) if shown else readings.nothing("total")

    def warming_up(self, watch: str, now: datetime) -> bool:
        """Whether too little was seen of a watch to judge anything but single incidents."""
        minute = minute_of(now)
        return all(streams.warming(self._tick(daily, minute)) for (name, daily), streams in self.streams.items() if name == watch)

    def in_gap(self, watch: str, now: datetime) -> bool:
        """Whether nothing of the watch can be seen now, or it is silent beyond belief, or was until a few hours ago."""
        minute = minute_of(now)
        if any(one.whole and one.holds(minute) for one in self.missing):
            return True
        for (name, daily), streams in self.streams.items():
            tick = self._tick(daily, minute)
            if name == watch and (tick < streams.caution_until or streams.silence_is_gap(tick)):
                return True
        return False

    def threshold(self, daily: bool = False) -> float:
        """The log threshold at the last advance: ln A, raised by past alarms."""
        return self.scales[daily].base + self.ledger.price(self.ledger.until, self.parameters.alarm_price)

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
        return (minute + round(60 * self.parameters.utc_offset_hours)) // DAY_MINUTES if daily else minute

    def _streams(self, watch: str, daily: bool, tick: int) -> Streams:
        key = (watch, daily)
        if key not in self.streams:
            if watch not in self.watches:
                self.watches.append(watch)
            since = min(tick, self._tick(daily, self.ledger.since[watch])) if watch in self.ledger.since else tick
            self.streams[key] = Streams(self.parameters, self.scales[daily], since)
            self.streams[key].unlearnt = self._unlearnt(daily)
            for name, kind in ALWAYS:
                self.streams[key].open(name, kind)
            self._share_out()
        return self.streams[key]

    def _share_out(self) -> None:
        """Give each watch its part of every tick; the minute scale gives up what the day scale may spend."""
        day_part = min(0.5, self.parameters.daily_false_alarms_per_week) if any(daily for _, daily in self.streams) else 0.0
        for (_, daily), streams in self.streams.items():
            share = (1.0 if daily else 1.0 - day_part) / max(1, len(self.watches))
            if share != streams.share:
                streams.share = share
                streams.prepare()

    def _take(self, watch: str, daily: bool, group: list[Timed], until: datetime) -> list[Alarm]:
        """All posts of one watch on one scale that share a tick."""
        tick = self._tick(daily, group[0][0])
        streams = self._streams(watch, daily, tick)
        if tick < streams.tick and not daily and self.missing:
            group = self._not_missed(streams, group)
        if streams.tick - tick > streams.scale.late_ticks:
            for _, arrival in group:
                posts.teach(streams, arrival)
            return []
        if tick > streams.tick:
            self._pass(streams, daily, tick)
        streams.last = streams.tick

        def endowment() -> float:
            return self.ledger.endow(streams, len(self.watches), daily, streams.tick, self.parameters)

        counted = [posts.count(streams, arrival, endowment) for _, arrival in group]
        if not any(counted):
            return []
        minute = group[0][0] if daily else streams.tick
        stamp = max(min(max(arrival.at for _, arrival in group), until), EPOCH + minute * MINUTE)
        return self._alarms(streams, (watch, daily), stamp, minute)

    def _pass(self, streams: Streams, daily: bool, tick: int) -> None:
        """Let the silence before ``tick`` pass for what it is: a lull, one that cannot be, or one in which posts were lost."""
        lost = None if daily else self._lost(streams.last, tick)
        if streams.silence_is_gap(tick):
            streams.skip(tick)
        elif lost is not None:
            streams.skip_lost(*lost, tick)
        else:
            streams.advance(tick)

    def _lost(self, last: int, tick: int) -> Span | None:
        """The first lost stretch that lies whole in the silence between two posts; one with posts in it was not whole."""
        spans = sorted(one.minutes() for one in self.missing if one.whole and one.lost)
        return next((span for span in spans if last <= span[0] and span[1] <= tick), None)

    def _not_missed(self, streams: Streams, group: list[Timed]) -> list[Timed]:
        """Leave out posts that were missing when their time passed; what was learnt without them is made good."""
        kept = []
        for minute, arrival in group:
            if not any(one.covers(arrival.platform, minute_of(arrival.at)) for one in self.missing):
                kept.append((minute, arrival))
            elif any(first <= minute < end for first, end in streams.unlearnt):
                posts.remember(streams, arrival)
            else:
                posts.teach(streams, arrival)
        return kept

    def _unlearnt(self, daily: bool) -> tuple[Span, ...]:
        spans = [one.unlearnt(daily, round(60 * self.parameters.utc_offset_hours)) for one in self.missing]
        return tuple(sorted({span for span in spans if span is not None}))

    def _alarms(self, streams: Streams, key: tuple[str, bool], stamp: datetime, minute: int) -> list[Alarm]:
        """Raise at most one alarm: the sum over the evident streams reached the threshold."""
        watch, daily = key
        threshold = streams.scale.base + self.ledger.price(minute, self.parameters.alarm_price)
        masses = self._evident(streams, exp(threshold))
        if masses.sum() < exp(threshold):
            return []
        found = {row: streams.finding(row, streams.tick) for row in np.flatnonzero(masses).tolist()}
        few = [row for row, finding in found.items() if finding.observed < self.parameters.min_authors]
        masses[few] = 0.0
        total, row = float(masses.sum()), int(np.argmax(masses))
        if total < exp(threshold):
            return []
        joined = {one: finding for one, finding in found.items() if one not in few} | _explaining(streams, found)
        if streams.table.wide[row]:
            joined |= _risen_too(streams, joined)
        streams.alarm([(one, finding.observed / finding.ticks) for one, finding in joined.items()])
        self.ledger.charge(watch, minute, self.parameters.alarm_price)
        finding, name = found[row], streams.table.names[row]
        return [
            Alarm(
                at=stamp,
                watch=watch,
                stream=name,
                incident=None if streams.table.wide[row] else int(streams.table.incident[row]),
                observed=float(finding.observed),
                expected=round(finding.expected, 6),
                evidence=round(log(total), 6),
                threshold=round(threshold, 6),
                authors=finding.observed,
                because=Because("emergence_alarm", readings.values(streams, name, finding, log(total), threshold)),
                daily=daily,
            )
        ]

    def _evident(self, streams: Streams, needed: float) -> Array:
        """What each stream brings towards an alarm; after a gap the wide ones must be surer."""
        masses = streams.masses()
        if streams.tick < streams.caution_until:
            masses[streams.table.wide] *= exp(-self.parameters.alarm_price)
        masses[masses < EVIDENT * needed] = 0.0
        return masses

    def _read(self, key: tuple[str, bool], name: str) -> Emergence:
        tick = self._tick(key[1], self._visible(self.ledger.until))
        return readings.reading(self._streams_at(key, tick), name, tick, self.threshold(key[1]))

    def _visible(self, minute: int) -> int:
        """The last minute up to ``minute`` of which something can be seen."""
        return min([minute, *(one.minutes()[0] for one in self.missing if one.whole and one.holds(minute))])

    def _streams_at(self, key: tuple[str, bool], tick: int) -> Streams:
        """The streams as they stand at a tick, without changing them."""
        streams = self.streams[key]
        if tick <= streams.tick or streams.silence_is_gap(tick):
            return streams
        ahead = self._ahead.get(key)
        if ahead is None or ahead[0] != tick:
            ahead = (tick, streams.copied())
            self._pass(ahead[1], key[1], tick)
            self._ahead[key] = ahead
        return ahead[1]


def _risen_too(streams: Streams, joined: dict[int, Finding]) -> dict[int, Finding]:
    """The other wide streams that are above normal as well: a busy day lifts many, and is one alarm."""
    t = streams.table
    others = [row for row in np.flatnonzero(t.wide & (t.muted_at < 0)).tolist() if row not in joined]
    findings = {row: streams.finding(row, streams.tick) for row in others}
    return {row: finding for row, finding in findings.items() if finding.observed > RISEN * finding.expected}


def _explaining(streams: Streams, found: dict[int, Finding]) -> dict[int, Finding]:
    """Incidents that hold a good share of what a wide stream's alarm rests on: they belong to its episode."""
    t, tick = streams.table, streams.tick
    windows = [finding for row, finding in found.items() if t.wide[row]]
    rows = {}
    for row in t.incidents.tolist() if windows else []:
        ticks = streams.authors.ticks_of(int(t.uid[row]))
        if any((ticks > tick - finding.ticks).sum() >= EXPLAINING * finding.observed for finding in windows):
            rows[row] = streams.finding(row, tick)
    return rows
