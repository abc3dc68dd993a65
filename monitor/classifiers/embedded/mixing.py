"""One verdict from two models: what the linear one and the encoder say, weighed by numbers fitted on texts that neither learnt from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.classifiers.embedded import encoder
from monitor.classifiers.embedded.linear.weights import HEADS, WIDE_COLUMNS
from monitor.classifiers.embedded.wording import MARK
from monitor.domain import TOPICS
from monitor.errors import ModelError

Numbers = NDArray[np.float64]
_CLIP = 12.0
_POSITIVE, _NEUTRAL = HEADS.index("positive"), HEADS.index("neutral")


@dataclass(frozen=True)
class Opinions:
    """What both models say of texts: logits (texts, ...) of the linear model, of its kinds of text, of the encoder; which are marked."""

    linear: Numbers
    kinds: Numbers
    encoder: Numbers
    marked: NDArray[np.bool_]

    def rows(self, chosen: NDArray[np.int64]) -> Opinions:
        """Return those of some texts."""
        return Opinions(self.linear[chosen], self.kinds[chosen], self.encoder[chosen], self.marked[chosen])


def has_mark(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Return which texts name the watched company."""
    return np.array([MARK in text for text in texts], np.bool_)


def feelings(said: Opinions) -> Numbers:
    """Return what the sentiment is decided by (texts, signs)."""
    heard = log_shares(said.encoder[:, encoder.SENTIMENT])
    both = np.concatenate([said.linear[:, [_POSITIVE, _NEUTRAL]], heard], axis=1)
    always = np.ones((len(both), 1))
    about = said.marked[:, None].astype(np.float64)
    return np.concatenate([np.clip(said.kinds, -_CLIP, _CLIP), both, about * both, about, always], axis=1)


def complaints(said: Opinions) -> Numbers:
    """Return what the complaint is decided by (texts, signs)."""
    heard = log_shares(said.encoder[:, encoder.SENTIMENT])
    both = np.stack([said.linear[:, 0], said.encoder[:, encoder.COMPLAINT]], axis=1)
    feeling = np.concatenate([heard[:, :2], said.linear[:, [_POSITIVE, _NEUTRAL]]], axis=1)
    about = said.marked[:, None].astype(np.float64)
    return np.concatenate([np.clip(both, -_CLIP, _CLIP), feeling, about * both, about, np.ones((len(both), 1))], axis=1)


def log_shares(logits: Numbers) -> Numbers:
    """Return the logarithm of softmax, row by row."""
    logits = logits.astype(np.float64)
    logits = logits - logits.max(axis=1, keepdims=True)
    shares: Numbers = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return shares


@dataclass(frozen=True)
class Mixture:
    """Weights of the signs: ``feeling`` (signs, 3), ``complaint`` (signs), ``topic`` (2 + topics): of both models, and a shift each."""

    feeling: Numbers
    complaint: Numbers
    topic: Numbers

    def sentiment(self, said: Opinions) -> Numbers:
        """Probabilities (texts, 3) of negative, neutral, positive."""
        return np.exp(log_shares(feelings(said) @ self.feeling))

    def complaining(self, said: Opinions) -> Numbers:
        """Probability (texts) that the text is a complaint."""
        probability: Numbers = 1.0 / (1.0 + np.exp(-np.clip(complaints(said) @ self.complaint, -30.0, 30.0)))
        return probability

    def topics(self, said: Opinions) -> Numbers:
        """Probabilities (texts, topics)."""
        first, second = log_shares(said.linear[:, -len(TOPICS) :]), log_shares(said.encoder[:, encoder.TOPIC])
        return np.exp(log_shares(self.topic[0] * first + self.topic[1] * second + self.topic[2:]))

    def written(self) -> dict[str, Any]:
        """Return plain numbers for the card."""
        return {name: np.asarray(value).tolist() for name, value in asdict(self).items()}


def parsed(card: Mapping[str, Any]) -> Mixture:
    """Read the mixture from a card. Raises ModelError if it is missing or made for other signs."""
    shapes = {"feeling": (WIDE_COLUMNS + 12, 3), "complaint": (10,), "topic": (2 + len(TOPICS),)}
    try:
        arrays = {name: np.array(card["mixing"][name], np.float64) for name in shapes}
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"the model card does not say how its models are mixed: {error!r}") from error
    if any(arrays[name].shape != shape or not np.isfinite(arrays[name]).all() for name, shape in shapes.items()):
        raise ModelError("the model card mixes other signs than this version has; train the model anew")
    return Mixture(**arrays)
