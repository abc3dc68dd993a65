"""The pipeline is killed (SIGKILL) before and after every commit and started again: same end state, no alert lost, at most one twice."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import MONDAY, Words, parts_for

from monitor.collectors import hackernews
from monitor.collectors.jsonl import JsonLines, Options
from monitor.collectors.metering import Allowance, Meter
from monitor.config import Settings
from monitor.domain import Message
from monitor.pipeline import Pipeline
from monitor.store import Store
from monitor.store.connection import Connection
from tests.platforms.hackernews import HackerNewsStub

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")

TICKS = 9
WALKS = 2
GONE = 40_000_003
TROUBLES = (
    "새 차에 흠집 투성이로 왔어요 topic=damage_loss !",
    "어제 받은 새 차 문짝 흠집 실화냐 topic=damage_loss !",
    "탁송 받은 신차 범퍼 흠집 보상도 안해줌 topic=damage_loss !",
    "신차 흠집 나서 왔는데 탁송 기사 모른다고만 topic=damage_loss !",
    "차 받자마자 흠집 발견 이게 새 차냐 topic=damage_loss !",
    "오늘도 한울오토 지나간다",
)
# Health records and the lease say when a process ran, and how long a verdict took is no state of ours.
NOT_STATE = {
    "_sqlite_migrations",
    "runs",
    "lease",
    "post_search",
    "post_search_data",
    "post_search_idx",
    "post_search_docsize",
    "post_search_config",
}


SEEN_TWICE = {"notifications", "spending", "state"}
"""A page read again after a death is paid again; what refreshing may still spend follows from that."""
UNTOLD = 2


class Mailbox:
    """A channel that survives us: every accepted message is a line in a file."""

    def __init__(self, file: Path):
        self.file = file

    def send(self, message: Message, previous: str | None) -> str | None:
        with self.file.open("a") as stream:
            stream.write(message.dedup_key + "\n")
        return message.dedup_key


def write_posts(folder: Path) -> None:
    lines = []
    for number, text in enumerate(TROUBLES):
        at = MONDAY + timedelta(minutes=number)
        post = {
            "id": f"x:{number}",
            "text": f"한울오토 {text}",
            "created_at": at.isoformat(),
            "author": {"id": f"a{number}", "followers": 90_000},
        }
        lines.append(post | {"engagement": {"views": 300, "likes": 9}})
        for later in range(1, 4):
            counts = {"views": 2_000 * later, "likes": 50 * later, "replies": 9 * later, "shares": 20 * later}
            lines.append({"post": f"x:{number}", "observed_at": (at + timedelta(minutes=5 * later)).isoformat(), "engagement": counts})
    file = folder / "posts.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    os.utime(file, (MONDAY.timestamp(), MONDAY.timestamp()))


def run(folder: Path, settings: Settings) -> None:
    """Nine minutes of the monitor's life; a restarted process goes on at the minute in which the last one died."""
    os.chdir(folder)
    clock = folder / "clock"
    parts = parts_for(settings, None)  # type: ignore[arg-type]
    parts = type(parts)(settings, Words(), parts.matcher, dict.fromkeys(parts.notifiers, Mailbox(folder / "mailbox")))
    with Store.open(folder / "monitor.db") as store:
        pipeline = Pipeline(store, parts)
        for tick in range(int(clock.read_text()) if clock.exists() else 0, TICKS):
            clock.write_text(str(tick))
            now = MONDAY + timedelta(minutes=20 + 6 * tick)
            if tick == TICKS - 1:
                now += timedelta(minutes=10)  # leases of a dead process have run out
            pipeline.collect("file", JsonLines("file", Options("posts.jsonl"), clock=lambda now=now: now), now)
            pipeline.tick(now)


def walk(folder: Path, settings: Settings) -> None:
    """Some passes over a platform that lists newest first, page by page, and looks at its posts again."""
    os.chdir(folder)
    clock = folder / "clock"
    hackernews.PER_PAGE = 4
    parts = parts_for(settings, None)  # type: ignore[arg-type]
    parts = type(parts)(settings, Words(), parts.matcher, dict.fromkeys(parts.notifiers, Mailbox(folder / "mailbox")))
    base_url = (folder.parent / "base_url").read_text()
    options = hackernews.Options(f"{base_url}/api/v1", f"{base_url}/v0", first=timedelta(hours=2))
    with Store.open(folder / "monitor.db") as store:
        for tick in range(int(clock.read_text()) if clock.exists() else 0, WALKS):
            clock.write_text(str(tick))
            now = MONDAY + timedelta(minutes=20 + 30 * tick)
            meter = Meter("news", Allowance(requests_per_day=10_000))
            collector = hackernews.HackerNews("news", options, settings.watches, lambda now=now: now, meter)
            pipeline = Pipeline(store, parts)
            pipeline.collect("news", collector, now, meter)
            pipeline.refresh("news", collector, now, meter)
            pipeline.tick(now)
            pipeline.watch_ourselves(now)


class Growing(HackerNewsStub):
    """Only an item shows points, as comments have none in the search; one is deleted."""

    def _item(self, number: int) -> dict[str, Any] | None:
        if number == GONE:
            return {"id": number, "deleted": True, "time": self.stories[number]["created_at_i"], "type": "comment"}
        found = super()._item(number)
        return found and found | {"score": 100}


def child(folder: Path, settings: Settings, die_at: int | None, before: bool, life: Callable[[Path, Settings], None] = run) -> int:
    """Run in a process of its own, killed at its ``die_at``-th commit; return how many commits there were (or -1)."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            with counted_commits(die_at, before) as count:
                life(folder, settings)
            os.write(writer, str(count[0]).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    _, status = os.waitpid(pid, 0)
    with os.fdopen(reader) as stream:
        told = stream.read()
    if die_at is not None:
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        return -1
    assert status == 0
    return int(told)


@contextmanager
def counted_commits(die_at: int | None, before: bool) -> Iterator[list[int]]:
    """Count what reaches the file: transactions, and statements that commit by themselves."""
    count = [0]
    transaction, execute = Connection.transaction, Connection.execute

    def passing(after: bool) -> None:
        if after:
            count[0] += 1
        if die_at is not None and count[0] + (not after) == die_at and after is not before:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(self: Connection, sql: str, *args: object) -> object:
        commits = sql == "COMMIT" or not (self.in_transaction or sql.startswith(("BEGIN", "SELECT", "PRAGMA", "WITH")))
        if commits:
            passing(after=False)
        result = execute(self, sql, *args)  # type: ignore[arg-type]
        if commits:
            passing(after=True)
        return result

    Connection.execute = counted  # type: ignore[assignment,method-assign]
    try:
        yield count
    finally:
        Connection.transaction, Connection.execute = transaction, execute  # type: ignore[method-assign]


def state(file: Path) -> dict[str, list[tuple[object, ...]]]:
    with sqlite3.connect(file) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        tables = {name: sorted(map(repr, connection.execute(f"SELECT * FROM {name}"))) for name in names if name not in NOT_STATE}
    connection.close()
    return tables


def mailbox(folder: Path) -> Counter[str]:
    return Counter((folder / "mailbox").read_text().split()) if (folder / "mailbox").exists() else Counter()


def test_killed_anywhere_it_ends_in_the_same_state(tmp_path: Path, settings: Settings) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    write_posts(whole)
    commits = child(whole, settings, None, before=False)
    expected, sent = state(whole / "monitor.db"), mailbox(whole)
    assert commits > 30
    assert sent, "the story must lead to an alert, or nothing is proven"
    doubled = 0
    for die_at in range(1, commits + 1):
        for before in (True, False):
            folder = tmp_path / f"{die_at}-{before}"
            folder.mkdir()
            write_posts(folder)
            child(folder, settings, die_at, before)
            child(folder, settings, None, before=False)
            again = mailbox(folder)
            assert set(again) == set(sent), f"killed {'before' if before else 'after'} commit {die_at}"
            assert max(again.values()) <= 2
            assert sum(again.values()) <= sum(sent.values()) + 1
            doubled += sum(again.values()) - sum(sent.values())
            assert without_attempts(state(folder / "monitor.db")) == without_attempts(expected), f"killed at commit {die_at}"
    assert doubled <= 2 * len(sent)


def without_attempts(tables: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    """How often a channel was tried, and when it took the message, may differ after a death; what it was told may not."""
    return {name: rows for name, rows in tables.items() if name != "notifications"}


def test_killed_at_any_page_or_look_nothing_is_lost_or_doubled(tmp_path: Path, settings: Settings) -> None:
    with Growing() as stub:
        assert isinstance(stub, HackerNewsStub)
        for number in range(11):
            text = TROUBLES[number % 5] if number < 5 else TROUBLES[5]
            stub.publish(f"한울오토 {text} {number}", MONDAY + timedelta(minutes=2 * number), author=f"a{number}")
        (tmp_path / "base_url").write_text(stub.base_url)
        whole = tmp_path / "whole"
        whole.mkdir()
        commits = child(whole, settings, None, before=False, life=walk)
        expected = state(whole / "monitor.db")
        looked_at = [not str(row).endswith("None)") for row in expected["posts"]]  # the last column
        assert len(looked_at) == 11 and sum(looked_at) >= 5, "it collects and looks again, or nothing is proven"
        assert sum("store_gone" in row for row in expected["incident_posts"]) == 1
        for die_at in range(1, commits + 1):
            folder = tmp_path / f"{die_at}"
            folder.mkdir()
            child(folder, settings, die_at, before=die_at % 2 == 0, life=walk)
            child(folder, settings, None, before=False, life=walk)
            again = state(folder / "monitor.db")
            assert {name: rows for name, rows in again.items() if name not in SEEN_TWICE} == {
                name: rows for name, rows in expected.items() if name not in SEEN_TWICE
            }, f"killed at commit {die_at}"
            assert len(again["notifications"]) == len(expected["notifications"])
            assert requests(again) >= requests(expected) - UNTOLD, "what was asked and never stored is a page at most"


def requests(tables: dict[str, list[tuple[object, ...]]]) -> int:
    return sum(int(row.split(", ")[2]) for row in map(str, tables["spending"]))
