"""The websocket: one connection, every wait of it limited, every failure one of our errors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import websocket

from monitor.collectors.metering import Meter
from monitor.collectors.web import failure
from monitor.errors import CollectFailed, Unavailable
from monitor.plain import clean

METHOD = "/xrpc/network.bsky.jetstream.subscribeEvents"
POSTS = "app.bsky.feed.post"
LARGEST_EVENT = 1_000_000
"""Bytes of an event; the server is asked to leave out larger ones. A post has 300 characters."""


class TooOld(Unavailable):
    """The server keeps nothing from as far back as it was asked for."""


@dataclass
class Stream:
    """Where events come from. ``silence``: so long may nothing come, which in a network of millions means that something is wrong."""

    source: str
    url: str
    silence: timedelta
    meter: Meter
    clock: Callable[[], datetime]

    def frames(self, since: datetime | None) -> Generator[Any, None, None]:
        """Yield what the server says, from ``since`` on (None: from now), None for what is not JSON; raises ``CollectFailed``."""
        socket = self._connected(since)
        try:
            yield from self._heard(socket)
        except websocket.WebSocketTimeoutException:
            raise Unavailable(self.source, "timed out") from None
        except (websocket.WebSocketException, OSError, ValueError) as error:
            raise Unavailable(self.source, f"the stream broke ({type(error).__name__})") from None
        finally:
            socket.shutdown()  # type: ignore[no-untyped-call]

    def _connected(self, since: datetime | None) -> websocket.WebSocket:
        asked = {"collections": POSTS, "kinds": "commit", "maxMessageSizeBytes": LARGEST_EVENT}
        if since is not None:
            asked["cursor"] = int(since.timestamp() * 1_000_000)
        self.meter.ask()
        address = f"{self.url}{METHOD}?{urlencode(asked)}"
        try:
            socket = websocket.create_connection(address, timeout=self.silence.total_seconds(), redirect_limit=0)
        except websocket.WebSocketBadStatusException as error:
            raise self._refused(error) from None
        except websocket.WebSocketTimeoutException:
            raise Unavailable(self.source, "timed out") from None
        except (websocket.WebSocketException, OSError, ValueError) as error:
            raise Unavailable(self.source, f"no connection ({type(error).__name__})") from None
        finally:
            self.meter.add()
        return socket

    def _heard(self, socket: websocket.WebSocket) -> Iterator[Any]:
        """Yield the frames; signs of life without events do not count as sound."""
        heard = time.monotonic()
        while True:
            kind, content = socket.recv_data(control_frame=True)
            if kind == websocket.ABNF.OPCODE_CLOSE:
                raise Unavailable(self.source, "the server ended the stream")
            if kind == websocket.ABNF.OPCODE_TEXT:
                heard = time.monotonic()
                yield _json(content)
            elif time.monotonic() - heard > self.silence.total_seconds():
                raise Unavailable(self.source, "timed out")

    def _refused(self, error: websocket.WebSocketBadStatusException) -> CollectFailed:
        body = error.resp_body or b""
        words = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
        if error.status_code == 400 and "CursorTooOld" in words:
            return TooOld(self.source, "the stream does not reach back so far")
        headers: Mapping[str, str] = {str(name).lower(): str(value) for name, value in (error.resp_headers or {}).items()}
        return failure(self.source, error.status_code, headers, clean(words, 200), self.clock())


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
