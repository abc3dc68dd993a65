"""The port of [web], held by waitress on a thread of its own while the daemon runs."""

from __future__ import annotations

import logging
import threading
from typing import Any

from waitress import create_server, wasyncore

from monitor.reception.web.site import LARGEST, Site

log = logging.getLogger("monitor")

_LIMITS = {
    "threads": 4,
    "connection_limit": 100,
    "channel_timeout": 20,
    "max_request_header_size": 16_384,
    "max_request_body_size": LARGEST,
    "expose_tracebacks": False,
    "ident": "",
    "clear_untrusted_proxy_headers": True,
}


class WebDoor:
    """Listens on ``host`` and ``port`` (0: any free one)."""

    def __init__(self, site: Site, host: str, port: int):
        self._site, self._host, self.port = site, host, port
        self._sockets: dict[int, Any] = {}
        self._server: Any = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)

    def open(self) -> None:
        """Begin to listen; a port that is taken is logged, and alerts go on without it."""
        logging.getLogger("waitress").setLevel(logging.ERROR)
        try:
            self._server = create_server(self._site, map=self._sockets, host=self._host, port=self.port, **_LIMITS)
        except (OSError, ValueError) as error:
            log.error("[web] cannot listen on %s:%d: %s", self._host, self.port, error)
            wasyncore.close_all(self._sockets, ignore_all=True)
            return
        self.port = int(getattr(self._server, "effective_port", self.port))
        self._thread.start()
        log.info("[web] listens on %s:%d", self._host, self.port)

    def close(self) -> None:
        """Take no more requests, and wait for those being answered."""
        if self._server is not None:
            self._stopping.set()
            self._thread.join(10)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            wasyncore.loop(timeout=0.2, use_poll=True, map=self._sockets, count=1)
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._sockets, ignore_all=True)
