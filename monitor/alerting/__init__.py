"""Whether to speak, to whom and how loudly: expected cost 1:10:100 against a price that an alert budget steers.

The pure heart is ``decide(situation, desk, parameters) -> Decision``; every path ends in a reason from the closed list.
"""

from monitor.alerting.calendars import Away, Hours, OnCall, Receiver, Weekday, awake_at, away, off_duty, quiet
from monitor.alerting.decision import PRECEDENCE, decide, look_again_at
from monitor.alerting.duty import called, present, reachable, resting, stand_in
from monitor.alerting.explaining import Explanation, Matter, Reached, explain
from monitor.alerting.living import should_update, shown
from monitor.alerting.parameters import Budget, Parameters
from monitor.alerting.pressure import Pressure
from monitor.alerting.routing import (
    MATCHERS,
    Desk,
    Route,
    escalate,
    matched,
    named,
    partners_named,
    route,
    silenced,
    silencing,
)
from monitor.alerting.situation import Alarm, Situation, Told, remember
from monitor.alerting.storm import Storm, storm
from monitor.alerting.subscribing import digest_due, subscribed, wants
from monitor.alerting.worth import Worth, severity, weigh

__all__ = [
    "MATCHERS",
    "PRECEDENCE",
    "Alarm",
    "Away",
    "Budget",
    "Desk",
    "Explanation",
    "Hours",
    "Matter",
    "OnCall",
    "Parameters",
    "Pressure",
    "Reached",
    "Receiver",
    "Route",
    "Situation",
    "Storm",
    "Told",
    "Weekday",
    "Worth",
    "awake_at",
    "away",
    "called",
    "decide",
    "digest_due",
    "escalate",
    "explain",
    "look_again_at",
    "matched",
    "named",
    "off_duty",
    "partners_named",
    "present",
    "quiet",
    "reachable",
    "remember",
    "resting",
    "route",
    "severity",
    "should_update",
    "shown",
    "silenced",
    "silencing",
    "stand_in",
    "storm",
    "subscribed",
    "wants",
    "weigh",
]
