"""Put the alert that a demo printed into a README, between its two marks: alert_text.py DEMO.txt README.md."""

from __future__ import annotations

import re
import sys
from pathlib import Path

RULE = re.compile("\u2500{40,}\n")


def main(demo: Path, readme: Path) -> None:
    """Replace what stands between the marks."""
    alert = RULE.split(demo.read_text(encoding="utf-8"))[1]
    page = readme.read_text(encoding="utf-8")
    block = f"<!-- alert -->\n```text\n{alert.rstrip()}\n```\n<!-- end of alert -->"
    changed, times = re.subn(r"<!-- alert -->.*?<!-- end of alert -->", lambda _: block, page, count=1, flags=re.DOTALL)
    if not times:
        raise SystemExit(f"{readme}: no marks <!-- alert --> and <!-- end of alert -->")
    readme.write_text(changed, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
