"""The notifier contract as functions: every kind in ``KINDS`` runs every check against a real channel of its own."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from monitor.domain import Bar, Fact, Interval, Message, Quote, Reason, Severity, Spread
from monitor.errors import DeliveryFailed
from monitor.notifiers import Notifier

HOSTILE = (
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 a\r\nBcc: victim@example.com\r\n\r\n<script>alert(1)</script> <img src=x onerror=alert(1)> "
    '" onmouseover="x \u202egnp.exe\u2066 zero\u200bwidth \x00nul \ud800 lone 漢字 العربية 👩‍👩‍👧 <!channel> <@U123> *bold* ' + "🔥" * 500
)


@dataclass(frozen=True)
class Rig:
    """A channel to check: ``make`` a notifier for it, ``arrived`` what a reader sees (each message as text), ``dead`` one is down."""

    make: Callable[[], Notifier]
    arrived: Callable[[], list[str]]
    dead: Callable[[], Notifier]
    secret: str | None = None


def message(**changed: object) -> Message:
    """A full message in Korean."""
    whole = Message(
        subject="[심각] 한울오토 배송 지연: 14명 불만, 약 3시간 20분 뒤 6,000명 도달 예상(가능성 62%)",
        lines=("11월 21일 07:48부터 14명이 불만 게시물 17건을 올렸습니다.",),
        facts=(Fact("무슨 일", "탁송이 3주째 늦음"), Fact("책임자", "고객지원팀")),
        quotes=(Quote("3주째 차가 안 와요", "X · 11월 21일 08:50", "https://example.com/status/1?a=1&b=2"),),
        actions=("지연 고객에게 먼저 전화한다.",),
        severity=Severity.CRITICAL,
        language="ko",
        dedup_key="incident-12/first/20261121T015000Z",
        thread="incident-12",
        sent_at=datetime(2026, 11, 21, 1, 50, tzinfo=UTC),
        headline="한울오토의 배송 지연 문제로 14명이 불만을 올렸습니다.",
        badge="심각",
        reason=Reason.FIRST,
        spread=Spread(6000, "기준 6,000명", "80% 범위", (Bar("지금", "1,900~4,800명", Interval(1900, 2900, 4800)),)),
        why=("평소보다 17배 많습니다.",),
        footer=("사건 12번", "monitor why 12"),
        headings={"facts": "한눈에 보기", "quotes": "대표 게시물", "why": "이유", "actions": "할 일", "spread": "본 사람"},
    )
    return replace(whole, **changed)  # type: ignore[arg-type]


def hostile() -> Message:
    """A message every text of which would do harm if it were passed on as it is."""
    return message(
        subject=HOSTILE,
        lines=(HOSTILE, ""),
        facts=(Fact(HOSTILE, HOSTILE), Fact("", "")),
        quotes=(
            Quote(HOSTILE, HOSTILE, "javascript:alert(1)"),
            Quote("x", "y", "https://example.com/\r\nX: 1"),
            Quote("x", "y", 'https://example.com/"><b>'),
        ),
        actions=(HOSTILE,),
        headline=HOSTILE,
        badge=HOSTILE,
        spread=Spread(0, HOSTILE, HOSTILE, (Bar(HOSTILE, HOSTILE, Interval(0, 0, 1e12)),)),
        why=(HOSTILE,),
        footer=(HOSTILE,),
        headings={"facts": HOSTILE, "why": HOSTILE},
        link="file:///etc/passwd",
        thread=HOSTILE,
        dedup_key=HOSTILE,
    )


def opens_nothing_before_it_sends(rig: Rig) -> None:
    rig.make()
    rig.dead()
    assert rig.arrived() == []


def delivers_all_that_staff_need(rig: Rig) -> None:
    sent = message()
    rig.make().send(sent, None)
    (arrived,) = rig.arrived()
    flat = " ".join(arrived.split())
    wanted = [sent.headline, *sent.lines, *sent.actions, *sent.why, *sent.footer, "1,900~4,800명", "기준 6,000명"]
    wanted += [part for fact in sent.facts for part in (fact.label, fact.value)]
    wanted += [part for quote in sent.quotes for part in (quote.text, quote.source)]
    assert [text for text in wanted if text not in flat] == []


def returns_a_handle_that_the_next_message_may_use(rig: Rig) -> None:
    notifier = rig.make()
    handle = notifier.send(message(), None)
    assert handle is None or (isinstance(handle, str) and handle)
    notifier.send(message(dedup_key="incident-12/worsened", reason=Reason.WORSENED), handle)
    notifier.send(message(dedup_key="incident-12/resolved", reason=Reason.RESOLVED), "a handle\r\nof <another@version> \x00")
    assert len(rig.arrived()) == 3


def lets_no_hostile_text_through(rig: Rig) -> None:
    rig.make().send(hostile(), None)
    (arrived,) = rig.arrived()
    unseen = {character for character in arrived if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co")}
    assert unseen <= {"\n"}
    assert "javascript:" not in arrived
    assert "file:" not in arrived


def takes_a_bare_message(rig: Rig) -> None:
    bare = Message("subject", (), (), (), (), Severity.LOW, "en", "k", "t", datetime(2026, 1, 1, tzinfo=UTC))
    rig.make().send(bare, None)
    assert "subject" in rig.arrived()[0]


def takes_a_long_message(rig: Rig) -> None:
    facts = tuple(Fact(f"{n}번", "가나다라 " * 100) for n in range(500))
    rig.make().send(message(facts=facts, lines=("x" * 100_000,)), None)
    assert "499번" in rig.arrived()[0]


def tells_a_dead_channel_as_our_error_without_secrets(rig: Rig) -> None:
    notifier = rig.dead()
    with pytest.raises(DeliveryFailed) as failure:
        notifier.send(message(), None)
    told = f"{failure.value} {failure.value!r} {notifier!r} {vars(failure.value)}"
    assert rig.secret is None or rig.secret not in told
    assert "\n" not in str(failure.value)


CHECKS = (
    opens_nothing_before_it_sends,
    delivers_all_that_staff_need,
    returns_a_handle_that_the_next_message_may_use,
    lets_no_hostile_text_through,
    takes_a_bare_message,
    takes_a_long_message,
    tells_a_dead_channel_as_our_error_without_secrets,
)
