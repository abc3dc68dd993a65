"""Cross-validate the forecast on the shared SEISMIC cascades beside the methods it has to beat, all learned on the same folds.

Baselines: climatology (growth of the same age and size), a constant growth factor by age (Szabo and Huberman 2010), and a port of
SEISMIC (Zhao et al. 2015, constants of the paper, no trained corrections; final size only).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from monitor.forecast import coefficients  # noqa: E402
from scripts.evaluation.forecast import AGES, AHEAD, Cascade, Forecasted, error, forecasts, pinball, read, scores, truth  # noqa: E402

Array = NDArray[np.float64]

SEISMIC = ROOT / "../shared/data/cascades/seismic/cascades.jsonl.gz"
FLAT, SHORT, FALL, DEGREE = 6.49e-4, 300.0, 0.242, 100.0


@contextmanager
def learned(constants: dict[str, Array]) -> Iterator[None]:
    """Let the product's own code use other coefficients for a while."""
    before = {name: getattr(coefficients, name) for name in constants}
    try:
        for name, values in constants.items():
            setattr(coefficients, name, values)
        yield
    finally:
        for name, values in before.items():
            setattr(coefficients, name, values)


def cross_validated(folds: int = 5, incidents: int = 600, file: Path = SEISMIC) -> dict[str, object]:
    """Forecast each fold with what was learned without it; score everything together, errors of the baselines beside."""
    from scripts.training import curves, forecast

    cascades = read(file)
    made: list[Forecasted] = []
    constant: dict[tuple[str, int, int | str], tuple[float, float, float]] = {}
    for fold in range(folds):
        random = np.random.default_rng(fold)
        known = [(one.id, one.times) for place, one in enumerate(cascades) if place % folds != fold]
        samples = curves.sample(forecast.shipped_curves(known, random, incidents), 12, random)
        held = cascades[fold::folds]
        with learned(forecast.constants(forecast.learn(samples, random, folds=2))):
            made += [one for cascade in held for one in forecasts(cascade)]
        constant |= constant_growth([one for place, one in enumerate(cascades) if place % folds != fold], held)
        print(f"fold {fold + 1} of {folds}", file=sys.stderr)
    report = scores(cascades, made)
    report["baselines"] = baselines({one.id: one for one in cascades}, made, constant)
    return report


def constant_growth(known: Sequence[Cascade], held: Sequence[Cascade]) -> dict[tuple[str, int, int | str], tuple[float, float, float]]:
    """P10, P50, P90 if every cascade grows from an age on by the factors that the known ones grew by."""
    found = {}
    for age in AGES:
        now = np.array([float(one.count(age)) for one in known])
        for ahead in AHEAD:
            growth = np.log1p([truth(one, age, ahead) for one in known]) - np.log1p(now)
            levels = np.exp(np.quantile(growth, (0.1, 0.5, 0.9)))
            for one in held:
                low, middle, high = (1.0 + float(one.count(age))) * levels - 1.0
                found[one.id, age, ahead] = (float(low), float(middle), float(high))
    return found


def memory(seconds: Array) -> Array:
    """SEISMIC's memory kernel, integrated from 0."""
    late = FLAT * SHORT * (1.0 + (1.0 - np.power(np.maximum(seconds, SHORT) / SHORT, -FALL)) / FALL)
    return np.where(seconds <= SHORT, FLAT * np.maximum(seconds, 0.0), late)


def seismic_final(cascade: Cascade, age: float) -> float:
    """Final size by SEISMIC from the shares and their followers up to an age; infinite if it is above criticality."""
    keep = cascade.times <= age
    times = np.concatenate([[0.0], cascade.times[keep]])
    degrees = np.nan_to_num(np.concatenate([[cascade.root_followers], cascade.followers[keep]]), nan=DEGREE)
    window = max(300.0, min(age / 2.0, 7200.0))
    shared = np.maximum(1.0 - (age - times[1:]) / window, 0.0).sum()
    edges = np.linspace(age - window, age, 61)
    gained = np.diff(memory(edges[None, :] - times[:, None]), axis=1)
    triangle = 1.0 - (age - (edges[1:] + edges[:-1]) / 2.0) / window
    exposed = float(degrees @ (gained @ triangle))
    infectious = shared / exposed if exposed > 0 else 0.0
    waiting = float(degrees @ (1.0 - memory(age - times)))
    room = 1.0 - infectious * DEGREE
    return float(keep.sum()) + infectious * waiting / room if room > 0 else float("inf")


def baselines(
    by_id: dict[str, Cascade], made: Sequence[Forecasted], constant: dict[tuple[str, int, int | str], tuple[float, float, float]]
) -> dict[str, object]:
    """Median errors and pinball losses of every method by horizon, and of the final size by age."""
    report: dict[str, object] = {}
    for ahead in AHEAD:
        ours = [one for one in made if one.ahead == ahead]
        real = np.array([truth(by_id[one.id], one.age, ahead) for one in ours])
        told = {
            "ours": np.array([(one.p10, one.p50, one.p90) for one in ours]),
            "climatology": np.array([(one.usual.p10, one.usual.p50, one.usual.p90) for one in ours]),
            "constant growth": np.array([constant[one.id, one.age, ahead] for one in ours]),
            "no growth": np.array([(one.now,) * 3 for one in ours]),
        }
        report[str(ahead)] = {
            name: {"median_error": error(real, levels[:, 1]), "pinball": pinball(real, levels)} for name, levels in told.items()
        }
        if ahead == "final":
            report["final_by_age"] = _final(by_id, ours, real, told)
    return report


def _final(
    by_id: dict[str, Cascade], ours: Sequence[Forecasted], real: Array, told: dict[str, Array]
) -> dict[str, dict[str, float | None]]:
    """Median errors of the final size, SEISMIC's too."""
    ages = np.array([one.age for one in ours])
    ported = np.array([seismic_final(by_id[one.id], float(one.age)) for one in ours])
    return {
        str(age): {
            "SEISMIC": error(real[ages == age], np.minimum(ported[ages == age], 1e9)),
            **{name: error(real[ages == age], levels[ages == age, 1]) for name, levels in told.items()},
        }
        for age in AGES
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Print the cross-validation as JSON."""
    parser = argparse.ArgumentParser(prog="evaluate forecast_baselines", description=__doc__)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--incidents", type=int, default=600, help="of the simulator, in each fold's learning")
    options = parser.parse_args(argv)
    print(json.dumps(cross_validated(options.folds, options.incidents), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
