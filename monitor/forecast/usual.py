"""Climatology: how much curves of the same age and size have grown, whatever their speed. The yardstick beside every forecast."""

from __future__ import annotations

import numpy as np

from monitor.domain import Interval
from monitor.forecast import coefficients as fitted
from monitor.forecast.series import Array


def growth(people: float, age: float, shares: bool) -> Array:
    """Levels (``fitted.GROWTH_LEVELS``) of ln((1 + people later) / (1 + people now)), a row for each of ``fitted.HORIZONS``."""
    place = int(np.searchsorted(fitted.AGE_EDGES, age, side="right")), int(np.searchsorted(fitted.COUNT_EDGES, people, side="right"))
    return np.asarray(fitted.GROWTH[(int(shares), *place)], dtype=np.float64)


def interval(levels: Array, people: float) -> Interval:
    """P10, P50 and P90 of the total for one horizon's row of ``growth``."""
    total = (1.0 + people) * np.exp(levels) - 1.0
    low, middle, high = np.interp((0.1, 0.5, 0.9), fitted.GROWTH_LEVELS, total)
    return Interval(float(low), float(middle), float(high))


def gains(levels: Array, people: float, wanted: Array) -> Array:
    """Increments at the ``wanted`` levels for one horizon's row of ``growth``, whole numbers; its outermost levels bound them."""
    return np.asarray(np.round((1.0 + people) * np.expm1(np.interp(wanted, fitted.GROWTH_LEVELS, levels))))


def crossing(levels: Array, people: float, threshold: float) -> float:
    """P(total >= threshold) for one horizon's row of ``growth``."""
    needed = np.log((1.0 + threshold) / (1.0 + people))
    below = np.interp(needed, levels, fitted.GROWTH_LEVELS, left=0.0, right=1.0)
    return float(1.0 - below)
