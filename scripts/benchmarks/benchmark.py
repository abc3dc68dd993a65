"""Measure the speeds that docs/design.md quotes. Invented words, a fixed seed, the shipped model, one process."""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from crowd import placing

from monitor import assembly, config, replay
from monitor.classifiers import Classifier
from monitor.collectors.jsonl import Record
from monitor.domain import Author, Because, Classification, Engagement, Incident, Kind, Labels, Member, Passage, Post, Status, Step, Watch
from monitor.matching import Matcher
from monitor.pipeline import Memory, Pipeline, judging
from monitor.store import Store

START = datetime(2026, 1, 5, tzinfo=UTC)
SYLLABLES = [
    chr(0xAC00 + 588 * first + 28 * second + third) for first in range(19) for second in (0, 4, 8, 13, 18, 20) for third in (0, 4, 8, 16)
]
TROUBLES = (
    "배송이 아직도 안 왔어요",
    "차에 흠집이 났는데 사과도 없네요",
    "환불 언제 되나요 연락이 없습니다",
    "앱이 자꾸 꺼져서 못 쓰겠어요",
)
FEW = 10
"""So many of the live incidents have news in an ordinary tick."""
CHATTER = ("오늘 지나가다 봤어요", "채용 공고 떴네요", "배송 잘 받았습니다 감사합니다", "주가 전망 어떻게 보세요")


def posts(count: int, per_day: float, seed: int = 7, troubled: float = 0.1) -> Iterator[Post]:
    """Invented posts about one company, evenly spread in time, a tenth of them complaints."""
    draw = random.Random(seed)
    words = ["".join(draw.choices(SYLLABLES, k=draw.randint(2, 4))) for _ in range(20_000)]
    step = timedelta(days=1) / per_day
    for number in range(count):
        opening = draw.choice(TROUBLES if draw.random() < troubled else CHATTER)
        text = f"한울오토 {opening} " + " ".join(draw.choices(words, k=draw.randint(4, 14)))
        yield Post(f"x:{seed}-{number}", "x", text, START + number * step, author_id=f"x:u{draw.randrange(count)}", language="ko")


def authors_of(batch: Sequence[Post]) -> list[Author]:
    """One account for each post's author."""
    return [Author(post.author_id, "x", None, 300) for post in batch if post.author_id]


def batches(source: Iterator[Post], size: int = 1_000) -> Iterator[list[Post]]:
    """Cut a stream into pages."""
    batch: list[Post] = []
    for post in source:
        batch.append(post)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def rate(count: int, started: float) -> float:
    """Return how many a second since ``started``."""
    return round(count / (time.perf_counter() - started), 1)


def fill(store: Store, parts: assembly.Parts, count: int, judged: bool, label: str) -> float:
    """Store ``count`` posts in pages, with mentions, engagement and index; with ``judged`` also as history that is done. Return seconds."""
    seconds = 0.0
    verdict = parts.classifier.classify([Passage("한울오토 배송 잘 받았습니다", ((0, 4),), "ko")])[0]
    with click.progressbar(length=count, label=label, file=sys.stderr) as bar:
        for batch in batches(posts(count, per_day=2_000)):
            mentions = [mention for post in batch for mention in parts.matcher.mentions(post)]
            engagement = [Engagement(post.id, post.created_at, 1, 0, 0, 50) for post in batch]
            started = time.perf_counter()
            with store.transaction():
                store.posts.add(batch, authors_of(batch), mentions, engagement, [], batch[-1].created_at)
            seconds += time.perf_counter() - started
            if judged:
                rows = [Classification(m.post_id, m.watch, parts.classifier.model, verdict) for m in mentions]
                with store.transaction():
                    store.posts.add_classifications(rows, batch[-1].created_at)
                    store.posts.mark([(m.post_id, m.watch) for m in mentions], Step.ASSESSED)
            bar.update(len(batch))
    return seconds


def ingest(parts: assembly.Parts, folder: Path, count: int) -> dict[str, float]:
    """Measure posts a second into a durable, searchable store, and the file's size for each post."""
    with Store.open(folder / "ingest.db") as store:
        seconds = fill(store, parts, count, judged=False, label="ingest")
    size = sum(file.stat().st_size for file in folder.glob("ingest.db*"))
    return {"ingest_posts_per_s": round(count / seconds, 1), "bytes_per_post": round(size / count, 1)}


def classify(parts: assembly.Parts, count: int) -> dict[str, float]:
    """Measure passages a second in batches of 512."""
    passages = [Passage(post.text, ((0, 4),), "ko") for post in posts(count, 1_000)]
    started = time.perf_counter()
    for first in range(0, count, 512):
        parts.classifier.classify(passages[first : first + 512])
    return {"classify_posts_per_s": rate(count, started)}


def matching(count: int) -> dict[str, float]:
    """Measure posts a second of processor time against 1,000 watches of ten terms; every post mentions one of them."""
    draw = random.Random(3)

    def korean() -> str:
        return "".join(draw.choices(SYLLABLES, k=draw.randint(3, 6)))

    def latin() -> str:
        return "".join(draw.choice(letters) for letters in ("bdfghjklmnprst", "aeiou", *["abcdefghiklmnoprstuy"] * draw.randint(3, 6)))

    def terms() -> tuple[str, ...]:
        return (*(korean() for _ in range(6)), f"{latin()} {latin()}", latin(), f"#{korean()}", f"@{latin()}")

    lists = [(terms(), (korean(),)) for _ in range(999)] + [(("한울오토", "Hanul Auto", *terms()[:8]), ("한울오토바이",))]
    written = list(posts(count, per_day=2_000))
    figures = {}
    for variants in (False, True):
        matcher = Matcher([Watch(str(place), any_, none, variants=variants) for place, (any_, none) in enumerate(lists)])
        started = time.process_time()
        for post in written:
            matcher.mentions(post)
        figures["match_variants_posts_per_s" if variants else "match_posts_per_s"] = round(count / (time.process_time() - started), 1)
    return figures


def group(parts: assembly.Parts, folder: Path, count: int) -> dict[str, float]:
    """Measure the group step over ``count`` judged posts, a third of them complaints, in one go."""
    with Store.open(folder / "group.db", durable=False, searchable=False) as store:
        now = START
        for batch in batches(posts(count, per_day=2_000, troubled=0.33)):
            with store.transaction():
                store.posts.add(batch, [], [m for post in batch for m in parts.matcher.mentions(post)], [], [], batch[-1].created_at)
            now = batch[-1].created_at
        judging.classify(store, parts, now)
        started = time.perf_counter()
        judging.group(store, parts, Memory(), now)
        return {"group_posts_per_s": rate(count, started)}


class Judged:
    """A classifier that knew all verdicts beforehand: what is measured with it is everything but the judging."""

    def __init__(self, classifier: Classifier, passages: Sequence[Passage]):
        self.model = classifier.model
        self._verdicts = dict(zip(passages, classifier.classify(passages), strict=True))

    def classify(self, passages: Sequence[Passage]) -> list[Labels]:
        """Return the verdicts."""
        return [self._verdicts[passage] for passage in passages]


def whole_replay(parts: assembly.Parts, folder: Path, count: int) -> dict[str, float]:
    """Measure a replay on its own clock at 2,000 posts a day: posts a second, judging ahead beside it; and all but the judging, a core."""
    history = replay.History([(post.created_at, Record(post.created_at, post)) for post in posts(count, per_day=2_000)])
    started = time.perf_counter()
    _replay(parts, folder / "replay.db", history)
    whole = rate(count, started)
    passages = [Passage(post.text, mention.spans, post.language) for post in history.posts for mention in parts.matcher.mentions(post)]
    judged = replace(parts, classifier=Judged(parts.classifier, passages))
    before = time.process_time()
    _replay(judged, folder / "judged.db", history)
    return {"replay_posts_per_s": whole, "replay_judged_posts_per_cpu_s": round(count / (time.process_time() - before), 1)}


def _replay(parts: assembly.Parts, file: Path, history: replay.History) -> None:
    with Store.open(file, durable=False, searchable=False) as store:
        for _ in replay.Replay(store, parts, history).run():
            pass


def tick(parts: assembly.Parts, folder: Path, stored: int) -> dict[str, float]:
    """Measure a tick with ten new posts over a history of ``stored`` posts: the median of seven, all steps, durable store."""
    with Store.open(folder / f"tick-{stored}.db") as store:
        fill(store, parts, stored, judged=True, label=f"history of {stored:,}")
        now = START + timedelta(days=stored / 2_000)
        pipeline = Pipeline(store, parts)
        pipeline.tick(now)
        times = []
        for number in range(7):
            now += timedelta(minutes=1)
            batch = [replace(post, created_at=now) for post in posts(10, 1_000, seed=100 + number)]
            with store.transaction():
                store.posts.add(batch, authors_of(batch), [m for post in batch for m in parts.matcher.mentions(post)], [], [], now)
            started = time.perf_counter()
            pipeline.tick(now)
            times.append(time.perf_counter() - started)
        return {f"tick_ms_at_{stored}": round(1000 * sorted(times)[len(times) // 2], 1)}


class Clocked:
    """A classifier that notes the processor time it takes. It gives no vectors: to them invented words are all alike."""

    def __init__(self, classifier: Classifier):
        self.model = classifier.model
        self.seconds = 0.0
        self._classifier = classifier

    def classify(self, passages: Sequence[Passage]) -> list[Labels]:
        """Return the verdicts."""
        started = time.process_time()
        verdicts = self._classifier.classify(passages)
        self.seconds += time.process_time() - started
        return verdicts


def live_tick(parts: assembly.Parts, folder: Path, live: int) -> dict[str, float]:
    """Measure a tick in which each of ``live`` incidents gets a new post, one with nothing new, and one in which ``FEW`` get one.

    Processor time, median of five. Every incident has six words of its own and engagement, so that reach and forecast are reckoned for
    each. What the model takes is told apart.
    """
    model = Clocked(parts.classifier)
    parts = replace(parts, classifier=model)
    with Store.open(folder / "live.db") as store:
        now = START
        firsts = troubles(live, 0, now)
        take_in(store, parts, firsts, now)
        judging.classify(store, parts, now)
        with store.transaction():
            for number, post in enumerate(firsts, 1):
                name = parts.settings.watches[0].name
                store.incidents.open(
                    Incident(number, name, Kind.COMPLAINT, "delivery_delay", f"{number}", Status.CANDIDATE, now, now, 1, 1), now
                )
                store.incidents.add_members([Member(post.id, name, number, Because("grouping_first"))], now)
                store.posts.mark([(post.id, name)], Step.ASSESSED)
        pipeline = Pipeline(store, parts)
        seconds: list[tuple[float, ...]] = []
        for round_ in range(1, 20, 2):
            now += timedelta(minutes=10)
            take_in(store, parts, troubles(live, round_, now), now)
            busy = spent(pipeline, model, now)
            now += timedelta(minutes=1)
            idle, _ = spent(pipeline, model, now)
            now += timedelta(minutes=1)
            take_in(store, parts, troubles(FEW, round_ + 1, now), now)
            seconds.append((*busy, idle, *spent(pipeline, model, now)))
        standing = len(store.incidents.live())
    names = ("live_tick_cpu_ms", "live_tick_model_cpu_ms", "live_idle_tick_cpu_ms", "live_few_tick_cpu_ms", "live_few_tick_model_cpu_ms")
    middle = {name: round(1000 * sorted(times)[2], 1) for name, times in zip(names, zip(*seconds[5:], strict=True), strict=True)}
    return {"live_incidents": standing, **middle}


def troubles(count: int, round_: int, now: datetime) -> list[Post]:
    """One complaint about each of ``count`` troubles; later rounds answer the first."""
    found = []
    for number in range(count):
        draw = random.Random(number)
        words = " ".join("".join(draw.choices(SYLLABLES, k=3)) for _ in range(6))
        first = None if round_ == 0 else f"x:t0-{number}"
        text = f"한울오토 {words} 배송이 아직도 안 왔어요 {round_}"
        found.append(Post(f"x:t{round_}-{number}", "x", text, now, author_id=f"x:a{round_}-{number}", language="ko", reply_to=first))
    return found


def take_in(store: Store, parts: assembly.Parts, batch: Sequence[Post], now: datetime) -> None:
    """Store posts with their mentions and counts."""
    mentions = [mention for post in batch for mention in parts.matcher.mentions(post)]
    with store.transaction():
        store.posts.add(batch, authors_of(batch), mentions, [Engagement(post.id, now, 3, 1, 1, 400) for post in batch], [], now)


def spent(pipeline: Pipeline, model: Clocked, now: datetime) -> tuple[float, float]:
    """Return the seconds of processor time that a tick takes, and how many of them the model takes."""
    model.seconds = 0.0
    started = time.process_time()
    pipeline.tick(now)
    return time.process_time() - started, model.seconds


def main() -> None:
    """Run all measurements and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller numbers: seconds instead of minutes")
    quick = parser.parse_args().quick
    settings = config.with_watches(config.defaults(), (Watch("한울오토", ("한울오토",)),))
    parts = assembly.parts(settings, assembly.Kept())
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scale = 10 if quick else 1
        figures |= ingest(parts, folder, 100_000 // scale)
        figures |= matching(50_000 // scale)
        figures |= classify(parts, 50_000 // scale)
        figures |= group(parts, folder, 10_000 // scale)
        figures |= placing(50_000 // scale, START, SYLLABLES)
        figures |= whole_replay(parts, folder, 10_000 // scale)
        figures |= live_tick(parts, folder, 500)
        for stored in (10_000, 100_000) if quick else (10_000, 100_000, 1_000_000):
            figures |= tick(parts, folder, stored)
    figures["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
