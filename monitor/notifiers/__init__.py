"""Notifiers carry messages to people. A new one is a class with ``send``, and one line in ``KINDS``."""

from __future__ import annotations

from typing import Protocol

from monitor.domain import Message

KINDS = {
    "console": "monitor.notifiers.console:Console",
    "email": "monitor.notifiers.email:Email",
}


class Notifier(Protocol):
    """Hands one message to one channel. Does not retry, does not log secrets, escapes what posts contain."""

    def send(self, message: Message, previous: str | None) -> str | None:
        """Return when the channel accepted ``message``: a handle that lets the next message of the thread refer to it.

        ``previous`` is the handle of the last message of the same thread. Raises ``DeliveryFailed``.
        """
        ...
