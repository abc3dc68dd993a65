"""What a model or a person says of a mention: complaint, sentiment, topic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.domain.posts import Mention, Post

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


class Sentiment(StrEnum):
    """What the wording carries."""

    NEG = "neg"
    NEU = "neu"
    POS = "pos"


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
class Judged:
    """A mention with its verdict, and, once grouped, the incident and the post it is a copy of."""

    post: Post
    mention: Mention
    labels: Labels
    followers: int | None = None
    incident_id: int | None = None
    copy_of: str | None = None
