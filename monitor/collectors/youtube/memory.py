"""What the YouTube collector keeps between passes: how far each question is answered, which videos it follows, what it searched today."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.collectors.progress import Progress, remembered

CALIFORNIA = ZoneInfo("America/Los_Angeles")
"""Where the day of the quota ends."""


@dataclass
class Followed:
    """A video found by search: when it was published, and how many comments it had when they were read."""

    at: datetime
    comments: int = 0


class Memory(Progress):
    """The cursor, read and written."""

    def __init__(self, cursor: str | None, now: datetime):
        told = remembered(cursor)
        super().__init__(json.dumps(told.get("marks") or {}, default=str))
        self.videos = {str(name): one for name, known in _table(told.get("videos")).items() if (one := _followed(known))}
        self.searched_at = _time(told.get("searched_at"))
        self.day = f"{now.astimezone(CALIFORNIA):%Y-%m-%d}"
        searches = told.get("searches")
        self.searches = searches if isinstance(searches, int) and told.get("day") == self.day else 0

    def follow(self, video: str, at: datetime) -> None:
        """Look at the comments of ``video`` from now on."""
        self.videos.setdefault(video, Followed(at))

    def forget(self, before: datetime, most: int) -> None:
        """Follow the newest ``most`` videos only, and none published before ``before``."""
        newest = sorted(self.videos.items(), key=lambda pair: pair[1].at, reverse=True)[:most]
        self.videos = {name: one for name, one in newest if one.at >= before}

    def cursor(self) -> str:
        """Return all of it as text."""
        told = {
            "marks": self.places(),
            "videos": {name: [one.at.isoformat(), one.comments] for name, one in sorted(self.videos.items())},
            "searched_at": self.searched_at.isoformat() if self.searched_at else None,
            "day": self.day,
            "searches": self.searches,
        }
        return json.dumps(told)


def _followed(known: Any) -> Followed | None:
    try:
        at, number = known
        return Followed(datetime.fromisoformat(at).astimezone(UTC), int(number))
    except (TypeError, ValueError, OverflowError):
        return None


def _time(told: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(told).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def spacing(questions: int, searches_per_day: int) -> timedelta:
    """Return how far apart searches are that use three quarters of a day's allowance; the rest is for following pages."""
    return timedelta(days=1) * questions / max(1.0, searches_per_day * 0.75)
