"""A message in Block Kit: what stands in the living message, what is said in its thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from monitor.domain import Answer, Message, Quote
from monitor.notifiers import layout
from monitor.notifiers.slack import kit
from monitor.notifiers.slack.kit import Block, cut, words
from monitor.plain import address, clean

_SIGNS = {"critical": "🔴", "high": "🟠", "moderate": "🟡", "low": "⚪", "resolved": "✅", "health": "🛠️"}
LINE, LABEL, VALUE, QUOTED = 600, 60, 300, 400
FACTS = 12
FACTS_TOGETHER = 50
ALL_FACTS = 24_000
STEPS = 12
WIDTH = 58
BUTTONS = "incident"
"""What the ids of our buttons begin with: ``incident.acknowledge`` ..."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """``living``: the message that is kept up to date; ``thread``: what did not fit into it, and what else there is to read."""

    living: list[Block]
    thread: list[Block]


def draw(message: Message, file_id: str | None = None, *, buttons: bool = True, told: bool = False) -> Drawn:
    """Draw ``message``; ``file_id`` is its picture at Slack, ``told``: its ``notice`` says why. ``living`` fits into one message."""
    above, below = _head(message), _buttons(message) if buttons else []
    bottom, shown = _foot(message), FACTS
    while shown and kit.size([*above, *_facts(message, 0, shown), *below, *bottom]) > kit.WHOLE:
        shown //= 2
    top = [*above, *_facts(message, 0, shown), *below]
    optional = [
        _spread(message),
        [kit.picture(file_id, message.spread.caption if message.spread else message.subject)] if file_id else [],
        _quotes(message),
        _steps(message),
    ]
    left: list[Block] = []
    while optional and kit.size([*sum(optional, top), *bottom]) > kit.WHOLE:
        left = optional.pop() + left
    thread = [*left, *_facts(message, shown), *([] if told else why(message)), *_details(message)]
    return Drawn([*sum(optional, top), *bottom], thread)


def notice(message: Message) -> list[Block]:
    """Draw the line of the thread's history that ``message`` adds: what happened, and why we say so."""
    elements = [
        words(f"{_SIGNS[layout.tone(message)]} {cut(message.badge or message.severity, LABEL)}\n", bold=True),
        words(_headline(message)),
    ]
    elements += [words("\n" + cut(line, LINE)) for line in message.lines if cut(line, LINE)]
    return [*kit.rich([kit.section(elements)]), *why(message)]


def short(message: Message) -> list[Block]:
    """Draw only the most needed, for a Slack that refuses the whole."""
    return [*_head(message), *_buttons(message)]


def _headline(message: Message) -> str:
    return cut(message.headline or message.subject, LINE) or "…"


def _head(message: Message) -> list[Block]:
    title = kit.header(f"{_SIGNS[layout.tone(message)]} {clean(message.badge or message.severity, 100)}")
    elements = [words(_headline(message), bold=True)]
    elements += [words("\n" + cut(line, LINE)) for line in message.lines[:6] if cut(line, LINE)]
    return [title, *kit.rich([kit.section(elements)])]


def _facts(message: Message, first: int, last: int | None = None) -> list[Block]:
    """Facts by number; the more there are, the shorter each is."""
    room = max(min(VALUE, ALL_FACTS // max(len(message.facts), 1)), 40)
    blocks, elements, taken = list[Block](), list[Block](), 0
    for fact in message.facts[first:last]:
        label, value = cut(fact.label, LABEL), cut(fact.value, room)
        if not (label or value):
            continue
        if taken > kit.RICH - LABEL - VALUE - 10 or len(elements) >= FACTS_TOGETHER:
            blocks, elements, taken = [*blocks, *kit.rich([kit.section(elements)])], [], 0
        lead = "\n" if elements else ""
        elements += [words(f"{lead}{label or '·'}", bold=True), words(f"  {value}")] if value else [words(lead + label, bold=True)]
        taken += kit.units(label + value) + 3
    return [*blocks, *kit.rich([kit.section(elements)] if elements else [])]


def _buttons(message: Message) -> list[Block]:
    if not message.buttons:
        return []
    return [{"type": "actions", "block_id": f"{BUTTONS}.{message.language}", "elements": list(_drawn(message))}]


def _drawn(message: Message) -> Iterator[Block]:
    for button in message.buttons[:25]:
        label = {**kit.plain(button.label, kit.BUTTON), "emoji": True}
        drawn = {"type": "button", "action_id": f"{BUTTONS}.{button.action}", "text": label, "value": cut(button.value, kit.VALUE)}
        yield {**drawn, "style": button.style} if button.style in ("primary", "danger") else drawn


def _heading(message: Message, part: str) -> list[Block]:
    text = cut(message.headings.get(part, ""), 80)
    return [kit.section([words(text, bold=True)])] if text else []


def _spread(message: Message) -> list[Block]:
    if message.spread is None or not message.spread.bars:
        return []
    bars = islice(layout.spread(message, WIDTH), len(message.spread.bars[:10]) + 1)
    drawn = kit.fixed("\n".join(line.rstrip() for line in bars)[: kit.RICH // 2])
    return [*kit.rich([*_heading(message, "spread"), drawn]), *kit.context([message.spread.caption])]


def _quotes(message: Message) -> list[Block]:
    parts: list[Block] = []
    for quote in message.quotes[:3]:
        parts += _quote(quote)
    return kit.rich([*_heading(message, "quotes"), *parts]) if parts else []


def _quote(quote: Quote) -> list[Block]:
    elements = [words(cut(quote.text, QUOTED) or "…")]
    if source := cut(quote.source, 200):
        elements.append(words("\n" + source, italic=True))
    if url := address(quote.url):
        elements += [words("\n"), kit.link(url)]
    return [kit.quoted(elements), kit.section([words("\n")])]


def _steps(message: Message) -> list[Block]:
    steps = [text for step in message.actions[:STEPS] if (text := cut(step, VALUE))]
    return kit.rich([*_heading(message, "actions"), kit.listed(steps, ordered=True)]) if steps else []


def _foot(message: Message) -> list[Block]:
    url = address(message.link)
    return [*kit.context(message.footer[:8], 200), *(kit.rich([kit.section([kit.link(url)])]) if url else [])]


def why(message: Message) -> list[Block]:
    """Draw why we speak."""
    reasons = [text for reason in message.why[:8] if (text := cut(reason, LINE))]
    return kit.rich([*_heading(message, "why"), kit.listed(reasons)]) if reasons else []


def _details(message: Message) -> list[Block]:
    """The five questions, the cost, drafts of an answer."""
    blocks: list[Block] = []
    for answer in (*message.brief, *((message.stage,) if message.stage else ())):
        blocks += _answer(answer)
    for reply in message.replies[:6]:
        lines = "\n".join(clean(line) for line in reply.text.splitlines())[: LINE * 3]
        label = cut(reply.label or message.headings.get("replies", ""), 160)
        blocks += kit.rich([kit.section([words(label or "…", bold=True)]), kit.fixed(lines or "…")])
    never = [text for line in message.never[:STEPS] if (text := cut(line, VALUE))]
    return [*blocks, *(kit.rich([*_heading(message, "never"), kit.listed(never)]) if never else [])]


def _answer(answer: Answer) -> list[Block]:
    parts = [kit.section([words(cut(answer.question, 200) or "…", bold=True)])]
    lines = [text for line in answer.lines[:8] if (text := cut(line, LINE))]
    parts += [kit.listed(lines)] if lines else []
    for quote in answer.quotes[:3]:
        parts += _quote(quote)
    return kit.rich(parts)
