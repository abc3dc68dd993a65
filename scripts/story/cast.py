"""The people of the story: accounts that nobody has, with a number of followers where the platform shows one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from random import Random

_FIRST, _SECOND, _KOREAN_FIRST, _KOREAN_SECOND = (
    line.split() for line in (Path(__file__).parent / "names.txt").read_text(encoding="utf-8").splitlines()
)
_ANONYMOUS_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Person:
    """An account; ``key`` is None where the platform lets people write without one."""

    key: str | None
    handle: str | None
    followers: int | None

    def record(self) -> dict[str, object]:
        """As it stands in a post record."""
        return {"id": self.key, "handle": self.handle, "followers": self.followers}


class Cast:
    """Invents people, each once, and lets some of them speak again."""

    def __init__(self, rng: Random, again: float):
        self._rng, self._again = rng, again
        self._known: dict[tuple[str, str], list[Person]] = {}
        self._keys: set[str] = set()

    def person(self, platform: str, language: str, *, new: bool = False, audience: float = 1.0) -> Person:
        """Someone who writes there; ``audience`` multiplies the followers."""
        known = self._known.setdefault((platform, language), [])
        if known and not new and self._rng.random() < self._again:
            return self._rng.choice(known)
        person = self._invent(platform, language, audience)
        known.append(person)
        return person

    def _invent(self, platform: str, language: str, audience: float) -> Person:
        rng = self._rng
        if platform == "dcinside" and rng.random() < _ANONYMOUS_SHARE:
            return Person(None, None, None)
        key = f"{platform}:{rng.getrandbits(40):010x}"
        while key in self._keys:
            key = f"{platform}:{rng.getrandbits(40):010x}"
        self._keys.add(key)
        return Person(key, self._handle(platform, language), self._followers(platform, audience))

    def _handle(self, platform: str, language: str) -> str:
        rng = self._rng
        if language == "ko" and platform not in {"x", "youtube"}:
            return rng.choice(_KOREAN_FIRST) + rng.choice(_KOREAN_SECOND) + rng.choice(["", "", str(rng.randrange(2, 99))])
        joint = {"reddit": "-", "x": "_"}.get(platform, "")
        return f"{rng.choice(_FIRST)}{joint}{rng.choice(_SECOND)}{rng.choice(['', str(rng.randrange(3, 9999))])}"

    def _followers(self, platform: str, audience: float) -> int | None:
        if platform not in {"x", "bluesky", "youtube"}:
            return None
        middle = {"x": 260, "bluesky": 140, "youtube": 60}[platform]
        return round(math.exp(self._rng.gauss(math.log(middle), 1.3)) * audience)
