"""Reasons of the core as sentences."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, tzinfo

from monitor.domain import Because
from monitor.messages.sentences import SENTENCES
from monitor.messages.wording import SEOUL, Reader
from monitor.plain import clean


def sentence(because: Because, language: str, zone: tzinfo = SEOUL, now: datetime | None = None) -> str:
    """Return the sentence of ``because`` in ``language`` ("ko", else English), with times in ``zone``.

    A code that this version does not know (an old record) is shown as it stands, a value that is missing is called unknown:
    a poor sentence must not keep an alert from going out.
    """
    reader = Reader(language, zone, now)
    pair = SENTENCES.get(because.code)
    if pair is None:
        shown = ", ".join(f"{key} {reader.text(value)}" for key, value in because.values.items())
        return clean(f"{because.code.replace('_', ' ')} ({shown})" if shown else because.code.replace("_", " "))
    text = reader.fill(pair, defaultdict(lambda: None, because.values))
    return text[:1].upper() + text[1:]
