"""What a warning is worth: chance, topic, lead time and fatigue, as a multiple of the cost of one look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.alerting.parameters import Parameters
from monitor.alerting.routing import Desk
from monitor.alerting.situation import Situation
from monitor.domain import Forecast, Severity, Status

_HORIZON_MINUTES = 24 * 60.0


@dataclass(frozen=True, slots=True)
class Worth:
    """The numbers that decide. ``p`` is None when nothing is measured; ``benefit`` counts the alarm, ``benefit_forecast`` does not.

    ``foreseen``: the forecast is over its tier and covers the price. ``heard``: chance that staff still listen.
    ``p_least``: chance from which the bare cost model speaks, given fatigue. ``doubtful``: too few people, and the model is not sure that
    it is about us; ``p`` is bounded then.
    """

    p: float | None
    crossed: bool
    weight: float
    lead_minutes: float | None
    lead_worth: float
    heard: float
    open_alerts: int
    p_least: float
    benefit: float
    benefit_forecast: float
    price: float
    alarmed: bool
    foreseen: bool
    grave: bool
    doubtful: bool
    severity: Severity

    @property
    def by_forecast(self) -> bool:
        """True when the forecast alone pays, whatever the detector says: it covers the price, or the matter is too grave to ask for it."""
        return self.crossed or self.foreseen or (self.grave and self.p is not None and self.p >= self.p_least)

    @property
    def affordable(self) -> bool:
        """True when the forecast or the alarm pays."""
        return self.by_forecast or (self.alarmed and self.benefit >= self.price)


def weigh(situation: Situation, desk: Desk, parameters: Parameters) -> Worth:
    """Weigh a situation: ``B = p S (c_claim - c_outside) e(L) fatigue^n / c_triage``."""
    facts = situation.assessment
    doubtful = facts.authors < parameters.sure_authors and situation.certainty < parameters.sure
    crossed = facts.reach is not None and facts.reach.people.p10 >= desk.threshold and not doubtful
    p = 1.0 if crossed else _chance(facts.forecast)
    if doubtful and p is not None:
        p = min(p, parameters.watch_probability)  # what spreads may be a joke: one look in the digest is worth it, a call is not
    weight = parameters.weight(situation.incident.topic)
    lead = 0.0 if crossed else _lead_minutes(facts.forecast, situation.now)
    lead_worth = _lead_worth(lead, parameters)
    others = _other_open_alerts(situation, desk.budget.shift)
    gain = weight * (parameters.cost_claim - parameters.cost_outside) / parameters.cost_triage * lead_worth
    heard = parameters.fatigue**others
    price = situation.pressure.after(situation.now, desk.budget).price
    alarmed = situation.alarm is not None
    by_forecast = (p or 0.0) * gain * heard
    by_alarm = parameters.alarm_probability * gain * heard if alarmed else 0.0
    foreseen = p is not None and p >= parameters.notify_probability and by_forecast >= price
    grave = p is not None and _grave(p, _least_chance(gain), weight, facts.authors, parameters)
    return Worth(
        p=p, crossed=crossed, weight=weight, lead_minutes=lead, lead_worth=lead_worth, heard=heard, open_alerts=others,
        p_least=_least_chance(gain * heard), benefit=max(by_forecast, by_alarm), benefit_forecast=by_forecast,
        price=price, alarmed=alarmed, foreseen=foreseen, grave=grave, doubtful=doubtful,
        severity=_tier(p, crossed or grave, alarmed, facts.emergence.emerging, parameters),
    )  # fmt: skip


def severity(situation: Situation, desk: Desk, parameters: Parameters) -> Severity:
    """How bad it is: critical pages, high notifies, moderate is worth a line in the digest. The budget has no say in it."""
    return weigh(situation, desk, parameters).severity


def _tier(p: float | None, grave: bool, alarmed: bool, emerging: bool, parameters: Parameters) -> Severity:
    if grave or (p is not None and p >= parameters.page_probability):
        return Severity.CRITICAL
    if alarmed or (p is not None and p >= parameters.notify_probability):
        return Severity.HIGH
    if emerging or (p is not None and p >= parameters.watch_probability):
        return Severity.MODERATE
    return Severity.LOW


def _least_chance(gain: float) -> float:
    """Elkan's threshold ``p* = 1 / (1 + gain)``: from this chance on a warning costs less than silence."""
    return 1.0 / (1.0 + gain)


def _grave(p: float, bare_p: float, weight: float, authors: int, parameters: Parameters) -> bool:
    """Cost alone pages for grave topics. Fatigue is left out here: how bad it is does not hang on how much else is open."""
    return weight >= parameters.grave_weight and p >= max(bare_p, parameters.grave_probability) and authors >= parameters.grave_authors


def _chance(forecast: Forecast | None) -> float | None:
    return None if forecast is None else min(max(forecast.p_cross, 0.0), 1.0)


def _lead_minutes(forecast: Forecast | None, now: datetime) -> float | None:
    """Minutes to the median crossing; a forecast that names none within its horizon leaves at least the horizon."""
    if forecast is None:
        return None
    if forecast.eta_at is None:
        return _HORIZON_MINUTES
    return max(0.0, (forecast.eta_at - now).total_seconds() / 60)


def _lead_worth(lead: float | None, parameters: Parameters) -> float:
    if lead is None:
        return parameters.lead_unknown
    return max(parameters.lead_floor, lead / (lead + parameters.respond.total_seconds() / 60))


def _other_open_alerts(situation: Situation, shift: timedelta) -> int:
    known = situation.known
    itself = known is not None and situation.now - known.at < shift and situation.incident.status in (Status.CANDIDATE, Status.TRIGGERED)
    return max(0, situation.open_alerts - int(itself))
