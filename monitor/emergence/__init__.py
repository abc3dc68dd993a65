"""Emergence: is this far above what is normal, with the rate of false alarms under control.

A ``Detector`` watches many streams at once (all mentions, negative news, complaints in all, by platform, by topic and by incident of
every watch) and shares one budget of false alarms among them: one a week by default. See ``streams`` for the statistic, ``baseline``
for what counts as normal, ``detector`` for how posts are counted.
"""

from monitor.emergence.arrivals import Arrival
from monitor.emergence.detector import Alarm, Detector
from monitor.emergence.missing import Missing
from monitor.emergence.parameters import Parameters

__all__ = ["Alarm", "Arrival", "Detector", "Missing", "Parameters"]
