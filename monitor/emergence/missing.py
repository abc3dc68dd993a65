"""Stretches from which posts are known to be missing: what must be read neither as a lull nor, when they come late, as a rise.

Told to the detector by those who know of them (a collector that was silent, a platform that shows no further back); kept there, not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.emergence.parameters import DAY_MINUTES

FOR_EVER = 1 << 40
LONGEST = timedelta(days=3)
"""After so long the lack of one platform of several is what is normal."""

Span = tuple[int, int]
"""Ticks [first, end)."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Posts of ``platform`` (None: nobody knows which) written between these times (until None: it lasts) are missing.

    ``whole``: nothing else is read, so there is nothing to see at all. ``lost``: they will never come.
    """

    since: datetime
    until: datetime | None
    platform: str | None = None
    whole: bool = False
    lost: bool = False

    def holds(self, minute: int) -> bool:
        """Whether a minute lies in it."""
        first, end = self.minutes()
        return first <= minute < end

    def covers(self, platform: str, minute: int) -> bool:
        """Whether a post written there and then is one of those that were missing."""
        return (self.whole or platform == self.platform) and self.holds(minute)

    def minutes(self) -> Span:
        """The stretch in whole minutes since 1970."""
        return _minute(self.since), FOR_EVER if self.until is None else _minute(self.until)

    def unlearnt(self, daily: bool, shift: int) -> Span | None:
        """The ticks from which nothing can be learnt; days count from noon to noon of missing hours, so half a day spoils it."""
        if not self.whole and self.platform is None:
            return None
        first, end = self.minutes()
        if not self.whole:
            end = min(end, first + int(LONGEST / timedelta(minutes=1)))
        if daily:
            half = DAY_MINUTES // 2
            first, end = (first + shift + half) // DAY_MINUTES, (end + shift + half) // DAY_MINUTES
        return (first, end) if end > first else None


def _minute(at: datetime) -> int:
    return int((at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(minutes=1))
