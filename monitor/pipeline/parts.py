"""What the steps need besides the store: settings, plug-ins, and the two memories that live from tick to tick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.classifiers import Classifier
from monitor.collectors import Collector
from monitor.collectors.metering import Meter
from monitor.config import Settings
from monitor.emergence import Detector
from monitor.errors import CollectFailed
from monitor.grouping import Grouper
from monitor.matching import Matcher
from monitor.notifiers import Notifier

BATCH = 512
MONITOR = "monitor"
GROUPING_DAYS = timedelta(days=7)
REOPEN_WITHIN = timedelta(days=14)
CLOSE_AFTER = timedelta(hours=72)
WAVE_LASTS = timedelta(hours=24)
WAVE_TAKES = timedelta(hours=3)


@dataclass(frozen=True)
class Parts:
    """The plug-ins and settings of one process; ``notifiers`` by (receiver, channel)."""

    settings: Settings
    classifier: Classifier
    matcher: Matcher
    notifiers: Mapping[tuple[str, str], Notifier]


@dataclass(frozen=True)
class Source:
    """A configured collector: what it is called, how often it is asked, and what counts its requests."""

    name: str
    collector: Collector
    every: timedelta = timedelta(minutes=5)
    meter: Meter | None = None
    kind: str = ""


@dataclass
class Memory:
    """What a process keeps between ticks; all of it can be rebuilt from the store, and is, after any failure.

    ``kept``: whether each tick keeps the detector's state in the store. A replay has larger transactions, and ends at a failure.
    """

    grouper: Grouper | None = None
    detector: Detector | None = None
    version: bytes | None = None
    regrouped: bool = field(default=False)
    kept: bool = True

    def forget(self) -> None:
        """Drop everything: the next step rebuilds it from the store."""
        self.grouper = self.detector = self.version = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one pass of a step did: ``failed`` and ``errors`` say that it went wrong, ``problems`` only what it left out on the way.

    ``skipped``: there was no pass, because the platform or the budget forbids one now. ``failure``: what ended a collector's pass.
    """

    done: int = 0
    failed: int = 0
    errors: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    pages: int = 0
    skipped: bool = False
    failure: CollectFailed | None = None
