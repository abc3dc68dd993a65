"""The texts: one a line, under a heading ``[role language]``; what stands before the bar says where and in what connection.

    x h=18 big=2 | text        platform code, optional attributes, bar, the text

``tag`` names a line so that ``reply`` and ``quote`` can point to it; ``copies`` and ``reposts`` say how often others repeat it (copies
within ``spread`` minutes); ``big`` multiplies its audience; ``h`` is the hour in Korea that its wording asks for; ``order`` is a place
in a sequence; ``stage`` is the incident's stage; ``kind`` marks lines of the incident that are no complaint; ``topic`` is what a
complaint is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TEXTS = Path(__file__).parent / "texts"

PLATFORMS = {
    "x": "x",
    "rd": "reddit",
    "bs": "bluesky",
    "yt": "youtube",
    "nc": "naver_cafe",
    "nb": "naver_blog",
    "nn": "naver_news",
    "dc": "dcinside",
    "bb": "bobaedream",
    "cl": "clien",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One handwritten text and where it belongs."""

    role: str
    language: str
    platform: str
    text: str
    tag: str | None = None
    reply: str | None = None
    quote: str | None = None
    kind: str | None = None
    topic: str | None = None
    stage: int = 0
    copies: int = 0
    reposts: int = 0
    spread: float = 240.0
    big: float = 1.0
    order: float | None = None
    hour: int | None = None


_READ = {"stage": int, "copies": int, "reposts": int, "spread": float, "big": float, "order": float, "h": int}


def parse(raw: str, role: str, language: str) -> Line:
    """One line of a bank; raises ValueError or KeyError when it is malformed."""
    head, bar, text = raw.partition(" | ")
    if not bar or not text.strip():
        raise ValueError(f"no text: {raw}")
    platform, *pairs = head.split()
    given = dict(pair.split("=", 1) for pair in pairs)
    known = {("hour" if key == "h" else key): _READ.get(key, str)(value) for key, value in given.items()}
    return Line(role, language, PLATFORMS[platform], text.strip(), **known)


def read(folder: Path = TEXTS) -> list[Line]:
    """All lines of all banks, files by name, lines as they stand."""
    lines: list[Line] = []
    for file in sorted(folder.glob("*.txt")):
        role = language = ""
        for raw in file.read_text(encoding="utf-8").splitlines():
            if raw.startswith("["):
                role, language = raw.strip("[] ").split()
            elif raw and not raw.startswith("#"):
                lines.append(parse(raw, role, language))
    return lines
