"""The posts that stand for live incidents, indexed by feature: the likeness of one text to all of them costs what they share."""

from __future__ import annotations

from array import array
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from monitor.grouping.background import SCALE


class Rows:
    """Sparse vectors in whole numbers, so that every sum is exact and does not depend on the order of arrival."""

    def __init__(self) -> None:
        self._vectors: list[Mapping[int, int] | None] = []
        self._free: list[int] = []
        self._holders: dict[int, tuple[array[int], array[int]]] = {}

    def add(self, vector: Mapping[int, int]) -> int:
        """File a vector and return its number."""
        if self._free:
            number = self._free.pop()
            self._vectors[number] = vector
        else:
            number = len(self._vectors)
            self._vectors.append(vector)
        for feature, weight in vector.items():
            holders = self._holders.get(feature)
            if holders is None:
                holders = self._holders[feature] = (array("i"), array("H"))
            holders[0].append(number)
            holders[1].append(weight)
        return number

    def remove(self, number: int) -> None:
        """Take a vector out; its number may be given to another one."""
        for feature in self._vectors[number] or ():
            rows, weights = self._holders[feature]
            place = rows.index(number)
            last_row, last_weight = rows.pop(), weights.pop()
            if place < len(rows):
                rows[place], weights[place] = last_row, last_weight
            elif not rows:
                del self._holders[feature]
        self._vectors[number] = None
        self._free.append(number)

    def likeness(self, vector: Mapping[int, int]) -> NDArray[np.float64]:
        """Return the cosine of ``vector`` with every filed vector, by number (0 for free numbers)."""
        total = np.zeros(len(self._vectors))
        for feature, weight in vector.items():
            holders = self._holders.get(feature)
            if holders is not None:
                total[np.frombuffer(holders[0], np.int32)] += np.frombuffer(holders[1], np.uint16) * float(weight)
        return total / (SCALE * SCALE)
