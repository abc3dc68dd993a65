"""Evaluate grouping: put the posts of a file into incidents, and score incidents against labels."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from monitor.classifiers import Embedder  # noqa: E402
from monitor.classifiers.embedded import Embedded, Options  # noqa: E402
from monitor.collectors.jsonl import BadRecord, records  # noqa: E402
from monitor.domain import Passage, Post, Watch  # noqa: E402
from monitor.grouping import SHIPPED_SPACE, Candidate, Grouper  # noqa: E402
from monitor.grouping.naming import shared_names  # noqa: E402
from monitor.matching import Matcher  # noqa: E402

STREAMS = ROOT / "tests/streams"
OWN = {
    "grouping.jsonl": Watch("한울오토", any=("한울오토", "한울", "Hanul Auto Transport", "Hanul Auto", "Hanul")),
    "grouping-market.jsonl": Watch("새벽마켓", any=("새벽마켓", "Dawnmart")),
    "grouping-airline.jsonl": Watch("가온항공", any=("가온항공", "가온", "Gaon")),
}


def read_posts(file: Path) -> list[Post]:
    """Return the posts of a post-record file (plain or gzip), each once, in the file's order; what is no post is told on stderr."""
    posts: dict[str, Post] = {}
    for number, record in records(str(file), datetime.now(UTC)):
        if isinstance(record, BadRecord):
            print(f"{file}:{number}: {record}", file=sys.stderr)
        elif record.post is not None:
            posts.setdefault(record.post.id, record.post)
    return list(posts.values())


def name_of(posts: Sequence[Post]) -> Watch | None:
    """Return whom a file without watches is about: its name makes no two posts alike."""
    names = shared_names(posts)
    return Watch("", any=names) if names else None


def candidate(post: Post, watch: Watch | None) -> Candidate:
    """Treat a post as a complaint about the watch that its record names, or else about ``watch``."""
    meant = Watch(post.about, any=(post.about,)) if post.about else watch or Watch("")
    mentions = Matcher([meant]).mentions(post)
    return Candidate(
        post_id=post.id,
        watch=post.about or "",
        text=post.text,
        topic="other",
        topic_p=0.0,
        at=post.created_at,
        author_id=post.author_id,
        reply_to=post.reply_to,
        repost_of=post.repost_of,
        quote_of=post.quote_of,
        url=post.url,
        spans=mentions[0].spans if mentions else (),
        language=post.language,
    )


def embedder(model: str | None = None) -> Embedder | None:
    """Return the embedded model (a folder, or the shipped one) if it gives the vectors that grouping knows."""
    found: object = Embedded(Options(model))
    return found if isinstance(found, Embedder) and found.vectors == SHIPPED_SPACE.name else None


def with_vectors(candidates: Sequence[Candidate], model: Embedder | None) -> list[Candidate]:
    """Return candidates with their sentence vectors."""
    if model is None:
        return list(candidates)
    vectors = model.embed([Passage(one.text, one.spans, one.language) for one in candidates]).astype(np.float16)
    return [replace(one, vector=vector) for one, vector in zip(candidates, vectors, strict=True)]


def incidents(posts: Sequence[Post], watch: Watch | None = None, model: Embedder | None = None) -> dict[str, int]:
    """Return the incident of each post as it stands at the end, merges done; one tick a minute."""
    watch = watch or name_of([post for post in posts if not post.about])
    grouper = Grouper(space=None if model is None else SHIPPED_SPACE)
    found: dict[str, int] = {}
    into: dict[int, int] = {}
    ordered = sorted(posts, key=lambda post: (post.created_at, post.id))
    candidates = with_vectors([candidate(post, watch) for post in ordered], model)
    for _, minute in groupby(candidates, key=lambda one: one.at.replace(second=0, microsecond=0)):
        batch = list(minute)
        placements = grouper.place(batch, len(into) + 1)
        for placement in placements:
            into.setdefault(placement.incident_id, placement.incident_id)
            found[placement.post_id] = placement.incident_id
        for merge in grouper.merges(batch[-1].at):
            into[merge.younger] = merge.older
    return {post: _last(into, incident) for post, incident in found.items()}


def _last(into: Mapping[int, int], incident: int) -> int:
    while into[incident] != incident:
        incident = into[incident]
    return incident


def scores(truth: Mapping[str, str], found: Mapping[str, int], counted: Callable[[str], bool] = lambda label: True) -> dict[str, float]:
    """Compare incidents with labels, over the posts whose label is ``counted``.

    B-cubed precision, recall and F1 (means over posts); ``fragmentation``: groups of at least three posts of the same label, per label
    with at least three posts; ``pieces``: all groups of such a label; ``wrong_merges``: share of posts that stand in a group
    of at least three posts whose most frequent label is another one.
    """
    groups: dict[int, Counter[str]] = defaultdict(Counter)
    labels: dict[str, Counter[int]] = defaultdict(Counter)
    for post, label in truth.items():
        groups[found[post]][label] += 1
        labels[label][found[post]] += 1
    posts = [post for post, label in truth.items() if counted(label)]
    precision = recall = wrong = 0.0
    for post in posts:
        group, label = groups[found[post]], truth[post]
        precision += group[label] / group.total()
        recall += group[label] / labels[label].total()
        wrong += group.total() >= 3 and group[label] < max(group.values())
    precision, recall = precision / len(posts), recall / len(posts)
    large = [pieces for label, pieces in labels.items() if counted(label) and pieces.total() >= 3]
    return {
        "posts": len(posts),
        "labels": sum(1 for label in labels if counted(label)),
        "b3_precision": round(precision, 4),
        "b3_recall": round(recall, 4),
        "b3_f1": round(2 * precision * recall / (precision + recall), 4),
        "fragmentation": round(_mean(max(1, sum(1 for count in pieces.values() if count >= 3)) for pieces in large), 3),
        "pieces": round(_mean(len(pieces) for pieces in large), 3),
        "wrong_merges": round(wrong / len(posts), 4),
    }


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0


def halves(truth: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """Split the labels: settings may be chosen on the first half (every other label by name), the second is for reporting."""
    names = sorted(set(truth.values()))
    return set(names[::2]), set(names[1::2])


def read_labels(file: Path) -> dict[str, str]:
    """Return the ``incident`` that each line of a labelled stream names."""
    lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return {line["id"]: line["incident"] for line in lines if "incident" in line}


def report(file: Path, watch: Watch | None, model: Embedder | None = None) -> dict[str, object]:
    """Group a labelled stream and return its scores: all labels, and the two halves."""
    posts, truth = read_posts(file), read_labels(file)
    began = time.perf_counter()
    found = incidents(posts, watch, model)
    seconds = time.perf_counter() - began
    tuned, kept = halves(truth)
    return {
        "stream": file.name,
        "all": scores(truth, found),
        "tuning half": scores(truth, found, tuned.__contains__),
        "reporting half": scores(truth, found, kept.__contains__),
        "ms_per_post": round(1000 * seconds / max(len(posts), 1), 3),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Group ``--posts`` into ``--out``, or, without them, score the labelled streams of the tests."""
    parser = argparse.ArgumentParser(prog="evaluate grouping", description=__doc__)
    parser.add_argument("--posts", type=Path, help="post-record file, plain or gzip; else the labelled streams of the tests are scored")
    parser.add_argument("--out", type=Path, help="where to write one {id, incident} a line")
    parser.add_argument("--model", help="folder of an embedded model that gives vectors; the shipped model if left out")
    parser.add_argument("--words", action="store_true", help="leave vectors out")
    options = parser.parse_args(argv)
    model = None if options.words else embedder(options.model)
    if options.posts is None:
        print(json.dumps([report(STREAMS / name, watch, model) for name, watch in OWN.items()], ensure_ascii=False, indent=2))
        return 0
    posts = read_posts(options.posts)
    found = incidents(posts, model=model)
    lines = (json.dumps({"id": post.id, "incident": found[post.id]}, ensure_ascii=False) for post in posts)
    text = "".join(f"{line}\n" for line in lines)
    if options.out is None:
        sys.stdout.write(text)
    else:
        options.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
