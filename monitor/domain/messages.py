"""The nouns: frozen values shared by every room, and the rules of an incident's life.

All times are aware UTC and end in ``_at``; probabilities are in 0..1; ``None`` means "the platform does not say", never zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum

TOPICS = (
    "delivery_delay",
    "damage_loss",
    "refund_billing",
    "customer_service",
    "app_website",
    "price",
    "product_quality",
    "safety",
    "staff_behaviour",
    "privacy",
    "partner_subcontractor",
    "other",
)


Values = dict[str, str | float | int | datetime | None]


@dataclass(frozen=True, slots=True)
class Because:
    """A reason as a code and its values; ``messages`` turns it into a sentence in the reader's language."""

    code: str
    values: dict[str, str | float | int | datetime | None] = field(default_factory=dict)


class Sentiment(StrEnum):
    """What the wording carries."""

    NEG = "neg"
    NEU = "neu"
    POS = "pos"


class Precision(StrEnum):
    """How exact ``Post.created_at`` is: to the second, to the day (noon in Seoul), or only the moment we first saw it."""

    SECOND = "second"
    DAY = "day"
    SEEN = "seen"


class Kind(StrEnum):
    """Why an incident exists: complaints about the same trouble, or a wave of attention (news, boycott calls)."""

    COMPLAINT = "complaint"
    ATTENTION = "attention"


class Status(StrEnum):
    """Where an incident stands; ``LEGAL_MOVES`` says what may follow."""

    CANDIDATE = "candidate"
    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


LEGAL_MOVES: dict[Status, frozenset[Status]] = {
    Status.CANDIDATE: frozenset({Status.TRIGGERED, Status.ACKNOWLEDGED, Status.RESOLVED, Status.DISMISSED}),
    Status.TRIGGERED: frozenset({Status.ACKNOWLEDGED, Status.RESOLVED, Status.DISMISSED}),
    Status.ACKNOWLEDGED: frozenset({Status.TRIGGERED, Status.RESOLVED, Status.DISMISSED}),
    Status.RESOLVED: frozenset({Status.CANDIDATE, Status.TRIGGERED, Status.DISMISSED}),
    Status.DISMISSED: frozenset({Status.TRIGGERED}),
}
LIVE = frozenset({Status.CANDIDATE, Status.TRIGGERED, Status.ACKNOWLEDGED})


class Severity(StrEnum):
    """How bad; ordered by ``rank``. Critical pages, high notifies, moderate and low go to the digest."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 (low) to 3 (critical)."""
        return _SEVERITY_RANK[self]


_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity)}


class Reason(StrEnum):
    """Why we speak or stay silent; complete."""

    FIRST = "first"
    WORSENED = "worsened"
    REPEAT = "repeat"
    ESCALATED = "escalated"
    CROSSED = "crossed"
    RESOLVED = "resolved"
    DIGEST = "digest"
    NOT_EMERGING = "not_emerging"
    BELOW_SEVERITY = "below_severity"
    OVER_BUDGET = "over_budget"
    SILENCED = "silenced"
    ACKNOWLEDGED = "acknowledged"
    TOO_SOON = "too_soon"
    QUIET_HOURS = "quiet_hours"
    SILENT_MODE = "silent_mode"
    RECEIVER_CAP = "receiver_cap"
    NO_RECEIVER = "no_receiver"
    WARMING_UP = "warming_up"
    GAP = "gap"


NOTIFYING = frozenset({Reason.FIRST, Reason.WORSENED, Reason.REPEAT, Reason.ESCALATED, Reason.CROSSED})


class Step(Enum):
    """How far a mention has travelled; the number is stored and says what is still to be done."""

    COLLECTED = 0
    CLASSIFIED = 1
    GROUPED = 2
    ASSESSED = 3


@dataclass(frozen=True, slots=True)
class Watch:
    """What we track: a name and the terms that mean it; ``none`` are terms that rule a post out.

    Terms are substrings, as written; ``variants`` also finds them as people vary them, ``whole_words`` only where a Latin term stands
    alone. ``exclude`` names rules for other talk (shares, sport ...) that rules a post out.
    """

    name: str
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    variants: bool = False
    whole_words: bool = False
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Author:
    """An account at a platform; ``id`` is unique across platforms (``x:44196397``)."""

    id: str
    platform: str
    handle: str | None = None
    followers: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One public post or comment; ``id`` is ``platform:native id``. ``about`` is the watch term its source says is meant."""

    id: str
    platform: str
    text: str
    created_at: datetime
    url: str | None = None
    author_id: str | None = None
    language: str | None = None
    reply_to: str | None = None
    repost_of: str | None = None
    quote_of: str | None = None
    community: str | None = None
    time_precision: Precision = Precision.SECOND
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A post that refers to a watch; ``spans`` are [start, end) offsets of the matching words in the post's text."""

    post_id: str
    watch: str
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Engagement:
    """Counts of a post at one moment, as the platform shows them."""

    post_id: str
    observed_at: datetime
    likes: int | None = None
    replies: int | None = None
    shares: int | None = None
    views: int | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """A post that its platform no longer shows. ``if_known``: the source names whatever anybody deletes; most of it was never ours."""

    post_id: str
    observed_at: datetime
    if_known: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """What a classifier is given: a text, the words in it that name the watched company, the language its source states."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """A model's verdict on one passage. ``sentiment`` is None for languages the model was not made for."""

    complaint: float
    sentiment: Sentiment | None
    sentiment_scores: dict[str, float]
    topic: str
    topic_scores: dict[str, float]
    language: str


@dataclass(frozen=True, slots=True)
class Classification:
    """The verdict of ``model`` (``name@version``) on a post, seen as a mention of ``watch``."""

    post_id: str
    watch: str
    model: str
    labels: Labels


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person says of a mention; None leaves the model's word as it is."""

    post_id: str
    watch: str
    who: str
    at: datetime
    complaint: bool | None = None
    sentiment: Sentiment | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """A group of complaints about the same trouble (or one wave of attention). ``authors`` counts distinct people, copies once."""

    id: int
    watch: str
    kind: Kind
    topic: str
    title: str
    status: Status
    opened_at: datetime
    last_post_at: datetime
    posts: int
    authors: int
    severity: Severity | None = None
    assigned_to: str | None = None
    status_at: datetime | None = None
    alerted_at: datetime | None = None
    crossed_at: datetime | None = None
    regressed: bool = False
    follows: int | None = None
    merged_into: int | None = None
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A mention with its verdict, and, once grouped, the incident and the post it is a copy of."""

    post: Post
    mention: Mention
    labels: Labels
    followers: int | None = None
    incident_id: int | None = None
    copy_of: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A post's place in an incident and why it stands there; ``copy_of`` names the post whose text it repeats."""

    post_id: str
    watch: str
    incident_id: int
    because: Because
    copy_of: str | None = None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The 64-bit SimHash of a mention's text, kept so that copies are known again after a restart."""

    post_id: str
    watch: str
    at: datetime
    bits: int
    copy_of: str | None = None
    incident_id: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A live incident as grouping needs it after a restart: itself and the posts that stand for it, oldest first."""

    incident: Incident
    medoids: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Exposure:
    """What is publicly known about how widely one post was seen, by its latest measurement."""

    post_id: str
    platform: str
    created_at: datetime
    author_id: str | None = None
    followers: int | None = None
    observed_at: datetime | None = None
    likes: int | None = None
    replies: int | None = None
    shares: int | None = None
    views: int | None = None
    share_of: str | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """A range: ten per cent of outcomes lie below ``p10``, half below ``p50``, ninety per cent below ``p90``."""

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Emergence:
    """How far a stream is above its normal; ``evidence`` is the log statistic in nats (compare with the alarm threshold in ``because``)."""

    observed: float
    expected: float
    authors: int
    evidence: float
    emerging: bool
    because: Because
    stream: str = ""
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """People who have seen it, with the share of the estimate that rests on public view counts."""

    people: Interval
    measured: float
    because: Because


@dataclass(frozen=True, slots=True)
class Forecast:
    """People who will have seen it after ``horizons`` ("1h", "6h", "24h"); ``p_cross`` is the chance of the threshold within 24 h."""

    horizons: dict[str, Interval]
    p_cross: float
    eta_at: datetime | None
    eta_earliest_at: datetime | None
    eta_latest_at: datetime | None
    because: Because


@dataclass(frozen=True, slots=True)
class Assessment:
    """What we know of an incident at a moment; reach and forecast are None where nothing was measured."""

    incident_id: int
    at: datetime
    emergence: Emergence
    reach: Reach | None
    forecast: Forecast | None
    posts: int
    authors: int


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether we speak about an incident now, and why; ``inputs`` are the numbers that decided."""

    incident_id: int
    at: datetime
    reason: Reason
    notify: bool
    severity: Severity
    because: Because
    inputs: dict[str, float] = field(default_factory=dict)
    receivers: tuple[str, ...] = ()


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
class Signal:
    """An event of the company's own (a late vessel, a failed delivery wave, an outage) that may make customers complain.

    ``kind`` is the company's word for it; ``topic`` the topic of the complaints it would cause; None means "not said".
    """

    id: str
    at: datetime
    kind: str
    text: str
    topic: str | None = None
    place: str | None = None
    ends_at: datetime | None = None
    partner: str | None = None
    watch: str | None = None


class Stage(Enum):
    """Where a trouble stands in the 1:10:100 rule of quality costs; the number is shown."""

    SIGNAL = 1
    PUBLIC = 2
    CRISIS = 3


@dataclass(frozen=True, slots=True)
class Voice:
    """One post of an incident as the brief reads it.

    ``returning``: its author has written about the watch before this incident began; None where authors are not known. ``copy``: its
    text repeats another post's.
    """

    post: Post
    labels: Labels | None = None
    followers: int | None = None
    returning: bool | None = None
    copy: bool = False

    @property
    def author(self) -> str:
        """Who wrote it; an unknown author counts as one of his own."""
        return self.post.author_id or self.post.id

    @property
    def language(self) -> str:
        """Its language as the source or the model says; empty if neither does."""
        return self.post.language or (self.labels.language if self.labels else "")


@dataclass(frozen=True, slots=True)
class Words:
    """A customer's own words: one telling stretch of a post, as written."""

    text: str
    post: Post


@dataclass(frozen=True, slots=True)
class Brief:
    """The five questions about an incident, answered in reasons: who, what, what they want, how we know, and their own words.

    ``cost`` compares acting now with waiting; ``languages`` are those of the posts, the most frequent first; ``signal`` is the event of
    our own that fits.
    """

    who: tuple[Because, ...]
    problem: tuple[Because, ...]
    wants: tuple[Because, ...]
    evidence: tuple[Because, ...]
    experience: tuple[Words, ...]
    stage: Stage
    cost: tuple[Because, ...]
    languages: tuple[str, ...] = ()
    signal: Signal | None = None


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


class Action(StrEnum):
    """What staff do about an incident; those in ``BUTTONS`` may be pressed where a message is shown.

    ``handled``: the alert was right and the trouble is over. ``not_ours`` and ``dismiss`` say the same; so do ``duplicate`` and merging.
    """

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    HANDLED = "handled"
    NOT_OURS = "not_ours"
    DUPLICATE = "duplicate"
    SILENCE = "silence_4h"
    RESOLVE = "resolve"
    DISMISS = "dismiss"
    CONFIRM = "confirm"
    UNDO = "undo"


BUTTONS = (Action.ACKNOWLEDGE, Action.ASSIGN, Action.HANDLED, Action.NOT_OURS, Action.DUPLICATE, Action.SILENCE)


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


class Delivery(StrEnum):
    """Where a notification stands; dead: its channel will never accept it, until somebody says to try again."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Notification:
    """A message on its way to one receiver's channel (the outbox row).

    ``previous`` is the handle of the last delivered message of the same thread to the same receiver and channel.
    """

    id: int
    decision_id: int | None
    incident_id: int | None
    receiver: str
    channel: str
    message: Message
    attempts: int
    previous: str | None = None
    state: Delivery = Delivery.PENDING
    created_at: datetime | None = None
    next_attempt_at: datetime | None = None
    delivered_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Be quiet about what fits all ``matchers`` (``watch=...``, ``topic=...``, ``incident=...``)."""

    id: int
    matchers: dict[str, str]
    starts_at: datetime
    ends_at: datetime
    author: str
    comment: str


class When(StrEnum):
    """How soon a subscriber hears of what staff are told: at once, in an hourly or in a daily digest."""

    NOW = "now"
    HOURLY = "hourly"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Someone who asked to be told by e-mail; empty conditions fit everything. ``receiver``: whose channel writes, "" the usual one.

    ``by`` entered them at ``since_at`` and said in ``consent`` how they agreed. ``digested_at``: when their last digest was written.
    """

    address: str
    when: When
    since_at: datetime
    by: str
    consent: str
    watch: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    severity: tuple[Severity, ...] = ()
    language: str | None = None
    receiver: str = ""
    digested_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One pass of a step or a collector: our own health record. ``problems``: records that were left out, one sentence each."""

    step: str
    started_at: datetime
    finished_at: datetime
    done: int
    failed: int
    error: str | None = None
    pages: int = 0
    problems: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch from which posts are missing: of one collector, and of ``platform`` if that is the only one it reads.

    ``until`` is None while it lasts. ``lost``: the platform shows these posts no more; otherwise they may still come, late.
    """

    collector: str
    platform: str | None
    since: datetime
    until: datetime | None
    why: str
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Until when a collector asks nothing of its platform, and why: a code, and the platform's own words."""

    until: datetime
    code: str
    why: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """How a step or collector fares: its last pass, its last good one, passes and failures of the last 24 hours."""

    step: str
    last_run_at: datetime
    last_good_at: datetime | None
    runs: int
    failures: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed what, when: from ``was`` to ``became``; ``origin`` says where it was done (``cli``, ``slack:U123``, ``link``)."""

    at: datetime
    who: str
    action: str
    incident_id: int | None
    was: str | None
    became: str | None
    note: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """How staff responded to an incident that they were told of; what has not happened yet is None.

    ``working_hours``: whether they were told from Monday to Friday, 09:00 to 18:00, by the company's clock. ``ended_by`` is "monitor"
    where nothing more was written and it closed by itself.
    """

    incident_id: int
    severity: Severity | None
    working_hours: bool
    alerted_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    ended_as: Status | None
    ended_at: datetime | None
    ended_by: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """One assessment as the scoreboard reads it; ``measured`` is the share of the estimate that rests on public view counts.

    ``crossed_at``: when its incident crossed the threshold, as known by now. None and empty where nothing was measured.
    """

    incident: int
    watch: str
    at: datetime
    people: Interval | None
    measured: float | None
    horizons: dict[str, Interval]
    p_cross: float | None
    crossed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an incident that staff were told of or that crossed the threshold.

    ``rehearsed``: in a silent run staff would have been told at ``alerted_at``. ``confirmed`` and ``dismissed`` are what staff said.
    """

    incident: int
    watch: str
    opened_at: datetime
    alerted_at: datetime | None
    crossed_at: datetime | None
    acknowledged_at: datetime | None = None
    confirmed: bool = False
    dismissed: bool = False
    rehearsed: bool = False
