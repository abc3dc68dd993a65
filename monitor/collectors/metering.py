"""What collecting costs: requests and money of one collector, held under its allowance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from monitor.decode import Between
from monitor.errors import BudgetSpent


class Spent(NamedTuple):
    """Requests made and money spent."""

    requests: int = 0
    money: float = 0.0


@dataclass(frozen=True)
class Allowance:
    """[collector.budget]: what a collector may spend; None: no limit. Days and months are UTC."""

    requests_per_day: Annotated[int, Between(1)] | None = None
    """Requests in a day."""
    requests_per_month: Annotated[int, Between(1)] | None = None
    """Requests in a calendar month."""
    money_per_day: Annotated[float, Between(0)] | None = None
    """Money in a day, in the currency of the kind's prices."""
    money_per_month: Annotated[float, Between(0)] | None = None
    """Money in a calendar month."""

    def used(self, day: Spent, month: Spent) -> float:
        """Return the largest used share of any limit: 1 and more is spent, 0 without limits."""
        pairs = (
            (day.requests, self.requests_per_day),
            (month.requests, self.requests_per_month),
            (day.money, self.money_per_day),
            (month.money, self.money_per_month),
        )
        return max((spent / limit if limit else 1.0 for spent, limit in pairs if limit is not None), default=0.0)


UNLIMITED = Allowance()


class Meter:
    """Counts what one collector spends. The pipeline tells it what was spent before, and stores what ``take`` returns."""

    def __init__(self, source: str, allowance: Allowance = UNLIMITED):
        self.source = source
        self.allowance = allowance
        self._day = self._month = self._untold = Spent()

    def begin(self, day: Spent, month: Spent) -> None:
        """Start a pass: so much was spent today and this month before it."""
        self._day, self._month, self._untold = day, month, Spent()

    def ask(self) -> None:
        """Before a request: raises ``BudgetSpent`` if the allowance is used up."""
        if self.allowance.used(self._day, self._month) >= 1:
            raise BudgetSpent(self.source, "the budget of [collector.budget] is used up")

    def add(self, requests: int = 1, money: float = 0.0) -> None:
        """After a request, also a failed one: it cost so much."""
        self._day, self._month, self._untold = (
            Spent(spent.requests + requests, spent.money + money) for spent in (self._day, self._month, self._untold)
        )

    def take(self) -> Spent:
        """Return what was spent since the last call, to be stored."""
        untold, self._untold = self._untold, Spent()
        return untold
