"""``act``: one entry for what staff do, whether by a button, a link or a verb. It is done once however often it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.actions import moves
from monitor.config import Settings
from monitor.domain import LIVE, Action, Incident, Status
from monitor.errors import MonitorError
from monitor.pipeline.parts import MONITOR
from monitor.pipeline.showing import silent_until
from monitor.store import Store

SILENCE = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an action: ``messages.say(code, language, zone, now, **values)`` tells it.

    ``changed``: something was done; if not, it had been done before, or it is ``refused`` because the incident's state does not allow it.
    """

    code: str
    values: dict[str, object] = field(default_factory=dict)
    changed: bool = True
    refused: bool = False


@dataclass(frozen=True, slots=True)
class _Deed:
    """One request: who wants what done about which incident, as it stands inside the transaction."""

    store: Store
    settings: Settings
    incident: Incident
    who: str
    now: datetime
    to: str
    of: int | None
    note: str
    lasting: timedelta

    @property
    def id(self) -> int:
        """The incident's number."""
        return self.incident.id

    def done(self, code: str, **values: object) -> Outcome:
        """Say that it was done."""
        return Outcome(f"act.{code}", {"id": self.id, **values})

    def already(self, code: str, **values: object) -> Outcome:
        """Say that it had been done before, and by whom."""
        return Outcome(f"act.already_{code}", {"id": self.id, **self._last_move(), **values}, changed=False)

    def refused(self, code: str, **values: object) -> Outcome:
        """Say why it cannot be done."""
        return Outcome(f"act.{code}", {"id": self.id, "status": self.incident.status, **self._last_move(), **values}, False, True)

    def _last_move(self) -> dict[str, object]:
        move = self.store.incidents.last_move(self.id, self.incident.status)
        return {"by": move and move.who, "at": move.at if move else self.incident.status_at}


def act(
    store: Store,
    settings: Settings,
    action: Action | str,
    incident_id: int,
    who: str,
    where: str,
    now: datetime,
    *,
    to: str | None = None,
    of: int | None = None,
    note: str = "",
    lasting: timedelta = SILENCE,
) -> Outcome:
    """Do ``action`` about an incident for ``who``, and write down that it came from ``where`` ("cli", "link", "slack:U123").

    ``to``: whom to assign it to (None: to ``who``); ``of``: the incident that it is a duplicate of; ``lasting``: how long to be silent.
    A second request changes nothing and says so; of two people who press at once the second is told about the first.
    Raises ``NotFound`` for an unknown incident, ``MonitorError`` for an unknown action.
    """
    if action not in _DEEDS:
        raise MonitorError(f"there is no such action: {action!r}")
    with store.coming_from(where), store.transaction():
        incident = store.incidents.get(incident_id)
        deed = _Deed(store, settings, incident, who, now, to or who, of, note, lasting)
        if incident.merged_into is not None and action != Action.DUPLICATE:
            return deed.refused("part_of", older=incident.merged_into)
        return _DEEDS[Action(action)](deed)


def _acknowledge(deed: _Deed) -> Outcome:
    if deed.incident.status is Status.ACKNOWLEDGED:
        return deed.already("acknowledged")
    if deed.incident.status not in LIVE:
        return deed.refused("closed")
    moves.acknowledge(deed.store, deed.id, deed.who, deed.now, deed.note)
    return deed.done("acknowledged")


def _assign(deed: _Deed) -> Outcome:
    before = deed.incident.assigned_to
    if deed.incident.status not in LIVE:
        return deed.refused("closed")
    if before == deed.to and deed.incident.status is Status.ACKNOWLEDGED:
        return deed.already("assigned", who=deed.to)
    moves.assign(deed.store, deed.id, deed.to, deed.who, deed.now)
    if before is None or before == deed.to:
        return deed.done("assigned", who=deed.to)
    return deed.done("taken_over", who=deed.to, before=before)


def _resolve(deed: _Deed) -> Outcome:
    if deed.incident.status is Status.RESOLVED:
        return deed.already("resolved")
    if deed.incident.status is Status.DISMISSED:
        return deed.refused("closed")
    moves.resolve(deed.store, deed.id, deed.who, deed.now, deed.note)
    return deed.done("resolved")


def _handled(deed: _Deed) -> Outcome:
    """The alert was right and the trouble is over."""
    outcome = _resolve(deed)
    if outcome.changed and deed.incident.confirmed_at is None:
        moves.confirm(deed.store, deed.settings, deed.id, deed.who, deed.now)
    return deed.done("handled") if outcome.changed else outcome


def _dismiss(deed: _Deed) -> Outcome:
    if deed.incident.status is Status.DISMISSED:
        return deed.already("dismissed")
    moves.dismiss(deed.store, deed.id, deed.who, deed.now, deed.note)
    return deed.done("dismissed")


def _confirm(deed: _Deed) -> Outcome:
    if deed.incident.status is Status.DISMISSED:
        return deed.refused("closed")
    if deed.incident.confirmed_at is not None:
        return deed.already("confirmed", at=deed.incident.confirmed_at)
    moves.confirm(deed.store, deed.settings, deed.id, deed.who, deed.now)
    return deed.done("confirmed")


def _duplicate(deed: _Deed) -> Outcome:
    if deed.of is None or deed.of == deed.id:
        return deed.refused("not_itself")
    other, joined = deed.store.incidents.get(deed.of), deed.incident.merged_into
    if deed.id in (other.merged_into, joined) or other.id == joined:
        return deed.already("merged", younger=max(deed.id, other.id), older=min(deed.id, other.id))
    if joined is not None:
        return deed.refused("part_of", older=joined)
    if other.merged_into is not None:
        return deed.refused("part_of", id=other.id, older=other.merged_into)
    older, younger = sorted((deed.incident, other), key=lambda incident: incident.id)
    if older.watch != younger.watch:
        return deed.refused("other_watch", older=older.id, younger=younger.id)
    if older.status is Status.DISMISSED:
        return deed.refused("merge_dismissed", older=older.id, younger=younger.id)
    moves.merge(deed.store, older.id, younger.id, deed.who, deed.now)
    return deed.done("merged", younger=younger.id, older=older.id)


def _silence(deed: _Deed) -> Outcome:
    until = silent_until(deed.store.incidents.silences(deed.now), deed.id)
    if until is not None:
        return deed.already("silenced", until=until)
    moves.silence(deed.store, deed.id, deed.lasting, deed.who, deed.now, deed.note)
    return deed.done("silenced", until=deed.now + deed.lasting)


def _undo(deed: _Deed) -> Outcome:
    closed = deed.store.incidents.last_move(deed.id)
    if deed.incident.status in LIVE or closed is None or closed.who == MONITOR:
        return deed.refused("nothing_to_undo")
    reopened = moves.reopen(deed.store, deed.id, deed.who, deed.now)
    return deed.done("undone", status=reopened.status)


_DEEDS: dict[Action, Callable[[_Deed], Outcome]] = {
    Action.ACKNOWLEDGE: _acknowledge,
    Action.ASSIGN: _assign,
    Action.HANDLED: _handled,
    Action.NOT_OURS: _dismiss,
    Action.DUPLICATE: _duplicate,
    Action.SILENCE: _silence,
    Action.RESOLVE: _resolve,
    Action.DISMISS: _dismiss,
    Action.CONFIRM: _confirm,
    Action.UNDO: _undo,
}
