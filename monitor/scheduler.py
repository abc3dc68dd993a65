"""When each step runs: one job per collector at its own interval, one tick each minute, one daemon per database."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Protocol

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_SCHEDULER_STARTED,
    JobExecutionEvent,
    SchedulerEvent,
)
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler

from monitor import charts, report
from monitor.collectors import Refresher
from monitor.errors import Busy, MonitorError, StoreError
from monitor.pipeline import Memory, Outcome, Parts, Pipeline, Source, collecting, health, refreshing
from monitor.store import Store, holder_name

log = logging.getLogger("monitor")

LEASE = timedelta(minutes=3)
TICK_SECONDS = 60
HEARTBEAT_TIMEOUT = 10.0
TROUBLE_EVERY = timedelta(hours=6)
"""So often staff are told anew that the database cannot be used: nothing can be noted in it."""


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


class Door(Protocol):
    """Where staff answer beside the schedule (``monitor.reception``): open while the daemon runs; may never stop it."""

    def open(self) -> None:
        """Begin; return at once, also when nothing can be reached now."""
        ...

    def close(self) -> None:
        """End, and wait for what is being done."""
        ...


@contextlib.contextmanager
def opened(doors: Iterable[Door]) -> Iterator[None]:
    """Hold ``doors`` open for as long as the work takes."""
    with contextlib.ExitStack() as stack:
        for door in doors:
            door.open()
            stack.callback(door.close)
        yield


class Daemon:
    """Runs the steps on their schedule until SIGTERM or SIGINT; finishes the running pass before it ends."""

    def __init__(
        self, parts: Parts, sources: Sequence[Source], database: str, tick_seconds: int = TICK_SECONDS, doors: Sequence[Door] = ()
    ):
        self.parts = parts
        self.doors = tuple(doors)
        self.sources = sources
        self.database = database
        self.memory = Memory()
        self.in_use: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self.trouble_told_at: datetime | None = None
        self.stopping = threading.Event()
        self.planning = threading.Lock()
        self.running = threading.Event()
        self.scheduler = BlockingScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(max(2, len(sources))), "tick": ThreadPoolExecutor(1)},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )
        self.tick_seconds = tick_seconds

    def run(self) -> None:
        """Block until told to stop; raises ``Busy`` when another daemon holds the database."""
        if any(getattr(notifier, "pictures", False) for notifier in self.parts.notifiers.values()):
            charts.make_ready()
        with Store.open(self.database) as store, leased(store), opened(self.doors):
            self._schedule()
            self._listen()
            self.scheduler.start()
        log.info("stopped")

    def _schedule(self) -> None:
        start = utc_now()
        for source in self.sources:
            seconds = source.every.total_seconds()
            self.scheduler.add_job(
                self._collect, "interval", args=[source], seconds=seconds, id=f"collect {source.name}", next_run_time=start
            )
            if isinstance(source.collector, Refresher):
                seconds = refreshing.EVERY.total_seconds()
                self.scheduler.add_job(self._refresh, "interval", args=[source], seconds=seconds, id=f"refresh {source.name}")
        first_tick = start + timedelta(seconds=min(5, self.tick_seconds))
        self.scheduler.add_job(self._tick, "interval", seconds=self.tick_seconds, id="tick", executor="tick", next_run_time=first_tick)
        self.scheduler.add_listener(_report, EVENT_JOB_ERROR | EVENT_JOB_MAX_INSTANCES)
        self.scheduler.add_listener(self._started, EVENT_SCHEDULER_STARTED)

    def _started(self, _event: SchedulerEvent) -> None:
        log.info("started: %d collectors, database %s", len(self.sources), self.database)
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
        with self.planning:  # whoever plans a job from now on sees that we stop; in the shutdown both would wait for each other
            pass
        self.scheduler.shutdown(wait=True)

    def _collect(self, source: Source) -> None:
        """Its turn; a pass that failed by chance is tried once more before the next turn."""
        after = collecting.again_after(source.every, self._pass(source))
        with self.planning:
            if after is not None and not self.stopping.is_set():
                at = utc_now() + after
                self.scheduler.add_job(self._pass, "date", args=[source], run_date=at, id=f"again {source.name}", replace_existing=True)

    def _pass(self, source: Source) -> Outcome:
        with self.in_use[source.name], Store.open(self.database) as store:
            return Pipeline(store, self.parts).collect(source.name, source.collector, utc_now(), source.meter)

    def _refresh(self, source: Source) -> None:
        """Look at posts again, unless the collector is at work: collecting comes first, and one meter counts for both."""
        lock = self.in_use[source.name]
        if self.stopping.is_set() or not lock.acquire(blocking=False):
            return
        try:
            with Store.open(self.database) as store:
                Pipeline(store, self.parts).refresh(source.name, source.collector, utc_now(), source.meter)
        finally:
            lock.release()

    def _tick(self) -> None:
        if self.stopping.is_set():
            return
        try:
            error = self._do_tick()
        except StoreError as failure:
            error = failure
            log.error("the tick failed: %s", failure)
        if type(error) is StoreError:
            self._tell_of_the_database(error)
        beat(self.parts.settings.monitor.heartbeat)

    def _tell_of_the_database(self, error: StoreError) -> None:
        """The outbox is in the database: this goes straight to every channel."""
        now = utc_now()
        if self.trouble_told_at is None or now - self.trouble_told_at >= TROUBLE_EVERY:
            self.trouble_told_at = now
            health.tell_directly(self.parts, str(error), now)

    def _do_tick(self) -> StoreError | None:
        """Do all steps; return what was wrong with the database, if anything was."""
        with Store.open(self.database) as store:
            if not store.runs.take_lease(holder_name(), utc_now(), LEASE):
                log.error("lost the lease on %s to another process; stopping", self.database)
                signal.raise_signal(signal.SIGTERM)
                return None
            pipeline = Pipeline(store, self.parts, self.memory)
            pipeline.tick(utc_now())
            pipeline.foretell(utc_now())
            report.send_if_due(store, self.parts, utc_now())
            pipeline.watch_ourselves(utc_now())
            pipeline.keep_house(utc_now())
            return pipeline.database_error


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
