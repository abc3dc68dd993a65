"""What titles and stored messages quote of a post that has to go."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

QUOTED = 12
"""So many characters in a row shared by a title or message and a removed text are a quotation."""
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Quotation:
    """A removed text as it may stand in others.

    ``own`` are words that only it has; ``title`` is the incident's title, if that has one of them.
    """

    text: str
    url: str | None
    own: frozenset[str] = frozenset()
    title: str | None = None

    def stands_in(self, words: str) -> bool:
        """Return whether ``words`` hold a stretch of the text, or of a title made from it."""
        return _share(words, self.text) or (self.title is not None and _share(words, self.title))

    def taken_out(self, message: dict[str, Any], topic: str, listing: bool) -> dict[str, Any]:
        """Return a stored message without it: quotes go, sentences become the topic. ``listing``: it lists incidents by their titles."""

        def clean(words: str) -> str:
            return topic if self.stands_in(words) or (listing and self.own & words_of(words)) else words

        return message | {
            "quotes": [quote for quote in message["quotes"] if not self._quoted(*quote)],
            "facts": [[label, clean(value)] for label, value in message["facts"]],
            **{name: clean(message[name]) for name in ("subject", "headline")},
            **{name: [clean(line) for line in message[name]] for name in ("lines", "why")},
            **({"brief": [self._left_of(answer, clean) for answer in message["brief"]]} if "brief" in message else {}),
        }

    def _left_of(self, answer: dict[str, Any], clean: Callable[[str], str]) -> dict[str, Any]:
        lines = [clean(line) for line in answer["lines"]]
        return answer | {"lines": lines, "quotes": [quote for quote in answer["quotes"] if not self._quoted(*quote)]}

    def _quoted(self, text: str, source: str, url: str | None) -> bool:
        return self.stands_in(text) or (url is not None and url == self.url)


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text, without case; numbers are none."""
    return frozenset(_WORD.findall(text.casefold()))


def _share(words: str, text: str) -> bool:
    if not words or not text:
        return False
    shortest = min(QUOTED, len(text))
    return any(words[place : place + shortest] in text for place in range(len(words) - shortest + 1))
