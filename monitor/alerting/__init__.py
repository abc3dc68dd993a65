"""Whether to speak, to whom and how loudly: expected cost 1:10:100 against a price that an alert budget steers.

The pure heart is ``decide(situation, desk, parameters) -> Decision``; every path ends in a reason from the closed list.
"""

from monitor.alerting.decision import PRECEDENCE, decide, look_again_at
from monitor.alerting.parameters import Budget, Parameters
from monitor.alerting.pressure import Pressure
from monitor.alerting.routing import Desk, QuietHours, Receiver, Route, awake_at, escalate, matched, quiet, route, silenced
from monitor.alerting.situation import Alarm, Situation, Told, remember
from monitor.alerting.storm import Storm, storm
from monitor.alerting.worth import Worth, severity, weigh

__all__ = [
    "PRECEDENCE",
    "Alarm",
    "Budget",
    "Desk",
    "Parameters",
    "Pressure",
    "QuietHours",
    "Receiver",
    "Route",
    "Situation",
    "Storm",
    "Told",
    "Worth",
    "awake_at",
    "decide",
    "escalate",
    "look_again_at",
    "matched",
    "quiet",
    "remember",
    "route",
    "severity",
    "silenced",
    "storm",
    "weigh",
]
