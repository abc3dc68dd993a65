"""What is normal: level, season, clumping and busy days of every stream of a watch, learnt at the ends of blocks and updates.

Within an update (a local day) level, season and spread stand still; within a block (an hour) the local level does too. So idle time can
be taken in one step, and the statistic has a closed form between posts.
"""

from __future__ import annotations

from copy import copy
from math import log

import numpy as np
from numpy.typing import NDArray

from monitor.emergence.parameters import DAY_MINUTES, Parameters, Scale
from monitor.emergence.table import Array, Stream, Table

BUSY = 0.25**2
BUSY_STRENGTH, BUSY_DAYS = 2000.0, 5.0
"""Prior variance of the busy-day factor, and what it is worth in posts and in days."""
CLUMP, CLUMP_STRENGTH = 0.25, 5.0
"""Prior 1/k, and what it is worth in squared expected counts a tick."""
PRIOR_DAYS = 0.05
HABIT = 1.5
"""An incident that goes on for days is normal up to this many times its own level."""
POST_WEIGHT = 0.25
AGE_STEPS = 32
AGE_MEMORY = 0.995
AGE_NEEDED = 20.0


class Baseline:
    """Learns in place the baseline fields of a ``Table``."""

    def __init__(self, parameters: Parameters, scale: Scale, table: Table):
        self.parameters, self.scale, self.table = parameters, scale, table
        cells = scale.profiles.shape[1]
        self.season_posts: Array = np.zeros((2, cells))
        self.season_mean: Array = np.zeros((2, cells))
        self.season: Array = np.repeat(scale.profiles[:1], 2, axis=0)
        self.seen: Array = np.zeros(cells)
        self.age_counts: Array = np.zeros((len(scale.age_edges), AGE_STEPS))
        self.chained = True
        self._by_cell: Array | None = None
        self.blocks_in_busy = 0
        self.spread_days = 0.0
        self.age_bound: Array = np.zeros(len(scale.age_edges) + 1)
        self.learn_ages()

    def copied(self, table: Table) -> Baseline:
        """A copy that learns into another table."""
        other = copy(self)
        other.table = table
        for name in ("season_posts", "season_mean", "season", "seen", "age_counts", "age_bound"):
            setattr(other, name, getattr(self, name).copy())
        return other

    def start(self, kind: int) -> dict[str, float]:
        """First values of a stream that opens now."""
        p, tick = self.parameters, self.scale.tick_minutes / DAY_MINUTES
        table = self.table
        if kind == Stream.INCIDENT:
            return {"posts": 0.0, "exposure": float(self.scale.day_ticks), "muted_at": -1.0, "clump": 1 / CLUMP}
        prior = p.prior_per_day * tick
        exposure = PRIOR_DAYS / tick
        posts = prior * exposure
        if kind in (Stream.PLATFORM, Stream.TOPIC) and Stream.TOTAL in table.kind:
            exposure = float(table.exposure[table.kind == Stream.TOTAL][0])
            posts = min(posts, prior * PRIOR_DAYS / tick * 0.1)
        return {"posts": posts, "exposure": exposure, "muted_at": -1.0, "clump": 1 / CLUMP}

    def settle(self, first: int = 0) -> None:
        """Derive level, bounds and clumping from the sums, at an update or for streams that are new (from row ``first`` on)."""
        t, p = self.table, self.parameters
        part = slice(first, None)
        posts = t.posts[part] + t.new_posts[part]
        exposure = np.maximum(t.exposure[part] + t.new_exposure[part], 1e-9)
        t.level[part] = posts / exposure
        clumps = (t.clump_excess[part] + CLUMP * CLUMP_STRENGTH) / (t.clump_scale[part] + CLUMP_STRENGTH)
        t.clump[part] = 1 / np.clip(clumps, 1e-4, 30.0)
        days = self.spread_days / (self.spread_days + BUSY_DAYS)
        busy = _variance(t.busy_excess[part], t.busy_scale[part], t.busy_seen[part], days)
        unsure = 1 / np.maximum(posts, 0.5) + busy / np.maximum(exposure / self.scale.day_ticks, 1.0)
        local = _variance(t.local_excess[part], t.local_scale[part], t.local_seen[part], days)
        dense = busy / (busy + 1 / np.maximum(t.level[part] * self.scale.ticks_per_block * self.scale.busy_blocks, 1e-9))
        t.slack[part] = np.exp(_between(p.caution, dense**2) * np.sqrt(np.log1p(busy + unsure)))
        t.local_slack[part] = np.exp(_between(p.local_caution, dense**2) * np.sqrt(np.log1p(local + np.minimum(unsure, busy))))
        t.firmness[part] = 1 / (busy + unsure)
        t.slack[t.incidents] = t.local_slack[t.incidents] = 1.0
        self.forget_means()

    def forget_means(self) -> None:
        """Levels, seasons or streams changed: means are derived anew when they are next needed."""
        self._by_cell = None

    def means(self, blocks: NDArray[np.intp]) -> Array:
        """Normal posts a tick in some blocks, shape (blocks, streams); for incidents the bound itself."""
        t = self.table
        if self._by_cell is None:
            self._by_cell = np.maximum(t.level * self.season[t.season_row].T, self.scale.floor)
        means = self._by_cell[self.scale.cells(blocks)]
        if len(t.incidents):
            rows = t.incidents
            age = blocks[:, None] * self.scale.ticks_per_block - t.opened[rows]
            bound = self.age_bound[np.searchsorted(self.scale.age_edges, age, side="right")]
            means[:, rows] = np.maximum(bound, HABIT * t.level[rows])
        return means

    def local(self, means: Array) -> tuple[Array, Array, Array]:
        """Local factor at the start of each of n idle blocks (n, streams), and the local sums after them."""
        t, decay = self.table, self.scale.fast_decay
        powers = decay ** np.arange(len(means) + 1)
        grown = np.cumsum(np.where(t.wide, means, 0.0) * self.scale.ticks_per_block / powers[1:, None], axis=0)
        mean = powers[1:, None] * (t.local_mean + grown)
        posts = powers[:, None] * t.local_posts
        before = np.concatenate([t.local_mean[None, :], mean[:-1]])
        return (t.firmness + posts[:-1]) / (t.firmness + before), posts[-1], mean[-1]

    def factor(self) -> Array:
        """Local factor now (streams,)."""
        t = self.table
        return (t.firmness + t.local_posts) / (t.firmness + t.local_mean)

    def learn(self, cell: int, mean: Array, factor: Array, covered: int, cold: bool, new: bool) -> None:
        """End a block of ``covered`` ticks with the posts that its streams counted.

        Extreme blocks count as less; streams in an episode teach the season and the local level only. While all is ``cold``
        nothing is extreme, and the level follows at once; while it is ``new`` even the season waits for a level.
        """
        t = self.table
        own = t.wide
        calm = own & (t.muted_at < 0)
        self.seen[cell] += covered
        expected = mean * covered
        bound = expected * t.slack
        cap = np.maximum(3.0, bound + 4 * np.sqrt(bound + bound**2 * (BUSY + 1 / (t.clump * covered))))
        posts = t.block_posts.copy() if cold else np.minimum(t.block_posts, cap)
        t.new_posts += np.where(calm, posts, np.where(own, 0.0, t.block_posts))
        t.new_exposure += np.where(calm, self.season[t.season_row, cell] * covered, np.where(own, 0.0, covered))
        decay = self.scale.fast_decay
        t.local_posts[:] = np.where(own, decay * t.local_posts + posts, 0.0)
        t.local_mean[:] = np.where(own, decay * t.local_mean + expected, 0.0)
        self._learn_clumps(calm & (cold | (t.block_posts <= cap)), covered, expected * factor)
        if cold:
            self.settle()
        else:
            self._learn_spread(calm, posts, expected, mean, factor, covered)
            self.spread_days += covered / self.scale.day_ticks
        if not (cold and new):
            self._learn_season(cell, posts, covered)
        t.block_posts[:] = 0.0
        t.block_squares[:] = 0.0

    def learn_idle(self, cells: NDArray[np.intp], means: Array, factors: Array, posts: Array, mean: Array) -> None:
        """The same as ``learn`` for n whole blocks without a post and without an open episode."""
        t, covered = self.table, self.scale.ticks_per_block
        np.add.at(self.seen, cells, covered)
        self.spread_days += len(cells) * covered / self.scale.day_ticks
        calm = t.wide
        t.new_exposure += covered * np.where(calm, self.season[t.season_row[None, :], cells[:, None]].sum(axis=0), len(cells))
        expected = means * covered
        local = expected * factors
        if covered == 1:
            square = np.where(calm, (local**2).sum(axis=0), 0.0)
            t.clump_excess += square
            t.clump_scale += square
        noise = expected * means / t.clump
        t.local_excess += np.where(calm, (local**2 - noise * factors**2).sum(axis=0), 0.0)
        t.local_scale += np.where(calm, (local**2).sum(axis=0), 0.0)
        t.local_seen += np.where(calm, local.sum(axis=0), 0.0)
        self._busy_idle(np.where(calm, expected, 0.0), np.where(calm, noise, 0.0))
        t.local_posts[:] = np.where(calm, posts, t.local_posts)
        t.local_mean[:] = np.where(calm, mean, t.local_mean)
        np.add.at(self.season_mean, (t.season_row[t.teachers][:, None], cells[None, :]), t.level[t.teachers][:, None] * covered)

    def update(self) -> None:
        """End an update period: fold its posts into level, season and spread."""
        t, scale = self.table, self.scale
        t.posts[:] = scale.level_decay * t.posts + t.new_posts
        t.exposure[:] = scale.level_decay * t.exposure + t.new_exposure
        t.new_posts[:] = 0.0
        t.new_exposure[:] = 0.0
        for field in (t.clump_excess, t.clump_scale, t.busy_excess, t.busy_scale, t.busy_seen):
            field *= scale.spread_decay
        for field in (t.local_excess, t.local_scale, t.local_seen):
            field *= scale.spread_decay
        self.spread_days *= scale.spread_decay
        self.season_posts *= scale.season_decay
        self.season_mean *= scale.season_decay
        before = self.season @ self.seen
        self._settle_season()
        t.exposure *= np.where(t.wide, ((self.season @ self.seen) / np.maximum(before, 1e-9))[t.season_row], 1.0)
        self.seen *= scale.level_decay
        self.settle()

    def bury(self, row: int, idle: float) -> None:
        """Let an incident's whole life count among the past ones (ages that it did not reach alive count too, as silent)."""
        t = self.table
        age = float(t.last[row] - t.opened[row]) + idle
        done = self.scale.age_edges <= age
        self.age_counts *= AGE_MEMORY
        steps = np.minimum(t.ages[: len(self.scale.age_edges), row], AGE_STEPS - 1).astype(np.intp)
        self.age_counts[done, steps[done]] += 1.0

    def learn_ages(self) -> None:
        """The bound of incident streams by age: the larger of the default and the 90th percentile of past incidents."""
        edges = self.scale.age_edges
        widths = np.diff(edges, prepend=0.0)
        total = self.age_counts.sum(axis=1)
        share = np.cumsum(self.age_counts, axis=1) / np.maximum(total, 1e-9)[:, None]
        p90 = np.where(total >= AGE_NEEDED, np.argmax(share >= 0.9, axis=1), 0.0) / widths
        self.age_bound[:-1] = np.maximum(self.scale.incident_rate, p90)
        self.age_bound[-1] = self.scale.incident_rate

    def _learn_clumps(self, calm: NDArray[np.bool_], covered: int, local: Array) -> None:
        t = self.table
        if self.scale.ticks_per_block > 1:
            if covered < 2:
                return
            average = t.block_posts / covered
            spread = (t.block_squares - t.block_posts * average) / (covered - 1)
            excess, scale = covered * (spread - average), covered * (average**2 - spread / covered)
        else:
            excess, scale = (t.block_posts - local) ** 2 - t.block_posts, local**2
        t.clump_excess += np.where(calm, excess, 0.0)
        t.clump_scale += np.where(calm, scale, 0.0)

    def _learn_spread(self, calm: NDArray[np.bool_], posts: Array, expected: Array, mean: Array, factor: Array, covered: int) -> None:
        t = self.table
        noise = expected * mean / t.clump
        local = expected * factor
        t.local_excess += np.where(calm, (posts - local) ** 2 - posts - noise * factor**2, 0.0)
        t.local_scale += np.where(calm, local**2, 0.0)
        t.local_seen += np.where(calm, local, 0.0)
        self._busy(calm, posts, expected, noise)

    def _busy(self, calm: NDArray[np.bool_], posts: Array, expected: Array, noise: Array) -> None:
        """Add a block to the running busy block, and close that one when it is full."""
        t = self.table
        t.busy_posts += np.where(calm, posts, 0.0)
        self._busy_idle(np.where(calm, expected, 0.0)[None, :], np.where(calm, noise, 0.0)[None, :])

    def _busy_idle(self, expected: Array, noise: Array) -> None:
        """Add blocks without posts to the busy blocks."""
        t, size = self.table, self.scale.busy_blocks
        first = min(len(expected), size - self.blocks_in_busy)
        t.busy_mean += expected[:first].sum(axis=0)
        t.busy_noise += noise[:first].sum(axis=0)
        self.blocks_in_busy += first
        if self.blocks_in_busy < size:
            return
        self._fold((t.busy_posts - t.busy_mean) ** 2 - t.busy_posts - t.busy_noise, t.busy_mean**2, t.busy_mean)
        whole = (len(expected) - first) // size * size
        if whole:
            mean = expected[first : first + whole].reshape(whole // size, size, expected.shape[1]).sum(axis=1)
            self._fold((mean**2).sum(axis=0) - noise[first : first + whole].sum(axis=0), (mean**2).sum(axis=0), mean.sum(axis=0))
        t.busy_posts[:] = 0.0
        t.busy_mean[:] = expected[first + whole :].sum(axis=0)
        t.busy_noise[:] = noise[first + whole :].sum(axis=0)
        self.blocks_in_busy = len(expected) - first - whole

    def _fold(self, excess: Array, scale: Array, seen: Array) -> None:
        t = self.table
        t.busy_excess += excess
        t.busy_scale += scale
        t.busy_seen += seen

    def _learn_season(self, cell: int, posts: Array, covered: int) -> None:
        t = self.table
        row = t.season_row[t.teachers]
        self.season_posts[row, cell] += posts[t.teachers]
        self.season_mean[row, cell] += t.level[t.teachers] * covered

    def _settle_season(self) -> None:
        """Shrink each season to the likeliest profiles, that of complaints to that of all mentions; mean 1 over the week."""
        self.season[:] = self._season(slice(None), self._likeliest())
        if self.chained:
            self.season[1:] = self._season(slice(1, None), self.season[0])

    def _likeliest(self) -> Array:
        """Mean of the candidate profiles, weighted by how well each explains when the posts came (busy days make them count less)."""
        log_profiles = np.log(self.scale.profiles)
        fit = self.season_posts @ log_profiles.T
        fit -= self.season_posts.sum(axis=1, keepdims=True) * np.log(np.maximum(self.season_mean @ self.scale.profiles.T, 1e-12))
        fit *= POST_WEIGHT
        fit[:, 0] += log(len(log_profiles))
        weights = np.exp(fit - fit.max(axis=1, keepdims=True))
        likeliest: Array = weights @ self.scale.profiles / weights.sum(axis=1, keepdims=True)
        return likeliest

    def _season(self, rows: slice, prior: Array) -> Array:
        strength = self.parameters.season_strength
        season: Array = (self.season_posts[rows] + strength) / (self.season_mean[rows] + strength / prior)
        season /= season[:, self.scale.cell_of].mean(axis=1, keepdims=True)
        return season


def _between(ends: tuple[float, float], part: Array) -> Array:
    return ends[0] + (ends[1] - ends[0]) * part


def _variance(excess: Array, scale: Array, seen: Array, days: float) -> Array:
    found = np.clip(excess / np.maximum(scale, 1e-9), 0.0, 4.0)
    weight = days * seen / (seen + BUSY_STRENGTH)
    return weight * found + (1 - weight) * BUSY
