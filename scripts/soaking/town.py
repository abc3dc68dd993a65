"""The town: stub platforms on one accelerated clock, people who write, and what goes wrong."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module

from tests.checks.collectors import Rig
from tests.platforms.stub import Answer, Asked, Clock, Fault

WRITES = {"x": 12.0, "reddit": 10.0, "bluesky": 8.0, "jetstream": 8.0, "mastodon": 5.0, "naver": 4.0, "hackernews": 2.0, "feeds": 0.8,
          "youtube": 0.2}  # fmt: skip
"""Posts a second on each platform; 50 in all."""
NAMES_US = 0.5
"""The share of posts that name the watch."""
EACH_FAULT = 0.05
START = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
FAULTS = ("429", "500", "timeout", "cut body")


class FastClock(Clock):
    """Runs ``speed`` times as fast as the wall clock; every process that has it reads the same time."""

    def __init__(self, speed: float):
        self.begun, self.speed = time.time(), speed

    @property
    def now(self) -> datetime:  # type: ignore[override]
        """The moment on this clock; nobody can set it."""
        return START + timedelta(seconds=(time.time() - self.begun) * self.speed)

    @now.setter
    def now(self, at: datetime) -> None:
        raise AttributeError("this clock goes by itself")

    def seconds(self) -> float:
        """Seconds since the start, on this clock."""
        return (self.now - START).total_seconds()


@dataclass
class Town:
    """``written``: the posts that name the watch, by kind and id, with their time. ``struck``: kind, name and time of each fault."""

    clock: FastClock
    rigs: dict[str, Rig]
    seed: int
    silence: float
    written: dict[str, dict[str, datetime]] = field(default_factory=dict)
    struck: list[tuple[str, str, float]] = field(default_factory=list)
    all_posts: int = 0
    _due: dict[str, float] = field(default_factory=dict)

    def write(self, until: float) -> None:
        """Let people write what they have written by ``until`` (seconds on the clock)."""
        for kind, rig in self.rigs.items():
            draw = self._draws[kind]
            texts, times = list[str](), list[datetime]()
            while self._due[kind] <= until:
                self.all_posts += 1
                at = START + timedelta(seconds=self._due[kind])
                named = draw.random() < NAMES_US
                texts.append(f"한울오토 탁송 {self.all_posts}번째 이야기" if named else f"오늘 점심 {self.all_posts}번째 이야기")
                times.append(at)
                self._due[kind] += draw.expovariate(WRITES[kind])
            if texts:
                with rig.stub._server.lock:  # type: ignore[union-attr,attr-defined]
                    ids = rig.publish(texts, times)
                self.written[kind].update((one, at) for one, at, text in zip(ids, times, texts, strict=True) if "한울오토" in text)

    def begin(self) -> None:
        """Let nobody have written anything yet."""
        self._draws = {kind: random.Random(f"{self.seed} {kind}") for kind in self.rigs}
        self.written = {kind: {} for kind in self.rigs}
        self._due = {kind: self._draws[kind].expovariate(WRITES[kind]) for kind in self.rigs}

    def make_trouble(self) -> None:
        """From now on one request in five fails: each fault strikes one in twenty."""
        for kind, rig in self.rigs.items():
            rig.stub.choose = self._chooser(kind, rig, random.Random(f"{self.seed} faults {kind}"))

    def make_peace(self) -> None:
        """From now on nothing fails."""
        for rig in self.rigs.values():
            rig.stub.choose = None

    def _chooser(self, kind: str, rig: Rig, draw: random.Random):  # type: ignore[no-untyped-def]
        def choose(asked: Asked) -> Fault | None:
            place = draw.random() / EACH_FAULT
            if place >= len(FAULTS) or not rig.strikes(asked):
                return None
            name = FAULTS[int(place)]
            self.struck.append((kind, name, self.clock.seconds()))
            return self._fault(name)

        return choose

    def _fault(self, name: str) -> Fault:
        match name:
            case "429":
                return Fault(name, Answer.of({"message": "too many requests"}, 429, retry_after="10"))
            case "500":
                return Fault(name, Answer(500, {"content-type": "text/html"}, b"<h1>Internal Server Error</h1>"))
            case "timeout":
                return Fault(name, hang=2 * self.silence)
            case _:
                return Fault(name, cut=True)


@contextmanager
def town(speed: float, seed: int, silence: float) -> Iterator[Town]:
    """Start every platform. ``silence``: wall seconds after which a collector gives a silent platform up."""
    with ExitStack() as stack:
        rigs = {kind: stack.enter_context(import_module(f"tests.platforms.{kind}").rig()) for kind in WRITES}
        clock = FastClock(speed)
        for rig in rigs.values():
            rig.stub.clock = clock
        made = Town(clock, rigs, seed, silence)
        made.begin()
        yield made
