"""A short soak: half a minute of all platforms at once, with faults and kills. The long one is ``scripts/soak``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts.soaking.soak import soak

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")]


def test_everything_is_stored_once_through_faults_and_kills(tmp_path: Path) -> None:
    found = soak(seconds=240, speed=8, interval=60, kills=2, seed=1, folder=tmp_path, quiet=True)
    assert found["posts_written"] > 11_000
    assert found["missing_unexplained"] == found["stored_twice"] == found["stored_but_not_written"] == 0
    assert found["stored"] + found["missing_in_told_holes"] == found["matching"]
    assert set(found["faults"]) == {"429", "500", "timeout", "cut body"}
