"""What a company's own finished incidents say of the shipped coefficients, as it is kept; ``learning`` fits it.

Two numbers for each shown horizon: a little more or less growth, a wider or narrower spread. Beside them stands how wide the intervals are
drawn, and where climatology has been the better forecast here.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np

from monitor.forecast import coefficients as fitted
from monitor.forecast.series import Array

SHOWN = {"1h": 1, "6h": 3, "24h": 5}
"""Places of the shown horizons in ``fitted.HORIZONS``."""
ROWS = np.array(list(SHOWN.values()), dtype=np.intp)


@dataclass(frozen=True, slots=True)
class Own:
    """A correction as it is kept. ``version`` is empty while the shipped coefficients are used alone.

    ``level`` and ``spread`` are added to the log mean and log size of the increments over SHOWN. ``miss`` replaces ``Parameters.miss`` if
    not None.
    ``gain``: by how many nats an incident left out was foretold better, with its standard ``error``, whether or not that was enough.
    ``usual``: (horizon, bin of the count so far) in which climatology stands in. ``until``: incidents that ended by then moved ``miss``.
    """

    version: str = ""
    level: tuple[float, ...] = (0.0, 0.0, 0.0)
    spread: tuple[float, ...] = (0.0, 0.0, 0.0)
    miss: float | None = None
    incidents: int = 0
    gain: float = 0.0
    error: float = 0.0
    usual: tuple[tuple[int, int], ...] = ()
    until: str = ""

    def to_bytes(self) -> bytes:
        """Write as JSON."""
        return json.dumps(asdict(self), sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, raw: bytes | None) -> Own:
        """Read what ``to_bytes`` wrote; what is missing or no longer understood counts as nothing learned."""
        try:
            read = json.loads(raw or b"{}")
            pairs = {name: tuple(float(one) for one in read[name]) for name in ("level", "spread") if name in read}
            return cls(**{**read, **pairs, "usual": tuple((int(row), int(place)) for row, place in read.get("usual", ()))})
        except (ValueError, TypeError):
            return cls()


SHIPPED = Own()


@lru_cache(maxsize=16)
def shifts(shown: tuple[float, ...]) -> Array:
    """One number for each of ``fitted.HORIZONS`` from those of the SHOWN: between them on the straight line over the log of the time."""
    times = np.log(np.array(fitted.HORIZONS, dtype=np.float64))
    return np.interp(times, times[ROWS], shown)
