"""The demo's promise: the warning precedes the crossing, and nothing harmless is alerted; also with another seed, onset or language."""

from __future__ import annotations

import gzip
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor import assembly, config, demo, replay
from monitor.cli import cli
from monitor.config import Settings
from monitor.domain import NOTIFYING
from monitor.pipeline import Judgement
from monitor.store import Store

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from story import DEFAULT_ONSET, build

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def shipped() -> Settings:
    return config.load(config.template())


def retold(settings: Settings, folder: Path, **changes: Any) -> tuple[Any, list[Judgement], dict[int, set[str]]]:
    """Replay a story told differently; return its truth, what was alerted, and the roles of the posts in each alerted incident."""
    records, truth = build(**changes)
    file = folder / "story.jsonl"
    file.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    with Store.open(":memory:", durable=False, searchable=False) as store:
        run = replay.Replay(store, assembly.parts(settings, assembly.Kept()), replay.read(str(file)))
        spoken = [judgement for _, judgement in run.run() if judgement.decision.reason in NOTIFYING]
        numbers = {demo._now(store, judgement.incident.id) for judgement in spoken}
        told = {number: [truth.roles[judged.post.id] for judged, _ in store.incidents.members(number)] for number in numbers}
    return truth, spoken, {number: {role for role in roles if roles.count(role) > len(roles) / 10} for number, roles in told.items()}


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"seed": 2, "language": "ko"},
        {"seed": 3, "language": "en"},
        {"seed": 5, "language": "ko", "onset": DEFAULT_ONSET + timedelta(hours=7)},
    ],
    ids=["as shipped", "Korean", "English", "another hour"],
)
def test_the_warning_comes_an_hour_before_the_crossing_and_nothing_harmless_is_alerted(
    shipped: Settings, tmp_path: Path, changes: dict[str, Any]
) -> None:
    truth, spoken, roles = retold(shipped, tmp_path, **changes)
    assert spoken, "the incident must be alerted"
    assert truth.onset_at <= spoken[0].decision.at <= truth.crossed_at - HOUR
    assert all(found == {"incident"} for found in roles.values())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_without_the_incident_nothing_is_alerted(shipped: Settings, tmp_path: Path, seed: int) -> None:
    _, spoken, _ = retold(shipped, tmp_path, seed=seed, incident=False)
    assert [(judgement.decision.at, judgement.incident.title) for judgement in spoken] == []


def test_the_bundled_story_is_told_as_people_see_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(cli, ["demo", "--language", "en"], standalone_mode=False)
    assert told.exception is None, told.exception
    assert "The first alert came" in told.output
    assert "What was not said, and why" in told.output
    assert "<html" in Path("demo-alert.html").read_text(encoding="utf-8").lower()
    with Store.open("demo.db", readonly=True) as store:
        assert store.posts.search("scratch")
        alerted = [incident for incident in store.incidents.all(1000) if incident.alerted_at and incident.merged_into is None]
    assert len(alerted) == 1, "one trouble is one alert"
    incident = alerted[0]
    assert incident.crossed_at is not None
    assert incident.alerted_at is not None
    assert incident.alerted_at <= incident.crossed_at - HOUR
    why = CliRunner().invoke(cli, ["why", str(incident.id), "--database", "demo.db"], standalone_mode=False)
    assert "첫 알림" in why.output or "first" in why.output.lower()


def test_the_story_file_holds_no_hints() -> None:
    file = Path(demo.__file__).with_name(demo.STORY)
    known = {
        "id",
        "platform",
        "url",
        "author",
        "text",
        "lang",
        "created_at",
        "reply_to",
        "engagement",
        "community",
        "repost_of",
        "quote_of",
    }
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            assert set(row) <= known | {"time_precision"} or set(row) == {"post", "observed_at", "engagement"}
