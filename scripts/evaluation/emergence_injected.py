"""Inject incidents into the real background of the shared streams: how soon the detector and the simple rules find them.

``evaluate emergence_injected [--data FOLDER] [--out FILE.json] [--repetitions N]``. Every injection is a lane of its own with the stream's
real counts, at a random moment of a quiet span after the warm-up; ``nothing`` injects nothing, so that what is found by chance is seen.
Ours runs twice: with the whole false-alarm budget, and with the tenth of it that all mentions of a company have. Simple rules run at
their usual thresholds and at the least one that finds no more by chance than ours with the whole budget. Nothing else is fitted.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from monitor import replay  # noqa: E402
from monitor.emergence.parameters import DAY_MINUTES, Parameters, Scale, day_scale, minute_scale  # noqa: E402
from scripts.evaluation.emergence_rules import RULES, Steps, first_alarm  # noqa: E402
from scripts.evaluation.lanes import Array, Case, watched  # noqa: E402
from scripts.evaluation.simulator import Laws, incident  # noqa: E402

DATA = ROOT / "../shared/data"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
OFFSET = timedelta(hours=9)
STEP = 10
HOURS = 12
DAYS = 3
Counts = NDArray[np.uint16]
Kind = Callable[[np.random.Generator, int], Array]
"""Posts to add in each of the first ticks after the moment."""


def rise(per_hour: float, random: np.random.Generator, ticks: int) -> Array:
    """Draw a lasting rise."""
    return random.poisson(per_hour / 60, ticks).astype(np.float64)


def spread(least: int, random: np.random.Generator, ticks: int) -> Array:
    """Draw incidents of the simulator until one has ``least`` posts by different people, reposts not counted, within the ticks."""
    while True:
        at = incident(random, Laws()).originals_at / 60
        if (at < ticks).sum() >= least:
            return np.bincount(at[at < ticks].astype(np.intp), minlength=ticks).astype(np.float64)


def bad_days(first: float, random: np.random.Generator, ticks: int) -> Array:
    """Draw reviews of a bad release: ``first`` on the first day, half and a quarter on the next."""
    return random.poisson(first * 0.5 ** np.arange(ticks)).astype(np.float64)


KINDS: dict[str, Kind] = {
    "nothing": lambda random, ticks: np.zeros(ticks),
    "+20/h": partial(rise, 20.0),
    "+60/h": partial(rise, 60.0),
    "simulated, 10 posts and more": partial(spread, 10),
    "simulated, 30 posts and more": partial(spread, 30),
}
DAY_KINDS: dict[str, Kind] = {
    "nothing": lambda random, ticks: np.zeros(ticks),
    "6, 3, 2 bad reviews": partial(bad_days, 6.0),
    "12, 6, 3 bad reviews": partial(bad_days, 12.0),
    "25, 12, 6 bad reviews": partial(bad_days, 25.0),
}


def by_minute(folder: Path) -> tuple[Array, int]:
    """Posts of a stream about its watch by minute, a text of an author once a day, and the first minute since 1970."""
    terms = [term.casefold() for term in _labels(folder)["watch"]["any"]]
    posts = replay.read(str(folder / "posts.jsonl.gz")).posts
    seen: set[tuple[object, ...]] = set()
    minutes = []
    for post in posts:
        told = (post.created_at and post.created_at.date(), post.author_id or post.id, post.text)
        if post.created_at and told not in seen and (not terms or any(term in post.text.casefold() for term in terms)):
            seen |= {told}
            minutes.append((post.created_at - EPOCH) // MINUTE)
    first = min(minutes) // DAY_MINUTES * DAY_MINUTES
    return np.bincount(np.array(sorted(minutes)) - first).astype(np.float64), first


def by_day(folder: Path) -> tuple[Array, int]:
    """One- and two-star reviews by local day, and the first day since 1970."""
    with (folder / "daily.csv").open(encoding="utf-8") as file:
        rows = [
            ((datetime.fromisoformat(row["at"]) + OFFSET - EPOCH) // DAY, float(row["one_or_two_stars"])) for row in csv.DictReader(file)
        ]
    days = np.zeros(rows[-1][0] - rows[0][0] + 1)
    days[[day - rows[0][0] for day, _ in rows]] = [bad for _, bad in rows]
    return days, rows[0][0]


def moments(folder: Path, first: int, ticks: int, minutes: int, warm: int, after: int) -> NDArray[np.intp]:
    """Ticks in quiet spans after the warm-up, with ``after`` ticks of quiet behind them."""
    quiet = np.zeros(ticks, dtype=bool)
    shift = OFFSET if minutes == DAY_MINUTES else timedelta()
    for begin, end in _labels(folder)["quiet"]:
        a, b = ((datetime.fromisoformat(at) + shift - EPOCH) // (MINUTE * minutes) - first for at in (begin, end))
        quiet[max(a, warm) : max(0, b - after)] = True
    return np.flatnonzero(quiet)


def injected(counts: Array, first: int, moments: NDArray[np.intp], kinds: dict[str, Kind], scale: Scale, lanes: int) -> dict[str, Any]:
    """Hits within the time allowed and median delay (ticks; misses count as the time allowed), ours beside every simple rule."""
    allowed = DAYS if scale.tick_minutes == DAY_MINUTES else HOURS * 60
    random = np.random.default_rng(1)
    at = random.choice(moments, lanes)
    counts = counts[: int(at.max()) + allowed + STEP]
    cases = {}
    for name, kind in kinds.items():
        table = np.tile(counts, (lanes, 1))
        for lane, moment in enumerate(at.tolist()):
            more = kind(random, allowed)[: len(counts) - moment]
            table[lane, moment : moment + len(more)] += more
        cases[name] = Case(table.astype(np.uint16), at, (scale.base, scale.base - float(np.log(Parameters().share_mentions))))
    outcomes = watched(list(cases.values()), 0, first, scale)
    found = {
        name: {"ours, whole budget": _told(whole.delay, allowed), "ours, a tenth of it": _told(part.delay, allowed)}
        for name, (whole, part) in zip(cases, outcomes, strict=True)
    }
    chance = found["nothing"]["ours, whole budget"]["hits"]
    for rule, (score, usual) in RULES.items():
        scores, step = (
            {name: score(_steps(case.counts, scale)[0]) for name, case in cases.items()},
            _steps(cases["nothing"].counts, scale)[1],
        )
        none = scores["nothing"]
        levels = np.quantile(none[none > 0], np.linspace(0.3, 1, 60)) * 1.0001 if (none > 0).any() else np.array([usual])
        fair = next(
            (float(level) for level in levels if _found(none, float(level), at, step, allowed)["hits"] <= chance), float(levels[-1])
        )
        for name in cases:
            found[name][rule] = _found(scores[name], usual, at, step, allowed)
            found[name][f"{rule}, matched"] = _found(scores[name], fair, at, step, allowed)
    return found


def _found(scores: Array, threshold: float, at: NDArray[np.intp], step: int, allowed: int) -> dict[str, float]:
    since = -(-at // step)
    return _told((first_alarm(scores, threshold, since) + since + 1) * step - at, allowed)


def _steps(counts: Counts, scale: Scale) -> tuple[Steps, int]:
    if scale.tick_minutes == DAY_MINUTES:
        return Steps(counts.astype(np.float64), 1), 1
    whole = counts.shape[1] // STEP * STEP
    return Steps(counts[:, :whole].reshape(len(counts), -1, STEP).sum(axis=2, dtype=np.float64), DAY_MINUTES // STEP), STEP


def _told(delay: Array, allowed: int) -> dict[str, float]:
    hit = ~np.isnan(delay) & (delay <= allowed)
    return {"hits": round(float(hit.mean()), 3), "median": float(np.median(np.where(hit, delay, allowed)))}


def pooled(tables: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means over streams."""
    return {
        kind: {
            rule: {key: round(float(np.mean([one[kind][rule][key] for one in tables])), 3) for key in ("hits", "median")} for rule in told
        }
        for kind, told in tables[0].items()
    }


def measure(data: Path, lanes: int) -> dict[str, Any]:
    """All streams that have quiet time left after the warm-up: a minute's tick, or a day's for store reviews."""
    streams, parameters = data / "streams", Parameters()
    table: dict[str, Any] = {}
    minute, day = minute_scale(parameters), day_scale(parameters)
    groups: dict[str, list[Path]] = {
        "skt (minutes)": [streams / "skt-usim-2025"],
        "airlines (minutes)": sorted(streams.glob("airline-2015/*/")),
        "app reviews (days)": sorted(streams.glob("kr-app-reviews/*/")),
    }
    for group, folders in groups.items():
        daily = group.endswith("(days)")
        scale, kinds = (day, DAY_KINDS) if daily else (minute, KINDS)
        told: dict[str, Any] = {}
        for folder in folders:
            counts, first = (by_day if daily else by_minute)(folder)
            warm, after = (60, DAYS) if daily else (scale.warm_ticks, HOURS * 60)
            where = moments(folder, first, len(counts), round(scale.tick_minutes), warm, after)
            if len(where):
                told[folder.name] = injected(counts, first, where, kinds, scale, lanes)
        if told:
            table[group] = {"lanes": lanes, "streams": sorted(told), "mean": pooled(list(told.values())), "each": told}
            print(group, "done", file=sys.stderr)
    return table


def _labels(folder: Path) -> dict[str, Any]:
    labels: dict[str, Any] = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    return labels


def main(argv: Sequence[str] | None = None) -> int:
    """Print (or write) one JSON object; exit 1 when the data are not there."""
    parser = argparse.ArgumentParser(prog="evaluate emergence_injected", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--repetitions", type=int, default=30, help="injections a kind and stream")
    arguments = parser.parse_args(argv)
    if not (arguments.data / "streams").is_dir():
        print(f"{arguments.data} has no streams", file=sys.stderr)
        return 1
    text = json.dumps(measure(arguments.data, arguments.repetitions), indent=1, ensure_ascii=False)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
