"""What staff ask for in Slack is done, and put into words: presses of buttons, and ``/complaints``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor import actions, messages, signing
from monitor.config import Settings
from monitor.decode import duration
from monitor.domain import LIVE, Action, Incident, Status
from monitor.errors import MonitorError, NotFound
from monitor.pipeline import Parts, delivering, living
from monitor.plain import clean
from monitor.store import Store

MOST = 10
CHOICES = 100
REASONS = 6
LOOKED_AT = 500
REMEMBERED = timedelta(days=1)
"""So long the numbers of requests are kept; Slack sends one again within minutes, if at all."""
PATIENCE = 1.0
"""Seconds to wait for another writer before a request is acknowledged: Slack gives three in all."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: the name that others know, where it was done ("slack:U123"), in which language to answer."""

    name: str
    where: str
    language: str


class Counter:
    """Does what is asked, one short transaction each; opens the store anew each time, for requests come on threads of their own."""

    def __init__(self, settings: Settings, parts: Parts, database: str, clock: Callable[[], datetime]):
        self.settings = settings
        self._parts = parts
        self._database = database
        self._clock = clock

    def say(self, key: str, language: str, **values: object) -> str:
        """Return a phrase."""
        return messages.say(key, language, self.settings.zone, self._clock(), **values)

    def first(self, envelope: str) -> bool:
        """Whether a request of that number comes for the first time, before a restart too; so it is taken if the store cannot say."""
        now = self._clock()
        try:
            with Store.open(self._database, wait=PATIENCE) as store, store.transaction():
                return store.used.take(signing.once(f"slack {envelope}"), now + REMEMBERED, now)
        except MonitorError:
            return True

    def act(self, action: str, incident_id: int, person: Person, **more: object) -> str:
        """Do ``action``; say what became of it, also that it had been done before, or that it cannot be done."""
        try:
            with Store.open(self._database) as store:
                done = actions.act(
                    store,
                    self.settings,
                    action,
                    incident_id,
                    person.name,
                    person.where,
                    self._clock(),
                    **more,  # type: ignore[arg-type]
                )
        except MonitorError as error:
            return self._failed(error, person)
        return self.say(done.code, person.language, **done.values)

    def show(self) -> None:
        """Bring the living messages up to date now, not at the next tick. Whatever fails here, the tick does."""
        with Store.open(self._database) as store:
            living.keep_up(store, self._parts, self._clock())
            delivering.deliver(store, self._parts, self._clock())

    def others(self, incident_id: int) -> list[tuple[int, str]]:
        """Incidents of which this one may be a duplicate: live, of the same watch, the latest first. Raises ``MonitorError``."""
        with Store.open(self._database) as store:
            watch = store.incidents.get(incident_id).watch
            found = [row for row in _known(store) if row.watch == watch and row.id != incident_id]
        return [(row.id, row.title) for row in sorted(found, key=lambda row: -row.id)][:CHOICES]

    def command(self, text: str, person: Person) -> list[str]:
        """Answer ``/complaints text`` in lines: what is going on, ``why 12``, ``silence 12 4h``; anything else gets the usage."""
        words = clean(text, 200).lower().lstrip("#").split()
        try:
            match words:
                case [] | ["list"]:
                    return self._going_on(person)
                case ["why", number]:
                    return self._why(_number(number), person)
                case ["silence", number]:
                    return self._silence(_number(number), "4h", person)
                case ["silence", number, lasting]:
                    return self._silence(_number(number), lasting, person)
        except ValueError:
            pass
        except MonitorError as error:
            return [self._failed(error, person)]
        return [self.say("chat.usage", person.language)]

    def _going_on(self, person: Person) -> list[str]:
        with Store.open(self._database) as store:
            live = _known(store)
            live.sort(key=lambda row: (-(row.severity.rank if row.severity else -1), -row.authors, -row.id))
            lines = [self._line(store, row, person) for row in live[:MOST]]
        if not lines:
            return [self.say("incidents.none", person.language)]
        more = [self.say("chat.more", person.language, n=len(live) - MOST)] if len(live) > MOST else []
        return [self.say("chat.going_on", person.language, n=len(live)), *lines, *more]

    def _line(self, store: Store, row: Incident, person: Person) -> str:
        assessment = store.incidents.latest_assessment(row.id)
        reach = assessment.reach.people if assessment and assessment.reach else None
        phrase = "chat.line" if reach else "chat.line_unseen"
        values: dict[str, object] = {"low": reach.p10, "high": reach.p90} if reach else {}
        values |= {"severity": self.say("cell.severity", person.language, severity=row.severity) if row.severity else "-"}
        values |= {"watch": row.watch, "topic": row.topic, "title": clean(row.title, 90), "authors": row.authors}
        return self.say(phrase, person.language, id=row.id, status=row.status, **values)

    def _why(self, incident_id: int, person: Person) -> list[str]:
        with Store.open(self._database) as store:
            row, decisions = store.incidents.get(incident_id), store.incidents.decisions(incident_id)
            assessment, head = store.incidents.latest_assessment(incident_id), self._line(store, row, person)
        if not decisions:
            return [head, self.say("why.never", person.language, id=row.id)]
        spoken = [decision for decision in decisions if decision.notify][-1:] or decisions[-1:]
        lines = [
            self.say("why.alerted" if decision.notify else "why.silent", person.language, at=decision.at, reason=decision.reason)
            for decision in spoken
        ]
        parts = (assessment.emergence, assessment.reach, assessment.forecast) if assessment else ()
        reasons = [*(decision.because for decision in spoken), *(part.because for part in parts if part is not None)]
        told = [messages.sentence(because, person.language, self.settings.zone, self._clock()) for because in reasons if because.code]
        return [head, *lines, *dict.fromkeys(told[:REASONS])]

    def _silence(self, incident_id: int, lasting: str, person: Person) -> list[str]:
        return [self.act(Action.SILENCE, incident_id, person, lasting=duration(lasting))]

    def _failed(self, error: MonitorError, person: Person) -> str:
        if isinstance(error, NotFound):
            return self.say("chat.no_incident", person.language)
        return self.say("chat.busy", person.language)


def _known(store: Store) -> list[Incident]:
    """Live incidents but for candidates with one author."""
    return [row for row in store.incidents.all(LOOKED_AT, tuple(LIVE)) if row.status is not Status.CANDIDATE or row.authors > 1]


def _number(text: str) -> int:
    number = int(text.lstrip("#"))
    if not 0 < number < 2**53 or not text.lstrip("#").isascii():
        raise ValueError("no incident has such a number")
    return number
