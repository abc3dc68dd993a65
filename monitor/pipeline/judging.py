"""classify and group: what each mention says, and to which trouble it belongs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from monitor.attention import bad_news
from monitor.classifiers import Embedder
from monitor.domain import Because, Classification, Fingerprint, Incident, Judged, Kind, Member, Passage, Status, Step
from monitor.errors import ModelError
from monitor.grouping import SHIPPED_SPACE, Grouper, Placement
from monitor.grouping.stories import candidate_of
from monitor.pipeline import changes
from monitor.pipeline.parts import BATCH, GROUPING_DAYS, MONITOR, REOPEN_WITHIN, WAVE_TAKES, Memory, Outcome, Parts
from monitor.store import Store

MODEL_ERROR = "model_error"

Vectors = Mapping[tuple[str, str], NDArray[np.float16]]
"""Sentence vectors by post and watch."""


def classify(store: Store, parts: Parts, now: datetime) -> Outcome:
    """Give every new mention its verdict, batch by batch; why no model can is kept for those who watch over us."""
    try:
        outcome = _classify(store, parts, now)
    except ModelError as error:
        store.put_state(MODEL_ERROR, str(error).encode())
        raise
    if outcome.done and store.state(MODEL_ERROR):
        store.put_state(MODEL_ERROR, b"")
    return outcome


def _classify(store: Store, parts: Parts, now: datetime) -> Outcome:
    store.set_complaint_threshold(parts.settings.classifier.complaint_threshold)
    store.set_utc_offset(now.astimezone(parts.settings.zone).utcoffset() or timedelta(0))
    done = 0
    more = True
    while more and (work := store.posts.unclassified(BATCH)):
        more = len(work) == BATCH
        verdicts = parts.classifier.classify([Passage(post.text, mention.spans, post.language) for post, mention in work])
        rows = [
            Classification(mention.post_id, mention.watch, parts.classifier.model, labels)
            for (_, mention), labels in zip(work, verdicts, strict=True)
        ]
        with store.transaction():
            store.posts.add_classifications(rows, now)
        done += len(rows)
    return Outcome(done)


def group(store: Store, parts: Parts, memory: Memory, now: datetime) -> Outcome:
    """Place every complaint in an incident, note whose words it repeats, and join incidents that turned out to be one."""
    done = 0
    more = True
    while more and (work := store.posts.ungrouped(BATCH)):
        more = len(work) == BATCH
        grouper = _grouper(store, parts, memory, now)
        vectors = _vectors(parts, work)
        try:
            with store.transaction():
                _place(store, parts, grouper, work, vectors, now)
                _merge(store, grouper, now)
        except BaseException:
            memory.forget()
            raise
        done += len(work)
    return Outcome(done)


def is_complaint(judged: Judged, parts: Parts) -> bool:
    """Return whether the verdict reaches the configured threshold."""
    return judged.labels.complaint >= parts.settings.classifier.complaint_threshold


def _grouper(store: Store, parts: Parts, memory: Memory, now: datetime) -> Grouper:
    """The index of live incidents; rebuilt at the start and whenever staff changed incidents beside us."""
    version = store.state("incidents_version")
    if memory.grouper is None or memory.version != version:
        space = SHIPPED_SPACE if _embedder(parts) is not None else None
        memory.grouper = Grouper(parts.settings.grouping, space=space)
        standing = store.incidents.standing(now - REOPEN_WITHIN, parts.settings.grouping.kept)
        complaints = [one for one in standing if one.incident.kind is Kind.COMPLAINT]  # waves are no trouble that a text could be like
        kept = store.posts.vectors(space.name) if space is not None else {}
        vectors = {key: np.frombuffer(numbers, np.float16) for key, numbers in kept.items()}
        memory.grouper.restore(complaints, store.posts.fingerprints(now - GROUPING_DAYS), vectors)
        for one, other in store.incidents.apart():
            memory.grouper.keep_apart(one, other)
        memory.version = version
    return memory.grouper


def _embedder(parts: Parts) -> Embedder | None:
    """Return what gives vectors of the space that grouping knows; None where the model gives none, or others."""
    model: object = parts.classifier
    fits = getattr(model, "vectors", None) == SHIPPED_SPACE.name  # asked first, for it is the quicker question
    return model if fits and isinstance(model, Embedder) else None


def _vectors(parts: Parts, work: Sequence[Judged]) -> Vectors:
    """Return the vectors of the posts that may have to be placed, by post and watch."""
    embedder = _embedder(parts)
    if embedder is None:
        return {}
    wanted = [
        judged
        for judged in work
        if judged.incident_id is None and (is_complaint(judged, parts) or judged.post.repost_of or judged.post.quote_of)
    ]
    found = embedder.embed([Passage(judged.post.text, judged.mention.spans, judged.post.language) for judged in wanted])
    return {(judged.post.id, judged.mention.watch): row for judged, row in zip(wanted, found.astype(np.float16), strict=True)}


def _place(store: Store, parts: Parts, grouper: Grouper, work: Sequence[Judged], vectors: Vectors, now: datetime) -> None:
    waves = store.incidents.waves(now - WAVE_TAKES) if any(_joins_waves(judged, parts) for judged in work) else {}
    next_id = store.incidents.next_id()
    opened: list[Incident] = []
    members: list[Member] = []
    prints: list[Fingerprint] = []
    back: set[int] = set()
    placed: set[tuple[str, str]] = set()
    reworded = [judged for judged in work if judged.incident_id is not None]
    _judge_reworded(store, grouper, [judged for judged in reworded if not is_complaint(judged, parts)], now)
    for judged in work:
        if is_complaint(judged, parts) and judged.incident_id is not None:
            members.append(_stays(judged, judged.incident_id))
            bits, copy_of = grouper.copy_of(judged.mention.watch, judged.post.id, judged.post.text, judged.post.created_at)
            prints.append(Fingerprint(judged.post.id, judged.mention.watch, judged.post.created_at, bits, copy_of, judged.incident_id))
            continue
        if is_complaint(judged, parts) or _passes_on_a_member(store, judged, placed):
            placement = grouper.place([candidate_of(judged, vectors.get((judged.post.id, judged.mention.watch)))], next_id)[0]
            if placement.reopens:
                back.add(placement.incident_id)
            if placement.opened:
                opened.append(_new_incident(judged, placement, grouper.title(placement.incident_id)))
                next_id += 1
            members.append(Member(judged.post.id, judged.mention.watch, placement.incident_id, placement.because, placement.copy_of))
            placed.add((judged.post.id, judged.mention.watch))
            bits, copy_of, incident_id = placement.fingerprint, placement.copy_of, placement.incident_id
        else:
            bits, copy_of = grouper.copy_of(judged.mention.watch, judged.post.id, judged.post.text, judged.post.created_at)
            incident_id = None
            wave = waves.get(judged.mention.watch)
            if wave is not None and _joins_waves(judged, parts):
                members.append(Member(judged.post.id, judged.mention.watch, wave.id, Because("grouping_wave"), copy_of))
        prints.append(Fingerprint(judged.post.id, judged.mention.watch, judged.post.created_at, bits, copy_of, incident_id))
    for incident_id in sorted(back - {incident.id for incident in opened}):  # a backlog of weeks may open one and come back to it
        _reopen(store, grouper, incident_id, now)
    times = {(judged.post.id, judged.mention.watch): judged.post.created_at for judged in work}
    store.posts.add_vectors(SHIPPED_SPACE.name, ((*key, times[key], row.tobytes()) for key, row in vectors.items() if key in placed))
    _write(store, grouper, opened, members, prints, work, now)


def _joins_waves(judged: Judged, parts: Parts) -> bool:
    """Whether it is news of a failure of ours rather than a complaint: part of the attention that goes round, if there is any."""
    return not is_complaint(judged, parts) and bad_news(judged.labels, judged.post.text, parts.settings.classifier.complaint_threshold)


def _stays(judged: Judged, incident_id: int) -> Member:
    """A post of an incident was edited and still complains: it keeps its place, for staff know the trouble by that number."""
    return Member(judged.post.id, judged.mention.watch, incident_id, Because("grouping_edited"))


def _judge_reworded(store: Store, grouper: Grouper, withdrawn: Sequence[Judged], now: datetime) -> None:
    """Posts that were edited and complain no more leave their incidents."""
    incidents = {judged.incident_id for judged in withdrawn if judged.incident_id is not None}
    store.incidents.drop_members([(judged.post.id, judged.mention.watch) for judged in withdrawn])
    store.incidents.refresh(sorted(incidents))
    for incident_id in sorted(incidents):
        store.incidents.set_due(incident_id, now)


def _write(
    store: Store,
    grouper: Grouper,
    opened: Sequence[Incident],
    members: Sequence[Member],
    prints: Sequence[Fingerprint],
    work: Sequence[Judged],
    now: datetime,
) -> None:
    for incident in opened:
        store.incidents.open(incident, now)
    store.incidents.add_members(members, now)
    touched = sorted({member.incident_id for member in members})
    store.incidents.refresh(touched)
    fresh = {incident.id for incident in opened}
    for incident_id in touched:
        if incident_id not in fresh and grouper.known(incident_id):
            store.incidents.retitle(incident_id, grouper.title(incident_id))
        store.incidents.set_due(incident_id, now)
    store.posts.add_fingerprints(prints)
    store.posts.mark([(judged.post.id, judged.mention.watch) for judged in work], Step.GROUPED)


def _reopen(store: Store, grouper: Grouper, incident_id: int, now: datetime) -> None:
    """New posts about a trouble that was over: it has regressed, or, if nobody was ever told of it, is a candidate again."""
    incident = store.incidents.get(incident_id)
    if incident.status is not Status.RESOLVED:
        return
    status = Status.CANDIDATE if incident.alerted_at is None else Status.TRIGGERED
    store.incidents.transition(incident_id, status, MONITOR, now, "new posts about it")
    grouper.close(incident_id, status)


def _passes_on_a_member(store: Store, judged: Judged, placed: Collection[tuple[str, str]]) -> bool:
    """Whether it is a repost or quote of a post in an incident, be that stored or ``placed`` just now."""
    parent, watch = judged.post.repost_of or judged.post.quote_of, judged.mention.watch
    return parent is not None and ((parent, watch) in placed or store.incidents.of_post(parent, watch) is not None)


def _new_incident(judged: Judged, placement: Placement, title: str) -> Incident:
    at = judged.post.created_at
    return Incident(placement.incident_id, judged.mention.watch, Kind.COMPLAINT, judged.labels.topic, title, Status.CANDIDATE, at, at, 1, 1)


def _merge(store: Store, grouper: Grouper, now: datetime) -> None:
    """Two incidents that turned out to be one become one; the older id survives. In the transaction that placed their posts."""
    merges = grouper.merges(now)
    for merge in merges:
        store.incidents.merge(merge.older, merge.younger, merge.because, now)
        changes.merged(store, merge.older, merge.younger)
        store.incidents.set_due(merge.older, now)
    store.incidents.refresh([merge.older for merge in merges])
