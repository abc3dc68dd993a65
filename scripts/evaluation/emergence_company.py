"""Measure all streams of a company on one false-alarm budget: a new incident inside a busy brand, many small incidents, none at all.

``evaluate emergence_company --out FILE.json [--parts NAME ...] [--repetitions N]``.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from monitor.emergence import Arrival, Detector, Parameters  # noqa: E402
from monitor.emergence.parameters import minute_scale  # noqa: E402
from scripts.evaluation.emergence_parts import run_parts  # noqa: E402
from scripts.evaluation.lanes import START, WEEK, Background  # noqa: E402

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def table_budget(trials: int) -> dict[str, Any]:
    """A new incident inside a brand of 5,000 complaints an hour, all streams sharing the budget: minutes from its first post."""
    table: dict[str, Any] = {}
    for brand in range(5, 9):
        detector, start = _busy_brand(np.random.default_rng(brand))
        kept = detector.to_bytes()
        for per_hour in (20.0, 5.0):
            found = [_trial(kept, start, per_hour, seed) for seed in range(trials)]
            told = [float(np.median(found)), float(np.percentile(found, 90)), round(detector.threshold(), 1)]
            table[f"brand {brand}: +{per_hour:g}/h (median, p90, threshold at the time)"] = told
    return table


def _busy_brand(rng: np.random.Generator, hours: int = 80) -> tuple[Detector, int]:
    """A detector that has seen three days of a busy brand in which 500 small incidents open every day."""
    detector = Detector(Parameters(), ["brand"])
    law = Background()
    means = law.means(rng, 1, hours / 168, 120_000.0)[0]
    number = 0
    for index, count in enumerate(law.draw(rng, means).tolist()):
        arrivals = [_post(START + index, number + n, int(rng.integers(12)), None) for n in range(count)]
        number += count
        if arrivals and rng.random() < 500 / 1440:
            arrivals[0] = _post(START + index, number, 0, number)
        detector.advance(EPOCH + timedelta(minutes=START + index), arrivals)
    return detector, START + hours * 60


def _trial(kept: bytes, start: int, per_hour: float, seed: int) -> float:
    """Only the incident's posts matter to its stream; the brand's own are left out after the start."""
    detector = Detector.from_bytes(kept, Parameters(), ["brand"])
    rng = np.random.default_rng(seed)
    for index in range(480):
        count = 1 if index == 0 else int(rng.poisson(per_hour / 60))
        posts = [_post(start + index, 10**9 + 1000 * index + n, 3, 10**9) for n in range(count)]
        if any(alarm.incident == 10**9 for alarm in detector.advance(EPOCH + timedelta(minutes=start + index), posts)):
            return float(index + 1)
    return 480.0


def _post(minute: int, number: int, topic: int, incident: int | None) -> Arrival:
    at = EPOCH + timedelta(minutes=minute)
    return Arrival(at, "brand", f"a{number}", f"t{number}", "x", f"topic{topic}", True, True, incident)


def table_company(weeks: int) -> dict[str, Any]:
    """A company whose complaints come in small incidents (design, 7.2): alarms a week, and how large the incidents named were."""
    table: dict[str, Any] = {}
    for births in (2.0, 10.0, 50.0):
        arrivals = _company(np.random.default_rng(1), births, weeks)
        detector, alarms = Detector(Parameters(), ["brand"]), []
        for at, group in groupby(arrivals, key=lambda arrival: arrival.at):
            alarms += detector.advance(at, list(group))
        sizes = Counter(arrival.incident for arrival in arrivals)
        table[f"{births:g} incidents a day"] = {
            "alarms_per_week": round(len(alarms) / (weeks - 3 / 7), 2),
            "streams": dict(Counter(alarm.stream.partition(":")[0] for alarm in alarms)),
            "posts_of_named": sorted(sizes[alarm.incident] for alarm in alarms if alarm.incident is not None),
            "posts_p95_of_all": float(np.percentile(list(sizes.values()), 95)),
        }
    return table


def table_shared(weeks: int) -> dict[str, Any]:
    """Alarms a week of a whole company without a single incident: all streams of all watches on one budget."""
    table: dict[str, Any] = {}
    for watches, per_day in ((1, 20.0), (1, 300.0), (4, 50.0)):
        alarms = []
        for seed in range(3):
            arrivals = _ordinary(np.random.default_rng(seed), watches, per_day, weeks)
            detector = Detector(Parameters(), [f"brand {watch}" for watch in range(watches)])
            for at, group in groupby(arrivals, key=lambda arrival: arrival.at):
                alarms += detector.advance(at, list(group))
        table[f"{watches} x {per_day:g} mentions a day"] = {
            "alarms_per_week": round(len(alarms) / (3 * (weeks - 3 / 7)), 2),
            "streams": dict(Counter(alarm.stream.partition(":")[0] for alarm in alarms)),
        }
    return table


def _ordinary(rng: np.random.Generator, watches: int, per_day: float, weeks: int) -> list[Arrival]:
    """Mentions, two in five of them complaints, of uneven topics and platforms, each complaint a trouble of its own."""
    arrivals: list[Arrival] = []
    for watch in range(watches):
        counts = Background().counts(rng, 1, weeks, per_day)[0]
        for minute in np.repeat(np.arange(len(counts)), counts).tolist():
            number, complaint = len(arrivals), bool(rng.random() < 0.4)
            topic, platform = min(11, int(rng.geometric(0.3)) - 1), min(3, int(rng.geometric(0.5)) - 1)
            post = replace(
                _post(START + minute, number, topic, number if complaint else None), watch=f"brand {watch}", platform=f"p{platform}"
            )
            arrivals.append(replace(post, complaint=complaint, bad_news=complaint and bool(rng.random() < 0.8)))
    return sorted(arrivals, key=lambda arrival: arrival.at)


def _company(rng: np.random.Generator, births: float, weeks: int) -> list[Arrival]:
    scale = minute_scale(Parameters())
    season = scale.profiles[0][scale.cells((START + np.arange(weeks * WEEK)) // 60)]
    means = Background().means(rng, 1, weeks, births)[0]
    posts = []
    for incident, born in enumerate(np.repeat(np.arange(len(means)), rng.poisson(means)).tolist()):
        size = max(1, int(rng.poisson(rng.lognormal(np.log(3), 1.2))))
        topic = min(11, int(rng.geometric(0.25)) - 1)
        for moment in [float(born), *(born + rng.exponential(180, size - 1))]:
            while moment < len(season) and moment != born and rng.random() > season[int(moment)] / season.max() + 0.15:
                moment += rng.exponential(45)
            if moment < len(season):
                posts.append((START + int(moment), incident, topic))
    return [_post(minute, number, topic, incident) for number, (minute, incident, topic) in enumerate(sorted(posts))]


PARTS: dict[str, tuple[Callable[[int], dict[str, Any]], int]] = {
    "budget": (table_budget, 60),
    "company": (table_company, 8),
    "shared": (table_shared, 6),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the parts asked for."""
    return run_parts("emergence_company", PARTS, argv, __doc__)


if __name__ == "__main__":
    sys.exit(main())
