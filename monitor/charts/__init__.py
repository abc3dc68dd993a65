"""Pictures as bytes: values in, PNG or SVG out. Equal values give equal bytes on one machine; no date, no random id is written.

Pure but for matplotlib, which is loaded at the first picture. Words in Korean are drawn where a Korean font is found, else in English.
"""

from __future__ import annotations

from monitor.charts.drawing import WIDTH, Kind, make_ready, readable
from monitor.charts.reliability import Reliability, reliability
from monitor.charts.spreading import Curve, spread
from monitor.charts.timeline import Timeline, timeline
from monitor.charts.weekly import Bars, bars

__all__ = [
    "WIDTH",
    "Bars",
    "Curve",
    "Kind",
    "Reliability",
    "Timeline",
    "bars",
    "make_ready",
    "readable",
    "reliability",
    "spread",
    "timeline",
]
