"""What simulated people write: short templates with slots, an opening and an ending, so that no two texts need be alike."""

from __future__ import annotations

from pathlib import Path
from random import Random

TEXTS = Path(__file__).with_name("texts.txt")


def read(file: Path = TEXTS) -> dict[tuple[str, str], list[str]]:
    """Lines by heading and language, ``("complaint price", "ko")``, ``("trouble:leak privacy", "en")``."""
    lines: dict[tuple[str, str], list[str]] = {}
    key = ("", "")
    for raw in file.read_text(encoding="utf-8").splitlines():
        if raw.startswith("[") and raw.endswith("]"):
            role, language, *topic = raw.strip("[]").split()
            key = (" ".join([role, *topic]), language)
        elif raw and not raw.startswith("#"):
            lines.setdefault(key, []).extend(raw.split() if key[0] in ("place", "car", "who") else [raw])
    return lines


class Writer:
    """Fills templates; ``place`` fixes where an incident happens."""

    def __init__(self, random: Random):
        self._random = random
        self._lines = read()
        self.places = len(self._lines["place", "ko"])
        self.complaints = sorted({role for role, _ in self._lines if role.startswith("complaint")})

    def text(self, role: str, language: str, place: int | None = None) -> str:
        """Write one text of a role; the same ``place`` is the same town in both languages."""
        choose = self._random.choice
        towns = self._lines["place", language]
        town = choose(towns) if place is None else towns[place % self.places]
        body = choose(self._lines[role, language]).format(
            place=town, place2=choose(towns), car=choose(self._lines["car", language]), who=choose(self._lines["who", language]),
            hour=self._random.randint(1, 12), days=self._random.randint(2, 29), number=self._random.randint(2, 99),
            won=f"{self._random.randint(3, 99) * 1000:,}",
        )  # fmt: skip
        if self._random.random() < 0.5:
            body = f"{choose(self._lines['open', language])} {body}"
        if self._random.random() < 0.5:
            body = f"{body} {choose(self._lines['close', language])}"
        return body

    def troubles(self) -> list[str]:
        """The kinds of incident there are texts for, ``"trouble:leak privacy"``."""
        return sorted(role for role, language in self._lines if role.startswith("trouble:") and language == "ko")


def topic_of(role: str) -> str:
    """The topic of a complaint's or an incident's role."""
    return role.split()[1]


def name_of(trouble: str) -> str:
    """The name of an incident's role, ``"leak"``."""
    return trouble.split()[0].partition(":")[2]
