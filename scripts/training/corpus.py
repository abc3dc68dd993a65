"""The texts to learn from: the open files, each with its weight in each task, and our own posts."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.classifiers.embedded.wording import marked

MOVIE, SHOP, CROWD = range(3)  # kinds of text, each with sentiment weights of its own
NEVER, MIXING, READ, FIRST, SECOND = "test", "mixing", "read", "first", "second"  # which part of the training may see a text
HELD_READER, HELD_TROUBLES = "shoal", "rudder.jsonl"  # a reader and a file of troubles that nobody learns from


@dataclass(frozen=True)
class Source:
    """How an open file is used.

    ``licence`` is what its origin states; ``most`` rows are taken; ``kind`` of text; weights of its rows for the pole, for neutral
    or not, for complaint and for topic (0: not used); ``second``: tenths of its rows that the sentiment never sees and the second
    stage learns from.
    """

    name: str
    licence: str
    kind: int
    most: int = 1_000_000
    pole: float = 0.0
    neutral: float = 0.0
    complaint: float = 0.0
    topic: float = 0.0
    second: int = 0
    rare: dict[str, float] = field(default_factory=dict)  # further weight of a sentiment that the file has too little of
    keep: frozenset[int] = field(default_factory=lambda: frozenset({0, 1}))  # complaint labels taken


SOURCES = (
    Source("nsmc_train", "CC0 1.0, MIT", MOVIE, pole=1.0, neutral=0.3),
    Source("kodoli", "CC BY-SA 4.0", CROWD, pole=1.0, neutral=1.0),
    Source("dacon_shopping_reviews", "public domain as stated", SHOP, pole=1.0, neutral=0.2, complaint=0.5, second=1),
    Source("ecommerce_app_reviews_ko", "MIT; store terms", SHOP, pole=3.0, neutral=2.0, complaint=1.0, second=1),
    Source("kote", "MIT", CROWD, pole=0.5, complaint=0.5, second=1, keep=frozenset({0})),
    Source("goemotions_korean", "Apache-2.0", CROWD, neutral=0.03, complaint=0.2, most=12_000, second=2),
    Source("chatbot_data", "MIT", CROWD, neutral=0.03, complaint=0.3, most=6_000, second=5),
    Source("3i4k", "CC BY-SA 4.0", CROWD, neutral=0.03, complaint=0.3, most=8_000, second=5),
    Source("parakqc", "CC BY-SA 4.0", CROWD, neutral=0.03, complaint=0.3, most=3_000, second=5),
    Source("semeval_2013_2016", "MIT; platform terms", CROWD, pole=1.0, neutral=1.0, rare={"neg": 2.5, "pos": 1.1}),
    Source("vader", "MIT", MOVIE, pole=1.0, neutral=1.0),
    Source("absa_datasets", "MIT; original terms", MOVIE, pole=1.0, neutral=1.0),
    Source("tweeteval_emotion", "unrestricted as stated; platform terms", CROWD, pole=0.3),
    Source("goemotions_en", "Apache-2.0", CROWD, pole=0.2, neutral=0.05, complaint=0.2, most=20_000, second=2),
    Source("sentiment140_100k", "MIT; platform terms", CROWD, pole=0.2, most=30_000),
    Source("skytrax_reviews", "CC0 1.0 as stated", SHOP, pole=0.5, neutral=0.5, complaint=0.5, second=5),
    Source("clinc150", "CC BY 3.0", SHOP, neutral=0.1, complaint=0.3, most=4_000, second=5),
    Source("banking77", "CC BY 4.0", SHOP, neutral=0.1, complaint=0.3, topic=0.1, most=6_000, second=8),
    Source("bitext_cs_intents", "CDLA-Sharing-1.0", SHOP, neutral=0.1, complaint=0.3, topic=0.1, second=8),
    Source("complaint_categories_harilight", "MIT", SHOP, complaint=0.5, topic=0.3, second=9),
    Source("cfpb_small", "MIT", SHOP, complaint=0.3, second=9),
    Source("cfpb_payday_sample", "public data", SHOP, complaint=0.1, topic=0.05, most=1_000, second=9),
    Source("mams", "Apache-2.0", SHOP, topic=0.1, second=9),
)


@dataclass(frozen=True)
class Example:
    """One text to learn from, marked; labels are None where nobody gave them. ``writer`` names whose own post it is."""

    text: str
    source: Source | None
    sentiment: str | None
    complaint: int | None
    topic: str | None
    part: str
    language: str
    writer: str | None = None
    marked: bool = False
    weight: float = 1.0


def number(text: str) -> int:
    """Return a number that the text alone decides, for splits that stay the same whatever else is read."""
    return int(hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[:8], 16)


def part_of(text: str, second: int = 0) -> str:
    """Return who may see an open text: a tenth is for tests only, a twentieth of the others only tells how to mix the models."""
    drawn = number(text)
    tenth = drawn % 10
    if tenth == 0:
        return NEVER
    if drawn // 10 % 20 == 7:
        return MIXING
    return SECOND if tenth <= second else FIRST


def sha1(text: str) -> str:
    """Return the name under which readers know a text."""
    return hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def readers(folder: Path) -> list[dict[str, Any]]:
    """Return the labels that readers gave to open texts."""
    return [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines() if line]


def read(labels: Sequence[dict[str, Any]], folder: Path) -> Iterator[Example]:
    """Yield the texts that readers labelled; ``part`` is NEVER where an open file keeps the text for tests, else SECOND."""
    wanted = {(row["source"], row["sha1"]): row for row in labels}
    for name in sorted({row["source"] for row in labels}):
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                said = wanted.pop((name, sha1(row["text"])), None)
                if said is None:
                    continue
                spans = [(int(said["target"][0]), int(said["target"][1]))] if said["target"] else []
                yield Example(
                    text=marked(row["text"], spans),
                    source=None,
                    sentiment=said["sentiment"],
                    complaint=int(said["complaint"]),
                    topic=said["topic"],
                    part=NEVER if part_of(row["text"]) == NEVER else SECOND,
                    language=said["lang"],
                    writer=str(said["reader"]),
                    marked=bool(spans),
                )


def opened(folder: Path, source: Source, read: frozenset[str] = frozenset()) -> list[Example]:
    """Read one open file; where it has more rows than wanted, those with the smallest numbers are taken.

    ``read``: SHA-1 of the texts that readers labelled, which teach by those labels only.
    """
    with gzip.open(folder / f"{source.name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    rows = sorted(rows, key=lambda row: number(row["text"] + "most"))[: source.most]
    return [_example(row, source, read) for row in rows]


def _example(row: dict[str, Any], source: Source, read: frozenset[str]) -> Example:
    complaint = row["complaint"] if row["complaint"] in source.keep else None
    part = part_of(row["text"], source.second)
    if part != NEVER and sha1(row["text"]) in read:
        part = READ
    return Example(marked(row["text"], ()), source, row["sentiment"], complaint, row["topic"], part, row["lang"])


TOLD = 0.3  # weight of a telling beside an own post: five tell one trouble, and all of them complain


def told(rows: Iterable[Mapping[str, Any]]) -> list[Example]:
    """Return what tells a trouble (`lessons.troubles`) as complaints without a mark; nobody said their sentiment."""
    return [
        Example(marked(one["text"], ()), None, None, 1, row["topic"], SECOND, one["lang"], writer=row["writer"], marked=False, weight=TOLD)
        for row in rows
        for one in row["texts"]
    ]


def spans_of(text: str, term: str | None) -> tuple[tuple[int, int], ...]:
    """Return where ``term`` stands in ``text``, case ignored."""
    if not term:
        return ()
    lowered, wanted = text.lower(), term.lower()
    if len(lowered) != len(text):
        lowered, wanted = text, term
    spans = []
    at = lowered.find(wanted)
    while at >= 0:
        spans.append((at, at + len(wanted)))
        at = lowered.find(wanted, at + len(wanted))
    return tuple(spans)


def own(folder: Path) -> Iterator[Example]:
    """Read our own posts; each file is one writer unless its lines say otherwise. Raises ValueError with file and line for a bad one."""
    for path in sorted(folder.glob("*.jsonl")):
        for at, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                spans = spans_of(row["text"], row.get("watch"))
                yield Example(
                    text=marked(row["text"], spans),
                    source=None,
                    sentiment=row["sentiment"],
                    complaint=int(row["complaint"]),
                    topic=row["topic"],
                    part=SECOND,
                    language=row["lang"],
                    writer=str(row.get("writer") or path.stem),
                    marked=bool(spans),
                )
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}:{at}: {error!r}") from error
