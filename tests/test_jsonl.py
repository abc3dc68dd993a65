from __future__ import annotations

import gzip
import io
import json
import os
import sys
import threading
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.collectors import Page
from monitor.collectors.jsonl import BadRecord, JsonLines, Options, parse, records
from monitor.domain import Precision
from monitor.errors import Unavailable
from scripts.evaluation import classifier

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def line(number: int, **more: object) -> str:
    return json.dumps({"id": f"x:{number}", "text": f"post {number}", "created_at": "2026-03-01T11:00:00Z", **more}) + "\n"


def collector(path: Path | str) -> JsonLines:
    return JsonLines("file", Options(str(path)), clock=lambda: NOW)


def walk(path: Path | str, cursor: str | None = None) -> tuple[list[str], list[str], str | None]:
    ids, problems = [], []
    for page in collector(path).pages(cursor):
        ids += [post.id for post in page.posts]
        problems += page.problems
        cursor = page.cursor or cursor
    return ids, problems, cursor


def test_a_growing_file_is_read_once_and_an_unfinished_line_waits(tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl"
    file.write_text(line(1) + line(2) + line(3)[:-20])
    ids, problems, cursor = walk(file)
    assert (ids, problems) == (["x:1", "x:2"], [])
    with file.open("a") as stream:
        stream.write(line(3)[-20:] + line(4))
    assert walk(file, cursor)[:2] == (["x:3", "x:4"], [])


def test_the_last_line_needs_no_end_if_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl"
    file.write_text(line(1).rstrip())
    ids, _, cursor = walk(file)
    assert ids == ["x:1"]
    with file.open("a") as stream:
        stream.write("\n" + line(2))
    assert walk(file, cursor)[0] == ["x:2"]


def test_dying_after_any_page_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl"
    file.write_text("".join(line(number) for number in range(2_500)))
    pages: list[Page] = list(collector(file).pages(None))
    assert len(pages) == 3
    for survived in range(len(pages)):
        kept = [post.id for page in pages[: survived + 1] for post in page.posts]
        rest, _, _ = walk(file, pages[survived].cursor)
        assert kept + rest == [f"x:{number}" for number in range(2_500)]


def test_a_directory_with_gzip_and_a_new_file(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(line(1))
    with gzip.open(tmp_path / "b.jsonl.gz", "wt") as stream:
        stream.write(line(2))
    (tmp_path / "notes.txt").write_text("not ours")
    ids, _, cursor = walk(tmp_path)
    assert ids == ["x:1", "x:2"]
    (tmp_path / "c.jsonl").write_text(line(3))
    ids, _, cursor = walk(tmp_path, cursor)
    assert ids == ["x:3"]
    assert walk(tmp_path, cursor)[0] == []


def test_gzip_is_known_by_its_first_bytes_where_the_name_does_not_say_so(tmp_path: Path) -> None:
    for name in ("posts.jsonl", "posts"):
        file = tmp_path / name
        file.write_bytes(gzip.compress((line(1) + line(2)).encode()))
        ids, problems, cursor = walk(file)
        assert (ids, problems) == (["x:1", "x:2"], [])
        file.write_bytes(gzip.compress((line(1) + line(2) + line(3)).encode()))
        assert walk(file, cursor)[0] == ["x:3"]
        assert [number for number, _ in records(str(file))] == [1, 2, 3]
        assert [row["text"] for row in classifier.read(file)] == ["post 1", "post 2", "post 3"]


def test_nothing_of_a_pipe_is_lost_to_looking_at_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(line(1) + line(2),), daemon=True)
    writer.start()
    assert [number for number, record in records(str(pipe)) if not isinstance(record, BadRecord)] == [1, 2]
    writer.join()


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO((line(1) + line(2)).encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    assert walk("-")[0] == ["x:1", "x:2"]
    assert not stream.buffer.closed


def test_a_broken_line_is_told_with_file_and_number_and_nothing_else_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl"
    file.write_bytes(line(1).encode() + b"{broken\n" + b'{"id": "x:9"}\n' + b"[1]\n" + b'{"id":"x:8","text":"\xff"}\n' + line(2).encode())
    ids, problems, _ = walk(file)
    assert ids == ["x:1", "x:2"]
    assert problems == [f"{file}:2: not JSON", f"{file}:3: no text", f"{file}:4: not a JSON object", f"{file}:5: not UTF-8"]


def test_a_file_that_was_replaced_by_a_shorter_one_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl"
    file.write_text(line(1) + line(2))
    _, _, cursor = walk(file)
    file.write_text(line(3))
    assert walk(file, cursor)[0] == ["x:3"]


@pytest.mark.parametrize("path", ["missing.jsonl", "broken.jsonl.gz"])
def test_what_cannot_be_read_is_unavailable(tmp_path: Path, path: str) -> None:
    (tmp_path / "broken.jsonl.gz").write_bytes(b"no gzip at all")
    with pytest.raises(Unavailable):
        walk(tmp_path / path)
    with pytest.raises(Unavailable):
        list(records(str(tmp_path / path)))


def test_a_cut_gzip_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    whole = gzip.compress("".join(line(number) for number in range(5_000)).encode())
    file = tmp_path / "cut.jsonl.gz"
    file.write_bytes(whole[: len(whole) // 2])
    pages = collector(file).pages(None)
    seen = 0
    with pytest.raises(Unavailable):
        for page in pages:
            seen += len(page.posts)
    assert seen >= 1_000


def test_every_field_may_be_null_or_odd() -> None:
    record = parse(
        json.dumps(
            {
                "id": 7,
                "text": None,
                "author": {"id": "h:1", "followers": "many"},
                "created_at": "yesterday",
                "engagement": {"likes": True, "replies": -1, "shares": 3.0, "views": None},
                "lang": 5,
                "url": "",
            }
        ),
        NOW,
    )
    post = record.post
    assert post is not None
    assert (post.id, post.platform, post.text, post.created_at, post.time_precision) == ("7", "unknown", "", NOW, Precision.SEEN)
    assert (post.language, post.url, post.author_id) == (None, None, "unknown:h:1")
    assert record.author is not None
    assert record.author.followers is None
    assert record.engagement is not None
    assert (record.engagement.likes, record.engagement.replies, record.engagement.shares) == (None, None, 3)


def test_text_is_composed_and_storable() -> None:
    text = unicodedata.normalize("NFD", "배송 지연") + "\0\ud800"
    post = parse(json.dumps({"id": "a:1", "text": text}), NOW).post
    assert post is not None
    assert post.text.startswith("배송 지연")
    post.text.encode()
    assert "\0" not in post.text


def test_measurements_and_deletions() -> None:
    measured = parse('{"post": "x:1", "observed_at": "2026-03-01T03:00:00Z", "engagement": {"likes": 5, "views": 10}}', NOW).engagement
    assert measured is not None
    assert (measured.post_id, measured.likes, measured.views, measured.replies) == ("x:1", 5, 10, None)
    gone = parse('{"gone": "x:1", "observed_at": "2026-03-01T03:00:00Z"}', NOW).gone
    assert gone is not None
    assert gone.observed_at == datetime(2026, 3, 1, 3, tzinfo=UTC)
    with pytest.raises(BadRecord, match="without engagement"):
        parse('{"post": "x:1"}', NOW)


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", -1, 1e15])
def test_a_time_out_of_this_world_is_none(time: object) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    record = parse(json.dumps({"id": "x:1", "text": "늦네요", "created_at": time}), now)
    assert record.at is None and record.post is not None and record.post.created_at == now


def test_naive_and_numeric_times_are_utc() -> None:
    for value in ('"2026-03-01T11:00:00"', '"2026-03-01T20:00:00+09:00"', "1772362800"):
        post = parse(f'{{"id": "x:1", "text": "a", "created_at": {value}}}', NOW).post
        assert post is not None
        assert post.created_at == datetime(2026, 3, 1, 11, tzinfo=UTC)


def test_what_stands_before_the_damage_is_not_lost(tmp_path: Path) -> None:
    whole = gzip.compress("".join(line(number) + "#" * 50 + "\n" for number in range(40)).encode())
    file = tmp_path / "cut.jsonl.gz"
    file.write_bytes(whole[:-12])
    kept: list[str] = []
    with pytest.raises(Unavailable):
        for page in collector(file).pages(None):
            kept += [post.id for post in page.posts]
    assert kept[:3] == ["x:0", "x:1", "x:2"]


def test_a_gzip_with_wrong_bits_is_unavailable(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress("".join(line(number) for number in range(50)).encode()))
    whole[10] = 0xFF  # a block type that does not exist
    file = tmp_path / "bits.jsonl.gz"
    file.write_bytes(bytes(whole))
    with pytest.raises(Unavailable):
        walk(file)
    with pytest.raises(Unavailable):
        list(records(str(file)))
