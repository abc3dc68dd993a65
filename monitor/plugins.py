"""Kind to class to instance: a dotted name in a room's ``KINDS`` is imported only when somebody asks for that kind.

A plug-in is a class whose first parameter besides ``name`` is ``options``; the dataclass ``Options`` stands on the class or beside it in
its module. What else its constructor names (``name``, ``watches``, ``clock`` ...) it is given, if we have it.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any

from monitor.decode import meant
from monitor.errors import ConfigError

DISTRIBUTION = "complaint-monitor"


@dataclass(frozen=True, slots=True)
class NoOptions:
    """For kinds that have nothing to set."""


def load(kinds: Mapping[str, str], kind: str) -> type[Any]:
    """Return the class of ``kind``; raises ``ConfigError`` when there is no such kind, or a package it needs is not installed."""
    if kind not in kinds:
        raise ConfigError([f'no kind "{kind}"{meant(kind, kinds)} (there are: {", ".join(sorted(kinds))})'])
    module_name, _, class_name = kinds[kind].partition(":")
    try:
        found: type[Any] = getattr(import_module(module_name), class_name)
    except ModuleNotFoundError as error:
        raise ConfigError([_missing(kind, module_name, error)]) from error
    except AttributeError as error:
        raise ConfigError([f'kind "{kind}" is announced but {kinds[kind]} is not there: reinstall {DISTRIBUTION}']) from error
    return found


def options_of(cls: type[Any]) -> type[Any]:
    """Return the dataclass that checks the options of ``cls``."""
    found = getattr(cls, "Options", None) or getattr(import_module(cls.__module__), "Options", NoOptions)
    if not dataclasses.is_dataclass(found):
        raise TypeError(f"{cls.__module__}.Options must be a dataclass")
    return found if isinstance(found, type) else type(found)


def make(cls: type[Any], options: object, **offered: object) -> Any:
    """Return an instance of ``cls``: ``options``, and of what is offered whatever its constructor names."""
    wanted = inspect.signature(cls).parameters
    given = {name: value for name, value in {"options": options, **offered}.items() if name in wanted}
    return cls(**given)


def _missing(kind: str, module_name: str, error: ModuleNotFoundError) -> str:
    absent = error.name or "a package"
    if module_name == absent or module_name.startswith(absent + "."):
        return f'kind "{kind}" is announced but its module {absent} is not there: reinstall {DISTRIBUTION}'
    extra = _extra_with(kind, absent.partition(".")[0])
    remedy = f'pip install "{DISTRIBUTION}[{extra}]"' if extra else "install it with pip"
    return f'kind "{kind}" needs the package {absent}, which is not installed: {remedy}'


def _extra_with(kind: str, module: str) -> str | None:
    """Return the extra of ours that brings ``module`` (or is named like the kind), by the installed distribution's metadata."""
    try:
        described = metadata.metadata(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return None
    found = []
    for requirement in described.get_all("Requires-Dist") or ():
        name = re.match(r"[A-Za-z0-9._-]+", requirement)
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", requirement)
        if name and extra and _plain(name[0]) == _plain(module):
            found.append(extra[1])
    if kind in found or (not found and kind in (described.get_all("Provides-Extra") or ())):
        return kind
    return found[0] if found else None


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
