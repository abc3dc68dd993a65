"""All the words people read, in Korean and English. Pure: what is known goes in, plain text comes out; notifiers escape and format.

``compose`` writes an alert about one incident, ``digest``, ``roundup`` and ``storm`` about several, ``health`` about ourselves;
``sentence`` turns a reason of the core into prose; ``say`` is the phrase book of the verbs.
"""

from __future__ import annotations

from datetime import datetime, tzinfo

from monitor.messages.alerts import Briefing, answered, compose
from monitor.messages.foretold import foretell
from monitor.messages.notices import digest, health, roundup, storm
from monitor.messages.phrases import PHRASES
from monitor.messages.reasons import sentence
from monitor.messages.wording import SEOUL, Reader

__all__ = ["SEOUL", "Briefing", "Reader", "answered", "compose", "digest", "foretell", "health", "roundup", "say", "sentence", "storm"]


def say(key: str, language: str, zone: tzinfo = SEOUL, now: datetime | None = None, **values: object) -> str:
    """Return the phrase ``key`` in ``language`` ("ko", else English); raises KeyError for an unknown key or a missing value."""
    return Reader(language, zone, now).fill(PHRASES[key], values)
