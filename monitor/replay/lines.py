"""Decisions as JSON lines: the shape that scripts rely on (documented in docs/analysts.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from monitor import messages
from monitor.domain import Assessment, Decision, Forecast, Incident, Interval, Reach


def stamp(at: datetime | None) -> str | None:
    """A time as all JSON output writes it: UTC, to the second, ending in Z."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def decision_line(incident: Incident, assessment: Assessment, decision: Decision, language: str, zone: tzinfo) -> dict[str, Any]:
    """One decision with what it rests on; reach and forecast are total people, null where nothing is measured."""
    forecast = assessment.forecast
    return {
        "type": "decision",
        "at": stamp(decision.at),
        "incident": incident.id,
        "watch": incident.watch,
        "reason": decision.reason.value,
        "notify": decision.notify,
        "severity": decision.severity.value,
        "topic": incident.topic,
        "title": incident.title,
        "kind": incident.kind.value,
        "posts": assessment.posts,
        "authors": assessment.authors,
        "reach": _reach(assessment.reach),
        "forecast": _forecast(forecast),
        "p_cross": None if forecast is None else round(forecast.p_cross, 4),
        "eta_at": None if forecast is None else stamp(forecast.eta_at),
        "because": messages.sentence(decision.because, language, zone),
    }


def _interval(interval: Interval) -> dict[str, float]:
    return {"p10": round(interval.p10, 1), "p50": round(interval.p50, 1), "p90": round(interval.p90, 1)}


def _reach(reach: Reach | None) -> Mapping[str, float] | None:
    return None if reach is None else {**_interval(reach.people), "measured": round(reach.measured, 3)}


def _forecast(forecast: Forecast | None) -> Mapping[str, Mapping[str, float]] | None:
    return None if forecast is None else {horizon: _interval(people) for horizon, people in forecast.horizons.items()}
