"""What platforms write, as plain text: markup and entities gone, nothing in it that a database or terminal cannot hold."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from html.parser import HTMLParser

LONGEST = 100_000
"""Characters of one post that are kept; the rest of a longer one is cut off."""

_BREAKS = frozenset(("p", "br", "div", "li", "tr", "blockquote", "h1", "h2", "h3", "h4"))
_UNSEEN = frozenset(("script", "style", "head", "title"))
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_BLANKS = re.compile(r"[ \t\xa0]+")
_LINES = re.compile(r" ?\n[ \n]*")


def clean_text(text: str) -> str:
    """NFC, without control characters and lone surrogates, which no database or terminal can hold; tabs and line ends stay."""
    text = _CONTROLS.sub("", text)
    if text.isascii():
        return text
    text = unicodedata.normalize("NFC", text)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def plain_of_html(markup: str) -> str:
    """Return what a reader of ``markup`` sees, paragraphs on lines of their own; broken markup does no harm."""
    if "<" not in markup and "&" not in markup:
        return clean_text(markup[:LONGEST]).strip()
    reader = _Reader()
    reader.feed(markup[: 4 * LONGEST])
    reader.close()
    text = _LINES.sub("\n", _BLANKS.sub(" ", "".join(reader.seen)))
    return clean_text(text[:LONGEST]).strip()


def plain_of_entities(text: str) -> str:
    """Return ``text`` with its entities resolved (``&amp;`` becomes ``&``); markup is left as it is."""
    return clean_text(unescape(text[:LONGEST]) if "&" in text else text[:LONGEST])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.seen.append("\n")
        self._hidden += tag in _UNSEEN

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS:
            self.seen.append("\n")
        self._hidden -= tag in _UNSEEN and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.seen.append(data)
