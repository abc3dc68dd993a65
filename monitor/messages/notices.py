"""Messages about several incidents (digest, storm) and about ourselves (health)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from monitor.domain import Because, Fact, Message, Severity
from monitor.messages.alerts import Briefing, subject
from monitor.messages.letters import HEADINGS, Pair
from monitor.messages.wording import Reader
from monitor.plain import clean

_DIGEST: dict[str, Pair] = {
    "subject": ("[요약] 지켜볼 사건 {n:count}건", "[Digest] {n:count} incident{n:s} to keep an eye on"),
    "headline": (
        "바로 알릴 정도는 아니지만 평소와 다른 사건이 {n:count}건 있습니다.",
        "{n:count} incident{n:s} out of the ordinary, none urgent enough for an alert of its own.",
    ),
}
_STORM: dict[str, Pair] = {
    "subject": ("[심각] 동시에 심각한 사건 {n:count}건", "[Critical] {n:count} critical incident{n:s} at once"),
    "headline": (
        "심각한 사건 {n:count}건이 한꺼번에 진행 중입니다. 하나씩 알리는 대신 모두 여기에 적습니다.",
        "{n:count} critical incident{n:s} at once. Instead of one page each, all of them are listed here.",
    ),
}
_ENTRY: Pair = ("{id}번", "No. {id}")

# code -> severity, subject, headline, what to do
_HEALTH: dict[str, tuple[Severity, Pair, Pair, tuple[Pair, ...]]] = {
    "collector_silent": (
        Severity.HIGH,
        ("수집 중단: {name} ({silent:duration}째)", "Collection stopped: {name} ({silent:duration})"),
        (
            "{name}에서 {silent:duration} 동안 새 글을 가져오지 못했습니다. 그동안 이 출처의 불만은 볼 수 없습니다.",
            "Nothing could be collected from {name} for {silent:duration}. Complaints there go unseen until it works again.",
        ),
        (("monitor check로 접속과 인증을 확인하세요.", "Run monitor check to test access and credentials."),),
    ),
    "collector_refused": (
        Severity.HIGH,
        ("수집 거부: {name}", "Collection refused: {name}"),
        (
            "{name:이/가} 인증을 거부했습니다. 사람이 고칠 때까지 이 출처의 불만은 볼 수 없습니다.",
            "{name} refuses our credentials. Complaints there go unseen until a person acts.",
        ),
        (("키와 토큰을 새로 발급해 환경 변수에 넣으세요.", "Renew the key or token and set it in the environment."),),
    ),
    "collector_recovered": (
        Severity.LOW,
        ("수집 재개: {name}", "Collection works again: {name}"),
        (
            "{name}에서 {silent:duration} 만에 다시 글을 가져옵니다. 빠진 기간은 공백으로 처리해 한동안 조심스럽게 판단합니다.",
            "{name} is collected again after {silent:duration}. The time in between counts as a gap: for a while we judge with caution.",
        ),
        (),
    ),
    "model_missing": (
        Severity.CRITICAL,
        ("분류 모델을 쓸 수 없음: {name}", "The model cannot be used: {name}"),
        (
            "분류 모델 {name:을/를} 불러올 수 없어 글을 판단하지 못합니다. 수집은 계속되고, 모델이 돌아오면 밀린 글부터 처리합니다.",
            "The model {name} cannot be loaded, so no post is judged. Collection goes on; the backlog is judged once the model is back.",
        ),
        (("models/ 폴더와 monitor check 결과를 확인하세요.", "Look at the folder models/ and at what monitor check says."),),
    ),
    "database_trouble": (
        Severity.CRITICAL,
        ("데이터베이스 문제", "Database trouble"),
        ("데이터베이스를 쓸 수 없습니다: {why}", "The database cannot be used: {why}"),
        (
            ("남은 디스크 용량과 파일 권한을 확인하세요.", "Check free disk space and the permissions of the file."),
            ("파일이 손상됐다면 최근 백업으로 되돌리세요.", "If the file is damaged, restore the latest backup."),
        ),
    ),
    "delivery_dead": (
        Severity.HIGH,
        ("전달하지 못한 알림: {name}", "An alert could not be delivered: {name}"),
        (
            "{name:으로/로} 보내는 알림을 더는 시도하지 않습니다: {why}",
            "We have stopped trying to deliver an alert to {name}: {why}",
        ),
        (
            (
                "monitor outbox list로 확인하고, 고친 뒤 monitor outbox retry로 다시 보내세요.",
                "See monitor outbox list; once fixed, send it again with monitor outbox retry.",
            ),
        ),
    ),
    "step_failing": (
        Severity.HIGH,
        ("처리 단계 실패: {name}", "A step keeps failing: {name}"),
        ("{name} 단계가 {times:count}번 연속 실패했습니다: {why}", "The step {name} failed {times:count} times in a row: {why}"),
        (("로그를 확인하세요.", "Look at the log."),),
    ),
    "test": (
        Severity.LOW,
        ("시험 메시지", "Test message"),
        (
            "{name:은/는} 이 채널로 알림을 받습니다. 이 메시지가 보인다면 설정이 올바릅니다.",
            "{name} gets alerts through this channel. If you can read this, it works.",
        ),
        (),
    ),
}
HEALTH_CODES = frozenset(_HEALTH)


def digest(briefings: Sequence[Briefing], at: datetime, language: str, zone: tzinfo) -> Message:
    """One message about ``briefings`` that were not worth an alert each, in the order given."""
    return _list(briefings, _DIGEST, Severity.MODERATE, "digest", Reader(language, zone, at), at)


def storm(briefings: Sequence[Briefing], at: datetime, language: str, zone: tzinfo) -> Message:
    """One page that names every critical incident, sent instead of more pages than a shift can take."""
    return _list(briefings, _STORM, Severity.CRITICAL, "storm", Reader(language, zone, at), at)


def _list(briefings: Sequence[Briefing], words: dict[str, Pair], severity: Severity, thread: str, reader: Reader, at: datetime) -> Message:
    n = {"n": len(briefings)}
    entries = [Fact(reader.fill(_ENTRY, {"id": b.incident.id}), f"{subject(b, reader)} — {clean(b.incident.title, 80)}") for b in briefings]
    return Message(
        subject=reader.fill(words["subject"], n),
        lines=(),
        facts=tuple(entries),
        quotes=(),
        actions=(),
        severity=severity,
        language="ko" if reader.korean else "en",
        dedup_key=f"{thread}/{at:%Y%m%dT%H%M%SZ}",
        thread=f"{thread}-{reader.day(at)}",
        sent_at=at,
        headline=reader.fill(words["headline"], n),
        badge=reader.fill(words["subject"], n).partition("]")[0].removeprefix("["),
        footer=(_as_of(reader, at), "monitor incidents list", "monitor why " + reader.pick(("사건번호", "NUMBER"))),
        headings={"facts": reader.pick(HEADINGS["incidents"])},
    )


def _as_of(reader: Reader, at: datetime) -> str:
    return reader.fill(("{at:time} 기준", "as of {at:time}"), {"at": at})


def health(trouble: Because, at: datetime, language: str, zone: tzinfo) -> Message:
    """Write a message about ourselves. ``trouble.code`` is one of ``HEALTH_CODES``.

    Values: ``name`` (of the collector, model, step, receiver), ``silent`` (seconds), ``why``, ``times``; those missing are called unknown.
    Raises KeyError for an unknown code.
    """
    severity, subject_pair, headline, actions = _HEALTH[trouble.code]
    reader = Reader(language, zone, at)
    values = {"name": None, "silent": None, "why": None, "times": None} | trouble.values
    badge = reader.pick(("모니터 상태", "Monitor health"))
    name = clean(str(values["name"] or ""), 80)
    family = trouble.code.partition("_")[0]
    return Message(
        subject=clean(f"[{badge}] {reader.fill(subject_pair, values)}", 200),
        lines=(),
        facts=(),
        quotes=(),
        actions=tuple(map(reader.pick, actions)),
        severity=severity,
        language="ko" if reader.korean else "en",
        dedup_key=f"health/{trouble.code}/{name}/{at:%Y%m%dT%H%M%SZ}",
        thread=f"health-{family}-{name}" if name else f"health-{family}",
        sent_at=at,
        headline=reader.fill(headline, values),
        badge=badge,
        footer=(_as_of(reader, at),),
        headings={"actions": reader.pick(HEADINGS["actions"])},
    )
