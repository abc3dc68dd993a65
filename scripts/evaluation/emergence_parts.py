"""Run named parts of a measurement, each with its number of repetitions, and keep what is done: a part writes its result as it ends."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import Any

from scipy.stats import chi2

Part = tuple[Callable[[int], dict[str, Any]], int]


def run_parts(name: str, parts: Mapping[str, Part], argv: Sequence[str] | None, about: str | None) -> int:
    """Measure the parts asked for; print one JSON object, or add them to the object in ``--out``."""
    parser = argparse.ArgumentParser(prog=f"evaluate {name}", description=about)
    parser.add_argument("--parts", nargs="+", choices=sorted(parts), default=list(parts))
    parser.add_argument("--repetitions", type=int, help="instead of each part's own number (lanes, trials or weeks)")
    parser.add_argument("--out", type=Path, help="parts that stand in it already are kept, unless they are measured anew")
    arguments = parser.parse_args(argv)
    out: Path | None = arguments.out
    tables = json.loads(out.read_text(encoding="utf-8")) if out and out.exists() else {}
    for part in arguments.parts:
        measure, repetitions = parts[part]
        repetitions = arguments.repetitions or repetitions
        began = process_time()
        tables[part] = {"repetitions": repetitions, **measure(repetitions), "cpu_seconds": round(process_time() - began, 1)}
        print(part, "done", file=sys.stderr)
        if out:
            out.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")
    if not out:
        print(json.dumps(tables, indent=1))
    return 0


def told(text: str) -> None:
    """Show how far a long run is, on one line."""
    if sys.stderr.isatty():
        print(f"\r{text}", end="", file=sys.stderr, flush=True)


def rate(found: float, weeks: float) -> dict[str, float]:
    """Alarms a week with the exact 95 % upper bound (Poisson)."""
    bound = float(chi2.ppf(0.95, 2 * (found + 1)) / 2 / weeks)
    return {"alarms": int(found), "weeks": round(weeks, 2), "per_week": round(found / weeks, 3), "upper_95": round(bound, 3)}
