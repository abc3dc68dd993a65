"""A store filled by hand: posts, verdicts and incidents as the steps would write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.domain import (
    TOPICS,
    Assessment,
    Author,
    Because,
    Classification,
    Decision,
    Emergence,
    Engagement,
    Fact,
    Forecast,
    Incident,
    Interval,
    Judged,
    Kind,
    Labels,
    Member,
    Mention,
    Message,
    Post,
    Quote,
    Reach,
    Reason,
    Sentiment,
    Severity,
    Status,
    Step,
)
from monitor.store import Store

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WATCH = "한울오토"


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def post(number: int, text: str = "한울오토 환불이 늦어요", author: str | None = "kim", **more: object) -> Post:
    made = Post(f"x:{number:04}", "x", text, at(number), author_id=author and f"x:{author}", language="ko")
    return replace(made, **more)  # type: ignore[arg-type]


def labels(complaint: float = 0.9, topic: str = "refund_billing") -> Labels:
    scores = {name: 0.7 if name == topic else 0.025 for name in TOPICS}
    return Labels(complaint, Sentiment.NEG, {"neg": 0.8, "neu": 0.15, "pos": 0.05}, topic, scores, "ko")


def collect(store: Store, posts: Sequence[Post], engagement: Sequence[Engagement] = ()) -> None:
    authors = {p.author_id: Author(p.author_id, p.platform, p.author_id.split(":")[1], 100) for p in posts if p.author_id}
    store.posts.add(posts, list(authors.values()), [Mention(p.id, WATCH, ((0, 4),)) for p in posts], engagement, [], NOON)


def classify(store: Store, verdict: Labels | None = None, model: str = "m@1") -> None:
    work = store.posts.unclassified(10_000)
    store.posts.add_classifications([Classification(p.id, m.watch, model, verdict or labels()) for p, m in work], NOON)


def group(store: Store, incident_id: int, copies: dict[str, str] | None = None) -> list[Judged]:
    """Open the incident if it is not there, and put all that waits into it."""
    work = store.posts.ungrouped(10_000)
    if incident_id >= store.incidents.next_id():
        store.incidents.open(incident(incident_id), at(0))
    because = Because("grouping.alike", {"post": "x:1", "surprise": 4.5})
    copied = copies or {}
    store.incidents.add_members([Member(j.post.id, WATCH, incident_id, because, copied.get(j.post.id)) for j in work], NOON)
    store.incidents.refresh([incident_id])
    store.posts.mark([(j.post.id, WATCH) for j in work], Step.GROUPED)
    return work


def incident(number: int, **more: object) -> Incident:
    made = Incident(number, WATCH, Kind.COMPLAINT, "other", f"사건 {number}", Status.CANDIDATE, at(0), at(0), 0, 0)
    return replace(made, **more)  # type: ignore[arg-type]


def assessment(incident_id: int = 1, minute: float = 5, people: float | None = 2000.0) -> Assessment:
    because = Because("emergence.rise", {"observed": 5, "since": at(0), "stream": "total", "rate": 0.25, "last": None})
    reach = None if people is None else Reach(Interval(people / 2, people, people * 2), 0.4, Because("reach_mixed", {"p50": people}))
    horizons = {name: Interval(1.0, 2.0, 3.0) for name in ("1h", "6h", "24h")}
    ahead = None if people is None else Forecast(horizons, 0.3, at(90), None, at(600), Because("forecast.likely", {"p": 0.3}))
    return Assessment(incident_id, at(minute), Emergence(5, 0.5, 3, 7.5, True, because, "total", ("x",)), reach, ahead, 5, 3)


def decision(incident_id: int = 1, reason: Reason = Reason.FIRST, minute: float = 5, severity: Severity = Severity.HIGH) -> Decision:
    notify = reason in {Reason.FIRST, Reason.WORSENED, Reason.CROSSED}
    because = Because("alerting.first", {"p": 0.4})
    return Decision(incident_id, at(minute), reason, notify, severity, because, {"benefit": 12.5}, ("service",) if notify else ())


def message(key: str = "1.1", thread: str = "incident-1", quotes: Sequence[Quote] = (), subject: str = "경보: 환불 지연") -> Message:
    return Message(
        subject=subject,
        lines=("첫 줄", "second line"),
        facts=(Fact("사람", "3"),),
        quotes=tuple(quotes),
        actions=("전화하기",),
        severity=Severity.HIGH,
        language="ko",
        dedup_key=key,
        thread=thread,
        sent_at=at(6),
        picture=b"\x89PNG",
        headline="세 명이 환불이 늦다고 합니다",
        badge="높음",
        reason=Reason.FIRST,
        why=("평소의 열 배입니다",),
        footer=("monitor why 1",),
        headings={"facts": "사실"},
    )


def story(store: Store, posts: int = 5) -> None:
    """One incident with ``posts`` posts of different people, all steps done up to grouping."""
    collect(store, [post(number, f"한울오토 환불 {number}번째", f"who{number}") for number in range(posts)])
    classify(store)
    group(store, 1)
