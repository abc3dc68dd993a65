"""Block Kit as Slack documents it: every limit with the page that states it; ``problems`` says what Slack would refuse.

Read from the reference in 2026 and from the checks of Slack's own Python library (slack_sdk 3.47, ``slack_sdk/models/blocks``). Lengths are
counted in UTF-16 units, the strictest reading of "characters".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

BLOCKS = "https://docs.slack.dev/reference/block-kit/blocks"
ELEMENTS = "https://docs.slack.dev/reference/block-kit/block-elements"
OBJECTS = "https://docs.slack.dev/reference/block-kit/composition-objects"

LIMITS: dict[str, tuple[int, str]] = {
    "blocks in a message": (50, BLOCKS),
    "blocks in a view": (100, BLOCKS),
    "block_id": (255, BLOCKS),
    "header text": (150, f"{BLOCKS}/header-block"),
    "section text": (3000, f"{BLOCKS}/section-block"),
    "section fields": (10, f"{BLOCKS}/section-block"),
    "section field": (2000, f"{BLOCKS}/section-block"),
    "context elements": (10, f"{BLOCKS}/context-block"),
    "actions elements": (25, f"{BLOCKS}/actions-block"),
    "image alt_text": (2000, f"{BLOCKS}/image-block"),
    "image url": (3000, f"{BLOCKS}/image-block"),
    "text object": (3000, f"{OBJECTS}/text-object"),
    "button text": (75, f"{ELEMENTS}/button-element"),
    "button value": (2000, f"{ELEMENTS}/button-element"),
    "action_id": (255, f"{ELEMENTS}/button-element"),
    "options": (100, f"{ELEMENTS}/select-menu-element"),
    "option text": (75, f"{OBJECTS}/option-object"),
    "option value": (150, f"{OBJECTS}/option-object"),
    "input label": (2000, f"{BLOCKS}/input-block"),
    "view title": (24, "https://docs.slack.dev/reference/views/modal-views"),
    "view button": (24, "https://docs.slack.dev/reference/views/modal-views"),
    "private_metadata": (3000, "https://docs.slack.dev/reference/views/modal-views"),
    # no page: a section's limit is taken for a block of rich text, as the strictest guess
    "rich text": (3000, f"{BLOCKS}/section-block"),
    # undocumented; measured by users and confirmed by Slack's people: refused as msg_blocks_too_long
    "whole message": (12_000, "https://github.com/slackapi/bolt-js/issues/2509"),
    "text of a message": (4000, "https://docs.slack.dev/reference/methods/chat.postMessage#truncating"),
}
STYLES = {"bold", "italic", "strike", "code"}


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def problems(blocks: Any, *, view: bool = False) -> list[str]:
    """What Slack would refuse in ``blocks``; each sentence names the limit and its source."""
    if not isinstance(blocks, list) or not blocks:
        return ["blocks must be a list that is not empty"]
    found = list(_over("blocks in a view" if view else "blocks in a message", len(blocks)))
    if not view:
        found += _over("whole message", units(json.dumps(blocks, ensure_ascii=False)))
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    found += ["two blocks have one block_id"] if len(ids) != len(set(ids)) else []
    for block in blocks:
        found += _block(block)
    return found


def view_problems(view: dict[str, Any]) -> list[str]:
    """What Slack would refuse in a modal."""
    found = [] if view.get("type") == "modal" else ["a view must be a modal"]
    for part in ("title", "submit", "close"):
        if part in view:
            found += _text(view[part], "view title" if part == "title" else "view button", ("plain_text",))
    found += _over("private_metadata", units(view.get("private_metadata", "")))
    return [*found, *problems(view.get("blocks"), view=True)]


def _over(limit: str, size: int) -> Iterator[str]:
    most, source = LIMITS[limit]
    if size > most:
        yield f"{limit}: {size} > {most} ({source})"


def _unknown(part: dict[str, Any], *known: str) -> Iterator[str]:
    if extra := set(part) - set(known):
        yield f"{part.get('type')}: no such keys: {sorted(extra)}"


def _block(block: Any) -> Iterator[str]:
    if not isinstance(block, dict) or block.get("type") not in _CHECKS:
        yield f"no such block: {block!r}"
        return
    yield from _over("block_id", units(block.get("block_id", "")))
    yield from _CHECKS[block["type"]](block)


def _text(text: Any, limit: str, kinds: Sequence[str] = ("plain_text", "mrkdwn")) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds or not isinstance(text.get("text"), str):
        yield f"{limit}: must be a text object of {kinds}: {text!r}"
        return
    yield from _unknown(text, "type", "text", *(("emoji",) if text["type"] == "plain_text" else ("verbatim",)))
    if not text["text"]:
        yield f"{limit}: is empty"
    yield from _over(limit, units(text["text"]))
    if text["type"] == "mrkdwn":
        yield from _unescaped(text["text"])


def _unescaped(text: str) -> Iterator[str]:
    """https://docs.slack.dev/messaging/formatting-message-text#escaping: & < > of people's texts must be escaped."""
    if "<" in text or ">" in text or text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").count("&"):
        yield f"mrkdwn that Slack would obey: {text[:80]!r}"


def message_problems(call: dict[str, Any]) -> list[str]:
    """What is wrong with the arguments of chat.postMessage or chat.update."""
    text = call.get("text")
    found = list(_unescaped(text)) if isinstance(text, str) and text else ["text (the fallback of notifications) is missing"]
    return [*found, *_over("text of a message", units(text or "")), *(problems(call["blocks"]) if "blocks" in call else [])]


def _header(block: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(block, "type", "block_id", "text")
    yield from _text(block.get("text"), "header text", ("plain_text",))


def _section(block: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(block, "type", "block_id", "text", "fields")
    if not ({"text", "fields"} & set(block)):
        yield "section: neither text nor fields"
    if "text" in block:
        yield from _text(block["text"], "section text")
    yield from _over("section fields", len(block.get("fields", ())))
    for field in block.get("fields", ()):
        yield from _text(field, "section field")


def _context(block: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(block, "type", "block_id", "elements")
    elements = block.get("elements", [])
    yield from [] if elements else ["context: is empty"]
    yield from _over("context elements", len(elements))
    for element in elements:
        yield from _text(element, "text object")


def _actions(block: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(block, "type", "block_id", "elements")
    elements = block.get("elements", [])
    yield from [] if elements else ["actions: is empty"]
    yield from _over("actions elements", len(elements))
    ids = [element.get("action_id") for element in elements]
    yield from [] if len(ids) == len(set(ids)) else ["two elements have one action_id"]
    for element in elements:
        yield from _button(element)


def _button(button: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(button, "type", "action_id", "text", "value", "style", "url")
    if button.get("type") != "button" or button.get("style", "primary") not in ("primary", "danger"):
        yield f"no such button: {button!r}"
    yield from _text(button.get("text"), "button text", ("plain_text",))
    yield from _over("button value", units(button.get("value", "")))
    yield from _over("action_id", units(button.get("action_id", "")))


def _image(block: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(block, "type", "block_id", "image_url", "slack_file", "alt_text", "title")
    if ("image_url" in block) == ("slack_file" in block):
        yield "image: either image_url or slack_file"
    if not block.get("alt_text"):
        yield "image: alt_text is missing"
    yield from _over("image alt_text", units(block.get("alt_text", "")))
    yield from _over("image url", units(block.get("image_url", "")))


def _input(block: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(block, "type", "block_id", "label", "element", "hint", "optional")
    yield from _text(block.get("label"), "input label", ("plain_text",))
    element = block.get("element", {})
    yield from _unknown(element, "type", "action_id", "options", "placeholder")
    options = element.get("options", [])
    if element.get("type") != "static_select" or not options:
        yield "input: a static_select with options"
    yield from _over("options", len(options))
    for option in options:
        yield from _text(option.get("text"), "option text", ("plain_text",))
        yield from _over("option value", units(option.get("value", "")))


def _rich(block: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(block, "type", "block_id", "elements")
    parts = block.get("elements", [])
    yield from [] if parts else ["rich_text: is empty"]
    total = 0
    for part in parts:
        kind = part.get("type")
        if kind == "rich_text_list":
            yield from _unknown(part, "type", "style", "elements", "indent")
            yield from [] if part.get("style") in ("bullet", "ordered") else ["rich_text_list: style"]
            leaves = [leaf for entry in part.get("elements", []) for leaf in entry.get("elements", [])]
            yield from [] if all(entry.get("type") == "rich_text_section" for entry in part["elements"]) else ["rich_text_list: elements"]
        elif kind in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"):
            yield from _unknown(part, "type", "elements")
            leaves = part.get("elements", [])
        else:
            yield f"no such part of rich_text: {part!r}"
            continue
        yield from [] if leaves else [f"{kind}: is empty"]
        for leaf in leaves:
            yield from _leaf(leaf)
            total += units(leaf.get("text", ""))
    yield from _over("rich text", total)


def _leaf(leaf: dict[str, Any]) -> Iterator[str]:
    if leaf.get("type") == "text":
        yield from _unknown(leaf, "type", "text", "style")
        yield from [] if leaf.get("text") else ["rich text: an empty text"]
        yield from [] if set(leaf.get("style", ())) <= STYLES else ["rich text: style"]
    elif leaf.get("type") == "link":
        yield from _unknown(leaf, "type", "url", "text", "style")
        yield from [] if str(leaf.get("url")).startswith(("https://", "http://")) else ["link: url"]
        yield from _over("image url", units(leaf.get("url", "")))
    else:  # user, usergroup, broadcast, channel: what would call people
        yield f"rich text that calls people, or is unknown: {leaf!r}"


_CHECKS = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "input": _input,
    "rich_text": _rich,
    "divider": lambda block: _unknown(block, "type", "block_id"),
}
