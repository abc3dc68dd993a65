"""Kinds to instances: imported when asked for, options beside the class, what is missing named."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from monitor import classifiers, collectors, notifiers, plugins
from monitor.errors import ConfigError

HERE = "tests_of_plugins"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module with plug-ins of every shape."""
    (tmp_path / f"{HERE}.py").write_text(
        """
from dataclasses import dataclass

@dataclass(frozen=True)
class Options:
    path: str = "x"

class Plain:
    def __init__(self, options):
        self.options = options

class Named:
    def __init__(self, name, options, watches=()):
        self.name, self.options, self.watches = name, options, watches

class Own:
    @dataclass(frozen=True)
    class Options:
        depth: int = 3

    def __init__(self, options=Options()):
        self.options = options

class NotADataclass:
    Options = dict
"""
    )
    (tmp_path / f"{HERE}_bare.py").write_text("class Bare:\n    pass\n")
    (tmp_path / f"{HERE}_hungry.py").write_text("import sklearn_of_nowhere.models\n")
    (tmp_path / f"{HERE}_extra.py").write_text("raise ModuleNotFoundError('no torch', name='torch')\n")
    monkeypatch.syspath_prepend(tmp_path)
    return HERE


def test_an_instance_gets_what_its_constructor_names(module: str) -> None:
    kinds = {"plain": f"{module}:Plain", "named": f"{module}:Named", "own": f"{module}:Own", "bare": f"{module}_bare:Bare"}
    offered = {"name": "n", "watches": ("w",), "clock": None}
    plain = plugins.make(plugins.load(kinds, "plain"), "o", **offered)
    named = plugins.make(plugins.load(kinds, "named"), "o", **offered)
    assert plain.options == "o"
    assert (named.name, named.options, named.watches) == ("n", "o", ("w",))
    assert plugins.make(plugins.load(kinds, "bare"), "o", **offered)


def test_options_stand_on_the_class_or_in_its_module(module: str) -> None:
    kinds = {"plain": f"{module}:Plain", "own": f"{module}:Own", "bare": f"{module}_bare:Bare"}
    assert [field.name for field in fields(plugins.options_of(plugins.load(kinds, "plain")))] == ["path"]
    assert [field.name for field in fields(plugins.options_of(plugins.load(kinds, "own")))] == ["depth"]
    assert fields(plugins.options_of(plugins.load(kinds, "bare"))) == ()
    with pytest.raises(TypeError, match="dataclass"):
        plugins.options_of(plugins.load({"no": f"{module}:NotADataclass"}, "no"))


@pytest.mark.parametrize(
    ("kind", "dotted", "said"),
    [
        ("slak", "x:Y", 'no kind "slak"; did you mean "slack"?'),
        ("hungry", f"{HERE}_hungry:H", "needs the package sklearn_of_nowhere, which is not installed: install it with pip"),
        ("deep", f"{HERE}_extra:E", 'pip install "complaint-monitor[torch]"'),
        ("gone", f"{HERE}_gone:G", f"its module {HERE}_gone is not there"),
        ("renamed", f"{HERE}:Renamed", f"{HERE}:Renamed is not there"),
    ],
)  # fmt: skip
def test_what_cannot_be_loaded_is_told_in_a_sentence(module: str, kind: str, dotted: str, said: str) -> None:
    kinds = {"slack": "x:Slack"} | ({kind: dotted} if kind != "slak" else {})
    with pytest.raises(ConfigError) as told:
        plugins.load(kinds, kind)
    assert said in str(told.value)


@pytest.mark.parametrize("room", [collectors, classifiers, notifiers])
def test_every_shipped_kind_has_options_to_check(room: object) -> None:
    for kind in room.KINDS:  # type: ignore[attr-defined]
        options = plugins.options_of(plugins.load(room.KINDS, kind))  # type: ignore[attr-defined]
        assert is_dataclass(options)
        assert options.__dataclass_params__.frozen, f"the Options of {kind} can be changed"


def test_a_kind_is_imported_only_when_asked_for() -> None:
    script = "import sys, monitor.plugins, monitor.collectors, monitor.notifiers; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "monitor.notifiers.email" not in loaded
    assert "monitor.collectors.jsonl" not in loaded
