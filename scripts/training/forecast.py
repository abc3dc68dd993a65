"""Fit the forecast's coefficients and write them as a module of constants; check them on cascades held back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import digamma, gammainc, gammaincinv, gammaln

from monitor.forecast.law import MEAN_RANGE, SIZE_RANGE, gamma
from monitor.forecast.law import maps as blended
from monitor.forecast.series import regressors
from scripts.training.curves import HORIZONS, Growth, Sample, incidents, thinned, whole

Array = NDArray[np.float64]

BENDS = 20
RIDGE = 3.0
SCALE = 15000.0  # the sum of all weights in fitting, against which the ridge stands
RAW = np.array([0, 0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.94, 0.97, 0.99, 0.997, 1.0])
BINS = np.log(np.array([0.5, 5.0, 50.0, 500.0, 3000.0]))
SIZES = np.array([1.5, 4.5, 6.5, 7.7, 8.8])  # ln(1 + count so far)
SHRINK = 200.0  # looks (by weight) at which a map of its own for a size counts as much as the map of all sizes
WHOLE = 0.25  # in the maps thinned copies of whole cascades weigh so much less: they are too many small ones that end small
THINNED = 0.2  # weight of a thinned copy in the fit
PROVED = 100  # curves without which climatology is not preferred
SHOWN = (0.1, 0.5, 0.9)
GROWTH_LEVELS = np.array([0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98])
COUNT_EDGES = np.array([1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0])
AGE_EDGES = np.array([900.0, 2700.0, 7200.0, 16200.0, 32400.0, 64800.0, 172800.0])


def shipped_curves(cascades: Sequence[tuple[str, Array]], random: np.random.Generator, incident_count: int = 1500) -> list[Growth]:
    """Whole cascades, two thinned copies of each, incidents and lone posts, at total weights 1 : 0.4 : 1 : 0.3."""
    count = len(cascades)
    curves = [whole(place, times) for place, (_, times) in enumerate(cascades)]
    curves += [thinned(place, times, random, THINNED) for place, (_, times) in enumerate(cascades) for _ in range(2)]
    lone = incident_count // 3
    curves += incidents(incident_count, count, random, count / incident_count)
    curves += incidents(lone, count + incident_count, random, 0.3 * count / lone, lone=True)
    return curves


@dataclass(frozen=True, slots=True)
class Regression:
    """The coefficients as the core keeps them: inputs -> bends (tanh), and both -> log means and log sizes of all horizons."""

    bends: Array
    bends_at: Array
    from_bends: Array
    from_signs: Array
    base: Array

    def moments(self, inputs: Array) -> tuple[Array, Array]:
        """Log mean and log size, (rows, horizons)."""
        both = np.tanh(inputs @ self.bends + self.bends_at) @ self.from_bends + inputs @ self.from_signs + self.base
        half = len(HORIZONS)
        return np.clip(both[:, :half], *MEAN_RANGE), np.clip(both[:, half:], *SIZE_RANGE)

    def flat(self) -> Array:
        """All coefficients in one row."""
        return np.concatenate([self.bends.ravel(), self.bends_at, self.from_bends.ravel(), self.from_signs.ravel(), self.base])

    @classmethod
    def shaped(cls, row: Array, width: int) -> Regression:
        """Cut a row of coefficients into its parts."""
        outs = 2 * len(HORIZONS)
        cuts = np.cumsum([width * BENDS, BENDS, BENDS * outs, width * outs])
        bends, at, from_bends, from_signs, base = np.split(row, cuts)
        return cls(bends.reshape(width, BENDS), at, from_bends.reshape(BENDS, outs), from_signs.reshape(width, outs), base)


def fit(samples: Sample, random: np.random.Generator, iterations: int = 400) -> Regression:
    """Fit by maximum likelihood of negative binomials over all horizons at once, with a ridge on all but the last intercepts."""
    inputs = regressors(samples.signs)
    known = ~np.isnan(samples.increments)
    gains = np.where(known, np.maximum(samples.increments, 0.0), 0.0)
    weight = (samples.weight / samples.weight.sum() * SCALE)[:, None] * known
    width, outs = inputs.shape[1], 2 * len(HORIZONS)
    start = Regression(
        random.normal(0, 0.5, (width, BENDS)),
        random.normal(0, 0.5, BENDS),
        np.zeros((BENDS, outs)),
        np.zeros((width, outs)),
        np.concatenate([np.full(outs // 2, 3.0), np.zeros(outs // 2)]),
    )
    fixed = gammaln(gains + 1)
    found = minimize(
        _loss, start.flat(), args=(inputs, gains, weight, fixed), jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 20}
    )
    return Regression.shaped(found.x, width)


def _loss(row: Array, inputs: Array, gains: Array, weight: Array, fixed: Array) -> tuple[float, Array]:
    """Penalised negative log likelihood and its gradient."""
    now = Regression.shaped(row, inputs.shape[1])
    bends = np.tanh(inputs @ now.bends + now.bends_at)
    both = bends @ now.from_bends + inputs @ now.from_signs + now.base
    slope, likely = _likelihood(both, gains, weight, fixed)
    back = (slope @ now.from_bends.T) * (1 - bends * bends)
    gradient = Regression(inputs.T @ back, back.sum(axis=0), bends.T @ slope, inputs.T @ slope, slope.sum(axis=0)).flat()
    penalised = row.copy()
    penalised[-now.base.size :] = 0.0
    return likely + 0.5 * RIDGE * float(penalised @ penalised), gradient + RIDGE * penalised


def _likelihood(both: Array, gains: Array, weight: Array, fixed: Array) -> tuple[Array, float]:
    """Slope by each output, and the negative log likelihood."""
    half = len(HORIZONS)
    log_mean, log_size = np.clip(both[:, :half], *MEAN_RANGE), np.clip(both[:, half:], *SIZE_RANGE)
    mean, size = np.exp(log_mean), np.exp(log_size)
    total = mean + size
    log_total = np.log(total)
    likely = gammaln(gains + size) - gammaln(size) - fixed + size * (log_size - log_total) + gains * (log_mean - log_total)
    by_mean = (gains - mean * (gains + size) / total) * (both[:, :half] == log_mean)
    by_size = size * (digamma(gains + size) - digamma(size) + log_size + 1 - log_total - (gains + size) / total)
    slope = np.concatenate([by_mean * weight, by_size * (both[:, half:] == log_size) * weight], axis=1)
    return -slope, -float((weight * likely).sum())


def ranks(regression: Regression, samples: Sample, random: np.random.Generator) -> tuple[Array, Array]:
    """Log means, and where each outcome fell in its law (uniform if the law is right; randomised between whole numbers)."""
    log_mean, log_size = regression.moments(regressors(samples.signs))
    shape, scale = gamma(log_mean, log_size)
    gains = np.maximum(samples.increments, 0.0)
    upper = gammainc(shape, (gains + 0.5) / scale)
    lower = np.where(gains > 0, gammainc(shape, np.maximum(gains - 0.5, 0) / scale), 0.0)
    return log_mean, lower + random.random(gains.shape) * (upper - lower)


def maps(samples: Sample, log_mean: Array, rank: Array) -> Array:
    """Observed shares below each raw probability: (kinds, horizons, bins of predicted size, SIZES, RAW); thin sizes borrow from all."""
    found = np.empty((2, len(HORIZONS), BINS.size, SIZES.size, RAW.size))
    shares = samples.signs[:, 6] == 0
    weight = samples.weight * np.where(shares & (samples.weight < 0.5 * np.max(samples.weight[shares], initial=0.0)), WHOLE, 1.0)
    for kind in (0, 1):
        for horizon in range(len(HORIZONS)):
            rows = (shares == bool(kind)) & ~np.isnan(samples.increments[:, horizon])
            below = rank[rows, horizon][:, None] <= RAW
            predicted, so_far = _near(log_mean[rows, horizon], BINS), _near(samples.signs[rows, 0], SIZES)
            for place, near in enumerate(predicted * weight[rows]):
                everywhere = (below * near[:, None]).sum(axis=0) / near.sum()
                for size, close in enumerate(so_far * near):
                    looks = close.sum() ** 2 / max(float((close**2).sum()), 1e-300)
                    here = (below * close[:, None]).sum(axis=0) / max(float(close.sum()), 1e-300)
                    part = looks / (looks + SHRINK)
                    found[kind, horizon, place, size] = _proper(part * here + (1.0 - part) * everywhere)
    return found


def _near(values: Array, middles: Array) -> Array:
    """How near each value is to each middle, (middles, values); those beyond the outermost are at it."""
    within = np.clip(values, middles[0], middles[-1])
    return np.asarray(np.exp(-0.5 * ((within - middles[:, None]) / 0.8) ** 2))


def _proper(share: Array) -> Array:
    """Let a map rise strictly from 0 to 1, so that it can be inverted."""
    share = 0.98 * share + 0.02 * RAW
    share[0], share[-1] = 0.0, 1.0
    return np.asarray(np.maximum.accumulate(share))


def held_back(samples: Sample, random: np.random.Generator, folds: int = 4, iterations: int = 350) -> tuple[Array, Array]:
    """Learn, on outcomes that nothing has seen (fit without a fold, rank the fold), the maps, and where climatology is the better one."""
    log_mean, log_size, rank = (np.empty_like(samples.increments) for _ in range(3))
    usual = np.empty((*samples.increments.shape, len(SHOWN)))
    for fold in range(folds):
        held = samples.family % folds == fold
        known, unseen = samples.part(~held), samples.part(held)
        regression = fit(known, random, iterations)
        log_mean[held], rank[held] = ranks(regression, unseen, random)
        log_size[held] = regression.moments(regressors(unseen.signs))[1]
        usual[held] = _usual(climatology(known), unseen)
    observed = maps(samples, log_mean, rank)
    return observed, preferred(samples, _ours(samples, observed, log_mean, log_size), usual)


def _usual(growth: Array, samples: Sample) -> Array:
    """P10, P50, P90 of the log growth factor by climatology: (rows, horizons, 3)."""
    place = np.digitize(samples.age, AGE_EDGES), np.digitize(samples.people, COUNT_EDGES)
    levels = growth[((samples.signs[:, 6] == 0).astype(np.intp), *place)]
    low, middle, high = (GROWTH_LEVELS.tolist().index(level) for level in SHOWN)
    return np.asarray(levels[..., [low, middle, high]])


def _ours(samples: Sample, observed: Array, log_mean: Array, log_size: Array) -> Array:
    """P10, P50, P90 of the log growth factor by the regression and its maps: (rows, horizons, 3)."""
    found = np.empty((*log_mean.shape, len(SHOWN)))
    shares = samples.signs[:, 6] == 0
    for horizon in range(len(HORIZONS)):
        shape, scale = gamma(log_mean[:, horizon], log_size[:, horizon])
        for kind in (False, True):
            rows = np.flatnonzero(shares == kind)
            at = np.full(rows.size, horizon)
            knots = blended(observed[int(kind)], at, log_mean[rows, horizon], samples.signs[rows, 0])
            raw = np.array([np.interp(SHOWN, row, RAW) for row in knots]).reshape(-1, len(SHOWN))
            gain = np.floor(gammaincinv(shape[rows, None], raw) * scale[rows, None] + 0.5)
            found[rows, horizon] = np.log1p(gain / (1.0 + samples.people[rows, None]))
    return found


def preferred(samples: Sample, ours: Array, usual: Array) -> Array:
    """1 where climatology has the smaller pinball loss by a standard error over at least PROVED curves: (kinds, horizons, counts)."""
    real = np.log1p(np.maximum(samples.increments, 0.0) / (1.0 + samples.people)[:, None])
    lead = _pinball(real, ours) - _pinball(real, usual)
    counts, shares = np.digitize(samples.people, COUNT_EDGES), samples.signs[:, 6] == 0
    found = np.zeros((2, len(HORIZONS), COUNT_EDGES.size + 1))
    for kind, horizon, count in np.ndindex(found.shape):
        rows = (shares == bool(kind)) & (counts == count) & ~np.isnan(real[:, horizon])
        _, curve = np.unique(samples.family[rows], return_inverse=True)
        weight = np.bincount(curve, samples.weight[rows])
        gain = np.bincount(curve, samples.weight[rows] * lead[rows, horizon])
        if weight.size >= PROVED:
            mean = gain.sum() / weight.sum()
            error = np.sqrt(((gain - mean * weight) ** 2).sum()) / weight.sum()
            found[kind, horizon, count] = float(mean > error)
    return found


def _pinball(real: Array, told: Array) -> Array:
    """Mean pinball loss of P10, P50 and P90, one for each row and horizon."""
    away = real[..., None] - told
    return np.asarray(np.maximum(np.array(SHOWN) * away, (np.array(SHOWN) - 1.0) * away).mean(axis=-1))


def climatology(samples: Sample) -> Array:
    """Levels of the log growth factor in bins of kind, age and count: (kinds, ages, counts, horizons, GROWTH_LEVELS); thin bins borrow."""
    ages, counts = np.digitize(samples.age, AGE_EDGES), np.digitize(samples.people, COUNT_EDGES)
    growth = np.log1p(np.maximum(samples.increments, 0.0) / (1.0 + samples.people)[:, None])
    table = np.empty((2, AGE_EDGES.size + 1, COUNT_EDGES.size + 1, len(HORIZONS), GROWTH_LEVELS.size))
    for kind, age, count in np.ndindex(table.shape[:3]):
        ours = (samples.signs[:, 6] == 0) == bool(kind)
        for reach in range(8):
            rows = ours & (np.abs(ages - age) <= reach // 2) & (np.abs(counts - count) <= (reach + 1) // 2)
            if rows.sum() >= 80:
                break
        table[kind, age, count] = np.nanquantile(growth[rows], GROWTH_LEVELS, axis=0).T
    return table


@dataclass(frozen=True, slots=True)
class Fitted:
    """Everything that is shipped."""

    regression: Regression
    observed: Array
    growth: Array
    usual: Array


def learn(samples: Sample, random: np.random.Generator, folds: int = 4) -> Fitted:
    """Fit coefficients on all samples, maps on held-back ones, and count the climatology."""
    observed, usual = held_back(samples, random, folds)
    return Fitted(fit(samples, random), observed, climatology(samples), usual)


def constants(fitted: Fitted) -> dict[str, Array]:
    """Name the arrays as ``monitor.forecast.coefficients`` does."""
    found = fitted.regression
    return {
        "BENDS": found.bends, "BENDS_AT": found.bends_at, "FROM_BENDS": found.from_bends, "FROM_SIGNS": found.from_signs,
        "BASE": found.base, "RAW": RAW, "BINS": BINS, "SIZES": SIZES, "OBSERVED": fitted.observed,
        "AGE_EDGES": AGE_EDGES, "COUNT_EDGES": COUNT_EDGES, "GROWTH_LEVELS": GROWTH_LEVELS, "GROWTH": fitted.growth,
        "USUAL": fitted.usual,
    }  # fmt: skip


def write(path: Path, fitted: Fitted) -> None:
    """Write the module of constants."""
    lines = ['"""Coefficients of the forecast, written by scripts/fit-forecast: do not edit by hand."""', ""]
    lines += ["import numpy as np", "", f"HORIZONS = {HORIZONS}  # seconds; the last one means 7 days after the start"]
    lines += [_constant(name, values) for name, values in constants(fitted).items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _constant(name: str, values: Array) -> str:
    """Spell an array as text that makes the same numbers again, to 4 digits."""
    numbers = [f"{value:.4g}" for value in values.ravel()]
    rows, row = [], ""
    for number in numbers:
        if len(row) + len(number) > 120:
            rows.append(row)
            row = ""
        row += number + " "
    text = "\n".join([*rows, row]).replace(" \n", "\n").rstrip()
    return f'{name} = np.fromstring(\n    """\n{text}\n""",\n    sep=" ",\n).reshape({values.shape})'
