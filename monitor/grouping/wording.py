"""From a post's text to what grouping compares: plain words, their stems and pieces, and the rare names in it.

Korean is cut by rule, not by a dictionary: common particles and endings are taken off as long as two syllables remain, and
pieces of two and three syllables catch what the rules miss.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.grouping.lists import ENDINGS, ENGLISH_STOPS, KOREAN_STOPS, PARTICLES

LONGEST_TEXT = 4_000
"""Characters of a text that are looked at."""

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_NOT_WORDS = re.compile(r"(?:\b[rR][tT]\s+)?@\w+:?|\S+@\S+\.\w+|\b(?:URL|EMAIL|PHONE|NUMBER)\b|\[(?:email|phone)\]")
_WORD = re.compile(r"[가-힣]+|[ㄱ-ㅎㅏ-ㅣ]+|[a-zà-ɏ]+(?:'[a-z]+)?|\d+")
_RUN = re.compile(r"(.)\1{2,}", re.DOTALL)
_HASHTAG = re.compile(r"#(\w{2,40})")
_CODE = re.compile(r"(?<![a-z0-9])(?=[a-z0-9-]*\d)(?:[a-z]{1,6}-?\d{1,6}[a-z]{0,3}|\d{7,20}|\d{2,6}-\d{2,8}(?:-\d{2,8})?)(?![a-z0-9])")
_PLACE = re.compile(
    r"[가-힣]{2,6}(?:지점|대리점|영업소|출장소|직영점|센터|터미널|하치장|물류|허브|캠프|출고장|휴게소|공항|항만|부두|톨게이트|공장|역점|매장|점|역|항|시|군|구|동|읍|면)"
    r"(?=[^가-힣]|에서|에는|에도|에|은|는|이|가|을|를|의|도|으로|로|까지|부터|쪽|$)"
)


_CUTS = tuple((endings, max(map(len, endings))) for endings in (PARTICLES, ENDINGS, PARTICLES))


@dataclass(frozen=True, slots=True)
class Wording:
    """What is compared of one text: its words in order, and its rare names (branches, codes, hashtags, linked pages)."""

    words: tuple[str, ...]
    names: frozenset[str]


def wording(text: str, spans: Sequence[tuple[int, int]] = ()) -> Wording:
    """Return what grouping compares of ``text``; what stands in ``spans`` (the watch's own name) is left out."""
    plain = _without(text, spans)
    links = frozenset(filter(None, map(_page, _LINK.findall(plain))))
    plain = _NOT_WORDS.sub(" ", _LINK.sub(" ", plain)).casefold()
    names = frozenset(_names(plain))
    return Wording(tuple(_WORD.findall(_RUN.sub(r"\1\1", plain))), names | links)


def letters(text: str) -> str:
    """Return the letters and digits of ``text``, case folded, without links, handles and the mark of a repost: what copies share."""
    plain = _NOT_WORDS.sub(" ", _LINK.sub(" ", _without(text, ()))).casefold()
    return _RUN.sub(r"\1\1", "".join(filter(str.isalnum, plain)))


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    text = text[:LONGEST_TEXT]
    for begin, end in reversed(spans):
        text = text[:begin] + " " + text[end:]
    return unicodedata.normalize("NFC", text)


def _page(link: str) -> str | None:
    """The host and path of a link; None where it names a whole site only."""
    host, _, path = re.sub(r"^(?:https?://)?(?:www\.|m\.)?", "", link.lower()).partition("/")
    path = path.split("?")[0].split("#")[0].rstrip("/.,)")
    return f"link:{host}/{path}"[:120] if path else None


def _names(plain: str) -> Iterator[str]:
    for tag in _HASHTAG.findall(plain):
        yield f"#{tag}"
    for code in _CODE.findall(plain):
        yield code.replace("-", "")
    yield from _PLACE.findall(plain)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return ``word`` without common Korean particles and endings, or without common English ones."""
    if word[0] >= "가":
        return _korean_stem(word)
    return _english_stem(word)


def _korean_stem(word: str) -> str:
    for endings, longest in _CUTS:
        for size in range(min(longest, len(word) - 2), 0, -1):
            if word[-size:] in endings:
                word = word[:-size]
                break
    return word


def _english_stem(word: str) -> str:
    word = word.removesuffix("'s").replace("'", "")
    if len(word) <= 3:
        return word
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("edly", ""), ("ed", ""), ("ly", ""), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


@lru_cache(maxsize=65_536)
def telling(word: str) -> bool:
    """Whether ``word`` may tell one trouble from another: no stop word, no lone syllable, no number, no interjection."""
    if word[0] < "a" or "ㄱ" <= word[0] <= "ㅣ":
        return False
    if word[0] < "가":
        return len(word) > 2 and word.replace("'", "") not in ENGLISH_STOPS
    return len(word) > 1 and word not in KOREAN_STOPS and stem(word) not in KOREAN_STOPS
