"""What goes into grouping and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from monitor.domain import Because


@dataclass(frozen=True)
class Parameters:
    """Settings of grouping. Surprise is counted in powers of ten: 3 means that one unrelated pair in a thousand is as alike."""

    kept: int = 12
    """Posts that stand for an incident: its first and its latest, copies left out."""
    join_surprise: float = 3.0
    """Least surprise to join, however few incidents are live."""
    join_margin: float = 1.3
    """Above log10 of the number of incidents compared: 1.3 makes about one false link in twenty posts."""
    near_surprise: float = 0.4
    """So much below the bar a post still joins an incident of the same topic that is not older than ``near_hours``."""
    near_hours: float = 6.0
    merge_surprise: float = 4.5
    """Two incidents are one when ``merge_pairs`` pairs of their posts are at least so surprisingly alike."""
    merge_pairs: int = 2
    merge_minutes: int = 10
    """A pair counts for a merge only when both posts are older than the last full stretch of so many minutes."""
    entity_bonus: float = 0.7
    entity_share: float = 0.1
    """A branch, tracking number, model or hashtag is rare while at most this share of live incidents (or two) know it."""
    thread_bonus: float = 1.5
    topic_penalty: float = 0.7
    topic_sure: float = 0.8
    decay_per_day: float = 0.25
    author_bonus: float = 2.5
    """For another post of the same author within ``quiet_hours``."""
    quiet_hours: float = 72.0
    """An incident without a new post for so long is closed: a post that fits it re-opens it."""
    reopen_days: float = 14.0
    """After so long without a post an incident is forgotten."""
    copy_days: float = 7.0
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
    """A complaint about ``watch`` that looks for its incident. ``spans`` name the watch and are left out of comparisons."""

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
    vector: NDArray[np.float32] | None = None


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
