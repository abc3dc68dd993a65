"""Answers of a real platform made safe to keep: every word and number that may lead to a person is replaced by an invented one.

Whatever is not known to be structure is replaced, not the other way round. Structure is: the words that the collector's own code
compares with, names of fields, markup, dates, counts, and the terms of the watches. The same word always becomes the same invented one,
so that authors, answers and page tokens still refer to each other; long numbers keep their time and order, as X's and Mastodon's need.
The key of the replacement is drawn for one recording and thrown away.
"""

from __future__ import annotations

import ast
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from monitor.collectors import KINDS
from monitor.matching.folding import folded

WEB = frozenset(
    """
    http https www com net org html xml utf amp lt gt quot nbsp href rel class src img span div br p a i b ul li ol em strong
    """.split()  # noqa: SIM905
)
ROUTES = frozenset(["access", "all", "api", "comments", "counts", "info", "new", "recent", "search", "token", "tweets", "users", "v1"])
"""Words in the addresses that praw and tweepy make."""
KEPT_KEYS = frozenset(
    """
    type kind $type lang langs language languages object state status visibility subreddit_type sort scope token_type postdate
    resource_type code granularity privacyStatus liveBroadcastContent
    """.split()  # noqa: SIM905
)
"""Fields whose texts are words of the interface."""
_IDS = re.compile(r"(?:^|_)ids?$|[a-z]Ids?$|^(?:id|parent|by|kids)$")
_PLACES = frozenset(("latitude", "longitude", "lat", "lon", "lng", "coordinates", "bbox"))
_DATE = (
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
    r"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} [\d:]+ ?"
    r"(?:[+-]\d{4}|[A-Z]{1,4})"
)
_ENTITY, _PREFIX = r"&#?\w+;", r"\bt[1-6]_(?=\w)"
_LEFT = rf"(?P<left>{_DATE}|{_ENTITY}|</?\w+|{_PREFIX})"
_WORD = r"(?P<word>[^\W_]+)"
_SNOWFLAKE = 15
_SHORT_NUMBER = 2
_HANGUL = (0xAC00, 0xD7A3)


class Disguise:
    """Replaces words; ``kept`` are those that stay, ``terms`` those of the watches, ``secrets`` the values that must vanish whole."""

    def __init__(self, key: bytes, kept: Iterable[str], terms: Iterable[str] = (), secrets: Iterable[str] = ()):
        self._key = key
        self._kept = WEB | ROUTES | frozenset(word.casefold() for text in kept for word in re.findall(_WORD, text))
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)
        named = "|".join(re.escape(term) for term in sorted(filter(None, terms), key=len, reverse=True))
        self._pattern = re.compile((rf"(?P<term>(?i:{named}))|" if named else "") + f"{_LEFT}|{_WORD}")

    def text(self, value: str) -> str:
        """Return a text with its words replaced."""
        for place, secret in enumerate(self._secrets):
            value = value.replace(secret, f"secret-{place}")
        return self._pattern.sub(self._part, value)

    def answer(self, body: str) -> str:
        """Return a body, JSON or markup, with its words replaced and its shape kept."""
        try:
            found = json.loads(body)
        except ValueError:
            return self.text(body)
        return json.dumps(self.value(found), ensure_ascii=False)

    def value(self, found: Any, key: str = "") -> Any:
        """Return a part of an answer, replaced."""
        match found:
            case Mapping():
                return {self._named(name): self.value(part, name) for name, part in found.items()}
            case list():
                return [self.value(part, key) for part in found]
            case str():
                return found if key in KEPT_KEYS else self.text(found)
            case bool() | None:
                return found
            case int() if _IDS.search(key):
                return int(self._number(str(found))) if found >= 0 else found
            case int() | float() if key in _PLACES:
                return 0.0
        return found

    def _named(self, name: str) -> str:
        """Return the name of a field; some are ids themselves."""
        return self.text(name) if len(name) > 8 and re.search(r"\d", name) else name

    def _part(self, match: re.Match[str]) -> str:
        word = match["word"]
        if word is None or word.casefold() in self._kept:
            return match[0]
        return self._number(word) if word.isascii() and word.isdigit() else self._word(word)

    def _number(self, digits: str) -> str:
        """Return a number of as many digits; long ones keep the part that holds their time."""
        if len(digits) <= _SHORT_NUMBER:
            return digits
        drawn = int.from_bytes(self._drawn(digits, 8), "big")
        if len(digits) >= _SNOWFLAKE:
            return str((int(digits) >> 22 << 22) | drawn % (1 << 22)).zfill(len(digits))
        return digits[0] + str(drawn)[-len(digits) + 1 :].zfill(len(digits) - 1)

    def _word(self, word: str) -> str:
        """Return an invented word of the same length, script and case."""
        return "".join(_letter(old, draw) for old, draw in zip(word, self._drawn(word, 2 * len(word)), strict=False))

    def _drawn(self, word: str, size: int) -> bytes:
        """Return bytes that hang on the word (case ignored) and the key only."""
        drawn, block = b"", 0
        while len(drawn) < size:
            drawn += hmac.new(self._key, f"{block} {folded(word) or word}".encode("utf-8", "replace"), hashlib.sha256).digest()
            block += 1
        return drawn


def _letter(old: str, draw: int) -> str:
    if old.isdigit():
        return str(draw % 10)
    if "가" <= old <= "힣":
        return chr(_HANGUL[0] + 28 * (draw * 43 % 399))
    if "\u3040" <= old <= "\u9fff":
        return chr(0x4E00 + draw)
    new = "bcdfghjklmnpqrstvwxzaeiouy"[draw % 26]
    return new.upper() if old.isupper() else new


def spoken_by(kind: str) -> set[str]:
    """Return the texts that the code of a kind of collector compares with or asks for: the words of its platform's interface."""
    module = import_module(KINDS[kind].partition(":")[0])
    file = Path(str(module.__file__))
    sources = file.parent.glob("*.py") if file.name == "__init__.py" else [file]
    return {text for source in sources for text in _texts(ast.parse(source.read_text("utf-8")))}


def _texts(tree: ast.Module) -> Iterable[str]:
    """Yield the text constants of a module but its documentation."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value
