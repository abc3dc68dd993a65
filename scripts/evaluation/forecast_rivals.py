"""The methods that the forecast of cascades has to beat, and the table in which they stand beside it. Run by ``forecast_baselines``.

Climatology (growth of the same age and size); a constant growth factor by age, with quantiles; the log-linear regression of Szabo and
Huberman (2010) with normal residuals; a port of SEISMIC (Zhao et al. 2015, the paper's constants, no trained corrections; final size
only); no growth at all. Two rules that only say whether the threshold will be crossed: velocity, and half the threshold. What a rule, or
SEISMIC's single number, means as a chance is counted on the known cascades (Laplace's rule), so that all are scored alike.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from monitor import forecast as product  # noqa: E402
from scripts.evaluation.forecast import AGES, AHEAD, LEVELS, ROWS, THRESHOLD, Cascade, brier, error, skill, truth  # noqa: E402

Array = NDArray[np.float64]

FLAT, SHORT, FALL, DEGREE = 6.49e-4, 300.0, 0.242, 100.0
SPEED = 500.0  # shares in the last hour, or so many an hour since the start, if it is younger
STRATA = (0, 2500, 4000, 6000)
SMALLEST_SPREAD = 0.02


@dataclass(frozen=True, slots=True)
class Told:
    """One method's word about one cascade at one age: totals at LEVELS (None: it gives none), and the chance of the threshold."""

    method: str
    id: str
    age: int
    ahead: int | str
    levels: Array | None
    chance: float | None


def usual(held: Sequence[Cascade]) -> list[Told]:
    """Climatology, as the product keeps it."""
    found = []
    for one in held:
        for age in AGES:
            now = float(one.count(age))
            rows = product.usual.growth(now, float(age), shares=True)[ROWS]
            for ahead, row in zip(AHEAD, rows, strict=True):
                totals = now + product.usual.gains(row, now, LEVELS)
                found.append(Told("climatology", one.id, age, ahead, totals, product.usual.crossing(row, now, THRESHOLD)))
    return found


def finals(cascades: Sequence[Cascade]) -> dict[tuple[str, int], float]:
    """SEISMIC's final size of each cascade at each age; it learns nothing, so that once is enough."""
    return {(one.id, age): seismic_final(one, float(age)) for one in cascades for age in AGES}


def all_but_usual(known: Sequence[Cascade], held: Sequence[Cascade], ported: Mapping[tuple[str, int], float]) -> list[Told]:
    """All other methods, learned on the known cascades; ``ported``: SEISMIC's ``finals`` of all of them."""
    found: list[Told] = []
    for age in AGES:
        for ahead in AHEAD:
            found += _grown(known, held, age, ahead)
            found += _ruled(known, held, age, ahead, ported)
    return found


def _grown(known: Sequence[Cascade], held: Sequence[Cascade], age: int, ahead: int | str) -> Iterator[Told]:
    """A constant growth factor, the regression, and no growth."""
    growth = np.sort(np.log1p([truth(one, age, ahead) for one in known]) - np.log1p([float(one.count(age)) for one in known]))
    mean, spread = float(growth.mean()), max(float(growth.std()), SMALLEST_SPREAD)
    for one in held:
        now = float(one.count(age))
        needed = np.log1p(THRESHOLD) - np.log1p(now)
        steady = (1.0 + now) * np.exp(np.quantile(growth, LEVELS)) - 1.0
        yield Told("constant growth", one.id, age, ahead, steady, float((growth >= needed).mean()))
        normal = (1.0 + now) * np.exp(mean + spread * ndtri(LEVELS)) - 1.0
        yield Told("Szabo-Huberman", one.id, age, ahead, normal, float(ndtr((mean - needed) / spread)))
        yield Told("no growth", one.id, age, ahead, np.full(LEVELS.size, now), float(now >= THRESHOLD))


def _ruled(
    known: Sequence[Cascade], held: Sequence[Cascade], age: int, ahead: int | str, ported: Mapping[tuple[str, int], float]
) -> Iterator[Told]:
    """SEISMIC, velocity, half the threshold: yes or no, with the chance that each answer had on the known cascades."""
    rules = {
        "SEISMIC": lambda one: ported[one.id, age] >= THRESHOLD,
        "velocity": lambda one: fast(one, age),
        "half the threshold": lambda one: float(one.count(age)) >= THRESHOLD / 2,
    }
    for name, rule in rules.items():
        if name == "SEISMIC" and ahead != "final":
            continue
        said = np.array([rule(one) for one in known])
        came = np.array([truth(one, age, ahead) >= THRESHOLD for one in known])
        chance = {answer: (float(came[said == answer].sum()) + 0.5) / (float((said == answer).sum()) + 1.0) for answer in (False, True)}
        for one in held:
            final = min(ported[one.id, age], 1e9) if name == "SEISMIC" else None
            levels = None if final is None else np.full(LEVELS.size, final)
            yield Told(name, one.id, age, ahead, levels, chance[bool(rule(one))])


def fast(cascade: Cascade, age: float) -> bool:
    """Whether it grew by SPEED shares in the last hour, a younger one in proportion."""
    window = min(age, 3600.0)
    return bool(float(cascade.count(age) - cascade.count(age - window)) >= SPEED * window / 3600.0)


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


def table(by_id: Mapping[str, Cascade], told: Sequence[Told]) -> dict[str, dict[str, object]]:
    """Every method of one horizon beside the others; all say something of the same cascades and ages."""
    methods: dict[str, list[Told]] = {}
    for one in told:
        methods.setdefault(one.method, []).append(one)
    yardstick = {(one.id, one.age): one.chance for one in methods["climatology"]}
    return {method: _row(by_id, said, yardstick) for method, said in methods.items()}


def _row(by_id: Mapping[str, Cascade], said: Sequence[Told], yardstick: Mapping[tuple[str, int], float | None]) -> dict[str, object]:
    real = np.array([truth(by_id[one.id], one.age, one.ahead) for one in said])
    open_still = np.array([float(by_id[one.id].count(one.age)) < THRESHOLD for one in said])
    crossed = real[open_still] >= THRESHOLD
    chance = np.array([one.chance for one in said], dtype=np.float64)[open_still]
    beside = np.array([yardstick[one.id, one.age] for one in said], dtype=np.float64)[open_still]
    row: dict[str, object] = {"brier": brier(chance, crossed), "brier_skill_over_climatology": skill(chance, beside, crossed)}
    if said[0].levels is None:
        return row
    levels = np.array([one.levels for one in said])
    return {**_totals(levels, real, np.array([by_id[one.id].times.size for one in said])), **row}


def _totals(levels: Array, real: Array, final: Array) -> dict[str, object]:
    """Median error, pinball, CRPS and coverage in strata of the final size."""
    low, middle, high = (int(np.abs(LEVELS - wanted).argmin()) for wanted in (0.1, 0.5, 0.9))
    away = np.log1p(real)[:, None] - np.log1p(levels)
    losses = np.maximum(LEVELS * away, (LEVELS - 1.0) * away)
    inside = (real >= levels[:, low]) & (real <= levels[:, high])
    place = np.digitize(final, STRATA) - 1
    return {
        "median_error": error(real, levels[:, middle]),
        "pinball": round(float(losses[:, [low, middle, high]].mean()), 4),
        "crps": round(2.0 * float(losses.mean()), 4),
        "coverage_80": round(float(inside.mean()), 3),
        "coverage_by_final_size": {
            f"from {edge}": [round(float(inside[place == one].mean()), 3), int((place == one).sum())]
            for one, edge in enumerate(STRATA) if (place == one).any()
        },
    }  # fmt: skip
