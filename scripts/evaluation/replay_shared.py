"""Replay all labelled streams of the shared data through the product, the simple rules beside it on the same mentions.

``evaluate replay_shared --out FILE.json [--data FOLDER] [--streams NAME ...]``. A stream is kept in the file as soon as it is done, so
that a longer run goes on where it stopped. The table pools the streams of a group: hits, delay after onset, false alerts a quiet week.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from scripts.evaluation.emergence_parts import rate
from scripts.evaluation.emergence_rules import RULES
from scripts.evaluation.replay import by_rules, scored

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "../shared/data"
GROUPS = {"skt-usim-2025": "SKT", "airline-2015": "airlines", "kr-app-reviews": "app reviews (by day)", "boycott": "boycott waves"}
WAYS = ("usual", "no more false alerts than ours")


def measured(folder: Path) -> dict[str, Any]:
    """One stream: our summary and score, and each rule's scores."""
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    posts = folder / "posts.jsonl.gz"
    summary = scored(posts, labels)["summary"]
    return {"summary": summary, "rules": by_rules(posts, labels, summary["score"])}


def table(streams: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Per group: ours and every rule, pooled over the streams measured."""
    pooled: dict[str, Any] = {}
    for folder, group in GROUPS.items():
        names = [name for name in streams if name.partition("/")[0] == folder]
        if names:
            rows = {"ours": _pooled([streams[name]["summary"]["score"] for name in names])}
            for rule in RULES:
                rows |= {f"{rule}, {way}": _pooled([streams[name]["rules"][rule][way] for name in names]) for way in WAYS}
            posts = sum(streams[name]["summary"]["posts"] for name in names)
            pooled[group] = {"streams": len(names), "posts": posts, "alerts": sum(streams[name]["summary"]["alerts"] for name in names)}
            pooled[group]["rows"] = rows
    return pooled


def _pooled(scores: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    delays = [one["delay_minutes"] for score in scores for one in score["incidents"] if one["hit"]]
    return {
        "labelled": sum(score["labelled"] for score in scores),
        "hits": len(delays),
        "median_delay_minutes": round(median(delays), 1) if delays else None,
        "false": rate(sum(len(score["false_alerts"]) for score in scores), sum(score["quiet_weeks"] for score in scores) or 1e-9),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Replay stream after stream; exit 1 when the data are not there."""
    parser = argparse.ArgumentParser(prog="evaluate replay_shared", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--streams", nargs="+", help="folders below streams/, like boycott or airline-2015/united (default: all)")
    options = parser.parse_args(argv)
    root = options.data / "streams"
    folders = sorted(file.parent for file in root.glob("**/labels.json"))
    if not folders:
        print(f"{options.data} has no streams", file=sys.stderr)
        return 1
    done = json.loads(options.out.read_text(encoding="utf-8"))["streams"] if options.out.exists() else {}
    for folder in folders:
        name = folder.relative_to(root).as_posix()
        if name not in done and any(name.startswith(asked) for asked in options.streams or [name]):
            done[name] = measured(folder)
        result = {"table": table(done), "streams": done}
        options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
