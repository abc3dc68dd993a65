"""Texts as sparse matrices, by the same code that judges them later."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from tqdm import tqdm

from monitor.classifiers.embedded.linear.features import grams, term_hash
from monitor.classifiers.embedded.linear.signs import Lexicon, signs
from monitor.classifiers.embedded.linear.weights import NARROW_BITS, WIDE_BITS, buckets
from monitor.classifiers.embedded.wording import MARK, joined

BLOCK = 1024
LONGEST_TERM = 8


def read_lexicon(path: Path) -> Lexicon:
    """Compile ``[group]`` sections of comma-separated terms (the file's head explains them) to hashes."""
    groups: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.split("# ", 1)[0].strip() if line.lstrip().startswith("# ") else line
        if line.startswith("["):
            groups[line.strip("[] ")] = []
        elif line.strip():
            groups[list(groups)[-1]] += [term for term in line.split(", ") if term.strip()]
    entries = {(_compiled(term), at) for at, terms in enumerate(groups.values()) for term in terms}
    lengths = {len(term) for term, _ in entries if not _is_words(term)}
    hashed = sorted({(term_hash(term), at) for term, at in entries})
    return Lexicon(
        np.array([entry[0] for entry in hashed], np.uint64),
        np.array([entry[1] for entry in hashed], np.int32),
        tuple(groups),
        tuple(sorted(lengths)),
    )


def _is_words(term: str) -> bool:
    return term.startswith("=") or (term.isascii() and " " in term.strip() and not term.startswith(" "))


def _compiled(term: str) -> str:
    term = term.replace("◆", MARK)
    if term.startswith("="):
        return "=" + joined([term[1:]]).strip()
    if term.isascii() and " " in term.strip() and "_" not in term:
        return " ".join(joined([term]).split()[:2])
    left, right = (" " if term.startswith("_") else ""), (" " if term.endswith(("_", " ")) and len(term) > 1 else "")
    return (left + joined([term.strip("_ ")]).strip() + right)[:LONGEST_TERM]


def wide_matrix(texts: Sequence[str], title: str) -> sparse.csr_matrix:
    """Return (texts, 2**WIDE_BITS) with ones where a text holds an n-gram of the bucket."""
    indices, counts = [], []
    for start in tqdm(range(0, len(texts), BLOCK), desc=title, unit="k posts", leave=False):
        taken = grams(texts[start : start + BLOCK])
        owner, bucket = buckets(taken)
        indices.append(bucket.astype(np.int32))
        counts.append(np.bincount(owner, minlength=taken.count))
    return _matrix(np.concatenate(indices), np.concatenate(counts), 1 << WIDE_BITS)


def _matrix(indices: NDArray[np.int32], counts: NDArray[np.int64], width: int) -> sparse.csr_matrix:
    pointers = np.concatenate([[0], np.cumsum(counts)])
    return sparse.csr_matrix((np.ones(len(indices), np.float32), indices, pointers), shape=(len(counts), width))


def narrow_matrix(wide: sparse.csr_matrix) -> sparse.csr_matrix:
    """Fold the wide buckets to 2**NARROW_BITS ones, as the model does."""
    folded = sparse.csr_matrix((wide.data, wide.indices >> (WIDE_BITS - NARROW_BITS), wide.indptr), shape=(wide.shape[0], 1 << NARROW_BITS))
    folded.sum_duplicates()
    return folded


def sign_matrix(texts: Sequence[str], lexicon: Lexicon, feeling: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the signs (texts, signs) in whole units."""
    blocks = []
    for start in range(0, len(texts), BLOCK):
        block = slice(start, start + BLOCK)
        blocks.append(signs(grams(texts[block], lexicon.lengths), lexicon, feeling[block]).astype(np.float32))
    return np.concatenate(blocks)


def behaviour() -> bytes:
    """Return what tells whether the code still takes texts apart in the same way: the n-grams of a few texts."""
    taken = grams([f"{MARK} 배송이 3일째 안 와요ㅋㅋㅋㅋ!! @other", "Where IS my parcel? it's 9 days URL a@b.co 010-1234-5678", ""], (2, 4))
    return taken.owner.tobytes() + taken.hashes.tobytes() + taken.codes.tobytes()


def kept(texts: Sequence[str], title: str, cache: Path | None) -> sparse.csr_matrix:
    """Return ``wide_matrix``, from ``cache`` where the same texts were taken apart before by the same code."""
    if cache is None:
        return wide_matrix(texts, title)
    key = hashlib.sha256(behaviour())
    key.update("\x01".join(texts).encode("utf-8", "surrogatepass"))
    path = cache / f"{title}-{key.hexdigest()[:16]}.npz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{os.getpid()}-{path.name}")
        sparse.save_npz(unfinished, wide_matrix(texts, title), compressed=False)
        unfinished.replace(path)
    return sparse.load_npz(path)
