"""The law of one increment: how many more people within a horizon, as counts spread wider than Poisson's.

Mean and size of a negative binomial are log-linear in the signs plus a few learned bends (algorithms, section 5.1, with one hidden
layer of 12). The law itself is the gamma law of the same mean and variance, rounded to whole people: as good for counts, and its
quantiles and tails have closed forms. Maps learned on cascades held back bend its probabilities to what was observed (section 5.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincinv

from monitor.forecast import coefficients as fitted
from monitor.forecast.series import Array, regressors

MEAN_RANGE = (-12.0, 14.0)  # of the log mean, as fitted
SIZE_RANGE = (-6.0, 6.0)


@dataclass(frozen=True, slots=True)
class Law:
    """Increments over several horizons: gamma ``shape`` and ``scale``, one each, and the maps from the raw to the observed probability."""

    shape: Array
    scale: Array
    raw: Array
    observed: Array

    def below(self, increments: Array) -> Array:
        """P(increment <= given), one row of values for each horizon."""
        raw = gammainc(self.shape[:, None], (np.maximum(increments, 0.0) + 0.5) / self.scale[:, None])
        bent = np.array([np.interp(row, self.raw, observed) for row, observed in zip(raw, self.observed, strict=True)])
        return np.where(increments < 0, 0.0, bent)

    def quantiles(self, levels: Array) -> Array:
        """Increments at the levels, (horizons, levels), whole numbers."""
        raw = np.array([np.interp(levels, observed, self.raw) for observed in self.observed])
        return np.asarray(np.floor(gammaincinv(self.shape[:, None], raw) * self.scale[:, None] + 0.5))


def law(at_hand: Array, horizons: NDArray[np.intp]) -> Law:
    """Give the law of the increments over the horizons (indices into ``fitted.HORIZONS``), given the signs."""
    log_mean, log_size = moments(regressors(at_hand))
    shape, scale = gamma(log_mean[horizons], log_size[horizons])
    kind = int(at_hand[6] == 0)
    return Law(shape, scale, fitted.RAW, _maps(fitted.OBSERVED[kind, horizons], log_mean[horizons]))


def moments(inputs: Array) -> tuple[Array, Array]:
    """Log mean and log size of the increments, one each horizon (last axis)."""
    bends = np.tanh(inputs @ fitted.BENDS + fitted.BENDS_AT)
    both = bends @ fitted.FROM_BENDS + inputs @ fitted.FROM_SIGNS + fitted.BASE
    half = both.shape[-1] // 2
    return np.clip(both[..., :half], *MEAN_RANGE), np.clip(both[..., half:], *SIZE_RANGE)


def gamma(log_mean: Array, log_size: Array) -> tuple[Array, Array]:
    """Shape and scale of the gamma law with a negative binomial's mean and variance."""
    mean, size = np.exp(log_mean), np.exp(log_size)
    shape = np.maximum(mean * size / (mean + size), 1e-12)
    return shape, mean / shape


def _maps(observed: Array, log_mean: Array) -> Array:
    """Blend each horizon's maps (bins, knots) between the bins of predicted size that they were learned in."""
    place = np.interp(log_mean, fitted.BINS, np.arange(fitted.BINS.size))
    low = np.minimum(place.astype(np.intp), fitted.BINS.size - 2)
    part = (place - low)[:, None]
    rows = np.arange(low.size)
    return np.asarray(observed[rows, low] * (1.0 - part) + observed[rows, low + 1] * part)
