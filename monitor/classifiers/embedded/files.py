"""The files of a model: its card and, checked against it, what it names."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from monitor.domain import TOPICS
from monitor.errors import ModelError

CARD, WEIGHTS, ENCODER, TOKENIZER = "card.json", "weights.npz", "model.onnx", "tokenizer.json"
FORMAT = 2


def shipped() -> Path:
    """Return the folder of the model that came with the program. Raises ModelError if there is none."""
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "_shipped" / "models" / "embedded", package.parent / "models" / "embedded"):
        if folder.is_dir():
            return folder
    raise ModelError(f"no model came with this installation: {package / '_shipped' / 'models' / 'embedded'} is missing; install again")


def read(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the card of the model in ``folder`` and the content of its files by name.

    Raises ModelError when a file is missing or damaged, or when the model was made for another version of the program.
    """
    card = _card(folder / CARD)
    if card.get("format") != FORMAT:
        raise ModelError(f"the model in {folder} has format {card.get('format')!r}; this version reads format {FORMAT}")
    if card.get("labels", {}).get("topic") != list(TOPICS):
        raise ModelError(f"the topics on the card in {folder} are not those of this version; train the model anew")
    stated = card.get("sha256")
    if not isinstance(stated, dict):
        raise ModelError(f"the model card {folder / CARD} lacks the SHA-256 of the model's files")
    return card, {name: _checked(folder / name, stated.get(name)) for name in (WEIGHTS, ENCODER, TOKENIZER)}


def _checked(path: Path, sha256: object) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read the model file {path}: {error.strerror or error}") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ModelError(f"the model file {path} is damaged: its SHA-256 is not the one its card states; fetch it again or train anew")
    return content


def _card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"cannot read the model card {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise ModelError(f"the model card {path} is not valid JSON: {error}") from error
    if not isinstance(card, dict) or not isinstance(card.get("labels"), dict):
        raise ModelError(f"the model card {path} lacks the labels")
    return card
