"""Plays a cassette of ``scripts/record-cassette``: each recorded call once, the one that fits the request best."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.platforms.stub import Answer, Asked, Clock, Stub


class Cassette(Stub):
    """A platform that says what the real one said. ``left``: the calls not asked for yet."""

    def __init__(self, file: Path, clock: Clock | None = None):
        super().__init__(clock)
        self.left: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["calls"]

    def answer(self, asked: Asked) -> Answer:
        fitting = [call for call in self.left if (call["method"], call["path"]) == (asked.method, asked.path)]
        if not fitting:
            return Answer.of({"error": f"not on the cassette: {asked.method} {asked.path}"}, 404)
        call = max(fitting, key=lambda one: len(one["query"].items() & asked.query.items()))
        self.left.remove(call)
        return Answer(call["status"], call["headers"], call["answer"].encode())
