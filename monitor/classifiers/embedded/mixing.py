"""One verdict from two models: what the linear one and the encoder say, weighed by numbers fitted on texts that neither learnt from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.classifiers.embedded import encoder
from monitor.classifiers.embedded.linear.weights import HEADS
from monitor.classifiers.embedded.wording import MARK
from monitor.domain import TOPICS
from monitor.errors import ModelError

Numbers = NDArray[np.float64]
_CLIP = 12.0
_HANGUL = re.compile("[ㄱ-ㅣ가-힣]")
_GATES = (7, 8)
POLE_SIGNS, NEUTRAL_SIGNS, COMPLAINT_SIGNS = 7 * 3, 7 * 5, 10
_NEG, _NEU, _POS = range(3)  # of the encoder's logits
_POSITIVE, _NEUTRAL = HEADS.index("positive"), HEADS.index("neutral")


@dataclass(frozen=True)
class Opinions:
    """What both models say of texts: logits (texts, ...) of the linear model, of its kinds of text, of the encoder.

    ``marked`` (texts): which name the watched company; ``korean`` (texts): which hold Hangul.
    """

    linear: Numbers
    kinds: Numbers
    encoder: Numbers
    marked: NDArray[np.bool_]
    korean: NDArray[np.bool_]

    @classmethod
    def of(cls, texts: Sequence[str], linear: Numbers, kinds: Numbers, encoder: NDArray[np.floating[Any]]) -> Opinions:
        """Return what was said of texts made by ``wording.marked``."""
        marked = np.array([MARK in text for text in texts], np.bool_)
        korean = np.array([_HANGUL.search(text) is not None for text in texts], np.bool_)
        return cls(linear, kinds, encoder.astype(np.float64), marked, korean)

    def rows(self, chosen: NDArray[np.int64]) -> Opinions:
        """Return those of some texts."""
        return Opinions(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @classmethod
    def joined(cls, parts: Sequence[Opinions]) -> Opinions:
        """Return opinions one after the other."""
        return cls(*(np.concatenate([getattr(one, field.name) for one in parts]) for field in fields(cls)))


def poles(said: Opinions) -> Numbers:
    """Return what tells positive from negative (texts, signs): both models' say, weighed apart by language, kind of text and mark."""
    heard = said.encoder[:, _POS] - said.encoder[:, _NEG]
    return _apart(said, [_clipped(said.linear[:, _POSITIVE]), _clipped(heard)])


def neutrals(said: Opinions) -> Numbers:
    """Return what tells whether a text values anything at all (texts, signs), weighed apart in the same way."""
    heard = said.encoder[:, _NEU] - np.logaddexp(said.encoder[:, _NEG], said.encoder[:, _POS])
    strength = np.abs(said.linear[:, _POSITIVE]), np.abs(said.encoder[:, _POS] - said.encoder[:, _NEG])
    return _apart(said, [_clipped(one) for one in (said.linear[:, _NEUTRAL], heard, *strength)])


def _apart(said: Opinions, signs: Sequence[Numbers]) -> Numbers:
    both = np.stack([*signs, np.ones(len(said.marked))], axis=1)
    about, korean = said.marked, said.korean
    works, shops, talk = shares(np.clip(said.kinds, -_CLIP, _CLIP))
    groups = [about & korean, about & ~korean, *(~about * korean * kind for kind in (works, shops, talk))]
    groups += [~about * ~korean * kind for kind in (works + shops, talk)]
    return np.concatenate([group[:, None] * both for group in groups], axis=1)


def _clipped(values: Numbers) -> Numbers:
    return np.clip(values, -_CLIP, _CLIP)


def shares(kinds: Numbers) -> list[Numbers]:
    """Return how likely texts are reviews of works, reviews of shops and services, and talk, by the gates of the linear model."""
    works, shops = (1.0 / (1.0 + np.exp(-kinds[:, column])) for column in _GATES)
    raw = np.stack([works * (1 - shops), shops * (1 - works), (1 - works) * (1 - shops)])
    return list(raw / np.maximum(raw.sum(axis=0), 1e-12))


def complaints(said: Opinions) -> Numbers:
    """Return what the complaint is decided by (texts, signs)."""
    heard = log_shares(said.encoder[:, encoder.SENTIMENT])
    both = np.stack([said.linear[:, 0], said.encoder[:, encoder.COMPLAINT]], axis=1)
    feeling = np.concatenate([heard[:, :2], said.linear[:, [_POSITIVE, _NEUTRAL]]], axis=1)
    about = said.marked[:, None].astype(np.float64)
    return np.concatenate([np.clip(both, -_CLIP, _CLIP), feeling, about * both, about, np.ones((len(both), 1))], axis=1)


def _chance(logits: Numbers) -> Numbers:
    chance: Numbers = 1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0)))
    return chance


def log_shares(logits: Numbers) -> Numbers:
    """Return the logarithm of softmax, row by row."""
    logits = logits.astype(np.float64)
    logits = logits - logits.max(axis=1, keepdims=True)
    shares: Numbers = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return shares


@dataclass(frozen=True)
class Mixture:
    """Weights of the signs of positive, neutral and complaint; ``topic`` (2 + topics): of both models, and a shift for each topic."""

    pole: Numbers
    neutral: Numbers
    complaint: Numbers
    topic: Numbers

    def sentiment(self, said: Opinions) -> Numbers:
        """Probabilities (texts, 3) of negative, neutral, positive."""
        pole, none = _chance(poles(said) @ self.pole), _chance(neutrals(said) @ self.neutral)
        return np.stack([(1 - none) * (1 - pole), none, (1 - none) * pole], axis=1)

    def complaining(self, said: Opinions) -> Numbers:
        """Probability (texts) that the text is a complaint."""
        return _chance(complaints(said) @ self.complaint)

    def topics(self, said: Opinions) -> Numbers:
        """Probabilities (texts, topics)."""
        first, second = log_shares(said.linear[:, -len(TOPICS) :]), log_shares(said.encoder[:, encoder.TOPIC])
        return np.exp(log_shares(self.topic[0] * first + self.topic[1] * second + self.topic[2:]))

    def written(self) -> dict[str, Any]:
        """Return plain numbers for the card."""
        return {name: np.asarray(value).tolist() for name, value in asdict(self).items()}


def parsed(card: Mapping[str, Any]) -> Mixture:
    """Read the mixture from a card. Raises ModelError if it is missing or made for other signs."""
    shapes = {"pole": (POLE_SIGNS,), "neutral": (NEUTRAL_SIGNS,), "complaint": (COMPLAINT_SIGNS,), "topic": (2 + len(TOPICS),)}
    try:
        arrays = {name: np.array(card["mixing"][name], np.float64) for name in shapes}
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"the model card does not say how its models are mixed: {error!r}") from error
    if any(arrays[name].shape != shape or not np.isfinite(arrays[name]).all() for name, shape in shapes.items()):
        raise ModelError("the model card mixes other signs than this version has; train the model anew")
    return Mixture(**arrays)
