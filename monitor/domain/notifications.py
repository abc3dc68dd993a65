"""Who hears of it, and who does not: messages on their way, silences, subscribers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.domain.incidents import Severity
from monitor.domain.messages import Message


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
