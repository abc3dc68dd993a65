"""The books of the company's one false-alarm budget: the price of past alarms, and what is saved for incidents yet to open."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp

from monitor.emergence.parameters import WEEK_MINUTES, Parameters
from monitor.emergence.streams import Streams


@dataclass
class Ledger:
    """What the company's detector keeps beside the streams of its watches. Times are minutes since 1970.

    With ``alarm_price`` nats an alarm and a week to regain them, false alarms in T weeks stay below T + (highest price ever) / price,
    whatever the streams do (design, 2.1: the controller).
    """

    until: int = -1
    raised: float = 0.0
    raised_at: int = 0
    saved: list[float] = field(default_factory=lambda: [0.0, 0.0])
    saved_at: list[int] = field(default_factory=lambda: [-1, -1])
    owed: dict[str, int] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)

    def price(self, minute: int, alarm_price: float) -> float:
        """Nats by which past alarms raise the threshold now."""
        return max(0.0, self.raised - alarm_price * max(0, minute - self.raised_at) / WEEK_MINUTES)

    def charge(self, watch: str, minute: int, alarm_price: float) -> None:
        """An alarm is raised."""
        self.raised = self.price(minute, alarm_price) + alarm_price
        self.raised_at = max(self.raised_at, minute)
        self.owed[watch] = self.owed.get(watch, 0) + 1

    def refund(self, watch: str, alarm_price: float) -> None:
        """Staff confirm an alarm of the watch: once for each alarm, its price is given back."""
        if self.owed.get(watch, 0) > 0:
            self.owed[watch] -= 1
            self.raised = max(0.0, self.price(self.until, alarm_price) - alarm_price)
            self.raised_at = max(self.raised_at, self.until)

    def endow(self, streams: Streams, watches: int, daily: bool, tick: int, parameters: Parameters) -> float:
        """What an incident that opens now gets out of the savings, in ticks; never more than was saved from ticks that have passed."""
        rate = parameters.share_births * parameters.thrift * streams.share * watches
        begun = streams.began if self.saved_at[daily] < 0 else self.saved_at[daily]
        self.saved[daily] = min(rate * exp(streams.scale.base), self.saved[daily] + rate * max(0, tick - begun))
        self.saved_at[daily] = max(begun, tick)
        given = self.saved[daily] * parameters.birth_part
        self.saved[daily] -= given
        return given
