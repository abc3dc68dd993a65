"""Words for the full-text index, so that two Korean syllables are found wherever they stand.

SQLite's own tokenisers miss them, so runs of Hangul, Han and Kana are indexed as overlapping pairs of characters: 빠른배송 becomes
"빠른 른배 배송 송", and 배송 is found inside it.

From SQL: ``SELECT * FROM v_posts WHERE post_number IN (SELECT rowid FROM post_search WHERE post_search MATCH '"환불"')``. A word of two
syllables stands for itself; ``match_expression`` (``monitor search TEXT --sql``) writes the expression for anything else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Scripts written without spaces between what a reader takes for words: Hangul with its jamo, Kana, Han.
_RANGES = (
    (0x1100, 0x11FF),
    (0x3005, 0x3007),
    (0x3040, 0x30FF),
    (0x3130, 0x318F),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),
    (0x20000, 0x3FFFF),
)
_BEYOND = _RANGES[-1][1] + 1
_ENDING_RUN = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _RANGES) + "]+$")
# Characters without width, by which a word can be torn apart unseen.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufe00-\ufe0f]+")
_BROKEN = re.compile("[\x00\x01\ud800-\udfff]")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_BETWEEN = "\x01"


def _table() -> NDArray[np.bool_]:
    table = np.zeros(_BEYOND + 1, dtype=np.bool_)
    for first, last in _RANGES:
        table[first : last + 1] = True
    return table


_IN_RUN = _table()


def grams(texts: Sequence[str]) -> list[str]:
    """Return each text as the index keeps it: NFC, without case, runs as pairs; the last character of a run stands alone."""
    joined = _BETWEEN.join([_BROKEN.sub(" ", text) if _BROKEN.search(text) else text for text in texts])
    return _paired(_normal(joined)).split(_BETWEEN)


def match_expression(text: str) -> str:
    """Return the FTS5 expression that finds posts with every word of ``text``, or "" if it holds no word.

    Every word may stand inside a longer Korean one; a word in Latin letters is met whole, or as a beginning if it ends in ``*``.
    Words in double quotes are met side by side. Operators and quotes of FTS5 have no effect.
    """
    parts = _normal(_BROKEN.sub(" ", text)).split('"')
    closed = range(1, len(parts) - 1, 2)
    found = [_phrase(parts[place]) for place in closed]
    found += [_phrase(word) for place, part in enumerate(parts) if place not in closed for word in part.split()]
    return " AND ".join(dict.fromkeys(filter(None, found)))


def _normal(text: str) -> str:
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", _UNSEEN.sub("", text)).casefold())


def _paired(text: str) -> str:
    """Write every run as pairs, all at once: each of its characters is followed by the next one and a space."""
    letters = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    inside = _IN_RUN[np.minimum(letters, _BEYOND)]
    followed, begins = np.zeros_like(inside), inside.copy()
    followed[:-1] = inside[:-1] & inside[1:]
    begins[1:] &= ~inside[:-1]
    wide = np.zeros((letters.size, 4), dtype=np.uint32)
    wide[:, 0] = begins * ord(" ")
    wide[:, 1] = letters
    wide[:-1, 2] = np.where(followed[:-1], letters[1:], 0)
    wide[:, 3] = inside * ord(" ")
    written: bytes = wide[wide != 0].tobytes()
    return written.decode("utf-32-le")


def _phrase(words: str) -> str:
    """One quoted phrase: ``words`` side by side; FTS5 itself splits what stands between the quotes."""
    core = _EDGES.sub("", words)
    if not core:
        return ""
    paired = _paired(core).strip()
    ending = _ENDING_RUN.search(core)
    if ending is not None and len(ending.group()) > 1:
        paired = paired[:-2]
    beginning = words.rstrip().endswith("*") or (ending is not None and len(ending.group()) == 1)
    return f'"{paired}"' + ("*" if beginning else "")
