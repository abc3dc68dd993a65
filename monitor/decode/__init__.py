"""TOML values to frozen dataclasses: every problem at once, each with its path in the file; the only room that knows cattrs.

A field's type says what is accepted: ``str int float bool``, enums and ``Literal``, ``tuple[X, ...]``, ``Mapping[str, X]``, ``X | None``,
nested dataclasses, ``timedelta`` ("30s 5m 2h 7d"), ``ZoneInfo``, ``Path`` and ``Location`` (relative to the file's folder), ``Secret``
(``{ env = "NAME" }`` and nothing else), ``Annotated[X, Between(...)]``, and any class with ``parse(text)``. A field named ``continue_`` is
the key ``continue``.
"""

from __future__ import annotations

from monitor.decode.decoder import Decoder
from monitor.decode.kinds import DURATION, Between, Filled, Location, Secret, described, duration, keys_of, secret_keys
from monitor.decode.problems import Problem, at, meant, nearest, set_to, shown

__all__ = [
    "DURATION",
    "Between",
    "Decoder",
    "Filled",
    "Location",
    "Problem",
    "Secret",
    "at",
    "described",
    "duration",
    "keys_of",
    "meant",
    "nearest",
    "secret_keys",
    "set_to",
    "shown",
]
