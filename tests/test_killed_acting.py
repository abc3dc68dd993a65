"""Killed (SIGKILL) at every commit while staff act and the living message follows: done once, and in the end shown as it is."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import MONDAY, Words, parts_for
from test_killed import TROUBLES, child, state, without_attempts, write_posts

from monitor import actions
from monitor.collectors.jsonl import JsonLines, Options
from monitor.config import Settings
from monitor.domain import Message
from monitor.pipeline import Pipeline
from monitor.store import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")

TICKS = 6
DEEDS = {2: ("kim", "acknowledge"), 3: ("lee", "assign"), 4: ("lee", "handled")}


class Board:
    """A channel that survives us: what it shows under each handle, and how often it made a sound, are files."""

    updates = True

    def __init__(self, folder: Path):
        self.folder = folder

    def send(self, message: Message, previous: str | None) -> str | None:
        with (self.folder / "sounds").open("a") as stream:
            stream.write(message.dedup_key + "\n")
        return self._show(message, previous or message.thread)

    def update(self, message: Message, handle: str) -> None:
        self._show(message, handle)

    def _show(self, message: Message, handle: str) -> str:
        seen = {
            "badge": message.badge,
            "facts": [fact.value for fact in message.facts],
            "buttons": [str(one.action) for one in message.buttons],
        }
        (self.folder / "shown").write_text(json.dumps(seen))
        return handle


def attend(folder: Path, settings: Settings) -> None:
    """Some ticks in which staff are told and answer; a restarted process does the same again from the tick in which the last one died."""
    os.chdir(folder)
    clock = folder / "clock"
    parts = parts_for(settings, None)  # type: ignore[arg-type]
    parts = replace(parts, classifier=Words(), notifiers=dict.fromkeys(parts.notifiers, Board(folder)))
    with Store.open(folder / "monitor.db") as store:
        pipeline = Pipeline(store, parts)
        for tick in range(int(clock.read_text()) if clock.exists() else 0, TICKS):
            clock.write_text(str(tick))
            now = MONDAY + timedelta(minutes=26 + 12 * tick)
            if tick in DEEDS:
                who, deed = DEEDS[tick]
                number = next(incident.id for incident in store.incidents.all() if incident.alerted_at)
                actions.act(store, settings, deed, number, who, "cli", now)
            pipeline.collect("file", JsonLines("file", Options("posts.jsonl"), clock=lambda now=now: now), now)
            pipeline.tick(now)


def test_killed_anywhere_what_staff_did_is_done_once_and_shown(tmp_path: Path, settings: Settings) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    write_posts(whole)
    commits = child(whole, settings, None, before=False, life=attend)
    expected, shown = state(whole / "monitor.db"), json.loads((whole / "shown").read_text())
    sounds = (whole / "sounds").read_text().split()
    assert any("lee" in row and "resolved" in row for row in map(str, expected["audit"])), "staff did something, or nothing is proven"
    assert any('"living_' in str(row) or "/living_" in str(row) for row in expected["notifications"])
    assert shown["buttons"] == [] and len(TROUBLES) > 3
    for die_at in range(1, commits + 1):
        folder = tmp_path / str(die_at)
        folder.mkdir()
        write_posts(folder)
        child(folder, settings, die_at, before=die_at % 2 == 0, life=attend)
        child(folder, settings, None, before=False, life=attend)
        assert without_attempts(state(folder / "monitor.db")) == without_attempts(expected), f"killed at commit {die_at}"
        assert json.loads((folder / "shown").read_text()) == shown, f"killed at commit {die_at}"
        heard = (folder / "sounds").read_text().split()
        assert set(heard) == set(sounds) and len(heard) <= len(sounds) + 1
