"""Which of the company's own events explains an incident: by time, topic and place, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from monitor.domain import Because, Incident, Signal, Values

BEFORE = timedelta(hours=3)
"""Customers may be ahead of the company's own systems by so much."""
LASTS = timedelta(hours=48)
"""An event without an end may be complained about for so long; one with an end, so long after it."""
LEAST = 2
"""Time alone is no reason: topic, place or partner must agree too."""


def span(signal: Signal) -> tuple[datetime, datetime]:
    """From when until when complaints may come of it."""
    return signal.at - BEFORE, (signal.ends_at or signal.at) + LASTS


def in_time(signal: Signal, incident: Incident) -> bool:
    """Tell whether complaints of ``incident`` may come of ``signal``, by time and watch alone."""
    since, until = span(signal)
    return signal.watch in (None, incident.watch) and incident.last_post_at >= since and incident.opened_at <= until


def fits(signal: Signal, incident: Incident, texts: Sequence[str]) -> tuple[int, Because] | None:
    """Return how well ``signal`` explains ``incident`` and why, or None.

    It must be about the same watch (where it says one), of the same topic (where it says one; ``other`` contradicts nothing), in time,
    and agree in two or more of time, topic, place, partner. ``texts`` are those of the incident's posts.
    """
    if not in_time(signal, incident):
        return None
    topic = signal.topic is not None and signal.topic == incident.topic
    if signal.topic is not None and not topic and "other" not in (signal.topic, incident.topic):
        return None
    named = {name: _naming(name, texts) for name in (signal.place, signal.partner) if name}
    place, partner = named.get(signal.place or "", 0), named.get(signal.partner or "", 0)
    points = 1 + topic + (place > 0) * 2 + (partner > 0) * 2
    if points < LEAST:
        return None
    return points, _because(signal, incident, signal.place if place else signal.partner, place or partner)


def _because(signal: Signal, incident: Incident, named: str | None, posts: int) -> Because:
    values: Values = {"kind": signal.kind, "signal": signal.text, "at": signal.at}
    if posts:
        return Because("briefing_signal_named", values | {"named": named, "posts": posts})
    return Because("briefing_signal_topic", values | {"topic": incident.topic})


def best(signals: Iterable[Signal], incident: Incident, texts: Sequence[str]) -> tuple[Signal, Because] | None:
    """Return the event that explains ``incident`` best, the latest of equals, and why."""
    found = [(fit[0], signal.at, signal.id, signal, fit[1]) for signal in signals if (fit := fits(signal, incident, texts)) is not None]
    return max(found, key=lambda row: row[:3])[3:] if found else None


def _naming(name: str, texts: Sequence[str]) -> int:
    """How many of ``texts`` name it: whole, or by its first word if that is long enough to mean it."""
    whole = name.casefold().strip()
    first = whole.partition(" ")[0]
    telling = len(first) >= (4 if first.isascii() else 2)
    terms = {whole, first} if telling else {whole}
    return sum(any(term in text.casefold() for term in terms) for text in texts)
