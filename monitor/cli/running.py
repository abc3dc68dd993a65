"""Verbs that run the monitor: demo, run, once, add."""

from __future__ import annotations

from pathlib import Path

import click

from monitor import actions, assembly, demo, report
from monitor.cli.desk import Desk, log_to_stderr, now, settled, span, staff
from monitor.config.sections import Language
from monitor.errors import MonitorError
from monitor.pipeline import STEPS, Pipeline
from monitor.reception import slack, web
from monitor.scheduler import Daemon, Door, beat, leased
from monitor.store import Store


@click.command("demo")
@click.option("--database", default="demo.db", show_default=True, help="Database the demo leaves behind (replaced if it exists).")
@click.option("--language", type=click.Choice(["ko", "en"]), help="Language of the output (default: the configured one).")
@click.option("--mail", default="demo-alert.html", show_default=True, help="File for the alert as an HTML mail.")
def demo_verb(database: str, language: Language | None, mail: str) -> None:
    """Show what it does: a bundled story of some days, replayed in seconds; no credentials needed."""
    demo.run(Path(database), Path(mail), language)


@click.command("run")
@settled(must=True)
@click.option("--verbose", is_flag=True, help="Log every step.")
def run(desk: Desk, verbose: bool) -> None:
    """Start: collect on schedule, judge and alert each minute, until SIGTERM or Ctrl-C."""
    log_to_stderr(verbose)
    parts = assembly.parts(desk.settings, patient=True)
    doors: list[Door] = [*slack.doors(desk.settings, parts, str(desk.database), now), *web.doors(desk.settings, str(desk.database), now)]
    Daemon(parts, assembly.sources(desk.settings), str(desk.database), doors=doors).run()


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
            pipeline.foretell(now())
            report.send_if_due(store, parts, now())
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


VERBS = (demo_verb, run, once, add)
