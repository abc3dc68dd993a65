"""The pieces of Block Kit that we use, each cut to what Slack takes. What people wrote only ever stands in text that Slack does not parse.

Texts are literal in ``plain_text`` and ``rich_text``: no mention, link or emphasis can be smuggled in. Lengths are counted in UTF-16 units,
the strictest way of counting. Limits: https://docs.slack.dev/reference/block-kit (see ``tests/checks/blockkit.py`` for each page).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from monitor.plain import clean, shorten

Block = dict[str, Any]
BLOCKS = 50
WHOLE = 11_000
"""Most characters of one message's blocks as JSON: Slack refuses from some 12,000 on, as ``msg_blocks_too_long``; the limit is not
documented (slackapi/bolt-js, issues 2509 and 2867)."""
HEADER, CONTEXT, BUTTON, VALUE, ALT, RICH, OPTION = 150, 10, 75, 2_000, 2_000, 3_000, 75
FALLBACK = 3_000


def units(text: str) -> int:
    """Length in UTF-16 units: an emoji counts two or more."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "replace")) // 2


def cut(text: str, limit: int) -> str:
    """Return ``text`` on one line, without anything unseen, in at most ``limit`` UTF-16 units."""
    short = clean(text, limit)
    while units(short) > limit:
        short = shorten(short, len(short) - max((units(short) - limit) // 2, 1))
    return short


def escape(text: str) -> str:
    """Write ``text`` so that Slack's mrkdwn shows it and obeys none of it: no mention, channel, date or link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fallback(text: str) -> str:
    """Return what notifications and screen readers show of a message: escaped, at most ``FALLBACK`` characters."""
    short = escape(cut(text, FALLBACK // 5))
    return short or "…"


def plain(text: str, limit: int) -> Block:
    """A ``plain_text`` object; Slack wants at least one character."""
    return {"type": "plain_text", "text": cut(text, limit) or "…", "emoji": False}


def header(text: str) -> Block:
    """Large letters."""
    return {"type": "header", "text": {**plain(text, HEADER), "emoji": True}}


def context(texts: Iterable[str], limit: int = 300) -> list[Block]:
    """Small grey lines; no block where there is nothing to say."""
    shown = [plain(text, limit) for text in texts if cut(text, limit)]
    return [{"type": "context", "elements": shown[n : n + CONTEXT]} for n in range(0, len(shown), CONTEXT)]


def words(text: str, **style: bool) -> Block:
    """A stretch of rich text; ``text`` is already cut."""
    return {"type": "text", "text": text, "style": style} if style else {"type": "text", "text": text}


def link(url: str) -> Block:
    """A link that shows where it leads."""
    return {"type": "link", "url": url, "text": cut(url.partition("://")[2], 60)}


def section(elements: Sequence[Block]) -> Block:
    """A paragraph of rich text."""
    return {"type": "rich_text_section", "elements": list(elements)}


def quoted(elements: Sequence[Block]) -> Block:
    """A quotation: rich text behind a line."""
    return {"type": "rich_text_quote", "elements": list(elements)}


def fixed(text: str) -> Block:
    """Text in letters of one width, lines as they are; to be copied."""
    return {"type": "rich_text_preformatted", "elements": [words(text)]}


def listed(texts: Sequence[str], ordered: bool = False) -> Block:
    """A list, numbered or with dots."""
    return {"type": "rich_text_list", "style": "ordered" if ordered else "bullet", "elements": [section([words(text)]) for text in texts]}


def rich(parts: Sequence[Block]) -> list[Block]:
    """Blocks of rich text, as many as the parts need; a part that is too long for a block of its own is cut."""
    blocks: list[list[Block]] = []
    room = 0
    for part in parts:
        fitting = _within(part, RICH)
        taken = sum(units(leaf["text"]) for leaf in _leaves(fitting))
        if not blocks or taken > room:
            blocks, room = [*blocks, []], RICH
        blocks[-1].append(fitting)
        room -= taken
    return [{"type": "rich_text", "elements": elements} for elements in blocks]


def _leaves(part: Block) -> list[Block]:
    nested = part["type"] == "rich_text_list"
    return [leaf for entry in part["elements"] for leaf in entry["elements"]] if nested else list(part["elements"])


def _within(part: Block, room: int) -> Block:
    """Return ``part`` with what goes beyond ``room`` cut off."""
    kept = []
    for element in part["elements"]:
        if "elements" in element:
            element = _within(element, room)
        elif units(element["text"]) > room:
            element = {**element, "text": cut(element["text"], room)} if room > 0 else {**element, "text": ""}
        room -= sum(units(leaf["text"]) for leaf in element.get("elements", [element]))
        if element.get("text") or element.get("elements"):
            kept.append(element)
    return {**part, "elements": kept}


def picture(file_id: str, alt: str) -> Block:
    """A picture that was uploaded to Slack."""
    return {"type": "image", "slack_file": {"id": file_id}, "alt_text": cut(alt, ALT) or "…"}


def size(blocks: Sequence[Block]) -> int:
    """Length of ``blocks`` as Slack counts them, on the safe side."""
    return units(json.dumps(blocks, ensure_ascii=False))


def pages(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Deal ``blocks`` out to as many messages as they need."""
    page: list[Block] = []
    for block in blocks:
        if page and (len(page) == BLOCKS or size([*page, block]) > WHOLE):
            yield page
            page = []
        page.append(block)
    if page:
        yield page
