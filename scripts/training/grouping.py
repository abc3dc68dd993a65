"""Fit what grouping takes for normal: word frequencies (``shipped.bin``) and word pairs of two languages (``translations.txt``).

Frequencies are counted in open texts; translations are IBM model 1 (Brown et al. 1993) in both directions over sentences that two
files of the same origin hold in Korean and in English, in the same order. Both then learn from our own troubles told several ways
(``tellings.py``). Numbers and single words are kept, no text.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from monitor.grouping.background import Background  # noqa: E402
from monitor.grouping.lists import ENGLISH_STOPS  # noqa: E402
from monitor.grouping.wording import stem, wording  # noqa: E402
from scripts.training import tellings  # noqa: E402

TEXTS = ROOT.parent / "shared/data/text/train"
GROUPING = ROOT / "monitor/grouping"
CORPORA = (
    ("dacon_shopping_reviews", "ecommerce_app_reviews_ko"),
    ("petitions_bluehouse_titles",),
    ("kote", "kodoli", "kocasm_sarcasm"),
    ("sentiment140_100k", "semeval_2013_2016"),
    ("bitext_cs_intents", "banking77", "complaint_categories_harilight"),
)
PARALLEL = ("goemotions_korean", "goemotions_en")
MOST = 30_000
WINDOW = 6
LONGEST_JUMP = 40
ROUNDS = 8
LEAST_OFTEN = 3
LEAST_SURE = 0.12
LEAST_SEEN = 2.0
MOST_PIVOTS = 3


def rows(name: str, most: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rows of one file, at most ``most``."""
    with gzip.open(TEXTS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, islice(lines, most))


def aligned(korean: Sequence[dict[str, Any]], english: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the texts that stand at the same place: a few rows are missing on either side, labels show where."""

    def same(i: int, j: int) -> bool:
        if i + WINDOW >= len(korean) or j + WINDOW >= len(english):
            return False
        return all(
            (korean[i + k]["label"], korean[i + k]["split"]) == (english[j + k]["label"], english[j + k]["split"]) for k in range(WINDOW)
        )

    i = j = 0
    while i + WINDOW < len(korean) and j + WINDOW < len(english):
        if same(i, j):
            yield korean[i]["text"], english[j]["text"]
            i, j = i + 1, j + 1
            continue
        jumps = ((a, total - a) for total in range(1, LONGEST_JUMP) for a in range(total + 1))
        a, b = next((jump for jump in jumps if same(i + jump[0], j + jump[1])), (1, 1))
        i, j = i + a, j + b


def stems(text: str) -> list[str]:
    """Return the distinct stems of a text."""
    plain = text.replace("[NAME]", " ").replace("[RELIGION]", " ")
    return list(dict.fromkeys(stem(word) for word in wording(plain).words if word[0] >= "가" or "a" <= word[0] <= "z"))


def numbered(side: Sequence[Sequence[str]]) -> dict[str, int]:
    """Number the words that are not too rare."""
    counts = Counter(word for words in side for word in words)
    return {word: number for number, word in enumerate(word for word, count in counts.items() if count >= LEAST_OFTEN)}


def translated(
    given: NDArray[np.int64], wanted: NDArray[np.int64], sentence: NDArray[np.int64], cell: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """IBM model 1: probability of each pair's wanted word for its given word, and the expected number of uses; one for each cell."""
    _, group = np.unique(sentence * (wanted.max() + 1) + wanted, return_inverse=True)
    _, first = np.unique(cell, return_index=True)
    condition = given[first]
    share = np.ones(len(first))
    for _ in range(ROUNDS):
        weight = share[cell]
        uses = np.bincount(cell, weight / np.bincount(group, weight)[group], len(first))
        share = uses / np.bincount(condition, uses)[condition]
    return share, uses


def translations(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Return for Korean stems the English stems that mean the same, surest first."""
    sides = [(stems(korean), stems(english)) for korean, english in pairs]
    ours, theirs = numbered([a for a, _ in sides]), numbered([b for _, b in sides])
    triples = [
        (number, ours[a], theirs[b]) for number, (left, right) in enumerate(sides) for a in left if a in ours for b in right if b in theirs
    ]
    sentence, korean, english = np.array(triples, np.int64).T
    cells, cell = np.unique(korean * len(theirs) + english, return_inverse=True)
    there, uses = translated(korean, english, sentence, cell)
    back, uses_back = translated(english, korean, sentence, cell)
    sure = np.sqrt(there * back)
    names, other = list(ours), list(theirs)
    stops = {stem(word) for word in ENGLISH_STOPS}
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for place in np.flatnonzero((sure > LEAST_SURE) & (np.minimum(uses, uses_back) > LEAST_SEEN)):
        word, pivot = names[cells[place] // len(theirs)], other[cells[place] % len(theirs)]
        if word[0] >= "가" and "a" <= pivot[0] <= "z" and len(pivot) > 2 and pivot not in stops:
            found[word].append((-float(sure[place]), pivot))
    return {word: [pivot for _, pivot in sorted(pivots)[:MOST_PIVOTS]] for word, pivots in sorted(found.items())}


def main() -> None:
    """Write both files."""
    general = translations(list(aligned(list(rows(PARALLEL[0])), list(rows(PARALLEL[1])))))
    parts = tellings.read(ROOT / "models/pairs")
    pairs = tellings.joined(tellings.translations([family for part in parts for family in part]), general)
    lines = "".join(f"{word} {' '.join(pivots)}\n" for word, pivots in pairs.items())
    (GROUPING / "translations.txt").write_text(lines, encoding="utf-8")
    corpora = [(wording(row["text"]) for name in names for row in rows(name, MOST)) for names in CORPORA]
    known = tellings.joined({}, general)
    fitted = tellings.sharpened(Background.fitted(corpora, translations=pairs), parts, known)
    (GROUPING / "shipped.bin").write_bytes(fitted.to_bytes())
    print(f"{len(pairs):,} translated stems, {len(fitted.shares):,} common features, {len(fitted.to_bytes()):,} bytes")


if __name__ == "__main__":
    main()
