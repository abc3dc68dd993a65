"""Files of post records: no platform at all, but what every collector must do, they do too."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from monitor.collectors.jsonl import PAGE_LINES, JsonLines, Options
from tests.checks.collectors import WATCH, Rig
from tests.platforms.stub import Stub


@contextmanager
def rig() -> Iterator[Rig]:
    """A file that grows. The stub lends its clock only."""
    stub = Stub()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "posts.jsonl"
        file.touch()
        written: list[str] = []

        def publish(texts: Sequence[str], times: Sequence[datetime]) -> list[str]:
            ids = [f"file:{len(written) + place}" for place in range(len(texts))]
            lines = [
                json.dumps({"id": post_id, "text": text, "created_at": at.isoformat()})
                for post_id, text, at in zip(ids, texts, times, strict=True)
            ]
            with file.open("a", encoding="utf-8") as stream:
                stream.write("".join(line + "\n" for line in lines))
            written.extend(ids)
            return ids

        yield Rig("jsonl", stub, lambda: JsonLines("jsonl", Options(str(file)), (WATCH,), stub.clock), publish, page=PAGE_LINES)
