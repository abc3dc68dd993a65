"""Post records from files: one JSON object a line, plain or gzip, a file, a directory or stdin; follows growing files.

The cursor remembers for every file how many (decompressed) bytes are stored. A broken line is told with file and line
number and skipped; an unfinished last line waits for its end.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from monitor.collectors import Page
from monitor.collectors.progress import remembered
from monitor.collectors.texts import clean_text
from monitor.decode import Location
from monitor.domain import Author, Engagement, Gone, Post, Precision, Watch
from monitor.errors import Unavailable

PAGE_LINES = 1_000
LONGEST_LINE = 8_000_000
SUFFIXES = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
YEARS = range(1970, 3000)
"""A time outside of them is none: days are still added to it and taken from it."""
GZIP = b"\x1f\x8b"
"""The first bytes of a gzip file."""
UNREADABLE = (OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Record:
    """One valid line: a post with its author and first counts, or a later measurement, or a deletion."""

    at: datetime | None
    post: Post | None = None
    author: Author | None = None
    engagement: Engagement | None = None
    gone: Gone | None = None


class BadRecord(ValueError):
    """A line that is no valid record; the text says why."""


@dataclass(frozen=True, slots=True)
class Options:
    """``path``: a file, a directory of ``*.jsonl`` and ``*.jsonl.gz``, or ``-`` for standard input."""

    path: Location


@dataclass(slots=True)
class _Growing:
    """Lines gathered for the next page."""

    posts: list[Post] = field(default_factory=list)
    authors: list[Author] = field(default_factory=list)
    engagement: list[Engagement] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, record: Record) -> None:
        if record.post is not None:
            self.posts.append(record.post)
        if record.author is not None:
            self.authors.append(record.author)
        if record.engagement is not None:
            self.engagement.append(record.engagement)
        if record.gone is not None:
            self.gone.append(record.gone)

    def page(self, cursor: str) -> Page:
        return Page(self.posts, self.authors, self.engagement, self.gone, cursor, self.problems)


class JsonLines:
    """Reads post records from ``options.path``; ``clock`` dates posts that carry no time."""

    def __init__(self, name: str, options: Options, watches: tuple[Watch, ...] = (), clock: Callable[[], datetime] | None = None):
        self.name = name
        self.path = options.path
        self.clock = clock or (lambda: datetime.now(UTC))

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield what was added to the files since ``cursor``; raises ``Unavailable`` when a file cannot be read."""
        done = _offsets(cursor)
        for file in self._files():
            try:
                yield from self._file_pages(file, done)
            except UNREADABLE as error:
                raise Unavailable(self.name, f"{file}: {_os_reason(error)}") from error

    def _files(self) -> list[str]:
        if self.path == "-":
            return ["-"]
        path = Path(self.path)
        if path.is_dir():
            return sorted(str(child) for child in path.iterdir() if child.is_file() and child.name.endswith(SUFFIXES))
        if not path.exists():
            raise Unavailable(self.name, f"{path}: no such file or directory")
        return [str(path)]

    def _file_pages(self, file: str, done: dict[str, dict[str, int]]) -> Iterator[Page]:
        before = done.get(file, {"bytes": 0, "lines": 0})
        signature = _signature(file)
        if signature and signature == {key: before.get(key, -1) for key in signature}:
            return
        compressed = _is_gzip(file)
        if not compressed and signature and signature["size"] < before["bytes"]:
            before = {"bytes": 0, "lines": 0}  # the file was replaced by a shorter one; ids keep posts from counting twice
        growing, offset, number = _Growing(), before["bytes"], before["lines"]
        damage: list[Exception] = []
        last_page_at = number
        for line, complete in _up_to_damage(file, offset, damage):
            if not complete and not compressed and file != "-" and not _is_json(line):
                break
            number += 1
            offset += len(line)
            try:
                if line.strip():
                    growing.add(parse(line, self.clock()))
            except BadRecord as error:
                growing.problems.append(f"{file}:{number}: {error}")
            if number - last_page_at >= PAGE_LINES:
                done[file] = {"bytes": offset, "lines": number}
                yield growing.page(json.dumps(done))
                growing, last_page_at = _Growing(), number
        done[file] = {"bytes": offset, "lines": number, **({} if damage else signature)}
        yield growing.page(json.dumps(done))
        if damage:
            raise damage[0]


def _up_to_damage(file: str, offset: int, damage: list[Exception]) -> Iterator[tuple[bytes, bool]]:
    """Yield the whole lines that can be read; what ended the reading too early is left in ``damage``."""
    try:
        yield from read_lines(file, offset)
    except UNREADABLE as error:
        damage.append(error)


def read_lines(file: str, offset: int = 0) -> Iterator[tuple[bytes, bool]]:
    """Yield (line with its end, whether it has an end) from ``offset`` decompressed bytes on; ``-`` is standard input."""
    with _open(file) as stream:
        if offset:
            stream.seek(offset)
        while line := stream.readline(LONGEST_LINE):
            while not line.endswith(b"\n") and len(line) % LONGEST_LINE == 0 and (rest := stream.readline(LONGEST_LINE)):
                line += rest
            yield line, line.endswith(b"\n")


def records(file: str, now: datetime | None = None) -> Iterator[tuple[int, Record | BadRecord]]:
    """Yield (line number, record or what is wrong with the line) of one whole file; raises ``Unavailable``."""
    now = now or datetime.now(UTC)
    try:
        for number, (line, _complete) in enumerate(read_lines(file), start=1):
            if not line.strip():
                continue
            try:
                yield number, parse(line, now)
            except BadRecord as error:
                yield number, error
    except UNREADABLE as error:
        raise Unavailable("file", f"{file}: {_os_reason(error)}") from error


def parse(line: bytes | str, now: datetime) -> Record:
    """Return the record that ``line`` holds; raises ``BadRecord``. A post without a readable time is dated ``now``."""
    if len(line) > LONGEST_LINE:
        raise BadRecord(f"longer than {LONGEST_LINE:,} bytes")
    try:
        fields = json.loads(line.decode("utf-8-sig") if isinstance(line, bytes) else line)
    except UnicodeDecodeError:
        raise BadRecord("not UTF-8") from None
    except (ValueError, RecursionError):
        raise BadRecord("not JSON") from None
    if not isinstance(fields, dict):
        raise BadRecord("not a JSON object")
    if "gone" in fields:
        return _gone(fields, now)
    if "post" in fields:
        return _measurement(fields, now)
    return _post(fields, now)


def _gone(fields: dict[str, Any], now: datetime) -> Record:
    at = _time(fields.get("observed_at"))
    return Record(at, gone=Gone(_id(fields["gone"], "gone"), at or now))


def _measurement(fields: dict[str, Any], now: datetime) -> Record:
    at = _time(fields.get("observed_at"))
    counts = fields.get("engagement")
    if not isinstance(counts, dict):
        raise BadRecord("a measurement without engagement")
    return Record(at, engagement=_engagement(_id(fields["post"], "post"), at or now, counts))


def _post(fields: dict[str, Any], now: datetime) -> Record:
    if "id" not in fields:
        raise BadRecord("no id")
    if "text" not in fields:
        raise BadRecord("no text")
    if not isinstance(fields["text"], str | None):
        raise BadRecord("text is not a string")
    post_id = _id(fields["id"], "id")
    platform = _word(fields.get("platform")) or (post_id.split(":", 1)[0] if ":" in post_id else "unknown")
    at = _time(fields.get("created_at"))
    author = _author(fields.get("author"), platform)
    post = Post(
        id=post_id,
        platform=platform,
        text=clean_text(fields["text"] or ""),
        created_at=at or now,
        url=_word(fields.get("url")),
        author_id=author.id if author else None,
        language=_word(fields.get("lang")),
        reply_to=_word(fields.get("reply_to")),
        repost_of=_word(fields.get("repost_of")),
        quote_of=_word(fields.get("quote_of")),
        community=_word(fields.get("community")),
        time_precision=_precision(fields.get("time_precision"), at),
        about=_word(fields.get("watch")),
    )
    counts = fields.get("engagement")
    measured = _engagement(post_id, post.created_at, counts) if isinstance(counts, dict) else None
    return Record(at, post, author, measured if measured and _says_something(measured) else None)


def _id(value: object, key: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise BadRecord(f"{key} is not a name")
    return clean_text(value.strip())


def _word(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    return clean_text(value.strip()) or None


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**62:
        return None
    return int(value)


def _time(value: object) -> datetime | None:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            at = datetime.fromtimestamp(value, UTC)
        elif isinstance(value, str):
            at = datetime.fromisoformat(value)
        else:
            return None
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.year in YEARS else None


def _precision(value: object, at: datetime | None) -> Precision:
    if at is None:
        return Precision.SEEN
    return Precision.DAY if value == "day" else Precision.SECOND


def _author(value: object, platform: str) -> Author | None:
    if not isinstance(value, dict) or not (native := _word(value.get("id"))):
        return None
    author_id = native if native.startswith(f"{platform}:") else f"{platform}:{native}"
    return Author(author_id, platform, _word(value.get("handle")), _count(value.get("followers")))


def _engagement(post_id: str, at: datetime, counts: dict[str, Any]) -> Engagement:
    return Engagement(post_id, at, *(_count(counts.get(key)) for key in ("likes", "replies", "shares", "views")))


def _says_something(measured: Engagement) -> bool:
    return any(count is not None for count in (measured.likes, measured.replies, measured.shares, measured.views))


def _offsets(cursor: str | None) -> dict[str, dict[str, int]]:
    """Read a cursor; a file whose place cannot be read is read anew, which ids keep from counting twice."""
    return {file: place for file, place in remembered(cursor).items() if _is_place(place)}


def _is_place(place: object) -> bool:
    return isinstance(place, dict) and {"bytes", "lines"} <= place.keys() and all(isinstance(number, int) for number in place.values())


def _signature(file: str) -> dict[str, int]:
    """Size and age of a file, to know at once that nothing was added."""
    if file == "-":
        return {}
    stat = Path(file).stat()
    return {"size": stat.st_size, "mtime": stat.st_mtime_ns}


def _is_gzip(file: str) -> bool:
    """Whether a file is compressed, by its name or by its first bytes; those of a pipe cannot be looked at twice."""
    if file.endswith(".gz") or file == "-" or not Path(file).is_file():
        return file.endswith(".gz")
    with Path(file).open("rb") as stream:
        return stream.read(len(GZIP)) == GZIP


def _open(file: str) -> BinaryIO | gzip.GzipFile | io.BufferedReader:
    if file == "-":
        return _Stdin(sys.stdin.buffer)
    return gzip.open(file, "rb") if _is_gzip(file) else Path(file).open("rb")


class _Stdin(io.BufferedReader):
    """Standard input that stays open when the reader is done with it."""

    def __init__(self, stream: BinaryIO):
        super().__init__(stream)  # type: ignore[arg-type]

    def close(self) -> None:
        """Leave standard input to its owner."""
        self.detach()


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _os_reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)) or type(error).__name__
