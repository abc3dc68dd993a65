"""What an alert tells besides the decision: the brief, the playbook's drafts, a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from monitor import briefing, charts, messages
from monitor.config import Settings
from monitor.domain import Assessment, Brief, Incident
from monitor.pipeline.parts import Parts
from monitor.store import Store

DRAWN = 300
"""So many of the latest assessments are drawn."""
LANGUAGES = ("ko", "en")


def brief(store: Store, settings: Settings, incident: Incident, assessment: Assessment, now: datetime) -> Brief:
    """Answer the five questions about an incident from what the store knows."""
    since, until = incident.opened_at - briefing.SIGNAL_LASTS, incident.last_post_at + briefing.SIGNAL_BEFORE
    units = unit_costs(settings, incident.topic)
    signals = store.signals.between(since, until)
    return briefing.brief(incident, assessment, store.voices.of(incident), now, settings.monitor.threshold, units, signals)


def unit_costs(settings: Settings, topic: str) -> briefing.UnitCosts:
    """Return what a trouble of ``topic`` costs at each stage, as [decision] says."""
    costs = settings.decision
    respond = costs.respond.total_seconds() / 60
    return briefing.UnitCosts(costs.cost_triage, costs.cost_outside, costs.cost_claim, costs.weight(topic), respond)


def drafts(settings: Settings, topic: str, spoken: tuple[str, ...], language: str) -> Mapping[str, str]:
    """Return the playbook's replies in the languages of the posts that it has; in the reader's own where it has none of those."""
    playbook = settings.playbook(topic)
    if playbook is None:
        return {}
    written = {"ko": playbook.ko.reply, "en": playbook.en.reply}
    chosen = [one for one in spoken if written.get(one)] or [one for one in (language, *LANGUAGES) if written.get(one)][:1]
    return {one: written[one] for one in chosen}


def never(settings: Settings, topic: str, language: str) -> tuple[str, ...]:
    """Return what the playbook says must not be said, in the reader's language."""
    playbook = settings.playbook(topic)
    return playbook.guide(language).never if playbook else ()


def picture(store: Store, parts: Parts, incident: Incident, receiver: str, language: str) -> bytes | None:
    """Return a PNG of how an incident spreads, if a channel of ``receiver`` shows pictures."""
    wanted = any(name == receiver and getattr(one, "pictures", False) for (name, _), one in parts.notifiers.items())
    curve = spread(store, incident, parts.settings) if wanted else None
    return charts.spread(curve, "png", language) if curve is not None else None


def spread(store: Store, incident: Incident, settings: Settings) -> charts.Curve | None:
    """Return what the picture of an incident draws, or None where nothing was measured."""
    known = store.incidents.assessments(incident.id, DRAWN)
    seen = tuple((one.at, one.reach.people) for one in known if one.reach is not None)
    if not seen:
        return None
    last = known[-1]
    ahead = tuple((horizon, people) for horizon, people in (last.forecast.horizons if last.forecast else {}).items())
    spoken = tuple(decision.at for decision in store.incidents.spoken(incident.id) if decision.notify)
    return charts.Curve(seen, ahead, settings.monitor.threshold, spoken, settings.zone)


def complete(store: Store, parts: Parts, told: messages.Briefing, receiver: str | None, language: str) -> messages.Briefing:
    """Return what an alert tells ``receiver`` (None: a subscriber) with the brief, the playbook's drafts and a picture."""
    incident, now = told.incident, told.decision.at
    answered = brief(store, parts.settings, incident, told.assessment, now)
    return replace(
        told,
        brief=answered,
        drafts=drafts(parts.settings, incident.topic, answered.languages, language),
        never=never(parts.settings, incident.topic, language),
        picture=None if receiver is None else picture(store, parts, incident, receiver, language),
    )
