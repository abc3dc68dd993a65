"""The back-test: a customer's own history at several sensitivities, counted, with a setting to suggest and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from monitor import charts, scoring
from monitor.config import Settings
from monitor.domain import Incident
from monitor.messages.backtest import TEXT, Backtest, Told, Trial, setting_name, sheet
from monitor.messages.wording import Reader
from monitor.pipeline import Judgement
from monitor.replay.scoring import read, score
from monitor.replay.settings import Lane, decided, settings_to_try
from monitor.report import document
from monitor.store import Store

WEEK = timedelta(days=7)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Tried:
    """Every setting's lane beside one replay, and when complaints arrived."""

    settings: Settings
    lanes: list[Lane] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lanes = [Lane.of(setting, self.settings) for setting in settings_to_try(self.settings)]

    def beside(self, judgements: Iterator[tuple[datetime, Judgement]]) -> Iterator[tuple[datetime, Judgement]]:
        """Pass the replay's decisions on while every lane decides too."""
        return decided(judgements, self.lanes)


def backtest(store: Store, lanes: Sequence[Lane], span: tuple[datetime, datetime] | None, labels: Mapping[str, Any] | None) -> Backtest:
    """Count what the lanes did after a replay. ``span``: first and last post; None for an empty history."""
    first, last = span or (NEVER, NEVER)
    crossings = dict(store.incidents.crossings())
    trials = [_trial(store, lane, crossings, last - first, labels) for lane in lanes]
    counts = store.counts()
    current = next(lane for lane in lanes if lane.setting.current)
    best = suggested(trials)
    weeks = None if labels is None else sum(((end - start) for start, end in read(labels)[1]), timedelta()) / WEEK
    return Backtest(
        first=first,
        last=last,
        posts=counts["posts"],
        complaints=counts["complaints"],
        trials=trials,
        told=_told(store, current, crossings),
        suggested=best,
        bounds=(None, None) if best is None else scoring.bounds(best.found, best.events),
        quiet_weeks=weeks,
        most_vain=None if best is None or weeks is None else scoring.at_most(best.vain or 0, weeks),
    )


def suggested(trials: Sequence[Trial]) -> Trial | None:
    """The quietest setting that finds as much as any and, of those, keeps at least half the longest lead; None without an event.

    Where what is set now is as quiet, it stays.
    """
    if not trials or not trials[0].events:
        return None
    most = max(trial.found for trial in trials)
    finding = [trial for trial in trials if trial.found == most]
    longest = max((trial.lead or 0.0 for trial in finding), default=0.0)
    early = [trial for trial in finding if (trial.lead or 0.0) >= longest / 2]
    return min(early, key=lambda trial: (len(trial.alerts), trial.vain or 0, not trial.current, trial.notifications))


def page(
    found: Backtest, posts: Sequence[datetime], crossings: Sequence[datetime], labels: Mapping[str, Any] | None, reader: Reader
) -> str:
    """Return the back-test as one HTML page that needs nothing from outside."""
    drawn = plot(found, posts, crossings, labels, reader, "svg").decode()
    return document(sheet(found, reader.language, reader.zone), {"timeline": drawn})


def plot(
    found: Backtest,
    posts: Sequence[datetime],
    crossings: Sequence[datetime],
    labels: Mapping[str, Any] | None,
    reader: Reader,
    kind: Literal["png", "svg"],
) -> bytes:
    """Draw when each setting would have spoken; in SVG letters stay letters, so any language will do."""
    spans = [] if labels is None else [(onset.onset_at, onset.to_at) for onset in read(labels)[0]]
    rows = tuple((setting_name(trial, reader), tuple(trial.alerts)) for trial in found.trials)
    words = (reader.pick(TEXT["legend.posts"]), reader.pick(TEXT["legend.crossing"]), reader.pick(TEXT["legend.span"]))
    return charts.timeline(charts.Timeline(posts, rows, crossings, spans, reader.zone, words), kind)


def _trial(store: Store, lane: Lane, crossings: Mapping[int, datetime], lasted: timedelta, labels: Mapping[str, Any] | None) -> Trial:
    first = _first(store, lane)
    alerts = sorted(first.values())
    leads = [(at - first[number]).total_seconds() for number, at in crossings.items() if number in first]
    setting = lane.setting
    made = Trial(
        notifications=setting.notifications,
        false_alarms=setting.false_alarms,
        stricter=setting.stricter,
        current=setting.current,
        alerts=alerts,
        rate=round(len(alerts) / max(lasted / WEEK, 1 / 7), 2),
        crossings=len(crossings),
        in_time=sum(lead > 0 for lead in leads),
        lead=scoring.median(lead for lead in leads if lead > 0),
    )
    return made if labels is None else _labelled(made, sorted(decision.at for decision in lane.spoken), labels)


def _labelled(trial: Trial, alerts: Sequence[datetime], labels: Mapping[str, Any]) -> Trial:
    result = score(alerts, labels)
    delay = result["median_delay_minutes"]
    return replace(
        trial,
        labelled=result["labelled"],
        hits=result["hits"],
        delay=None if delay is None else delay * 60,
        vain=len(result["false_alerts"]),
        vain_rate=result["false_alerts_per_week"],
    )


def _first(store: Store, lane: Lane) -> dict[int, datetime]:
    """When the lane spoke first of each incident; what was merged since counts as one."""
    first: dict[int, datetime] = {}
    for number, at in lane.first.items():
        root = _root(store, number).id
        first[root] = min(first.get(root, at), at)
    return first


def _root(store: Store, number: int) -> Incident:
    incident = store.incidents.get(number)
    while incident.merged_into is not None:
        incident = store.incidents.get(incident.merged_into)
    return incident


def _told(store: Store, lane: Lane, crossings: Mapping[int, datetime]) -> list[Told]:
    rows = []
    for number, at in sorted(_first(store, lane).items(), key=lambda row: (row[1], row[0])):
        incident = store.incidents.get(number)
        lead = (crossings[number] - at).total_seconds() if number in crossings else None
        rows.append(Told(number, incident.title, incident.topic, incident.opened_at, at, incident.authors, lead))
    return rows
