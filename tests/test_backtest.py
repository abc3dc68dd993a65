"""The back-test: several settings beside one replay, counted and written as a page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import MONDAY, World
from test_replay import record, run, week, write

from monitor import messages
from monitor.messages.backtest import Trial, config_lines, sheet
from monitor.replay import backtest
from monitor.replay.settings import Lane, settings_to_try

EVIL = "<script>alert(1)</script>"


def troubled(world: World, lanes: list[Lane]) -> None:
    """Quiet days, then two troubles; every lane sees each decision."""
    world.quiet_days(10)
    for topic in ("safety", "privacy"):
        for n in range(7):
            post = world.post(f"{topic} {EVIL} 큰일! {n} topic={topic}", author=f"{topic}{n}", followers=900, language="ko")
            world.measure(post, views=500 + 90 * n, likes=20, replies=8, shares=6)
            world.pass_time(minutes=3)
            world.tick()
        world.pass_time(days=2)
    for judgement in world.judgements:
        assert judgement.situation is not None
        for lane in lanes:
            lane.judge(judgement.situation)


def lanes_of(world: World) -> list[Lane]:
    return [Lane.of(setting, world.parts.settings) for setting in settings_to_try(world.parts.settings)]


def test_what_is_configured_is_tried_with_its_neighbours(world: World) -> None:
    tried = settings_to_try(world.parts.settings)
    assert [(one.notifications, one.stricter, one.current) for one in tried] == [
        (7, 4, False), (7, 2, False), (3, 1, False), (7, 1, True), (14, 1, False), (28, 1, False),
    ]  # fmt: skip
    budget = replace(world.parts.settings.budget, notifications_per_week=5.0)
    own = settings_to_try(replace(world.parts.settings, budget=budget))
    assert [one.notifications for one in own if one.stricter == 1] == [3, 5, 7, 14, 28]
    assert [one.notifications for one in own if one.current] == [5]


def test_the_lane_of_the_current_setting_says_what_was_said(world: World) -> None:
    lanes = lanes_of(world)
    troubled(world, lanes)
    said = [(j.decision.at, j.decision.incident_id, j.decision.reason) for j in world.judgements if j.decision.notify]
    current = next(lane for lane in lanes if lane.setting.current)
    assert said
    assert [(d.at, d.incident_id, d.reason) for d in current.spoken] == said


def test_a_smaller_budget_never_says_more(world: World) -> None:
    lanes = lanes_of(world)
    troubled(world, lanes)
    said = [len(lane.spoken) for lane in lanes if lane.setting.stricter == 1]
    assert said == sorted(said)
    strict = {lane.setting.stricter: len(lane.first) for lane in lanes if lane.setting.notifications == 7}
    assert strict[4] <= strict[2] <= strict[1]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_is_one_file_without_anything_to_load_and_everything_is_escaped(world: World, language: str) -> None:
    lanes = lanes_of(world)
    troubled(world, lanes)
    span = (MONDAY, world.now)
    labels = {
        "incidents": [{"id": "a", "onset_at": "2026-03-12T00:00:00Z"}],
        "quiet": [["2026-03-02T00:00:00Z", "2026-03-11T00:00:00Z"]],
    }
    found = backtest.backtest(world.store, lanes, span, labels)
    current = next(trial for trial in found.trials if trial.current)
    assert (current.labelled, current.hits) == (1, 1)
    reader = messages.Reader(language, world.parts.settings.zone, world.now)
    page = backtest.page(found, world.store.scores.complaint_times(), [], labels, reader)
    assert page == backtest.page(found, world.store.scores.complaint_times(), [], labels, reader)
    assert "<script" not in page and "&lt;script&gt;" in page
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)
    assert "<svg" in page and page.count("<table") == 2
    assert ("한 주에" in page) == (language == "ko")


def trial(notifications: float, alerts: int, found: int, lead: float | None = 3600, **more: object) -> Trial:
    made = Trial(notifications, 1.0, 1.0, notifications == 7, [MONDAY] * alerts, alerts / 4, 5, found, lead)
    return replace(made, **more)  # type: ignore[arg-type]


def test_the_quietest_setting_that_finds_everything_is_suggested() -> None:
    assert backtest.suggested([trial(3, 8, 4), trial(7, 12, 5), trial(14, 20, 5)]).notifications == 7  # type: ignore[union-attr]
    late = [trial(3, 8, 5, 600), trial(7, 12, 5, 3600)]
    assert backtest.suggested(late).notifications == 7, "found, but hardly before it was too late"  # type: ignore[union-attr]
    assert backtest.suggested([trial(3, 8, 5), trial(7, 8, 5)]).notifications == 7, "no reason to change"  # type: ignore[union-attr]
    assert backtest.suggested([trial(3, 8, 0, None, crossings=0)]) is None


def test_the_suggestion_can_be_copied() -> None:
    strict = trial(7, 8, 5, stricter=4.0)
    import tomllib

    found = tomllib.loads("\n".join(config_lines(strict)))
    assert found == {"budget": {"notifications_per_week": 7}, "emergence": {"false_alarms_per_week": 0.25}}


def test_the_verb_writes_it_and_says_the_same_as_without(tmp_path: Path) -> None:
    odd = [record(900, MONDAY + timedelta(days=1), f"한울오토 {EVIL}")]
    file = write(tmp_path / "week.jsonl", week() + odd)
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({"incidents": [{"id": "a", "onset_at": "2026-03-11T00:00:00Z"}], "quiet": []}), encoding="utf-8")
    plain = run(file, "--watch", "한울오토", "--any", "한울오토", "--json")
    out = tmp_path / "out.html"
    told = run(file, "--watch", "한울오토", "--any", "한울오토", "--json", "--report", out)
    assert told.stdout == plain.stdout
    page = out.read_text(encoding="utf-8")
    assert "정답 파일이 없어" in page or "Without labels" in page
    assert "<script" not in page


def test_an_empty_history_gives_an_honest_page(tmp_path: Path) -> None:
    file = write(tmp_path / "none.jsonl", [])
    out = tmp_path / "out.html"
    run(file, "--watch", "한울오토", "--json", "--report", out)
    assert "재생할 글이 없습니다" in out.read_text(encoding="utf-8") or "no post" in out.read_text(encoding="utf-8")


def test_the_words_say_how_few_events_it_rests_on(world: World) -> None:
    found = backtest.Backtest(MONDAY, MONDAY + timedelta(days=28), 100, 20, [trial(7, 4, 5)], [], trial(7, 4, 5), (0.57, 1.0), 3.0, 1.0)
    told = sheet(found, "en", world.parts.settings.zone)
    assert any("rests on 5 events" in line and "57%" in line for part in told.parts for line in part.lines)


def test_what_a_monitor_has_collected_can_be_replayed(tmp_path: Path) -> None:
    counted = {"post": "x:200", "observed_at": "2026-03-11T01:00:00Z", "engagement": {"views": 4000, "likes": 50}}
    file = write(tmp_path / "week.jsonl", [*week(), counted])
    kept = tmp_path / "kept.db"
    about = ("--watch", "한울오토", "--any", "한울오토", "--json")
    once = run(file, *about, "--database", kept)
    again = run(kept, *about, "--from-store")
    assert again.stdout == once.stdout
