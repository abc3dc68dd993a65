"""From texts and a seed to a story: who sees what was written, what is measured, and the truth to compare with."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from .audience import HABITS, Counters, Curve, measure
from .bank import read
from .cast import Cast
from .places import Addresses, url
from .plot import COMPLAINTS, DEFAULT_ONSET, Draft, Incident, Ordinary, dice
from .rhythm import SEOUL

Record = dict[str, Any]

WATCH_NAME = "한울오토"
WATCH_TERMS = ("한울오토", "한울 오토", "Hanul Auto", "HanulAuto")
THRESHOLD = 6000

DAYS_BEFORE, HOURS_AFTER = 4, 30
CROSSING_HOURS = (7.4, 9.4)
OVERLAP = 0.94  # of two people counted at two posts, some are one person


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
    ordinary = Ordinary([line for line in lines if line.role != "incident"], span, onset, seed).drafts
    told = [line for line in lines if line.role == "incident" and language in {line.language, "both"}]
    harm = Incident(told, onset, span[1], seed, language).drafts if incident else []
    drafts = sorted([*ordinary, *harm], key=lambda draft: draft.at)
    _address(drafts, seed)
    _count(drafts, span[1], seed)
    return _records(drafts, span[1], seed), _truth(drafts, span, onset if incident else None, ordinary)


def _address(drafts: Iterable[Draft], seed: int) -> None:
    addresses = Addresses(dice(seed, "addresses:ordinary")), Addresses(dice(seed, "addresses:incident"))
    for draft in drafts:
        draft.key = addresses[draft.harm].new(draft.line.platform, draft.at, comment=draft.comment)


def _count(drafts: list[Draft], end: datetime, seed: int) -> None:
    """Audiences, and, drawn from them, the public counts and the reposts (which are added to the drafts)."""
    rngs = dice(seed, "audience:ordinary"), dice(seed, "audience:incident")
    for draft in drafts:
        draft.curve = _curve(draft, end, rngs[draft.harm])
    _settle([draft for draft in drafts if draft.harm], rngs[1])
    for draft in drafts:
        draft.counters = Counters.draw(draft.line.platform, draft.curve, rngs[draft.harm], comment=draft.comment)  # type: ignore[arg-type]
    for draft in drafts:
        if draft.reply_to and draft.reply_to.counters:
            draft.reply_to.counters.replied_at.append(draft.at)
    _repost(drafts, rngs[1], Addresses(dice(seed, "addresses:reposts")), Cast(dice(seed, "reposts"), again=0.0))


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
    rngs = dice(seed, "polls:ordinary"), dice(seed, "polls:incident")
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
