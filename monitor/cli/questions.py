"""The questions of ``monitor init``: asked in the operator's language, a wrong answer asked again."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import click

from monitor import messages
from monitor.config.pieces import CHANNELS, COLLECTORS, Ask, Piece, Variable
from monitor.config.writing import Answers, Given, asked_of, variables
from monitor.notifiers import KINDS as NOTIFIERS

VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_MAILBOX = re.compile(r"[^\s@,<>\"]+@[^\s@,<>\"]+")
SUGGESTED = "naver"


@dataclass(frozen=True)
class Known:
    """What the command line says already; None or empty: not said."""

    company: str | None = None
    terms: tuple[str, ...] = ()
    language: Literal["ko", "en"] | None = None
    collectors: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    emails: tuple[str, ...] = ()
    smtp: str | None = None
    slack: str | None = None
    threshold: int | None = None

    def __bool__(self) -> bool:
        return any((self.company, self.terms, self.language, self.collectors, self.emails, self.smtp, self.slack, self.threshold))


class Questions:
    """Asks what is not known; ``asking`` is off where nobody can answer: then defaults stand."""

    def __init__(self, known: Known, asking: bool):
        self.known = known
        self.asking = asking
        self.language: Literal["ko", "en"] = known.language or "ko"

    def answers(self) -> Answers:
        """Return all answers; those to collectors and channels by kind and key."""
        known = self.known
        if self.asking and known.language is None:
            self.language = click.prompt("언어 / Language", default="ko", type=click.Choice(["ko", "en"]))
        if self.asking:
            click.echo(self.phrase("init.hello"))
        company = known.company or self._text("init.company", "한울오토" if self.language == "ko" else "Hanul Auto")
        terms = known.terms or self._list("init.terms")
        collectors = {kind: self._piece(COLLECTORS[kind], kind) for kind in known.collectors or self._kinds()}
        channels = self._channels()
        return Answers(company, terms, self.language, known.threshold or self._threshold(), collectors, channels)

    def unset(self, answers: Answers) -> tuple[str, ...]:
        """Return the environment variables that the file needs and that are not set."""
        return tuple(name for name in variables(answers) if not os.environ.get(name))

    def phrase(self, key: str, **values: object) -> str:
        """Return a phrase in the operator's language."""
        return messages.say(key, self.language, messages.SEOUL, None, **values)

    def _kinds(self) -> tuple[str, ...]:
        kinds = ", ".join(COLLECTORS)

        def known(text: str) -> tuple[str, ...]:
            chosen = _split(text)
            for kind in chosen:
                if kind not in COLLECTORS:
                    raise click.BadParameter(self.phrase("init.no_kind", kind=kind, kinds=kinds))
            return chosen

        return self._ask(self.phrase("init.kinds", kinds=kinds), SUGGESTED, known) if self.asking else ()

    def _channels(self) -> dict[str, Mapping[str, Given]]:
        found = {"email": self._mail(), "slack": self._slack()}
        return {kind: given for kind, given in found.items() if given}

    def _mail(self) -> dict[str, Given]:
        boxes = self.known.emails or (self._ask(self.phrase("init.mail"), "", self._boxes) if self.asking else ())
        if not boxes:
            return {}
        given: dict[str, Given] = {"to": boxes, "sender": boxes[0]}
        given["host"] = self.known.smtp or self._text("init.smtp", "smtp." + boxes[0].rpartition("@")[2])
        given["username"] = self._text("init.smtp_user", "")
        return self._rest(CHANNELS["email"], given)

    def _slack(self) -> dict[str, Given]:
        channel = self.known.slack or (self._text("init.slack", "") if "slack" in NOTIFIERS else "")
        return self._rest(CHANNELS["slack"], {"channel": channel}) if channel else {}

    def _boxes(self, text: str) -> tuple[str, ...]:
        for box in _split(text):
            if not _MAILBOX.fullmatch(box):
                raise click.BadParameter(self.phrase("init.no_mail", address=box))
        return _split(text)

    def _piece(self, piece: Piece, kind: str) -> Mapping[str, Given]:
        if self.asking and piece.options:
            told = piece.told[0 if self.language == "ko" else 1]
            click.echo(self.phrase("init.about", kind=kind, told=told))
        return self._rest(piece, self.known.settings.get(kind, {}))

    def _rest(self, piece: Piece, known: Mapping[str, Given]) -> dict[str, Given]:
        """Ask for what a piece wants to know and nobody has said."""
        given: dict[str, Given] = dict(known)
        for key in piece.options:
            wanted = dict(asked_of(piece, given)).get(key)
            if key in given or not self.asking:
                continue
            if isinstance(wanted, Variable):
                given[key] = self._ask(self.phrase("init.variable", option=key), wanted.default, self._variable)
            elif isinstance(wanted, Ask):
                said = self._text("init.value", wanted.default, option=key)
                given[key] = _split(said) if wanted.several else said
        return given

    def _variable(self, text: str) -> str:
        if text and not VARIABLE.fullmatch(text):
            raise click.BadParameter(self.phrase("init.no_variable"))
        return text

    def _threshold(self) -> int:
        def whole(text: str) -> int:
            if not text.isdecimal() or int(text) < 1:
                raise click.BadParameter(self.phrase("init.no_threshold"))
            return int(text)

        return self._ask(self.phrase("init.threshold"), "6000", whole) if self.asking else 6000

    def _list(self, key: str) -> tuple[str, ...]:
        return _split(self._text(key, ""))

    def _text(self, key: str, default: str, **values: object) -> str:
        return self._ask(self.phrase(key, **values), default, str.strip) if self.asking else default

    def _ask(self, question: str, default: str, read: Callable[[str], Any]) -> Any:
        return click.prompt(question, default=default, value_proc=read, show_default=bool(default))


def _split(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
