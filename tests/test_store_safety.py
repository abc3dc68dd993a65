"""Locked, full, read-only, damaged, foreign and newer databases get a clear answer; readers, backups and kills do no harm."""

from __future__ import annotations

import csv
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from storing import NOON, WATCH, collect, group, post, story
from storing import classify as classify_all

from monitor.domain import Gone, Mention
from monitor.errors import Busy, NotFound, StoreError
from monitor.store import Store
from monitor.store.schema import VERSION

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


def reader(file: Path) -> sqlite3.Connection:
    """An analyst's connection: the file opened read-only by another program."""
    return sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, isolation_level=None)


# ---- opening


def test_opening_makes_the_database_and_opening_again_keeps_it(file):
    with Store.open(file) as store:
        assert store.schema_version == VERSION
        story(store)
    with Store.open(str(file)) as store:
        assert store.posts.get("x:0001") is not None
        store.close()
    with pytest.raises(StoreError, match="closed"):
        store.posts.get("x:0001")


def test_a_damaged_file_says_so(file):
    file.write_bytes(b"this is no database, it is a letter " * 200)
    with pytest.raises(StoreError, match=r"monitor\.db.*not a database, or it is damaged"):
        Store.open(file)
    assert file.read_bytes().startswith(b"this is no database")


def test_damage_inside_says_so(file):
    with Store.open(file) as store:
        collect(store, [post(number, "가" * 500) for number in range(300)])
    content = bytearray(file.read_bytes())
    content[8192 : len(content) - 4096] = b"\xa5" * (len(content) - 12288)
    file.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"), Store.open(file) as store:
        store.posts.get("x:0001")
        store.posts.unclassified(1000)


def test_a_newer_database_is_left_alone(file):
    Store.open(file).close()
    with sqlite3.connect(file) as other:
        other.execute(f"PRAGMA user_version = {VERSION + 1}")
    other.close()
    for readonly in (False, True):
        with pytest.raises(StoreError, match="newer version"):
            Store.open(file, readonly=readonly)


def test_another_programs_database_is_left_alone(file):
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE accounts (id INTEGER)")
    other.commit()
    with pytest.raises(StoreError, match="another program"):
        Store.open(file)
    assert [row[0] for row in other.execute("SELECT name FROM sqlite_master")] == ["accounts"]
    other.close()


def test_where_no_database_can_be(tmp_path):
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(tmp_path / "missing" / "monitor.db")
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(tmp_path)
    with pytest.raises(StoreError, match="no such database"):
        Store.open(tmp_path / "monitor.db", readonly=True)
    assert list(tmp_path.iterdir()) == []


def test_a_locked_database_is_busy_after_waiting(file):
    Store.open(file).close()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Store.open(file, wait=0.05) as store:
        assert store.posts.get("x:1") is None
        with pytest.raises(Busy, match="another program"), store.transaction():
            pass
        with pytest.raises(Busy):
            store.put_state("key", b"")
        other.execute("ROLLBACK")
        store.put_state("key", b"now")
    other.close()


def test_a_new_database_locked_by_another_is_busy(file):
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Busy):
        Store.open(file, wait=0.05)
    other.close()


def test_a_full_disk_stores_nothing_of_the_step(file):
    with Store.open(file) as store:
        collect(store, [post(1)])
        pages = store._db.value("PRAGMA page_count")
        store._db.rows(f"PRAGMA max_page_count = {pages + 4}")
        with pytest.raises(StoreError, match="full"), store.transaction():
            store.posts.set_cursor("file", "1", NOON)
            collect(store, [post(number, "가" * 5000) for number in range(2, 200)])
        assert store.posts.get("x:0002") is None
        assert store.posts.cursor("file") is None
        store._db.rows("PRAGMA max_page_count = 1000000")
        collect(store, [post(2)])


def test_read_only_stores_read_and_say_why_they_do_not_write(file):
    with Store.open(file) as store:
        story(store)
        with Store.open(file, readonly=True) as looker:
            assert looker.incidents.get(1).posts == 5
            assert len(looker.posts.search("환불")) == 5
            with pytest.raises(StoreError, match="cannot be written"):
                looker.put_state("key", b"")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_file_says_so(file):
    Store.open(file).close()
    file.chmod(0o444)
    with Store.open(file) as store, pytest.raises(StoreError, match="cannot be written"):
        store.put_state("key", b"")


def test_an_older_file_is_not_upgraded_by_a_reader(file):
    Store.open(file).close()
    with sqlite3.connect(file) as other:
        other.execute("PRAGMA user_version = 0")
    other.close()
    with pytest.raises(StoreError, match="older format"):
        Store.open(file, readonly=True)


def test_many_processes_may_open_a_new_database_at_once(file):
    program = "import sys; from monitor.store import Store; Store.open(sys.argv[1]).put_state(sys.argv[2], b'here')"
    running = [subprocess.Popen([sys.executable, "-W", "error", "-c", program, str(file), str(number)], cwd=ROOT) for number in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    with Store.open(file) as store:
        assert [store.state(str(number)) for number in range(3)] == [b"here"] * 3


def test_a_throw_away_store_on_disk_becomes_a_lasting_one_when_opened_again(file):
    with Store.open(file, durable=False) as store:
        story(store)
        assert store._db.value("PRAGMA journal_mode") == "memory"
    with Store.open(file) as store:
        assert store._db.value("PRAGMA journal_mode") == "wal"
        assert len(store.posts.search("환불")) == 5


# ---- transactions


def test_a_transaction_is_all_or_nothing_and_nests(file):
    with Store.open(file) as store:
        with pytest.raises(RuntimeError), store.transaction():
            collect(store, [post(1)])
            raise RuntimeError
        assert store.posts.get("x:0001") is None
        with store.transaction():
            collect(store, [post(1)])
            with pytest.raises(RuntimeError), store.transaction():
                collect(store, [post(2)])
                raise RuntimeError
        assert (store.posts.get("x:0001") is None, store.posts.get("x:0002") is None) == (False, True)


def test_writers_wait_for_each_other_instead_of_failing(file):
    Store.open(file).close()
    failures: list[BaseException] = []

    def write(name: str) -> None:
        try:
            with Store.open(file) as store:
                for _ in range(25):
                    with store.transaction():
                        count = int(store.state("count") or b"0")
                        store.put_state("count", str(count + 1).encode())
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=write, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Store.open(file) as store:
        assert store.state("count") == b"100"


def test_analysts_read_while_the_job_writes(file):
    with Store.open(file) as store:
        collect(store, [post(1)])
        analyst = reader(file)
        with store.transaction():
            collect(store, [post(2)])
            assert analyst.execute("SELECT count(*) FROM v_posts").fetchone() == (1,)
        assert analyst.execute("SELECT count(*) FROM v_posts").fetchone() == (2,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            analyst.execute("DELETE FROM posts")
        analyst.execute("BEGIN")
        before = analyst.execute("SELECT count(*) FROM v_posts").fetchone()
        collect(store, [post(3)])
        assert analyst.execute("SELECT count(*) FROM v_posts").fetchone() == before
        analyst.close()


PROGRAM = """
import sys
sys.path.insert(0, "tests")
from storing import collect, post, classify, group
from monitor.domain import Gone
from monitor.store import Store
with Store.open(sys.argv[1]) as store:
    for start in range(0, 10**6, 20):
        with store.transaction():
            collect(store, [post(number, f"한울오토 환불 {number}") for number in range(start, start + 20)])
            store.posts.set_cursor("file", str(start + 20), post(start).created_at)
            if start % 100 == 0:
                classify(store)
                store.posts.add([], [], [], [], [Gone(post(start).id, post(start).created_at)], post(start).created_at)
        print(start, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_process_leaves_whole_transactions(file):
    running = subprocess.Popen([sys.executable, "-c", PROGRAM, str(file)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    for _ in range(12):
        running.stdout.readline()
    time.sleep(0.013)
    running.send_signal(signal.SIGKILL)
    running.wait()
    running.stdout.close()
    with Store.open(file) as store:
        kept = store.counts()["posts"]
        assert kept == int(store.posts.cursor("file") or 0) >= 240
        assert store._db.value("PRAGMA integrity_check") == "ok"
        gone = store._db.value("SELECT count(*) FROM posts WHERE gone_at IS NOT NULL")
        assert len(store.posts.search("환불", 10**6)) == kept - gone


# ---- backup and export


def test_a_backup_is_whole_searchable_and_taken_while_others_write(file, tmp_path):
    target = tmp_path / "backup.db"
    with Store.open(file) as store, Store.open(file) as writer:
        story(store)
        with writer.transaction():
            collect(writer, [post(50, "아직 쓰는 중")])
            store.backup(target)
        collect(writer, [post(51, "나중")])
    with Store.open(target) as copy:
        assert copy.counts()["posts"] == 5
        assert len(copy.posts.search("환불")) == 5
        assert copy.incidents.get(1).posts == 5
        collect(copy, [post(52)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.db", "monitor.db"]


def test_backups_replace_older_ones_but_never_the_database(file, tmp_path):
    with Store.open(file) as store:
        story(store)
        for _ in range(2):
            store.backup(tmp_path / "backup.db")
        with pytest.raises(StoreError, match="itself"):
            store.backup(file)
        with pytest.raises(StoreError, match="missing"):
            store.backup(tmp_path / "missing" / "backup.db")
        with store.transaction(), pytest.raises(StoreError, match="transaction"):
            store.backup(tmp_path / "inside.db")
        assert not (tmp_path / "inside.db").exists()


def test_exports_open_in_a_spreadsheet(file, tmp_path):
    target = tmp_path / "posts.csv"
    formula = '=HYPERLINK("http://evil.example","환불")'
    with Store.open(file) as store:
        collect(store, [post(1, formula, url="https://example.com"), post(2, "둘째 줄\n셋째, “줄”", author="@kim"), post(3, "-1+2 환불")])
        assert store.export("v_posts", target) == 3
        assert store.export("v_posts", target) == 3
        content = target.read_bytes()
        store.export("v_posts", target)
        assert target.read_bytes() == content
        with pytest.raises(NotFound, match="v_complaints"):
            store.export("posts; DROP TABLE posts", target)
        with pytest.raises(StoreError, match="missing"):
            store.export("v_posts", tmp_path / "missing" / "posts.csv")
    assert content.startswith(b"\xef\xbb\xbfpost_id,platform,")
    rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines(keepends=True)))
    assert [row["text"] for row in rows] == ["'" + formula, "둘째 줄\n셋째, “줄”", "'-1+2 환불"]
    assert rows[1]["author"] == "'@kim"
    assert rows[0]["posted_at"] == "2026-03-02T12:01:00Z"


# ---- words that were removed


def test_removed_words_are_nowhere_in_the_files(file, tmp_path):
    secret = "zqxjkv비밀스러운하소연"
    with Store.open(file) as store:
        collect(store, [post(number, f"한울오토 환불 {number}", f"who{number}") for number in range(200)])
        collect(store, [post(300, f"한울오토 {secret}", "kim"), post(301, f"한울오토 {secret}", "lee")])
        classify_all(store)
        group(store, 1)
        store._db.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        assert secret.encode() in file.read_bytes()
        store.posts.add([], [], [], [], [Gone("x:0301", NOON)], NOON)
        store.forget("kim", "me", NOON)
        content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        for trace in (secret, "zqxjkv", "비밀스러운", "스러", "x:kim", "x:lee"):
            assert trace.encode() not in content, trace
        assert len(store.posts.search("환불", 1000)) == 200
        assert store.posts.add([post(300)], [], [Mention("x:0300", WATCH)], [], [], NOON).posts == 0
