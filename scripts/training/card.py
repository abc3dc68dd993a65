"""The model card: what the model is, what it learnt from, how good it is, what it cost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.classifiers.embedded.files import CARD, ENCODER, FORMAT, TOKENIZER, WEIGHTS
from monitor.classifiers.embedded.mixing import Mixture
from monitor.domain import TOPICS, Sentiment
from scripts.training.corpus import SOURCES
from scripts.training.lessons import READINGS

MASKS = {
    "@user": "handles (a handle that holds the watched company's name counts as its mark)",
    "URL": "links",
    "EMAIL": "e-mail addresses",
    "PHONE": "telephone numbers",
    "NUMBER": "identity and card numbers; every other digit is read as 0",
}
FURTHER = {  # licences of files that only the encoder reads
    "korean_hate_speech_beep": "CC BY-SA 4.0",
    "kocasm_sarcasm": "MIT",
    "petitions_bluehouse_titles": "MIT",
    "nsmc_raw_neutral_weak": "CC0 1.0",
    "tweeteval_irony": "unrestricted as stated; platform terms",
    "xed": "CC BY 4.0",
    "unlabelled/ko.txt, unlabelled/en.txt": "as their origins state (pieces and start vectors only)",
}


def write(
    folder: Path,
    version: int,
    mixture: Mixture,
    metrics: Mapping[str, Any],
    cost: Mapping[str, Any],
    posts: Mapping[str, int],
    parameters: int,
) -> None:
    """Write ``card.json`` beside the model's files in ``folder``; ``posts`` counts our own posts by writer."""
    licences = {source.name: source.licence for source in SOURCES} | FURTHER
    missing = {reading.name for reading in READINGS} - set(licences)
    if missing:
        raise ValueError(f"no licence is stated for {sorted(missing)}")
    card = {
        "name": "embedded",
        "version": version,
        "format": FORMAT,
        "what": "A transformer encoder of our own (4 layers, 256 wide, 24,000 pieces; weights and products in eight bits) and a linear "
        "model on hashed n-grams and signs of a lexicon, mixed; Korean and English.",
        "parameters": {"encoder": parameters},
        "labels": {"sentiment": [one.value for one in Sentiment], "complaint": "probability, 0..1", "topic": list(TOPICS)},
        "vectors": "128 numbers of length 1; the company's name is left out before",
        "mark": "the words that name the watched company are replaced by one character before anything is masked",
        "masks": MASKS,
        "sha256": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (TOKENIZER, ENCODER, WEIGHTS)},
        "bytes": {name: (folder / name).stat().st_size for name in (TOKENIZER, ENCODER, WEIGHTS)},
        "data": {
            "open": licences,
            "own": {"posts": sum(posts.values()), "by_writer": dict(posts), "folder": "models/posts", "licence": "CC BY 4.0"},
            "read": "models/labels: open texts labelled by readers, one reader held out; models/pairs: troubles told several ways, rudder "
            "held out (who wrote bowline had seen the first words of one text of each trouble of rudder, so as to repeat none)",
            "remark": "no text is contained in the model's files; share-alike licences bind the texts, which are not given on",
        },
        "metrics": metrics,
        "cost": cost,
        "mixing": mixture.written(),
        "limits": "No open data has safety or partner topics or Korean service complaints judged by people: these rest on our own "
        "posts and the lexicon. Irony and whose fault something was are only seen as far as words tell them. Another reader's labels "
        "of plain open texts agree less with the model than our writers' do.",
    }
    (folder / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
