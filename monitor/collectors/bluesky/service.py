"""Bluesky's interface (XRPC): a session if there is a password, and posts and profiles by 25."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from monitor.collectors import Page
from monitor.collectors.bluesky.posts import author_of, engagement_of, hidden, id_of, uri_of
from monitor.collectors.metering import Meter
from monitor.collectors.reading import MALFORMED
from monitor.collectors.web import Answer, Web
from monitor.decode import Secret
from monitor.domain import Author, Gone
from monitor.errors import AuthFailed, CollectFailed, Unavailable

AT_ONCE = 25
"""So many posts or profiles are told in one request."""

_REFUSALS = frozenset(("AuthenticationRequired", "AuthMissing", "InvalidToken", "AccountTakedown", "AuthFactorTokenRequired"))


class BadRequest(Unavailable):
    """The service does not understand what was asked: a page token has expired, say."""


class Service:
    """What both collectors of Bluesky ask. Signs in at the first request; tokens stay in memory and out of every error."""

    def __init__(
        self, name: str, url: str, meter: Meter | None, clock: Callable[[], datetime], handle: str = "", password: Secret | None = None
    ):
        self.name = name
        self.clock = clock
        self.signed_in = password is not None
        self.web = Web(name, url, meter, secrets=[password] if password else [], clock=clock)
        self._handle, self._password = handle, password
        self._tokens: tuple[str, str] | None = None
        self._told = list(self.web.secrets)

    def get(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Ask ``method`` and return its answer; an expired session is renewed once. Raises ``CollectFailed``."""
        answer = self._asked(method, params)
        if _error(answer) == "ExpiredToken" and self._password:
            self._renew(self._password)
            answer = self._asked(method, params)
        return self._object(answer)

    def views(self, post_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the views of posts that exist, by our ids."""
        found: dict[str, dict[str, Any]] = {}
        known = [uri for uri in map(uri_of, post_ids) if uri]
        for at in range(0, len(known), AT_ONCE):
            for view in self.listed("app.bsky.feed.getPosts", {"uris": known[at : at + AT_ONCE]}, "posts")[1]:
                post_id = id_of(view.get("uri"))
                if post_id:
                    found[post_id] = view
        return found

    def authors(self, dids: Sequence[str]) -> list[Author]:
        """Return accounts with their followers; those that are gone are missing."""
        found = []
        for at in range(0, len(dids), AT_ONCE):
            for profile in self.listed("app.bsky.actor.getProfiles", {"actors": dids[at : at + AT_ONCE]}, "profiles")[1]:
                try:
                    found.append(author_of(profile))
                except MALFORMED:
                    continue
        return found

    def listed(self, method: str, params: Mapping[str, Any], name: str) -> tuple[str | None, list[dict[str, Any]]]:
        """Return the page token and the list called ``name`` of an answer."""
        found = self.get(method, params)
        several = found.get(name)
        if not isinstance(several, list):
            raise Unavailable(self.name, self.web.told(f"the answer has no {name} {found.get('error', '')}".strip()))
        token = found.get("cursor")
        return token if isinstance(token, str) and token else None, [one for one in several if isinstance(one, dict)]

    def refresh(self, post_ids: Sequence[str]) -> Iterator[Page]:
        """Yield the counts of posts now; those that are missing or hidden from the public are gone."""
        for at in range(0, len(post_ids), AT_ONCE):
            asked = [post_id for post_id in post_ids[at : at + AT_ONCE] if uri_of(post_id)]
            views = self.views(asked) if asked else {}
            now = self.clock()
            gone = [post_id for post_id in asked if post_id not in views or _hidden(views[post_id], now)]
            counted = [engagement_of(post_id, views[post_id], now) for post_id in asked if post_id not in gone]
            yield Page(engagement=counted, gone=[Gone(post_id, now) for post_id in gone])

    def _asked(self, method: str, params: Mapping[str, Any]) -> Answer:
        if self._password and self._tokens is None:
            self._sign_in(self._password)
        headers = {"authorization": f"Bearer {self._tokens[0]}"} if self._tokens else {}
        return self.web.ask(f"/xrpc/{method}", params, headers=headers)

    def _sign_in(self, password: Secret) -> None:
        who = {"identifier": self._handle, "password": password.reveal()}
        self._keep(self._object(self.web.ask("/xrpc/com.atproto.server.createSession", body=who)))

    def _renew(self, password: Secret) -> None:
        """Turn the refresh token into a new pair; sign in anew if it has expired too."""
        headers = {"authorization": f"Bearer {self._tokens[1]}"} if self._tokens else {}
        answer = self.web.ask("/xrpc/com.atproto.server.refreshSession", headers=headers, method="POST")
        if answer.status == 200:
            self._keep(self._object(answer))
        elif answer.status in (400, 401):
            self._sign_in(password)
        else:
            raise self._refused(answer)

    def _keep(self, session: Mapping[str, Any]) -> None:
        try:
            access, refresh = str(session["accessJwt"]), str(session["refreshJwt"])
        except KeyError:
            raise Unavailable(self.name, "the session has no tokens") from None
        self._tokens = access, refresh
        self.web.secrets = [*self._told, access, refresh]

    def _object(self, answer: Answer) -> dict[str, Any]:
        if answer.status != 200:
            raise self._refused(answer)
        found = self.web.read(answer)
        if not isinstance(found, dict):
            raise Unavailable(self.name, "the answer is not an object")
        return found

    def _refused(self, answer: Answer) -> CollectFailed:
        """Return the error of an answer; Bluesky tells in its own header when a 429 ends, and of some refusals by 400."""
        reset = answer.headers.get("ratelimit-reset", "")
        if answer.status == 429 and "retry-after" not in answer.headers and reset.isdecimal():
            wait = max(int(reset) - self.clock().timestamp(), 0.0)
            answer = replace(answer, headers={**answer.headers, "retry-after": str(wait)})
        error = _error(answer)
        if answer.status == 400:
            kind = AuthFailed if error in _REFUSALS else BadRequest
            return kind(self.name, self.web.told(f"HTTP 400: {answer.body[:400].decode('utf-8', 'replace')}"))
        return self.web.refused(answer)


def _hidden(view: Mapping[str, Any], now: datetime) -> bool:
    try:
        return hidden(view, now)
    except MALFORMED:
        return False


def _error(answer: Answer) -> str | None:
    """The name of the error that a refusal carries."""
    if answer.status not in (400, 401):
        return None
    for name in ("ExpiredToken", *_REFUSALS):
        if f'"{name}"'.encode() in answer.body[:1000]:
            return name
    return None
