"""What an operator may set about the decision; every one has a default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

WEIGHTS: Mapping[str, float] = {
    "safety": 10.0,
    "privacy": 6.0,
    "staff_behaviour": 4.0,
    "damage_loss": 2.0,
    "app_website": 2.0,
    "partner_subcontractor": 2.0,
}


@dataclass(frozen=True)
class Budget:
    """How often the service team may be spoken to, all watches together; ``price_*`` steer the price of one notification."""

    notifications_per_week: float = 7.0
    """Notifications a week that the price of speaking steers towards."""
    pages_per_shift: int = 2
    """Critical alerts of their own in one shift; further ones share one storm page that names them all."""
    shift: timedelta = timedelta(hours=12)
    """Length of a shift: the time over which pages and open alerts are counted."""
    price_at_start: float = 5.0
    """Price of a notification on the first day (benefit must be this many times the cost of a look)."""
    price_floor: float = 1.0
    """Lowest price: at 1 the bare cost model decides."""
    price_ceiling: float = 90.0
    """Highest price; keeps a flood from making the monitor mute for weeks."""
    price_step: float = 1.3
    """Factor by which one notification raises the price."""

    def __post_init__(self) -> None:
        _demand(
            self.notifications_per_week > 0, "notifications_per_week must be above 0",
            self.pages_per_shift >= 0, "pages_per_shift must not be negative",
            self.shift > timedelta(0), "shift must be longer than 0s",
            0 < self.price_floor <= self.price_at_start <= self.price_ceiling, "price_floor <= price_at_start <= price_ceiling must hold",
            self.price_step > 1, "price_step must be above 1",
        )  # fmt: skip


@dataclass(frozen=True)
class Parameters:
    """The cost model (docs/design.md) and the tiers of the decision."""

    cost_triage: float = 1.0
    """Cost of one look by a person: fixing at the source."""
    cost_outside: float = 10.0
    """Cost of a trouble that is fixed outside the company, after a warning in time."""
    cost_claim: float = 100.0
    """Cost after the customer's claim: nobody was warned and the threshold was crossed."""
    respond: timedelta = timedelta(minutes=60)
    """Time the team needs to act; a warning with this much lead is worth half of one with endless lead."""
    lead_floor: float = 0.1
    """Least worth of the lead time: even a late warning helps a little (0..1)."""
    lead_unknown: float = 0.5
    """Worth of the lead time when nothing is measured (0..1)."""
    fatigue: float = 0.7
    """Chance of being heard that each open, unacknowledged alert leaves to the next one (0..1)."""
    page_probability: float = 0.5
    """Chance of crossing the threshold from which an incident is critical."""
    notify_probability: float = 0.2
    """Chance of crossing the threshold from which an incident is high."""
    watch_probability: float = 0.05
    """Chance of crossing the threshold from which an incident is moderate."""
    alarm_probability: float = 0.35
    """Chance of a crisis that a detector alarm stands for when no forecast says more."""
    grave_weight: float = 5.0
    """Topic weight from which the cost model alone may page, whatever the price of speaking is."""
    grave_probability: float = 0.02
    """Least chance of crossing for that: forecasts below it cannot be told from zero."""
    grave_authors: int = 3
    """Distinct authors needed for that."""
    sure: float = 0.8
    """Certainty of the model from which one or two people's posts may alert by their spread alone (0..1)."""
    sure_authors: int = 3
    """So many complainants need no such certainty."""
    repeat_interval: timedelta | None = None
    """Say it again after this time while nobody acknowledges; leave out for never."""
    topic_weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    """How much worse than a delayed parcel a topic is; topics not named keep their default, 1 for most."""

    def __post_init__(self) -> None:
        shares = (
            "lead_floor", "lead_unknown", "fatigue", "page_probability", "notify_probability",
            "watch_probability", "alarm_probability", "grave_probability", "sure",
        )  # fmt: skip
        _demand(*(x for name in shares for x in (0 <= getattr(self, name) <= 1, f"{name} must lie in 0..1")))
        _demand(
            self.cost_triage > 0, "cost_triage must be above 0",
            self.cost_outside < self.cost_claim, "cost_outside must be below cost_claim",
            self.watch_probability <= self.notify_probability <= self.page_probability,
            "watch_probability <= notify_probability <= page_probability must hold",
            self.respond > timedelta(0), "respond must be longer than 0s",
            all(weight >= 0 for weight in self.topic_weights.values()), "topic_weights must not be negative",
        )  # fmt: skip

    def weight(self, topic: str) -> float:
        """Weight S of a topic."""
        return self.topic_weights.get(topic, 1.0)


def _demand(*rules: bool | str) -> None:
    """Raise ``ValueError`` naming every broken rule; ``rules`` alternate truth and sentence."""
    broken = [str(told) for kept, told in zip(rules[::2], rules[1::2], strict=True) if not kept]
    if broken:
        raise ValueError("; ".join(broken))
