"""Verbs that run the monitor: demo, init, check, run, once, add."""

from __future__ import annotations

from pathlib import Path

import click

from monitor import actions, assembly, config, demo, messages
from monitor.cli.desk import Desk, log_to_stderr, now, settled, span, staff
from monitor.config.sections import Language
from monitor.errors import MonitorError
from monitor.pipeline import STEPS, Pipeline
from monitor.scheduler import Daemon, beat, leased
from monitor.store import Store


@click.command("demo")
@click.option("--database", default="demo.db", show_default=True, help="Database the demo leaves behind (replaced if it exists).")
@click.option("--language", type=click.Choice(["ko", "en"]), help="Language of the output (default: the configured one).")
@click.option("--mail", default="demo-alert.html", show_default=True, help="File for the alert as an HTML mail.")
def demo_verb(database: str, language: Language | None, mail: str) -> None:
    """Show what it does: a bundled story of some days, replayed in seconds; no credentials needed."""
    demo.run(Path(database), Path(mail), language)


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path), default="config.toml")
def init(file: Path) -> None:
    """Write a commented config.toml to start from."""
    if file.exists():
        raise MonitorError(f"{file} exists already; nothing was changed")
    file.write_bytes(config.template().read_bytes())
    click.echo(str(file))


@click.command("check")
@settled(must=True)
@click.option("--send-test", is_flag=True, help="Also send a test message to every receiver.")
def check(desk: Desk, send_test: bool) -> None:
    """Say whether the configuration, the model, the database, the collectors and the channels are in order."""
    parts = assembly.parts(desk.settings)
    desk.say("check.config", path=str(desk.config), watches=len(desk.settings.watches), receivers=len(desk.settings.receivers))
    desk.say("check.model", model=parts.classifier.model)
    for remark in desk.settings.remarks():
        click.echo(messages.sentence(remark, desk.settings.monitor.language, desk.settings.zone))
    with Store.open(desk.database) as store:
        desk.say("check.database", path=desk.database, posts=store.counts()["posts"])
    failures = 0
    for source in assembly.sources(desk.settings):
        trouble = assembly.trouble_with(source.collector)
        desk.say("check.source" if trouble is None else "check.no_source", name=source.name, why=trouble)
        failures += trouble is not None
    if send_test:
        failures += _send_tests(desk, parts)
    if failures:
        raise MonitorError(desk.phrase("check.failed", failures=failures))


def _send_tests(desk: Desk, parts: assembly.Parts) -> int:
    failures = 0
    for (receiver, channel), notifier in parts.notifiers.items():
        error = assembly.send(notifier, assembly.test_message(desk.settings, receiver, now()))
        desk.say("check.sent" if error is None else "check.not_sent", receiver=receiver, channel=channel, why=error)
        failures += error is not None
    return failures


@click.command("run")
@settled(must=True)
@click.option("--verbose", is_flag=True, help="Log every step.")
def run(desk: Desk, verbose: bool) -> None:
    """Start: collect on schedule, judge and alert each minute, until SIGTERM or Ctrl-C."""
    log_to_stderr(verbose)
    parts = assembly.parts(desk.settings, patient=True)
    Daemon(parts, assembly.sources(desk.settings), str(desk.database)).run()


@click.command("once")
@click.argument("steps", metavar="[STEP]...", nargs=-1, type=click.Choice(["collect", *STEPS]))
@settled(must=True)
@click.option("--wait", default="30s", show_default=True, help="How long to wait for another run on the same database to end.")
@click.option("--verbose", is_flag=True, help="Log every step.")
def once(desk: Desk, steps: tuple[str, ...], wait: str, verbose: bool) -> None:
    """Do one pass, or the STEPS named, and exit: for cron, systemd timers and containers."""
    log_to_stderr(verbose)
    parts = assembly.parts(desk.settings, patient=True)
    with Store.open(desk.database) as store, leased(store, span(wait)):
        pipeline = Pipeline(store, parts)
        if not steps or "collect" in steps:
            sources = assembly.sources(desk.settings)
            for source in sources:
                pipeline.collect(source.name, source.collector, now(), source.meter)
            for source in sources:
                pipeline.refresh(source.name, source.collector, now(), source.meter)
        for step in STEPS:
            if not steps or step in steps:
                pipeline.step(step, now())
        if not steps:
            pipeline.watch_ourselves(now())
            pipeline.keep_house(now())
    beat(desk.settings.monitor.heartbeat)
    if pipeline.failed:
        raise MonitorError(desk.phrase("once.failed", steps=", ".join(pipeline.failed)))


@click.command("add")
@click.argument("text")
@settled()
@click.option("--watch", help="The watch it is about, if its words do not say so.")
def add(desk: Desk, text: str, watch: str | None) -> None:
    """Enter a complaint that you saw yourself: its words, its address, or both in one TEXT."""
    known = desk.settings.watches
    if watch is not None and watch not in {entry.name for entry in known}:
        raise MonitorError(desk.phrase("error.no_watch", watch=watch, known=", ".join(entry.name for entry in known)))
    with desk.store(must_exist=False) as store:
        post = actions.add(store, known, text, watch, staff(), now())
    desk.say("added", id=post.id)


VERBS = (demo_verb, init, check, run, once, add)
