"""What grouping learns from troubles told several ways."""

from __future__ import annotations

import pytest

from monitor.grouping import Background
from monitor.grouping.terms import Kind, number
from scripts.training.tellings import Family, Telling, joined, likelihood_ratio, sharpened, translations


def _family(ours: str, theirs: str) -> Family:
    """A trouble whose tellings repeat a word in each language, and a sibling; both hold what everybody writes."""
    korean, english = Telling("ko", frozenset({ours, "기사"})), Telling("en", frozenset({theirs, "driver"}))
    sibling = (Telling("ko", frozenset({"기사"})), Telling("en", frozenset({"driver"})))
    return (korean, korean, english), sibling


FAMILIES = [*[_family("우박", "hail")] * 4, *[_family(f"사건{chr(0xAC00 + n)}", f"word{chr(97 + n)}") for n in range(20)]]


def test_words_of_one_trouble_in_two_languages_are_translations() -> None:
    assert translations(FAMILIES) == {"우박": ["hail"]}


def test_the_likelihood_ratio_is_nothing_by_chance_and_more_with_more() -> None:
    assert likelihood_ratio(10, 20, 50, 100) == pytest.approx(0.0, abs=1e-9)
    assert 0 < likelihood_ratio(13, 20, 50, 100) < likelihood_ratio(16, 20, 50, 100)


def test_what_only_one_trouble_repeats_tells_more_than_what_all_say() -> None:
    plain = Background({number(Kind.STEM, stem): 0.01 for stem in ("우박", "기사")})
    shares = sharpened(plain, [FAMILIES[:12], FAMILIES[12:]], {}).shares
    assert shares[number(Kind.STEM, "우박")] < shares[number(Kind.STEM, "기사")]
    assert number(Kind.STEM, "사건가") not in shares


def test_translations_of_the_trade_come_first() -> None:
    assert joined({"물": ("leak",)}, {"물": ("water", "leak"), "차": ("car",)}) == {"물": ("leak", "water"), "차": ("car",)}
