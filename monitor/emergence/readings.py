"""What a stream shows, as ``Emergence`` and its reason."""

from __future__ import annotations

from datetime import datetime
from math import log

from monitor.domain import Because, Emergence
from monitor.emergence.arrivals import EPOCH, MINUTE
from monitor.emergence.streams import Streams
from monitor.emergence.windows import Finding

Values = dict[str, str | float | int | datetime | None]


def nothing(stream: str) -> Emergence:
    """There is no such stream."""
    return Emergence(0.0, 0.0, 0, 0.0, False, Because("emergence_no_stream", {"stream": stream}), stream)


def values(streams: Streams, stream: str, finding: Finding, evidence: float, threshold: float) -> Values:
    """The numbers of a reason; ``window`` in seconds."""
    return {
        "stream": stream,
        "observed": finding.observed,
        "expected": round(finding.expected, 2),
        "window": finding.ticks * streams.scale.tick_minutes * 60,
        "authors": finding.observed,
        "evidence": round(evidence, 2),
        "threshold": round(threshold, 2),
    }


def lone(streams: Streams, incident: int, tick: int, threshold: float) -> Emergence:
    """An incident that has no stream (yet, or no longer): nothing that could be evidence."""
    window, name = streams.scale.windows[-1], f"incident:{incident}"
    seen = len(streams.authors.ticks_of(streams.waiting[incident].uid, tick - window))
    finding = Finding(seen, float(streams.baseline.age_bound[-1]) * window, window)
    because = Because("emergence_normal", values(streams, name, finding, 0.0, threshold))
    return Emergence(float(seen), round(finding.expected, 6), seen, 0.0, False, because, name)


def reading(streams: Streams, stream: str, tick: int, threshold: float) -> Emergence:
    """A stream as it stands at ``tick``, to which ``streams`` was advanced (or where a gap holds it)."""
    row = streams.table.rows.get(stream)
    if row is None:
        return nothing(stream)
    finding = streams.finding(row, max(tick, streams.tick))
    evidence = log(max(streams.strength(row), 1.0))
    since = int(streams.table.muted_at[row])
    shown = values(streams, stream, finding, evidence, threshold)
    code = _code(streams, row, finding, evidence, threshold)
    if code == "emergence_open":
        minutes = since if streams.scale.tick_minutes < 60 else since * int(streams.scale.tick_minutes)
        shown["since"] = EPOCH + minutes * MINUTE
    return Emergence(
        observed=float(finding.observed),
        expected=round(finding.expected, 6),
        authors=finding.observed,
        evidence=round(evidence, 6),
        emerging=since >= 0,
        because=Because(code, shown),
        stream=stream,
    )


def _code(streams: Streams, row: int, finding: Finding, evidence: float, threshold: float) -> str:
    if streams.table.muted_at[row] >= 0:
        return "emergence_open"
    if streams.table.wide[row] and streams.warming():
        return "emergence_warming_up"
    if evidence > threshold / 2 and finding.observed > 1.5 * finding.expected:
        return "emergence_rising"
    return "emergence_normal"
