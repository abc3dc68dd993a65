"""Labelled posts for training and measuring: from the database, or from a file; and what a model says of them, with a progress bar."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from monitor.classifiers import Classifier, Embedder
from monitor.cli.desk import Desk
from monitor.cli.learning import files
from monitor.cli.learning.labelling import topics
from monitor.domain import Labels, Passage, Post, Watch
from monitor.errors import MonitorError
from monitor.language import detect, primary
from monitor.learning.choosing import in_lot
from monitor.learning.schooling import Example
from monitor.matching import Matcher

BLOCK = 256
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Material:
    """Labelled posts, row by row: what was said, what a model is given, whether the post was drawn by lot."""

    examples: list[Example]
    passages: list[Passage]
    by_lot: list[bool]

    def rows(self, chosen: Sequence[int]) -> Material:
        """Return some of them."""
        return Material(
            [self.examples[row] for row in chosen], [self.passages[row] for row in chosen], [self.by_lot[row] for row in chosen]
        )

    def languages(self) -> list[str]:
        """The language of each post: as its source states it, else as it looks."""
        return [primary(one.language) or detect(one.text)[0] for one in self.passages]


def stored(desk: Desk) -> Material:
    """Return every label in the database, the oldest first."""
    with desk.store() as store:
        given = store.labelling.given()
    material = Material([], [], [])
    for one in given:
        post, mention, said = one.post, one.mention, one.correction
        sentiment = said.sentiment.value if said.sentiment else None
        key, author = f"{post.id}\n{mention.watch}", post.author_id or post.id
        material.examples.append(Example(key, author, post.created_at, said.complaint, sentiment, said.topic, one.decided))
        material.passages.append(Passage(post.text, mention.spans, post.language))
        material.by_lot.append(in_lot(post.id, mention.watch) and not one.decided)
    return material


def from_file(desk: Desk, file: Path) -> Material:
    """Return the labelled texts of a file; faulty lines are told on stderr. Raises ``MonitorError`` where none is left.

    ``watch`` is the term in the text that means the company, else the configured watches are looked for; ``lang``, and ``author`` or
    ``writer`` (whose texts stay together) are read, too.
    """
    lines, problems = files.read(file, topics(desk.settings))
    for problem in problems:
        click.echo(problem, err=True)
    material = Material([], [], [])
    ours = Matcher(desk.settings.watches)
    for line in lines:
        if line.text is None or line.says_nothing:
            continue
        author = next((str(line.row[key]) for key in ("author", "writer") if line.row.get(key)), line.text)
        sentiment = line.sentiment.value if line.sentiment else None
        key = f"text\n{line.watch or ''}\n{line.text}"
        material.examples.append(Example(key, author, _NO_TIME, line.complaint, sentiment, line.topic))
        language = line.row.get("lang")
        material.passages.append(Passage(line.text, _spans(ours, line), language if isinstance(language, str) else None))
        material.by_lot.append(False)
    if not material.examples:
        raise MonitorError(f"{file}: no labelled text in it")
    return material


def _spans(ours: Matcher, line: files.Line) -> tuple[tuple[int, int], ...]:
    post = Post("file:1", "file", str(line.text), _NO_TIME)
    matcher = ours if line.watch is None else Matcher([Watch(line.watch, (line.watch,))])
    return tuple(sorted({span for mention in matcher.mentions(post) for span in mention.spans}))


def verdicts(classifier: Classifier, passages: Sequence[Passage]) -> list[Labels]:
    """Return what ``classifier`` says of each."""
    found: list[Labels] = []
    with click.progressbar(length=len(passages), label="classify", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        for start in range(0, len(passages), BLOCK):
            found += classifier.classify(passages[start : start + BLOCK])
            bar.update(min(BLOCK, len(passages) - start))
    return found


def vectors(embedder: Embedder, passages: Sequence[Passage]) -> NDArray[np.float32]:
    """Return the vector of each (passages, numbers)."""
    found = [embedder.embed(passages[:1])[:0]]
    with click.progressbar(length=len(passages), label="vectors", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        for start in range(0, len(passages), BLOCK):
            found.append(embedder.embed(passages[start : start + BLOCK]))
            bar.update(min(BLOCK, len(passages) - start))
    return np.concatenate(found)
