"""Titles: an incident's most telling words and the post that has most of them, in the posts' language, on one safe line."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from monitor.grouping.background import Background
from monitor.grouping.wording import Wording, stem, telling
from monitor.plain import clean, shorten

LONGEST = 80
_WORDS = 3


def title(posts: Sequence[tuple[str, Wording]], background: Background) -> str:
    """Return the title of an incident from its posts' texts, oldest first; at most 80 characters of plain text."""
    counts: Counter[str] = Counter()
    shapes: dict[str, Counter[str]] = {}
    for _, wording in posts:
        for core, shape in _told(wording):
            counts[core] += 1
            shapes.setdefault(core, Counter())[shape] += 1
    weights = {core: -(count**0.7) * background.log_share(core) for core, count in counts.items()}
    chosen = sorted(weights, key=lambda core: (-weights[core], core))[:_WORDS]
    words = [min(shapes[core], key=lambda shape: (-shapes[core][shape], shape)) for core in chosen]
    quote = clean(_fullest(posts, weights), 200)
    head = clean(" · ".join(words), 36)
    return shorten(f"{head}: {quote}" if head and quote else head or quote or "…", LONGEST)


@lru_cache(maxsize=4_096)
def _told(wording: Wording) -> tuple[tuple[str, str], ...]:
    """The stem and the shape to show of each telling word of a post."""
    words = dict.fromkeys(word for word in wording.words if telling(word))
    return tuple((stem(word), stem(word) if word[0] >= "가" else word) for word in words)


def _fullest(posts: Sequence[tuple[str, Wording]], weights: dict[str, float]) -> str:
    """The post with most telling words for its length; the oldest of equals."""
    best, most = "", -1.0
    for text, wording in posts:
        worth = math.fsum(weights.get(core, 0.0) for core in _stems(wording)) / (10 + len(wording.words)) ** 0.7
        if worth > most:
            best, most = text, worth
    return best


@lru_cache(maxsize=4_096)
def _stems(wording: Wording) -> frozenset[str]:
    """The stems of a post's words."""
    return frozenset(map(stem, wording.words))
