"""Kind "jandi": an incoming webhook of JANDI. Its format: https://support.jandi.com/en/articles/8799120."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.decode import Secret
from monitor.domain import Message
from monitor.notifiers import posting
from monitor.notifiers.layout import tone
from monitor.plain import clean

_HEADERS = {"Accept": "application/vnd.tosslab.jandi-v2+json", "Content-Type": "application/json"}
_COLOURS = {
    "critical": "#B42318",
    "high": "#B54708",
    "moderate": "#175CD3",
    "low": "#475467",
    "resolved": "#067647",
    "health": "#5925DC",
}
_LONGEST = 4_000
"""JANDI states no limit; longer messages go out in parts of so many characters."""


@dataclass(frozen=True, slots=True)
class Options:
    """``url``: the webhook's address (JANDI Connect, Incoming Webhook), which is a secret: whoever has it may write to your topic."""

    url: Secret
    timeout: timedelta = timedelta(seconds=10)

    def __post_init__(self) -> None:
        if wrong := posting.unsafe(self.url.reveal()):
            raise ValueError(f"url {wrong}")


class Jandi:
    """Posts each message anew; JANDI's webhooks know no threads and change nothing afterwards."""

    def __init__(self, options: Options, clock: Callable[[], datetime] | None = None):
        self.options = options
        self._poster = posting.Poster("jandi", options.timeout, [options.url], clock)

    def __repr__(self) -> str:
        return "Jandi(***)"

    def send(self, message: Message, previous: str | None = None) -> None:
        """Post ``message``, in as many parts as it needs. Raises ``DeliveryFailed``."""
        self._poster.pages(message, _pages(message), lambda body: self._poster.post(self.options.url, body, _HEADERS))


def _pages(message: Message) -> Iterator[bytes]:
    """The subject stands above, the rest in the coloured part below it."""
    subject = posting.harmless(clean(message.subject, 200)) or "-"
    for number, text in enumerate(posting.texts(message, 60, _LONGEST), 1):
        body = subject if number == 1 else f"{subject} ({number})"
        part = {"body": body, "connectColor": _COLOURS[tone(message)], "connectInfo": [{"description": text}]}
        yield json.dumps(part, ensure_ascii=False).encode()
