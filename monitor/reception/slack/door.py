"""The connection to Slack (Socket Mode) and what comes through it: each press and command is acknowledged at once, then done."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.client import HTTPException
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode.builtin import SocketModeHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from monitor.domain import BUTTONS as ON_MESSAGES
from monitor.domain import Action
from monitor.errors import DeliveryFailed, MonitorError
from monitor.notifiers.slack import Options, asking, kit
from monitor.notifiers.slack.blocks import BUTTONS
from monitor.plain import clean
from monitor.reception.slack.admission import Admission, sender
from monitor.reception.slack.counter import Counter, Person

log = logging.getLogger("monitor")

COMMAND = "/complaints"
LOOK_EVERY = 10.0
"""Seconds between two looks at the connection."""
LONGEST_WAIT = 300.0
LINE = 450
_DUPLICATE = "duplicate"
Body = dict[str, Any]


class SlackDoor:
    """Open while the daemon runs. Slack being away never stops the daemon: the connection is tried again until it stands."""

    def __init__(self, counter: Counter, channels: Mapping[str, Options], clock: Callable[[], datetime], look_every: float = LOOK_EVERY):
        self._counter = counter
        self._channels = dict(channels)
        self._options = next(iter(self._channels.values()))
        self._clock = clock
        self._look_every = look_every
        self._client = asking.client(self._options.token, self._options.base_url, self._options.timeout)
        self._admission: Admission | None = None
        self._line: SocketModeHandler | None = None
        self._closing = threading.Event()
        self._workers = ThreadPoolExecutor(8, "slack")
        self._keeper = threading.Thread(target=self._keep, name="slack door", daemon=True)
        self._app = self._wired()

    def open(self) -> None:
        """Begin to connect; returns at once."""
        self._keeper.start()

    def close(self) -> None:
        """Hang up, and wait for what is being done."""
        self._closing.set()
        self._keeper.join()
        self._hang_up()
        self._workers.shutdown(wait=True)

    @property
    def connected(self) -> bool:
        """Whether the connection stands."""
        return self._line is not None and self._line.client.is_connected() and self._line.client.message_processor.is_alive()

    def _keep(self) -> None:
        """Connect, and look again and again: a line that Slack cut is renewed by its library, one that stays dead is replaced by us."""
        wait, dead = self._look_every, False
        while not self._closing.is_set():
            if self.connected:
                wait, dead = self._look_every, False
            elif self._line is not None and not dead:
                dead = True
            else:
                wait = self._look_every if self._connect() else min(wait * 2, LONGEST_WAIT)
            self._closing.wait(wait)

    def _connect(self) -> bool:
        self._hang_up()
        try:
            if self._admission is None:
                team = self._options.team or str(asking.ask(self._client.auth_test).get("team_id"))
                groups = tuple(dict.fromkeys(group for options in self._channels.values() for group in options.groups))
                self._admission = Admission(self._client, team, groups, self._clock)
            self._line = _Line(self)
            self._line.connect()  # type: ignore[no-untyped-call]
        except DeliveryFailed as failure:
            log.warning("Slack's buttons do not work now: %s", failure)
            return False
        except Exception as error:
            log.warning("Slack's buttons do not work now: no connection (%s)", type(error).__name__)
            return False
        log.info("connected to Slack: buttons and %s work", COMMAND)
        return True

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            try:
                line.close()  # type: ignore[no-untyped-call]
            except Exception as error:
                log.debug("closing the connection to Slack: %s", type(error).__name__)

    def _wired(self) -> App:
        """Tell the library what we listen to; it asks nothing of Slack for that."""
        team, token = self._options.team, self._options.token.reveal()
        app = App(
            client=self._client,
            authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=team, bot_token=token),
            logger=asking.quiet(),
            listener_executor=self._workers,
            request_verification_enabled=False,  # Socket Mode has no signatures: Slack is at the other end of our own connection
            ssl_check_enabled=False,
            url_verification_enabled=False,
        )
        app.action(re.compile(rf"{BUTTONS}\.[a-z0-9_]+"))(self._pressed)
        app.view(_DUPLICATE)(self._chosen)
        app.command(COMMAND)(self._commanded)
        app.error(_broke)
        return app

    # ---- what comes through the door

    def _pressed(self, ack: Callable[..., Any], body: Body) -> None:
        ack()
        pressed = body["actions"][0]
        person = self._person(body, str(pressed.get("block_id", "")).rpartition(".")[2])
        action, incident_id = str(pressed["action_id"]).partition(".")[2], _number(pressed.get("value"))
        refused = self._refusal(body)
        if refused or incident_id is None or action not in tuple(map(str, ON_MESSAGES)):
            self._whisper(body, self._counter.say(refused or "chat.no_incident", person.language))
        elif action == Action.DUPLICATE:
            self._ask_which(body, incident_id, person)
        else:
            self._do(body, action, incident_id, person)

    def _chosen(self, ack: Callable[..., Any], body: Body) -> None:
        """Somebody chose of which incident one is a duplicate."""
        ack()
        view = body["view"]
        incident, language, channel = [*str(view.get("private_metadata", "")).split("|"), "", "", ""][:3]
        body = {**body, "channel": {"id": channel}}
        state = view.get("state", {}).get("values", {}).get(_DUPLICATE, {}).get(_DUPLICATE, {})
        chosen, number = _number((state.get("selected_option") or {}).get("value")), _number(incident)
        person = self._person(body, language)
        refused = self._refusal(body)
        if refused or chosen is None or number is None:
            self._whisper(body, self._counter.say(refused or "chat.no_incident", person.language))
        else:
            self._do(body, Action.DUPLICATE, number, person, of=chosen)

    def _commanded(self, ack: Callable[..., Any], respond: Callable[..., Any], body: Body) -> None:
        ack()
        person, refused = self._person(body), self._refusal(body)
        texts = [self._counter.say(refused, person.language)] if refused else self._counter.command(str(body.get("text") or ""), person)
        head, *rest = [kit.cut(text, LINE) or "…" for text in texts]
        drawn = kit.rich([kit.section([kit.words(head, **({"bold": True} if rest else {}))])])
        for first in range(0, len(rest), 6):
            drawn += kit.rich([kit.listed(rest[first : first + 6])])
        try:
            respond(text=kit.fallback(head), blocks=drawn, response_type="ephemeral")
        except (SlackClientError, OSError, HTTPException) as error:
            log.warning("%s could not be answered (%s)", COMMAND, type(error).__name__)

    def _do(self, body: Body, action: str, incident_id: int, person: Person, **more: object) -> None:
        """Act, tell who pressed, let all see it."""
        self._whisper(body, self._counter.act(action, incident_id, person, **more))
        try:
            self._counter.show()
        except MonitorError as error:
            log.warning("the living message waits for the next tick: %s", error)

    def _ask_which(self, body: Body, incident_id: int, person: Person) -> None:
        say = self._counter.say
        try:
            others = self._counter.others(incident_id)
        except MonitorError:
            others = []
        if not others:
            self._whisper(body, say("chat.no_other", person.language))
            return
        options = [{"text": kit.plain(f"{number} · {title}", kit.OPTION), "value": str(number)} for number, title in others]
        view = {
            "type": "modal",
            "callback_id": _DUPLICATE,
            "private_metadata": f"{incident_id}|{person.language}|{_channel(body)}",
            "title": kit.plain(say("chat.duplicate_title", person.language), 24),
            "submit": kit.plain(say("chat.duplicate_submit", person.language), 24),
            "close": kit.plain(say("chat.cancel", person.language), 24),
            "blocks": [
                {
                    "type": "input",
                    "block_id": _DUPLICATE,
                    "label": kit.plain(say("chat.duplicate_label", person.language, id=incident_id), 200),
                    "element": {"type": "static_select", "action_id": _DUPLICATE, "options": options},
                }
            ],
        }
        try:
            asking.ask(self._client.views_open, trigger_id=body.get("trigger_id"), view=view)
        except DeliveryFailed as failure:
            log.warning("%s", failure)
            self._whisper(body, say("chat.busy", person.language))

    def _refusal(self, body: Body) -> str | None:
        return self._admission.refusal(body) if self._admission else "chat.busy"

    def _person(self, body: Body, language: str = "") -> Person:
        user = body.get("user") if isinstance(body.get("user"), dict) else {}
        known = user or {}
        name = clean(str(known.get("username") or known.get("name") or body.get("user_name") or ""), 80) or sender(body)
        return Person(name, f"slack:{sender(body)}", language if language in ("ko", "en") else self._language(body))

    def _language(self, body: Body) -> str:
        """The language of the receiver whose channel this is, or of the first."""
        here = {_channel(body), f"#{body.get('channel_name')}", str(body.get("channel_name"))}
        names = [name for name, options in self._channels.items() if options.channel in here] or list(self._channels)
        return self._counter.settings.language(names[0])

    def _whisper(self, body: Body, text: str) -> None:
        """Tell only who pressed."""
        try:
            asking.ask(self._client.chat_postEphemeral, channel=_channel(body), user=sender(body), text=kit.fallback(text))
        except DeliveryFailed as failure:
            log.warning("%s", failure)

    def take(self, client: SocketModeClient, request: SocketModeRequest, pass_on: Callable[..., None]) -> None:
        """Acknowledge, and forget, what came before; pass on the rest."""
        if self._admission is None or not self._counter.first(request.envelope_id):
            client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        else:
            pass_on(client, request)


class _Line(SocketModeHandler):
    """One connection of a door."""

    def __init__(self, door: SlackDoor):
        self._door = door
        options = door._options
        token = options.app_token.reveal() if options.app_token else ""
        super().__init__(door._app, token, logger=asking.quiet(), web_client=asking.client(None, options.base_url, options.timeout))

    def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        """Take one request."""
        self._door.take(client, req, super().handle)


def _broke(error: Exception) -> None:
    log.error("a request from Slack failed", exc_info=error)


def _channel(body: Body) -> str:
    channel = body.get("channel")
    found = channel.get("id") if isinstance(channel, dict) else body.get("channel_id")
    return str(found or "")


def _number(text: object) -> int | None:
    return int(text) if isinstance(text, str) and re.fullmatch(r"[0-9]{1,15}", text) else None
