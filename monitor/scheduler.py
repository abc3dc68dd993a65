"""When each step runs: one job per collector at its own interval, one tick each minute, one daemon per database."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import FrameType

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_SCHEDULER_STARTED,
    JobExecutionEvent,
    SchedulerEvent,
)
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler

from monitor.collectors import Collector
from monitor.errors import Busy, MonitorError
from monitor.pipeline import Memory, Parts, Pipeline
from monitor.store import Store, holder_name

log = logging.getLogger("monitor")

LEASE = timedelta(minutes=3)
TICK_SECONDS = 60
HEARTBEAT_TIMEOUT = 10.0


def utc_now() -> datetime:
    """The wall clock; every other room is handed its time."""
    return datetime.now(UTC)


@contextlib.contextmanager
def leased(store: Store, wait: timedelta = timedelta(0)) -> Iterator[None]:
    """Hold the database's lease, renewed for as long as the work takes; raises ``Busy`` when another run has it still after ``wait``."""
    deadline = time.monotonic() + wait.total_seconds()
    while not store.runs.take_lease(holder_name(), utc_now(), LEASE):
        if time.monotonic() >= deadline:
            raise Busy(f"another monitor ({store.runs.lease_holder()}) is running on {store.path}")
        time.sleep(0.5)
    done = threading.Event()
    renewing = threading.Thread(target=_renew, args=(store.path, done), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()
        store.runs.release_lease(holder_name())


def _renew(path: str, done: threading.Event) -> None:
    """Keep the lease fresh while one step takes longer than it lasts (a first pass over a year of posts, a slow mail server)."""
    while not done.wait(LEASE.total_seconds() / 3):
        try:
            with Store.open(path) as store:
                store.runs.heartbeat(holder_name(), utc_now(), LEASE)
        except MonitorError as error:
            log.warning("the lease could not be renewed: %s", error)


class Daemon:
    """Runs the steps on their schedule until SIGTERM or SIGINT; finishes the running pass before it ends."""

    def __init__(self, parts: Parts, collectors: dict[str, tuple[Collector, timedelta]], database: str, tick_seconds: int = TICK_SECONDS):
        self.parts = parts
        self.collectors = collectors
        self.database = database
        self.memory = Memory()
        self.stopping = threading.Event()
        self.running = threading.Event()
        self.scheduler = BlockingScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(max(2, len(collectors))), "tick": ThreadPoolExecutor(1)},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )
        self.tick_seconds = tick_seconds

    def run(self) -> None:
        """Block until told to stop; raises ``Busy`` when another daemon holds the database."""
        with Store.open(self.database) as store, leased(store):
            self._schedule()
            self._listen()
            self.scheduler.start()
        log.info("stopped")

    def _schedule(self) -> None:
        start = utc_now()
        for name, (collector, every) in self.collectors.items():
            self.scheduler.add_job(
                self._collect, "interval", args=[name, collector], seconds=every.total_seconds(), id=f"collect {name}", next_run_time=start
            )
        first_tick = start + timedelta(seconds=min(5, self.tick_seconds))
        self.scheduler.add_job(self._tick, "interval", seconds=self.tick_seconds, id="tick", executor="tick", next_run_time=first_tick)
        self.scheduler.add_listener(_report, EVENT_JOB_ERROR | EVENT_JOB_MAX_INSTANCES)
        self.scheduler.add_listener(self._started, EVENT_SCHEDULER_STARTED)

    def _started(self, _event: SchedulerEvent) -> None:
        log.info("started: %d collectors, database %s", len(self.collectors), self.database)
        self.running.set()

    def _listen(self) -> None:
        def stop(signum: int, _frame: FrameType | None) -> None:
            if not self.stopping.is_set():
                self.stopping.set()
                threading.Thread(target=self._stop, daemon=True).start()  # waiting in the signal handler itself could deadlock

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    def _stop(self) -> None:
        """Let running jobs end; a signal that came before the scheduler ran waits for it."""
        self.running.wait()
        self.scheduler.shutdown(wait=True)

    def _collect(self, name: str, collector: Collector) -> None:
        with Store.open(self.database) as store:
            Pipeline(store, self.parts).collect(name, collector, utc_now())

    def _tick(self) -> None:
        if self.stopping.is_set():
            return
        with Store.open(self.database) as store:
            if not store.runs.take_lease(holder_name(), utc_now(), LEASE):
                log.error("lost the lease on %s to another process; stopping", self.database)
                signal.raise_signal(signal.SIGTERM)
                return
            pipeline = Pipeline(store, self.parts, self.memory)
            pipeline.tick(utc_now())
            pipeline.watch_ourselves(utc_now())
            pipeline.keep_house(utc_now())
        beat(self.parts.settings.monitor.heartbeat)


def beat(url: str | None) -> None:
    """Call the heartbeat address, if one is configured; a failure is logged, never raised."""
    if not url:
        return
    try:
        with urllib.request.urlopen(url, timeout=HEARTBEAT_TIMEOUT):  # noqa: S310 - the scheme is checked by config
            pass
    except (urllib.error.URLError, OSError, ValueError) as error:
        log.warning("heartbeat failed: %s", getattr(error, "reason", error))


def _report(event: JobExecutionEvent) -> None:
    """Tell what ended a job: our own errors in one line, a bug with its traceback."""
    error = getattr(event, "exception", None)
    if error:
        log.error("%s failed: %s", event.job_id, error, exc_info=None if isinstance(error, MonitorError) else error)
    else:
        log.warning("%s is still running; this pass is skipped", event.job_id)
