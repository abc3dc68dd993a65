"""Ahead of the complaint: take the company's own events in from their folder, and say once what customers should hear first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from monitor import alerting, briefing, messages, signals
from monitor.config import Settings
from monitor.domain import Incident, Kind, Severity, Signal, Stage, Status
from monitor.pipeline.briefs import unit_costs
from monitor.pipeline.deciding import enqueue
from monitor.pipeline.parts import Outcome, Parts
from monitor.store import Store

STALE = timedelta(hours=24)
"""An event without an end is no news after so long; one with an end, once it is over."""
APART = timedelta(hours=1)
"""Further events of a topic wait so long for the next notice, so that a wave of them is one message."""
TOLD = "signals:told"
OTHER = "other"


def foretell(store: Store, parts: Parts, now: datetime) -> Outcome:
    """Take in what lies in the folder, then write one notice for each topic with events that nobody has complained about yet."""
    folder = parts.settings.signals.folder
    taken = signals.sweep(store, Path(folder), now) if folder is not None else signals.Taken(0, 0)
    done = sum(_tell(store, parts, watch, topic, group, now) for watch, topic, group in _waiting(store, parts.settings, now))
    return Outcome(taken.new + done, problems=taken.problems, skipped=not (taken.new or done or taken.problems))


def _waiting(store: Store, settings: Settings, now: datetime) -> Iterator[tuple[str, str, list[Signal]]]:
    """Yield (watch, topic, events) to be told; those over, stale or already complained about are passed over for good."""
    groups: dict[tuple[str, str], list[Signal]] = {}
    live = store.incidents.live()
    passed: list[str] = []
    for signal in store.signals.untold():
        watches = [signal.watch] if signal.watch else [watch.name for watch in settings.watches][:1]
        if not watches or _over(signal, now) or _complained(store, signal, live):
            passed.append(signal.id)
        elif signal.at <= now:
            groups.setdefault((watches[0], signal.topic or OTHER), []).append(signal)
    if passed:
        store.signals.mark_told(passed, now)
    yield from ((watch, topic, group) for (watch, topic), group in sorted(groups.items()))


def _over(signal: Signal, now: datetime) -> bool:
    return (signal.ends_at or signal.at + STALE) < now


def _complained(store: Store, signal: Signal, live: list[Incident]) -> bool:
    """Whether a live incident fits the event: then its alert shows it."""
    near = [incident for incident in live if briefing.in_time(signal, incident)]
    return any(briefing.best([signal], incident, [one.post.text for one in store.voices.of(incident, 50)]) for incident in near)


def _tell(store: Store, parts: Parts, watch: str, topic: str, group: list[Signal], now: datetime) -> int:
    settings = parts.settings
    last = store.state(f"{TOLD}:{watch}:{topic}")
    if settings.desk.silent or (last is not None and now - datetime.fromisoformat(last.decode()) < APART):
        return 0
    expected = Incident(0, watch, Kind.COMPLAINT, topic, group[0].text, Status.CANDIDATE, now, now, 0, 0)
    cost = briefing.cost_of(Stage.SIGNAL, None, now, unit_costs(settings, topic))
    playbook, own = settings.playbook(topic), settings.topic(topic)
    with store.transaction():
        for name in alerting.route(expected, Severity.HIGH, (), (), settings.desk):
            language = settings.language(name)
            drafts = {"ko": playbook.ko.proactive, "en": playbook.en.proactive} if playbook else {}
            message = messages.foretell(
                group, watch, topic, own.label(language) if own else None, drafts, playbook.guide(language).never if playbook else (),
                cost, (playbook and playbook.owner) or settings.monitor.responsible, now, language, settings.zone,
            )  # fmt: skip
            enqueue(store, parts, name, message, now, None, None, _awake(settings, name, now))
        store.signals.mark_told([signal.id for signal in group], now)
        store.put_state(f"{TOLD}:{watch}:{topic}", now.isoformat().encode())
    return len(group)


def _awake(settings: Settings, name: str, now: datetime) -> datetime:
    desk = settings.desk
    return next((alerting.awake_at(receiver, now, desk.zone) for receiver in desk.receivers if receiver.name == name), now)
