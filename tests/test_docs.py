"""Docs are tested: what exists is documented, what is documented runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from monitor import classifiers, collectors, notifiers
from monitor.cli import cli
from monitor.domain import Reason
from monitor.messages.names import REASONS
from monitor.store import VIEWS, Store

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
OPERATORS = (DOCS / "operators.md").read_text(encoding="utf-8")
OPERATORS_KO = (DOCS / "operators.ko.md").read_text(encoding="utf-8")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def verbs(group: click.Group = cli, path: str = "monitor") -> list[str]:
    found = []
    for name, command in group.commands.items():
        found.append(f"{path} {name}")
        if isinstance(command, click.Group):
            found += verbs(command, f"{path} {name}")
    return found


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_is_documented(verb: str) -> None:
    assert re.search(rf"^\| `{verb}[` ]", OPERATORS, re.MULTILINE)
    assert re.search(rf"^\| `{verb}[` ].*[가-힣]", OPERATORS_KO, re.MULTILINE)


@pytest.mark.parametrize("kind", [*collectors.KINDS, *classifiers.KINDS, *notifiers.KINDS])
def test_every_kind_is_documented(kind: str) -> None:
    assert f"`{kind}`" in OPERATORS
    assert f"`{kind}`" in OPERATORS_KO


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_documented(reason: Reason) -> None:
    assert re.search(rf"^\| ([a-z_]+, )*{reason.value}(, [a-z_]+)* \|", OPERATORS, re.MULTILINE)
    assert f"| {reason.value} | {REASONS[reason][0]} |" in OPERATORS_KO


def headings(page: str) -> list[str]:
    return re.findall(r"^#+(?= )", FENCED.sub("", page), re.MULTILINE)


def commands(page: str) -> list[tuple[str, list[str]]]:
    """The code blocks of a page without their comments, which speak the reader's language."""
    blocks = []
    for language, code in FENCED.findall(page):
        lines = (re.sub(r"(^|\s+)#.*", "", line) for line in code.splitlines())
        blocks.append((language, [line for line in lines if line]))
    return blocks


def test_both_pages_for_operators_have_the_same_parts() -> None:
    assert headings(OPERATORS_KO) == headings(OPERATORS)
    assert commands(OPERATORS_KO) == commands(OPERATORS)
    assert len(commands(OPERATORS)) > 5


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_is_documented_and_its_example_runs(name: str, tmp_path: Path) -> None:
    analysts = (DOCS / "analysts.md").read_text(encoding="utf-8")
    assert f"### {name}" in analysts
    assert all(f"`{column}`" in analysts for column in VIEWS[name].columns)
    with Store.open(tmp_path / "a.db") as store:
        store.export(name, tmp_path / "a.csv")
        head = (tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()[0].split(",")
        assert head == list(VIEWS[name].columns)


def test_generated_parts_are_up_to_date() -> None:
    cog = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", *map(str, sorted(DOCS.glob("*.md")))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert cog.returncode == 0, cog.stdout


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *DOCS.glob("*.md"), *ROOT.glob("models/*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not target.startswith(("http:", "https:", "mailto:")):
                assert (page.parent / target).exists(), f"{page.name} points to {target}"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the program, to be extended as docs/extending.md says."""
    shutil.copytree(ROOT / "monitor", tmp_path / "program" / "monitor", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "models" / "embedded", tmp_path / "program" / "models" / "embedded")
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "monitor").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m monitor "$@"\n')
    (binaries / "monitor").chmod(0o755)
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="the page's commands are for a shell")
def test_extending_runs_as_written(copy: Path) -> None:
    page = (DOCS / "extending.md").read_text(encoding="utf-8")
    for name, code in re.findall(r"`(monitor/\w+/\w+\.py)`, .*?```python\n(.*?)```", page, re.DOTALL):
        (copy / "program" / name).write_text(code)
    for line, table in re.findall(r"One line in `KINDS` of `(monitor/\w+/__init__\.py)`:\n\n```python\n(.*?)\n```", page, re.DOTALL):
        file = copy / "program" / line
        file.write_text(file.read_text().replace("KINDS = {", "KINDS = {\n" + table, 1))
    environment = {**os.environ, "PYTHONPATH": str(copy / "program"), "PATH": f"{copy / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    said = []
    for commands in re.findall(r"And it runs:\n\n```sh\n(.*?)```", page, re.DOTALL):
        run = subprocess.run(
            ["bash", "-euc", commands], cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert run.returncode == 0, run.stderr
        said.append(run.stdout)
    assert "dent" in said[0]
    assert "monitor" in said[1].lower() or "시험" in said[1]
    assert "x:1" in said[2]
