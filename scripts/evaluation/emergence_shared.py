"""Run the detector, as it is, over the shared data: weekly outbreaks, boycott waves, airline posts, the SKT stream, app reviews by day.

``evaluate emergence_shared [--data FOLDER] [--out FILE.json]``. Nothing is fitted here. Posts are counted as mentions only: what they say
is the classifier's business, so that this measures attention alone.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import nbinom

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from monitor.emergence import Alarm, Arrival, Detector, Parameters  # noqa: E402
from scripts.evaluation.emergence import Row, judge, read  # noqa: E402

DATA = ROOT / "../shared/data"
Span = tuple[datetime, datetime]
PARTS = ("survstat", "streams")
YEAR = 52
MISSED = 20
"""Weeks that an outbreak without an alarm counts as late."""


def survstat(folder: Path) -> dict[str, Any]:
    """Outbreak weeks by the protocol of the published table, ours beside Bayes (4,0,2): the first 208 weeks stand twice in front."""
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    rules: dict[str, Callable[[list[Row]], list[bool]]] = {
        "ours, evidence >= 0.5": lambda rows: [verdict.evidence >= 0.5 for verdict in judge(rows)],
        "bayes(4,0,2)": bayes,
    }
    tallies = {name: {"tp": 0, "fp": 0, "tn": 0, "fn": 0} for name in rules}
    lags: dict[str, list[list[int]]] = {name: [] for name in rules}
    for series, label in labels.items():
        rows = read(folder / f"{series}.csv")
        step = rows[1].seconds - rows[0].seconds
        longer = [Row("", rows[0].seconds + step * n, row.count) for n, row in enumerate((*rows[:208], *rows[:208], *rows))]
        for name, rule in rules.items():
            lags[name].append([])
            _tally(tallies[name], lags[name][-1], [row.stamp for row in rows], rule(longer)[416:], label)
    return {name: _distance(tallies[name], lags[name]) for name in rules}


def bayes(rows: Sequence[Row]) -> list[bool]:
    """Riebler's predictive quantile (R package surveillance, algo.bayes3): nine weeks around the same week of two years, 95 %."""
    counts = np.array([row.count or 0.0 for row in rows])
    alarms = [False] * len(rows)
    for week in range(2 * YEAR + 4, len(rows)):
        past = np.concatenate([counts[week - year * YEAR - 4 : week - year * YEAR + 5] for year in (1, 2)])
        alarms[week] = bool(counts[week] > nbinom.ppf(0.95, past.sum() + 0.5, past.size / (past.size + 1)))
    return alarms


def _tally(counts: dict[str, int], lags: list[int], stamps: Sequence[str], alarmed: Sequence[bool], label: dict[str, Any]) -> None:
    weeks = set(label["outbreak_weeks"])
    for stamp, alarm in zip(stamps, alarmed, strict=True):
        counts[("t" if (stamp in weeks) == alarm else "f") + ("p" if alarm else "n")] += 1
    for first, last in label["outbreaks"]:
        hits = [week for week in range(stamps.index(first), stamps.index(last) + 1) if alarmed[week]]
        lags.append(hits[0] - stamps.index(first) if hits else MISSED)


def _distance(counts: dict[str, int], lags: Sequence[Sequence[int]]) -> dict[str, Any]:
    """``mlag`` is the mean over outbreaks, ``mlag_by_series`` the mean of the series' means, as the package averages."""
    sensitivity, specificity = counts["tp"] / (counts["tp"] + counts["fn"]), counts["tn"] / (counts["tn"] + counts["fp"])
    distance = ((1 - sensitivity) ** 2 + (1 - specificity) ** 2) ** 0.5
    figures = {
        "sens": sensitivity,
        "spec": specificity,
        "dist": distance,
        "mlag": float(np.mean([lag for one in lags for lag in one])),
        "mlag_by_series": float(np.mean([np.mean(one) if one else 0.0 for one in lags])),
    }
    return counts | {name: round(value, 3) for name, value in figures.items()}


def stars(folder: Path) -> dict[str, Any]:
    """One- and two-star reviews of an app by day."""
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    with (folder / "daily.csv").open(encoding="utf-8") as file:
        by_day = {_time(row["at"]): float(row["one_or_two_stars"]) for row in csv.DictReader(file)}
    day, rows = min(by_day), []
    while day <= max(by_day):
        rows.append(Row(day.isoformat(), day.timestamp(), by_day.get(day, 0.0)))
        day += timedelta(days=1)
    alarms = [_time(row.stamp) for row, verdict in zip(rows, judge(rows), strict=True) if verdict.alarm]
    return _scored(labels, alarms, timedelta(hours=72))


def posts(folder: Path, only: bool) -> dict[str, Any]:
    """The posts of a stream as mentions; ``only`` those with a term of the watch, which is watched from the stream's beginning."""
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    terms = [term.casefold() for term in labels["watch"]["any"]] if only else []
    detector, alarms = Detector(Parameters(), ["brand"]), list[Alarm]()
    arrivals, began = _arrivals(folder / "posts.jsonl.gz", terms)
    detector.advance(began, [])
    for _, group in groupby(arrivals, key=lambda arrival: arrival.at.replace(second=0)):
        minute = list(group)
        alarms += detector.advance(minute[-1].at, minute)
    return _scored(labels, [alarm.at for alarm in alarms], timedelta(hours=24))


def _arrivals(file: Path, terms: Sequence[str]) -> tuple[list[Arrival], datetime]:
    arrivals, began = [], None
    for line in gzip.decompress(file.read_bytes()).decode().splitlines():
        record = json.loads(line)
        if "id" not in record:
            continue
        at, text = _time(record["created_at"]), record["text"]
        began = began or at
        if not terms or any(term in text.casefold() for term in terms):
            author = (record["author"] or {}).get("id")
            daily = record.get("time_precision") == "day"
            arrivals.append(Arrival(at, "brand", author, text, record["platform"], "other", False, False, None, daily))
    if began is None:
        raise ValueError(f"{file} has no posts")
    return arrivals, began


def _scored(labels: dict[str, Any], alarms: Sequence[datetime], after: timedelta) -> dict[str, Any]:
    """Hours from onset to the first alarm of each incident (None: missed), and alarms on quiet days, at most one in six hours."""
    delays = {}
    for incident in labels["incidents"]:
        onset = _time(incident["onset_at"])
        end = _time(incident["end_at"]) if incident["end_at"] else _time(incident["burst_at"] or incident["onset_at"]) + after
        hits = [alarm for alarm in alarms if onset - timedelta(hours=2) <= alarm <= end]
        delays[incident["id"]] = round((hits[0] - onset) / timedelta(hours=1), 2) if hits else None
    quiet = [(_time(first), _time(last)) for first, last in labels["quiet"]]
    spared = [_span(span) for span in (*labels.get("unclear", []), *labels.get("gaps", []))]
    false: list[datetime] = []
    for alarm in alarms:
        if _inside(alarm, quiet) and not _inside(alarm, spared) and (not false or alarm - false[-1] > timedelta(hours=6)):
            false.append(alarm)
    weeks = sum(((last - first) / timedelta(days=7) for first, last in quiet), 0.0)
    return {"delay_hours": delays, "false": len(false), "quiet_weeks": round(weeks, 2)}


def _inside(at: datetime, spans: Sequence[Span]) -> bool:
    return any(first <= at < last for first, last in spans)


def _span(span: Any) -> Span:
    return (_time(span["from"]), _time(span["to"])) if isinstance(span, dict) else (_time(span[0]), _time(span[1]))


def _time(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def main(argv: Sequence[str] | None = None) -> int:
    """Print (or write) one JSON object; exit 1 when the data are not there."""
    parser = argparse.ArgumentParser(prog="evaluate emergence_shared", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    arguments = parser.parse_args(argv)
    streams = arguments.data / "streams"
    if not streams.is_dir():
        print(f"{arguments.data} has no streams", file=sys.stderr)
        return 1
    tables: dict[str, Any] = {}
    if "survstat" in arguments.parts:
        tables["survstat"] = survstat(arguments.data / "series/survstat")
    if "streams" in arguments.parts:
        tables |= {
            "skt": posts(streams / "skt-usim-2025", only=True),
            "boycott, the brand": {folder.name: posts(folder, only=True) for folder in sorted(streams.glob("boycott/*/"))},
            "boycott, all posts": {folder.name: posts(folder, only=False) for folder in sorted(streams.glob("boycott/*/"))},
            "airlines": {folder.name: posts(folder, only=False) for folder in sorted(streams.glob("airline-2015/*/"))},
            "app reviews, one and two stars": {folder.name: stars(folder) for folder in sorted(streams.glob("kr-app-reviews/*/"))},
        }
    text = json.dumps(tables, indent=1, ensure_ascii=False)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
