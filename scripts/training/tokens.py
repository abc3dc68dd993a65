"""The pieces that texts are taken apart into, learnt from open text; and texts as numbers, kept for later runs."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import Metaspace, Punctuation, Split
from tokenizers.pre_tokenizers import Sequence as Steps
from tokenizers.trainers import BpeTrainer
from tqdm import tqdm

from monitor.classifiers.embedded.pieces import SPECIAL, cut, evened, pieces
from monitor.classifiers.embedded.wording import marked
from scripts.training.corpus import number

VOCABULARY = 24_000
BLOCK = 2048
_JOINT = "\ue0ff"  # parts what stands on either side


def open_lines(path: Path, most: int) -> Iterator[str]:
    """Yield evened-out lines of an unlabelled file, without those whose number keeps them for tests."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        kept = (line.rstrip("\n") for line in lines)
        kept = islice((line for line in kept if number(line) % 10 != 0), most)
        while block := list(islice(kept, BLOCK)):
            yield from evened([marked(line, ()) for line in block])


def _apart() -> list[Any]:
    return [Split(Regex("[ㄱ-ㅣ]+"), "isolated"), Punctuation("contiguous")]


def learn(lines: Iterable[str], out: Path) -> Tokenizer:
    """Learn byte-pair pieces and write them to ``out``; runs of punctuation and of single Hangul letters stand alone."""
    tokenizer = Tokenizer(BPE(unk_token=SPECIAL[1]))
    tokenizer.pre_tokenizer = Steps([Metaspace(prepend_scheme="always"), *_apart()])
    trainer = BpeTrainer(
        vocab_size=VOCABULARY, min_frequency=3, limit_alphabet=3200, special_tokens=list(SPECIAL), max_token_length=12, show_progress=False
    )
    tokenizer.train_from_iterator(lines, trainer)
    unfinished = out.with_name(f"{os.getpid()}-{out.name}")
    tokenizer.save(str(unfinished))
    unfinished.replace(out)
    return tokenizer


class Texts:
    """Pieces of many texts in one array; ``self[i]`` are those of text ``i``."""

    def __init__(self, flat: NDArray[np.uint16], ends: NDArray[np.int64]):
        self.flat, self.ends = flat, ends
        self.starts = np.concatenate([[0], ends[:-1]])
        self.lengths = self.ends - self.starts

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, at: int) -> NDArray[np.uint16]:
        return self.flat[self.starts[at] : self.ends[at]]


def encode(tokenizer: Tokenizer, texts: Sequence[str], title: str) -> Texts:
    """Take marked texts apart."""
    flat, lengths = [], []
    for at in tqdm(range(0, len(texts), BLOCK), desc=title, leave=False, disable=None):
        for one in pieces(tokenizer, texts[at : at + BLOCK]):
            flat.append(np.array(one, np.uint16))
            lengths.append(len(one))
    return Texts(np.concatenate(flat) if flat else np.zeros(0, np.uint16), np.cumsum(lengths, dtype=np.int64))


def scattered(tokenizer: Tokenizer, texts: Sequence[str], share: float, random: np.random.Generator) -> Texts:
    """Take marked texts apart into smaller pieces: ``share`` of the places within words part what stands on either side.

    So that rare words are known by their parts as well, and every reading of a text is a little different.
    """
    parting = Tokenizer.from_str(tokenizer.to_str())
    parting.pre_tokenizer = Steps([Metaspace(prepend_scheme="always"), Split(_JOINT, "removed"), *_apart()])
    flat, lengths = [], []
    for at in range(0, len(texts), BLOCK):
        parted = [_parted(text, share, random) for text in evened(texts[at : at + BLOCK])]
        for taken in parting.encode_batch_fast(parted, add_special_tokens=False):
            flat.append(np.array(cut(taken.ids), np.uint16))
            lengths.append(len(flat[-1]))
    return Texts(np.concatenate(flat) if flat else np.zeros(0, np.uint16), np.cumsum(lengths, dtype=np.int64))


def _parted(text: str, share: float, random: np.random.Generator) -> str:
    places = np.flatnonzero(random.random(len(text)) < share)
    inside = [at for at in places if at and text[at - 1].isalnum() and text[at].isalnum()]
    starts = [0, *inside]
    return _JOINT.join(text[start:end] for start, end in zip(starts, [*inside, len(text)], strict=True))


def kept(tokenizer: Tokenizer, texts: Sequence[str], title: str, cache: Path) -> Texts:
    """Return ``encode``, from ``cache`` where the same texts were taken apart by the same pieces before."""
    key = hashlib.sha256(tokenizer.to_str().encode())
    key.update("\x01".join(texts).encode("utf-8", "surrogatepass"))
    path = cache / f"pieces-{title}-{key.hexdigest()[:16]}.npz"
    if not path.exists():
        found = encode(tokenizer, texts, title)
        unfinished = path.with_name(f"{os.getpid()}-{path.name}")
        np.savez(unfinished, flat=found.flat, ends=found.ends)
        unfinished.replace(path)
    with np.load(path) as arrays:
        return Texts(arrays["flat"], arrays["ends"])
