"""Over the page cap: one page that names every critical incident instead of one page for each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.alerting.duty import called, present
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
    their own. ``named``: incidents that stood on earlier storm pages. What waits is not lost: it is named on the next page. Who
    receives it: everybody whom a listed incident reaches. The caller sends one message, pays its price once, adds ``fresh`` to
    ``named``, and marks them as alerted, so that nobody hears of them a second time.
    """
    fresh = tuple(incident.id for incident, decision in critical if _is_news(incident, decision, named, last_at))
    if not fresh or (last_at is not None and now - last_at < UPDATE_AFTER):
        return None
    ordered = sorted(critical, key=lambda pair: (-pair[1].inputs.get("benefit", 0.0), pair[0].id))
    return Storm(
        at=now,
        incidents=tuple(incident.id for incident, _ in ordered),
        fresh=fresh,
        receivers=_reached([incident for incident, _ in ordered], desk, now),
        because=Because("alerting_storm", {"n": len(ordered), "fresh": len(fresh), "cap": desk.budget.pages_per_shift}),
    )


def _is_news(incident: Incident, decision: Decision, named: Collection[int], last_at: datetime | None) -> bool:
    """Tell whether staff have not heard that it is critical: the cap kept a page back, and no storm page has named it since it is back."""
    back_at = incident.status_at if incident.regressed else None
    back = back_at is not None and last_at is not None and back_at > last_at
    return decision.reason is Reason.RECEIVER_CAP and bool(decision.inputs.get("storm")) and (incident.id not in named or back)


def _reached(incidents: Sequence[Incident], desk: Desk, now: datetime) -> tuple[str, ...]:
    """Return everybody whom any of ``incidents`` may reach now, whatever platform, language or partner a route asks for."""
    platforms = {platform for r in desk.routes for platform in r.platform}
    languages = {language for r in desk.routes for language in r.language}
    partners = {partner for r in desk.routes for partner in r.partner}
    names = (name for incident in incidents for name in route(incident, Severity.CRITICAL, platforms, languages, desk, partners))
    return tuple(receiver.name for receiver in present(called(names, desk, now), desk, now, critical=True))
