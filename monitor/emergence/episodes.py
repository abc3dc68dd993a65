"""Episodes: from a stream's alarm until it is quiet again, or until two days have made the new level normal.

Inside an episode the stream alarms again only for a rise far beyond what the episode has shown so far (its plateau).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from monitor.emergence.parameters import Parameters, Scale
from monitor.emergence.table import Array, Table

CALM = 1.2
"""Times the bound that a quiet block may have: below what can raise an alarm again (about 1.3 with clumps)."""

FADED = 3.0
"""Nats by which an episode must look over: an hour or two of silence at night says little."""


def begin(table: Table, rows: Iterable[tuple[int, float]], tick: int, parameters: Parameters) -> None:
    """Streams alarm: ``rows`` are (row, posts a tick seen in the telling window)."""
    for row, rate in rows:
        if table.muted_at[row] < 0:
            table.muted_at[row] = tick
        table.quiet[row] = 0.0
        table.plateau[row] = max(table.plateau[row], parameters.episode_rise * rate)


def go_on(table: Table, scale: Scale, parameters: Parameters, tick: int, mean: Array, season: Array, covered: int) -> NDArray[np.bool_]:
    """End a block of ``covered`` ticks: learn how high the episodes go; returns which are over (their fields are cleared).

    ``mean`` and ``season`` (streams,) are what was normal in the block. An episode that never became quiet leaves its level behind as the
    stream's new normal: staff know of it.
    """
    t = table
    open_ = t.muted_at >= 0
    if not open_.any():
        return open_
    t.episode_posts += np.where(open_, t.block_posts, 0.0)
    t.episode_exposure += np.where(open_, season * covered, 0.0)
    t.plateau[:] = np.where(open_, np.maximum(t.plateau, parameters.episode_rise * t.block_posts / covered), 0.0)
    normal = mean * t.slack * covered
    t.calm[:] = np.where(open_, np.maximum(0.0, t.calm + _faded(table, normal, season * covered)), 0.0)
    t.quiet[:] = np.where(open_ & (t.block_posts <= np.maximum(1.0, CALM * normal)), t.quiet + 1, 0.0)
    quiet = (t.quiet >= scale.quiet_blocks) & (t.calm >= FADED)
    over = open_ & (quiet | (tick - t.muted_at >= scale.episode_ticks))
    rate = t.episode_posts / np.maximum(t.episode_exposure, 1.0)
    higher = over & ~quiet & t.wide & (rate > t.level)
    t.posts[higher] = (rate * t.exposure)[higher]
    t.level[higher] = rate[higher]
    t.muted_at[over] = -1.0
    for field in (t.quiet, t.calm, t.plateau, t.episode_posts, t.episode_exposure):
        field[over] = 0.0
    return over


def _faded(table: Table, normal: Array, exposure: Array) -> Array:
    """Log likelihood ratio of a block: "back to normal" against "still half of what the episode has been" (at least twice the normal)."""
    rate = table.episode_posts / np.maximum(table.episode_exposure, 1.0)
    lasting = np.maximum(2.0 * normal, 0.5 * rate * exposure)
    return np.asarray(table.block_posts * np.log(normal / lasting) + lasting - normal)
