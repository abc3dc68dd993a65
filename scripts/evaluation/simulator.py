"""A simulator with known truth: incidents that spread from person to person, one-minute backgrounds with a Korean day.

The laws and their numbers are the design's (algorithms, section 7.2). They rank methods; they do not promise field performance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

HOURS = np.array(
    [0.55, 0.35, 0.22, 0.16, 0.13, 0.15, 0.28, 0.6, 0.95, 1.15, 1.2, 1.2, 1.35, 1.25, 1.2, 1.2, 1.2, 1.25, 1.3, 1.35, 1.45, 1.55, 1.5, 1.05]
)  # fmt: skip
HOURS = HOURS / HOURS.mean()
DAYS = np.array([1.08, 1.08, 1.06, 1.06, 1.05, 0.85, 0.82])


@dataclass(frozen=True)
class Laws:
    """The numbers of the incident's spread; ``scaled`` moves one of them, to see what a wrong assumption does."""

    originals: float = 3.0
    originals_sd: float = 1.2
    delay_minutes: float = 180.0
    followers: float = 500.0
    followers_sd: float = 2.0
    views_base: float = -0.97
    views_slope: float = 0.651
    views_sd: float = 1.4
    view_minutes: float = 80.0
    view_sd: float = 1.6
    reposts_per_view: float = 0.0012
    reposts_sd: float = 1.0
    news_share: float = 0.03
    news_followers: float = 2e5
    news_hours: float = 6.0
    most_views: float = 2e6
    most_reposts: int = 300
    most_people: int = 300_000
    horizon_hours: float = 48.0

    def scaled(self, name: str, factor: float) -> Laws:
        """These laws with one number multiplied."""
        return replace(self, **{name: getattr(self, name) * factor})


@dataclass(frozen=True, slots=True)
class Spread:
    """One incident: its posts (seconds since the first, parent's index or -1, followers, final views) and each view's time and post."""

    start_hour: float
    at: Array
    parent: NDArray[np.intp]
    followers: Array
    views: NDArray[np.intp]
    seen_at: Array
    seen_post: NDArray[np.intp]
    news: bool

    @property
    def originals_at(self) -> Array:
        """Times of the posts that are no reposts, sorted."""
        return np.sort(self.at[self.parent < 0])

    def people(self, seconds: Array) -> NDArray[np.intp]:
        """Views up to each time."""
        return np.searchsorted(self.seen_at, seconds, side="right")


def memory_delays(count: int, random: np.random.Generator) -> Array:
    """Repost delays in seconds from SEISMIC's memory kernel (c = 6.49e-4, s0 = 300 s, theta = 0.242)."""
    start, theta = 300.0, 0.242
    flat = 1.0 / (1.0 + 1.0 / theta)
    chance = random.random(count)
    early = chance < flat
    with np.errstate(over="ignore"):
        late = start * np.power(np.maximum(1.0 - chance, 1e-12) / (1.0 - flat), -1.0 / theta)
    return np.where(early, start * chance / flat, late)


def incident(random: np.random.Generator, laws: Laws = Laws(), start_hour: float | None = None) -> Spread:
    """Draw one incident; ``start_hour`` is the hour of the week (Monday 0 h in Seoul = 0) of its first post, at random if None."""
    hour = random.uniform(0, 168) if start_hour is None else start_hour
    horizon = laws.horizon_hours * 3600.0
    at = _originals(random, laws, hour)
    followers = random.lognormal(np.log(laws.followers), laws.followers_sd, at.size)
    news = bool(random.random() < laws.news_share)
    if news:
        at = np.append(at, random.exponential(laws.news_hours * 3600.0))
        followers = np.append(followers, random.lognormal(np.log(laws.news_followers), 1.0))
    keep = at <= horizon
    at, followers = at[keep], followers[keep]
    per_view = random.lognormal(np.log(laws.reposts_per_view), laws.reposts_sd)
    return _cascade(random, laws, hour, at, followers, per_view, news)


def _originals(random: np.random.Generator, laws: Laws, hour: float) -> Array:
    count = 1 + int(random.poisson(random.lognormal(np.log(laws.originals), laws.originals_sd)))
    at = np.concatenate([[0.0], random.exponential(laws.delay_minutes * 60.0, count - 1)])
    waiting = np.arange(1, count)
    for _ in range(40):
        if waiting.size == 0:
            break
        clock = ((hour + at[waiting] / 3600.0) % 24).astype(np.intp)
        refused = random.random(waiting.size) >= HOURS[clock] / HOURS.max() + 0.15
        waiting = waiting[refused]
        at[waiting] += random.exponential(45 * 60.0, waiting.size)
    return np.sort(at)


def _cascade(random: np.random.Generator, laws: Laws, hour: float, at: Array, followers: Array, per_view: float, news: bool) -> Spread:
    """Let posts be seen and reposted, generation by generation."""
    horizon = laws.horizon_hours * 3600.0
    parent = np.full(at.size, -1, dtype=np.intp)
    all_at, all_parent, all_followers, all_views = [at], [parent], [followers], []
    seen_at: list[Array] = []
    seen_post: list[NDArray[np.intp]] = []
    first = 0
    room = laws.most_people
    for _ in range(12):
        log_views = laws.views_base + laws.views_slope * np.log1p(followers) + random.normal(0, laws.views_sd, at.size)
        views = random.poisson(np.minimum(np.exp(log_views), laws.most_views)).astype(np.intp)
        views = np.where(np.cumsum(views) <= room, views, 0)
        room -= int(views.sum())
        all_views.append(views)
        post = np.repeat(np.arange(at.size), views)
        when = at[post] + 60.0 * random.lognormal(np.log(laws.view_minutes), laws.view_sd, post.size)
        inside = when <= horizon
        seen_at.append(when[inside])
        seen_post.append(post[inside] + first)
        shares = np.minimum(random.poisson(per_view * views), laws.most_reposts)
        source = np.repeat(np.arange(at.size), shares)
        born = at[source] + memory_delays(source.size, random)
        source, born = source[born <= horizon], born[born <= horizon]
        if born.size == 0:
            break
        parent = source + first
        first += at.size
        at, followers = born, random.lognormal(np.log(laws.followers), laws.followers_sd, born.size)
        all_at.append(at)
        all_parent.append(parent)
        all_followers.append(followers)
    total = sum(block.size for block in all_views)
    when, post = np.concatenate(seen_at), np.concatenate(seen_post)
    order = np.argsort(when, kind="stable")
    return Spread(
        hour,
        np.concatenate(all_at)[:total],
        np.concatenate(all_parent)[:total],
        np.concatenate(all_followers)[:total],
        np.concatenate(all_views),
        when[order],
        post[order],
        news,
    )
