"""The brief: five questions about an incident, answered from its posts, and what acting now costs against waiting.

Pure: posts, verdicts and estimates in, reasons out; ``messages`` turns them into sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from monitor.briefing import cost, excerpts, fitting, places, voices, wants
from monitor.briefing.cost import UnitCosts
from monitor.briefing.fitting import best, in_time
from monitor.briefing.story import tell
from monitor.domain import Assessment, Because, Brief, Incident, Kind, Signal, Voice

__all__ = ["SIGNAL_BEFORE", "SIGNAL_LASTS", "UnitCosts", "best", "brief", "cost_of", "in_time", "stage_of", "tell"]

stage_of, cost_of = cost.stage, cost.cost
SIGNAL_BEFORE, SIGNAL_LASTS = fitting.BEFORE, fitting.LASTS

SHOWN_WANTS = 3
SHOWN_PLACES = 3


def brief(
    incident: Incident,
    assessment: Assessment,
    said: Sequence[Voice],
    now: datetime,
    threshold: int,
    units: UnitCosts,
    signals: Iterable[Signal] = (),
) -> Brief:
    """Answer the five questions; ``said`` are the posts of the incident, the most telling first."""
    own = [voice for voice in said if not voice.copy]
    texts = [(voice.author, voice.post.text) for voice in own]
    signal = fitting.best(signals, incident, [text for _, text in texts])
    stage = cost.stage(incident, assessment, threshold)
    return Brief(
        who=voices.customers(own),
        problem=tuple(_problem(incident, texts, signal[1] if signal else None)),
        wants=tuple(_wants(texts)),
        evidence=tuple(_evidence(incident, assessment, own)),
        experience=excerpts.experience(own),
        stage=stage,
        cost=cost.cost(stage, assessment, now, units),
        languages=voices.languages(own),
        signal=signal[0] if signal else None,
    )


def _problem(incident: Incident, texts: Sequence[tuple[str, str]], because: Because | None) -> Iterator[Because]:
    yield Because("briefing_topic", {"topic": incident.topic, "since": incident.opened_at})
    named = places.most_named(texts, incident.watch)[:SHOWN_PLACES]
    if named:
        yield Because("briefing_places", {"places": ", ".join(f"{place} ({people})" for place, people in named)})
    if because is not None:
        yield because


def _wants(texts: Sequence[tuple[str, str]]) -> Iterator[Because]:
    people = len({author for author, _ in texts})
    found = wants.most_wanted(texts)[:SHOWN_WANTS]
    for want, asking in found:
        yield Because("briefing_want", {"want": want, "people": asking, "share": asking / people})
    if not found:
        yield Because("briefing_want_unsaid", {"people": people})


def _evidence(incident: Incident, assessment: Assessment, own: Sequence[Voice]) -> Iterator[Because]:
    yield assessment.emergence.because
    if assessment.reach is not None:
        yield Because("briefing_measured", {"share": assessment.reach.measured})
    else:
        yield Because("briefing_unmeasured")
    verdicts = [voice.labels.complaint for voice in own if voice.labels is not None]
    if verdicts and incident.kind is Kind.COMPLAINT:
        yield Because("briefing_certainty", {"certainty": sum(verdicts) / len(verdicts), "posts": len(verdicts)})
    if incident.confirmed_at is not None:
        yield Because("briefing_confirmed", {"at": incident.confirmed_at})
