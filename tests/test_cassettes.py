"""``scripts/record-cassette``: a recording of each platform holds no person and no secret, and plays again as the same posts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest

from monitor.collectors import KINDS, Collector
from monitor.domain import Post
from monitor.matching import Matcher
from scripts.recording.disguise import Disguise, spoken_by
from scripts.recording.tape import Tape
from tests.checks.collectors import WATCH, Rig
from tests.platforms import naver
from tests.platforms.cassette import Cassette
from tests.platforms.naver import NaverStub
from tests.platforms.stub import Clock

ROOT = Path(__file__).resolve().parents[1]
SILENT = ("jsonl", "jetstream")
"""Kinds that do not speak HTTP."""
PRIVATE = ("비밀이야기", "Zanzibarovich", "010-9876-5432", "quokkawombat")


def disguise(kind: str, *secrets: str) -> Disguise:
    return Disguise(b"of this test", spoken_by(kind), WATCH.any, secrets)


def posts_of(collector: Collector) -> list[Post]:
    return [post for page in collector.pages(None) for post in page.posts]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in SILENT])
def test_a_recording_tells_nothing_and_plays_again(kind: str, tmp_path: Path) -> None:
    with import_module(f"tests.platforms.{kind}").rig() as rig:
        assert isinstance(rig, Rig)
        now = rig.stub.clock.now
        texts = [f"한울오토 {word} 번호 {number}" for number, word in enumerate(PRIVATE * 2)]
        rig.publish(texts, [now - timedelta(minutes=30 - number) for number in range(len(texts))])
        tape = Tape(disguise(kind, *rig.secrets))
        with tape.recording():
            real = posts_of(rig.make())
        file = tmp_path / f"{kind}.json"
        file.write_text(json.dumps({"kind": kind, "calls": tape.calls}, ensure_ascii=False), encoding="utf-8")
        kept = file.read_text("utf-8")
        for hidden in (*PRIVATE, *rig.secrets, *(name for post in real if (name := (post.author_id or ":").partition(":")[2]))):
            assert hidden.casefold() not in kept.casefold() or len(hidden) <= 2, hidden
        cassette = Cassette(file, rig.stub.clock)
        rig.stub.answer = cassette.answer  # type: ignore[method-assign]
        played = posts_of(rig.make())
    assert len(played) == len(real) >= len(texts)
    assert [post.created_at for post in played] == [post.created_at for post in real]
    assert len({post.author_id for post in played}) == len({post.author_id for post in real})
    assert len({post.id for post in played}) == len({post.id for post in real})
    assert all(Matcher([WATCH]).mentions(post) for post in played)
    assert not {post.text for post in played} & {post.text for post in real}


def test_the_same_word_becomes_the_same_word() -> None:
    hidden = disguise("reddit")
    found = hidden.value(
        {"author": "Quokka", "body": "thanks u/quokka, 한울오토 <b>늦다</b> &amp; at 2026-03-02T10:00:00Z", "name": "t3_1abcd"}
    )
    assert found["author"].casefold() in found["body"].casefold()
    assert "Quokka" not in json.dumps(found)
    for kept in ("한울오토", "<b>", "</b>", "&amp;", "2026-03-02T10:00:00Z"):
        assert kept in found["body"]
    assert found["name"].startswith("t3_")
    assert "늦다" not in found["body"]
    assert re.fullmatch("<b>[가-힣]{2}</b>", found["body"].split()[3])


def test_ids_keep_their_time_and_counts_stay() -> None:
    hidden = disguise("x")
    found = hidden.value({"id": "1780000000000000000", "user_id": 12345678, "like_count": 51, "geo": {"lat": 37.5}, "possibly": True})
    assert found["id"] != "1780000000000000000"
    assert int(found["id"]) >> 22 == 1780000000000000000 >> 22
    assert found["user_id"] != 12345678
    assert (found["like_count"], found["geo"]["lat"], found["possibly"]) == (51, 0.0, True)


def test_another_key_makes_other_words() -> None:
    one, other = Disguise(b"one", ()), Disguise(b"other", ())
    assert one.text("Zanzibarovich") != other.text("Zanzibarovich")


def test_the_command_end_to_end(tmp_path: Path) -> None:
    with NaverStub(Clock(datetime.now(UTC))) as stub:
        assert isinstance(stub, NaverStub)
        stub.publish("news", "한울오토 비밀이야기 Zanzibarovich", datetime.now(UTC) - timedelta(hours=1))
        (tmp_path / "config.toml").write_text(
            '[[watch]]\nname = "h"\nany = ["한울오토"]\n[[collector]]\nname = "n"\nkind = "naver"\n[collector.options]\nkinds = ["news"]\n'
            f'base_url = "{stub.base_url}/v1/search"\nclient_id = {{ env = "A" }}\nclient_secret = {{ env = "B" }}\n',
            encoding="utf-8",
        )
        environment = {**os.environ, "A": naver.KEYS[0], "B": naver.KEYS[1]}
        command = [sys.executable, str(ROOT / "scripts" / "record-cassette"), "naver"]
        made = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False)
        none = subprocess.run([*command[:2], "reddit"], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert made.returncode == 0, made.stderr
    kept = (tmp_path / "naver.json").read_text("utf-8")
    assert json.loads(kept)["kind"] == "naver"
    assert "한울오토" in kept
    for hidden in ("비밀이야기", "Zanzibarovich", *naver.KEYS):
        assert hidden not in kept
    assert none.returncode == 2
    assert "no collector of kind reddit" in none.stderr
