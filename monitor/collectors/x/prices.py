"""What X charges: for every post and every author it hands out, once a UTC day, and for every count; nothing for an empty answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

MOST = 200_000


@dataclass(frozen=True, slots=True)
class Prices:
    """In dollars: each post, each author, each question to the count, each search as such (besides the posts it returns)."""

    post: float
    user: float
    counts: float
    search: float = 0.0


class Paid:
    """Which resources were paid for today (UTC), for X charges the same one only once a day.

    It lives in memory and holds at most ``MOST``; what it does not know (after a restart, say) counts as paid anew. So the budget is
    reckoned too high at worst, never too low.
    """

    def __init__(self, clock: Callable[[], datetime]):
        self.clock = clock
        self._day: date | None = None
        self._known: dict[str, None] = {}

    def unpaid(self, ids: Iterable[str]) -> set[str]:
        """Return those of ``ids`` that would be charged now."""
        today = self.clock().date()
        if today != self._day:
            self._day, self._known = today, {}
        return {one for one in ids if one not in self._known}

    def add(self, ids: Iterable[str]) -> int:
        """Take ``ids`` as handed out; returns how many of them are charged."""
        charged = self.unpaid(ids)
        self._known.update(dict.fromkeys(sorted(charged)))
        for oldest in list(self._known)[: max(len(self._known) - MOST, 0)]:
            del self._known[oldest]
        return len(charged)
