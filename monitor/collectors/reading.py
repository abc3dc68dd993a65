"""What reading foreign records has in common: what it may raise, and counts that are really counts."""

from __future__ import annotations

MALFORMED = (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError)
"""What reading a record of another shape than documented may raise (OSError: a time that no calendar knows)."""


def count(value: object) -> int | None:
    """Return ``value`` if it is a count that a database can hold, else None: the platform does not say."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None
