"""The application behind [web]: what each address does. A GET only ever asks, for mail scanners open every link; a POST acts."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from monitor import actions, messages, signals, signing
from monitor.config import Settings
from monitor.errors import MonitorError, NotFound
from monitor.messages.deeds import BUTTONS
from monitor.reception.web.pages import SAFE, page
from monitor.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger("monitor")

LARGEST = 1_000_000
"""Bytes of a body."""
_LANGUAGES = ("ko", "en")
_LINK = "link"


class Site:
    """Answers requests, each with a store of its own: they come on several threads."""

    def __init__(self, settings: Settings, database: str, clock: Callable[[], datetime]):
        self._settings, self._database, self._clock = settings, database, clock
        self._links = settings.web.links
        self._prefix = urlsplit(settings.web.base_url or "").path.rstrip("/")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (WSGI); whatever goes wrong is told without details."""
        request = Request(environ)
        request.max_content_length = LARGEST
        try:
            response = self._answer(request)
        except HTTPException as error:
            response = _plain(error.code or 400, error.name)
        except MonitorError as error:
            log.warning("[web] a request failed: %s", error)
            response = self._page(request, "web.wrong", "web.wrong_more", status=503)
            response.headers["Retry-After"] = "30"
        except Exception as error:
            log.error("[web] a request failed: %s", type(error).__name__)  # its text may hold a token
            response = self._page(request, "web.wrong", "web.wrong_more", status=500)
        response.headers.update(SAFE)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        path = request.path.removeprefix(self._prefix) if self._prefix else request.path
        match path.split("/")[1:]:
            case ["act", token] if token and self._links:
                return self._act(request, self._links, token)
            case ["unsubscribe", token] if token and self._links:
                return self._unsubscribe(request, self._links, token)
            case ["signals"] if self._settings.web.signals_secret is not None:
                return self._take(request, self._settings.web.signals_secret.reveal())
        return self._page(request, "web.nowhere", status=404)

    # ---- one-time links

    def _act(self, request: Request, links: signing.Links, token: str) -> Response:
        wanted = links.request(token, self._clock())
        if (wrong := _wrong_method(request)) is not None:
            return wrong
        if wanted is None:
            return self._page(request, "web.bad", "web.bad_more", status=410)
        with Store.open(self._database) as store:
            try:
                incident = store.incidents.get(wanted.incident)
            except NotFound:
                return self._page(request, "web.bad", "web.bad_more", status=410)
            if store.used.known(signing.once(token)):
                return self._page(request, "web.used", "web.used_more", status=409, id=incident.id)
            if request.method != "POST":
                language = self._language(request)
                label = BUTTONS[wanted.action.value][0 if language == "ko" else 1]
                about = f"{self._say(request, 'web.incident', id=incident.id)}: {incident.title}"
                lines = (
                    self._say(request, "web.stands", status=incident.status),
                    self._say(request, "web.as", who=wanted.who),
                )
                return page(language, self._say(request, "web.ask", action=label), *lines, what=about, button=label)
            return self._done(request, store, wanted, token)

    def _done(self, request: Request, store: Store, wanted: signing.Request, token: str) -> Response:
        """Use up the link and act, both or neither; of two presses at once the second finds it used."""
        now = self._clock()
        with store.transaction():
            if not store.used.take(signing.once(token), wanted.until, now):
                return self._page(request, "web.used", "web.used_more", status=409, id=wanted.incident)
            outcome = actions.act(store, self._settings, wanted.action, wanted.incident, wanted.who, _LINK, now)
        said = self._say(request, outcome.code, **outcome.values)
        title = self._say(request, "web.done" if outcome.changed else "web.nothing")
        return page(self._language(request), title, said)

    # ---- unsubscribing

    def _unsubscribe(self, request: Request, links: signing.Links, token: str) -> Response:
        """RFC 8058: a mail program POSTs by itself when its reader asks it to; a person gets a page first. It always works."""
        address = links.address(token)
        if (wrong := _wrong_method(request, crossing=True)) is not None:
            return wrong
        if address is None:
            return self._page(request, "web.bad", "web.bad_more", status=410)
        if request.method != "POST":
            button = self._say(request, "web.unsubscribe_do")
            title, more = (self._say(request, key, address=address) for key in ("web.unsubscribe", "web.unsubscribe_more"))
            return page(self._language(request), title, more, button=button)
        with Store.open(self._database) as store, store.coming_from(_LINK):
            store.subscribers.remove(address, address, self._clock())
        return self._page(request, "web.unsubscribed", "web.unsubscribed_more", address=address)

    # ---- signals

    def _take(self, request: Request, secret: str) -> Response:
        if request.method != "POST":
            return _plain(405, "POST signed signals here", Allow="POST")
        now, body = self._clock(), request.get_data()
        problem = signing.problem(secret, dict(request.headers.items()), body, now)
        if problem is not None:
            return _plain(401, problem)
        try:
            records = _records(body.decode("utf-8-sig"))
        except UnicodeDecodeError:
            return _plain(400, "the body is not UTF-8 text")
        delivery = signing.once(f"signals {request.headers[signing.ID]}")
        try:
            with Store.open(self._database) as store, store.transaction():
                if not store.used.take(delivery, now + 2 * signing.TOLERANCE, now):
                    return _plain(409, "this delivery was taken already")
                taken = signals.take(store, records, now)
        except MonitorError:
            return _plain(503, "the database cannot be used now", Retry_After="30")
        told = {"records": taken.records, "new": taken.new, "problems": taken.problems[:100]}
        return Response(json.dumps(told, ensure_ascii=False), content_type="application/json; charset=utf-8")

    # ---- words

    def _language(self, request: Request) -> str:
        return request.accept_languages.best_match(_LANGUAGES) or self._settings.monitor.language

    def _say(self, request: Request, key: str, **values: object) -> str:
        return messages.say(key, self._language(request), self._settings.zone, self._clock(), **values)

    def _page(self, request: Request, title: str, more: str = "", status: int = 200, **values: object) -> Response:
        lines = [self._say(request, more, **values)] if more else []
        return page(self._language(request), self._say(request, title, **values), *lines, status=status)


def _wrong_method(request: Request, crossing: bool = False) -> Response | None:
    """Refuse what is neither asking nor acting, and acting that another site's page has its visitor's browser do."""
    if request.method not in ("GET", "HEAD", "POST"):
        return _plain(405, "GET or POST", Allow="GET, HEAD, POST")
    foreign = request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    return _plain(403, "open the link itself") if request.method == "POST" and foreign and not crossing else None


def _records(text: str) -> Iterable[object]:
    """One JSON object, a list of them, or JSON Lines."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return list(signals.lines(text))
    return whole if isinstance(whole, list) else [whole]


def _plain(status: int, text: str, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(text + "\n", status, named, content_type="text/plain; charset=utf-8")
