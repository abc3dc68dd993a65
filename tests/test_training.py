"""Training of the encoder in small: it resumes where it was cut off, loses no text, and never judges a writer by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from scripts.training import encoder, linear
from scripts.training.corpus import SECOND, Example
from scripts.training.lessons import Labels, Lesson
from scripts.training.network import Network, Size
from scripts.training.tokens import Texts

pytestmark = pytest.mark.torch
TINY = Size(pieces=60, width=16, layers=1, heads=2, inner=32)
PLAN = encoder.Plan(warm=1)


def school(texts: int = 90) -> encoder.School:
    random = np.random.default_rng(3)
    lengths = random.integers(1, 40, texts)
    flat = np.concatenate([random.integers(8 + 15 * (at % 3), 23 + 15 * (at % 3), length) for at, length in enumerate(lengths)])
    lessons = [Lesson("", sentiment=(at % 3, 1.0)) for at in range(texts)]
    return encoder.School(Texts(flat.astype(np.uint16), np.cumsum(lengths)), Labels(lessons, {"file": ["one"]}), [[[0, 1]], [[2, 3]]])


def network() -> Network:
    return Network(TINY, own=1, owners=1)


def test_a_training_that_was_cut_off_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "cut.ckpt"
    monkeypatch.setattr(encoder, "SAVED", -1.0)  # a checkpoint after each step

    def cut(steps: int, posts: int, seconds: float) -> float:
        if steps == 3:
            raise KeyboardInterrupt
        return 0.0

    with pytest.raises(KeyboardInterrupt):
        encoder.train(network(), school(), PLAN, cut, 1, kept)
    steps: list[int] = []

    def done(step: int, posts: int, seconds: float) -> float:
        steps.append(step)
        return step / 5

    cost = encoder.train(network(), school(), PLAN, done, 1, kept)
    assert steps[0] == 3
    assert cost["steps"] == 5
    assert not list(tmp_path.glob("*.part"))


def test_every_text_comes_once_in_a_pass_whatever_its_length() -> None:
    told = school(500)
    lengths = told.texts.lengths
    batches = list(encoder._sorted_batches(lengths, np.arange(500), np.random.default_rng(1)))
    assert sorted(np.concatenate(batches).tolist()) == list(range(500))
    for rows in batches:
        padded = encoder.padded(told.texts, rows)
        assert padded.shape[0] * padded.shape[1] <= encoder.TOKENS
        assert len(set(encoder.rounded(lengths[rows]).tolist())) == 1


def test_learning_brings_the_loss_down() -> None:
    told, net, losses = school(), network(), list[float]()
    feed = encoder.batches(told, every=1_000, seed=1)
    optimizer = encoder.torch.optim.AdamW(net.parameters(), lr=1e-2)
    for _ in range(60):
        losses.append(encoder._step(net, told, encoder.Plan(hidden=0.0), next(feed), optimizer, "cpu")[0])
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])


def test_no_writer_stands_on_both_sides() -> None:
    posts = [Example(f"text {at}", None, "neg", 1, "other", SECOND, "en", writer=f"writer{at % 7}", marked=False) for at in range(70)]
    folds = linear.folds(posts, 3)
    assert sorted(name for fold in folds for name in fold) == [f"writer{at}" for at in range(7)]
    assert all(not one & other for at, one in enumerate(folds) for other in folds[:at])
