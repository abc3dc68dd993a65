"""Who may spend how much of a tick: the weights of the streams of one watch, which sum to at most one whatever opens."""

from __future__ import annotations

import numpy as np

from monitor.emergence.parameters import Parameters
from monitor.emergence.table import Array, Stream, Table

TOPICS, TOPIC_RESERVE = 12, 0.25
"""Topics that share evenly, and the part kept for whatever further ones open: 1/2, 1/6, 1/12 ... of it, which sums to one."""
PLATFORM_START = 4
"""Platforms get 4/(4 x 5), 4/(5 x 6), 4/(6 x 7) ... of their part, which sums to one."""
LIVE_AT_LEAST = 10
"""Live incidents share evenly; fewer than this leave the rest unspent."""


def shares(parameters: Parameters, table: Table) -> Array:
    """Part of its watch's tick that each stream has (streams,)."""
    p, rank = parameters, table.rank
    live = max(LIVE_AT_LEAST, len(table.incidents))
    single = np.array([p.share_mentions, p.share_negative, p.share_total, 0.0, 0.0, p.share_live / live])[table.kind.astype(np.intp)]
    platform = p.share_platforms * PLATFORM_START / ((rank + PLATFORM_START) * (rank + PLATFORM_START + 1))
    late = np.maximum(rank - TOPICS, 0)
    topic = p.share_topics * np.where(rank < TOPICS, (1 - TOPIC_RESERVE) / TOPICS, TOPIC_RESERVE / ((late + 1) * (late + 2)))
    kinds = [table.kind == Stream.PLATFORM, table.kind == Stream.TOPIC]
    return np.select(kinds, [platform, topic], single) * p.thrift
