"""Who was counted where, and which texts were seen: rings of 64-bit keys in the order of time."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

MASK = (1 << 64) - 1


def digest(text: str) -> int:
    """A 64-bit key that is the same in every process."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little") or 1


def mixed(key: int, stream: int) -> int:
    """A key of its own for an author in one stream (never 0, which means nobody)."""
    return ((key ^ (stream * 0x9E3779B97F4A7C15)) * 0xD6E8FEB86659FD93) & MASK or 1


class Memory:
    """A ring of (key, stream, tick), oldest first, that forgets what is older than ``window`` ticks or over ``limit`` entries."""

    def __init__(self, window: int, limit: int):
        self.window, self.limit = window, limit
        self.start, self.end = 0, 0
        self.keys: NDArray[np.uint64] = np.zeros(64, np.uint64)
        self.ticks: NDArray[np.uint32] = np.zeros(64, np.uint32)
        self.streams: NDArray[np.uint32] = np.zeros(64, np.uint32)
        self._last: dict[int, int] = {}

    def seen(self, key: int, tick: int, within: int) -> bool:
        """Whether the key was added less than ``within`` ticks ago."""
        last = self._last.get(key)
        return last is not None and tick - last < within

    def add(self, key: int, stream: int, tick: int) -> None:
        """Remember a key (0: somebody unknown, counted but never recognised)."""
        if self.end == len(self.keys):
            self._make_room()
        end = self.end
        self.keys[end], self.streams[end], self.ticks[end] = key, stream, tick
        self.end = end + 1
        if key:
            self._last[key] = tick

    def expire(self, tick: int) -> None:
        """Forget what has become too old, and the oldest beyond the limit."""
        cut = self.start + int(np.searchsorted(self.ticks[self.start : self.end], np.uint32(max(0, tick - self.window))))
        cut = max(cut, self.end - self.limit)
        for key, then in zip(self.keys[self.start : cut].tolist(), self.ticks[self.start : cut].tolist(), strict=True):
            if self._last.get(key) == then:
                del self._last[key]
        self.start = cut

    def ticks_of(self, stream: int, after: int = -1) -> NDArray[np.int64]:
        """Ticks, later than ``after``, of what one stream counted, oldest first."""
        live = slice(self.start + int(np.searchsorted(self.ticks[self.start : self.end], np.uint32(max(0, after + 1)))), self.end)
        found: NDArray[np.int64] = self.ticks[live][self.streams[live] == stream].astype(np.int64)
        return found

    def relabel(self, old: int, new: int) -> None:
        """Let what one stream counted belong to another one."""
        self.streams[: self.end][self.streams[: self.end] == old] = new

    def arrays(self) -> tuple[NDArray[np.uint64], NDArray[np.uint32], NDArray[np.uint32]]:
        """The live keys, streams and ticks, for keeping."""
        live = slice(self.start, self.end)
        return self.keys[live], self.streams[live], self.ticks[live]

    def restore(self, keys: NDArray[np.uint64], streams: NDArray[np.uint32], ticks: NDArray[np.uint32]) -> None:
        """Take up what ``arrays`` gave."""
        self.start, self.end = 0, len(keys)
        self.keys, self.streams, self.ticks = keys, streams, ticks
        self._last = {k: t for k, t in zip(keys.tolist(), ticks.tolist(), strict=True) if k}

    def _make_room(self) -> None:
        live = slice(self.start, self.end)
        count = self.end - self.start
        size = max(64, 2 * count)
        for name in ("keys", "ticks", "streams"):
            old = getattr(self, name)
            new = np.zeros(size, old.dtype)
            new[:count] = old[live]
            setattr(self, name, new)
        self.start, self.end = 0, count
