"""The plot of the weekly report: counts by topic, week after week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.charts import drawing
from monitor.charts.drawing import INK, Kind

COLOURS = ("#175cd3", "#b42318", "#b54708", "#067647", "#5925dc", "#98a2b3")
SHOWN = len(COLOURS) - 1
"""So many rows have a colour of their own; the rest are one."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Stacked bars: ``labels`` under them, ``rows`` of (name, one count for each label); ``others`` names what is left over."""

    labels: Sequence[str]
    rows: Sequence[tuple[str, Sequence[int]]]
    others: str = "other"


def bars(counts: Bars, kind: Kind, width: int = drawing.WIDTH, height: int = 260) -> bytes:
    """Draw ``counts``, the largest rows at the bottom."""
    drawn, axes = drawing.figure(width, height)
    floor = [0] * len(counts.labels)
    places = range(len(counts.labels))
    for (name, row), colour in zip(_chosen(counts), COLOURS, strict=False):
        axes.bar(places, row, bottom=floor, width=0.72, color=colour, label=_plain(name))
        floor = [below + count for below, count in zip(floor, row, strict=True)]
    axes.set_xticks(list(places), [_plain(label) for label in counts.labels])
    axes.set_ylim(0, max([*floor, 4]) * 1.1)
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    if counts.rows:
        drawn.legend(
            loc="outside upper center",
            ncols=3 if width >= drawing.WIDTH else 2,
            frameon=False,
            fontsize=9,
            labelcolor=INK,
            handlelength=1.0,
        )
    return drawing.written(drawn, kind)


def _chosen(counts: Bars) -> list[tuple[str, Sequence[int]]]:
    ranked = sorted(counts.rows, key=lambda row: (-sum(row[1]), row[0]))
    rest = ranked[SHOWN:]
    if not rest:
        return ranked
    left = [sum(row[place] for _, row in rest) for place in range(len(counts.labels))]
    return [*ranked[:SHOWN], (counts.others, left)]


def _plain(name: str) -> str:
    """A label that begins with an underscore would be left out of the legend."""
    return name.lstrip("_") or "-"
