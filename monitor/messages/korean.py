"""Korean particles: the form that fits the last sound of what stands before them.

Rule of the language (받침): 이, 은, 을, 과, 으로 after a final consonant, 가, 는, 를, 와, 로 after a vowel; 로 also after ㄹ. Words in
brackets are not heard, so the word before them decides. Latin letters are read by their Korean names when they stand alone or form
an abbreviation (SKT: 티), as a word otherwise (Auto: 토, Mobile: ㄹ); digits are read as numbers (10: 십).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

Final = Literal["consonant", "vowel", "l"]

# after a final consonant, after a vowel; ㄹ takes the second form only before 로
_PAIRS = (
    ("이", "가"),
    ("은", "는"),
    ("을", "를"),
    ("과", "와"),
    ("으로", "로"),
    ("아", "야"),
    ("이나", "나"),
    ("이랑", "랑"),
    ("이며", "며"),
    ("이고", "고"),
    ("이라", "라"),
    ("이라고", "라고"),
    ("이라는", "라는"),
    ("이었", "였"),
)
_BOTH = {"으로": "(으)로", "과": "와(과)", "아": "아(야)"}
PARTICLES: dict[str, tuple[str, str]] = {f"{a}/{b}": (a, b) for a, b in _PAIRS} | {f"{b}/{a}": (a, b) for a, b in _PAIRS}

_BRACKETS = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>|（[^（）]*）|【[^【】]*】|〈[^〈〉]*〉)\s*$")
_WORD = re.compile(r"([A-Za-zÀ-ɏ]+)[^A-Za-zÀ-ɏ]*$")
_NUMBER = re.compile(r"(\d[\d,]*(?:\.\d+)?)$")
_READ_ALOUD: dict[str, Final] = {"%": "vowel", "‰": "consonant", "℃": "vowel", "°": "vowel", "+": "vowel", "$": "vowel", "￦": "consonant"}
_READ_ALOUD |= {"₩": "consonant", "€": "vowel", "£": "vowel", "¥": "consonant", "㎏": "consonant", "㎞": "vowel", "№": "vowel"}
_LETTERS: dict[str, Final] = {"l": "l", "r": "l", "m": "consonant", "n": "consonant"}
_UNITS: dict[str, Final] = {
    "kg": "consonant",
    "mg": "consonant",
    "g": "consonant",
    "cm": "vowel",
    "mm": "vowel",
    "km": "vowel",
    "ml": "vowel",
}
_DIGITS: dict[str, Final] = {
    "0": "consonant",
    "1": "l",
    "2": "vowel",
    "3": "consonant",
    "4": "vowel",
    "5": "vowel",
    "6": "consonant",
    "7": "l",
    "8": "l",
    "9": "vowel",
}
_WORDS: dict[str, Final] = {"hub": "vowel", "github": "vowel", "group": "consonant", "one": "consonant", "coupang": "consonant"}
_VOWELS = frozenset("aeiouy")


def particle(word: str, pair: str) -> str:
    """Return the form of ``pair`` ("이/가", "으로/로", ...) that fits after ``word``; both forms where its sound is unknown."""
    closed, opened = PARTICLES[pair]
    final = last_sound(word)
    if final is None:
        return _BOTH.get(closed, f"{closed}({opened})" if not closed.endswith(opened) else f"({closed.removesuffix(opened)}){opened}")
    if final == "vowel" or (final == "l" and closed == "으로"):
        return opened
    return closed


@lru_cache(maxsize=4096)
def last_sound(word: str) -> Final | None:
    """How ``word`` ends when read aloud in Korean; None where that cannot be known (Chinese characters, emoji only)."""
    text = unicodedata.normalize("NFC", word).rstrip()
    while (bare := _BRACKETS.sub("", text)) != text and bare:
        text = bare
    for place in range(len(text) - 1, -1, -1):
        final = _sound_at(text, place)
        if final is not None:
            return final
        if unicodedata.category(text[place])[0] == "L":
            return None
    return None


def _sound_at(text: str, place: int) -> Final | None:
    character = text[place]
    if "가" <= character <= "힣":
        tail = (ord(character) - 0xAC00) % 28
        return "vowel" if tail == 0 else "l" if tail == 8 else "consonant"
    if "ㄱ" <= character <= "ㅎ":
        return "l" if character == "ㄹ" else "consonant"
    if "ㅏ" <= character <= "ㅣ":
        return "vowel"
    if character.isascii() and character.isdigit():
        return _number(text[: place + 1])
    if character in _READ_ALOUD:
        return _READ_ALOUD[character]
    match = _WORD.search(text[: place + 1]) if character.isalpha() else None
    return _latin(match[1], text[: match.start()]) if match else None


def _number(text: str) -> Final:
    match = _NUMBER.search(text)
    digits = match[1].replace(",", "") if match else text[-1]
    if "." in digits or digits[-1] != "0" or not digits.strip("0"):
        return _DIGITS[digits[-1]]
    zeros = len(digits) - len(digits.rstrip("0"))
    return "vowel" if 12 <= zeros < 16 else "consonant"  # 조; 십 백 천 만 억 경 end in consonants


def _latin(word: str, before: str) -> Final:
    plain = "".join(c for c in unicodedata.normalize("NFD", word) if c.isascii())
    small = plain.lower()
    if before.endswith(tuple("0123456789")) and small in _UNITS:
        return _UNITS[small]
    if small in _WORDS:
        return _WORDS[small]
    if len(small) == 1 or (plain.isupper() and (len(plain) < 4 or not _VOWELS & set(small[1:-1]))) or not _VOWELS & set(small):
        return _LETTERS.get(small[-1:], "vowel")
    return _spoken(small)


def _spoken(word: str) -> Final:
    """Return the last sound of an English word as Korean writes it down (외래어 표기법, in rough)."""
    if word.endswith("ng"):
        return "consonant"
    if word.endswith("e") and len(word) > 2 and word[-2] not in _VOWELS:
        return {"l": "l", "m": "consonant", "n": "consonant"}.get(word[-2], "vowel")  # type: ignore[return-value]
    last = word[-1]
    if last in "lmn":
        return "l" if last == "l" else "consonant"
    if last == "c" or word.endswith(("ck", "ook")):
        return "consonant"
    short_vowel = len(word) > 1 and word[-2] in _VOWELS and (len(word) < 3 or word[-3] not in _VOWELS)
    return "consonant" if last in "bkpt" and short_vowel else "vowel"
