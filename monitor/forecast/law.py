"""The law of one increment: how many more people within a horizon, as counts spread wider than Poisson's.

The mean and the size are log-linear in the signs (negative-binomial regression, algorithms section 5.1). The law itself is the
gamma law of the same mean and variance, rounded to whole people: as good as the negative binomial for counts, and its quantiles and
tails have closed forms. A map learned on cascades held back bends its probabilities to what was observed (section 5.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincinv

from monitor.forecast import coefficients as fitted
from monitor.forecast.series import Array, design

TINY = 1e-12


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
        bent = np.array([np.interp(raw[row], self.raw, self.observed[row]) for row in range(raw.shape[0])])
        return np.where(increments < 0, 0.0, bent)

    def quantiles(self, levels: Array) -> Array:
        """Increments at the levels, (horizons, levels), whole numbers."""
        raw = np.array([np.interp(levels, self.observed[row], self.raw) for row in range(self.shape.size)])
        return np.asarray(np.floor(gammaincinv(self.shape[:, None], raw) * self.scale[:, None] + 0.5))


def law(at_hand: Array, horizons: NDArray[np.intp]) -> Law:
    """Give the law of the increments over the horizons (indices into ``fitted.HORIZONS``), given the signs."""
    regressors = design(at_hand)
    log_mean = np.clip(fitted.MEAN[horizons] @ regressors, -12.0, 14.0)
    log_size = np.clip(fitted.SIZE[horizons] @ regressors, -6.0, 6.0)
    mean, size = np.exp(log_mean), np.exp(log_size)
    shape = np.maximum(mean * size / (mean + size), TINY)
    return Law(shape, mean / shape, fitted.RAW, _maps(log_mean, horizons))


def _maps(log_mean: Array, horizons: NDArray[np.intp]) -> Array:
    """Blend the maps of the horizons at these predicted sizes between the bins they were learned in."""
    place = np.interp(log_mean, fitted.BINS, np.arange(fitted.BINS.size))
    low = np.minimum(place.astype(np.intp), fitted.BINS.size - 2)
    part = (place - low)[:, None]
    return np.asarray(fitted.OBSERVED[horizons, low] * (1.0 - part) + fitted.OBSERVED[horizons, low + 1] * part)
