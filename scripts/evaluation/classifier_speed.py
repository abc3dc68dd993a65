"""How many posts of 30 pieces a second the shipped model judges, on the cores of this machine, tokenising included.

Keys of the result: ``cores``, ``posts``, ``pieces``, and rates, each as posts a second of ``wall`` time and of ``processor`` time (which
other work on the machine changes less), the best of three: ``batch`` and ``one_by_one`` of the whole model, ``network`` of its
transformer alone in batches, ``network_pass_per_question`` of the same with a pass each for complaint, sentiment and topic. Where torch is
installed also ``eager_one_by_one``, a transformer of the same shape in 32 bits on one thread, post by post, and ``ratio_to_eager``: how
many times more posts ``network`` judges in the same processor time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from monitor.classifiers.embedded import Embedded, Options, files
from monitor.classifiers.embedded.encoder import Encoder
from monitor.classifiers.embedded.pieces import pieces
from monitor.domain import Passage
from scripts.training.tokens import open_lines

DATA = Path(__file__).resolve().parents[2] / "../shared/data/text/unlabelled"
LENGTH, POSTS, ALONE, QUESTIONS = 30, 512, 64, 3
Rate = dict[str, int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the figures to ``--out``."""
    parser = argparse.ArgumentParser(
        prog="evaluate classifier_speed", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON (default: stdout)")
    parser.add_argument("--model", type=Path, help="folder of another model than the shipped one")
    options = parser.parse_args(arguments)
    if not DATA.is_dir():
        print(f"evaluate classifier_speed: {DATA} is missing", file=sys.stderr)
        return 1
    text = json.dumps(measured(options.model or files.shipped()), indent=2) + "\n"
    if options.out is None:
        sys.stdout.write(text)
    else:
        options.out.write_text(text, encoding="utf-8")
    return 0


def measured(folder: Path) -> dict[str, Any]:
    """Return the figures that the module's docstring names, of the model in ``folder``."""
    _, content = files.read(folder)
    texts = posts(Tokenizer.from_buffer(content[files.TOKENIZER]))
    rates: dict[str, Any] = _whole(Embedded(Options(model=str(folder))), texts) | _network(
        Encoder(content[files.TOKENIZER], content[files.ENCODER]), texts
    )
    if find_spec("torch") and find_spec("transformers"):
        rates["eager_one_by_one"] = _eager(Tokenizer.from_buffer(content[files.TOKENIZER]), texts[:ALONE])
        rates["ratio_to_eager"] = round(rates["network"]["processor"] / rates["eager_one_by_one"]["processor"], 1)
    return {"cores": os.cpu_count(), "posts": len(texts), "pieces": LENGTH, **rates}


def posts(tokenizer: Tokenizer) -> list[str]:
    """Return open texts of both languages, ``LENGTH`` pieces long, give or take two."""
    texts = [text for name in ("ko", "en") for text in open_lines(DATA / f"{name}.txt.gz", 6_000)]
    fitting = [text for text, taken in zip(texts, pieces(tokenizer, texts), strict=True) if abs(len(taken) - LENGTH) <= 2]
    return fitting[:: max(len(fitting) // POSTS, 1)][:POSTS]


def _whole(model: Embedded, texts: Sequence[str]) -> dict[str, Rate]:
    passages = [Passage(text) for text in texts]
    model.classify(passages[:64])
    return {
        "batch": _rate(len(passages), lambda: model.classify(passages)),
        "one_by_one": _rate(ALONE, lambda: [model.classify([one]) for one in passages[:ALONE]]),
    }


def _network(encoder: Encoder, texts: Sequence[str]) -> dict[str, Rate]:
    return {
        "network": _rate(len(texts), lambda: encoder.judge(texts)),
        "network_pass_per_question": _rate(len(texts), lambda: [encoder.judge(texts) for _ in range(QUESTIONS)]),
    }


def _eager(tokenizer: Tokenizer, texts: Sequence[str]) -> Rate:
    import torch

    from scripts.training.network import Network, Size

    torch.set_num_threads(1)
    network = Network(Size(pieces=tokenizer.get_vocab_size()), own=1, owners=1).eval()

    def judge() -> None:
        with torch.inference_mode():
            for text in texts:
                network(torch.tensor(pieces(tokenizer, [text])))

    judge()
    return _rate(len(texts), judge)


def _rate(count: int, work: Callable[[], object]) -> Rate:
    clocks = {"wall": time.perf_counter, "processor": time.process_time}
    spent = []
    for _ in range(3):
        started = [clock() for clock in clocks.values()]
        work()
        spent.append([clock() - at for clock, at in zip(clocks.values(), started, strict=True)])
    return {name: round(count / min(times)) for name, times in zip(clocks, zip(*spent, strict=True), strict=True)}


if __name__ == "__main__":
    sys.exit(main())
