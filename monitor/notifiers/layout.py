"""A message as lines of plain text, for terminals and for the text part of mails; and the scale on which reach is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from monitor.domain import Answer, Bar, Interval, Message, Reason, Reply
from monitor.plain import address, clean, columns, fit, wrap

Paint = Callable[[str, str], str]
LABEL = 18
BAR = 24
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Span:
    """A range on a scale from 0 to 1, the threshold at 0.5: seen by ``sure`` at least, ``perhaps`` at most; ``beyond`` the scale."""

    sure: float
    perhaps: float
    beyond: bool


def span(people: Interval, threshold: int) -> Span:
    """Place ``people`` on the scale of twice ``threshold``, so that the threshold always stands in the middle."""
    top = 2 * max(threshold, 1)
    sure, perhaps = (min(max(value / top, 0.0), 1.0) for value in (people.p10, people.p90))
    return Span(sure, max(sure, perhaps), people.p90 > top)


def tone(message: Message) -> str:
    """The colour a message asks for: its severity, ``resolved``, or ``health`` for messages about ourselves."""
    if message.reason is Reason.RESOLVED:
        return "resolved"
    return "health" if message.thread.startswith("health") else str(message.severity)


def plain(text: str, style: str) -> str:
    """Paint nothing."""
    return text


def lines(message: Message, width: int, paint: Paint = plain, short: bool = False) -> Iterator[str]:
    """Yield ``message`` line by line, at most ``width`` columns each but for addresses; ``paint(text, style)`` may add colour.

    ``short`` leaves out the brief, which `monitor incidents show` tells as well.
    """
    mark = tone(message)
    yield paint(f" {clean(message.badge)} ", f"band-{mark}") if message.badge else ""
    yield from (paint(line, "bold") for line in wrap(clean(message.headline or message.subject, LONGEST), width))
    for line in message.lines:
        yield ""
        yield from wrap(clean(line, LONGEST), width)
    yield from _part(message, "spread", list(spread(message, width, paint)), paint)
    yield from _part(message, "facts", list(_facts(message, width)), paint)
    yield from _part(message, "quotes", list(_quotes(message, width, paint)), paint)
    yield from _part(message, "actions", _numbered(message.actions, width), paint)
    yield from _part(message, "replies", [line for reply in message.replies for line in _reply(reply, width)], paint)
    yield from _part(message, "never", _dashed(message.never, width), paint)
    yield from _part(message, "why", _dashed(message.why, width), paint)
    for answer in () if short else (*message.brief, *((message.stage,) if message.stage else ())):
        yield ""
        yield paint(clean(answer.question, 120), "heading")
        yield from _answer(answer, width)
    yield from _part(message, "", [paint(line, "dim") for line in _footer(message, width)], paint)


def _part(message: Message, name: str, body: Sequence[str], paint: Paint) -> Iterator[str]:
    if not body:
        return
    yield ""
    heading = clean(message.headings.get(name, ""), 80)
    if heading:
        yield paint(heading, "heading")
    yield from body


def _facts(message: Message, width: int) -> Iterator[str]:
    labels = [clean(fact.label, 40) for fact in message.facts]
    room = min(max(map(columns, labels), default=0), LABEL)
    for label, fact in zip(labels, message.facts, strict=True):
        first, *rest = wrap(clean(fact.value, LONGEST), max(width - room - 4, 20))
        yield f"  {fit(label, room)}  {first}"
        yield from (" " * (room + 4) + line for line in rest)


def spread(message: Message, width: int, paint: Paint = plain) -> Iterator[str]:
    """Yield the drawing of how far it has spread, line by line, its caption last; nothing where that is unknown."""
    if message.spread is None:
        return
    spread = message.spread
    room = max((columns(clean(bar.label, 20)) for bar in spread.bars), default=0)
    value = max((columns(clean(bar.value, 40)) for bar in spread.bars), default=0)
    cells = min(max((width - room - value - 6) // 2 * 2, 8), BAR)
    for bar in spread.bars:
        yield f"  {fit(clean(bar.label, 20), room)}  {paint(_bar(bar, spread.threshold, cells), tone(message))}  {clean(bar.value, 40)}"
    mark = "↑ " + clean(spread.mark, 40)
    yield " " * max(min(room + 4 + cells // 2, width - columns(mark)), 0) + mark
    yield from ("  " + line for line in wrap(clean(spread.caption, LONGEST), width - 2))


def _bar(bar: Bar, threshold: int, cells: int) -> str:
    drawn = span(bar.people, threshold)
    sure, perhaps = round(drawn.sure * cells), round(drawn.perhaps * cells)
    shown = ["█" if cell < sure else "▒" if cell < perhaps else "·" for cell in range(cells)]
    shown[cells // 2] = "┃"
    if drawn.beyond:
        shown[-1] = "▶"
    return "".join(shown)


def _quotes(message: Message, width: int, paint: Paint) -> Iterator[str]:
    for number, quote in enumerate(message.quotes):
        if number:
            yield ""
        for line in wrap(clean(quote.text, LONGEST), width - 4):
            yield f"  {paint('│', tone(message))} {line}"
        for line in wrap(clean(quote.source, 200), width - 4):
            yield f"  {paint('│', tone(message))} {paint(line, 'dim')}"
        link = address(quote.url)
        if link:
            yield f"  {paint('│', tone(message))} {link}"


def _reply(reply: Reply, width: int) -> Iterator[str]:
    yield from wrap(clean(reply.label, LONGEST), width, "  ", "  ")
    yield from wrap(clean(reply.text, LONGEST), width, "  > ", "  > ")


def _answer(answer: Answer, width: int) -> Iterator[str]:
    for line in answer.lines:
        yield from wrap(clean(line, LONGEST), width, "  ", "  ")
    for quote in answer.quotes:
        yield from wrap(f"{clean(quote.text, LONGEST)} ({clean(quote.source, 200)})", width, "  │ ", "  │ ")


def _numbered(steps: Sequence[str], width: int) -> list[str]:
    return [line for n, step in enumerate(steps, 1) for line in wrap(clean(step, LONGEST), width, f"  {n}. ", "     ")]


def _dashed(sentences: Sequence[str], width: int) -> list[str]:
    return [line for sentence in sentences for line in wrap(clean(sentence, LONGEST), width, "  - ", "    ")]


def _footer(message: Message, width: int) -> list[str]:
    link = address(message.link)
    return [line for entry in message.footer for line in wrap(clean(entry, LONGEST), width)] + ([link] if link else [])
