"""Once a day, what the company's own past teaches: how its incidents grow, and how many people see a post on platforms that show it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta

from monitor import forecast, reach
from monitor.domain import Incident, Look
from monitor.pipeline.parts import Outcome, Parts
from monitor.store import Store

GROWTH = "forecast:own"
SIGHT = "reach:own"
DONE = "relearned_at"
EVERY = timedelta(days=1)
BACK = timedelta(days=365)
INCIDENTS = 200
POSTS = 20_000


def is_due(store: Store, now: datetime) -> bool:
    """Return whether a day has passed since the last time."""
    last = store.state(DONE)
    return last is None or now - datetime.fromisoformat(last.decode()) >= EVERY


def relearn(store: Store, parts: Parts, now: datetime) -> Outcome:
    """Learn anew from the latest finished incidents and the latest posts with public views; one transaction."""
    settings = parts.settings
    courses = [_course(*one) for one in store.courses.finished(now - BACK, INCIDENTS)]
    own = forecast.learn(courses, now, growth(store), settings.forecast.miss)
    seen = reach.learn(store.courses.seen(now - BACK, POSTS), settings.reach)
    with store.transaction():
        store.put_state(GROWTH, own.to_bytes())
        store.put_state(SIGHT, json.dumps(_plain(seen), sort_keys=True).encode())
        store.put_state(DONE, now.isoformat().encode())
    return Outcome(own.incidents + sum(one.posts for forms in seen.values() for one in forms.values()))


def growth(store: Store) -> forecast.Own:
    """What the company's own finished incidents say of their growth."""
    return forecast.Own.from_bytes(store.state(GROWTH))


def sight(store: Store) -> reach.Own:
    """What posts with public views say of those without, by platform."""
    raw = store.state(SIGHT)
    try:
        read = json.loads(raw or b"{}")
        return {
            platform: {name: reach.Learned(**{**one, "shift": tuple(one["shift"])}) for name, one in forms.items()}
            for platform, forms in read.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError):  # of another version: nothing learned yet
        return reach.SHIPPED


def _course(incident: Incident, looks: list[tuple[Look, int]]) -> forecast.Course:
    return forecast.Course(incident.opened_at, incident.status_at or incident.last_post_at, tuple(looks))


def _plain(own: reach.Own) -> dict[str, dict[str, object]]:
    return {platform: {name: asdict(one) for name, one in forms.items()} for platform, forms in own.items()}
