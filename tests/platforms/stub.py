"""A small HTTP server that stands for a platform: it remembers what was asked, and fails as it is told to."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Clock:
    """A clock that the test sets; stub and collector share it."""

    now: datetime = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass(frozen=True)
class Asked:
    """One request: ``query`` has each parameter once (the last value), ``lists`` all its values, ``body`` is the raw body."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What the platform says."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, value: object, status: int = 200, **headers: str) -> Answer:
        told = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status, {"content-type": "application/json; charset=utf-8", **told}, json.dumps(value).encode())


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request instead of its answer.

    ``answer``: said instead. ``cut``: the true answer ends after half of its body. ``hang``: seconds of silence before anything is
    said; ``drip``: seconds of silence in the middle of the true answer. ``only`` chooses the requests that it strikes.
    """

    name: str
    answer: Answer | None = None
    cut: bool = False
    hang: float = 0.0
    drip: float = 0.0
    only: Callable[[Asked], bool] = lambda asked: True


class Stub:
    """A platform. Subclasses implement ``answer``; ``with`` starts and stops it."""

    def __init__(self, clock: Clock | None = None):
        self.clock = clock or Clock()
        self.asked: list[Asked] = []
        self.faults: deque[Fault] = deque()
        self.struck: list[str] = []
        self.choose: Callable[[Asked], Fault | None] | None = None
        """Called for each request without a planted fault: a random fault, or None."""
        self._stopping = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    def answer(self, asked: Asked) -> Answer:
        """Say what the real service would say; called with the lock held."""
        raise NotImplementedError

    def plant(self, *faults: Fault) -> None:
        """Let the next requests fail so, one each."""
        self.faults.extend(faults)

    @property
    def base_url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Stub:
        self._server = _Server(("127.0.0.1", 0), _handler_for(self))
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def fault_for(self, asked: Asked) -> Fault | None:
        for fault in self.faults:
            if fault.only(asked):
                self.faults.remove(fault)
                self.struck.append(fault.name)
                return fault
        return self.choose(asked) if self.choose else None

    def wait(self, seconds: float) -> None:
        self._stopping.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    lock = threading.RLock()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what many tests want."""


def _handler_for(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or every answer waits 40 ms for an acknowledgement

        def do_GET(self) -> None:
            self._serve()

        do_POST = do_HEAD = do_DELETE = do_PUT = do_GET

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            lists = parse_qs(parts.query, keep_blank_values=True)
            query = {key: values[-1] for key, values in lists.items()}
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, parts.path, query, headers, self.rfile.read(length), lists)
            with self.server.lock:  # type: ignore[attr-defined]
                stub.asked.append(asked)
                fault = stub.fault_for(asked)
                answer = (fault.answer if fault else None) or stub.answer(asked)
            if fault and fault.hang:
                stub.wait(fault.hang)
            self._say(answer, fault)

        def _say(self, answer: Answer, fault: Fault | None) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            if self.command == "HEAD":
                return
            half = len(answer.body) // 2
            self.wfile.write(answer.body[:half])
            if fault and fault.cut:
                self.close_connection = True
                return
            if fault and fault.drip:
                self.wfile.flush()
                stub.wait(fault.drip)
            self.wfile.write(answer.body[half:])

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
