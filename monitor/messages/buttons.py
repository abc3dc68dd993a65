"""What staff may do where they read a message, and what was done already: buttons, badge and state that fit the incident's status."""

from __future__ import annotations

from datetime import datetime

from monitor.domain import BUTTONS, LIVE, Action, Button, Change, Incident, Status
from monitor.messages import deeds
from monitor.messages.wording import Reader

_STYLES = {Action.ACKNOWLEDGE: "primary", Action.HANDLED: "primary", Action.NOT_OURS: "danger"}
_VERBS = {Status.ACKNOWLEDGED: "resolve", Status.RESOLVED: "show", Status.DISMISSED: "undo"}
PROGRAM = "monitor"


def fitting(incident: Incident, silenced_until: datetime | None, reader: Reader) -> tuple[Button, ...]:
    """Return the buttons that would still do something; a closed incident has none."""
    if closed(incident):
        return ()
    done = set[Action]()
    if incident.status is Status.ACKNOWLEDGED:
        done = {Action.ACKNOWLEDGE, Action.SILENCE}  # what is acknowledged is silent
    if silenced_until is not None:
        done.add(Action.SILENCE)
    wanted = [action for action in BUTTONS if action not in done]
    primary = next(action for action in wanted if _STYLES.get(action) == "primary")
    return tuple(_button(action, incident.id, action is primary, reader) for action in wanted)


def _button(action: Action, incident_id: int, primary: bool, reader: Reader) -> Button:
    style = _STYLES.get(action)
    return Button(action, reader.pick(deeds.BUTTONS[action]), str(incident_id), style if primary or style == "danger" else None)


def closed(incident: Incident) -> bool:
    """Tell whether nothing is to be done about it any more."""
    return incident.status not in LIVE or incident.merged_into is not None


def state(incident: Incident, stands: Change | None, reader: Reader) -> str | None:
    """Say who acknowledged, resolved or dismissed it; None for one that waits for somebody."""
    key = _key(incident)
    if key is None:
        return None
    if key == Status.RESOLVED and stands is not None and stands.who == PROGRAM:
        key = "ended"
    at = stands.at if stands is not None else incident.status_at
    return reader.fill(deeds.STANDS[key][0], {"by": stands and stands.who, "at": at, "older": incident.merged_into})


def mark(incident: Incident, reader: Reader) -> str:
    """Return what the badge adds to the severity."""
    key = _key(incident)
    return "" if key is None else reader.pick(deeds.STANDS[key][1])


def command(incident: Incident) -> tuple[str, ...]:
    """Return what to type next about it."""
    if incident.merged_into is not None:
        return (f"monitor incidents show {incident.merged_into}",)
    return (f"monitor incidents {_VERBS.get(incident.status, 'ack')} {incident.id}",)


def _key(incident: Incident) -> str | None:
    if incident.merged_into is not None:
        return "merged"
    return incident.status.value if incident.status.value in deeds.STANDS else None
