"""Our own health: what is wrong with us is told once, and so is that it is right again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import mean

from monitor import messages
from monitor.collectors.metering import Allowance, Spent
from monitor.config import Collector
from monitor.domain import Because, Gap
from monitor.errors import DeliveryFailed
from monitor.pipeline.collecting import REFUSED, UNPAID, spent
from monitor.pipeline.deciding import enqueue
from monitor.pipeline.judging import MODEL_ERROR
from monitor.pipeline.parts import Outcome, Parts
from monitor.pipeline.refreshing import periods
from monitor.store import Store

SILENT_INTERVALS = 3
SHORTEST_LAG = timedelta(minutes=30)
LONGEST_LAG = timedelta(hours=6)
"""Only the first hours of a lag are compared with those of other days."""
MISSED = 20
"""So many posts must be usual in a lag, and some on each of the seven days before, for it to be no mere quiet."""
MOST_COUNTED = 1_000
LOW = 0.8
FAILURES = 3
STEPS = ("classify", "group", "assess", "decide", "health", "prune", "sweep")
KEY = "troubles"
_RECOVERY = {
    "collector_silent": "collector_recovered",
    "collector_refused": "collector_recovered",
    "collector_unpaid": "collector_recovered",
    "collector_behind": "collector_caught_up",
    "model_missing": "step_recovered",
    "step_failing": "step_recovered",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong now; ``key`` stays the same while it lasts."""

    key: str
    because: Because
    since: datetime


def watch(store: Store, parts: Parts, now: datetime) -> Outcome:
    """Compare what is wrong now with what was told; tell staff what changed. Outages are noted as gaps."""
    with store.transaction():
        _note_outages(store, parts, now)
        current = {trouble.key: trouble for trouble in troubles(store, parts, now)}
        known: dict[str, dict[str, str]] = json.loads(store.state(KEY) or b"{}")
        fresh = [trouble for key, trouble in current.items() if key not in known]
        over = {key: row for key, row in known.items() if key not in current}
        told = [trouble.because for trouble in fresh] + list(_recoveries(over, now)) + _holes(store)
        for because in told:
            _tell(store, parts, because, now)
        if fresh or over:
            store.put_state(KEY, json.dumps({key: known.get(key) or _row(trouble) for key, trouble in current.items()}).encode())
    return Outcome(len(told))


def troubles(store: Store, parts: Parts, now: datetime) -> Iterator[Trouble]:
    """Yield everything that is wrong now."""
    settings = parts.settings
    for collector in settings.collectors:
        yield from _pauses(store, collector, len(settings.collectors) == 1, now)
        yield from _budget(store, collector, now, ", ".join(one.name for one in settings.watches[:5]) or collector.name)
    yield from _model(store, settings.classifier.kind, now)
    for step in STEPS:
        why = store.runs.failing(step, FAILURES)
        if why is not None and not (step == "classify" and store.state(MODEL_ERROR)):
            yield Trouble(f"step {step}", Because("step_failing", {"name": step, "times": FAILURES, "why": why}), now)
    for channel, why in {f"{row.receiver}/{row.channel}": row.error for row in store.outbox.dead()}.items():
        yield Trouble(f"dead {channel}", Because("delivery_dead", {"name": channel, "why": why}), now)


def tell_directly(parts: Parts, why: str, now: datetime) -> int:
    """Tell everybody that the database cannot be used, without the outbox, which is in it; return how many channels took it."""
    settings, taken = parts.settings, 0
    for (receiver, _), notifier in parts.notifiers.items():
        trouble = Because("database_trouble", {"why": why})
        message = messages.health(trouble, now, settings.language(receiver), settings.zone)
        try:
            notifier.send(message, None)
            taken += 1
        except DeliveryFailed:
            continue
    return taken


# ---- collectors


def last_good(store: Store, collector: str) -> datetime | None:
    """When a collector last did its work; if it never did, when it first tried."""
    step = f"collect {collector}"
    return store.runs.last_good(step) or store.runs.first_seen(step)


def _silent_since(store: Store, collector: Collector, now: datetime) -> datetime | None:
    last = last_good(store, collector.name)
    return last if last is not None and now - last > SILENT_INTERVALS * collector.every else None


def _note_outages(store: Store, parts: Parts, now: datetime) -> None:
    """An outage is a gap from the last good pass on; it ends with the next one."""
    open_gaps = {gap.collector: gap for gap in store.sources.gaps(now) if gap.until is None}
    for collector in parts.settings.collectors:
        since = _silent_since(store, collector, now)
        if since is not None and collector.name not in open_gaps:
            platform = store.sources.platform(collector.name)
            store.sources.add_gap(Gap(collector.name, platform, since, None, "no good pass"), told=True)
        elif since is None and collector.name in open_gaps:
            store.sources.close_gap(collector.name, last_good(store, collector.name) or now)
    for name in set(open_gaps) - {collector.name for collector in parts.settings.collectors}:
        store.sources.close_gap(name, now)


def _pauses(store: Store, collector: Collector, alone: bool, now: datetime) -> Iterator[Trouble]:
    """Yield why a collector stands still (a refusal, a bill, unknown reasons), or that it brings old posts only."""
    name, pause = collector.name, store.sources.paused(collector.name)
    silent = _silent_since(store, collector, now)
    if pause is not None and pause.code in (REFUSED, UNPAID):
        yield Trouble(f"stopped {name}", Because(f"collector_{pause.code}", {"name": name, "why": pause.why}), pause.since)
    elif silent is not None and _used(store, collector, now)[0] < 1:
        yield Trouble(f"stopped {name}", Because("collector_silent", {"name": name, "silent": (now - silent).total_seconds()}), silent)
    elif silent is None:
        yield from _lag(store, collector, alone, now)


def _lag(store: Store, collector: Collector, alone: bool, now: datetime) -> Iterator[Trouble]:
    """Good passes that bring nothing new, for so long that the platform cannot merely be quiet.

    What is usual is known of a platform; of a source that reads several only if it is ``alone``.
    """
    newest, platform = store.sources.newest(collector.name), store.sources.platform(collector.name)
    if newest is None or now - newest < max(SILENT_INTERVALS * collector.every, SHORTEST_LAG) or not (platform or alone):
        return
    usual = store.sources.usual(platform, newest, min(now, newest + LONGEST_LAG), MOST_COUNTED)
    if mean(usual) >= MISSED and min(usual) > 0:
        because = Because("collector_behind", {"name": collector.name, "since": newest, "usual": mean(usual)})
        yield Trouble(f"behind {collector.name}", because, newest)


def _budget(store: Store, collector: Collector, now: datetime, blind: str) -> Iterator[Trouble]:
    """Told once a period: that it runs low, and that it is used up."""
    share, until = _used(store, collector, now)
    if share >= LOW:
        code, level = ("budget_spent", "spent") if share >= 1 else ("budget_low", "low")
        values: dict[str, str | float | int | datetime | None] = {
            "name": collector.name,
            "share": min(share, 1.0),
            "until": until,
            "blind": blind,
        }
        yield Trouble(f"budget {level} {collector.name} {until.date()}", Because(code, values), now)


def _used(store: Store, collector: Collector, now: datetime) -> tuple[float, datetime]:
    """The largest used share of a limit, and the end of its period."""
    day, month = (spent(cost) for cost in store.sources.spent(collector.name, now))
    budget, (day_end, month_end) = collector.budget, periods(now)
    daily = Allowance(requests_per_day=budget.requests_per_day, money_per_day=budget.money_per_day).used(day, Spent())
    monthly = Allowance(requests_per_month=budget.requests_per_month, money_per_month=budget.money_per_month).used(Spent(), month)
    return (monthly, month_end) if monthly >= min(daily, 1) else (daily, day_end)


def _holes(store: Store) -> list[Because]:
    """What was lost since the last look, measured: from, until, and how many posts are usual in it."""
    told = []
    for number, gap in store.sources.untold():
        until = gap.until or gap.since
        usual = mean(store.sources.usual(gap.platform, gap.since, until))
        values: dict[str, str | float | int | datetime | None] = {
            "name": gap.collector,
            "since": gap.since,
            "until": until,
            "missing": (until - gap.since).total_seconds(),
            "usual": usual,
        }
        told.append(Because("collector_hole", values))
        store.sources.mark_told(number)
    return told


# ---- steps


def _model(store: Store, name: str, now: datetime) -> Iterator[Trouble]:
    if why := store.state(MODEL_ERROR):
        yield Trouble("model", Because("model_missing", {"name": name, "why": why.decode()}), now)


# ---- telling


def _row(trouble: Trouble) -> dict[str, str]:
    name = str(trouble.because.values.get("name") or "")
    return {"code": trouble.because.code, "name": name, "since": trouble.since.isoformat()}


def _recoveries(over: Mapping[str, dict[str, str]], now: datetime) -> Iterator[Because]:
    """What was told and is over. A budget's new period, or a dead message tried again, is no news."""
    for row in over.values():
        code = _RECOVERY.get(row["code"])
        if code is not None:
            silent = (now - datetime.fromisoformat(row["since"])).total_seconds()
            yield Because(code, {"name": row["name"], "silent": silent})


def _tell(store: Store, parts: Parts, trouble: Because, now: datetime) -> None:
    settings = parts.settings
    for receiver in settings.receivers:
        language = settings.language(receiver.name)
        enqueue(store, parts, receiver.name, messages.health(trouble, now, language, settings.zone), now, None, None)
