"""The live incidents of one watch: which of them a new post belongs to, and which of them turn out to be one."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from monitor.domain import LIVE, Because, Fingerprint, Standing, Status
from monitor.grouping.background import Background
from monitor.grouping.copies import Copies, Known
from monitor.grouping.likelihood import Words
from monitor.grouping.meanings import Meanings, Space
from monitor.grouping.shapes import Candidate, Merge, Parameters, Placement
from monitor.grouping.stories import Row, Story, candidate_of, row_of
from monitor.grouping.titles import title
from monitor.grouping.wording import stem, telling, wording

_LOOKED_AT = 24
_COMPARED = 3
_ASKED = 4
"""Incidents that fit a post so well that they are compared with the one it joined."""
_FEW_WORDS = 3
_MANY_INCIDENTS = 3
"""An author who writes in so many live incidents is a channel rather than one angry person."""


Vectors = Mapping[tuple[str, str], NDArray[np.float16]]
"""Sentence vectors by post and watch."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a post fits an incident."""

    story: Story
    surprise: float
    code: str

    @property
    def order(self) -> tuple[float, int]:
        """Better fits come first; of equals the older incident."""
        return -self.surprise, self.story.id


class Scene:
    """Everything grouping knows of one watch."""

    def __init__(self, parameters: Parameters, background: Background, space: Space | None = None):
        self._parameters = parameters
        self._background = background
        self.copies = Copies(parameters)
        self.stories: dict[int, Story] = {}
        self._by_slot: dict[int, Story] = {}
        self._merged: dict[int, int] = {}
        self._apart: set[frozenset[int]] = set()
        self._words = Words() if space is None else Words(space.cap)
        self._meanings = None if space is None else Meanings(space)
        self._authors: dict[str, Counter[int]] = defaultdict(Counter)
        self._alike: dict[tuple[int, int], None] = {}
        self._oldest: datetime | None = None

    # ---- coming back ----

    def restore(self, standing: Standing, vectors: Vectors) -> None:
        """Know an incident again; replaces what was known of it."""
        incident = standing.incident
        self.forget(incident.id)
        originals = [judged for judged in standing.medoids if judged.copy_of is None]
        story = self._new(incident.id, incident.status, incident.last_post_at, provisional=not originals)
        for judged in originals or standing.medoids[:1]:
            vector = vectors.get((judged.post.id, judged.mention.watch))
            self._stand(story, self._row(candidate_of(judged, vector)))

    def recall(self, row: Fingerprint) -> None:
        """Know a text again."""
        self.copies.restore(row)

    # ---- placing ----

    def place(self, post: Candidate, next_id: int) -> Placement:
        """Put one complaint into the incident it belongs to, or into a new one with ``next_id``."""
        self._expire(post.at)
        known = self._see(post)
        if known.copy_of is not None and (story := self._story_of(known.copy_of)) is not None:
            code = "grouping_repost" if post.repost_of else "grouping_copy"
            return self._joined(post, known, story, Because(code, {"post": known.copy_of}))
        row = self._row(post)
        bar = self._bar()
        fits = sorted(self._fits(row, bar), key=lambda fit: fit.order)
        best = next((fit for fit in fits if self._may_join(fit, bar, post.at)), None)
        if best is None:
            dismissed = next((fit.story.id for fit in fits if fit.surprise >= bar and fit.story.status is Status.DISMISSED), None)
            placement = self._opened(post, known, row, next_id, dismissed)
        else:
            placement = self._joined(post, known, best.story, self._because(best, row, bar))
            if known.copy_of is None:
                self._stand(best.story, row)
        for fit in fits[:_COMPARED]:
            if fit.story.id != placement.incident_id:
                self._alike[placement.incident_id, fit.story.id] = None
        return placement

    def _row(self, post: Candidate) -> Row:
        return row_of(post, self._background, self._meanings.space if self._meanings else None)

    def _see(self, post: Candidate) -> Known:
        root = post.repost_of
        if root is None and post.quote_of is not None and len(wording(post.text, post.spans).words) < _FEW_WORDS:
            root = post.quote_of
        return self.copies.see(post.post_id, post.text, post.at, root)

    def _story_of(self, post_id: str | None) -> Story | None:
        known = self.copies.get(post_id)
        if known is None or known.incident is None:
            return None
        return self.stories.get(self.lasting(known.incident))

    def lasting(self, incident_id: int) -> int:
        """The id under which an incident lives now."""
        while incident_id in self._merged:
            incident_id = self._merged[incident_id]
        return incident_id

    def _closed(self, story: Story, at: datetime) -> bool:
        return story.status not in LIVE or at - story.last_at > self._parameters.quiet

    def _may_join(self, fit: Fit, bar: float, at: datetime) -> bool:
        return fit.surprise >= bar and fit.story.status is not Status.DISMISSED

    def _joined(self, post: Candidate, known: Known, story: Story, because: Because) -> Placement:
        reopens = self._closed(story, post.at) and story.status is not Status.DISMISSED
        known.incident = story.id
        self._date(story, post.at)
        return Placement(post.post_id, post.watch, story.id, False, known.copy_of, known.bits, because, reopens)

    def _opened(self, post: Candidate, known: Known, row: Row, next_id: int, follows: int | None) -> Placement:
        story = self._new(next_id, Status.CANDIDATE, post.at, provisional=known.copy_of is not None)
        self._stand(story, row)
        known.incident = next_id
        because = Because("grouping_follows", {"incident": follows}) if follows else Because("grouping_first", {})
        return Placement(post.post_id, post.watch, next_id, True, known.copy_of, known.bits, because, follows=follows)

    # ---- fitting ----

    def _bar(self) -> float:
        return self._parameters.join_surprise + self._parameters.join_growth * math.log(max(len(self.stories), 1))

    def _fits(self, row: Row, bar: float) -> Iterator[Fit]:
        """Yield the incidents that fit a post, or nearly so."""
        if not self.stories:
            return
        surprises = self._words.surprises(self._words.heard(row.features, _day(row.at)))
        if self._meanings is not None:
            surprises = surprises + self._meanings.surprises(row.meaning, len(surprises))
        answered = {story.slot for parent in row.parents if (story := self._story_of(parent)) is not None}
        own = {self.stories[incident].slot for incident in self._authors.get(row.author or "", ())}
        floor = bar - self._parameters.merge_slack
        for slot in self._nearest(row, surprises, floor) | answered | own:
            fit = self._fit(self._by_slot[slot], row, float(surprises[slot]), slot in answered)
            if fit.surprise >= floor:
                yield fit

    def _nearest(self, row: Row, surprises: NDArray[np.float64], floor: float) -> set[int]:
        """The slots of the incidents that may fit best, by the most that their surprise can be; all that are equal to the last."""
        parameters = self._parameters
        posts = self._words.posts
        most = surprises + parameters.pull * np.log(0.3 + posts) - parameters.decay_per_day * np.abs(_day(row.at) - self._words.latest)
        most[posts == 0] = -np.inf
        if len(most) > _LOOKED_AT:
            floor = max(floor, float(np.partition(most, -_LOOKED_AT)[-_LOOKED_AT]))
        return set(np.flatnonzero(most >= floor).tolist())

    def _fit(self, story: Story, row: Row, words: float, answered: bool) -> Fit:
        parameters = self._parameters
        surprise, code = words + self._pull(story, row.at), "grouping_alike"
        gap = abs(row.at - story.last_at)
        surprise -= parameters.decay_per_day * (gap / timedelta(days=1))
        if row.topic_p > parameters.topic_sure and (topics := story.sure_topics(parameters.topic_sure)) and row.topic not in topics:
            surprise -= parameters.topic_penalty
        surprise -= parameters.place_penalty * story.elsewhere(row)
        if answered:
            surprise, code = surprise + parameters.thread_bonus, "grouping_thread"
        if self._same_author(row, story, gap):
            surprise, code = surprise + parameters.author_bonus, "grouping_author"
        return Fit(story, surprise, code)

    def _pull(self, story: Story, at: datetime) -> float:
        return self._parameters.pull * math.log(0.3 + story.recent(at, self._parameters.pull_days))

    def _same_author(self, row: Row, story: Story, gap: timedelta) -> bool:
        if row.author is None or gap > self._parameters.quiet:
            return False
        incidents = self._authors.get(row.author, Counter())
        return story.id in incidents and len(incidents) < _MANY_INCIDENTS

    def _because(self, fit: Fit, row: Row, bar: float) -> Because:
        nearest = max(fit.story.rows, key=lambda other: (self._shared(row, other), other.order))
        words = self._common(row, [nearest]) or self._common(row, fit.story.rows)
        times = round(math.exp(min(max(fit.surprise, 0.0), 14.0)))
        return Because(
            fit.code,
            {"post": nearest.post_id, "words": ", ".join(words) or None, "times": times, "bar": round(math.exp(min(bar, 14.0)), 1)},
        )

    def _shared(self, row: Row, other: Row) -> float:
        """How much two posts share: rare features count more."""
        common = row.numbers & other.numbers
        if not common:
            return 0.0
        return sum(max((-math.log(share) for number, _, share in word if number in common), default=0.0) for word in row.features)

    def _common(self, row: Row, others: Iterable[Row]) -> list[str]:
        theirs = {stem(word) for other in others for word in other.wording.words}
        ours = (word if word[0] < "가" else stem(word) for word in row.wording.words if telling(word) and stem(word) in theirs)
        return list(dict.fromkeys(ours))[:3]

    # ---- standing for an incident ----

    def _new(self, incident_id: int, status: Status, at: datetime, provisional: bool) -> Story:
        story = Story(incident_id, self._words.open(), status, at, provisional=provisional)
        self.stories[incident_id] = self._by_slot[story.slot] = story
        self._words.date(story.slot, _day(at))
        self._oldest = at if self._oldest is None else min(self._oldest, at)
        return story

    def _date(self, story: Story, at: datetime) -> None:
        story.last_at = max(story.last_at, at)
        self._words.date(story.slot, _day(story.last_at))

    def _stand(self, story: Story, row: Row) -> None:
        """Let a post stand for its incident: the first and the latest ones do."""
        if story.provisional and story.rows:
            self._drop(story, 0)
            story.provisional = False
        story.put(row)
        self._count(story, row, 1)
        if row.author is not None:
            self._authors[row.author][story.id] += 1
        if len(story.rows) > self._parameters.kept:
            self._drop(story, min(1, len(story.rows) - 1))

    def _count(self, story: Story, row: Row, step: int) -> None:
        self._words.count(story.slot, row.numbers, step)
        if self._meanings is not None:
            self._meanings.count(story.slot, row.meaning, step)

    def _drop(self, story: Story, place: int) -> None:
        row = story.take(place)
        self._count(story, row, -1)
        if row.author is not None:
            incidents = self._authors[row.author]
            incidents[story.id] -= 1
            if not incidents[story.id]:
                del incidents[story.id]
            if not incidents:
                del self._authors[row.author]

    # ---- merging ----

    def merges(self, now: datetime) -> list[Merge]:
        """Join incidents that turned out to be one; the older id survives."""
        merged: list[Merge] = []
        for one, other in self._alike:
            ids = sorted({self.lasting(one), self.lasting(other)})
            if len(ids) == 2 and ids[0] in self.stories and ids[1] in self.stories:
                older, younger = self.stories[ids[0]], self.stories[ids[1]]
                if self._one(older, younger):
                    merged.append(self._merge(older, younger))
        self._alike.clear()
        self._expire(now)
        return merged

    def _one(self, older: Story, younger: Story) -> bool:
        """Whether the posts of the smaller of two incidents fit the larger one, taken together."""
        if not {older.status, younger.status} <= LIVE or frozenset((older.id, younger.id)) in self._apart:
            return False
        small, large = sorted((older, younger), key=lambda story: (len(story.rows), -story.id))
        if len(large.rows) < 2:
            return False
        parameters = self._parameters
        asked = small.rows[-_ASKED:]
        words = sum(self._surprise(row, large) for row in asked) / len(asked) * math.sqrt(len(small.rows))
        gap = abs(small.last_at - large.last_at) / timedelta(days=1)
        surprise = words - parameters.decay_per_day * gap + self._pull(large, max(small.last_at, large.last_at))
        topics = small.sure_topics(parameters.topic_sure), large.sure_topics(parameters.topic_sure)
        if all(topics) and not topics[0] & topics[1]:
            surprise -= parameters.topic_penalty
        surprise -= parameters.place_penalty * sum(large.elsewhere(row) for row in asked) / len(asked)
        return surprise >= self._bar() + (parameters.lone_margin if len(small.rows) == 1 else parameters.merge_margin)

    def _surprise(self, row: Row, story: Story) -> float:
        said = self._words.surprise(self._words.heard(row.features, _day(row.at), story.held), story.held, len(story.rows))
        return said + (self._meanings.surprise(row.meaning, story.slot) if self._meanings else 0.0)

    def _merge(self, older: Story, younger: Story) -> Merge:
        post = max(younger.rows, key=lambda row: (max(self._shared(row, other) for other in older.rows), row.order))
        words = ", ".join(self._common(post, older.rows)) or None
        self.unite(older.id, younger.id)
        return Merge(older.id, younger.id, Because("grouping_merged", {"incident": younger.id, "post": post.post_id, "words": words}))

    def unite(self, older_id: int, younger_id: int) -> None:
        """Make two incidents one, as merging or staff decided."""
        younger, older = self.stories.get(younger_id), self.stories.get(older_id)
        self._merged[younger_id] = older_id
        if younger is None:
            return
        rows, provisional, last_at = list(younger.rows), younger.provisional, younger.last_at
        self.forget(younger_id)
        if older is not None:
            self._date(older, last_at)
            for row in () if provisional and older.rows else rows:
                self._stand(older, row)

    def keep_apart(self, one: int, other: int) -> None:
        """Never merge two incidents: staff split them."""
        self._apart.add(frozenset((one, other)))

    # ---- leaving ----

    def forget(self, incident_id: int) -> None:
        """Compare no more posts with an incident."""
        story = self.stories.pop(incident_id, None)
        if story is not None:
            while story.rows:
                self._drop(story, 0)
            del self._by_slot[story.slot]
            self._words.close(story.slot)

    def forget_post(self, post_id: str) -> None:
        """Take a deleted post out of what stands for its incident."""
        story = self._story_of(post_id)
        place = next((place for place, row in enumerate(story.rows) if row.post_id == post_id), None) if story else None
        if story is not None and place is not None:
            self._drop(story, place)
            if not story.rows:
                self.forget(story.id)

    def _expire(self, at: datetime) -> None:
        """Forget incidents that have been quiet for too long."""
        horizon = at - self._parameters.reopen
        if self._oldest is None or self._oldest >= horizon:
            return
        for incident_id in [story.id for story in self.stories.values() if story.last_at < horizon]:
            self.forget(incident_id)
        self._oldest = min((story.last_at for story in self.stories.values()), default=None)

    def title(self, incident_id: int) -> str:
        """Name an incident by its most telling words and post."""
        story = self.stories[self.lasting(incident_id)]
        return title([(row.text, row.wording) for row in story.rows], self._background)

    def status(self, incident_id: int, status: Status) -> None:
        """Take over the state that staff or the shell gave an incident."""
        if (story := self.stories.get(self.lasting(incident_id))) is not None:
            story.status = status


def _day(at: datetime) -> float:
    return at.timestamp() / 86_400
