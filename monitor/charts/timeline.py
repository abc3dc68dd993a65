"""The picture of a back-test: complaints day by day, when each setting would have spoken, and what really happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from monitor.charts import drawing
from monitor.charts.drawing import ALERT, FILL, INK, LIMIT, LINE, SOFT, Kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_BARS = 400


@dataclass(frozen=True, slots=True)
class Timeline:
    """``posts``: times of complaints. ``rows``: (name, times of first alerts), the first at the top. ``crossings``, ``spans``: the truth.

    ``words``: what the bars, the crossings and the spans are called.
    """

    posts: Sequence[datetime]
    rows: Sequence[tuple[str, Sequence[datetime]]]
    crossings: Sequence[datetime]
    spans: Sequence[tuple[datetime, datetime]]
    zone: tzinfo
    words: tuple[str, str, str]


def timeline(made: Timeline, kind: Kind, width: int = 620) -> bytes:
    """Draw a back-test; empty histories give an empty picture."""
    from matplotlib import dates

    drawn, _ = drawing.figure(width, 190 + 30 * len(made.rows))
    drawn.clear()
    upper, below = drawn.subplots(2, 1, sharex=True, height_ratios=(3, max(1.0, 0.75 * len(made.rows))))
    for axes in (upper, below):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=SOFT, labelsize=9, length=3)
        for since, until in made.spans:
            axes.axvspan(_number(since, made.zone), _number(until, made.zone), color="#fef0c7", zorder=0)
        for at in made.crossings:
            axes.axvline(_number(at, made.zone), color=LIMIT, linewidth=1.2, linestyle="--", zorder=2)
    _counts(upper, made)
    _marks(below, made)
    locator = dates.AutoDateLocator(tz=made.zone, minticks=3, maxticks=8)
    below.xaxis.set_major_locator(locator)
    below.xaxis.set_major_formatter(dates.DateFormatter("%m/%d", tz=made.zone))
    _legend(drawn, made)
    return drawing.written(drawn, kind)


def _counts(axes: Axes, made: Timeline) -> None:
    if not made.posts:
        return
    numbers = [_number(at, made.zone) for at in made.posts]
    days = max(1, min(MOST_BARS, round(max(numbers) - min(numbers)) + 1))
    axes.hist(numbers, bins=days, color=FILL, edgecolor=LINE, linewidth=0.3, zorder=1)
    axes.set_ylabel(made.words[0], color=SOFT, fontsize=9)


def _marks(axes: Axes, made: Timeline) -> None:
    places = range(len(made.rows))
    for place, (_, times) in zip(places, made.rows, strict=True):
        numbers = [_number(at, made.zone) for at in times]
        axes.plot(
            numbers, [place] * len(numbers), linestyle="none", marker="v", markersize=7, color=ALERT, markeredgecolor="white", zorder=3
        )
    axes.set_yticks(list(places), [name.lstrip("_") for name, _ in made.rows])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(len(made.rows) - 0.5, -0.5)
    axes.grid(axis="y", color="#eaecf0", linewidth=0.8)


def _legend(drawn: Figure, made: Timeline) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Line2D | Patch] = []
    if made.crossings:
        handles.append(Line2D([], [], color=LIMIT, linestyle="--", label=made.words[1]))
    if made.spans:
        handles.append(Patch(color="#fef0c7", label=made.words[2]))
    if handles:
        drawn.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False, fontsize=9, labelcolor=INK)


def _number(at: datetime, zone: tzinfo) -> float:
    from matplotlib import dates

    return float(dates.date2num(at.astimezone(zone)))
