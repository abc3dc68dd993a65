"""From a model's logits to probabilities of what we ask: (passages, 1) complaint, (passages, 3) sentiment, (passages, 12) topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from monitor.classifiers.huggingface.meanings import CONTRADICTED, ENTAILED, MEANINGS, NOTHING, SENTENCES
from monitor.classifiers.huggingface.options import Model
from monitor.domain import Passage
from monitor.errors import ModelError

Floats = NDArray[np.float64]


class Network(Protocol):
    """A loaded model (see ``network``)."""

    @property
    def labels(self) -> list[str]: ...  # noqa: D102
    @property
    def independent(self) -> bool: ...  # noqa: D102
    def texts(self, passages: Sequence[Passage]) -> list[str]: ...  # noqa: D102
    def logits(self, texts: Sequence[str], seconds: Sequence[str] | None = None) -> Floats: ...  # noqa: D102


class ByLabels:
    """A model that was trained to give labels: each label's probability goes to what the configuration says it stands for."""

    def __init__(self, options: Model, network: Network):
        """Raises ``ModelError`` unless the configuration tells every label of the model, and no other."""
        self._network = network
        labels = network.labels
        if set(labels) != set(options.labels):
            lacks = sorted(set(labels) - set(options.labels))
            unknown = sorted(set(options.labels) - set(labels))
            told = [f"labels lacks {', '.join(lacks)}"] * bool(lacks) + [f"it has no {', '.join(unknown)}"] * bool(unknown)
            raise ModelError(f'{options.source} has the labels {", ".join(labels)}: {"; ".join(told)} ("none" if one stands for nothing)')
        self._columns = {kind: _columns(options, labels, MEANINGS[kind]) for kind in options.verdicts}

    def judge(self, passages: Sequence[Passage], languages: Sequence[str]) -> dict[str, Floats]:
        """Return probabilities (passages, meanings) for each kind of verdict it gives."""
        logits = self._network.logits(self._network.texts(passages))
        shares = _sigmoid(logits) if self._network.independent else softmax(logits)
        return {kind: self._read(kind, shares) for kind in self._columns}

    def _read(self, kind: str, shares: Floats) -> Floats:
        columns = self._columns[kind]
        if kind == "complaint" and self._network.independent:
            highest: Floats = np.max(shares * columns[:, 0], axis=1, keepdims=True)
            return highest
        found = shares @ columns
        if kind == "complaint":
            return np.clip(found, 0, 1)
        if kind == "topic" and not self._network.independent:
            found[:, -1] += np.clip(1 - found.sum(axis=1), 0, 1)  # labels that are no topic of ours: other
        return _normalised(found)


class ByHypotheses:
    """An entailment model: a hypothesis for each meaning, in the post's language; one pass for each."""

    def __init__(self, options: Model, network: Network):
        """Raises ``ModelError`` when it is not clear which of the model's labels means entailment."""
        self._options, self._network = options, network
        self._entailed, self._contradicted = _entailment(options, network.labels)
        self._hypotheses = {language: _hypotheses(options, language) for language in ("ko", "en")}

    def judge(self, passages: Sequence[Passage], languages: Sequence[str]) -> dict[str, Floats]:
        """Return probabilities (passages, meanings) for each kind of verdict it gives."""
        meanings = [one for kind in self._options.gives for one in MEANINGS[kind]]
        texts = self._network.texts(passages)
        spoken = [self._hypotheses["ko" if language == "ko" else "en"] for language in languages]
        pairs = [(text, told[one]) for text, told in zip(texts, spoken, strict=True) for one in meanings]
        logits = self._network.logits([text for text, _ in pairs], [told for _, told in pairs]).reshape(len(texts), len(meanings), -1)
        shown = dict(zip(meanings, np.moveaxis(logits, 1, 0), strict=True)) if len(texts) else {}
        return {kind: self._read(kind, shown) for kind in self._options.gives} if shown else {}

    def _read(self, kind: str, shown: Mapping[str, Floats]) -> Floats:
        """One statement holds or not; of several that rule each other out, the one that is entailed most."""
        if kind == "complaint":
            said = shown[kind]
            against = [said[:, self._contradicted]] if self._contradicted is not None else list(np.delete(said, self._entailed, axis=1).T)
            return softmax(np.stack([said[:, self._entailed], *against], axis=1))[:, :1]
        return softmax(np.stack([shown[one][:, self._entailed] for one in MEANINGS[kind]], axis=1))


def _columns(options: Model, labels: Sequence[str], meanings: Sequence[str]) -> Floats:
    """Return (labels, meanings): which label stands for what."""
    return np.array([[float(one in options.meanings(label)) for one in meanings] for label in labels])


def _entailment(options: Model, labels: Sequence[str]) -> tuple[int, int | None]:
    """Return the places of "it follows" and "it is contradicted" (None: there is none) among the labels."""
    lowered = [label.lower().replace("-", "_") for label in labels]
    stated = {str(meaning): label for label, meaning in options.labels.items() if meaning != NOTHING}
    entailed = stated.get(ENTAILED, next((one for one, low in zip(labels, lowered, strict=True) if low.startswith("entail")), None))
    against = stated.get(CONTRADICTED, next((one for one, low in zip(labels, lowered, strict=True) if low.startswith("contradict")), None))
    if entailed not in labels or (against is not None and against not in labels) or len(labels) < 2:
        raise ModelError(
            f"{options.source} has the labels {', '.join(labels)}; say which means entailment and which contradiction, such as "
            f'labels = {{ {labels[-1]} = "entailment", {labels[0]} = "contradiction" }}, or choose a model trained on entailment (NLI)'
        )
    return labels.index(str(entailed)), None if against is None else labels.index(against)


def _hypotheses(options: Model, language: str) -> dict[str, str]:
    own = options.ko if language == "ko" else options.en
    template = options.hypothesis[language]
    return {one: template.replace("{}", own.get(one, pair[language != "ko"])) for one, pair in SENTENCES.items()}


def _sigmoid(logits: Floats) -> Floats:
    shares: Floats = 1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0)))
    return shares


def softmax(logits: Floats) -> Floats:
    """Turn logits into shares, row by row."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def _normalised(found: Floats) -> Floats:
    sums = found.sum(axis=1, keepdims=True)
    return np.where(sums > 0, found / np.where(sums > 0, sums, 1), 1 / found.shape[1])
