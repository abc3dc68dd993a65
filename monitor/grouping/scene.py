"""The live incidents of one watch: which of them a new post belongs to, and which of them turn out to be one."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from monitor.domain import LIVE, Because, Fingerprint, Judged, Standing, Status
from monitor.grouping.background import Background
from monitor.grouping.copies import Copies, Known
from monitor.grouping.rows import Rows
from monitor.grouping.shapes import Candidate, Merge, Parameters, Placement
from monitor.grouping.titles import title
from monitor.grouping.wording import Wording, telling, wording

_NEAREST = 48
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One post as it is compared."""

    post_id: str
    at: datetime
    author: str | None
    threads: frozenset[str]
    topic: str
    topic_p: float
    text: str
    wording: Wording
    vector: dict[int, int]

    @property
    def order(self) -> tuple[datetime, str]:
        """Posts stand in the order of time, then id."""
        return self.at, self.post_id


@dataclass(slots=True, eq=False)
class Story:
    """A live incident: the posts that stand for it, oldest first, with their numbers in the index."""

    id: int
    status: Status
    last_at: datetime
    rows: list[Row] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    provisional: bool = False
    """Opened by a copy: its only row gives way to the first original."""

    @property
    def topic(self) -> str:
        """The topic of most of its posts."""
        counts = Counter(row.topic for row in self.rows)
        return max(sorted(counts), key=lambda topic: counts[topic]) if counts else "other"


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a post fits an incident, by its most alike post."""

    story: Story
    surprise: float
    row: Row
    code: str
    name: str | None = None


class Scene:
    """Everything grouping knows of one watch."""

    def __init__(self, parameters: Parameters, background: Background):
        self._parameters = parameters
        self._background = background
        self.copies = Copies(parameters)
        self.stories: dict[int, Story] = {}
        self._merged: dict[int, int] = {}
        self._apart: set[frozenset[int]] = set()
        self._rows = Rows()
        self._owner: dict[int, tuple[Story, Row]] = {}
        self._authors: dict[str, Counter[int]] = defaultdict(Counter)
        self._names: dict[str, Counter[int]] = defaultdict(Counter)
        self._links: dict[int, set[int]] = defaultdict(set)
        self._unmerged: set[int] = set()

    # ---- coming back ----

    def restore(self, standing: Standing) -> None:
        """Know an incident again; replaces what was known of it."""
        incident = standing.incident
        self.forget(incident.id)
        originals = [judged for judged in standing.medoids if judged.copy_of is None]
        story = Story(incident.id, incident.status, incident.last_post_at, provisional=not originals)
        self.stories[story.id] = story
        for judged in originals or standing.medoids[:1]:
            self._stand(story, self._row_of(judged))

    def recall(self, row: Fingerprint) -> None:
        """Know a text again."""
        self.copies.restore(row)

    def _row_of(self, judged: Judged) -> Row:
        post, labels = judged.post, judged.labels
        return self._row(
            Candidate(
                post.id,
                judged.mention.watch,
                post.text,
                labels.topic,
                labels.topic_scores.get(labels.topic, 0.0),
                post.created_at,
                post.author_id,
                post.reply_to,
                post.repost_of,
                post.quote_of,
                post.url,
                judged.mention.spans,
                post.language,
            )
        )

    def _row(self, post: Candidate) -> Row:
        words = wording(post.text, post.spans)
        threads = frozenset(filter(None, (post.post_id, post.reply_to, post.quote_of, post.repost_of)))
        return Row(
            post.post_id, post.at, post.author_id, threads, post.topic, post.topic_p, post.text, words, self._background.vector(words)
        )

    # ---- placing ----

    def place(self, post: Candidate, next_id: int) -> Placement:
        """Put one complaint into the incident it belongs to, or into a new one with ``next_id``."""
        known = self._see(post)
        if known.copy_of is not None and (story := self._story_of(known.copy_of)) is not None and self._fresh(story, post.at):
            code = "grouping.repost" if post.repost_of else "grouping.copy"
            return self._joined(post, known, story, Because(code, {"post": known.copy_of}))
        row = self._row(post)
        likeness = self._rows.likeness(row.vector)
        fits = self._fits(row, likeness)
        bar = self._bar(post.at)
        best = max(fits, key=lambda fit: (fit.surprise, -fit.story.id), default=None)
        follows = None
        if best is not None and self._passes(best, row, bar):
            if best.story.status is not Status.DISMISSED:
                placement = self._joined(post, known, best.story, self._because(best, row, bar))
                if known.copy_of is None:
                    self._stand(best.story, row, likeness)
                return placement
            follows = best.story.id
        return self._opened(post, known, row, likeness, next_id, follows)

    def _see(self, post: Candidate) -> Known:
        root = post.repost_of
        if root is None and post.quote_of is not None and len(wording(post.text, post.spans).words) < 3:
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

    def _fresh(self, story: Story, at: datetime) -> bool:
        return at - story.last_at <= self._parameters.reopen

    def _closed(self, story: Story, at: datetime) -> bool:
        return story.status not in LIVE or at - story.last_at > self._parameters.quiet

    def _joined(self, post: Candidate, known: Known, story: Story, because: Because) -> Placement:
        reopens = self._closed(story, post.at) and story.status is not Status.DISMISSED
        known.incident = story.id
        story.last_at = max(story.last_at, post.at)
        return Placement(post.post_id, post.watch, story.id, False, known.copy_of, known.bits, because, reopens)

    def _opened(
        self,
        post: Candidate,
        known: Known,
        row: Row,
        likeness: np.ndarray[tuple[int], np.dtype[np.float64]],
        next_id: int,
        follows: int | None,
    ) -> Placement:
        story = Story(next_id, Status.CANDIDATE, post.at, provisional=known.copy_of is not None)
        self.stories[next_id] = story
        self._stand(story, row, likeness)
        known.incident = next_id
        because = Because("grouping.follows", {"incident": follows}) if follows else Because("grouping.first", {})
        return Placement(post.post_id, post.watch, next_id, True, known.copy_of, known.bits, because, follows=follows)

    # ---- fitting ----

    def _bar(self, at: datetime) -> float:
        live = sum(1 for story in self.stories.values() if not self._closed(story, at))
        return max(self._parameters.join_surprise, math.log10(3 * max(live, 1)) + self._parameters.join_margin)

    def _fits(self, row: Row, likeness: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Iterator[Fit]:
        """Yield the best fit with each incident that has a post among those most alike."""
        best: dict[int, Fit] = {}
        for number in self._compared(row, likeness):
            story, other = self._owner[number]
            if not self._fresh(story, row.at):
                continue
            fit = self._fit(story, row, other, float(likeness[number]))
            if story.id not in best or (fit.surprise, other.order) > (best[story.id].surprise, best[story.id].row.order):
                best[story.id] = fit
        return iter(best.values())

    def _compared(self, row: Row, likeness: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[int]:
        """The numbers of the posts that are looked at closely: those most alike, and those of the same author or thread."""
        numbers = {int(number) for number in _most(likeness, _NEAREST)}
        stories = {self._story_of(thread) for thread in row.threads - {row.post_id}}
        if row.author is not None:
            stories |= {self.stories.get(incident) for incident in self._authors.get(row.author, ())}
        for story in stories:
            if story is not None:
                numbers.update(story.numbers)
        return sorted(numbers)

    def _fit(self, story: Story, row: Row, other: Row, likeness: float) -> Fit:
        parameters = self._parameters
        surprise = self.pair_surprise(row, other, likeness)
        code, name = "grouping.alike", None
        shared = sorted(word for word in row.wording.names & other.wording.names if self._rare(word))
        if shared:
            surprise += parameters.entity_bonus
            code, name = "grouping.name", shared[0]
        if any(self._story_of(thread) is story for thread in row.threads - {row.post_id}):
            surprise += parameters.thread_bonus
            code = "grouping.thread"
        gap = abs(row.at - story.last_at)
        surprise -= parameters.decay_per_day * (gap / timedelta(days=1))
        if self._same_author(row, story, gap):
            surprise += parameters.author_bonus
            code = "grouping.author"
        return Fit(story, surprise, other, code, name)

    def pair_surprise(self, row: Row, other: Row, likeness: float) -> float:
        """How surprising it is that two unrelated posts are so alike: the part that never changes."""
        surprise = self._background.surprise(likeness)
        sure = self._parameters.topic_sure
        if row.topic != other.topic and row.topic_p > sure and other.topic_p > sure:
            surprise -= self._parameters.topic_penalty
        return surprise

    def _same_author(self, row: Row, story: Story, gap: timedelta) -> bool:
        if row.author is None or gap > self._parameters.quiet:
            return False
        incidents = self._authors.get(row.author, Counter())
        return story.id in incidents and len(incidents) < 3

    def _rare(self, name: str) -> bool:
        return len(self._names[name]) <= max(2.0, self._parameters.entity_share * len(self.stories))

    def _passes(self, fit: Fit, row: Row, bar: float) -> bool:
        if fit.surprise >= bar:
            return True
        near = timedelta(hours=self._parameters.near_hours)
        return (
            fit.surprise >= bar - self._parameters.near_surprise
            and fit.story.topic == row.topic
            and abs(row.at - fit.story.last_at) <= near
        )

    def _because(self, fit: Fit, row: Row, bar: float) -> Because:
        common = self._shared_words(row, fit.row)
        return Because(
            fit.code,
            {
                "post": fit.row.post_id,
                "words": ", ".join(common) or None,
                "name": fit.name,
                "surprise": round(fit.surprise, 2),
                "bar": round(bar, 2),
            },
        )

    def _shared_words(self, row: Row, other: Row) -> list[str]:
        theirs = set(other.wording.words)
        return list(dict.fromkeys(word for word in row.wording.words if word in theirs and telling(word)))[:3]

    # ---- standing for an incident ----

    def _stand(self, story: Story, row: Row, likeness: np.ndarray[tuple[int], np.dtype[np.float64]] | None = None) -> None:
        """Let a post stand for its incident: the first and the latest ones do."""
        if likeness is None:
            likeness = self._rows.likeness(row.vector)
        linked = [int(n) for n in np.flatnonzero(likeness > 0.05) if n in self._owner and self._linked(row, int(n), float(likeness[n]))]
        if story.provisional and story.rows:
            self._drop(story, 0)
            story.provisional = False
        number = self._rows.add(row.vector)
        place = sum(1 for other in story.rows if other.order < row.order)
        story.rows.insert(place, row)
        story.numbers.insert(place, number)
        self._owner[number] = (story, row)
        self._count(story, row, 1)
        for other in linked:
            if other in self._owner:
                self._links[number].add(other)
                self._links[other].add(number)
        self._unmerged.add(story.id)
        if len(story.rows) > self._parameters.kept:
            self._drop(story, 1)

    def _linked(self, row: Row, number: int, likeness: float) -> bool:
        return self.pair_surprise(row, self._owner[number][1], likeness) >= self._parameters.merge_surprise

    def _drop(self, story: Story, place: int) -> None:
        row, number = story.rows.pop(place), story.numbers.pop(place)
        self._rows.remove(number)
        del self._owner[number]
        for other in self._links.pop(number, ()):
            self._links[other].discard(number)
        self._count(story, row, -1)

    def _count(self, story: Story, row: Row, step: int) -> None:
        keys: list[tuple[dict[str, Counter[int]], str]] = [(self._names, name) for name in row.wording.names]
        if row.author is not None:
            keys.append((self._authors, row.author))
        for table, key in keys:
            table[key][story.id] += step
            if not table[key][story.id]:
                del table[key][story.id]
            if not table[key]:
                del table[key]

    # ---- merging ----

    def merges(self, now: datetime) -> list[Merge]:
        """Join incidents that turned out to be one; the older id survives."""
        self._sweep(now)
        stretch = self._parameters.merge_minutes * 60
        before = _EPOCH + timedelta(seconds=int((now - _EPOCH).total_seconds()) // stretch * stretch)
        merged: list[Merge] = []
        for incident_id in sorted(self._unmerged):
            while (story := self.stories.get(incident_id)) is not None and (other := self._one_with(story, before)) is not None:
                older, younger = sorted((story, other), key=lambda each: each.id)
                merged.append(self._merge(older, younger))
            if story is None or all(row.at < before for row in story.rows):
                self._unmerged.discard(incident_id)
        return merged

    def _one_with(self, story: Story, before: datetime) -> Story | None:
        pairs: Counter[int] = Counter()
        for row, number in zip(story.rows, story.numbers, strict=True):
            for other in self._links.get(number, ()) if row.at < before else ():
                owner, linked = self._owner[other]
                if owner is not story and linked.at < before:
                    pairs[owner.id] += 1
        for incident_id, count in sorted(pairs.items(), key=lambda each: (-each[1], each[0])):
            other_story = self.stories[incident_id]
            apart = frozenset((story.id, incident_id)) in self._apart
            if count >= self._parameters.merge_pairs and not apart and {story.status, other_story.status} <= LIVE:
                return other_story
        return None

    def _merge(self, older: Story, younger: Story) -> Merge:
        alike = max(
            ((row, other) for row in older.rows for other in younger.rows),
            key=lambda pair: (len(self._shared_words(*pair)), pair[0].order, pair[1].order),
        )
        words = ", ".join(self._shared_words(*alike)) or None
        self.unite(older.id, younger.id)
        return Merge(older.id, younger.id, Because("grouping.merged", {"incident": younger.id, "post": alike[1].post_id, "words": words}))

    def unite(self, older_id: int, younger_id: int) -> None:
        """Make two incidents one, as merging or staff decided."""
        younger = self.stories.get(younger_id)
        older = self.stories.get(older_id)
        self._merged[younger_id] = older_id
        if younger is None or older is None:
            return
        rows = list(younger.rows)
        provisional = younger.provisional
        self.forget(younger_id)
        older.last_at = max(older.last_at, younger.last_at)
        for row in () if provisional and older.rows else rows:
            self._stand(older, row)
        self._unmerged.add(older_id)

    def keep_apart(self, one: int, other: int) -> None:
        """Never merge two incidents: staff split them."""
        self._apart.add(frozenset((one, other)))

    # ---- leaving ----

    def forget(self, incident_id: int) -> None:
        """Compare no more posts with an incident."""
        story = self.stories.pop(incident_id, None)
        while story is not None and story.rows:
            self._drop(story, 0)
        self._unmerged.discard(incident_id)

    def forget_post(self, post_id: str) -> None:
        """Take a deleted post out of what stands for its incident."""
        story = self._story_of(post_id)
        for place, row in enumerate(story.rows if story else ()):
            if story is not None and row.post_id == post_id:
                self._drop(story, place)
                break

    def _sweep(self, now: datetime) -> None:
        for incident_id in [story.id for story in self.stories.values() if not self._fresh(story, now)]:
            self.forget(incident_id)

    def title(self, incident_id: int) -> str:
        """Name an incident by its most telling words and post."""
        story = self.stories[self.lasting(incident_id)]
        return title([(row.text, row.wording) for row in story.rows], self._background)

    def status(self, incident_id: int, status: Status) -> None:
        """Take over the state that staff or the shell gave an incident."""
        if (story := self.stories.get(self.lasting(incident_id))) is not None:
            story.status = status


def _most(likeness: np.ndarray[tuple[int], np.dtype[np.float64]], count: int) -> Sequence[int]:
    """The numbers of the greatest values over zero; all that equal the last one are taken, so that order does not matter."""
    if len(likeness) > count:
        floor = max(np.partition(likeness, -count)[-count], 1e-9)
        return np.flatnonzero(likeness >= floor).tolist()
    return np.flatnonzero(likeness > 0).tolist()
