"""The numbers of each stream of one watch: a matrix of named rows, one column a stream."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
AGES = 6


class Stream:
    """What a stream counts (plain numbers: they are compared with arrays all day)."""

    MENTIONS = 0
    NEGATIVE = 1
    TOTAL = 2
    PLATFORM = 3
    TOPIC = 4
    INCIDENT = 5
    KINDS = 6


class Table:
    """Columns are streams in the order of their opening. Every attribute below is a view (n,) into ``numbers``."""

    uid: Array  # never used twice
    kind: Array
    incident: Array
    rank: Array  # the how-manieth of its kind
    opened: Array  # tick
    last: Array  # tick of the last post
    injected: Array  # share of a tick that enters the statistic each tick
    level: Array  # posts a tick at season 1
    slack: Array  # bound over mean, busy days allowed for
    local_slack: Array  # the same over the local mean
    clump: Array  # k of the negative binomial
    firmness: Array  # posts that the long-run level is worth against the local one
    posts: Array  # level: decayed posts
    exposure: Array  # level: decayed ticks x season
    new_posts: Array  # since the last update
    new_exposure: Array
    local_posts: Array  # local level: posts and expected posts of the last hours
    local_mean: Array
    clump_excess: Array
    clump_scale: Array
    busy_excess: Array
    busy_scale: Array
    busy_seen: Array
    busy_posts: Array  # of the running busy block
    busy_mean: Array
    busy_noise: Array
    local_excess: Array
    local_scale: Array
    local_seen: Array
    block_posts: Array  # of the running block: sum and sum of squares over its ticks
    block_squares: Array
    now: Array  # posts in the running tick
    muted_at: Array  # tick of the alarm whose episode is open, or -1
    quiet: Array  # quiet blocks in a row inside an episode
    calm: Array  # how much the episode looks over, in nats
    episode_posts: Array
    episode_exposure: Array
    plateau: Array  # inside an episode: what it must exceed to alarm again, posts a tick

    def __init__(self) -> None:
        self.names: list[str] = []
        self.rows: dict[str, int] = {}
        self.adopt([], np.zeros((len(FIELDS) + AGES, 0)))

    def adopt(self, names: Sequence[str], numbers: Array) -> None:
        """Take over a whole matrix."""
        self.names = list(names)
        self.rows = {name: row for row, name in enumerate(names)}
        self._bind(numbers)

    def _bind(self, numbers: Array) -> None:
        self.numbers = numbers
        for index, field in enumerate(FIELDS):
            setattr(self, field, numbers[index])
        self.ages = numbers[len(FIELDS) :]
        self.wide = self.kind < Stream.INCIDENT
        self.incidents = np.flatnonzero(~self.wide)
        self.season_row = (self.kind >= Stream.TOTAL).astype(np.intp)
        self.teachers = np.array([self.rows[name] for name in LEADERS if name in self.rows], dtype=np.intp)

    def append(self, name: str, values: dict[str, float]) -> int:
        """Add a stream; fields not named are zero. Returns its row."""
        column = np.zeros((len(self.numbers), 1))
        for field, value in values.items():
            column[FIELDS.index(field)] = value
        self.rows[name] = len(self.names)
        self.names.append(name)
        self._bind(np.concatenate([self.numbers, column], axis=1))
        return len(self.names) - 1

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Drop the streams that are not in the mask."""
        names = [name for name, kept in zip(self.names, mask.tolist(), strict=True) if kept]
        self.adopt(names, np.ascontiguousarray(self.numbers[:, mask]))


FIELDS = tuple(Table.__annotations__)
LEADERS = ("mentions", "total")
"""The streams that teach the two seasons of a watch: of all mentions, and of complaints."""
