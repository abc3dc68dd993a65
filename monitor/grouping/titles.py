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
    counts = Counter(core for _, wording in posts for core, _ in _told(wording))
    weights = {core: -(count**0.7) * background.log_share(core) for core, count in counts.items()}
    chosen = [core for _, core in sorted([(-weight, core) for core, weight in weights.items()])[:_WORDS]]
    words = [core if core[0] >= "가" else _commonest_shape(core, posts) for core in chosen]
    quote = clean(_fullest(posts, weights), 200)
    head = clean(" · ".join(words), 36)
    return shorten(f"{head}: {quote}" if head and quote else head or quote or "…", LONGEST)


@lru_cache(maxsize=4_096)
def _told(wording: Wording) -> tuple[tuple[str, str], ...]:
    """Each telling word of a post, its stem first."""
    return tuple((stem(word), word) for word in dict.fromkeys(wording.words) if telling(word))


def _commonest_shape(core: str, posts: Sequence[tuple[str, Wording]]) -> str:
    """How most posts write the English word with this stem; Korean words are shown as their stems."""
    shapes = Counter(word for _, wording in posts for known, word in _told(wording) if known == core)
    return min(shapes, key=lambda shape: (-shapes[shape], shape))


def _fullest(posts: Sequence[tuple[str, Wording]], weights: dict[str, float]) -> str:
    """The post with most telling words for its length; the oldest of equals."""
    best, most = "", -1.0
    for text, wording in posts:
        worth = math.fsum([weights.get(core, 0.0) for core in _stems(wording)]) / (10 + len(wording.words)) ** 0.7
        if worth > most:
            best, most = text, worth
    return best


@lru_cache(maxsize=4_096)
def _stems(wording: Wording) -> frozenset[str]:
    """The stems of a post's words."""
    return frozenset(map(stem, wording.words))
