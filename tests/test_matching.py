from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain import Mention, Post, Watch
from monitor.matching import MOST_SPANS, Matcher

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def post(text: str, about: str | None = None, language: str | None = None) -> Post:
    return Post("x:1", "x", text, AT, about=about, language=language)


def found(text: str, *watches: Watch, about: str | None = None, language: str | None = None) -> dict[str, list[str]]:
    mentions = Matcher(watches).mentions(post(text, about, language))
    return {mention.watch: [text[begin:end] for begin, end in mention.spans] for mention in mentions}


HANUL = Watch("한울오토", any=("한울오토", "Hanul Auto"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("한울오토가 또 늦었네", ["한울오토"]),
        ("어제 HANUL AUTO에서, 오늘 hanul auto에서", ["HANUL AUTO", "hanul auto"]),
        ("나의한울오토캐리어", ["한울오토"]),
        ("한울오토한울오토", ["한울오토", "한울오토"]),
    ],
)
def test_substring_case_ignored(text: str, words: list[str]) -> None:
    assert found(text, HANUL) == {"한울오토": words}


@pytest.mark.parametrize("text", ["", " ", "한울", "hanulauto", "한 울오토", "\ud800"])
def test_what_is_not_there_is_not_found(text: str) -> None:
    assert found(text, HANUL) == {}


def test_overlapping_terms_give_one_span() -> None:
    assert found("한울오토캐리어 기사", Watch("w", any=("한울오토", "오토캐리어"))) == {"w": ["한울오토캐리어"]}


def test_none_terms_rule_out() -> None:
    watch = Watch("w", any=("한울",), none=("한울아파트", "Hanul FC"))
    assert found("한울아파트 관리비", watch) == {}
    assert found("hanul fc 경기, 한울 좋아", watch) == {}
    assert found("한울 배송", watch) == {"w": ["한울"]}


def test_watch_without_terms_takes_every_post() -> None:
    assert found("아무 말", Watch("모두")) == {"모두": []}
    assert found("", Watch("모두")) == {"모두": []}
    assert found("광고입니다", Watch("모두", none=("광고",))) == {}


def test_blank_terms_match_nothing() -> None:
    assert found("무엇이든", Watch("w", any=("", "  "))) == {}


def test_decomposed_text_and_terms() -> None:
    text = unicodedata.normalize("NFD", "어제 한울오토가 café에서")
    assert found(text, HANUL) == {"한울오토": [unicodedata.normalize("NFD", "한울오토")]}
    assert found(text, Watch("c", any=("CAFÉ",))) == {"c": [unicodedata.normalize("NFD", "café")]}
    assert found("한울오토", Watch("d", any=(unicodedata.normalize("NFD", "한울오토"),))) == {"d": ["한울오토"]}
    syllable = unicodedata.normalize("NFD", "각")
    assert found(syllable, Watch("e", any=("가",))) == {}


def test_folding_that_changes_length() -> None:
    assert found("İstanbul STRASSE und Straße bei Hanul Auto", Watch("s", any=("straße",)), HANUL) == {
        "s": ["STRASSE", "Straße"],
        "한울오토": ["Hanul Auto"],
    }
    assert found("groß", Watch("s", any=("os",))) == {"s": ["oß"]}


def test_what_the_source_says_wins() -> None:
    other = Watch("다른차", any=("다른차",), none=("한울오토",))
    everyone = Watch("모두")
    text = "다른차보다 한울오토 때문에"
    assert found(text, HANUL, other, everyone, about="다른차") == {"다른차": ["다른차"]}
    assert found(text, HANUL, other, everyone, about="hanul auto") == {"한울오토": []}
    assert found(text, HANUL, other, everyone, about="때문") == {"모두": ["때문"]}
    assert found(text, HANUL, other, about="셋째") == {}


def test_stated_language() -> None:
    korean = Watch("w", any=("hanul",), languages=("ko",))
    assert found("hanul", korean, language="en") == {}
    for language in ("ko", "ko-KR", "KO", None, "und", "qme"):
        assert found("hanul", korean, language=language) == {"w": ["hanul"]}


def test_order_is_that_of_the_watches() -> None:
    watches = [Watch(str(n), any=(f"brand{n}", "shared")) for n in range(30)]
    mentions = Matcher(watches).mentions(post("brand7 shared BRAND21"))
    assert [mention.watch for mention in mentions] == [str(n) for n in range(30)]
    assert mentions[21] == Mention("x:1", "21", ((7, 13), (14, 21)))


def test_endless_repetition_is_bounded() -> None:
    assert len(found("한울오토" * 25_000, HANUL)["한울오토"]) == MOST_SPANS
    assert found("e" + "\u0301" * 100_000 + "한울오토", HANUL) == {"한울오토": ["한울오토"]}


@given(
    st.text(alphabet="aAbBßée\u0301ㅎ한\u1112\u1161\u11abİ ", max_size=30),
    st.lists(st.text(alphabet="abße한é", min_size=1, max_size=3), max_size=4),
)
def test_agrees_with_plain_search(text: str, terms: list[str]) -> None:
    folded = unicodedata.normalize("NFC", text).casefold()
    expected = any(unicodedata.normalize("NFC", term).casefold() in folded for term in terms)
    mentions = Matcher([Watch("w", any=tuple(terms))]).mentions(post(text)) if terms else []
    assert bool(mentions) == expected
    for begin, end in mentions[0].spans if mentions else ():
        assert 0 <= begin < end <= len(text)
