from __future__ import annotations

import gzip
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import Because, Forecast, Interval, Reach
from monitor.forecast import HORIZONS, Case, Parameters, Point, adapted, outlook, predict, predictions, usual
from monitor.forecast.law import law
from monitor.forecast.series import signs
from monitor.messages import sentence
from monitor.messages.sentences.forecast import SENTENCES
from scripts.evaluation import forecast as evaluation
from scripts.evaluation import forecast_baselines as baselines
from scripts.evaluation import forecast_rivals as rivals

NOON = datetime(2026, 3, 2, 3, tzinfo=UTC)
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "cascades"
ORDER = ("1h", "6h", "24h")


def measured(people: float, width: float = 0.0) -> Reach:
    return Reach(Interval(people * math.exp(-width), people, people * math.exp(width)), 1.0, Because("reach_measured"))


def steady(per_hour: float, hours: float, every: float = 10, originals: int = 3) -> list[Point]:
    count = int(hours * 60 / every)
    return [Point(NOON + timedelta(minutes=every * n), per_hour * every * n / 60, originals) for n in range(1, count + 1)]


def ahead(history: Sequence[Point], people: float, hours: float, threshold: int = 6000, width: float = 0.0) -> Forecast:
    return predict(history, measured(people, width), NOON, NOON + timedelta(hours=hours), threshold)


def test_many_incidents_at_once_come_out_as_each_alone() -> None:
    at = NOON + timedelta(hours=5)
    cases = [
        Case(steady(people / 5, 5, originals=number % 4), measured(people, width).people, NOON + timedelta(minutes=number))
        for number, (people, width) in enumerate([(0.0, 0.0), (3.0, 0.4), (80.0, 1.0), (900.0, 0.0), (5_000.0, 0.7), (9_000.0, 0.2)] * 3)
    ]
    together = predictions(cases, at, 6000)
    assert together == [predict(one.history, Reach(one.people, 1.0, Because("reach_measured")), one.opened_at, at, 6000) for one in cases]
    assert len({str(found) for found in together}) > len(cases) / 2
    assert predictions([], at, 6000) == []


def test_totals_hold_today_and_rise_with_the_horizon() -> None:
    found = ahead(steady(200, 5), 1000, 5)
    assert list(found.horizons) == list(ORDER)
    for interval in found.horizons.values():
        assert 1000 <= interval.p10 <= interval.p50 <= interval.p90
    for level in ("p10", "p50", "p90"):
        rising = [getattr(found.horizons[name], level) for name in ORDER]
        assert rising == sorted(rising)


def test_faster_growth_and_lower_thresholds_are_likelier_to_cross() -> None:
    slow, fast = (ahead(steady(speed, 2), 2 * speed, 2).p_cross for speed in (50, 1200))
    assert slow < 0.1 < 0.5 < fast
    chances = [ahead(steady(300, 3), 900, 3, threshold=threshold).p_cross for threshold in (901, 1500, 3000, 6000, 60_000)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.9
    assert chances[-1] < 0.02


def test_once_crossed_it_is_certain_and_has_no_hour_to_come() -> None:
    found = ahead(steady(2000, 4), 8000, 4)
    assert found.p_cross == 1.0
    assert found.eta_at is found.eta_earliest_at is found.eta_latest_at is None
    assert found.because.code == "forecast_crossed"
    assert found.horizons["1h"].p50 >= 8000


def test_the_hour_of_crossing_lies_ahead_in_its_range() -> None:
    found = ahead(steady(1200, 3), 3600, 3)
    assert found.eta_at is not None and found.eta_earliest_at is not None and found.eta_latest_at is not None
    now = NOON + timedelta(hours=3)
    assert now < found.eta_earliest_at <= found.eta_at <= found.eta_latest_at <= now + timedelta(hours=24)
    sooner = ahead(steady(1800, 3), 5400, 3)
    assert sooner.eta_at is not None
    assert sooner.eta_at < found.eta_at


def test_an_end_in_sight_is_foreseen() -> None:
    still = [*steady(300, 2), Point(NOON + timedelta(hours=30), 600, 3)]
    assert ahead(still, 600, 30).horizons["24h"].p50 < 700
    assert ahead(still, 600, 30).p_cross < 0.01


def test_doubt_about_today_is_doubt_about_tomorrow() -> None:
    sure, unsure = ahead(steady(300, 3), 900, 3), ahead(steady(300, 3), 900, 3, width=1.0)
    assert unsure.horizons["1h"].p10 < sure.horizons["1h"].p10 < sure.horizons["1h"].p90 < unsure.horizons["1h"].p90


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_from_the_first_observations_on(count: int) -> None:
    history = [Point(NOON + timedelta(minutes=5 * n), 3.0 * n, 1) for n in range(1, count + 1)]
    found = predict(history, measured(3.0 * count), NOON, NOON + timedelta(minutes=5 * count), 6000)
    assert 0 <= found.p_cross < 0.2
    assert found.horizons["24h"].p90 > found.horizons["24h"].p50 >= 3 * count


def test_nothing_after_now_is_looked_at() -> None:
    history = steady(300, 3)
    later = [*history, Point(NOON + timedelta(hours=5), 50_000, 90)]
    assert ahead(history, 900, 3).horizons == ahead(later, 900, 3).horizons
    assert np.array_equal(
        signs(history, 900, NOON, NOON + timedelta(hours=3)),
        signs(later, 900, NOON, NOON + timedelta(hours=3)),
    )


def test_signs_read_speed_between_irregular_polls() -> None:
    dense = signs(steady(120, 4, every=1), 480, NOON, NOON + timedelta(hours=4))
    sparse = signs([Point(NOON + timedelta(minutes=m), 2.0 * m, 3) for m in (7, 61, 100, 199, 240)], 480, NOON, NOON + timedelta(hours=4))
    assert dense[:5] == pytest.approx(sparse[:5], abs=0.01)
    assert dense[0] == pytest.approx(math.log(481))
    assert dense[1] == pytest.approx(math.log(121), abs=0.01)


people_then = st.lists(st.tuples(st.floats(0.5, 3000), st.floats(0, 1e7), st.integers(0, 500)), max_size=12)


@given(people_then, st.floats(0, 1e7), st.floats(0, 2), st.floats(0, 4000), st.integers(1, 10**6))
@settings(max_examples=150, deadline=None)
def test_any_history_gives_an_ordered_finite_forecast(
    polls: list[tuple[float, float, int]], now: float, width: float, minutes: float, threshold: int
) -> None:
    history = [Point(NOON + timedelta(minutes=m), people, originals) for m, people, originals in sorted(polls)]
    found = predict(history, measured(now, width), NOON, NOON + timedelta(minutes=minutes), threshold)
    assert 0 <= found.p_cross <= 1
    assert (found.p_cross == 1.0) >= (now >= threshold)
    for interval in found.horizons.values():
        assert 0 <= interval.p10 <= interval.p50 <= interval.p90 < float("inf")
    if found.eta_at is not None:
        assert found.eta_earliest_at is not None and found.eta_latest_at is not None
        assert found.eta_earliest_at <= found.eta_at <= found.eta_latest_at


@given(st.lists(st.floats(30, 200_000), min_size=0, max_size=60), st.sampled_from(evaluation.AGES))
@settings(max_examples=80, deadline=None)
def test_a_small_cascade_is_never_cried_over(times: list[float], age: int) -> None:
    cascade = evaluation.Cascade("small", np.sort(np.array(times)), np.full(len(times), np.nan), float("nan"))
    assert all(one.p_cross <= 0.2 for one in evaluation.forecasts_at(cascade, age))


def test_the_law_and_its_quantiles_agree() -> None:
    rows = np.arange(len(HORIZONS), dtype=np.intp)
    for people, hours in ((0.0, 0.2), (4.0, 1.0), (300.0, 5.0), (9000.0, 30.0)):
        chances = law(signs([], people, NOON, NOON + timedelta(hours=hours)), rows)
        levels = np.array([0.02, 0.1, 0.5, 0.9, 0.98])
        found = chances.quantiles(levels)
        assert (np.diff(found, axis=1) >= 0).all()
        assert (chances.below(found) >= levels - 1e-6).all()
        assert (chances.below(found - 1) <= levels + 1e-6).all()


def test_chance_at_each_horizon_never_falls() -> None:
    view = outlook(steady(300, 3), Interval(700, 900, 1200), NOON, NOON + timedelta(hours=3))
    assert (np.diff(view.crossing(6000)) >= 0).all()
    assert (np.diff(view.paths, axis=0) >= 0).all()


def test_climatology_stands_beside_every_forecast() -> None:
    values = ahead(steady(300, 3), 900, 3).because.values
    levels = usual.growth(900, 3 * 3600.0, shares=False)[len(HORIZONS) - 1]
    assert values["usual_p50"] == usual.interval(levels, 900).p50 > 900
    assert values["usual_p"] == usual.crossing(levels, 900, 6000)
    assert usual.crossing(levels, 900, 901) > usual.crossing(levels, 900, 3000)


def test_intervals_adapt_until_they_cover_four_in_five() -> None:
    random = np.random.default_rng(3)
    miss, covered = Parameters().miss, []
    for _ in range(3000):
        inside = bool(random.random() < 1 - 0.5 * miss)  # intervals that are too wide: half of the misses foretold
        covered.append(inside)
        miss = adapted(miss, 0.0 if inside else 1.0)
    assert 0.78 < np.mean(covered[1000:]) < 0.82
    wide, narrow = (predict(steady(300, 3), measured(900), NOON, NOON + timedelta(hours=3), 6000, Parameters(m)) for m in (0.05, 0.4))
    assert wide.horizons["24h"].p90 > narrow.horizons["24h"].p90
    assert wide.horizons["24h"].p50 == narrow.horizons["24h"].p50


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_reason_is_a_sentence(language: str) -> None:
    told = [ahead(steady(speed, 3), 3 * speed, 3) for speed in (1, 150, 200, 250, 300, 400, 600, 900, 1500, 3000)]
    assert {one.because.code for one in told} == set(SENTENCES)
    for one in told:
        text = sentence(one.because, language, ZoneInfo("Asia/Seoul"))
        assert text and "{" not in text and "unknown" not in text and "알 수 없음" not in text


def cascade_file(folder: Path, packed: bool) -> Path:
    random = np.random.default_rng(2)
    rows = [
        {
            "id": f"c{n}",
            "platform": "x",
            "root_followers": None,
            "events": [[float(t), None] for t in np.sort(random.gamma(0.5, 20_000, n * 9))],
        }
        for n in range(6)
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    file = folder / f"cascades.jsonl{'.gz' if packed else ''}"
    file.write_bytes(gzip.compress(text) if packed else text)
    return file


def forecast_file(file: Path) -> list[dict[str, object]]:
    out = file.with_suffix(".out")
    assert evaluation.main(["--cascades", str(file), "--out", str(out)]) == 0
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def test_evaluation_leaves_out_what_is_no_cascade(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = cascade_file(tmp_path, False)
    lines = good.read_text(encoding="utf-8").splitlines()
    wrong = ["{broken", "[1]", '{"id": "a"}', '{"id": "b", "events": null}', '{"id": "c", "events": [[NaN, 1]]}', '{"events": [[1, 2]]}']
    wrong.append(f'{{"id": "d", "events": [[{10**400}, 1]]}}')
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([lines[0].replace("null]", '"many"]'), *wrong, *lines[1:]]).encode())
    assert forecast_file(mixed) == forecast_file(good)
    assert [line.split(" ")[0] for line in capsys.readouterr().err.splitlines()] == [f"{mixed}:{number}:" for number in range(2, 9)]


def test_evaluation_writes_every_cascade_age_and_horizon(tmp_path: Path) -> None:
    plain, packed = forecast_file(cascade_file(tmp_path, False)), forecast_file(cascade_file(tmp_path, True))
    assert plain == packed
    keys = [(row["id"], row["age_s"], row["horizon_s"]) for row in plain]
    assert keys == [(f"c{n}", age, ahead) for n in range(6) for age in evaluation.AGES for ahead in (3600, 21600, 86400, "final")]
    for row in plain:
        assert set(row) == {"id", "age_s", "horizon_s", "p10", "p50", "p90", "p_cross"}
        assert row["p10"] <= row["p50"] <= row["p90"]  # type: ignore[operator]
        assert list(row["p_cross"]) == ["6000"]  # type: ignore[call-overload]


def test_evaluation_does_not_look_ahead(tmp_path: Path) -> None:
    whole = evaluation.read(cascade_file(tmp_path, False))[5]
    for age in evaluation.AGES:
        known = whole.times[whole.times <= age]
        cut = evaluation.Cascade(whole.id, known, np.full(known.size, np.nan), float("nan"))
        assert list(evaluation.forecasts_at(cut, age)) == list(evaluation.forecasts_at(whole, age))


def test_rivals_stand_in_the_same_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = cascade_file(tmp_path, True)
    monkeypatch.setattr(baselines, "SEISMIC", file)
    table = baselines.measured(file)["table"]
    assert isinstance(table, dict)
    totals = {"ours", "climatology", "constant growth", "Szabo-Huberman", "no growth"}
    assert set(table["final"]) == totals | {"SEISMIC", "velocity", "half the threshold"}
    assert set(table["3600"]) == totals | {"velocity", "half the threshold"}
    for methods in table.values():
        for name, row in methods.items():
            assert row["brier"] is not None
            assert ("crps" in row) == (name in totals | {"SEISMIC"})
        assert methods["no growth"]["crps"] >= methods["constant growth"]["crps"], "which was learned on the very same cascades"


def test_a_rule_means_the_chance_it_had_on_known_cascades() -> None:
    def cascade(name: str, early: int, late: int) -> evaluation.Cascade:
        times = np.concatenate([np.linspace(1, 3000, early), np.linspace(40_000, 500_000, late)])
        return evaluation.Cascade(name, times, np.full(times.size, np.nan), 100.0)

    known = [cascade(f"fast{n}", 4000, 4000 if n else 0) for n in range(4)] + [cascade(f"slow{n}", 10, 10) for n in range(9)]
    held = [cascade("held", 5000, 0)]
    told = rivals.all_but_usual(known, held, rivals.finals([*known, *held]))
    chance = {one.method: one.chance for one in told if one.age == 3600 and one.ahead == "final"}
    assert chance["velocity"] == chance["half the threshold"] == pytest.approx(3.5 / 5)
    assert chance["no growth"] == 0
    assert rivals.fast(held[0], 600) and not rivals.fast(known[-1], 600)


@pytest.mark.skipif(not (SHARED / "seismic").exists(), reason="shared cascades are absent")
def test_intervals_cover_on_large_cascades() -> None:
    cascades = evaluation.read(SHARED / "seismic" / "cascades.jsonl.gz")[::6]
    made = [one for cascade in cascades for one in evaluation.forecasts(cascade)]
    report = evaluation.scores(cascades, made)
    for name, most in (("+1h", 0.03), ("+6h", 0.09), ("+24h", 0.18)):
        horizon = report[name]
        assert isinstance(horizon, dict)
        assert horizon["median_error"] < most
        assert 0.70 < horizon["coverage_80"] < 0.90
        assert horizon["pinball"] < horizon["pinball_climatology"]


@pytest.mark.skipif(not (SHARED / "auspol").exists(), reason="shared cascades are absent")
def test_small_real_cascades_are_not_cried_over() -> None:
    cascades = evaluation.read(SHARED / "auspol" / "cascades.jsonl.gz")[::5]
    cries = evaluation.false_cries({one.id: one for one in cascades}, [made for one in cascades for made in evaluation.forecasts(one)])
    assert cries["above_0.2"] <= cries["forecasts"] / 1000
