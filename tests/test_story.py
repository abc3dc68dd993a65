"""The bundled story: its texts are many and different, its records are plain, its truth crosses when it should."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import unicodedata
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from story import DEFAULT_ONSET, WATCH_TERMS, build  # noqa: E402
from story.bank import read  # noqa: E402

POST_KEYS = {
    "id",
    "platform",
    "url",
    "author",
    "text",
    "lang",
    "created_at",
    "reply_to",
    "engagement",
    "repost_of",
    "quote_of",
    "community",
}
COUNTS = {"likes", "replies", "shares", "views"}
LEAST = {
    "chatter": 80, "praise": 60, "question": 80, "stock": 40, "job": 15, "worker": 20, "ad": 20, "sale": 25, "news": 25, "competitor": 20,
    "namesake": 30, "stray_complaint": 40, "slow_burn": 7, "angry_author": 10, "solved": 10, "mood": 10, "incident": 120,
}  # fmt: skip


@pytest.fixture(scope="module")
def lines():
    return read()


@pytest.fixture(scope="module")
def story():
    return build()


def grams(text, n=4):
    flat = " ".join(text.lower().split())
    return {flat[i : i + n] for i in range(len(flat) - n + 1)}


def runs(text, n=5):
    words = text.lower().split()
    return {" ".join(words[i : i + n]) for i in range(len(words) - n + 1)}


def posts_of(records):
    return {record["id"]: record for record in records if "id" in record}


def test_texts_are_many_in_both_languages_and_of_all_roles(lines):
    roles = Counter(line.role for line in lines)
    assert len(lines) >= 740
    assert 0.55 <= sum(line.language == "ko" for line in lines) / len(lines) <= 0.67
    assert {role: count for role, count in LEAST.items() if roles[role] < count} == {}


def test_every_text_is_plain_and_names_the_company(lines):
    for line in lines:
        assert unicodedata.normalize("NFC", line.text) == line.text
        assert any(term.lower() in line.text.lower() for term in WATCH_TERMS), line.text


def test_no_two_texts_are_alike(lines):
    known = [(line.text, grams(line.text)) for line in lines]
    for (one, a), (other, b) in combinations(known, 2):
        assert len(a & b) < 0.4 * len(a | b), (one, other)


def test_no_run_of_five_words_is_used_twice(lines):
    where = defaultdict(set)
    for line in lines:
        for run in runs(line.text):
            where[run].add(line.text)
    assert [run for run, texts in where.items() if len(texts) > 1] == []


def test_records_are_plain_sorted_and_without_hints(story):
    records, _ = story
    posts = posts_of(records)
    assert len(posts) == sum("id" in record for record in records) >= 750
    times = [record.get("created_at") or record["observed_at"] for record in records]
    assert times == sorted(times)
    for record in records:
        assert set(record["engagement"]) == COUNTS
        if "id" in record:
            assert set(record) <= POST_KEYS
            assert set(record["author"]) == {"id", "handle", "followers"}
            assert ".example/" in record["url"]
        else:
            assert set(record) == {"post", "observed_at", "engagement"}


def test_measurements_follow_their_post_and_never_fall(story):
    records, _ = story
    latest = {}
    for record in records:
        key = record.get("id") or record["post"]
        assert "id" in record or key in latest
        counts = record["engagement"]
        before = latest.get(key, counts)
        for name in COUNTS:
            assert (counts[name] is None) == (before[name] is None)
            assert counts[name] is None or counts[name] >= before[name]
        latest[key] = counts


def test_what_refers_to_another_post_comes_after_it(story):
    posts = posts_of(story[0])
    for record in posts.values():
        for name in ("reply_to", "repost_of", "quote_of"):
            other = posts.get(record.get(name) or "")
            assert other is None or other["created_at"] <= record["created_at"]
        if "repost_of" in record:
            assert record["text"] == posts[record["repost_of"]]["text"]


def test_same_seed_same_bytes_other_seed_other_story(story):
    records, _ = story
    assert build()[0] == records
    other = posts_of(build(seed=2)[0])
    mine = posts_of(records)
    assert Counter(post["text"] for post in other.values()).keys() == Counter(post["text"] for post in mine.values()).keys()
    assert not other.keys() & mine.keys()


@pytest.mark.parametrize("seed", range(1, 11))
def test_the_incident_crosses_seven_to_ten_hours_after_its_first_post(seed):
    language = ("both", "ko", "en")[seed % 3]
    _, truth = build(seed, language=language)
    assert truth.onset_at and truth.crossed_at
    assert timedelta(hours=7) <= truth.crossed_at - truth.onset_at <= timedelta(hours=10)
    people = dict(truth.people)
    assert people[truth.onset_at + timedelta(hours=1)] < 250
    assert people[truth.onset_at + timedelta(hours=3)] < 1500
    assert truth.people[-1][1] > 12_000
    assert sum(at < truth.crossed_at for at in truth.complainants) >= 10
    assert truth.complainants[2] < truth.onset_at + timedelta(hours=3)


@pytest.mark.parametrize("hour", [3, 9, 15, 21])
def test_any_onset_is_kept(hour):
    onset = datetime(2026, 5, 6, hour, 7, 30, tzinfo=UTC)
    records, truth = build(4, onset)
    harm = [post for key, post in posts_of(records).items() if truth.roles[key] == "incident"]
    assert min(post["created_at"] for post in harm) == "2026-05-06T" + f"{hour:02}:07:30Z"
    assert truth.crossed_at and timedelta(hours=7) <= truth.crossed_at - onset <= timedelta(hours=10)
    assert onset - truth.start_at >= timedelta(days=4)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_incident_speaks_the_language_asked_for(language):
    records, truth = build(3, language=language)
    spoken = {post["lang"] for key, post in posts_of(records).items() if truth.roles[key] == "incident"}
    assert spoken == {language}
    assert len(posts_of(records)) >= 600


def test_without_the_incident_all_else_stays_and_stays_small(story):
    records, truth = story
    calm, quiet = build(incident=False)
    assert quiet.onset_at is None and quiet.crossed_at is None and quiet.labels()["incidents"] == []
    assert posts_of(calm).items() <= posts_of(records).items()
    assert not any(truth.roles[key] == "incident" for key in posts_of(calm))
    assert max(quiet.harmless.values()) < 2500


@pytest.mark.parametrize("seed", [1, 5, 9])
def test_ordinary_complaints_are_scattered(seed):
    records, truth = build(seed, incident=False)
    stray = sorted(post["created_at"] for key, post in posts_of(records).items() if truth.roles[key] == "stray_complaint")
    days = Counter(at[:10] for at in stray)
    assert max(days.values()) <= 16
    hours = [datetime.fromisoformat(at) for at in stray]
    assert all(c - a > timedelta(minutes=40) for a, c in zip(hours, hours[3:], strict=False))


def test_some_harmless_posts_are_seen_by_many(story):
    records, truth = story
    most = Counter()
    for record in records:
        if "post" in record:
            role = truth.roles[record["post"]]
            most[role] = max(most[role], record["engagement"]["views"] or 0)
    assert min(most["chatter"], most["competitor"], most["praise"]) > 5000
    assert max(most["stray_complaint"], most["slow_burn"], most["angry_author"]) < 800


def test_one_person_is_angry_ten_times(story):
    records, truth = story
    angry = [post for key, post in posts_of(records).items() if truth.roles[key] == "angry_author"]
    assert len(angry) == 10
    assert len({post["author"]["id"] for post in angry}) == 1


def test_people_write_by_day(story):
    hours = Counter(
        (datetime.fromisoformat(post["created_at"]).hour + 9) % 24 for post in posts_of(story[0]).values() if post["lang"] == "ko"
    )
    assert sum(hours[hour] for hour in range(2, 6)) * 4 < sum(hours[hour] for hour in range(19, 23))


def test_copies_are_told_in_the_truth_only(story):
    records, truth = story
    posts = posts_of(records)
    assert sum(posts[a]["text"] == posts[b]["text"] for a, b in truth.copies.items()) == len(truth.copies) >= 60
    assert any("repost_of" not in posts[key] for key in truth.copies)


def test_labels_have_the_documented_shape(story):
    labels = story[1].labels()
    assert labels["watch"]["any"] == list(WATCH_TERMS)
    assert labels["incidents"][0]["onset_at"] == DEFAULT_ONSET.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert labels["quiet"][0][1] == "2026-03-11T23:20:00Z"
    assert len(labels["hard_negatives"]) >= 4


def test_the_shipped_file_is_what_the_script_writes(story):
    shipped = [json.loads(line) for line in gzip.decompress((ROOT / "monitor/demo/story.jsonl.gz").read_bytes()).splitlines()]
    assert posts_of(shipped).keys() == posts_of(story[0]).keys()
    assert len(shipped) == pytest.approx(len(story[0]), rel=0.01)


def test_the_script_writes_records_and_labels(tmp_path):
    out, labels = tmp_path / "story.jsonl", tmp_path / "labels.json"
    script = ROOT / "scripts/write-story"
    subprocess.run(
        [sys.executable, script, "--out", out, "--seed", "7", "--onset", "2026-04-02T05:00:00Z", "--language", "en", "--labels", labels],
        check=True,
        capture_output=True,
    )
    first = json.loads(out.read_text(encoding="utf-8").splitlines()[0])
    assert first["created_at"].startswith("2026-03-2")
    assert json.loads(labels.read_text(encoding="utf-8"))["incidents"][0]["onset_at"] == "2026-04-02T05:00:00Z"
