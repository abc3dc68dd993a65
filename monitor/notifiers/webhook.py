"""Kind "webhook": each message as signed JSON to a program of your own; docs/webhook.md has the schema."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor import signing
from monitor.decode import Secret
from monitor.domain import Answer, Message
from monitor.notifiers import layout, posting
from monitor.plain import address, clean

VERSION = 1
"""Of the schema: keys may be added, none is taken away or changes its meaning within a version."""
LONGEST = layout.LONGEST
_DELIVERY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Options:
    """``url`` of the receiving program, and the ``secret`` that signs (16 characters at least, or "whsec_" and base64)."""

    url: Secret
    secret: Secret
    timeout: timedelta = timedelta(seconds=10)

    def __post_init__(self) -> None:
        wrong = posting.unsafe(self.url.reveal())
        problems = [f"url {wrong}"] if wrong else []
        if len(self.secret.reveal()) < 16:
            problems.append("secret must have at least 16 characters")
        if problems:
            raise ValueError("; ".join(problems))


class Webhook:
    """Posts a message as one JSON object; told of changes too, so that the receiving program shows what is still so."""

    updates = True

    def __init__(self, options: Options, clock: Callable[[], datetime] | None = None):
        self.options = options
        self._poster = posting.Poster("webhook", options.timeout, [options.url, options.secret], clock)

    def __repr__(self) -> str:
        return "Webhook(***)"

    def send(self, message: Message, previous: str | None = None) -> str:
        """Post ``message``; returns its delivery id, the same whenever it is sent again. Raises ``DeliveryFailed``."""
        delivery = _delivery(message.dedup_key, message.language)
        self._say(delivery, record(message) | {"id": delivery, "type": "message", "previous": _known(previous)})
        return delivery

    def update(self, message: Message, handle: str) -> None:
        """Post what ``handle`` says now: with a delivery id of its own, since it is another text. Raises ``DeliveryFailed``."""
        told = record(message)
        delivery = _delivery(handle, json.dumps(told, sort_keys=True))
        self._say(delivery, told | {"id": delivery, "type": "update", "previous": _known(handle)})

    def _say(self, delivery: str, told: dict[str, Any]) -> None:
        body = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
        signed = signing.headers(self.options.secret.reveal(), delivery, body, self._poster.clock())
        self._poster.post(self.options.url, body, {"Content-Type": "application/json; charset=utf-8", **signed})


def record(message: Message) -> dict[str, Any]:
    """Return ``message`` as JSON has it: plain text without control characters, not escaped for anything."""
    incident = re.fullmatch(r"incident-([0-9]{1,18})", message.thread)
    return {
        "version": VERSION,
        "incident": int(incident[1]) if incident else None,
        "thread": clean(message.thread, 200),
        "sent_at": message.sent_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "language": clean(message.language, 20),
        "severity": message.severity.value,
        "reason": message.reason.value if message.reason else None,
        "subject": clean(message.subject, LONGEST),
        "badge": clean(message.badge, 200),
        "headline": clean(message.headline, LONGEST),
        "lines": _texts(message.lines),
        "facts": [{"label": clean(fact.label, 200), "value": clean(fact.value, LONGEST)} for fact in message.facts],
        "quotes": [_quote(quote.text, quote.source, quote.url) for quote in message.quotes],
        "spread": _spread(message),
        "actions": _texts(message.actions),
        "why": _texts(message.why),
        "brief": [_answer(answer) for answer in message.brief],
        "stage": _answer(message.stage) if message.stage else None,
        "replies": [{"language": clean(reply.language, 20), "text": clean(reply.text, LONGEST)} for reply in message.replies],
        "never": _texts(message.never),
        "footer": _texts(message.footer),
        "link": address(message.link),
    }


def _texts(texts: tuple[str, ...]) -> list[str]:
    return [clean(text, LONGEST) for text in texts if text]


def _quote(text: str, source: str, url: str | None) -> dict[str, str | None]:
    return {"text": clean(text, LONGEST), "source": clean(source, 400), "url": address(url)}


def _answer(answer: Answer) -> dict[str, Any]:
    quotes = [_quote(quote.text, quote.source, quote.url) for quote in answer.quotes]
    return {"question": clean(answer.question, 400), "lines": _texts(answer.lines), "quotes": quotes}


def _spread(message: Message) -> dict[str, Any] | None:
    if message.spread is None:
        return None
    spread = message.spread
    bars = [
        {"label": clean(bar.label, 60), "text": clean(bar.value, 100)}
        | {name: round(getattr(bar.people, name)) for name in ("p10", "p50", "p90")}
        for bar in spread.bars
    ]
    return {"threshold": spread.threshold, "mark": clean(spread.mark, 100), "caption": clean(spread.caption, LONGEST), "people": bars}


def _delivery(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()[:32]


def _known(handle: str | None) -> str | None:
    return handle if handle is not None and _DELIVERY.fullmatch(handle) else None
