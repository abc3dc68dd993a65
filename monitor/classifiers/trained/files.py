"""Trained heads on disk: ``models/heads@n`` beside the database, with a card, its SHA-256 sums, and every older version beside it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.errors import ModelError
from monitor.learning.heads import SIGNS, TASKS, Head

FORMAT = 1
FOLDER, NAME = "models", "heads"
CARD, WEIGHTS = "card.json", "heads.npz"
_VERSIONED = re.compile(rf"{NAME}@([1-9][0-9]{{0,8}})")
_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Heads:
    """Fitted heads by task: which ``base`` model and ``vectors`` they belong to, and the keys (hashes) of the labels they learnt from."""

    version: int
    base: str
    vectors: str
    heads: Mapping[str, Head]
    learnt: frozenset[int] = frozenset()
    card: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """``heads@n``."""
        return f"{NAME}@{self.version}"

    @property
    def width(self) -> int:
        """How many signs each head reads."""
        return max((len(head.weights) for head in self.heads.values()), default=SIGNS)

    def knows(self, key: str) -> bool:
        """Return whether they learnt from the label with this key."""
        return number(key) in self.learnt


def number(key: str) -> int:
    """What a label's key is kept as: 64 bits of a hash, from which nothing can be read."""
    return int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:8], "big")


def versions(beside: Path) -> list[tuple[int, Path]]:
    """Return the versions in ``beside``/models, the newest first."""
    try:
        folders = list((beside / FOLDER).iterdir())
    except OSError:
        return []
    found = [(int(name[1]), folder) for folder in folders if (name := _VERSIONED.fullmatch(folder.name)) and folder.is_dir()]
    return sorted(found, reverse=True)


def newest(beside: Path, base: str, vectors: str) -> Heads | None:
    """Return the newest version beside the database that belongs to this model, or None. Raises ModelError for a damaged one."""
    for _, folder in versions(beside):
        card = _card(folder)
        if (card.get("base"), card.get("vectors")) == (base, vectors):
            return read(folder)
    return None


def read(folder: Path) -> Heads:
    """Read heads. Raises ModelError when a file is missing, damaged, or of another version of the program."""
    card = _card(folder)
    path = folder / WEIGHTS
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ModelError(f"{path} is too large for trained heads")
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read the trained heads {path}: {error.strerror or error}") from error
    if hashlib.sha256(content).hexdigest() != card["sha256"]:
        raise ModelError(f"{path} is damaged: its SHA-256 is not the one its card states; use an older version or run `monitor train`")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            found = dict(_heads(arrays, card["heads"]))
            learnt = frozenset(map(int, arrays["learnt"].tolist()))
    except (ValueError, KeyError, TypeError, AttributeError, OSError, EOFError, OverflowError, zipfile.BadZipFile) as error:
        raise ModelError(f"the trained heads {path} cannot be read: {error}") from error
    if len({len(head.weights) for head in found.values()}) != 1:
        raise ModelError(f"the trained heads {path} are for vectors of different widths")
    return Heads(int(card["version"]), card["base"], card["vectors"], found, learnt, card)


def write(beside: Path, made: Heads) -> Path:
    """Write a new version into ``beside``/models, whole or not at all; return its folder. Raises ModelError if that cannot be done."""
    root = beside / FOLDER
    target = root / made.name
    content = _content(made)
    card = {
        "name": NAME,
        "version": made.version,
        "format": FORMAT,
        "base": made.base,
        "vectors": made.vectors,
        "heads": {task: {"names": list(head.names), "scale": head.scale} for task, head in made.heads.items()},
        **made.card,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    unfinished: Path | None = None
    try:
        root.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{NAME}-", dir=root))
        unfinished.chmod(0o755)
        _put(unfinished / WEIGHTS, content)
        _put(unfinished / CARD, (json.dumps(card, ensure_ascii=False, indent=2) + "\n").encode())
        unfinished.rename(target)
    except OSError as error:
        raise ModelError(f"cannot write the trained heads {target}: {error.strerror or error}; nothing was changed") from error
    finally:
        if unfinished is not None:
            shutil.rmtree(unfinished, ignore_errors=True)
    return target


def _put(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _content(made: Heads) -> bytes:
    room = io.BytesIO()
    arrays: dict[str, NDArray[Any]] = {f"weights_{task}": head.weights.astype(np.float32) for task, head in made.heads.items()}
    np.savez_compressed(room, learnt=np.array(sorted(made.learnt), np.uint64), **arrays)  # type: ignore[arg-type]
    return room.getvalue()


def _heads(arrays: Mapping[str, NDArray[Any]], stated: Mapping[str, Any]) -> Iterator[tuple[str, Head]]:
    if not stated or set(stated) - set(TASKS):
        raise ValueError("the card names no heads, or unknown ones")
    for task, about in stated.items():
        weights = arrays[f"weights_{task}"].astype(np.float64)
        names, scale = tuple(map(str, about["names"])), float(about["scale"])
        if weights.ndim != 2 or weights.shape[1] != len(names) or len(weights) < SIGNS or not np.isfinite([*weights.ravel(), scale]).all():
            raise ValueError(f"the head for {task} has another shape than its card says")
        yield task, Head(names, weights, scale)


def _card(folder: Path) -> dict[str, Any]:
    path = folder / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"cannot read the card of the trained heads {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"the card of the trained heads {path} is not valid JSON: {error}") from error
    kinds = {"version": int, "base": str, "vectors": str, "heads": dict, "sha256": str}
    if not isinstance(card, dict) or not all(isinstance(card.get(key), kind) for key, kind in kinds.items()):
        raise ModelError(f"{path} is not a card of trained heads")
    if card.get("format") != FORMAT:
        raise ModelError(
            f"the trained heads in {folder} have format {card.get('format')!r}; this version reads format {FORMAT}: train again"
        )
    return card
