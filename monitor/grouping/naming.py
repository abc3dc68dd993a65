"""Whom posts are about where nobody says so: the words that most of them share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from monitor.domain import Post
from monitor.grouping.lists import ENGLISH_STOPS, KOREAN_STOPS

COMMON = 0.4
FEWEST = 50
_WORD = re.compile(r"\w+")
_LINK = re.compile(r"(?:https?://|www\.)\S+")


def shared_names(posts: Sequence[Post]) -> tuple[str, ...]:
    """Return the words, or beginnings of Korean ones, that two posts in five share, the most frequent first, case folded.

    Who collects posts names the company, so these are its name, or what the search was for. Words that tell nothing are left out. Of
    few posts, where one trouble may fill as much, nothing is taken for a name.
    """
    if len(posts) < FEWEST:
        return ()
    held = Counter(begin for post in posts for begin in set(_begins(post.text)))
    shared = {begin: count for begin, count in held.items() if count >= COMMON * len(posts)}
    longest = [begin for begin in shared if not any(other != begin and other.startswith(begin) for other in shared)]
    return tuple(sorted(longest, key=lambda begin: (-shared[begin], begin)))


def _begins(text: str) -> Iterator[str]:
    for word in _WORD.findall(_LINK.sub(" ", text.casefold())):
        if not word.isascii():
            yield from (word[:length] for length in range(2, len(word) + 1) if word[:length] not in KOREAN_STOPS)
        elif len(word) > 3 and not word.isdigit() and word not in ENGLISH_STOPS:
            yield word
