"""Once a day: what is older than the retention goes."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.config import Retention
from monitor.pipeline.parts import Outcome
from monitor.store import Limits, Store

KEY = "pruned_at"
EVERY = timedelta(days=1)


def is_due(store: Store, now: datetime) -> bool:
    """Return whether a day has passed since the last time."""
    last = store.state(KEY)
    return last is None or now - datetime.fromisoformat(last.decode()) >= EVERY


def prune(store: Store, retention: Retention, now: datetime) -> Outcome:
    """Remove posts and records that are older than the retention allows."""
    removed = store.prune(limits(retention, now)).posts
    store.put_state(KEY, now.isoformat().encode())
    return Outcome(removed)


def limits(retention: Retention, now: datetime) -> Limits:
    """Return the times before which things are removed now."""
    keeps = (retention.posts, retention.incidents, retention.messages, retention.runs)
    return Limits(*(None if keep is None else now - keep for keep in keeps))
