"""What is built is what works: the model, the demo's story and the example configuration travel in the wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_wheel_holds_all_it_needs(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    built = subprocess.run(build, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    wheel = next(tmp_path.glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONSAFEPATH": "1"}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def monitor(*args: str, stdin: str = "") -> str:
        command = [sys.executable, "-m", "monitor", *args]
        run = subprocess.run(command, cwd=elsewhere, env=environment, input=stdin, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        return run.stdout

    where = subprocess.run(
        [sys.executable, "-c", "import monitor; print(monitor.__file__)"],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(tmp_path) in where.stdout, "the wheel is tested, not the checkout"
    assert '"complaint"' in monitor("classify", "-", "--json", stdin='{"id": "x:1", "text": "환불이 안 돼요"}\n')
    monitor("init")
    assert (elsewhere / "config.toml").read_bytes() == (ROOT / "config.toml").read_bytes()
    assert (tmp_path / "site" / "monitor" / "demo" / "story.jsonl.gz").exists()
