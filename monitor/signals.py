"""The company's own events, taken in as JSON Lines: from a file, a watched folder, or whoever is handed signed records.

A record: ``{"id", "at", "kind", "text", "topic", "place", "ends_at", "partner", "watch"}``; ``kind`` or ``text`` is needed, times are
ISO 8601 with their zone, ``at`` is now and ``id`` a digest of the record where they are missing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.domain import Signal
from monitor.errors import MonitorError
from monitor.plain import clean
from monitor.store import Store

KEYS = ("id", "at", "kind", "text", "topic", "place", "ends_at", "partner", "watch")
_LONGEST = {"id": 200, "kind": 60, "text": 1000, "topic": 60, "place": 100, "partner": 100, "watch": 100}
LARGEST = 5 << 20
"""So many bytes of a file are read; more is no list of events."""
MOST = 10_000
FILES = "signals:files"
LONGEST_LINE = 20_000
_YEARS = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of taking events in: ``records`` that were right, ``new`` ones among them, ``problems`` of the others."""

    records: int
    new: int
    problems: tuple[str, ...] = ()


def take(store: Store, records: Iterable[object], now: datetime) -> Taken:
    """Keep the events in ``records`` (parsed JSON objects); what is no event is told and left out. Taking them twice changes nothing."""
    good: list[Signal] = []
    problems: list[str] = []
    for number, record in enumerate(records, 1):
        if number > MOST:
            problems.append(f"more than {MOST} records; the rest was left out")
            break
        try:
            good.append(read(record, now))
        except ValueError as error:
            problems.append(f"record {number}: {error}")
    with store.transaction():
        new = store.signals.add(good, now)
    return Taken(len(good), new, tuple(problems))


def read(record: object, now: datetime) -> Signal:
    """Read one event; raises ValueError with a sentence that does not repeat what came in."""
    if not isinstance(record, Mapping):
        raise ValueError("is no JSON object")
    unknown = [clean(str(key), 30) for key in record if key not in KEYS]
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; known: {', '.join(KEYS)}")
    words = {key: _word(record, key) for key in _LONGEST}
    if words["kind"] is None and words["text"] is None:
        raise ValueError("needs kind or text")
    at = _time(record, "at") or now
    ends_at = _time(record, "ends_at")
    if ends_at is not None and ends_at < at:
        raise ValueError("ends_at is before at")
    return Signal(
        id=words["id"] or _digest(record),
        at=at,
        kind=words["kind"] or "event",
        text=words["text"] or words["kind"] or "",
        topic=words["topic"],
        place=words["place"],
        ends_at=ends_at,
        partner=words["partner"],
        watch=words["watch"],
    )


def lines(text: str) -> Iterator[object]:
    """Parse JSON Lines; a line that is no JSON becomes its own text, which ``take`` then tells and leaves out."""
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            yield json.loads(line) if len(line) <= LONGEST_LINE else line
        except (ValueError, RecursionError):
            yield line


def take_file(store: Store, file: Path, now: datetime) -> Taken:
    """Take in a file of JSON Lines. Raises ``MonitorError`` if it cannot be read."""
    try:
        if file.stat().st_size > LARGEST:
            raise MonitorError(f"{file}: over {LARGEST >> 20} MB is no list of events")
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise MonitorError(f"{file}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError:
        raise MonitorError(f"{file}: is not UTF-8 text") from None
    return take(store, lines(text), now)


def sweep(store: Store, folder: Path, now: datetime) -> Taken:
    """Take in what is new in the ``.jsonl`` files of a watched folder; a file that has not changed is not read again."""
    known: dict[str, list[int]] = json.loads(store.state(FILES) or b"{}")
    found: dict[str, list[int]] = {}
    records, new, problems = 0, 0, list[str]()
    try:
        files = sorted(file for file in folder.glob("*.jsonl") if file.is_file())
    except OSError as error:
        raise MonitorError(f"{folder}: cannot be read ({error.strerror or error})") from error
    for file in files:
        try:
            state = file.stat()
            found[file.name] = [state.st_size, state.st_mtime_ns]
            if known.get(file.name) == found[file.name]:
                continue
            taken = take_file(store, file, now)
        except (MonitorError, OSError) as error:
            problems.append(str(error))
            continue
        records, new = records + taken.records, new + taken.new
        problems += [f"{file.name}: {problem}" for problem in taken.problems]
    if found != known:
        store.put_state(FILES, json.dumps(found).encode())
    return Taken(records, new, tuple(problems))


def _word(record: Mapping[Any, Any], key: str) -> str | None:
    value = record.get(key)
    if value is None:
        return None
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError(f"{key} must be text")
    return clean(str(value), _LONGEST[key]) or None


def _time(record: Mapping[Any, Any], key: str) -> datetime | None:
    value = record.get(key)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError
        at = at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{key} must be a time with its zone, such as 2026-11-21T14:05:00+09:00") from None
    if abs(at - datetime(2026, 1, 1, tzinfo=UTC)) > 3 * _YEARS:
        raise ValueError(f"{key} is too far away")
    return at


def _digest(record: Mapping[Any, Any]) -> str:
    text = json.dumps(record, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
