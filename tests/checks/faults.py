"""What goes wrong at a platform, and what a collector must make of it: one of our errors, nothing lost, nothing leaked."""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import format_datetime

import pytest

from monitor.collectors import Collector, Refresher, web
from monitor.errors import AuthFailed, BudgetSpent, CollectFailed, RateLimited, Unavailable
from tests.checks.collectors import Desk, Rig
from tests.platforms.stub import Answer, Asked, Fault, Stub

SHORT = 0.3
"""Seconds after which a silent platform is given up, in these checks."""
WAIT = 90.0


@dataclass(frozen=True)
class Trouble:
    """A fault, the error it stands for, and the wait in seconds that it must tell (True: any)."""

    name: str
    fault: Callable[[Rig], Fault]
    error: type[CollectFailed]
    wait: float | bool | None = None


def _said(status: int, body: bytes = b'{"message": "no"}', **headers: str) -> Callable[[Rig], Fault]:
    named = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return lambda rig: Fault(str(status), Answer(status, named, body))


def _until(rig: Rig) -> Fault:
    later = (rig.stub.clock.now + timedelta(seconds=WAIT)).astimezone(UTC)
    return Fault("429 until", Answer(429, {"retry-after": format_datetime(later, usegmt=True)}, b""))


HTML = b"<!doctype html><html><title>Sorry</title>Please try again later</html>"
TROUBLES = (
    Trouble("401", _said(401), AuthFailed),
    Trouble("403", _said(403), AuthFailed),
    Trouble("402", _said(402), BudgetSpent),
    Trouble("404", _said(404), Unavailable),
    Trouble("410", _said(410), Unavailable),
    Trouble("429 with seconds", _said(429, retry_after="90"), RateLimited, WAIT),
    Trouble("429 with a date", _until, RateLimited, WAIT),
    Trouble("429 with nonsense", _said(429, retry_after="soon"), RateLimited, True),
    Trouble("429 bare", _said(429, b""), RateLimited, True),
    Trouble("500", _said(500), Unavailable),
    Trouble("502 in HTML", _said(502, HTML, content_type="text/html"), Unavailable),
    Trouble("503 with seconds", _said(503, retry_after="90"), Unavailable, WAIT),
    Trouble("silence", lambda rig: Fault("hang", hang=60.0), Unavailable),
    Trouble("silence in the middle", lambda rig: Fault("drip", drip=60.0), Unavailable),
    Trouble("cut body", lambda rig: Fault("cut", cut=True), Unavailable),
    Trouble("a page for people", _said(200, HTML, content_type="text/html"), Unavailable),
    Trouble("nothing", _said(200, b""), Unavailable),
    Trouble("half a character", _said(200, b'{"a": "\xed\x95'), Unavailable),
    Trouble("deep nesting", _said(200, b"[" * 200_000), Unavailable),
    Trouble("a list", _said(200, b"[1, 2]"), Unavailable),
    Trouble("null", _said(200, b"null"), Unavailable),
    Trouble("a number", _said(200, b"17"), Unavailable),
    Trouble("another object", _said(200, b'{"hello": "world"}'), Unavailable),
    Trouble("broken compression", _said(200, b"no gzip", content_encoding="gzip"), Unavailable),
)


@contextmanager
def lasting(rig: Rig, fault: Callable[[Asked], Fault], after: int) -> Iterator[list[str]]:
    """Strike every request but the first ``after`` of those that may be struck; yields the names of the faults that struck."""
    struck: list[str] = []
    seen = 0

    def choose(asked: Asked) -> Fault | None:
        nonlocal seen
        if not rig.strikes(asked):
            return None
        seen += 1
        if seen <= after:
            return None
        chosen = fault(asked)
        struck.append(chosen.name)
        return chosen

    rig.stub.choose = choose
    try:
        yield struck
    finally:
        rig.stub.choose = None


def fails_as_it_should_and_loses_nothing(rig: Rig, trouble: Trouble, after: int) -> None:
    """While the trouble lasts the pass ends with the right error (or tells a problem); the next pass brings all."""
    written = rig.write(2 * rig.page + 5)
    desk = Desk(rig)
    fault = trouble.fault(rig)
    begun = time.monotonic()
    with quick(trouble, rig), lasting(rig, lambda asked: fault, after) as struck:
        told = _told(desk)
        took = time.monotonic() - begun
    if struck:
        _is_right(told, trouble)
        assert took < 10, f"{took:.1f} s"
    desk.collect()
    assert desk.ids() == set(written)


def looking_again_in_trouble_deletes_nothing(rig: Rig, trouble: Trouble) -> None:
    collector = rig.make()
    if not isinstance(collector, Refresher):
        return
    written = rig.write(3)
    Desk(rig).collect()
    fault = trouble.fault(rig)
    gone: list[str] = []
    told: CollectFailed | list[str] = []
    with quick(trouble, rig), lasting(rig, lambda asked: fault, 0):
        try:
            for page in rig.make().refresh(written):  # type: ignore[attr-defined]
                gone += [line.post_id for line in page.gone]
                told += page.problems  # type: ignore[operator]
        except CollectFailed as error:
            told = error
    if trouble.name not in ("404", "410", "null"):  # one post that is not there says so in these ways
        assert gone == []
        _is_right(told, trouble)


def _told(desk: Desk, collector: Collector | None = None) -> CollectFailed | list[str]:
    try:
        return [problem for page in desk.collect(collector) for problem in page.problems]
    except CollectFailed as error:
        return error


def _is_right(told: CollectFailed | list[str], trouble: Trouble) -> None:
    if isinstance(told, list):
        assert told and trouble.error is Unavailable, "a failure went by in silence"
        return
    assert type(told) is trouble.error or (trouble.error is Unavailable and isinstance(told, Unavailable)), repr(told)
    assert len(str(told)) < 500 and "\n" not in str(told)
    if trouble.wait is True:
        assert told.retry_after and 1 <= told.retry_after <= 3600
    elif trouble.wait:
        assert told.retry_after == pytest.approx(trouble.wait, abs=1.5)


def gets_on_at_a_platform_that_fails_ever_again(rig: Rig) -> None:
    """Every pass ends at its twelfth request; a walk much longer than that still comes to its end, while people go on writing."""
    desk, collector = Desk(rig), rig.make()
    written = rig.write(3)
    desk.collect()
    rig.stub.clock.go_on(minutes=10)
    burst = rig.write(14 * rig.page, timedelta(minutes=9), timedelta(minutes=8))
    fault = Fault("500", Answer(500))
    for _ in range(14):
        with lasting(rig, lambda asked: fault, 11):
            _told(desk, collector)
        rig.stub.clock.go_on(minutes=1)
        written += rig.write(3, timedelta(seconds=50), timedelta(seconds=40))
    if rig.window is None:
        assert desk.ids() >= set(burst)
    desk.collect()
    assert desk.ids() >= {*written, *burst[-(rig.window or len(burst)) + 48 :]}
    assert desk.ids() == {*written, *burst} or desk.holes


def goes_nowhere_else_with_credentials(rig: Rig) -> None:
    """A redirect to another host is not followed with what we know; the pass fails, or tells it, and nothing is lost."""
    written = rig.write(3)
    desk = Desk(rig)
    with _Elsewhere() as elsewhere:
        with lasting(rig, lambda asked: Fault("302", Answer(302, {"location": f"{elsewhere.base_url}/steal"})), 0):
            told = _told(desk)
        assert told
        assert isinstance(told, list | Unavailable)
        for asked in elsewhere.asked:
            whole = f"{asked.path} {asked.query} {asked.headers} {asked.body!r}"
            assert not [secret for secret in rig.secrets if secret in whole]
            assert not {"authorization", "cookie", "x-goog-api-key"} & set(asked.headers)
    desk.collect()
    assert desk.ids() == set(written)


class _Elsewhere(Stub):
    def answer(self, asked: Asked) -> Answer:
        return Answer.of({"message": "who are you"}, 404)


def tells_no_secret(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """Not in errors, though the platform repeats all that it was sent; not in any log; not in addresses; not in ``repr``."""
    rig.write(3)
    shown: list[str] = []
    for name in [*logging.root.manager.loggerDict, ""]:
        caplog.set_level(logging.DEBUG, logger=name)
    desk = Desk(rig)
    desk.collect()
    for status in (400, 401, 403, 429, 500, 200):
        collector = rig.make()
        shown.append(f"{collector!r} {collector}")
        with lasting(rig, lambda asked, status=status: Fault("echo", _echo(asked, status)), 0):  # type: ignore[misc]
            try:
                shown += [problem for page in collector.pages(desk.cursor()) for problem in page.problems]
            except CollectFailed as error:
                shown += [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
    shown += [f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records]
    shown += [f"{asked.path} {dict(asked.query)}" for asked in rig.stub.asked]
    shown += [desk.cursor() or ""]
    assert [secret for secret in rig.secrets for line in shown if secret in line] == []


def _echo(asked: Asked, status: int) -> Answer:
    said = {"message": json.dumps(dict(asked.headers)), "detail": asked.body.decode("utf-8", "replace"), "errors": [dict(asked.headers)]}
    return Answer.of(said, status)


def never_sleeps(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not to pace itself, not before it tries again, not when it is asked to wait."""

    def asleep(seconds: float) -> None:
        raise AssertionError(f"slept {seconds} s")

    monkeypatch.setattr(time, "sleep", asleep)
    written = rig.write(2 * rig.page + 3)
    for trouble in TROUBLES:
        if trouble.name in ("429 with seconds", "429 bare", "503 with seconds", "500", "cut body"):
            fault = trouble.fault(rig)
            with lasting(rig, lambda asked, fault=fault: fault, 1):  # type: ignore[misc]
                _told(Desk(rig))
    desk = Desk(rig)
    desk.collect()
    assert desk.ids() == set(written)


@contextmanager
def quick(trouble: Trouble, rig: Rig) -> Iterator[None]:
    """Give silent platforms up after ``SHORT`` seconds; the others have the time that a busy machine needs."""
    fault = trouble.fault(rig)
    with pytest.MonkeyPatch.context() as patch:
        if fault.hang or fault.drip:
            for name, seconds in (("CONNECT_SECONDS", SHORT), ("READ_SECONDS", SHORT), ("WHOLE_SECONDS", 4 * SHORT)):
                patch.setattr(web, name, seconds)
        yield
