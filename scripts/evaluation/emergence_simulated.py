"""Measure the detector on simulated streams with known truth: false alarms, delay, efficiency against the oracle, the shared budget.

``evaluate emergence_simulated --out FILE.json [--parts NAME ...] [--size N]``. Every stream is one lane of
the detector's own code; thresholds are the theoretical ones unless the table says "matched".
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from monitor.emergence import Arrival, Detector, Parameters  # noqa: E402
from monitor.emergence.parameters import minute_scale  # noqa: E402
from scripts.evaluation.lanes import START, WEEK, Background, Lanes, feed  # noqa: E402

RATES = {"5/day": 5.0, "50/day": 50.0, "500/day": 500.0, "5000/h": 120_000.0}
THRESHOLD = float(np.log(WEEK))
FIT = 4
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Counts = NDArray[np.int32]


class _Found(Exception):
    """Every lane has alarmed."""


def run(
    counts: Counts, threshold: float, on_alarm: Callable[[int, NDArray[np.intp]], None], reset: Callable[[int], Any] | None = None
) -> None:
    """Feed counts; tell each tick's alarms. ``reset(index)`` names lanes whose episode ends now."""
    lanes = Lanes(Parameters(), len(counts), START)
    needed = np.exp(threshold)

    def tick(index: int, masses: NDArray[np.float64]) -> None:
        if reset is not None:
            lanes.recover(reset(index))
            masses = lanes.masses()
        hit = np.flatnonzero((masses >= needed) & (lanes.table.muted_at < 0))
        if len(hit):
            on_alarm(index, hit)
            lanes.alarm([(int(lane), float(lanes.table.now[lane])) for lane in hit])

    feed(lanes, counts, tick)


def false_alarms(
    per_day: float, lanes: int, weeks: int, threshold: float = THRESHOLD, law: Background | None = None, seed: int = 1
) -> float:
    """False alarms per stream-week after ``FIT`` weeks of learning (episodes end by themselves)."""
    counts = (law or Background()).counts(np.random.default_rng(seed), lanes, FIT + weeks, per_day)
    found = 0

    def alarm(index: int, hit: NDArray[np.intp]) -> None:
        nonlocal found
        found += len(hit) if index >= FIT * WEEK else 0

    run(counts, threshold, alarm)
    return found / (lanes * weeks)


def changed(
    per_day: float, factor: float, added_per_hour: float, lanes: int, days: int, law: Background | None = None, seed: int = 2
) -> tuple[Counts, NDArray[np.intp], NDArray[np.float64]]:
    """Counts with a lasting rise at a random minute of the fifth week, those minutes, and the means without the rise."""
    rng = np.random.default_rng(seed)
    law = law or Background()
    means = law.means(rng, lanes, FIT + 1 + days / 7, per_day)
    at = rng.integers(FIT * WEEK, (FIT + 1) * WEEK, lanes)
    after = np.arange(means.shape[1])[None, :] >= at[:, None]
    return law.draw(rng, np.where(after, means * factor + added_per_hour / 60, means)), at, means


def delays(
    per_day: float, factor: float, added_per_hour: float, lanes: int, days: int, threshold: float = THRESHOLD, law: Background | None = None
) -> NDArray[np.float64]:
    """Minutes from the rise to the alarm, ``days`` where there was none; an episode open at the rise is ended."""
    counts, at, _ = changed(per_day, factor, added_per_hour, lanes, days, law)
    found = np.full(lanes, np.nan)

    def alarm(index: int, hit: NDArray[np.intp]) -> None:
        new = hit[(index >= at[hit]) & np.isnan(found[hit])]
        found[new] = index - at[new] + 1
        if index > (FIT + 1) * WEEK and not np.isnan(found).any():
            raise _Found

    with contextlib.suppress(_Found):
        run(counts, threshold, alarm, lambda index: np.flatnonzero(at == index))
    return np.where(np.isnan(found), days * 1440.0, found)


def matched(per_day: float, lanes: int, weeks: int) -> float:
    """The threshold at which there is one false alarm per stream-week."""
    low, high = 5.0, 9.5
    for _ in range(5):
        middle = (low + high) / 2
        low, high = (middle, high) if false_alarms(per_day, lanes, weeks, middle) > 1 else (low, middle)
    return high


def oracle(per_day: float, factor: float, lanes: int, days: int) -> float:
    """Mean delay of the CUSUM that knows the true mean at every minute and the true rise, at one false alarm a week."""
    law = Background()
    rng = np.random.default_rng(7)
    means = law.means(rng, 60, 5, per_day)
    quiet = law.ratio(law.draw(rng, means), means, factor)
    low, high = 2.0, 12.0
    for _ in range(6):
        middle = (low + high) / 2
        low, high = (middle, high) if _cusum_alarms(quiet, middle) > 60 * 5 else (low, middle)
    counts, at, means = changed(per_day, factor, 0.0, lanes, days)
    scores = law.ratio(counts, means, factor)
    return float(np.mean([_cusum_delay(scores[lane], int(at[lane]), high) for lane in range(lanes)]))


def _cusum_alarms(scores: NDArray[np.float64], threshold: float) -> int:
    state, rest, found = np.zeros(len(scores)), np.zeros(len(scores)), 0
    for index in range(scores.shape[1]):
        state = np.maximum(state, 0) + scores[:, index]
        hit = (state >= threshold) & (rest <= 0)
        rest -= 1
        found += int(hit.sum())
        rest[hit], state[hit] = 360, 0.0
    return found


def _cusum_delay(scores: NDArray[np.float64], at: int, threshold: float) -> int:
    state = 0.0
    for index in range(at - 3000, len(scores)):
        state = max(state, 0.0) + scores[index]
        if state >= threshold:
            if index >= at:
                return index - at + 1
            state = 0.0
    return len(scores) - at


def table_false(lanes: int) -> dict[str, Any]:
    """False alarms at the theoretical threshold, with the exact 95 % upper bound."""
    weeks, table = 5, {}
    for name, rate in RATES.items():
        per_week = false_alarms(rate, lanes, weeks)
        found = round(per_week * lanes * weeks)
        bound = chi2.ppf(0.95, 2 * (found + 1)) / 2 / (lanes * weeks)
        table[name] = {"alarms": found, "stream_weeks": lanes * weeks, "per_week": round(per_week, 3), "upper_95": round(float(bound), 3)}
    return table


def table_delay(lanes: int) -> dict[str, Any]:
    """Delay at the theoretical threshold, median and 90th percentile in minutes."""
    cases = {"x10": (10.0, 0.0), "x3": (3.0, 0.0), "+20/h": (1.0, 20.0), "+100/h": (1.0, 100.0)}
    table: dict[str, Any] = {}
    for name, rate in RATES.items():
        for case, (factor, added) in cases.items():
            found = delays(rate, factor, added, lanes, 7)
            table[f"{name} {case}"] = [float(np.median(found)), float(np.percentile(found, 90))]
    return table


def table_oracle(lanes: int) -> dict[str, Any]:
    """Mean delay of the oracle and of ours, both at one false alarm a week, and their ratio."""
    table: dict[str, Any] = {}
    for name, rate in RATES.items():
        threshold = matched(rate, 60, 5)
        for factor in (3.0, 10.0):
            best, ours = oracle(rate, factor, lanes, 14), float(delays(rate, factor, 0.0, lanes, 14, threshold).mean())
            table[f"{name} x{factor:g}"] = {
                "oracle": round(best, 1),
                "ours": round(ours, 1),
                "efficiency": round(best / ours, 2),
                "threshold": round(threshold, 2),
            }
    return table


def table_doubt(lanes: int) -> dict[str, Any]:
    """False alarms per stream-week, and median delay of x3, with the simulator's numbers off by a factor of two each way."""
    laws = {
        "as assumed": Background(),
        "busy days x2": Background(busy=0.5),
        "busy days /2": Background(busy=0.125),
        "busy for 24 h": Background(busy_hours=24.0),
        "busy for 6 h": Background(busy_hours=6.0),
        "clumps x2": Background(clump=10.0),
        "clumps /2": Background(clump=40.0),
        "day 14 h shifted": Background(shift=14),
        "day twice as deep": Background(depth=2.0),
        "day half as deep": Background(depth=0.5),
    }
    return {
        f"{case} {name}": [
            round(false_alarms(rate, lanes, 4, law=law), 3),
            float(np.median(delays(rate, 3.0, 0.0, lanes, 7, law=law))),
        ]
        for case, law in laws.items()
        for name, rate in RATES.items()
    }


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
    means = law.means(rng, 1, hours / 168, RATES["5000/h"])[0]
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
    "false": (table_false, 60),
    "delay": (table_delay, 160),
    "oracle": (table_oracle, 320),
    "doubt": (table_doubt, 30),
    "budget": (table_budget, 60),
    "company": (table_company, 8),
    "shared": (table_shared, 6),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the parts asked for and print (or write) one JSON object."""
    parser = argparse.ArgumentParser(prog="evaluate emergence_simulated", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=sorted(PARTS), default=list(PARTS))
    parser.add_argument("--size", type=int, help="lanes, trials or weeks instead of each part's own number")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args(argv)
    tables = {}
    for part in arguments.parts:
        measure, size = PARTS[part]
        tables[part] = measure(arguments.size or size)
        print(part, "done", file=sys.stderr)
    text = json.dumps(tables, indent=1)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
