"""The statistic: a mixture of Shiryaev-Roberts e-detectors on likelihood ratios of negative binomials.

``R <- (R + w) e`` each tick, for each stream, bound and effect. ``e`` compares "the rate is rho times the bound" with "the rate is the
bound"; its mean is at most 1 while the rate is at or below the bound (Shin, Ramdas and Rinaldo, arXiv 2203.03532, for e-detectors).
``w`` is what the stream may spend in the tick. Arrays are (streams, bounds, effects); with a leading axis of blocks where said.
"""

from __future__ import annotations

import numpy as np

from monitor.emergence.table import Array

EXPONENT = 200.0
LARGEST = 1e200
"""Far beyond any threshold; keeps products finite."""


def ratios(bound: Array, clump: Array, effects: Array) -> tuple[Array, Array]:
    """Log likelihood ratio of one post and of one tick.

    ``bound`` (..., streams, bounds) in posts a tick, ``clump`` (streams,) the negative binomials' k, ``effects`` (streams, effects) ln rho.
    """
    u, k, rho = bound[..., None], clump[:, None, None], effects[:, None, :]
    silent = np.log((u + k) / (np.exp(rho) * u + k))
    return silent + rho, k * silent


def ticked(values: Array, weight: Array, posts: Array, per_post: Array, per_tick: Array) -> Array:
    """One tick with ``posts`` (streams,); ``weight`` (streams, bounds)."""
    exponent = np.minimum(posts[:, None, None] * per_post + per_tick, EXPONENT)
    return np.minimum((values + weight[..., None]) * np.exp(exponent), LARGEST)


def rested(values: Array, weight: Array, per_tick: Array, ticks: int) -> Array:
    """``ticks`` ticks without posts: a geometric series."""
    fall = np.expm1(per_tick)
    steady = -weight[..., None] * (1 + fall) / fall
    after: Array = steady + (values - steady) * np.exp(ticks * per_tick)
    return after


def rested_blocks(values: Array, weight: Array, per_tick: Array, ticks: int) -> Array:
    """Blocks of ``ticks`` ticks without posts; ``per_tick`` has one leading entry a block."""
    fall, through = np.expm1(per_tick), ticks * per_tick
    gained = weight[..., None] * (1 + fall) * np.expm1(through) / fall
    onward = np.cumsum(through[::-1], axis=0)[::-1]
    kept = np.exp(np.concatenate([onward[1:], np.zeros_like(onward[:1])]))
    after: Array = values * np.exp(onward[0]) + (gained * kept).sum(axis=0)
    return after
