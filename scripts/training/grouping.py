"""Fit what grouping takes for normal (``monitor/grouping/shipped.bin``): word frequencies of open text, kept as numbers only."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
TEXTS = ROOT.parent / "shared/data/text/train"
SHIPPED = ROOT / "monitor/grouping/shipped.bin"
CORPORA = (
    ("dacon_shopping_reviews", "ecommerce_app_reviews_ko"),
    ("petitions_bluehouse_titles",),
    ("kote", "kodoli", "kocasm_sarcasm"),
    ("sentiment140_100k", "semeval_2013_2016"),
    ("bitext_cs_intents", "banking77", "complaint_categories_harilight"),
)
MOST = 30_000
TAIL = (0.05, 0.10, 0.17, 0.25)


def texts(names: tuple[str, ...]) -> Iterator[str]:
    """Yield the texts of some files, at most ``MOST`` of each."""
    for name in names:
        with gzip.open(TEXTS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in islice(lines, MOST):
                yield json.loads(line)["text"]


def main() -> None:
    """Write the fitted background."""
    if not SHIPPED.exists():
        SHIPPED.write_bytes(b"")
    from monitor.grouping.background import Background
    from monitor.grouping.wording import wording

    fitted = Background.fitted([map(wording, texts(names)) for names in CORPORA], TAIL)
    SHIPPED.write_bytes(fitted.to_bytes())
    print(f"{SHIPPED}: {len(fitted.idf):,} features, {SHIPPED.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
