"""Replay a labelled stream through the product: ``replay --posts FILE --labels labels.json --out FILE.json``.

Writes one JSON object: ``summary`` (as the last line of ``monitor replay --json``, with its ``score``), ``alerts`` (the decisions that
spoke), ``health``, and ``rules``: what each simple rule would have said of the same mentions, at its usual threshold and at the least
one with no more false alerts than ours. Whom the posts are about is what the labels say (``watch``).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import numpy as np

from monitor import assembly, config, replay
from monitor.domain import Post, Watch
from monitor.replay.scoring import score
from monitor.store import Store
from scripts.evaluation.emergence_rules import RULES, Steps, alarms

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
TEN_MINUTES = timedelta(minutes=10)
ONE_FALSE_ALERT = timedelta(hours=6)
LEVELS = 40


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay, score, write; return the exit code."""
    parser = argparse.ArgumentParser(prog="evaluate replay", description=__doc__)
    parser.add_argument("--posts", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    labels = json.loads(options.labels.read_text(encoding="utf-8"))
    result = scored(options.posts, labels)
    result["rules"] = by_rules(options.posts, labels, result["summary"]["score"])
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


def by_rules(posts: Path, labels: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """Score every simple rule on the counts of the mentions; a rule without ten days of history may have nothing to say."""
    steps, began, step = counted(replay.read(str(posts)).posts, labels)
    refractory = max(1, round(ONE_FALSE_ALERT / step))
    table: dict[str, Any] = {}
    for name, (rule, usual) in RULES.items():
        scores = rule(steps)

        def told(threshold: float, scores: Any = scores) -> dict[str, Any]:
            raised = np.flatnonzero(alarms(scores, threshold, refractory)[0])
            return {"threshold": round(threshold, 2), **score([began + step * (int(place) + 1) for place in raised], labels)}

        levels = np.quantile(scores[0][scores[0] > 0], np.linspace(0.5, 1, LEVELS)).tolist() if (scores > 0).any() else [usual]
        most = len(ours["false_alerts"])
        fair = next((tried for level in levels if len((tried := told(level))["false_alerts"]) <= most), told(levels[-1]))
        table[name] = {"usual": told(usual), "no more false alerts than ours": fair}
    return table


def counted(posts: Sequence[Post], labels: dict[str, Any]) -> tuple[Steps, datetime, timedelta]:
    """Mentions in steps of ten minutes (of day-stamped streams, of a day that ends at its stamp), the first step's beginning, a step."""
    terms = [term.casefold() for term in (labels.get("watch") or {}).get("any") or ()]
    step = DAY if labels.get("time_precision") == "day" else TEN_MINUTES
    at = [post.created_at for post in posts if post.created_at and (not terms or any(term in post.text.casefold() for term in terms))]
    began = min(post.created_at for post in posts if post.created_at)
    began = began - DAY + MINUTE if step == DAY else datetime(began.year, began.month, began.day, tzinfo=UTC)
    places = np.array([(moment - began) // step for moment in at])
    return Steps(np.bincount(places)[None, :].astype(np.float64), round(DAY / step)), began, step


if __name__ == "__main__":
    raise SystemExit(main())
