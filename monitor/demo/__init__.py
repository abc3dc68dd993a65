"""The demo: a bundled story of some days, replayed with the shipped defaults by the code of ``monitor run``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from pathlib import Path

import click

from monitor import assembly, config, messages, replay
from monitor.config import Settings
from monitor.config.sections import Language
from monitor.domain import NOTIFYING, Incident, Message, Reason
from monitor.notifiers import console, email
from monitor.pipeline import Judgement
from monitor.store import Store

STORY = "story.jsonl.gz"
TOLD_SILENCES = 6


@dataclass
class Timeline:
    """What the replay said and kept silent about."""

    spoken: list[Judgement] = field(default_factory=list)
    last: dict[int, Judgement] = field(default_factory=dict)
    crossed: dict[int, datetime] = field(default_factory=dict)


def run(database: Path, mail: Path, language: Language | None, story: Path | None = None) -> Timeline:
    """Replay ``story`` (the bundled one) into ``database`` and show what happened; the first alert is written to ``mail``."""
    settings = _settings(language)
    for leftover in (database, *(database.with_name(database.name + end) for end in ("-wal", "-shm", "-journal"))):
        leftover.unlink(missing_ok=True)
    with _file(story) as file:
        history = replay.read(str(file))
    kept = assembly.Kept()
    with Store.open(database) as store:
        timeline = _replay(store, settings, history, kept)
        _show(store, settings, timeline, kept.messages, database, mail)
    return timeline


def _settings(language: Language | None) -> Settings:
    settings = config.load(config.template(), os.environ)
    return settings if language is None else config.with_language(settings, language)


def _file(story: Path | None) -> AbstractContextManager[Path]:
    return resources.as_file(resources.files(__package__).joinpath(STORY)) if story is None else nullcontext(story)


def _replay(store: Store, settings: Settings, history: replay.History, kept: assembly.Kept) -> Timeline:
    timeline = Timeline()
    with click.progressbar(length=len(history.events), label="monitor demo", file=sys.stderr) as bar:
        run = replay.Replay(store, assembly.parts(settings, kept), history, lambda done: bar.update(done - bar.pos))
        for _, judgement in run.run():
            if judgement.decision.reason is not Reason.ACKNOWLEDGED or judgement.incident.id not in timeline.last:
                timeline.last[judgement.incident.id] = judgement  # why it was not told while it lived, not that it is over
            if judgement.decision.reason in NOTIFYING:
                timeline.spoken.append(judgement)
    timeline.crossed = dict(store.incidents.crossings())
    return timeline


def _show(store: Store, settings: Settings, timeline: Timeline, written: Sequence[Message], database: Path, mail: Path) -> None:
    def say(key: str, **values: object) -> None:
        click.echo(messages.say(key, settings.monitor.language, settings.zone, None, **values))

    counts = store.counts()
    say("demo.story", posts=counts["posts"], complaints=counts["complaints"], incidents=counts["incidents"])
    first = next((message for message in written if message.reason in NOTIFYING), None)
    if first is None:
        say("demo.silent")
    else:
        click.echo()
        click.echo(console.text(first, colour=sys.stdout.isatty()))
        mail.write_text(email.html(first), encoding="utf-8")
    say("demo.timeline")
    for judgement in timeline.spoken:
        decision = judgement.decision
        number = _now(store, decision.incident_id)
        say("demo.spoke", at=decision.at, reason=decision.reason, incident=number, title=judgement.incident.title)
    for incident_id, at in timeline.crossed.items():
        alerted = store.incidents.get(incident_id).alerted_at
        threshold = settings.monitor.threshold
        if alerted is None:
            say("demo.crossed_untold", at=at, incident=incident_id, threshold=threshold)
        elif alerted < at:
            say("demo.crossed", at=at, incident=incident_id, lead=(at - alerted).total_seconds(), threshold=threshold)
        else:
            say("demo.crossed_late", at=at, incident=incident_id, late=(alerted - at).total_seconds(), threshold=threshold)
    say("demo.silences")
    for incident, judgement in _silences(store, timeline):
        because = messages.sentence(judgement.decision.because, settings.monitor.language, settings.zone)
        say("demo.kept_silent", incident=incident.id, authors=incident.authors, posts=incident.posts, title=incident.title, because=because)
    number = _now(store, timeline.spoken[0].incident.id) if timeline.spoken else 1
    say("demo.next", database=str(database), incident=number, mail=str(mail))


def _now(store: Store, incident_id: int) -> int:
    """The number under which an incident goes on: it may have turned out to be part of another."""
    merged_into = store.incidents.get(incident_id).merged_into
    return incident_id if merged_into is None else _now(store, merged_into)


def _silences(store: Store, timeline: Timeline) -> Iterator[tuple[Incident, Judgement]]:
    """The troubles nearest to an alert about which nothing was said: those that many saw, then those that many wrote about."""
    found = (store.incidents.get(number) for number in timeline.last)
    kept = [incident for incident in found if incident.alerted_at is None and incident.merged_into is None]
    kept.sort(key=lambda incident: (incident.crossed_at is None, -incident.posts, -incident.authors, incident.id))
    for incident in kept[:TOLD_SILENCES]:
        yield incident, timeline.last[incident.id]
