"""Grouping on labelled streams of invented posts, and the command that groups any file."""

from __future__ import annotations

import gzip
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from monitor.domain import Watch

ROOT = Path(__file__).resolve().parents[1]
STREAMS = ROOT / "tests/streams"


def _evaluation() -> ModuleType:
    spec = importlib.util.spec_from_file_location("grouping_evaluation", ROOT / "scripts/evaluation/grouping.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


EVALUATION = _evaluation()


OWN = EVALUATION.OWN


@pytest.fixture(scope="module")
def model() -> object:
    found = EVALUATION.embedder()
    if found is None:
        pytest.skip("the shipped model gives no vectors that grouping knows")
    return found


@pytest.mark.parametrize(
    ("name", "least_f1", "most_wrong"), [("grouping", 0.81, 0.06), ("grouping-market", 0.72, 0.07), ("grouping-airline", 0.79, 0.06)]
)
def test_labelled_streams_with_vectors(name: str, least_f1: float, most_wrong: float, model: object) -> None:
    found = EVALUATION.report(STREAMS / f"{name}.jsonl", OWN[f"{name}.jsonl"], model)["all"]
    assert found["b3_f1"] >= least_f1
    assert found["wrong_merges"] <= most_wrong
    assert found["fragmentation"] <= 1.3


@pytest.mark.parametrize(
    ("name", "watch", "least_f1", "most_wrong"),
    [
        ("grouping", Watch("한울오토", any=("한울오토", "한울", "Hanul Auto", "Hanul")), 0.77, 0.05),
        ("grouping-market", Watch("새벽마켓", any=("새벽마켓", "Dawnmart")), 0.64, 0.05),
        ("grouping-airline", Watch("가온항공", any=("가온항공", "가온", "Gaon")), 0.72, 0.08),
    ],
)
def test_labelled_streams(name: str, watch: Watch, least_f1: float, most_wrong: float) -> None:
    found = EVALUATION.report(STREAMS / f"{name}.jsonl", watch)["all"]
    assert found["b3_f1"] >= least_f1
    assert found["wrong_merges"] <= most_wrong
    assert found["fragmentation"] <= 1.3


def test_scores_know_right_from_wrong() -> None:
    truth = {"a": "one", "b": "one", "c": "one", "d": "two", "e": "two"}
    perfect = EVALUATION.scores(truth, {"a": 1, "b": 1, "c": 1, "d": 2, "e": 2})
    assert (perfect["b3_f1"], perfect["pieces"], perfect["wrong_merges"]) == (1.0, 1.0, 0.0)
    one_heap = EVALUATION.scores(truth, dict.fromkeys(truth, 1))
    assert (one_heap["b3_recall"], one_heap["b3_precision"], one_heap["wrong_merges"]) == (1.0, 0.52, 0.4)
    scattered = EVALUATION.scores(truth, {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5})
    assert (scattered["b3_precision"], scattered["pieces"]) == (1.0, 3.0)


def test_every_post_of_a_file_gets_its_incident(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (STREAMS / "grouping-airline.jsonl").read_text(encoding="utf-8").splitlines()
    extra = ['{"post": "x:1", "observed_at": "2026-03-02T00:00:00Z", "engagement": {"likes": 1}}', "no json", lines[0]]
    posts, out = tmp_path / "posts.jsonl.gz", tmp_path / "out.jsonl"
    posts.write_bytes(gzip.compress("\n".join([*lines[::-1], *extra]).encode()))
    assert EVALUATION.main(["--posts", str(posts), "--out", str(out)]) == 0
    found = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in found] == [json.loads(line)["id"] for line in lines[::-1]]
    assert all(isinstance(row["incident"], int) for row in found)
    assert len({row["incident"] for row in found}) < len(found) * 0.8
    assert "not JSON" in capsys.readouterr().err


def test_a_name_that_all_posts_share_makes_no_two_alike(tmp_path: Path) -> None:
    troubles = [
        "탁송 기사가 욕설을 했습니다",
        "앞유리에 금이 갔는데 보상 거부",
        "이중 결제 환불 안 됨",
        "번호판 분실하고 모르쇠",
        "시트에 기름 얼룩 투성이",
    ]
    lines = [
        {"id": f"x:{n}", "text": f"{name} {troubles[n % 5]}", "created_at": f"2026-03-02T{n % 24:02}:{n:02}:00Z"}
        for n, name in enumerate(["한울오토가", "한울오토", "한울오토는"] * 18)
    ]
    file = tmp_path / "posts.jsonl"
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    posts = EVALUATION.read_posts(file)
    assert EVALUATION.name_of(posts) == Watch("", any=("한울오토",))
    assert EVALUATION.name_of(posts[:20]) is None
    assert len(set(EVALUATION.incidents(posts).values())) == 5
