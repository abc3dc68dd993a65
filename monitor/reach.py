"""How many people have seen it: from public views, else from engagement, else from the authors' followers.

The forms and their errors are those of the design (algorithms, section 4.1; fitted on 8,836 original X posts of 2024). Each post gets a
number of people with a lognormal error; a platform's posts share one error, the posts of one author overlap, and so do the audiences
of one platform. What is public is believed within the doubt about displays per person; what is not is an estimate and is called so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from monitor.domain import Because, Exposure, Interval, Reach

Array = NDArray[np.float64]

DRAWS = 128
HEADS = 8  # the largest estimated posts of a platform get draws of their own; the others are summed by their moments
_COLUMNS = HEADS + 3
_SLOTS = 16  # platforms that have columns of their own
_TABLES = 8
_LIKED = np.array([2.78, 0.216, 0.626, -0.078, 0.292])
_ENGAGED = np.array([1.04, 0.264, 1.059, -0.272, 0.308])
_FOLLOWED = np.array([-0.97, 0.651])
_LIKED_SD, _ENGAGED_SD, _FOLLOWED_SD, _SCORED_SD = 0.92, 1.15, 1.73, 1.2
_LOG_FOLLOWERS = math.log(500)  # of an author whose followers are not shown, with this spread
_LOG_FOLLOWERS_SD = 2.0
_VIEWS_PER_POINT = 60.0
_FIELDS = attrgetter("views", "likes", "replies", "shares", "followers")


def _default(values: dict[str, float]) -> dict[str, float]:
    return field(default_factory=lambda: dict(values))


@dataclass(frozen=True)
class Parameters:
    """Settings of reach; the counts per person and the audiences are assumptions to be edited where better is known.

    ``displays_per_person`` divides public views; ``audience`` is the number of people a platform can reach here, ``overlap`` how much
    more two posts share their readers than chance would have it; ``national`` caps everything.
    """

    displays_per_person: Mapping[str, float] = _default(
        {"default": 1.3, "x": 1.3, "youtube": 1.1, "tiktok": 1.1, "naver": 1.4, "board": 1.4}
    )
    audience: Mapping[str, float] = _default({"default": 5e6, "x": 1e7, "youtube": 4e7, "naver": 3e7, "board": 2e6, "reddit": 2e6})
    scored: tuple[str, ...] = ("reddit", "hackernews", "hn")
    without_spread: tuple[str, ...] = ("playstore", "appstore")
    national: float = 5e7
    overlap: float = 3.0
    same_author: float = 0.3
    views_sd: float = 0.15
    platform_sd: float = 0.4
    other_platform_sd: float = 0.7
    half_life_minutes: float = 80.0
    half_life_sd: float = 1.6
    fresh_minutes: float = 5.0
    stale_minutes: float = 30.0
    flood_posts: int = 10
    flood_minutes: float = 60.0
    largest_post: float = 2e6


def estimate(exposures: Sequence[Exposure], at: datetime, parameters: Parameters = Parameters(), seed: int = 0) -> Reach | None:
    """People who have seen any of the posts by ``at``; None if no post has a count or a known audience, or none stands where things spread.

    Deterministic: the ``seed`` (the incident's id) only picks one of 8 fixed tables of stratified normal draws.
    Cost grows with the number of posts, about 1 us each; the draws do not.
    """
    spreading = [exposure for exposure in exposures if exposure.platform not in parameters.without_spread]
    groups: dict[str, list[Exposure]] = {}
    for exposure in spreading:
        groups.setdefault(exposure.platform, []).append(exposure)
    table = _normals(seed % _TABLES)
    draws = np.zeros(DRAWS)
    measured = 0.0
    counted = shown = 0
    for platform, group in sorted(groups.items()):
        sight = _sight(group, platform, at, parameters)
        if sight is None:
            continue
        start = crc32(platform.encode()) % _SLOTS * _COLUMNS
        draws += _platform_draws(sight, platform, table[:, start : start + _COLUMNS], parameters)
        measured += sight.measured
        counted += len(group)
        shown += sight.shown
    if not counted:
        return None
    return _reach(draws, measured, counted, shown, parameters)


@dataclass(frozen=True, slots=True)
class _Sight:
    """One platform's posts: people by public views (sum, largest), and the estimated posts' log medians, errors and weights."""

    measured: float
    largest: float
    shown: int
    centre: Array
    sd: Array
    weight: Array


def _sight(group: Sequence[Exposure], platform: str, at: datetime, parameters: Parameters) -> _Sight | None:
    """Read what is known of one platform's posts; None if nothing is."""
    counts = np.maximum(np.array(list(map(_FIELDS, group)), dtype=np.float64), 0.0)
    known = ~np.isnan(counts)
    if not known.any():
        return None
    now = at.timestamp()
    age = np.maximum((now - np.array([exposure.created_at.timestamp() for exposure in group])) / 60.0, 0.1)
    looked = np.array([math.nan if e.observed_at is None else (now - e.observed_at.timestamp()) / 60.0 for e in group])
    seen_age = np.maximum(age - np.where(np.isnan(looked), 0.0, np.maximum(looked, 0.0)), 0.0)
    settings = parameters.displays_per_person
    people = counts[:, 0] / settings.get(platform, settings["default"])
    centre, sd = _estimates(counts, known, age, seen_age, platform, parameters)
    worn = known[:, 0] & (seen_age < parameters.fresh_minutes) & (age > parameters.stale_minutes) & known[:, 4]
    public = known[:, 0] & ~(worn & (np.exp(centre) > people))
    weight = _weights(group, np.where(public, people, np.exp(centre)), public, age, parameters)
    weight *= ~_already_counted(group, public, known[:, 0], age, age - seen_age)
    seen = (people * weight)[public]
    rest = ~public & (weight > 0)
    return _Sight(float(seen.sum()), float(seen.max(initial=0.0)), int(public.sum()), centre[rest], sd[rest], weight[rest])


def _estimates(
    counts: Array, known: NDArray[np.bool_], age: Array, seen_age: Array, platform: str, parameters: Parameters
) -> tuple[Array, Array]:
    """Log median people and log error of each post as if its views were hidden (the forms of section 4.1)."""
    _, likes, replies, shares, followers = np.log1p(np.where(known, counts, 0.0)).T
    audience = np.where(known[:, 4], followers, _LOG_FOLLOWERS)
    doubt = np.where(known[:, 4], 0.0, _LOG_FOLLOWERS_SD)
    foreign = 0.0 if platform == "x" else parameters.other_platform_sd
    ripe = ndtr((np.log(age) - math.log(parameters.half_life_minutes)) / parameters.half_life_sd)
    centre = _FOLLOWED[0] + _FOLLOWED[1] * audience + np.log(ripe)
    sd = np.hypot(_FOLLOWED_SD, _FOLLOWED[1] * doubt)
    nothing = ~known.any(axis=1)
    if nothing.any():  # no more than its neighbours' typical post, and no heavy tail: never a crowd from nothing
        centre = np.where(nothing, np.minimum(centre, np.median(centre[~nothing])), centre)
        sd = np.where(nothing, _ENGAGED_SD, sd)
    total = likes + replies + shares
    engaged = known[:, 1:4].any(axis=1) & ((total > 0) | (seen_age >= 60.0))
    if engaged.any():
        shape = np.stack([np.ones_like(audience), audience, likes, shares, replies], axis=1)
        liked = likes >= math.log(6.0)
        if platform in parameters.scored:
            by_counts = math.log(_VIEWS_PER_POINT) + np.log(np.maximum(np.expm1(likes), 1.0))
            by_counts_sd = np.full_like(by_counts, _SCORED_SD)
        else:
            by_counts = np.where(liked, shape @ _LIKED, shape @ _ENGAGED)
            by_counts_sd = np.where(liked, np.hypot(_LIKED_SD, _LIKED[1] * doubt), np.hypot(_ENGAGED_SD, _ENGAGED[1] * doubt))
        centre = np.where(engaged, by_counts, centre)
        sd = np.where(engaged, by_counts_sd, sd)
    return centre, np.hypot(sd, foreign)


def _weights(group: Sequence[Exposure], people: Array, public: NDArray[np.bool_], age: Array, parameters: Parameters) -> Array:
    """1 for an author's most seen post, ``same_author`` for the others; 0 for guesses about an account that floods."""
    weight = np.ones(len(group))
    by_author: dict[str, list[int]] = {}
    for place, exposure in enumerate(group):
        if exposure.author_id is not None:
            by_author.setdefault(exposure.author_id, []).append(place)
    if len(by_author) == len(group):
        return weight
    for places in by_author.values():
        if len(places) > 1:
            top = max(places, key=lambda place: people[place])
            weight[places] = parameters.same_author
            weight[top] = 1.0
            if len(places) > parameters.flood_posts and _floods(age[places], parameters):
                weight[[place for place in places if not public[place]]] = 0.0
    return weight


def _floods(age: Array, parameters: Parameters) -> bool:
    """Whether an author wrote more than ``flood_posts`` posts within ``flood_minutes``: a machine, as far as reach goes."""
    ordered = np.sort(age)
    return bool((ordered[parameters.flood_posts :] - ordered[: -parameters.flood_posts] <= parameters.flood_minutes).any())


def _already_counted(
    group: Sequence[Exposure], public: NDArray[np.bool_], viewed: NDArray[np.bool_], age: Array, looked: Array
) -> NDArray[np.bool_]:
    """Shares without views of their own whose original's public views were read later: those views hold them already."""
    counted = np.zeros(len(group), dtype=np.bool_)
    shares = [place for place, exposure in enumerate(group) if exposure.share_of is not None and not viewed[place]]
    if shares:
        original = {exposure.post_id: place for place, exposure in enumerate(group)}
        for place in shares:
            source = original.get(group[place].share_of or "")
            counted[place] = source is not None and bool(public[source]) and looked[source] < age[place]
    return counted


def _platform_draws(sight: _Sight, platform: str, columns: Array, parameters: Parameters) -> Array:
    """Draws of the people reached on one platform, its overlapping audience taken out (section 4.4)."""
    by_views = np.exp(parameters.views_sd * columns[:, 0])
    total = sight.measured * by_views
    largest = sight.largest * by_views
    if sight.centre.size:
        guessed, top = _guessed_draws(sight, columns, parameters)
        total = total + guessed
        largest = np.maximum(largest, top)
    audience = parameters.audience.get(platform, parameters.audience["default"])
    effective = audience / parameters.overlap
    return np.minimum(np.maximum(largest, -effective * np.expm1(-total / effective)), audience)


def _guessed_draws(sight: _Sight, columns: Array, parameters: Parameters) -> tuple[Array, Array]:
    """Draws of the sum of the estimated posts, and of the largest among them."""
    mean = sight.weight * np.exp(sight.centre + 0.5 * sight.sd**2)
    order = np.argsort(-mean, kind="stable") if mean.size > 1 else np.zeros(1, dtype=np.intp)
    heads, tail = order[:HEADS], order[HEADS:]
    own = sight.centre[heads] + sight.sd[heads] * columns[:, 3 : 3 + heads.size]
    drawn = np.minimum(np.exp(own), parameters.largest_post) * sight.weight[heads]
    total = drawn.sum(axis=1)
    if tail.size:
        rest = float(mean[tail].sum())
        variance = float((mean[tail] ** 2 * np.expm1(sight.sd[tail] ** 2)).sum())
        width = math.sqrt(math.log1p(variance / rest**2)) if rest > 0 else 0.0
        total = total + rest * np.exp(width * columns[:, 2] - 0.5 * width**2)
    shared = np.exp(parameters.platform_sd * columns[:, 1])
    return total * shared, drawn.max(axis=1) * shared


def _reach(draws: Array, measured: float, counted: int, shown: int, parameters: Parameters) -> Reach:
    ordered = np.sort(np.minimum(draws, parameters.national))
    p10, p50, p90 = (_quantile(ordered, level) for level in (0.1, 0.5, 0.9))
    share = min(1.0, measured / p50) if p50 > 0 and shown < counted else float(shown == counted)
    code = "reach_measured" if share >= 0.995 else "reach_estimated" if share <= 0.005 else "reach_mixed"
    values: dict[str, str | float | int | datetime | None] = {
        "p10": p10, "p50": p50, "p90": p90, "share": share, "rest": 1.0 - share, "posts": counted, "shown": shown
    }  # fmt: skip
    return Reach(Interval(p10, p50, p90), share, Because(code, values))


def _quantile(ordered: Array, level: float) -> float:
    place = level * ordered.size - 0.5
    low = int(place)
    return float(ordered[low] + (place - low) * (ordered[low + 1] - ordered[low]))


@lru_cache(maxsize=_TABLES)
def _normals(seed: int) -> Array:
    """DRAWS standard normals in each of many columns: all strata once, and every row beside its mirror image, so that medians are true."""
    generator = np.random.default_rng(seed)
    size = (DRAWS // 2, _SLOTS * _COLUMNS)
    strata = np.argsort(generator.random(size), axis=0)
    half = ndtri(0.5 + (strata + 0.5) / DRAWS) * generator.choice((-1.0, 1.0), size)
    return np.concatenate([half, -half])
