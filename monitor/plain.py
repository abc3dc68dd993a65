"""Plain text that is safe to show: what came from outside loses everything that could steer a terminal, a header or a reader's eye."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Unicode's control, format, surrogate and private characters, and the letters that print as nothing.
_UNSEEN = (
    "\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bcaf\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
)
_UNSEEN_RUN = re.compile(f"[{_UNSEEN}]+")
# Escape sequences of terminals: CSI, OSC and its relatives up to their end, two-character ones; also with 8-bit introducers.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]?"
)
_SPACES = re.compile(r"[\s\x1c-\x1f\x85]+")
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_STACKED = re.compile(f"([{_MARKS}]{{2}})[{_MARKS}]+")
_ADDRESS = re.compile(r"https?://[^\s<>\"'`\\^{|}\x00-\x20\x7f-\x9f]+", re.IGNORECASE)
_ELLIPSIS = "…"


def clean(text: str, limit: int | None = None) -> str:
    """Return ``text`` on one line, NFC, without escape sequences, control, bidi, zero-width and other unseen characters.

    With ``limit`` the result has at most so many characters, the last being an ellipsis where something was left out.
    """
    cut = text if limit is None else text[: 8 * limit + 400]
    cut = _SPACES.sub(" ", _ESCAPES.sub("", cut))
    cut = _STACKED.sub(r"\1", unicodedata.normalize("NFC", _UNSEEN_RUN.sub("", cut)))
    cut = _SPACES.sub(" ", cut).strip()
    if limit is None:
        return cut
    return shorten(cut, limit)


def shorten(text: str, limit: int) -> str:
    """Cut ``text`` to ``limit`` characters, at a space if one is near, and mark the cut with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: max(limit - 1, 0)]
    while head and unicodedata.combining(text[len(head)]):
        head = head[:-1]
    space = head.rfind(" ")
    if space > 0.8 * len(head):
        head = head[:space]
    return head.rstrip(" ,.;:·-") + _ELLIPSIS


def address(url: str | None) -> str | None:
    """Return ``url`` if it is an http or https address that holds nothing dangerous, else None."""
    if url is None or len(url) > 2000 or _UNSEEN_RUN.search(url):
        return None
    return url if _ADDRESS.fullmatch(url) else None


def columns(text: str) -> int:
    """How many columns of a terminal ``text`` takes: Korean, Chinese, Japanese characters and emoji take two."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@lru_cache(maxsize=8192)
def _columns(character: str) -> int:
    if character < "\u0300":
        return 1
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, width: int) -> str:
    """Cut ``text`` to ``width`` columns (with an ellipsis) and fill it up with spaces to exactly that width."""
    if columns(text) > width:
        text = _head(text, width - 1) + _ELLIPSIS if width > 2 else _ELLIPSIS
    return text + " " * (width - columns(text))


def wrap(text: str, width: int, first: str = "", later: str = "") -> list[str]:
    """Break ``text`` into lines of at most ``width`` columns, at spaces where possible, begun with ``first`` and ``later``."""
    lines: list[str] = []
    line, taken, empty = first, columns(first), True
    for word in text.split(" "):
        gap, wide = ("" if empty else " "), columns(word)
        if taken + len(gap) + wide > width:
            if not empty:
                lines.append(line)
                line, taken, gap = later, columns(later), ""
            while taken + wide > width:
                head = _head(word, max(width - taken, 2))
                lines.append(line + head)
                line, taken, word = later, columns(later), word[len(head) :]
                wide = columns(word)
        line, taken, empty = line + gap + word, taken + len(gap) + wide, False
    return [*lines, line]


def _head(text: str, width: int) -> str:
    """Return the longest beginning of ``text`` that fits ``width`` columns, but at least one character."""
    taken = 0
    for place, character in enumerate(text):
        taken += _columns(character)
        if taken > width:
            return text[: max(place, 1)]
    return text
