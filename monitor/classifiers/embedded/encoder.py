"""The transformer: texts to verdict logits and sentence vectors, with tokenizers and onnxruntime."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from monitor.classifiers.embedded.pieces import MOST, PAD, SPECIAL, pieces
from monitor.domain import TOPICS
from monitor.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SENTIMENT, COMPLAINT, TOPIC = slice(0, 3), 3, slice(4, 4 + len(TOPICS))  # of the logits; sentiment: neg, neu, pos
VERDICTS = 4 + len(TOPICS)
VECTOR = 128  # numbers of a sentence vector
STEP = 8  # texts are padded to a multiple of so many pieces, and only those of one length go together
BATCH = 8  # texts at once: more take a fifth to a quarter more time each, for their numbers leave the processor's cache

Floats = NDArray[np.float32]


class Encoder:
    """A post's answer never hangs on its neighbours: only posts of the same padded length share a batch, and rounding is fixed."""

    def __init__(self, tokenizer: bytes, graph: bytes):
        """Load both files. Raises ModelError when one of them cannot be read or has other inputs, outputs or pieces than expected."""
        self._tokenizer = _tokenizer(tokenizer)
        self._session = _session(graph)

    def judge(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Return logits (texts, ``VERDICTS``) and vectors of length 1 (texts, ``VECTOR``) of texts made by ``wording.marked``."""
        taken = pieces(self._tokenizer, texts)
        logits, vectors = np.zeros((len(texts), VERDICTS), np.float32), np.zeros((len(texts), VECTOR), np.float32)
        for rows, ids in _batches(taken):
            found = self._session.run(["logits", "vector"], {"input_ids": ids, "attention_mask": (ids != PAD).astype(np.int64)})
            logits[rows], vectors[rows] = (one[: len(rows)] for one in found)
        return logits, vectors


def _batches(taken: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], NDArray[np.int64]]]:
    """Yield rows and their padded pieces; never a single row, for which the arithmetic takes another path."""
    by_length: dict[int, list[int]] = {}
    for row, one in enumerate(taken):
        by_length.setdefault(min(-(-len(one) // STEP) * STEP, MOST), []).append(row)
    for length in sorted(by_length):
        rows = by_length[length]
        for start in range(0, len(rows), BATCH):
            chosen = rows[start : start + BATCH]
            ids = np.full((max(len(chosen), 2), length), PAD, np.int64)
            ids[len(chosen) :, 0] = SPECIAL.index("<unk>")
            for place, row in enumerate(chosen):
                ids[place, : len(taken[row])] = taken[row]
            yield chosen, ids


def _tokenizer(content: bytes) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(content.decode("utf-8"))
    except Exception as error:  # the library raises plain Exception
        raise ModelError(f"the tokenizer of the model cannot be read: {error}") from error
    if [tokenizer.token_to_id(piece) for piece in SPECIAL] != list(range(len(SPECIAL))):
        raise ModelError("the tokenizer of the model lacks the special pieces of this version; train the model anew")
    return tokenizer


def _session(graph: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library raises classes of its own, all of them Exception
        raise ModelError(f"the network of the model cannot be read: {error}") from error
    shapes = {one.name: one.shape[1:] for one in session.get_outputs()}
    if shapes != {"logits": [VERDICTS], "vector": [VECTOR]} or {one.name for one in session.get_inputs()} != {
        "input_ids",
        "attention_mask",
    }:
        raise ModelError("the network of the model has other inputs or outputs than this version; train the model anew")
    return session
