"""The streams of one watch on one scale: how time passes over them, and what each of them may spend.

The shares of all streams of all watches sum to at most one in every tick, whatever number of streams opens, and what one incident gets at
its birth was saved from the ticks before. So the statistic summed over all streams, minus the ticks passed, is a supermartingale while no
rate exceeds its bound; every alarm takes at least A out of it; hence at most one false alarm per A ticks in the long run.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import ArrayLike, NDArray

from monitor.emergence import episodes
from monitor.emergence.baseline import CLUMP, Baseline
from monitor.emergence.memory import Memory
from monitor.emergence.missing import Span
from monitor.emergence.parameters import Parameters, Scale
from monitor.emergence.shares import shares
from monitor.emergence.statistic import ratios, rested, rested_blocks, ticked
from monitor.emergence.table import Array, Stream, Table
from monitor.emergence.windows import Finding, impossible, most_telling, shared

SHOWN = 3.0
"""Inside an episode evidence is kept at most this many times the threshold, so that it falls when the episode fades."""
BOUNDS = 3
"""The slow bound, the local one, and, inside an episode, its plateau."""


@dataclass(slots=True)
class Waiting:
    """An incident without a stream: it has one post only, or nobody posted for long. Most incidents never get further than this."""

    uid: int
    opened: int
    last: int
    endowment: float


class Streams:
    """All streams of one watch on one scale."""

    def __init__(self, parameters: Parameters, scale: Scale, tick: int):
        self.parameters, self.scale = parameters, scale
        self.table = Table()
        self.baseline = Baseline(parameters, scale, self.table)
        self.authors = Memory(scale.memory_ticks, parameters.memory)
        self.texts = Memory(7 * scale.memory_ticks, parameters.memory)
        self.share = 1.0
        self.tick = self.last = self.began = tick
        self.block = scale.block(tick)
        self.block_from = tick
        self.covered = 0
        self.caution_until = tick
        self.uids = 0
        self.looking = False
        self.waiting: dict[int, Waiting] = {}
        self.opened = [0] * Stream.KINDS
        self.unlearnt: tuple[Span, ...] = ()
        self._effects = parameters.log_effects()
        self.statistic: Array = np.zeros((0, BOUNDS, self._effects.shape[1]))
        self._product: Array | None = None
        self._spanned: tuple[int, NDArray[np.intp], NDArray[np.int64]] | None = None
        self.prepare()

    # ---- opening and closing streams

    def open(self, name: str, kind: int) -> int:
        """Open a stream at the running tick. Returns its row."""
        self.uids += 1
        rank = self.opened[kind]
        self.opened[kind] += 1
        born = float(self.tick)
        return self._append(name, {"uid": self.uids, "kind": kind, "incident": -1.0, "rank": rank, "opened": born, "last": born})

    def bear(self, incident: int, endowment: float) -> Waiting:
        """An incident opens with the post of the running tick; ``endowment`` (ticks) enters its statistic now."""
        self.uids += 1
        born = self.waiting[incident] = Waiting(self.uids, self.tick, self.tick, endowment)
        return born

    def wake(self, incident: int) -> int:
        """Give a waiting incident its stream: the statistic is what the endowment has become without posts. Returns its row."""
        found = self.waiting.pop(incident)
        born = float(found.opened)
        values = {"uid": found.uid, "kind": float(Stream.INCIDENT), "incident": incident, "opened": born, "last": self.tick}
        row = self._append(f"incident:{incident}", values)
        if found.endowment:
            self.statistic[row, :2] = found.endowment * np.exp(self._drifted(found.opened))
        return row

    def _append(self, name: str, values: dict[str, float]) -> int:
        row = self.table.append(name, self.baseline.start(int(values["kind"])) | values)
        self.statistic = np.concatenate([self.statistic, np.zeros((1, *self.statistic.shape[1:]))])
        self.baseline.settle(row)
        self.prepare()
        return row

    def _drifted(self, opened: int) -> Array:
        """Log likelihood ratio of an incident's silence from its opening until now, by effect."""
        edges = np.concatenate([[0.0], self.scale.age_edges, [np.inf]])
        age = float(self.tick - opened)
        ticks = np.clip(age - edges[:-1], 0.0, np.diff(edges))
        bound = self.baseline.age_bound[:, None]
        clump = 1 / CLUMP
        drift: Array = ticks @ (clump * np.log((bound + clump) / (np.exp(self._effects[1]) * bound + clump)))
        return drift

    def drop(self, mask: NDArray[np.bool_]) -> None:
        """Close the streams in the mask; what they had leaves the statistic."""
        if mask.any():
            self.table.keep(~mask)
            self.statistic = self.statistic[~mask]
            self.prepare()

    # ---- time

    def advance(self, tick: int) -> None:
        """Let time pass to ``tick``, with nothing but what was counted so far."""
        if tick <= self.tick:
            return
        if tick - self.last > self.scale.afresh_ticks:
            self._start_afresh(tick)
            return
        target = self.scale.block(tick)
        if target > self.block:
            self._finish_block()
            while self.block < target:
                self._idle(min(target - self.block, self._idle_blocks()))
        self._run(tick)

    def copied(self) -> Streams:
        """A copy to look ahead with; it shares what is remembered of authors and texts, and leaves that alone."""
        ahead = copy(self)
        ahead.table = Table()
        ahead.table.adopt(self.table.names, self.table.numbers.copy())
        ahead.baseline = self.baseline.copied(ahead.table)
        ahead.statistic = self.statistic.copy()
        ahead.waiting = dict(self.waiting)
        ahead.looking = True
        ahead.prepare()
        return ahead

    def skip(self, tick: int) -> None:
        """Jump over a gap after the running tick: nothing is learnt, the statistic stands still, caution follows."""
        self._run(self.tick + 1)
        self._learn(self.tick)
        self.tick, self.block, self.block_from = tick, self.scale.block(tick), tick
        self.caution_until = tick + self.scale.caution_ticks
        self.prepare()

    def skip_lost(self, first: int, end: int, tick: int) -> None:
        """The silence before ``tick`` is one from which posts are lost: only what lies outside [first, end) is silence."""
        self.advance(first)
        if end > self.tick:
            self.skip(end)
        self.advance(tick)

    @property
    def cold(self) -> bool:
        """Whether the warm-up lasts, at the end of what the baseline has learnt."""
        return self.covered < self.scale.warm_ticks

    def count(self, row: int, amount: float = 1.0) -> None:
        """Count a post of a stream in the running tick."""
        t = self.table
        t.now[row] += amount
        t.last[row] = self.tick
        if t.kind[row] == Stream.INCIDENT:
            age = int(np.searchsorted(self.scale.age_edges, self.tick - t.opened[row], side="right"))
            if age < len(self.scale.age_edges):
                t.ages[age, row] += amount
        self._product = None

    def observe(self, posts: ArrayLike) -> None:
        """Set the posts of all streams in the running tick at once (streams,)."""
        self.table.now[:] = posts
        self._product = None

    def masses(self) -> Array:
        """What counts towards an alarm, the running tick included (streams,): inside an episode only what exceeds its plateau."""
        after = self._after()
        strength: Array = after[:, :2].mean(axis=(1, 2))
        if after.shape[1] < BOUNDS:
            return strength
        return np.where(self.table.muted_at < 0, strength, after[:, 2].mean(axis=1))

    def strength(self, row: int) -> float:
        """A stream's statistic against its normal, also inside an episode."""
        return float(self._after()[row, :2].mean())

    def alarm(self, rows: list[tuple[int, float]]) -> None:
        """Streams alarm: an episode begins, or goes on higher; ``rows`` are (row, posts a tick of its telling window)."""
        episodes.begin(self.table, rows, self.tick, self.parameters)
        self._after()
        self.statistic[[row for row, _ in rows], 2] = 0.0
        self.prepare()

    # ---- silence

    def silence_is_gap(self, tick: int) -> bool:
        """Whether no mention since the last one is impossible (p < 1e-6 given level, busy days and clumping)."""
        silent = tick - self.last - 1
        row = self.table.rows.get(_LEADER[Stream.MENTIONS], self.table.rows.get(_LEADER[Stream.TOTAL], -1))
        if row < 0 or silent < self.scale.gap_ticks:
            return False
        first, end = self.last + 1, min(tick, self.last + 1 + self.scale.afresh_ticks)
        blocks = np.arange(self.scale.block(first), self.scale.block(end - 1) + 1)
        season = self.baseline.season[self.table.season_row[row], self.scale.cells(blocks)]
        clump = self.table.clump[row]
        ticks = shared(blocks, self.scale.ticks_per_block, first, end)
        silence = float((ticks * clump * np.log1p(self.table.level[row] * season / clump)).sum())
        return impossible(silence, 1 / float(self.table.firmness[row]), self.parameters.gap_probability)

    def warming(self, tick: int | None = None) -> bool:
        """Whether fewer than the warm-up days were seen, gaps not counted."""
        covered = self.covered + self.tick - self.block_from
        if tick is not None and tick > self.tick and not self.silence_is_gap(tick):
            covered += tick - self.tick
        return covered < self.scale.warm_ticks

    # ---- what a stream shows

    def finding(self, row: int, tick: int) -> Finding:
        """Posts in the most surprising of several windows; the longest one where none surprises."""
        seen = self.authors.ticks_of(int(self.table.uid[row]), tick - self.scale.windows[-1])
        return most_telling(seen, self._expected(row, tick), self.scale.windows, tick)

    def _expected(self, row: int, tick: int) -> Array:
        blocks, ticks = self._windows(tick)
        if self.table.wide[row]:
            season = self.baseline.season[self.table.season_row[row], self.scale.cells(blocks)]
            means = np.maximum(self.table.level[row] * season, self.scale.floor)
        else:
            means = np.full(len(blocks), max(self.baseline.age_bound[-1], self.table.level[row]))
        expected: Array = (means * ticks).sum(axis=1)
        return expected

    def _windows(self, tick: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """The blocks of the longest window that ends at ``tick``, and the ticks of each in every window; kept, for all streams ask."""
        if self._spanned is None or self._spanned[0] != tick:
            per, windows = self.scale.ticks_per_block, self.scale.windows
            blocks = np.arange((tick - windows[-1]) // per, tick // per + 1)
            ticks = np.array([shared(blocks, per, tick + 1 - window, tick + 1) for window in windows])
            self._spanned = (tick, blocks, ticks)
        return self._spanned[1:]

    # ---- inside

    def prepare(self) -> None:
        """Streams, weights or the block changed: derive anew what holds for the running block. Nothing here is state."""
        self.baseline.forget_means()
        self._allot()
        self._stale()

    def _stale(self) -> None:
        self._product = None
        self._ready = False

    def _derive(self) -> None:
        """Mean, local factor and log likelihood ratios of the running block, once they are needed."""
        if self._ready:
            return
        self._ready = True
        self.mean = self.baseline.means(np.array([self.block]))[0]
        self.factor = self.baseline.factor()
        self._gain, self._drift = self._ratios(self.mean, self.factor)

    def _ratios(self, mean: Array, factor: Array) -> tuple[Array, Array]:
        """Log likelihood ratios; ``mean`` and ``factor`` (..., streams). The third bound is there only while an episode is open."""
        t = self.table
        bound = np.empty((*mean.shape, BOUNDS if self._episode else BOUNDS - 1))
        bound[..., 0] = mean * t.slack
        bound[..., 1] = mean * factor * t.local_slack
        if self._episode:
            bound[..., 2] = np.maximum(bound[..., 0], t.plateau)
        return ratios(bound, t.clump, self._effects[(~t.wide).astype(np.intp)])

    def _allot(self) -> None:
        """Share the tick among the streams; the shares of all watches sum to at most one."""
        t = self.table
        young = (t.kind == Stream.PLATFORM) & (self.block * self.scale.ticks_per_block - t.opened < self.scale.warm_ticks)
        muted = t.muted_at >= 0
        t.injected[:] = np.where(young | (self.cold & t.wide), 0.0, shares(self.parameters, t) * self.share)
        self._weigh(muted, bool(young.any()))

    def _weigh(self, muted: NDArray[np.bool_], young: bool) -> None:
        """Weights by bound: the two normal ones outside of episodes, the plateau inside."""
        injected = self.table.injected
        self._episode = bool(muted.any())
        outside = np.where(muted, 0.0, injected)
        columns = [outside, outside, injected - outside] if self._episode else [outside, outside]
        self._weight = np.stack(columns, axis=1)
        self._single_steps = self._episode or young or self.cold

    def _after(self) -> Array:
        """The statistic with the running tick, for the bounds in use."""
        if self._product is None:
            self._derive()
            bounds = self._weight.shape[1]
            self._product = ticked(self.statistic[:, :bounds], self._weight, self.table.now, self._gain, self._drift)
        return self._product

    def _run(self, tick: int) -> None:
        """Close the running tick and let the ticks before ``tick`` (same block) pass without posts."""
        if tick <= self.tick:
            return
        t = self.table
        after = self._after()
        t.block_posts += t.now
        t.block_squares += t.now**2
        t.now[:] = 0.0
        idle = tick - self.tick - 1
        self.statistic[:, : after.shape[1]] = rested(after, self._weight, self._drift, idle) if idle else after
        self.tick = tick
        self._product = None

    def _block_end(self) -> int:
        return (self.block + 1) * self.scale.ticks_per_block

    def _finish_block(self) -> None:
        self._run(self._block_end())
        self._learn(self.tick)
        self._enter(self.block + 1)

    def _learn(self, end: int) -> None:
        """Hand the running block, up to ``end``, to the baseline and the episodes."""
        covered = end - self.block_from
        if covered > 0 and self._spoilt(self.block_from, end):
            self.table.block_posts[:] = self.table.block_squares[:] = 0.0
            self.block_from = end
        elif covered > 0:
            self._derive()
            cell = int(self.scale.cells(np.array([self.block]))[0])
            season = self.baseline.season[self.table.season_row, cell]
            over = episodes.go_on(self.table, self.scale, self.parameters, end, self.mean, season, covered)
            self.statistic[over] = 0.0
            if over.any():
                self.baseline.forget_means()
            if self._episode:
                inside = self.table.muted_at >= 0
                self.statistic[inside, :2] = np.minimum(self.statistic[inside, :2], exp(SHOWN * self.scale.base))
            self.baseline.learn(
                cell,
                self.mean,
                self.factor,
                covered,
                self.cold,
                self.covered < self.scale.warm_ticks / 3,
            )
            self.covered += covered
            self.block_from = end

    def _enter(self, block: int) -> None:
        """Go to the start of a block; at the border of an update, settle the baseline and forget what is over."""
        updated = self.scale.update_of(block) != self.scale.update_of(self.block)
        self.block, self.tick = block, block * self.scale.ticks_per_block
        self.block_from = self.tick
        if updated:
            self._forget()
            self.baseline.update()
        if self._single_steps:
            self._allot()
        self._stale()

    def _idle_blocks(self) -> int:
        """How many blocks can pass in one step: to the next update, singly while an episode or the warm-up may end."""
        if self._single_steps or self._spoilt_block():
            return 1
        count = self.scale.blocks_per_update - (self.block + self.scale.shift) % self.scale.blocks_per_update
        ahead = [first // self.scale.ticks_per_block - self.block for first, _ in self.unlearnt]
        return min([count, *(blocks for blocks in ahead if blocks > 0)])

    def _spoilt(self, first: int, end: int) -> bool:
        """Whether posts are missing from some of the ticks [first, end): nothing is learnt from them, and no episode ends in them."""
        return any(begun < end and first < over for begun, over in self.unlearnt)

    def _spoilt_block(self) -> bool:
        start = self.block * self.scale.ticks_per_block
        return self._spoilt(start, start + self.scale.ticks_per_block)

    def _idle(self, count: int) -> None:
        """Let ``count`` whole blocks pass without a post."""
        if self._single_steps or self._spoilt_block():
            self._finish_block()
            return
        blocks = np.arange(self.block, self.block + count)
        means = self.baseline.means(blocks)
        factors, posts, mean = self.baseline.local(means)
        drift = self._ratios(means, factors)[1]
        self.statistic[:, : drift.shape[2]] = rested_blocks(
            self.statistic[:, : drift.shape[2]], self._weight, drift, self.scale.ticks_per_block
        )
        self.baseline.learn_idle(self.scale.cells(blocks), means, factors, posts, mean)
        self.covered += count * self.scale.ticks_per_block
        self._enter(self.block + count)

    def _forget(self) -> None:
        """Close incidents without posts for days, and topics and platforms without posts for weeks."""
        t, scale = self.table, self.scale
        idle = self.tick - t.last
        old = np.where(t.wide, (t.kind >= Stream.PLATFORM) & (idle >= scale.afresh_ticks), idle >= scale.incident_idle_ticks)
        old &= t.muted_at < 0
        for row in np.flatnonzero(old & ~t.wide).tolist():
            self.baseline.bury(row, float(idle[row]))
            self.waiting[int(t.incident[row])] = Waiting(int(t.uid[row]), int(t.opened[row]), int(t.last[row]), 0.0)
        self.baseline.learn_ages()
        self.drop(old)
        self.waiting = {key: one for key, one in self.waiting.items() if self.tick - one.last < 3 * scale.incident_idle_ticks}
        self._expire(self.tick)

    def _expire(self, tick: int) -> None:
        if not self.looking:
            self.authors.expire(tick)
            self.texts.expire(tick)

    def _start_afresh(self, tick: int) -> None:
        """After weeks of silence: the level is at the floor, nothing that was evidence still is."""
        t = self.table
        self.drop(t.kind >= Stream.PLATFORM)
        self.waiting = {}
        for field in (t.posts, t.new_posts, t.new_exposure, t.local_posts, t.local_mean, t.block_posts, t.block_squares, t.now):
            field[:] = 0.0
        for field in (t.quiet, t.calm, t.plateau, t.episode_posts, t.episode_exposure):
            field[:] = 0.0
        t.muted_at[:] = -1.0
        self.statistic[:] = 0.0
        self.tick, self.block, self.block_from = tick, self.scale.block(tick), tick
        self.baseline.settle()
        self._expire(tick)
        self.prepare()


_LEADER = {Stream.MENTIONS: "mentions", Stream.TOTAL: "total"}
