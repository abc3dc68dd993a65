"""When people may be spoken to: hours of the day, days of the week, public holidays, quiet hours, and whose week it is on call.

All of it is local time of the desk's zone. Which days are public holidays is told as dates; this room knows no country.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import ClassVar

_DAY = timedelta(days=1)
_LONGEST_AWAY = 400
"""Days: whoever would not be there for longer is taken to be there, so that nothing is kept back for ever."""


class Weekday(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_WEEK = tuple(Weekday)


class Away(StrEnum):
    """Why somebody is not to be spoken to now."""

    QUIET = "quiet"
    HOURS = "hours"
    DAY = "day"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class Hours:
    """A daily span in local time, in minutes after midnight; it may pass midnight (22:00-07:00)."""

    example: ClassVar[str] = 'daily span such as "22:00-07:00"'
    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> Hours:
        """Read ``22:00-07:00``; ``ValueError`` says what is wrong."""
        start, dash, end = text.partition("-")
        if not dash:
            raise ValueError('must look like "22:00-07:00"')
        span = cls(_minutes(start), _minutes(end))
        if span.start == span.end:
            raise ValueError("begins and ends at the same time")
        return span

    def __str__(self) -> str:
        return f"{self.start // 60:02d}:{self.start % 60:02d}-{self.end // 60:02d}:{self.end % 60:02d}"

    def hold(self, minute: int) -> bool:
        """Tell whether ``minute`` of the day lies inside; the end is outside."""
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end

    def cover(self, other: Hours) -> bool:
        """Tell whether no minute of ``other`` lies outside."""
        return all(self.hold(minute) for minute in range(24 * 60) if other.hold(minute))


def _minutes(text: str) -> int:
    hours, colon, minutes = text.strip().partition(":")
    plain = colon and len(minutes) == 2 and 1 <= len(hours) <= 2 and (hours + minutes).isascii() and (hours + minutes).isdigit()
    if not plain or int(minutes) > 59 or int(hours) * 60 + int(minutes) > 24 * 60:
        raise ValueError('must look like "22:00-07:00"')
    return int(hours) * 60 + int(minutes)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Someone who can be told; ``cap`` bounds notifications in 24 hours.

    ``hours``, ``days`` and ``holidays`` (days off) say when the receiver works; a span that passes midnight belongs to the day on which
    it begins. ``otherwise`` names who takes a message instead while the receiver is away; None: it waits.
    Severity critical passes quiet hours and the cap; outside the working hours it goes to ``otherwise``, or at once all the same.
    """

    name: str
    quiet_hours: Hours | None = None
    cap: int | None = None
    hours: Hours | None = None
    days: tuple[Weekday, ...] = ()
    holidays: frozenset[date] = frozenset()
    otherwise: str | None = None

    def works_on(self, day: date) -> bool:
        """Tell whether ``day`` is a working day; all are if none are named."""
        return (not self.days or _WEEK[day.weekday()] in self.days) and day not in self.holidays


@dataclass(frozen=True, slots=True)
class OnCall:
    """A rota: its name stands for one of ``receivers``, each in turn for ``every`` from ``start`` on (local time, without a zone)."""

    name: str
    receivers: tuple[str, ...]
    start: datetime
    every: timedelta = timedelta(days=7)

    def on_duty(self, now: datetime, zone: tzinfo) -> str:
        """Return whose turn it is; the turns go back before ``start`` too."""
        return self.receivers[self._turn(now, zone) % len(self.receivers)]

    def handover_at(self, now: datetime, zone: tzinfo) -> datetime:
        """Return when the next turn begins."""
        return (self.start + (self._turn(now, zone) + 1) * self.every).replace(tzinfo=zone).astimezone(UTC)

    def _turn(self, now: datetime, zone: tzinfo) -> int:
        return (now.astimezone(zone).replace(tzinfo=None) - self.start) // self.every


def off_duty(receiver: Receiver, now: datetime, zone: tzinfo) -> Away | None:
    """Return why ``now`` is outside the receiver's working time, or None."""
    local = now.astimezone(zone)
    day, minute = local.date(), local.hour * 60 + local.minute
    span = receiver.hours
    if span is not None and not span.hold(minute):
        return Away.HOURS
    if span is not None and span.start >= span.end and minute < span.end:
        day -= _DAY
    if receiver.works_on(day):
        return None
    return Away.HOLIDAY if day in receiver.holidays else Away.DAY


def quiet(receiver: Receiver, now: datetime, zone: tzinfo) -> bool:
    """Tell whether ``now`` lies in the receiver's quiet hours, by the clock of ``zone``."""
    if receiver.quiet_hours is None:
        return False
    local = now.astimezone(zone)
    return receiver.quiet_hours.hold(local.hour * 60 + local.minute)


def away(receiver: Receiver, now: datetime, zone: tzinfo) -> Away | None:
    """Return why the receiver is not to be spoken to now: off duty or in quiet hours; None if there is no reason."""
    return off_duty(receiver, now, zone) or (Away.QUIET if quiet(receiver, now, zone) else None)


def awake_at(receiver: Receiver, now: datetime, zone: tzinfo) -> datetime:
    """Return when the receiver is next there (to the minute, UTC): ``now`` if that is so already."""
    if away(receiver, now, zone) is None:
        return now
    return next((at for at in _changes(receiver, now, zone) if at > now and away(receiver, at, zone) is None), now)


def _changes(receiver: Receiver, now: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Yield the moments at which the receiver may come back, in order: midnight, the start of work, the end of quiet hours."""
    hours, nights = receiver.hours, receiver.quiet_hours
    minutes = sorted({0, *([hours.start] if hours else []), *([nights.end] if nights else [])})
    today = now.astimezone(zone).date()
    for number in range(-1, _LONGEST_AWAY):
        day = datetime.combine(today + number * _DAY, datetime.min.time())
        locals_ = (day + timedelta(minutes=minute) for minute in minutes)
        # An hour that the clock goes through twice has two such moments, told apart by ``fold``.
        yield from sorted({at.replace(tzinfo=zone, fold=fold).astimezone(UTC) for at in locals_ for fold in (0, 1)})
