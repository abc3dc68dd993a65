"""POSTing to a channel's address: one request, its answer, or our error without secrets. Never retries: that is the outbox's."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from monitor.decode import Secret
from monitor.domain import Message
from monitor.errors import DeliveryFailed
from monitor.notifiers import layout
from monitor.plain import address, clean
from monitor.waiting import retry_after

LARGEST_ANSWER = 100_000
PASSING = frozenset((408, 409, 421, 423, 425, 429))
"""Refusals of the 400s that time may mend; after any other one a person has to act."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LINE = " │"
_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a channel said when it took something."""

    status: int
    text: str

    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None


def unsafe(url: str) -> str | None:
    """Say why ``url`` is no address to send secrets to, if so."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname)
    except ValueError:
        return "must be an https address"
    if parts.scheme == "https" and named:
        return None
    return None if parts.scheme == "http" and parts.hostname in _LOOPBACK else "must be an https address"


class Poster:
    """Posts to one channel, called ``name`` in errors; ``secrets`` are values that must never show."""

    def __init__(self, name: str, timeout: timedelta, secrets: Iterable[Secret], clock: Callable[[], datetime] | None = None):
        self.name = name
        self.clock = clock or (lambda: datetime.now(UTC))
        self._seconds = max(timeout.total_seconds(), 0.1)
        self._secrets = [secret.reveal() for secret in secrets]
        self._taken: dict[str, int] = {}

    def post(self, url: Secret | str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST ``body``; returns the answer of the 200s. Redirects are not followed: they would carry the message elsewhere.

        Raises ``DeliveryFailed``: permanent for refusals that only a person can mend, with ``retry_after`` where the channel asks for it.
        """
        target = url.reveal() if isinstance(url, Secret) else url
        try:
            with requests.post(
                target, data=body, headers=dict(headers), timeout=self._seconds, allow_redirects=False, stream=True, auth=_as_it_is
            ) as response:
                text = self._read(response)
                status, told = response.status_code, response.headers
        except requests.Timeout:
            raise DeliveryFailed(f"{self.name}: no answer in time") from None
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise DeliveryFailed(f"{self.name}: no connection ({type(error).__name__})") from None
        if 200 <= status < 300:
            return Answer(status, text)
        permanent = 300 <= status < 500 and status not in PASSING
        wait = retry_after(told.get("Retry-After"), self.clock())
        raise DeliveryFailed(self.told(f"HTTP {status} {text}"), permanent=permanent, retry_after=wait)

    def _read(self, response: requests.Response) -> str:
        """Read as it arrives: an answer that drips in would hold us for hours."""
        deadline, body = time.monotonic() + self._seconds, bytearray()
        while len(body) < LARGEST_ANSWER and (part := response.raw.read1(65_536, decode_content=True)):
            body += part
            if time.monotonic() > deadline:
                raise requests.Timeout
        return body.decode("utf-8", "replace")

    def pages(self, message: Message, pages: Iterable[bytes], send: Callable[[bytes], object]) -> None:
        """Hand over a message in parts; if one fails, the next attempt goes on with it, so that no part is said twice."""
        done = self._taken.pop(message.dedup_key, 0)
        try:
            for number, page in enumerate(pages):
                if number >= done:
                    send(page)
                    done += 1
        except DeliveryFailed:
            if done:
                self._taken[message.dedup_key] = done
                while len(self._taken) > _REMEMBERED:
                    del self._taken[next(iter(self._taken))]
            raise

    def told(self, words: str) -> str:
        """Make a channel's words fit for an error: short, plain, without secrets."""
        for secret in self._secrets:
            for part in filter(None, (secret, urlsplit(secret).path if "://" in secret else "", secret.rpartition("/")[2])):
                words = words.replace(part, "***") if len(part) > 3 else words
        return f"{self.name}: {clean(words, 300)}"


def texts(message: Message, width: int, longest: int, *, marked: bool = True) -> Iterator[str]:
    """Yield ``message`` as plain text, in parts of at most ``longest`` characters, broken between lines.

    ``marked``: the channel reads marks of its own (mentions, links), so those that a post may contain are made harmless.
    """
    part = ""
    for line in layout.lines(message, width):
        shown = line.rstrip() if not marked or address(line.strip(_LINE)) else harmless(line.rstrip())
        for piece in (shown[n : n + longest] for n in range(0, max(len(shown), 1), longest)):
            if part and len(part) + 1 + len(piece) > longest:
                yield part
                part = piece
            else:
                part = f"{part}\n{piece}" if part else piece
    if part.strip():
        yield part


def harmless(text: str) -> str:
    """Take from a line what chat programs act on: mentions (@all, <!channel>), links with a text of their own."""
    text = text.replace("<", "‹").replace(">", "›").replace("](", "] (").replace("[[", "[ [").replace("]]", "] ]")
    return re.sub(r"@(?=\w)", "＠", text)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from adding what ~/.netrc says."""
    return request
