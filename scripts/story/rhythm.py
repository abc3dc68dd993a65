"""When people write and read: the daily cycle in Korea, and a flatter one for English, whose writers live in many zones."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

SEOUL = timedelta(hours=9)
HOURS = (
    0.55,
    0.35,
    0.22,
    0.16,
    0.13,
    0.15,
    0.28,
    0.6,
    0.95,
    1.15,
    1.2,
    1.2,
    1.35,
    1.25,
    1.2,
    1.2,
    1.2,
    1.25,
    1.3,
    1.35,
    1.45,
    1.55,
    1.5,
    1.05,
)
_MEAN = sum(HOURS) / 24
_STEP = timedelta(minutes=5)


CYCLES = {
    "ko": tuple(hour / _MEAN for hour in HOURS),
    "en": tuple(0.45 + 0.55 * hour / _MEAN for hour in HOURS),
}


def hour_of_day(at: datetime) -> float:
    """Hours since midnight in Seoul; an index into ``CYCLES``, where 1.0 is as busy as the day's average."""
    local = at + SEOUL
    return local.hour + local.minute / 60


class Span:
    """A stretch of time on which moments are drawn in step with the daily cycle."""

    def __init__(self, start: datetime, end: datetime, language: str):
        self.start, self.language = start, language
        steps = max(1, int((end - start) / _STEP))
        self._step = (end - start) / steps
        cycle, begin, width = CYCLES[language], hour_of_day(start), self._step / timedelta(hours=1)
        self._sums = [0.0, *accumulate(cycle[int(begin + i * width) % 24] for i in range(steps))]

    def at(self, share: float) -> datetime:
        """The moment before which ``share`` (0..1) of the span's activity lies."""
        target = min(max(share, 0.0), 1.0) * self._sums[-1]
        i = min(max(bisect_left(self._sums, target), 1), len(self._sums) - 1)
        low, high = self._sums[i - 1], self._sums[i]
        return self.start + self._step * (i - 1 + (target - low) / (high - low))

    def scatter(self, n: int, rng: Random, jitter: float) -> list[datetime]:
        """``n`` moments, unordered strata blurred by a normal of ``jitter`` strata (large: as good as random)."""
        shares = [((i + 0.5 + rng.gauss(0, jitter)) / n) % 1.0 for i in range(n)]
        return [self.at(share) for share in shares]


def at_hour(moment: datetime, hour: int, rng: Random) -> datetime:
    """The same day in Seoul, at ``hour``."""
    local = moment + SEOUL
    return local.replace(hour=hour, minute=rng.randrange(60), second=rng.randrange(60), microsecond=0) - SEOUL


def spread_apart(topics: Sequence[str], rng: Random, gap: int = 3) -> list[int]:
    """An order of the topics in which equal ones stand at least ``gap`` places apart wherever that can be had."""
    left = list(range(len(topics)))
    rng.shuffle(left)
    order: list[int] = []
    while left:
        recent = {topics[i] for i in order[-gap:]}
        counts = {topic: sum(topics[i] == topic for i in left) for topic in {topics[i] for i in left}}
        free = [i for i in left if topics[i] not in recent] or left
        pick = max(free, key=lambda i: (counts[topics[i]] / len(left) + 0.3 * rng.random(), i))
        order.append(pick)
        left.remove(pick)
    return order
