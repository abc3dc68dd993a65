"""Training the encoder: a trunk on all open labels, then branches that learn our own posts as well."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from monitor.classifiers.embedded.pieces import MARK_PIECE, PAD, SPECIAL
from scripts.training.lessons import Labels
from scripts.training.network import VERDICTS, Network, Truth, contrast, loss
from scripts.training.tokens import Texts

TOKENS = 3_600  # of a batch, padding included
POSTS = 160
PAIRS = 48
POOL = 60  # batches whose posts are sorted by length together
HIDDEN = SPECIAL.index("<unk>")  # stands where a piece is hidden
SAVED = 120.0  # seconds between checkpoints
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """How to train: highest step length, steps until it is reached, share of the time after which it falls, to which share.

    ``contrast``: weight of the loss of pairs; one batch of ``every`` holds pairs. ``hidden``: share of the pieces that
    are hidden from the network, others each time, so that it cannot learn texts by heart.
    """

    rate: float = 8e-4
    warm: int = 400
    falls: float = 0.6
    end: float = 0.05
    decay: float = 0.02
    contrast: float = 0.5
    every: int = 6
    hidden: float = 0.1

    def at(self, step: int, done: float) -> float:
        """Return the step length after ``step`` steps and ``done`` (0..1) of the time."""
        falling = min(max((done - self.falls) / (1 - self.falls), 0.0), 1.0)
        return self.rate * min(1.0, (step + 1) / self.warm) * (1 - (1 - self.end) * falling)


@dataclass
class School:
    """Texts with their labels; ``families`` hold groups of places of texts that tell the same: groups of one family are easily mixed up."""

    texts: Texts
    labels: Labels
    families: Sequence[Sequence[Sequence[int]]]

    def truth(self, rows: Index, device: str) -> Truth:
        """Return the labels of some rows."""
        return Truth(**{field.name: torch.from_numpy(getattr(self.labels, field.name)[rows]).to(device) for field in fields(Truth)})


def rounded(lengths: Index) -> Index:
    """Return the lengths that texts are padded to: few, because the fast routines for each shape are made when it first comes."""
    return np.where(lengths <= 32, -(-lengths // 4) * 4, -(-lengths // 16) * 16)


def padded(texts: Texts, rows: Index) -> Tensor:
    """Return the pieces of some texts (n, longest), padded."""
    out = np.full((len(rows), int(rounded(texts.lengths[rows].max()))), PAD, np.int64)
    for place, row in enumerate(rows):
        out[place, : texts.lengths[row]] = texts[row]
    return torch.from_numpy(out)


def batches(school: School, every: int, seed: int) -> Iterator[tuple[Index, bool]]:
    """Yield batches for ever: rows, and whether they are pairs (all left ones, then all right ones); one batch of ``every`` is."""
    random = np.random.default_rng(seed)
    pairs = _pairs(school, random)
    while True:
        times = school.labels.times
        chosen = np.repeat(np.arange(len(times)), np.floor(times + random.random(len(times))).astype(int))
        random.shuffle(chosen)
        for rows in _sorted_batches(school.texts.lengths, chosen, random):
            if school.families and random.integers(every) == 0:
                yield next(pairs), True
            yield rows, False


def _sorted_batches(lengths: Index, chosen: Index, random: np.random.Generator) -> Iterator[Index]:
    """Yield batches of texts of one length; what does not fill a batch waits for more."""
    waiting = np.zeros(0, np.int64)
    for start in range(0, len(chosen), POOL * POSTS):
        pool = np.concatenate([waiting, chosen[start : start + POOL * POSTS]])
        size = rounded(lengths[pool])
        last = start + POOL * POSTS >= len(chosen)
        parts, left = [], []
        for length in np.unique(size):
            rows, most = pool[size == length], min(POSTS, TOKENS // int(length))
            cuts = np.split(rows, range(most, len(rows), most))
            parts += cuts if last or len(cuts[-1]) == most else cuts[:-1]
            left += [] if last or len(cuts[-1]) == most else [cuts[-1]]
        for at in random.permutation(len(parts)):
            yield parts[at]
        waiting = np.concatenate([waiting[:0], *left])


def _pairs(school: School, random: np.random.Generator) -> Iterator[Index]:
    chosen: list[Index] = []
    while True:
        for at in random.permutation(len(school.families)):
            chosen += [random.choice(group, 2, replace=False) for group in school.families[at]]
            if len(chosen) >= PAIRS:
                yield np.stack(chosen).T.ravel()
                chosen = []


def train(
    network: Network,
    school: School,
    plan: Plan,
    done: Callable[[int, int, float], float],
    seed: int,
    kept: Path | None = None,
    device: str = "cpu",
    title: str = "train",
) -> dict[str, Any]:
    """Train until ``done(steps, posts, seconds)`` (share of the work done) reaches 1; goes on from the checkpoint ``kept`` if it is there.

    The checkpoint is not written any more once the step length falls, so that a longer run can take it up. Returns what it cost.
    """
    optimizer = torch.optim.AdamW(_groups(network, plan), lr=plan.rate, betas=(0.9, 0.98), fused=device == "cpu" or None)
    step, before, posts = _resumed(kept, network, optimizer)
    torch.manual_seed(seed + step)
    feed = batches(school, plan.every, seed + step)
    network.train()
    torch.set_flush_denormal(True)  # steps of rare pieces fade into numbers that are slow to add
    started = saved = time.monotonic()
    try:
        with tqdm(total=1000, desc=title, unit="‰", disable=None) as progress:
            while (part := done(step, posts, before + time.monotonic() - started)) < 1:
                rate = plan.at(step, part)
                for group in optimizer.param_groups:
                    group["lr"] = rate
                cost, count = _step(network, school, plan, next(feed), optimizer, device)
                step, posts = step + 1, posts + count
                now = time.monotonic()
                if kept is not None and part < plan.falls and now - saved > SAVED:
                    _save(kept, network, optimizer, step, before + now - started, posts)
                    saved = now
                if step % 20 == 0:
                    progress.set_postfix_str(f"loss {cost:.3f}, {posts:,} posts", refresh=False)
                    progress.update(int(part * 1000) - progress.n)
    finally:
        torch.set_flush_denormal(False)
    network.eval()
    return {"steps": step, "seconds": round(before + time.monotonic() - started), "posts": posts}


def _step(
    network: Network, school: School, plan: Plan, batch: tuple[Index, bool], optimizer: torch.optim.Optimizer, device: str
) -> tuple[float, int]:
    rows, paired = batch
    pieces = padded(school.texts, rows).to(device)
    pieces.masked_fill_((torch.rand(pieces.shape, device=device) < plan.hidden) & (pieces > MARK_PIECE), HIDDEN)
    with torch.autocast(device, dtype=torch.bfloat16):
        found = network(pieces)
        total = loss(network, found, school.truth(rows, device))
    if paired:
        total = total + plan.contrast * contrast(*found[2].chunk(2))
    total.backward()
    _clip([one.grad for one in network.parameters() if one.grad is not None])
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return float(total.detach()), len(rows)


def _clip(slopes: list[Tensor], most: float = 1.0) -> None:
    """Shorten the slopes to ``most`` together; as torch's own, in a tenth of its time on a CPU."""
    length = float(sum(torch.dot(one.flatten(), one.flatten()) for one in slopes)) ** 0.5
    if length > most:
        torch._foreach_mul_(slopes, most / length)


def _groups(network: Network, plan: Plan) -> list[dict[str, Any]]:
    thick = [one for one in network.parameters() if one.ndim > 1]
    thin = [one for one in network.parameters() if one.ndim <= 1]
    return [{"params": thick, "weight_decay": plan.decay}, {"params": thin, "weight_decay": 0.0}]


def _resumed(kept: Path | None, network: Network, optimizer: torch.optim.Optimizer) -> tuple[int, float, int]:
    if kept is None or not kept.exists():
        return 0, 0.0, 0
    state = torch.load(kept, weights_only=True)
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    return state["step"], state["seconds"], state["posts"]


def _save(kept: Path, network: Network, optimizer: torch.optim.Optimizer, step: int, seconds: float, posts: int) -> None:
    state = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "seconds": seconds, "posts": posts}
    unfinished = kept.with_suffix(".part")
    torch.save(state, unfinished)
    unfinished.replace(kept)


def judged(network: Network, texts: Texts, rows: Sequence[int] | Index | None = None) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return verdicts and vectors of texts."""
    network.eval()
    order = np.arange(len(texts)) if rows is None else np.asarray(rows)
    order = order[np.argsort(texts.lengths[order], kind="stable")]
    where = {int(row): at for at, row in enumerate(np.arange(len(texts)) if rows is None else rows)}
    verdicts = np.zeros((len(order), VERDICTS), np.float32)
    vectors = np.zeros((len(order), network.vector.out_features), np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), 128):
            chosen = order[start : start + 128]
            found = network(padded(texts, chosen))
            places = [where[int(row)] for row in chosen]
            verdicts[places], vectors[places] = found[0].float().numpy(), found[2].numpy()
    return verdicts, vectors
