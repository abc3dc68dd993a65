"""What the rooms of the core say about their verdicts: one file for each room, code -> (Korean, English)."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

ROOMS: dict[str, dict[str, tuple[str, str]]] = {
    module.name: import_module(f"{__name__}.{module.name}").SENTENCES for module in iter_modules(__path__)
}
SENTENCES: dict[str, tuple[str, str]] = {code: pair for sentences in ROOMS.values() for code, pair in sentences.items()}
