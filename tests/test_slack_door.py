"""Slack's buttons and ``/complaints`` through the real clients: Socket Mode against a stub, the store and the pipeline behind it."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from conftest import MONDAY, SHARED, World, parts_for
from platforms import slack as workspace
from platforms.slack import APP_TOKEN, CHANNEL, TEAM, TOKEN, SlackStub, read
from platforms.stub import Answer, Clock, Fault
from test_workflow import SCRATCHES

from monitor import assembly, config
from monitor.config import Settings
from monitor.config.sections import Notifier, Receiver
from monitor.decode import Secret
from monitor.domain import Status, Watch
from monitor.errors import ConfigError
from monitor.notifiers.slack import Options, Slack
from monitor.reception.slack import SlackDoor, doors
from monitor.store import Store

KIM = {"id": "U0KIM", "username": "kim", "name": "kim", "team_id": TEAM}
LEE = {"id": "U0LEE", "username": "lee", "name": "lee", "team_id": TEAM}


@pytest.fixture
def slack() -> Iterator[SlackStub]:
    with workspace.running(Clock(MONDAY)) as stub:
        yield stub
        assert stub.wrong == []


def configured(stub: SlackStub, **changed: Any) -> Settings:
    options = replace(Options(Secret(TOKEN), CHANNEL, Secret(APP_TOKEN), base_url=stub.api, timeout=timedelta(seconds=5)), **changed)
    channel = Notifier("slack", "slack", options)
    whole = config.with_watches(config.defaults(), (Watch("한울오토", ("한울오토",)),))
    return replace(whole, receivers=(Receiver("staff", "ko", None, None, (channel,)),))


class House:
    """A company with one incident that Slack shows, and its door to Slack open."""

    def __init__(self, stub: SlackStub, folder: Path, settings: Settings):
        self.stub = stub
        store = Store.open(folder / "house.db", durable=False)
        options = settings.receivers[0].notifiers[0].options
        assert isinstance(options, Options)
        parts = replace(parts_for(settings, assembly.Kept()), notifiers={("staff", "slack"): Slack(options)})
        self.world = World(store, parts, assembly.Kept())
        self.door = self.reopened()

    def reopened(self) -> SlackDoor:
        """A door as a new process has it."""
        (door,) = doors(self.world.parts.settings, self.world.parts, str(self.store.path), lambda: self.world.now)
        door._look_every = 0.1
        return door

    def burst(self) -> None:
        self.world.quiet_days(9)
        for text in SCRATCHES:
            self.stub.clock.now = self.world.now
            self.world.post(text)
            self.world.pass_time(minutes=5)
            self.world.tick()
        self.stub.clock.now = self.world.now

    @property
    def store(self) -> Store:
        return self.world.store

    def root(self) -> dict[str, Any]:
        return next(entry for entry in self.stub.messages.values() if "thread_ts" not in entry)

    def incident(self) -> int:
        (row,) = (button["value"] for block in self.root()["blocks"] if block["type"] == "actions" for button in block["elements"][:1])
        return int(row)

    def body(self, action: str, user: dict[str, str] = KIM, incident: int | None = None, **more: Any) -> dict[str, Any]:
        """A click as Slack tells of it (shape: samples/interactive/BlockActionPayload.json)."""
        pressed = {
            "action_id": f"incident.{action}", "block_id": "incident.ko", "type": "button", "value": str(incident or self.incident()),
            "text": {"type": "plain_text", "text": action}, "action_ts": f"{self.world.now.timestamp():.6f}",
        }  # fmt: skip
        return {
            "type": "block_actions", "user": user, "team": {"id": TEAM, "domain": "hanulauto"},
            "channel": {"id": CHANNEL, "name": "complaints"},
            "api_app_id": "A0MONITOR", "trigger_id": "1.2.abc", "container": {"type": "message", "channel_id": CHANNEL},
            "response_url": f"{self.stub.base_url}/respond/1", "actions": [pressed | more.pop("pressed", {})], **more,
        }  # fmt: skip

    def press(self, action: str, user: dict[str, str] = KIM, number: str | None = None, **more: Any) -> str:
        """Press a button; return what the presser is told."""
        return self.asked("interactive", self.body(action, user, **more), number)

    def command(self, text: str, user: dict[str, str] = KIM, **more: Any) -> str:
        body = {
            "command": "/complaints", "text": text, "user_id": user["id"], "user_name": user["username"], "team_id": TEAM,
            "team_domain": "hanulauto", "channel_id": CHANNEL, "channel_name": "complaints", "trigger_id": "1.2.abc",
            "response_url": f"{self.stub.base_url}/respond/1", **more,
        }  # fmt: skip
        return self.asked("slash_commands", body)

    def asked(self, kind: str, body: dict[str, Any], number: str | None = None) -> str:
        before = len(self.stub.whispers)
        began = time.monotonic()
        self.stub.acknowledged(self.stub.envelope(kind, body, number))
        assert time.monotonic() - began < 3
        until(lambda: len(self.stub.whispers) > before)
        whisper = self.stub.whispers[-1]
        assert whisper.get("response_type", "ephemeral") == "ephemeral"
        return read(whisper["blocks"]) if "blocks" in whisper else str(whisper["text"])


def until(holds: Callable[[], object], within: float = 10.0) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def house(stub: SlackStub, folder: Path, **changed: Any) -> House:
    return House(stub, folder, configured(stub, **changed))


@pytest.fixture
def open_house(slack: SlackStub, tmp_path: Path) -> Iterator[House]:
    built = house(slack, tmp_path)
    built.burst()
    built.door.open()
    until(lambda: slack.lines)
    yield built
    built.door.close()
    built.store.close()


def test_a_press_is_done_once_seen_by_all_and_told_to_the_presser(open_house: House) -> None:
    number = open_house.incident()
    told = open_house.press("acknowledge")
    assert "확인 처리했습니다" in told
    until(lambda: "kim이 확인함" in read(open_house.root()["blocks"]))
    assert "확인됨" in read(open_house.root()["blocks"])
    assert "kim" in open_house.press("acknowledge", LEE), "the second hears who was first"
    moves = [(move.who, move.origin, move.became) for move in open_house.store.incidents.history(number) if move.who != "monitor"]
    assert moves == [("kim", "slack:U0KIM", "acknowledged")]
    buttons = [button["action_id"] for block in open_house.root()["blocks"] if block["type"] == "actions" for button in block["elements"]]
    assert "incident.acknowledge" not in buttons
    assert "incident.handled" in buttons


def test_assign_silence_and_handled(open_house: House) -> None:
    number = open_house.incident()
    assert "까지 알리지 않습니다" in open_house.press("silence_4h")
    assert "lee" in open_house.press("assign", LEE)
    assert open_house.store.incidents.get(number).assigned_to == "lee"
    assert "처리 완료" in open_house.press("handled")
    until(lambda: "해결" in read(open_house.root()["blocks"]))
    assert open_house.store.incidents.get(number).status is Status.RESOLVED
    assert not [block for block in open_house.root()["blocks"] if block["type"] == "actions"]


def test_a_duplicate_is_chosen_from_the_live_incidents(open_house: House) -> None:
    number, store = open_house.incident(), open_house.store
    for row in store.incidents.live():
        if row.id != number and row.authors > 1:
            store.incidents.transition(row.id, Status.DISMISSED, "monitor", open_house.world.now)
    assert "다른 사건이 없습니다" in open_house.press("duplicate"), "what one person wrote is nothing that staff know of"
    second = store.incidents.next_id()
    store.incidents.open(replace(store.incidents.get(number), id=second, title="같은 흠집 이야기"), None)
    open_house.stub.acknowledged(open_house.stub.envelope("interactive", open_house.body("duplicate")))
    until(lambda: open_house.stub.views)
    view = open_house.stub.views[-1]
    select = view["blocks"][0]["element"]
    assert str(second) in [option["value"] for option in select["options"]]
    chosen = {"duplicate": {"duplicate": {"type": "static_select", "selected_option": {"value": str(second)}}}}
    body = {
        "type": "view_submission",
        "user": KIM,
        "team": {"id": TEAM},
        "view": {**view, "id": "V1", "team_id": TEAM, "state": {"values": chosen}},
    }
    assert "합쳤습니다" in open_house.asked("interactive", body)
    assert store.incidents.get(second).merged_into == number


def test_strangers_and_late_presses_are_refused(open_house: House) -> None:
    number = open_house.incident()
    before = open_house.store.incidents.history()
    guest = {**LEE, "team_id": "T0ELSEWHERE"}
    assert "우리 워크스페이스" in open_house.press("handled", guest)
    assert "우리 워크스페이스" in open_house.press("handled", team={"id": "T0ELSEWHERE"})
    assert "우리 워크스페이스" in open_house.command("", team_id="T0ELSEWHERE")
    late = {"action_ts": f"{(open_house.world.now - timedelta(minutes=6)).timestamp():.6f}"}
    for pressed in (late, {"action_ts": "soon"}, {"action_ts": f"{(open_house.world.now + timedelta(days=1)).timestamp():.6f}"}):
        assert "오래되어" in open_house.press("handled", pressed=pressed)
    for wrong in ("99999999999999999999", "", "1; DROP TABLE incidents", "-1", "١٢"):
        assert "없습니다" in open_house.press("handled", pressed={"value": wrong})
    assert "없습니다" in open_house.press("undo")
    assert "없습니다" in open_house.press("acknowledge", incident=number + 500)
    assert open_house.store.incidents.history() == before


def test_a_replayed_request_is_refused(open_house: House) -> None:
    open_house.press("assign", KIM, number="same")
    until(lambda: "kim" in read(open_house.root()["blocks"]))
    open_house.press("assign", LEE)
    whispers = len(open_house.stub.whispers)
    open_house.stub.acknowledged(open_house.stub.envelope("interactive", open_house.body("assign", KIM), "same"))
    open_house.command("")
    assert len(open_house.stub.whispers) == whispers + 1, "only the command was answered"
    assert open_house.store.incidents.get(open_house.incident()).assigned_to == "lee"


def test_a_request_replayed_after_a_restart_is_refused(open_house: House) -> None:
    open_house.press("assign", KIM, number="same")
    open_house.press("assign", LEE)
    open_house.door.close()
    again = open_house.reopened()
    try:
        lines = len(open_house.stub.lines)
        again.open()
        until(lambda: len(open_house.stub.lines) > lines and again.connected)
        whispers = len(open_house.stub.whispers)
        open_house.stub.acknowledged(open_house.stub.envelope("interactive", open_house.body("assign", KIM), "same"))
        open_house.command("")
        assert len(open_house.stub.whispers) == whispers + 1, "only the command was answered"
        assert open_house.store.incidents.get(open_house.incident()).assigned_to == "lee"
    finally:
        again.close()


def test_only_members_of_the_groups_may_press(slack: SlackStub, tmp_path: Path) -> None:
    built = house(slack, tmp_path, groups=("S0CARE", "S0LEADS"))
    built.burst()
    built.door.open()
    try:
        until(lambda: slack.lines)
        assert "확인하지 못해" in built.press("acknowledge"), "groups that cannot be read admit nobody"
        slack.groups |= {"S0CARE": ["U0LEE"], "S0LEADS": []}
        assert "구성원만" in built.press("acknowledge")
        assert "확인 처리했습니다" in built.press("acknowledge", LEE)
        asked = [request.path for request in slack.asked].count("/api/usergroups.users.list")
        built.press("acknowledge", LEE)
        assert [request.path for request in slack.asked].count("/api/usergroups.users.list") == asked, "remembered for five minutes"
    finally:
        built.door.close()
        built.store.close()


def test_the_command_tells_what_is_going_on_why_and_silences(open_house: House) -> None:
    number = open_house.incident()
    listed = open_house.command("")
    assert "진행 중인 사건" in listed
    assert f"{number}번" in listed
    assert "알렸습니다" in open_house.command(f"why {number}")
    assert "까지 알리지 않습니다" in open_house.command(f"silence #{number} 2h")
    (silence,) = open_house.store.incidents.silences(open_house.world.now)
    assert (silence.ends_at - silence.starts_at, silence.author) == (timedelta(hours=2), "kim")
    for odd in (
        "help",
        "why",
        "why twelve",
        "silence 1 forever",
        "silence 1 4h now",
        "<!channel>",
        "why 99999999999999999999999",
        "x" * 5_000,
    ):
        assert "쓰는 법" in open_house.command(odd), odd
    assert "없습니다" in open_house.command("why 987654")


def test_a_cut_line_is_renewed_and_a_dead_slack_never_stops_the_daemon(slack: SlackStub, tmp_path: Path) -> None:
    built = house(slack, tmp_path)
    down = Answer(503, {}, b"")
    slack.choose = lambda asked: Fault("down", down) if "auth.test" in asked.path or "connections" in asked.path else None
    built.door.open()
    time.sleep(0.3)
    assert not slack.lines
    slack.choose = None
    until(lambda: slack.lines)
    built.burst()
    slack.hang_up()
    until(lambda: len(slack.lines) > 1, within=20)
    assert "확인 처리했습니다" in built.press("acknowledge")
    built.door.close()
    built.store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_the_daemon_opens_the_door_and_closes_it_when_it_stops(slack: SlackStub, tmp_path: Path) -> None:
    """The real program: ``monitor run`` with a door, ended by SIGTERM."""
    file = tmp_path / "config.toml"
    file.write_text(
        f'''[monitor]
database = "house.db"
[[watch]]
name = "한울오토"
any = ["한울오토"]
[[receiver]]
name = "care"
[[receiver.notifier]]
kind = "slack"
[receiver.notifier.options]
channel = "{CHANNEL}"
token = {{ env = "SLACK_A" }}
app_token = {{ env = "SLACK_B" }}
base_url = "{slack.api}"
'''
    )
    secrets = {**os.environ, "SLACK_A": TOKEN, "SLACK_B": APP_TOKEN}
    command = [sys.executable, "-m", "monitor", "run", "--config", str(file)]
    with subprocess.Popen(command, env=secrets, stderr=subprocess.PIPE, cwd=tmp_path, text=True) as daemon:
        until(lambda: slack.lines, within=60)
        body = {"command": "/complaints", "text": "", "user_id": "U0KIM", "user_name": "kim", "team_id": TEAM, "channel_id": CHANNEL}
        number = slack.envelope("slash_commands", {**body, "response_url": f"{slack.base_url}/respond/1"})
        slack.acknowledged(number)
        until(lambda: slack.whispers)
        daemon.send_signal(signal.SIGTERM)
        told = daemon.communicate(timeout=60)[1]
    assert daemon.returncode == 0, told
    assert "진행 중인 사건이 없습니다" in read(slack.whispers[0]["blocks"])
    assert "secret" not in told


@pytest.mark.parametrize("skip", [0, 1, 2])
def test_the_outbox_says_nothing_twice_after_a_kill(slack: SlackStub, tmp_path: Path, skip: int) -> None:
    """The answer to the first, second or third request is lost and the process dies; another one goes on when the lease has run out."""
    built = house(slack, tmp_path)
    calls = iter(range(1_000))
    lost = Fault("lost", cut=True, only=lambda asked: asked.path.startswith("/api/chat.") and next(calls) == skip)
    slack.plant(lost)
    built.burst()
    built.world.parts = replace(built.world.parts, notifiers={("staff", "slack"): Slack(configured_options(built))})
    built.world.pass_time(minutes=10)
    built.world.tick()
    assert slack.struck == ["lost"]
    roots = [entry for entry in slack.messages.values() if "thread_ts" not in entry]
    parts = [entry["metadata"]["event_payload"] for entry in slack.messages.values()]
    assert len(roots) == 1
    assert len(parts) == len({tuple(sorted(part.items())) for part in parts})
    assert built.store.outbox.list() == []
    built.store.close()


def configured_options(built: House) -> Options:
    options = built.world.parts.settings.receivers[0].notifiers[0].options
    assert isinstance(options, Options)
    return options


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")
def test_our_clicks_have_the_shape_of_slacks(open_house: House) -> None:
    sample = json.loads((SHARED / "contracts/slack/samples/interactive/BlockActionPayload.json").read_text())
    body = open_house.body("acknowledge")
    assert set(body) <= set(sample)
    assert set(body["actions"][0]) <= set(sample["actions"][0])
    assert set(body["user"]) <= set(sample["user"])


def test_config_takes_slack_and_tells_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_A", TOKEN)
    monkeypatch.setenv("SLACK_B", APP_TOKEN)
    file = tmp_path / "config.toml"
    channel = '[[receiver]]\nname = "care"\n[[receiver.notifier]]\nkind = "slack"\n[receiver.notifier.options]\n'
    file.write_text(
        channel + 'channel = "C0123456789"\ntoken = { env = "SLACK_A" }\napp_token = { env = "SLACK_B" }\ngroups = ["S0123456789"]\n'
    )
    (receiver,) = config.load(file).receivers
    assert isinstance(receiver.notifiers[0].options, Options)
    file.write_text(channel + f'channel = "C0123456789"\ntoken = "{TOKEN}"\nteam = "hanul"\n')
    with pytest.raises(ConfigError) as wrong:
        config.load(file)
    assert TOKEN not in str(wrong.value)


def test_a_door_for_each_app_token(slack: SlackStub, tmp_path: Path) -> None:
    settings = configured(slack)
    (staff,) = settings.receivers
    options = staff.notifiers[0].options
    assert isinstance(options, Options)
    lead = replace(staff, name="lead", language="en")
    mute = replace(staff, name="mute", notifiers=(Notifier("slack", "slack", replace(options, app_token=None)),))
    settings = replace(settings, receivers=(staff, lead, mute))
    made = doors(settings, parts_for(settings, assembly.Kept()), str(tmp_path / "x.db"), lambda: MONDAY)
    assert [list(door._channels) for door in made] == [["staff", "lead"]]
    for door in made:
        assert TOKEN not in repr(door) + str(vars(door))


def test_from_a_decision_to_an_accepted_request_under_a_second(slack: SlackStub, tmp_path: Path) -> None:
    built = house(slack, tmp_path)
    built.burst()
    spoken = built.world.spoken()[-1]
    times = []
    for number in range(15):
        message = built.store.outbox.of_incident(spoken.decision.incident_id)[0].message
        began = time.perf_counter()
        with built.store.transaction():
            key = f"incident-{number}/first"
            built.store.outbox.enqueue(
                None, None, "staff", "slack", replace(message, dedup_key=key, thread=f"incident-{number}"), built.world.now
            )
        built.world.tick()
        times.append(time.perf_counter() - began)
    built.store.close()
    assert median(times) < 1
    assert threading.active_count() < 50
    with pytest.raises(queue.Empty):
        slack.acks.get_nowait()
