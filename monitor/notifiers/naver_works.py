"""Kind "naver_works": NAVER WORKS (LINE WORKS), by an incoming webhook or as a bot with a service account.

Bot: https://developers.worksmobile.com/kr/docs/bot-channel-message-send, its token: https://developers.worksmobile.com/en/docs/auth-jwt
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from monitor.decode import Secret
from monitor.domain import Message
from monitor.errors import DeliveryFailed
from monitor.notifiers import posting
from monitor.plain import clean

_LONGEST = 2_000
"""Characters in one message: https://developers.worksmobile.com/jp/document/100500801"""
_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LASTS = timedelta(minutes=30)
_BOT = ("channel", "client_id", "client_secret", "service_account", "private_key")


@dataclass(frozen=True, slots=True)
class Options:
    """Either ``url``, the address of an incoming webhook (a secret), or the bot: the number ``bot`` and all that stands after it.

    ``channel``: the id of the room the bot is in; ``service_account`` and ``private_key`` (PEM) come from the Developer Console, as do
    ``client_id`` and ``client_secret``. ``api`` and ``auth`` are NAVER's own addresses.
    """

    url: Secret | None = None
    bot: int | None = None
    channel: str = ""
    client_id: str = ""
    client_secret: Secret | None = None
    service_account: str = ""
    private_key: Secret | None = None
    api: str = "https://www.worksapis.com/v1.0"
    auth: str = "https://auth.worksmobile.com/oauth2/v2.0/token"
    timeout: timedelta = timedelta(seconds=10)

    def __post_init__(self) -> None:
        problems = []
        if (self.url is None) == (self.bot is None):
            problems.append("url must be given, or bot, and not both")
        problems += [f"{name} must be given for a bot" for name in _BOT if self.bot is not None and not getattr(self, name)]
        stated = {"url": self.url.reveal() if self.url else self.api, "api": self.api, "auth": self.auth}
        problems += [f"{name} {wrong}" for name, address in stated.items() if (wrong := posting.unsafe(address))]
        if problems:
            raise ValueError("; ".join(problems))


class NaverWorks:
    """Posts each message anew, as text."""

    def __init__(self, options: Options, clock: Callable[[], datetime] | None = None):
        self.options = options
        kept = [secret for secret in (options.url, options.client_secret, options.private_key) if secret is not None]
        self._poster = posting.Poster("naver works", options.timeout, kept, clock)
        self._token: tuple[str, datetime] | None = None

    def __repr__(self) -> str:
        return "NaverWorks(***)" if self.options.bot is None else f"NaverWorks(bot {self.options.bot})"

    def send(self, message: Message, previous: str | None = None) -> None:
        """Post ``message``, in as many parts as it needs. Raises ``DeliveryFailed``."""
        if self.options.url is not None:
            url = self.options.url
            self._poster.pages(message, _hooked(message), lambda body: self._poster.post(url, body, _JSON))
        else:
            self._poster.pages(message, _said(message), self._say)

    def probe(self) -> None:
        """As a bot, fetch a token; a webhook cannot be tried without writing. Raises ``DeliveryFailed``."""
        if self.options.bot is not None:
            self._token = None
            self._signed_in()

    def _say(self, body: bytes) -> None:
        room = f"{self.options.api}/bots/{self.options.bot}/channels/{quote(self.options.channel, safe='')}/messages"
        try:
            self._poster.post(room, body, {**_JSON, "Authorization": f"Bearer {self._signed_in()}"})
        except DeliveryFailed:
            self._token = None  # perhaps it was revoked: the next attempt signs in anew
            raise

    def _signed_in(self) -> str:
        """Return an access token, a fresh one where the last is used up. Raises ``DeliveryFailed``."""
        now = self._poster.clock()
        if self._token is None or now >= self._token[1]:
            form = {"grant_type": _GRANT, "assertion": self._assertion(now), "client_id": self.options.client_id, "scope": "bot"}
            form["client_secret"] = self.options.client_secret.reveal() if self.options.client_secret else ""
            told = self._poster.post(self.options.auth, urlencode(form).encode(), _FORM).json()
            token = told.get("access_token") if isinstance(told, dict) else None
            if not isinstance(token, str) or not token.isascii() or not token.isprintable():
                raise DeliveryFailed("naver works: no token in the answer of the sign-in")
            self._token = token, now + _LASTS
        return self._token[0]

    def _assertion(self, now: datetime) -> str:
        import jwt  # with its cryptography: only the bot needs it

        at = int(now.timestamp())
        claims = {"iss": self.options.client_id, "sub": self.options.service_account, "iat": at, "exp": at + 3600}
        try:
            return jwt.encode(claims, self.options.private_key.reveal() if self.options.private_key else "", "RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise DeliveryFailed("naver works: private_key is no RSA key in PEM", permanent=True) from None


def _said(message: Message) -> Iterator[bytes]:
    for text in posting.texts(message, 50, _LONGEST):
        yield json.dumps({"content": {"type": "text", "text": text}}, ensure_ascii=False).encode()


def _hooked(message: Message) -> Iterator[bytes]:
    title = posting.harmless(clean(message.subject, 100)) or "-"
    for text in posting.texts(message, 50, _LONGEST):
        yield json.dumps({"title": title, "body": {"text": text}}, ensure_ascii=False).encode()
