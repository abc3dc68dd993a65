from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.sections import Talk
from monitor.domain import Mention, Post, Watch
from monitor.matching import MOST_SPANS, RULES, Matcher

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


def varied(*terms: str, whole: bool = False, none: tuple[str, ...] = ()) -> Watch:
    return Watch("w", terms, none, variants=True, whole_words=whole)


@pytest.mark.parametrize(
    ("term", "text", "word"),
    [
        ("한울오토", "한울 오토가 또 늦네", "한울 오토"),
        ("한울오토", "한울-오토", "한울-오토"),
        ("한울오토", "한울·오토에서", "한울·오토"),
        ("한울오토", "한울ㆍ오토", "한울ㆍ오토"),
        ("한울오토", "한울ㅡ오토", "한울ㅡ오토"),
        ("한울오토", "한울\u00a0오토", "한울\u00a0오토"),
        ("한울오토", "한\u200b울오\u200d토", "한\u200b울오\u200d토"),
        ("한울오토캐리어", "한울오토 캐리어", "한울오토 캐리어"),
        ("한울오토캐리어", "한울 오토 캐리어", "한울 오토 캐리어"),
        ("한울 오토", "한울오토가", "한울오토"),
        ("한울 오토", "#한울오토캐리어", "한울오토"),
        ("Hanul Auto", "HANULAUTO에서", "HANULAUTO"),
        ("Hanul Auto", "hanul-auto, again", "hanul-auto"),
        ("Hanul Auto", "hanul_auto", "hanul_auto"),
        ("Hanul Auto", "#hanulautofail", "hanulauto"),
        ("Hanul Auto", "@HanulAuto_help", "HanulAuto"),
        ("Hanul Auto", "Ｈａｎｕｌ　Ａｕｔｏ", "Ｈａｎｕｌ　Ａｕｔｏ"),
        ("HanulAuto", "Hanul Auto", "Hanul Auto"),
        ("한울Auto", "한울 auto", "한울 auto"),
        ("카카오T", "카카오 T는", "카카오 T"),
        ("Citroën", "my citroen", "citroen"),
        ("Citroen", "ma Citroën", "Citroën"),
        ("Sam's Lorries", "Sam\u2019s Lorries", "Sam\u2019s Lorries"),
        ("㈜한울", "(주)한울", "(주)한울"),
        ("한울오토", unicodedata.normalize("NFD", "어제 한울 오토"), unicodedata.normalize("NFD", "한울 오토")),
    ],
)
def test_variants_that_a_person_would_accept(term: str, text: str, word: str) -> None:
    assert found(text, varied(term)) == {"w": [word]}
    if not text.startswith("#한울오토캐리어"):
        assert found(text, Watch("w", any=(term,))) == {}


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("한울오토", "한 울오토"),
        ("한울오토", "서한울 오토바이"),
        ("한울오토", "한울\n오토"),
        ("한울오토", "한울. 오토"),
        ("한울오토", "한울  -  오토"),
        ("한울오토", "한우울오토"),
        ("한울", "강한 울음"),
        ("한울", "한 울타리"),
        ("Hanul Auto", "hanulautomotive"),
        ("Hanul Auto", "Hanul, auto"),
        ("SK On", "asked if she skonce"),
        ("SK On", "task on time"),
        ("SK On", "@skonline"),
        ("iPhone", "i phone you"),
        ("카카오T", "카카오 Travel"),
        ("@hanulauto", "hanulauto"),
        ("가나", "か な"),
    ],
)
def test_variants_that_nobody_would_accept(term: str, text: str) -> None:
    plain = found(text, Watch("w", any=(term,)))
    assert found(text, varied(term)) == plain == ({"w": ["sk on"]} if text.startswith("task") else {})


def test_namesakes_are_ruled_out_in_their_variants_too() -> None:
    watch = varied("한울오토", none=("한울오토바이",))
    assert found("한울 오토바이 샀다", watch) == {}
    assert found("한울 오토에 맡겼다", watch) == {"w": ["한울 오토"]}


@pytest.mark.parametrize("variants", [False, True])
def test_whole_words(variants: bool) -> None:
    watch = Watch("w", any=("SK", "한울"), variants=variants, whole_words=True)
    assert found("task risky skew sk2 éskimo", watch) == {}
    assert found("SK가 또, @sk, sk_help, (SK) 나의한울이", watch) == {"w": ["SK", "sk", "sk", "SK", "한울"]}
    assert found("#skfail", watch) == {}


def test_terms_of_signs_only_are_found_as_written() -> None:
    for variants in (False, True):
        assert found("자 -_- 이게", Watch("w", any=("-_-", "..."), variants=variants)) == {"w": ["-_-"]}


@given(
    st.text(alphabet="aAbBßée\u0301ㅎ한\u1112\u1161\u11abİ -.\u200bＡ㈜ﬁfi1", max_size=24),
    st.lists(st.text(alphabet="abße한é -Ａfi1", min_size=1, max_size=6), max_size=4),
)
def test_variants_only_add(text: str, terms: list[str]) -> None:
    plain, loose = (Matcher([Watch("w", tuple(terms), variants=variants)]).mentions(post(text)) for variants in (False, True))
    assert len(plain) <= len(loose)
    covered = {place for begin, end in (loose[0].spans if loose else ()) for place in range(begin, end)}
    assert all(place in covered for mention in plain for begin, end in mention.spans for place in range(begin, end))
    assert all(0 <= begin < end <= len(text) for mention in loose for begin, end in mention.spans)


def test_other_talk_is_left_out() -> None:
    watch = Watch("w", any=("한울오토", "Hanul Auto"), exclude=("stocks", "jobs", "sports"))
    assert found("한울오토 오늘 상한가 가나요", watch) == {}
    assert found("[채용] 한울오토 신입 모집", watch) == {}
    assert found("Hanul Auto dividend landed", watch) == {}
    assert found("한울오토 배구단 또 역전패", Watch("w", any=("한울오토",), exclude=("stocks",))) == {"w": ["한울오토"]}


def test_other_talk_needs_its_words_near_every_name_and_no_customer() -> None:
    watch = Watch("w", any=("한울오토",), exclude=("stocks",))
    assert found("한울오토 주가는 모르겠고 환불이나 해 주세요", watch) == {"w": ["한울오토"]}
    assert found("한울오토 트럭 봤다\n주가 얘기는 그만", watch) == {"w": ["한울오토"]}
    assert found("한울오토 트럭 봤다 " + "가" * 60 + " 주가", watch) == {"w": ["한울오토"]}
    assert found("한울오토 트럭 귀엽다 " + "가" * 60 + " 한울오토 주가", watch) == {"w": ["한울오토", "한울오토"]}


def test_rules_have_the_names_that_the_file_may_use() -> None:
    assert get_args(Talk) == RULES


def test_rules_drop_other_talk_and_hardly_a_complaint() -> None:
    """The labelled posts: how many true complaints the rules would lose, and how much of the rest they take away."""
    folder = Path(__file__).parents[1] / "models" / "posts"
    rows = [json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in file.read_text("utf-8").splitlines()]
    lost = dropped = complaints = 0
    for row in rows:
        watch = Watch("w", any=(row["watch"] or "",), exclude=RULES)
        out = bool(row["watch"]) and row["watch"].lower() in row["text"].lower() and not found(row["text"], watch)
        complaints += row["complaint"]
        lost += out and row["complaint"]
        dropped += out and not row["complaint"]
    assert lost <= 0.001 * complaints, lost
    assert dropped >= 150, dropped
