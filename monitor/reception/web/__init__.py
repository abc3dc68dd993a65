"""The optional endpoint [web]: one-time links of mails, unsubscribing, signed signals; nothing else, and closed unless configured.

``site`` answers requests, ``pages`` draws what people see, ``door`` holds the port while the daemon runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.config import Settings
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.reception.web.door import WebDoor

_NEEDS = '[web] needs the package {name}, which is not installed: pip install "complaint-monitor[web]"'


def doors(settings: Settings, database: str, clock: Callable[[], datetime]) -> Sequence[WebDoor]:
    """Return the door of [web], if it is configured. Raises ``ConfigError`` when its packages are not installed."""
    if not settings.web.wanted:
        return []
    try:
        from monitor.reception.web.door import WebDoor
        from monitor.reception.web.site import Site
    except ModuleNotFoundError as error:
        raise ConfigError([_NEEDS.format(name=error.name)]) from error
    return [WebDoor(Site(settings, database, clock), settings.web.host, settings.web.port)]
