"""`monitor label`: staff say what posts are, in the terminal or in a spreadsheet."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import click

from monitor.cli.desk import Desk, now, print_json, settled, span, staff
from monitor.cli.learning import files
from monitor.cli.learning.asking import Round
from monitor.config import Settings
from monitor.domain import TOPICS, Correction, Mention, Post
from monitor.errors import MonitorError
from monitor.learning import choosing
from monitor.learning.choosing import Asked
from monitor.store import Store

POOL = 3_000
"""So many of the latest unlabelled posts are looked at to choose from."""
AT_ONCE = 500


@click.command("label")
@settled()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="Ask about so many posts.")
@click.option("--since", default="30d", show_default=True, help="Only posts written since then: 7d, 12h.")
@click.option("--watch", help="Only posts about this watch.")
@click.option("--random", "share", default=20, show_default=True, type=click.IntRange(0, 100), help="Percentage of posts by lot.")
@click.option("--from", "source", type=click.Path(path_type=Path), help="Take labels from a CSV or JSON Lines FILE instead of asking.")
@click.option("--to", "target", type=click.Path(path_type=Path), help="Write the posts to a CSV FILE, to be filled in, instead of asking.")
@click.option("--count", "counting", is_flag=True, help="Only count the labels there are.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: the counts.")
def label(
    desk: Desk,
    limit: int,
    since: str,
    watch: str | None,
    share: int,
    source: Path | None,
    target: Path | None,
    counting: bool,
    as_json: bool,
) -> None:
    """Say what posts are: the most uncertain and most seen first, one key each; or through a CSV file."""
    if source is not None and target is not None:
        raise click.UsageError("--from or --to, not both")
    problems: list[str] = []
    with desk.store() as store:
        if source is not None:
            problems = _taken(desk, store, source, watch)
        elif not counting:
            asked = _asked(store, span(since), watch, limit, share)
            if target is not None:
                desk.say("label.written", count=files.write(target, asked), file=str(target))
            else:
                _ask(desk, store, asked)
        _count(desk, store, as_json)
    if problems:
        raise MonitorError("\n".join(problems))


def topics(settings: Settings) -> tuple[str, ...]:
    """Every topic there is: the twelve, then the company's own."""
    return (*TOPICS, *dict.fromkeys(topic.name for topic in settings.topics if topic.name not in TOPICS))


def _asked(store: Store, since: timedelta, watch: str | None, limit: int, share: int) -> list[Asked]:
    pool = (Asked(*one) for one in store.labelling.unlabelled(now() - since, POOL))
    return choosing.chosen((one for one in pool if watch in (None, one.judged.mention.watch)), limit, share)


def _ask(desk: Desk, store: Store, asked: Sequence[Asked]) -> None:
    if not asked:
        desk.say("label.none")
        return
    if not sys.stdin.isatty():
        raise MonitorError(desk.phrase("label.no_terminal"))
    desk.say("label.done", count=Round(desk, store, asked, topics(desk.settings)).run())


def _taken(desk: Desk, store: Store, file: Path, watch: str | None) -> list[str]:
    """Store what a file says, in pieces; return what is wrong with its other lines."""
    lines, problems = files.read(file, topics(desk.settings))
    lines = [line for line in lines if not line.says_nothing]
    by_text = store.labelling.told({line.text for line in lines if line.post_id is None and line.text is not None})
    who, at, taken = staff(), now(), 0
    with click.progressbar(length=len(lines), label="label", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        for start in range(0, len(lines), AT_ONCE):
            piece = lines[start : start + AT_ONCE]
            with store.transaction():
                for line in piece:
                    try:
                        mention = _meant(store, line, by_text, line.watch or watch)
                    except ValueError as error:
                        problems.append(f"{file}:{line.place}: {error}")
                        continue
                    store.posts.label(Correction(mention.post_id, mention.watch, who, at, line.complaint, line.sentiment, line.topic))
                    taken += 1
            bar.update(len(piece))
    desk.say("label.taken", count=taken, file=str(file))
    return problems


def _meant(store: Store, line: files.Line, by_text: dict[str, list[tuple[Post, Mention]]], watch: str | None) -> Mention:
    """The one mention that a line is about; raises ValueError where there is none, or more than one."""
    found = store.labelling.mentions(line.post_id) if line.post_id is not None else by_text.get(str(line.text), [])
    if not found:
        raise ValueError("no such post is stored" + ("" if line.post_id else "; `monitor train --data` also learns from other texts"))
    mentions = [mention for _, mention in found if watch in (None, mention.watch)]
    if not mentions:
        raise ValueError(f"the post is not about {watch!r}")
    if len(mentions) > 1:
        raise ValueError("the post is about several watches, or stored several times: name it by post_id and watch")
    return mentions[0]


def _count(desk: Desk, store: Store, as_json: bool) -> None:
    given = store.labelling.given()
    counts = {
        "labels": len(given),
        "complaint": sum(one.correction.complaint is not None for one in given),
        "sentiment": sum(one.correction.sentiment is not None for one in given),
        "topic": sum(one.correction.topic is not None for one in given),
        "from_decisions": sum(one.decided for one in given),
        "by_lot": sum(choosing.in_lot(one.post.id, one.mention.watch) and not one.decided for one in given),
        "people": len({one.correction.who for one in given}),
    }
    if as_json:
        print_json([{"type": "labels", **counts}])
    else:
        desk.say("label.counts", **counts)
