"""What staff do about incidents: the actions, the record of them, how soon they came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.domain.incidents import Severity, Status


class Action(StrEnum):
    """What staff do about an incident; those in ``BUTTONS`` may be pressed where a message is shown.

    ``handled``: the alert was right and the trouble is over. ``not_ours`` and ``dismiss`` say the same; so do ``duplicate`` and merging.
    """

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    HANDLED = "handled"
    NOT_OURS = "not_ours"
    DUPLICATE = "duplicate"
    SILENCE = "silence_4h"
    RESOLVE = "resolve"
    DISMISS = "dismiss"
    CONFIRM = "confirm"
    UNDO = "undo"


BUTTONS = (Action.ACKNOWLEDGE, Action.ASSIGN, Action.HANDLED, Action.NOT_OURS, Action.DUPLICATE, Action.SILENCE)


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed what, when: from ``was`` to ``became``; ``origin`` says where it was done (``cli``, ``slack:U123``, ``link``)."""

    at: datetime
    who: str
    action: str
    incident_id: int | None
    was: str | None
    became: str | None
    note: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """How staff responded to an incident that they were told of; what has not happened yet is None.

    ``working_hours``: whether they were told from Monday to Friday, 09:00 to 18:00, by the company's clock. ``ended_by`` is "monitor"
    where nothing more was written and it closed by itself.
    """

    incident_id: int
    severity: Severity | None
    working_hours: bool
    alerted_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    ended_as: Status | None
    ended_at: datetime | None
    ended_by: str | None
