"""Over the page cap: one page that names every critical incident instead of one page for each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.alerting.routing import Desk, route
from monitor.domain import Because, Decision, Incident, Reason, Severity

UPDATE_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Storm:
    """One storm page: every critical incident, gravest first; ``fresh`` are those that staff have not heard of yet."""

    at: datetime
    incidents: tuple[int, ...]
    fresh: tuple[int, ...]
    receivers: tuple[str, ...]
    because: Because


def storm(
    critical: Sequence[tuple[Incident, Decision]], named: Collection[int], last_at: datetime | None, now: datetime, desk: Desk
) -> Storm | None:
    """Return the page to send now, or None when it would name nobody new or the last one is under an hour old.

    ``critical``: all live incidents whose latest decision has severity critical, with that decision, also those that had a page of
    their own. ``named``: incidents that staff have heard of, by a page of their own or on a storm page.
    What waits is not lost: it is named on the next page. Who receives it: everybody whom a listed incident reaches. The caller sends one
    message, pays its price once, and marks the ``fresh`` incidents as alerted, so that nobody hears of them a second time.
    """
    fresh = tuple(i.id for i, decision in critical if i.id not in named and decision.reason is Reason.RECEIVER_CAP)
    if not fresh or (last_at is not None and now - last_at < UPDATE_AFTER):
        return None
    ordered = sorted(critical, key=lambda pair: (-pair[1].inputs.get("benefit", 0.0), pair[0].id))
    reached = (name for incident, _ in ordered for name in route(incident, Severity.CRITICAL, (), (), desk))
    return Storm(
        at=now,
        incidents=tuple(incident.id for incident, _ in ordered),
        fresh=fresh,
        receivers=tuple(dict.fromkeys(reached)),
        because=Because("alerting_storm", {"n": len(ordered), "fresh": len(fresh), "cap": desk.budget.pages_per_shift}),
    )
