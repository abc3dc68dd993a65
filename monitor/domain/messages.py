"""What staff read: a message and its parts, in plain text, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from monitor.domain.assessments import Interval
from monitor.domain.decisions import Reason
from monitor.domain.incidents import Severity, Status
from monitor.domain.staff import Action


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a message's table: a label and its value, both plain text."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A telling post, quoted; plain text, to be escaped by the notifier."""

    text: str
    source: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Bar:
    """People who have seen it at one moment: in words, and as a range that a notifier may draw."""

    label: str
    value: str
    people: Interval


@dataclass(frozen=True, slots=True)
class Spread:
    """How far it has spread and may spread (now, +1 h, +6 h, +24 h), to be drawn against ``threshold`` people."""

    threshold: int
    mark: str
    caption: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of the brief and its answer, in the reader's language; ``quotes`` are customers' own words, to be escaped."""

    question: str
    lines: tuple[str, ...]
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """A draft of a public answer in the language of the posts, for a person to finish and send; the program never posts anything."""

    language: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Button:
    """Something staff may do where they read a message; ``value`` is the incident's number, ``style`` "primary", "danger" or None."""

    action: Action
    label: str
    value: str
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What the living message of an incident shows: a newer one replaces it when this has changed (``alerting.should_update``).

    ``reach`` and ``outlook`` are bands, counted from 0: of people who have seen it against the threshold, and of the chance that they
    pass it; None where nothing is measured. ``by`` brought it into that status. ``quotes`` counts the quoted posts.
    """

    at: datetime
    status: Status
    by: str | None = None
    assigned_to: str | None = None
    merged_into: int | None = None
    silenced_until: datetime | None = None
    severity: Severity | None = None
    posts: int = 0
    reach: int | None = None
    outlook: int | None = None
    quotes: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """What staff read, in plain text: notifiers escape and format. Equal ``dedup_key`` means the same message.

    ``headline`` is the one sentence to read if only one is read; ``badge`` names the severity in the reader's language; ``why`` says
    why we speak now; ``footer`` what to type next; ``headings`` are the titles of the parts (``facts spread quotes why actions``),
    so that no notifier needs words of its own. ``reason`` is None for messages about ourselves.

    ``update``: a silent refresh that takes the place of what the thread's last message shows; only channels that can update in place are
    given it. ``buttons``: what staff may do right there, in the reader's language, for channels that have buttons.

    ``brief``: the five questions (for a thread, a mail). ``stage``: cost of acting now and of waiting, headed by the stage of 1:10:100.
    ``replies``: drafts of a public answer; ``never``: what it must not say. Their headings are ``replies`` and ``never``.
    """

    subject: str
    lines: tuple[str, ...]
    facts: tuple[Fact, ...]
    quotes: tuple[Quote, ...]
    actions: tuple[str, ...]
    severity: Severity
    language: str
    dedup_key: str
    thread: str
    sent_at: datetime
    link: str | None = None
    picture: bytes | None = None
    headline: str = ""
    badge: str = ""
    reason: Reason | None = None
    spread: Spread | None = None
    why: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    headings: dict[str, str] = field(default_factory=dict)
    update: bool = False
    buttons: tuple[Button, ...] = ()
    brief: tuple[Answer, ...] = ()
    stage: Answer | None = None
    replies: tuple[Reply, ...] = ()
    never: tuple[str, ...] = ()
