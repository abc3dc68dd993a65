"""Chat services and a receiving program, as their documents describe them: they keep what they were told, and check how."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from monitor import signing
from platforms.stub import Answer, Asked, Stub

WORD = "very-secret-5"
SIGNING = "a-secret-that-signs"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
TOKEN = "token-of-the-bot"


class Hooks(Stub):
    """``said``: the texts, part by part, in the order of their arrival; ``told``: the whole JSON objects."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.told: list[dict[str, Any]] = []
        self.seen: set[str] = set()
        self.tokens = 0

    def answer(self, asked: Asked) -> Answer:
        if asked.path.startswith("/gone"):
            return Answer(404, {}, f"no such hook {asked.path}".encode())
        if asked.path == "/token":
            return self._token(asked)
        said = getattr(self, "_" + asked.path.split("/")[1])(asked)
        return said if isinstance(said, Answer) else Answer.of({})

    def _take(self, asked: Asked, *texts: str) -> None:
        self.told.append(asked.json())
        self.said.append("\n".join(texts))

    def _jandi(self, asked: Asked) -> None:
        told = asked.json()
        assert asked.headers["accept"] == "application/vnd.tosslab.jandi-v2+json"
        assert told["body"]
        assert len(told["connectColor"]) == 7
        self._take(asked, told["body"], *(info["description"] for info in told["connectInfo"]))

    def _works(self, asked: Asked) -> None:
        told = asked.json()
        assert told["title"]
        assert len(told["body"]["text"]) <= 2_000
        self._take(asked, told["title"], told["body"]["text"])

    def _bots(self, asked: Asked) -> Answer:
        assert asked.path == "/bots/7/channels/room%201/messages"
        if asked.headers.get("authorization") != f"Bearer {TOKEN}{self.tokens}":
            return Answer.of({"code": "UNAUTHORIZED", "description": "Authentication failed"}, 401)
        content = asked.json()["content"]
        assert content["type"] == "text"
        assert 0 < len(content["text"]) <= 2_000
        self._take(asked, content["text"])
        return Answer(201)

    def _token(self, asked: Asked) -> Answer:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        claims = jwt.decode(form["assertion"], KEY.public_key(), ["RS256"], options={"verify_exp": False, "verify_iat": False})
        if (claims["iss"], claims["sub"], form["client_secret"]) != ("client", "bot.serviceaccount@example.com", WORD):
            return Answer.of({"error": "invalid_client"}, 401)
        self.tokens += 1
        return Answer.of({"access_token": f"{TOKEN}{self.tokens}", "refresh_token": "r", "token_type": "Bearer", "expires_in": "86400"})

    def _program(self, asked: Asked) -> Answer | None:
        """A receiver as docs/webhook.md tells one to be written."""
        problem = signing.problem(SIGNING, asked.headers, asked.body, self.clock())
        if problem is not None:
            return Answer(401, {}, problem.encode())
        known = f"{asked.path} {asked.headers[signing.ID]}"
        if known not in self.seen:
            self.seen.add(known)
            self._take(asked, *_words(asked.json()))
        return None

    def _apprise(self, asked: Asked) -> None:
        told = asked.json()
        self._take(asked, told["title"], told["message"])


def _words(told: object) -> list[str]:
    if isinstance(told, dict):
        return [word for value in told.values() for word in _words(value)]
    if isinstance(told, list):
        return [word for value in told for word in _words(value)]
    return [told] if isinstance(told, str) else [json.dumps(told)]
