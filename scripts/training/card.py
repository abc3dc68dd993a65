"""The model card: what the model is, what it learnt from, how good it is, what it cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.classifiers.embedded.weights import CARD, FORMAT
from monitor.domain import TOPICS, Sentiment
from scripts.training.corpus import SOURCES

MASKS = {
    "@user": "handles (a handle that holds the watched company's name counts as its mark)",
    "URL": "links",
    "EMAIL": "e-mail addresses",
    "PHONE": "telephone numbers",
    "NUMBER": "identity and card numbers; every other digit is read as 0",
}


def write(folder: Path, version: int, sha256: str, metrics: Mapping[str, Any], cost: Mapping[str, Any], posts: Mapping[str, int]) -> None:
    """Write ``card.json`` to ``folder``; ``posts`` counts our own posts by writer."""
    card = {
        "name": "embedded-linear",
        "version": version,
        "format": FORMAT,
        "what": "Linear model on hashed n-grams of characters, Hangul letters and words, and signs of a lexicon; Korean and English.",
        "labels": {"sentiment": [one.value for one in Sentiment], "complaint": "probability, 0..1", "topic": list(TOPICS)},
        "mark": "the words that name the watched company are replaced by one character before anything is masked",
        "masks": MASKS,
        "sha256": sha256,
        "data": {
            "open": {source.name: source.licence for source in SOURCES},
            "own": {"posts": sum(posts.values()), "by_writer": dict(posts), "folder": "models/posts"},
            "remark": "no text is contained in the weights file; share-alike licences bind the texts, which are not given on",
        },
        "metrics": metrics,
        "cost": cost,
        "limits": "No open data has safety or partner topics or Korean service complaints judged by people: these rest on our own "
        "posts and the lexicon. Irony and whose fault something was are only seen as far as words tell them.",
    }
    (folder / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
