"""How varied our own labelled posts are, beside as many open texts of the same language.

Keys of the result, for ``ko`` and ``en``, each with ``own`` and ``open``: ``texts`` (distinct; for ``own`` the same text with another
watch counts once), ``words``, ``different_words`` among the first ``of_words``, ``shared_run``: share of texts with a run of five words
that another text has too; ``near_duplicate``: share of texts that have three of five runs of four characters in common with another
(Jaccard index of at least 0.6); ``own`` also ``shared_run_other_writer`` and ``near_duplicate_other_writer`` (minimal pairs stand with one
writer), and ``repeated_other_writer``: texts of one writer that are another's. ``--list`` names the texts shared across writers.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sparse

from monitor.classifiers.embedded.pieces import evened
from monitor.classifiers.embedded.wording import marked
from scripts.training.tokens import open_lines

ROOT = Path(__file__).resolve().parents[2]
POSTS, DATA = ROOT / "models/posts", ROOT / "../shared/data/text/unlabelled"
RUN = 5
LETTERS, ALIKE, BLOCK = 4, 0.6, 512  # of near duplicates: length of the runs of characters, share in common, texts compared at a time
Texts = dict[str, set[str]]  # a text with the writers that have it


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the figures to ``--out``."""
    parser = argparse.ArgumentParser(prog="evaluate diversity", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON (default: stdout)")
    parser.add_argument(
        "--list", action="store_true", help="instead list the own texts that share a run, or nearly all, with another writer's"
    )
    options = parser.parse_args(arguments)
    if options.list:
        sys.stdout.writelines(json.dumps(row, ensure_ascii=False) + "\n" for language in ("ko", "en") for row in across(own(language)))
        return 0
    text = json.dumps({language: compared(language) for language in ("ko", "en")}, indent=2) + "\n"
    if options.out is None:
        sys.stdout.write(text)
    else:
        options.out.write_text(text, encoding="utf-8")
    return 0


def compared(language: str) -> dict[str, Any]:
    """Return the figures of one language; without the open texts if they are not there."""
    texts = {"own": own(language)}
    path = DATA / f"{language}.txt.gz"
    if path.exists():
        texts["open"] = {line: {""} for line in islice(open_lines(path, 4 * len(texts["own"])), len(texts["own"]))}
    of_words = min(sum(len(text.split()) for text in one) for one in texts.values())
    return {"of_words": of_words, **{name: figures(one, of_words) for name, one in texts.items()}}


def own(language: str) -> Texts:
    """Return our own posts of a language, evened out like open texts."""
    found: Texts = defaultdict(set)
    for path in sorted(POSTS.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        chosen = [row for row in rows if row["lang"] == language]
        for row, text in zip(chosen, evened([marked(row["text"], ()) for row in chosen]), strict=True):
            found[text].add(row["writer"])
    return dict(found)


def figures(texts: Texts, of_words: int) -> dict[str, float]:
    """Return the figures of texts with their writers."""
    words = [word for text in texts for word in text.split()]
    among = _among(texts)
    shared = _share(any(len(among[run]) > 1 for run in runs(text)) for text in texts)
    out = {"texts": len(texts), "words": len(words), "different_words": len(set(words[:of_words])), "shared_run": shared}
    listed, pairs = list(texts), near_pairs(list(texts))
    out["near_duplicate"] = round(len({at for pair in pairs for at in pair}) / max(len(texts), 1), 4)
    if any(by != {""} for by in texts.values()):
        apart = [pair for pair in pairs if len(texts[listed[pair[0]]] | texts[listed[pair[1]]]) > 1]
        out["shared_run_other_writer"] = _share(any(_writers(among[run], texts) > 1 for run in runs(text)) for text in texts)
        out["near_duplicate_other_writer"] = round(len({at for pair in apart for at in pair}) / max(len(texts), 1), 4)
        out["repeated_other_writer"] = sum(len(by) > 1 for by in texts.values())
    return out


def across(texts: Texts) -> Iterator[dict[str, Any]]:
    """Yield what texts of different writers have in common: a run of words, or nearly all."""
    for run, having in _among(texts).items():
        if _writers(having, texts) > 1:
            yield {"run": " ".join(run), "texts": {text: sorted(texts[text]) for text in sorted(having)}}
    listed = list(texts)
    for one, other in near_pairs(listed):
        if len(texts[listed[one]] | texts[listed[other]]) > 1:
            yield {"run": None, "texts": {text: sorted(texts[text]) for text in (listed[one], listed[other])}}


def _among(texts: Texts) -> dict[tuple[str, ...], set[str]]:
    """Return which texts have a run."""
    among: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for text in texts:
        for run in runs(text):
            among[run].add(text)
    return among


def _writers(having: Iterable[str], texts: Texts) -> int:
    return len(set[str]().union(*(texts[text] for text in having)))


def near_pairs(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pairs of places of texts whose sets of character runs have a Jaccard index of at least ``ALIKE``."""
    numbers: dict[str, int] = {}
    sets = [sorted({numbers.setdefault(run, len(numbers)) for run in _letters(text)}) for text in texts]
    counts = np.array([len(one) for one in sets])
    pointers = np.concatenate([[0], np.cumsum(counts)])
    matrix = sparse.csr_matrix((np.ones(pointers[-1], np.int32), np.concatenate(sets), pointers), shape=(len(sets), len(numbers)))
    pairs = []
    for start in range(0, len(sets), BLOCK):
        common = (matrix[start : start + BLOCK] @ matrix.T).tocoo()
        one, other = common.row + start, common.col
        alike = (one < other) & (common.data >= ALIKE * (counts[one] + counts[other] - common.data))
        pairs += list(zip(one[alike].tolist(), other[alike].tolist(), strict=True))
    return pairs


def _letters(text: str) -> Iterable[str]:
    close = text.replace(" ", "")
    return (close[at : at + LETTERS] for at in range(max(len(close) - LETTERS + 1, 1)))


def runs(text: str) -> Iterable[tuple[str, ...]]:
    """Yield the runs of five words of a text."""
    words = text.split()
    return (tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1))


def _share(answers: Iterable[bool]) -> float:
    told = list(answers)
    return round(sum(told) / max(len(told), 1), 4)


if __name__ == "__main__":
    sys.exit(main())
