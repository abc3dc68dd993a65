"""Verbs for analysts: replay, classify, search, export."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from monitor import assembly, config, messages, plugins, replay
from monitor.classifiers import KINDS
from monitor.cli.desk import Desk, desk, now, print_json, settled, span, table
from monitor.collectors.jsonl import BadRecord, records
from monitor.config import Settings
from monitor.domain import Labels, Passage, Post, Sentiment, Watch
from monitor.errors import MonitorError, Unavailable
from monitor.matching import Matcher
from monitor.pipeline.again import classify_again
from monitor.plain import clean
from monitor.replay import backtest, scoring
from monitor.replay.lines import stamp
from monitor.store import Store

JUDGED_AT_ONCE = 1_024


def about(verb: Any) -> Any:
    """Give a verb the options that say whom the posts are about."""
    for option in (
        click.option("--any", "terms", multiple=True, help="A term that means the company; repeat for more."),
        click.option("--watch", "name", help="The company's name; without --any every post is about it."),
        click.option(
            "--config", "config_file", type=click.Path(path_type=Path), help="Configuration file whose watches and settings apply."
        ),
    ):
        verb = option(verb)
    return verb


def _settings(config_file: Path | None, name: str | None, terms: Sequence[str]) -> tuple[Settings, tuple[Watch, ...]]:
    """Settings and watches of a replay: --watch and --any before --config; nothing is picked up from the working folder."""
    settings = config.load(config_file, os.environ) if config_file else config.defaults()
    if name is not None or terms:
        return settings, (Watch(name or terms[0], tuple(terms)),)
    return settings, settings.watches if config_file else ()


@click.command("replay")
@click.argument("file")
@about
@click.option("--labels", type=click.Path(path_type=Path), help="Labelled onsets to score against (adds to the summary only).")
@click.option("--database", type=click.Path(path_type=Path), help="Keep the store here instead of throwing it away.")
@click.option("--report", "target", type=click.Path(path_type=Path), help="Write the back-test at several sensitivities as HTML here.")
@click.option("--from-store", "stored", is_flag=True, help="FILE is a database of the monitor: replay what it has collected.")
@click.option("--all", "everything", is_flag=True, help="Also the decisions to stay silent.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines.")
def replay_verb(
    file: str,
    config_file: Path | None,
    name: str | None,
    terms: tuple[str, ...],
    labels: Path | None,
    database: Path | None,
    target: Path | None,
    stored: bool,
    everything: bool,
    as_json: bool,
) -> None:
    """Replay post records (FILE, or - for stdin) on their own clock: what would have been said, how early, how often in vain."""
    settings, watches = _settings(config_file, name, terms)
    onsets = _labels(labels)
    history = _stored(file) if stored else replay.read(file)
    for problem in history.problems:
        click.echo(problem, err=True)
    settings = replace(settings, watches=watches or replay.about_everything(history.posts))
    history = history.about(replay.names(watches, history.posts))
    with tempfile.TemporaryDirectory() as folder:
        path = database or Path(folder) / "replay.db"
        if database and database.exists():
            raise MonitorError(f"{database} exists already; a replay needs a new database")
        with Store.open(path, durable=database is not None, searchable=database is not None) as store:
            tried = backtest.Tried(settings) if target else None
            _replay(store, settings, history, onsets, everything, as_json, tried)
            if target and tried:
                _write_backtest(store, settings, onsets, tried, history, target)


def _replay(
    store: Store,
    settings: Settings,
    history: replay.History,
    onsets: dict[str, Any] | None,
    everything: bool,
    as_json: bool,
    tried: backtest.Tried | None,
) -> None:
    told: list[dict[str, Any]] = []
    with click.progressbar(length=len(history.events), label="replay", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        run = replay.Replay(store, assembly.parts(settings, assembly.Kept()), history, lambda done: bar.update(done - bar.pos))
        for line in run.lines(tried.beside) if tried else run.lines():
            if line.get("notify"):
                told.append(line)
            if everything or line.get("notify") or line["type"] == "health":
                _show(line, as_json)
    closing = replay.summary(store, history, told, onsets)
    _show(closing, as_json)


def _stored(file: str) -> replay.History:
    with Store.open(file, readonly=True) as store:
        return replay.read_store(store)


def _write_backtest(
    store: Store, settings: Settings, onsets: dict[str, Any] | None, tried: backtest.Tried, history: replay.History, target: Path
) -> None:
    times = [post.created_at for post in history.posts]
    found = backtest.backtest(store, tried.lanes, (min(times), max(times)) if times else None, onsets)
    reader = messages.Reader(settings.monitor.language, settings.zone, found.last)
    written = backtest.page(found, store.scores.complaint_times(), [at for _, at in store.incidents.crossings()], onsets, reader)
    try:
        target.write_text(written, encoding="utf-8")
    except OSError as error:
        raise MonitorError(f"{target}: {error.strerror}") from None
    click.echo(messages.say("written", settings.monitor.language, file=str(target)), err=True)


def _show(line: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json([line])
    elif line["type"] == "decision":
        click.echo(f"{line['at']}  {line['severity']:8}  #{line['incident']} {line['reason']}: {line['title']}\n    {line['because']}")
    else:
        click.echo(json.dumps(line, ensure_ascii=False, indent=2))


def _labels(file: Path | None) -> dict[str, Any] | None:
    if file is None:
        return None
    try:
        labels = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MonitorError(f"{file}: {error}") from None
    if not isinstance(labels, dict):
        raise MonitorError(f"{file}: not a JSON object")
    scoring.read(labels)  # told now rather than after the replay
    return labels


@click.command("classify")
@click.argument("file", required=False)
@about
@click.option("--again", is_flag=True, help="Instead of FILE: judge stored posts again, beside their old verdicts.")
@click.option("--since", help="With --again: only posts of this last time, such as 30d; all if left out.")
@click.option("--database", help="With --again: database file, instead of the configured one.")
@click.option("--model", help="A kind of model, or the folder of one like the shipped one, instead of the configured model.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines.")
def classify_verb(
    file: str | None,
    config_file: Path | None,
    name: str | None,
    terms: tuple[str, ...],
    again: bool,
    since: str | None,
    database: str | None,
    model: str | None,
    as_json: bool,
) -> None:
    """Say what the model says about each post of FILE (- for stdin), or, with --again, judge stored posts anew."""
    if again == (file is not None):
        raise click.UsageError("give FILE or --again, and not both")
    if again:
        if name or terms or as_json:
            raise click.UsageError("--again takes the stored mentions; leave out --watch, --any and --json")
        _again(desk(config_file, database, must=False), since, model)
    elif since or database:
        raise click.UsageError("--since and --database go with --again")
    else:
        _of_file(str(file), *_settings(config_file, name, terms), model, as_json)


def _again(desk: Desk, since: str | None, model: str | None) -> None:
    """Put the model's verdict in force wherever another one's is; may be interrupted, and goes on from there."""
    begin = None if since is None else now() - span(since)
    with desk.store() as store:
        classifier = assembly.classifier(with_model(desk.settings, model))
        waiting = store.rejudging.waiting(classifier.model, begin)
        with click.progressbar(length=waiting, label="classify", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
            done = classify_again(store, classifier, begin, now(), bar.update)
    desk.say("judged_again" if done else "judged_already", mentions=done, model=classifier.model)


def with_model(settings: Settings, model: str | None) -> Settings:
    """Return ``settings`` with another kind of model, or with one like the shipped one in the folder ``model``."""
    if model is None or model == settings.classifier.kind:
        return settings
    kind, given = (model, {}) if model in KINDS else ("embedded", {"model": model})
    options = plugins.options_of(plugins.load(KINDS, kind))(**given)
    return replace(settings, classifier=replace(settings.classifier, kind=kind, options=options))


def _of_file(file: str, settings: Settings, watches: Sequence[Watch], model: str | None, as_json: bool) -> None:
    classifier = assembly.classifier(with_model(settings, model))
    matcher = Matcher(watches)
    names: tuple[str, ...] | None = None
    judged = seen = 0
    for lines, posts in _stretches(file):
        names = replay.names(watches, posts) if names is None else names
        judged += _classify(classifier, matcher, [replay.meant(post, names) for post in posts], as_json)
        seen += lines
    if seen and not judged:
        raise MonitorError(f"{file}: no valid post in it")


def _stretches(file: str) -> Iterator[tuple[int, list[Post]]]:
    """Yield (number of lines, posts among them); broken lines are told, and a file that breaks off gives what it has before the error."""
    lines = 0
    posts: list[Post] = []
    try:
        for number, record in records(file):
            lines += 1
            if isinstance(record, BadRecord):
                click.echo(f"{file}:{number}: {record}", err=True)
            elif record.post is not None:
                posts.append(record.post)
            if len(posts) >= JUDGED_AT_ONCE:
                yield lines, posts
                lines, posts = 0, []
    except Unavailable:
        yield lines, posts
        raise
    yield lines, posts


def _classify(classifier: Any, matcher: Matcher, posts: Sequence[Post], as_json: bool) -> int:
    passages = [Passage(post.text, spans(matcher, post), post.language) for post in posts]
    for post, labels in zip(posts, classifier.classify(passages), strict=True):
        line = verdict_line(post, labels, classifier.model)
        if as_json:
            print_json([line])
        else:
            click.echo(f"{line['complaint']:.2f}  {line['sentiment'] or '-':3}  {line['topic']:20}  {clean(post.id, 80)}")
    return len(posts)


def spans(matcher: Matcher, post: Post) -> tuple[tuple[int, int], ...]:
    """The words of a post that name the company: the record's own term, else those of the watches."""
    if post.about:
        meant = Matcher([Watch(post.about, (post.about,))]).mentions(post)
        return meant[0].spans if meant else ()
    found = {span for mention in matcher.mentions(post) for span in mention.spans}
    return tuple(sorted(found))


def verdict_line(post: Post, labels: Labels, model: str) -> dict[str, Any]:
    """One verdict as a JSON line (contract of `monitor classify`)."""
    sentiment: Sentiment | None = labels.sentiment
    return {
        "id": post.id,
        "complaint": round(labels.complaint, 4),
        "sentiment": sentiment.value if sentiment is not None else None,
        "sentiment_scores": {key: round(score, 4) for key, score in labels.sentiment_scores.items()},
        "topic": labels.topic,
        "topic_scores": {key: round(score, 4) for key, score in labels.topic_scores.items()},
        "lang": labels.language,
        "model": model,
    }


@click.command("search")
@click.argument("text")
@settled()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--sql", is_flag=True, help="Print the SQL that finds it instead.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines.")
def search(desk: Desk, text: str, limit: int, sql: bool, as_json: bool) -> None:
    """Find posts by their words; two Korean syllables are enough."""
    if sql:
        click.echo(Store.search_sql(text))
        return
    with desk.store() as store:
        found = store.posts.search(text, limit)
    if as_json:
        print_json({"id": p.id, "created_at": stamp(p.created_at), "platform": p.platform, "url": p.url, "text": p.text} for p in found)
    elif not found:
        desk.say("nothing_to_show")
    else:
        head = (desk.phrase(f"members.head.{key}") for key in ("at", "platform", "text"))
        table(head, ((desk.phrase("cell.time", at=post.created_at), post.platform, post.text) for post in found))


@click.command("export")
@click.argument("view")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@settled()
def export(desk: Desk, view: str, file: Path | None) -> None:
    """Write a VIEW (v_posts, v_incidents ...) as CSV that Excel opens in Korean; FILE defaults to VIEW.csv."""
    target = file or Path(f"{view}.csv")
    with desk.store() as store:
        rows = store.export(view, target)
    desk.say("exported", file=str(target), rows=rows)


VERBS = (replay_verb, classify_verb, search, export)
