"""Settings of the detector, and the two scales it works on: minutes for second-stamped posts, days for day-stamped ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

DAY_MINUTES = 1440
LEAST_THRESHOLD = 1.0
"""Nats; below it more false alarms were asked for than a test can be told from chance."""
COARSE_TICKS = 8.0
"""Ticks per false alarm where a tick is longer than a day."""
WEEK_MINUTES = 10080
MONDAY = 3
"""Days from the first Monday before 1970-01-01 (a Thursday)."""

MORNING = (0.55, 0.35, 0.22, 0.16, 0.13, 0.15, 0.28, 0.6, 0.95, 1.15, 1.2, 1.2)
EVENING = (1.35, 1.25, 1.2, 1.2, 1.2, 1.25, 1.3, 1.35, 1.45, 1.55, 1.5, 1.05)
HOURS = (*MORNING, *EVENING)
DAYS = (1.08, 1.08, 1.06, 1.06, 1.05, 0.85, 0.82)


@dataclass(frozen=True)
class Parameters:
    """Every setting of the detector; rates are posts by different authors with different texts, times are hours or days."""

    false_alarms_per_week: float = 1.0
    """Of all streams of all watches together; the statistic's threshold is ticks per week divided by this."""
    daily_false_alarms_per_week: float = 0.125
    """The part of it that day-stamped sources may spend once there are any (one in eight weeks)."""
    alarm_price: float = 6.0
    """Nats by which an alarm raises the threshold; regained in a week, or at once when staff confirm."""
    min_authors: int = 3
    """Different people that an alarm needs."""
    effects: tuple[float, ...] = (2.0, 3.0, 5.0, 8.0, 15.0, 30.0)
    """Rises over the bound that the mixture looks for in watch, topic, platform and attention streams."""
    incident_effects: tuple[float, ...] = (3.0, 8.0, 20.0, 50.0, 100.0, 200.0)
    """The same for streams of single incidents."""
    caution: tuple[float, float] = (0.5, 2.0)
    """z: standard deviations of the busy-day factor that still count as normal; for streams too thin to show busy days, for dense ones."""
    local_caution: tuple[float, float] = (0.5, 1.5)
    """The same for the bound that follows the last hours."""
    prior_per_day: float = 5.0
    """Expected complaints a day before anything was seen."""
    floor_per_day: float = 0.5
    """Least normal rate of a stream, in posts a day."""
    level_half_life_days: float = 7.0
    """Memory of the normal level (four times as long for day-stamped sources)."""
    season_half_life_days: float = 14.0
    """Memory of the profile of the week (eight times as long for day-stamped sources)."""
    season_strength: float = 10.0
    """Posts per cell of the week that the likeliest profile is worth."""
    hours: tuple[float, ...] = HOURS
    """Default profile of the day, one weight an hour."""
    days: tuple[float, ...] = DAYS
    """Default profile of the week, Monday first."""
    utc_offset_hours: float = 9.0
    """Local time of the profile; its day is the detector's day."""
    incident_per_hour: float = 0.2
    """Normal rate of one incident's posts, unless past incidents were busier at the same age."""
    incident_per_day: float = 1.0
    """Normal rate of one incident's posts on the day scale."""
    incident_idle_hours: float = 24.0
    """After so long without a post an incident gives its stream up (a later post brings it back)."""
    share_total: float = 0.15
    """Share of the false-alarm budget for a watch's complaints as a whole."""
    share_topics: float = 0.2
    """The same for its topics together."""
    share_platforms: float = 0.05
    """The same for its platforms together."""
    share_mentions: float = 0.1
    """The same for all mentions (attention)."""
    share_negative: float = 0.1
    """The same for negative mentions with news of a failure of ours (attention)."""
    share_live: float = 0.1
    """Of the budget, spread over live incidents minute by minute."""
    share_births: float = 0.3
    """Of the budget, saved up and handed to incidents when they open."""
    birth_part: float = 0.1
    """Part of what is saved that one new incident receives."""
    spread_per_incident: int = 3
    """People of one incident whom the wide streams count within a day: its growth is the business of its own stream."""
    episode_rise: float = 2.0
    """Inside an episode only rates beyond this many times its highest so far can alarm again."""
    quiet_hours: float = 3.0
    """An episode ends after so long at a normal level."""
    episode_hours: float = 48.0
    """Longest episode; a level kept up for so long becomes the normal one."""
    warm_up_days: float = 3.0
    """In the first days of a watch only single incidents alarm."""
    gap_probability: float = 1e-6
    """A silence less likely than this is a gap in collection, not a lull."""
    gap_caution_hours: float = 6.0
    """So long after a gap, streams wider than an incident need surer evidence."""
    late_hours: float = 1.0
    """A post that arrives later than this behind others is no evidence any more, and only teaches what is normal."""
    afresh_days: float = 60.0
    """A watch silent for so long starts its baseline anew (six times as long for day-stamped sources)."""
    memory: int = 200_000
    """Authors and texts remembered at most, per watch."""

    @property
    def thrift(self) -> float:
        """What all shares are multiplied by, so that they never sum to more than one."""
        shares = (self.share_total, self.share_topics, self.share_platforms, self.share_mentions, self.share_negative)
        return 1 / max(1.0, sum(shares) + self.share_live + self.share_births)

    def log_effects(self) -> NDArray[np.float64]:
        """Log rho of wide streams and of incidents' streams (2, effects); the shorter list repeats its largest rise."""
        rows = [sorted(effects) or [3.0] for effects in (self.effects, self.incident_effects)]
        longest = max(len(row) for row in rows)
        log_effects: NDArray[np.float64] = np.log(np.array([row + row[-1:] * (longest - len(row)) for row in rows]))
        return log_effects


@dataclass(frozen=True)
class Scale:
    """How time is cut: a tick is the unit of the statistic, a block the unit of the local level, an update that of the baseline.

    ``profiles`` holds the seasons that are likely beforehand, per cell, the default first; ``cell_of`` is the cell of each block of the
    cycle (a week).
    """

    tick_minutes: float
    ticks_per_block: int
    blocks_per_update: int
    shift: int
    cell_of: NDArray[np.intp]
    profiles: NDArray[np.float64]
    weekly_false_alarms: float
    level_decay: float
    season_decay: float
    spread_decay: float
    fast_decay: float
    busy_blocks: int
    incident_rate: float
    windows: tuple[int, ...]
    memory_ticks: int
    late_ticks: int
    warm_ticks: int
    caution_ticks: int
    quiet_blocks: int
    episode_ticks: int
    incident_idle_ticks: int
    afresh_ticks: int
    floor: float
    gap_ticks: int
    age_edges: NDArray[np.float64]

    @property
    def base(self) -> float:
        """Log threshold without the controller: ln of the ticks per false alarm."""
        return max(LEAST_THRESHOLD, float(np.log(WEEK_MINUTES / self.tick_minutes / self.weekly_false_alarms)))

    @property
    def day_ticks(self) -> int:
        """Ticks of a day: how long an author is remembered as counted."""
        return max(1, round(DAY_MINUTES / self.tick_minutes))

    def block(self, tick: int) -> int:
        """The block a tick lies in."""
        return tick // self.ticks_per_block

    def update_of(self, block: int) -> int:
        """The baseline update period a block lies in."""
        return (block + self.shift) // self.blocks_per_update

    def cells(self, blocks: NDArray[np.intp]) -> NDArray[np.intp]:
        """Season cells of some blocks."""
        return self.cell_of[(blocks + self.shift) % len(self.cell_of)]


def _halving(half_life: float) -> float:
    return float(0.5 ** (1.0 / half_life))


def week_cells() -> NDArray[np.intp]:
    """Cells of the 168 hours of a week: 24 of weekdays, 24 of weekends."""
    return np.array([hour + (24 if day >= 5 else 0) for day in range(7) for hour in range(24)], dtype=np.intp)


def week_profiles(parameters: Parameters) -> NDArray[np.float64]:
    """Seasons that a watch may have (candidates, 48), mean 1.

    The default one first; then a flat day, and the default day lived in other time zones, also half as deep or by half of the people.
    """
    hours = np.array(parameters.hours) / np.mean(parameters.hours)
    days = np.array(parameters.days) / np.mean(parameters.days)
    shapes = [hours, np.ones(24)]
    for shift in range(24):
        moved = np.roll(hours, shift)
        shapes += [moved] * (shift > 0) + [(moved + 1) / 2, (moved + hours) / 2]
    profiles = np.array([np.concatenate([shape * days[:5].mean(), shape * days[5:].mean()]) for shape in shapes])
    return np.asarray(profiles / profiles[:, week_cells()].mean(axis=1, keepdims=True))


def minute_scale(parameters: Parameters, tick_minutes: float = 1.0, weekly: float | None = None) -> Scale:
    """Ticks of a minute (or a part or multiple of an hour), blocks of an hour, baseline updates once a local day."""
    p, tick = parameters, tick_minutes
    per_block = max(1, round(60 / tick))
    hours_per_block = per_block * tick / 60

    def ticks(hours: float) -> int:
        return round(hours * 60 / tick)

    return Scale(
        tick_minutes=tick,
        ticks_per_block=per_block,
        blocks_per_update=24,
        shift=round(p.utc_offset_hours) + 24 * MONDAY,
        cell_of=week_cells(),
        profiles=week_profiles(p),
        weekly_false_alarms=p.false_alarms_per_week if weekly is None else weekly,
        level_decay=_halving(p.level_half_life_days),
        season_decay=_halving(p.season_half_life_days),
        spread_decay=_halving(p.season_half_life_days),
        fast_decay=_halving(3.0 / hours_per_block),
        busy_blocks=3,
        incident_rate=p.incident_per_hour * tick / 60,
        windows=tuple(max(1, ticks(h)) for h in (1 / 6, 0.5, 1, 3, 6, 12, 24)),
        memory_ticks=ticks(24),
        late_ticks=ticks(p.late_hours),
        warm_ticks=ticks(24 * p.warm_up_days),
        caution_ticks=ticks(p.gap_caution_hours),
        quiet_blocks=max(1, round(p.quiet_hours / hours_per_block)),
        episode_ticks=ticks(p.episode_hours),
        incident_idle_ticks=ticks(p.incident_idle_hours),
        afresh_ticks=ticks(24 * p.afresh_days),
        floor=p.floor_per_day * tick / DAY_MINUTES,
        gap_ticks=max(2, ticks(1)),
        age_edges=np.array([1, 3, 6, 12, 24, 48], dtype=np.float64) * 60 / tick,
    )


def day_scale(parameters: Parameters) -> Scale:
    """Ticks and blocks of a local day, a weekly profile, slower baselines."""
    p = parameters
    days = np.array(p.days) / np.mean(p.days)
    return Scale(
        tick_minutes=float(DAY_MINUTES),
        ticks_per_block=1,
        blocks_per_update=1,
        shift=MONDAY,
        cell_of=np.arange(7, dtype=np.intp),
        profiles=np.stack([days, np.ones(7)]),
        weekly_false_alarms=p.daily_false_alarms_per_week,
        level_decay=_halving(4 * p.level_half_life_days),
        season_decay=_halving(8 * p.season_half_life_days),
        spread_decay=_halving(8 * p.season_half_life_days),
        fast_decay=_halving(7.0),
        busy_blocks=7,
        incident_rate=p.incident_per_day,
        windows=(1, 2, 3, 7),
        memory_ticks=7,
        late_ticks=2,
        warm_ticks=14,
        caution_ticks=1,
        quiet_blocks=3,
        episode_ticks=14,
        incident_idle_ticks=14,
        afresh_ticks=round(6 * p.afresh_days),
        floor=p.floor_per_day / 5,
        gap_ticks=2,
        age_edges=np.array([1, 3, 7], dtype=np.float64),
    )


def series_scale(parameters: Parameters, seconds: float) -> Scale:
    """The scale of a bare series of counts whose rows are ``seconds`` apart: parts of an hour, parts of a day, days, or longer."""
    minutes = seconds / 60
    if minutes <= 60 and abs(60 / minutes - round(60 / minutes)) < 1e-6:
        return minute_scale(parameters, minutes)
    days = day_scale(parameters)
    if minutes < DAY_MINUTES:
        return _flat(minute_scale(parameters, minutes), round(DAY_MINUTES / minutes))
    if minutes == DAY_MINUTES:
        return days
    coarse = replace(days, tick_minutes=minutes, weekly_false_alarms=WEEK_MINUTES / minutes / COARSE_TICKS, episode_ticks=52)
    if minutes != WEEK_MINUTES:
        return _flat(coarse, 1)
    quarters = np.arange(52, dtype=np.intp) // 4
    return replace(_flat(coarse, 1), cell_of=quarters, profiles=np.ones((1, 13)), level_decay=_halving(52), season_decay=_halving(104))


def _flat(scale: Scale, blocks_per_update: int) -> Scale:
    """The same without a season, its blocks being single ticks."""
    return replace(
        scale,
        ticks_per_block=1,
        blocks_per_update=blocks_per_update,
        cell_of=np.zeros(1, dtype=np.intp),
        profiles=np.ones((1, 1)),
        shift=0,
    )
