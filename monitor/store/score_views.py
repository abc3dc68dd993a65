"""The scoreboard as analysts see it."""

from __future__ import annotations

from monitor.store.view import View

_WHOLE = (
    "alerts", "rehearsed", "hits", "false_alarms", "unjudged", "acknowledged", "crossings", "in_time", "late", "missed", "forecasts",
    "came_true", "measured_1h", "measured_6h", "measured_24h", "measured_reach",
)  # fmt: skip
FIGURES = {
    "alerts": "incidents that staff were told of first in that time",
    "rehearsed": "of these, those a silent run would have told of",
    "hits": "of these, those that staff confirmed or that crossed the threshold",
    "false_alarms": "of these, those that staff dismissed",
    "unjudged": "of these, those that nobody has judged: neither a hit nor a false alarm",
    "precision": "hits / (hits + false_alarms); empty if nothing was judged",
    "precision_low": "lower end of its 95 % interval: with few alerts far below",
    "precision_high": "upper end of that",
    "false_per_week": "false alarms a week",
    "false_per_week_at_most": "upper 95 % bound of that rate: no false alarm in one day may still mean many a week",
    "acknowledged": "alerts that a person acknowledged, resolved or dismissed",
    "minutes_to_acknowledge": "middle time from the alert to that",
    "crossings": "incidents that crossed the threshold in that time",
    "in_time": "of these, those told of before",
    "late": "of these, those told of after",
    "missed": "of these, those never told of",
    "lead_minutes": "middle time from the alert to the crossing, of those told of; negative came after it",
    "forecasts": "forecasts of crossing that fell due, one an hour and incident",
    "came_true": "of these, those that were followed by a crossing within 24 hours",
    "brier": "mean squared error of their chance: 0 is perfect",
    "brier_climatology": "the same of somebody who always says the share that came true, knowing it: hard to beat; 0 if none did",
    "measured_1h": "forecasts for one hour later whose outcome was measured",
    "coverage_1h": "share of these inside the 80 % range; 0.8 is right",
    "measured_6h": "the same for six hours",
    "coverage_6h": "share inside",
    "measured_24h": "the same for a day",
    "coverage_24h": "share inside",
    "measured_reach": "incidents whose reach was estimated blind and counted by public views within the hour",
    "coverage_reach": "share of these inside the 80 % range",
}


def _column(name: str) -> str:
    told = f"json_extract(figures, '$.{name}')"
    return f"CAST({told} AS INTEGER) AS {name}" if name in _WHOLE else f"{told} AS {name}"


SCORE_VIEWS: dict[str, View] = {
    "v_scoreboard": View(
        "SELECT watch, day AS last_day, days, scored_at,\n    " + ",\n    ".join(map(_column, FIGURES)) + "\nFROM scores",
        "The scoreboard: one row for each watch, day and window of 1, 7 and 28 days that ends with it; read the counts before the shares.",
        {
            "watch": "whom it is about",
            "last_day": "the last day of the window, by the company's clock",
            "days": "its length: 1, 7 or 28; for what is younger, as much as there was",
            "scored_at": "when it was reckoned; the last 28 days are reckoned anew each day, for verdicts come later",
            **FIGURES,
        },
        "How good were we over the last four weeks, week by week?",
        "SELECT last_day, alerts, hits, false_alarms, unjudged, false_per_week_at_most, crossings, in_time, missed, lead_minutes "
        "FROM v_scoreboard WHERE days = 7 AND strftime('%w', last_day) = '0' ORDER BY watch, last_day DESC",
    ),
}
