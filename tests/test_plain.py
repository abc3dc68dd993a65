from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.plain import address, clean, columns, fit, shorten, wrap

ANYTHING = st.text(st.characters(codec=None), max_size=200)


def test_no_control_format_surrogate_or_private_character_survives() -> None:
    unseen = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")]
    left = set(clean("가".join(unseen)))
    assert left == {"가", " "}
    assert [hex(ord(character)) for character in unseen[:5_000] if character in clean(f"a{character}b")] == []


@pytest.mark.parametrize(
    ("dirty", "shown"),
    [
        ("a\r\n\r\nb\t c\x0b\x0cd\u2028e\xa0f", "a b c d e f"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x1b]0;never ended", "0;never ended"),
        ("\x1b(Bx\x1bMy", "xy"),
        ("abc\u202egnp.exe\u2066!\u2069", "abcgnp.exe!"),
        ("a\u200bb\u200dc\ufeffd\xade", "abcde"),
        ("\u3164\u115f\u2800 숨은 글자", "숨은 글자"),
        ("한글", "한글"),
        ("e" + "\u0301" * 50, "é\u0301\u0301"),
        ("❤️ ok", "❤️ ok"),
        ("\ud800x", "x"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_clean(dirty: str, shown: str) -> None:
    assert clean(dirty) == shown


def test_stacked_marks_are_cut_to_two() -> None:
    assert columns(clean("가" + "\u0489" * 1000)) == 2
    assert len(clean("Z" + "\u0334\u0335\u0336\u0337" * 200)) <= 4


@given(ANYTHING, st.integers(1, 60))
def test_clean_keeps_its_limit_and_cleans_once(text: str, limit: int) -> None:
    shown = clean(text, limit)
    assert len(shown) <= limit
    assert clean(shown) == shown
    assert "\n" not in shown and "\x1b" not in shown
    shown.encode()


def test_clean_looks_at_no_more_than_it_needs() -> None:
    assert clean("가" * 5_000_000, 10) == "가" * 9 + "…"


def test_shorten_prefers_a_space() -> None:
    assert shorten("우리 회사 차가 아직도 안 왔어요", 17) == "우리 회사 차가 아직도 안…"
    assert shorten("short", 5) == "short"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.com/a?b=1&c=%20#d", True),
        ("HTTP://example.com", True),
        ("https://예시.한국/글", True),
        ("javascript:alert(1)", False),
        (" https://example.com", False),
        ("https://example.com/\r\nX: y", False),
        ('https://example.com/"onmouseover=', False),
        ("https://example.com/<b>", False),
        ("data:text/html,x", False),
        ("https://example.com/\u202egnp", False),
        ("https://" + "a" * 3000, False),
        ("//example.com", False),
        ("https://", False),
        (None, False),
    ],
)
def test_address(url: str | None, kept: bool) -> None:
    assert address(url) == (url if kept else None)


def test_columns_count_wide_characters_twice() -> None:
    assert columns("abc") == 3
    assert columns("한글ab") == 6
    assert columns("🔥") == 2
    assert columns("é") == 1


@given(ANYTHING.map(clean), st.integers(4, 40))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = wrap(text, width, "- ", "  ")
    assert all(columns(line) <= width for line in lines)
    assert lines[0].startswith("- ")
    assert "".join(line[2:] for line in lines).replace(" ", "") == text.replace(" ", "")


@given(ANYTHING.map(clean), st.integers(2, 30))
def test_fit_is_exactly_as_wide_as_asked(text: str, width: int) -> None:
    assert columns(fit(text, width)) == width
