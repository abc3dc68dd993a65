from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np
import pytest

from monitor.collectors.jsonl import BadRecord, records
from monitor.domain import TOPICS, Because, Forecast, Interval, Reach
from scripts.evaluation import incidents
from scripts.evaluation.simulator import HOURS, Laws, incident, memory_delays
from scripts.simulation.words import Writer, name_of, read, topic_of
from scripts.simulation.world import WATCH, Plan, simulate

ROOT = Path(__file__).resolve().parents[1]
PLAN = Plan(weeks=1, per_day=150, incidents=4, campaigns=1, bots=1, outages=2)


def test_incidents_have_the_sizes_the_design_measured() -> None:
    random = np.random.default_rng(1)
    spreads = [incident(random) for _ in range(900)]
    day = np.array([spread.people(np.array([86400.0]))[0] for spread in spreads])
    q10, q50, q90 = np.quantile(day, (0.1, 0.5, 0.9))
    assert 8 < q10 < 25
    assert 200 < q50 < 420
    assert 2300 < q90 < 5000
    crossed = [spread.seen_at[5999] / 3600 for spread in spreads if spread.seen_at.size >= 6000]
    assert 0.035 < len(crossed) / len(spreads) < 0.075
    assert 5 < np.median(crossed) < 10


def test_posts_follow_the_korean_day() -> None:
    random = np.random.default_rng(2)
    hours = np.zeros(24)
    for _ in range(500):
        spread = incident(random)
        clock = (spread.start_hour + spread.originals_at[1:] / 3600.0) % 24
        hours += np.histogram(clock, bins=24, range=(0, 24))[0]
    assert hours[3:6].sum() < hours[19:22].sum()
    assert HOURS.mean() == pytest.approx(1)


def test_shares_follow_the_memory_kernel() -> None:
    delays = memory_delays(40_000, np.random.default_rng(3))
    assert np.mean(delays < 300) == pytest.approx(0.195, abs=0.01)
    assert np.mean(delays < 3600) == pytest.approx(1 - 0.805 * 12**-0.242, abs=0.01)


def test_a_law_can_be_moved() -> None:
    assert Laws().scaled("followers", 2).followers == 2 * Laws().followers
    with pytest.raises(AttributeError):
        Laws().scaled("nonsense", 2)


LISTS = ("open", "close", "place", "car", "who")


def test_every_template_names_the_company_and_fills() -> None:
    lines = read()
    for (role, language), texts in lines.items():
        if role not in LISTS:
            assert all(("한울오토" if language == "ko" else "Hanul") in text for text in texts), role
    writer = Writer(Random(1))
    assert all("{" not in writer.text(role, language) for role, language in lines if role not in LISTS)


def test_every_topic_has_five_troubles_told_in_both_languages() -> None:
    lines = read()
    troubles = Writer(Random(1)).troubles()
    assert {role for role, language in lines if role.startswith("trouble:") and language == "en"} == set(troubles)
    told = Counter(topic_of(trouble) for trouble in troubles)
    assert set(told) == set(TOPICS)
    assert min(told.values()) >= 5
    assert len({name_of(trouble) for trouble in troubles}) == len(troubles)
    assert all(len(lines[trouble, "ko"]) >= 8 and len(lines[trouble, "en"]) >= 5 for trouble in troubles)


def test_no_two_troubles_are_told_in_the_same_words() -> None:
    words = {key: set(" ".join(texts).split()) for key, texts in read().items() if key[0].startswith("trouble:")}
    for first, second in combinations(words, 2):
        if first[1] == second[1] == "ko":
            assert len(words[first] & words[second]) < 0.25 * min(len(words[first]), len(words[second])), (first, second)


def test_a_place_is_one_town_in_both_languages() -> None:
    lines = read()
    assert len(lines["place", "ko"]) == len(lines["place", "en"]) == Writer(Random(1)).places
    both = dict(zip(lines["place", "ko"], lines["place", "en"], strict=True))
    assert (both["제주"], both["부산"], both["로테르담"]) == ("Jeju", "Busan", "Rotterdam")


def test_a_world_is_valid_sorted_repeatable_and_labelled(tmp_path: Path) -> None:
    lines, truth = simulate(PLAN, 7)
    assert (lines, truth) == simulate(PLAN, 7)
    assert lines != simulate(PLAN, 8)[0]
    file = tmp_path / "posts.jsonl"
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    read_back = [record for _, record in records(str(file), datetime(2027, 1, 1, tzinfo=UTC))]
    assert len(read_back) == len(lines)
    assert not any(isinstance(record, BadRecord) for record in read_back)
    times = [line.get("created_at") or line["observed_at"] for line in lines]
    assert times == sorted(times)
    assert truth["watch"] == WATCH
    known = {line["id"] for line in lines if "id" in line}
    assert len(known) == sum("id" in line for line in lines)
    assert all(line["post"] in known for line in lines if "post" in line)
    for start, end in truth["gaps"]:
        assert not any(start <= line["created_at"] < end for line in lines if "id" in line)
    for one in truth["incidents"]:
        assert one["onset_at"] <= one["burst_at"] <= one["end_at"]
        assert not any(start <= one["onset_at"] < end for start, end in truth["quiet"])


def test_an_incidents_counts_only_grow() -> None:
    lines, _ = simulate(PLAN, 7)
    views: dict[str, int] = {}
    for line in lines:
        if "post" in line and line["engagement"]["views"] is not None:
            assert line["engagement"]["views"] >= views.get(line["post"], 0)
            views[line["post"]] = line["engagement"]["views"]
    assert max(views.values()) > 500


def test_the_command_writes_packed_records(tmp_path: Path) -> None:
    out, labels = tmp_path / "s.jsonl.gz", tmp_path / "s.json"
    command = [sys.executable, str(ROOT / "scripts" / "simulate"), "--out", str(out), "--labels", str(labels), "--weeks", "0.3"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert sum(1 for _ in records(str(out), datetime(2027, 1, 1, tzinfo=UTC))) > 300
    assert "incidents" in json.loads(labels.read_text(encoding="utf-8"))


def test_incidents_are_foretold_better_than_by_a_fixed_count() -> None:
    report = incidents.report(90, 3, Laws(), 0.0)
    rules = report["rules"]
    assert isinstance(rules, dict)
    ours, half = rules["p >= 0.5"], rules["reach >= 3000"]
    assert ours["precision"] >= half["precision"]
    assert ours["recall"] >= 0.7
    decided = rules[incidents.DECIDED]
    assert decided["recall"] >= ours["recall"]
    assert decided["lead_50"] >= ours["lead_50"]
    assert decided["precision_95"][0] < decided["precision"] < decided["precision_95"][1]


def test_the_product_speaks_once_of_an_incident() -> None:
    desk = incidents.Desk()
    seen = Reach(Interval(900.0, 1000.0, 1100.0), 1.0, Because("reach_measured"))
    spoken = []
    for minutes, chance in ((10, 0.05), (20, 0.3), (30, 0.4), (40, 0.1)):
        at = incidents.START + timedelta(minutes=minutes)
        ahead = Forecast({}, chance, at + timedelta(hours=4), None, None, Because("forecast_possible"))
        spoken.append(desk.notifies(at, 4, seen, ahead))
    assert spoken == [False, True, False, False]


def test_every_number_of_the_simulator_is_doubted(capsys: pytest.CaptureFixture[str]) -> None:
    doubted = incidents.doubted(1, 3, 0.0)
    assert len(doubted) == 1 + 2 * (len(fields(Laws)) - len(incidents.UNMOVED))
    assert {"as assumed", "originals x 2", "view_minutes x 0.5"} <= set(doubted)
    assert len(capsys.readouterr().err.splitlines()) == len(doubted)


@pytest.mark.parametrize(
    ("option", "why"),
    [("--factor=nonsense=2", "followers"), ("--factor=followers=x", "factor"), ("--weeks=0", "from a day"), ("--weeks=nan", "from a day")],
)
def test_wrong_numbers_are_told_without_a_traceback(tmp_path: Path, option: str, why: str) -> None:
    command = [sys.executable, str(ROOT / "scripts/simulate"), "--out", str(tmp_path / "s.jsonl"), option]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and why in done.stderr and "Traceback" not in done.stderr
