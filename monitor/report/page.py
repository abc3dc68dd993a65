"""The report as one HTML page that needs nothing from outside: inline styles, inline SVG, everything from posts escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Literal

from monitor import charts
from monitor.messages.weekly import TEXT, Part, Sheet, Week, sheet, topic_name
from monitor.messages.wording import Reader
from monitor.notifiers.html import BODY

STYLE = (
    BODY + "main{max-width:820px;margin:0 auto;background:#fff;padding:24px 28px}h1{font-size:24px;line-height:1.35;margin:0 0 8px}"
    "h2{font-size:15px;color:#667085;margin:28px 0 8px;padding-top:16px;border-top:1px solid #e4e7ec}p{margin:0 0 6px}"
    ".lead{font-size:18px;font-weight:600}table{border-collapse:collapse;width:100%;font-size:14px}"
    "th,td{text-align:left;padding:6px 10px 6px 0;border-bottom:1px solid #eaecf0;vertical-align:top}th{color:#667085;font-weight:600}"
    "table{overflow-wrap:break-word}.wide td:nth-child(2){overflow-wrap:anywhere}.wide td:first-child,.wide th{white-space:nowrap}"
    "svg{width:100%;max-width:620px;height:auto;display:block}"
    "@media(max-width:560px){main{padding:18px 16px}h1{font-size:20px}.wide,.wide tbody,.wide tr,.wide td{display:block}"
    ".wide tr.head{display:none}.wide tr{padding:8px 0;border-bottom:1px solid #e4e7ec}.wide td{border:0;padding:1px 0}"
    ".wide td:before{content:attr(data-head) ' ';color:#667085;font-size:13px}}"
)
WIDTH = 460
"""Pixels of the plot: narrow, so that its letters can be read on a phone."""
_NARROW = 4
"""Tables of more columns become lists on a phone."""
_PROLOG = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)


def page(week: Week, language: str, reader: Reader) -> str:
    """Return the whole page in ``language``; ``reader`` knows the zone."""
    whole = sheet(week, language, reader.zone)
    return document(whole, {part.plot: plot(week, reader, "svg").decode() for part in whole.parts if part.plot})


def plot(week: Week, reader: Reader, kind: Literal["png", "svg"]) -> bytes:
    """Draw complaints by topic and week."""
    shown = reader if kind == "svg" or charts.readable(reader.language) == reader.language else Reader("en", reader.zone, reader.now)
    labels = [f"{monday.month}/{monday.day}" for monday in week.mondays]
    rows = tuple((topic_name(week, topic, shown), tuple(row)) for topic, row in sorted(week.counts.items()))
    return charts.bars(charts.Bars(tuple(labels), rows, shown.pick(TEXT["others"])), kind, WIDTH if kind == "svg" else charts.WIDTH)


def document(whole: Sheet, plots: Mapping[str, str]) -> str:
    """Return a sheet as a page; ``plots``: the SVG that each part's ``plot`` names."""
    parts = "".join(_part(part, plots.get(part.plot, "")) for part in whole.parts)
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(whole.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(whole.title)}</title><style>{STYLE}</style></head><body><main>"
        f'<h1>{escape(whole.title)}</h1><p class="lead">{escape(whole.headline)}</p>{parts}</main></body></html>\n'
    )


def _part(part: Part, svg: str) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in part.lines)
    drawn = _METADATA.sub("", _PROLOG.sub("", svg))
    return f"<h2>{escape(part.heading)}</h2>{drawn}{lines}{_table(part)}"


def _table(part: Part) -> str:
    if not part.rows:
        return ""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in part.head)
    rows = "".join(
        "<tr>" + "".join(f'<td data-head="{escape(name)}">{escape(cell)}</td>' for name, cell in zip(part.head, row, strict=True)) + "</tr>"
        for row in part.rows
    )
    wide = ' class="wide"' if len(part.head) > _NARROW else ""
    return f'<table{wide}><tbody><tr class="head">{head}</tr>{rows}</tbody></table>'
