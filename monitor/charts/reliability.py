"""The reliability curve: of the posts called complaints with so much probability, how many were?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.charts import drawing
from monitor.charts.drawing import FILL, INK, LINE, SOFT, Kind

_WORDS = {
    "said": ("모델이 말한 확률", "probability the model gave"),
    "true": ("실제 불만의 비율", "share that were complaints"),
    "ideal": ("완벽히 맞을 때", "perfectly calibrated"),
    "curve": ("모델", "model"),
    "count": ("게시물 수", "posts"),
}
_SIZE = (480, 420)


@dataclass(frozen=True, slots=True)
class Reliability:
    """Points of the curve, by probability: (mean probability, share that came true, how many posts); ``caption`` stands above."""

    points: Sequence[tuple[float, float, int]]
    caption: str = ""


def reliability(curve: Reliability, kind: Kind, language: str = "ko") -> bytes:
    """Draw ``curve`` as 480 x 420 pixels; raises ValueError for one without points."""
    if not curve.points:
        raise ValueError("nothing was measured")
    column = 0 if drawing.readable(language) == "ko" else 1
    words = {key: pair[column] for key, pair in _WORDS.items()}
    drawn, axes = drawing.figure(*_SIZE)
    said, true, counts = zip(*curve.points, strict=True)
    beside = axes.twinx()
    beside.bar(said, counts, width=0.05, color=FILL, alpha=0.6, label=words["count"])
    beside.set_ylim(0, 3 * max(counts))
    beside.set_yticks([])
    beside.spines[:].set_visible(False)
    axes.set_zorder(beside.get_zorder() + 1)
    axes.patch.set_visible(False)
    axes.plot([0, 1], [0, 1], color=SOFT, linewidth=1.2, linestyle="--", label=words["ideal"])
    axes.plot(said, true, color=LINE, linewidth=2, marker="o", markersize=5, label=words["curve"])
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel(words["said"], color=INK, fontsize=9)
    axes.set_ylabel(words["true"], color=INK, fontsize=9)
    if curve.caption:
        axes.set_title(curve.caption, color=INK, fontsize=10, loc="left")
    lines = [*axes.get_legend_handles_labels()[0], *beside.get_legend_handles_labels()[0]]
    axes.legend(handles=lines, loc="upper left", frameon=False, fontsize=9, labelcolor=INK, handlelength=1.4)
    return drawing.written(drawn, kind)
