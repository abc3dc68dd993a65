"""What a soak must show: everything once, nothing late, every loss told."""

from __future__ import annotations

import json
import sqlite3
import statistics
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.soaking.town import Town


def account(town: Town, database: Path, log: Path, interval: float) -> dict[str, Any]:
    """Compare what was written with what is stored, platform by platform."""
    passes = [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]
    with closing(sqlite3.connect(database)) as connection:
        stored = connection.execute("SELECT posts.id, collected_at, count(*) FROM posts JOIN mentions ON post = n GROUP BY n").fetchall()
        texts = connection.execute("SELECT count(*) - count(DISTINCT text) FROM posts").fetchone()[0]
        gaps = connection.execute("SELECT collector, since, until FROM gaps WHERE lost = 1").fetchall()
    seen = {one: _moment(at) for one, at, _ in stored}
    kinds = {
        kind: _of_kind(
            town, kind, seen, [row[1:] for row in gaps if row[0] == kind], [one for one in passes if one["kind"] == kind], interval
        )
        for kind in town.rigs
    }
    ours = set().union(*town.written.values())
    return {
        "posts_written": town.all_posts,
        "matching": len(ours),
        "stored": len(stored),
        "stored_twice": sum(count > 1 for *_, count in stored) + texts,
        "stored_but_not_written": len(seen.keys() - ours),
        "missing_in_told_holes": sum(row["missing_in_told_holes"] for row in kinds.values()),
        "missing_unexplained": sum(row["missing_unexplained"] for row in kinds.values()),
        "faults": dict(Counter(name for _, name, _ in town.struck)),
        "requests": sum(row["requests"] for row in kinds.values()),
        "passes": len(passes),
        "platforms": kinds,
    }


def _of_kind(
    town: Town, kind: str, seen: dict[str, datetime], holes: Sequence[tuple[str, str]], passes: Sequence[dict[str, Any]], interval: float
) -> dict[str, Any]:
    written = town.written[kind]
    missing = [at for one, at in written.items() if one not in seen]
    spans = [(_moment(since), _moment(until)) for since, until in holes]
    told = sum(any(since <= at <= until for since, until in spans) for at in missing)
    late = sorted((seen[one] - at).total_seconds() for one, at in written.items() if one in seen)
    back = sorted(_recovered(passes, at, interval) for struck, _, at in town.struck if struck == kind)
    return {
        "matching": len(written),
        "stored": len(late),
        "missing_in_told_holes": told,
        "missing_unexplained": len(missing) - told,
        "holes": len(spans),
        "requests": len(town.rigs[kind].stub.asked),
        "faults": len(back),
        "passes": len(passes),
        "failed_passes": sum(bool(one["error"]) for one in passes),
        "late_p50": round(_share(late, 0.5), 1),
        "late_p99": round(_share(late, 0.99), 1),
        "late_most": round(late[-1], 1) if late else 0.0,
        "fresh_again_p50": round(_share(back, 0.5), 1),
        "fresh_again_most": round(back[-1], 1) if back else 0.0,
        "mean_lag": round(statistics.fmean(_lags(passes) or [0.0]), 1),
    }


def _recovered(passes: Sequence[dict[str, Any]], at: float, interval: float) -> float:
    """Seconds from a fault to the end of the first pass after it whose newest post is less than an interval old."""
    good = (one["ended"] for one in passes if one["ended"] > at and one["newest"] is not None and one["begun"] - one["newest"] < interval)
    return next(good, float("inf")) - at


def _lags(passes: Sequence[dict[str, Any]]) -> list[float]:
    return [max(one["begun"] - one["newest"], 0.0) for one in passes if one["newest"] is not None]


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def _moment(stamp: str) -> datetime:
    at = datetime.fromisoformat(stamp)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def table(found: dict[str, Any]) -> str:
    """The platforms' rows as a Markdown table."""
    columns = {
        "platform": None, "matching": "matching", "stored": "stored", "in told holes": "missing_in_told_holes",
        "lost": "missing_unexplained", "requests": "requests", "faults": "faults", "late, median s": "late_p50", "late, 99 % s": "late_p99",
        "fresh again, median s": "fresh_again_p50", "most s": "fresh_again_most",
    }  # fmt: skip
    rows = [list(columns), ["---"] * len(columns)]
    for kind, row in found["platforms"].items():
        rows.append([kind, *(_shown(row[name]) for name in columns.values() if name)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _shown(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.0f}"
