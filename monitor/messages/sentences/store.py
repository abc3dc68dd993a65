"""What the store itself says of a post's place in its incident."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "store_edited": ("작성자가 글을 고쳐 다시 판단했습니다.", "Its author edited it, so it was judged anew."),
    "store_gone": ("원문이 삭제되어 내용과 까닭을 지웠습니다.", "Its platform no longer shows it; text and reason were removed."),
}
