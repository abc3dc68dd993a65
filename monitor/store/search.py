"""Words for the full-text index, so that two Korean syllables are found wherever they stand.

SQLite's own tokenisers miss them, so runs of Hangul, Han and Kana are indexed as overlapping pairs of characters: 빠른배송 becomes
"빠른 른배 배송 송", and 배송 is found inside it.

From SQL: ``SELECT * FROM v_posts WHERE post_number IN (SELECT rowid FROM post_search WHERE post_search MATCH '"환불"')``. A word of two
syllables stands for itself; ``match_expression`` (``monitor search TEXT --sql``) writes the expression for anything else.
"""

from __future__ import annotations

import re
import unicodedata
from operator import add

# Scripts written without spaces between what a reader takes for words: Hangul with its jamo, Kana, Han.
_RUN = re.compile(
    "[\u1100-\u11ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff]+"
)
# Characters without width, by which a word can be torn apart unseen.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufe00-\ufe0f]+")
_BROKEN = re.compile("[\x00\ud800-\udfff]")
_ENDING_RUN = re.compile(_RUN.pattern + "$")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def grams(text: str) -> str:
    """Return ``text`` as the index keeps it: NFC, without case, runs as pairs; the last character of a run stands alone."""
    return _RUN.sub(_pairs, _normal(text))


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


def _pairs(run: re.Match[str]) -> str:
    letters = run.group()
    return " " + " ".join(map(add, letters, letters[1:] + " "))


def _phrase(words: str) -> str:
    """One quoted phrase: ``words`` side by side; FTS5 itself splits what stands between the quotes."""
    core = _EDGES.sub("", words)
    if not core:
        return ""
    paired = _RUN.sub(_pairs, core).strip()
    ending = _ENDING_RUN.search(core)
    if ending is not None and len(ending.group()) > 1:
        paired = paired[:-2]
    beginning = words.rstrip().endswith("*") or (ending is not None and len(ending.group()) == 1)
    return f'"{paired}"' + ("*" if beginning else "")
