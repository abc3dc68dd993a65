"""Sentence vectors: a weighted sum of a vector for each piece, taught by texts that tell the same in one or in both languages.

It starts from what pieces have for neighbours (``neighbours.py``) and from weights that hold common pieces back (Arora, Liang and Ma 2017).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from monitor.classifiers.embedded.wording import marked
from scripts.training.lessons import Lesson
from scripts.training.tokens import Texts, encode

WIDTH = 128
COMMON = 1e-3  # share of all pieces from which on a piece is held back
SHARPNESS = 20.0
BATCH = 256
STEPS, RATE = 1200, 3e-3
TROUBLE_TIMES = 4
Groups = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Told:
    """Texts, groups of places that tell the same, and families of groups that are easily mixed up (each group in one family)."""

    texts: Texts
    families: Sequence[Groups]


def told(tokenizer: Tokenizer, troubles: Sequence[Mapping[str, Any]], pairs: Sequence[tuple[Lesson, Lesson]]) -> Told:
    """Return troubles told several ways, ``TROUBLE_TIMES`` as often as pairs of texts that translate or paraphrase each other."""
    texts: list[str] = []
    families: dict[str, list[list[int]]] = {}
    for row in troubles:
        families.setdefault(row["family"], []).append(list(range(len(texts), len(texts) + len(row["texts"]))))
        texts += [marked(one["text"], ()) for one in row["texts"]]
    first = len(texts)
    texts += [one.text for pair in pairs for one in pair]
    single = [[[at, at + 1]] for at in range(first, len(texts), 2)]
    return Told(encode(tokenizer, texts, "told"), [*(list(families.values()) * TROUBLE_TIMES), *single])


class Bag(nn.Module):
    """Vectors and weights of pieces."""

    def __init__(self, start: NDArray[np.float32], counts: NDArray[np.int64]):
        super().__init__()
        share = counts / max(counts.sum(), 1)
        self.vectors = nn.Parameter(torch.from_numpy(np.ascontiguousarray(start[:, :WIDTH], np.float32)))
        self.weights = nn.Parameter(torch.from_numpy(np.log(COMMON / (COMMON + share)).astype(np.float32)))

    def forward(self, flat: Tensor, starts: Tensor) -> Tensor:
        """Return the vectors of texts whose pieces stand in ``flat`` one after the other."""
        weight = self.weights[flat].exp()
        return F.normalize(F.embedding_bag(flat, self.vectors, starts, mode="sum", per_sample_weights=weight), dim=1)

    def table(self) -> NDArray[np.float32]:
        """Return the weighted vector of each piece."""
        return (self.vectors * self.weights.exp()[:, None]).detach().numpy()


def learnt(
    start: NDArray[np.float32], counts: NDArray[np.int64], told: Told, seed: int, steps: int = STEPS, rate: float = RATE
) -> NDArray[np.float32]:
    """Return the vector of each piece (pieces, WIDTH)."""
    torch.manual_seed(seed)
    random, bag = np.random.default_rng(seed), Bag(start, counts)
    optimizer = torch.optim.Adam(bag.parameters(), lr=rate)
    for step in tqdm(range(steps), desc="vectors", disable=None):
        for group in optimizer.param_groups:
            group["lr"] = rate * (1 - step / steps)
        left, right = (_seen(told.texts, rows, random) for rows in _drawn(told.families, random).T)
        likeness = SHARPNESS * bag(*left) @ bag(*right).T
        aim = torch.arange(len(likeness))
        cost = (F.cross_entropy(likeness, aim) + F.cross_entropy(likeness.T, aim)) / 2
        optimizer.zero_grad(set_to_none=True)
        cost.backward()
        optimizer.step()
    return bag.table()


def _drawn(families: Sequence[Groups], random: np.random.Generator) -> NDArray[np.int64]:
    """Return ``BATCH`` pairs of texts that tell the same, no two pairs of one group, families kept together."""
    pairs: list[NDArray[np.int64]] = []
    for at in random.permutation(len(families)):
        pairs += [random.choice(np.asarray(group), 2, replace=False) for group in families[at]]
        if len(pairs) >= BATCH:
            break
    return np.stack(pairs[:BATCH])


def _seen(texts: Texts, rows: NDArray[np.int64], random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return the pieces of texts, a tenth of them overlooked, and where each text starts."""
    kept = []
    for row in rows:
        whole = texts[int(row)]
        chosen = whole[random.random(len(whole)) >= 0.1]
        kept.append(chosen if len(chosen) else whole)
    lengths = np.array([len(one) for one in kept])
    return torch.from_numpy(np.concatenate(kept).astype(np.int64)), torch.from_numpy(np.cumsum(lengths) - lengths)
