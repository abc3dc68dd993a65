"""A real database, a settable clock, and ``world``, which writes posts as they would arrive."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor import assembly, config
from monitor.collectors import Page
from monitor.config import Settings
from monitor.domain import TOPICS, Author, Engagement, Gone, Labels, Passage, Post, Sentiment, Watch
from monitor.matching import Matcher
from monitor.pipeline import Judgement, Memory, Parts, Pipeline, collecting
from monitor.store import Store

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches beyond this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if self.family in (socket.AF_INET, socket.AF_INET6) and host not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


class Words:
    """A classifier whose verdict stands in the text: ``!`` marks a complaint, ``topic=...`` its topic, ``:)`` praise."""

    model = "words@1"

    def classify(self, passages: Sequence[Passage]) -> list[Labels]:
        return [self._verdict(passage.text) for passage in passages]

    def _verdict(self, text: str) -> Labels:
        complaint = 0.95 if "!" in text else 0.05
        sentiment = Sentiment.NEG if "!" in text else Sentiment.POS if ":)" in text else Sentiment.NEU
        topic = next((topic for topic in TOPICS if f"topic={topic}" in text), "other")
        scores = {name: 0.9 if name == topic else 0.1 / 11 for name in TOPICS}
        return Labels(complaint, sentiment, {s.value: float(s is sentiment) for s in Sentiment}, topic, scores, "ko")


@dataclass
class World:
    """A company's public, minute by minute, on a clock of its own."""

    store: Store
    parts: Parts
    kept: assembly.Kept
    now: datetime = MONDAY
    memory: Memory = field(default_factory=Memory)
    number: int = 0
    judgements: list[Judgement] = field(default_factory=list)

    def post(self, text: str, author: str | None = None, followers: int | None = None, **more: object) -> Post:
        """One post about the watch, written now."""
        self.number += 1
        author = author or f"someone{self.number}"
        post = Post(f"x:{self.number}", "x", f"한울오토 {text}", self.now, author_id=f"x:{author}")
        post = replace(post, **more)  # type: ignore[arg-type]
        self.feed([post], [Author(post.author_id, "x", author, followers)] if post.author_id else [])
        return post

    def measure(self, post: Post, **counts: int) -> None:
        """What the platform shows about ``post`` now."""
        self.feed([], [], [Engagement(post.id, self.now, **counts)])

    def gone(self, post: Post) -> None:
        """The platform no longer shows ``post``."""
        with self.store.transaction():
            collecting.keep(self.store, self.parts.matcher, Page(gone=[Gone(post.id, self.now)]), self.now)

    def feed(self, posts: Sequence[Post], authors: Sequence[Author], engagement: Sequence[Engagement] = ()) -> None:
        with self.store.transaction():
            collecting.keep(self.store, self.parts.matcher, Page(posts, authors, engagement), self.now)

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)

    def tick(self) -> list[Judgement]:
        """One tick now; remembers and returns its decisions."""
        made = Pipeline(self.store, self.parts, self.memory).tick(self.now)
        self.judgements += made
        return made

    def quiet_days(self, days: int, per_day: int = 6) -> None:
        """Ordinary chatter and the odd complaint, spread over the days, so that there is a baseline."""
        for number in range(days * per_day):
            self.post(f"이야기 {number} 오늘도 지나갑니다" if number % 3 else f"불만 {number}번째 사소한 일 topic=price !")
            self.tick()
            self.pass_time(hours=24 / per_day)

    def spoken(self) -> list[Judgement]:
        return [judgement for judgement in self.judgements if judgement.decision.notify]


def parts_for(settings: Settings, kept: assembly.Kept) -> Parts:
    """The real parts around ``settings``, but for the model and the channels."""
    return Parts(settings, Words(), Matcher(settings.watches), {(r.name, c.name): kept for r in settings.receivers for c in r.notifiers})


@pytest.fixture
def settings() -> Settings:
    return config.with_watches(config.defaults(), (Watch("한울오토", ("한울오토",)),))


@pytest.fixture
def world(tmp_path: Path, settings: Settings) -> Iterator[World]:
    kept = assembly.Kept()
    with Store.open(tmp_path / "world.db", durable=False) as store:
        yield World(store, parts_for(settings, kept), kept)


Builder = Callable[..., World]
