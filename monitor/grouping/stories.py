"""A live incident as grouping knows it: the posts that stand for it and the words they hold."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from monitor.domain import Judged, Status
from monitor.grouping.background import Background
from monitor.grouping.likelihood import Features
from monitor.grouping.meanings import Rounded, Space
from monitor.grouping.places import places
from monitor.grouping.shapes import Candidate
from monitor.grouping.wording import Wording, wording


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One post as it is compared; ``numbers`` are those of all its features, ``places`` those that it names."""

    post_id: str
    at: datetime
    author: str | None
    parents: tuple[str, ...]
    topic: str
    topic_p: float
    text: str
    wording: Wording
    features: Features
    numbers: frozenset[int]
    places: frozenset[str]
    meaning: Rounded | None = None

    @property
    def order(self) -> tuple[datetime, str]:
        """Posts stand in the order of time, then id."""
        return self.at, self.post_id


def row_of(post: Candidate, background: Background, space: Space | None = None) -> Row:
    """Return a candidate as it is compared."""
    words = wording(post.text, post.spans)
    parents = tuple(parent for parent in (post.reply_to, post.quote_of, post.repost_of) if parent)
    features = background.features((*words.words, *sorted(words.names)))
    numbers = frozenset([number for word in features for number, _, _ in word])
    meaning = None if space is None or post.vector is None else space.rounded(post.vector, post.text)
    named = frozenset(places(words.words))
    return Row(
        post.post_id, post.at, post.author_id, parents, post.topic, post.topic_p, post.text, words, features, numbers, named, meaning
    )  # fmt: skip


def candidate_of(judged: Judged, vector: NDArray[np.float16] | None = None) -> Candidate:
    """Return a stored post as the candidate that it once was."""
    post, labels = judged.post, judged.labels
    return Candidate(
        post_id=post.id,
        watch=judged.mention.watch,
        text=post.text,
        topic=labels.topic,
        topic_p=labels.topic_scores.get(labels.topic, 0.0),
        at=post.created_at,
        author_id=post.author_id,
        reply_to=post.reply_to,
        repost_of=post.repost_of,
        quote_of=post.quote_of,
        url=post.url,
        spans=judged.mention.spans,
        language=post.language,
        vector=vector,
    )


@dataclass(slots=True, eq=False)
class Story:
    """A live incident. ``rows`` are the posts that stand for it, oldest first; ``held`` counts the posts that hold a feature.

    ``provisional``: opened by a copy; that only row gives way to the first original.
    """

    id: int
    slot: int
    status: Status
    last_at: datetime
    rows: list[Row] = field(default_factory=list)
    held: Counter[int] = field(default_factory=Counter)
    provisional: bool = False

    def put(self, row: Row) -> None:
        """Let a post stand for the incident."""
        self.rows.insert(sum(1 for other in self.rows if other.order < row.order), row)
        self.held.update(row.numbers)

    def take(self, place: int) -> Row:
        """Let a post stand for it no longer."""
        row = self.rows.pop(place)
        for number in row.numbers:
            self.held[number] -= 1
            if not self.held[number]:
                del self.held[number]
        return row

    def elsewhere(self, row: Row) -> float:
        """How surely it happens in another place than ``row`` names, 0 to 1: where most of its posts name one place, and not that one.

        A trouble that is told of many places may well be told of one more.
        """
        named = [other.places for other in self.rows if other.places]
        if not row.places or not named or any(row.places & other for other in named):
            return 0.0
        together = max(Counter(place for other in named for place in other).values()) / len(named)
        return together * (1.0 if len(named) > 1 else 0.5)

    def recent(self, at: datetime, days: float) -> float:
        """The number of its posts near ``at``, each fading over ``days``."""
        return sum(math.exp(-abs((at - row.at).total_seconds()) / 86_400 / days) for row in self.rows)

    def sure_topics(self, sure: float) -> set[str]:
        """The topics that its posts have for sure."""
        return {row.topic for row in self.rows if row.topic_p > sure}
