"""How many people have seen it: from public views, else from engagement, else from the authors' followers.

Each post gets a number of people with a lognormal error (``forms``); a platform's posts share one error, the posts of one author overlap,
and so do the audiences of one platform. What is public is believed within the doubt about displays per person; what is not is an
estimate and is called so. ``learning`` corrects the forms by the posts of a platform whose views are public.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import accumulate
from types import MappingProxyType
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from monitor.domain import Because, Exposure, Interval, Reach
from monitor.reach.forms import Array, Counts, Learned, Own, Reading, counts, guesses, read
from monitor.reach.learning import learn
from monitor.reach.parameters import DEFAULTS, Parameters

__all__ = ["SHIPPED", "Learned", "Own", "Parameters", "estimate", "estimates", "learn"]

DRAWS = 128
HEADS = 8  # the largest estimated posts of a platform get draws of their own; the others are summed by their moments
_COLUMNS = HEADS + 3
_SLOTS = 16  # platforms that have columns of their own
_TABLES = 8
SHIPPED: Own = MappingProxyType({})
"""The shipped forms alone."""


def estimate(
    exposures: Sequence[Exposure], at: datetime, parameters: Parameters = DEFAULTS, seed: int = 0, own: Own = SHIPPED
) -> Reach | None:
    """People who have seen any of the posts by ``at``; None if no post has a count or a known audience, or none stands where things spread.

    ``own``: what was learned of platforms where views are visible (``learn``), added to the shipped forms.
    Deterministic: the ``seed`` (the incident's id) only picks one of 8 fixed tables of stratified normal draws.
    Cost grows with the number of posts, about 1 us each; the draws do not.
    """
    return estimates([(exposures, seed)], at, parameters, own)[0]


def estimates(
    incidents: Sequence[tuple[Sequence[Exposure], int]], at: datetime, parameters: Parameters = DEFAULTS, own: Own = SHIPPED
) -> list[Reach | None]:
    """``estimate`` of many incidents, each (exposures, seed), at a fraction of the cost; each comes out as it would alone."""
    crowds = [_by_platform(exposures, parameters) for exposures, _ in incidents]
    sights = iter(_sights([crowd for one in crowds for crowd in one], at, parameters, own))
    return [_together([(crowd, next(sights)) for crowd in one], seed, parameters) for one, (_, seed) in zip(crowds, incidents, strict=True)]


Crowd = tuple[str, Sequence[Exposure]]
"""A platform, and an incident's posts there."""


def _by_platform(exposures: Sequence[Exposure], parameters: Parameters) -> list[Crowd]:
    found: dict[str, list[Exposure]] = {}
    for exposure in exposures:
        if exposure.platform not in parameters.without_spread:
            found.setdefault(exposure.platform, []).append(exposure)
    return sorted(found.items())


def _together(crowds: Sequence[tuple[Crowd, _Sight | None]], seed: int, parameters: Parameters) -> Reach | None:
    """Add up the platforms of one incident."""
    table = _normals(seed % _TABLES)
    draws = np.zeros(DRAWS)
    measured = 0.0
    counted = shown = 0
    for (platform, posts), sight in crowds:
        if sight is None:
            continue
        start = crc32(platform.encode()) % _SLOTS * _COLUMNS
        draws += _platform_draws(sight, platform, table[:, start : start + _COLUMNS], parameters)
        measured += sight.measured
        counted += len(posts)
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


def _sights(crowds: Sequence[Crowd], at: datetime, parameters: Parameters, own: Own) -> list[_Sight | None]:
    """Read all posts in one go, then see what that makes for each crowd."""
    sizes = [len(posts) for _, posts in crowds]
    shown = counts([exposure for _, posts in crowds for exposure in posts], at)
    told = read(shown, np.repeat(np.array([platform in parameters.scored for platform, _ in crowds], np.bool_), sizes), parameters)
    ends = accumulate(sizes)
    rows = [slice(end - size, end) for size, end in zip(sizes, ends, strict=True)]
    return [_sight(crowd, shown[part], told[part], parameters, own.get(crowd[0], {})) for crowd, part in zip(crowds, rows, strict=True)]


def _sight(crowd: Crowd, shown: Counts, told: Reading, parameters: Parameters, own: Mapping[str, Learned]) -> _Sight | None:
    """Read what is known of one platform's posts; None if nothing is."""
    platform, group = crowd
    known, age, seen_age = shown.known, shown.age, shown.seen_age
    if not known.any():
        return None
    settings = parameters.displays_per_person
    people = shown.values[:, 0] / settings.get(platform, settings["default"])
    centre, sd = guesses(told, platform, parameters, own)
    worn = known[:, 0] & (seen_age < parameters.fresh_minutes) & (age > parameters.stale_minutes) & known[:, 4]
    public = known[:, 0] & ~(worn & (np.exp(centre) > people))
    weight = _weights(group, np.where(public, people, np.exp(centre)), public, age, parameters)
    weight *= ~_already_counted(group, public, known[:, 0], age, age - seen_age)
    seen = (people * weight)[public]
    rest = ~public & (weight > 0)
    return _Sight(float(seen.sum()), float(seen.max(initial=0.0)), int(public.sum()), centre[rest], sd[rest], weight[rest])


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
