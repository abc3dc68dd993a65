"""From texts and a seed to a story: who writes what when, who sees it, what is measured, and the truth to compare with."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from .audience import HABITS, Counters, Curve, measure
from .bank import Line, read
from .cast import Cast, Person
from .places import Addresses, community, url
from .rhythm import SEOUL, Span, at_hour, spread_apart

Record = dict[str, Any]

WATCH_NAME = "한울오토"
WATCH_TERMS = ("한울오토", "한울 오토", "Hanul Auto", "HanulAuto")
DEFAULT_ONSET = datetime(2026, 3, 12, 1, 20, tzinfo=UTC)
THRESHOLD = 6000

DAYS_BEFORE, HOURS_AFTER = 4, 30
STAGES = ((0.0, 3.2), (3.2, 8.4), (8.0, 13.0), (11.5, 20.0), (21.0, 29.0))
CROSSING_HOURS = (7.4, 9.4)
OVERLAP = 0.94  # of two people counted at two posts, some are one person
COMPLAINTS = frozenset({"stray_complaint", "slow_burn", "angry_author"})
FAR_READ = frozenset({"praise", "chatter", "competitor", "news"})


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


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened; nothing of it stands in the records."""

    start_at: datetime
    end_at: datetime
    onset_at: datetime | None
    crossed_at: datetime | None
    people: list[tuple[datetime, float]]  # who had seen the incident, every ten minutes from its onset
    roles: dict[str, str]  # post id -> role
    copies: dict[str, str]  # id of a repost or copy -> id of its original
    complainants: list[datetime]  # first complaint of each person of the incident
    harmless: dict[str, float]  # people who saw, by the end: each stray complaint on its own, the slow burn, the angry author
    moments: list[tuple[datetime, datetime, str]] = field(default_factory=list)  # what looks like an incident and is none

    def labels(self) -> Record:
        """The same as labels (format b), with ``crossed_at`` beside the onset."""
        before = self.end_at if self.onset_at is None else self.onset_at - timedelta(hours=2)
        return {
            "watch": {"name": WATCH_NAME, "any": list(WATCH_TERMS)},
            "incidents": [] if self.onset_at is None else [self._incident(self.onset_at)],
            "quiet": [[stamp(self.start_at), stamp(before)]],
            "hard_negatives": [{"from": stamp(a), "to": stamp(b), "note": note} for a, b, note in self.moments],
            "caution": "An invented story: authors, times and counts are drawn from a seed.",
        }

    def _incident(self, onset: datetime) -> Record:
        third = self.complainants[2] if len(self.complainants) > 2 else onset
        return {
            "id": "sea-water-on-deck-4",
            "onset_at": stamp(onset),
            "burst_at": stamp(third),
            "peak_at": None,
            "end_at": stamp(self.end_at),
            "crossed_at": stamp(self.crossed_at) if self.crossed_at else None,
            "grade": "A",
            "note": "new cars delivered after sea water entered a deck",
        }


def stamp(at: datetime) -> str:
    """UTC, to the second, ending in Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def build(seed: int = 1, onset: datetime = DEFAULT_ONSET, language: str = "both", incident: bool = True) -> tuple[list[Record], Truth]:
    """The records of the story, sorted, and the truth behind them.

    ``onset`` is the moment of the incident's first post, ``language`` (ko, en, both) the one its posts are written in; everything else of
    the story is the same with and without the incident.
    """
    if language not in {"ko", "en", "both"}:
        raise ValueError(f"language is ko, en or both, not {language}")
    onset = onset.astimezone(UTC).replace(microsecond=0)
    first_day = (onset + SEOUL).replace(hour=0, minute=0, second=0) - SEOUL
    span = (first_day - timedelta(days=DAYS_BEFORE), onset + timedelta(hours=HOURS_AFTER))
    lines = read()
    ordinary = _Ordinary([line for line in lines if line.role != "incident"], span, onset, seed).drafts
    told = [line for line in lines if line.role == "incident" and language in {line.language, "both"}]
    harm = _Incident(told, onset, span[1], seed, language).drafts if incident else []
    drafts = sorted([*ordinary, *harm], key=lambda draft: draft.at)
    _address(drafts, seed)
    _count(drafts, span[1], seed)
    return _records(drafts, span[1], seed), _truth(drafts, span, onset if incident else None, ordinary)


def _rng(seed: int, part: str) -> Random:
    return Random(f"{seed}:{part}")


class _Ordinary:
    """All that goes on anyway: scattered over the days, answers after questions, copies after originals."""

    def __init__(self, lines: Sequence[Line], span: tuple[datetime, datetime], onset: datetime, seed: int):
        self._rng, self._span, self._onset = _rng(seed, "ordinary"), span, onset
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


class _Incident:
    """The trouble: owners find sea water, others ask and repeat, a video, reporters, an apology."""

    def __init__(self, lines: Sequence[Line], onset: datetime, end: datetime, seed: int, language: str):
        self._rng, self._onset, self._end = _rng(seed, "incident"), onset, end
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
    """Word-for-word copies of a line by other people; reposts follow once its audience is known (see ``_count``)."""
    line = draft.line
    for _ in range(line.copies):
        at = draft.at + timedelta(minutes=8 + rng.random() * line.spread)
        platform = rng.choice(("x", "dcinside", "bobaedream", "naver_cafe", "naver_blog") if line.language == "ko" else ("x", "bluesky"))
        small = Line(line.role, line.language, platform, line.text, kind=line.kind, topic=line.topic)
        if at < end:
            drafts.append(
                Draft(small, at, cast.person(platform, line.language, new=True), copy_of=draft, place=community(platform, line.role, rng))
            )


def _address(drafts: Iterable[Draft], seed: int) -> None:
    addresses = Addresses(_rng(seed, "addresses:ordinary")), Addresses(_rng(seed, "addresses:incident"))
    for draft in drafts:
        draft.key = addresses[draft.harm].new(draft.line.platform, draft.at, comment=draft.comment)


def _count(drafts: list[Draft], end: datetime, seed: int) -> None:
    """Audiences, and, drawn from them, the public counts and the reposts (which are added to the drafts)."""
    rngs = _rng(seed, "audience:ordinary"), _rng(seed, "audience:incident")
    for draft in drafts:
        draft.curve = _curve(draft, end, rngs[draft.harm])
    _settle([draft for draft in drafts if draft.harm], rngs[1])
    for draft in drafts:
        draft.counters = Counters.draw(draft.line.platform, draft.curve, rngs[draft.harm], comment=draft.comment)  # type: ignore[arg-type]
    for draft in drafts:
        if draft.reply_to and draft.reply_to.counters:
            draft.reply_to.counters.replied_at.append(draft.at)
    _repost(drafts, rngs[1], Addresses(_rng(seed, "addresses:reposts")), Cast(_rng(seed, "reposts"), again=0.0))


def _curve(draft: Draft, end: datetime, rng: Random) -> Curve:
    line, habits = draft.line, HABITS[draft.line.platform]
    mature = math.exp(rng.gauss(math.log(habits.views), habits.spread))
    cap = 450 if line.role in COMPLAINTS else 5 * habits.views
    mature = min(mature, cap)
    if line.big > 1 or (draft.harm and line.big < 1):
        mature = habits.views * line.big * math.exp(rng.gauss(0.4, 0.25)) * (1 if draft.harm else 25)
    if draft.comment or line.role == "angry_author":
        mature *= 0.4
    half_life, sharpness = (habits.half_life * 2, 1.1) if line.big > 1 else (habits.half_life, 1.5)
    return Curve(draft.at, end, mature, half_life * math.exp(rng.gauss(0, 0.2)), sharpness, line.language)


def people(drafts: Iterable[Draft], now: datetime) -> float:
    """Who has seen at least one of the posts; comments off X are read by those who see what they stand under."""
    seen = sum(d.curve.views(now) / HABITS[d.line.platform].per_person for d in drafts if d.curve and not d.comment and d.at <= now)
    return seen * OVERLAP


def _settle(harm: list[Draft], rng: Random) -> None:
    """Scale the incident's audiences so that the threshold is crossed some hours after the first post."""
    if not harm:
        return
    crossing = min(draft.at for draft in harm) + timedelta(hours=rng.uniform(*CROSSING_HOURS))
    factor = THRESHOLD / people(harm, crossing)
    for draft in harm:
        if draft.curve:
            draft.curve.mature *= factor


def _repost(drafts: list[Draft], rng: Random, addresses: Addresses, cast: Cast) -> None:
    for original in [draft for draft in drafts if draft.line.reposts and draft.curve]:
        for _ in range(original.line.reposts):
            at = original.curve.when(rng.random())  # type: ignore[union-attr]
            draft = Draft(original.line, at, cast.person("x", original.line.language, new=True), repost_of=original)
            draft.key = addresses.new("x", at, comment=False)
            original.counters.shared_at.append(at)  # type: ignore[union-attr]
            drafts.append(draft)


def _records(drafts: Sequence[Draft], end: datetime, seed: int) -> list[Record]:
    rngs = _rng(seed, "polls:ordinary"), _rng(seed, "polls:incident")
    posts: list[Record] = []
    later: list[Record] = []
    for draft in drafts:
        notes = [(draft.at, dict.fromkeys(("likes", "replies", "shares", "views")))]
        if draft.counters is not None:
            notes = list(measure(draft.counters, end, rngs[draft.harm]))
        posts.append(_post(draft, notes[0][1]))
        later += [{"post": draft.key, "observed_at": stamp(at), "engagement": counts} for at, counts in notes[1:]]
    return sorted([*posts, *later], key=lambda r: (r.get("created_at") or r["observed_at"], "post" in r, r.get("id") or r["post"]))


def _post(draft: Draft, counts: dict[str, int | None]) -> Record:
    record: Record = {
        "id": draft.key,
        "platform": draft.line.platform,
        "url": url(draft.key),
        "author": draft.person.record(),
        "text": draft.line.text,
        "lang": draft.line.language,
        "created_at": stamp(draft.at),
        "reply_to": draft.reply_to.key if draft.reply_to else draft.under,
        "engagement": counts,
    }
    related = {"repost_of": draft.repost_of, "quote_of": draft.quote_of}
    record |= {name: other.key for name, other in related.items() if other}
    return record | ({"community": draft.place} if draft.place else {})


def _truth(drafts: Sequence[Draft], span: tuple[datetime, datetime], onset: datetime | None, ordinary: Sequence[Draft]) -> Truth:
    harm = [draft for draft in drafts if draft.harm and draft.curve]
    series = _series(harm, onset, span[1]) if onset else []
    totals = [total for _, total in series]
    over = bisect_left(totals, THRESHOLD)
    said: dict[str, datetime] = {}
    for draft in sorted(harm, key=lambda draft: draft.at):
        if not (draft.copy_of or draft.line.kind):
            said.setdefault(draft.person.key or draft.key, draft.at)
    return Truth(
        start_at=span[0],
        end_at=span[1],
        onset_at=onset,
        crossed_at=series[over][0] if over < len(series) else None,
        people=series,
        roles={draft.key: draft.line.role for draft in drafts},
        copies={draft.key: other.key for draft in drafts if (other := draft.copy_of or draft.repost_of)},
        complainants=sorted(said.values()),
        harmless=_harmless(ordinary, span[1]),
        moments=_moments(ordinary),
    )


def _series(harm: Sequence[Draft], onset: datetime, end: datetime) -> list[tuple[datetime, float]]:
    steps = int((end - onset) / timedelta(minutes=10))
    return [(at, people(harm, at)) for at in (onset + timedelta(minutes=10 * i) for i in range(steps + 1))]


def _harmless(ordinary: Sequence[Draft], end: datetime) -> dict[str, float]:
    groups: dict[str, list[Draft]] = {}
    for draft in ordinary:
        if draft.line.role in COMPLAINTS:
            groups.setdefault(draft.key if draft.line.role == "stray_complaint" else draft.line.role, []).append(draft)
    return {name: people(drafts, end) for name, drafts in groups.items()}


def _moments(ordinary: Sequence[Draft]) -> list[tuple[datetime, datetime, str]]:
    notes = {
        "joke": "a joke that many see",
        "joke_en": "a joke that many see",
        "wave": "news copied widely",
        "comp": "a competitor's truck burns",
    }
    found = [(d.at, d.at + timedelta(hours=12), notes[d.line.tag]) for d in ordinary if d.line.tag in notes and not d.copy_of]
    angry = sorted(draft.at for draft in ordinary if draft.line.role == "angry_author")
    return sorted([*found, (angry[0], angry[-1], "one angry author, ten posts")])
