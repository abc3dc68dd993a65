"""The brief: who, what, wants, evidence, words; cost; story; which event of our own fits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import briefing
from monitor.briefing import cost, excerpts, fitting, places, wants
from monitor.domain import (
    Assessment,
    Because,
    Brief,
    Change,
    Decision,
    Emergence,
    Forecast,
    Incident,
    Interval,
    Kind,
    Labels,
    Post,
    Reach,
    Reason,
    Sentiment,
    Severity,
    Signal,
    Stage,
    Status,
    Voice,
)
from monitor.messages import SEOUL, answered, sentence

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def incident(**changed: object) -> Incident:
    whole = Incident(
        7,
        "한울오토",
        Kind.COMPLAINT,
        "delivery_delay",
        "탁송 지연",
        Status.TRIGGERED,
        NOW - 3 * HOUR,
        NOW - HOUR,
        5,
        4,
        alerted_at=NOW - HOUR,
    )
    return replace(whole, **changed)  # type: ignore[arg-type]


def assessment(p50: float | None = 2000.0, p: float | None = 0.5, eta: timedelta | None = HOUR, later: float = 9000.0) -> Assessment:
    emergence = Emergence(12, 1.5, 4, 9.0, True, Because("emergence_test"), "incident:7", ("x",))
    reach = None if p50 is None else Reach(Interval(p50 / 2, p50, 2 * p50), 0.4, Because(""))
    ahead = None
    if p is not None:
        eta_at = None if eta is None else NOW + eta
        horizons = {"1h": Interval(1, 2, 3), "6h": Interval(1, 2, 3), "24h": Interval(later / 2, later, later * 2)}
        ahead = Forecast(horizons, p, eta_at, eta_at, eta_at, Because(""))
    return Assessment(7, NOW, emergence, reach, ahead, 5, 4)


def voice(text: str, author: str | None = "kim", **more: object) -> Voice:
    number = abs(hash(text)) % 10_000
    labels = Labels(0.9, Sentiment.NEG, {"neg": 1.0}, "delivery_delay", {"delivery_delay": 1.0}, "ko")
    post = Post(f"x:{number}", "x", text, NOW - 2 * HOUR, author_id=author and f"x:{author}", community=more.pop("community", None))  # type: ignore[arg-type]
    return replace(Voice(post, labels), **more)  # type: ignore[arg-type]


def made(*said: Voice, signals: tuple[Signal, ...] = (), **changed: object) -> Brief:
    return briefing.brief(incident(**changed), assessment(), said, NOW, 6000, briefing.UnitCosts(), signals)


def codes(reasons: tuple[Because, ...]) -> list[str]:
    return [because.code for because in reasons]


# ---- what they want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("환불 언제 되나요 19일째", "refund"),
        ("계약금 돈 돌려주세요", "refund"),
        ("배상 절차 좀 알려주세요", "compensation"),
        ("일주일째 연락 두절입니다", "reply"),
        ("고객센터가 전화를 받질 않아요", "reply"),
        ("앱 좀 고쳐주세요", "repair"),
        ("사과 한마디 없었음", "apology"),
        ("직원 무례합니다 사과하세요", "apology"),
        ("왜 안 오는지 설명 좀 해 주세요", "information"),
        ("담당자 징계하세요", "punishment"),
        ("소비자원에 넣었습니다", "punishment"),
        ("재발 방지 대책 내놓으세요", "improvement"),
        ("다시는 이용 안 합니다", "leave"),
        ("I want my money back", "refund"),
        ("Nobody answers the phone", "reply"),
        ("where is my car? day 9", "delivery"),
        ("No apology either.", "apology"),
        ("Please fix this", "repair"),
        ("Reporting them to the ombudsman", "punishment"),
        ("never again with them", "leave"),
    ],
)
def test_wants_are_read_from_plain_words(text: str, want: str) -> None:
    assert want in wants.wants_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "환불받았습니다 빠르네요",
        "동해고속버스 타고 갑니다",
        "고소한 참깨 냄새",
        "청원경찰이 웃었다",
        "보상팀 회식",
        "사과문이 올라왔네",
        "비계가 정수리 옆에 떨어짐",
        "They refunded me within the hour",
        "the rail replacement coach",
        "their approved repairer",
        "that patch fixed the menu",
    ],
)
def test_what_only_sounds_like_a_want_is_none(text: str) -> None:
    assert wants.wants_in(text) == {}


def test_wants_count_people_and_the_first_is_wanted_most() -> None:
    texts = [("a", "환불해 주세요"), ("a", "환불 환불"), ("b", "답변 주세요"), ("c", "답변이 없네요"), ("d", "좋네요")]
    assert wants.most_wanted(texts) == [("reply", 2), ("refund", 1)]


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    assert set(wants.wants_in(text)) <= set(wants.WANTS)
    places.places_in(text)
    made(voice(text or "x"))


def test_a_long_text_takes_no_long_time() -> None:
    for text in ("언제 " * 20_000, "where " * 20_000, "a" * 100_000, "가" * 100_000, "In " * 30_000):
        wants.wants_in(text)
        places.places_in(text)


# ---- who, where, in their words


def test_customers_are_counted_by_author() -> None:
    said = (
        voice("늦어요", "kim", followers=1200, returning=True, community="차모임"),
        voice("또 늦어요", "kim", followers=1200, returning=True, community="차모임"),
        voice("왜 안 와요", "lee", returning=False),
        voice("복사", "park", copy=True),
    )
    told = {because.code: because.values for because in made(*said).who}
    assert told["briefing_people"] == {"people": 2, "posts": 3}
    assert told["briefing_communities"] == {"communities": "차모임 (1)"}
    assert told["briefing_followers"] == {"followers": 1200, "most": 1200, "known": 1, "people": 2}
    assert told["briefing_returning"] == {"returning": 1, "new": 1}


def test_unknown_authors_make_no_claim_about_who_returns() -> None:
    who = made(voice("늦어요", None), voice("안 와요", None)).who
    assert "briefing_returning" not in codes(who)
    assert "briefing_followers_unknown" in codes(who)


def test_places_need_two_people_and_are_not_the_company() -> None:
    assert places.places_in("인천터미널에서 사흘째 멈춤") == {"인천터미널"}
    assert "고객센터" not in places.places_in("고객센터가 전화를 안 받아요")
    assert "Reno yard" in places.places_in("stuck at the Reno yard since Monday")
    assert places.most_named([("a", "인천터미널에 있대요"), ("b", "인천터미널 앞"), ("c", "부산에서")], "한울오토") == [("인천터미널", 2)]


def test_experience_is_their_own_words_one_of_each_author() -> None:
    long = "안녕하세요. " + "어제 맡겼습니다. " * 20 + "3주째 차가 안 와서 정말 화가 납니다. 끝."
    words = excerpts.experience([voice(long, "kim"), voice("두 번째", "kim"), voice("복사", "lee", copy=True), voice("짧아요", "lee")])
    assert [one.text for one in words] == ["3주째 차가 안 와서 정말 화가 납니다. 끝.", "짧아요"]
    assert all(len(one.text) <= excerpts.LONGEST for one in words)


# ---- the stage and the cost


def test_stages() -> None:
    assert cost.stage(None, None, 6000) is Stage.SIGNAL
    assert cost.stage(incident(), assessment(2000), 6000) is Stage.PUBLIC
    assert cost.stage(incident(), assessment(6000), 6000) is Stage.CRISIS
    assert cost.stage(incident(crossed_at=NOW), assessment(10), 6000) is Stage.CRISIS
    assert cost.stage(incident(), assessment(None, None), 6000) is Stage.PUBLIC


def test_cost_follows_the_decision() -> None:
    """p = 0.5, one hour left and one hour needed: half the harm can be averted."""
    (public,) = cost.cost(Stage.PUBLIC, assessment(), NOW, cost.UnitCosts(weight=2))
    assert public.code == "briefing_cost_public"
    assert public.values["wait"] == pytest.approx(2 * (10 + 0.5 * 90))
    assert public.values["act"] == pytest.approx(2 * (10 + 0.5 * 0.5 * 90))
    (signal,) = cost.cost(Stage.SIGNAL, None, NOW, cost.UnitCosts())
    assert signal.values == {"act": 1, "wait": 10}
    (grown,) = cost.cost(Stage.CRISIS, assessment(6000, later=9000), NOW, cost.UnitCosts())
    assert (grown.code, grown.values["act"], grown.values["wait"]) == ("briefing_cost_grown", 100, 150)
    (still,) = cost.cost(Stage.CRISIS, assessment(9000, later=9100), NOW, cost.UnitCosts())
    assert still.code == "briefing_cost_crossed"
    (blind,) = cost.cost(Stage.PUBLIC, assessment(None, None), NOW, cost.UnitCosts())
    assert blind.code == "briefing_cost_unmeasured"


@given(st.floats(0, 1), st.integers(0, 2000), st.floats(0, 100))
def test_acting_now_never_costs_more_than_waiting(p: float, minutes: int, weight: float) -> None:
    known = assessment(2000, p, timedelta(minutes=minutes))
    (told,) = cost.cost(Stage.PUBLIC, known, NOW, cost.UnitCosts(weight=weight))
    assert 0 <= float(str(told.values["act"])) <= float(str(told.values["wait"])) + 1e-9


# ---- signals


def signal(**changed: object) -> Signal:
    return replace(Signal("s1", NOW - 5 * HOUR, "vessel_late", "입항 지연", "delivery_delay", "인천터미널"), **changed)  # type: ignore[arg-type]


def test_a_signal_fits_by_time_and_topic_better_by_place() -> None:
    named = fitting.fits(signal(), incident(), ["인천터미널에서 멈춤", "늦어요"])
    bare = fitting.fits(signal(), incident(), ["늦어요"])
    assert named is not None and bare is not None and named[0] > bare[0]
    assert named[1].code == "briefing_signal_named" and named[1].values["posts"] == 1
    assert bare[1].code == "briefing_signal_topic"


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": NOW + 5 * HOUR},
        {"at": NOW - 100 * HOUR},
        {"at": NOW - 100 * HOUR, "ends_at": NOW - 60 * HOUR},
        {"topic": "privacy"},
        {"topic": None, "place": "부산"},
        {"watch": "다른회사"},
    ],
)
def test_what_does_not_fit(wrong: dict[str, object]) -> None:
    assert fitting.fits(signal(**wrong), incident(), ["인천터미널에서 멈춤"]) is None


def test_the_best_signal_stands_in_the_brief() -> None:
    other = signal(id="s2", place="부산", at=NOW - 4 * HOUR)
    told = made(voice("인천터미널에서 멈췄어요"), signals=(signal(), other))
    assert told.signal is not None and told.signal.id == "s1"
    assert "briefing_signal_named" in codes(told.problem)


# ---- the story


def test_the_story_has_a_beginning_a_turn_and_an_end() -> None:
    spoke = Decision(
        7,
        NOW - HOUR,
        Reason.FIRST,
        True,
        Severity.HIGH,
        Because("alerting_first_alarm", {"expected": 1, "observed": 9, "authors": 4}),
        {},
        ("당직",),
    )
    quiet = replace(
        spoke, reason=Reason.TOO_SOON, notify=False, because=Because("alerting_too_soon", {"told_at": NOW - HOUR}), receivers=()
    )
    moved = Change(NOW, "지민", "status", 7, "triggered", "acknowledged", "", "cli")
    first = Post("x:1", "x", "3주째 안 와요", NOW - 3 * HOUR)
    told = briefing.tell(incident(status=Status.ACKNOWLEDGED, status_at=NOW), first, [assessment()], [spoke, quiet], [moved], 6000)
    assert 5 <= len(told) <= 10
    assert codes(told)[:3] == ["briefing_story_began", "briefing_story_unusual", "briefing_story_spoke"]
    assert {"briefing_story_silent", "briefing_story_acknowledged", "briefing_story_now"} <= set(codes(told))
    for language in ("ko", "en"):
        text = " ".join(sentence(because, language, SEOUL, NOW) for because in told)
        assert "알 수 없음" not in text and "unknown" not in text, text


def test_a_story_without_anything_known_is_still_told() -> None:
    told = briefing.tell(incident(alerted_at=None), None, [], [], [], 6000)
    assert codes(told) == ["briefing_story_began_unknown", "briefing_story_unspoken", "briefing_story_now"]


def test_the_brief_reads_in_both_languages_and_is_safe() -> None:
    evil = "환불 <!channel> \x1b[31m\u202e <b>3주째</b> 안 와요"
    told = made(voice(evil, community="r/\x1b[2Jcars"), signals=(signal(text="\u202e늦음\x07"),))
    for language in ("ko", "en"):
        parts = answered(told, language, SEOUL, NOW)
        assert len(parts) == 6
        text = "\n".join([*(line for part in parts for line in part.lines), *(quote.text for part in parts for quote in part.quotes)])
        assert not set(text) & {"\x1b", "\u202e", "\x07"}
        assert all(part.lines or part.quotes for part in parts)
