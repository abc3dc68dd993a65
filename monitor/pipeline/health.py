"""Our own health: a collector that has fallen silent is told once, and so is its recovery."""

from __future__ import annotations

import json
from datetime import datetime

from monitor import messages
from monitor.domain import Because
from monitor.pipeline.deciding import enqueue
from monitor.pipeline.parts import Outcome, Parts
from monitor.store import Store

SILENT_INTERVALS = 3
KEY = "silent_collectors"


def watch(store: Store, parts: Parts, now: datetime) -> Outcome:
    """Compare each collector's last good pass with its interval; tell staff what changed."""
    known: dict[str, str] = json.loads(store.state(KEY) or b"{}")
    silent: dict[str, datetime] = {}
    for collector in parts.settings.collectors:
        last = store.runs.last_good(f"collect {collector.name}") or store.runs.first_seen(f"collect {collector.name}")
        if last is not None and now - last > SILENT_INTERVALS * collector.every:
            silent[collector.name] = last
    changed = [(name, "silent", since) for name, since in silent.items() if name not in known]
    changed += [(name, "recovered", datetime.fromisoformat(since)) for name, since in known.items() if name not in silent]
    if not changed:
        return Outcome()
    with store.transaction():
        for name, what, since in changed:
            _tell(store, parts, name, what, since, now)
        store.put_state(KEY, json.dumps({name: known.get(name, since.isoformat()) for name, since in silent.items()}).encode())
    return Outcome(len(changed))


def _tell(store: Store, parts: Parts, name: str, what: str, since: datetime, now: datetime) -> None:
    settings = parts.settings
    for receiver in settings.receivers:
        language = settings.language(receiver.name)
        trouble = Because(f"collector_{what}", {"name": name, "silent": (now - since).total_seconds()})
        message = messages.health(trouble, now, language, settings.zone)
        enqueue(store, parts, receiver.name, message, now, None, None)
