"""The collecting process: every collector on its schedule, into one database, until it is killed or told to end."""

from __future__ import annotations

import json
import math
import os
import threading
import time
from datetime import timedelta
from pathlib import Path

from monitor.collectors import web
from monitor.collectors.metering import Meter
from monitor.matching import Matcher
from monitor.pipeline.collecting import again_after, collect
from monitor.store import Store
from scripts.soaking.town import START, Town
from tests.checks.collectors import WATCH, Rig


def start(town: Town, database: Path, log: Path, interval: float) -> int:
    """Start the collecting process; return its number."""
    pid = os.fork()
    if pid:
        return pid
    try:
        web.CONNECT_SECONDS = web.READ_SECONDS = town.silence
        jobs = [
            threading.Thread(target=_job, args=(town, rig, database, log, interval, place / len(town.rigs)))
            for place, rig in enumerate(town.rigs.values())
        ]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
    finally:
        os._exit(1)
    return 0


def _job(town: Town, rig: Rig, database: Path, log: Path, interval: float, phase: float) -> None:
    """One collector, as the daemon's scheduler does it: a pass at every interval, one more try after one that failed by chance.

    Passes that are missed are not made up for.
    """
    collector, matcher = rig.make(), Matcher((WATCH,))
    due = town.clock.seconds() + phase * min(interval, 5)
    again = math.inf
    while True:
        turn = due <= again
        time.sleep(max((min(due, again) - town.clock.seconds()) / town.clock.speed, 0.0))
        begun = town.clock.now
        with Store.open(database, wait=60) as store:
            outcome = collect(store, matcher, rig.kind, collector, begun, Meter(rig.kind))
            newest = store.sources.newest(rig.kind)
        ended = town.clock.seconds()
        told = {
            "kind": rig.kind, "begun": (begun - START).total_seconds(), "ended": ended, "pages": outcome.pages, "done": outcome.done,
            "error": outcome.errors[0] if outcome.errors else None, "skipped": outcome.skipped,
            "newest": (newest - START).total_seconds() if newest else None,
        }  # fmt: skip
        with log.open("a") as stream:
            stream.write(json.dumps(told) + "\n")
        after = again_after(timedelta(seconds=interval), outcome) if turn else None
        again = math.inf if after is None else ended + after.total_seconds()
        if turn:
            due = max(due + interval, ended)
