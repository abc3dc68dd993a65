"""The encoder's second part: our own posts, readers' labels and troubles told several ways; once for each group of writers left out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from monitor.classifiers.embedded.wording import marked
from monitor.domain import TOPICS
from scripts.training import tokens
from scripts.training.corpus import Example
from scripts.training.encoder import Plan, School, judged, train
from scripts.training.lessons import Labels, Lesson, open_lessons, own_lessons, paraphrases, translations
from scripts.training.network import VERDICTS, Network
from scripts.training.trunk import Pairs, Trunk

SEED = 11
VARIANTS = 4  # ways in which each own text is taken apart
SCATTERED = 0.06  # share of the places within words that part them, in all ways but the first
REPLAYED = 35_000  # open texts that are read again, so that nothing is forgotten
PAIRS = (4_000, 700)  # translations and paraphrases read again
TOLD_TIMES = 6  # how often the troubles stand among the pairs
KEPT = 0.75  # share of a branch in the weights; the rest is the trunk's. Chosen on texts that mix, writers left out, the card's rows
PLAN = Plan(rate=3e-4, warm=100, falls=0.1, contrast=0.5, every=4)


@dataclass(frozen=True)
class Lessons:
    """What branches learn: own texts first, then troubles, then open texts, then pairs."""

    own: list[Lesson]
    troubles: list[Lesson]
    families: list[list[list[int]]]  # places among the troubles
    replayed: list[Lesson]
    pairs: Pairs


def gathered(data: Path, without: frozenset[str], posts: Sequence[Example], told: Sequence[Mapping[str, Any]]) -> Lessons:
    """Collect what branches learn; ``told``: troubles told several ways."""
    random = np.random.default_rng(SEED)
    lessons = list(open_lessons(data, without))
    weight = np.array([one.times * (3 if one.sentiment else 1) for one in lessons])
    chosen = random.choice(len(lessons), min(REPLAYED, len(lessons)), replace=False, p=weight / weight.sum())
    pairs = [*_some(random, translations(data), PAIRS[0]), *_some(random, paraphrases(data), PAIRS[1])]
    troubles, families = _troubles(told)
    return Lessons(list(own_lessons(posts)), troubles, families, [lessons[at] for at in chosen], pairs)


def _some(random: np.random.Generator, source: Pairs, most: int) -> Pairs:
    return [source[at] for at in random.choice(len(source), min(most, len(source)), replace=False)]


def _troubles(told_ways: Sequence[Mapping[str, Any]]) -> tuple[list[Lesson], list[list[list[int]]]]:
    lessons: list[Lesson] = []
    families: dict[str, list[list[int]]] = {}
    for row in told_ways:
        topic = (TOPICS.index(row["topic"]), 1.0)
        families.setdefault(row["family"], []).append(list(range(len(lessons), len(lessons) + len(row["texts"]))))
        told = [marked(one["text"], ()) for one in row["texts"]]
        lessons += [Lesson(text, complaint=(1, 0.5), topic=topic, times=0.6, writer=row["writer"]) for text in told]
    return lessons, list(families.values())


class Branches:
    """Grows branches of a trunk."""

    def __init__(self, trunk: Trunk, lessons: Lessons, cache: Path, device: str):
        self._trunk, self._cache, self._device = trunk, cache, device
        again = [*lessons.own, *lessons.troubles]
        base = [*again, *lessons.replayed, *(one for pair in lessons.pairs for one in pair)]
        self._all = base + again * (VARIANTS - 1)
        self._texts = self._taken_apart(base, again)
        labels = Labels(self._all, trunk.names)
        first = len(again) + len(lessons.replayed)
        labels.times[len(again) : first] = 1.0
        labels.times[first : len(base)] = 0.0
        shift = len(lessons.own)
        families = [[[shift + at for at in group] for group in family] for family in lessons.families] * TOLD_TIMES
        families += [[[at, at + 1]] for at in range(first, len(base), 2)]
        self._school, self._times = School(self._texts, labels, families), labels.times.copy()

    def _taken_apart(self, base: Sequence[Lesson], again: Sequence[Lesson]) -> tokens.Texts:
        parts = [tokens.kept(self._trunk.tokenizer, [one.text for one in base], "branch", self._cache)]
        random, texts = np.random.default_rng(SEED), [one.text for one in again]
        parts += [tokens.scattered(self._trunk.tokenizer, texts, SCATTERED, random) for _ in range(VARIANTS - 1)]
        return tokens.Texts(np.concatenate([one.flat for one in parts]), np.cumsum(np.concatenate([one.lengths for one in parts])))

    def grown(self, without: frozenset[str]) -> tuple[Network, dict[str, Any]]:
        """Return a network that learnt from everything but the posts of the writers in ``without``, and what it cost.

        Its weights are averaged with the trunk's, so that less of what the trunk knew is lost (Wortsman et al. 2022).
        """
        left_out = np.array([one.writer in without for one in self._all])
        self._school.labels.times = np.where(left_out, 0.0, self._times)
        path = self._cache / f"branch-{self._key()}.pt"
        if not path.exists():
            self._train(path, f"without {', '.join(sorted(without))}" if without else "with all writers")
        kept = torch.load(path, weights_only=True)
        network, trunk = self._trunk.network(), self._trunk.state
        mixed = {
            name: trunk[name] + KEPT * (value - trunk[name]) if value.is_floating_point() else value
            for name, value in kept["state"].items()
        }
        network.load_state_dict(mixed)
        return network.eval(), kept["cost"]

    def _train(self, path: Path, title: str) -> None:
        torch.manual_seed(SEED)
        network = self._trunk.network().to(self._device)
        total = float(self._school.labels.times.sum()) * (1 + 1 / PLAN.every / 2)

        def done(steps: int, posts: int, seconds: float) -> float:
            return posts / total

        cost = train(network, self._school, PLAN, done, SEED, None, self._device, title)
        unfinished = path.with_suffix(".part")
        torch.save({"state": {name: value.cpu() for name, value in network.state_dict().items()}, "cost": cost}, unfinished)
        unfinished.replace(path)

    def _key(self) -> str:
        key = hashlib.sha256(self._school.labels.times.tobytes() + "\x01".join(one.text for one in self._all).encode("utf-8", "replace"))
        key.update(self._school.labels.complaint.tobytes() + self._school.labels.topic.tobytes() + self._school.labels.sentiment.tobytes())
        key.update(b"".join(value.numpy().tobytes() for value in self._trunk.state.values()) + repr(PLAN).encode())
        return key.hexdigest()[:12]

    def crossed(self, posts: Sequence[Example], folds: Sequence[frozenset[str]]) -> NDArray[np.float32]:
        """Return the logits (posts, VERDICTS) of our own posts, each from a network that saw nothing of its writer."""
        texts = tokens.encode(self._trunk.tokenizer, [one.text for one in posts], "own")
        out = np.zeros((len(posts), VERDICTS), np.float32)
        for left_out in folds:
            rows = np.array([at for at, one in enumerate(posts) if one.writer in left_out])
            out[rows] = judged(self.grown(left_out)[0], texts, rows)[0]
        return out
