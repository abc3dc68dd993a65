"""The law of one increment: how many more people within a horizon, as counts spread wider than Poisson's.

Mean and size of a negative binomial are log-linear in the signs plus a few learned bends (algorithms, section 5.1, with one hidden
layer of 20). The law itself is the gamma law of the same mean and variance, rounded to whole people: as good for counts, and its
quantiles and tails have closed forms. Maps learned on cascades held back bend its probabilities to what was observed (section 5.4); they
go by the predicted increment and by the count so far, for a tail that is right for small counts is too light for large ones.
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

    def __getitem__(self, rows: slice) -> Law:
        return Law(self.shape[rows], self.scale[rows], self.raw, self.observed[rows])

    def below(self, increments: Array) -> Array:
        """P(increment <= given), one row of values for each horizon."""
        raw = gammainc(self.shape[:, None], (np.maximum(increments, 0.0) + 0.5) / self.scale[:, None])
        bent = np.array([np.interp(row, self.raw, observed) for row, observed in zip(raw, self.observed, strict=True)])
        return np.where(increments < 0, 0.0, bent)

    def quantiles(self, levels: Array) -> Array:
        """Increments at the levels, (horizons, levels), whole numbers."""
        raw = np.array([np.interp(levels, observed, self.raw) for observed in self.observed])
        return np.asarray(np.floor(gammaincinv(self.shape[:, None], raw) * self.scale[:, None] + 0.5))


def law(at_hand: Array, horizons: NDArray[np.intp], level: Array | float = 0.0, spread: Array | float = 0.0) -> Law:
    """Give the law of the increments over the horizons (indices into ``fitted.HORIZONS``), given the signs.

    Of many rows of signs it gives all horizons of the first, then of the second, ..., each to the last bit as it would be alone.
    ``level`` and ``spread`` (one for each of ``fitted.HORIZONS``) are added to the log mean and the log size: what a company's own
    incidents say (``own``).
    """
    looks = np.atleast_2d(at_hand)
    log_mean, log_size = (one[:, 0, horizons].ravel() for one in moments(regressors(looks)[:, None], level, spread))
    shape, scale = gamma(log_mean, log_size)
    places, counts, shares = np.tile(horizons, len(looks)), looks[:, 0].repeat(horizons.size), (looks[:, 6] == 0).repeat(horizons.size)
    observed = np.empty((shape.size, fitted.RAW.size))
    for kind in set(shares.tolist()):
        rows = shares == kind
        observed[rows] = maps(fitted.OBSERVED[int(kind)], places[rows], log_mean[rows], counts[rows])
    return Law(shape, scale, fitted.RAW, observed)


def moments(inputs: Array, level: Array | float = 0.0, spread: Array | float = 0.0) -> tuple[Array, Array]:
    """Log mean and log size of the increments, one each horizon (last axis); ``level`` and ``spread`` are added to them."""
    bends = np.tanh(inputs @ fitted.BENDS + fitted.BENDS_AT)
    both = bends @ fitted.FROM_BENDS + inputs @ fitted.FROM_SIGNS + fitted.BASE
    half = both.shape[-1] // 2
    return np.clip(both[..., :half] + level, *MEAN_RANGE), np.clip(both[..., half:] + spread, *SIZE_RANGE)


def gamma(log_mean: Array, log_size: Array) -> tuple[Array, Array]:
    """Shape and scale of the gamma law with a negative binomial's mean and variance."""
    mean, size = np.exp(log_mean), np.exp(log_size)
    shape = np.maximum(mean * size / (mean + size), 1e-12)
    return shape, mean / shape


def maps(observed: Array, horizons: NDArray[np.intp], log_mean: Array, count: Array | float) -> Array:
    """Blend the maps (horizons, bins, sizes, knots) between the bins of predicted size and of size so far that they were learned in.

    One row of knots for each of ``horizons``, ``log_mean`` and ``count`` (log of 1 + the count), which may be as many as wanted.
    """
    low, part = _between(log_mean, fitted.BINS)
    small, share = _between(count, fitted.SIZES)
    part, share = part[..., None], share[..., None]
    under = observed[horizons, low, small] * (1.0 - share) + observed[horizons, low, small + 1] * share
    over = observed[horizons, low + 1, small] * (1.0 - share) + observed[horizons, low + 1, small + 1] * share
    return np.asarray(under + (over - under) * part)


def _between(values: Array | float, middles: Array) -> tuple[NDArray[np.intp], Array]:
    """The middle below each value, and how far it is on the way to the next."""
    place = np.asarray(np.interp(values, middles, np.arange(middles.size)))
    low = np.minimum(place.astype(np.intp), middles.size - 2)
    return low, place - low
