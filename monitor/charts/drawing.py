"""What all pictures share: size, fonts, colours, and how a figure becomes the same bytes each time."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Kind = Literal["png", "svg"]
WIDTH, HEIGHT, DPI = 600, 240, 100
FONTS = ("NanumGothic", "Noto Sans CJK KR", "Noto Sans KR", "Malgun Gothic", "Apple SD Gothic Neo", "Noto Sans CJK JP")
"""Fonts with Korean letters, the first found is used; the last holds them under another country's name."""
INK, SOFT, LINE, FILL, ALERT, LIMIT = "#1d2939", "#667085", "#175cd3", "#9ec1f5", "#b42318", "#b54708"
_SALT = "monitor"


@lru_cache(maxsize=1)
def korean_font() -> str | None:
    """Return the name of a font with Korean letters on this machine, or None."""
    from matplotlib import font_manager

    found = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in FONTS if name in found), None)


def readable(language: str) -> str:
    """Return the language to write in: ``ko`` only where it can be drawn."""
    return "ko" if language == "ko" and korean_font() is not None else "en"


def make_ready() -> None:
    """Load matplotlib and find the fonts, which takes seconds the first time: so that no alert waits for it."""
    figure()
    readable("ko")


def figure(width: int = WIDTH, height: int = HEIGHT) -> tuple[Figure, Axes]:
    """Return an empty figure of so many pixels and its axes, in our looks."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white", layout="constrained")
    axes = drawn.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#d0d5dd")
    axes.tick_params(colors=SOFT, labelsize=9, length=3)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color="#eaecf0", linewidth=0.8)
    return drawn, axes


def written(drawn: Figure, kind: Kind) -> bytes:
    """Return a finished figure as bytes, without any date."""
    import matplotlib as mpl
    from matplotlib.text import Text

    room = io.BytesIO()
    fonts = [name for name in (korean_font(), "DejaVu Sans") if name]
    # In SVG letters stay letters: the reader's machine has fonts of its own.
    looks: Any = {"font.family": fonts, "svg.hashsalt": _SALT, "svg.fonttype": "none", "axes.unicode_minus": False}
    with mpl.rc_context(looks):
        for text in drawn.findobj(Text):
            assert isinstance(text, Text)  # noqa: S101 - findobj is typed too widely
            text.set_fontfamily(fonts)
            text.set_parse_math(False)
        if kind == "svg":
            drawn.savefig(room, format="svg", metadata={"Date": None, "Creator": None})
        else:
            drawn.savefig(room, format="png", metadata={"Software": None})
    return room.getvalue()


def people(count: float) -> str:
    """1200 -> 1,200; 15000 -> 15k; 2400000 -> 2.4M: short enough for an axis."""
    if count >= 1e6:
        return f"{count / 1e6:.1f}".removesuffix(".0") + "M"
    return f"{count / 1e3:g}k" if count >= 1e4 else f"{count:,.0f}"
