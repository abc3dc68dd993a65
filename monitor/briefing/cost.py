"""The stage of 1:10:100 and what acting now costs against waiting, from the unit costs of ``[decision]`` and the forecast.

A trouble mended at the source costs 1, outside the company 10, after customers' claims 100 (a rule of thumb of quality costs). With
``p`` the chance of passing the threshold, ``S`` the topic's weight and ``e`` the part of the harm that a team can still avert in the
time left (``lead / (lead + respond)``, as in the decision), the expected cost of waiting is ``S (outside + p (claim - outside))`` and of
acting now ``S (outside + (1 - e) p (claim - outside))``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.domain import Assessment, Because, Incident, Kind, Stage, Values

HORIZON_MINUTES = 24 * 60.0
UNKNOWN_CHANCE = 0.35
UNKNOWN_WORTH = 0.5


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """What a trouble costs mended at the source, outside, after the claim; ``weight`` of its topic; minutes the team needs to act."""

    source: float = 1.0
    outside: float = 10.0
    claim: float = 100.0
    weight: float = 1.0
    respond_minutes: float = 60.0


def stage(incident: Incident | None, assessment: Assessment | None, threshold: int) -> Stage:
    """1: nobody has complained yet; 2: public, but fewer people than the threshold; 3: past the threshold."""
    reach = assessment.reach if assessment else None
    if incident is not None and (incident.crossed_at is not None or (reach is not None and reach.people.p50 >= threshold)):
        return Stage.CRISIS
    spoken = incident is not None and (incident.authors > 0 or incident.kind is Kind.ATTENTION)
    return Stage.PUBLIC if spoken else Stage.SIGNAL


def cost(at: Stage, assessment: Assessment | None, now: datetime, units: UnitCosts) -> tuple[Because, ...]:
    """Compare acting now with waiting, in multiples of the cost of one look."""
    if at is Stage.SIGNAL:
        act, wait = units.weight * units.source, units.weight * units.outside
        return (Because("briefing_cost_signal", {"act": act, "wait": wait}),)
    if at is Stage.CRISIS:
        growth = _growth(assessment)
        act = units.weight * units.claim
        values: Values = {"act": act, "wait": act * growth, "growth": growth - 1}
        return (Because("briefing_cost_grown", values) if growth >= 1.1 else Because("briefing_cost_crossed", {"act": act}),)
    return (_public(assessment, now, units),)


def _public(assessment: Assessment | None, now: datetime, units: UnitCosts) -> Because:
    forecast = assessment.forecast if assessment else None
    p = UNKNOWN_CHANCE if forecast is None else min(max(forecast.p_cross, 0.0), 1.0)
    worth = UNKNOWN_WORTH
    if forecast is not None:
        lead = HORIZON_MINUTES if forecast.eta_at is None else max((forecast.eta_at - now).total_seconds() / 60, 0.0)
        worth = lead / (lead + units.respond_minutes)
    harm = p * (units.claim - units.outside)
    act, wait = (units.weight * (units.outside + part * harm) for part in (1 - worth, 1.0))
    if forecast is None:
        return Because("briefing_cost_unmeasured", {"act": act, "wait": wait, "p": p})
    return Because("briefing_cost_public", {"act": act, "wait": wait, "p": p})


def _growth(assessment: Assessment | None) -> float:
    """How many times as many people will have seen it a day from now."""
    if assessment is None or assessment.reach is None or assessment.forecast is None or assessment.reach.people.p50 <= 0:
        return 1.0
    later = assessment.forecast.horizons.get("24h")
    return max(1.0, later.p50 / assessment.reach.people.p50) if later else 1.0
