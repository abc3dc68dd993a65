"""How long a server asks us to wait: its Retry-After header (RFC 9110, 10.2.3), whoever it answers."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 86_400.0
"""Seconds: nobody is obeyed for longer than a day."""


def retry_after(stated: str | None, now: datetime) -> float | None:
    """Return the seconds that ``stated`` (a number or a date) asks for, at most a day; None if it says nothing one can read."""
    seconds = math.nan if stated is None else _seconds(stated.strip(), now)
    return None if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_WAIT)


def _seconds(stated: str, now: datetime) -> float:
    try:
        return float(stated)
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(stated)
    except (ValueError, OverflowError):  # a year or a zone of twenty digits overflows
        return math.nan
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
