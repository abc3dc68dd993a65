"""What may stand in config.toml, one dataclass for each table; the sentence under a field is its line in the documentation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from monitor import domain
from monitor.alerting import Hours, OnCall, Weekday
from monitor.collectors.metering import UNLIMITED, Allowance
from monitor.config.calendars import Country, WallTime
from monitor.decode import Between, Filled, Location, Secret
from monitor.signing import Links

Language = Literal["ko", "en"]
Name = Annotated[str, Filled()]
Share = Annotated[float, Between(0, 1)]
Options = Mapping[str, object]
Talk = Literal["sports", "stocks", "jobs", "property", "sales"]
SEOUL = ZoneInfo("Asia/Seoul")
KOREA = Country("KR")
DATABASE = Location("monitor.db")
_BASE = re.compile(r"(https://[A-Za-z0-9.:\[\]-]+|http://(127\.0\.0\.1|localhost)(:[0-9]+)?)(/[A-Za-z0-9._~/-]*)?")


@dataclass(frozen=True)
class Monitor:
    """[monitor]: the database, the language, what counts as a crisis."""

    database: Location = DATABASE
    """The SQLite file; a relative path starts at the folder of config.toml."""
    language: Language = "ko"
    """Language of messages and of every command's output; a receiver may have its own."""
    timezone: ZoneInfo = SEOUL
    """Zone of all times shown, and of quiet hours."""
    threshold: Annotated[int, Between(1)] = 6000
    """People who have seen a complaint from which it counts as a crisis."""
    mode: Literal["live", "silent"] = "live"
    """"silent" records decisions without sending anything: a rehearsal."""
    heartbeat: str | None = None
    """Address that is called after each tick, so that another system notices when we stop."""
    responsible: str = ""
    """Who answers for complaints no playbook has an owner for."""

    def __post_init__(self) -> None:
        if self.heartbeat is not None and not self.heartbeat.startswith(("https://", "http://")):
            raise ValueError("heartbeat must begin with https:// or http://")


@dataclass(frozen=True)
class Watch:
    """[[watch]]: a name to track."""

    name: Name
    """Name of the watch, as it appears in messages."""
    any: tuple[Name, ...] = ()
    """Terms that mean it: a post that contains one is about it (case is ignored, part of a word is enough). None: every post is."""
    none: tuple[Name, ...] = ()
    """Terms that rule a post out (namesakes)."""
    languages: tuple[str, ...] = ()
    """Languages to keep, such as "ko"; none: all."""
    variants: bool = True
    """Whether terms are also found with or without a space, hyphen or dot between their parts, in full width, without accents."""
    whole_words: bool = False
    """Whether a Latin term must stand alone: `sk` then is not found in `task`. Korean may follow it all the same (`SK가`)."""
    exclude: tuple[Talk, ...] = ()
    """Other talk that rules a post out, known by the words near the name, unless its author sounds like a customer."""


@dataclass(frozen=True)
class CollectorTable:
    """[[collector]]: a source of posts."""

    name: Name
    """Name of the source in health records and messages."""
    kind: Name
    """What kind of source it is; ``monitor kinds`` lists them."""
    every: timedelta = timedelta(minutes=5)
    """How often it is asked."""
    budget: Allowance = UNLIMITED
    """What it may spend, as [collector.budget]."""
    options: Options = field(default_factory=dict)
    """What the kind wants to know, as [collector.options]."""


@dataclass(frozen=True)
class ClassifierTable:
    """[classifier]: the model that judges posts."""

    kind: Name = "embedded"
    """What kind of model runs; ``monitor kinds`` lists them."""
    complaint_threshold: Share = 0.5
    """Complaint probability from which a post counts as a complaint."""
    heads: Name = "auto"
    """What ``monitor train`` learnt: "auto" (the newest beside the database), "none", or the folder of a version."""
    options: Options = field(default_factory=dict)
    """What the kind wants to know, as [classifier.options]."""


@dataclass(frozen=True)
class Topic:
    """[[topic]]: a topic of the company's own, or another weight for one of the twelve."""

    name: Name
    """Name in the database; one of the twelve, or a new one."""
    ko: str = ""
    """Name in Korean messages."""
    en: str = ""
    """Name in English messages."""
    weight: Annotated[float, Between(0, 100)] | None = None
    """How much worse than a delayed parcel it is."""
    any: tuple[Name, ...] = ()
    """Terms that make a complaint belong to this topic of the company's own."""
    about: str = ""
    """What it is about, in a sentence; works like one more example."""
    examples: tuple[Name, ...] = ()
    """Posts as customers write them, five or more, in each language that matters: what resembles them belongs to the topic."""

    def label(self, language: str) -> str | None:
        """Return the name that messages in ``language`` use, or None where the file gives none."""
        return (self.ko if language == "ko" else self.en) or None


@dataclass(frozen=True)
class Guide:
    """[playbook.ko], [playbook.en]: a playbook in one language."""

    steps: tuple[Name, ...] = ()
    """What to do, in order."""
    reply: str = ""
    """Draft of a reply; {customer}, {company}, {contact} are filled in by the person who sends it."""
    never: tuple[Name, ...] = ()
    """What never to say."""
    proactive: str = ""
    """What to tell customers before they complain."""


@dataclass(frozen=True)
class Playbook:
    """[[playbook]]: what to do about a topic."""

    topic: Name
    """The topic it is for."""
    owner: str = ""
    """Who is responsible."""
    ko: Guide = Guide()
    """The playbook in Korean."""
    en: Guide = Guide()
    """The playbook in English."""

    def guide(self, language: str) -> Guide:
        """Return the guide in ``language``, or the other one where that is empty."""
        first, second = (self.ko, self.en) if language == "ko" else (self.en, self.ko)
        return first if first != Guide() else second


@dataclass(frozen=True)
class NotifierTable:
    """[[receiver.notifier]]: a channel to a receiver."""

    kind: Name
    """What kind of channel it is; ``monitor kinds`` lists them."""
    name: str = ""
    """Name of the channel in ``monitor outbox``; by default its kind."""
    options: Options = field(default_factory=dict)
    """What the kind wants to know, as [receiver.notifier.options]."""


@dataclass(frozen=True)
class ReceiverTable:
    """[[receiver]]: someone who can be told."""

    name: Name
    """Name that routes refer to."""
    language: Language | None = None
    """Language of this receiver's messages; by default that of [monitor]."""
    quiet_hours: Hours | None = None
    """Hours without messages, such as "22:00-07:00"; severity critical passes."""
    cap: Annotated[int, Between(1)] | None = None
    """Most notifications in 24 hours; severity critical passes."""
    hours: Hours | None = None
    """Working hours, such as "09:00-18:00"; what comes outside of them waits, or goes to ``otherwise``."""
    days: tuple[Weekday, ...] = ()
    """Working days; none named: all."""
    holidays: Country = KOREA
    """Country whose public holidays are no working days, where ``hours`` or ``days`` are given; "none": work on holidays too."""
    otherwise: str = ""
    """Receiver or rota ([[oncall]]) that takes messages instead while this one is away."""
    weekly: bool = False
    """Whether this receiver gets the weekly report, Monday at 09:00 by the clock of [monitor] timezone."""
    notifier: tuple[NotifierTable, ...] = ()
    """The channels, as [[receiver.notifier]]."""

    def __post_init__(self) -> None:
        if self.hours is not None and self.quiet_hours is not None and self.quiet_hours.cover(self.hours):
            raise ValueError("hours must not lie wholly within quiet_hours")


@dataclass(frozen=True)
class OnCallTable:
    """[[oncall]]: a rota; routes may name it like a receiver, and it means whoever is on call."""

    name: Name
    """Name that routes refer to."""
    receivers: tuple[Name, ...]
    """The receivers who take turns, in order."""
    start: WallTime
    """When the first one's turn began, by the clock of [monitor] timezone."""
    every: timedelta = timedelta(days=7)
    """Length of a turn."""

    def __post_init__(self) -> None:
        problems = []
        if not self.receivers:
            problems.append("receivers must name at least one")
        if self.every < timedelta(minutes=1):
            problems.append("every must be at least 1m")
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def rota(self) -> OnCall:
        """The rota as the core knows it."""
        return OnCall(self.name, self.receivers, self.start.at, self.every)


@dataclass(frozen=True)
class Partner:
    """[[partner]]: a company that works for us; routes and silences may ask for incidents whose posts name it."""

    name: Name
    """Name of the partner, as routes refer to it; a post that contains it names the partner."""
    any: tuple[Name, ...] = ()
    """Other terms that mean it, found as those of a [[watch]] are."""
    none: tuple[Name, ...] = ()
    """Terms that rule a post out (namesakes)."""
    share: Share = 0.2
    """Share of an incident's posts that must name it (one at least)."""


@dataclass(frozen=True)
class Subscribers:
    """[subscribers]: how people are told who asked for it with ``monitor subscribe``."""

    receiver: str = ""
    """Receiver whose e-mail channel writes to them; by default the first receiver that has one."""
    hour: Annotated[int, Between(0, 23)] = 8
    """Local hour from which daily digests go out."""


@dataclass(frozen=True)
class Signals:
    """[signals]: the company's own events (a late vessel, an outage), so that customers hear of them before they complain."""

    folder: Location | None = None
    """Folder whose files *.jsonl are read at every tick; a relative path starts at the folder of config.toml. None: no folder."""


@dataclass(frozen=True)
class Web:
    """[web]: an endpoint for the links of mails and for signed signals; without its secrets no port is opened."""

    host: str = "127.0.0.1"
    """Address to listen on; by default this machine only, behind a reverse proxy that speaks https."""
    port: Annotated[int, Between(0, 65535)] = 8642
    """Port to listen on."""
    base_url: str | None = None
    """Address under which staff's browsers reach it, such as "https://monitor.example.com"."""
    secret: Secret | None = None
    """Signs the links in mails; 32 random characters or more. Links of mails sent before it changes stop working."""
    signals_secret: Secret | None = None
    """Signs what other systems POST to /signals; without it there is no such address."""

    def __post_init__(self) -> None:
        problems = [
            f"{name} must have at least 32 characters"
            for name in ("secret", "signals_secret")
            if (secret := getattr(self, name)) is not None and len(secret.reveal()) < 32
        ]
        if (self.base_url is None) != (self.secret is None):
            problems.append("secret must be given together with base_url")
        if self.base_url is not None and not _BASE.fullmatch(self.base_url):
            problems.append("base_url must be an https address without question mark (http only for 127.0.0.1 and localhost)")
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def wanted(self) -> bool:
        """Whether there is anything to listen for."""
        return self.secret is not None or self.signals_secret is not None

    @property
    def links(self) -> Links | None:
        """What writes and reads the links of mails; None where they are not configured."""
        return Links(self.base_url, self.secret.reveal()) if self.base_url is not None and self.secret is not None else None


Keep = timedelta | Literal["forever"]


@dataclass(frozen=True)
class RetentionTable:
    """[retention]: what ``monitor prune`` removes after which time; "forever" keeps it."""

    posts: Keep = timedelta(days=400)
    """Posts that belong to no incident, with their authors and counts."""
    incidents: Keep = timedelta(days=1100)
    """Posts, estimates and wording of closed incidents (never sooner than other posts); their dates and decisions stay."""
    messages: Keep = timedelta(days=400)
    """Wording of messages that were delivered or given up."""
    runs: Keep = timedelta(days=30)
    """Health records of our own."""


@dataclass(frozen=True)
class Retention:
    """How long things are kept; None: for ever."""

    posts: timedelta | None
    incidents: timedelta | None
    messages: timedelta | None
    runs: timedelta | None

    @classmethod
    def of(cls, table: RetentionTable) -> Retention:
        """Return what ``table`` says."""
        return cls(*(None if keep == "forever" else keep for keep in (table.posts, table.incidents, table.messages, table.runs)))


@dataclass(frozen=True)
class Collector:
    """A collector as configured: ``options`` is its kind's checked ``Options``."""

    name: str
    kind: str
    every: timedelta
    options: object
    budget: Allowance = UNLIMITED


@dataclass(frozen=True)
class Classifier:
    """The classifier as configured: ``options`` is its kind's checked ``Options``."""

    kind: str
    complaint_threshold: float
    options: object
    heads: str = "auto"


@dataclass(frozen=True)
class Notifier:
    """A channel as configured; ``name`` is unique among its receiver's."""

    name: str
    kind: str
    options: object


@dataclass(frozen=True)
class Receiver:
    """Someone who can be told, as configured; ``language`` is None where [monitor] decides."""

    name: str
    language: str | None
    quiet_hours: Hours | None
    cap: int | None
    notifiers: tuple[Notifier, ...]
    hours: Hours | None = None
    days: tuple[Weekday, ...] = ()
    holidays: frozenset[date] = frozenset()
    otherwise: str | None = None
    weekly: bool = False


def watched(table: Watch) -> domain.Watch:
    """Return the domain's watch."""
    return domain.Watch(table.name, table.any, table.none, table.languages, table.variants, table.whole_words, table.exclude)
