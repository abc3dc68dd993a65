"""From a passage to the text the model reads: the company's name marked, addresses and numbers masked, spelling evened out.

Special words are single characters of Unicode's private area, so that an n-gram can hold them beside others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

MARK = "\ue000"  # stands where the watched company is named
USER = "\ue001"
LINK = "\ue002"
EMAIL = "\ue003"
PHONE = "\ue004"
NUMBER = "\ue005"
SEPARATOR = "\x00"
LONGEST = 3000  # characters of a post that are read: the first 2,000 and the last 1,000

_HEAD, _TAIL = 2000, 1000
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff\ue000-\uf8ff]")
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_MASKS = re.compile(
    r"(?P<link>https?://[^\s\x00]+|\bwww\.[^\s\x00]+|\bURL\b|\[url\])"
    r"|(?P<email>(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.[\w.]{1,64}|\bEMAIL\b|\[email\])"
    rf"|(?P<user>@[\w{MARK}]{{1,64}})"
    r"|(?P<phone>(?<![\d-])(?:\+\d{1,3}[ -]?)?\(?0\d{1,2}\)?[ .-]?\d{3,4}[ .-]?\d{4}(?![\d-])"
    r"|\b1[568]\d\d-\d{4}(?![\d-])|\bPHONE\b|\[phone\])"
    r"|(?P<number>(?<![\d-])(?:\d{4}[ -]){3}\d{4}(?![\d-])|(?<![\d-])\d{6}-\d{7}(?![\d-])|\bNUMBER\b)"
)
_WORD_FOR = {"link": LINK, "email": EMAIL, "user": USER, "phone": PHONE, "number": NUMBER}
_DIGITS = str.maketrans("123456789", "0" * 9)
_REPEATED = re.compile(r"([^\s\x00])\1{3,}")
_BLANKS = re.compile(r"[^\S\x00]+")
_AROUND = re.compile(r" *\x00 *")


def marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Put ``MARK`` where ``spans`` ([start, end) offsets; out of range, empty or overlapping ones do no harm) name the company.

    Unwanted characters are blanked, so that no text can forge a mark, and what is longer than ``LONGEST`` is cut in the middle.
    """
    pieces: list[str] = []
    at = 0
    for start, end in sorted(spans):
        start, end = max(start, at), min(end, len(text))
        if start < end:
            pieces += (_blanked(text[at:start]), MARK)
            at = end
    pieces.append(_blanked(text[at:]))
    return _cut("".join(pieces))


def _blanked(text: str) -> str:
    return _UNWANTED.sub(" ", text)


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    head, tail = text[:_HEAD], text[-_TAIL:]
    first = text.find(MARK)
    if first >= 0 and MARK not in head + tail:
        tail = text[first - _TAIL // 2 : first + _TAIL // 2]
    return f"{head} {tail}"


def _mask(match: re.Match[str]) -> str:
    if MARK in match.group():
        return MARK
    return f" {_WORD_FOR[match.lastgroup or 'number']} "


def joined(texts: Sequence[str]) -> str:
    """Even out many marked texts at once; each stands between blanks, ``SEPARATOR`` between them. Each is evened out as if alone."""
    whole = unicodedata.normalize("NFC", SEPARATOR.join(texts))
    whole = _MASKS.sub(_mask, _INVISIBLE.sub("", whole)).replace(MARK, f" {MARK} ").lower().translate(_DIGITS)
    whole = _BLANKS.sub(" ", _REPEATED.sub(r"\1\1\1", whole))
    return f" {_AROUND.sub(f' {SEPARATOR} ', whole.strip(' '))} "
