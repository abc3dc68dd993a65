"""Draw what Slack shows of an alert: the blocks of a message in a database as a page of HTML, close to Slack's look.

Usage: slack_blocks.py DATABASE OUT.html [LANGUAGE]. Only the blocks that we use are drawn; anything else is an error, so that a picture in
the documentation never hides a block.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from monitor import messages
from monitor.domain import Action, Button, Message, Reason
from monitor.messages.deeds import BUTTONS
from monitor.notifiers.slack import blocks
from monitor.store import Store

Block = dict[str, Any]
SIGNS = {"🔴": "#e01e5a", "🟠": "#f2952f", "🟡": "#f2c744", "⚪": "#dddddd", "✅": "#2eb67d"}
PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><style>
body{{margin:0;padding:18px 20px;background:#fff;color:#1d1c1d;font:15px/22px Lato,"Noto Sans CJK KR","NanumGothic",sans-serif}}
.post{{display:flex;gap:10px;margin-bottom:14px}}
.face{{flex:none;width:36px;height:36px;border-radius:6px;background:#175cd3;color:#fff;text-align:center;font:700 20px/36px sans-serif}}
.body{{flex:1;min-width:0}} .who{{font-weight:900}} .who span{{font-weight:400;font-size:12px;color:#616061;margin-left:6px}}
.who .app{{background:#e8e8e8;border-radius:2px;padding:0 3px;font-size:10px}} h3{{font-size:18px;line-height:24px;margin:8px 0}}
.context{{font-size:12px;line-height:18px;color:#616061;margin:4px 0}} .rich{{margin:8px 0}} ol,ul{{margin:2px 0;padding-left:26px}}
blockquote{{margin:4px 0;padding:2px 0 2px 12px;border-left:4px solid #ddd}} a{{color:#1264a3;text-decoration:none}}
pre{{margin:4px 0;padding:8px;border:1px solid #ddd;border-radius:4px;background:#f8f8f8;white-space:pre-wrap}}
pre{{font:12px/18px "D2Coding","Noto Sans Mono CJK KR",monospace}} .thread{{margin-left:46px;padding-left:14px;border-left:2px solid #ddd}}
button{{font:700 13px/18px Lato,"Noto Sans CJK KR","NanumGothic",sans-serif;padding:5px 12px;margin:4px 8px 4px 0}}
button{{border:1px solid #bbb;border-radius:4px;background:#fff}}
button.primary{{background:#007a5a;border-color:#007a5a;color:#fff}} button.danger{{background:#e01e5a;border-color:#e01e5a;color:#fff}}
</style></head><body>{posts}</body></html>"""


def page(message: Message) -> str:
    """The living message, and below it its thread."""
    drawn = blocks.draw(message)
    thread = f'<div class="thread">{post(drawn.thread, message)}</div>' if drawn.thread else ""
    return PAGE.format(posts=post(drawn.living, message) + thread)


def post(drawn: list[Block], message: Message) -> str:
    """One message of our bot."""
    sent: datetime = message.sent_at.astimezone(messages.SEOUL)
    head = f'<div class="who">Complaint monitor <span class="app">APP</span><span>{sent:%H:%M}</span></div>'
    return f'<div class="post"><div class="face">!</div><div class="body">{head}{"".join(map(block, drawn))}</div></div>'


def block(part: Block) -> str:
    """One block."""
    match part["type"]:
        case "header":
            return f"<h3>{signed(escape(part['text']['text']))}</h3>"
        case "context":
            return "".join(f'<div class="context">{escape(element["text"])}</div>' for element in part["elements"])
        case "actions":
            buttons = (f'<button class="{b.get("style", "")}">{escape(b["text"]["text"])}</button>' for b in part["elements"])
            return f"<div>{''.join(buttons)}</div>"
        case "rich_text":
            return f'<div class="rich">{"".join(map(rich, part["elements"]))}</div>'
    raise ValueError(f"no drawing for {part['type']}")


def signed(text: str) -> str:
    """Draw the coloured signs, for which a machine may have no letters."""
    for sign, colour in SIGNS.items():
        text = text.replace(sign, f'<i style="display:inline-block;width:15px;height:15px;border-radius:8px;background:{colour}"></i>')
    return text


def rich(part: Block) -> str:
    """One part of rich text."""
    match part["type"]:
        case "rich_text_list":
            tag = "ol" if part["style"] == "ordered" else "ul"
            return f"<{tag}>{''.join(f'<li>{leaves(entry)}</li>' for entry in part['elements'])}</{tag}>"
        case "rich_text_quote":
            return f"<blockquote>{leaves(part)}</blockquote>"
        case "rich_text_preformatted":
            return f"<pre>{leaves(part, breaks=False)}</pre>"
        case "rich_text_section":
            shown = leaves(part)
            return "" if shown == "<br>" else f"<div>{shown}</div>"
    raise ValueError(f"no drawing for {part['type']}")


def leaves(part: Block, breaks: bool = True) -> str:
    """Texts and links."""
    shown = []
    for leaf in part["elements"]:
        text = escape(leaf["text"])
        text = text.replace("\n", "<br>") if breaks else text
        for style, tag in (("bold", "b"), ("italic", "i")):
            text = f"<{tag}>{text}</{tag}>" if leaf.get("style", {}).get(style) else text
        shown.append(f'<a href="{escape(leaf["url"])}">{text}</a>' if leaf["type"] == "link" else text)
    return "".join(shown)


def main(database: str, out: str, language: str = "en") -> None:
    """Draw the last alert of the database that was not the end of its incident."""
    with Store.open(database) as store:
        sent = [row for row in store.outbox.list(everything=True) if row.message.reason in (Reason.FIRST, Reason.CROSSED, Reason.WORSENED)]
    chosen = max(sent, key=lambda row: (row.message.severity.rank, row.id))
    message = chosen.message
    if not message.buttons:
        label = dict(BUTTONS)
        made = (Button(action, label[action][language != "ko"], str(chosen.incident_id)) for action in map(Action, label))
        message = replace(message, buttons=tuple(made))
    Path(out).write_text(page(message), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
