"""Kind "slack": a bot keeps one message per incident and channel up to date, tells its history in its thread, and shows buttons."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from slack_sdk import WebClient

from monitor.decode import Secret
from monitor.domain import Message, Reason
from monitor.errors import DeliveryFailed
from monitor.notifiers import posting
from monitor.notifiers.slack import asking, blocks, kit
from monitor.notifiers.slack.asking import GONE, TOO_LONG, Refused, ask
from monitor.notifiers.slack.kit import Block
from monitor.notifiers.slack.pictures import Pictures

EVENT = "complaint_alert"
"""Type of the metadata by which we know our own messages again."""
HEARD = frozenset({Reason.FIRST, Reason.WORSENED, Reason.CROSSED, Reason.ESCALATED, Reason.REPEAT})
"""News that the whole channel should see, not only who follows the thread; ``FIRST`` again, of an incident that has come back."""
BEFORE = timedelta(minutes=5)
LOOKED_THROUGH = 5
_REMEMBERED = 200
_HANDLE = re.compile(r"([A-Z][A-Z0-9]{2,30})/(\d{1,12}\.\d{1,9})")


@dataclass(frozen=True, slots=True)
class Options:
    """``token`` of the bot, and the ``channel`` (its id, or its name) it was invited to.

    With ``app_token`` the buttons work and ``/complaints`` is answered: over Socket Mode, no port is opened. Only members of the workspace
    ``team`` (by default the bot's own) may press them and, if ``groups`` names user groups by their ids, only their members.
    """

    token: Secret
    channel: str
    app_token: Secret | None = None
    team: str | None = None
    groups: tuple[str, ...] = ()
    pictures: bool = True
    base_url: str = asking.HOME
    timeout: timedelta = timedelta(seconds=10)

    def __post_init__(self) -> None:
        problems = []
        if not re.fullmatch(r"#?[^\s#@<>&]{1,80}", self.channel):
            problems.append('channel must be a channel\'s id, such as "C0123456789", or its name')
        if wrong := posting.unsafe(self.base_url):
            problems.append(f"base_url {wrong}")
        if self.team is not None and not re.fullmatch(r"[TE][A-Z0-9]{2,30}", self.team):
            problems.append('team must be a workspace\'s id, such as "T0123456789"')
        if any(not re.fullmatch(r"S[A-Z0-9]{2,30}", group) for group in self.groups):
            problems.append('groups must hold ids of user groups, such as "S0123456789"')
        if problems:
            raise ValueError("; ".join(problems))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a living message stands: a channel's id and the message's ``ts``."""

    channel: str
    ts: str

    @classmethod
    def parse(cls, handle: str | None) -> Place | None:
        """Read a handle; None for one that is not ours."""
        found = _HANDLE.fullmatch(handle or "")
        return cls(found[1], found[2]) if found else None

    def __str__(self) -> str:
        return f"{self.channel}/{self.ts}"


@dataclass(frozen=True, slots=True)
class _Begun:
    """A message of which something got through: where it stands, and which parts the thread has."""

    place: Place
    told: set[int] = field(default_factory=set)


class Slack:
    """Posts and updates messages in one channel.

    A handle is channel/ts of the living message. What an earlier attempt brought about is known again by its metadata (``resume``), so a
    process that dies between Slack's yes and ours repeats nothing where the bot may read the channel's history.
    """

    updates = True

    def __init__(self, options: Options):
        self.options = options
        self.pictures = options.pictures
        self._client: WebClient = asking.client(options.token, options.base_url, options.timeout)
        self._pictures = Pictures(self._client)
        self._begun: OrderedDict[str, _Begun] = OrderedDict()

    def __repr__(self) -> str:
        return f"Slack({self.options.channel})"

    def send(self, message: Message, previous: str | None = None) -> str:
        """Post ``message``, or bring the message it continues up to date and tell the news in its thread. Raises ``DeliveryFailed``."""
        return str(self._deliver(message, _continued(message, previous), self._begun.get(message.dedup_key)))

    def resume(self, message: Message, previous: str | None = None) -> str:
        """``send`` again what may have got through before: first looks whether it stands there already. Raises ``DeliveryFailed``."""
        place, begun = _continued(message, previous), self._begun.get(message.dedup_key)
        stands = begun.place if begun else place or self._standing(message)
        if stands is not None:
            begun = begun or _Begun(stands)
            begun.told.update(self._told(stands, message))
        return str(self._deliver(message, place, begun))

    def update(self, message: Message, handle: str) -> None:
        """Show ``message`` in the place of the one at ``handle``, without a sound. Raises ``DeliveryFailed``."""
        place = Place.parse(handle)
        if place is None:
            raise DeliveryFailed("slack: there is no message to update", permanent=True)
        try:
            self._change(place, message, self._picture(message))
        except Refused as refusal:
            raise DeliveryFailed(
                str(refusal), permanent=refusal.permanent or refusal.code in GONE, retry_after=refusal.retry_after
            ) from None

    def probe(self) -> None:
        """Ask who we are and, where the channel is named by its id, whether we may look at it. Raises ``DeliveryFailed``."""
        ask(self._client.auth_test)
        if re.fullmatch(r"[CG][A-Z0-9]{8,30}", self.options.channel):
            try:
                ask(self._client.conversations_history, channel=self.options.channel, limit=1)
            except Refused as refusal:
                if refusal.code != "missing_scope":  # posting needs no leave to read
                    raise

    def _deliver(self, message: Message, place: Place | None, begun: _Begun | None) -> Place:
        if place is not None and not self._refreshed(place, message):
            place, begun = None, begun if begun and begun.place != place else None
        stands = place or (begun.place if begun else self._post(message))
        begun = begun or _Begun(stands)
        self._begun[message.dedup_key] = begun
        while len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)
        self._tell(stands, message, begun.told, news=place is not None)
        self._begun.pop(message.dedup_key, None)
        if self._pictures.known(message.picture) is None and (file_id := self._picture(message)):
            self._show(stands, message, file_id)
        return stands

    def _refreshed(self, place: Place, message: Message) -> bool:
        """Bring the living message up to date; False if somebody removed it."""
        try:
            self._change(place, message, self._pictures.known(message.picture))
        except Refused as refusal:
            if refusal.code not in GONE:
                raise
            return False
        return True

    def _post(self, message: Message) -> Place:
        drawn, mark = blocks.draw(message), _mark(message)
        try:
            answer = self._say(drawn.living, message, metadata=mark)
        except Refused as refusal:
            if refusal.code not in TOO_LONG:
                raise
            answer = self._say(blocks.short(message), message, metadata=mark)
        place = Place.parse(f"{answer.get('channel')}/{answer.get('ts')}")
        if place is None:
            raise DeliveryFailed("slack: chat.postMessage: an answer without channel and ts")
        return place

    def _change(self, place: Place, message: Message, file_id: str | None) -> None:
        """Draw the living message anew; where Slack does not like the drawing, with less on it."""
        drawings = [blocks.draw(message).living, blocks.short(message)]
        if file_id:
            drawings.insert(0, blocks.draw(message, file_id).living)
        for number, drawing in enumerate(drawings, 1):
            try:
                text = kit.fallback(message.subject)
                ask(self._client.chat_update, channel=place.channel, ts=place.ts, text=text, blocks=drawing)
                return
            except Refused as refusal:
                if refusal.code not in TOO_LONG or number == len(drawings):
                    raise

    def _tell(self, place: Place, message: Message, told: set[int], news: bool) -> None:
        """Write into the thread what is news, and what there is to read. A channel without threads does without."""
        pages = list(kit.pages(blocks.draw(message, told=news).thread))
        if news:
            pages = [*kit.pages(blocks.notice(message)), *pages]
        for part, page in enumerate(pages, 1):
            heard = news and part == 1 and message.reason in HEARD
            if part in told:
                continue
            try:
                self._say(page, message, place.channel, thread_ts=place.ts, reply_broadcast=heard, metadata=_mark(message, part))
            except Refused as refusal:
                if not refusal.permanent and refusal.code not in TOO_LONG | GONE:
                    raise
            told.add(part)

    def _say(self, drawn: list[Block], message: Message, channel: str | None = None, **more: Any) -> dict[str, Any]:
        text = kit.fallback(message.subject)
        to = channel or self.options.channel
        answer = ask(self._client.chat_postMessage, channel=to, text=text, blocks=drawn, unfurl_links=False, unfurl_media=False, **more)
        return answer.data if isinstance(answer.data, dict) else {}

    def _picture(self, message: Message) -> str | None:
        """Upload the message's picture, if it has one; an alert without its picture is better than none."""
        return self._pictures.upload(message.picture, message.subject) if message.picture and self.options.pictures else None

    def _show(self, place: Place, message: Message, file_id: str) -> None:
        try:
            self._change(place, message, file_id)
        except DeliveryFailed:
            return  # the words arrived; the next change of the message shows the picture

    def _standing(self, message: Message) -> Place | None:
        """Where an earlier attempt posted ``message``, if the channel's history shows it and we may read it."""
        if not re.fullmatch(r"[A-Z][A-Z0-9]{8,30}", self.options.channel):
            return None
        key = _mark(message)["event_payload"]
        for entry in self._read(self._client.conversations_history, message, channel=self.options.channel):
            if _marked(entry) == key:
                return Place.parse(f"{self.options.channel}/{entry.get('ts')}")
        return None

    def _told(self, place: Place, message: Message) -> set[int]:
        """Which parts of the thread's news an earlier attempt has told."""
        found = set()
        for entry in self._read(self._client.conversations_replies, message, channel=place.channel, ts=place.ts):
            said = _marked(entry)
            if said.get("dedup_key") == _key(message) and isinstance(said.get("part"), int):
                found.add(said["part"])
        return found

    def _read(self, method: Any, message: Message, **where: str) -> Iterator[dict[str, Any]]:
        """Yield what was posted since shortly before ``message`` was written; nothing where we may not read."""
        oldest, cursor = f"{(message.sent_at - BEFORE).timestamp():.6f}", None
        for _ in range(LOOKED_THROUGH):
            try:
                answer = ask(method, **where, oldest=oldest, limit=200, cursor=cursor, include_all_metadata=True)
            except DeliveryFailed as failure:
                if failure.permanent:
                    return
                raise
            said = answer.data if isinstance(answer.data, dict) else {}
            yield from (entry for entry in said.get("messages") or () if isinstance(entry, dict))
            cursor = (said.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return


def _continued(message: Message, previous: str | None) -> Place | None:
    """Where the living message stands that ``message`` continues; only an incident has one.

    Other news (a storm page, a digest, trouble of our own, the weekly report) is posted anew, or nobody would hear it.
    """
    return Place.parse(previous) if message.reason is not None else None


def _key(message: Message) -> str:
    """Our name for a message, the same in every process; hashed, for a key may be long."""
    return hashlib.sha256(f"{message.dedup_key}|{message.language}".encode(errors="replace")).hexdigest()[:32]


def _mark(message: Message, part: int = 0) -> dict[str, Any]:
    return {"event_type": EVENT, "event_payload": {"dedup_key": _key(message), "part": part}}


def _marked(entry: dict[str, Any]) -> dict[str, Any]:
    found = entry.get("metadata")
    said = found.get("event_payload") if isinstance(found, dict) and found.get("event_type") == EVENT else None
    return said if isinstance(said, dict) else {}
