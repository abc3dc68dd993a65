"""How varied our own labelled posts are, beside as many open texts of the same language.

Keys of the result, for ``ko`` and ``en``, each with ``own`` and ``open``: ``texts`` (distinct; for ``own`` the same text with another
watch counts once), ``words``, ``different_words`` among the first ``of_words``, ``shared_run``: share of texts with a run of five words
that another text has too; ``own`` also ``shared_run_other_writer`` (minimal pairs stand with one writer) and ``repeated_other_writer``:
texts of one writer that are another's.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from monitor.classifiers.embedded.pieces import evened
from monitor.classifiers.embedded.wording import marked
from scripts.training.tokens import open_lines

ROOT = Path(__file__).resolve().parents[2]
POSTS, DATA = ROOT / "models/posts", ROOT / "../shared/data/text/unlabelled"
RUN = 5
Texts = dict[str, set[str]]  # a text with the writers that have it


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the figures to ``--out``."""
    parser = argparse.ArgumentParser(prog="evaluate diversity", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON (default: stdout)")
    options = parser.parse_args(arguments)
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
    among, writers = defaultdict(set), defaultdict(set)
    for text, by in texts.items():
        for run in runs(text):
            among[run].add(text)
            writers[run] |= by
    shared = _share(texts, lambda text: any(len(among[run]) > 1 for run in runs(text)))
    out = {"texts": len(texts), "words": len(words), "different_words": len(set(words[:of_words])), "shared_run": shared}
    if writers and any(by != {""} for by in texts.values()):
        out["shared_run_other_writer"] = _share(texts, lambda text: any(len(writers[run]) > 1 for run in runs(text)))
        out["repeated_other_writer"] = sum(len(by) > 1 for by in texts.values())
    return out


def runs(text: str) -> Iterable[tuple[str, ...]]:
    """Yield the runs of five words of a text."""
    words = text.split()
    return (tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1))


def _share(texts: Iterable[str], is_so: Callable[[str], bool]) -> float:
    answers = [is_so(text) for text in texts]
    return round(sum(answers) / max(len(answers), 1), 4)


if __name__ == "__main__":
    sys.exit(main())
