"""Why something is so: a code and its values, which ``messages`` turns into a sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

Values = dict[str, str | float | int | datetime | None]


@dataclass(frozen=True, slots=True)
class Because:
    """A reason as a code and its values; ``messages`` turns it into a sentence in the reader's language."""

    code: str
    values: dict[str, str | float | int | datetime | None] = field(default_factory=dict)
