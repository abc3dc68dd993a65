"""Let a storm pass over the pipeline and count what arrived where.

Own model, own store; one receiver has a Slack bot that talks to the tests' stub of Slack, the other channels keep what they get.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from platforms import slack

from monitor import assembly, config
from monitor.alerting import Route
from monitor.collectors import Page
from monitor.config import Settings
from monitor.config.sections import Notifier
from monitor.decode import Secret
from monitor.domain import Author, Decision, Engagement, Message, Post, Reason, Severity, Subscriber, Watch, When
from monitor.notifiers.slack import Options, Slack
from monitor.pipeline import Memory, Pipeline, collecting
from monitor.store import Store

BEGIN = datetime(2026, 3, 2, 1, tzinfo=UTC)
SUBSCRIBER = "press@hanul-auto.example"
TROUBLES = (
    "전기차가 물에 잠겨 감전될 뻔했습니다. 정말 위험했고 아무도 사과하지 않습니다. 최악입니다.",
    "탁송 기사가 욕을 하고 소리를 질렀습니다. 너무 불쾌하고 화가 납니다. 다시는 이용하지 않겠습니다.",
    "새 차에 흠집이 나서 왔는데 보상을 거부합니다. 정말 실망했고 어이가 없습니다.",
    "약속한 날에서 일주일이 지나도 차가 오지 않습니다. 연락도 없고 너무 답답하고 짜증납니다.",
    "앱이 하루 종일 먹통이라 예약도 취소도 안 됩니다. 정말 최악이고 너무 화가 납니다.",
    "견적보다 요금을 두 배로 청구했습니다. 바가지라서 너무 화가 나고 실망했습니다.",
    "환불을 신청했는데 두 달째 입금이 안 됩니다. 전화도 받지 않네요. 사기 같아서 화가 납니다.",
)
LOUD, HEARD = 0.12, 0.3
"""Shares of the incidents: of those seen by tens of thousands, and of those by a few thousand; the rest stay small."""


@dataclass(frozen=True)
class Told:
    """One post of the storm with what its platform shows."""

    post: Post
    followers: int
    views: int


class Counting(assembly.Kept):
    """A channel that keeps what it accepts."""

    def readdressed(self, address: str) -> Counting:
        """The same channel for everybody."""
        return self


def settings_for(base: Settings, branches: int, chat: Options) -> Settings:
    """A desk with three receivers on routes, the first in Slack; budget 7 a week, 2 pages a shift."""
    console = base.receivers[0]
    names = ("당직", "고객경험팀", "홍보팀")
    watches = [Watch(f"{number:03}호점", (f"한울오토 {number:03}호점",)) for number in range(branches)]
    routes = (
        Route(("홍보팀",), severity=(Severity.CRITICAL,), continue_=True),
        Route(("당직", "고객경험팀"), severity=(Severity.HIGH, Severity.CRITICAL)),
    )
    people = tuple(replace(console, name=name) for name in names)
    people = (replace(people[0], notifiers=(Notifier("slack", "slack", chat),)), *people[1:])
    return replace(config.with_watches(base, watches), receivers=people, routes=routes)


def posts(incidents: int, seed: int) -> Iterator[tuple[int, Told]]:
    """Yield (minute, post): each trouble is at a branch of its own, so that no two are one incident, and told by one to three people."""
    draw = random.Random(seed)
    for number in range(incidents):
        trouble = TROUBLES[number % len(TROUBLES)]
        minute, chance = draw.randrange(58), draw.random()
        views = draw.randrange(15_000, 60_000) if chance < LOUD else draw.randrange(700, 3_000) if chance < HEARD else draw.randrange(3, 60)
        for teller in range(draw.randint(1, 3)):
            name = f"x:{number}-{teller}"
            text = f"한울오토 {number:03}호점 {trouble} {'정말' * teller}"
            post = Post(
                name, "x", text, BEGIN + timedelta(minutes=minute, seconds=20 * teller), author_id=f"x:a{number}-{teller}", language="ko"
            )
            yield minute + teller // 2, Told(post, 300 + views // 2, views // (teller + 1))


def storm(incidents: int, seed: int, folder: Path, hours: int = 6) -> dict[str, Any]:
    """Let the storm pass, then ``hours`` in all; return the account."""
    with slack.running() as stub:
        found = _storm(incidents, seed, folder, hours, stub)
    return found | {"slack": _shown(stub)}


def _storm(incidents: int, seed: int, folder: Path, hours: int, stub: slack.SlackStub) -> dict[str, Any]:
    chat = Options(Secret(slack.TOKEN), slack.CHANNEL, base_url=stub.api)
    settings = settings_for(config.defaults(), incidents, chat)
    parts = assembly.parts(settings)
    kept = {(person.name, channel.name): Counting() for person in settings.receivers[1:] for channel in person.notifiers}
    parts = replace(parts, notifiers={("당직", "slack"): Slack(chat), **kept, ("홍보팀", "email:press"): Counting()})
    coming: dict[int, list[Told]] = {}
    for minute, post in posts(incidents, seed):
        coming.setdefault(minute, []).append(post)
    with Store.open(folder / "storm.db", durable=False) as store:
        store.subscribers.put(
            Subscriber(SUBSCRIBER, When.NOW, BEGIN, "lee", "asked by mail", severity=(Severity.CRITICAL,), receiver="홍보팀")
        )
        memory = Memory()
        for minute in (*range(60), *range(60, hours * 60, 10)):
            now = stub.clock.now = BEGIN + timedelta(minutes=minute + 1)
            _arrive(store, parts, coming.get(minute, []), now)
            Pipeline(store, parts, memory).tick(now)
        return account(store)


def _shown(stub: slack.SlackStub) -> dict[str, int]:
    """What stands in the channel in the end, and what Slack would have refused."""
    roots = sum("thread_ts" not in message for message in stub.messages.values())
    changed = sum(method == "chat.update" for method, _ in stub.said)
    return {"messages": roots, "in_threads": len(stub.messages) - roots, "changed_in_place": changed, "wrong": len(stub.wrong)}


def _arrive(store: Store, parts: Any, arriving: list[Told], now: datetime) -> None:
    authors = [Author(str(one.post.author_id), "x", None, one.followers) for one in arriving]
    counts = [Engagement(one.post.id, now, one.views // 40, one.views // 200, one.views // 100, one.views) for one in arriving]
    with store.transaction():
        collecting.keep(store, parts.matcher, Page([one.post for one in arriving], authors, counts), now)


def account(store: Store) -> dict[str, Any]:
    """Count what each receiver got in each channel, whether a critical incident is missing, and whether anybody got the same twice."""
    everything = store.incidents.all(100_000)
    latest = {incident.id: store.incidents.decisions(incident.id) for incident in everything}
    critical = {number for number, decided in latest.items() if any(map(_counts, decided))}
    rows = store.outbox.list(everything=True)
    got: dict[str, list[Message]] = {}
    for row in rows:
        if not row.message.update:
            got.setdefault(f"{row.receiver}, {row.channel.partition(':')[0]}", []).append(row.message)
    return {
        "incidents": len(everything),
        "critical": len(critical),
        "waiting": sum(row.state.value != "delivered" for row in rows),
        "receivers": {name: _of_one(messages, critical) for name, messages in got.items()},
    }


def _counts(decision: Decision) -> bool:
    """The watches are new here: what only an alarm calls critical while the detector learns is no page by rule (warming_up)."""
    return decision.severity is Severity.CRITICAL and decision.reason is not Reason.WARMING_UP


def _of_one(messages: list[Message], critical: set[int]) -> dict[str, Any]:
    """One receiver's messages by kind; ``named``: critical incidents that a message speaks of, ``unnamed``: those none does.

    ``twice``: the same told again.
    """
    kinds = Counter(_kind(message) for message in messages)
    own = Counter((message.thread, message.reason) for message in messages if _kind(message) == "incident")
    pages = [message for message in messages if _kind(message) == "storm"]
    listed = {_number(fact.label) for page in pages for fact in page.facts}
    alone = [_number(message.thread) for message in messages if _kind(message) == "incident" and message.severity is Severity.CRITICAL]
    named = critical & {*listed, *alone}
    return {
        **{kind: kinds[kind] for kind in ("incident", "storm", "digest")},
        "pages_alone": len(alone),
        "named_last": len(pages[-1].facts) if pages else 0,
        "named": len(named),
        "unnamed": len(critical - named),
        "twice": sum(count > 1 for count in own.values()),
    }


def _kind(message: Message) -> str:
    return message.thread.partition("-")[0]


def _number(text: str) -> int:
    return int("".join(filter(str.isdigit, text)) or 0)


def table(found: Mapping[str, Any]) -> str:
    """The account as a Markdown table."""
    head = (
        "receiver, channel",
        "own messages",
        "of them pages",
        "storm pages",
        "named on the last",
        "digests",
        "critical named in all",
        "critical not named",
        "the same twice",
    )
    keys = ("incident", "pages_alone", "storm", "named_last", "digest", "named", "unnamed", "twice")
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    lines += [f"| {name} | " + " | ".join(str(one[key]) for key in keys) + " |" for name, one in found["receivers"].items()]
    return "\n".join(lines)


def main() -> None:
    """Run it from the shell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = storm(asked.incidents, asked.seed, Path(folder))
    print(
        json.dumps(found, ensure_ascii=False)
        if asked.json
        else f"{found['incidents']} incidents, {found['critical']} critical\n\n{table(found)}\n\nSlack: {found['slack']}"
    )


if __name__ == "__main__":
    main()
