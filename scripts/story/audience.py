"""How many people see a post as time goes by, and what a watcher of its public counts would note down."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from .rhythm import CYCLES, hour_of_day

STEP = timedelta(minutes=20)
_ROOT_2 = math.sqrt(2)
POLLS = (15, 30, 60, 90, 120, 180, 240, 360, 540, 720, 1080, 1440, 2160, 2880, 4320)


@dataclass(frozen=True, slots=True)
class Habits:
    """A platform's ways: views of a usual post, how fast they come, counts per view, which counts it shows, views per person."""

    views: float
    spread: float
    half_life: float
    likes: float
    replies: float
    shares: float
    shown: frozenset[str]
    per_person: float


def _habits(views: float, spread: float, half_life: float, rates: tuple[float, float, float], shown: str, per_person: float) -> Habits:
    return Habits(views, spread, half_life, *rates, frozenset(shown.split()), per_person)


HABITS = {
    "x": _habits(110, 1.0, 85, (0.014, 0.003, 0.004), "likes replies shares views", 1.3),
    "reddit": _habits(420, 0.8, 240, (0.016, 0.006, 0), "likes replies", 1.4),
    "bluesky": _habits(90, 0.8, 120, (0.02, 0.003, 0.003), "likes replies shares", 1.3),
    "youtube": _habits(900, 0.7, 480, (0.011, 0.0015, 0), "likes replies views", 1.1),
    "naver_cafe": _habits(160, 0.7, 200, (0.012, 0.02, 0), "likes replies views", 1.4),
    "naver_blog": _habits(110, 0.8, 900, (0.03, 0.01, 0), "likes replies", 1.2),
    "naver_news": _habits(800, 0.8, 240, (0.008, 0.006, 0), "likes replies", 1.1),
    "dcinside": _habits(180, 0.6, 130, (0.01, 0.012, 0), "likes replies views", 1.4),
    "bobaedream": _habits(380, 0.6, 220, (0.011, 0.008, 0), "likes replies views", 1.4),
    "clien": _habits(420, 0.6, 220, (0.009, 0.008, 0), "likes replies views", 1.4),
}


class Curve:
    """Cumulative displays of one post: a lognormal law of delays, slowed at night and quickened in the evening."""

    def __init__(self, at: datetime, until: datetime, mature: float, half_life: float, sharpness: float, language: str):
        self.at, self.mature = at, mature
        cycle, begin, width = CYCLES[language], hour_of_day(at), STEP / timedelta(hours=1)
        self._sums = [0.0]
        total = seen = 0.0
        for i in range(max(1, math.ceil((until - at) / STEP))):
            grown = _share((i + 1) * width * 60, half_life, sharpness)
            total += (grown - seen) * cycle[int(begin + (i + 0.5) * width) % 24]
            self._sums.append(total)
            seen = grown

    def views(self, now: datetime) -> float:
        """Displays up to ``now``."""
        place = max(0.0, (now - self.at) / STEP)
        i = min(int(place), len(self._sums) - 1)
        after = self._sums[min(i + 1, len(self._sums) - 1)]
        return self.mature * (self._sums[i] + (after - self._sums[i]) * min(place - i, 1.0))

    def when(self, share: float) -> datetime:
        """The moment at which ``share`` of all displays up to the end has happened."""
        return self.at + STEP * max(bisect_right(self._sums, share * self._sums[-1]) - 0.5, 0.1)


def _share(minutes: float, half_life: float, sharpness: float) -> float:
    """The part of a post's displays that has come ``minutes`` after it, were people equally busy at all hours."""
    return 0.5 * (1 + math.erf(math.log(minutes / half_life) / (sharpness * _ROOT_2)))


@dataclass(slots=True)
class Counters:
    """A post's public counts: views by its curve, the others in proportion, never fewer replies or shares than the story itself has."""

    platform: str
    curve: Curve
    likes: float
    replies: float
    shares: float
    replied_at: list[datetime]
    shared_at: list[datetime]
    comment: bool = False

    @classmethod
    def draw(cls, platform: str, curve: Curve, rng: Random, *, comment: bool) -> Counters:
        """Rates of this post, around its platform's."""
        habits = HABITS[platform]
        likes, replies, shares = (rate * math.exp(rng.gauss(0, 0.4)) for rate in (habits.likes, habits.replies, habits.shares))
        return cls(platform, curve, likes, replies, shares, [], [], comment)

    def shown(self) -> frozenset[str]:
        """The counts that the platform shows; comments have no views of their own, nor has anything shared on from them."""
        shown = HABITS[self.platform].shown
        return shown - {"views", "shares"} if self.comment and self.platform != "x" else shown

    def at(self, now: datetime) -> dict[str, int | None]:
        """The counts as shown at ``now``; None where the platform shows none."""
        views = self.curve.views(now)
        counts = {
            "likes": int(views * self.likes),
            "replies": max(int(views * self.replies), sum(at <= now for at in self.replied_at)),
            "shares": max(int(views * self.shares), sum(at <= now for at in self.shared_at)),
            "views": int(views),
        }
        shown = self.shown()
        return {name: count if name in shown else None for name, count in counts.items()}


def measure(counters: Counters, until: datetime, rng: Random) -> Iterator[tuple[datetime, dict[str, int | None]]]:
    """What a watcher notes: often while a post is young or still runs, seldom later, and only what has changed."""
    start = counters.curve.at
    known = counters.at(start)
    yield start, known
    minutes = 0.0
    while True:
        here = start + timedelta(minutes=minutes)
        minutes = _next_poll(minutes, counters.curve.views(here) - counters.curve.views(here - timedelta(minutes=30)), rng)
        now = start + timedelta(seconds=round(minutes * 60))
        if minutes > POLLS[-1] * 1.2 or now > until:
            return
        counts = counters.at(now)
        if counts != known:
            known = counts
            yield now, counts


def _next_poll(minutes: float, lately: float, rng: Random) -> float:
    """The age at the next look: by the ladder, but every 20 to 60 minutes while at least 40 people came within the last half hour."""
    ladder = next((step for step in POLLS if step > minutes * 1.12), POLLS[-1] * 2)
    due = ladder * rng.uniform(0.94, 1.06)
    if lately >= 40:
        due = min(due, minutes + rng.uniform(18, 26) * (1 if minutes < 360 else 2))
    return max(due, minutes + 10)
