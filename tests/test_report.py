"""The weekly report, and the brief as it reaches staff: end to end over a real store."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from conftest import MONDAY, World

from monitor import report
from monitor.cli import cli
from monitor.config.sections import Guide, Playbook
from monitor.domain import Gap, Message, Severity, Status
from monitor.messages import Reader
from monitor.report.sending import due
from monitor.store import Store

SEOUL = ZoneInfo("Asia/Seoul")


class Shows:
    """A channel that shows pictures and keeps what it was given."""

    pictures = True

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message, previous: str | None) -> str | None:
        self.messages.append(message)
        return None


def trouble(world: World, evil: str = "") -> Shows:
    """A page for something grave, with a playbook, views, and an author known from before."""
    guide = Guide(("멈춘다",), "{customer}님, {company}입니다.", ("큰 사고는 아닙니다.",))
    english = Guide((), "Dear {customer}, this is {company}.")
    receivers = tuple(replace(receiver, weekly=True) for receiver in world.parts.settings.receivers)
    settings = replace(world.parts.settings, playbooks=(Playbook("safety", "안전팀", guide, english),), receivers=receivers)
    shows = Shows()
    world.parts = replace(world.parts, settings=settings, notifiers=dict.fromkeys(world.parts.notifiers, shows))
    world.quiet_days(10)
    for n in range(8):
        post = world.post(f"브레이크 풀림! 환불해 주세요 {evil} {n} topic=safety", author=f"rider{n}", followers=900, language="ko")
        world.measure(post, views=2500 + 100 * n, likes=60, replies=20, shares=15)
        world.pass_time(minutes=2)
        world.tick()
    return shows


def test_the_alert_carries_brief_stage_drafts_and_a_picture(world: World) -> None:
    told = [message for message in trouble(world).messages if message.brief]
    assert told, "the trouble was alerted"
    message = told[-1]
    assert [answer.question for answer in message.brief][2] == "가장 바라는 것은"
    assert "환불" in message.brief[2].lines[0]
    assert message.brief[4].quotes
    assert message.stage is not None and message.stage.question[0] in "23"
    assert [reply.text for reply in message.replies] == ["{customer}님, 한울오토입니다."]
    assert message.never == ("큰 사고는 아닙니다.",)
    assert message.picture is not None and message.picture.startswith(b"\x89PNG")


def test_a_deleted_post_leaves_the_brief_of_messages_that_were_sent(world: World) -> None:
    trouble(world)
    incident = next(one for one in world.store.incidents.live() if one.alerted_at)
    judged, _ = world.store.incidents.members(incident.id)[-1]
    world.gone(judged.post)
    left = [row.message for row in world.store.outbox.of_incident(incident.id)]
    words = [quote.text for message in left for answer in message.brief for quote in answer.quotes]
    assert judged.post.text not in words and left


def test_a_report_tells_what_happened_and_escapes_it(world: World) -> None:
    trouble(world, "<script>alert(1)</script> & $x$")
    incident = next(one for one in world.store.incidents.live() if one.alerted_at)
    world.store.incidents.retitle(incident.id, "<script>alert(1)</script>")
    world.store.incidents.transition(incident.id, Status.DISMISSED, "지민", world.now + timedelta(minutes=9))
    world.store.sources.add_gap(Gap("레딧", "reddit", world.now - timedelta(hours=5), None, "no good pass"), told=True)
    monday = world.now.astimezone(SEOUL).date()
    monday -= timedelta(days=monday.weekday())
    now = world.now + timedelta(hours=1)
    gathered = report.week(world.store, world.parts.settings, monday, now)
    assert [one.id for one in gathered.incidents] == [incident.id]
    assert gathered.counts["safety"][-1] == 8
    for language in ("ko", "en"):
        reader = Reader(language, SEOUL, now)
        page = report.page(gathered, language, reader)
        assert page == report.page(gathered, language, reader)
        assert "<script" not in page and "&lt;script&gt;" in page and "<svg" in page
        assert not re.search(r"https?://(?!www\.w3\.org)", page), "nothing is fetched"
        assert ("오경보" in page) is (language == "ko")
        assert page.count("<h2>") == 6


def test_an_empty_week_is_a_report_too(tmp_path: Path, settings: object) -> None:
    with Store.open(tmp_path / "e.db") as store:
        gathered = report.week(store, settings, date(2026, 3, 2), MONDAY + timedelta(days=8))  # type: ignore[arg-type]
        page = report.page(gathered, "ko", Reader("ko", SEOUL, MONDAY))
    assert "없었습니다" in page and gathered.name == "2026-W10"


@pytest.mark.parametrize(
    ("local", "last", "week"),
    [
        ("2026-03-09 08:59", None, None),
        ("2026-03-09 09:00", None, date(2026, 3, 2)),
        ("2026-03-09 09:01", "2026-03-02", None),
        ("2026-03-10 12:00", "2026-02-23", date(2026, 3, 2)),
        ("2026-03-11 09:00", None, None),
        ("2026-03-15 23:59", None, None),
    ],
)
def test_it_is_due_on_monday_morning_by_the_companys_clock(local: str, last: str | None, week: date | None) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=SEOUL)
    assert due(at.astimezone(UTC), at, last) == week


def test_it_goes_out_once_to_those_who_want_it(world: World) -> None:
    shows = trouble(world)
    before = len(world.store.outbox.list(everything=True))
    monday = datetime(2026, 3, 16, 9, 5, tzinfo=SEOUL).astimezone(UTC)
    report.send_if_due(world.store, world.parts, monday)
    report.send_if_due(world.store, world.parts, monday + timedelta(minutes=1))
    rows = world.store.outbox.list(everything=True)
    assert len(rows) - before == len(world.parts.notifiers)
    letter = next(row.message for row in rows if row.message.thread == "weekly")
    assert letter.severity is Severity.LOW and letter.picture and len(letter.facts) >= 5 and shows.messages


def test_verbs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    trouble(world)
    monkeypatch.chdir(tmp_path)
    number = str(next(one.id for one in world.store.incidents.live() if one.alerted_at))
    runner, where = CliRunner(), ["--database", world.store.path]
    for name in ("a.png", "b.svg"):
        assert runner.invoke(cli, ["why", number, "--picture", name, *where], standalone_mode=False).exception is None
    assert Path("a.png").read_bytes().startswith(b"\x89PNG") and b"<svg" in Path("b.svg").read_bytes()
    assert runner.invoke(cli, ["why", number, "--picture", "a.gif", *where], standalone_mode=False).exception is not None
    story = runner.invoke(cli, ["why", number, *where], standalone_mode=False).output
    assert "첫 글이 올라왔습니다" in story and "처음 알렸습니다" in story
    assert len(runner.invoke(cli, ["why", number, "--all", *where], standalone_mode=False).output) > len(story)
    shown = runner.invoke(cli, ["incidents", "show", number, *where], standalone_mode=False).output
    assert "가장 바라는 것은" in shown and "단계 (1:10:100)" in shown
    assert runner.invoke(cli, ["report", "--week", "2026-W11", *where], standalone_mode=False).exception is None
    assert "<svg" in Path("report-2026-W11.html").read_text(encoding="utf-8")
    assert runner.invoke(cli, ["report", "--week", "2026-11", *where], standalone_mode=False).exception is not None
    assert "weekly = true" in str(runner.invoke(cli, ["report", "--send", *where], standalone_mode=False).exception)
