"""Many independent streams through the detector's own code at once, and the backgrounds that feed them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from monitor.emergence.parameters import DAYS, HOURS, Parameters, Scale, minute_scale
from monitor.emergence.streams import Streams
from monitor.emergence.table import Stream

START = 1440 * 13886 - 540
"""A minute that is a midnight in Seoul."""
WEEK = 10080
Array = NDArray[np.float64]


class Lanes(Streams):
    """Single streams side by side: each has the whole tick to itself and a season of its own."""

    def __init__(self, parameters: Parameters, lanes: int, tick: int, scale: Scale | None = None):
        super().__init__(parameters, scale or minute_scale(parameters), tick)
        for lane in range(lanes):
            self.open(f"lane:{lane}", Stream.TOTAL)
        base = self.baseline
        base.chained = False
        cells = base.scale.profiles.shape[1]
        base.season_posts, base.season_mean = np.zeros((lanes, cells)), np.zeros((lanes, cells))
        base.season = np.repeat(base.scale.profiles[:1], lanes, axis=0)
        self.table.season_row = self.table.teachers = np.arange(lanes)
        self.prepare()

    def recover(self, lanes: NDArray[np.intp]) -> None:
        """End the episodes of these lanes, if they are in one."""
        rows = lanes[self.table.muted_at[lanes] >= 0]
        if len(rows):
            self.table.muted_at[rows] = -1.0
            self.table.plateau[rows] = self.table.calm[rows] = 0.0
            self.statistic[rows] = 0.0
            self.prepare()

    def _allot(self) -> None:
        self.table.injected[:] = 0.0 if self.cold else 1.0
        self._weigh(self.table.muted_at >= 0, young=False)
        self._single_steps = True

    def _forget(self) -> None:
        pass


def feed(lanes: Lanes, counts: NDArray[np.int32], on_tick: Callable[[int, Array], None]) -> None:
    """Run minute by minute; ``on_tick(index, masses)`` after each."""
    for index in range(counts.shape[1]):
        lanes.advance(START + index)
        lanes.last = lanes.tick
        lanes.observe(counts[:, index])
        on_tick(index, lanes.masses())


@dataclass(frozen=True, slots=True)
class Case:
    """Counts a tick (lanes, ticks), the tick of each lane's rise, and the log thresholds to run all of it with."""

    counts: NDArray[np.uint16]
    at: NDArray[np.intp]
    thresholds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one case at one threshold, by lane: alarms between learning and the rise, ticks from the rise to its alarm (nan: none)."""

    false: NDArray[np.intp]
    delay: Array


def watched(
    cases: Sequence[Case], learn: int, start: int = START, scale: Scale | None = None, tell: Callable[[str], None] = lambda told: None
) -> list[list[Outcome]]:
    """Run all cases side by side, each lane once a threshold; an episode that is open at the rise is ended. One list a case."""
    ticks = cases[0].counts.shape[1]
    firsts = np.cumsum([0] + [len(case.counts) for case in cases])
    rows = np.concatenate([np.tile(np.arange(a, b), len(case.thresholds)) for case, a, b in zip(cases, firsts, firsts[1:], strict=False)])
    needed = np.exp(np.concatenate([np.repeat(case.thresholds, len(case.counts)) for case in cases]))
    at = np.concatenate([case.at for case in cases])[rows]
    lanes = Lanes(Parameters(), len(rows), start, scale)
    false, delay = np.zeros(len(rows), dtype=np.intp), np.full(len(rows), np.nan)
    for first in range(0, ticks, 1440):
        block = np.ascontiguousarray(np.concatenate([case.counts[:, first : first + 1440] for case in cases]).T)
        for index, counts in enumerate(block, first):
            lanes.advance(start + index)
            lanes.last = lanes.tick
            lanes.observe(counts[rows])
            lanes.recover(np.flatnonzero(at == index))
            hit = np.flatnonzero((lanes.masses() >= needed) & (lanes.table.muted_at < 0))
            if len(hit):
                early, new = hit[(index < at[hit]) & (index >= learn)], hit[(index >= at[hit]) & np.isnan(delay[hit])]
                false[early] += 1
                delay[new] = index - at[new] + 1
                lanes.alarm([(int(lane), float(lanes.table.now[lane])) for lane in hit])
        tell(f"{min(first + 1440, ticks)} of {ticks} ticks")
    return _by_case(cases, false, delay)


def _by_case(cases: Sequence[Case], false: NDArray[np.intp], delay: Array) -> list[list[Outcome]]:
    outcomes, row = [], 0
    for case in cases:
        size = len(case.counts)
        ends = [row + size * n for n in range(len(case.thresholds) + 1)]
        outcomes.append([Outcome(false[a:b], delay[a:b]) for a, b in pairwise(ends)])
        row = ends[-1]
    return outcomes


@dataclass(frozen=True)
class Background:
    """Posts of an ordinary stream (design, 7.2): level x week x log-AR(1) busy factor, clumped within the minute.

    ``busy`` is the factor's standard deviation, ``busy_hours`` its memory, ``clump`` the k of the negative binomial; ``shift`` moves the
    day by hours, and ``depth`` is a power on the day's rhythm. ``growth`` is what the level is multiplied by in five weeks; ``stated`` what
    the first four weeks show of it (a collector that then sees more, or less).
    """

    busy: float = 0.25
    busy_hours: float = 12.0
    clump: float = 20.0
    shift: int = 0
    depth: float = 1.0
    growth: float = 1.0
    stated: float = 1.0

    def means(self, rng: np.random.Generator, lanes: int, weeks: float, per_day: float) -> Array:
        """Mean posts a minute (lanes, minutes) from ``START`` on; seven different days, which the detector knows as two kinds."""
        minutes = round(weeks * WEEK)
        hours = np.roll(np.array(HOURS) ** self.depth, self.shift)
        week = np.outer(np.array(DAYS) / np.mean(DAYS), hours / hours.mean()).ravel()
        season = week[((START + np.arange(minutes)) // 60 + 81) % 168]
        factor = np.repeat(self._busy(rng, lanes, -(-minutes // 30)), 30, axis=1)[:, :minutes]
        level = per_day / 1440 * self.growth ** (np.arange(minutes) / (5 * WEEK))
        level[: 4 * WEEK] *= self.stated
        means: Array = level * season * factor
        return means

    def draw(self, rng: np.random.Generator, means: Array) -> NDArray[np.int32]:
        """Counts a minute."""
        return rng.poisson(means * rng.gamma(self.clump, 1 / self.clump, size=means.shape)).astype(np.int32)

    def counts(self, rng: np.random.Generator, lanes: int, weeks: float, per_day: float) -> NDArray[np.int32]:
        """Counts a minute of quiet streams."""
        return self.draw(rng, self.means(rng, lanes, weeks, per_day))

    def ratio(self, counts: NDArray[np.int32], means: Array, factor: float) -> Array:
        """Log likelihood ratio of "``factor`` times the mean" against "the mean", by minute: what only an oracle knows."""
        k = self.clump
        ratio: Array = counts * np.log(factor) + (counts + k) * np.log((means + k) / (factor * means + k))
        return ratio

    def _busy(self, rng: np.random.Generator, lanes: int, steps: int) -> Array:
        keep = np.exp(-0.5 / self.busy_hours)
        noise = rng.normal(size=(lanes, steps)) * self.busy
        state = np.empty((lanes, steps))
        state[:, 0] = noise[:, 0]
        for step in range(1, steps):
            state[:, step] = keep * state[:, step - 1] + noise[:, step] * np.sqrt(1 - keep**2)
        factor: Array = np.exp(state - self.busy**2 / 2)
        return factor
