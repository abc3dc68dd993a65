"""Run the soak: the town writes, the collecting process is killed five times, and in the end everything is counted."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from scripts.soaking import runner
from scripts.soaking.account import account, table
from scripts.soaking.town import Town, town

SILENCE, PATIENCE = 3.0, 60.0
"""Wall seconds after which a silent platform is given up: while faults strike, and afterwards (the stubs are slow when they hold much)."""
CATCHING_UP = 900.0
"""Wall seconds at most."""


def soak(seconds: float, speed: float, interval: float, kills: int, seed: int, folder: Path, quiet: bool = False) -> dict[str, Any]:
    """Let ``seconds`` pass on the accelerated clock, then let the collectors catch up without faults; return the account."""
    database, log = folder / "soak.db", folder / "passes.jsonl"
    log.touch()
    begun = time.monotonic()
    draw = random.Random(seed)
    deaths = sorted(draw.uniform(0.1, 0.95) * seconds for _ in range(kills))
    with town(speed, seed, SILENCE) as place:
        place.make_trouble()
        pid = runner.start(place, database, log, interval)
        with click.progressbar(length=int(seconds), label="soaking", file=sys.stderr, hidden=quiet) as bar:
            while (now := place.clock.seconds()) < seconds:
                place.write(now)
                bar.update(int(now) - bar.pos)
                if deaths and now >= deaths[0]:
                    deaths.pop(0)
                    _kill(pid)
                    pid = runner.start(place, database, log, interval)
                time.sleep(0.05)
            place.write(seconds)
            bar.update(int(seconds) - bar.pos)
        _kill(pid)
        place.make_peace()
        place.silence = PATIENCE
        pid = runner.start(place, database, log, interval)
        _catch_up(place, log)
        _kill(pid)
        found = account(place, database, log, interval)
    return {
        "seconds": seconds, "speed": speed, "interval": interval, "kills": kills, "seed": seed,
        "wall_seconds": round(time.monotonic() - begun, 1), **found,
    }  # fmt: skip


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _catch_up(place: Town, log: Path) -> None:
    """Wait until every collector has made two whole passes."""
    since, begun = place.clock.seconds(), time.monotonic()
    while time.monotonic() < begun + CATCHING_UP:
        time.sleep(0.2)
        lines = [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]
        good = [one["kind"] for one in lines if one["begun"] > since and not one["error"] and not one["skipped"]]
        if all(good.count(kind) >= 2 for kind in place.rigs):
            return


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; JSON to stdout (or ``--json FILE``), the table to stderr. 1 if anything was lost or stored twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600, help="of traffic")
    parser.add_argument("--speed", type=float, default=8, help="seconds of traffic in a second")
    parser.add_argument("--interval", type=float, default=60, help="seconds between passes")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the database and the log")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        place = chosen.keep or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        found = soak(chosen.seconds, chosen.speed, chosen.interval, chosen.kills, chosen.seed, place)
    print(json.dumps(found, indent=2))
    print(table(found), file=sys.stderr)
    return int(bool(found["missing_unexplained"] or found["stored_twice"] or found["stored_but_not_written"]))


if __name__ == "__main__":
    sys.exit(main())
