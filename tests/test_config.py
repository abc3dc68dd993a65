"""config.toml: what is right is read, what is wrong is told, all of it at once, and no secret is ever shown."""

from __future__ import annotations

import os
import pickle
import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor import config, messages
from monitor.alerting import Hours, Route
from monitor.collectors import KINDS as COLLECTORS
from monitor.config import Settings, limits, reference
from monitor.config.lines import lines_of
from monitor.decode import Decoder, Location, Secret, duration, keys_of
from monitor.domain import TOPICS, Severity, Watch
from monitor.errors import ConfigError, NotFound

ROOT = Path(__file__).resolve().parents[1]
SECRETS = {"MONITOR_SMTP_PASSWORD": "correct horse", "EMPTY": ""}

Read = Callable[..., Settings]
Problems = Callable[..., list[str]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reading(text: str | bytes, environment: dict[str, str] | None = None) -> Settings:
        path = tmp_path / "config.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return config.load(path, SECRETS if environment is None else environment)

    return reading


@pytest.fixture
def problems(read: Read) -> Problems:
    def reading(text: str | bytes, environment: dict[str, str] | None = None) -> list[str]:
        with pytest.raises(ConfigError) as told:
            read(text, environment)
        return told.value.problems

    return reading


# ---- what is right


def test_an_empty_file_is_the_defaults(read: Read, tmp_path: Path) -> None:
    settings = read("")
    standard = config.defaults()
    assert config.with_database(settings, "monitor.db") == standard
    assert settings.monitor.database == str(tmp_path / "monitor.db")
    assert (standard.monitor.threshold, standard.monitor.language, standard.zone) == (6000, "ko", ZoneInfo("Asia/Seoul"))
    assert [notifier.kind for receiver in standard.receivers for notifier in receiver.notifiers] == ["console"]
    assert (standard.budget.notifications_per_week, standard.budget.pages_per_shift) == (7, 2)
    assert standard.classifier.kind == "embedded"


def test_the_shipped_example(read: Read) -> None:
    settings = config.load(config.template(), {})
    assert settings.watches[0].name == "한울오토"
    assert {playbook.topic for playbook in settings.playbooks} == set(TOPICS)
    for playbook in settings.playbooks:
        assert playbook.owner
        for guide in (playbook.ko, playbook.en):
            assert len(guide.steps) >= 3
            assert len(guide.never) >= 2
            assert set(placeholders(guide.reply)) <= KNOWN_PLACEHOLDERS
            assert placeholders(guide.reply)
        assert set(placeholders(playbook.ko.reply)) == set(placeholders(playbook.en.reply)), playbook.topic
        assert bool(playbook.ko.proactive) == bool(playbook.en.proactive)
    assert settings.decision == config.defaults().decision
    assert settings.budget == config.defaults().budget


KNOWN_PLACEHOLDERS = {
    "customer", "company", "contact", "agent", "deadline", "time", "date", "place", "case", "amount", "service", "reason", "issue",
    "action", "start", "function", "workaround", "object", "partner",
}  # fmt: skip


def placeholders(text: str) -> list[str]:
    return [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]


def test_every_example_that_is_commented_out_is_right_too(read: Read) -> None:
    text = config.template().read_text(encoding="utf-8")
    named = re.findall(r'env = "(\w+)"', text)
    settings = read(re.sub(r"(?m)^#(?=[^ #\n])", "", text), dict.fromkeys(named, "x" * 40))
    assert [receiver.name for receiver in settings.receivers] == ["당직", "고객경험팀"]
    assert [notifier.kind for notifier in settings.receiver("고객경험팀").notifiers] == ["email"]
    assert settings.receiver("고객경험팀").quiet_hours == Hours.parse("22:00-07:00")
    assert {collector.kind for collector in settings.collectors} == set(COLLECTORS) - {"jetstream"}
    assert settings.routes[2].escalate_after == timedelta(minutes=30)
    assert settings.routes[0].partner == (settings.partners[0].name,)
    assert settings.oncall[0].name == settings.receiver("고객경험팀").otherwise
    assert settings.decision.topic_weights["vehicle_scratch"] == 3
    assert settings.monitor.heartbeat
    assert settings.decision.repeat_interval == timedelta(hours=4)


def test_a_full_file(read: Read, tmp_path: Path) -> None:
    settings = read(FULL)
    assert settings.monitor.mode == "silent"
    assert settings.desk.silent
    assert settings.monitor.database == str(tmp_path / "data" / "m.db")
    assert settings.watches == (Watch("hanul", ("한울오토",), ("한울약국",), ("ko",), variants=True),)
    assert settings.collectors[0].every == timedelta(seconds=90)
    assert settings.routes[0] == Route(("desk",), severity=(Severity.HIGH, Severity.CRITICAL), platform=("naver",), continue_=True)
    assert settings.receiver("desk").cap == 3
    assert settings.language("desk") == "en"
    assert [notifier.name for notifier in settings.receiver("desk").notifiers] == ["console", "console-2", "log"]
    assert settings.decision.topic_weights == {**config.defaults().decision.topic_weights, "safety": 20.0, "charging": 4.0}
    assert settings.retention.posts is None
    assert settings.retention.runs == timedelta(days=7)
    assert settings.emergence.utc_offset_hours == 0
    assert settings.reach.audience["naver"] == 1e7
    assert settings.reach.audience["x"] == config.defaults().reach.audience["x"]
    assert settings.playbook("charging") == settings.playbooks[0]
    assert settings.playbooks[0].guide("ko").steps == ("call",)
    assert settings.playbook("price") is None
    topic = settings.topic("charging")
    assert topic is not None
    assert topic.ko == "충전"
    with pytest.raises(NotFound):
        settings.receiver("nobody")


FULL = """
[monitor]
database = "data/m.db"
language = "ko"
timezone = "Europe/London"
mode = "silent"
[[watch]]
name = "hanul"
any = ["한울오토"]
none = ["한울약국"]
languages = ["ko"]
[[collector]]
name = "file"
kind = "jsonl"
every = "90s"
options = { path = "posts.jsonl" }
[[topic]]
name = "charging"
ko = "충전"
en = "charging"
weight = 4
[[playbook]]
topic = "charging"
[playbook.en]
steps = ["call"]
[[route]]
severity = ["high", "critical"]
platform = ["naver"]
receivers = ["desk"]
continue = true
[[receiver]]
name = "desk"
language = "en"
cap = 3
[[receiver.notifier]]
kind = "console"
[[receiver.notifier]]
kind = "console"
[[receiver.notifier]]
kind = "console"
name = "log"
options = { stream = "stderr" }
[retention]
posts = "forever"
runs = "7d"
[reach.audience]
naver = 1e7
[decision.topic_weights]
safety = 20
"""


def test_a_file_saved_by_a_windows_editor(read: Read) -> None:
    assert read("\ufeff[monitor]\r\nthreshold = 500\r\n".encode()).monitor.threshold == 500


def test_settings_for_other_watches_databases_and_languages(read: Read) -> None:
    settings = read(FULL)
    assert config.with_watches(settings, [Watch("other")]).watches == (Watch("other"),)
    assert config.with_database(settings, "x.db").monitor.database == "x.db"
    english = config.with_language(settings, "en")
    assert (english.monitor.language, english.language("desk")) == ("en", "en")
    assert config.with_language(settings, "ko").language("desk") == "ko"


def test_remarks_about_a_file_that_is_right(read: Read) -> None:
    assert [remark.code for remark in read("").remarks()] == ["config_no_watch", "config_no_collector"]
    short = '[[watch]]\nname = "w"\nany = ["SK", "@sk", "현대", "Hanul"]\n'
    assert [remark.values.get("term") for remark in read(short).remarks() if remark.code == "config_short"] == ["SK"]
    assert not [remark for remark in read(short + "whole_words = true\n").remarks() if remark.code == "config_short"]
    assert [remark.code for remark in read(FULL).remarks()] == ["config_silent"]
    narrow = read(FULL.replace('platform = ["naver"]', 'topic = ["safety"]')).remarks()
    assert narrow[1].values == {"watch": "hanul", "topic": "delivery_delay"}
    for remark in (*read("").remarks(), *narrow):
        assert messages.sentence(remark, "ko") != messages.sentence(remark, "en")


# ---- what is wrong


def test_all_problems_at_once_with_path_line_key_and_value(problems: Problems) -> None:
    told = problems(WRONG)
    assert told == [
        'treshold (line 2): unknown section or key (set to 5); did you mean "threshold" under [monitor]?',
        'monitor.language (line 4): expected "ko" or "en", not "kr"',
        'monitor.timezone (line 5): expected a time zone such as Asia/Seoul, not "Asia/Soul"',
        'monitor.threshold (line 6): expected a whole number, not "six"',
        'monitor.databse (line 7): unknown key (set to "x.db"); did you mean "database"?',
        'watch[1].any (line 10): expected a list of texts in square brackets, not "한울"',
        'watch[2].name (line 12): "한울오토" stands twice (already in watch[1])',
        f'collector[1].kind (line 15): no kind "jsnol"; did you mean "jsonl"? (there are: {", ".join(sorted(COLLECTORS))})',
        'collector[1].evry (line 16): unknown key (set to "5m"); did you mean "every"?',
        'collector[1].options.pth (line 18): unknown key of kind "jsonl" (set to "x"); did you mean "path"?',
        'collector[2].every (line 22): a duration is a whole number with s, m, h or d: 30s 5m 2h 7d, not "5 min"',
        "collector[2].options.path (line 24): expected a text in quotes, not 5",
        'receiver[1].quiet_hours (line 27): must look like "22:00-07:00", not "25:00-07:00"',
        'receiver[1].notifier[1].options.strem (line 30): unknown key (set to "stdout"); did you mean "stream"?',
        'route[1].receivers[2] (line 32): no receiver "dsk"; did you mean "desk"?',
        'route[1].severity[1] (line 33): expected "low" or "moderate" or "high" or "critical", not "hihg"; did you mean "high"?',
        'playbook[1].topic (line 35): no topic "delivry_delay"; did you mean "delivery_delay"?',
        "decision.page_probability (line 37): must lie in 0..1, not 1.5",
        'decision.cost_triage (line 38): expected a number, not "x"',
        'decision.topic_weights.saftey (line 39): no topic "saftey"; did you mean "safety"?',
        "budget.notifications_per_week (line 41): must be above 0, not -1",
    ]


WRONG = """
treshold = 5
[monitor]
language = "kr"
timezone = "Asia/Soul"
threshold = "six"
databse = "x.db"
[[watch]]
name = "한울오토"
any = "한울"
[[watch]]
name = "한울오토"
[[collector]]
name = "a"
kind = "jsnol"
evry = "5m"
[collector.options]
pth = "x"
[[collector]]
name = "b"
kind = "jsonl"
every = "5 min"
[collector.options]
path = 5
[[receiver]]
name = "desk"
quiet_hours = "25:00-07:00"
[[receiver.notifier]]
kind = "console"
options = { strem = "stdout" }
[[route]]
receivers = ["desk", "dsk"]
severity = ["hihg"]
[[playbook]]
topic = "delivry_delay"
[decision]
page_probability = 1.5
cost_triage = "x"
topic_weights = { saftey = 3 }
[budget]
notifications_per_week = -1
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[monitor]\nthreshold = 0", "monitor.threshold (line 2): expected a number at least 1, not 0"),
        ("[monitor]\nthreshold = true", "expected a whole number, not true"),
        ("[monitor]\nthreshold = 6e3", "expected a whole number, not 6000.0"),
        ("[monitor]\nlanguage = 5", 'expected "ko" or "en", not 5'),
        ("[monitor]\nmode = 'quiet'", 'expected "live" or "silent", not "quiet"'),
        ("[monitor]\nheartbeat = 'ftp://x'", 'monitor.heartbeat (line 2): must begin with https:// or http://, not "ftp://x"'),
        ("[monitor]\ndatabase = ''", "monitor.database (line 2): expected a file or folder"),
        ("[classifier]\ncomplaint_threshold = nan", "expected a number"),
        ("[classifier]\ncomplaint_threshold = 1.2", "expected a number from 0 to 1, not 1.2"),
        ("[classifier]\nkind = 'embeded'", 'no kind "embeded"; did you mean "embedded"?'),
        ("[[monitor]]\nlanguage = 'ko'", "monitor (line 1): is one table: write [monitor]"),
        ("[watch]\nname = 'x'\nanny = 1", "watch (line 1): is a list: write [[watch]], with two brackets"),
        ("[watch]\nname = 'x'\nanny = 1", "watch[1].anny"),
        ("watch = 'x'", "watch (line 1): is a list of tables: write [[watch]]"),
        ("[[watch]]\nany = ['x']", "watch[1].name (line 1): is missing (text)"),
        ("[[watch]]\nname = ' '", "expected a text that is not blank"),
        ("[[watch]]\nname = 'x'\nany = ['a', '', 7]", "watch[1].any[2] (line 3): expected a text that is not blank"),
        ("[[watch]]\nname = 'x'\nany = ['a', '', 7]", "watch[1].any[3] (line 3): expected a text in quotes, not 7"),
        ("[[collector]]\nname = 'x'\nkind = 'jsonl'", "collector[1].options.path (line 1): is missing"),
        ("[[receiver]]\nname = 'x'", "receiver[1].notifier (line 1): is missing: add a [[receiver.notifier]]"),
        ("[[receiver]]\nname = 'x'\ncap = 0\n[[receiver.notifier]]\nkind='console'", "expected a number at least 1, not 0"),
        ("[[route]]\ntopic = ['safety']", "route[1] (line 1): names no receivers"),
        ("[[route]]\nreceivers=[]\nescalate_to = ['x']", "needs escalate_after"),
        ("[[route]]\nreceivers=['a']", 'no receiver "a"; there is none'),
        ("[[route]]\nreceivers=[]\nwatch=['a']", 'no watch "a"; there is none'),
        ("[[topic]]\nname='a'\n[[topic]]\nname='a'", '"a" stands twice (already in topic[1])'),
        ("[[playbook]]\ntopic='price'\n[[playbook]]\ntopic='price'", '"price" stands twice'),
        ("[budget]\npages_per_shift = 1.5", "expected a whole number, not 1.5"),
        ("[budget]\nshift = '12'", 'a duration is a whole number with s, m, h or d: 30s 5m 2h 7d, not "12"'),
        ("[retention]\nposts = '5y'", 'expected duration or "forever", not "5y"'),
        ("[emergence]\nhours = [1, 2]", "emergence.hours (line 2): needs 24 numbers, not 2"),
        ("[emergence]\neffects = [2, 1]", "emergence.effects[2] (line 2): must be above 1, not 1"),
        ("[emergence]\nshare_total = 0.9", "must not sum to more than 1"),
        ("[reach]\noverlap = -1", "reach.overlap (line 2): must be at least 1, not -1"),
        ("[reach.audience]\nx = 0", "reach.audience.x (line 2): must be above 0, not 0"),
        ("[forecast]\nmiss = 0.9", "must be from 0.002 to 0.6, not 0.9"),
        ("[grouping]\njoin_surprise = -3", "must be at least 0, not -3"),
        ("[decision]\nnotify_probability = 0.9", "notify_probability <= page_probability must hold"),
        ("[decision]\ncost_claim = 1e300", "expected a number, not 1e+300"),
        ("montior = 1", 'did you mean "monitor"?'),
        ("[colector]\nx=1", 'did you mean "collector"?'),
        ("[xyzzy]\nx=1", "unknown section or key; known: monitor, "),
    ],
)  # fmt: skip
def test_one_problem(problems: Problems, text: str, said: str) -> None:
    assert any(said in problem for problem in problems(text)), problems(text)


def test_several_rules_of_one_table_beside_a_wrong_type(problems: Problems) -> None:
    told = problems("[decision]\nfatigue = 3\nlead_floor = -1\nrespond = 'x'")
    assert [line.split(" ")[0] for line in told] == ["decision.fatigue", "decision.lead_floor", "decision.respond"]


def test_a_collector_of_unknown_kind_is_looked_into(problems: Problems) -> None:
    told = problems("[[collector]]\nname='x'\nkind='reddit_of_old'\nevry='5m'\n[collector.options]\nzzz = 1\n")
    assert [line.split(" ")[0] for line in told] == ["collector[1].kind", "collector[1].evry", "collector[1].options.zzz"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[monitor]\nlanguage = \n", "config.toml line 2, column 12: no valid TOML: Invalid value"),
        (b"[monitor\n", "config.toml line 1"),
        (b"[monitor]\nlanguage = 'ko'\nlanguage = 'en'\n", "line 3"),
        (b"a = ", "line 1"),
        ("[monitor]\nresponsible = '한울'".encode("cp949"), "config.toml line 2: is not UTF-8 text"),
        ("[monitor]".encode("utf-16"), "config.toml line 1: is not UTF-8 text"),
        (b"a = " + b"[" * 5000, "nested too deeply"),
        (b"a = " + b"1" * 5000, "holds a value"),
        (b"a = 2026-13-45", "line 1"),
        (b"\0", "line 1"),
    ],
)
def test_what_is_no_toml(problems: Problems, text: bytes, said: str) -> None:
    told = problems(text)
    assert len(told) == 1
    assert said in told[0]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.toml", Path("a" * 5000)):
        with pytest.raises(ConfigError, match="cannot be read"):
            config.load(path, {})


# ---- secrets


EMAIL = """
[[receiver]]
name = "mail"
[[receiver.notifier]]
kind = "email"
[receiver.notifier.options]
host = "mail.example.com"
sender = "monitor@example.com"
to = ["care@example.com"]
username = "u"
password = {}
"""


def test_a_secret_comes_from_the_environment_and_shows_nowhere(read: Read) -> None:
    settings = read(EMAIL.format('{ env = "MONITOR_SMTP_PASSWORD" }'))
    secret = settings.receivers[0].notifiers[0].options.password  # type: ignore[attr-defined]
    assert secret.reveal() == "correct horse"
    for shown in (repr(settings), str(settings), f"{secret}", f"{secret:>20}", repr(secret), repr(vars_of(secret))):
        assert "correct" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def vars_of(secret: Secret) -> list[object]:
    return [getattr(secret, name) for name in Secret.__slots__]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"hunter2"', "secret written in clear"),
        ("['hunter2']", "stands in the environment only"),
        ("{ value = 'hunter2' }", "stands in the environment only"),
        ("{ env = 'MONITOR_SMTP_PASSWORD', fallback = 'hunter2' }", "stands in the environment only"),
        ("{ env = 'hunter2-token' }", "not shown"),
        ("{ env = 'hunter2' }", "not shown"),
        ("{ env = 'NOT_THERE' }", "environment variable NOT_THERE is not set"),
        ("{ env = 'EMPTY' }", "environment variable EMPTY is empty"),
        ("7", "stands in the environment only"),
        ("{ env = 7 }", "stands in the environment only"),
    ],
)
def test_a_secret_that_is_wrong_is_told_and_not_shown(problems: Problems, value: str, said: str) -> None:
    told = problems(EMAIL.format(value))
    assert len(told) == 1
    assert told[0].startswith("receiver[1].notifier[1].options.password (line 11): ")
    assert said in told[0]
    assert "hunter2" not in told[0]


@pytest.mark.parametrize(
    "text",
    [
        EMAIL.replace("password", "pasword").format('"hunter2"'),
        EMAIL.replace('"email"', '"emial"').format('"hunter2"'),
        EMAIL.replace('"email"', '"nonsense"').format('"hunter2"'),
        EMAIL.replace("[[receiver.notifier]]", "[receiver.notifier]").format('"hunter2"'),
        EMAIL.replace("[[receiver]]", "[receiver]").format('"hunter2"'),
        EMAIL.replace('kind = "email"', 'kind = "console"').format('"hunter2"'),
        EMAIL.format('"hunter2" "'),
        "[monitor]\napi_token = 'hunter2'",
        "token = 'hunter2'",
        "[[collector]]\nname='x'\nkind='jsonl'\noptions={path='x', client_secret='hunter2'}",
        "[[collector]]\nname='x'\nkind='nothing'\nclient_secret='hunter2'",
        "[monitor]\nlanguage = { password = 'hunter2' }",
        "[monitor]\nthreshold = [{ password = 'hunter2' }]",
        "[[watch]]\nname = 'x'\nany = { password = 'hunter2' }",
    ],
)
def test_no_problem_shows_a_secret(problems: Problems, text: str) -> None:
    told = problems(text)
    assert told
    assert "hunter2" not in "\n".join(told)


def test_secrets_only_where_secrets_belong(problems: Problems) -> None:
    told = problems('[monitor]\nlanguage = { env = "HOME" }\nresponsible = { env = "HOME" }', {"HOME": "/home/hunter2"})
    assert all("hunter2" not in problem for problem in told)
    assert "only secrets come from the environment" in told[1]


def test_a_missing_variable_in_options_of_an_unknown_kind_is_told(problems: Problems) -> None:
    told = problems('[[collector]]\nname="x"\nkind="unheard_of"\n[collector.options]\nkey = { env = "NOT_SET_ANYWHERE" }')
    assert any("NOT_SET_ANYWHERE is not set" in problem for problem in told)


# ---- durations and places


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("5m", 300), ("2h", 7200), ("7d", 604800), ("36500d", 3153600000)])
def test_durations(text: str, seconds: int) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "5", "m", "5 m", "-5m", "1.5h", "5M", "5min", "1h30m", "0s", "36501d", "999999999d", "５m", "5m\n", "1e3s"]
)
def test_nonsense_durations(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        duration(text)


def test_locations_start_at_the_files_folder(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Places:
        path: Location
        folder: Path

    decoder = Decoder({}, tmp_path)
    read = decoder.table(Places, {"path": "a/b.jsonl", "folder": "/x"})
    assert read == Places(Location(tmp_path / "a/b.jsonl"), Path("/x"))
    assert decoder.table(Places, {"path": "-", "folder": "."}) == Places(Location("-"), tmp_path)
    assert decoder.table(Places, {"path": "a\0b", "folder": ""}) is None
    assert len(decoder.problems) == 2


# ---- any file at all


keys = st.sampled_from(
    ["monitor", "watch", "collector", "receiver", "notifier", "options", "kind", "name", "every", "any", "password", "env"]
)
values = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(["jsonl", "email", "5m", "hunter2"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys | st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*reference.SECTIONS, "x"]), values, max_size=4))
def test_any_table_is_read_or_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tables: dict[str, object]) -> None:
    monkeypatch.setattr("monitor.config.reading._tables_of", lambda path, text: tables)
    path = tmp_path / "c.toml"
    path.write_text("")
    try:
        assert isinstance(config.load(path, {}), Settings)
    except ConfigError as error:
        assert error.problems
        assert all(problem.isprintable() for problem in error.problems)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.toml"
    path.write_bytes(content)
    try:
        config.load(path, {})
    except ConfigError as error:
        assert error.problems


def test_lines_of_strings_that_run_over_lines() -> None:
    text = 'a = """\n[b]\nc = 1\n"""\n[x.y]\nd = 1\n[[l]]\n[[l.m]]\n[[l]]\n[l.n]\n"k k" = 2\n'
    assert lines_of(text) == {
        ("a",): 1, ("x", "y"): 5, ("x", "y", "d"): 6, ("l",): 7, ("l", 0): 7, ("l", 0, "m"): 8, ("l", 0, "m", 0): 8, ("l", 1): 9,
        ("l", 1, "n"): 10, ("l", 1, "n", "k k"): 11,
    }  # fmt: skip


# ---- the reference


def test_every_key_is_explained() -> None:
    unexplained = [f"{section}.{key.name}" for section in reference.SECTIONS for key in reference.keys(section) if not key.meaning]
    assert not unexplained, "write a sentence under the field, or in monitor/config/limits.py"


def test_limits_and_meanings_are_of_keys_that_exist() -> None:
    there = {f"{section}.{key}" for section in limits.CORE for key in keys_of(reference.SECTIONS[section])}
    assert set(limits.LIMITS) <= there
    assert set(limits.MEANINGS) <= there


def test_the_core_starts_from_values_its_limits_allow(read: Read) -> None:
    decoder = Decoder({}, Path())
    standard = config.defaults()
    for section in limits.CORE:
        parameters = getattr(standard, section)
        table = {key: list(v) if isinstance(v := getattr(parameters, f.name), tuple) else v for key, f in keys_of(type(parameters)).items()}
        limits.check_limits(decoder, {section: table})
    assert not decoder.problems


def test_the_documentation_names_every_section_and_every_kind() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for section in reference.SECTIONS:
        assert reference.table(section) in text, f"[{section}] is stale: run cog -r docs/*.md"
    for section in reference.KINDS:
        assert reference.kinds(section).rstrip() in text, f"the kinds of [{section}] are stale: run cog -r docs/*.md"


def test_the_real_environment_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "MONITOR_SMTP_PASSWORD", "from outside")
    path = tmp_path / "config.toml"
    path.write_text(EMAIL.format('{ env = "MONITOR_SMTP_PASSWORD" }'))
    assert config.load(path).receivers[0].notifiers[0].options.password.reveal() == "from outside"  # type: ignore[attr-defined]
