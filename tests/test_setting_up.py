"""Before the first run: ``monitor init`` writes what ``monitor check`` takes, and check says what each source asks, costs and lacks."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import config
from monitor.cli import checking
from monitor.collectors import KINDS as COLLECTOR_KINDS
from monitor.collectors import Query
from monitor.config.pieces import CHANNELS, COLLECTORS
from monitor.config.writing import Answers, toml, variables, written
from monitor.errors import AuthFailed, BudgetSpent, DeliveryFailed, RateLimited, Unavailable
from monitor.messages.phrases import PHRASES
from monitor.notifiers import KINDS as NOTIFIER_KINDS
from tests.platforms import naver, x
from tests.platforms.naver import NaverStub
from tests.platforms.stub import Clock, Stub
from tests.platforms.x import XStub

KEYS = {"NAVER_CLIENT_ID": naver.KEYS[0], "NAVER_CLIENT_SECRET": naver.KEYS[1], "X_BEARER_TOKEN": x.TOKEN}


def monitor(*args: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitor", *map(str, args)]
    return subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **KEYS, **environment},
        check=False,
        stdin=subprocess.DEVNULL,
    )


def everything(language: str = "ko") -> Answers:
    collectors: dict[str, dict[str, str]] = {kind: {} for kind in COLLECTORS}
    collectors["bluesky"] = {"handle": "hanul.bsky.social"}
    collectors["mastodon"] = {"access_token": "MASTODON_TOKEN"}
    channels: dict[str, dict[str, object]] = {
        "email": {"to": ("care@hanul-auto.example",), "sender": "care@hanul-auto.example", "username": "care"}
    }
    if "slack" in NOTIFIER_KINDS:
        channels["slack"] = {"channel": "#alerts"}
    return Answers("한울오토", ("Hanul Auto", "#한울오토"), language, 5000, collectors, channels)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_piece_is_taken_by_the_configuration(tmp_path: Path, language: str) -> None:
    answers = everything(language)
    path = tmp_path / "config.toml"
    path.write_text(written(answers), encoding="utf-8")
    found = config.load(path, dict.fromkeys(variables(answers), "x" * 20))
    assert [source.kind for source in found.collectors] == list(COLLECTORS)
    assert found.watches[0].any == ("한울오토", "Hanul Auto", "#한울오토")
    assert (found.monitor.threshold, found.monitor.language) == (5000, language)
    assert len(found.playbooks) == 12
    comments = [line for line in path.read_text("utf-8").splitlines() if line.startswith("# ")]
    assert len(comments) > 20
    assert any("가" <= letter <= "힣" for line in comments for letter in line) == (language == "ko")


def test_pieces_and_kinds_fit() -> None:
    assert set(COLLECTORS) <= set(COLLECTOR_KINDS)
    assert set(CHANNELS) - {"slack"} <= set(NOTIFIER_KINDS)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_stays_inside_its_quotes(text: str) -> None:
    sound = text.encode("utf-8", "replace").decode()
    assert tomllib.loads(f"a = {toml(text)}") == {"a": sound}
    assert tomllib.loads(f"a = {toml((text, text * 9))}") == {"a": [sound, sound * 9]}


@pytest.mark.parametrize("name", ['"; [x] #', "a\nb = 1", "'''", '"""', "\\", '{ env = "X" }', "한울\u202e오토", "\x7f\x00"])
def test_hostile_answers_are_only_names(tmp_path: Path, name: str) -> None:
    path = tmp_path / "config.toml"
    collectors = {"feeds": {"feeds": ('https://example.com/a?b="c',)}, "jsonl": {"path": f"in{name}".replace("\0", "")}}
    path.write_text(written(Answers(name, (name + "2",), collectors=collectors)), encoding="utf-8")
    read = tomllib.loads(path.read_text("utf-8"))
    assert read["watch"][0]["any"] == [name, name + "2"]
    assert set(read) == {"monitor", "budget", "watch", "collector", "receiver", "retention", "playbook"}


def test_init_where_nobody_answers_writes_the_example(tmp_path: Path) -> None:
    assert monitor("init", cwd=tmp_path).returncode == 0
    assert (tmp_path / "config.toml").read_bytes() == config.template().read_bytes()
    assert monitor("init", "other.toml", "--yes", cwd=tmp_path).returncode == 0
    assert (tmp_path / "other.toml").read_bytes() == config.template().read_bytes()


def test_init_from_options(tmp_path: Path) -> None:
    made = monitor(
        "init", "--company", "한울오토", "--language", "en", "--collector", "reddit", "--set", "reddit.client_id=abc", cwd=tmp_path
    )
    assert made.returncode == 0, made.stderr
    assert "REDDIT_CLIENT_SECRET" in made.stdout
    read = tomllib.loads((tmp_path / "config.toml").read_text("utf-8"))
    assert read["collector"][0]["options"]["client_id"] == "abc"
    wrong = monitor("init", "w.toml", "--company", "x", "--set", "reddit.colour=red", cwd=tmp_path)
    assert wrong.returncode == 2
    assert not (tmp_path / "w.toml").exists()


def test_check_takes_what_init_wrote(tmp_path: Path) -> None:
    (tmp_path / "inc").mkdir()
    made = monitor("init", "--company", "한울'오토\"", "--collector", "jsonl", "--set", "jsonl.path=inc", "--language", "ko", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    result = monitor("check", cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "수집기 jsonl: 이상 없음" in result.stdout


def typed(cwd: Path, *lines: str) -> str:
    """Run ``monitor init`` at a terminal and type ``lines``; return all that was shown."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "monitor", "init"]
    with subprocess.Popen(
        command, cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    ) as shell:
        os.close(theirs)
        os.write(ours, "".join(line + "\n" for line in lines).encode())
        shown = b""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        assert shell.wait(10) == 0, shown.decode("utf-8", "replace")
    os.close(ours)
    return shown.decode("utf-8", "replace")


def test_init_asks(tmp_path: Path) -> None:
    shown = typed(
        tmp_path,
        "ko", "한울오토", "Hanul Auto, #한울오토", "nosuch", "naver, mastodon",
        "AAAA secret written here", "OUR_ID", "OUR_SECRET", "", "",
        "not an address", "care@hanul-auto.example", "", "", *([""] if "slack" in NOTIFIER_KINDS else []), "-3", "7000",
    )  # fmt: skip
    assert "nosuch" in shown
    assert "OUR_ID, OUR_SECRET" in shown
    found = config.load(tmp_path / "config.toml", {"OUR_ID": "a", "OUR_SECRET": "b"})
    assert found.watches[0].any == ("한울오토", "Hanul Auto", "#한울오토")
    assert [source.kind for source in found.collectors] == ["naver", "mastodon"]
    assert found.monitor.threshold == 7000
    assert found.receivers[0].notifiers[0].kind == "email"


# ---- check


@pytest.fixture
def naver_stub() -> Iterator[Stub]:
    with NaverStub(Clock(datetime.now(UTC))) as stub:
        yield stub


@pytest.fixture
def x_stub() -> Iterator[Stub]:
    with XStub(Clock(datetime.now(UTC))) as stub:
        yield stub


def naver_at(url: str, budget: str = "", language: str = "en") -> str:
    return (
        f'[monitor]\nlanguage = "{language}"\n[[watch]]\nname = "h"\nany = ["한울오토", "한울캐리어"]\n[[collector]]\nname = "네이버"\n'
        f'kind = "naver"\nevery = "10m"\n{budget}[collector.options]\nkinds = ["news"]\nbase_url = "{url}/v1/search"\n'
        'client_id = { env = "NAVER_CLIENT_ID" }\nclient_secret = { env = "NAVER_CLIENT_SECRET" }\n'
    )


def checked(folder: Path, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "config.toml").write_text(text, encoding="utf-8")
    return monitor("check", cwd=folder, **environment)


def test_check_shows_questions_costs_and_what_is_left(tmp_path: Path, naver_stub: Stub) -> None:
    budget = "[collector.budget]\nrequests_per_day = 200\n"
    result = checked(tmp_path, naver_at(naver_stub.base_url, budget))
    assert result.returncode == 0, result.stderr
    for part in (
        "네이버: good",
        "asks 2 questions every 10 min",
        "about 288 requests a day",
        'news: "한울오토"',
        "200",
        "exceed the budget",
    ):
        assert part in result.stdout, result.stdout
    assert len(naver_stub.asked) == 1
    assert "requests left today: 199 of 200" in result.stdout


def test_check_asks_nothing_when_the_budget_is_used_up(tmp_path: Path, naver_stub: Stub) -> None:
    budget = "[collector.budget]\nrequests_per_day = 1\n"
    assert checked(tmp_path, naver_at(naver_stub.base_url, budget)).returncode == 0
    again = checked(tmp_path, naver_at(naver_stub.base_url, budget))
    assert again.returncode == 1
    assert "used up" in again.stdout
    assert len(naver_stub.asked) == 1


@pytest.mark.parametrize(
    ("language", "told"), [("en", "Naver refuses the key: see that NAVER_CLIENT_ID, NAVER_CLIENT_SECRET"), ("ko", "네이버가 키를")]
)
def test_check_says_what_to_do(tmp_path: Path, naver_stub: Stub, language: str, told: str) -> None:
    result = checked(tmp_path, naver_at(naver_stub.base_url, language=language), NAVER_CLIENT_SECRET="wrong-and-secret")
    assert result.returncode == 1
    assert told in result.stdout, result.stdout
    assert "wrong-and-secret" not in result.stdout + result.stderr


def test_check_of_x_costs_next_to_nothing(tmp_path: Path, x_stub: Stub) -> None:
    assert isinstance(x_stub, XStub)
    text = (
        '[monitor]\nlanguage = "en"\n[[watch]]\nname = "h"\nany = ["한울오토", "Hanul Auto"]\nnone = ["바이크"]\n'
        '[[collector]]\nname = "x"\n'
        f'kind = "x"\n[collector.options]\nbase_url = "{x_stub.base_url}"\nbearer_token = {{ env = "X_BEARER_TOKEN" }}\n'
    )
    for number in range(50):
        x_stub.publish(f"한울오토 {number}", datetime.now(UTC) - timedelta(minutes=5))
    result = checked(tmp_path, text)
    assert result.returncode == 0, result.stderr + result.stdout
    assert x_stub.bill == 0
    assert len(x_stub.asked) == 1
    for part in ('"한울오토"', '"한울 오토"', '"HanulAuto"', "-바이크", "288 requests", "0.0150 for each post"):
        assert part in result.stdout, result.stdout
    refused = checked(tmp_path, text, X_BEARER_TOKEN="no")
    assert "console.x.com" in refused.stdout


def test_check_tries_a_mail_server_without_sending(tmp_path: Path) -> None:
    text = '[monitor]\nlanguage = "en"\n[[receiver]]\nname = "care"\n[[receiver.notifier]]\nkind = "email"\n[receiver.notifier.options]\n'
    text += 'host = "127.0.0.1"\nport = 9\nsecurity = "none"\nsender = "a@hanul-auto.example"\n'
    text += 'to = ["b@hanul-auto.example", "c@hanul-auto.example"]\n'
    result = checked(tmp_path, text)
    assert result.returncode == 1
    assert result.stdout.count("channel care/email: 127.0.0.1:9") == 1
    assert "look at host, port, security" in result.stdout


def test_a_source_that_takes_us_again_ends_its_pause(tmp_path: Path, naver_stub: Stub) -> None:
    text = naver_at(naver_stub.base_url)
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    assert monitor("once", "collect", cwd=tmp_path, NAVER_CLIENT_SECRET="no").returncode == 1
    asked = len(naver_stub.asked)
    assert monitor("once", "collect", cwd=tmp_path).returncode == 0
    assert len(naver_stub.asked) == asked, "a refused source pauses"
    assert checked(tmp_path, text).returncode == 0
    monitor("once", "collect", cwd=tmp_path)
    assert len(naver_stub.asked) > asked + 1


@pytest.mark.parametrize(
    ("kind", "failure", "key"),
    [
        ("reddit", AuthFailed("r", "HTTP 401 where the token is asked for"), "advice.reddit.refused"),
        ("reddit", AuthFailed("r", "HTTP 403: Forbidden"), "advice.reddit.forbidden"),
        ("x", BudgetSpent("x", "HTTP 402: credits depleted"), "advice.x.unpaid"),
        ("x", BudgetSpent("x", "the budget of [collector.budget] is used up"), "advice.budget"),
        ("naver", RateLimited("n", "HTTP 429"), "advice.naver.limited"),
        ("reddit", RateLimited("n", "HTTP 429"), "advice.limited"),
        ("feeds", Unavailable("f", "HTTP 404"), "advice.not_there"),
        ("jsonl", Unavailable("f", "no such file"), "advice.jsonl.unreachable"),
        ("nobody's", Unavailable("f", "timed out"), "advice.unreachable"),
        ("email", DeliveryFailed("no"), "advice.email.undeliverable"),
        ("console", DeliveryFailed("no"), "advice.undeliverable"),
    ],
)
def test_each_failure_has_its_advice(kind: str, failure: AuthFailed, key: str) -> None:
    assert checking.advice(kind, failure) == key
    assert key in PHRASES


def test_advice_is_for_kinds_that_there_are() -> None:
    kinds: Mapping[str, str] = {**COLLECTOR_KINDS, **NOTIFIER_KINDS}
    named = {key.split(".")[1] for key in PHRASES if key.startswith("advice.") and key.count(".") == 2}
    assert named - {"slack"} <= set(kinds)


def test_a_days_cost() -> None:
    assert checking.daily([Query("a", 2, 0.01), Query("b")], timedelta(minutes=10)) == (432, pytest.approx(1.44))
    assert json.dumps(checking.daily([], timedelta(days=2))) == "[0, 0.0]"
