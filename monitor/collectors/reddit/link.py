"""The line to Reddit: praw asks, but each request goes through our hands, where it is counted, bounded in time and judged.

Left to itself praw sleeps (to pace itself, and before it tries again), reads a ``praw.ini`` of the folder it runs in, and asks a package
index for updates. Here every failure becomes one of our errors before praw sees it, and its settings are ours alone.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from configparser import ConfigParser
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

import praw
import prawcore
import requests
from praw.config import Config
from praw.exceptions import PRAWException
from prawcore.const import ACCESS_TOKEN_PATH

from monitor.collectors import web
from monitor.collectors.metering import Meter
from monitor.decode import Secret
from monitor.errors import AuthFailed, CollectFailed, RateLimited, Unavailable
from monitor.plain import clean
from monitor.waiting import LONGEST_WAIT

ONE_SOURCE = frozenset((400, 403, 404, 410, 414, 451))
"""Statuses that refuse what was asked for, not us."""
_NO_SUCH_COMMUNITY = "/subreddits/search"
_NOT_AS_DOCUMENTED = (prawcore.PrawcoreException, PRAWException, KeyError, ValueError, TypeError, AttributeError, RecursionError)


class Refused(Exception):
    """One source is closed to us or not there; ``error`` is what that means where no other source is left."""

    def __init__(self, error: CollectFailed):
        self.error = error
        super().__init__(str(error))


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of entries as Reddit words them; ``after`` is where the next page begins."""

    children: list[Any]
    after: str | None


class Link:
    """An application's connection; ``urls`` are those for the token and for everything else. Opens nothing before it is asked."""

    def __init__(
        self,
        source: str,
        client_id: str,
        client_secret: Secret,
        user_agent: str,
        urls: tuple[str, str],
        meter: Meter,
        clock: Callable[[], datetime],
    ):
        self.source = source
        self.session = requests.Session()
        self._credentials = (client_id, client_secret)
        self._user_agent = user_agent
        self._urls = urls
        self._meter = meter
        self._clock = clock
        self._reddit: praw.Reddit | None = None
        self._resume_at: datetime | None = None

    def listing(self, path: str, params: Mapping[str, str | int]) -> Listing:
        """Return one page; raises ``Refused`` or ``CollectFailed``."""
        try:
            found = self._asked(path, params)
        except _TokenExpired:
            self._reddit = None
            found = self._renewed(path, params)
        return self._listing_of(found)

    def _renewed(self, path: str, params: Mapping[str, str | int]) -> Any:
        try:
            return self._asked(path, params)
        except _TokenExpired:
            raise AuthFailed(self.source, "HTTP 401, also with a new token") from None

    def _asked(self, path: str, params: Mapping[str, str | int]) -> Any:
        self._reddit = self._reddit or self._opened()
        try:
            return self._reddit.request(method="GET", path=path, params=dict(params))
        except prawcore.OAuthException as error:
            raise AuthFailed(self.source, self._told(f"the token is refused: {error.error}")) from None
        except _NOT_AS_DOCUMENTED:
            raise Unavailable(self.source, "the answer is not JSON, or not as documented") from None

    def _listing_of(self, found: Any) -> Listing:
        """Read a page; an error may come with status 200."""
        inside = found.get("data") if isinstance(found, dict) else None
        children = inside.get("children") if isinstance(inside, dict) else None
        if inside is not None and isinstance(children, list):
            after = inside.get("after")
            return Listing(children, after if isinstance(after, str) and after else None)
        status = found.get("error") if isinstance(found, dict) else None
        if isinstance(status, int) and 400 <= status < 600:
            raise web.failure(self.source, status, {}, self._told(str(found.get("message", ""))), self._clock())
        raise Unavailable(self.source, "the answer is no listing")

    def _opened(self) -> praw.Reddit:
        client_id, client_secret = self._credentials
        reddit_url, oauth_url = (url.rstrip("/") for url in self._urls)
        _forget_settings_files()
        return praw.Reddit(
            "DEFAULT",
            client_id=client_id,
            client_secret=client_secret.reveal(),
            user_agent=self._user_agent,
            reddit_url=reddit_url,
            oauth_url=oauth_url + "/",
            username=None,
            password=None,
            refresh_token=None,
            redirect_uri=None,
            check_for_updates=False,
            check_for_async=False,
            requestor_class=_Requestor,
            requestor_kwargs={"session": self.session, "send": self._send},
        )

    def _send(self, method: str, url: str, **asked: Any) -> requests.Response:
        """Make one request; raises whatever praw would sleep, try again or stumble over."""
        self._wait_for_the_window()
        self._meter.ask()
        try:
            response = self._whole(method, url, asked)
        except requests.Timeout:
            raise Unavailable(self.source, "timed out") from None
        except requests.RequestException as error:
            raise Unavailable(self.source, f"no connection ({type(error).__name__})") from None
        finally:
            self._meter.add()
        headers = {name.lower(): value for name, value in response.headers.items()}
        self._note_the_window(headers)
        if not response.ok or response.is_redirect:
            self._refuse(response, headers, url.endswith(ACCESS_TOKEN_PATH), str((asked.get("headers") or {}).get("Authorization", "")))
        for name in [name for name in response.headers if name.lower().startswith("x-ratelimit")]:
            del response.headers[name]  # prawcore would sleep over them
        return response

    def _whole(self, method: str, url: str, asked: Mapping[str, Any]) -> requests.Response:
        """Return the answer with all of its body, read within ``web.WHOLE_SECONDS``.

        praw's wish to close the connection after the token is dropped: a pooled connection that its server closes fails the next request.
        """
        deadline = time.monotonic() + web.WHOLE_SECONDS
        headers = {name: value for name, value in (asked.get("headers") or {}).items() if name != "Connection"}
        bounded = {
            **asked,
            "headers": headers,
            "timeout": (web.CONNECT_SECONDS, web.READ_SECONDS),
            "allow_redirects": False,
            "stream": True,
        }
        with self.session.request(method, url, **bounded) as streamed:
            body = web.whole_body(self.source, streamed, deadline)
        whole = requests.Response()
        whole.status_code, whole.headers, whole.url, whole.encoding = streamed.status_code, streamed.headers, streamed.url, "utf-8"
        whole.raw = io.BytesIO(body)
        return whole

    def _refuse(self, response: requests.Response, headers: Mapping[str, str], token: bool, authorization: str) -> None:
        status = response.status_code
        said = self._told(response.content[:4000].decode("utf-8", "replace"), *authorization.split()[1:])
        if status == 401 and not token:
            raise _TokenExpired
        if token and status in (400, 401, 403):
            raise AuthFailed(self.source, f"HTTP {status} where the token is asked for: {said}")
        if response.is_redirect:
            elsewhere = Unavailable(self.source, f"HTTP {status}: redirected elsewhere")
            raise Refused(elsewhere) if _NO_SUCH_COMMUNITY in headers["location"] else elsewhere
        wait = {"retry-after": headers["x-ratelimit-reset"]} if "x-ratelimit-reset" in headers else {}
        error = web.failure(self.source, status, {**wait, **headers}, said, self._clock())
        raise Refused(error) if status in ONE_SOURCE and not token else error

    def _note_the_window(self, headers: Mapping[str, str]) -> None:
        """Remember when Reddit will take requests again if it has just taken the last one of its window."""
        try:
            left, reset = float(headers["x-ratelimit-remaining"]), float(headers["x-ratelimit-reset"])
        except (KeyError, ValueError):
            return
        if left < 1 and 0 < reset <= LONGEST_WAIT:
            self._resume_at = self._clock() + timedelta(seconds=reset)

    def _wait_for_the_window(self) -> None:
        left = (self._resume_at - self._clock()).total_seconds() if self._resume_at else 0
        if left > 0:
            raise RateLimited(self.source, "the requests that Reddit grants in ten minutes are used up", retry_after=left)

    def _told(self, words: str, *secrets: str) -> str:
        """Make Reddit's words fit for an error: short, plain, without secrets."""
        for secret in (self._credentials[1].reveal(), *secrets):
            words = words.replace(secret, "***") if secret else words
        return clean(words, 200)


class _TokenExpired(Exception):
    """The token is used up or was withdrawn; a new one may do."""


class _Requestor(prawcore.Requestor):
    """Lets ``send`` make praw's requests."""

    def __init__(self, *, send: Callable[..., requests.Response], **settings: Any):
        super().__init__(**settings)
        self._send = send

    def request(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> requests.Response:
        """Make one request; ``send`` knows its own timeouts."""
        return self._send(*args, **kwargs)


def _forget_settings_files() -> None:
    """Let praw know its own defaults only: a ``praw.ini`` in the working folder could send our secret anywhere."""
    own = ConfigParser()
    own.read_string(files("praw").joinpath("praw.ini").read_text())
    with Config.LOCK:
        Config.CONFIG = own
