"""The detector on bare counts: the evaluation command, and rates of false alarms and delays on simulated streams."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from conftest import SHARED

from scripts.evaluation import emergence
from scripts.evaluation.emergence_rules import RULES, Steps, alarms, first_alarm
from scripts.evaluation.emergence_shared import bayes
from scripts.evaluation.emergence_simulated import FIT, RATES, Stream, at_one_a_week, delays, false_alarms
from scripts.evaluation.lanes import WEEK

T0 = datetime(2026, 3, 2, tzinfo=UTC)


def series(path: Path, counts: list[float], step: timedelta = timedelta(minutes=5)) -> Path:
    lines = [f"{(T0 + n * step).strftime('%Y-%m-%dT%H:%M:%SZ')},{count:g}\n" for n, count in enumerate(counts)]
    text = "at,count\n" + "".join(lines)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def table(path: Path) -> list[dict[str, str]]:
    blob = path.read_bytes()
    return list(csv.DictReader((gzip.decompress(blob) if path.suffix == ".gz" else blob).decode().splitlines()))


def judged(tmp_path: Path, counts: list[float], step: timedelta = timedelta(minutes=5)) -> list[dict[str, str]]:
    out = tmp_path / "out.csv"
    assert emergence.main(["--counts", str(series(tmp_path / "in.csv", counts, step)), "--out", str(out)]) == 0
    return table(out)


def quiet(length: int, mean: float, seed: int = 1) -> list[float]:
    return np.random.default_rng(seed).poisson(mean, length).astype(float).tolist()


@pytest.mark.parametrize(
    ("step", "mean", "factor"),
    [
        (timedelta(minutes=1), 0.5, 20),
        (timedelta(minutes=5), 3.0, 6),
        (timedelta(minutes=7), 3.0, 6),
        (timedelta(hours=1), 6.0, 6),
        (timedelta(hours=6), 6.0, 6),
        (timedelta(days=1), 4.0, 8),
        (timedelta(days=7), 4.0, 8),
    ],
)
def test_a_rise_alarms_at_every_spacing(tmp_path: Path, step: timedelta, mean: float, factor: float) -> None:
    before = max(120, round(timedelta(days=6) / step))
    rows = judged(tmp_path, quiet(before, mean) + quiet(12, mean * factor, seed=2) + quiet(12, mean, seed=3), step)
    alarms = [n for n, row in enumerate(rows) if row["alarm"] == "1"]
    assert alarms and before <= alarms[0] < before + 12
    assert len(alarms) <= 2


def test_rows_come_back_as_they_were_with_evidence_between_0_and_1(tmp_path: Path) -> None:
    counts = [*quiet(2000, 2.5), *[40.25] * 6, *quiet(100, 2.5, seed=5)]
    source = series(tmp_path / "in.csv.gz", counts)
    out = tmp_path / "out.csv.gz"
    assert emergence.main(["--counts", str(source), "--out", str(out)]) == 0
    given = table(source)
    rows = table(out)
    assert [row["at"] for row in rows] == [row["at"] for row in given]
    assert [float(row["count"]) for row in rows] == counts
    evidence = [float(row["evidence"]) for row in rows]
    assert all(0 <= value <= 1 for value in evidence)
    alarms = [n for n, row in enumerate(rows) if row["alarm"] == "1"]
    assert alarms == [2000] and max(evidence[:2000]) < evidence[2000]


def test_nothing_looks_ahead(tmp_path: Path) -> None:
    counts = quiet(1500, 1.5) + quiet(50, 20, seed=2) + quiet(400, 1.5, seed=3)
    whole = judged(tmp_path, counts)
    for length in (900, 1510, 1700):
        assert judged(tmp_path, counts[:length]) == whole[:length]


def test_an_outage_is_no_lull(tmp_path: Path) -> None:
    quiet_days = quiet(2016, 4.0)
    rows = judged(tmp_path, quiet_days + [0.0] * 600 + quiet(600, 4.0, seed=9))
    assert [row for row in rows if row["alarm"] == "1"] == []


@pytest.mark.parametrize("length", [30, 60, 72])
def test_zeros_of_an_outage_teach_nothing(tmp_path: Path, length: int) -> None:
    days, hour = quiet(900, 20.0), timedelta(hours=1)
    zeros, unknown = (judged(tmp_path, [*days[:480], *[count] * length, *days[480:]], hour)[480 + length :] for count in (0.0, np.nan))
    assert [row["alarm"] for row in zeros] == [row["alarm"] for row in unknown]
    assert [float(row["evidence"]) for row in zeros] == pytest.approx([float(row["evidence"]) for row in unknown], abs=1e-6)
    assert not any(row["alarm"] == "1" for row in zeros[:168])


def test_rows_in_any_order_are_judged_in_the_order_of_time(tmp_path: Path) -> None:
    source = series(tmp_path / "in.csv", quiet(1500, 3.0) + quiet(30, 40.0, seed=4))
    head, *lines = source.read_text(encoding="utf-8").splitlines()
    straight, mixed = tmp_path / "straight.csv", tmp_path / "mixed.csv"
    order = np.random.default_rng(3).permutation(len(lines))
    (tmp_path / "mixed_in.csv").write_text("\n".join([head, *(lines[place] for place in order)]) + "\n", encoding="utf-8")
    assert emergence.main(["--counts", str(source), "--out", str(straight)]) == 0
    assert emergence.main(["--counts", str(tmp_path / "mixed_in.csv"), "--out", str(mixed)]) == 0
    known = table(straight)
    assert any(row["alarm"] == "1" for row in known)
    assert table(mixed) == [known[place] for place in order]


def test_holes_and_wrong_counts_are_skipped(tmp_path: Path) -> None:
    source = series(tmp_path / "in.csv", quiet(1000, 3.0))
    lines = source.read_text(encoding="utf-8").splitlines()
    lines[500] = lines[500].split(",")[0] + ",nonsense"
    source.write_text("\n".join(lines[:600] + lines[800:]) + "\n", encoding="utf-8")
    out = tmp_path / "out.csv"
    assert emergence.main(["--counts", str(source), "--out", str(out)]) == 0
    rows = table(out)
    assert len(rows) == 800 and rows[499]["count"] == "" and not any(row["alarm"] == "1" for row in rows)


@pytest.mark.parametrize("text", ["", "time,value\n1,2\n", "at,count\nyesterday,3\n"])
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    assert emergence.main(["--counts", str(tmp_path / "in.csv"), "--out", str(tmp_path / "out.csv")]) == 2
    assert "in.csv" in capsys.readouterr().err
    assert emergence.main(["--counts", str(tmp_path / "none.csv"), "--out", str(tmp_path / "out.csv")]) == 2


def test_an_empty_series_gives_an_empty_answer(tmp_path: Path) -> None:
    assert judged(tmp_path, []) == []
    assert len(judged(tmp_path, [3.0])) == 1


@pytest.mark.parametrize("name", ["50/day", "5000/h"])
def test_false_alarms_stay_below_one_a_week_without_tuning(name: str) -> None:
    assert false_alarms(RATES[name], lanes=12, weeks=2) <= 1.0


def test_a_tenfold_rise_is_found_in_minutes() -> None:
    found = delays(RATES["500/day"], 10.0, 0.0, lanes=16, days=3)
    assert float(np.median(found)) <= 8


@pytest.mark.parametrize("name", RULES)
def test_simple_rules_answer_to_a_rise_and_not_to_the_past(name: str) -> None:
    rule, usual = RULES[name]
    counts = np.random.default_rng(1).poisson(1.0, (1, 144 * 40)).astype(float)
    risen = counts.copy()
    risen[:, 144 * 35 :] *= 30
    quiet, loud = rule(Steps(counts, 144)), rule(Steps(risen, 144))
    assert (quiet[:, : 144 * 35] == loud[:, : 144 * 35]).all()
    found = first_alarm(loud, usual, np.array([144 * 35]))[0]
    assert found < (144 * 2 if name.startswith("24 h") else 30)
    assert alarms(quiet, usual, 36).sum() <= 60


def test_bayes_gives_the_published_figures() -> None:
    folder = SHARED / "series" / "survstat"
    if not folder.is_dir():
        pytest.skip("no shared data")
    labels, hits, false = json.loads((folder / "labels.json").read_text()), 0, 0
    for name, label in labels.items():
        rows = emergence.read(folder / f"{name}.csv")
        for row, alarm in zip(rows, bayes([*rows[:208], *rows[:208], *rows])[416:], strict=True):
            hits += alarm and row.stamp in label["outbreak_weeks"]
            false += alarm and row.stamp not in label["outbreak_weeks"]
    assert (hits, false) == (117, 200)


def test_false_alarms_are_divided_by_all_the_time_they_are_counted_in() -> None:
    drawn = Stream(np.zeros((2, 10), np.uint16), np.array([(FIT + 5) * WEEK, (FIT + 6) * WEEK]), np.zeros((2, 10)), 5)
    assert drawn.weeks == pytest.approx(5 + 6)
    assert drawn.quiet_weeks == pytest.approx(5 + 5)


def test_delays_are_taken_between_the_thresholds_around_one_false_alarm_a_week() -> None:
    by_threshold = np.array([[10.0, 100.0], [20.0, 300.0], [40.0, 900.0]])
    assert at_one_a_week(by_threshold, [400, 200, 50], 100).tolist() == pytest.approx([30.0, 600.0])
    assert at_one_a_week(by_threshold, [400, 100, 50], 100).tolist() == pytest.approx([20.0, 300.0])
    assert at_one_a_week(by_threshold, [50, 20, 10], 100).tolist() == pytest.approx([10.0, 100.0])
    assert at_one_a_week(by_threshold, [900, 400, 200], 100).tolist() == pytest.approx([40.0, 900.0])
