"""Puts settings and plug-ins together: the one place where kinds become classifiers, collectors and notifiers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from monitor import classifiers, collectors, config, messages, notifiers, plugins
from monitor.classifiers import Classifier, Embedder, trained
from monitor.collectors import Collector
from monitor.collectors.metering import Meter
from monitor.config import Settings
from monitor.domain import TOPICS, Because, Labels, Message, Passage
from monitor.errors import DeliveryFailed, ModelError
from monitor.matching import Matcher
from monitor.notifiers import Notifier
from monitor.pipeline.parts import Parts, Source
from monitor.pipeline.topics import OwnTopics

__all__ = ["Awaited", "Kept", "Parts", "classifier", "parts", "sources", "test_message", "untrained"]


class Kept:
    """A notifier that sends nothing and keeps what it was given: replays speak to nobody."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message, previous: str | None) -> str | None:
        """Keep ``message``."""
        self.messages.append(message)
        return None

    def readdressed(self, address: str) -> Kept:
        """Keep what goes to subscribers too."""
        return self


def classifier(settings: Settings, database: Path | None = None) -> Classifier:
    """Return the configured model, with the company's own topics and what staff taught it; raises ``ModelError`` or ``ConfigError``.

    "auto" takes heads from beside ``database``, else beside the configured one; none where no file configures one.
    """
    found, embedder = untrained(settings)
    beside = database or (Path(settings.monitor.database) if settings.path else None)
    heads = None if beside is None else trained.found_for(_heads(settings), beside, found.model, embedder.vectors)
    return found if heads is None else trained.Trained(found, embedder, heads)


def untrained(settings: Settings) -> tuple[Classifier, Embedder]:
    """Return the configured model with the company's own topics, and what gives vectors for it; errors as ``classifier``."""
    found: Classifier = plugins.make(plugins.load(classifiers.KINDS, settings.classifier.kind), settings.classifier.options)
    own = [topic for topic in settings.topics if topic.any or topic.name not in TOPICS]
    return OwnTopics(found, own) if own else found, trained.embedder_of(found)


def _heads(settings: Settings) -> str:
    """A folder is meant beside the configuration file."""
    wanted = settings.classifier.heads
    if wanted in (trained.AUTO, trained.NONE) or settings.path is None:
        return wanted
    return str(settings.path.parent / Path(wanted).expanduser())


class Awaited:
    """A classifier that could not be loaded, and is tried again at every use; until then everything but judging goes on."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._found: Classifier | None = None

    @property
    def model(self) -> str:
        """The model behind it; raises ``ModelError`` while there is none."""
        return self._load().model

    def classify(self, passages: Sequence[Passage]) -> list[Labels]:
        """Return one verdict for each passage; raises ``ModelError`` while there is no model."""
        return self._load().classify(passages)

    def _load(self) -> Classifier:
        if self._found is None:
            self._found = classifier(self._settings)
        return self._found


def parts(settings: Settings, instead: Notifier | None = None, *, patient: bool = False) -> Parts:
    """Return all that the steps need; with ``instead`` every channel is replaced by that notifier.

    Raises ``ModelError``; ``patient`` goes on without a model, so that posts are kept and staff are told.
    """
    try:
        judge = classifier(settings)
    except ModelError:
        if not patient:
            raise
        judge = Awaited(settings)
    return Parts(settings, judge, Matcher(settings.watches), dict(_channels(settings, instead)))


def _channels(settings: Settings, instead: Notifier | None) -> Iterator[tuple[tuple[str, str], Notifier]]:
    for receiver in settings.receivers:
        for channel in receiver.notifiers:
            kind = plugins.load(notifiers.KINDS, channel.kind)
            made = instead or plugins.make(kind, channel.options, name=channel.name, links=settings.web.links)
            for name, part in notifiers.channels(channel.name, made).items():
                yield (receiver.name, name), part


def sources(settings: Settings) -> list[Source]:
    """Return the configured collectors, each with its meter."""
    return [_source(settings, table) for table in settings.collectors]


def _source(settings: Settings, table: config.Collector) -> Source:
    meter = Meter(table.name, table.budget)
    made: Collector = plugins.make(
        plugins.load(collectors.KINDS, table.kind),
        table.options,
        name=table.name,
        watches=settings.watches,
        clock=lambda: datetime.now(UTC),
        meter=meter,
    )
    return Source(table.name, made, table.every, meter, table.kind)


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
