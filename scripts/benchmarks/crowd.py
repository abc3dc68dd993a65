"""What it costs to put a complaint into an incident while tens of thousands of posts are live."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

import numpy as np

from monitor.grouping import SHIPPED_SPACE, Candidate, Grouper

DAYS = 7.0
TROUBLES = 2_000
LONE = 0.1
"""The share of complaints that are about nothing else that anybody wrote of."""
TOGETHER = 500
"""Complaints between two looks for incidents that turned out to be one."""


def complaints(count: int, start: datetime, syllables: list[str], seed: int = 11) -> Iterator[Candidate]:
    """Invented complaints of a week about ``TROUBLES`` troubles, half of them about a few large ones, with sentence vectors."""
    draw, noise = random.Random(seed), np.random.default_rng(seed)
    words = ["".join(draw.choices(syllables, k=draw.randint(2, 4))) for _ in range(20_000)]
    theirs = [draw.sample(words, 8) for _ in range(TROUBLES)]
    mean = SHIPPED_SPACE.korean
    meanings = noise.normal(size=(TROUBLES, mean.size))
    step = timedelta(days=DAYS) / count
    for number in range(count):
        large = draw.random() < 0.5
        trouble = min(int(draw.paretovariate(0.7)) - 1, TROUBLES - 1) if large else draw.randrange(TROUBLES)
        lone = draw.random() < LONE
        said = draw.choices(words, k=6) if lone else [*draw.sample(theirs[trouble], 4), *draw.choices(words, k=2)]
        meaning = noise.normal(size=mean.size) + (0.0 if lone else meanings[trouble])
        vector = (mean + 0.5 * meaning / np.linalg.norm(meaning)).astype(np.float16)
        yield Candidate(
            f"x:{number}",
            "watch",
            "한울오토 " + " ".join(said),
            "delivery_delay",
            0.9,
            start + number * step,
            author_id=f"x:u{draw.randrange(count)}",
            spans=((0, 4),),
            language="ko",
            vector=vector,
        )


def placing(count: int, start: datetime, syllables: list[str]) -> dict[str, float]:
    """Measure milliseconds of processor time for one complaint, merging included: of the fifth tenth of a week's, and of the last."""
    grouper = Grouper(space=SHIPPED_SPACE)
    source = complaints(count, start, syllables)
    next_id, placed = 1, 0
    spent = [0.0] * 10
    while batch := list(islice(source, TOGETHER)):
        began = time.process_time()
        for one in batch:
            next_id += grouper.place([one], next_id)[0].opened
        grouper.merges(batch[-1].at)
        spent[10 * placed // count] += time.process_time() - began
        placed += len(batch)
    each = [round(1000 * seconds / (count / 10), 2) for seconds in (spent[4], spent[9])]
    return {f"place_ms_at_{count // 2}": each[0], f"place_ms_at_{count}": each[1]}
