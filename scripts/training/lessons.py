"""What the encoder learns from: texts as pieces, with those labels that somebody gave them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.classifiers.embedded.wording import MARK, marked
from monitor.domain import TOPICS
from scripts.training.corpus import FIRST, SOURCES, Example, number, part_of, sha1, spans_of
from scripts.training.grouping import aligned

SENTIMENTS = ("neg", "neu", "pos")
NOTHING = -1


@dataclass(frozen=True)
class Reading:
    """How the encoder reads an open file: how often in a pass, at most how many rows, and how much its sentiment counts.

    ``own``: the file's own label is learnt by a head for this file alone (of several labels, one drawn by the text's number).
    """

    name: str
    times: float = 1.0
    most: int = 1_000_000
    sentiment: float = 0.0
    own: bool = False


READINGS = (
    Reading("nsmc_train", sentiment=1.0),
    Reading("kodoli", times=1.5, sentiment=1.0, own=True),
    Reading("dacon_shopping_reviews", times=1.5, sentiment=1.0),
    Reading("ecommerce_app_reviews_ko", times=2.0, sentiment=1.0, own=True),
    Reading("kote", own=True),
    Reading("korean_hate_speech_beep", times=0.5, own=True),
    Reading("chatbot_data", times=0.4, own=True),
    Reading("3i4k", times=0.3, own=True),
    Reading("kocasm_sarcasm", own=True),
    Reading("petitions_bluehouse_titles", times=0.3, own=True),
    Reading("nsmc_raw_neutral_weak", times=0.15, own=True),
    Reading("semeval_2013_2016", times=1.5, sentiment=1.0),
    Reading("vader", sentiment=1.0),
    Reading("absa_datasets", sentiment=0.7),
    Reading("tweeteval_emotion", sentiment=0.3, own=True),
    Reading("tweeteval_irony", own=True),
    Reading("xed", times=0.4, own=True),
    Reading("sentiment140_100k", times=0.4),
    Reading("skytrax_reviews", sentiment=0.5),
    Reading("clinc150", times=0.3, own=True),
    Reading("banking77", times=0.7, own=True),
    Reading("bitext_cs_intents", times=0.6, own=True),
    Reading("complaint_categories_harilight", own=True),
    Reading("cfpb_payday_sample", times=0.3),
    Reading("mams"),
)
_OF = {source.name: source for source in SOURCES}


@dataclass(frozen=True)
class Lesson:
    """One text (marked) and its labels; None where nobody gave one. ``own``: a file and its own label."""

    text: str
    sentiment: tuple[int, float] | None = None  # class, weight
    complaint: tuple[int, float] | None = None
    topic: tuple[int, float] | None = None
    own: tuple[str, str] | None = None
    times: float = 1.0
    writer: str | None = None


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """Read an open file."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def open_lessons(folder: Path, without: frozenset[str]) -> Iterator[Lesson]:
    """Yield what the open files teach; texts whose SHA-1 is in ``without`` and those kept for tests or for mixing are left out."""
    for reading in READINGS:
        rows = [row for row in rows_of(folder, reading.name) if part_of(row["text"]) == FIRST and sha1(row["text"]) not in without]
        for row in rows[: reading.most]:
            yield _lesson(row, reading)
            if reading.name == "absa_datasets":
                yield from _aspects(row)


def _lesson(row: dict[str, Any], reading: Reading) -> Lesson:
    source, complaint, label = _OF.get(reading.name), row["complaint"], row.get("label")
    own = None
    if reading.own and label:
        several = str(label).split("|") if reading.name in ("kote", "xed") else [str(label)]
        own = reading.name, several[number(row["text"] + "own") % len(several)]
    elif reading.name == "sentiment140_100k":
        own = reading.name, row["sentiment"]
    sentiment = None
    if reading.sentiment and row["sentiment"]:
        sentiment = SENTIMENTS.index(row["sentiment"]), reading.sentiment * (source.rare.get(row["sentiment"], 1.0) if source else 1.0)
    return Lesson(
        text=marked(row["text"], ()),
        sentiment=sentiment,
        complaint=(complaint, source.complaint) if source and source.complaint and complaint in source.keep else None,
        topic=(TOPICS.index(row["topic"]), source.topic) if source and source.topic and row["topic"] else None,
        own=own,
        times=reading.times,
    )


def _aspects(row: dict[str, Any]) -> Iterator[Lesson]:
    """The same sentence with the name of one aspect marked: what is said of it is a label of its own."""
    for named in str(row.get("label") or "").split("|"):
        term, _, said = named.rpartition("=")
        spans = spans_of(row["text"], term)
        if said in SENTIMENTS and 0 < len(spans) < 3 and len(term) > 2:
            yield Lesson(marked(row["text"], spans), own=("aspect", said), times=0.7)


def own_lessons(posts: Iterable[Example], unmarked: float = 0.4) -> Iterator[Lesson]:
    """Yield what our own posts teach, each also without its mark where the verdict does not hang on whose product is meant."""
    for one in posts:
        lesson = Lesson(
            text=one.text,
            sentiment=(SENTIMENTS.index(str(one.sentiment)), 1.0),
            complaint=(int(one.complaint or 0), 1.0),
            topic=(TOPICS.index(str(one.topic)), 1.0 if one.complaint else 0.4),
            writer=one.writer,
        )
        yield lesson
        if one.marked and (one.complaint == 1 or one.sentiment != "neg"):
            yield replace(lesson, text=one.text.replace(MARK, ""), times=unmarked)


def translations(folder: Path) -> list[tuple[Lesson, Lesson]]:
    """Return texts of Reddit with their translations; both carry the emotion that people saw in them."""
    korean, english = rows_of(folder, "goemotions_korean"), rows_of(folder, "goemotions_en")
    label = {row["text"]: row for row in english}
    return [
        (_felt(left, label[right], "goemotions_korean"), _felt(right, label[right], "goemotions_en"))
        for left, right in aligned(korean, english)
        if part_of(left) == FIRST and part_of(right) == FIRST
    ]


def _felt(text: str, row: dict[str, Any], name: str) -> Lesson:
    several = str(row["label"]).split("|")
    source, complaint = _OF[name], row["complaint"]
    return Lesson(
        marked(text, ()),
        own=("goemotions", several[number(text + "own") % len(several)]),
        complaint=(0, source.complaint) if complaint == 0 else None,
    )


def paraphrases(folder: Path) -> list[tuple[Lesson, Lesson]]:
    """Return neighbouring rows of the file of paraphrases that share a long piece of a word."""
    rows = [row for row in rows_of(folder, "parakqc") if part_of(row["text"]) == FIRST]
    out = []
    for left, right in zip(rows[::2], rows[1::2], strict=False):
        if _bits(left["text"]) & _bits(right["text"]):
            out.append((_paraphrase(left), _paraphrase(right)))
    return out


def _bits(text: str) -> set[str]:
    plain = "".join(text.split())
    return {plain[at : at + 2] for at in range(len(plain) - 1)}


def _paraphrase(row: dict[str, Any]) -> Lesson:
    return Lesson(marked(row["text"], ()), complaint=(0, 0.3))


def troubles(path: Path) -> list[dict[str, Any]]:
    """Read troubles told several ways."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


class Labels:
    """Labels of many lessons as arrays; ``own`` heads lie one after the other in one wide head, ``owner`` says whose part a row has."""

    def __init__(self, lessons: Sequence[Lesson], names: dict[str, list[str]]):
        self.sentiment, self.sentiment_weight = _columns([one.sentiment for one in lessons])
        self.complaint, self.complaint_weight = _columns([one.complaint for one in lessons])
        self.topic, self.topic_weight = _columns([one.topic for one in lessons])
        starts = dict(zip(names, np.cumsum([0, *map(len, names.values())]), strict=False))
        places = {(name, label): int(starts[name]) + at for name, labels in names.items() for at, label in enumerate(labels)}
        order = {name: at for at, name in enumerate(names)}
        self.own = np.array([places.get(one.own, NOTHING) if one.own else NOTHING for one in lessons], np.int64)
        self.owner = np.array([order.get(one.own[0], 0) if one.own else 0 for one in lessons], np.int64)
        self.times = np.array([one.times for one in lessons])


def _columns(pairs: Sequence[tuple[int, float] | None]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    return np.array([one[0] if one else NOTHING for one in pairs], np.int64), np.array([one[1] if one else 0 for one in pairs], np.float32)


def own_names(lessons: Iterable[Lesson]) -> dict[str, list[str]]:
    """Return the files with labels of their own and those labels, sorted."""
    found: dict[str, set[str]] = {}
    for one in lessons:
        if one.own:
            found.setdefault(one.own[0], set()).add(one.own[1])
    return {name: sorted(labels) for name, labels in sorted(found.items())}
