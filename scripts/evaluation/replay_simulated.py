"""The whole product on simulated weeks: alerts against the truth, early enough before 6,000 people, and the simple rules beside it.

``evaluate replay_simulated --out FILE.json [--seeds 1 2 ...] [--weeks W]``. Each seed is one company of its own with many troubles; what a
seed gave is kept in the file, so that a longer run goes on where it stopped. Without bot floods (tests/test_pipeline.py has these).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from monitor import assembly, config, replay
from monitor.domain import Watch
from monitor.store import Store
from scripts.simulation.world import WATCH, Plan, World, drawn, labels, records_of, stamp

THRESHOLD = 6000
HALF = 3000
SPEED = 500
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
RECENT = timedelta(days=2)
Line = dict[str, Any]
Alert = tuple[str, int | None, str | None]  # when, about which true trouble, when that one was seen by 6,000


def _velocity(line: Line, before: Sequence[Line]) -> bool:
    """500 people and more within an hour; a first look counts for all that was seen before it."""
    recent = [_people(one) for one in before if _time(one["at"]) >= _time(line["at"]) - HOUR]
    return _people(line) - (recent[0] if recent else 0.0) >= SPEED


def _people(line: Line) -> float:
    return float(line["reach"]["p50"]) if line["reach"] else 0.0


Rule = Callable[[Line, Sequence[Line]], bool]
RULES: dict[str, Rule] = {
    "the product's alerts": lambda line, _: bool(line["notify"]),
    "of these, critical ones": lambda line, _: bool(line["notify"]) and line["severity"] == "critical",
    "velocity: 500 people in an hour": _velocity,
    "half the threshold: 3,000 people": lambda line, _: _people(line) >= HALF,
    "a third of it: 2,000 people": lambda line, _: _people(line) >= 2000,
    "five posts": lambda line, _: line["posts"] >= 5,
    "forecast alone: p >= 0.2": lambda line, _: (line["p_cross"] or 0.0) >= 0.2,
    "forecast alone: p >= 0.5": lambda line, _: (line["p_cross"] or 0.0) >= 0.5,
}


def world(seed: int, plan: Plan) -> dict[str, Any]:
    """Simulate and replay one company: for every rule its alerts with what they were about, and every true crossing."""
    simulated = drawn(plan, seed)
    truth = labels(simulated)
    about = {post: number for number, one in enumerate(truth["incidents"]) for post in one["posts"]}
    with TemporaryDirectory() as folder:
        file = Path(folder) / "posts.jsonl"
        file.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records_of(simulated)), encoding="utf-8")
        history = replay.read(str(file))
    settings = config.with_watches(config.defaults(), (Watch(WATCH["name"], tuple(WATCH["any"])),))
    by_incident: dict[int, list[Line]] = {}
    with Store.open(":memory:", durable=False, searchable=False) as store:
        for line in replay.Replay(store, assembly.parts(settings, assembly.Kept()), history).lines():
            if line["type"] == "decision":
                by_incident.setdefault(line["incident"], []).append(line)
        members = {incident: _members(store, incident) for incident in by_incident}
    told = {name: _alerts(rule, by_incident, members, about, simulated, truth["incidents"]) for name, rule in RULES.items()}
    crossed = [one["crossed_at"] for one in truth["incidents"]]
    return {"weeks": plan.weeks, "posts": len(history.posts), "crossed_at": crossed, "alerts": told}


def _alerts(
    rule: Rule,
    by_incident: Mapping[int, Sequence[Line]],
    members: Mapping[int, Sequence[tuple[str, datetime]]],
    about: Mapping[str, int],
    simulated: World,
    truth: Sequence[Mapping[str, Any]],
) -> list[Alert]:
    """What a rule says, in time order: once for each incident and each true trouble that the posts of its last two days are about.

    An incident of ours that lives long may meet several troubles; each of them is news to staff. Where nothing was posted for two days,
    what is said is about what was said before.
    """
    said: list[Alert] = []
    for incident, lines in by_incident.items():
        meant_before: set[int | None] = set()
        for number, line in enumerate(lines):
            if not rule(line, lines[:number]):
                continue
            now = _time(line["at"])
            shown = [post for post, created_at in members[incident] if now - RECENT <= created_at <= now]
            meant = _meant(shown, about)
            if shown and meant not in meant_before:
                meant_before.add(meant)
                said.append((line["at"], meant, truth[meant]["crossed_at"] if meant is not None else _crossed(simulated, shown)))
    return sorted(said, key=lambda alert: alert[0])


def _members(store: Store, incident: int) -> list[tuple[str, datetime]]:
    """The posts that stand in an incident at the end, or in the one that it was merged into, with their times."""
    while (kept := store.incidents.get(incident).merged_into) is not None:
        incident = kept
    return [(judged.post.id, judged.post.created_at) for judged, _ in store.incidents.members(incident) if judged.post.created_at]


def _meant(members: Sequence[str], about: Mapping[str, int]) -> int | None:
    """The true incident that most of its posts belong to, if these are at least a third of it."""
    true = [about[post] for post in members if post in about]
    best = max(sorted(set(true)), key=true.count, default=None)
    return best if best is not None and 3 * true.count(best) >= len(members) else None


def _crossed(simulated: World, members: Sequence[str]) -> str | None:
    """When posts that belong to no incident of the truth had been seen by 6,000 people all the same."""
    seen = np.sort(np.concatenate([simulated.seen[post] for post in members if post in simulated.seen] or [np.zeros(0)]))
    return stamp(simulated, float(seen[THRESHOLD - 1])) if seen.size >= THRESHOLD else None


def table(worlds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Per rule: alerts a week, precision (6,000 people within a day), share about a true incident, recall, lead."""
    weeks = sum(one["weeks"] for one in worlds)
    crossings = sum(at is not None for one in worlds for at in one["crossed_at"])
    return {
        "weeks": weeks, "posts": sum(one["posts"] for one in worlds), "incidents": sum(len(one["crossed_at"]) for one in worlds),
        "crossings": crossings, "rules": {name: _row(worlds, name, weeks, crossings) for name in RULES},
    }  # fmt: skip


def _row(worlds: Sequence[Mapping[str, Any]], name: str, weeks: float, crossings: int) -> dict[str, Any]:
    alerts = right = true = 0
    leads: list[float] = []
    for one in worlds:
        first: dict[int, datetime] = {}
        for at, incident, crossed in one["alerts"].get(name, ()):
            alerts += 1
            right += crossed is not None and _time(at) < _time(crossed) <= _time(at) + DAY
            true += incident is not None
            if incident is not None:
                first.setdefault(incident, _time(at))
        for incident, crossed in enumerate(one["crossed_at"]):
            if crossed is not None and incident in first and first[incident] < _time(crossed):
                leads.append((_time(crossed) - first[incident]).total_seconds() / 60)
    leads.sort()
    return {
        "alerts_per_week": round(alerts / weeks, 2), "alerts": alerts, "precision": round(right / alerts, 3) if alerts else None,
        "about_an_incident": round(true / alerts, 3) if alerts else None,
        "recall_before_crossing": round(len(leads) / crossings, 3) if crossings else None,
        "median_lead_minutes": round(leads[len(leads) // 2]) if leads else None,
    }  # fmt: skip


def _time(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def main(argv: Sequence[str] | None = None) -> int:
    """Replay seed after seed; the table of all of them stands in the file after each."""
    parser = argparse.ArgumentParser(prog="evaluate replay_simulated", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--weeks", type=float, default=4.0)
    parser.add_argument("--per-day", type=float, default=40.0, help="ordinary mentions")
    parser.add_argument("--incidents", type=float, default=25.0, help="troubles a week; one in twenty crosses")
    options = parser.parse_args(argv)
    plan = Plan(options.weeks, options.per_day, options.incidents, 0.5, 0.0, 0.5)
    worlds = json.loads(options.out.read_text(encoding="utf-8"))["worlds"] if options.out.exists() else {}
    for seed in options.seeds:
        if str(seed) not in worlds:
            worlds[str(seed)] = world(seed, plan)
        result = {"table": table(list(worlds.values())), "worlds": worlds}
        options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"seed {seed} done", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
