"""Settings of reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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


DEFAULTS = Parameters()
