"""Placing, copies, merges, titles: what grouping promises, on posts that people could have written."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitor.domain import Fingerprint, Incident, Judged, Kind, Labels, Mention, Post, Standing, Status
from monitor.grouping import SHIPPED, SHIPPED_SPACE, Background, Candidate, Grouper, Merge, Parameters, Placement, Space
from monitor.grouping.copies import fingerprint
from monitor.grouping.meanings import Meanings
from monitor.grouping.places import places
from monitor.grouping.titles import _fullest
from monitor.grouping.wording import Wording, letters, stem, wording

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
WATCH = "한울오토"
HAIL = (
    "평택 하치장에 세워둔 새 차가 우박에 다 찍혔어요",
    "우박 맞은 차 평택에서 받으신 분 계신가요 지붕이 움푹 파였네요",
    "평택 야적장 우박 피해 차주입니다 보닛에 덴트 스무 개",
    "우박 예보가 있었는데 평택 하치장은 덮개도 안 씌웠답니다",
)
LOGIN = (
    "업데이트하고 나서 앱 로그인이 안 됩니다 비번 맞는데요",
    "새 버전 깔았더니 로그인 무한로딩이에요",
    "앱 업데이트 이후 계속 로그아웃되고 인증 실패만 떠요",
)
PIANO = ("피아노 옮기다가 건반 뚜껑을 박살내고 갔어요", "이사 업체가 피아노 다리를 부러뜨렸습니다")


class Stream:
    """A grouper with a clock: posts come minute by minute, each of an author of its own."""

    def __init__(self, parameters: Parameters | None = None, space: Space | None = None):
        self.grouper = Grouper(parameters, space=space)
        self.next_id = 1
        self.number = 0
        self.at = START
        self.seen: list[Candidate] = []

    def post(self, text: str, minutes: float = 7, **fields: object) -> Placement:
        self.number += 1
        self.at += timedelta(minutes=minutes)
        given_fields: dict[str, object] = {"author_id": f"x:a{self.number}", "topic": "other", "topic_p": 0.3} | fields
        candidate = Candidate(f"x:{self.number}", WATCH, text, at=self.at, **given_fields)  # type: ignore[arg-type]
        self.seen.append(candidate)
        placement = self.grouper.place([candidate], self.next_id)[0]
        self.next_id += placement.opened
        return placement

    def posts(self, texts: Sequence[str], **fields: object) -> list[int]:
        return [self.post(text, **fields).incident_id for text in texts]


def test_paraphrases_join_and_other_troubles_do_not() -> None:
    stream = Stream()
    hail, login, piano = stream.posts(HAIL), stream.posts(LOGIN), stream.posts(PIANO)
    assert len(set(hail)) == len(set(piano)) == 1
    assert len({hail[0], login[0], piano[0]}) == 3
    assert not set(hail) & set(login)


def test_interleaved_troubles_stay_apart() -> None:
    stream = Stream()
    found: dict[int, set[int]] = {}
    for texts in zip(HAIL[:3], LOGIN, strict=True):
        for trouble, text in enumerate(texts):
            found.setdefault(trouble, set()).add(stream.post(text).incident_id)
    assert not found[0] & found[1]


def test_ids_are_given_in_order_and_the_first_post_opens() -> None:
    stream = Stream()
    first = stream.post(HAIL[0])
    assert (first.opened, first.incident_id, first.because.code) == (True, 1, "grouping_first")
    second = stream.post(HAIL[1])
    assert (second.opened, second.incident_id, second.because.code) == (False, 1, "grouping_alike")
    assert second.because.values["post"] == "x:1"
    assert "평택" in str(second.because.values["words"])
    assert stream.post(PIANO[0]).incident_id == 2


def test_english_and_korean_about_one_thing() -> None:
    stream = Stream()
    stream.posts(HAIL)
    assert stream.post("Hail dents all over my new car at the Pyeongtaek yard").incident_id == 1


def test_the_watch_s_own_name_does_not_join() -> None:
    stream = Stream()
    name = "한울오토캐리어"
    ids = [stream.post(f"{name} {text}", spans=((0, len(name)),)).incident_id for text in (HAIL[0], PIANO[0], LOGIN[0])]
    assert len(set(ids)) == 3


def test_watches_do_not_see_each_other() -> None:
    grouper = Grouper()
    one = Candidate("x:1", "a", HAIL[0], "other", 0.5, START)
    other = Candidate("x:2", "b", HAIL[0], "other", 0.5, START)
    placements = grouper.place([one, other], 5)
    assert [(p.incident_id, p.opened, p.copy_of) for p in placements] == [(5, True, None), (6, True, None)]


# ---- copies ----


def test_copies_are_members_of_their_original_s_incident() -> None:
    stream = Stream()
    stream.posts(HAIL)
    stream.posts(PIANO)
    for text in (HAIL[2], f"RT @someone: {HAIL[2]}", HAIL[2] + "!!! https://t.co/abc", unicodedata.normalize("NFD", HAIL[2]).upper()):
        copy = stream.post(text)
        assert (copy.copy_of, copy.incident_id, copy.because.code) == ("x:3", 1, "grouping_copy")


def test_reposts_are_copies_even_without_text_and_before_their_root() -> None:
    stream = Stream()
    stream.post(HAIL[0])
    assert stream.post("", repost_of="x:1").copy_of == "x:1"
    first = stream.post("피아노 뚜껑을 박살냈어요", repost_of="x:unseen")
    assert (first.opened, first.copy_of) == (True, None)
    again = stream.post("피아노 뚜껑을…", repost_of="x:unseen")
    assert (again.copy_of, again.incident_id, again.because.code) == (first.post_id, first.incident_id, "grouping_repost")


def test_a_quote_with_words_of_its_own_is_a_complainant() -> None:
    stream = Stream()
    stream.post(HAIL[0])
    own = stream.post("저도 똑같이 당했습니다 보상은 어떻게 되나요", quote_of="x:1")
    assert (own.copy_of, own.incident_id, own.because.code) == (None, 1, "grouping_thread")
    assert stream.post("ㅋㅋ", quote_of="x:1").copy_of == "x:1"


def test_short_texts_are_no_copies() -> None:
    stream = Stream()
    assert [stream.post("환불해 주세요").copy_of for _ in range(3)] == [None] * 3


def test_different_numbers_make_different_complaints() -> None:
    stream = Stream()
    stream.post("운송장 6081234567 물건이 열흘째 오지 않습니다")
    assert stream.post("운송장 6089876543 물건이 열흘째 오지 않습니다").copy_of is None


def test_copy_of_answers_the_same_for_complaints_and_others() -> None:
    grouper = Grouper()
    bits, copy = grouper.copy_of(WATCH, "x:1", HAIL[0], START)
    assert copy is None
    assert grouper.copy_of(WATCH, "x:1", HAIL[0], START) == (bits, None)
    assert grouper.copy_of(WATCH, "x:2", HAIL[0], START + timedelta(days=6)) == (bits, "x:1")
    assert grouper.copy_of(WATCH, "x:3", HAIL[0], START + timedelta(days=8)) == (bits, None)
    placed = grouper.place([Candidate("x:2", WATCH, HAIL[0], "other", 0.5, START + timedelta(days=6))], 1)[0]
    assert (placed.opened, placed.copy_of) == (True, "x:1")


@given(st.text(max_size=80))
def test_fingerprints_are_signed_64_bit_and_stable(text: str) -> None:
    bits = fingerprint(letters(text))
    assert -(1 << 63) <= bits < 1 << 63
    assert bits == fingerprint(letters(text))


# ---- authors, time, topics, state ----


def test_one_angry_author_stays_one_incident() -> None:
    stream = Stream()
    rants = (
        "예약을 하루 전에 취소당했습니다 사과도 없네요",
        "오늘도 예약 취소 사과를 기다립니다",
        "사장 나와라 예약을 취소했으면 책임을 져야지",
        "예약 취소 17일째 무응답",
        "하루 전 취소라니 예약은 왜 받나",
    )
    assert set(stream.posts(rants, author_id="x:angry")) == {1}


def test_a_channel_that_reports_everything_does_not_glue() -> None:
    stream = Stream()
    for text in (*HAIL, *LOGIN, *PIANO):
        stream.post(text)
    before = {stream.post(text, author_id="x:channel").incident_id for text in ("우박 평택 하치장 덴트 피해", "피아노 건반 뚜껑 박살")}
    assert len(before) == 2


def test_sure_topics_part() -> None:
    text = "기사님이 약속한 시간에 오지 않고 전화도 안 받아요"
    near = "약속한 시간 전화 기사님"
    for topic, joined in (("staff_behaviour", True), ("privacy", False)):
        stream = Stream(Parameters(topic_penalty=20))
        stream.post(text, topic="staff_behaviour", topic_p=0.95)
        assert (stream.post(near, topic=topic, topic_p=0.95).incident_id == 1) is joined


def test_quiet_incidents_reopen_and_old_ones_are_forgotten() -> None:
    stream = Stream()
    stream.posts(HAIL)
    late = stream.post(HAIL[0] + " 아직도 보상이 없네요", minutes=4 * 24 * 60)
    assert (late.incident_id, late.reopens) == (1, True)
    assert not stream.post(HAIL[1] + " 저도 연락이 없어요").reopens
    gone = stream.post(HAIL[2] + " 이제야 글을 봅니다", minutes=15 * 24 * 60)
    assert (gone.opened, gone.reopens) == (True, False)
    assert not stream.grouper.known(1)


def test_resolved_incidents_ask_to_reopen_and_dismissed_ones_are_followed() -> None:
    for status, opened in ((Status.RESOLVED, False), (Status.DISMISSED, True)):
        stream = Stream()
        stream.posts(HAIL[:3])
        stream.grouper.close(1, status)
        new = stream.post(HAIL[3])
        assert (new.opened, new.reopens) == (opened, not opened)
        assert new.follows == (1 if opened else None)
        again = stream.post("평택 하치장 우박 차 덮개도 없이 방치")
        assert again.incident_id == new.incident_id
        assert not again.opened


def test_a_new_trouble_does_not_join_a_resolved_one() -> None:
    stream = Stream()
    stream.posts(HAIL)
    stream.grouper.close(1, Status.RESOLVED)
    assert stream.post(PIANO[0]).opened


# ---- merges ----


def fragments(stream: Stream) -> tuple[int, int]:
    """Two incidents of one trouble, and a post that fits both."""
    strict = stream.grouper
    a, b = stream.post(HAIL[0]).incident_id, stream.post(LOGIN[0]).incident_id
    assert strict.merges(stream.at) == []
    return a, b


def test_merges_keep_the_older_id() -> None:
    stream = Stream(Parameters(join_surprise=6.0, merge_margin=-9.0, lone_margin=-9.0, merge_slack=12.0))
    text = "우박 평택 하치장 덴트"
    ids = stream.posts([text, *HAIL])
    merges = stream.grouper.merges(stream.at)
    assert merges
    assert all(isinstance(merge, Merge) and merge.older < merge.younger for merge in merges)
    survivors = set(ids) - {merge.younger for merge in merges}
    assert all(stream.grouper.known(incident) for incident in survivors)
    assert all("words" in merge.because.values for merge in merges)
    assert stream.grouper.merges(stream.at) == []


def test_what_staff_split_stays_apart_and_what_they_merge_is_one() -> None:
    stream = Stream(Parameters(join_surprise=9.0, merge_margin=-9.0, lone_margin=-9.0, merge_slack=12.0))
    first = stream.post(HAIL[0]).incident_id
    second = stream.post(HAIL[2]).incident_id
    assert first != second
    stream.grouper.keep_apart(first, second)
    stream.post(HAIL[1])
    assert (first, second) not in [(merge.older, merge.younger) for merge in stream.grouper.merges(stream.at)]
    stream.grouper.merge(first, second)
    assert not any(placement.incident_id == second for placement in [stream.post(text) for text in HAIL])


# ---- hostile and odd texts ----


@pytest.mark.parametrize(
    "text", ["", " \n\t", "😀" * 500, "\u200b\u202e", "\ud800", "ㅋ" * 100_000, "a" * 100_000, "#", "1234567890", "https://x.y/z"]
)
def test_odd_texts_are_placed(text: str) -> None:
    stream = Stream()
    stream.post(HAIL[0])
    placement = stream.post(text)
    assert placement.opened
    title = stream.grouper.title(placement.incident_id)
    assert title
    assert len(title) <= 80
    assert stream.grouper.merges(stream.at + timedelta(hours=1)) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=8))
def test_titles_are_short_safe_lines(texts: list[str]) -> None:
    stream = Stream()
    for text in texts:
        title = stream.grouper.title(stream.post(text).incident_id)
        assert 0 < len(title) <= 80
        assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") for character in title)


def test_titles_tell_what_it_is_about() -> None:
    stream = Stream()
    stream.posts(HAIL)
    assert "우박" in stream.grouper.title(1)
    assert "평택" in stream.grouper.title(1)
    english = stream.post("Login broken since the update, authentication failed again").incident_id
    assert "login" in stream.grouper.title(english).lower()


def test_stems() -> None:
    assert {stem(word) for word in ("우박이", "우박을", "우박에서", "우박")} == {"우박"}
    assert stem("파손됐어요") == "파손"
    assert {stem(word) for word in ("refunds", "refunded", "refund")} == {"refund"}
    assert wording("한울 GV80 #우박 https://a.kr/b", ((0, 2),)).names == {"gv80", "#우박", "link:a.kr/b"}


# ---- coming back ----


def judged(candidate: Candidate, copy_of: str | None) -> Judged:
    post = Post(
        candidate.post_id,
        "x",
        candidate.text,
        candidate.at,
        author_id=candidate.author_id,
        reply_to=candidate.reply_to,
        repost_of=candidate.repost_of,
        quote_of=candidate.quote_of,
    )
    labels = Labels(0.9, None, {}, candidate.topic, {candidate.topic: candidate.topic_p}, "ko")
    return Judged(post, Mention(post.id, candidate.watch, candidate.spans), labels, copy_of=copy_of)


class Kept:
    """What a store would keep."""

    def __init__(self) -> None:
        self.members: dict[int, list[Judged]] = {}
        self.prints: dict[str, Fingerprint] = {}

    def note(self, candidate: Candidate, placement: Placement) -> None:
        self.members.setdefault(placement.incident_id, []).append(judged(candidate, placement.copy_of))
        self.prints[candidate.post_id] = Fingerprint(
            candidate.post_id, candidate.watch, candidate.at, placement.fingerprint, placement.copy_of, placement.incident_id
        )

    def merge(self, merge: Merge) -> None:
        self.members[merge.older] += self.members.pop(merge.younger)
        for key, row in self.prints.items():
            if row.incident_id == merge.younger:
                self.prints[key] = Fingerprint(row.post_id, row.watch, row.at, row.bits, row.copy_of, merge.older)

    def standing(self, kept: int) -> list[Standing]:
        found = []
        for incident_id, members in self.members.items():
            originals = sorted((m for m in members if m.copy_of is None), key=lambda m: (m.post.created_at, m.post.id)) or members[:1]
            medoids = originals if len(originals) <= kept else [originals[0], *originals[1 - kept :]]
            last = max(member.post.created_at for member in members)
            incident = Incident(incident_id, WATCH, Kind.COMPLAINT, "other", "", Status.CANDIDATE, START, last, len(members), 1)
            found.append(Standing(incident, tuple(medoids)))
        return found


NUMBERS = SHIPPED_SPACE.korean.size


def vector(trouble: int, number: int = 0) -> NDArray[np.float16]:
    """A sentence vector: near those of the same trouble, whatever the language."""
    told = np.random.default_rng(trouble).normal(size=NUMBERS) + 0.4 * np.random.default_rng(1000 + number).normal(size=NUMBERS)
    return (told / np.linalg.norm(told)).astype(np.float16)


MIXED = [text for four in zip(HAIL, (*LOGIN, LOGIN[0]), (*PIANO, *PIANO), HAIL[::-1], strict=True) for text in four] * 2


@pytest.mark.parametrize("space", [None, SHIPPED_SPACE])
@pytest.mark.parametrize("kept", [2, 12])
@pytest.mark.parametrize("stop", range(1, 31, 4))
def test_a_restarted_process_places_like_one_that_never_stopped(kept: int, stop: int, space: Space | None) -> None:
    parameters = Parameters(kept=kept)
    stream, store = Stream(parameters, space), Kept()
    restarted: Grouper | None = None
    for number, text in enumerate(MIXED):
        extra: dict[str, object] = {"author_id": f"x:a{number % 9}", "reply_to": f"x:{number - 2}" if number % 5 == 4 else None}
        extra["vector"] = vector(number % 4, number) if number % 7 else None
        placement = stream.post(f"{text} {'정말 ' * (number % 3)}{number}", minutes=40, **extra)
        if restarted is not None:
            assert restarted.place([stream.seen[-1]], placement.incident_id if placement.opened else 10_000) == [placement]
        store.note(stream.seen[-1], placement)
        merges = stream.grouper.merges(stream.at)
        if restarted is not None:
            assert restarted.merges(stream.at) == merges
        for merge in merges:
            store.merge(merge)
        if number == stop:
            restarted = Grouper(parameters, space=space)
            vectors = {(one.post_id, WATCH): one.vector for one in stream.seen if one.vector is not None}
            restarted.restore(reversed(store.standing(kept)), reversed(list(store.prints.values())), vectors)
            assert {i: restarted.title(i) for i in store.members} == {i: stream.grouper.title(i) for i in store.members}


def test_restoring_one_incident_again_replaces_it() -> None:
    stream = Stream()
    stream.posts(HAIL)
    one = stream.seen[0]
    incident = Incident(1, WATCH, Kind.COMPLAINT, "other", "", Status.CANDIDATE, START, one.at, 1, 1)
    stream.grouper.restore([Standing(incident, (judged(one, None),))], [])
    other = Grouper()
    other.restore([Standing(incident, (judged(one, None),))], [])
    assert stream.grouper.title(1) == other.title(1)


def test_backgrounds_travel_as_bytes() -> None:
    assert Background.from_bytes(SHIPPED.to_bytes()) == SHIPPED
    own = Background.fitted([[wording(text) for text in (*HAIL, *LOGIN)]])
    assert Background.from_bytes(own.to_bytes()).shares == pytest.approx(own.shares, rel=0.06)
    for blob in (b"", b"GBG2", SHIPPED.to_bytes()[:40], b"x" * 100):
        with pytest.raises(ValueError, match="background"):
            Background.from_bytes(blob)


@pytest.mark.parametrize("words", range(3, 30))
def test_a_title_does_not_hang_on_the_order_of_words_in_memory(words: int) -> None:
    front, back = ([f"{name}{number}" for number in range(words)] for name in ("갈치", "멸치"))
    worth = [0.1 * (1 + number % 7) for number in range(words)]
    weights = dict(zip(front, worth, strict=True)) | dict(zip(back, reversed(worth), strict=True))
    posts = [(name, Wording(tuple(written), frozenset())) for name, written in (("앞", front), ("뒤", back))]
    assert (_fullest(posts, weights), _fullest(posts[::-1], weights)) == ("앞", "뒤")  # of equals the oldest


def test_vectors_bring_paraphrases_together_and_keep_others_apart() -> None:
    texts = ("차가 아직도 안 왔어요", "Still waiting for my sedan", "언제 받을 수 있나요 벌써 열흘째")
    words = Stream()
    assert len(set(words.posts(texts))) == 3
    near, far, blind = Stream(space=SHIPPED_SPACE), Stream(space=SHIPPED_SPACE), Stream(space=SHIPPED_SPACE)
    assert len({near.post(text, vector=vector(1, number)).incident_id for number, text in enumerate(texts)}) == 1
    assert len({far.post(text, vector=vector(number)).incident_id for number, text in enumerate(texts)}) == 3
    assert len(set(blind.posts(texts))) == 3


@pytest.mark.parametrize("odd", [np.zeros(3), np.full(NUMBERS, np.nan), np.full(NUMBERS, np.inf), np.zeros(0)])
def test_vectors_that_say_nothing_are_left_out(odd: NDArray[np.float64]) -> None:
    assert SHIPPED_SPACE.rounded(odd, "늦어요") is None
    assert Stream(space=SHIPPED_SPACE).posts(HAIL, vector=odd.astype(np.float16)) == Stream(space=SHIPPED_SPACE).posts(HAIL)


def test_sums_of_vectors_are_exact_in_any_order() -> None:
    rows = [SHIPPED_SPACE.rounded(vector(number % 3, number), "late") for number in range(12)]
    one, other = Meanings(SHIPPED_SPACE), Meanings(SHIPPED_SPACE)
    for row, again in zip(rows, reversed(rows), strict=True):
        one.count(0, row, 1)
        other.count(70, row, 1)
        other.count(70, again, 1)
    for row in rows:
        other.count(70, row, -1)
    assert one.surprises(rows[0], 1)[0] == other.surprises(rows[0], 100)[70] == other.surprise(rows[0], 70)
    assert not other.surprises(rows[0], 100)[71:].any()


def test_the_same_trouble_in_another_place_is_another_trouble() -> None:
    stream = Stream()
    gunsan = stream.posts(
        ["군산 야적장이 물에 잠겨서 시동이 안 걸립니다", "군산 야적장 침수차 그대로 출고했대요", "군산 야적장 물난리 난 거 숨겼네요"]
    )
    mokpo = stream.posts(["목포 야적장이 물에 잠겼다네요 제 차도 시동이 안 걸려요", "the yard in Mokpo flooded, 침수차 야적장"])
    assert len(set(gunsan)) == 1
    assert not set(gunsan) & set(mokpo)


def test_a_trouble_told_of_many_places_takes_one_more() -> None:
    stream = Stream()
    text = "{} 야적장 침수됐는데 시동이 안 걸립니다 물에 잠긴 차"
    told = stream.posts([text.format(place) for place in ("군산", "목포", "평택", "인천", "부산")])
    assert len(set(told)) < len(told)
    assert stream.post(text.format("울산")).incident_id in told


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("구미행 배가 군산에서 안 뜬다", {"gumi", "gunsan"}),
        ("stuck in Hong Kong since Pyeongtaek", {"hong_kong", "pyeongtaek"}),
        ("인천공항에서 부산역까지", {"incheon_airport", "busan"}),
        ("예산이 없어서 동작을 멈춤, 세부 내용은 나중에", set()),
        ("", set()),
    ],
)
def test_places_are_known_in_both_languages_and_words_that_look_like_them_are_none(text: str, named: set[str]) -> None:
    assert set(places(wording(text).words)) == named
