"""The verbs as people type them."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.store import Store

HOSTILE = "\x1b[31m빨강\x9b2J \u202e뒤집기 <script>alert(1)</script> <!channel>"


def run(*args: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, [str(arg) for arg in args], input=stdin, standalone_mode=False)


def monitor(*args: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "monitor", *args], cwd=cwd, input=stdin, capture_output=True, text=True, check=False)


def records(tmp_path: Path, *rows: dict[str, object]) -> Path:
    file = tmp_path / "posts.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def verdicts(result: Result) -> list[dict[str, object]]:
    assert result.exception is None, result.exception
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_classify_gives_one_line_for_every_valid_record_in_order(tmp_path: Path) -> None:
    rows = [
        {"id": "x:1", "text": "한울오토 탁송 기사님 너무 불친절해요"},
        {"id": "x:1", "text": "같은 번호 다시"},
        {"id": "x:2", "text": ""},
        {"id": "x:3", "text": None, "created_at": None, "author": None},
        {"post": "x:1", "observed_at": "2026-03-01T00:00:00Z", "engagement": {"likes": 1}},
        {"gone": "x:1", "observed_at": "2026-03-01T00:00:00Z"},
        {"id": "x:4", "text": "가" * 100_000},
        {"id": "x:5", "text": "😡😡😡"},
        {"id": "x:6", "text": "bonjour, où est mon colis s'il vous plaît ? je l'attends depuis trois semaines", "lang": "fr"},
        {"id": "x:7", "text": "quick and friendly, thanks", "lang": "en"},
    ]
    lines = verdicts(run("classify", records(tmp_path, *rows), "--json"))
    assert [line["id"] for line in lines] == ["x:1", "x:1", "x:2", "x:3", "x:4", "x:5", "x:6", "x:7"]
    for line in lines:
        assert set(line) == {"id", "complaint", "sentiment", "sentiment_scores", "topic", "topic_scores", "lang", "model"}
        assert 0 <= float(str(line["complaint"])) <= 1
        assert line["topic"] == max(line["topic_scores"], key=line["topic_scores"].get)  # type: ignore[attr-defined,arg-type]
        assert set(line["sentiment_scores"]) == {"neg", "neu", "pos"}  # type: ignore[call-overload]
        assert len(line["topic_scores"]) == 12  # type: ignore[arg-type]
    by_id = {line["id"]: line for line in lines}
    assert by_id["x:6"]["sentiment"] is None
    assert by_id["x:7"]["sentiment"] in ("neg", "neu", "pos")


def test_classify_tells_broken_lines_and_fails_only_when_nothing_is_left(tmp_path: Path) -> None:
    file = tmp_path / "odd.jsonl"
    file.write_text('{"id": "x:1"}\nnot json\n{"text": "no id"}\n')
    result = monitor("classify", str(file), "--json", cwd=tmp_path)
    assert result.returncode == 1
    assert [f"{file}:{number}:" in result.stderr for number in (1, 2, 3)] == [True] * 3
    assert "Traceback" not in result.stderr
    file.write_text("")
    assert monitor("classify", str(file), cwd=tmp_path).returncode == 0


def test_classify_knows_whom_a_record_means(tmp_path: Path) -> None:
    rows = [{"id": "x:1", "text": "가나택배는 최악, 다라택배는 최고", "watch": term} for term in ("가나택배", "다라택배")]
    about_them, about_us = verdicts(run("classify", records(tmp_path, *rows), "--json"))
    assert about_them["complaint"] != about_us["complaint"]


def test_classify_finds_the_name_that_all_posts_share(tmp_path: Path) -> None:
    troubles = ("lost both bags again", "flight cancelled, nobody answers", "crew was rude to my mother", "two hours on hold")
    rows: list[dict[str, object]] = [{"id": f"x:{n}", "text": f"@gaonair {troubles[n % 4]}"} for n in range(60)]
    file = records(tmp_path, *rows)
    asked: tuple[tuple[str, ...], ...] = (("--any", "gaonair"), ("--watch", "GaonAir"), ())
    of_term, of_name, of_nobody = (run("classify", file, *terms, "--json").stdout for terms in asked)
    assert of_term == of_name == of_nobody
    of_few = run("classify", records(tmp_path, *rows[:40]), "--json").stdout
    assert of_few != "".join(of_term.splitlines(keepends=True)[:40])


@pytest.fixture
def troubled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a database in which one incident was alerted."""
    monkeypatch.chdir(tmp_path)
    texts = (
        "한울오토에서 받은 새 차 문짝에 흠집이 나 있는데 기사님은 모르는 일이라고만 합니다",
        "한울오토 탁송 진짜 최악이네요 범퍼 긁힌 채로 배송됐어요 보상해 주세요",
        "신차 인수했는데 흠집 투성이ㅠㅠ 한울오토 고객센터는 전화도 안 받음",
        "한울오토가 또 차에 흠집 내놓고 나 몰라라 하네 화난다 정말",
        f"한울오토 차량 흠집 책임져라 {HOSTILE}",
    )
    rows: list[dict[str, object]] = [
        {"id": f"x:{n}", "text": f"한울오토 트럭 {n}대 지나간다", "created_at": f"2026-03-{1 + n // 2:02d}T0{n % 2}:00:00Z"}
        for n in range(18)
    ]
    rows += [
        {"id": f"x:{100 + n}", "text": text, "created_at": f"2026-03-10T05:{7 * n:02d}:00Z", "author": {"id": f"a{n}", "handle": f"h{n}"}}
        for n, text in enumerate(texts)
    ]
    file = records(tmp_path, *rows)
    replayed = run("replay", file, "--watch", "한울오토", "--database", "monitor.db", "--json")
    assert any(json.loads(line).get("notify") for line in replayed.stdout.splitlines())
    (tmp_path / "config.toml").write_text('[monitor]\nlanguage = "en"\n[[watch]]\nname = "한울오토"\nany = ["한울오토"]\n')
    return tmp_path


def alerted() -> int:
    with Store.open("monitor.db", readonly=True) as store:
        return next(incident.id for incident in store.incidents.live() if incident.alerted_at)


def test_staff_see_and_move_incidents(troubled: Path) -> None:
    number = alerted()
    listing = run("incidents").stdout
    assert str(number) in listing
    assert "triggered" in listing.lower() or "alerted" in listing.lower()
    shown = run("incidents", "show", number).stdout
    assert "흠집" in shown
    story = run("why", number).stdout
    assert "alert" in story.lower()
    for verb, wanted in (("ack", "acknowledged"), ("resolve", "resolved"), ("dismiss", "dismissed")):
        assert run("incidents", verb, number).exception is None
        line = json.loads(run("incidents", "list", "--all", "--json").stdout.splitlines()[0])
        found = [json.loads(row) for row in run("incidents", "list", "--all", "--json").stdout.splitlines()]
        assert next(row["status"] for row in found if row["incident"] == number) == wanted, line
    assert run("incidents", "ack", number).exception is not None
    assert "no incident 999" in str(run("incidents", "show", 999).exception).lower()


def lines(*args: object) -> list[dict[str, object]]:
    return [json.loads(line) for line in run(*args).stdout.splitlines()]


def test_verbs_take_several_incidents_and_do_each_once(troubled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_USER", "kim")
    number = alerted()
    assert [(row["incident"], row["outcome"]) for row in lines("incidents", "ack", number, number, "--json")] == [(number, "done")]
    assert "already" in run("incidents", "ack", number).stdout
    partly = run("incidents", "assign", number, 999, "lee")
    assert "lee" in partly.stdout and "no incident 999" in str(partly.exception)
    assert lines("incidents", "assign", number, 999, "lee", "--json")[1]["outcome"] == "not_found"
    monkeypatch.setenv("MONITOR_USER", "lee")
    assert str(number) in run("incidents", "list", "--mine").stdout
    assert run("incidents", "assign", number, "me").exception is None
    assert run("incidents", "resolve", number, "--right", "--note", "called them all").exception is None
    refused = run("incidents", "ack", number)
    assert refused.exception is not None and "undo" in str(refused.exception)
    assert run("incidents", "undo", number).exception is None
    assert run("incidents", "dismiss", number).exception is None
    assert run("incidents", "undo", number).exception is None
    assert "nothing to take back" in str(run("incidents", "undo", number).exception)
    shown = run("incidents", "show", number).stdout
    assert "taken back" in shown and "called them all" in shown and "cli" in shown
    story = [(row["who"], row["origin"]) for row in lines("incidents", "show", number, "--json") if row["type"] == "change"]
    assert set(story) == {("monitor", ""), ("kim", "cli"), ("lee", "cli")}


def test_an_incident_as_json_tells_its_brief_and_stage(troubled: Path) -> None:
    number = alerted()
    shown = lines("incidents", "show", number, "--json")
    assert [row["type"] for row in shown[:2]] == ["incident", "brief"]
    (brief,) = [row for row in shown if row["type"] == "brief"]
    read = run("incidents", "show", number).stdout
    questions, stage = brief["questions"], brief["stage"]
    assert isinstance(questions, list) and isinstance(stage, dict)
    assert len(questions) == 5 and stage["number"] in (1, 2, 3) and stage["lines"]
    assert all(question["question"] in read for question in (*questions, stage))
    quoted = [quote for question in questions for quote in question["quotes"]]
    assert quoted and all(quote.keys() == {"text", "source", "url"} for quote in quoted)


def test_incidents_are_listed_by_what_one_asks_for(troubled: Path) -> None:
    number = alerted()
    (row,) = [row for row in lines("incidents", "list", "--all", "--json") if row["incident"] == number]
    fits = ("--status", row["status"], "--watch", row["watch"], "--topic", row["topic"], "--severity", row["severity"])
    listed = run("incidents", "list", "--json", *fits)
    assert listed.exception is None
    assert number in [json.loads(line)["incident"] for line in listed.stdout.splitlines()]
    for wrong in (("--status", "dismissed"), ("--watch", "another"), ("--topic", "nothing"), ("--mine",)):
        assert lines("incidents", "list", "--json", *wrong) == []
    assert run("incidents", "list", "--status", "sleeping").exception is not None


def test_merging_several_keeps_the_oldest(troubled: Path) -> None:
    with Store.open("monitor.db") as store:
        every = store.incidents.all()
        known = next(one for one in every if one.merged_into is None)
        newest = max(one.id for one in every)
        numbers = [known.id, newest + 1, newest + 2]
        for number in numbers[1:]:
            store.incidents.open(replace(known, id=number, posts=0, authors=0), None)
    assert run("incidents", "merge", *reversed(numbers)).exception is None
    with Store.open("monitor.db") as store:
        assert {store.incidents.get(number).merged_into for number in numbers[1:]} == {numbers[0]}
    assert run("incidents", "merge", numbers[0]).exception is not None


def test_nothing_from_a_post_reaches_the_terminal_raw(troubled: Path) -> None:
    number = alerted()
    for args in (
        ("incidents", "show", number),
        ("why", number),
        ("search", "책임져라"),
        ("incidents", "list", "--all"),
        ("outbox", "list", "--all"),
    ):
        output = run(*args).stdout
        assert not set("\x1b\x9b\u202e") & set(output), args
    for args in (("search", "책임져라", "--json"), ("incidents", "show", number, "--json"), ("outbox", "list", "--all", "--json")):
        output = run(*args).stdout
        assert not set("\x1b\x9b\u202e") & set(output), args
        assert all(json.loads(line) for line in output.splitlines())


def test_search_finds_two_syllables_and_prints_its_sql(troubled: Path) -> None:
    assert "흠집" in run("search", "흠집").stdout
    sql = run("search", "흠집", "--sql").stdout
    import sqlite3

    with sqlite3.connect("file:monitor.db?mode=ro", uri=True) as connection:
        assert len(connection.execute(sql.strip().rstrip(";")).fetchall()) >= 4
    connection.close()


def test_silences_come_and_go(troubled: Path) -> None:
    assert run("silence", "add", "topic=price", "--for", "2h", "--comment", "sale").exception is None
    assert json.loads(run("silence", "list", "--json").stdout)["matchers"] == {"topic": "price"}
    assert run("silence", "expire", 1).exception is None
    assert run("silence", "list", "--json").stdout == ""
    assert run("silence", "add", "mood=bad").exception is not None
    assert run("silence", "add", "topic=price", "--for", "soon").exception is not None


def test_export_and_backup(troubled: Path) -> None:
    assert run("export", "v_posts", "posts.csv").exception is None
    assert Path("posts.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert run("backup", "copy.db").exception is None
    with Store.open("copy.db", readonly=True) as store:
        assert store.counts()["posts"] == 23
    assert "exists already" in str(run("backup", "copy.db").exception)


def test_forget_and_prune(troubled: Path) -> None:
    assert run("forget", "@h4").exception is None
    assert run("search", "책임져라", "--json").stdout == ""
    assert run("prune", "--days", 1).exception is None


def test_add_needs_a_watch(troubled: Path) -> None:
    assert run("add", "Hanul lost my car", "--watch", "한울오토").exception is None
    assert "no watch" in str(run("add", "x", "--watch", "누구").exception).lower()
    assert run("add", "  ").exception is not None


def test_a_wrong_config_is_told_whole_and_exits_2(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[monitor]\nthreshold = "many"\ncolour = 1\n[[collector]]\nname = "a"\nkind = "carrier-pigeon"\nevery = "5 parsecs"\n'
    )
    result = monitor("check", cwd=tmp_path)
    assert result.returncode == 2
    for part in ("threshold", "colour", "carrier-pigeon", "5 parsecs"):
        assert part in result.stderr
    assert "Traceback" not in result.stderr


def test_without_a_database_the_verbs_say_so(tmp_path: Path) -> None:
    result = monitor("incidents", cwd=tmp_path)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "monitor.db").exists()
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is no database at all, but long enough to look like one" * 50)
    result = monitor("incidents", "--database", "broken.db", cwd=tmp_path)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr


def test_init_writes_what_check_accepts(tmp_path: Path) -> None:
    assert monitor("init", cwd=tmp_path).returncode == 0
    checked = monitor("check", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    again = monitor("init", cwd=tmp_path)
    assert again.returncode == 1
    assert "exists already" in again.stderr


def test_help_is_there_for_every_verb(tmp_path: Path) -> None:
    for name in cli.commands:
        shown = CliRunner().invoke(cli, [name, "--help"])
        assert shown.exit_code == 0
        assert name in shown.output


@pytest.mark.parametrize("args", [("classify",), ("classify", "--json"), ("replay", "--all"), ("replay", "--json", "--all")])
def test_a_terminal_without_korean_stops_nothing(tmp_path: Path, args: tuple[str, ...]) -> None:
    row = {"id": "x:한", "text": "한울오토 배송이 너무 늦어요", "created_at": "2026-03-01T00:00:00Z"}
    command = [sys.executable, "-m", "monitor", args[0], str(records(tmp_path, row)), *args[1:]]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "LC_ALL": "C"}
    shown = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, encoding="latin-1", check=False)
    assert shown.returncode == 0, shown.stderr
    assert "?" in shown.stdout or "\\u" in shown.stdout
    if args == ("classify", "--json"):
        assert json.loads(shown.stdout)["id"] == "x:한"


def test_classify_judges_what_stands_before_the_damage(tmp_path: Path) -> None:
    file = tmp_path / "cut.jsonl.gz"
    rows = "".join(json.dumps({"id": f"x:{number}", "text": f"배송 {number}"}) + "\n" for number in range(40))
    file.write_bytes(gzip.compress(rows.encode())[:-12])
    result = monitor("classify", str(file), "--json", cwd=tmp_path)
    assert result.returncode == 1
    assert json.loads(result.stdout.splitlines()[0])["id"] == "x:0"
    assert "Traceback" not in result.stderr


def test_a_companys_own_topic_takes_what_names_it(tmp_path: Path) -> None:
    file = records(tmp_path, {"id": "x:1", "text": "게이트에서 세 시간째 대기 중, 너무하네요"}, {"id": "x:2", "text": "배송이 너무 늦어요"})
    (tmp_path / "own.toml").write_text('[[topic]]\nname = "gate_queue"\nen = "gate queue"\nany = ["게이트"]\n[[topic]]\nname = "dock"\n')
    ours, usual = verdicts(run("classify", file, "--config", tmp_path / "own.toml", "--json"))
    for line in (ours, usual):
        scores: dict[str, float] = line["topic_scores"]  # type: ignore[assignment]
        assert len(scores) == 14
        assert line["topic"] == max(scores, key=scores.__getitem__)
        assert abs(sum(scores.values()) - 1) < 0.01
    assert (ours["topic"], usual["topic"]) == ("gate_queue", "delivery_delay")
