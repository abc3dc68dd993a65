"""What is known of an incident at a moment: is it above normal, who has seen it, who will have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.domain.because import Because


@dataclass(frozen=True, slots=True)
class Interval:
    """A range: ten per cent of outcomes lie below ``p10``, half below ``p50``, ninety per cent below ``p90``."""

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Emergence:
    """How far a stream is above its normal; ``evidence`` is the log statistic in nats (compare with the alarm threshold in ``because``)."""

    observed: float
    expected: float
    authors: int
    evidence: float
    emerging: bool
    because: Because
    stream: str = ""
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """People who have seen it, with the share of the estimate that rests on public view counts."""

    people: Interval
    measured: float
    because: Because


@dataclass(frozen=True, slots=True)
class Forecast:
    """People who will have seen it after ``horizons`` ("1h", "6h", "24h"); ``p_cross`` is the chance of the threshold within 24 h."""

    horizons: dict[str, Interval]
    p_cross: float
    eta_at: datetime | None
    eta_earliest_at: datetime | None
    eta_latest_at: datetime | None
    because: Because


@dataclass(frozen=True, slots=True)
class Assessment:
    """What we know of an incident at a moment; reach and forecast are None where nothing was measured."""

    incident_id: int
    at: datetime
    emergence: Emergence
    reach: Reach | None
    forecast: Forecast | None
    posts: int
    authors: int
