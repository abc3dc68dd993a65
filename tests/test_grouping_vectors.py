"""Sentence vectors on their way from the model through grouping into the store and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
from conftest import Words, World
from numpy.typing import NDArray

from monitor.domain import Passage
from monitor.grouping import SHIPPED_SPACE
from monitor.pipeline import Memory

LATE, WHERE, RUDE = "차가 아직도 없어요 !", "Where on earth can it be !", "반말하며 소리쳤습니다 !"
SENSES = {LATE: 1.0, WHERE: 1.0, RUDE: -1.0}
NUMBERS = SHIPPED_SPACE.korean.size


class Sensing(Words):
    """A model with sentence vectors in the space that grouping knows: those of two texts are the same or opposite."""

    vectors = SHIPPED_SPACE.name

    def embed(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        senses = [SENSES[passage.text.removeprefix("한울오토 ")] for passage in passages]
        return np.outer(senses, np.random.default_rng(1).normal(size=NUMBERS) / math.sqrt(NUMBERS)).astype(np.float32)


def test_vectors_join_what_no_word_does_and_outlive_a_restart(world: World) -> None:
    def told(text: str) -> int | None:
        post = world.post(text)
        world.tick()
        world.pass_time(minutes=20)
        return world.store.incidents.of_post(post.id, "한울오토")

    world.parts = replace(world.parts, classifier=Sensing())
    late = told(LATE)
    kept = world.store.posts.vectors(SHIPPED_SPACE.name)
    assert [len(numbers) for numbers in kept.values()] == [2 * NUMBERS]
    world.memory = Memory()
    assert told(WHERE) == late
    assert told(RUDE) != late
    assert world.store.posts.vectors("another@1") == {}
    with world.store.transaction():
        world.store.posts.drop_vectors(world.now - timedelta(days=1))
        assert len(world.store.posts.vectors(SHIPPED_SPACE.name)) == 3
        world.store.posts.drop_vectors(world.now + timedelta(days=1))
    assert world.store.posts.vectors(SHIPPED_SPACE.name) == {}


def test_models_without_vectors_or_with_others_group_by_words(world: World) -> None:
    class Other(Sensing):
        vectors = "another@1"

    for classifier in (Words(), Other()):
        world.parts = replace(world.parts, classifier=classifier)
        world.memory = Memory()
        world.post(LATE)
        world.tick()
        world.pass_time(days=20)
    assert world.store.posts.vectors(SHIPPED_SPACE.name) == {}
    assert world.store.posts.vectors("another@1") == {}


def test_a_deleted_post_takes_its_vector_along(world: World) -> None:
    world.parts = replace(world.parts, classifier=Sensing())
    post = world.post(LATE)
    world.tick()
    assert len(world.store.posts.vectors(SHIPPED_SPACE.name)) == 1
    world.gone(post)
    assert world.store.posts.vectors(SHIPPED_SPACE.name) == {}
