"""Evaluate reach and forecast end to end on simulated incidents: how early is 6,000 people foretold, how often missed or in vain.

Each incident is polled from 5 minutes to 24 hours, each post's views becoming known at the polls; reach, forecast and every simple rule
see the same. The rule "the product's decision" is that of ``monitor.alerting`` at its defaults, one incident at a time and without a
detector's alarm. ``--factor NAME=X`` moves one of the simulator's numbers, ``--doubt`` each in turn to its double and its half;
``--hidden`` hides the views of that share of the posts.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from monitor import alerting  # noqa: E402
from monitor.domain import (  # noqa: E402
    Assessment,
    Because,
    Emergence,
    Exposure,
    Forecast,
    Incident,
    Kind,
    Reach,
    Status,
)  # fmt: skip
from monitor.forecast import Point, predict  # noqa: E402
from monitor.reach import estimate  # noqa: E402
from monitor.scoring import bounds  # noqa: E402
from scripts.evaluation.forecast import brier, skill  # noqa: E402
from scripts.evaluation.simulator import Laws, Spread, incident  # noqa: E402

START = datetime(2026, 3, 2, tzinfo=UTC)
THRESHOLD = 6000
DISPLAYS = 1.3
POLLS = np.array([5, 10, 15, 20, 30, 45, 60, 90, 120, 150, 180, 240, 300, 360, 420, 480, 600, 720, 840, 960, 1080, 1200, 1320, 1440]) * 60.0


UNMOVED = ("most_views", "most_reposts", "most_people", "horizon_hours")
"""Bounds of the simulator, no numbers of the world: ``--doubt`` leaves them alone."""
DECIDED = "the product's decision"


@dataclass(frozen=True, slots=True)
class Look:
    """What is known at one poll: people now, chance of the threshold within 24 h, P10 and P90 in 24 h, people an hour ago, posts.

    ``notify``: the product would have spoken now.
    """

    seconds: float
    people: float
    chance: float
    low: float
    high: float
    hour_ago: float
    posts: int
    notify: bool


@dataclass(frozen=True, slots=True)
class Watched:
    """One incident as it was seen, and when the threshold was truly crossed (inf: never within two days)."""

    looks: tuple[Look, ...]
    crossed: float
    people_at: Callable[[NDArray[np.float64]], NDArray[np.intp]]


def exposures(spread: Spread, seconds: float, hidden: NDArray[np.bool_]) -> list[Exposure]:
    """Show the original posts at a poll: views where not hidden, else followers only; shares are in their original's views."""
    roots = _roots(spread)
    seen = np.bincount(roots[spread.seen_post[: spread.people(np.array([seconds]))[0]]], minlength=spread.at.size)
    at = START + timedelta(seconds=seconds)
    return [
        Exposure(
            post_id=f"x:{post}", platform="x", created_at=START + timedelta(seconds=float(spread.at[post])), author_id=f"x:a{post}",
            followers=int(spread.followers[post]), observed_at=at, views=None if hidden[post] else round(DISPLAYS * float(seen[post])),
        )
        for post in np.flatnonzero((spread.parent < 0) & (spread.at <= seconds)).tolist()
    ]  # fmt: skip


def _roots(spread: Spread) -> NDArray[np.intp]:
    """Find the original behind each post: parents stand before their children."""
    roots = np.arange(spread.at.size)
    for post in np.flatnonzero(spread.parent >= 0):
        roots[post] = roots[spread.parent[post]]
    return roots


class Desk:
    """One incident at the product's decision, told or not so far; budget, prices and tiers as they are by default."""

    def __init__(self) -> None:
        self._desk = alerting.Desk(receivers=(alerting.Receiver("staff"),), threshold=THRESHOLD)
        self._pressure = alerting.Pressure.initial(START, self._desk.budget)
        self._told: alerting.Told | None = None

    def notifies(self, at: datetime, posts: int, seen: Reach, ahead: Forecast) -> bool:
        """Decide at one look; every post is another author's, nothing is emerging and no alarm stands."""
        quiet = Emergence(float(posts), float(posts), posts, 0.0, False, Because("nothing_usual"))
        assessment = Assessment(1, at, quiet, seen, ahead, posts, posts)
        incident = Incident(1, "watch", Kind.COMPLAINT, "delivery_delay", "incident", Status.CANDIDATE, START, at, posts, posts)
        situation = alerting.Situation(incident, assessment, at, self._pressure, told=self._told)
        decision = alerting.decide(situation, self._desk, alerting.Parameters())
        self._told = alerting.remember(self._told, decision)
        return decision.notify


def watched(spread: Spread, random: np.random.Generator, hidden_share: float) -> Watched:
    """Poll an incident for a day with the product's reach and forecast."""
    hidden = random.random(spread.at.size) < hidden_share
    history: list[Point] = []
    looks = []
    desk = Desk()
    for seconds in POLLS.tolist():
        at = START + timedelta(seconds=seconds)
        shown = exposures(spread, seconds, hidden)
        seen = estimate(shown, at)
        if seen is None:
            continue
        history.append(Point(at, seen.people.p50, len(shown)))
        ahead = predict(history, seen, START, at, THRESHOLD)
        hour_ago = max((point.people for point in history if point.at <= at - timedelta(hours=1)), default=0.0)
        day = ahead.horizons["24h"]
        notify = desk.notifies(at, len(shown), seen, ahead)
        looks.append(Look(seconds, seen.people.p50, ahead.p_cross, day.p10, day.p90, hour_ago, len(shown), notify))
    crossed = float(spread.seen_at[THRESHOLD - 1]) if spread.seen_at.size >= THRESHOLD else float("inf")
    return Watched(tuple(looks), crossed, spread.people)


RULES: dict[str, Callable[[Look], bool]] = {
    DECIDED: lambda look: look.notify,
    **{f"p >= {level}": (lambda look, level=level: look.chance >= level) for level in (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)},
    "reach >= 3000": lambda look: look.people >= 3000,
    "reach >= 2000": lambda look: look.people >= 2000,
    "500 people in an hour": lambda look: look.people - look.hour_ago >= 500 * min(1.0, look.seconds / 3600.0),
    ">= 5 posts": lambda look: look.posts >= 5,
}


def score(seen: Sequence[Watched], rule: Callable[[Look], bool]) -> dict[str, object]:
    """Alerts per 100 incidents, precision (crossed within a day of the alert), recall before the crossing, lead in minutes; 95 % bounds."""
    alerts = hits = crossings = 0
    leads = []
    for one in seen:
        crossings += one.crossed < float("inf")
        alert = next((look.seconds for look in one.looks if rule(look)), None)
        if alert is None or alert >= one.crossed:
            alerts += alert is not None
            continue
        alerts += 1
        hits += one.crossed <= alert + 86400.0
        if one.crossed < float("inf"):
            leads.append((one.crossed - alert) / 60.0)
    q10, q50, q90 = (round(float(lead)) for lead in np.quantile(leads, (0.1, 0.5, 0.9))) if leads else (None,) * 3
    return {
        "alerts_per_100": round(100 * alerts / len(seen), 1), "precision": round(hits / alerts, 3) if alerts else None,
        "recall": round(len(leads) / crossings, 3) if crossings else None, "lead_10": q10, "lead_50": q50, "lead_90": q90,
        "precision_95": bounds(hits, alerts), "recall_95": bounds(len(leads), crossings),
    }  # fmt: skip


def probability(seen: Sequence[Watched]) -> dict[str, object]:
    """Brier score and skill over the base rate, reliability, and coverage of P10..P90 in 24 h, over all looks before the crossing."""
    looks = [(look, one) for one in seen for look in one.looks if look.seconds < one.crossed]
    chance = np.array([look.chance for look, _ in looks])
    crossed = np.array([one.crossed <= look.seconds + 86400.0 for look, one in looks])
    later = np.array([float(one.people_at(np.array([look.seconds + 86400.0]))[0]) for look, one in looks])
    inside = np.array([look.low for look, _ in looks]) <= later
    inside &= later <= np.array([look.high for look, _ in looks])
    place = np.digitize(chance, (0.02, 0.1, 0.2, 0.5, 0.8))
    return {
        "brier": brier(chance, crossed),
        "skill": skill(chance, np.full(chance.size, crossed.mean()), crossed),
        "reliability": [[round(float(chance[place == b].mean()), 3), round(float(crossed[place == b].mean()), 3), int((place == b).sum())]
                        for b in sorted(set(place.tolist()))],
        "coverage_80": round(float(inside.mean()), 3),
    }  # fmt: skip


def report(count: int, seed: int, laws: Laws, hidden_share: float) -> dict[str, object]:
    """Simulate, watch and score."""
    random = np.random.default_rng(seed)
    seen = [watched(incident(random, laws), random, hidden_share) for _ in range(count)]
    return {
        "incidents": count, "crossings": sum(one.crossed < float("inf") for one in seen),
        "probability": probability(seen), "rules": {name: score(seen, rule) for name, rule in RULES.items()},
    }  # fmt: skip


def doubted(count: int, seed: int, hidden_share: float) -> dict[str, dict[str, object]]:
    """Score the product's decision and p >= 0.5 with each of the simulator's numbers doubled and halved, one at a time."""
    found: dict[str, dict[str, object]] = {}
    for name in ("", *(field.name for field in fields(Laws) if field.name not in UNMOVED)):
        for factor in (2.0, 0.5) if name else (1.0,):
            made = report(count, seed, Laws().scaled(name, factor) if name else Laws(), hidden_share)
            chosen = {rule: made["rules"][rule] for rule in (DECIDED, "p >= 0.5", "reach >= 3000")}  # type: ignore[index]
            found[f"{name} x {factor:g}" if name else "as assumed"] = {
                "crossings": made["crossings"], "probability": made["probability"], "rules": chosen
            }  # fmt: skip
            print(_row(name and f"{name} x {factor:g}", made["crossings"], chosen), file=sys.stderr, flush=True)
    return found


def _row(name: str, crossings: object, rules: dict[str, dict[str, object]]) -> str:
    """One line of a table: crossings, then precision, recall and median lead of each rule."""
    cells = (f"{one['precision']} / {one['recall']} / {one['lead_50']}" for one in rules.values())
    return f"| {name or 'as assumed'} | {crossings} | {' | '.join(cells)} |"


def main(argv: Sequence[str] | None = None) -> int:
    """Print the scores as JSON."""
    parser = argparse.ArgumentParser(prog="evaluate incidents", description=__doc__)
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--factor", action="append", default=[], metavar="NAME=X", help="multiply one of the simulator's numbers")
    parser.add_argument("--doubt", action="store_true", help="score every number of the simulator at its double and its half, in turn")
    parser.add_argument("--hidden", type=float, default=0.0, help="share of posts without public views")
    options = parser.parse_args(argv)
    if options.doubt:
        print(json.dumps(doubted(options.count, options.seed, options.hidden), indent=1))
        return 0
    laws = Laws()
    for factor in options.factor:
        name, _, by = factor.partition("=")
        laws = laws.scaled(name, float(by))
    print(json.dumps(report(options.count, options.seed, laws, options.hidden), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
