"""Signatures: of bodies that travel by HTTP, as Standard Webhooks has them, and of links that a mail carries. Pure: the time is given.

A body is signed as ``id.timestamp.body`` with HMAC-SHA256 (https://github.com/standard-webhooks/standard-webhooks), so receivers may use
a library they have. A link ends with a token: what it is for, and an HMAC over that; whoever holds it may do just this.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from monitor.domain import Action

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = timedelta(minutes=5)
"""So far a timestamp may be from the receiver's clock."""
LINK_LASTS = timedelta(days=7)
IN_LINKS = (Action.ACKNOWLEDGE, Action.ASSIGN, Action.HANDLED, Action.NOT_OURS, Action.SILENCE)
"""What a link can ask for: what needs no further answer."""
_LONGEST = 2_000


def headers(secret: str, delivery: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers that prove who sent ``body``, and when; ``delivery`` names it, the same again if it is sent again."""
    at = str(int(now.timestamp()))
    return {ID: delivery, TIMESTAMP: at, SIGNATURE: f"v1,{_digest(secret, delivery, at, body)}"}


def problem(secret: str, given: Mapping[str, str], body: bytes, now: datetime) -> str | None:
    """Say what is wrong with a signed body, or None: then ``given[ID]`` names it, and the receiver refuses to take it a second time."""
    named = {name.lower(): value for name, value in given.items()}
    delivery, at = named.get(ID, ""), named.get(TIMESTAMP, "")
    if not (0 < len(delivery) <= 200 and at.isascii() and at.isdigit() and len(at) <= 12):
        return f"needs the headers {ID}, {TIMESTAMP} and {SIGNATURE}"
    if abs(now.timestamp() - int(at)) > TOLERANCE.total_seconds():
        return "the timestamp is too far from our clock"
    right = _digest(secret, delivery, at, body).encode()
    signed = [text.removeprefix("v1,").encode() for text in named.get(SIGNATURE, "").split() if text.startswith("v1,")]
    return None if any(hmac.compare_digest(right, text) for text in signed) else "the signature is wrong"


def _digest(secret: str, delivery: str, at: str, body: bytes) -> str:
    whole = f"{delivery}.{at}.".encode(errors="replace") + body
    return base64.b64encode(hmac.new(_key(secret), whole, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    """A secret that begins with ``whsec_`` is base64, any other one is taken as it stands."""
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


# ---- links


@dataclass(frozen=True, slots=True)
class Request:
    """What a link asks for: ``action`` about ``incident`` in the name of ``who``, until ``until``."""

    action: Action
    incident: int
    who: str
    until: datetime


class Links:
    """Writes and reads the addresses that mails carry; ``base_url`` is how staff's browsers reach the endpoint."""

    def __init__(self, base_url: str, secret: str):
        self.base_url = base_url.rstrip("/")
        self._key = hmac.new(secret.encode(), b"monitor links 1", hashlib.sha256).digest()

    def __repr__(self) -> str:
        return f"Links({urlsplit(self.base_url).netloc})"

    def act(self, action: Action, incident: int, who: str, mail: str, now: datetime) -> str:
        """Return the address that asks for ``action``; ``mail`` names the message, so that each has links of its own."""
        until = int((now + LINK_LASTS).timestamp())
        return f"{self.base_url}/act/{self._token('act', [action.value, incident, who, until, mail])}"

    def unsubscribe(self, address: str) -> str:
        """Return the address by which ``address`` is told nothing more; it works for ever."""
        return f"{self.base_url}/unsubscribe/{self._token('unsubscribe', [address.casefold()])}"

    def request(self, token: str, now: datetime) -> Request | None:
        """Return what a link of ``act`` asks for; None for one that we did not write, or that is too old."""
        told = self._read("act", token)
        if told is None or now.timestamp() > int(told[3]):
            return None
        return Request(Action(str(told[0])), int(told[1]), str(told[2]), datetime.fromtimestamp(int(told[3]), now.tzinfo))

    def address(self, token: str) -> str | None:
        """Return whom a link of ``unsubscribe`` is about; None for one that we did not write."""
        told = self._read("unsubscribe", token)
        return None if told is None else str(told[0])

    def _token(self, purpose: str, told: Sequence[str | int]) -> str:
        text = _coded(json.dumps([purpose, *told], ensure_ascii=False, separators=(",", ":")).encode(errors="replace"))
        return f"{text}.{_coded(self._mark(text))}"

    def _read(self, purpose: str, token: str) -> list[str | int] | None:
        """The mark is compared before anything is read."""
        text, _, mark = token.partition(".")
        if len(token) > _LONGEST or not hmac.compare_digest(_coded(self._mark(text)).encode(), mark.encode()):
            return None
        told = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return told[1:] if told[0] == purpose else None

    def _mark(self, text: str) -> bytes:
        return hmac.new(self._key, text.encode(errors="replace"), hashlib.sha256).digest()[:20]


def mailto(box: str, address: str) -> str:
    """Return the address by which a person is asked to take ``address`` off."""
    return f"mailto:{quote(box, safe='@')}?subject={quote('unsubscribe ' + address)}"


def once(text: str) -> str:
    """Return what is kept of something that may be used once: enough to know it again, not enough to use it."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _coded(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")
