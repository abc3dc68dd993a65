from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from checks import blockkit
from checks import notifiers as contract
from hypothesis import example, given, settings
from hypothesis import strategies as st
from platforms import slack as workspace
from platforms.slack import APP_TOKEN, CHANNEL, TOKEN, SlackStub, read
from platforms.stub import Answer, Clock, Fault

from monitor.decode import Secret
from monitor.domain import Action, Button, Fact, Message, Quote, Reason, Reply, Severity
from monitor.domain import Answer as Told
from monitor.errors import DeliveryFailed
from monitor.notifiers import Updating
from monitor.notifiers.slack import blocks, kit
from monitor.notifiers.slack.bot import Options, Slack
from monitor.notifiers.slack.webhook import Options as WebhookOptions
from monitor.notifiers.slack.webhook import SlackWebhook

NOON = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
BUTTONS = (Button(Action.ACKNOWLEDGE, "확인", "12", "primary"), Button(Action.NOT_OURS, "우리 문제 아님", "12", "danger"))


@pytest.fixture
def slack() -> Iterator[SlackStub]:
    with workspace.running(Clock(NOON)) as stub:
        yield stub
        assert stub.wrong == []


def options(stub: SlackStub, **changed: Any) -> Options:
    return replace(Options(Secret(TOKEN), CHANNEL, base_url=stub.api, timeout=timedelta(seconds=5)), **changed)


def bot(stub: SlackStub, **changed: Any) -> Slack:
    return Slack(options(stub, **changed))


def message(**changed: Any) -> Message:
    return contract.message(**{"sent_at": NOON, "buttons": BUTTONS, **changed})


def worse(**changed: Any) -> Message:
    return message(dedup_key="incident-12/worsened", reason=Reason.WORSENED, badge="심각 · 악화", headline="더 나빠졌습니다.", **changed)


def roots(stub: SlackStub) -> list[dict[str, Any]]:
    return [entry for entry in stub.messages.values() if "thread_ts" not in entry]


def replies(stub: SlackStub) -> list[dict[str, Any]]:
    return [entry for entry in stub.messages.values() if "thread_ts" in entry]


# ---- rigs of the notifier contract (tests/test_notifiers.py)


@contextmanager
def bot_rig() -> Iterator[contract.Rig]:
    """A reader of the channel sees the living message and, below it, its thread: one text for each message that was sent."""

    def arrived() -> list[str]:
        texts: list[str] = []
        for method, call in stub.said:
            if "thread_ts" not in call:
                texts.append(read(call["blocks"]))
            elif texts:
                texts[-1] += "\n" + read(call["blocks"])
            assert method != "chat.update" or "metadata" not in call
        return texts

    with workspace.running(Clock(NOON)) as stub:
        dead = bot(stub, channel="C0NOSUCHCHANNEL")
        yield contract.Rig(lambda: bot(stub), arrived, lambda: dead, TOKEN)
        assert stub.wrong == []


@contextmanager
def webhook_rig() -> Iterator[contract.Rig]:
    with workspace.running() as stub:

        def arrived() -> list[str]:
            texts: list[str] = []
            for call in stub.hooked:
                if any(block["type"] == "header" for block in call["blocks"]):
                    texts.append("")
                texts[-1] += "\n" + read(call["blocks"])
            return texts

        dead = SlackWebhook(WebhookOptions(Secret(stub.base_url + "/services/very-secret-4"), timedelta(seconds=2)))
        stub.choose = lambda asked: Fault("gone", Answer(404, {}, b"no_service")) if asked.path.endswith("very-secret-4") else None
        yield contract.Rig(lambda: SlackWebhook(WebhookOptions(Secret(stub.hook))), arrived, lambda: dead, "very-secret-4")
        assert stub.wrong == []


# ---- the living message


def test_one_message_is_kept_up_to_date_and_its_thread_tells_the_history(slack: SlackStub) -> None:
    notifier = bot(slack)
    handle = notifier.send(message(), None)
    assert handle.startswith(f"{CHANNEL}/")
    assert notifier.send(worse(), handle) == handle
    notifier.update(message(update=True, badge="심각 · 확인됨", buttons=()), handle)
    over = message(dedup_key="incident-12/resolved", reason=Reason.RESOLVED, badge="해결", headline="해결되었습니다.", buttons=())
    assert notifier.send(over, handle) == handle
    (root,) = roots(slack)
    assert "해결되었습니다." in read(root["blocks"])
    assert not [block for block in root["blocks"] if block["type"] == "actions"]
    history = [(read(entry["blocks"]).split("\n")[0], entry["reply_broadcast"]) for entry in replies(slack)]
    assert history == [("이유", False), ("🔴 심각 · 악화", True), ("✅ 해결", False)]


def test_an_incident_that_comes_back_is_heard_by_the_channel(slack: SlackStub) -> None:
    notifier = bot(slack)
    handle = notifier.send(message(), None)
    again = message(dedup_key="incident-12/first/later", badge="심각", headline="다시 시작되었습니다.")
    assert notifier.send(again, handle) == handle
    heard = [read(entry["blocks"]) for entry in replies(slack) if entry["reply_broadcast"]]
    assert len(heard) == 1
    assert "다시 시작되었습니다." in heard[0]


@pytest.mark.parametrize("thread", ["storm-2026-11-21", "digest-2026-11-21", "health-collector-boards", "weekly"])
def test_what_is_about_no_single_incident_is_posted_anew_each_time(slack: SlackStub, thread: str) -> None:
    notifier = bot(slack)
    first, second = (message(thread=thread, dedup_key=f"{thread}/{n}", reason=None, buttons=(), headline=f"{n}번째 소식") for n in (1, 2))
    handle = notifier.send(first, None)
    assert notifier.send(second, handle) != handle
    assert ["1번째" in read(root["blocks"]) for root in roots(slack)] == [True, False]
    assert notifier.resume(second, handle) == f"{CHANNEL}/{roots(slack)[1]['ts']}"
    assert len(roots(slack)) == 2


def test_an_update_makes_no_sound_and_nothing_unfurls(slack: SlackStub) -> None:
    notifier = bot(slack)
    handle = notifier.send(message(), None)
    before = len(slack.messages)
    notifier.update(message(update=True), handle)
    assert isinstance(notifier, Updating)
    assert len(slack.messages) == before
    posted = [call for method, call in slack.said if method == "chat.postMessage"]
    assert {(call["unfurl_links"], call["unfurl_media"]) for call in posted} == {(False, False)}


def test_buttons_state_and_what_matters_are_on_the_living_message(slack: SlackStub) -> None:
    bot(slack).send(message(facts=(Fact("상태", "김하늘이 확인함"), Fact("책임자", "고객지원팀"))), None)
    (root,) = roots(slack)
    shown = read(root["blocks"])
    for part in ("14명", "1,900~4,800명", "기준 6,000명", "김하늘이 확인함", "3주째 차가 안 와요"):
        assert part in shown
    (row,) = (block for block in root["blocks"] if block["type"] == "actions")
    assert [(button["action_id"], button["value"], button["style"]) for button in row["elements"]] == [
        ("incident.acknowledge", "12", "primary"),
        ("incident.not_ours", "12", "danger"),
    ]


def test_the_thread_has_the_brief_and_drafts_of_a_reply(slack: SlackStub) -> None:
    told = Told("누가 불만인가", ("신규 고객 9명",), (Quote("차가 안 와요", "X", None),))
    whole = message(
        brief=(told,),
        stage=Told("2단계", ("지금 대응하면 120만 원",)),
        replies=(Reply("ko", "한국어", "죄송합니다.\n곧 연락드리겠습니다."),),
        never=("보상 금액",),
    )
    bot(slack).send(whole, None)
    shown = "\n".join(read(entry["blocks"]) for entry in replies(slack))
    for part in ("누가 불만인가", "신규 고객 9명", "차가 안 와요", "2단계", "죄송합니다.\n곧 연락드리겠습니다.", "보상 금액"):
        assert part in shown


def test_a_deleted_message_is_posted_anew(slack: SlackStub) -> None:
    notifier = bot(slack)
    handle = notifier.send(message(), None)
    slack.messages.clear()
    with pytest.raises(DeliveryFailed) as failure:
        notifier.update(message(update=True), handle)
    assert failure.value.permanent
    renewed = notifier.send(worse(), handle)
    assert renewed != handle
    assert len(roots(slack)) == 1


# ---- pictures


def test_the_picture_is_uploaded_once_and_shown_after_the_words(slack: SlackStub) -> None:
    notifier = bot(slack)
    handle = notifier.send(message(picture=PNG), None)
    (root,) = roots(slack)
    (image,) = (block for block in root["blocks"] if block["type"] == "image")
    assert slack.files[image["slack_file"]["id"]] == PNG
    assert [method for method, _ in slack.said] == ["chat.postMessage", "chat.postMessage", "chat.update"]
    notifier.update(message(picture=PNG, update=True), handle)
    assert len(slack.files) == 1
    assert any(block["type"] == "image" for block in root["blocks"])


@pytest.mark.parametrize("refused", ["files.getUploadURLExternal", "files.completeUploadExternal"])
def test_an_alert_without_its_picture_is_better_than_none(slack: SlackStub, refused: str) -> None:
    slack.scopes_missing.add(refused)
    assert bot(slack).send(message(picture=PNG), None)
    assert not [block for block in roots(slack)[0]["blocks"] if block["type"] == "image"]


def test_a_picture_that_is_not_ready_leaves_the_words(slack: SlackStub) -> None:
    refusal = Answer.of({"ok": False, "error": "invalid_blocks"})
    slack.choose = lambda asked: Fault("not ready", refusal) if b"slack_file" in asked.body else None
    notifier = bot(slack)
    handle = notifier.send(message(picture=PNG), None)
    notifier.update(message(picture=PNG, badge="심각 · 확인됨", update=True), handle)
    assert "확인됨" in read(roots(slack)[0]["blocks"])


# ---- killed, cut off, refused


def struck(name: str, stub: SlackStub, skip: int = 0) -> None:
    """Let the answer to the next call of chat.postMessage (after ``skip`` others) be lost, though Slack did as asked."""
    calls = iter(range(100))
    strike = Fault(name, cut=True, only=lambda asked: asked.path.endswith("chat.postMessage") and next(calls) == skip)
    stub.plant(strike)


@pytest.mark.parametrize("skip", [0, 1])
def test_a_duplicate_after_a_kill_is_recognised(slack: SlackStub, skip: int) -> None:
    for number in range(4):  # others write in the channel meanwhile
        bot(slack).send(message(dedup_key=f"incident-{number}/first", thread=f"incident-{number}"), None)
    before = len(slack.messages)
    struck("lost", slack, skip)
    with pytest.raises(DeliveryFailed) as failure:
        bot(slack).send(message(), None)
    assert not failure.value.permanent
    handle = bot(slack).resume(message(), None)  # a new process: it remembers nothing
    assert len(slack.messages) == before + 2
    assert bot(slack).resume(message(), None) == handle
    assert len(slack.messages) == before + 2


def test_a_history_line_is_not_told_twice(slack: SlackStub) -> None:
    handle = bot(slack).send(message(), None)
    struck("lost", slack)
    with pytest.raises(DeliveryFailed):
        bot(slack).send(worse(), handle)
    assert bot(slack).resume(worse(), handle) == handle
    assert [read(entry["blocks"]).split("\n")[0] for entry in replies(slack)] == ["이유", "🔴 심각 · 악화"]


def test_without_leave_to_read_the_same_process_still_does_not_repeat(slack: SlackStub) -> None:
    slack.scopes_missing |= {"conversations.history", "conversations.replies"}
    notifier = bot(slack)
    slack.plant(Fault("busy", Answer.of({"ok": False, "error": "internal_error"}, 500), only=lambda asked: b"thread_ts" in asked.body))
    with pytest.raises(DeliveryFailed):
        notifier.send(message(), None)
    notifier.resume(message(), None)
    assert len(roots(slack)) == 1


def test_without_leave_to_read_a_kill_costs_one_duplicate_at_most(slack: SlackStub) -> None:
    slack.scopes_missing |= {"conversations.history", "conversations.replies"}
    bot(slack).send(message(), None)
    bot(slack).resume(message(), None)
    assert len(roots(slack)) == 2


@pytest.mark.parametrize(
    ("code", "permanent"),
    [
        ("channel_not_found", True), ("is_archived", True), ("invalid_auth", True), ("token_revoked", True), ("account_inactive", True),
        ("not_in_channel", True), ("missing_scope", True), ("internal_error", False), ("fatal_error", False), ("ratelimited", False),
        ("something_new", False),
    ],
)  # fmt: skip
def test_slacks_no_is_our_error(slack: SlackStub, code: str, permanent: bool) -> None:
    slack.plant(Fault(code, Answer.of({"ok": False, "error": code})))
    with pytest.raises(DeliveryFailed, match=code) as failure:
        bot(slack).send(message(), None)
    assert failure.value.permanent is permanent
    assert TOKEN not in f"{failure.value!r}{failure.value.__cause__!r}"


def test_a_limited_rate_says_when_to_come_back(slack: SlackStub) -> None:
    limited = Answer.of({"ok": False, "error": "ratelimited"}, 429, retry_after="17")
    for notifier in (bot(slack), SlackWebhook(WebhookOptions(Secret(slack.hook)))):
        slack.plant(Fault("limit", limited))
        with pytest.raises(DeliveryFailed) as failure:
            notifier.send(message(), None)
        assert (failure.value.permanent, failure.value.retry_after) == (False, 17.0)
    assert len(slack.asked) == 2, "nobody retries but the outbox"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("hang", hang=3),
        Fault("cut", cut=True),
        Fault("garbage", Answer(200, {"content-type": "text/html"}, b"<html>captive portal</html>")),
        Fault("down", Answer(503, {}, b"")),
        Fault("list", Answer(200, {"content-type": "application/json"}, b"[]")),
        Fault("bytes", Answer(500, {"content-type": "text/html; charset=utf-8"}, b"\xff\xfe")),
    ],
    ids=lambda fault: fault.name,
)
@pytest.mark.parametrize("kind", ["bot", "webhook"])
def test_trouble_on_the_way_is_our_error_and_temporary(slack: SlackStub, fault: Fault, kind: str) -> None:
    slack.plant(fault)
    short = timedelta(seconds=1)
    notifier = bot(slack, timeout=short) if kind == "bot" else SlackWebhook(WebhookOptions(Secret(slack.hook), short))
    with pytest.raises(DeliveryFailed) as failure:
        notifier.send(message(), None)
    assert not failure.value.permanent
    assert "very-secret" not in str(failure.value)


@pytest.mark.parametrize(("status", "body"), [(404, b"no_service"), (410, b"channel_is_archived"), (403, b"action_prohibited")])
def test_a_webhook_that_is_gone_is_dead(slack: SlackStub, status: int, body: bytes) -> None:
    slack.plant(Fault("gone", Answer(status, {}, body)))
    with pytest.raises(DeliveryFailed, match=body.decode()) as failure:
        SlackWebhook(WebhookOptions(Secret(slack.hook))).send(message(), None)
    assert failure.value.permanent


def test_a_webhook_must_say_ok(slack: SlackStub) -> None:
    slack.plant(Fault("odd", Answer(200, {}, b"no")))
    with pytest.raises(DeliveryFailed):
        SlackWebhook(WebhookOptions(Secret(slack.hook))).send(message(), None)


def test_a_drawing_that_slack_refuses_is_sent_with_less(slack: SlackStub) -> None:
    refusal = Answer.of({"ok": False, "error": "msg_blocks_too_long"})
    slack.plant(Fault("long", refusal))
    bot(slack).send(message(), None)
    (root,) = roots(slack)
    assert "14명" in read(root["blocks"])
    assert any(block["type"] == "actions" for block in root["blocks"])
    slack.plant(Fault("payload", Answer(400, {}, b"invalid_blocks")))
    SlackWebhook(WebhookOptions(Secret(slack.hook))).send(message(), None)
    assert "14명" in slack.hooked[0]["text"]


def test_probe_tells_a_wrong_token_and_a_channel_we_are_not_in(slack: SlackStub) -> None:
    bot(slack, channel="#complaints").probe()
    bot(slack).probe()
    slack.scopes_missing.add("conversations.history")
    bot(slack).probe()
    slack.scopes_missing.clear()
    for wrong in (bot(slack, token=Secret("xoxb-other")), bot(slack, channel="C0NOSUCHCHANNEL")):
        with pytest.raises(DeliveryFailed):
            wrong.probe()
    assert slack.said == []


# ---- Block Kit


@given(text=st.text(max_size=400), times=st.sampled_from([1, 7, 30]), facts=st.integers(0, 60))
@settings(max_examples=40, deadline=None)
@example(text='"', times=30, facts=60)
@example(text="\\" * 400, times=30, facts=60)
@example(text="🔥" * 400, times=30, facts=12)
@example(text="x", times=1, facts=2_000)
def test_any_text_fits_every_limit(text: str, times: int, facts: int) -> None:
    long = text * times
    whole = message(
        subject=long, headline=long, badge=text, lines=(long,) * 9,
        facts=(Fact(text, long),) * facts, quotes=(Quote(long, long, long),) * 5,
        actions=(long,) * 20, why=(long,) * 12, footer=(long,) * 12, headings=dict.fromkeys(("facts", "why", "never", "actions"), long),
        brief=(Told(long, (long,) * 9, (Quote(long, text, None),) * 4),) * 5, stage=Told(text, (long,)), never=(long,) * 20,
        replies=(Reply("ko", long, long),) * 3, buttons=(Button(Action.ACKNOWLEDGE, long, "1"),),
    )  # fmt: skip
    drawn = blocks.draw(whole, "F0PICTURE")
    found = blockkit.problems(drawn.living)
    for page in (*kit.pages(drawn.thread), *kit.pages(blocks.notice(whole)), blocks.short(whole)):
        found += blockkit.problems(page)
    assert found == []
    assert blockkit.message_problems({"text": kit.fallback(long)}) == []


@pytest.mark.parametrize(
    "hostile",
    [
        "<!channel> <!here> <@U123> <#C1|x>",
        "<https://evil.example|bank>",
        "*b* _i_ ~s~ `c` ```x```",
        "\u202egnp.exe",
        "🔥" * 10_000,
        ":tada: &amp; &lt;",
    ],
)
def test_hostile_text_calls_nobody_and_links_nowhere(slack: SlackStub, hostile: str) -> None:
    quotes = (Quote(hostile, hostile, "javascript:alert(1)"), Quote(hostile, hostile, "https://example.com/1"))
    bot(slack).send(message(subject=hostile, headline=hostile, lines=(hostile,), facts=(Fact(hostile, hostile),), quotes=quotes), None)
    SlackWebhook(WebhookOptions(Secret(slack.hook))).send(message(subject=hostile, quotes=quotes), None)
    sent = [call for _, call in slack.said] + slack.hooked
    links = {leaf["url"] for call in sent for leaf in leaves(call["blocks"]) if leaf.get("type") == "link"}
    assert links == {"https://example.com/1"}
    assert not [call["text"] for call in sent if "<" in call["text"]]
    assert "\u202e" not in json.dumps(sent, ensure_ascii=False)


def leaves(part: object) -> Iterator[dict[str, Any]]:
    if isinstance(part, list):
        for entry in part:
            yield from leaves(entry)
    elif isinstance(part, dict):
        yield part
        for value in part.values():
            yield from leaves(value)


def test_the_validator_sees_what_is_wrong() -> None:
    wrong: list[tuple[list[dict[str, Any]], str]] = [
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}], "header text"),
        ([{"type": "header", "text": {"type": "plain_text", "text": "🔥" * 76}}], "header text"),
        ([{"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>"}}], "obey"),
        ([{"type": "section", "fields": [{"type": "plain_text", "text": "x"}] * 11}], "section fields"),
        ([{"type": "divider"}] * 51, "blocks in a message"),
        ([{"type": "context", "elements": [{"type": "plain_text", "text": "x"}] * 11}], "context elements"),
        (
            [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "here"}]}]}],
            "calls",
        ),
        ([{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}]}], "empty"),
        (
            [{"type": "actions", "elements": [{"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "x" * 76}}]}],
            "button",
        ),
        ([], "not empty"),
    ]
    for drawn, word in wrong:
        assert any(word in problem for problem in blockkit.problems(drawn)), word
    assert all(source.startswith("https://") for _, source in blockkit.LIMITS.values())


def test_a_cut_never_breaks_the_limit() -> None:
    for text in ("🔥" * 10_000, "가" * 9_000, "e\u0301" * 500, "x y " * 4_000, "\U0001f468\u200d\U0001f469" * 999):
        for limit in (1, 2, 75, 150, 3_000):
            assert kit.units(kit.cut(text, limit)) <= max(limit, 1)


def test_options_say_what_is_wrong() -> None:
    token = Secret(TOKEN)
    for changed in ({"channel": "<!here>"}, {"base_url": "http://slack.example/api/"}, {"team": "hanul"}, {"groups": ("staff",)}):
        with pytest.raises(ValueError, match=next(iter(changed))):
            Options(**{"token": token, "channel": CHANNEL, **changed})
    with pytest.raises(ValueError, match="url"):
        WebhookOptions(Secret("http://hooks.example/x"))
    shown = f"{Options(token, CHANNEL, Secret(APP_TOKEN))!r} {Slack(Options(token, CHANNEL))!r} {SlackWebhook(WebhookOptions(Secret('https://hooks.slack.com/services/very-secret')))!r}"
    assert "secret" not in shown.replace("Secret", "")


def test_severities_and_ourselves_look_different() -> None:
    heads = {
        blocks.draw(message(severity=severity, thread=thread)).living[0]["text"]["text"][0]
        for severity in Severity
        for thread in ("incident-1", "health-1")
    }
    assert len(heads) == 5
