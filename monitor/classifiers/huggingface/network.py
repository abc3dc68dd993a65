"""One model of transformers in torch: texts to logits or vectors. The only module that imports torch; imported when a model is made."""

from __future__ import annotations

import hashlib
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub.utils import logging as hub_logging
from huggingface_hub.utils.tqdm import disable_progress_bars, enable_progress_bars
from numpy.typing import NDArray
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging

from monitor.classifiers.embedded.wording import MARK, marked
from monitor.classifiers.huggingface.options import Model
from monitor.domain import Passage
from monitor.errors import ModelError

Floats = NDArray[np.float64]
_WEIGHTS = ("*.json", "*.safetensors", "*.bin", "*.model", "*.txt")
_UNTRAINED = re.compile(r"(^|\.)(pooler|position_ids)\b")
_DIGITS = 8  # of a version
_HEAD = 2 / 3  # of the pieces that are read of a text that is too long; the rest are its last


class Network:
    """A model in evaluation mode with its tokenizer.

    Texts of like length go together, padding is masked: a text's answer stays the same in any company, but for the last digits.
    """

    def __init__(self, options: Model, device: str, batch: int):
        """Load it, from the hub if it must be. Raises ``ModelError`` with what to do when that fails."""
        self._options, self._batch = options, batch
        self._device = _device(device)
        with _quietly(), _told(options):
            source, where = options.source, {"revision": options.revision, "trust_remote_code": False}
            config = AutoConfig.from_pretrained(source, **where)  # type: ignore[no-untyped-call, unused-ignore]
            commit = getattr(config, "_commit_hash", None)
            if commit:  # the other files of the same moment
                where["revision"] = commit
            self._tokenizer: Any = AutoTokenizer.from_pretrained(source, **where)  # type: ignore[no-untyped-call, unused-ignore]
            network, loaded = _class_for(options).from_pretrained(
                source, **where, config=config, dtype="auto" if self._device.type == "cuda" else torch.float32, output_loading_info=True
            )
            self._network = network.to(self._device).eval()
        if untrained := [name for name in loaded["missing_keys"] if not _UNTRAINED.search(name)]:
            raise ModelError(
                f"{source} was not trained for {options.task}: it lacks {', '.join(sorted(untrained)[:3])}; choose a model that was, "
                "or train this one for it"
            )
        self._pad()
        self._longest = self._most(config)
        pieces = sorted(filter(None, self._tokenizer.all_special_tokens), key=len, reverse=True)
        self._special = re.compile("|".join(map(re.escape, pieces)) or r"(?!)")  # what a text must not forge
        self._check_marker()
        self.version = (commit or _digest(Path(source)))[:_DIGITS]

    @property
    def labels(self) -> list[str]:
        """The names of its logits, in their order."""
        named = self._network.config.id2label
        return [str(named[place]) for place in sorted(named)]

    @property
    def independent(self) -> bool:
        """Whether its labels do not rule each other out."""
        return self._network.config.problem_type == "multi_label_classification" or len(self._network.config.id2label) == 1

    def texts(self, passages: Sequence[Passage]) -> list[str]:
        """Return what the model reads: the company's name as its marker if it has one; no special piece that a post wrote itself."""
        marker = self._options.marker
        found = (self._special.sub(" ", marked(one.text, one.spans if marker else ())) for one in passages)
        return [self._options.prefix + text.replace(MARK, marker) for text in found]

    def logits(self, texts: Sequence[str], seconds: Sequence[str] | None = None) -> Floats:
        """Return logits (texts, labels) of texts, or of pairs of texts; only the first of a pair is cut."""
        return self._run(texts, seconds, lambda found, _: found.logits)

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of length 1 (texts, numbers)."""
        pooled = self._run(texts, None, self._pooled)
        lengths = np.linalg.norm(pooled, axis=1, keepdims=True)
        normal: NDArray[np.float32] = (pooled / np.maximum(lengths, 1e-12)).astype(np.float32)
        return normal

    def _pooled(self, found: Any, mask: torch.Tensor) -> torch.Tensor:
        states: torch.Tensor = found.last_hidden_state
        if self._options.pooling == "first":
            return states[:, 0] if self._tokenizer.padding_side == "right" else states[torch.arange(len(mask)), mask.argmax(1)]
        weights = mask.unsqueeze(-1).to(states.dtype)
        return (states * weights).sum(1) / weights.sum(1).clamp(min=1)

    def _run(self, texts: Sequence[str], seconds: Sequence[str] | None, read: Callable[[Any, torch.Tensor], torch.Tensor]) -> Floats:
        if not texts:
            return np.zeros((0, 1))
        with _quietly(), _told(self._options), torch.inference_mode():
            encoded = self._encoded(texts, seconds)
            order = sorted(range(len(texts)), key=lambda row: (len(encoded[row]["input_ids"]), row))
            found: list[Any] = [None] * len(texts)
            for start in range(0, len(order), self._batch):
                rows = order[start : start + self._batch]
                padded = self._tokenizer.pad([encoded[row] for row in rows], return_tensors="pt").to(self._device)
                answers = read(self._network(**padded), padded["attention_mask"]).float().cpu().numpy()
                for row, answer in zip(rows, answers, strict=True):
                    found[row] = answer
        answers = np.array(found, np.float64)
        if not np.isfinite(answers).all():
            raise ModelError(
                f"{self._options.source} answers with numbers that are none; its weights are damaged, or the device cannot run it"
            )
        return answers

    def _encoded(self, texts: Sequence[str], seconds: Sequence[str] | None) -> list[dict[str, list[int]]]:
        room = self._longest - self._tokenizer.num_special_tokens_to_add(pair=seconds is not None)
        others = [0] * len(texts) if seconds is None else [len(ids) for ids in self._bare(list(seconds))["input_ids"]]
        cut = [self._cut(text, max(room - other, 1)) for text, other in zip(texts, others, strict=True)]
        how = "longest_first" if seconds is None else "only_first"
        found = self._tokenizer(cut, None if seconds is None else list(seconds), truncation=how, max_length=self._longest, verbose=False)
        return [{name: values[row] for name, values in found.items()} for row in range(len(texts))]

    def _cut(self, text: str, room: int) -> str:
        """Keep the head and the tail of a text that has more pieces than there is room for."""
        if not self._tokenizer.is_fast or len(text) <= room:
            return text
        places = self._bare([text], return_offsets_mapping=True)["offset_mapping"][0]
        if len(places) <= room:
            return text
        head = max(round(room * _HEAD), 1)
        tail = room - head
        return f"{text[: places[head - 1][1]]} {text[places[-tail][0] :]}" if tail else text[: places[head - 1][1]]

    def _bare(self, texts: list[str], **more: bool) -> Any:
        return self._tokenizer(texts, add_special_tokens=False, verbose=False, **more)

    def _pad(self) -> None:
        """Let a model without padding pad with the piece that ends a text; it is masked."""
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token or self._tokenizer.unk_token
        if self._tokenizer.pad_token is None:
            raise ModelError(
                f"the tokenizer of {self._options.source} has no piece to pad with; set pad_token in its tokenizer_config.json"
            )
        if getattr(self._network.config, "pad_token_id", None) is None:
            self._network.config.pad_token_id = self._tokenizer.pad_token_id

    def _most(self, config: Any) -> int:
        positions = getattr(config, "max_position_embeddings", None) or self._options.longest + 2
        padded = getattr(config, "model_type", "") in _COUNT_FROM_PADDING
        return int(min(self._options.longest, self._tokenizer.model_max_length, positions - 2 * padded))

    def _check_marker(self) -> None:
        marker = self._options.marker
        if marker and self._tokenizer.unk_token_id in self._bare([marker])["input_ids"][0]:
            raise ModelError(
                f"{self._options.source} does not know the marker {marker!r}; choose a word its tokenizer knows, or leave it out"
            )


_COUNT_FROM_PADDING = frozenset({"roberta", "xlm-roberta", "camembert", "xlm-roberta-xl", "longformer", "mpnet"})
"""Kinds of model whose first place comes after the number of the padding piece."""


def _class_for(options: Model) -> Any:
    return AutoModel if options.task == "vectors" else AutoModelForSequenceClassification


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ModelError(f'device "{name}" cannot be used here ({_first(error)}); set device to "cpu" or "auto"') from error
    return device


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep the library's advice to its own users off our users' screens; downloads show progress where somebody looks on."""
    hub_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    (enable_progress_bars if sys.stderr is not None and sys.stderr.isatty() else disable_progress_bars)()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _told(options: Model) -> Iterator[None]:
    """Turn whatever goes wrong in the library into our own error, with what to do."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:  # hub, file, tokenizer and device errors share no base class
        raise ModelError(f"{options.source}: {_first(error)}; {_remedy(options, error)}") from error


def _remedy(options: Model, error: Exception) -> str:
    said = str(error).lower()
    if "out of memory" in said:
        return "lower classifier.options.batch, or take a smaller model"
    if "trust_remote_code" in said or "custom code" in said:
        return "it brings program code of its own, which is never run here; choose another model"
    if isinstance(error, ImportError):
        return "install the package it names with pip"
    if options.folder:
        return "the folder must hold config.json, the tokenizer's files and model.safetensors, as save_pretrained writes them"
    if "gated" in said or "401" in said or "403" in said:
        return "accept its terms on huggingface.co and set HF_TOKEN in the environment, or check the name"
    return "check the name and the connection to huggingface.co; without one, download it elsewhere (hf download) and name its folder"


def _first(error: BaseException) -> str:
    """The first line of what a library said, short."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300].rstrip(".")


def _digest(folder: Path) -> str:
    """The version of a folder: a digest of its files."""
    whole = hashlib.sha256()
    for file in sorted({file for pattern in _WEIGHTS for file in folder.glob(pattern)}):
        with file.open("rb") as stream:
            whole.update(file.name.encode() + hashlib.file_digest(stream, "sha256").digest())
    return whole.hexdigest()
