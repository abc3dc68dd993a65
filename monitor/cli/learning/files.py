"""Labels in files: CSV as spreadsheets write it, or JSON Lines; every faulty line is told, the others count."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.decode import meant
from monitor.domain import Sentiment
from monitor.errors import MonitorError
from monitor.learning.choosing import Asked
from monitor.plain import clean

COLUMNS = ("post_id", "watch", "text", "url", "model_complaint", "model_sentiment", "model_topic", "complaint", "sentiment", "topic")
_LONGEST = 20_000
_MOST_BYTES = 512 * 1024 * 1024
_YES = frozenset({"1", "y", "yes", "true", "예", "네", "불만", "o"})
_NO = frozenset({"0", "n", "no", "false", "아니요", "아니오", "아님", "x"})
_FEELINGS = {
    **{one.value: one for one in Sentiment},
    **{"negative": Sentiment.NEG, "neutral": Sentiment.NEU, "positive": Sentiment.POS, "-": Sentiment.NEG, "+": Sentiment.POS},
    **{"부정": Sentiment.NEG, "중립": Sentiment.NEU, "긍정": Sentiment.POS},
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file: a post by id or text, and what somebody says of it; ``row`` keeps what else stands there."""

    place: int
    post_id: str | None
    watch: str | None
    text: str | None
    complaint: bool | None
    sentiment: Sentiment | None
    topic: str | None
    row: Mapping[str, Any]

    @property
    def says_nothing(self) -> bool:
        """Whether nobody has filled in any of the three."""
        return self.complaint is None and self.sentiment is None and self.topic is None


def read(file: Path, topics: Sequence[str]) -> tuple[list[Line], list[str]]:
    """Read CSV (a head with ``COLUMNS``, those needed) or JSON Lines (plain or gzip); return the lines and what is wrong with others.

    Raises ``MonitorError`` for a file that cannot be read or is neither.
    """
    text = _text(file)
    rows = _json_rows(file, text) if text.lstrip().startswith("{") else _csv_rows(file, text)
    lines, problems = [], []
    for place, row in rows:
        try:
            lines.append(_line(place, row, topics))
        except ValueError as error:
            problems.append(f"{file}:{place}: {error}")
    return lines, problems


def write(file: Path, asked: Iterable[Asked]) -> int:
    """Write posts to be labelled as CSV that spreadsheets open in Korean; return how many. Raises ``MonitorError``."""
    count = 0
    try:
        with file.open("x", encoding="utf-8-sig", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow(COLUMNS)
            for one in asked:
                writer.writerow([_safe(cell) for cell in _cells(one)])
                count += 1
    except FileExistsError:
        raise MonitorError(f"{file} exists already; nothing was changed") from None
    except OSError as error:
        raise MonitorError(f"{file}: {error.strerror or error}") from error
    return count


def _cells(asked: Asked) -> tuple[str, ...]:
    post, labels = asked.judged.post, asked.judged.labels
    sentiment = labels.sentiment.value if labels.sentiment else ""
    said = (f"{labels.complaint:.2f}", sentiment, labels.topic, "", "", "")
    return (post.id, asked.judged.mention.watch, clean(post.text, _LONGEST), post.url or "", *said)


def _safe(cell: str) -> str:
    return "'" + cell if cell.startswith(_FORMULA) else cell


def _unsafe(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell


def _text(file: Path) -> str:
    """Read a file as UTF-8, or as the encoding of Korean Windows, in which Excel saves CSV."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise MonitorError(f"{file}: more than {_MOST_BYTES >> 20} MiB")
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise MonitorError(f"{file}: {getattr(error, 'strerror', None) or error}") from error
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise MonitorError(f"{file}: neither UTF-8 nor the encoding of Korean Windows; save it as CSV UTF-8")


def _csv_rows(file: Path, text: str) -> list[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    found = []
    try:
        head = [(name or "").strip() for name in reader.fieldnames or ()]
        reader.fieldnames = head
        if not {"post_id", "text"} & set(head) or not {"complaint", "sentiment", "topic"} & set(head):
            raise MonitorError(f"{file}: needs a column post_id or text, and at least one of complaint, sentiment, topic; it has {head}")
        for row in reader:
            cells = {key: _unsafe(cell.strip()) for key, cell in row.items() if key and isinstance(cell, str) and cell.strip()}
            if cells:
                found.append((reader.line_num, cells))
    except csv.Error as error:
        raise MonitorError(f"{file}:{reader.line_num}: {error}") from error
    return found


def _delimiter(text: str) -> str:
    head = text.split("\n", 1)[0]
    return max(",;\t", key=head.count)


def _json_rows(file: Path, text: str) -> list[tuple[int, dict[str, Any]]]:
    found: list[tuple[int, dict[str, Any]]] = []
    for place, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            row = {"": f"not JSON: {error}"}
        if not isinstance(row, dict):
            row = {"": "not a JSON object"}
        found.append((place, {key: value for key, value in row.items() if value is not None and value != ""}))
    return found


def _line(place: int, row: Mapping[str, Any], topics: Sequence[str]) -> Line:
    if "" in row:
        raise ValueError(row[""])
    words = {key: _word(key, row.get(key)) for key in ("post_id", "watch", "text")}
    if words["post_id"] is None and words["text"] is None:
        raise ValueError("neither post_id nor text")
    return Line(
        place,
        words["post_id"],
        words["watch"],
        words["text"],
        _complaint(row.get("complaint")),
        _sentiment(row.get("sentiment")),
        _topic(row.get("topic"), topics),
        row,
    )


def _word(key: str, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key} is no text")
    return value


def _complaint(value: object) -> bool | None:
    if value is None:
        return None
    word = str(int(value)) if isinstance(value, bool | float) and value in (0, 1) else str(value).strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError(f"complaint is {clean(word, 40)!r}; write y or n")


def _sentiment(value: object) -> Sentiment | None:
    if value is None:
        return None
    found = _FEELINGS.get(str(value).strip().casefold())
    if found is None:
        raise ValueError(f"sentiment is {clean(str(value), 40)!r}; write neg, neu or pos")
    return found


def _topic(value: object, topics: Sequence[str]) -> str | None:
    if value is None:
        return None
    word = str(value).strip()
    if word not in topics:
        raise ValueError(f"there is no topic {clean(word, 40)!r}{meant(word, topics)}")
    return word
