"""Notifiers carry messages to people. A new one is a class with ``send``, and one line in ``KINDS``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from monitor.domain import Message

KINDS = {
    "apprise": "monitor.notifiers.apprise:Apprise",
    "console": "monitor.notifiers.console:Console",
    "email": "monitor.notifiers.email:Email",
    "jandi": "monitor.notifiers.jandi:Jandi",
    "naver_works": "monitor.notifiers.naver_works:NaverWorks",
    "slack": "monitor.notifiers.slack.bot:Slack",
    "slack_webhook": "monitor.notifiers.slack.webhook:SlackWebhook",
    "webhook": "monitor.notifiers.webhook:Webhook",
}


class Notifier(Protocol):
    """Hands one message to one channel. Does not retry, does not log secrets, escapes what posts contain.

    A class that shows ``message.picture`` says ``pictures = True``; the others are given messages without one.
    """

    def send(self, message: Message, previous: str | None) -> str | None:
        """Return when the channel accepted ``message``: a handle that lets the next message of the thread refer to it.

        ``previous`` is the handle of the last message of the same thread. Raises ``DeliveryFailed``.
        """
        ...


@runtime_checkable
class Updating(Protocol):
    """What a notifier may have besides: replacing, without a sound, a message that its channel shows already.

    It is used for the living message of an incident (``message.update`` is True then: somebody acknowledged it, it grows) and when a post
    that a message quotes was deleted or edited. What cannot be taken back (an e-mail) has no ``update``. Such a class says
    ``updates = True``.
    """

    updates: bool

    def update(self, message: Message, handle: str) -> None:
        """Show ``message`` in the place of the one that ``send`` returned ``handle`` for. Raises ``DeliveryFailed``."""
        ...


@runtime_checkable
class Resuming(Protocol):
    """What a notifier may have besides: finding out what became of an earlier attempt, so that nothing is said twice."""

    def resume(self, message: Message, previous: str | None) -> str | None:
        """Do as ``send`` does for a message that may have got through before, wholly or in part, without our hearing of it."""
        ...


@runtime_checkable
class Addressed(Protocol):
    """What a notifier may have besides: several addresses, each with a notifier and so an outbox row of its own.

    If a server takes two of three recipients, only the third is tried again, whatever happens to this process in between.
    """

    def channels(self) -> Mapping[str, Notifier]:
        """Return a notifier for each address, by address."""
        ...


@runtime_checkable
class Mailing(Protocol):
    """What a notifier may have besides: writing to another address in the same way, as subscribers need it."""

    def readdressed(self, address: str) -> Notifier:
        """Return a notifier like this one for ``address`` (name@example.com) alone. Raises ``DeliveryFailed`` for no address."""
        ...


@runtime_checkable
class Prober(Protocol):
    """What a notifier may have besides: finding out, without sending anything, whether its channel would accept us."""

    def probe(self) -> None:
        """Connect and sign in as ``send`` would. Raises ``DeliveryFailed``."""
        ...


def channels(kind: str, notifier: Notifier) -> dict[str, Notifier]:
    """Return the channels of ``notifier``: itself by the name of its kind, or one for each address (``email:ops@example.com``)."""
    if isinstance(notifier, Addressed):
        return {f"{kind}:{address}": part for address, part in notifier.channels().items()}
    return {kind: notifier}
