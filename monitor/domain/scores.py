"""What the scoreboard reads: one assessment, and what became of an incident."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.domain.assessments import Interval


@dataclass(frozen=True, slots=True)
class Look:
    """One assessment as the scoreboard reads it; ``measured`` is the share of the estimate that rests on public view counts.

    ``crossed_at``: when its incident crossed the threshold, as known by now. None and empty where nothing was measured.
    """

    incident: int
    watch: str
    at: datetime
    people: Interval | None
    measured: float | None
    horizons: dict[str, Interval]
    p_cross: float | None
    crossed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an incident that staff were told of or that crossed the threshold.

    ``rehearsed``: in a silent run staff would have been told at ``alerted_at``. ``confirmed`` and ``dismissed`` are what staff said.
    """

    incident: int
    watch: str
    opened_at: datetime
    alerted_at: datetime | None
    crossed_at: datetime | None
    acknowledged_at: datetime | None = None
    confirmed: bool = False
    dismissed: bool = False
    rehearsed: bool = False
