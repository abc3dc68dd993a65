"""Evaluate the forecast on cascades of shares: every cascade at seven ages, through the product's own path, with no look ahead.

``--cascades FILE --out FILE`` writes the forecasts; ``--scores`` prints how they fared. Without a file the shared SEISMIC cascades are
cross-validated: coefficients, maps and every baseline are learned anew without each fifth of them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from monitor.domain import Because, Interval, Reach  # noqa: E402
from monitor.forecast import FINAL, HORIZONS, Parameters, Point, outlook, predict, usual  # noqa: E402

Array = NDArray[np.float64]

AGES = (600, 1800, 3600, 10800, 21600, 43200, 86400)
AHEAD: tuple[int | str, ...] = (3600, 21600, 86400, "final")
THRESHOLD = 6000
LEVELS = np.round(np.arange(0.05, 0.951, 0.05), 2)
START = datetime(2020, 1, 6, tzinfo=UTC)
ROWS = np.array([*(HORIZONS.index(float(seconds)) for seconds in AHEAD[:-1]), len(HORIZONS)], dtype=np.intp)
POLLS = np.concatenate([np.arange(60.0, 3600.0, 60.0), np.arange(3600.0, 21600.0, 300.0), np.arange(21600.0, 86400.0, 900.0)])


@dataclass(frozen=True, slots=True)
class Cascade:
    """Shares of one post: their times (seconds since it, sorted) and the sharers' followers (nan where unknown)."""

    id: str
    times: Array
    followers: Array
    root_followers: float

    def count(self, seconds: Array | float) -> Array:
        """Shares up to each time, the post itself left out."""
        return np.asarray(np.searchsorted(self.times, seconds, side="right"), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Forecasted:
    """One forecast: cumulative shares at the end of the horizon, the chance of the threshold by then, and climatology's word."""

    id: str
    age: int
    ahead: int | str
    now: float
    p10: float
    p50: float
    p90: float
    p_cross: float
    usual: Interval
    usual_p: float
    levels: tuple[float, ...]

    def line(self) -> str:
        """One line of the output file."""
        horizon = self.ahead
        return json.dumps(
            {"id": self.id, "age_s": self.age, "horizon_s": horizon, "p10": round(self.p10, 3), "p50": round(self.p50, 3),
             "p90": round(self.p90, 3), "p_cross": {str(THRESHOLD): round(self.p_cross, 6)}}, ensure_ascii=False,
        )  # fmt: skip


def read(file: Path) -> list[Cascade]:
    """Return the cascades of a JSON Lines file, plain or gzip; a line that holds none is told on stderr and left out."""
    raw = file.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
    cascades = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                cascades.append(_cascade(json.loads(line)))
            except (ValueError, TypeError, KeyError, IndexError, OverflowError):
                print(f"{file}:{number}: no cascade: id, and events [[seconds, followers], ...]", file=sys.stderr)
    return cascades


def _cascade(row: Any) -> Cascade:
    events = sorted(((float(event[0]), _known(event[1:])) for event in row["events"]), key=lambda event: event[0])
    times = np.array([seconds for seconds, _ in events], dtype=np.float64)
    if not np.isfinite(times).all():
        raise ValueError("a time that is none")
    followers = np.array([followers for _, followers in events], dtype=np.float64)
    return Cascade(str(row["id"]), times, followers, _known([row.get("root_followers")]))


def _known(followers: Sequence[Any]) -> float:
    return float(followers[0]) if followers and isinstance(followers[0], int | float) else float("nan")


def forecasts(cascade: Cascade) -> Iterator[Forecasted]:
    """Forecast one cascade at every age and horizon, knowing only its counts polled up to that age."""
    for age in AGES:
        yield from forecasts_at(cascade, age)


def forecasts_at(cascade: Cascade, age: int) -> Iterator[Forecasted]:
    """Forecast one cascade at one age."""
    polled = np.append(POLLS[age > POLLS], float(age))
    counts = cascade.count(polled)
    history = [Point(START + timedelta(seconds=second), people, 0) for second, people in zip(polled.tolist(), counts.tolist(), strict=True)]
    now, at = float(counts[-1]), START + timedelta(seconds=age)
    people = Interval(now, now, now)
    product = predict(history, Reach(people, 1.0, Because("reach_measured")), START, at, THRESHOLD)
    view = outlook(history, people, START, at, ROWS)
    chances = view.crossing(THRESHOLD)
    growth = usual.growth(now, float(age), shares=True)[ROWS]
    for place, ahead in enumerate(AHEAD):
        total = product.horizons[f"{ahead // 3600}h"] if isinstance(ahead, int) else view.interval(place, Parameters().miss)
        chance = product.p_cross if ahead == 86400 else float(chances[place])
        usual_total, usual_p = usual.interval(growth[place], now), usual.crossing(growth[place], now, THRESHOLD)
        levels = _levels(view.paths[place], total)
        yield Forecasted(cascade.id, age, ahead, now, total.p10, total.p50, total.p90, chance, usual_total, usual_p, levels)


def _levels(paths: Array, told: Interval) -> tuple[float, ...]:
    """Totals at LEVELS: what the product told, and the paths between."""
    ordered = np.sort(paths, axis=None)
    found = np.interp(LEVELS, (np.arange(ordered.size) + 0.5) / ordered.size, ordered)
    found[[1, 9, 17]] = told.p10, told.p50, told.p90
    return tuple(np.maximum.accumulate(found).tolist())


def truth(cascade: Cascade, age: int, ahead: int | str) -> float:
    """Count the shares at the end of a horizon."""
    return float(cascade.count(FINAL if isinstance(ahead, str) else float(age + ahead)))


def scores(cascades: Sequence[Cascade], made: Sequence[Forecasted]) -> dict[str, object]:
    """Score forecasts by horizon: error, coverage by size, pinball, Brier skill; climatology beside them; false cries over all."""
    by_id = {cascade.id: cascade for cascade in cascades}
    report: dict[str, object] = {"cascades": len(cascades), "false_cries": false_cries(by_id, made)}
    for ahead in AHEAD:
        ours = [one for one in made if one.ahead == ahead]
        report[f"+{ahead // 3600}h" if isinstance(ahead, int) else "final"] = _horizon(by_id, ours)
    return report


def false_cries(by_id: dict[str, Cascade], made: Sequence[Forecasted]) -> dict[str, float]:
    """Count the forecasts within a day above 0.2 for cascades that are far from the threshold for ever, and the cascades they are of."""
    small = {name for name, cascade in by_id.items() if cascade.times.size < THRESHOLD / 2}
    within = [one for one in made if one.ahead == 86400 and one.id in small]
    loud = [one for one in within if one.p_cross > 0.2]
    return {"forecasts": len(within), "above_0.2": len(loud), "cascades": len(small), "cascades_cried": len({one.id for one in loud})}


def _horizon(by_id: dict[str, Cascade], ours: Sequence[Forecasted]) -> dict[str, object]:
    real = np.array([truth(by_id[one.id], one.age, one.ahead) for one in ours])
    now = np.array([one.now for one in ours])
    ages = np.array([one.age for one in ours])
    final = np.array([by_id[one.id].times.size for one in ours])
    mine = np.array([(one.p10, one.p50, one.p90) for one in ours])
    theirs = np.array([(one.usual.p10, one.usual.p50, one.usual.p90) for one in ours])
    inside = (real >= mine[:, 0]) & (real <= mine[:, 2])
    open_still = now < THRESHOLD
    crossed = (real >= THRESHOLD)[open_still]
    chance = np.array([one.p_cross for one in ours])[open_still]
    usual_chance = np.array([one.usual_p for one in ours])[open_still]
    return {
        "median_error": error(real, mine[:, 1]), "median_error_climatology": error(real, theirs[:, 1]),
        "median_error_by_age": {str(age): error(real[ages == age], mine[ages == age, 1]) for age in AGES},
        "pinball": pinball(real, mine), "pinball_climatology": pinball(real, theirs),
        "coverage_80": _share(inside), "coverage_by_count_now": _by(inside, now, (0, 1, 10, 100, 300, 1000, 2000, 5000)),
        "coverage_by_final_size": _by(inside, final, (0, 10, 100, 1000, 2500, 4000, 6000)),
        "coverage_by_age": {str(age): _share(inside[ages == age]) for age in AGES},
        "brier": brier(chance, crossed), "brier_skill_over_base_rate": skill(chance, np.full(chance.size, crossed.mean()), crossed),
        "brier_skill_over_climatology": skill(chance, usual_chance, crossed), "crossings": int(crossed.sum()),
    }  # fmt: skip


def error(real: Array, foretold: Array) -> float | None:
    """Median relative error of the total, where it is at least 20."""
    large = real >= 20
    return round(float(np.median(np.abs(foretold[large] - real[large]) / real[large])), 4) if large.any() else None


def pinball(real: Array, foretold: Array) -> float:
    """Mean pinball loss of ln(1 + total) at 10, 50 and 90 %."""
    away = np.log1p(real)[:, None] - np.log1p(foretold)
    levels = np.array([0.1, 0.5, 0.9])
    return round(float(np.maximum(levels * away, (levels - 1) * away).mean()), 4)


def brier(chance: Array, crossed: NDArray[np.bool_]) -> float | None:
    """Mean squared error of a probability."""
    return round(float(np.mean((chance - crossed) ** 2)), 5) if crossed.size else None


def skill(chance: Array, yardstick: Array, crossed: NDArray[np.bool_]) -> float | None:
    """Brier skill over a yardstick: 1 is perfect, 0 no better; None if the yardstick makes no error."""
    worst = float(np.mean((yardstick - crossed) ** 2)) if crossed.size else 0.0
    return round(1.0 - float(np.mean((chance - crossed) ** 2)) / worst, 3) if worst > 0 else None


def _share(inside: NDArray[np.bool_]) -> float | None:
    return round(float(inside.mean()), 3) if inside.size else None


def _by(inside: NDArray[np.bool_], size: Array, edges: Sequence[int]) -> dict[str, list[float]]:
    """Coverage and number of forecasts in each stratum that has any."""
    place = np.digitize(size, edges) - 1
    return {
        f"from {edges[one]}": [round(float(inside[place == one].mean()), 3), int((place == one).sum())]
        for one in sorted(set(place.tolist()))
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Forecast ``--cascades`` into ``--out`` and score it, or cross-validate on the shared SEISMIC cascades."""
    parser = argparse.ArgumentParser(prog="evaluate forecast", description=__doc__)
    parser.add_argument("--cascades", type=Path, help="JSON Lines of cascades, plain or gzip")
    parser.add_argument("--out", type=Path, help="where to write one forecast a line; - is stdout")
    parser.add_argument("--scores", action="store_true", help="print how the forecasts of --cascades fared as JSON")
    parser.add_argument("--folds", type=int, default=5, help="of the cross-validation without --cascades")
    options = parser.parse_args(argv)
    if options.cascades is None:
        from scripts.evaluation.forecast_baselines import cross_validated

        print(json.dumps(cross_validated(options.folds), indent=1))
        return 0
    cascades = read(options.cascades)
    made = [one for cascade in cascades for one in forecasts(cascade)]
    text = "".join(f"{one.line()}\n" for one in made)
    if options.out is not None and str(options.out) != "-":
        options.out.write_text(text, encoding="utf-8")
    elif not options.scores:
        sys.stdout.write(text)
    if options.scores:
        print(json.dumps(scores(cascades, made), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
