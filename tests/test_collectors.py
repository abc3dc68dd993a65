"""Every kind of collector passes every check of the contract, and meets every fault, at a stub of its platform."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from test_killed import counted_commits

from monitor.collectors import KINDS, web
from monitor.errors import CollectFailed, Unavailable
from monitor.matching import Matcher
from monitor.pipeline.collecting import collect
from monitor.store import Store
from tests.checks import collectors as contract
from tests.checks import faults
from tests.checks.collectors import WATCH, Desk, Rig

HERE = [kind for kind in KINDS if find_spec(f"tests.platforms.{kind}")]
ONLINE = [kind for kind in HERE if kind != "jsonl"]


@pytest.fixture
def rig(kind: str) -> Iterator[Rig]:
    with import_module(f"tests.platforms.{kind}").rig() as found:
        yield found


def test_every_kind_has_a_platform() -> None:
    assert set(HERE) == set(KINDS)


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", HERE)
def test_contract(rig: Rig, check: Callable[[Rig], None]) -> None:
    check(rig)


@pytest.mark.parametrize("check", contract.COSTS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("kind", ONLINE)
def test_costs(rig: Rig, check: Callable[[Rig, pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    check(rig, monkeypatch)


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("trouble", faults.TROUBLES, ids=lambda trouble: trouble.name)
@pytest.mark.parametrize("kind", ONLINE)
def test_trouble(rig: Rig, trouble: faults.Trouble, after: int) -> None:
    faults.fails_as_it_should_and_loses_nothing(rig, trouble, after)


@pytest.mark.parametrize("trouble", faults.TROUBLES, ids=lambda trouble: trouble.name)
@pytest.mark.parametrize("kind", ONLINE)
def test_trouble_while_looking_again(rig: Rig, trouble: faults.Trouble) -> None:
    faults.looking_again_in_trouble_deletes_nothing(rig, trouble)


@pytest.mark.parametrize("kind", ONLINE)
def test_a_platform_that_fails_ever_again(rig: Rig) -> None:
    faults.gets_on_at_a_platform_that_fails_ever_again(rig)


@pytest.mark.parametrize("kind", ONLINE)
def test_redirects(rig: Rig) -> None:
    faults.goes_nowhere_else_with_credentials(rig)


@pytest.mark.parametrize("kind", ONLINE)
def test_secrets(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    faults.tells_no_secret(rig, caplog)


@pytest.mark.parametrize("kind", ONLINE)
def test_sleep(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    faults.never_sleeps(rig, monkeypatch)


@pytest.mark.parametrize("kind", ONLINE)
def test_nobody_answers(rig: Rig) -> None:
    """The platform is down: nothing listens."""
    collector = rig.make()
    rig.stub.__exit__()
    with pytest.raises(CollectFailed) as failure:
        list(collector.pages(None))
    assert type(failure.value) is Unavailable
    rig.stub.__enter__()


# ---- killed


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
@pytest.mark.parametrize("kind", HERE)
def test_killed_at_any_commit(rig: Rig, tmp_path: Path) -> None:
    """SIGKILL before and after every commit of a pass, in a process of its own; the next pass completes it."""
    old = rig.write(rig.page // 2)
    whole = tmp_path / "first.db"
    assert _child(rig, whole, None, False) > 0
    rig.stub.clock.go_on(minutes=6)
    new = rig.write(rig.page + rig.page // 2)
    copy = tmp_path / "count.db"
    copy.write_bytes(whole.read_bytes())
    commits = _child(rig, copy, None, False)
    assert commits > 0
    for die_at in range(1, commits + 1):
        for before in (True, False):
            file = tmp_path / f"{die_at}-{before}.db"
            file.write_bytes(whole.read_bytes())
            _child(rig, file, die_at, before)
            _child(rig, file, None, False)
            with Store.open(file) as store:
                assert Desk(rig, store).ids() == {*old, *new}, f"killed {'before' if before else 'after'} commit {die_at} of {commits}"


def _child(rig: Rig, file: Path, die_at: int | None, before: bool) -> int:
    """Run one pass in a process of its own, killed at its ``die_at``-th commit; return how many commits there were (or -1)."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            with Store.open(file) as store, counted_commits(die_at, before) as count:
                outcome = collect(store, Matcher((WATCH,)), rig.kind, rig.make(), rig.stub.clock.now)
            os.write(writer, str(count[0]).encode())
            status = 2 if outcome.failed else 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as stream:
        told = stream.read()
    _, status = os.waitpid(pid, 0)
    if die_at is not None:
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        return -1
    assert status == 0
    return int(told)


# ---- the line itself


def test_an_answer_that_comes_byte_by_byte_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, the whole never does."""
    monkeypatch.setattr(web, "WHOLE_SECONDS", 4 * faults.SHORT)
    stopping = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        threading.Thread(target=_trickle, args=(server, stopping), daemon=True).start()
        begun = time.monotonic()
        with pytest.raises(Unavailable, match="timed out"):
            web.Web("slow", f"http://127.0.0.1:{server.getsockname()[1]}").json("/")
        assert time.monotonic() - begun < 10 * faults.SHORT
        stopping.set()


def _trickle(server: socket.socket, stopping: threading.Event) -> None:
    with server.accept()[0] as line:
        line.recv(65_536)
        line.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
        while not stopping.wait(faults.SHORT / 5):
            try:
                line.sendall(b" ")
            except OSError:
                return
