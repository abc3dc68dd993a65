"""Retry-After: what a server may write there, and what we make of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.waiting import LONGEST_WAIT, retry_after

NOON = datetime(2026, 11, 21, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        ("120", 120),
        (" 90 ", 90),
        ("-5", 0),
        ("1e9", LONGEST_WAIT),
        ("inf", LONGEST_WAIT),
        ("Sat, 21 Nov 2026 03:01:00 GMT", 60),
        ("Sat, 21 Nov 2026 12:01:00 +0900", 60),
        ("Sat, 21 Nov 2026 03:01:00 -0000", 60),
        ("Sat, 21 Nov 2026 02:59:00 GMT", 0),
        ("Tue, 21 Nov 2028 03:00:00 GMT", LONGEST_WAIT),
    ],
)
def test_a_number_and_a_date_are_seconds_within_a_day(stated: str, seconds: float) -> None:
    assert retry_after(stated, NOON) == seconds


@pytest.mark.parametrize(
    "stated",
    [
        None,
        "",
        "nan",
        "soon",
        "2026-11-21T03:01:00Z",
        "Sat, 21 Nov 99999999999999999999 03:01:00 GMT",
        "Sat, 21 Nov 2026 03:01:00 +99999999999999999999",
    ],
)
def test_anything_else_says_nothing(stated: str | None) -> None:
    assert retry_after(stated, NOON) is None
