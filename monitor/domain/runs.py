"""Our own health: passes of the steps, stretches without posts, pauses of collectors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One pass of a step or a collector: our own health record. ``problems``: records that were left out, one sentence each."""

    step: str
    started_at: datetime
    finished_at: datetime
    done: int
    failed: int
    error: str | None = None
    pages: int = 0
    problems: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch from which posts are missing: of one collector, and of ``platform`` if that is the only one it reads.

    ``until`` is None while it lasts. ``lost``: the platform shows these posts no more; otherwise they may still come, late.
    """

    collector: str
    platform: str | None
    since: datetime
    until: datetime | None
    why: str
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Until when a collector asks nothing of its platform, and why: a code, and the platform's own words."""

    until: datetime
    code: str
    why: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """How a step or collector fares: its last pass, its last good one, passes and failures of the last 24 hours."""

    step: str
    last_run_at: datetime
    last_good_at: datetime | None
    runs: int
    failures: int
    error: str | None
