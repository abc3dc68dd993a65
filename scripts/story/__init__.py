"""The bundled story about the fictitious car carrier 한울오토 (Hanul Auto): texts written by hand, times and counts drawn from a seed.

``build(seed, onset, language, incident)`` returns the records (format a of the post records) and the truth behind them.
"""

from .build import WATCH_NAME, WATCH_TERMS, Truth, build
from .plot import DEFAULT_ONSET

__all__ = ["DEFAULT_ONSET", "WATCH_NAME", "WATCH_TERMS", "Truth", "build"]
