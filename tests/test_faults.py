"""What happens to alerts when a channel fails: real servers, the real outbox, a clock that we set.

The table of docs/operators.md is read from here: what each fault's docstring says, and what it returns.
"""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import storing
from aiosmtpd.controller import Controller
from conftest import Words
from platforms.hooks import SIGNING, Hooks
from platforms.slack import CHANNEL, TOKEN, SlackStub
from platforms.stub import Answer, Asked, Clock, Fault
from test_notifiers import Postmaster, free_port

from monitor import config
from monitor.alerting import Route
from monitor.config import Settings
from monitor.config.sections import Notifier as Channel
from monitor.config.sections import Receiver
from monitor.decode import Secret
from monitor.domain import Severity, Watch
from monitor.matching import Matcher
from monitor.notifiers import Notifier, webhook
from monitor.notifiers.email import Address, Email, Options
from monitor.notifiers.slack import Options as Chat
from monitor.notifiers.slack import Slack
from monitor.pipeline import Parts, delivering, health
from monitor.store import Store

NOON = storing.NOON
WEB = "webhook"


@dataclass
class Staff:
    """Four receivers: care has a webhook and a mailbox, press a mailbox, night a webhook, chat a Slack bot.

    Care's route escalates to press.
    """

    folder: Path
    hooks: Hooks
    slack: SlackStub
    postmaster: Postmaster
    mail_port: int
    clock: Clock
    alerts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settings = self._settings()
        self.parts = Parts(self.settings, Words(), Matcher(self.settings.watches), self._channels())

    def _settings(self) -> Settings:
        base = config.with_watches(config.defaults(), (Watch("한울오토", ("한울오토",)),))
        names = {"care": (WEB, "email"), "press": ("email",), "night": (WEB,), "chat": ("slack",)}
        people = [Receiver(name, "ko", None, None, tuple(Channel(kind, kind, None) for kind in kinds)) for name, kinds in names.items()]
        route = Route(receivers=("care",), escalate_after=timedelta(minutes=30), escalate_to=("press",))
        return dataclasses.replace(base, receivers=tuple(people), routes=(route,))

    def _channels(self) -> dict[tuple[str, str], Notifier]:
        return {
            ("care", WEB): self._webhook("care"),
            ("care", "email"): self._mail("care@example.com"),
            ("press", "email"): self._mail("press@example.com"),
            ("night", WEB): self._webhook("night"),
            ("chat", "slack"): Slack(Chat(Secret(TOKEN), CHANNEL, base_url=self.slack.api, timeout=timedelta(seconds=5))),
        }

    def _webhook(self, name: str) -> Notifier:
        options = webhook.Options(Secret(f"{self.hooks.base_url}/program/{name}"), Secret(SIGNING), timedelta(seconds=2))
        return webhook.Webhook(options, self.clock)

    def _mail(self, box: str) -> Notifier:
        sender = Address("monitor@example.com")
        options = Options("127.0.0.1", sender, (Address(box),), self.mail_port, "none", timeout=timedelta(seconds=5))
        return Email(options, self.clock)

    def store(self) -> Store:
        return Store.open(self.folder / "staff.db")

    def alert(self, *to: tuple[str, str], severity: Severity = Severity.CRITICAL) -> None:
        """An alert for the given channels (by default: all of care's)."""
        key = f"alert-{len(self.alerts)}"
        self.alerts.append(key)
        with self.store() as store:
            message = dataclasses.replace(
                storing.message(key, subject=f"경보 {key}"), severity=severity, picture=None, sent_at=self.clock()
            )
            for receiver, channel in to or (("care", WEB), ("care", "email")):
                store.outbox.enqueue(None, None, receiver, channel, message, self.clock())

    def deliver(self) -> None:
        with self.store() as store:
            delivering.deliver(store, self.parts, self.clock())

    def for_a_time(self, **span: float) -> None:
        """Ticks, one each five minutes."""
        end = self.clock() + timedelta(**span)
        while self.clock() < end:
            self.deliver()
            self.clock.go_on(minutes=5)
        self.deliver()

    def notices(self) -> list[str]:
        """What the operator is told of it, over a day of looks."""
        with self.store() as store:
            for _ in range(3):
                health.watch(store, self.parts, self.clock())
            found = [row.message.subject for row in store.outbox.list() if row.message.thread.startswith("health")]
        return [subject for subject, times in Counter(found).items() if times and "전달하지 못한" in subject]


def refusing(status: int, *names: str, **headers: str) -> Callable[[Asked], Fault | None]:
    told = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda asked: Fault("no", Answer(status, told, b"no")) if asked.path.rpartition("/")[2] in names else None


@pytest.fixture
def staff(tmp_path: Path) -> Iterator[Staff]:
    with ExitStack() as stack:
        hooks = Hooks()
        clock = hooks.clock = Clock(NOON)
        stack.enter_context(hooks)
        slack = stack.enter_context(SlackStub(clock))
        postmaster, port = Postmaster(), free_port()
        controller = Controller(postmaster, hostname="127.0.0.1", port=port)
        controller.start()
        stack.callback(controller.stop)
        yield Staff(tmp_path, hooks, slack, postmaster, port, clock)
        assert slack.wrong == []


# ---- the faults: each returns what happened, in a sentence


def channel_gone(staff: Staff) -> str:
    """a webhook was deleted (404, 410)"""
    staff.hooks.choose = refusing(410, "care")
    staff.alert()
    staff.deliver()
    assert staff.postmaster.got("care@example.com") == 1
    assert staff.postmaster.got("press@example.com") == 0
    assert len(staff.notices()) == 1
    return "given up at once; the receiver's other channel has it; the operator is told once"


def slack_says(code: str) -> Callable[[Asked], Fault]:
    return lambda asked: Fault("no", Answer.of({"ok": False, "error": code}))


def slack_archived(staff: Staff) -> str:
    """the Slack channel was archived (is_archived)"""
    staff.slack.choose = slack_says("is_archived")
    _slack_gone(staff)
    return "given up at once; the next receiver has it, with a sentence why; the operator is told once"


def slack_revoked(staff: Staff) -> str:
    """the Slack bot's token was revoked (token_revoked)"""
    staff.slack.choose = slack_says("token_revoked")
    _slack_gone(staff)
    return "as for an archived channel"


def _slack_gone(staff: Staff) -> None:
    staff.alert(("chat", "slack"))
    staff.for_a_time(minutes=30)
    assert staff.slack.messages == {}
    assert len([asked for asked in staff.slack.asked if asked.path.endswith("chat.postMessage")]) == 1
    mails = [mail.get_body(("plain",)).get_content() for _, mail in staff.postmaster.mails]  # type: ignore[union-attr]
    heard = [*(str(one["lines"]) for one in staff.hooks.told), *mails]
    assert heard and all("chat에 전달되지 않아" in one for one in heard)
    (notice,) = staff.notices()
    assert "xoxb" not in notice


def receiver_gone(staff: Staff) -> str:
    """all channels of a receiver refuse for good"""
    staff.hooks.choose = refusing(404, "care")
    staff.postmaster.refuse["care@example.com"] = "550 no such user"
    staff.alert()
    staff.deliver()
    assert staff.postmaster.got("press@example.com") == 1
    (mail,) = [mail for boxes, mail in staff.postmaster.mails if "press@example.com" in boxes]
    assert "care에 전달되지 않아" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert len(staff.hooks.told) == 0
    assert len(staff.notices()) == 2
    return "the receiver its route escalates to gets it, with a sentence why; the operator is told once for each channel"


def everybody_gone(staff: Staff) -> str:
    """that one refuses as well"""
    staff.hooks.choose = refusing(404, "care")
    for box in ("care@example.com", "press@example.com"):
        staff.postmaster.refuse[box] = "550 no such user"
    staff.alert()
    staff.deliver()
    assert [told["subject"] for told in staff.hooks.told] == ["경보 alert-0"]
    return "the next receiver gets it, whoever is configured"


def mail_server_refuses(staff: Staff) -> str:
    """the mail server refuses for now (450, 451: greylisting, overload)"""
    staff.postmaster.answer = "451 try again later"
    staff.alert(("press", "email"))
    staff.for_a_time(minutes=10)
    staff.postmaster.answer = "250 OK"
    staff.for_a_time(minutes=15)
    assert staff.postmaster.got("press@example.com") == 1
    return "tried again after 30 s, 1, 2, 4 min ...; delivered once it accepts"


def down_for_a_day(staff: Staff) -> str:
    """a channel is down for a day"""
    staff.hooks.choose = refusing(503, "night")
    for _ in range(3):
        staff.alert(("night", WEB))
    staff.for_a_time(hours=1)
    assert staff.postmaster.got("care@example.com") == 3 or len(staff.hooks.told) == 3
    staff.for_a_time(hours=23)
    staff.hooks.choose = None
    staff.for_a_time(hours=2)
    assert Counter(told["subject"] for told in staff.hooks.told if told["lines"] == ["첫 줄", "second line"]) == Counter(
        {f"경보 alert-{n}": 1 for n in range(3)}
    )
    return "somebody else is told after 30 min; tried each hour, and delivered when it is back"


def rate_limited(staff: Staff) -> str:
    """429 with Retry-After: 600"""
    staff.hooks.plant(Fault("busy", Answer(429, {"retry-after": "600"})))
    staff.alert(("night", WEB))
    staff.for_a_time(minutes=4)
    asked = len(staff.hooks.asked)
    assert asked == 1
    staff.clock.go_on(minutes=5)
    staff.deliver()
    assert len(staff.hooks.told) == 1
    return "not asked again before the time it names; then delivered"


def too_long(staff: Staff) -> str:
    """the message is longer than the mail server takes (SIZE)"""
    small = Postmaster()
    port = free_port()
    controller = Controller(small, hostname="127.0.0.1", port=port, data_size_limit=60_000)
    controller.start()
    try:
        sender = Address("monitor@example.com")
        mailer = Email(Options("127.0.0.1", sender, (Address("press@example.com"),), port, "none"), staff.clock)
        staff.parts = dataclasses.replace(staff.parts, notifiers={("press", "email"): mailer})
        staff.alerts.append("alert-0")
        with staff.store() as store:
            whole = dataclasses.replace(storing.message("alert-0", subject="경보 alert-0"), picture=b"\x89PNG" + os.urandom(90_000))
            store.outbox.enqueue(None, None, "press", "email", whole, staff.clock())
        staff.deliver()
    finally:
        controller.stop()
    staff.postmaster.mails += small.mails
    assert staff.postmaster.got("press@example.com") == 1
    return "sent without its picture; chat messages go out in parts, and go on with the part that failed"


def answer_lost(staff: Staff) -> str:
    """the channel took it, but its answer was lost"""
    staff.alert(("night", WEB))
    staff.hooks.plant(Fault("slow", drip=3.0))
    staff.hooks.answer = _padded(staff.hooks.answer)  # type: ignore[method-assign]
    staff.for_a_time(minutes=5)
    assert len([asked for asked in staff.hooks.asked if asked.path.endswith("night")]) == 2
    assert len(staff.hooks.told) == 1
    return "sent again under the same delivery id (mail: Message-ID), so the receiving program ignores the second"


def _padded(answer: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    return lambda asked: dataclasses.replace(answer(asked), body=b"thanks" * 10)


def two_processes(staff: Staff) -> str:
    """two processes deliver at once"""
    for _ in range(12):
        staff.alert(("night", WEB), ("press", "email"))
    ready = threading.Barrier(2)

    def work() -> None:
        ready.wait()
        staff.deliver()

    both = [threading.Thread(target=work) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(staff.hooks.told) == 12
    assert staff.postmaster.got("press@example.com") == 12
    return "each alert is leased to one of them"


def killed(staff: Staff) -> str:
    """killed (SIGKILL) between sending and noting it"""
    staff.alert(("press", "email"))
    _die_after_sending(staff)
    staff.for_a_time(minutes=10)
    ids = {mail["Message-ID"] for _, mail in staff.postmaster.mails}
    assert len(ids) == 1
    assert staff.postmaster.got("press@example.com") == 2
    return "sent again when its lease of 5 min ends: at most once more for each kill, under the same Message-ID"


def _die_after_sending(staff: Staff) -> None:
    child = os.fork()
    if child == 0:
        with staff.store() as store:
            store.outbox.delivered = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
            delivering.deliver(store, staff.parts, staff.clock())
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)


def slack_killed(staff: Staff) -> str:
    """killed (SIGKILL) between Slack's answer and noting it"""
    staff.alert(("chat", "slack"))
    _die_after_sending(staff)
    said = [method for method, _ in staff.slack.said]
    assert len(staff.slack.messages) == len(said) > 0
    staff.for_a_time(minutes=10)
    assert [method for method, _ in staff.slack.said] == said
    with staff.store() as store:
        (row,) = store.outbox.list(everything=True)
    assert row.state.value == "delivered"
    return "when its lease of 5 min ends, the message is known again by its metadata and not posted a second time"


def unplugged(staff: Staff) -> str:
    """nothing listens there (refused connection, no network)"""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        options = webhook.Options(Secret(f"http://127.0.0.1:{nobody.getsockname()[1]}/x"), Secret(SIGNING))
        notifiers = {**staff.parts.notifiers, ("night", WEB): webhook.Webhook(options, staff.clock)}
        staff.parts = dataclasses.replace(staff.parts, notifiers=notifiers)
        staff.alert(("night", WEB), severity=Severity.HIGH)
        staff.for_a_time(minutes=25)
        assert staff.hooks.told == []
        staff.for_a_time(minutes=30)
    assert len(staff.hooks.told) + len(staff.postmaster.mails) >= 1
    return "as for one that is down: somebody else is told after 30 min"


def removed(staff: Staff) -> str:
    """the channel was taken out of config.toml while alerts waited"""
    staff.alert(("night", WEB))
    notifiers = {key: notifier for key, notifier in staff.parts.notifiers.items() if key != ("night", WEB)}
    staff.parts = dataclasses.replace(staff.parts, notifiers=notifiers)
    staff.deliver()
    assert len(staff.hooks.told) == 1
    return "as for a receiver that is gone: the next one gets it"


FAULTS = (
    channel_gone,
    slack_archived,
    slack_revoked,
    receiver_gone,
    everybody_gone,
    unplugged,
    mail_server_refuses,
    down_for_a_day,
    rate_limited,
    too_long,
    answer_lost,
    two_processes,
    killed,
    slack_killed,
    removed,
)
TWICE = {"killed": 1}


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_no_alert_is_lost(staff: Staff, fault: Callable[[Staff], str]) -> None:
    happened = fault(staff)
    chat = [message["text"] for message in staff.slack.messages.values() if "thread_ts" not in message]
    told = " ".join([*(one["subject"] for one in staff.hooks.told), *(mail["Subject"] for _, mail in staff.postmaster.mails), *chat])
    lost = [key for key in staff.alerts if not re.search(rf"{key}\b", told)]
    assert lost == []
    mails = Counter((box, mail["Subject"]) for boxes, mail in staff.postmaster.mails for box in boxes)
    assert sum(times - 1 for times in (*mails.values(), *Counter(chat).values())) == TWICE.get(fault.__name__, 0)
    row = f"| {fault.__doc__} | {happened} | {len(lost)} | {TWICE.get(fault.__name__, 0)} |"
    print(row)


def test_a_health_notice_and_a_subscription_go_to_nobody_else(staff: Staff) -> None:
    staff.hooks.choose = refusing(404, "night")
    with staff.store() as store:
        message = dataclasses.replace(storing.message("h", thread="health-1"), picture=None)
        store.outbox.enqueue(None, None, "night", WEB, message, staff.clock())
    staff.deliver()
    assert staff.postmaster.mails == []
    assert staff.hooks.told == []


def test_who_has_it_already_is_not_told_twice(staff: Staff) -> None:
    staff.hooks.choose = refusing(404, "night")
    staff.alert(("night", WEB), ("care", WEB), ("care", "email"))
    staff.for_a_time(hours=2)
    assert len(staff.hooks.told) == 1
    assert staff.postmaster.got("care@example.com") == 1
    assert staff.postmaster.got("press@example.com") == 0
