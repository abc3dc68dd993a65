"""Evaluate learning from the company's own finished incidents: companies whose troubles grow otherwise than the shipped coefficients think.

For each company of the simulator (one of its laws moved) and each number of finished incidents: what was learned, and pinball loss,
coverage and Brier score on further incidents of that company, with the shipped coefficients and with what was learned.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from monitor.domain import Because, Interval, Look, Reach  # noqa: E402
from monitor.forecast import SHIPPED, Course, Own, Parameters, Point, learn, predict  # noqa: E402
from scripts.evaluation.simulator import Laws, Spread, incident  # noqa: E402

Array = NDArray[np.float64]

START = datetime(2026, 3, 2, tzinfo=UTC)
THRESHOLD = 6000
POLLS = np.concatenate(
    [np.array([5, 15, 30, 60, 90, 120, 180, 240, 300, 360, 480, 600, 720, 900, 1080, 1260, 1440]), np.arange(1620, 5760, 180)]
)
AHEAD = {"1h": 60, "6h": 360, "24h": 1440}
COMPANIES: dict[str, dict[str, float]] = {
    "as assumed": {},
    "slow": {"view_minutes": 3.0, "delay_minutes": 2.0},
    "quick": {"view_minutes": 1 / 3, "delay_minutes": 0.5},
    "many join": {"originals": 3.0},
    "wild": {"views_sd": 1.4, "reposts_per_view": 1.6},
}


@dataclass(frozen=True, slots=True)
class Told:
    """One forecast beside what came: P10, P50, P90 and the truth at each horizon, the chance and whether it came."""

    levels: Array
    real: Array
    chance: float
    crossed: bool


def course(spread: Spread, number: int, own: Own = SHIPPED) -> Course:
    """Watch one incident for four days as the product would, and close it."""
    history: list[Point] = []
    looks = []
    people = spread.people(POLLS * 60.0)
    originals = np.searchsorted(np.sort(spread.at[spread.parent < 0]), POLLS * 60.0, side="right")
    for minute, seen, posts in zip(POLLS.tolist(), people.tolist(), originals.tolist(), strict=True):
        at = START + timedelta(minutes=minute)
        now = Interval(float(seen), float(seen), float(seen))
        history.append(Point(at, float(seen), posts))
        ahead = predict(history, Reach(now, 1.0, Because("reach_measured")), START, at, THRESHOLD, own=own)
        looks.append((Look(number, "w", at, now, 1.0, ahead.horizons, ahead.p_cross, None), posts))
    ended = START + timedelta(days=4, seconds=number)
    return Course(START, ended, tuple(looks))


def told(one: Course) -> list[Told]:
    """Every forecast of the first day, beside what came."""
    people = {look.at: look.people.p50 for look, _ in one.looks if look.people is not None}
    times = np.array([at.timestamp() for at in people])
    totals = np.array(list(people.values()))
    found = []
    for look, _ in one.looks:
        if look.at > START + timedelta(days=1) or look.people is None or look.people.p50 >= THRESHOLD:
            continue
        real = np.array([float(np.interp(look.at.timestamp() + 60 * minutes, times, totals)) for minutes in AHEAD.values()])
        levels = np.array([(ahead.p10, ahead.p50, ahead.p90) for ahead in (look.horizons[name] for name in AHEAD)])
        found.append(Told(levels, real, look.p_cross or 0.0, bool(real[-1] >= THRESHOLD)))
    return found


def fared(courses: Sequence[Course]) -> dict[str, object]:
    """Pinball loss of ln(1 + total), coverage, mean squared error of the chance."""
    every = [one for each in courses for one in told(each)]
    levels, real = np.array([one.levels for one in every]), np.array([one.real for one in every])
    away = np.log1p(real)[..., None] - np.log1p(levels)
    wanted = np.array([0.1, 0.5, 0.9])
    pinball = np.maximum(wanted * away, (wanted - 1.0) * away).mean(axis=(0, 2))
    inside = ((real >= levels[..., 0]) & (real <= levels[..., 2])).mean(axis=0)
    brier = float(np.mean([(one.chance - one.crossed) ** 2 for one in every]))
    return {
        "pinball": dict(zip(AHEAD, np.round(pinball, 4).tolist(), strict=True)),
        "coverage_80": dict(zip(AHEAD, np.round(inside, 3).tolist(), strict=True)),
        "brier": round(brier, 5),
    }


def lived(spreads: Sequence[Spread]) -> tuple[list[Course], list[Own]]:
    """Live through incidents one after the other, each with the width of the intervals that those before it taught."""
    past, widths = [], [SHIPPED]
    for number, spread in enumerate(spreads):
        past.append(course(spread, number, widths[-1]))
        widths.append(learn(past[-1:], START, widths[-1], Parameters().miss))
    return past, widths[1:]


def company(factors: dict[str, float], counts: Sequence[int], tests: int, seed: int) -> dict[str, object]:
    """Learn from the first incidents, forecast the further ones."""
    laws = Laws(horizon_hours=120.0)
    for name, factor in factors.items():
        laws = laws.scaled(name, factor)
    random = np.random.default_rng(seed)
    past, widths = lived([incident(random, laws) for _ in range(max(counts))])
    further = [incident(random, laws) for _ in range(tests)]
    report: dict[str, object] = {"shipped": fared([course(one, number) for number, one in enumerate(further)])}
    for count in counts:
        own = learn(past[:count], START, widths[count - 1], Parameters().miss)
        fares = fared([course(one, number, own) for number, one in enumerate(further)])
        report[f"after {count}"] = {
            "used": bool(own.version), "level": own.level, "spread": own.spread, "miss": own.miss and round(own.miss, 3),
            "gain": own.gain, "error": own.error, "climatology": len(own.usual), **fares,
        }  # fmt: skip
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Print the report as JSON."""
    parser = argparse.ArgumentParser(prog="evaluate forecast_own", description=__doc__)
    parser.add_argument("--incidents", type=int, nargs="+", default=[20, 50, 150], help="finished incidents to learn from")
    parser.add_argument("--tests", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--company", nargs="+", choices=sorted(COMPANIES), default=list(COMPANIES))
    options = parser.parse_args(argv)
    report = {name: company(COMPANIES[name], options.incidents, options.tests, options.seed) for name in options.company}
    print(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
