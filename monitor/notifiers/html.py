"""A message as HTML for mail programs: tables, inline styles and system fonts, since Outlook and phones understand little else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from monitor.domain import Answer, Bar, Fact, Message, Quote, Spread
from monitor.notifiers.layout import LONGEST, span, tone
from monitor.plain import address, clean, shorten

# band, tint, dark text on white
_COLOURS = {
    "critical": ("#b42318", "#f7c9c4", "#912018"),
    "high": ("#b54708", "#fbdcb5", "#93370d"),
    "moderate": ("#175cd3", "#c7dcf8", "#1849a9"),
    "low": ("#475467", "#d0d5dd", "#344054"),
    "resolved": ("#067647", "#b9e8d0", "#085d3a"),
    "health": ("#5925dc", "#d9d6fe", "#4a1fb8"),
}
_FAMILIES = (
    "-apple-system,BlinkMacSystemFont,'Segoe UI','Apple SD Gothic Neo','Malgun Gothic','맑은 고딕','Noto Sans KR',"
    "'Noto Sans CJK KR',Roboto,Helvetica,Arial,sans-serif"
)
BODY = f"body{{margin:0;background:#eef0f4;color:#1d2939;font:16px/1.6 {_FAMILIES};word-break:keep-all;overflow-wrap:anywhere}}"
"""What every page of ours that a browser shows begins its style sheet with; mails have it inline."""
_FONT = f"font-family:{_FAMILIES}"
_BREAKS = "word-break:keep-all;overflow-wrap:anywhere;word-wrap:break-word"
_TEXT = f"{_FONT};{_BREAKS};color:#1d2939"
_TABLE = '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse">'
_FIXED = _TABLE.replace("collapse:collapse", "collapse:collapse;table-layout:fixed")
_SMALL = f"{_FONT};font-size:13px;line-height:18px;white-space:nowrap"
_UNBROKEN = re.compile(r"(?<!\S)\S{0,12}%\S{1,12}(?!\S)")
_SENTENCE = re.compile(r"(?<=[.!?]) +")


def html(
    message: Message, picture: str | None = None, acts: Sequence[tuple[str, str]] = (), parting: Sequence[tuple[str, str]] = ()
) -> str:
    """Return ``message`` as a whole HTML document that needs nothing from outside; ``picture`` is the address of its image, if any.

    ``acts``: what to do by a click, ``parting``: how to get no more mails, each as label and address.
    """
    band, _, _ = _COLOURS[tone(message)]
    parts = [
        _spread(message),
        f'<img src="{escape(picture)}" alt="" width="552" style="display:block;width:100%;max-width:552px;height:auto">' if picture else "",
        _facts(message),
        _quotes(message),
        _actions(message),
        _acts(message, acts),
        _replies(message),
        _listed(message, "never", message.never),
        _why(message),
        *(_answer(answer) for answer in (*((message.stage,) if message.stage else ()), *message.brief)),
    ]
    rows = "".join(_row(part, "8px 24px 12px 24px") for part in parts if part)
    title = escape(clean(message.subject, 200))
    return _DOCUMENT.format(
        language=escape(message.language),
        title=title,
        font=_FONT,
        preview=escape(clean(" ".join((message.headline, *message.lines)), 140)),
        band=band,
        badge=escape(clean(message.badge or message.severity, 60)),
        headline=_headline(message),
        rows=rows,
        footer=_footer(message, parting),
    )


_DOCUMENT = (
    '<!DOCTYPE html>\n<html lang="{language}" xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light">'
    '<meta name="supported-color-schemes" content="light"><meta name="format-detection" content="telephone=no,date=no,address=no">'
    "<title>{title}</title>"
    "<!--[if mso]><style>table,td,p,a{{font-family:'Malgun Gothic','Segoe UI',Arial,sans-serif !important}}</style><![endif]--></head>"
    '<body style="margin:0;padding:0;background:#eef0f4;-webkit-text-size-adjust:100%">'
    '<div style="display:none;max-height:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px;color:#eef0f4">{preview}</div>'
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#eef0f4"><tr>'
    '<td align="center" style="padding:16px 8px">'
    '<!--[if mso]><table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->'
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#ffffff"'
    ' style="max-width:600px;background:#ffffff;border-radius:10px;overflow:hidden">'
    '<tr><td bgcolor="{band}" style="background:{band};padding:11px 24px;{font};font-size:15px;font-weight:700;line-height:20px;'
    'color:#ffffff">{badge}</td></tr>{headline}{rows}{footer}</table>'
    "<!--[if mso]></td></tr></table><![endif]--></td></tr></table></body></html>\n"
)


def _row(content: str, padding: str) -> str:
    return f'<tr><td style="padding:{padding}">{content}</td></tr>'


def _paragraph(text: str, style: str) -> str:
    return f'<p style="margin:0;{_TEXT};{style}">{_whole_shares(escape(clean(text, LONGEST)))}</p>'


def _whole_shares(markup: str) -> str:
    """Keep 62%입니다 on one line: browsers break after the sign."""
    return _UNBROKEN.sub(r'<span style="white-space:nowrap">\g<0></span>', markup)


def _heading(message: Message, part: str) -> str:
    text = clean(message.headings.get(part, ""), 80)
    if not text:
        return ""
    style = f"margin:0 0 8px 0;padding:14px 0 0 0;border-top:1px solid #e4e7ec;{_FONT};font-size:13px;line-height:18px;font-weight:700"
    return f'<h2 style="{style};color:#667085">{escape(text)}</h2>'


def _headline(message: Message) -> str:
    first, *more = _SENTENCE.split(message.headline or message.subject)
    big = _paragraph(first, "font-size:22px;line-height:31px;font-weight:700;color:#101828")
    strong = f"padding-top:4px;font-size:19px;line-height:28px;font-weight:700;color:{_COLOURS[tone(message)][2]}"
    big += "".join(_paragraph(sentence, strong) for sentence in more)
    lines = (_paragraph(line, "padding-top:8px;font-size:15px;line-height:23px;color:#475467") for line in message.lines)
    return _row(big + "".join(lines), "22px 24px 12px 24px")


def _spread(message: Message) -> str:
    if message.spread is None or not message.spread.bars:
        return ""
    spread = message.spread
    colours = _COLOURS[tone(message)][:2]
    bars = "".join(_bar(bar, spread, colours) for bar in spread.bars)
    return (
        f"{_heading(message, 'spread')}{_TABLE}{bars}{_mark(spread)}</table>"
        f"{_paragraph(spread.caption, 'padding-top:6px;font-size:12px;line-height:18px;color:#667085')}"
    )


def _bar(bar: Bar, spread: Spread, colours: tuple[str, str]) -> str:
    """One row: when, the bar on a scale whose middle is the threshold, the range in words."""
    drawn = span(bar.people, spread.threshold)
    left = _segments(min(drawn.sure, 0.5) * 2, min(drawn.perhaps, 0.5) * 2, colours)
    right = _segments(max(drawn.sure - 0.5, 0) * 2, max(drawn.perhaps - 0.5, 0) * 2, colours)
    arrow = f"{_FONT};width:12px;padding-left:2px;font-size:10px;line-height:16px;color:{colours[0]}"
    line = "width:2px;background:#101828;font-size:1px;line-height:24px"
    label = f"{_SMALL};padding-right:8px;color:#475467"
    value = f"{_SMALL};padding-left:6px;font-weight:700;color:#101828"
    return (
        f'<tr><td width="62" style="width:62px;{label}">{escape(clean(bar.label, 14))}</td><td>{_FIXED}<tr>'
        f'<td style="padding:4px 0">{left}</td><td width="2" bgcolor="#101828" style="{line}">&nbsp;</td>'
        f'<td style="padding:4px 0">{right}</td><td width="12" style="{arrow}">{"&#9654;" if drawn.beyond else "&nbsp;"}</td>'
        f'</tr></table></td><td align="right" width="112" style="width:112px;{value}">{escape(clean(bar.value, 28))}</td></tr>'
    )


def _segments(sure: float, perhaps: float, colours: tuple[str, str]) -> str:
    """Half a bar, filled from its left: ``sure`` and ``perhaps`` are shares of this half."""
    first, second = round(sure * 100), round(perhaps * 100) - round(sure * 100)
    widths = ((first, colours[0]), (second, colours[1]), (100 - first - second, "#eef0f4"))
    shape = "height:16px;font-size:1px;line-height:16px"
    cells = (f'<td width="{w}%" bgcolor="{c}" style="width:{w}%;background:{c};{shape}">&nbsp;</td>' for w, c in widths if w > 0)
    return f"{_FIXED}<tr>{''.join(cells)}</tr></table>"


def _mark(spread: Spread) -> str:
    style = f"{_FONT};font-size:12px;line-height:16px;color:#101828;padding-right:12px"
    return f'<tr><td></td><td align="center" style="{style}">&#9650; {escape(clean(spread.mark, 40))}</td><td></td></tr>'


def _facts(message: Message) -> str:
    if not message.facts:
        return ""
    return f"{_heading(message, 'facts')}{_TABLE}{''.join(map(_fact, message.facts))}</table>"


def _fact(fact: Fact) -> str:
    cell = f"{_TEXT};font-size:14px;line-height:21px;padding:4px 0;vertical-align:top"
    return (
        f'<tr><td width="112" valign="top" style="{cell};width:112px;padding-right:12px;color:#667085">{escape(clean(fact.label, 40))}</td>'
        f'<td valign="top" style="{cell}">{escape(clean(fact.value, LONGEST))}</td></tr>'
    )


def _quotes(message: Message) -> str:
    if not message.quotes:
        return ""
    rule = _COLOURS[tone(message)][1]
    return _heading(message, "quotes") + "".join(_quote(quote, rule) for quote in message.quotes)


def _quote(quote: Quote, rule: str) -> str:
    link = address(quote.url)
    seen = _link(link, "font-size:13px;line-height:19px") if link else ""
    return (
        f'{_TABLE}<tr><td dir="auto" style="padding:2px 0 2px 12px;border-left:4px solid {rule}">'
        f"{_paragraph(quote.text, 'font-size:15px;line-height:23px')}"
        f"{_paragraph(quote.source, 'padding-top:3px;font-size:12px;line-height:18px;color:#667085')}{seen}</td></tr>"
        '<tr><td style="font-size:1px;line-height:10px">&nbsp;</td></tr></table>'
    )


def _link(url: str, style: str) -> str:
    shown = shorten(url.partition("://")[2], 60)
    return f'<a href="{escape(url)}" style="{_FONT};{_BREAKS};{style};color:#175cd3;text-decoration:underline">{escape(shown)}</a>'


def _actions(message: Message) -> str:
    if not message.actions:
        return ""
    box = f"{_FONT};width:26px;padding:5px 0;font-size:17px;line-height:22px;color:{_COLOURS[tone(message)][0]}"
    rows = "".join(
        f'<tr><td width="26" valign="top" style="{box}">&#9744;</td>'
        f'<td valign="top" style="padding:5px 0">{_paragraph(step, "font-size:15px;line-height:22px")}</td></tr>'
        for step in message.actions
    )
    return f"{_heading(message, 'actions')}{_TABLE}{rows}</table>"


def _acts(message: Message, acts: Sequence[tuple[str, str]]) -> str:
    """Links that look like buttons, one under the other, wide enough for a thumb."""
    band, tint, dark = _COLOURS[tone(message)]
    rows = []
    for place, (label, url) in enumerate(acts):
        paint, ink = (band, "#ffffff") if place == 0 else ("#ffffff", dark)
        link = f"display:block;padding:11px 12px;{_FONT};font-size:15px;line-height:20px;font-weight:700;color:{ink};text-decoration:none"
        cell = f"background:{paint};border:1px solid {band if place == 0 else tint};border-radius:8px"
        button = f'<a href="{escape(url)}" style="{link}">{escape(clean(label, 80))}</a>'
        rows.append(f'<tr><td align="center" bgcolor="{paint}" style="{cell}">{button}</td></tr>')
    gap = '<tr><td style="font-size:1px;line-height:8px">&nbsp;</td></tr>'
    return f"{_TABLE.replace('border-collapse:collapse', 'border-collapse:separate')}{gap}{gap.join(rows)}</table>" if rows else ""


def _replies(message: Message) -> str:
    if not message.replies:
        return ""
    small = "padding:4px 0 2px 0;font-size:12px;line-height:18px;color:#667085"
    draft = "padding:8px 12px;background:#f2f4f7;font-size:15px;line-height:23px;color:#1d2939"
    return _heading(message, "replies") + "".join(_paragraph(one.label, small) + _paragraph(one.text, draft) for one in message.replies)


def _listed(message: Message, part: str, lines: tuple[str, ...]) -> str:
    style = "padding:2px 0;font-size:14px;line-height:21px;color:#475467"
    return _heading(message, part) + "".join(_paragraph("- " + line, style) for line in lines) if lines else ""


def _answer(answer: Answer) -> str:
    """One question of the brief, headed by itself."""
    head = f"margin:0 0 6px 0;padding:14px 0 0 0;border-top:1px solid #e4e7ec;{_FONT};font-size:13px;line-height:18px;font-weight:700"
    body = "".join(_paragraph(line, "padding:1px 0;font-size:14px;line-height:21px;color:#475467") for line in answer.lines)
    said = "padding:4px 0 4px 12px;border-left:3px solid #d0d5dd;font-size:14px;line-height:21px;color:#1d2939"
    quotes = (_paragraph(f"{clean(quote.text, LONGEST)} ({clean(quote.source, 200)})", said) for quote in answer.quotes)
    return f'<h2 style="{head};color:#667085">{escape(clean(answer.question, 120))}</h2>{body}{"".join(quotes)}'


def _why(message: Message) -> str:
    if not message.why:
        return ""
    return _heading(message, "why") + _stack(message.why, "padding-bottom:6px;font-size:13px;line-height:20px;color:#475467")


def _stack(texts: Iterable[str], style: str) -> str:
    return "".join(_paragraph(text, style) for text in texts)


def _footer(message: Message, parting: Sequence[tuple[str, str]] = ()) -> str:
    link = address(message.link)
    if not message.footer and not link and not parting:
        return ""
    first, *commands = (clean(entry, 200) for entry in message.footer) if message.footer else ("",)
    code = "font-family:Consolas,Menlo,'D2Coding',monospace;font-size:12px;line-height:18px;color:#475467"
    shown = "".join(f'<br><span style="{code}">{escape(command)}</span>' for command in commands)
    go = f"<br>{_link(link, 'font-size:12px;line-height:18px')}" if link else ""
    go += "".join(f'<br><a href="{escape(url)}" style="color:#667085">{escape(clean(label, 80))}</a>' for label, url in parting)
    style = (
        f"padding:14px 24px 16px 24px;background:#f8f9fb;border-top:1px solid #e4e7ec;{_TEXT};font-size:12px;line-height:18px;color:#667085"
    )
    return f'<tr><td bgcolor="#f8f9fb" style="{style}">{escape(first)}{shown}{go}</td></tr>'
