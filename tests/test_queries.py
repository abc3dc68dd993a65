from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.collectors.queries import any_of, spellings_of, terms_of
from monitor.domain import Post, Watch
from monitor.matching import Matcher
from tests.conftest import MONDAY


def test_each_term_once_in_order() -> None:
    watches = [Watch("a", ("한울오토", "Hanul Auto", " ")), Watch("b", ("hanul auto ", "한울캐리어"))]
    assert terms_of(watches) == ("한울오토", "hanul auto", "한울캐리어")


@pytest.mark.parametrize(
    ("terms", "asked"),
    [
        (("한울오토",), ("한울오토", "한울 오토")),
        (("한울 오토", "한울오토"), ("한울 오토", "한울오토")),
        (("Hanul Auto",), ("Hanul Auto", "HanulAuto")),
        (("Hanul-Auto Inc",), ("Hanul-Auto Inc", "HanulAutoInc")),
        (("#한울오토", "@hanulauto", "한울오토캐리어"), ("#한울오토", "@hanulauto", "한울오토캐리어")),
    ],
)
def test_the_other_way_to_write_a_name(terms: tuple[str, ...], asked: tuple[str, ...]) -> None:
    assert spellings_of([Watch("w", terms, variants=True)]) == asked
    assert spellings_of([Watch("w", terms)]) == terms


@settings(deadline=None)
@given(st.lists(st.text(alphabet="한울오토캐리어 -.Ha#@", min_size=1, max_size=9), max_size=5))
def test_whatever_is_asked_for_is_matched(terms: list[str]) -> None:
    """No platform is asked, and paid, for posts that our own matching throws away."""
    watch = Watch("w", tuple(term.strip() for term in terms if any(map(str.isalnum, term))), variants=True)
    for spelling in spellings_of([watch]):
        assert Matcher([watch]).mentions(Post("x:1", "x", spelling, MONDAY)), spelling


@given(st.lists(st.text(alphabet="ab 한", min_size=1, max_size=12), max_size=12), st.integers(10, 60))
def test_questions_hold_every_term_and_their_length(terms: list[str], longest: int) -> None:
    questions = any_of(terms, longest, rest=" -is:x")
    parts = [part for question in questions for part in question.removesuffix(" -is:x").strip("()").split(" OR ")]
    assert parts == [f'"{term}"' for term in terms]
    assert all(len(question) <= longest or " OR " not in question for question in questions)
