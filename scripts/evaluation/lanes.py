"""Many independent streams through the detector's own code at once, for measuring it: one column a lane, no budget shared among them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from monitor.emergence.parameters import Parameters, minute_scale
from monitor.emergence.streams import Streams
from monitor.emergence.table import Stream

START = 1440 * 13886 - 540  # a minute that is a local midnight
WEEK = 10080


class Lanes(Streams):
    """Single streams side by side: each has the whole tick to itself and a season of its own."""

    def __init__(self, parameters: Parameters, lanes: int, tick: int):
        super().__init__(parameters, minute_scale(parameters), tick)
        for lane in range(lanes):
            self.open(f"lane:{lane}", Stream.TOTAL)
        base = self.baseline
        base.chained = False
        base.season_posts, base.season_mean = np.zeros((lanes, 48)), np.zeros((lanes, 48))
        base.season = np.repeat(base.scale.profiles[:1], lanes, axis=0)
        self._claim()

    def _claim(self) -> None:
        self.table.season_row = self.table.teachers = np.arange(len(self.table.names))
        self.prepare()

    def _allot(self) -> None:
        self.table.injected[:] = 0.0 if self.cold else 1.0
        self._weigh(self.table.muted_at >= 0, young=False)
        self._single_steps = True

    def _forget(self) -> None:
        pass


def backgrounds(
    rng: np.random.Generator, lanes: int, weeks: float, per_day: float, clump: float = 20.0, sd: float = 0.25, hours: float = 12.0
) -> NDArray[np.float64]:
    """Mean posts a minute (lanes, minutes): level x week x log-AR(1) in steps of 30 min, from ``START`` (algorithms, sec. 7.2)."""
    minutes = round(weeks * WEEK)
    steps = -(-minutes // 30)
    phi = np.exp(-0.5 / hours)
    noise = rng.normal(size=(lanes, steps)) * sd * np.sqrt(1 - phi**2)
    state = np.empty((lanes, steps))
    state[:, 0] = rng.normal(size=lanes) * sd
    for step in range(1, steps):
        state[:, step] = phi * state[:, step - 1] + noise[:, step]
    cell_of, profile = true_week()
    hour = (START + np.arange(minutes)) // 60
    week = profile[cell_of[(hour + 9 + 72) % 168]]
    return per_day / 1440 * week * np.repeat(np.exp(state - sd**2 / 2), 30, axis=1)[:, :minutes]


def true_week() -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """A week of seven different days, which the detector knows only as weekdays and weekends."""
    parameters = Parameters()
    hours, days = np.array(parameters.hours), np.array(parameters.days)
    profile = np.outer(days / days.mean(), hours / hours.mean()).ravel()
    return np.arange(168), profile


def draw(rng: np.random.Generator, means: NDArray[np.float64], clump: float = 20.0) -> NDArray[np.int32]:
    """Negative binomial counts of minutes."""
    return rng.poisson(means * rng.gamma(clump, 1 / clump, size=means.shape)).astype(np.int32)


def feed(lanes: Lanes, counts: NDArray[np.int32], on_tick) -> None:  # type: ignore[no-untyped-def]
    """Run minute by minute; ``on_tick(index, masses)`` after each."""
    t = lanes.table
    for index in range(counts.shape[1]):
        lanes.advance(START + index)
        lanes.last = lanes.tick
        t.now[:] = counts[:, index]
        lanes._product = None
        on_tick(index, lanes.masses())


def with_caution(parameters: Parameters, z: float) -> Parameters:
    """The same with another bound."""
    return replace(parameters, caution=z)


__all__ = ["START", "WEEK", "Lanes", "backgrounds", "draw", "feed", "with_caution"]
