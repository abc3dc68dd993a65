"""The same history decided at several sensitivities: judged, grouped and assessed once, decided anew for each setting.

What staff were told in a lane, its price of speaking and its unanswered alarms are its own; everything else is that of the one pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor import alerting
from monitor.alerting import Alarm, Desk, Pressure, Situation, Told
from monitor.config import Settings
from monitor.domain import Decision, Severity, Status
from monitor.pipeline import Judgement
from monitor.pipeline.alarms import EPISODE

NOTIFICATIONS = (3.0, 7.0, 14.0, 28.0)
STRICTER = (2.0, 4.0)
"""Evidence budgets tried besides the configured one: this many times fewer false alarms of the detector."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Setting:
    """``notifications`` a week, and a detector ``stricter`` times stricter than the ``false_alarms`` a week that are configured."""

    notifications: float
    false_alarms: float
    stricter: float = 1.0
    current: bool = False


def settings_to_try(settings: Settings) -> list[Setting]:
    """Return what is configured and its neighbours, from the quietest to the loudest."""
    now, false_alarms = settings.budget.notifications_per_week, settings.emergence.false_alarms_per_week
    tried = [Setting(number, false_alarms, 1.0, number == now) for number in sorted({*NOTIFICATIONS, now})]
    return [*(Setting(now, false_alarms, times) for times in sorted(STRICTER, reverse=True)), *tried]


@dataclass
class Lane:
    """One setting on its way through the history."""

    setting: Setting
    desk: Desk
    parameters: alerting.Parameters
    price: Pressure | None = None
    told: dict[int, Told] = field(default_factory=dict)
    first: dict[int, datetime] = field(default_factory=dict)
    alarms: dict[int, Alarm] = field(default_factory=dict)
    raised: dict[int, datetime] = field(default_factory=dict)
    spoken: list[Decision] = field(default_factory=list)
    over: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, setting: Setting, settings: Settings) -> Lane:
        """A lane at its beginning. It speaks also where the configuration is a silent one."""
        budget = replace(settings.budget, notifications_per_week=setting.notifications)
        return cls(setting, replace(settings.desk, budget=budget, silent=False), settings.decision)

    def judge(self, situation: Situation) -> Decision:
        """Decide what this setting would have decided, and remember it."""
        now, number = situation.now, situation.incident.id
        self._hear(situation)
        if situation.incident.status is Status.RESOLVED:
            self.over.add(number)
        price = self.price or Pressure.initial(now, self.desk.budget)
        decision = alerting.decide(self._own(situation, price), self.desk, self.parameters)
        heard = alerting.remember(self.told.get(number), decision)
        if heard is not None:
            self.told[number] = heard
        if decision.notify:
            self.price = price.after(now, self.desk.budget).paid(self.desk.budget)
            self.alarms.pop(number, None)
            self.first.setdefault(number, now)
            self.spoken.append(decision)
        elif decision.inputs.get("storm") and decision.severity is Severity.CRITICAL:
            self.first.setdefault(number, now)  # a storm page names it
        return decision

    def _own(self, situation: Situation, price: Pressure) -> Situation:
        now, incident = situation.now, situation.incident
        recent = [decision for decision in self.spoken[-200:] if decision.at >= now - DAY]
        shift = now - self.desk.budget.shift
        status = incident.status if incident.status in (Status.RESOLVED, Status.DISMISSED) else Status.CANDIDATE
        return replace(
            situation,
            incident=replace(incident, status=status, alerted_at=self.first.get(incident.id)),
            pressure=price,
            alarm=self._alarm(situation),
            told=self.told.get(incident.id),
            open_alerts=len({decision.incident_id for decision in recent if decision.at >= shift} - self.over),
            pages_this_shift=sum(decision.severity is Severity.CRITICAL and decision.at >= shift for decision in recent),
            sent={},
            on_storm_page=incident.id in self.first and incident.id not in self.told,
        )

    def _hear(self, situation: Situation) -> None:
        """Every alarm passes here in the tick that raised it; from then on the lane keeps it until it has spoken."""
        alarm, number = situation.alarm, situation.incident.id
        if alarm is None:
            return
        at: datetime = getattr(alarm, "at", situation.now)
        if self.raised.get(number) != at:
            self.raised[number] = at
            self.alarms[number] = alarm

    def _alarm(self, situation: Situation) -> Alarm | None:
        """The alarm that waits, if it has not lapsed and the evidence has ever been enough for a detector so strict."""
        number = situation.incident.id
        alarm = self.alarms.get(number)
        if alarm is None or situation.now - self.raised[number] >= EPISODE:
            return None
        evidence = max(alarm.evidence, situation.assessment.emergence.evidence)
        return alarm if evidence >= alarm.threshold + math.log(self.setting.stricter) else None


def decided(
    judgements: Iterable[tuple[datetime, Judgement]], lanes: Sequence[Lane], each: Callable[[Judgement], None] = lambda judgement: None
) -> Iterator[tuple[datetime, Judgement]]:
    """Pass the decisions of the one pass on, and let every lane decide about the same situations."""
    for at, judgement in judgements:
        each(judgement)
        if judgement.situation is not None:
            for lane in lanes:
                lane.judge(judgement.situation)
        yield at, judgement
