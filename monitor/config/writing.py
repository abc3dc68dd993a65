"""A config.toml of one's own, written from answers: commented in the operator's language, only the collectors wanted."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from monitor.config.pieces import CHANNELS, COLLECTORS, TEXTS, Ask, Piece, Variable
from monitor.config.settings import template

Given = str | Sequence[str]
_CONTROLS = {point: f"\\u{point:04x}" for point in (*range(0x7F, 0xA0), 0x2028, 0x2029)}


@dataclass(frozen=True)
class Answers:
    """What an operator said. ``collectors`` and ``channels``: for each kind wanted, what was answered to its questions, by key."""

    company: str
    terms: tuple[str, ...] = ()
    language: Literal["ko", "en"] = "ko"
    threshold: int = 6000
    collectors: Mapping[str, Mapping[str, Given]] = field(default_factory=dict)
    channels: Mapping[str, Mapping[str, Given]] = field(default_factory=dict)


class _Env(NamedTuple):
    """The name of an environment variable that holds a secret."""

    name: str


def written(answers: Answers) -> str:
    """Return the file's text; ``config.load`` takes it once the variables it names are set. Any text is a fit answer."""
    parts = (_monitor(answers), _watch(answers), _collectors(answers), _receivers(answers), _rest(answers.language))
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def variables(answers: Answers) -> tuple[str, ...]:
    """Return the environment variables that the file will ask for, in its order."""
    wanted = [(COLLECTORS[kind], given) for kind, given in answers.collectors.items()]
    wanted += [(CHANNELS[kind], given) for kind, given in answers.channels.items()]
    values = (value for piece, given in wanted for _, value in _options(piece, given))
    return tuple(dict.fromkeys(value.name for value in values if isinstance(value, _Env)))


def _monitor(answers: Answers) -> Iterator[str]:
    say = _Said(answers.language)
    yield from say("head")
    yield ""
    yield "[monitor]"
    yield 'database = "monitor.db"'
    yield f"language = {toml(answers.language)}"
    yield 'timezone = "Asia/Seoul"'
    yield from say("threshold")
    yield f"threshold = {answers.threshold}"
    yield from say("mode")
    yield 'mode = "live"'
    yield ""
    yield "[budget]"
    yield from say("budget")
    yield "notifications_per_week = 7"
    yield "pages_per_shift = 2"


def _watch(answers: Answers) -> Iterator[str]:
    say = _Said(answers.language)
    names = (answers.company, *answers.terms)
    yield from say("watch")
    yield "[[watch]]"
    yield f"name = {toml(answers.company)}"
    yield f"any = {toml(tuple(dict.fromkeys(name for name in names if name.strip())))}"
    yield from say("none")
    yield "none = []"
    yield from say("exclude")
    yield 'exclude = []  # ["sports", "stocks", "jobs", "property", "sales"]'


def _collectors(answers: Answers) -> Iterator[str]:
    say = _Said(answers.language)
    yield from say("collectors")
    for kind, given in answers.collectors.items():
        piece = COLLECTORS[kind]
        yield ""
        yield from say.these(piece.told)
        yield "[[collector]]"
        yield from _pairs({"name": kind, "kind": kind, "every": piece.every})
        for key, limit in piece.budget.items():
            yield from (["[collector.budget]"] if key == next(iter(piece.budget)) else [])
            yield f"{key} = {limit}"
        options = dict(_options(piece, given))
        yield from ["[collector.options]", *_pairs(options)] if options else []


def _receivers(answers: Answers) -> Iterator[str]:
    say = _Said(answers.language)
    yield from say("receivers")
    yield "[[receiver]]"
    yield f"name = {toml('당직' if answers.language == 'ko' else 'on duty')}"
    yield f"language = {toml(answers.language)}"
    for kind, given in answers.channels.items():
        yield "[[receiver.notifier]]"
        yield f"kind = {toml(kind)}"
        yield "[receiver.notifier.options]"
        yield from _pairs(dict(_options(CHANNELS[kind], given)))
    if not answers.channels:
        yield from say("console")
        yield "[[receiver.notifier]]"
        yield 'kind = "console"'


def _rest(language: str) -> Iterator[str]:
    """Yield retention, and the playbooks that ship with the program."""
    say = _Said(language)
    shipped = tomllib.loads(template().read_text("utf-8"))
    yield from say("retention")
    yield "[retention]"
    yield from _pairs(shipped["retention"])
    yield ""
    yield from say("playbooks")
    for playbook in shipped["playbook"]:
        yield "[[playbook]]"
        yield from _pairs({key: value for key, value in playbook.items() if not isinstance(value, Mapping)})
        for spoken in ("ko", "en"):
            yield f"[playbook.{spoken}]"
            yield from _pairs(playbook[spoken])
        yield ""


def _options(piece: Piece, given: Mapping[str, Given]) -> Iterator[tuple[str, object]]:
    """Yield the options of a piece with the answers in their places; what was left empty and may be is left out."""
    for key, wanted in asked_of(piece, given):
        if isinstance(wanted, Variable):
            if name := given.get(key, wanted.default):
                yield key, _Env(str(name))
        elif isinstance(wanted, Ask):
            answer = given.get(key, wanted.default)
            several = [answer] if isinstance(answer, str) else list(answer)
            filled = [part for part in several if part.strip()]
            if filled:
                yield key, tuple(filled) if wanted.several else wanted.shape.format(filled[0])
        else:
            yield key, wanted


def asked_of(piece: Piece, given: Mapping[str, Given]) -> Iterator[tuple[str, Ask | Variable | str | int | bool]]:
    """Yield the options of a piece that make sense beside what was answered so far."""
    for key, wanted in piece.options.items():
        needed = wanted.beside if isinstance(wanted, Ask | Variable) else ""
        if not needed or given.get(needed):
            yield key, wanted


def _pairs(table: Mapping[str, object]) -> Iterator[str]:
    return (f"{key} = {toml(value)}" for key, value in table.items())


def toml(value: object) -> str:
    """Write a text, number, truth, list or environment variable as TOML; whatever a text holds, it stays inside its quotes."""
    match value:
        case _Env(name):
            return f"{{ env = {toml(name)} }}"
        case bool() | int() | float():
            return json.dumps(value)
        case str():
            sound = value.encode("utf-8", "replace").decode("utf-8")
            return json.dumps(sound, ensure_ascii=False).translate(_CONTROLS)
        case list() | tuple():
            parts = [toml(part) for part in value]
            line = "[" + ", ".join(parts) + "]"
            return line if len(line) <= 120 else "[\n" + "".join(f"    {part},\n" for part in parts) + "]"
    raise TypeError(f"no {type(value).__name__} stands in a configuration")


class _Said:
    """Comments in one language."""

    def __init__(self, language: str):
        self.place = 0 if language == "ko" else 1

    def __call__(self, key: str) -> list[str]:
        return self.these(TEXTS[key])

    def these(self, pair: tuple[str, str]) -> list[str]:
        return [f"# {line}" if line else "#" for line in pair[self.place].splitlines()]
