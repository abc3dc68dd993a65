"""The company's own events: taken in from anywhere, shown where they fit, told once before anybody complains."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import MONDAY, World

from monitor import signals
from monitor.cli import cli
from monitor.config.sections import Guide, Playbook, Signals
from monitor.decode import Location
from monitor.domain import Severity
from monitor.errors import MonitorError
from monitor.pipeline.foretelling import foretell
from monitor.store import Store

NOW = MONDAY + timedelta(hours=3)
RECORD = {
    "id": "v1",
    "at": "2026-03-02T10:00:00+09:00",
    "kind": "vessel_late",
    "text": "리더호 입항 12시간 지연",
    "topic": "delivery_delay",
    "place": "평택항",
    "ends_at": "2026-03-03T10:00:00+09:00",
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    with Store.open(tmp_path / "s.db") as opened:
        yield opened  # type: ignore[misc]


def test_taking_twice_changes_nothing_and_a_correction_takes_the_place(store: Store) -> None:
    assert signals.take(store, [RECORD], NOW) == signals.Taken(1, 1)
    assert signals.take(store, [RECORD], NOW) == signals.Taken(1, 0)
    signals.take(store, [RECORD | {"text": "14시간 지연"}], NOW)
    (kept,) = store.signals.between(NOW - timedelta(days=1), NOW)
    assert (kept.text, kept.place, kept.at) == ("14시간 지연", "평택항", MONDAY + timedelta(hours=1))


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ([], "no JSON object"),
        ({"secret": "hunter2", "kind": "x"}, "unknown key"),
        ({"id": "1"}, "needs kind or text"),
        ({"kind": "x", "at": "2026-03-02T10:00:00"}, "zone"),
        ({"kind": "x", "at": 5}, "zone"),
        ({"kind": "x", "at": "9999-12-31T23:59:59-23:00"}, "at "),
        ({"kind": ["x"]}, "must be text"),
        ({"kind": "x", "at": "2026-03-02T10:00:00Z", "ends_at": "2026-03-01T10:00:00Z"}, "before at"),
    ],
)
def test_what_is_no_event_is_told_and_left_out(store: Store, record: object, why: str) -> None:
    taken = signals.take(store, [record, RECORD], NOW)
    assert taken.records == 1
    assert why in taken.problems[0] and "hunter2" not in taken.problems[0]


def test_words_are_cleaned_and_cut(store: Store) -> None:
    signals.take(store, [{"kind": "a\x1b[31mb\u202e", "text": "x" * 5000}], NOW)
    (kept,) = store.signals.untold()
    assert kept.kind == "ab" and len(kept.text) == 1000


def test_a_watched_folder_is_read_when_it_changes(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    file = folder / "events.jsonl"
    file.write_text(json.dumps(RECORD) + "\nnonsense\n[[[[\n", encoding="utf-8")
    taken = signals.sweep(store, folder, NOW)
    assert (taken.new, len(taken.problems)) == (1, 2)
    assert signals.sweep(store, folder, NOW) == signals.Taken(0, 0)
    file.write_text(json.dumps(RECORD) + "\n" + json.dumps(RECORD | {"id": "v2"}) + "\n", encoding="utf-8")
    assert signals.sweep(store, folder, NOW).new == 1
    (folder / "broken.jsonl").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in signals.sweep(store, folder, NOW).problems[0]
    with pytest.raises(MonitorError):
        signals.take_file(store, tmp_path / "nowhere.jsonl", NOW)


def with_playbook(world: World) -> None:
    guide = Guide(
        ("전화한다",), "", ("곧 됩니다",), "{company}입니다. {place} 도착이 늦어집니다. 새 예정은 {time}이고 까닭은 {reason}입니다."
    )
    settings = replace(world.parts.settings, playbooks=(Playbook("delivery_delay", "운송관제팀", guide),))
    world.parts = replace(world.parts, settings=settings)


def notices(world: World) -> list[object]:
    return [row.message for row in world.store.outbox.list(everything=True) if row.message.thread.startswith("signal-")]


def test_customers_are_told_first_once(world: World) -> None:
    with_playbook(world)
    signals.take(world.store, [RECORD], NOW)
    foretell(world.store, world.parts, NOW)
    foretell(world.store, world.parts, NOW + timedelta(minutes=1))
    (message,) = notices(world)
    (reply,) = message.replies  # type: ignore[attr-defined]
    assert "한울오토입니다. 평택항 도착이 늦어집니다. 새 예정은 3월 3일 10:00이고 까닭은 {reason}" in reply.text
    assert message.never == ("곧 됩니다",) and message.severity is Severity.MODERATE  # type: ignore[attr-defined]
    assert message.stage is not None and "1단계" in message.stage.question  # type: ignore[attr-defined]


def test_a_wave_of_events_is_one_message(world: World) -> None:
    with_playbook(world)
    signals.take(world.store, [RECORD | {"id": f"v{n}"} for n in range(60)], NOW)
    foretell(world.store, world.parts, NOW)
    signals.take(world.store, [RECORD | {"id": "late"}], NOW)
    foretell(world.store, world.parts, NOW + timedelta(minutes=5))
    assert len(notices(world)) == 1
    foretell(world.store, world.parts, NOW + timedelta(minutes=61))
    assert len(notices(world)) == 2


@pytest.mark.parametrize("wrong", [{"ends_at": "2026-03-02T10:30:00+09:00"}, {"at": "2026-02-20T10:00:00+09:00", "ends_at": None}])
def test_what_is_over_is_no_news(world: World, wrong: dict[str, object]) -> None:
    with_playbook(world)
    signals.take(world.store, [RECORD | wrong], NOW)
    foretell(world.store, world.parts, NOW)
    assert notices(world) == [] and world.store.signals.untold() == []


def test_what_customers_complain_about_already_is_shown_there_instead(world: World) -> None:
    with_playbook(world)
    world.now = NOW
    for n in range(4):
        world.post(f"차가 평택항에서 안 와요! 며칠째 {n} topic=delivery_delay")
    world.tick()
    signals.take(world.store, [RECORD], world.now)
    foretell(world.store, world.parts, world.now)
    assert world.store.incidents.live() and notices(world) == []


def test_the_folder_is_part_of_the_pass(world: World, tmp_path: Path) -> None:
    (tmp_path / "now.jsonl").write_text(json.dumps(RECORD), encoding="utf-8")
    world.parts = replace(world.parts, settings=replace(world.parts.settings, signals=Signals(Location(tmp_path))))
    assert foretell(world.store, world.parts, NOW).done == 2
    assert foretell(world.store, world.parts, NOW).skipped


def test_verbs_take_in_and_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "events.jsonl"
    file.write_text(json.dumps({"kind": "outage", "text": "앱 로그인 장애", "topic": "app_website"}) + "\nbroken\n", encoding="utf-8")
    runner = CliRunner()
    added = runner.invoke(cli, ["signal", "add", str(file), "--database", "m.db"], standalone_mode=False)
    assert added.exception is None and "1건" in added.output and "record 2" in added.stderr
    piped = runner.invoke(cli, ["signal", "add", "-", "--database", "m.db"], input=io.BytesIO(b'{"kind":"late"}\n'), standalone_mode=False)
    assert piped.exception is None
    listed = runner.invoke(cli, ["signal", "list", "--json", "--database", "m.db"], standalone_mode=False)
    assert sorted(json.loads(line)["kind"] for line in listed.stdout.splitlines()) == ["late", "outage"]
    wrong = runner.invoke(cli, ["signal", "add", "-", "--database", "m.db"], input="nothing\n", standalone_mode=False)
    assert isinstance(wrong.exception, MonitorError)
