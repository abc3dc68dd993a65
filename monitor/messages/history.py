"""What happened to an incident, told row by row from the audit table."""

from __future__ import annotations

import json
from datetime import tzinfo

from monitor.domain import Because, Change
from monitor.messages.deeds import CHANGES
from monitor.messages.reasons import sentence
from monitor.messages.wording import SEOUL, Reader
from monitor.plain import clean


def happened(change: Change, language: str, zone: tzinfo = SEOUL) -> str:
    """Say what was changed, with the note that somebody left; an action that has no words is shown as it stands."""
    reader = Reader(language, zone)
    pair = CHANGES.get(change.action)
    what = change.action if pair is None else reader.fill(pair, {"was": change.was, "became": change.became})
    note = _note(change.note, language, zone)
    return clean(f"{what}: {note}" if note else what)


def _note(note: str, language: str, zone: tzinfo) -> str:
    """A merge notes its reason as a code with values; people note words."""
    try:
        found = json.loads(note)
        return sentence(Because(found["code"], found["values"]), language, zone)
    except (ValueError, TypeError, KeyError):
        return note
