"""Once a day, what is older than the retention goes; within the hour, the last traces of what was deleted."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.config import Retention
from monitor.pipeline.parts import REOPEN_WITHIN, Outcome
from monitor.store import Limits, Store

KEY = "pruned_at"
EVERY = timedelta(days=1)
SWEPT = "swept_at"
SWEEP_EVERY = timedelta(hours=1)


def is_due(store: Store, now: datetime) -> bool:
    """Return whether a day has passed since the last time."""
    return _passed(store, KEY, EVERY, now)


def prune(store: Store, retention: Retention, now: datetime) -> Outcome:
    """Remove posts and records that are older than the retention allows."""
    removed = store.prune(limits(retention, now)).posts
    with store.transaction():
        store.posts.drop_vectors(now - REOPEN_WITHIN)
    store.put_state(KEY, now.isoformat().encode())
    return Outcome(removed)


def must_sweep(store: Store, now: datetime) -> bool:
    """Return whether something was deleted or edited since the last sweep, and that was an hour ago."""
    return store.unswept() and _passed(store, SWEPT, SWEEP_EVERY, now)


def sweep(store: Store, now: datetime) -> Outcome:
    """Leave no trace of removed words in the index and in the log file."""
    store.put_state(SWEPT, now.isoformat().encode())
    store.sweep()
    return Outcome(1)


def limits(retention: Retention, now: datetime) -> Limits:
    """Return the times before which things are removed now."""
    keeps = (retention.posts, retention.incidents, retention.messages, retention.runs)
    return Limits(*(None if keep is None else now - keep for keep in keeps))


def _passed(store: Store, key: str, span: timedelta, now: datetime) -> bool:
    last = store.state(key)
    return last is None or now - datetime.fromisoformat(last.decode()) >= span
