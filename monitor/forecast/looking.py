"""Which posts to measure again now, so that the requests there are tell the forecast most.

A look tells as much as the count is likely to have changed since the last one. A post that was measured twice goes on at the rate between
the two; one that was not gets what attention commonly does: it fades like one over the age. Both are added up, which is enough to put
posts in order: young ones and fast ones first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

SOONEST = timedelta(minutes=5)
LATEST = timedelta(days=1)
FOLLOWED_FOR = timedelta(days=3)
"""Older posts are looked at no more: their incident closes when nothing new comes."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A post that could be measured again. ``size``: views or what stands for them, 0 if unmeasured; ``paid``: this look costs no money."""

    post_id: str
    created_at: datetime
    looked_at: datetime
    size: int = 0
    size_at: datetime | None = None
    size_before: int = 0
    before_at: datetime | None = None
    paid: bool = False

    @property
    def rate(self) -> float:
        """Growth between the last two measurements, in people a minute."""
        if self.size_at is None or self.before_at is None or self.size_at <= self.before_at:
            return 0.0
        return max(self.size - self.size_before, 0) / ((self.size_at - self.before_at) / _MINUTE)

    @property
    def due_at(self) -> datetime:
        """When it is worth a look: after 5, 10, 20, 40 ... minutes of life, at least daily; twice as often while its count doubles."""
        step = min(max(self.looked_at - self.created_at, SOONEST), LATEST)
        doubling = self.size > 0 and self.rate * (step / _MINUTE) >= self.size
        return self.looked_at + (max(step / 2, SOONEST) if doubling else step)

    def gain(self, now: datetime) -> float:
        """How much its count is likely to have changed since the last look."""
        age = max((now - self.created_at) / _MINUTE, 1.0)
        return (self.rate + 1.0 / age) * ((now - self.looked_at) / _MINUTE)


def due(candidates: Iterable[Candidate], now: datetime, most: int, *, only_paid: bool = False) -> list[Candidate]:
    """Return at most ``most`` posts to look at now: what is paid already first, then by what a look is likely to tell.

    ``only_paid`` leaves out all that would cost money. Deterministic: equal gains are in the order of ids.
    """
    ripe = [one for one in candidates if one.due_at <= now and (one.paid or not only_paid) and now - one.created_at <= FOLLOWED_FOR]
    ripe.sort(key=lambda one: (not one.paid, -one.gain(now), one.post_id))
    return ripe[:most]
