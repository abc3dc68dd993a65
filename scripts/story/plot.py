"""Who writes what when: ordinary days, and the trouble that breaks into them, as drafts that nobody has seen yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from .audience import Counters, Curve
from .bank import Line
from .cast import Cast, Person
from .places import Addresses, community
from .rhythm import Span, at_hour, spread_apart

DEFAULT_ONSET = datetime(2026, 3, 12, 1, 20, tzinfo=UTC)
STAGES = ((0.0, 3.2), (3.2, 8.4), (8.0, 13.0), (11.5, 20.0), (21.0, 29.0))
COMPLAINTS = frozenset({"stray_complaint", "slow_burn", "angry_author"})


@dataclass(slots=True)
class Draft:
    """A post in the making; ``comment``: it stands under another post and has no audience of its own (answers on X have)."""

    line: Line
    at: datetime
    person: Person
    comment: bool = False
    under: str | None = None  # a video or an article that is not in the file
    reply_to: Draft | None = None
    quote_of: Draft | None = None
    repost_of: Draft | None = None
    copy_of: Draft | None = None
    place: str | None = None
    key: str = ""
    curve: Curve | None = None
    counters: Counters | None = None

    @property
    def harm(self) -> bool:
        """Whether it belongs to the incident."""
        return self.line.role == "incident"


def dice(seed: int, part: str) -> Random:
    """Return what chance decides in one part of the story; no part disturbs another."""
    return Random(f"{seed}:{part}")


class Ordinary:
    """All that goes on anyway: scattered over the days, answers after questions, copies after originals."""

    def __init__(self, lines: Sequence[Line], span: tuple[datetime, datetime], onset: datetime, seed: int):
        self._rng, self._span, self._onset = dice(seed, "ordinary"), span, onset
        self._cast = Cast(self._rng, again=0.22)
        self.drafts: list[Draft] = []
        free = [line for line in lines if line.role not in COMPLAINTS]
        for language in ("ko", "en"):
            self._chat([line for line in free if line.language == language and not line.reply], language)
            self._isolated([line for line in lines if line.role == "stray_complaint" and line.language == language], language)
        self._slowly([line for line in lines if line.role == "slow_burn"])
        self._angrily([line for line in lines if line.role == "angry_author"])
        tagged = {draft.line.tag: draft for draft in self.drafts if draft.line.tag}
        for line in free:
            if line.reply:
                self._answer(line, tagged[line.reply])

    def _add(self, line: Line, at: datetime, person: Person | None = None) -> Draft:
        end = self._span[1] - timedelta(minutes=5)
        draft = Draft(line, min(max(at, self._span[0]), end), person or self._cast.person(line.platform, line.language))
        draft.place = community(line.platform, line.role, self._rng)
        draft.under = elsewhere(line, self._rng)
        draft.comment = draft.under is not None
        self.drafts.append(draft)
        return draft

    def _chat(self, lines: list[Line], language: str) -> None:
        order = self._rng.sample(lines, len(lines))
        for line, at in zip(order, Span(*self._span, language).scatter(len(order), self._rng, 2.0), strict=True):
            if line.copies or line.big > 1:
                at = self._prominent(language)
            if line.hour is not None:
                at = at_hour(at, line.hour, self._rng)
            draft = self._add(line, at)
            copies(draft, self._cast, self._rng, self._span[1], self.drafts)

    def _prominent(self, language: str) -> datetime:
        """What many people see stands in the days before the incident, by day, so that it has run its course."""
        return Span(self._span[0] + timedelta(hours=9), self._onset - timedelta(hours=14), language).at(self._rng.random())

    def _isolated(self, lines: list[Line], language: str) -> None:
        """Complaints of single people, never two of a kind together."""
        order = [lines[i] for i in spread_apart([line.topic or "" for line in lines], self._rng)]
        for line, at in zip(order, Span(*self._span, language).scatter(len(order), self._rng, 0.3), strict=True):
            self._add(
                line, at if line.hour is None else at_hour(at, line.hour, self._rng), self._cast.person(line.platform, language, new=True)
            )

    def _slowly(self, lines: list[Line]) -> None:
        """A small trouble that a few people mention over days."""
        span = Span(*self._span, "ko")
        for line in lines:
            at = span.at((line.order or 0.0) + self._rng.uniform(-0.04, 0.04))
            self._add(
                line,
                at if line.hour is None else at_hour(at, line.hour, self._rng),
                self._cast.person(line.platform, line.language, new=True),
            )

    def _angrily(self, lines: list[Line]) -> None:
        """One person, many posts, a day and a half."""
        person = self._cast.person("x", "ko", new=True)
        start = self._span[0] + timedelta(days=self._rng.choice((1, 2)), hours=self._rng.uniform(9, 11))
        span = Span(start, start + timedelta(hours=34), "ko")
        shares = sorted(self._rng.uniform(i, i + 0.8) / len(lines) for i in range(len(lines)))
        for line, share in zip(sorted(lines, key=lambda line: line.order or 0), shares, strict=True):
            self._add(line, span.at(share), person)

    def _answer(self, line: Line, to: Draft) -> None:
        draft = self._add(line, to.at + timedelta(minutes=3 + self._rng.lognormvariate(3.4, 0.8)))
        draft.reply_to, draft.comment, draft.place, draft.under = to, line.platform != "x", to.place, None


class Incident:
    """The trouble: owners find sea water, others ask and repeat, a video, reporters, an apology."""

    def __init__(self, lines: Sequence[Line], onset: datetime, end: datetime, seed: int, language: str):
        self._rng, self._onset, self._end = dice(seed, "incident"), onset, end
        self._cast = Cast(self._rng, again=0.04)
        self.drafts: list[Draft] = []
        self._tagged: dict[str, Draft] = {}
        weight = {"ko": 1.0, "en": 0.3 if language == "both" else 1.0}
        for stage in range(len(STAGES)):
            self._stage([line for line in lines if line.stage == stage], stage)
        for draft in self.drafts:
            draft.line = _louder(draft.line, weight[draft.line.language])
        for draft in list(self.drafts):
            copies(draft, self._cast, self._rng, end, self.drafts)

    def _stage(self, lines: list[Line], stage: int) -> None:
        """Lines that others refer to come early in their stage, the rest anyhow."""
        low, high = (self._onset + timedelta(hours=hours) for hours in STAGES[stage])
        span = Span(low, min(high, self._end - timedelta(hours=1)), "ko")
        moments = sorted(span.scatter(len(lines), self._rng, 0.6))
        order = sorted(lines, key=lambda line: (line.reply or line.quote or "") in {each.tag for each in lines})
        order = _early_tags(order, self._rng)
        if stage == 0:
            moments[0] = self._onset
        for line, at in zip(order, moments, strict=True):
            self._add(line, at)

    def _add(self, line: Line, at: datetime) -> None:
        to = self._tagged.get(line.reply or line.quote or "")
        if to is not None:
            at = max(at, to.at + timedelta(minutes=self._rng.uniform(2, 12)))
        person = self._cast.person(line.platform, line.language, audience=max(1.0, 0.4 * line.big))
        draft = Draft(line, at, person, place=community(line.platform, "incident", self._rng), under=elsewhere(line, self._rng))
        draft.comment = draft.under is not None
        if line.reply:
            draft.reply_to, draft.comment, draft.place, draft.under = to, line.platform != "x", to.place if to else None, None
        draft.quote_of = to if line.quote else None
        if line.tag:
            self._tagged[line.tag] = draft
        self.drafts.append(draft)


def elsewhere(line: Line, rng: Random) -> str | None:
    """Who writes on YouTube or under the news without a film or an article of their own comments on one that nobody collected."""
    own = line.big > 1 or line.role == "news" or line.kind == "news"
    if line.platform not in {"youtube", "naver_news"} or own:
        return None
    return Addresses(Random(f"elsewhere:{rng.randrange(12)}")).new(line.platform, DEFAULT_ONSET, comment=False)


def _louder(line: Line, weight: float) -> Line:
    return line if weight == 1.0 else Line(**{**{name: getattr(line, name) for name in Line.__slots__}, "big": line.big * weight})


def _early_tags(lines: Sequence[Line], rng: Random) -> list[Line]:
    """Shuffled, but those that others answer first, and in the order of the text bank."""
    keyed = [((0.02 * i if line.tag else 0.12 + rng.random()), i) for i, line in enumerate(lines)]
    return [lines[i] for _, i in sorted(keyed)]


def copies(draft: Draft, cast: Cast, rng: Random, end: datetime, drafts: list[Draft]) -> None:
    """Word-for-word copies of a line by other people; reposts follow once its audience is known (see ``build``)."""
    line = draft.line
    for _ in range(line.copies):
        at = draft.at + timedelta(minutes=8 + rng.random() * line.spread)
        platform = rng.choice(("x", "dcinside", "bobaedream", "naver_cafe", "naver_blog") if line.language == "ko" else ("x", "bluesky"))
        small = Line(line.role, line.language, platform, line.text, kind=line.kind, topic=line.topic)
        if at < end:
            drafts.append(
                Draft(small, at, cast.person(platform, line.language, new=True), copy_of=draft, place=community(platform, line.role, rng))
            )
