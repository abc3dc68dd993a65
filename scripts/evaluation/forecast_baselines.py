"""Cross-validate the forecast on the shared SEISMIC cascades beside the methods it has to beat, all learned on the same folds.

One table: median error, pinball loss and CRPS (both of ln(1 + total)), coverage, and Brier skill for crossing 6,000 over climatology.
``rivals`` holds the methods. ``--cascades FILE`` measures the shipped coefficients on another file instead, the rivals learned on SEISMIC.
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
from scripts.evaluation import forecast_rivals as rivals  # noqa: E402
from scripts.evaluation.forecast import AHEAD, Cascade, Forecasted, forecasts, read, scores  # noqa: E402

Array = NDArray[np.float64]

SEISMIC = ROOT / "../shared/data/cascades/seismic/cascades.jsonl.gz"


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
    """Forecast each fold with what was learned without it; score everything together, the rivals beside."""
    from scripts.training import curves, forecast

    cascades = read(file)
    made: list[Forecasted] = []
    told: list[rivals.Told] = []
    ported = rivals.finals(cascades)
    for fold in range(folds):
        random = np.random.default_rng(fold)
        known, held = [one for place, one in enumerate(cascades) if place % folds != fold], cascades[fold::folds]
        samples = curves.sample(forecast.shipped_curves([(one.id, one.times) for one in known], random, incidents), 12, random)
        with learned(forecast.constants(forecast.learn(samples, random, folds=2))):
            made += [one for cascade in held for one in forecasts(cascade)]
            told += rivals.usual(held)
        told += rivals.all_but_usual(known, held, ported)
        print(f"fold {fold + 1} of {folds}", file=sys.stderr)
    return report(cascades, made, told)


def measured(file: Path) -> dict[str, object]:
    """Forecast another file with the shipped coefficients, beside rivals learned on SEISMIC."""
    known, held = read(SEISMIC), read(file)
    made = [one for cascade in held for one in forecasts(cascade)]
    return report(held, made, rivals.usual(held) + rivals.all_but_usual(known, held, rivals.finals([*known, *held])))


def report(cascades: Sequence[Cascade], made: Sequence[Forecasted], told: Sequence[rivals.Told]) -> dict[str, object]:
    """Scores of ours in full, and the table of all methods by horizon."""
    by_id = {one.id: one for one in cascades}
    ours = [rivals.Told("ours", one.id, one.age, one.ahead, np.array(one.levels), one.p_cross) for one in made]
    table = {str(ahead): rivals.table(by_id, [one for one in (*ours, *told) if one.ahead == ahead]) for ahead in AHEAD}
    return {**scores(cascades, made), "table": table}


def main(argv: Sequence[str] | None = None) -> int:
    """Print the cross-validation as JSON."""
    parser = argparse.ArgumentParser(prog="evaluate forecast_baselines", description=__doc__)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--incidents", type=int, default=600, help="of the simulator, in each fold's learning")
    parser.add_argument("--cascades", type=Path, help="measure the shipped coefficients on this file instead")
    options = parser.parse_args(argv)
    found = cross_validated(options.folds, options.incidents) if options.cascades is None else measured(options.cascades)
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
