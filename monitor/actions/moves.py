"""The single moves: acknowledge, assign, resolve, dismiss, reopen, confirm, merge, split, be silent, forget, add what staff saw."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.config import Settings
from monitor.domain import LIVE, Because, Correction, Incident, Kind, Mention, Post, Status, Watch
from monitor.errors import IllegalTransition, MonitorError
from monitor.matching import Matcher
from monitor.pipeline import changes
from monitor.pipeline.deciding import pressure, put_pressure
from monitor.pipeline.showing import INCIDENT
from monitor.store import Store

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


def acknowledge(store: Store, incident_id: int, who: str, now: datetime, note: str = "") -> Incident:
    """Somebody looks after it: no more alerts, and nobody else is called."""
    return _move(store, incident_id, Status.ACKNOWLEDGED, who, now, note)


def resolve(store: Store, incident_id: int, who: str, now: datetime, note: str = "") -> Incident:
    """The trouble is over, and those who were told hear so; new posts about it reopen the incident."""
    with store.transaction():
        incident = _move(store, incident_id, Status.RESOLVED, who, now, note)
        latest = store.incidents.latest_assessment(incident_id)
        if latest is not None and incident.alerted_at is not None:
            store.incidents.add_assessment(replace(latest, at=now))  # for the next tick to decide on: no due date ever comes again
    return incident


def dismiss(store: Store, incident_id: int, who: str, now: datetime, note: str = "") -> Incident:
    """It was no trouble of ours: its posts are labelled so; the alarm's price stays paid."""
    with store.transaction():
        incident = _move(store, incident_id, Status.DISMISSED, who, now, note)
        _label(store, incident_id, False, who, now)
    return incident


def reopen(store: Store, incident_id: int, who: str, now: datetime) -> Incident:
    """Take back that somebody resolved or dismissed it, with the labels of a dismissal: it is as it was, and no news again.

    What a confirmation gave back stays given: that the alert was right is not taken back. Raises ``IllegalTransition``.
    """
    with store.transaction():
        incident = store.incidents.reopen(incident_id, who, now)
        _changed(store, incident_id, now)
    return incident


def assign(store: Store, incident_id: int, to: str, who: str, now: datetime) -> Incident:
    """Say who looks after it; who does so has seen it, so this acknowledges."""
    with store.transaction():
        if store.incidents.get(incident_id).status in (Status.CANDIDATE, Status.TRIGGERED):
            _move(store, incident_id, Status.ACKNOWLEDGED, who, now, "")
        return store.incidents.assign(incident_id, to, who, now)


def confirm(store: Store, settings: Settings, incident_id: int, who: str, now: datetime) -> Incident:
    """The alert was right: a label, and the price that it cost detector and budget is given back, once."""
    with store.transaction():
        before = store.incidents.get(incident_id)
        incident = store.incidents.confirm(incident_id, who, now)
        if before.alerted_at is not None and before.confirmed_at is None:
            put_pressure(store, pressure(store, settings.budget, now).after(now, settings.budget).confirmed(settings.budget))
            changes.confirmed(store, incident.watch)
        if incident.kind is Kind.COMPLAINT:  # a wave may be news that complains of nothing
            _label(store, incident_id, True, who, now)
    return incident


def silence(store: Store, incident_id: int, lasting: timedelta, who: str, now: datetime, note: str = "") -> int:
    """Say nothing about one incident for a while; return the silence's number."""
    with store.transaction():
        store.incidents.get(incident_id)
        return store.incidents.add_silence({INCIDENT: str(incident_id)}, now, now + lasting, who, note, now)


def merge(store: Store, first: int, second: int, who: str, now: datetime) -> Incident:
    """Two incidents are one; the older id stays."""
    older, younger = sorted((first, second))
    if older == younger:
        raise IllegalTransition(f"incident {older} cannot be merged with itself")
    with store.transaction():
        store.incidents.merge(older, younger, Because("grouping_merged_by_staff", {"who": who, "incident": younger}), now, who)
        changes.merged(store, older, younger)
        _changed(store, older, now)
    return store.incidents.get(older)


def split(store: Store, incident_id: int, posts: Sequence[str], who: str, now: datetime) -> Incident:
    """Move ``posts`` out into an incident of their own, for good."""
    with store.transaction():
        new_id = store.incidents.split(incident_id, posts, who, now)
        _changed(store, new_id, now)
        store.incidents.set_due(incident_id, now)
    return store.incidents.get(new_id)


def forget(store: Store, author: str, who: str, now: datetime) -> int:
    """Remove everything that an account wrote, for good; return how many posts that were. Raises ``NotFound``."""
    removed = store.forget(author, who, now)
    store.put_state("incidents_version", f"{now.isoformat()} forgotten".encode())
    return removed.posts


def add(store: Store, watches: Sequence[Watch], text: str, watch: str | None, who: str, now: datetime) -> Post:
    """Enter a complaint that staff saw themselves, by its words or its address; the next tick judges it like any other."""
    if not text.strip():
        raise MonitorError("nothing to add: the text is empty")
    address = _ADDRESS.search(text)
    post_id = "manual:" + hashlib.sha256(text.encode()).hexdigest()[:16]
    post = Post(post_id, "manual", text, now, url=address.group() if address else None)
    mentions = Matcher(watches).mentions(post)
    if watch is not None:
        mentions = [mention for mention in mentions if mention.watch == watch] or [Mention(post_id, watch)]
    elif not mentions and len(watches) == 1:
        mentions = [Mention(post_id, watches[0].name)]
    if not mentions:
        raise MonitorError("the text names none of the watches; say which with --watch")
    with store.transaction():
        store.posts.add([post], [], mentions, [], [], now)
        store.audit(who, now, "add", post_id)
    return post


def _move(store: Store, incident_id: int, status: Status, who: str, now: datetime, note: str) -> Incident:
    with store.transaction():
        incident = store.incidents.transition(incident_id, status, who, now, note)
        _changed(store, incident_id, now)
        if incident.status not in LIVE:
            store.incidents.set_due(incident_id, None)
            changes.over(store, incident_id)
    return incident


def _label(store: Store, incident_id: int, complaint: bool, who: str, now: datetime) -> None:
    """What staff say of an incident holds for each of its posts."""
    with store.transaction():
        for judged, _ in store.incidents.members(incident_id):
            store.posts.label(Correction(judged.post.id, judged.mention.watch, who, now, complaint))


def _changed(store: Store, incident_id: int, now: datetime) -> None:
    """Let the running daemon rebuild its index of live incidents, and look at this one again."""
    store.put_state("incidents_version", f"{now.isoformat()} {incident_id}".encode())
    store.incidents.set_due(incident_id, now)
