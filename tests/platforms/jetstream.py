"""Jetstream beside the public interface of Bluesky: a stream over a websocket, 36 hours of it, and the network goes on talking."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from monitor.collectors import jetstream
from monitor.collectors.jetstream import Jetstream, Options
from monitor.collectors.jetstream.stream import METHOD
from tests.checks.collectors import WATCH, Rig
from tests.platforms import stub as server
from tests.platforms.bluesky import BlueskyStub, error
from tests.platforms.stub import Answer, Asked, Clock, Fault

KEPT = timedelta(hours=36)
_KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TYPE = "network.bsky.jetstream.subscribeEvents"


class JetstreamStub(BlueskyStub):
    """What is published is both in the stream and at the interface. ``talks``: somebody else writes a post now, as always."""

    def __init__(self, clock: Clock | None = None):
        super().__init__(clock)
        self.events: list[tuple[datetime, dict[str, Any]]] = []
        self.talks = True
        self.ended = False

    def __enter__(self) -> JetstreamStub:
        server.Stub.__enter__(self)
        assert self._server is not None
        self._server.RequestHandlerClass = _streaming(self, self._server.RequestHandlerClass)  # type: ignore[arg-type]
        return self

    def publish(self, text: str, at: datetime, author: int = 0, **more: Any) -> str:
        """Write a post; the network sees it now, whatever its author's clock says."""
        uri = super().publish(text, at, author, **more)
        self.commit(uri, self.clock.now, "create", self.views[uri]["record"])
        return uri

    def delete(self, uri: str, at: datetime) -> None:
        self.views.pop(uri, None)
        self.commit(uri, at, "delete")

    def commit(self, uri: str, at: datetime, operation: str, record: Any = None, **more: Any) -> None:
        """Put an event into the stream; its number follows from its place."""
        did, collection, key = uri.removeprefix("at://").split("/")
        event = {
            "$type": f"{_TYPE}#commit", "seq": len(self.events) + 1, "did": did, "time": stamped(at), "witnessedAt": stamped(at),
            "rev": "3l3qo2vutsw2b", "operation": operation, "collection": collection, "rkey": key, **more,
        }  # fmt: skip
        self.events.append((at, event if record is None else {**event, "record": record, "cid": "bafy"}))

    def answer(self, asked: Asked) -> Answer:
        if asked.path != METHOD:
            return super().answer(asked)
        if set(asked.query) - {"cursor", "kinds", "collections", "maxMessageSizeBytes"} or "upgrade" not in asked.headers:
            return error("InvalidRequest", "Error: unknown parameter")
        return Answer(101, {}, b"".join(map(framed, self._told(asked.query.get("cursor")))))

    def _told(self, cursor: str | None) -> Iterator[dict[str, Any]]:
        now, oldest = self.clock.now, self.clock.now - KEPT
        since = datetime.fromtimestamp(int(cursor) / 1_000_000, UTC) if cursor else now
        if since < oldest:
            yield {"$type": "message", "payload": {"$type": f"{_TYPE}#info", "name": "OutdatedCursor", "message": "resumed from seq 1"}}
        for at, event in sorted(self.events, key=lambda pair: pair[0]):
            if max(since, oldest) <= at <= now:
                yield {"$type": "message", "payload": event}
        if self.talks:
            yield {"$type": "message", "payload": self._chatter(now + timedelta(milliseconds=1))}

    def _chatter(self, now: datetime) -> dict[str, Any]:
        record = {"$type": "app.bsky.feed.post", "text": "good morning", "createdAt": stamped(now)}
        return {
            "$type": f"{_TYPE}#commit", "seq": 10**9, "did": "did:plc:zzzzzzzzzzzzzzzzzzzzzzzz", "time": stamped(now),
            "witnessedAt": stamped(now), "rev": "3l3qo2vutsw2b", "operation": "create", "collection": "app.bsky.feed.post",
            "rkey": "3l3qo2vuowo2b", "record": record, "cid": "bafy",
        }  # fmt: skip


def stamped(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def framed(message: Any) -> bytes:
    """One whole text frame, as servers send them (RFC 6455, 5.2: no mask)."""
    content = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
    if len(content) < 126:
        return struct.pack("!BB", 0x81, len(content)) + content
    return (
        struct.pack("!BBH", 0x81, 126, len(content)) if len(content) < 65_536 else struct.pack("!BBQ", 0x81, 127, len(content))
    ) + content


def _streaming(stub: JetstreamStub, plain: type[BaseHTTPRequestHandler]) -> type[BaseHTTPRequestHandler]:
    """The stub's own handler, but that an answer of 101 becomes a stream which stays open until the client goes."""

    class Handler(plain):  # type: ignore[valid-type,misc]
        def _say(self, answer: Answer, fault: Fault | None) -> None:
            if answer.status != 101:
                super()._say(answer, fault)
                return
            accepted = base64.b64encode(hashlib.sha1((self.headers["sec-websocket-key"] + _KEY).encode()).digest()).decode()  # noqa: S324
            self.send_response(101)
            for name, value in (("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-accept", accepted)):
                self.send_header(name, value)
            self.end_headers()
            self.close_connection = True
            half = len(answer.body) // 2
            self.wfile.write(answer.body[:half])
            self.wfile.flush()
            if fault and fault.cut:
                return
            if fault and fault.drip:
                stub.wait(fault.drip)
            self.wfile.write(answer.body[half:] + (struct.pack("!BBH", 0x88, 2, 1001) if stub.ended else b""))
            self.wfile.flush()
            self.connection.settimeout(10)
            while self.connection.recv(4096):
                pass

    return Handler


@contextmanager
def running(clock: Clock | None = None) -> Iterator[JetstreamStub]:
    with JetstreamStub(clock) as stub:
        yield stub


def options(stub: JetstreamStub, **more: Any) -> Options:
    return Options(stub.base_url.replace("http://", "ws://"), stub.base_url, **{"silence": timedelta(seconds=1), **more})


@contextmanager
def rig() -> Iterator[Rig]:
    with running() as stub, pytest.MonkeyPatch.context() as patch:
        patch.setattr(jetstream, "PER_PAGE", 100)

        def publish(texts: Sequence[str], times: Sequence[datetime]) -> list[str]:
            uris = [stub.publish(text, at, author) for author, (text, at) in enumerate(zip(texts, times, strict=True))]
            return [uri.replace("at://", "bluesky:").replace("/app.bsky.feed.post", "") for uri in uris]

        def make() -> Jetstream:
            return Jetstream("jetstream", options(stub, first=timedelta(days=1)), (WATCH,), stub.clock)

        yield Rig("jetstream", stub, make, publish, 100)
