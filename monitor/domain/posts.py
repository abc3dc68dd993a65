"""Posts and what is seen of them: what we track, who wrote, what refers to it, how widely it was seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum


class Precision(StrEnum):
    """How exact ``Post.created_at`` is: to the second, to the day (noon in Seoul), or only the moment we first saw it."""

    SECOND = "second"
    DAY = "day"
    SEEN = "seen"


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
