"""The detector's state as bytes: a magic word, a version, a JSON head, then the raw arrays in the head's order (little-endian)."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.emergence.budget import Ledger
from monitor.emergence.parameters import Scale
from monitor.emergence.streams import Streams, Waiting
from monitor.emergence.table import AGES, FIELDS
from monitor.errors import StoreError

MAGIC = b"EMRG"
VERSION = 1
_COUNTERS = ("tick", "last", "began", "block", "block_from", "covered", "caution_until", "uids")


def freeze(ledger: Ledger, streams: dict[tuple[str, bool], Streams]) -> bytes:
    """Write the state."""
    arrays: list[NDArray[Any]] = []
    rooms = []
    for (watch, daily), one in streams.items():
        kept = _arrays(one)
        arrays += kept
        rooms.append(
            {
                "watch": watch,
                "daily": daily,
                "names": one.table.names,
                "share": one.share,
                "opened": one.opened,
                "in_busy": one.baseline.blocks_in_busy,
                "spread_days": one.baseline.spread_days,
                "counters": [getattr(one, name) for name in _COUNTERS],
                "shapes": [[array.dtype.str, *array.shape] for array in kept],
            }
        )
    head = json.dumps({"ledger": vars(ledger), "rooms": rooms}, ensure_ascii=False, separators=(",", ":")).encode()
    return b"".join([MAGIC, struct.pack("<II", VERSION, len(head)), head, *(array.tobytes() for array in arrays)])


def thaw(blob: bytes, parameters: Any, scales: Sequence[Scale]) -> tuple[Ledger, dict[tuple[str, bool], Streams]]:
    """Read the state. Raises ``StoreError`` when it is damaged or of another version."""
    if blob[:4] != MAGIC or len(blob) < 12:
        raise StoreError("the detector's state is damaged: it does not begin as it should")
    version, size = struct.unpack_from("<II", blob, 4)
    if version != VERSION:
        raise StoreError(f"the detector's state has version {version}, this program reads version {VERSION}")
    try:
        head = json.loads(blob[12 : 12 + size])
        offset, streams = 12 + size, {}
        for room in head["rooms"]:
            arrays, offset = _cut(blob, offset, room["shapes"])
            one = Streams(parameters, scales[room["daily"]], 0)
            _restore(one, room, arrays)
            streams[(room["watch"], bool(room["daily"]))] = one
        return Ledger(**head["ledger"]), streams
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise StoreError(f"the detector's state is damaged: {error}") from error


def _arrays(one: Streams) -> list[NDArray[Any]]:
    base = one.baseline
    return [
        one.table.numbers,
        one.statistic,
        base.season_posts,
        base.season_mean,
        base.season,
        base.seen,
        base.age_counts,
        base.age_bound,
        np.array([(key, w.uid, w.opened, w.last) for key, w in one.waiting.items()], np.int64).reshape(-1, 4),
        np.array([w.endowment for w in one.waiting.values()], np.float64),
        *one.authors.arrays(),
        *one.texts.arrays(),
    ]


def _cut(blob: bytes, offset: int, shapes: list[list[Any]]) -> tuple[list[NDArray[Any]], int]:
    arrays = []
    for kind, *shape in shapes:
        if kind not in ("<f8", "<i8", "<u8", "<u4"):
            raise ValueError(f"unknown kind of number {kind}")
        array = np.frombuffer(blob, kind, prod(shape), offset).reshape(shape).copy()
        arrays.append(array)
        offset += array.nbytes
    return arrays, offset


def _restore(one: Streams, room: dict[str, Any], arrays: list[NDArray[Any]]) -> None:
    numbers, statistic, posts, mean, season, seen, counts, bound, waiting, endowments, *rings = arrays
    if len(numbers) != len(FIELDS) + AGES or numbers.shape[1] != len(room["names"]):
        raise ValueError("streams and their numbers do not fit")
    one.table.adopt(room["names"], numbers)
    one.share, one.opened = room["share"], room["opened"]
    for name, value in zip(_COUNTERS, room["counters"], strict=True):
        setattr(one, name, value)
    base = one.baseline
    base.season_posts, base.season_mean, base.season, base.seen = posts, mean, season, seen
    base.age_counts, base.age_bound, base.blocks_in_busy = counts, bound, room["in_busy"]
    base.spread_days = room["spread_days"]
    one.waiting = {
        key: Waiting(uid, opened, last, endowment)
        for (key, uid, opened, last), endowment in zip(waiting.tolist(), endowments.tolist(), strict=True)
    }
    one.authors.restore(*rings[:3])
    one.texts.restore(*rings[3:])
    fits = statistic.shape[1:] == one.statistic.shape[1:]
    one.statistic = statistic if fits else np.zeros((numbers.shape[1], *one.statistic.shape[1:]))
    one.prepare()
