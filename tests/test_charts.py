"""Pictures: right size, same bytes for the same values, safe with any text."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from monitor import charts
from monitor.charts import drawing
from monitor.charts.spreading import spread as drawn
from monitor.domain import Interval

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
CURVE = charts.Curve(
    tuple((NOW + timedelta(minutes=10 * n), Interval(50.0 * n, 100.0 * n + 1, 300.0 * n + 2)) for n in range(6)),
    (("1h", Interval(400, 900, 2000)), ("24h", Interval(500, 7000, 20000))),
    6000,
    (NOW + timedelta(minutes=30),),
    ZoneInfo("Asia/Seoul"),
)


def test_the_same_values_give_the_same_bytes() -> None:
    for kind in ("png", "svg"):
        one = drawn.__wrapped__(CURVE, kind)  # type: ignore[attr-defined]
        assert one == drawn.__wrapped__(CURVE, kind)  # type: ignore[attr-defined]
        assert b"2026-" not in one.replace(b"2026-11", b"")
        assert one != charts.spread(replace(CURVE, threshold=5000), kind)  # type: ignore[arg-type]


def test_a_png_has_the_size_of_a_phone_and_a_svg_is_xml() -> None:
    png = charts.spread(CURVE, "png")
    assert struct.unpack(">II", png[16:24]) == (drawing.WIDTH, drawing.HEIGHT)
    assert ElementTree.fromstring(charts.spread(CURVE, "svg")).tag.endswith("svg")  # noqa: S314 - our own picture


@pytest.mark.parametrize("language", ["ko", "en"])
def test_words_are_drawn_where_a_font_has_them(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "korean_font", lambda: None)
    svg = charts.spread(replace(CURVE, threshold=4321), "svg", language).decode()
    assert "4,321" in svg and "threshold" in svg
    assert not any("가" <= letter <= "힣" for letter in svg)


def test_few_and_huge_numbers_can_be_drawn() -> None:
    with pytest.raises(ValueError, match="nothing"):
        charts.spread(replace(CURVE, seen=()), "png")
    charts.spread(replace(CURVE, seen=CURVE.seen[:1], ahead=(), spoken=()), "svg")
    charts.spread(replace(CURVE, seen=((NOW, Interval(0, 0, 0)),), ahead=(("24h", Interval(1, 1e7, 1e9)),)), "svg")


def test_bars_take_any_name_and_keep_the_rest_together() -> None:
    rows = tuple((f"topic {n}", (n, 1)) for n in range(9))
    svg = charts.bars(charts.Bars(("10/5", "$x_1$ <b>&"), (*rows, ("_hidden $\\frac{1}$", (30, 2))), "the rest"), "svg").decode()
    assert "the rest" in svg and "hidden" in svg and "&lt;b&gt;" in svg
    ElementTree.fromstring(svg)  # noqa: S314
    charts.bars(charts.Bars(("10/5",), ()), "png")
