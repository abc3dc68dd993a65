"""Draw what ``emergence_simulated`` measured: ``evaluate emergence_figures --from FILE.json --out docs/pictures`` (needs matplotlib).

``detector-delay.png``: mean delay of a threefold and a tenfold rise at one false alarm a week, the oracle's, ours and every rule's.
``detector-doubt.png``: false alarms a week where the simulator's laws are wrong by a factor of two, ours and every rule's, the median rate.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

RATES = {"5/day": "5 a day", "50/day": "50 a day", "500/day": "500 a day", "5000/h": "5,000 an hour"}


def delay(alone: dict[str, Any], out: Path) -> None:
    """Draw delays by rate; rules that stay above one false alarm a week, or fall asleep, have no point."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), sharey=True)
    for axis, rise, title in zip(axes, ("x3", "x10"), ("threefold rise", "tenfold rise"), strict=True):
        cells = [alone[rate]["matched"][rise] for rate in RATES]
        axis.plot(list(RATES.values()), [cell["oracle"] for cell in cells], "ks--", label="oracle CUSUM (knows rate and rise)")
        axis.plot(list(RATES.values()), [cell["ours"] for cell in cells], "o-", color="#b3261e", linewidth=2.5, label="ours")
        for rule in alone["5/day"]["rules"]:
            told = [alone[rate]["rules"][rule]["matched"]["delay"][rise] for rate in RATES]
            shown = [one["mean"] if one["undetected"] < 0.5 else np.nan for one in told]
            axis.plot(list(RATES.values()), shown, ".-", linewidth=1, alpha=0.8, label=rule.partition(" (")[0])
        axis.set(title=title, yscale="log", xlabel="posts of the stream")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("mean delay at one false alarm a week, minutes")
    axes[1].legend(fontsize=7, loc="upper right", framealpha=0.6)
    figure.tight_layout()
    figure.savefig(out, dpi=110)


def doubt(laws: dict[str, Any], out: Path) -> None:
    """Draw false alarms a week by wrong law: bars are ours (mean of the rates), dots the rules."""
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=(9, 5.2))
    names = list(laws)
    axis.barh(
        names, [float(np.mean([laws[law][rate]["false"]["per_week"] for rate in RATES])) for law in names], color="#b3261e", label="ours"
    )
    for rule in laws[names[0]]["5/day"]["rules"]:
        values = [float(np.mean([laws[law][rate]["rules"][rule]["false"]["per_week"] for rate in RATES])) for law in names]
        axis.plot(values, names, ".", markersize=8, label=rule.partition(" (")[0])
    axis.axvline(1.0, color="black", linewidth=0.8, linestyle="--")
    axis.invert_yaxis()
    axis.set(xscale="symlog", xlabel="false alarms a stream and week (rules matched to one a week as assumed)")
    axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(out, dpi=110)


def main(argv: Sequence[str] | None = None) -> int:
    """Draw what the file holds."""
    parser = argparse.ArgumentParser(prog="evaluate emergence_figures", description=__doc__)
    parser.add_argument("--from", dest="measured", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    tables = json.loads(options.measured.read_text(encoding="utf-8"))
    if "alone" in tables:
        delay(tables["alone"], options.out / "detector-delay.png")
    if "doubt" in tables:
        doubt(tables["doubt"]["laws"], options.out / "detector-doubt.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
