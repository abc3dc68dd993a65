from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import fields as parts_of
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain import (
    NOTIFYING,
    TOPICS,
    Assessment,
    Because,
    Decision,
    Emergence,
    Exposure,
    Forecast,
    Incident,
    Interval,
    Kind,
    Message,
    Post,
    Reach,
    Reason,
    Severity,
    Status,
)
from monitor.messages import SEOUL, Briefing, Reader, compose, digest, health, letters, names, notices, roundup, say, sentence, storm
from monitor.messages.korean import PARTICLES, particle
from monitor.messages.phrases import PHRASES
from monitor.messages.sentences import ROOMS, SENTENCES
from monitor.messages.wording import compiled, fields, round_to_two

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 21, 1, 50, tzinfo=UTC)
KO, EN = Reader("ko", SEOUL, NOW), Reader("en", SEOUL, NOW)


# ---- an incident to write about


def known(reach: bool = True, forecast: bool = True, seen: float = 2950) -> Assessment:
    emergence = Emergence(14, 0.8, 14, 13.2, True, Because("emergence_test", {"observed": 14}), "total", ("x", "naver"))
    people = Reach(Interval(0.63 * seen, seen, 1.63 * seen), 0.62, Because("reach_test", {"p10": 1870}))
    ahead = Forecast(
        {"1h": Interval(2400, 3900, 6100), "6h": Interval(4100, 8200, 17000), "24h": Interval(5200, 12400, 41000)},
        0.62,
        NOW + timedelta(hours=3, minutes=20),
        NOW + timedelta(hours=1),
        NOW + timedelta(hours=17),
        Because("forecast_test"),
    )
    return Assessment(12, NOW, emergence, people if reach else None, ahead if forecast else None, 17, 14)


def incident(**changed: object) -> Incident:
    whole = Incident(
        12,
        "한울오토",
        Kind.COMPLAINT,
        "delivery_delay",
        "탁송이 3주째 늦음",
        Status.TRIGGERED,
        NOW - timedelta(hours=3),
        NOW,
        17,
        14,
    )
    return replace(whole, **changed)  # type: ignore[arg-type]


def briefing(reason: Reason = Reason.FIRST, severity: Severity = Severity.CRITICAL, **changed: object) -> Briefing:
    post = Post("x:1", "x", "3주째 차가 안 와요", NOW - timedelta(hours=2), url="https://x.com/a/status/1")
    whole = Briefing(
        watch="한울오토",
        incident=incident(),
        assessment=known(),
        decision=Decision(12, NOW, reason, reason in NOTIFYING, severity, Because("decision_test", {"p": 0.62})),
        telling=((post, None, Exposure("x:1", "x", NOW, views=1234, likes=56)),),
        complainants=14,
        since=NOW - timedelta(hours=3, minutes=2),
        threshold=6000,
        playbook=("지연 고객에게 먼저 전화한다.",),
        responsible="고객지원팀",
    )
    return replace(whole, **changed)  # type: ignore[arg-type]


def everything(message: Message) -> Iterator[str]:
    """Every text of a message, wherever it stands."""

    def texts(value: object) -> Iterator[str]:
        if isinstance(value, str):
            yield str(value)
        elif isinstance(value, dict):
            yield from (text for part in value.values() for text in texts(part))
        elif isinstance(value, tuple):
            yield from (text for part in value for text in texts(part))
        elif hasattr(value, "__dataclass_fields__"):
            yield from (text for part in parts_of(value) for text in texts(getattr(value, part.name)))  # type: ignore[arg-type]

    return texts(message)


# ---- templates: every pair reads the same values and can be filled


def templates() -> Iterator[tuple[str, tuple[str, str]]]:
    for room, sentences in ROOMS.items():
        yield from ((f"{room}: {code}", pair) for code, pair in sentences.items())
    yield from (("phrases: " + key, pair) for key, pair in PHRASES.items())
    for module in (letters, notices):
        for name, value in vars(module).items():
            yield from _pairs(f"{module.__name__}.{name}", value) if not name.startswith("__") else ()


def _pairs(name: str, value: object) -> Iterator[tuple[str, tuple[str, str]]]:
    if isinstance(value, dict):
        yield from (pair for key, part in value.items() for pair in _pairs(f"{name}[{key}]", part))
    elif isinstance(value, tuple) and len(value) == 2 and all(type(part) is str for part in value):
        yield name, value
    elif isinstance(value, tuple):
        yield from (pair for n, part in enumerate(value) for pair in _pairs(f"{name}.{n}", part))


TEMPLATES = dict(templates())
SAMPLES: dict[str, object] = {
    "time": NOW,
    "clock": NOW,
    "day": NOW,
    "stamp": NOW,
    "duration": 12_000.0,
    "topic": "price",
    "stream": "topic:price",
    "severity": Severity.HIGH,
    "status": Status.TRIGGERED,
    "reason": Reason.FIRST,
    "platform": "x",
    "kind": Kind.ATTENTION,
    "percent": 0.62,
}


def test_there_are_templates_of_every_room() -> None:
    assert {"alerting", "emergence", "forecast", "grouping", "reach"} <= ROOMS.keys()
    assert len(TEMPLATES) > 150


def test_no_code_is_used_by_two_rooms() -> None:
    assert sum(map(len, ROOMS.values())) == len(SENTENCES)


@pytest.mark.parametrize("key", TEMPLATES)
def test_both_languages_say_the_same_and_can_be_filled(key: str) -> None:
    korean, english = TEMPLATES[key]
    assert fields(korean) == fields(english)
    wanted = {
        field: SAMPLES.get(specs[0], 1234) if specs else "한울오토"
        for template in (english, korean)
        for _, field, specs in compiled(template)
        if field is not None
    }
    for reader, template in ((KO, korean), (EN, english)):
        shown = reader.fill((korean, english), wanted)
        assert shown and "{" not in shown and "None" not in shown, template
        assert reader.fill((korean, english), dict.fromkeys(wanted)), "every value may be unknown"
    if "{" not in english:
        assert not re.search("[가-힣]", english)


@pytest.mark.parametrize("key", [key for key in TEMPLATES if not key.endswith((".id", "HTML"))])
def test_korean_particles_are_never_written_behind_a_value_of_unknown_sound(key: str) -> None:
    """A name that comes in may end in any sound: its particle must be chosen, not written."""
    korean = TEMPLATES[key][0]
    for before, _, after in re.findall(r"\{(\w+)(:[^}]*)?\}([가-힣]*)", korean):
        named = before in ("name", "watch", "who", "receiver", "channel", "collector", "model", "file", "path")
        assert not (named and after in ("이", "가", "은", "는", "을", "를", "과", "와", "으로", "로")), korean


def because_codes() -> Iterator[tuple[str, str, set[str] | None]]:
    """Every ``Because("code", {...})`` with a literal code in the source, with the keys of its values where they are literal."""
    for file in sorted((ROOT / "monitor").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Because" and node.args:
                code = node.args[0]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    yield str(file.relative_to(ROOT)), code.value, _literal_keys(node.args[1:])


def _literal_keys(values: list[ast.expr]) -> set[str] | None:
    if not values:
        return set()
    if isinstance(values[0], ast.Dict) and all(isinstance(key, ast.Constant) for key in values[0].keys):
        return {str(key.value) for key in values[0].keys if isinstance(key, ast.Constant)}
    return None


def test_every_reason_in_the_source_has_its_sentence() -> None:
    missing = []
    for file, code, keys in because_codes():
        if code in notices.HEALTH_CODES:
            continue
        if code not in SENTENCES:
            missing.append(f"{file}: {code} has no sentence")
        elif keys is not None and not fields(SENTENCES[code][0]) <= keys:
            missing.append(f"{file}: {code} lacks {fields(SENTENCES[code][0]) - keys}")
    assert missing == []


def phrases_used() -> Iterator[tuple[str, str]]:
    for file in sorted((ROOT / "monitor").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
            if name in ("say", "phrase") and isinstance(node, ast.Call) and node.args:
                for key in ast.walk(node.args[0]):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str) and re.fullmatch(r"\w+(\.\w+)+", key.value):
                        yield str(file.relative_to(ROOT)), key.value


def test_every_phrase_that_verbs_say_is_in_the_book() -> None:
    assert [f"{file}: {key}" for file, key in phrases_used() if key not in PHRASES] == []


def test_say() -> None:
    assert say("act.resolved", "ko", id=12) == "12번 사건을 해결됨으로 바꿨습니다."
    assert say("act.resolved", "en", id=12) == "Incident 12 is resolved."
    assert say("silence.added", "en", id=1, until=NOW, zone=ZoneInfo("Europe/Berlin")) == "Silence 1 holds until 21 Nov 02:50 CET."
    with pytest.raises(KeyError):
        say("no such phrase", "ko")
    with pytest.raises(KeyError):
        say("act.resolved", "ko")


def test_sentence_of_an_unknown_code_or_with_missing_values_is_still_a_sentence() -> None:
    assert sentence(Because("gone_code", {"n": 3, "at": NOW}), "en", SEOUL) == "gone code (n 3, at 21 Nov 10:50 KST)"
    code = next(code for code, pair in SENTENCES.items() if fields(pair[0]))
    assert "알 수 없음" in sentence(Because(code), "ko", SEOUL)


@pytest.mark.parametrize("template", ["{a.b}", "{a[0]}", "{}", "{0}", "{a!r}", "{a:nonsense}", "{a:count|>10}", "{a"])
def test_templates_reach_into_nothing(template: str) -> None:
    with pytest.raises(ValueError, match=r"field|expected|single"):
        compiled(template)


def test_values_are_cleaned() -> None:
    assert KO.fill(("{x:이/가} 옴", "{x}"), {"x": "한울\x1b[31m\u202e\n오토"}) == "한울 오토가 옴"
    assert EN.fill(("", "{x}"), {"x": "{y} %s \x00"}) == "{y} %s"


# ---- Korean particles


@pytest.mark.parametrize(
    ("word", "pair", "form"),
    [
        ("한울오토", "이/가", "가"),
        ("한울", "은/는", "은"),
        ("한울", "으로/로", "로"),
        ("서울역", "으로/로", "으로"),
        ("서울", "와/과", "과"),
        ("민수", "아/야", "야"),
        ("Hanul Auto", "이/가", "가"),
        ("SKT", "이/가", "가"),
        ("LG", "을/를", "를"),
        ("DHL", "은/는", "은"),
        ("KTX", "으로/로", "로"),
        ("NAVER", "이/가", "가"),
        ("POSCO", "이/가", "가"),
        ("SAMSUNG", "이/가", "이"),
        ("Google", "은/는", "은"),
        ("Naver", "은/는", "는"),
        ("GitHub", "을/를", "를"),
        ("Slack", "을/를", "을"),
        ("Reddit", "이/가", "이"),
        ("Microsoft", "이/가", "가"),
        ("Chrome", "이/가", "이"),
        ("X", "이/가", "가"),
        ("M", "이/가", "이"),
        ("10", "이/가", "이"),
        ("1", "으로/로", "로"),
        ("6", "으로/로", "으로"),
        ("2", "을/를", "를"),
        ("6,000", "을/를", "을"),
        ("3.5", "은/는", "는"),
        ("1000000000000", "이/가", "가"),
        ("62%", "이/가", "가"),
        ("5kg", "을/를", "을"),
        ("300km", "을/를", "를"),
        ("한울오토(주)", "은/는", "는"),
        ("한울(Hanul)", "은/는", "은"),
        ("한울 [2공장]", "은/는", "은"),
        ("(주)한울", "은/는", "은"),
        ("(서울)", "은/는", "은"),
        ("‘한울’", "이/가", "이"),
        ("한울오토!!", "이/가", "가"),
        ("한울🚗", "이/가", "이"),
        (unicodedata.normalize("NFD", "한울"), "이/가", "이"),
        ("漢字", "이/가", "이(가)"),
        ("漢字", "으로/로", "(으)로"),
        ("漢字", "과/와", "와(과)"),
        ("🚗", "을/를", "을(를)"),
        ("", "은/는", "은(는)"),
    ],
)
def test_particles(word: str, pair: str, form: str) -> None:
    assert particle(word, pair) == form


@given(st.integers(0xAC00, 0xD7A3), st.sampled_from(sorted(PARTICLES)))
def test_particles_follow_the_final_consonant(code: int, pair: str) -> None:
    closed, opened = PARTICLES[pair]
    tail = (code - 0xAC00) % 28
    assert particle("가" + chr(code), pair) == (opened if tail == 0 or (tail == 8 and closed == "으로") else closed)


@given(st.text(max_size=40), st.sampled_from(sorted(PARTICLES)))
def test_any_word_gets_a_particle(word: str, pair: str) -> None:
    assert particle(word, pair)


# ---- numbers, times, durations, names


@pytest.mark.parametrize(
    ("value", "ko", "en"),
    [
        (0, "0초", "0 s"),
        (45, "45초", "45 s"),
        (59.7, "1분", "1 min"),
        (60, "1분", "1 min"),
        (12_000, "3시간 20분", "3 h 20 min"),
        (7_200, "2시간", "2 h"),
        (86_399, "1일", "1 d"),
        (183_600, "2일 3시간", "2 d 3 h"),
        (timedelta(minutes=5), "5분", "5 min"),
        (-90, "-2분", "-2 min"),
    ],
)
def test_durations(value: object, ko: str, en: str) -> None:
    assert KO.duration(value) == ko
    assert EN.duration(value) == en


def test_times_stand_in_the_readers_zone() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert KO.time(NOW) == "11월 21일 10:50"
    assert EN.time(NOW) == "21 Nov 10:50 KST"
    assert Reader("ko", berlin, NOW).time(NOW) == "11월 21일 02:50 CET"
    assert KO.time(NOW.replace(year=2025)) == "2025년 11월 21일 10:50"
    assert Reader("en", SEOUL).time(NOW.replace(year=2025)) == "21 Nov 10:50 KST"
    assert KO.clock(NOW + timedelta(hours=3)) == "13:50"
    assert KO.clock(NOW + timedelta(hours=14)) == "11월 22일 00:50"
    assert Reader("ko", ZoneInfo("Asia/Seoul"), NOW).time(NOW) == KO.time(NOW)


@pytest.mark.parametrize(("share", "shown"), [(0, "0%"), (0.004, "1% 미만"), (0.62, "62%"), (0.999, "99% 이상"), (1, "100%")])
def test_shares(share: float, shown: str) -> None:
    assert KO.percent(share) == shown


@pytest.mark.parametrize(("number", "shown"), [(1234, "1,234"), (0.84, "0.8"), (3.0, "3"), (12.4, "12"), (9.97, "10"), (-2, "-2")])
def test_counts(number: float, shown: str) -> None:
    assert KO.count(number) == shown


@pytest.mark.parametrize(
    ("number", "rounded"), [(0, 0), (7.4, 7), (87.4, 87), (2143, 2100), (995, 1000), (123_456, 120_000), (-2143, -2100)]
)
def test_estimates_of_people_have_two_digits(number: float, rounded: int) -> None:
    assert round_to_two(number) == rounded


def test_everything_has_a_name_in_both_languages() -> None:
    assert names.TOPICS.keys() == set(TOPICS)
    assert names.SEVERITIES.keys() == set(Severity)
    assert names.STATUSES.keys() == set(Status)
    assert names.REASONS.keys() == set(Reason)
    assert names.KINDS.keys() == set(Kind)
    for table in (names.TOPICS, names.SEVERITIES, names.STATUSES, names.REASONS, names.KINDS, names.STREAMS):
        for ko, en in table.values():
            assert re.search("[가-힣]", ko) and not re.search("[가-힣]", en)


def test_names_of_streams() -> None:
    assert names.stream("topic:delivery_delay", "ko") == "배송 지연 불만"
    assert names.stream("platform:x", "en") == "complaints on X"
    assert names.stream("incident:12", "ko") == "12번 사건"
    assert names.stream("mentions", "en") == "all mentions"
    assert names.stream("topic:our_own", "en") == "complaints about our own"


# ---- alerts


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("reason", [*sorted(NOTIFYING), Reason.RESOLVED])
def test_an_alert_says_all_that_staff_need(reason: Reason, language: str) -> None:
    message = compose(briefing(reason, worse_than=Severity.HIGH), language, SEOUL)
    told = "\n".join(everything(message))
    for part in (
        "한울오토",
        "14",
        "17",
        "탁송이 3주째 늦음",
        "고객지원팀",
        "3주째 차가 안 와요",
        "https://x.com/a/status/1",
        "62%",
        "monitor why 12",
    ):
        assert part in told, part
    assert re.search(r"1,900(~| to )4,800", told)
    assert (message.actions == ("지연 고객에게 먼저 전화한다.",)) == (reason is not Reason.RESOLVED)
    assert message.reason is reason and message.language == language and message.thread == "incident-12"
    assert message.why and message.headings
    if reason is not Reason.RESOLVED:
        assert message.spread is not None and len(message.spread.bars) == 4
    assert language == "en" or not re.search(r"\b(people|since|chance)\b", told)


def test_the_subject_says_first_what_to_know() -> None:
    first = compose(briefing(), "ko", SEOUL).subject
    assert first == "[심각] 한울오토 배송 지연: 14명 불만, 약 3시간 20분 뒤 6,000명 도달 예상(가능성 62%)"
    assert compose(briefing(), "en", SEOUL).subject == (
        "[Critical] 한울오토, delivery delay: 14 people complaining, about 3 h 20 min to 6,000 people (62%)"
    )
    unknown = compose(briefing(Reason.WORSENED, Severity.HIGH, assessment=known(reach=False, forecast=False)), "ko", SEOUL)
    assert unknown.subject == "[높음 · 악화] 한울오토 배송 지연: 14명 불만, 확산 규모 알 수 없음"
    crossed = compose(briefing(Reason.CROSSED, assessment=known(seen=9000)), "ko", SEOUL)
    assert crossed.subject == "[심각 · 기준 초과] 한울오토 배송 지연: 14명 불만, 이미 5,700~15,000명이 봄(기준 6,000명)"
    resolved = compose(briefing(Reason.RESOLVED), "ko", SEOUL)
    assert resolved.subject == "[해결] 한울오토 배송 지연: 14명 불만, 3시간 2분 만에 해결"


def test_unknown_spread_is_said_plainly_and_never_as_a_number() -> None:
    for language, word in (("ko", "알 수 없"), ("en", "unknown")):
        message = compose(briefing(assessment=known(reach=False, forecast=False)), language, SEOUL)
        assert message.spread is None
        assert word in message.headline and any(word in line for line in message.lines)
        assert any(fact.value == ("알 수 없음" if language == "ko" else "unknown") for fact in message.facts)
        assert "6,000" not in message.headline


def test_reach_without_forecast_and_forecast_without_crossing() -> None:
    seen = compose(briefing(assessment=known(forecast=False)), "ko", SEOUL)
    assert "1,900~4,800명이 봤습니다" in seen.headline and "알 수 없" not in seen.headline
    assert seen.spread is not None and len(seen.spread.bars) == 1
    calm = known()
    assert calm.forecast is not None
    possible = replace(calm, forecast=replace(calm.forecast, p_cross=0.3))
    assert compose(briefing(assessment=possible), "ko", SEOUL).subject.endswith("6,000명 넘을 가능성 30%(넘는다면 약 3시간 20분 뒤)")
    unlikely = replace(calm, forecast=replace(calm.forecast, p_cross=0.04, eta_at=None, eta_earliest_at=None, eta_latest_at=None))
    assert "넘을 가능성은 4%" in compose(briefing(assessment=unlikely), "ko", SEOUL).headline


def test_one_person_is_one_person() -> None:
    one = briefing(complainants=1, assessment=replace(known(), posts=1))
    assert "1 person complained" in compose(one, "en", SEOUL).headline
    assert "posted 1 complaint." in compose(one, "en", SEOUL).lines[0]


def test_crossing_says_whether_we_warned() -> None:
    warned = compose(briefing(Reason.CROSSED, incident=incident(alerted_at=NOW - timedelta(hours=2))), "ko", SEOUL)
    assert any("첫 알림은 2시간 전" in line for line in warned.lines)
    late = compose(briefing(Reason.CROSSED), "ko", SEOUL)
    assert any("미리 알리지 못했습니다" in line for line in late.lines)


def test_worsening_names_both_severities() -> None:
    lines = compose(briefing(Reason.WORSENED, worse_than=Severity.HIGH), "ko", SEOUL).lines
    assert "심각도가 높음에서 심각으로 올라갔습니다." in lines


def test_waves_of_attention_are_not_called_complaints() -> None:
    wave = compose(briefing(incident=incident(kind=Kind.ATTENTION, topic="privacy")), "ko", SEOUL)
    assert "한울오토를 언급하는 글이 급증했습니다" in wave.headline
    assert "불만" not in wave.subject + wave.headline + " ".join(wave.lines)
    assert any(fact.label == "언급한 사람" for fact in wave.facts)


def test_missing_playbook_and_own_topic() -> None:
    message = compose(briefing(playbook=(), topic_label="탁송 기사 배정"), "ko", SEOUL)
    assert "[[playbook]]" in message.actions[0]
    assert "탁송 기사 배정" in message.headline


def test_same_in_same_out_and_a_key_for_each_message() -> None:
    assert compose(briefing(), "ko", SEOUL) == compose(briefing(), "ko", SEOUL)
    keys = {compose(briefing(reason), "ko", SEOUL).dedup_key for reason in Reason}
    assert len(keys) == len(Reason)


@given(st.text(st.characters(codec=None), max_size=300), st.sampled_from(["ko", "en"]))
def test_no_text_from_outside_does_harm(text: str, language: str) -> None:
    post = Post("x:1", text, text, NOW, url=text, community=text)
    message = compose(
        briefing(
            watch=text,
            incident=incident(title=text, topic=text, assigned_to=text),
            telling=((post, None, Exposure("x:1", "x", NOW, views=1)),),
            playbook=(text, "x"),
            responsible=text,
            topic_label=text,
            link=text,
            commands=(text,),
        ),
        language,
        SEOUL,
    )
    for shown in everything(message):
        assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
        assert len(shown) <= 700
    assert len(message.subject) <= 200
    assert all(quote.url is None or quote.url.lower().startswith(("http://", "https://")) for quote in message.quotes)


def test_a_very_long_post_is_cut() -> None:
    post = Post("x:1", "x", "가" * 100_000, NOW)
    (quote,) = compose(briefing(telling=((post, None, None),)), "ko", SEOUL).quotes
    assert len(quote.text) == 280 and quote.text.endswith("…")


def test_an_empty_post_is_called_so() -> None:
    (quote,) = compose(briefing(telling=((Post("x:1", "x", "\u200b", NOW), None, None),)), "ko", SEOUL).quotes
    assert quote.text == "(글 없음)"


# ---- several incidents, and ourselves


def test_digest_and_storm_name_every_incident() -> None:
    several = [briefing(Reason.DIGEST, incident=incident(id=number, title=f"사건 제목 {number}")) for number in range(1, 41)]
    for write, word in ((digest, "요약"), (storm, "심각")):
        message = write(several, NOW, "ko", SEOUL)
        assert message.subject.startswith(f"[{word}]") and "40건" in message.subject
        assert [fact.label for fact in message.facts] == [f"{number}번" for number in range(1, 41)]
        assert all(f"사건 제목 {number}" in fact.value for number, fact in enumerate(message.facts, 1))
    assert storm(several, NOW, "en", SEOUL).severity is Severity.CRITICAL


def test_a_digest_says_how_many_it_leaves_out() -> None:
    several = [briefing(Reason.DIGEST, incident=incident(id=number)) for number in range(1, 21)]
    for write in (digest, roundup):
        cut = write(several, NOW, "ko", SEOUL, more=14)
        assert "34건" in cut.subject
        assert cut.lines == ("이 밖에 14건이 더 있습니다.",)
        assert write(several, NOW, "en", SEOUL).lines == ()


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("code", sorted(notices.HEALTH_CODES))
def test_messages_about_ourselves(code: str, language: str) -> None:
    values = {"name": "naver", "silent": 5400.0, "why": "disk full \x1b[31m", "times": 3}
    message = health(Because(code, values), NOW, language, SEOUL)
    assert message.reason is None and message.thread.startswith("health")
    assert not any("\x1b" in text for text in everything(message))
    assert health(Because(code), NOW, language, SEOUL).headline


def test_silence_and_recovery_of_a_collector_share_a_thread() -> None:
    silent = health(Because("collector_silent", {"name": "naver", "silent": 5400}), NOW, "ko", SEOUL)
    again = health(Because("collector_recovered", {"name": "naver", "silent": 9000}), NOW, "ko", SEOUL)
    assert silent.headline.startswith("naver에서 1시간 30분 동안")
    assert silent.thread == again.thread and silent.dedup_key != again.dedup_key
    with pytest.raises(KeyError):
        health(Because("nonsense"), NOW, "ko", SEOUL)
