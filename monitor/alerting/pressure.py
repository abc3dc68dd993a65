"""The price of one notification: a Lagrange multiplier steered so that notifications keep to their budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.alerting.parameters import Budget

_HOURS_PER_WEEK = 168.0


@dataclass(frozen=True, slots=True)
class Pressure:
    """Price ``lambda`` at a moment: times ``price_step`` for each notification, falling by ``budget`` such steps a week.

    Between floor and ceiling the count N over T weeks obeys N <= budget * T + ln(price reached / price at start) / ln step,
    whatever happens outside.
    """

    price: float
    at: datetime

    @classmethod
    def initial(cls, now: datetime, budget: Budget) -> Pressure:
        """Return the price on the first day."""
        return cls(budget.price_at_start, now)

    def after(self, now: datetime, budget: Budget) -> Pressure:
        """Return the price at ``now``, having fallen since; times before ``at`` change nothing."""
        hours = max(0.0, (now - self.at).total_seconds() / 3600)
        fallen = self.price * budget.price_step ** (-budget.notifications_per_week * hours / _HOURS_PER_WEEK)
        return Pressure(min(max(budget.price_floor, fallen), budget.price_ceiling), max(now, self.at))

    def paid(self, budget: Budget) -> Pressure:
        """Return the price after one notification."""
        return Pressure(min(self.price * budget.price_step, budget.price_ceiling), self.at)

    def confirmed(self, budget: Budget) -> Pressure:
        """Return the price after staff confirmed an alert: its step is given back."""
        return Pressure(max(self.price / budget.price_step, budget.price_floor), self.at)
