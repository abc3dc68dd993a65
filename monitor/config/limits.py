"""What the core's parameters may be, and what they mean where their own room has no sentence for them.

The core's rooms trust their numbers; a file does not have to be right. Keys without an entry here must be 0 or more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitor import emergence
from monitor.decode import Decoder, shown

Table = Mapping[str, Any]
CORE = ("grouping", "emergence", "reach", "forecast")


@dataclass(frozen=True)
class Limit:
    """Bounds of a number or of each number in a list or table; ``above`` leaves out the bound itself, ``length`` is a list's."""

    low: float | None = 0
    high: float | None = None
    above: float | None = None
    length: int | None = None

    def holds(self, number: float) -> bool:
        """Tell whether ``number`` is within the bounds."""
        fits_low = number > self.above if self.above is not None else self.low is None or number >= self.low
        return fits_low and (self.high is None or number <= self.high)

    def __str__(self) -> str:
        if self.above is not None:
            return f"above {self.above:g}" + ("" if self.high is None else f", at most {self.high:g}")
        if self.high is not None:
            return f"from {self.low:g} to {self.high:g}"
        return f"at least {self.low:g}"


ANY = Limit()
POSITIVE = Limit(above=0)
SHARE = Limit(high=1)
COUNT = Limit(low=1)
RISE = Limit(above=1)

LIMITS: dict[str, Limit] = {
    "grouping.kept": COUNT,
    "grouping.topic_sure": SHARE,
    "grouping.pull_days": POSITIVE,
    "grouping.quiet_hours": POSITIVE,
    "grouping.reopen_days": POSITIVE,
    "grouping.copy_days": POSITIVE,
    "grouping.copy_distance": Limit(high=16),
    "grouping.copy_characters": COUNT,
    "emergence.false_alarms_per_week": POSITIVE,
    "emergence.daily_false_alarms_per_week": POSITIVE,
    "emergence.min_authors": COUNT,
    "emergence.effects": RISE,
    "emergence.incident_effects": RISE,
    "emergence.prior_per_day": POSITIVE,
    "emergence.floor_per_day": POSITIVE,
    "emergence.level_half_life_days": POSITIVE,
    "emergence.season_half_life_days": POSITIVE,
    "emergence.season_strength": POSITIVE,
    "emergence.hours": Limit(above=0, length=24),
    "emergence.days": Limit(above=0, length=7),
    "emergence.utc_offset_hours": Limit(low=-12, high=14),
    "emergence.incident_per_hour": POSITIVE,
    "emergence.incident_per_day": POSITIVE,
    "emergence.incident_idle_hours": POSITIVE,
    "emergence.birth_part": SHARE,
    "emergence.quiet_hours": POSITIVE,
    "emergence.episode_hours": POSITIVE,
    "emergence.gap_probability": Limit(above=0, high=0.5),
    "emergence.afresh_days": POSITIVE,
    "emergence.memory": Limit(low=1000),
    "reach.displays_per_person": POSITIVE,
    "reach.audience": POSITIVE,
    "reach.national": POSITIVE,
    "reach.overlap": COUNT,
    "reach.same_author": SHARE,
    "reach.half_life_minutes": POSITIVE,
    "reach.half_life_sd": POSITIVE,
    "reach.flood_posts": COUNT,
    "reach.flood_minutes": POSITIVE,
    "reach.largest_post": POSITIVE,
    "forecast.miss": Limit(low=0.002, high=0.6),
}

MEANINGS: dict[str, str] = {
    "emergence.min_authors": "Distinct authors an alarm needs.",
    "emergence.floor_per_day": "Least normal rate of a stream, in posts a day.",
    "emergence.level_half_life_days": "Half-life of the normal level.",
    "emergence.season_half_life_days": "Half-life of the profile of the week.",
    "emergence.hours": "Default profile of the day, one weight for each hour.",
    "emergence.days": "Default profile of the week, Monday first.",
    "emergence.utc_offset_hours": "Local time of the profile; by default that of [monitor] timezone.",
    "emergence.incident_per_hour": "Normal rate of one incident's posts.",
    "emergence.incident_idle_hours": "An incident's stream ends after so long without a post.",
    "emergence.share_total": "Share of the false-alarm budget for each watch as a whole.",
    "emergence.share_topics": "The same for its topics together.",
    "emergence.share_platforms": "The same for its platforms together.",
    "emergence.share_mentions": "The same for all mentions (attention).",
    "emergence.share_negative": "The same for negative mentions with news of a failure (attention).",
    "emergence.quiet_hours": "An alarm's episode ends after so long at a normal level.",
    "emergence.episode_hours": "Longest episode.",
    "emergence.warm_up_days": "Only incidents' own streams may alarm in the first days of a watch.",
    "emergence.gap_probability": "A silence less likely than this is a gap in collection, not a lull.",
    "emergence.gap_caution_hours": "So long after a gap an alarm alone does not notify.",
    "emergence.late_hours": "A post that arrives later than this after it was written changes the baseline of its time only.",
    "emergence.afresh_days": "A watch silent for so long starts its baseline anew.",
    "reach.displays_per_person": "Public views for each person, by platform; platforms not named keep their default.",
    "reach.audience": "People a platform can reach, by platform; platforms not named keep their default.",
    "reach.scored": "Platforms whose likes are a score (upvotes less downvotes).",
    "reach.without_spread": "Platforms on which nothing spreads: reach and forecast stay unknown.",
    "reach.national": "People there are at most.",
    "reach.overlap": "How much more than by chance two posts of a platform share their readers.",
    "reach.same_author": "Part of the readers that a further post of the same author adds.",
    "reach.views_sd": "Error of people from public views (standard deviation of the logarithm).",
    "reach.platform_sd": "Error shared by all posts of a platform.",
    "reach.other_platform_sd": "Further error on platforms without a form of their own.",
    "reach.half_life_minutes": "Half of a post's views come within so many minutes.",
    "reach.half_life_sd": "Spread of that (standard deviation of the logarithm).",
    "reach.fresh_minutes": "A view count taken within so many minutes after posting wears out: see `stale_minutes`.",
    "reach.stale_minutes": "From this age of the post on, followers may say more than such an early count.",
    "reach.flood_posts": "More posts of one author than this within `flood_minutes` are a machine's: they reach nobody.",
    "reach.flood_minutes": "See `flood_posts`.",
    "reach.largest_post": "Most people one post can reach when nothing is measured.",
    "forecast.miss": "Share of outcomes that the range P10 to P90 shall miss.",
}


def range_of(section: str, key: str) -> str:
    """Return the bounds of a core parameter in words; nothing where only 0 or more is asked."""
    limit = LIMITS.get(f"{section}.{key}", ANY)
    return "" if limit is ANY else str(limit)


def meaning_of(section: str, key: str) -> str:
    """Return what a core parameter means."""
    return MEANINGS.get(f"{section}.{key}", "")


def check_limits(decoder: Decoder, tables: Mapping[str, Any]) -> None:
    """Note every number of the core's sections that is out of bounds, also in tables that are wrong for another reason."""
    for section in CORE:
        table = tables.get(section)
        if not isinstance(table, Mapping):
            continue
        for key, value in table.items():
            _check(decoder, (section, key), value, LIMITS.get(f"{section}.{key}", ANY))
    _check_shares(decoder, tables.get("emergence"))


def _check_shares(decoder: Decoder, table: object) -> None:
    """The detector's guarantee needs shares of one budget: those stated and the default ones together."""
    if not isinstance(table, Mapping) or not any(str(key).startswith("share_") for key in table):
        return
    shares = {key: value for key, value in vars(emergence.Parameters()).items() if key.startswith("share_")}
    total = sum((shares | {key: value for key, value in _numbers(table) if key in shares}).values())
    if total > 1 + 1e-9:
        decoder.note(("emergence",), f"the shares (share_...) must not sum to more than 1; with the default ones they make {total:g}")


def _check(decoder: Decoder, path: tuple[str, str], value: object, limit: Limit) -> None:
    for step, number in _numbers(value if isinstance(value, Mapping | list) else [value]):
        if not limit.holds(number):
            place = (*path, step) if isinstance(value, Mapping | list) else path
            decoder.note(place, f"must be {limit}, not {shown(number)}")
    if limit.length is not None and isinstance(value, list) and len(value) != limit.length:
        decoder.note(path, f"needs {limit.length} numbers, not {len(value)}")


def _numbers(values: object) -> Iterator[tuple[str | int, float]]:
    pairs = values.items() if isinstance(values, Mapping) else enumerate(values) if isinstance(values, list) else ()
    for step, value in pairs:
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield step, value
