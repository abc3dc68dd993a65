"""assess: is it emerging, who has seen it, how many will; for every incident about which something is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import starmap

from monitor import forecast, reach
from monitor.attention import bad_news
from monitor.domain import (
    LIVE,
    Assessment,
    Because,
    Emergence,
    Forecast,
    Incident,
    Judged,
    Kind,
    Member,
    Precision,
    Reach,
    Status,
    Step,
)
from monitor.emergence import Alarm, Arrival, Detector
from monitor.grouping import SHIPPED
from monitor.grouping.titles import title as title_of
from monitor.grouping.wording import wording
from monitor.pipeline import changes, gaps, relearning
from monitor.pipeline.alarms import raise_alarms
from monitor.pipeline.parts import BATCH, CLOSE_AFTER, WAVE_LASTS, Memory, Outcome, Parts
from monitor.store import Store

SHORTEST_WINDOW = timedelta(minutes=30)
WAVE_POSTS = 400
SHARE_THAT_EXPLAINS = 0.3
SHARE_OF_THE_KNOWN = 0.15
SHARE_OF_COMPLAINTS = 0.5
FIRST_LOOK_AGAIN = timedelta(hours=1)
LAST_LOOK_AGAIN = timedelta(hours=12)
DETECTOR = "detector"
AT_ONCE = 64
"""So many incidents are assessed together: their posts are in memory at the same time."""


def assess(store: Store, parts: Parts, memory: Memory, now: datetime) -> Outcome:
    """Advance the detector to ``now`` and assess every incident that is due; one transaction."""
    try:
        with store.transaction():
            alarms = _detect(store, parts, memory, now)
            due = store.incidents.due(now)
            if due:
                _look_at(store, parts, memory, due, alarms, now)
            raise_alarms(store, alarms, now)
    except BaseException:
        memory.forget()
        raise
    return Outcome(len(due))


def keep(store: Store, memory: Memory) -> None:
    """Keep the detector's state; inside the transaction that marks the posts it has counted."""
    if memory.detector is not None:
        store.put_state(DETECTOR, memory.detector.to_bytes())


def _detector(store: Store, parts: Parts, memory: Memory) -> Detector:
    if memory.detector is None:
        kept, parameters, watches = store.state(DETECTOR), parts.settings.emergence, parts.settings.watches
        memory.detector = Detector(parameters, watches) if kept is None else Detector.from_bytes(kept, parameters, watches)
    return memory.detector


def _detect(store: Store, parts: Parts, memory: Memory, now: datetime) -> dict[int, Alarm]:
    """Feed the detector what was grouped since the last tick; return the alarms by the incident that stands for each.

    Its time goes on to the latest post only, not to ``now``: what a slow collector brings later is then still news. Idle time changes
    nothing that its closed form does not make up for.
    """
    detector = _detector(store, parts, memory)
    changed = detector.begin(now)
    detector.tell_missing(gaps.missing(store, [collector.name for collector in parts.settings.collectors], now))
    changed |= changes.tell(store, detector)
    alarms: dict[int, Alarm] = {}
    more = True
    while more and (work := store.posts.unassessed(BATCH)):
        more = len(work) == BATCH
        until = min(max(judged.post.created_at for judged in work), now)
        for alarm in detector.advance(until, [_arrival(judged, parts) for judged in work]):
            incident_id = _standing_for(store, parts, memory, alarm, now)
            alarms[incident_id] = alarm
            store.incidents.set_due(incident_id, now)
        store.posts.mark([(judged.post.id, judged.mention.watch) for judged in work], Step.ASSESSED)
        changed = True
    if changed and memory.kept:
        keep(store, memory)
    return alarms


def _arrival(judged: Judged, parts: Parts) -> Arrival:
    post, labels = judged.post, judged.labels
    threshold = parts.settings.classifier.complaint_threshold
    return Arrival(
        at=post.created_at,
        watch=judged.mention.watch,
        author=post.author_id,
        text_key=judged.copy_of or post.id,
        platform=post.platform,
        topic=labels.topic,
        complaint=labels.complaint >= threshold,
        bad_news=bad_news(labels, post.text, threshold),
        incident=judged.incident_id,
        daily=post.time_precision is Precision.DAY,
    )


def _standing_for(store: Store, parts: Parts, memory: Memory, alarm: Alarm, now: datetime) -> int:
    """The incident an alarm is about: its own, else the one that explains the rise, else a new wave of attention."""
    if alarm.incident is not None:
        return alarm.incident
    window = max(timedelta(seconds=float(str(alarm.because.values.get("window") or 0))), SHORTEST_WINDOW)
    recent = [judged for judged in store.posts.recent(alarm.watch, alarm.at - window, WAVE_POSTS) if _in_stream(judged, alarm, parts)]
    explained = _explained_by(store, recent)
    if explained is not None:
        return explained
    complaints = [judged for judged in recent if judged.incident_id is not None]
    if len(complaints) >= max(2, SHARE_OF_COMPLAINTS * len(recent)):
        return _gathered(store, memory, complaints, now)
    wave = store.incidents.waves(now - WAVE_LASTS).get(alarm.watch)
    return wave.id if wave is not None else _open_wave(store, alarm, recent, now)


def _in_stream(judged: Judged, alarm: Alarm, parts: Parts) -> bool:
    arrival = _arrival(judged, parts)
    kind, _, name = alarm.stream.partition(":")
    match kind:
        case "total":
            return arrival.complaint
        case "topic":
            return arrival.complaint and arrival.topic == name
        case "platform":
            return arrival.complaint and arrival.platform == name
        case "attention" if name == "negative":
            return arrival.bad_news
        case _:
            return True


def _explained_by(store: Store, recent: Sequence[Judged]) -> int | None:
    """The live incident to which a good share of the recent posts belongs, if any; less will do if staff know of it already."""
    counts = Counter(judged.incident_id for judged in recent if judged.incident_id is not None)
    for incident_id, count in counts.most_common(5):
        incident = store.incidents.get(incident_id)
        share = SHARE_OF_THE_KNOWN if incident.alerted_at is not None else SHARE_THAT_EXPLAINS
        if incident.status in LIVE and incident.authors >= 3 and count >= share * len(recent):
            return incident_id
    return None


def _gathered(store: Store, memory: Memory, complaints: Sequence[Judged], now: datetime) -> int:
    """Complaints that rise together and stand scattered are one trouble: the lone ones join the largest of their incidents."""
    counts = Counter(judged.incident_id for judged in complaints if judged.incident_id is not None)
    largest = max(sorted(counts), key=lambda incident_id: counts[incident_id])
    for lone in sorted(set(counts) - {largest}):
        if store.incidents.get(lone).authors > 1:
            continue
        older, younger = sorted((largest, lone))
        store.incidents.merge(older, younger, Because("grouping_together"), now)
        changes.merged(store, older, younger)
        if memory.grouper is not None:
            memory.grouper.merge(older, younger)
        largest = older
    store.incidents.refresh([largest])
    return largest


def _open_wave(store: Store, alarm: Alarm, recent: Sequence[Judged], now: datetime) -> int:
    """A wave takes the recent posts of its stream that stand in no incident."""
    incident_id = store.incidents.next_id()
    free = [judged for judged in recent if judged.incident_id is None]
    topic = Counter(judged.labels.topic for judged in free).most_common(1)[0][0] if free else "other"
    first = min((judged.post.created_at for judged in free), default=alarm.at)
    title = title_of([(judged.post.text, wording(judged.post.text, judged.mention.spans)) for judged in free], SHIPPED)
    wave = Incident(incident_id, alarm.watch, Kind.ATTENTION, topic, title, Status.CANDIDATE, first, alarm.at, len(free), alarm.authors)
    store.incidents.open(wave, now)
    members = [Member(judged.post.id, alarm.watch, incident_id, Because("grouping_wave"), judged.copy_of) for judged in free]
    store.incidents.add_members(members, now)
    store.incidents.refresh([incident_id])
    return incident_id


@dataclass(frozen=True, slots=True)
class _Past:
    """What the company's own past taught."""

    growth: forecast.Own
    sight: reach.Own


def _look_at(store: Store, parts: Parts, memory: Memory, incidents: Sequence[Incident], alarms: Mapping[int, Alarm], now: datetime) -> None:
    """Reach and forecast are reckoned for many incidents at once: what they cost is mostly the asking."""
    past = _Past(relearning.growth(store), relearning.sight(store))
    for first in range(0, len(incidents), AT_ONCE):
        batch = incidents[first : first + AT_ONCE]
        seen = _seen(store, parts, batch, now, past)
        ahead = _ahead(store, parts, batch, seen, now, past)
        for incident, reached in zip(batch, seen, strict=True):
            emergence = _emergence(_detector(store, parts, memory), incident, alarms.get(incident.id))
            foretold = ahead.get(incident.id)
            _keep(store, parts, Assessment(incident.id, now, emergence, reached, foretold, incident.posts, incident.authors), incident)


def _seen(store: Store, parts: Parts, incidents: Sequence[Incident], now: datetime, past: _Past) -> list[Reach | None]:
    posts = [(store.posts.exposures(one.id) if store.posts.measurable(one.id) else [], one.id) for one in incidents]
    return reach.estimates(posts, now, parts.settings.reach, past.sight)


def _ahead(
    store: Store, parts: Parts, incidents: Sequence[Incident], seen: Sequence[Reach | None], now: datetime, past: _Past
) -> dict[int, Forecast]:
    """The forecasts of the incidents whose reach is known, by incident."""
    known = {incident.id: _case(store, incident, people, now) for incident, people in zip(incidents, seen, strict=True) if people}
    settings = parts.settings
    found = forecast.predictions(list(known.values()), now, settings.monitor.threshold, settings.forecast, past.growth)
    return dict(zip(known, found, strict=True))


def _case(store: Store, incident: Incident, seen: Reach, now: datetime) -> forecast.Case:
    history = list(starmap(forecast.Point, store.incidents.reach_history(incident.id)))
    history.append(forecast.Point(now, seen.people.p50, incident.posts))
    return forecast.Case(history, seen.people, incident.opened_at)


def _keep(store: Store, parts: Parts, assessment: Assessment, incident: Incident) -> None:
    now, seen = assessment.at, assessment.reach
    if seen is not None and seen.people.p50 >= parts.settings.monitor.threshold and incident.crossed_at is None:
        store.incidents.mark_crossed(incident.id, now)
    store.incidents.set_due(incident.id, _look_again(incident, seen, now))
    store.incidents.add_assessment(assessment)


def _emergence(detector: Detector, incident: Incident, alarm: Alarm | None) -> Emergence:
    if alarm is None:
        return detector.reading(incident.id)
    return Emergence(
        alarm.observed, alarm.expected, alarm.authors, alarm.evidence, emerging=True, because=alarm.because, stream=alarm.stream
    )


def _look_again(incident: Incident, seen: Reach | None, now: datetime) -> datetime:
    """New posts and measurements make an incident due at once; without them it is looked at ever more rarely until it closes."""
    close_at = incident.last_post_at + CLOSE_AFTER
    if seen is None:
        return max(close_at, now + FIRST_LOOK_AGAIN)
    age = now - incident.last_post_at
    return max(min(now + min(max(age, FIRST_LOOK_AGAIN), LAST_LOOK_AGAIN), close_at), now + FIRST_LOOK_AGAIN)
