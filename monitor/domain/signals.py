"""Events of the company's own that may make customers complain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Signal:
    """An event of the company's own (a late vessel, a failed delivery wave, an outage) that may make customers complain.

    ``kind`` is the company's word for it; ``topic`` the topic of the complaints it would cause; None means "not said".
    """

    id: str
    at: datetime
    kind: str
    text: str
    topic: str | None = None
    place: str | None = None
    ends_at: datetime | None = None
    partner: str | None = None
    watch: str | None = None
