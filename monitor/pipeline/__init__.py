"""The steps: collect, classify, group, assess, decide, deliver.

The tables are the queue: each step asks the store for work not yet done and writes result and progress in one transaction, so each can
run alone, be killed anywhere and be replayed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from monitor.collectors import Collector, Refresher
from monitor.collectors.metering import Meter
from monitor.domain import Run
from monitor.errors import Busy, MonitorError, StoreError
from monitor.pipeline import (
    assessing,
    collecting,
    deciding,
    delivering,
    foretelling,
    health,
    housekeeping,
    judging,
    living,
    refreshing,
    relearning,
    rounds,
    scoring,
)
from monitor.pipeline.deciding import Judgement
from monitor.pipeline.parts import Memory, Outcome, Parts, Source
from monitor.store import Store

__all__ = ["STEPS", "Judgement", "Memory", "Outcome", "Parts", "Pipeline", "Source"]

STEPS = ("classify", "group", "assess", "decide", "deliver")

TOLD = 20
"""So many errors of a pass are kept with its record."""

log = logging.getLogger("monitor")


class Pipeline:
    """All steps over one store; ``memory`` may outlive it, so that a daemon need not rebuild its indexes each minute.

    Where nothing is ``recorded`` there is nobody to hear of a failed step: its error is raised.
    """

    def __init__(self, store: Store, parts: Parts, memory: Memory | None = None, recorded: bool = True):
        self.store = store
        self.parts = parts
        self.memory = memory or Memory()
        self.recorded = recorded
        self.judgements: list[Judgement] = []
        self.failed: list[str] = []
        self.database_error: StoreError | None = None

    def tick(self, now: datetime) -> list[Judgement]:
        """Do every step but collect once, in order; return the decisions that were made."""
        for step in STEPS:
            self.step(step, now)
        return self.judgements

    def step(self, name: str, now: datetime) -> None:
        """Do one step now; its outcome goes into the health record, a failure of ours does not stop the others."""
        work: dict[str, Callable[[], Outcome]] = {
            "classify": lambda: judging.classify(self.store, self.parts, now),
            "group": lambda: judging.group(self.store, self.parts, self.memory, now),
            "assess": lambda: assessing.assess(self.store, self.parts, self.memory, now),
            "decide": lambda: self._decide(now),
            "deliver": lambda: delivering.deliver(self.store, self.parts, now),
        }
        self._timed(name, work[name], now)

    def collect(self, name: str, collector: Collector, now: datetime, meter: Meter | None = None) -> Outcome:
        """Let one collector bring in what is new."""
        return self._timed(f"collect {name}", lambda: collecting.collect(self.store, self.parts.matcher, name, collector, now, meter), now)

    def refresh(self, name: str, collector: Collector, now: datetime, meter: Meter | None = None) -> None:
        """Let a collector that can do so look again at posts of live incidents; nothing happens with another one."""
        if isinstance(collector, Refresher):
            self._timed(f"refresh {name}", lambda: refreshing.refresh(self.store, self.parts.matcher, name, collector, now, meter), now)

    def watch_ourselves(self, now: datetime) -> None:
        """Tell staff, once, what is wrong with us, and when it is right again."""
        self._timed("health", lambda: health.watch(self.store, self.parts, now), now)

    def foretell(self, now: datetime) -> None:
        """Take in the company's own events, and say once what customers should hear before they complain."""
        self._timed("signals", lambda: foretelling.foretell(self.store, self.parts, now), now)

    def keep_house(self, now: datetime) -> None:
        """Once a day, remove what is too old, score ourselves, learn from our own past; within the hour, the last traces of deletions."""
        if housekeeping.must_sweep(self.store, now):
            self._timed("sweep", lambda: housekeeping.sweep(self.store, now), now)
        if housekeeping.is_due(self.store, now):
            self._timed("prune", lambda: housekeeping.prune(self.store, self.parts.settings.retention, now), now)
        if scoring.is_due(self.store, self.parts.settings.zone, now):
            self._timed("score", lambda: scoring.score(self.store, self.parts, now), now)
        if relearning.is_due(self.store, now):
            self._timed("relearn", lambda: relearning.relearn(self.store, self.parts, now), now)

    def _decide(self, now: datetime) -> Outcome:
        outcome, self.judgements = deciding.decide(self.store, self.parts, self.memory, now)
        if outcome.done:
            rounds.storm_page(self.store, self.parts, now)
        rounds.digest(self.store, self.parts, now)
        rounds.subscribers(self.store, self.parts, now)
        living.keep_up(self.store, self.parts, now)
        return outcome

    def _timed(self, step: str, work: Callable[[], Outcome], now: datetime) -> Outcome:
        started = time.monotonic()
        outcome = Outcome()
        try:
            outcome = work()
        except MonitorError as error:
            if not self.recorded:
                raise
            self._remember(error)
            outcome = Outcome(failed=1, errors=(str(error),))
        except Exception as error:
            outcome = Outcome(failed=1, errors=(f"a bug: {type(error).__name__}",))
            raise
        finally:
            if self.recorded and not outcome.skipped:
                finished = now + timedelta(seconds=time.monotonic() - started)
                self._record(step, outcome, now, finished)
        if outcome.failed:
            self.failed.append(step)
        for problem in (*outcome.errors, *outcome.problems):
            log.warning("%s: %s", step, problem)
        return outcome

    def _remember(self, error: MonitorError) -> None:
        """What staff have to hear of by another way than the outbox."""
        if type(error) is StoreError:  # not one of its kinds, which say that what was asked for is not there or not allowed
            self.database_error = error

    def _record(self, step: str, outcome: Outcome, now: datetime, finished: datetime) -> None:
        errors, problems = ("\n".join(lines[:TOLD]) or None for lines in (outcome.errors, outcome.problems))
        try:
            self.store.runs.record(Run(step, now, finished, outcome.done, outcome.failed, errors, outcome.pages, problems))
        except Busy as error:
            log.warning("%s: its record could not be written: %s", step, error)
