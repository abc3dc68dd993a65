"""Search finds two Korean syllables wherever they stand, in either form of Unicode, and no text breaks a query."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storing import collect, post

from monitor.errors import StoreError
from monitor.store import Store
from monitor.store.search import grams, match_expression

TEXTS = {
    1: "환불해주세요",
    2: "빠른배송 감사합니다",
    3: "배송 지연이 심하네요",
    4: "배송지연, 또 시작",
    5: "자동차 탁송 KTX역 앞",
    6: "The refund never came. Refund-please!",
    7: unicodedata.normalize("NFD", "고객센터 연결이 안됨"),
    8: "환\u200b불 요청",
    9: "配送が遅い トラック",
    10: "😡😡",
    11: "ㅠㅠ 언제 와요",
}


@pytest.fixture(scope="module")
def store():
    with Store.open(":memory:", durable=False) as opened:
        collect(opened, [post(number, text) for number, text in TEXTS.items()])
        yield opened


def found(store: Store, text: str) -> set[int]:
    return {int(hit.id.removeprefix("x:")) for hit in store.posts.search(text)}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("환불", {1, 8}),
        ("배송", {2, 3, 4}),
        ("배송지연", {4}),
        ("배송 지연", {3, 4}),
        ('"배송 지연"', {3}),
        ("지연 배송", {3, 4}),
        ("차", {5}),
        ("탁", {5}),
        ("불", {1, 8}),
        ("ktx", {5}),
        ("KTX역", {5}),
        ("역", {5}),
        ("refund", {6}),
        ("REFUND never", {6}),
        ("refund-please", {6}),
        ("refu", set()),
        ("refu*", {6}),
        ("고객센터", {7}),
        (unicodedata.normalize("NFD", "고객"), {7}),
        ("配送", {9}),
        ("トラ", {9}),
        ("ㅠㅠ", {11}),
        ("환불!", {1, 8}),
        ("감사 AND 환불", set()),
        ("없는말", set()),
        ("😡", set()),
        ("", set()),
    ],
)
def test_words_are_found_where_they_stand(store, text, numbers):
    assert found(store, text) == numbers


def test_the_latest_come_first_and_the_limit_holds(store):
    assert [hit.id for hit in store.posts.search("배송", 2)] == ["x:0004", "x:0003"]


def test_analysts_find_the_same_with_plain_sql(store):
    def by_sql(text):
        return {
            row[0] for row in store._db.rows(Store.search_sql(text).replace("SELECT posted_at, platform, author, text, url", "SELECT text"))
        }

    assert by_sql("환불") == {TEXTS[1], TEXTS[8]}
    assert by_sql("o'clock 배송") == set()
    two_syllables = "SELECT count(*) FROM post_search WHERE post_search MATCH '\"배송\"'"
    assert store._db.value(two_syllables) == 3
    with pytest.raises(StoreError, match="no word"):
        Store.search_sql("!?")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.one_of(st.characters(exclude_categories=()), st.sampled_from("\"'*()^:+-{}[]ANDORT NEAR환불가나다列カ")), max_size=30))
def test_no_text_breaks_a_query(text):
    with Store.open(":memory:", durable=False) as store:
        store.posts.search(text)


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("가나다라마바사아자차카타파하 ab1,."), min_size=1, max_size=25), st.data())
def test_every_piece_of_two_syllables_or_more_is_found(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    piece = text[start : start + data.draw(st.integers(1, 6))]
    hangul = all("가" <= letter <= "하" for letter in piece)
    if not hangul:
        return
    with Store.open(":memory:", durable=False) as store:
        collect(store, [post(1, text), post(2, unicodedata.normalize("NFD", text))])
        assert found(store, piece) == {1, 2}


def test_how_words_are_written():
    assert grams(["빠른배송 OK", "", "a\x01b\x00c", "ktx역"]) == [" 빠른 른배 배송 송  ok", "", "a b c", "ktx 역 "]
    assert match_expression("배송지연 KTX역") == '"배송 송지 지연" AND "ktx 역"*'
