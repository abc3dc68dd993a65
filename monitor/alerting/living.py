"""The living message: when what staff see of an incident is no longer what is so, it is shown anew, without a sound."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.domain import Assessment, Because, Incident, Shown, Status

EVERY = timedelta(minutes=10)
"""Growth is shown at most so often; what staff did, and a quote that is gone, at once."""
GROWN = 1.2
SEEN = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Where the bands of people reached begin, as multiples of the threshold."""
CHANCES = (0.1, 0.3, 0.5, 0.8)
"""Where the bands of the chance of crossing within 24 h begin."""
_OPEN = (Status.CANDIDATE, Status.TRIGGERED)


def shown(
    incident: Incident,
    assessment: Assessment | None,
    threshold: int,
    now: datetime,
    *,
    by: str | None = None,
    silenced_until: datetime | None = None,
    quotes: int = 0,
) -> Shown:
    """Return what a message about ``incident`` shows if it is written now; ``by`` is who brought it into its status."""
    reach, forecast = (assessment.reach, assessment.forecast) if assessment else (None, None)
    return Shown(
        at=now,
        status=Status.TRIGGERED if incident.status in _OPEN else incident.status,
        by=None if incident.status in _OPEN else by,
        assigned_to=incident.assigned_to,
        merged_into=incident.merged_into,
        silenced_until=silenced_until,
        severity=incident.severity,
        posts=incident.posts,
        reach=None if reach is None else bisect_right(SEEN, reach.people.p50 / max(threshold, 1)),
        outlook=None if forecast is None else bisect_right(CHANCES, forecast.p_cross),
        quotes=quotes,
    )


def as_told(before: Shown, now: Shown) -> Shown:
    """Return ``now`` with the gravest severity that staff know of: an alarm that was answered makes an incident no milder."""
    known = [severity for severity in (before.severity, now.severity) if severity is not None]
    return replace(now, severity=max(known, key=lambda severity: severity.rank, default=None))


def should_update(before: Shown, now: Shown) -> Because | None:
    """Return why the message that shows ``before`` is to show ``now``, or None if it is good as it is.

    ``now.quotes``: how many of the quotes that it showed were not deleted since. Pure; closed incidents do not grow.
    """
    changed = _deed(before, now)
    if changed is not None:
        return changed
    if now.quotes < before.quotes:
        return Because("living_quote")
    if now.status in (Status.RESOLVED, Status.DISMISSED) or now.merged_into is not None or now.at - before.at < EVERY:
        return None
    return _growth(before, now)


def _deed(before: Shown, now: Shown) -> Because | None:
    """What staff did (or time did with their silence)."""
    if now.merged_into != before.merged_into and now.merged_into is not None:
        return Because("living_merged", {"older": now.merged_into})
    if now.status is not before.status:
        code = now.status.value if now.by is not None or now.status is Status.TRIGGERED else "closed"
        return Because(f"living_{code}", {"by": now.by})
    if now.assigned_to != before.assigned_to:
        return Because("living_assigned", {"who": now.assigned_to})
    if now.silenced_until != before.silenced_until:
        return Because("living_heard" if now.silenced_until is None else "living_silenced", {"until": now.silenced_until})
    return None


def _growth(before: Shown, now: Shown) -> Because | None:
    if now.severity is not before.severity and now.severity is not None:
        return Because("living_severity", {"severity": now.severity.value})
    if now.posts >= max(before.posts, 1) * GROWN:
        return Because("living_grown", {"posts": now.posts, "before": before.posts})
    if (now.reach, now.outlook) != (before.reach, before.outlook):
        return Because("living_spread")
    return None
