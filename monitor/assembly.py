"""Puts settings and plug-ins together: the one place where kinds become classifiers, collectors and notifiers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from monitor import classifiers, collectors, messages, notifiers, plugins
from monitor.classifiers import Classifier
from monitor.collectors import Collector
from monitor.collectors.metering import Meter
from monitor.config import Settings
from monitor.domain import TOPICS, Because, Message
from monitor.errors import CollectFailed, DeliveryFailed
from monitor.matching import Matcher
from monitor.notifiers import Notifier
from monitor.pipeline.parts import Parts
from monitor.pipeline.topics import OwnTopics

__all__ = ["Kept", "Parts", "classifier", "parts", "sources", "test_message", "trouble_with"]


class Kept:
    """A notifier that sends nothing and keeps what it was given: replays speak to nobody."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message, previous: str | None) -> str | None:
        """Keep ``message``."""
        self.messages.append(message)
        return None


def classifier(settings: Settings) -> Classifier:
    """Return the configured model, with the company's own topics; raises ``ModelError`` or ``ConfigError``."""
    found: Classifier = plugins.make(plugins.load(classifiers.KINDS, settings.classifier.kind), settings.classifier.options)
    own = [topic for topic in settings.topics if topic.any or topic.name not in TOPICS]
    return OwnTopics(found, own) if own else found


def parts(settings: Settings, instead: Notifier | None = None) -> Parts:
    """Return all that the steps need; with ``instead`` every channel is replaced by that notifier."""
    return Parts(settings, classifier(settings), Matcher(settings.watches), dict(_channels(settings, instead)))


def _channels(settings: Settings, instead: Notifier | None) -> Iterator[tuple[tuple[str, str], Notifier]]:
    for receiver in settings.receivers:
        for channel in receiver.notifiers:
            made = instead or plugins.make(plugins.load(notifiers.KINDS, channel.kind), channel.options, name=channel.name)
            for name, part in notifiers.channels(channel.name, made).items():
                yield (receiver.name, name), part


def sources(settings: Settings) -> dict[str, tuple[Collector, timedelta]]:
    """Return the configured collectors by name, each with its interval."""
    return {
        source.name: (
            plugins.make(
                plugins.load(collectors.KINDS, source.kind),
                source.options,
                name=source.name,
                watches=settings.watches,
                clock=lambda: datetime.now(UTC),
                meter=Meter(source.name, source.budget),
            ),
            source.every,
        )
        for source in settings.collectors
    }


def trouble_with(collector: Collector) -> str | None:
    """Ask a collector for its first page; return what is wrong, or None."""
    try:
        next(iter(collector.pages(None)), None)
    except CollectFailed as failure:
        return str(failure)
    return None


def test_message(settings: Settings, receiver: str, now: datetime) -> Message:
    """Write a message that only says that messages arrive."""
    return messages.health(Because("test", {"name": receiver}), now, settings.language(receiver), settings.zone)


def send(notifier: Notifier, message: Message) -> str | None:
    """Send one message now; return what went wrong, or None."""
    try:
        notifier.send(message, None)
    except DeliveryFailed as failure:
        return str(failure)
    return None
