"""Replay a labelled stream through the product: ``replay --posts FILE --labels labels.json --out FILE.json``.

Writes one JSON object: ``summary`` (as the last line of ``monitor replay --json``, with its ``score``), ``alerts`` (the decisions that
spoke) and ``health``. Whom the posts are about is what the labels say (``watch``).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from monitor import assembly, config, replay
from monitor.domain import Watch
from monitor.store import Store


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay, score, write; return the exit code."""
    parser = argparse.ArgumentParser(prog="evaluate replay", description=__doc__)
    parser.add_argument("--posts", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    labels = json.loads(options.labels.read_text(encoding="utf-8"))
    result = scored(options.posts, labels)
    options.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


def scored(posts: Path, labels: dict[str, Any]) -> dict[str, Any]:
    """Return summary, alerts and health lines of a replay of ``posts``."""
    history = replay.read(str(posts))
    named = labels.get("watch") or {}
    watches = (Watch(named.get("name") or replay.ALL, tuple(named.get("any") or ())),)
    settings = config.with_watches(config.defaults(), watches)
    alerts, health = [], []
    with Store.open(":memory:", durable=False, searchable=False) as store:
        with click.progressbar(length=len(history.events), label=posts.parent.name, file=sys.stderr) as bar:
            run = replay.Replay(store, assembly.parts(settings, assembly.Kept()), history, lambda done: bar.update(done - bar.pos))
            for line in run.lines():
                if line["type"] == "health":
                    health.append(line)
                elif line["notify"]:
                    alerts.append(line)
        return {"summary": replay.summary(store, history, alerts, labels), "alerts": alerts, "health": health}


if __name__ == "__main__":
    raise SystemExit(main())
