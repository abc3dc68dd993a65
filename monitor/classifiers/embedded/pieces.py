"""From marked texts to the numbers of their pieces, as the encoder reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from monitor.classifiers.embedded.wording import EMAIL, LINK, MARK, NUMBER, PHONE, SEPARATOR, USER, joined

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPECIAL = ("<pad>", "<unk>", MARK, USER, LINK, EMAIL, PHONE, NUMBER)  # pieces 0 to 7
PAD, MARK_PIECE = SPECIAL.index("<pad>"), SPECIAL.index(MARK)
MOST = 128  # pieces of a post that are read: of a longer one the first 84 and the last 44, or those around the company's name
_HEAD = 84


def evened(texts: Sequence[str]) -> list[str]:
    """Even out texts made by ``wording.marked``, each as if alone."""
    return [text.strip(" ") for text in joined(texts).split(SEPARATOR)] if texts else []


def cut(pieces: Sequence[int]) -> list[int]:
    """Return at most ``MOST`` pieces, never none; the company's name is among them if it is anywhere."""
    if len(pieces) <= MOST:
        return list(pieces) or [PAD + 1]
    head, tail = list(pieces[:_HEAD]), list(pieces[_HEAD - MOST :])
    if MARK_PIECE in pieces and MARK_PIECE not in head and MARK_PIECE not in tail:
        at = pieces.index(MARK_PIECE)
        tail = list(pieces[at - len(tail) // 2 : at + len(tail) - len(tail) // 2])
    return head + tail


def pieces(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Return the pieces of each text made by ``wording.marked``."""
    return [cut(taken.ids) for taken in tokenizer.encode_batch_fast(evened(texts), add_special_tokens=False)]
