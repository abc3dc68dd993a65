"""What happened to incidents since the detector last looked: merged, over, confirmed. Kept in the transaction in which it happened."""

from __future__ import annotations

import json

from monitor.emergence import Detector
from monitor.store import Store

KEY = "detector_changes"


def merged(store: Store, older: int, younger: int) -> None:
    """Two incidents became one."""
    _note(store, ["merged", older, younger])


def over(store: Store, incident_id: int) -> None:
    """An incident was resolved or dismissed."""
    _note(store, ["over", incident_id])


def confirmed(store: Store, watch: str) -> None:
    """Staff said that an alert about ``watch`` was right."""
    _note(store, ["confirmed", watch])


def tell(store: Store, detector: Detector) -> bool:
    """Tell the detector what happened, and forget it; inside the caller's transaction. Return whether there was anything."""
    kept = store.state(KEY)
    changes = json.loads(kept) if kept else []
    for what, *about in changes:
        match what:
            case "merged":
                detector.merge(*about)
            case "over":
                detector.forget(*about)
            case "confirmed":
                detector.confirm(*about)
    if changes:
        store.put_state(KEY, b"[]")
    return bool(changes)


def _note(store: Store, change: list[str | int]) -> None:
    kept = store.state(KEY)
    store.put_state(KEY, json.dumps([*(json.loads(kept) if kept else []), change]).encode())
