"""Whether to count before searching.

X charges for posts it hands out, not for asking: a search that finds nothing is free, one that finds only what was paid for today is
free too, and a count costs as much as one post. So at X's present prices searching straight away is the cheaper way: a question
counted every five minutes costs 288 x $0.005 = $1.44 a day, while searching it as often costs, besides the new posts, only the few
posts of the overlap, once a day. Counting pays where the search itself is charged (``price_search``), or where many posts of the
overlap would be charged again (the first pass after midnight UTC), and new ones are rare.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from monitor.collectors.x.prices import Paid, Prices

MOST = 10_000
LEARNING = 0.1
Counting = Literal["auto", "always", "never"]


class Sentinel:
    """Decides for each question; it learns how often the question brings something new, and what a search would only repeat."""

    def __init__(self, mode: Counting, prices: Prices, paid: Paid, overlap: timedelta):
        self.mode = mode
        self.prices = prices
        self.paid = paid
        self.overlap = overlap
        self._known: dict[str, dict[str, datetime]] = {}
        self._chance: dict[str, float] = {}

    def pays(self, question: str) -> bool:
        """Whether counting first is expected to cost less than searching at once: c < (1 - p) x what a search for nothing costs."""
        if self.mode != "auto" or question not in self._known:
            return self.mode == "always" and question in self._known
        wasted = self.prices.search + self.prices.post * len(self.paid.unpaid(self._known[question]))
        return self.prices.counts < (1 - self._chance[question]) * wasted

    def quiet(self, question: str, since: datetime, total: int | None) -> bool:
        """Whether a count of ``total`` posts since then means that none came which we do not have."""
        have = sum(at >= since.replace(microsecond=0) for at in self._known.get(question, {}).values())
        self._learn(question, total is None or total > have)
        return total is not None and total <= have

    def searched(self, question: str, found: Mapping[str, datetime], mark: datetime | None) -> None:
        """Remember what a whole search returned (ids as X has them, and times), for the next count to be held against."""
        newest = max(found.values(), default=None)
        recent = {one: at for one, at in found.items() if newest and at >= newest - self.overlap - timedelta(seconds=1)}
        if recent or question not in self._known:
            self._known[question] = dict(list(recent.items())[:MOST])
        self._learn(question, mark is None or bool(newest and newest > mark))

    def _learn(self, question: str, something: bool) -> None:
        self._chance[question] = (1 - LEARNING) * self._chance.get(question, 1.0) + LEARNING * something
