#!/usr/bin/env python3
"""How long from a decision (the alert stands in the outbox) to a request that Slack accepted: the real step and client, Slack on loopback.

Usage: .venv/bin/python scripts/benchmarks/slack_latency.py [TIMES] [SECONDS that Slack takes to answer]
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from checks import notifiers as contract
from conftest import MONDAY, parts_for
from platforms import slack as workspace
from platforms.stub import Clock, Fault
from test_slack_door import configured

from monitor import assembly
from monitor.notifiers.slack import Slack
from monitor.pipeline import delivering
from monitor.store import Store


def main(times: int = 100, answer: float = 0.0) -> None:
    """Send so many alerts, each in a thread of its own, with a thread reply each; tell the median and the 95th percentile."""
    taken = []
    with workspace.running(Clock(MONDAY)) as stub, tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "x.db") as store:
        settings = configured(stub)
        options = settings.receivers[0].notifiers[0].options
        parts = replace(parts_for(settings, assembly.Kept()), notifiers={("staff", "slack"): Slack(options)})
        stub.choose = (lambda asked: Fault("slow", hang=answer)) if answer else None
        for number in range(times):
            alert = contract.message(dedup_key=f"incident-{number}/first", thread=f"incident-{number}", sent_at=MONDAY)
            began = time.perf_counter()
            with store.transaction():
                store.outbox.enqueue(None, None, "staff", "slack", alert, MONDAY)
            delivering.deliver(store, parts, MONDAY)
            taken.append(time.perf_counter() - began)
        if len(stub.said) != 2 * times:
            raise SystemExit(f"Slack accepted {len(stub.said)} requests of {2 * times}")
    half, most = median(taken) * 1000, quantiles(taken, n=20)[-1] * 1000
    print(f"{times} alerts, each with its thread's reply: median {half:.0f} ms, 95 % within {most:.0f} ms")


if __name__ == "__main__":
    main(*(kind(text) for kind, text in zip((int, float), sys.argv[1:], strict=False)))
