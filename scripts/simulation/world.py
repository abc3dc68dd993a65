"""From laws and a seed to post records and labels (formats a and b of the replay files)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.evaluation.simulator import DAYS, HOURS, Laws, Spread, incident
from scripts.simulation.words import Writer, name_of, topic_of

Array = NDArray[np.float64]
Record = dict[str, Any]

WATCH = {"name": "한울오토", "any": ["한울오토", "Hanul Auto", "HanulAuto"]}
WEEK = 10080
DISPLAYS = 1.3
PLATFORMS = {"x": 0.45, "naver": 0.15, "dcinside": 0.1, "reddit": 0.1, "youtube": 0.1, "bluesky": 0.1}
SHOWS_VIEWS = frozenset({"x", "naver", "dcinside", "youtube"})
SHOWS_FOLLOWERS = frozenset({"x", "bluesky", "youtube"})
KINDS = {"chatter": 0.40, "question": 0.14, "praise": 0.12, "news": 0.06, "market": 0.10, "complaint": 0.18}
POLLS = np.array([10, 30, 60, 120, 240, 480, 960, 1440, 2880]) * 60.0


@dataclass(frozen=True)
class Plan:
    """How much of what; rates are per week, ``start`` is a Monday at 0 h in Seoul."""

    weeks: float = 2.0
    per_day: float = 300.0
    incidents: float = 3.0
    campaigns: float = 0.5
    bots: float = 0.5
    outages: float = 1.0
    start: datetime = datetime(2026, 3, 1, 15, tzinfo=UTC)
    laws: Laws = field(default_factory=Laws)


@dataclass(slots=True)
class World:
    """Records drawn so far and the truth behind them; times are seconds since the start."""

    plan: Plan
    random: np.random.Generator
    writer: Writer
    posts: list[tuple[float, Record]] = field(default_factory=list)
    measured: list[tuple[float, Record]] = field(default_factory=list)
    seen: dict[str, Array] = field(default_factory=dict)
    incidents: list[Record] = field(default_factory=list)
    busy: list[tuple[float, float]] = field(default_factory=list)
    unclear: list[tuple[float, float]] = field(default_factory=list)
    confusers: list[tuple[float, float, str]] = field(default_factory=list)
    gaps: list[tuple[float, float]] = field(default_factory=list)

    @property
    def length(self) -> float:
        """Seconds from start to end."""
        return self.plan.weeks * WEEK * 60.0


def simulate(plan: Plan, seed: int) -> tuple[list[Record], Record]:
    """Draw a world: its records in time order, and its labels."""
    world = drawn(plan, seed)
    return list(records_of(world)), labels(world)


def drawn(plan: Plan, seed: int) -> World:
    """Draw a world with everything that is true of it; ``seen`` is when each post was seen, its shares' readers included."""
    world = World(plan, np.random.default_rng(seed), Writer(Random(seed)))
    _ordinary(world)
    for _ in range(world.random.poisson(plan.incidents * plan.weeks)):
        _incident(world)
    for _ in range(world.random.poisson(plan.campaigns * plan.weeks)):
        _campaign(world)
    for _ in range(world.random.poisson(plan.bots * plan.weeks)):
        _bots(world)
    for _ in range(world.random.poisson(plan.outages * plan.weeks)):
        start = float(world.random.uniform(0, world.length))
        world.gaps.append((start, start + 3600.0 * float(world.random.uniform(1, 12))))
    return world


def rate(minutes: NDArray[np.intp], plan: Plan, random: np.random.Generator) -> Array:
    """Expected mentions a minute: hour of week x log-AR(1) of half a day (mean 1) x quiet holidays."""
    hour, day = (minutes // 60) % 24, (minutes // 1440) % 7
    profile = HOURS[hour] * DAYS[day] / DAYS.mean()
    steps = int(minutes[-1] // 30) + 1
    noise = np.empty(steps)
    keep = np.exp(-0.5 / 12.0)
    noise[0] = random.normal(0, 0.25)
    shocks = random.normal(0, 0.25 * np.sqrt(1 - keep**2), steps)
    for step in range(1, steps):
        noise[step] = keep * noise[step - 1] + shocks[step]
    drift = np.exp(noise - 0.5 * 0.25**2)[minutes // 30]
    holiday = random.random(int(minutes[-1] // 1440) + 1) < 0.03
    return np.asarray(plan.per_day / 1440.0 * profile * drift * np.where(holiday[minutes // 1440], 0.6, 1.0))


def _ordinary(world: World) -> None:
    """Everyday mentions: negative binomial by the minute, clumping 20 a minute."""
    minutes = np.arange(int(world.plan.weeks * WEEK))
    mean = rate(minutes, world.plan, world.random)
    counts = world.random.poisson(mean * world.random.gamma(20.0, 1 / 20.0, mean.size))
    kinds, shares = list(KINDS), np.array(list(KINDS.values()))
    people = max(int(world.plan.per_day * 4), 50)
    for minute in np.repeat(minutes, counts).tolist():
        kind = kinds[int(world.random.choice(shares.size, p=shares))]
        role = str(world.random.choice(world.writer.complaints)) if kind == "complaint" else kind
        at = minute * 60.0 + float(world.random.uniform(0, 60))
        author = int(people * world.random.random() ** 2)
        followers = float(np.random.default_rng(author).lognormal(np.log(world.plan.laws.followers), world.plan.laws.followers_sd))
        place = _platform(world)
        key = _post(world, at, place, f"p{author}", followers, world.writer.text(role, _language(world, place)))
        _measure(world, key, at, _seen_by(world, at, _views(world, followers)), followers, POLLS[[2, 5, 7]])


def _platform(world: World) -> str:
    return str(world.random.choice(list(PLATFORMS), p=list(PLATFORMS.values())))


def _language(world: World, platform: str) -> str:
    english = {"reddit": 0.9, "bluesky": 0.4, "youtube": 0.2, "x": 0.2}.get(platform, 0.0)
    return "en" if world.random.random() < english else "ko"


def _views(world: World, followers: float) -> int:
    laws = world.plan.laws
    log_views = laws.views_base + laws.views_slope * np.log1p(followers) + world.random.normal(0, laws.views_sd)
    return int(world.random.poisson(min(float(np.exp(log_views)), laws.most_views)))


def _seen_by(world: World, at: float, views: int) -> Array:
    laws = world.plan.laws
    return np.sort(at + 60.0 * world.random.lognormal(np.log(laws.view_minutes), laws.view_sd, views))


def _post(world: World, at: float, platform: str, author: str, followers: float, text: str, **more: str) -> str:
    """Add a post; its counts are unknown when it is written."""
    key = f"{platform}:s{len(world.posts)}"
    known = round(followers) if platform in SHOWS_FOLLOWERS else None
    record = {
        "id": key, "platform": platform, "url": None,
        "author": {"id": f"{platform}:{author}", "handle": None, "followers": known},
        "text": text, "lang": None, "created_at": None, "reply_to": None,
        "engagement": {"likes": None, "replies": None, "shares": None, "views": None}, **more,
    }  # fmt: skip
    world.posts.append((at, record))
    return key


def _measure(world: World, key: str, at: float, seen_at: Array, followers: float, polls: Array, shares: Array | None = None) -> None:
    """Add what polls of a post would show: views where the platform shows them, else what readers left."""
    platform = key.partition(":")[0]
    world.seen[key] = seen_at
    liking, answering = world.random.lognormal(np.log(0.02), 0.8), world.random.lognormal(np.log(0.004), 0.8)
    for poll in (at + polls * world.random.uniform(0.8, 1.2, polls.size)).tolist():
        seen = int(np.searchsorted(seen_at, poll))
        engagement = {
            "likes": int(seen * liking), "replies": int(seen * answering),
            "shares": int(np.searchsorted(shares, poll)) if shares is not None else 0,
            "views": round(DISPLAYS * seen) if platform in SHOWS_VIEWS else None,
        }  # fmt: skip
        world.measured.append((poll, {"post": key, "observed_at": None, "engagement": engagement}))


def _incident(world: World) -> None:
    """One trouble at one place; its size decides whether it is an incident to be found, unclear, or everyday trouble."""
    start = _by_day(world)
    spread = incident(world.random, world.plan.laws, start / 3600.0 % 168)
    trouble = str(world.random.choice(world.writer.troubles()))
    told = _tell(world, spread, start, trouble, int(world.random.integers(world.writer.places)))
    originals = spread.originals_at
    end = start + float(min(originals[-1] + 6 * 3600.0, 48 * 3600.0))
    crossed = start + float(spread.seen_at[5999]) if spread.seen_at.size >= 6000 else None
    if crossed is None and originals.size < 8 and spread.seen_at.size < 2500:
        if originals.size >= 4:
            world.unclear.append((start - 7200.0, end + 86400.0))
        return
    world.busy.append((start - 7200.0, end + 86400.0))
    world.incidents.append(
        {
            "id": f"{name_of(trouble)}-{len(world.incidents) + 1}", "topic": topic_of(trouble), "grade": "A",
            "onset_at": start, "burst_at": start + float(originals[min(2, originals.size - 1)]), "peak_at": None, "end_at": end,
            "crossed_at": crossed, "originals": int(originals.size), "people": int(spread.seen_at.size), "news": spread.news,
            "posts": told, "note": "simulated",
        }
    )  # fmt: skip


def _by_day(world: World) -> float:
    """Draw a moment in step with the day: a week or less of quiet first, some hours left at the end."""
    while True:
        at = float(world.random.uniform(0.15, 0.95)) * world.length
        if world.random.random() * HOURS.max() < HOURS[int(at // 3600) % 24]:
            return at


def _tell(world: World, spread: Spread, start: float, trouble: str, place: int) -> list[str]:
    """Write the incident's posts; shares become posts of their own only on X, and count in their original's views everywhere. Their ids."""
    told = []
    roots = np.arange(spread.at.size)
    for post in np.flatnonzero(spread.parent >= 0):
        roots[post] = roots[spread.parent[post]]
    by_root = np.argsort(roots[spread.seen_post], kind="stable")
    bounds = np.searchsorted(roots[spread.seen_post][by_root], np.arange(spread.at.size + 1))
    loudest = int(np.argmax(np.where(spread.parent < 0, spread.followers, 0))) if spread.news else -1
    keys: dict[int, tuple[str, str, str]] = {}
    for post in np.argsort(spread.at, kind="stable").tolist():
        at = start + float(spread.at[post])
        if spread.parent[post] < 0:
            platform = "x" if post == loudest else _platform(world)
            language = _language(world, platform)
            text = world.writer.text("newsflash" if post == loudest else trouble, language, place)
            key = _post(world, at, platform, f"i{len(world.posts)}", float(spread.followers[post]), text)
            keys[post] = (key, platform, text)
            told.append(key)
            seen = start + spread.seen_at[by_root[bounds[post] : bounds[post + 1]]]
            _measure(
                world,
                key,
                at,
                np.sort(seen),
                float(spread.followers[post]),
                POLLS,
                start + np.sort(spread.at[(roots == post) & (spread.parent >= 0)]),
            )
        elif keys[int(roots[post])][1] == "x":
            key, platform, text = keys[int(roots[post])]
            told.append(_post(world, at, platform, f"r{len(world.posts)}", float(spread.followers[post]), text, repost_of=key))
    return told


def _campaign(world: World) -> None:
    """Six hours of fivefold mentions, all pleased."""
    start = float(world.random.uniform(0.1, 0.95)) * world.length
    for at in np.sort(start + world.random.uniform(0, 6 * 3600.0, world.random.poisson(world.plan.per_day / 24 * 6 * 4))).tolist():
        platform = _platform(world)
        followers = float(world.random.lognormal(np.log(world.plan.laws.followers), world.plan.laws.followers_sd))
        text = world.writer.text("campaign", _language(world, platform))
        key = _post(world, at, platform, f"c{len(world.posts)}", followers, text)
        _measure(world, key, at, _seen_by(world, at, _views(world, followers)), followers, POLLS[[2, 5, 7]])
    world.confusers.append((start, start + 6 * 3600.0, "campaign"))


def _bots(world: World) -> None:
    """40 to 230 posts in 5 minutes for 1 to 6 hours, at most 20 texts, hardly seen; a tenth of them slightly altered."""
    start = float(world.random.uniform(0.1, 0.95)) * world.length
    hours = float(world.random.uniform(1, 6))
    texts = [world.writer.text("bot", "ko" if number % 2 else "en") for number in range(int(world.random.integers(5, 21)))]
    count = int(world.random.uniform(40, 230) * 12 * hours)
    for at in np.sort(start + world.random.uniform(0, hours * 3600.0, count)).tolist():
        text = texts[int(world.random.integers(len(texts)))]
        if world.random.random() < 0.1:
            text += f" {int(world.random.integers(100))}"
        _post(world, at, "x", f"b{int(world.random.integers(300))}", float(world.random.integers(0, 5)), text)
    world.confusers.append((start, start + hours * 3600.0, "bot flood"))


def records_of(world: World) -> Iterator[Record]:
    """All records in time order, without what the collector missed; what stands within an outage is measured after it."""
    lost = set()
    lines: list[tuple[float, int, Record]] = []
    for at, record in world.posts:
        if at >= world.length or any(start <= at < end for start, end in world.gaps):
            lost.add(record["id"])
        else:
            lines.append((at, 0, {**record, "created_at": stamp(world, at)}))
    for at, record in world.measured:
        if at < world.length and record["post"] not in lost and not any(start <= at < end for start, end in world.gaps):
            lines.append((at, 1, {**record, "observed_at": stamp(world, at)}))
    lines.sort(key=lambda line: (round(line[0]), line[1], line[2].get("id") or line[2]["post"]))
    return (record for _, _, record in lines)


def stamp(world: World, seconds: float) -> str:
    """A moment of the world as the records write it."""
    return (world.plan.start + timedelta(seconds=round(seconds))).strftime("%Y-%m-%dT%H:%M:%SZ")


def labels(world: World) -> Record:
    """The truth in format b; incidents also say when 6,000 people had seen them and how large they grew."""
    times = ("onset_at", "burst_at", "end_at", "crossed_at")
    told = [{**one, **{name: None if one[name] is None else stamp(world, one[name]) for name in times}} for one in world.incidents]
    return {
        "watch": WATCH,
        "incidents": sorted(told, key=lambda one: str(one["onset_at"])),
        "quiet": [[stamp(world, a), stamp(world, b)] for a, b in _complement(world)],
        "unclear": [[stamp(world, a), stamp(world, b)] for a, b in sorted(world.unclear)],
        "gaps": [[stamp(world, a), stamp(world, b)] for a, b in sorted(world.gaps)],
        "hard_negatives": [{"from": stamp(world, a), "to": stamp(world, b), "note": note} for a, b, note in sorted(world.confusers)],
        "caution": "Simulated: laws and texts are invented.",
    }


def _complement(world: World) -> Iterator[tuple[float, float]]:
    """Spans of the file outside of incidents."""
    at = 0.0
    for start, end in sorted(world.busy):
        if start > at:
            yield at, start
        at = max(at, end)
    if at < world.length:
        yield at, world.length
