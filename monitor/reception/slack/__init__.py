"""Slack's buttons and the command ``/complaints``, over Socket Mode: the connection goes out from here, no port is opened.

``door`` holds the connection and takes what comes through it, ``admission`` says who may, ``counter`` does it and words the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from monitor.config import Settings
from monitor.notifiers.slack import Options
from monitor.pipeline import Parts
from monitor.reception.slack.counter import Counter
from monitor.reception.slack.door import SlackDoor

__all__ = ["SlackDoor", "doors"]


def doors(settings: Settings, parts: Parts, database: str, clock: Callable[[], datetime]) -> list[SlackDoor]:
    """Return one door for each app token in the configuration, with all channels that share it."""
    shared: dict[str, dict[str, Options]] = {}
    for receiver in settings.receivers:
        for channel in receiver.notifiers:
            if isinstance(channel.options, Options) and channel.options.app_token is not None:
                shared.setdefault(channel.options.app_token.reveal(), {})[receiver.name] = channel.options
    return [SlackDoor(Counter(settings, parts, database, clock), channels, clock) for channels in shared.values()]
