"""HTTP as collectors need it: every call times out, nothing is retried, nothing sleeps, every failure is one of our errors.

Secrets travel in headers only and are taken out of whatever an error says.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import HTTPBasicAuth
from requests.utils import get_auth_from_url
from urllib3.exceptions import HTTPError, ReadTimeoutError

from monitor.collectors.metering import Meter
from monitor.decode import Secret
from monitor.errors import AuthFailed, BudgetSpent, CollectFailed, RateLimited, Unavailable
from monitor.plain import clean
from monitor.waiting import retry_after

CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 5.0, 15.0, 60.0
LARGEST_ANSWER = 32_000_000
WAIT_UNTOLD = 60.0
"""What a 429 without Retry-After means, in seconds."""
_SAID = 200
_UNTELLING = frozenset(("accept", "user-agent", "if-none-match", "if-modified-since"))
"""Headers that may go to a host we did not choose."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; ``headers`` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Web:
    """One source's HTTP. ``secrets`` are the values that must never show; ``headers`` go with every request.

    Redirects are followed within the host only; ``anywhere`` also to other hosts, without credentials and never from outside to an
    address of our own machine or network.
    """

    def __init__(
        self,
        source: str,
        base_url: str,
        meter: Meter | None = None,
        headers: Mapping[str, str] | None = None,
        secrets: Iterable[Secret] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        anywhere: bool = False,
    ):
        self.source = source
        self.base_url = base_url.rstrip("/")
        self.meter = meter or Meter(source)
        self.headers = dict(headers or {})
        self.secrets = [secret.reveal() for secret in secrets]
        self.clock = clock
        self.anywhere = anywhere
        self._session: requests.Session | None = None

    def json(
        self, path: str, params: Mapping[str, Any] | None = None, *, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """GET (POST with ``body``) and return the parsed answer; raises ``CollectFailed`` unless it is 200 and JSON."""
        answer = self.ask(path, params, body=body, headers=headers)
        if answer.status != 200:
            raise self.refused(answer)
        return self.read(answer)

    def read(self, answer: Answer) -> Any:
        """Return the JSON of ``answer``; raises ``Unavailable`` if it is none."""
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise Unavailable(self.source, "the answer is not JSON") from None

    def ask(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        method: str | None = None,
    ) -> Answer:
        """Make one request (GET, or POST with ``body``, or ``method``), whatever its status.

        Of redirects at most three are followed, as the class says.
        """
        self.meter.ask()
        url = path if path.startswith(("http://", "https://")) else self.base_url + path
        method = method or ("GET" if body is None else "POST")
        try:
            return self._whole(method, url, params, body, {**self.headers, **(headers or {})})
        except requests.Timeout:
            raise Unavailable(self.source, "timed out") from None
        except (requests.RequestException, ValueError) as error:
            raise Unavailable(self.source, self.told(f"no connection ({type(error).__name__})")) from None
        finally:
            self.meter.add()

    def refused(self, answer: Answer, said: str | None = None) -> CollectFailed:
        """Return the error that ``answer`` stands for; ``said`` is the platform's own word, if it is known better than from the body."""
        words = said if said is not None else answer.body[:4000].decode("utf-8", "replace")
        return failure(self.source, answer.status, answer.headers, self.told(words), self.clock())

    def told(self, words: str) -> str:
        """Make the platform's words fit for an error: short, plain, without secrets."""
        for secret in self.secrets:
            if secret:
                words = words.replace(secret, "***")
        return clean(words, _SAID)

    def _whole(self, method: str, url: str, params: Mapping[str, Any] | None, body: Any, headers: Mapping[str, str]) -> Answer:
        self._session = self._session or _session()
        deadline = time.monotonic() + WHOLE_SECONDS
        for _ in range(4):
            with self._session.request(
                method,
                url,
                params=params,
                json=body,
                headers=dict(headers),
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response:
                target = urljoin(url, response.headers["location"]) if response.is_redirect else None
                leaves = target is not None and not _within(url, target)
                if target is None or (leaves and not (self.anywhere and _may_leave(url, target))):
                    return Answer(response.status_code, _lowered(response.headers), whole_body(self.source, response, deadline))
                if leaves:
                    headers = {name: value for name, value in headers.items() if name.lower() in _UNTELLING}
                url, params = target, None
        raise Unavailable(self.source, "redirects in a circle")


def whole_body(source: str, response: requests.Response, deadline: float) -> bytes:
    """Return the body of a streamed answer; raises ``Unavailable`` where it is cut, too long, or not there by ``deadline`` (monotonic).

    It is taken as it arrives: larger reads would wait for each of them to fill, and an answer that drips in would hold us for hours.
    """
    body = bytearray()
    try:
        while part := response.raw.read1(65_536, decode_content=True):
            body += part
            if len(body) > LARGEST_ANSWER:
                raise Unavailable(source, f"the answer is longer than {LARGEST_ANSWER:,} bytes")
            if time.monotonic() > deadline:
                raise Unavailable(source, "timed out in the middle of the answer")
    except ReadTimeoutError:
        raise Unavailable(source, "timed out in the middle of the answer") from None
    except HTTPError as error:
        raise Unavailable(source, f"the answer cannot be read ({type(error).__name__})") from None
    return bytes(body)


def failure(source: str, status: int, headers: Mapping[str, str], said: str, now: datetime) -> CollectFailed:
    """Return the error for an HTTP status: 401 and 403 refuse us, 402 wants money, 429 asks to wait, all else is trouble of the source."""
    why = f"HTTP {status}" + (f": {said}" if said else "")
    wait = retry_after(headers.get("retry-after"), now)
    match status:
        case 401 | 403:
            return AuthFailed(source, why)
        case 402:
            return BudgetSpent(source, why)
        case 429:
            return RateLimited(source, why, retry_after=WAIT_UNTOLD if wait is None else wait)
        case _:
            return Unavailable(source, why, retry_after=wait)


def _session() -> requests.Session:
    """A session that takes credentials from us alone: without an ``auth`` a .netrc of the machine would replace our header."""
    session = requests.Session()
    session.auth = _login_of_address
    return session


def _login_of_address(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add the login that stands in the address (``https://name:word@host``), unless the request carries one already."""
    name, word = get_auth_from_url(request.url or "")
    return HTTPBasicAuth(name, word)(request) if name and "authorization" not in request.headers else request


def _within(here: str, there: str) -> bool:
    """Whether a redirect stays with its host, so that credentials may go along."""
    old, new = urlsplit(here), urlsplit(there)
    return new.hostname == old.hostname and (new.scheme, new.port) in ((old.scheme, old.port), ("https", None))


def _may_leave(here: str, there: str) -> bool:
    """Whether a redirect to another host may be followed: over HTTP, and not from outside to what only we can reach."""
    old, new = urlsplit(here), urlsplit(there)
    return new.scheme in ("http", "https") and (inside(old.hostname) or not inside(new.hostname))


def inside(host: str | None) -> bool:
    """Whether ``host`` is on this machine or in a private network; a name that cannot be resolved is not."""
    try:
        found = socket.getaddrinfo(host or "", None)
    except (OSError, UnicodeError):
        return False
    return any(not ip_address(str(entry[4][0]).partition("%")[0]).is_global for entry in found)


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
