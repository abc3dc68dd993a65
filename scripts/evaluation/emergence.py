"""Evaluate emergence: the detector on a series of counts, one row out for each row in."""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import exp, isfinite, log, log1p
from pathlib import Path
from statistics import median
from typing import cast

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from monitor.emergence.parameters import DAY_MINUTES, WEEK_MINUTES, Parameters, Scale, series_scale  # noqa: E402
from monitor.emergence.streams import Streams  # noqa: E402
from monitor.emergence.table import Stream  # noqa: E402

NO_LULL = 1e-12
"""Rows longer than a day are seldom an outage that was left standing as zeros: less likely than this a silence must be."""


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


class Series:
    """One stream that has every tick to itself; rows that are missing or hold no number are gaps."""

    def __init__(self, parameters: Parameters, scale: Scale, tick: int):
        self.kept = _Alone(parameters, scale, tick)
        self.shown = self.kept
        self.seen = tick

    def see(self, tick: int, count: float | None) -> _Alone:
        """Take up a row; returns the stream as it then stands.

        Zeros are a lull or a silence that cannot be; which of the two is settled by the next row that is none, as with posts.
        """
        if count is None:
            return self.shown
        if tick > self.seen + 1:
            self._settle(self.seen).skip(tick)
            self.kept.last = tick - 1
        self.seen = tick
        if count:
            self._settle(tick).take(count)
        elif self.kept.silence_is_gap(tick):
            self.shown = self.kept
        elif tick > self.shown.tick:
            self.shown = cast(_Alone, self.kept.copied()) if self.shown is self.kept else self.shown
            self.shown.advance(tick)
        return self.shown

    def _settle(self, tick: int) -> _Alone:
        """Let the zeros before ``tick`` pass for what they were."""
        if self.kept.silence_is_gap(tick):
            self.kept.skip(tick)
        else:
            self.kept = self.shown
            self.kept.advance(tick)
        self.shown = self.kept
        return self.kept


class _Alone(Streams):
    def __init__(self, parameters: Parameters, scale: Scale, tick: int):
        super().__init__(parameters, scale, tick)
        self.open("total", Stream.TOTAL)
        self.baseline.chained = False
        self.recent: deque[tuple[int, float]] = deque()

    def take(self, count: float) -> None:
        """A row's count, in the running tick."""
        self.count(0, count)
        self.last = self.tick
        self.recent.append((self.tick, count))
        while self.recent[0][0] <= self.tick - self.scale.windows[-1]:
            self.recent.popleft()

    def rate(self) -> float:
        """Counts a tick over the most telling of the windows that end now."""
        found = [sum(count for tick, count in self.recent if tick > self.tick - window) for window in self.scale.windows]
        means = self._expected(0, self.tick).tolist()
        surprise = [n * log(n / mean) - n + mean if n > mean else 0.0 for n, mean in zip(found, means, strict=True)]
        place = int(np.argmax(surprise))
        return found[place] / self.scale.windows[place]

    def _allot(self) -> None:
        self.table.injected[:] = 0.0 if self.cold else 1.0
        self._weigh(self.table.muted_at >= 0, young=False)


def judge(rows: Sequence[Row], parameters: Parameters | None = None) -> list[Verdict]:
    """Run the detector over a series, causally in time: one verdict a row, in the rows' order. The tick is the median spacing."""
    order = sorted(range(len(rows)), key=lambda place: rows[place].seconds)
    found = dict(zip(order, _judged([rows[place] for place in order], parameters or Parameters()), strict=True))
    return [found[place] for place in range(len(rows))]


def _judged(rows: Sequence[Row], parameters: Parameters) -> Iterator[Verdict]:
    steps = np.diff([row.seconds for row in rows])
    spacing = median(steps[steps > 0].tolist() or [60.0])
    scale = series_scale(parameters, spacing)
    if scale.tick_minutes > DAY_MINUTES:
        parameters = replace(parameters, gap_probability=min(parameters.gap_probability, NO_LULL))
    series = Series(parameters, scale, round(rows[0].seconds / spacing)) if rows else None
    raised, raised_tick = 0.0, 0
    regained = max(WEEK_MINUTES / scale.tick_minutes, 7.0)
    for row in rows if series else ():
        tick = round(row.seconds / spacing)
        shown = series.see(tick, row.count)
        mass, strength = float(shown.masses()[0]), log1p(shown.strength(0))
        if shown.tick < shown.caution_until:
            mass *= exp(-parameters.alarm_price)
        price = max(0.0, raised - parameters.alarm_price * (tick - raised_tick) / regained)
        alarm = bool(row.count) and mass >= exp(scale.base + price)
        if alarm:
            raised, raised_tick = price + parameters.alarm_price, tick
            shown.alarm([(0, shown.rate())])
        yield Verdict(strength / (strength + scale.base), alarm)


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


def write(path: Path, rows: Sequence[Row], verdicts: Sequence[Verdict]) -> None:
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
