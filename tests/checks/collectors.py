"""The collector contract as functions: every kind in ``KINDS`` runs every check against a stub of its platform."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.collectors import Collector
from monitor.domain import Watch
from tests.platforms.stub import Asked, Stub

WATCH = Watch("한울오토", ("한울오토", "hanul auto"))


@dataclass(frozen=True)
class Rig:
    """A kind and its platform, to be checked.

    ``make``: a fresh collector, named after the kind, for ``WATCH``, against ``stub`` and on the stub's clock, with interval-free options.
    ``publish``: put posts with these texts on the platform, written at these times (oldest first), visible from now on; returns their
    post ids as the collector tells them. ``window``: how many posts of one question the platform shows, newest first; None: all.
    ``page``: posts on one page. ``secrets``: what must show nowhere. ``strikes``: the requests that a fault may strike (all but the
    token exchange, say).
    """

    kind: str
    stub: Stub
    make: Callable[[], Collector]
    publish: Callable[[Sequence[str], Sequence[datetime]], list[str]]
    page: int
    window: int | None = None
    secrets: tuple[str, ...] = ()
    strikes: Callable[[Asked], bool] = lambda asked: True
