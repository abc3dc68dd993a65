"""Fit the mean vectors that grouping takes off sentence vectors (``monitor/grouping/meanings.json``), from troubles told several ways.

``GAIN``, ``MIDDLE``, ``MOST`` and ``CAP`` were chosen on the tuning halves of our own streams,
on simulated weeks (``scripts/simulate``) and on terse troubles.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from monitor.classifiers.embedded.encoder import Encoder  # noqa: E402
from monitor.classifiers.embedded.wording import MARK, marked  # noqa: E402
from scripts.training.corpus import HELD_TROUBLES  # noqa: E402

GAIN, MIDDLE, MOST, CAP = 1.0, 0.3, 3, 2.4


def main(argv: Sequence[str] | None = None) -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=ROOT / "models/embedded", help="folder of the model")
    options = parser.parse_args(argv)
    card = json.loads((options.model / "card.json").read_text(encoding="utf-8"))
    encoder = Encoder((options.model / "tokenizer.json").read_bytes(), (options.model / "model.onnx").read_bytes())
    told = (path.read_text(encoding="utf-8") for path in sorted((ROOT / "models/pairs").glob("*.jsonl")) if path.name != HELD_TROUBLES)
    texts = [one["text"] for lines in told for line in lines.splitlines() for one in json.loads(line)["texts"]]
    vectors = encoder.judge([marked(text, ()).replace(MARK, " ") for text in texts])[1]
    korean = [re.search("[가-힣]", text) is not None for text in texts]
    sides = {"ko": [at for at, is_korean in enumerate(korean) if is_korean], "other": [at for at, yes in enumerate(korean) if not yes]}
    means = {name: [round(float(value), 4) for value in vectors[rows].mean(axis=0)] for name, rows in sides.items()}
    made = {"space": f"{card['name']}@{card['version']}", "gain": GAIN, "middle": MIDDLE, "most": MOST, "cap": CAP, "means": means}
    (ROOT / "monitor/grouping/meanings.json").write_text(json.dumps(made) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
