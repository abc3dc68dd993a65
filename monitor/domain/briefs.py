"""The brief about an incident: the posts it is drawn from, the five questions, what acting now costs against waiting."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from monitor.domain.because import Because
from monitor.domain.posts import Post
from monitor.domain.signals import Signal
from monitor.domain.verdicts import Labels


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
