"""Growth curves whose end is known: cascades of shares, thinned to every size, and incidents of the simulator as the product polls them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.forecast.series import YOUNGEST, Point, signs
from scripts.evaluation import simulator

Array = NDArray[np.float64]

HORIZONS = (900, 3600, 10800, 21600, 43200, 86400, 604800)  # seconds; the last one means "7 days after the start"
START = datetime(2020, 1, 6, tzinfo=UTC)
DAY = 86400.0
WEEK = 7 * DAY


@dataclass(frozen=True, slots=True)
class Growth:
    """One curve over a week: people reached (``totals``) after each of ``times`` (seconds, sorted), and when each original stood there.

    ``originals_at`` is empty for cascades of shares. Curves of the same ``family`` stay on the same side of every split.
    """

    family: int
    times: Array
    totals: Array
    originals_at: Array
    weight: float

    def total(self, seconds: Array | float) -> Array:
        """People reached up to each time."""
        place = np.searchsorted(self.times, seconds, side="right")
        return np.concatenate([[0.0], self.totals])[place]

    def originals(self, seconds: Array | float) -> NDArray[np.intp]:
        """Original posts up to each time."""
        return np.searchsorted(self.originals_at, seconds, side="right")


def read_cascades(path: Path) -> list[tuple[str, Array]]:
    """Ids and event times of a cascade file (JSON Lines, gzip or not)."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = [json.loads(line) for line in text.decode("utf-8").splitlines() if line.strip()]
    return [(row["id"], np.array(sorted(event[0] for event in row["events"]), dtype=np.float64)) for row in rows]


def whole(family: int, times: Array, weight: float = 1.0) -> Growth:
    """Count the shares of a cascade, the root left out."""
    return Growth(family, times, np.arange(1.0, times.size + 1), np.empty(0), weight)


def thinned(family: int, times: Array, random: np.random.Generator, weight: float) -> Growth:
    """Make a small cascade of a large one: each share is kept with one chance, drawn log-uniformly from 1 in 3,000 to 1 in 2."""
    keep = np.exp(random.uniform(np.log(1 / 3000), np.log(0.5)))
    return whole(family, times[random.random(times.size) < keep], weight)


def incidents(count: int, first_family: int, random: np.random.Generator, weight: float, lone: bool = False) -> Iterator[Growth]:
    """Incidents of the simulator, half with its numbers off by up to 2 each way; ``lone``: nobody joins the first post."""
    for number in range(count):
        laws = simulator.Laws(horizon_hours=WEEK / 3600.0)
        if number % 2:
            for name in ("originals", "delay_minutes", "followers", "view_minutes", "reposts_per_view"):
                laws = laws.scaled(name, float(np.exp(random.uniform(-np.log(2), np.log(2)))))
        if lone:
            laws = laws.scaled("originals", 1e-6).scaled("news_share", 0.0)
        spread = simulator.incident(random, laws)
        times, totals = (
            polled_by_post(spread, random) if random.random() < 0.5 else (spread.seen_at, np.arange(1.0, spread.seen_at.size + 1))
        )
        yield Growth(first_family + number, times, totals, spread.originals_at, weight)


def polled_by_post(spread: simulator.Spread, random: np.random.Generator) -> tuple[Array, Array]:
    """Sum the posts' views as known from polls of each post at times of its own, 5 to 60 minutes apart."""
    order = np.argsort(spread.seen_post, kind="stable")
    seen, bounds = spread.seen_at[order], np.searchsorted(spread.seen_post[order], np.arange(spread.at.size + 1))
    times, gains = [], []
    for post in np.flatnonzero(np.diff(bounds)):
        views = seen[bounds[post] : bounds[post + 1]]
        gaps = 60.0 * np.exp(random.uniform(np.log(5), np.log(60), 24))
        polls = spread.at[post] + np.cumsum(np.concatenate([gaps, gaps.sum() * np.full(12, 1.1)]))
        counts = np.searchsorted(views, polls, side="right")
        gain = np.diff(counts, prepend=0)
        times.append(polls[gain > 0])
        gains.append(gain[gain > 0])
    if not times:
        return np.empty(0), np.empty(0)
    when = np.concatenate(times)
    sequence = np.argsort(when, kind="stable")
    return when[sequence], np.cumsum(np.concatenate(gains)[sequence]).astype(np.float64)


DENSE = np.concatenate([np.arange(60.0, 3600.0, 60.0), np.arange(3600.0, 21600.0, 300.0), np.arange(21600.0, WEEK, 900.0)])


def polls(age: float, random: np.random.Generator) -> Array:
    """Draw when a curve of this age was polled: densely, or every 5 to 60 minutes; the last poll at, or some time before, the age."""
    style = random.random()
    if style < 0.4:
        return np.append(DENSE[age > DENSE], age)
    times = np.cumsum(60.0 * np.exp(random.uniform(np.log(5), np.log(60), int(age / 300.0) + 2)))
    times = times[times < age]
    return times if style > 0.85 and times.size else np.append(times, age)


def look(growth: Growth, age: float, polled: Array) -> tuple[Array, float]:
    """Give the signs that the product would see of this curve at this age, and the people at the last poll."""
    people, originals = growth.total(polled), growth.originals(polled)
    moments = [START + timedelta(seconds=second) for second in polled.tolist()]
    history = list(map(Point, moments, people.tolist(), originals.tolist()))
    return signs(history, float(people[-1]), START, START + timedelta(seconds=age)), float(people[-1])


@dataclass(frozen=True, slots=True)
class Sample:
    """Signs (rows), people at hand, ages, increments over the HORIZONS (nan where not known), weights, families."""

    signs: Array
    people: Array
    age: Array
    increments: Array
    weight: Array
    family: NDArray[np.intp]

    def part(self, keep: NDArray[np.bool_]) -> Sample:
        """Take the rows to keep."""
        return Sample(*(getattr(self, name)[keep] for name in ("signs", "people", "age", "increments", "weight", "family")))


def sample(curves: Sequence[Growth], per_curve: int, random: np.random.Generator) -> Sample:
    """Look at each curve at ages spread log-uniformly from 1.5 minutes to 5 days; a curve's weight is shared by its looks."""
    rows = []
    edges = np.linspace(np.log(1.5 * YOUNGEST), np.log(5 * DAY), per_curve + 1)
    for growth in curves:
        for low, high in pairwise(edges):
            age = float(np.exp(random.uniform(low, high)))
            rows.append(_row(growth, age, polls(age, random), growth.weight / per_curve))
    return _sample(rows)


def at_ages(curves: Sequence[Growth], ages: Sequence[float]) -> Sample:
    """Look at each curve at the given ages, polled densely."""
    return _sample([_row(growth, age, np.append(DENSE[age > DENSE], age), 1.0) for growth in curves for age in ages])


def _row(growth: Growth, age: float, polled: Array, weight: float) -> tuple[Array, float, float, list[float], float, int]:
    seen, people = look(growth, age, polled)
    ends = [WEEK if horizon == HORIZONS[-1] else age + horizon for horizon in HORIZONS]
    gains = [float(growth.total(end)) - people if end <= WEEK else float("nan") for end in ends]
    return seen, people, age, gains, weight, growth.family


def _sample(rows: list[tuple[Array, float, float, list[float], float, int]]) -> Sample:
    seen, people, age, gains, weight, family = zip(*rows, strict=True)
    return Sample(np.array(seen), np.array(people), np.array(age), np.array(gains), np.array(weight), np.array(family))
