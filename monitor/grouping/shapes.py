"""What goes into grouping and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from monitor.domain import Because


@dataclass(frozen=True)
class Parameters:
    """Settings of grouping.

    Surprise is the natural logarithm of how many times likelier a post's words are in the incident than by chance: 3 is twenty times.
    """

    kept: int = 12
    """Posts that stand for an incident: its first and its latest, copies left out."""
    join_surprise: float = 0.25
    """Surprise that a post needs to join the only live incident."""
    join_growth: float = 0.3
    """So much more for each natural logarithm of the number of live incidents."""
    decay_per_day: float = 0.5
    """Surprise taken off for each day between a post and the incident's latest post."""
    pull: float = 0.3
    """Surprise added for each natural logarithm of the number of the incident's recent posts."""
    pull_days: float = 1.0
    """How long, in days, a post counts as recent for that."""
    author_bonus: float = 4.0
    """Surprise added for another post of the same author within `quiet_hours`."""
    thread_bonus: float = 4.0
    """Surprise added when a post answers or quotes one of the incident's."""
    topic_penalty: float = 1.5
    """Surprise taken off when the two topics differ for sure."""
    topic_sure: float = 0.8
    """Topic probability from which a topic is sure."""
    place_penalty: float = 4.5
    """Surprise taken off when the posts of the incident name one place and the new one another."""
    merge_margin: float = 0.0
    """Surprise over that of a join which makes two incidents one."""
    lone_margin: float = 0.5
    """The same where one of the two has a single post."""
    merge_slack: float = 1.5
    """A post that fits a second incident to so much below the bar makes the two be compared."""
    quiet_hours: float = 72.0
    """After so many hours without a new post an incident is closed: a post that fits it re-opens it."""
    reopen_days: float = 14.0
    """After so many days without a post an incident is forgotten."""
    copy_days: float = 7.0
    """A text repeated within so many days is a copy."""
    copy_distance: int = 3
    """Greatest number of the 64 fingerprint bits in which two copies differ."""
    copy_characters: int = 16
    """Texts with fewer letters are never copies: many people write the same three words."""

    @property
    def quiet(self) -> timedelta:
        """``quiet_hours`` as a time span."""
        return timedelta(hours=self.quiet_hours)

    @property
    def reopen(self) -> timedelta:
        """``reopen_days`` as a time span."""
        return timedelta(days=self.reopen_days)

    @property
    def copies(self) -> timedelta:
        """``copy_days`` as a time span."""
        return timedelta(days=self.copy_days)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A complaint about ``watch`` that looks for its incident. ``spans`` name the watch and are left out of comparisons.

    ``vector``: its sentence vector as float16, in the space that the grouper was made for; None where there is none.
    """

    post_id: str
    watch: str
    text: str
    topic: str
    topic_p: float
    at: datetime
    author_id: str | None = None
    reply_to: str | None = None
    repost_of: str | None = None
    quote_of: str | None = None
    url: str | None = None
    spans: tuple[tuple[int, int], ...] = ()
    language: str | None = None
    vector: NDArray[np.float16] | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a candidate stands and why.

    ``opened``: the incident is new; ``follows`` then names a dismissed one that it resembles. ``reopens``: the incident was resolved
    or had been quiet, and the shell decides whether it lives again. ``copy_of``: the earlier post whose text this one repeats; such a
    post is a member but no further complainant. ``fingerprint`` is signed, 64 bits.
    """

    post_id: str
    watch: str
    incident_id: int
    opened: bool
    copy_of: str | None
    fingerprint: int
    because: Because
    reopens: bool = False
    follows: int | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """Two incidents turned out to be one: the members of ``younger`` belong to ``older``, whose id survives."""

    older: int
    younger: int
    because: Because
