"""Evaluate emergence: the detector on a series of counts, one row out for each row in."""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp, isfinite, log1p
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from monitor.emergence.parameters import WEEK_MINUTES, Parameters, Scale, series_scale  # noqa: E402
from monitor.emergence.streams import Streams  # noqa: E402
from monitor.emergence.table import Stream  # noqa: E402


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a series: its stamp as written, its time in seconds, and its count (None: not a number)."""

    stamp: str
    seconds: float
    count: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """``evidence`` is 0..1, one half at the threshold as it is without alarms; ``alarm`` is true on the row that raises it."""

    evidence: float
    alarm: bool


class Series(Streams):
    """One stream that has every tick to itself."""

    def __init__(self, parameters: Parameters, scale: Scale, tick: int):
        super().__init__(parameters, scale, tick)
        self.open("total", Stream.TOTAL)
        self.baseline.chained = False

    def _allot(self) -> None:
        self.table.injected[:] = 0.0 if self.cold else 1.0
        self._weigh(self.table.muted_at >= 0, young=False)


def judge(rows: Sequence[Row], parameters: Parameters | None = None) -> Iterator[Verdict]:
    """Run the detector over a series, causally: one verdict a row. The tick is the median spacing."""
    parameters = parameters or Parameters()
    steps = np.diff([row.seconds for row in rows])
    spacing = median(steps[steps > 0].tolist() or [60.0])
    scale = series_scale(parameters, spacing)
    series: Series | None = None
    raised, raised_tick = 0.0, 0
    regained = max(WEEK_MINUTES / scale.tick_minutes, 7.0)
    for row in rows:
        tick = round(row.seconds / spacing)
        if series is None:
            series = Series(parameters, scale, tick)
        elif tick > series.tick + 1 or _holds(series, tick, row.count):
            if row.count or tick > series.tick + 1:
                series.skip(tick)
        elif tick > series.tick:
            series.advance(tick)
        if row.count is not None:
            series.count(0, row.count)
            series.last = series.tick if row.count else series.last
        mass, strength = float(series.masses()[0]), log1p(series.strength(0))
        price = max(0.0, raised - parameters.alarm_price * (tick - raised_tick) / regained)
        alarm = mass >= exp(scale.base + price)
        if alarm:
            raised, raised_tick = price + parameters.alarm_price, tick
            series.alarm([(0, float(series.table.now[0]))])
        yield Verdict(strength / (strength + scale.base), alarm)


def _holds(series: Series, tick: int, count: float | None) -> bool:
    """Whether this row belongs to a silence that cannot be (time stands still), or is the first after it."""
    per = series.scale.ticks_per_block
    last_whole = tick if per == 1 else tick // per * per
    return series.silence_is_gap(last_whole)


def read(path: Path) -> list[Row]:
    """Read ``at,count`` (plain or gzip). Raises ``ValueError`` naming the line of a wrong time."""
    blob = path.read_bytes()
    text = (gzip.decompress(blob) if blob[:2] == b"\x1f\x8b" else blob).decode("utf-8-sig")
    reader = csv.DictReader(io.StringIO(text))
    if not {"at", "count"} <= set(reader.fieldnames or ()):
        raise ValueError(f"{path}: the header must be at,count")
    rows = []
    for number, line in enumerate(reader, 2):
        try:
            at = datetime.fromisoformat(line["at"].strip())
        except (ValueError, AttributeError) as error:
            raise ValueError(f"{path}:{number}: {line['at']!r} is no time") from error
        rows.append(Row(line["at"], (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp(), _count(line["count"])))
    return rows


def _count(text: str | None) -> float | None:
    try:
        count = float(text or "")
    except ValueError:
        return None
    return max(0.0, count) if isfinite(count) else None


def write(path: Path, rows: Sequence[Row], verdicts: Iterator[Verdict]) -> None:
    """Write ``at,count,evidence,alarm``; gzip where the name says so."""
    out = io.StringIO()
    out.write("at,count,evidence,alarm\n")
    for row, verdict in zip(rows, verdicts, strict=True):
        count = "" if row.count is None else f"{row.count:g}" if row.count < 1e6 else repr(row.count)
        out.write(f"{row.stamp},{count},{verdict.evidence:.9f},{int(verdict.alarm)}\n")
    blob = out.getvalue().encode()
    path.write_bytes(gzip.compress(blob, mtime=0) if path.suffix == ".gz" else blob)


def main(argv: Sequence[str] | None = None) -> int:
    """``emergence --counts FILE.csv --out FILE.csv``; exit 0, or 2 when the file cannot be used."""
    parser = argparse.ArgumentParser(prog="evaluate emergence", description=__doc__)
    parser.add_argument("--counts", type=Path, required=True, help="CSV with the header at,count (may be gzip)")
    parser.add_argument("--out", type=Path, required=True, help="CSV to write: at,count,evidence,alarm (gzip if it ends in .gz)")
    arguments = parser.parse_args(argv)
    try:
        rows = read(arguments.counts)
        write(arguments.out, rows, judge(rows))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
