"""Where the files stand that travel with the program: beside it in a checkout, inside it in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def file(name: str) -> Path:
    """Return the path of ``config.toml`` or of something under ``models/``."""
    installed = _PACKAGE / "_shipped" / name
    return installed if installed.exists() else _PACKAGE.parent / name
