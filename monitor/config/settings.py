"""Everything the program is told to do: the file's word where it has one, the default where not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor import alerting, domain, emergence, forecast, grouping, plugins, reach, shipped
from monitor.alerting import Budget, Desk, OnCall, Route
from monitor.classifiers import KINDS as CLASSIFIERS
from monitor.config.sections import (
    Classifier,
    Collector,
    Language,
    Monitor,
    Notifier,
    Partner,
    Playbook,
    Receiver,
    Retention,
    RetentionTable,
    Signals,
    Subscribers,
    Topic,
    Web,
)
from monitor.decode import Location
from monitor.domain import Because
from monitor.errors import NotFound
from monitor.notifiers import KINDS as NOTIFIERS

SHORT = 3
"""Letters of a Latin term that is worth a remark where it need not stand alone."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Settings:
    """Everything config.toml says, checked; what it leaves out has its default."""

    monitor: Monitor
    budget: Budget
    watches: tuple[domain.Watch, ...]
    collectors: tuple[Collector, ...]
    classifier: Classifier
    topics: tuple[Topic, ...]
    playbooks: tuple[Playbook, ...]
    routes: tuple[Route, ...]
    receivers: tuple[Receiver, ...]
    retention: Retention
    grouping: grouping.Parameters
    emergence: emergence.Parameters
    reach: reach.Parameters
    forecast: forecast.Parameters
    decision: alerting.Parameters
    oncall: tuple[OnCall, ...] = ()
    partners: tuple[Partner, ...] = ()
    subscribers: Subscribers = field(default_factory=Subscribers)
    signals: Signals = field(default_factory=Signals)
    web: Web = field(default_factory=Web)
    path: Path | None = field(default=None, compare=False)

    @property
    def zone(self) -> ZoneInfo:
        """Zone of all times shown."""
        return self.monitor.timezone

    @cached_property
    def desk(self) -> Desk:
        """Whom we may tell and how often, as the decision needs it."""
        return Desk(
            receivers=tuple(
                alerting.Receiver(r.name, r.quiet_hours, r.cap, r.hours, r.days, r.holidays, r.otherwise) for r in self.receivers
            ),
            routes=self.routes,
            budget=self.budget,
            threshold=self.monitor.threshold,
            zone=self.zone,
            silent=self.monitor.mode == "silent",
            oncall=self.oncall,
        )

    def receiver(self, name: str) -> Receiver:
        """Return the receiver ``name``; raises ``NotFound``."""
        for receiver in self.receivers:
            if receiver.name == name:
                return receiver
        raise NotFound(f'no receiver "{name}"')

    def playbook(self, topic: str) -> Playbook | None:
        """Return what to do about ``topic``."""
        return next((playbook for playbook in self.playbooks if playbook.topic == topic), None)

    def topic(self, name: str) -> Topic | None:
        """Return what the file says about a topic: its own name, weight, terms."""
        return next((topic for topic in self.topics if topic.name == name), None)

    def remarks(self) -> tuple[Because, ...]:
        """Return what an operator should know although the file is right; ``messages.sentence`` says it."""
        lacks = (("config_no_watch", not self.watches), ("config_no_collector", not self.collectors), ("config_silent", self.desk.silent))
        return tuple(Because(code) for code, holds in lacks if holds) + tuple(self._short()) + tuple(self._unrouted())

    def _short(self) -> Iterator[Because]:
        """Yield the Latin terms so short that they stand in many longer words."""
        for watch in self.watches:
            for term in watch.any:
                if len(term) <= SHORT and term.isascii() and term.isalnum() and not watch.whole_words:
                    yield Because("config_short", {"watch": watch.name, "term": term})

    def _unrouted(self) -> Iterator[Because]:
        """Yield the first topic of each watch whose critical incidents no route takes; conditions on the posts count as met."""
        platforms = {platform for route in self.routes for platform in route.platform}
        languages = {language for route in self.routes for language in route.language}
        partners = {partner for route in self.routes for partner in route.partner}
        for watch in self.watches:
            for topic in (*domain.TOPICS, *(own.name for own in self.topics)):
                incident = domain.Incident(0, watch.name, domain.Kind.COMPLAINT, topic, "", domain.Status.CANDIDATE, _EPOCH, _EPOCH, 0, 0)
                if not alerting.named(incident, domain.Severity.CRITICAL, platforms, languages, self.desk, partners):
                    yield Because("config_unrouted", {"watch": watch.name, "topic": topic})
                    break

    def language(self, receiver: str) -> str:
        """Return the language of ``receiver``'s messages."""
        return self.receiver(receiver).language or self.monitor.language


def defaults() -> Settings:
    """Return what holds without any file: no watch, no collector, the embedded model, one receiver at the console."""
    return Settings(
        monitor=Monitor(),
        budget=Budget(),
        watches=(),
        collectors=(),
        classifier=_default_classifier(),
        topics=(),
        playbooks=(),
        routes=(),
        receivers=(console_receiver(),),
        retention=Retention.of(RetentionTable()),
        grouping=grouping.Parameters(),
        emergence=emergence.Parameters(),
        reach=reach.Parameters(),
        forecast=forecast.Parameters(),
        decision=alerting.Parameters(),
    )


def console_receiver() -> Receiver:
    """Return the receiver that is there when the file names none."""
    return Receiver("console", None, None, None, (Notifier("console", "console", _default_options(NOTIFIERS, "console")),))


def _default_classifier() -> Classifier:
    return Classifier("embedded", 0.5, _default_options(CLASSIFIERS, "embedded"))


def _default_options(kinds: Mapping[str, str], kind: str) -> object:
    return plugins.options_of(plugins.load(kinds, kind))()


def with_weights(parameters: alerting.Parameters, topics: tuple[Topic, ...]) -> alerting.Parameters:
    """Return the decision's parameters with the weights that [[topic]] tables state."""
    stated = {topic.name: topic.weight for topic in topics if topic.weight is not None}
    return replace(parameters, topic_weights={**parameters.topic_weights, **stated}) if stated else parameters


def with_watches(settings: Settings, watches: Sequence[domain.Watch]) -> Settings:
    """Return ``settings`` for these watches instead of the file's."""
    return replace(settings, watches=tuple(watches))


def with_database(settings: Settings, database: str) -> Settings:
    """Return ``settings`` on another database."""
    return replace(settings, monitor=replace(settings.monitor, database=Location(database)))


def with_language(settings: Settings, language: str) -> Settings:
    """Return ``settings`` in ``language`` ("ko", else English), for all receivers."""
    spoken: Language = "ko" if language == "ko" else "en"
    receivers = tuple(replace(receiver, language=spoken) for receiver in settings.receivers)
    return replace(settings, monitor=replace(settings.monitor, language=spoken), receivers=receivers)


def template() -> Path:
    """Return the commented example that ships with the program."""
    return shipped.file("config.toml")
