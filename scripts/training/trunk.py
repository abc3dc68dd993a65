"""The encoder's first and long part: pieces, start vectors, and everything that open labels teach. Our own posts come later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from scripts.training import neighbours, tokens
from scripts.training.encoder import Plan, School, train
from scripts.training.lessons import Labels, Lesson, open_lessons, own_names, paraphrases, translations
from scripts.training.network import Network, Size

SEED = 1
MOST = {"ko": (450_000, 1_100_000), "en": (260_000, 430_000)}  # lines for pieces, lines for start vectors
OWN_TIMES = 4  # how often our own posts count when pieces are learnt
Pairs = list[tuple[Lesson, Lesson]]


@dataclass(frozen=True)
class Trunk:
    """A trained trunk: ``state`` of the network, the names of its heads of single files, and what it cost."""

    tokenizer: Tokenizer
    names: dict[str, list[str]]
    state: dict[str, torch.Tensor]
    cost: dict[str, Any]

    def network(self) -> Network:
        """Return a fresh copy."""
        copy = _network(self.names)
        copy.load_state_dict(self.state)
        return copy


def _network(names: dict[str, list[str]]) -> Network:
    network = Network(Size(), sum(map(len, names.values())), len(names))
    starts = np.cumsum([0, *map(len, names.values())])
    network.theirs.fill_(-1e4)
    for at in range(len(names)):
        network.theirs[at, starts[at] : starts[at + 1]] = 0
    return network


def pieces_of(data: Path, own: Sequence[str], cache: Path) -> Tokenizer:
    """Return the tokenizer, learnt from the unlabelled text beside ``data`` and our own posts, or the one in ``cache``."""
    path = cache / "tokenizer.json"
    if path.exists():
        return Tokenizer.from_file(str(path))

    def lines() -> Iterator[str]:
        for _ in range(OWN_TIMES):
            yield from tokens.evened(own)
        for language, (most, _) in MOST.items():
            yield from tokens.open_lines(data.parent / "unlabelled" / f"{language}.txt.gz", most)

    return tokens.learn(lines(), path)


def start_vectors(data: Path, tokenizer: Tokenizer, pairs: Pairs, cache: Path) -> neighbours.Floats:
    """Return the vectors that pieces start from, or those in ``cache``."""
    path = cache / f"start-{hashlib.sha256(tokenizer.to_str().encode()).hexdigest()[:12]}.npy"
    if not path.exists():
        lines = [
            line for name, (_, most) in MOST.items() for line in tokens.open_lines(data.parent / "unlabelled" / f"{name}.txt.gz", most)
        ]
        texts = tokens.encode(tokenizer, lines, "unlabelled")
        left, right = (tokens.encode(tokenizer, [pair[side].text for pair in pairs], "translations") for side in (0, 1))
        both = ((left[at], right[at]) for at in range(len(left)))
        np.save(path, neighbours.vectors(tokenizer.get_vocab_size(), texts, both, Size().width, SEED))
    found: neighbours.Floats = np.load(path)
    return found


def grown(data: Path, without: frozenset[str], own: Sequence[str], minutes: float, cache: Path, device: str) -> Trunk:
    """Train the trunk for ``minutes`` and average it with what it was after half of them (Wortsman et al. 2022): better than either.

    A run that was cut off goes on. ``without``: SHA-1 of texts that readers labelled.
    """
    torch.manual_seed(SEED)
    tokenizer = pieces_of(data, own, cache)
    lessons, translated = list(open_lessons(data, without)), translations(data)
    pairs = translated + paraphrases(data)
    names = own_names([*lessons, *(one for pair in pairs for one in pair)])
    school = _school(tokenizer, lessons, pairs, names, cache)
    key = hashlib.sha256(school.texts.flat.tobytes() + json.dumps(names).encode()).hexdigest()[:12]

    def trained(minutes: float) -> dict[str, Any]:
        """The longer training takes up the shorter one's checkpoint."""
        finished = cache / f"trunk-{key}-{minutes:g}.pt"
        if not finished.exists():
            network = _network(names)
            network.start_from(start_vectors(data, tokenizer, translated, cache))
            network.to(device)
            cost = train(
                network, school, Plan(), lambda _, __, seconds: seconds / (minutes * 60), SEED, cache / f"trunk-{key}.ckpt", device, "trunk"
            )  # fmt: skip
            torch.save({"state": {name: value.cpu() for name, value in network.state_dict().items()}, "cost": cost}, finished)
        return dict(torch.load(finished, weights_only=True))

    half, whole = trained(minutes / 2), trained(minutes)
    state = {name: (value + half["state"][name]) / 2 if value.is_floating_point() else value for name, value in whole["state"].items()}
    return Trunk(tokenizer, names, state, whole["cost"])


def _school(tokenizer: Tokenizer, lessons: list[Lesson], pairs: Pairs, names: dict[str, list[str]], cache: Path) -> School:
    together = [*lessons, *(one for pair in pairs for one in pair)]
    labels = Labels(together, names)
    labels.times[len(lessons) :] = 0.0  # they come in batches of pairs
    first = range(len(lessons), len(together), 2)
    return School(tokens.kept(tokenizer, [one.text for one in together], "trunk", cache), labels, [[[at, at + 1]] for at in first])
