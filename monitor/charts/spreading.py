"""The small picture of an alert: how many have seen it so far, how many may, the threshold, and when we spoke."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.charts import drawing
from monitor.charts.drawing import ALERT, FILL, INK, LIMIT, LINE, SOFT, Kind
from monitor.domain import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HOURS = {"1h": 1, "6h": 6, "24h": 24}
_WORDS = {
    "so_far": ("지금까지 본 사람 (80% 범위)", "seen so far (80% range)"),
    "ahead": ("전망 (80% 범위)", "forecast (80% range)"),
    "threshold": ("기준 {}명", "threshold {}"),
    "alert": ("알림", "alerts"),
}
OLDEST = timedelta(hours=72)
"""The picture begins at most so long before the last estimate."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What is drawn: ``seen`` estimates in order of time, at least one; ``ahead`` by horizon (``1h``); ``spoken`` when we alerted."""

    seen: tuple[tuple[datetime, Interval], ...]
    ahead: tuple[tuple[str, Interval], ...]
    threshold: int
    spoken: tuple[datetime, ...]
    zone: tzinfo


@lru_cache(maxsize=8)
def spread(curve: Curve, kind: Kind, language: str = "ko") -> bytes:
    """Draw ``curve`` as 600 x 240 pixels; raises ValueError for one without any estimate."""
    if not curve.seen:
        raise ValueError("nothing was measured")
    column = 0 if drawing.readable(language) == "ko" else 1
    words = {key: pair[column] for key, pair in _WORDS.items()}
    drawn, axes = drawing.figure()
    last = curve.seen[-1][0]
    seen = [(at, people) for at, people in curve.seen if last - at <= OLDEST]
    _band(axes, _local([at for at, _ in seen], curve.zone), [people for _, people in seen], LINE, FILL, words["so_far"])
    ahead = [(last + timedelta(hours=_HOURS[name]), people) for name, people in curve.ahead if name in _HOURS]
    if ahead:
        times = _local([last, *(at for at, _ in ahead)], curve.zone)
        _band(axes, times, [seen[-1][1], *(people for _, people in ahead)], SOFT, "#e4e7ec", words["ahead"], dashed=True)
    axes.axhline(curve.threshold, color=LIMIT, linewidth=1.4)
    axes.text(0.01, curve.threshold, words["threshold"].format(f"{curve.threshold:,}"), color=LIMIT, fontsize=9, va="bottom",
              transform=axes.get_yaxis_transform())  # fmt: skip
    _marks(axes, curve, seen, words["alert"])
    _scale(axes, curve, seen, ahead)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.19), ncols=3, frameon=False, fontsize=9, labelcolor=INK, handlelength=1.4)
    return drawing.written(drawn, kind)


def _band(axes: Axes, times: list[datetime], people: list[Interval], line: str, fill: str, label: str, dashed: bool = False) -> None:
    moments = [_number(at) for at in times]
    axes.fill_between(moments, [one.p10 for one in people], [one.p90 for one in people], color=fill, alpha=0.75, linewidth=0)
    axes.plot(moments, [one.p50 for one in people], color=line, linewidth=2, linestyle="--" if dashed else "-", label=label)
    if len(people) == 1:
        axes.plot(moments, [people[0].p50], marker="o", markersize=5, color=line)


def _marks(axes: Axes, curve: Curve, seen: Sequence[tuple[datetime, Interval]], label: str) -> None:
    spoken = [at for at in curve.spoken if at >= seen[0][0] - timedelta(hours=1)]
    heights = [_height(seen, at) for at in spoken]
    if spoken:
        axes.plot([_number(at) for at in _local(spoken, curve.zone)], heights, linestyle="none", marker="v", markersize=9, color=ALERT,
                  markeredgecolor="white", label=label, zorder=5)  # fmt: skip


def _height(seen: Sequence[tuple[datetime, Interval]], at: datetime) -> float:
    """The middle estimate at that time, the next one after it."""
    return next((people.p50 for moment, people in seen if moment >= at), seen[-1][1].p50)


def _scale(axes: Axes, curve: Curve, seen: Sequence[tuple[datetime, Interval]], ahead: Sequence[tuple[datetime, Interval]]) -> None:
    """Straight up to ten times the threshold; beyond that in powers of ten, or the threshold would vanish."""
    from matplotlib import dates
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    top = max([curve.threshold, *(people.p90 for _, people in (*seen, *ahead))])
    if top > 10 * curve.threshold:
        axes.set_yscale("symlog", linthresh=max(curve.threshold / 10, 1))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_ylim(0, 1.12 * top)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda count, _: drawing.people(count)))
    locator = dates.AutoDateLocator(tz=curve.zone, minticks=3, maxticks=6)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(
        dates.ConciseDateFormatter(locator, tz=curve.zone, show_offset=False, zero_formats=_ZERO, formats=_PLAIN)
    )


_PLAIN = ["%Y", "%m/%d", "%m/%d", "%H:%M", "%H:%M", "%H:%M"]
_ZERO = ["", "%Y", "%m/%d", "%m/%d", "%H:%M", "%H:%M"]


def _local(times: Sequence[datetime], zone: tzinfo) -> list[datetime]:
    return [at.astimezone(zone) for at in times]


def _number(at: datetime) -> float:
    from matplotlib import dates

    return float(dates.date2num(at))
