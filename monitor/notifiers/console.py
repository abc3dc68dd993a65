"""Alerts on a terminal or in a log file: readable, as wide as the terminal, coloured only where a person looks."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import Literal, TextIO

from monitor.domain import Message
from monitor.errors import DeliveryFailed
from monitor.notifiers import layout

_STYLES = {
    "bold": "1",
    "dim": "2",
    "heading": "1;4",
    "critical": "31",
    "high": "33",
    "moderate": "36",
    "low": "37",
    "resolved": "32",
    "health": "35",
    "band-critical": "1;97;41",
    "band-high": "1;30;43",
    "band-moderate": "1;30;46",
    "band-low": "1;30;47",
    "band-resolved": "1;30;42",
    "band-health": "1;97;45",
}
NARROWEST, WIDEST = 40, 100


@dataclass(frozen=True, slots=True)
class Options:
    """``stream``: "stdout" or "stderr"; ``width`` in columns (None: as wide as the terminal, 100 at most); ``colour``."""

    stream: Literal["stdout", "stderr"] = "stdout"
    width: int | None = None
    colour: Literal["auto", "always", "never"] = "auto"


class Console:
    """Writes messages to a text stream; what a stream's encoding cannot show is replaced, never an error."""

    def __init__(self, options: Options | None = None, stream: TextIO | None = None):
        self.options = options or Options()
        self._stream = stream

    def __repr__(self) -> str:
        return f"Console({self.options.stream})"

    def send(self, message: Message, previous: str | None = None) -> None:
        """Write ``message``; raises ``DeliveryFailed`` if the stream is closed or full. A console has no threads: no handle."""
        stream = self._stream or (sys.stderr if self.options.stream == "stderr" else sys.stdout)
        if stream is None:  # a program without a terminal, as under pythonw
            raise DeliveryFailed("console: there is no stream to write to")
        encoding = getattr(stream, "encoding", None) or "utf-8"
        try:
            written = text(message, self._coloured(stream), self.options.width)
            stream.write(written.encode(encoding, "replace").decode(encoding))
            stream.flush()
        except (OSError, ValueError) as error:
            raise DeliveryFailed(f"console: {error}") from error

    def _coloured(self, stream: TextIO) -> bool:
        if self.options.colour != "auto":
            return self.options.colour == "always"
        return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def text(message: Message, colour: bool = False, width: int | None = None) -> str:
    """Return ``message`` as it is written: ``width`` columns wide (None: as wide as the terminal), between two rules."""
    width = min(max(width or shutil.get_terminal_size((80, 24)).columns, NARROWEST), WIDEST)
    paint = _colour if colour else layout.plain
    rule = paint("─" * width, "dim")
    return "\n".join([rule, *(line.rstrip() for line in layout.lines(message, width, paint, short=True)), rule, ""])


def _colour(text: str, style: str) -> str:
    code = _STYLES.get(style)
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text
