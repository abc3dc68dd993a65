"""Models of the Hugging Face hub in the place of the shipped one, or beside it: labels, zero-shot (entailment) and vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor import plugins
from monitor.classifiers import Embedder
from monitor.classifiers.embedded import Embedded
from monitor.classifiers.huggingface.judging import ByHypotheses, ByLabels, Floats
from monitor.classifiers.huggingface.meanings import FEELINGS
from monitor.classifiers.huggingface.options import Model, Options
from monitor.domain import TOPICS, Labels, Passage, Sentiment
from monitor.errors import ModelError
from monitor.language import detect, primary

__all__ = ["HuggingFace", "Model", "Options"]

_NETWORK = {"huggingface": "monitor.classifiers.huggingface.network:Network"}
_VERDICTS = ("complaint", "sentiment", "topic")
_SURE = 0.9  # certainty from which another language than Korean or English leaves the sentiment open
_READ = 3_000  # characters that decide the language
_AT_ONCE = 256  # passages
_DIGITS = 6  # of a probability


class HuggingFace:
    """Each verdict from the model that was configured for it; what none gives, from the shipped model, whose name then stands beside."""

    def __init__(self, options: Options):
        """Load the models. Raises ``ModelError``, and ``ConfigError`` when torch is not installed."""
        networks = [(model, _network(model, options)) for model in options.models]
        self._judges = [_judge(model, network) for model, network in networks if model.task != "vectors"]
        self._encoder = next((network for model, network in networks if model.task == "vectors"), None)
        told = {kind for model in options.models for kind in model.verdicts}
        self._lacks = [kind for kind in _VERDICTS if kind not in told]
        self._shipped = Embedded() if self._lacks or self._encoder is None else None
        names = [_name(model, network) for model, network in networks if model.task != "vectors"]
        self._model = "+".join([*names, *([self._shipped.model] if self._shipped and self._lacks else [])])
        self._vectors = next((_name(model, network) for model, network in networks if model.task == "vectors"), "")

    @property
    def model(self) -> str:
        """``name@version`` of each model that judges, joined by ``+``; a version covers the weights and what the configuration says."""
        return self._model

    @property
    def vectors(self) -> str:
        """``name@version`` of the model that gives vectors; empty if neither a configured model nor the shipped one does."""
        return self._vectors or (self._shipped.vectors if isinstance(self._shipped, Embedder) else "")

    def classify(self, passages: Sequence[Passage]) -> list[Labels]:
        """Return one verdict for each passage, in order; alone and in a batch the same but for rounding errors."""
        return [labels for start in range(0, len(passages), _AT_ONCE) for labels in self._block(passages[start : start + _AT_ONCE])]

    def embed(self, passages: Sequence[Passage]) -> NDArray[np.float32]:
        """Return a vector of length 1 for each passage. Raises ``ModelError`` if no model gives vectors."""
        if self._encoder is not None:
            found: NDArray[np.float32] = self._encoder.vectors(self._encoder.texts(passages))
            return found
        if isinstance(self._shipped, Embedder):
            return self._shipped.embed(passages)
        raise ModelError('no model gives vectors; add one with task = "vectors" under [[classifier.options.models]]')

    def _block(self, passages: Sequence[Passage]) -> list[Labels]:
        languages = [_language(passage) for passage in passages]
        found: dict[str, Floats] = {}
        for judge in self._judges:
            found |= judge.judge(passages, [language for language, _ in languages])
        if self._lacks and self._shipped is not None:
            found |= _as_numbers(self._shipped.classify(passages), self._lacks)
        rows = {kind: np.round(numbers, _DIGITS).tolist() for kind, numbers in found.items()}
        return [
            _labels(rows["complaint"][row][0], rows["sentiment"][row], rows["topic"][row], *languages[row]) for row in range(len(passages))
        ]


def _network(model: Model, options: Options) -> Any:
    return plugins.load(_NETWORK, "huggingface")(model, options.device, options.batch)


def _judge(model: Model, network: Any) -> ByLabels | ByHypotheses:
    return ByLabels(model, network) if model.task == "labels" else ByHypotheses(model, network)


def _name(model: Model, network: Any) -> str:
    """``name@version``: the version tells apart weights, and what the configuration makes of them."""
    said = [getattr(model, one.name) for one in fields(model) if one.name not in ("name", "folder", "revision")]
    name = model.folder.rsplit("/", 1)[-1] if model.folder else model.name
    return f"{name}@{network.version}-{hashlib.sha256(repr(said).encode()).hexdigest()[:4]}"


def _as_numbers(verdicts: Sequence[Labels], kinds: Sequence[str]) -> dict[str, Floats]:
    read = {
        "complaint": lambda one: [one.complaint],
        "sentiment": lambda one: [one.sentiment_scores[name] for name in FEELINGS],
        "topic": lambda one: [one.topic_scores[name] for name in TOPICS],
    }
    return {kind: np.array([read[kind](one) for one in verdicts], np.float64) for kind in kinds}


def _labels(complaint: float, feeling: list[float], topic: list[float], language: str, foreign: bool) -> Labels:
    return Labels(
        complaint=complaint,
        sentiment=None if foreign else Sentiment(FEELINGS[feeling.index(max(feeling))]),
        sentiment_scores=dict(zip(FEELINGS, feeling, strict=True)),
        topic=TOPICS[topic.index(max(topic))],
        topic_scores=dict(zip(TOPICS, topic, strict=True)),
        language=language,
    )


def _language(passage: Passage) -> tuple[str, bool]:
    """Return the language, and whether it surely is neither Korean nor English; what the source states wins."""
    stated = primary(passage.language)
    if stated:
        return stated, stated not in ("ko", "en")
    language, certainty = detect(passage.text[:_READ])
    return language, language not in ("ko", "en") and certainty > _SURE
