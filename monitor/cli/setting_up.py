"""Verbs before the first run: init writes the configuration, check tries everything in it."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from typing import Literal

import click

from monitor import assembly, config, messages
from monitor.cli import checking
from monitor.cli.checking import Line
from monitor.cli.desk import Desk, now, settled
from monitor.cli.questions import Known, Questions
from monitor.config import writing
from monitor.config.pieces import COLLECTORS
from monitor.errors import MonitorError
from monitor.pipeline.parts import Source
from monitor.store import Store


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path), default="config.toml")
@click.option("--yes", is_flag=True, help="Ask nothing: what no option says gets its default.")
@click.option("--company", help="Name of the company or brand to watch.")
@click.option("--term", "terms", multiple=True, help="What else people call it; may be repeated.")
@click.option("--language", type=click.Choice(["ko", "en"]), help="Language of comments, messages and output.")
@click.option("--collector", "kinds", multiple=True, type=click.Choice(sorted(COLLECTORS)), help="Where posts come from; may be repeated.")
@click.option("--set", "settings", multiple=True, metavar="KIND.KEY=VALUE", help="An option of a collector, or the variable of its secret.")
@click.option("--email", "emails", multiple=True, help="Address to alert; may be repeated.")
@click.option("--smtp", help="Mail server that takes the alerts.")
@click.option("--slack", help="Slack channel to alert.")
@click.option("--threshold", type=click.IntRange(1), help="So many people having seen it make it a crisis.")
def init(
    file: Path, yes: bool, settings: tuple[str, ...], kinds: tuple[str, ...], language: Literal["ko", "en"] | None, **said: object
) -> None:
    """Write a commented config.toml: ask a few questions first, or write the whole example where nobody can answer."""
    if file.exists():
        raise MonitorError(f"{file} exists already; nothing was changed")
    known = Known(language=language, collectors=kinds, settings=_settings(settings), **said)  # type: ignore[arg-type]
    asking = sys.stdin.isatty() and not yes
    if not asking and not known:
        file.write_bytes(config.template().read_bytes())
        click.echo(str(file))
        return
    questions = Questions(known, asking)
    answers = questions.answers()
    file.write_text(writing.written(answers), encoding="utf-8")
    click.echo(questions.phrase("init.written", file=str(file)))
    if unset := questions.unset(answers):
        click.echo(questions.phrase("init.set", names=", ".join(unset)))
    click.echo(questions.phrase("init.next"))


def _settings(given: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Read KIND.KEY=VALUE; only keys that a kind asks for."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for one in given:
        place, _, value = one.partition("=")
        kind, _, key = place.partition(".")
        if kind not in COLLECTORS or key not in COLLECTORS[kind].options:
            known = ", ".join(f"{name}.{each}" for name, piece in COLLECTORS.items() for each in piece.options)
            raise click.BadParameter(f"{place}: known are {known}", param_hint="--set")
        found[kind][key] = value
    return dict(found)


@click.command("check")
@settled(must=True)
@click.option("--send-test", is_flag=True, help="Also send a test message to every receiver.")
def check(desk: Desk, send_test: bool) -> None:
    """Say whether all is in order: configuration, model, database, every collector's questions, costs and key, every channel."""
    parts = assembly.parts(desk.settings)
    desk.say("check.config", path=str(desk.config), watches=len(desk.settings.watches), receivers=len(desk.settings.receivers))
    desk.say("check.model", model=parts.classifier.model)
    for remark in desk.settings.remarks():
        click.echo(messages.sentence(remark, desk.settings.monitor.language, desk.settings.zone))
    with Store.open(desk.database) as store:
        desk.say("check.database", path=desk.database, posts=store.counts()["posts"])
        tables = {table.name: table for table in desk.settings.collectors}
        failures = sum(_source(desk, store, source, tables[source.name].options) for source in assembly.sources(desk.settings))
    failures += _send_tests(desk, parts) if send_test else _channels(desk, parts)
    if failures:
        raise MonitorError(desk.phrase("check.failed", failures=failures))


def _source(desk: Desk, store: Store, source: Source, options: object) -> bool:
    """Tell all about one source; return whether it failed."""
    failure = checking.trouble_with(store, source, now())
    desk.say(
        "check.source" if failure is None else "check.no_source",
        name=source.name,
        why=failure and str(failure).removeprefix(f"{source.name}: "),
    )
    if failure is not None:
        _advise(desk, checking.advice(source.kind, failure), options)
    _tell(desk, *checking.asked(source), *checking.spent(store, source, now()))
    return failure is not None


def _channels(desk: Desk, parts: assembly.Parts) -> int:
    failures = 0
    options = {(receiver.name, channel.name): channel.options for receiver in desk.settings.receivers for channel in receiver.notifiers}
    for found in checking.channels(parts, desk.settings):
        key = "check.no_channel" if found.failure else "check.channel" if found.tried else "check.untried"
        desk.say(key, receiver=found.receiver, channel=found.channel, why=found.failure and str(found.failure))
        if found.failure is not None:
            _advise(desk, checking.advice(found.kind, found.failure), options[found.receiver, found.channel])
            failures += 1
    return failures


def _send_tests(desk: Desk, parts: assembly.Parts) -> int:
    failures = 0
    for (receiver, channel), notifier in parts.notifiers.items():
        error = assembly.send(notifier, assembly.test_message(desk.settings, receiver, now()))
        desk.say("check.sent" if error is None else "check.not_sent", receiver=receiver, channel=channel, why=error)
        failures += error is not None
    return failures


def _advise(desk: Desk, key: str, options: object) -> None:
    desk.say("check.advice", advice=desk.phrase(key, keys=checking.keys_of(options)))


def _tell(desk: Desk, *lines: Line) -> None:
    for key, values in lines:
        desk.say(key, **values)


VERBS = (init, check)
