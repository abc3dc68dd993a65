"""Who takes a message now: a rota's name stands for whoever is on call, and whoever is away for a substitute, if there is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from monitor.alerting.calendars import Receiver, awake_at, away, off_duty
from monitor.alerting.routing import Desk


def stand_in(name: str, desk: Desk, now: datetime) -> str:
    """Return the receiver that ``name`` means now: whoever is on call if it is a rota's, else ``name`` itself."""
    return next((rota.on_duty(now, desk.zone) for rota in desk.oncall if rota.name == name), name)


def called(names: Iterable[str], desk: Desk, now: datetime) -> tuple[Receiver, ...]:
    """Return the receivers whom ``names`` mean now, each once, there or not; names of nobody are left out."""
    known = {receiver.name: receiver for receiver in desk.receivers}
    meant = dict.fromkeys(stand_in(name, desk, now) for name in names)
    return tuple(known[name] for name in meant if name in known)


def substitutes(receiver: Receiver, desk: Desk, now: datetime) -> Iterator[Receiver]:
    """Yield the receiver and whoever takes its messages while it is away, then theirs, each once."""
    known = {one.name: one for one in desk.receivers}
    seen: set[str] = set()
    one: Receiver | None = receiver
    while one is not None and one.name not in seen:
        yield one
        seen.add(one.name)
        one = None if one.otherwise is None else known.get(stand_in(one.otherwise, desk, now))


def reachable(receiver: Receiver, desk: Desk, now: datetime, critical: bool) -> Receiver | None:
    """Return who takes a message for ``receiver`` now: itself or the first substitute who is there; None: it waits.

    A critical one never waits: quiet hours are no reason, and if nobody works now, the receiver itself gets it.
    """
    for one in substitutes(receiver, desk, now):
        if (off_duty if critical else away)(one, now, desk.zone) is None:
            return one
    return receiver if critical else None


def present(receivers: Iterable[Receiver], desk: Desk, now: datetime, critical: bool) -> tuple[Receiver, ...]:
    """Return who takes a message for ``receivers`` now, each once."""
    taking = (reachable(receiver, desk, now, critical) for receiver in receivers)
    return tuple(dict.fromkeys(one for one in taking if one is not None))


def back_at(receivers: Iterable[Receiver], desk: Desk, now: datetime) -> datetime | None:
    """Return when one of ``receivers`` or of their substitutes is next there, or another is on call; None without receivers."""
    waits = [awake_at(one, now, desk.zone) for receiver in receivers for one in substitutes(receiver, desk, now)]
    return min([*waits, *(rota.handover_at(now, desk.zone) for rota in desk.oncall)]) if waits else None


def resting(receiver: Receiver, desk: Desk, now: datetime) -> bool:
    """Tell whether the receiver should not be bothered with what can wait: away, or in a rota and not on call."""
    rotas = [rota for rota in desk.oncall if receiver.name in rota.receivers]
    on_call = not rotas or any(rota.on_duty(now, desk.zone) == receiver.name for rota in rotas)
    return not on_call or away(receiver, now, desk.zone) is not None
