"""Verbs that tell: why (the story of an incident, and its picture), report (the week), signal (the company's own events)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from monitor import assembly, briefing, charts, messages, report, signals
from monitor.cli.desk import Desk, now, print_json, settled, table
from monitor.cli.listing import ListsByDefault
from monitor.domain import Assessment, Decision, Incident
from monitor.errors import MonitorError
from monitor.messages import Reader
from monitor.pipeline import briefs
from monitor.plain import wrap
from monitor.replay.lines import decision_line, stamp
from monitor.store import Store

WIDTH = 100
KINDS: dict[str, charts.Kind] = {".png": "png", ".svg": "svg"}


@click.command("why")
@click.argument("incident_id", metavar="INCIDENT", type=int)
@settled()
@click.option("--picture", type=click.Path(path_type=Path), help="Draw how it spread as FILE.png or FILE.svg too.")
@click.option("--all", "everything", is_flag=True, help="Also every decision, in order.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: every decision with its numbers.")
def why(desk: Desk, incident_id: int, picture: Path | None, everything: bool, as_json: bool) -> None:
    """Tell the story of an incident: how it began, what we said and kept to ourselves, and why."""
    kind = _kind(picture)
    with desk.store() as store:
        row = store.incidents.get(incident_id)
        decisions, assessments = store.incidents.decisions(incident_id), store.incidents.assessments(incident_id)
        told = briefing.tell(
            row,
            store.voices.first(incident_id),
            assessments,
            decisions,
            store.incidents.history(incident_id),
            desk.settings.monitor.threshold,
        )
        curve = briefs.spread(store, row, desk.settings) if picture else None
    if as_json:
        known = {at.at: at for at in assessments}
        print_json(_decision(desk, row, known, decision) for decision in decisions)
    else:
        _tell(desk, row, told, decisions, everything)
    if picture is not None and kind is not None:
        _draw(desk, picture, kind, curve)


def _tell(desk: Desk, row: Incident, told: tuple[Any, ...], decisions: list[Decision], everything: bool) -> None:
    language, zone = desk.settings.monitor.language, desk.settings.zone
    desk.say("why.head", id=row.id, watch=row.watch, title=row.title, status=row.status)
    click.echo()
    story = " ".join(messages.sentence(because, language, zone, now()) for because in told if because.code)
    for line in wrap(story, WIDTH):
        click.echo(line)
    if not decisions:
        desk.say("why.never", id=row.id)
    if not everything:
        return
    click.echo()
    for decision, times in _stretches(decisions):
        key = "why.alerted" if decision.notify else "why.silent"
        more = f" (x{times})" if times > 1 else ""
        click.echo(
            desk.phrase(key, at=decision.at, reason=decision.reason) + " " + messages.sentence(decision.because, language, zone) + more
        )


def _stretches(decisions: list[Decision]) -> Iterator[tuple[Decision, int]]:
    """Decisions with equal reasons in a row are told once, by the last of them."""
    last, times = None, 0
    for decision in decisions:
        if last is not None and (decision.reason is not last.reason or decision.notify):
            yield last, times
            times = 0
        last, times = decision, times + 1
    if last is not None:
        yield last, times


def _decision(desk: Desk, row: Incident, assessments: dict[Any, Assessment], decision: Decision) -> dict[str, Any]:
    assessment = assessments.get(decision.at)
    settings = desk.settings.monitor
    line = decision_line(row, assessment, decision, settings.language, desk.settings.zone) if assessment else {"type": "decision"}
    return {**line, "inputs": decision.inputs, "receivers": list(decision.receivers)}


def _kind(picture: Path | None) -> charts.Kind | None:
    if picture is None:
        return None
    if picture.suffix.lower() not in KINDS:
        raise click.BadParameter("name a file that ends in .png or .svg", param_hint="--picture")
    return KINDS[picture.suffix.lower()]


def _draw(desk: Desk, picture: Path, kind: charts.Kind, curve: charts.Curve | None) -> None:
    if curve is None:
        raise MonitorError(desk.phrase("why.unmeasured"))
    _write(picture, charts.spread(curve, kind, desk.settings.monitor.language))
    click.echo(desk.phrase("written", file=str(picture)), err=True)


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise MonitorError(f"{file}: cannot be written ({error.strerror or error})") from error


@click.command("report")
@settled()
@click.option("--week", help="The week, such as 2026-W46 (default: the last one that is over).")
@click.option("--out", type=click.Path(path_type=Path), help="File for the report (default: report-WEEK.html).")
@click.option("--send", is_flag=True, help="Put it into the outbox of every receiver with weekly = true instead.")
@click.option("--language", type=click.Choice(["ko", "en"]), help="Language of the file (default: the configured one).")
def report_verb(desk: Desk, week: str | None, out: Path | None, send: bool, language: str | None) -> None:
    """Write the weekly report: complaints, incidents, lead times, false alarms, response, cost avoided, blind spots."""
    monday = _monday(desk, week)
    with desk.store() as store:
        if send:
            _send(desk, store, monday)
            return
        gathered = report.week(store, desk.settings, monday, now())
    spoken = language or desk.settings.monitor.language
    target = out or Path(f"report-{gathered.name}.html")
    _write(target, report.page(gathered, spoken, Reader(spoken, desk.settings.zone, now())).encode())
    desk.say("written", file=str(target))


def _monday(desk: Desk, week: str | None) -> date:
    if week is None:
        today = now().astimezone(desk.settings.zone).date()
        return today - timedelta(days=today.weekday() + 7)
    try:
        return report.monday_of(week)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--week") from None


def _send(desk: Desk, store: Store, monday: date) -> None:
    if not any(receiver.weekly for receiver in desk.settings.receivers):
        raise MonitorError(desk.phrase("report.nobody"))
    sent = report.send(store, assembly.parts(desk.settings, patient=True), monday, now())
    desk.say("report.queued", n=sent)


@click.group("signal", cls=ListsByDefault)
def signal() -> None:
    """The company's own events (a late vessel, an outage): tell customers before they complain."""


@signal.command("add")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@settled()
def add_signals(desk: Desk, file: Path) -> None:
    """Take in events from FILE, JSON Lines (- for stdin)."""
    with desk.store(must_exist=False) as store:
        if str(file) == "-":
            text = sys.stdin.buffer.read(signals.LARGEST).decode("utf-8-sig", errors="replace")
            taken = signals.take(store, signals.lines(text), now())
        else:
            taken = signals.take_file(store, file, now())
    for problem in taken.problems:
        click.echo(problem, err=True)
    if taken.problems and not taken.records:
        raise MonitorError(desk.phrase("signal.none_taken"))
    desk.say("signal.taken", records=taken.records, new=taken.new)


@signal.command("list")
@settled()
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 400), help="So many days back.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines.")
def list_signals(desk: Desk, days: int, as_json: bool) -> None:
    """List events of the last days."""
    with desk.store() as store:
        rows = store.signals.between(now() - timedelta(days=days), now() + timedelta(days=400))
    if as_json:
        print_json(
            {"id": one.id, "at": stamp(one.at), "kind": one.kind, "text": one.text, "topic": one.topic, "place": one.place,
             "ends_at": stamp(one.ends_at), "partner": one.partner, "watch": one.watch} for one in rows
        )  # fmt: skip
    elif not rows:
        desk.say("nothing_to_show")
    else:
        head = (desk.phrase(f"signal.head.{key}") for key in ("at", "kind", "topic", "place", "text"))
        cells = (
            (
                desk.phrase("cell.time", at=one.at),
                one.kind,
                desk.phrase("cell.topic", topic=one.topic) if one.topic else "-",
                one.place or "-",
                one.text,
            )
            for one in rows
        )
        table(head, cells)


VERBS = (why, report_verb, signal)
