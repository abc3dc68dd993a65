"""The daemon as an operator meets it: a real process, a real file that grows, real signals."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.job import Job
from conftest import World

from monitor.collectors import Collector, Page
from monitor.collectors.jsonl import JsonLines, Options
from monitor.errors import AuthFailed, BudgetSpent, CollectFailed, RateLimited, Unavailable
from monitor.pipeline import Source
from monitor.scheduler import Daemon, leased
from monitor.store import Store

CONFIG = """
[monitor]
database = "monitor.db"
language = "en"

[[watch]]
name = "Hanul Auto"
any = ["한울오토", "Hanul Auto"]

[[collector]]
name = "file"
kind = "jsonl"
every = "1s"
[collector.options]
path = "posts.jsonl"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "posts.jsonl").write_text("")
    return tmp_path


def monitor(*args: str) -> list[str]:
    return [sys.executable, "-m", "monitor", *args]


@contextmanager
def daemon(home: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(monitor("run"), cwd=home, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "started" in line:
                break
        yield process
    finally:
        process.kill()
        process.communicate()


def write(home: Path, number: int) -> None:
    post = {"id": f"x:{number}", "text": f"한울오토 배송이 왜 이렇게 늦나요 {number}", "created_at": datetime.now(UTC).isoformat()}
    with (home / "posts.jsonl").open("a") as stream:
        stream.write(json.dumps(post) + "\n")


def eventually(condition, seconds: float = 30) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def posts(home: Path) -> int:
    with Store.open(home / "monitor.db", readonly=True) as store:
        return store.counts()["posts"]


def test_it_follows_a_growing_file_refuses_a_second_daemon_and_ends_cleanly(home: Path) -> None:
    write(home, 1)
    with daemon(home) as process:
        eventually(lambda: posts(home) == 1)
        write(home, 2)
        eventually(lambda: posts(home) == 2)
        second = subprocess.run(monitor("run"), cwd=home, capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == 1
        assert "another monitor" in second.stderr
        assert "Traceback" not in second.stderr
        waiting = subprocess.run(monitor("once", "--wait", "1s"), cwd=home, capture_output=True, text=True, timeout=60, check=False)
        assert waiting.returncode == 1
        beside = subprocess.run(monitor("add", "Hanul Auto lost my car"), cwd=home, capture_output=True, text=True, timeout=60, check=False)
        assert beside.returncode == 0, beside.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    with Store.open(home / "monitor.db") as store:
        assert store.runs.lease_holder() is None


def test_after_a_kill_the_next_daemon_starts_at_once(home: Path) -> None:
    with daemon(home) as process:
        eventually(lambda: (home / "monitor.db").exists())
        process.kill()
        process.wait()
    with daemon(home) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_once_does_all_steps_and_says_what_failed(home: Path) -> None:
    write(home, 1)
    good = subprocess.run(monitor("once"), cwd=home, capture_output=True, text=True, timeout=60, check=False)
    assert good.returncode == 0, good.stderr
    with Store.open(home / "monitor.db") as store:
        assert sum(store.posts.waiting().values()) == 0
    with (home / "posts.jsonl").open("a") as stream:
        stream.write("this is no record\n")
    broken = subprocess.run(monitor("once"), cwd=home, capture_output=True, text=True, timeout=60, check=False)
    assert broken.returncode == 0, "a broken line is told and skipped: the pass was good"
    assert "posts.jsonl:2" in broken.stderr
    (home / "posts.jsonl").unlink()
    bad = subprocess.run(monitor("once"), cwd=home, capture_output=True, text=True, timeout=60, check=False)
    assert bad.returncode == 1
    assert "collect file" in bad.stderr


def test_the_lease_is_renewed_while_a_step_takes_longer_than_it_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.scheduler.LEASE", timedelta(seconds=1.5))
    with Store.open(tmp_path / "monitor.db") as store, leased(store):
        time.sleep(3)
        assert not store.runs.take_lease("elsewhere:1", datetime.now(UTC), timedelta(minutes=1))
    with Store.open(tmp_path / "monitor.db") as store:
        assert store.runs.take_lease("elsewhere:1", datetime.now(UTC), timedelta(minutes=1))


def test_measuring_again_has_a_job_of_its_own_and_waits_while_its_collector_is_at_work(home: Path, world: World) -> None:
    class Looker:
        platform, batch, looked = "x", 10, 0

        def pages(self, cursor: str | None) -> Iterator[Page]:
            yield from ()

        def refresh(self, post_ids: Sequence[str]) -> Iterator[Page]:
            type(self).looked += 1
            yield Page()

    world.now = datetime.now(UTC) - timedelta(minutes=10)
    world.post("흠집 투성이 !")
    world.tick()
    sources = [Source("looker", Looker(), timedelta(minutes=5)), Source("plain", plain(), timedelta(minutes=5))]
    daemon = Daemon(world.parts, sources, world.store.path)
    daemon._schedule()
    assert {job.id for job in daemon.scheduler.get_jobs()} == {"collect looker", "collect plain", "refresh looker", "tick"}
    with daemon.in_use["looker"]:
        daemon._refresh(sources[0])
    assert Looker.looked == 0
    daemon._refresh(sources[0])
    daemon._refresh(sources[0])
    assert Looker.looked == 1, "a post that was looked at just now is not due"


def plain() -> Collector:
    """A collector that cannot look again."""
    return JsonLines("plain", Options("posts.jsonl"))  # type: ignore[arg-type]


class Failing:
    """A collector that is told what to raise."""

    def __init__(self, failure: CollectFailed | None = None):
        self.failure = failure

    def pages(self, cursor: str | None) -> Iterator[Page]:
        if self.failure is not None:
            raise self.failure
        yield Page()


def again(daemon: Daemon) -> list[Job]:
    return [job for job in daemon.scheduler.get_jobs() if job.id.startswith("again")]


def test_a_pass_that_failed_by_chance_is_tried_once_more_after_a_quarter_of_the_interval(world: World) -> None:
    source = Source("shaky", Failing(Unavailable("shaky", "timed out")), timedelta(minutes=8))
    daemon = Daemon(world.parts, [source], world.store.path)
    begun = datetime.now(UTC)
    daemon._collect(source)
    [job] = again(daemon)
    assert begun + timedelta(minutes=2) <= job.trigger.run_date <= datetime.now(UTC) + timedelta(minutes=2)
    job.remove()
    job.func(*job.args)
    assert not again(daemon), "the extra try is the only one until the next turn"
    assert world.store.runs.failing("collect shaky", 2), "it is a pass like any other"
    daemon.stopping.set()
    daemon._collect(source)
    assert not again(daemon)


@pytest.mark.parametrize(
    "failure",
    [
        None,
        Unavailable("shaky", "HTTP 503", retry_after=30),
        RateLimited("shaky", "HTTP 429", retry_after=30),
        RateLimited("shaky", "HTTP 429"),
        AuthFailed("shaky", "HTTP 401"),
        BudgetSpent("shaky", "the budget is used up"),
    ],
)
def test_what_asks_for_a_wait_or_a_person_is_not_tried_again_before_its_turn(world: World, failure: CollectFailed | None) -> None:
    source = Source("shaky", Failing(failure), timedelta(minutes=8))
    daemon = Daemon(world.parts, [source], world.store.path)
    daemon._collect(source)
    assert not again(daemon)


def test_the_extra_try_runs_in_a_living_daemon(home: Path) -> None:
    (home / "config.toml").write_text(CONFIG.replace('every = "1s"', 'every = "20s"'))
    (home / "posts.jsonl").unlink()
    with daemon(home):
        eventually(lambda: failures(home) == 1)
        (home / "posts.jsonl").write_text("")
        write(home, 1)
        eventually(lambda: posts(home) == 1, seconds=15)


def failures(home: Path) -> int:
    with Store.open(home / "monitor.db", readonly=True) as store:
        return int(store.runs.failing("collect file", 1) is not None)
