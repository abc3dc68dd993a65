"""What a collector and a platform said to each other, call by call."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from scripts.recording.disguise import Disguise

HEADERS = ("content-type", "retry-after", "link", "etag", "last-modified", "location")
_PLAIN = "/:@!$&'()*+,;="
_LIMITS = "x-rate"


@dataclass
class Tape:
    """Calls as they will be kept: nothing undisguised ever stands in ``calls``."""

    disguise: Disguise
    told: Callable[[str], None] = lambda line: None
    calls: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record whatever ``requests`` sends meanwhile."""
        send = HTTPAdapter.send

        def recorded(adapter: HTTPAdapter, request: requests.PreparedRequest, **how: Any) -> requests.Response:
            response = send(adapter, request, **how)
            self.keep(request, response)
            response.raw = HTTPResponse(io.BytesIO(response.content), status=response.status_code, preload_content=False)
            return response

        HTTPAdapter.send = recorded  # type: ignore[assignment, method-assign]
        try:
            yield
        finally:
            HTTPAdapter.send = send  # type: ignore[method-assign]

    def keep(self, request: requests.PreparedRequest, response: requests.Response) -> None:
        """Keep one call, disguised: of the headers only those that a collector reads."""
        place = urlsplit(str(request.url))
        headers = {name.lower(): value for name, value in response.headers.items()}
        kept = {name: value for name, value in headers.items() if name in HEADERS or name.startswith(_LIMITS)}
        self.calls.append(
            {
                "method": request.method,
                "path": quote(self.disguise.text(unquote(place.path)), safe=_PLAIN),
                "query": {key: self.disguise.text(value) for key, value in parse_qsl(place.query, keep_blank_values=True)},
                "body": self.disguise.answer(_text(request.body)),
                "status": response.status_code,
                "headers": {
                    name: value if name in ("content-type", "retry-after") else self.disguise.text(value) for name, value in kept.items()
                },
                "answer": self.disguise.answer(response.content.decode("utf-8", "replace")),
            }
        )
        self.told(f"{request.method} {place.path}: {response.status_code}, {len(response.content):,} bytes")


def _text(body: bytes | str | Any) -> str:
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else body if isinstance(body, str) else ""
