"""A Slack workspace on loopback: the Web API, incoming webhooks and Socket Mode, each call held against Slack's documents.

``wrong`` collects what Slack would have refused: arguments that the specification of 2021 does not know (and that were not added since),
types that differ, blocks over a limit. Answers carry the keys that the specification requires.
"""

from __future__ import annotations

import base64
import hashlib
import json
import queue
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from checks import blockkit

from platforms.stub import Answer, Asked, Clock, Fault, Stub

TOKEN, APP_TOKEN, CHANNEL, TEAM = "xoxb-very-secret-1", "xapp-very-secret-2", "C0COMPLAINT", "T0HANULAUTO"
HOOK = "/services/T0HANULAUTO/B0HOOK/very-secret-3"
DOCUMENT = Path(__file__).resolve().parents[3] / "shared/data/contracts/slack/slack_web_openapi_v2.json"
_KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# arguments that came after the specification of 2021, as docs.slack.dev/reference/methods lists them
LATER = {
    "chat.postMessage": {"metadata": dict},
    "chat.update": {"metadata": dict, "reply_broadcast": bool},
    "conversations.history": {"include_all_metadata": str},
    "conversations.replies": {"include_all_metadata": str},
}
# methods that came after it: their arguments, and what they must have
NEWER: dict[str, tuple[set[str], set[str]]] = {
    "files.getUploadURLExternal": ({"filename", "length", "alt_txt", "snippet_type"}, {"filename", "length"}),
    "files.completeUploadExternal": ({"files", "channel_id", "channels", "initial_comment", "thread_ts", "blocks"}, {"files"}),
    "apps.connections.open": (set(), set()),
}
READ = {"conversations.history", "conversations.replies"}


@cache
def documents() -> dict[str, Any] | None:
    """The specification's methods, if it is there."""
    return json.loads(DOCUMENT.read_text())["paths"] if DOCUMENT.is_file() else None


class SlackStub(Stub):
    """``said`` holds each accepted call of chat.postMessage and chat.update in order, ``messages`` what the channel shows now."""

    def __init__(self, clock: Clock | None = None):
        super().__init__(clock)
        self.wrong: list[str] = []
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.messages: dict[str, dict[str, Any]] = {}
        self.hooked: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.whispers: list[dict[str, Any]] = []
        self.views: list[dict[str, Any]] = []
        self.groups: dict[str, list[str]] = {}
        self.scopes_missing: set[str] = set()
        self.acks: queue.Queue[dict[str, Any]] = queue.Queue()
        self.lines: list[Line] = []
        self.number = 0

    def __enter__(self) -> SlackStub:
        super().__enter__()
        assert self._server is not None
        self._server.RequestHandlerClass = _linked(self, self._server.RequestHandlerClass)  # type: ignore[arg-type]
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        super().__exit__()

    @property
    def api(self) -> str:
        return f"{self.base_url}/api/"

    @property
    def hook(self) -> str:
        return self.base_url + HOOK

    def answer(self, asked: Asked) -> Answer:
        if asked.path == HOOK:
            return self._hook(asked)
        if asked.path.startswith("/upload/"):
            self.files[asked.path.rpartition("/")[2]] = asked.body
            return Answer(200, {"content-type": "text/plain"}, b"OK")
        if asked.path == "/link":
            return Answer(101)
        if asked.path.startswith("/respond/"):
            self.whispers.append(asked.json())
            return Answer(200, {}, b"ok")
        method = asked.path.removeprefix("/api/")
        call = self._read(asked)
        self._check(method, call)
        if asked.headers.get("authorization") != f"Bearer {APP_TOKEN if method == 'apps.connections.open' else TOKEN}":
            return Answer.of({"ok": False, "error": "invalid_auth"})
        if method in self.scopes_missing:
            return Answer.of({"ok": False, "error": "missing_scope", "needed": "channels:history", "provided": "chat:write"})
        return Answer.of(getattr(self, "do_" + method.replace(".", "_"))(call))

    def _read(self, asked: Asked) -> dict[str, Any]:
        if asked.body.startswith(b"{"):
            return dict(asked.json())
        return {**asked.query, **dict(parse_qsl(asked.body.decode(), keep_blank_values=True))}

    def _check(self, method: str, call: dict[str, Any]) -> None:
        known = documents()
        if method in NEWER:
            allowed, needed = NEWER[method]
        elif known is not None:
            operation = next(iter(known["/" + method].values()))
            parameters = [entry for entry in operation["parameters"] if entry["name"] != "token"]
            allowed = {entry["name"] for entry in parameters} | set(LATER.get(method, {}))
            needed = {entry["name"] for entry in parameters if entry.get("required")}
            for entry in parameters:
                if entry.get("type") == "boolean" and not isinstance(call.get(entry["name"], True), bool) and method not in READ:
                    self.wrong.append(f"{method}: {entry['name']} must be true or false")
        else:
            return
        self.wrong += [f"{method}: no such argument: {name}" for name in set(call) - allowed]
        self.wrong += [f"{method}: {name} is missing" for name in needed - set(call)]

    def _hook(self, asked: Asked) -> Answer:
        call = asked.json()
        self.wrong += blockkit.message_problems(call)
        self.hooked.append(call)
        return Answer(200, {"content-type": "text/html"}, b"ok")

    def _ts(self) -> str:
        self.number += 1
        return f"{self.clock.now.timestamp() + self.number / 1000:.6f}"

    def do_chat_postMessage(self, call: dict[str, Any]) -> dict[str, Any]:
        if call["channel"] not in (CHANNEL, "#complaints"):
            return {"ok": False, "error": "channel_not_found"}
        if "thread_ts" in call and call["thread_ts"] not in self.messages:
            return {"ok": False, "error": "thread_not_found"}
        self.wrong += blockkit.message_problems(call)
        ts = self._ts()
        self.messages[ts] = {"type": "message", "ts": ts, "bot_id": "B0MONITOR", **call, "channel": CHANNEL}
        self.said.append(("chat.postMessage", call))
        return {"ok": True, "channel": CHANNEL, "ts": ts, "message": self.messages[ts]}

    def do_chat_update(self, call: dict[str, Any]) -> dict[str, Any]:
        if call["ts"] not in self.messages or call["channel"] != CHANNEL:
            return {"ok": False, "error": "message_not_found"}
        self.wrong += blockkit.message_problems(call)
        self.messages[call["ts"]] |= call
        self.said.append(("chat.update", call))
        return {"ok": True, "channel": CHANNEL, "ts": call["ts"], "text": call["text"], "message": self.messages[call["ts"]]}

    def do_chat_postEphemeral(self, call: dict[str, Any]) -> dict[str, Any]:
        self.whispers.append(call)
        return {"ok": True, "message_ts": self._ts()}

    def do_conversations_history(self, call: dict[str, Any]) -> dict[str, Any]:
        if call["channel"] != CHANNEL:
            return {"ok": False, "error": "channel_not_found"}
        roots = [m for m in self.messages.values() if "thread_ts" not in m or m.get("reply_broadcast")]
        return self._shown(call, roots[::-1]) | {"pin_count": 0, "channel_actions_ts": None, "channel_actions_count": 0}

    def do_conversations_replies(self, call: dict[str, Any]) -> dict[str, Any]:
        if call["ts"] not in self.messages:
            return {"ok": False, "error": "thread_not_found"}
        return self._shown(call, [m for m in self.messages.values() if call["ts"] in (m["ts"], m.get("thread_ts"))])

    def _shown(self, call: dict[str, Any], found: list[dict[str, Any]]) -> dict[str, Any]:
        found = [entry for entry in found if float(entry["ts"]) >= float(call.get("oldest", 0))]
        start, size = int(call.get("cursor") or 0), min(int(call.get("limit", 100)), 2)  # small pages, so that they are turned
        more = start + size < len(found)
        shown = found[start : start + size]
        if call.get("include_all_metadata") not in ("1", "true", True):
            shown = [{key: value for key, value in entry.items() if key != "metadata"} for entry in shown]
        following = {"response_metadata": {"next_cursor": str(start + size) if more else ""}}
        return {"ok": True, "messages": shown, "has_more": more, **following}

    def do_auth_test(self, call: dict[str, Any]) -> dict[str, Any]:
        names = {"url": "https://hanulauto.slack.com/", "team": "한울오토", "user": "monitor"}
        return {"ok": True, **names, "team_id": TEAM, "user_id": "U0MONITOR", "bot_id": "B0MONITOR", "is_enterprise_install": False}

    def do_usergroups_users_list(self, call: dict[str, Any]) -> dict[str, Any]:
        if call["usergroup"] not in self.groups:
            return {"ok": False, "error": "no_such_subteam"}
        return {"ok": True, "users": self.groups[call["usergroup"]]}

    def do_views_open(self, call: dict[str, Any]) -> dict[str, Any]:
        view = call["view"] if isinstance(call["view"], dict) else json.loads(call["view"])
        self.wrong += blockkit.view_problems(view)
        self.views.append(view)
        return {"ok": True, "view": {**view, "id": "V1", "team_id": TEAM}}

    def do_files_getUploadURLExternal(self, call: dict[str, Any]) -> dict[str, Any]:
        self.number += 1
        return {"ok": True, "upload_url": f"{self.base_url}/upload/F0PICTURE{self.number}", "file_id": f"F0PICTURE{self.number}"}

    def do_files_completeUploadExternal(self, call: dict[str, Any]) -> dict[str, Any]:
        files = call["files"] if isinstance(call["files"], list) else json.loads(call["files"])
        return {"ok": True, "files": [{"id": entry["id"], "title": entry.get("title", "")} for entry in files]}

    def do_apps_connections_open(self, call: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "url": self.base_url.replace("http", "ws") + "/link?ticket=1"}

    # ---- Socket Mode

    def envelope(self, kind: str, said: dict[str, Any], number: str | None = None) -> str:
        """Send an envelope over the newest line; returns its number."""
        self.number += 1
        number = number or f"envelope-{self.number}"
        self.lines[-1].say({"envelope_id": number, "type": kind, "accepts_response_payload": kind != "interactive", "payload": said})
        return number

    def acknowledged(self, number: str, within: float = 3.0) -> dict[str, Any]:
        """Wait for the answer to an envelope: Slack gives three seconds."""
        while True:
            ack = self.acks.get(timeout=within)
            if ack.get("envelope_id") == number:
                return ack

    def hang_up(self) -> None:
        """Cut all lines, as Slack does every hour or so."""
        for line in self.lines:
            line.close()


class Line:
    """One open WebSocket, seen from the server."""

    def __init__(self, connection: socket.socket):
        self.connection = connection
        self._lock = threading.Lock()

    def say(self, message: dict[str, Any]) -> None:
        self.frame(0x1, json.dumps(message).encode())

    def frame(self, code: int, content: bytes) -> None:
        """RFC 6455, 5.2: servers do not mask."""
        size = len(content)
        head = struct.pack("!BB", 0x80 | code, size) if size < 126 else struct.pack("!BBH", 0x80 | code, 126, size)
        if size > 65_535:
            head = struct.pack("!BBQ", 0x80 | code, 127, size)
        with self._lock:
            self.connection.sendall(head + content)

    def read(self) -> tuple[int, bytes]:
        first, second = self._take(2)
        size = second & 0x7F
        if size > 125:
            size = struct.unpack("!H", self._take(2))[0] if size == 126 else struct.unpack("!Q", self._take(8))[0]
        mask = self._take(4)
        content = self._take(size)
        return first & 0xF, bytes(byte ^ mask[place % 4] for place, byte in enumerate(content))

    def close(self) -> None:
        with suppress(OSError):
            self.frame(0x8, struct.pack("!H", 1000))
            self.connection.shutdown(socket.SHUT_RDWR)

    def _take(self, size: int) -> bytes:
        taken = b""
        while len(taken) < size:
            part = self.connection.recv(size - len(taken))
            if not part:
                raise ConnectionError("the line is cut")
            taken += part
        return taken


def _linked(stub: SlackStub, plain: type[BaseHTTPRequestHandler]) -> type[BaseHTTPRequestHandler]:
    """The stub's own handler, but that an answer of 101 becomes a WebSocket."""

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
            self.wfile.flush()
            self.close_connection = True
            line = Line(self.connection)
            line.say({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0MONITOR"}, "debug_info": {"host": "stub"}})
            stub.lines.append(line)
            with suppress(OSError, ConnectionError):
                while True:
                    code, content = line.read()
                    if code == 0x8:
                        return
                    if code == 0x9:
                        line.frame(0xA, content)
                    elif code == 0x1:
                        stub.acks.put(json.loads(content))

    return Handler


@contextmanager
def running(clock: Clock | None = None) -> Iterator[SlackStub]:
    with SlackStub(clock) as stub:
        yield stub


def read(blocks: list[dict[str, Any]] | None) -> str:
    """What a person reads in ``blocks``."""
    found: list[str] = []

    def gather(part: object) -> None:
        if isinstance(part, list):
            for entry in part:
                gather(entry)
        elif isinstance(part, dict):
            for key, value in part.items():
                if key in ("text", "url") and isinstance(value, str):
                    found.append(value)
                else:
                    gather(value)

    gather(blocks or [])
    return "\n".join(found)
