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
_ROUNDUP: dict[str, Pair] = {
    "subject": ("[요약] 담당자에게 알린 사건 {n:count}건", "[Digest] {n:count} incident{n:s} that staff were told of"),
    "headline": (
        "지난 요약 뒤로 담당자에게 알린 사건이 {n:count}건 있습니다.",
        "Since the last digest staff were told of {n:count} incident{n:s}.",
    ),
}
_MORE: Pair = ("이 밖에 {more:count}건이 더 있습니다.", "{more:count} more incident{more:s} not listed here.")
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
    "collector_unpaid": (
        Severity.HIGH,
        ("수집 중단: {name} (결제 필요)", "Collection stopped: {name} (payment required)"),
        (
            "{name:이/가} 이용 한도를 다 썼거나 결제가 필요하다고 답합니다. 풀릴 때까지 이 출처의 불만은 볼 수 없습니다.",
            "{name} answers that its credits are used up or payment is due. Complaints there go unseen until that is settled.",
        ),
        (("해당 플랫폼의 요금제와 결제 상태를 확인하세요.", "Look at the plan and the payment with the platform."),),
    ),
    "collector_behind": (
        Severity.HIGH,
        ("수집 지연: {name}", "Collection lags: {name}"),
        (
            "{name:은/는} 응답하지만 {since:clock} 이후의 글이 없습니다. 평소 같은 시간대라면 약 {usual:count}건이 올라옵니다.",
            "{name} answers, but brings no post written after {since:clock}. About {usual:count} would be usual in that time.",
        ),
        (
            (
                "검색어나 API가 바뀌었는지, monitor check로 확인하세요.",
                "Run monitor check: the query or the interface may have changed.",
            ),
        ),
    ),
    "collector_caught_up": (
        Severity.LOW,
        ("수집 지연 해소: {name}", "Collection has caught up: {name}"),
        ("{name}에서 다시 새 글이 들어옵니다.", "{name} brings new posts again."),
        (),
    ),
    "collector_hole": (
        Severity.HIGH,
        ("놓친 글: {name} ({missing:duration})", "Posts missed: {name} ({missing:duration})"),
        (
            "{name}의 {since:time}부터 {until:time}까지의 글을 다 읽지 못했습니다. 플랫폼이 더는 보여 주지 않습니다. "
            "평소 이만한 시간에 약 {usual:count}건이 올라옵니다.",
            "Posts of {name} written from {since:time} to {until:time} could not all be read: the platform shows them no more. "
            "About {usual:count} are usual in such a time.",
        ),
        (
            (
                "수집 간격(every)을 줄이면 다음에는 덜 놓칩니다. 그 사이의 반응은 플랫폼에서 직접 확인하세요.",
                "A shorter interval (every) would miss less next time. For that stretch, look at the platform itself.",
            ),
        ),
    ),
    "budget_low": (
        Severity.MODERATE,
        ("예산 {share:percent} 사용: {name}", "Budget {share:percent} used: {name}"),
        (
            "{name:이/가} 이번 기간 예산의 {share:percent}를 썼습니다. 다 쓰면 {until:time}까지 {blind} 관련 글을 볼 수 없습니다.",
            "{name} has used {share:percent} of its budget for this period. Once it is used up, posts about {blind} go unseen there "
            "until {until:time}.",
        ),
        (
            (
                "[collector.budget]을 늘리거나 수집 간격(every)을 늘리세요.",
                "Raise [collector.budget], or ask less often (every).",
            ),
        ),
    ),
    "budget_spent": (
        Severity.HIGH,
        ("예산 소진, 수집 중단: {name}", "Budget used up, collection stopped: {name}"),
        (
            "{name:이/가} 예산을 다 써서 {until:time}까지 멈춥니다. 그동안 이 출처에서는 {blind} 관련 글을 볼 수 없습니다.",
            "{name} has used up its budget and stops until {until:time}. Posts about {blind} there go unseen until then.",
        ),
        (
            (
                "그 전에 다시 시작하려면 [collector.budget]을 늘리세요.",
                "To start again earlier, raise [collector.budget].",
            ),
        ),
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
    "step_recovered": (
        Severity.LOW,
        ("처리 단계 정상: {name}", "A step works again: {name}"),
        ("{name} 단계가 {silent:duration} 만에 다시 정상으로 처리됩니다.", "The step {name} works again after {silent:duration}."),
        (),
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
_VALUES = ("name", "silent", "missing", "why", "times", "since", "until", "usual", "share", "blind")


def digest(briefings: Sequence[Briefing], at: datetime, language: str, zone: tzinfo, *, more: int = 0) -> Message:
    """One message about ``briefings`` that were not worth an alert each, in the order given; ``more`` were left out of the list."""
    return _list(briefings, _DIGEST, Severity.MODERATE, "digest", Reader(language, zone, at), at, more)


def roundup(briefings: Sequence[Briefing], at: datetime, language: str, zone: tzinfo, *, more: int = 0) -> Message:
    """A subscriber's digest: one message about ``briefings`` that staff were told of at once; ``more`` were left out of the list."""
    return _list(briefings, _ROUNDUP, Severity.MODERATE, "digest", Reader(language, zone, at), at, more)


def storm(briefings: Sequence[Briefing], at: datetime, language: str, zone: tzinfo) -> Message:
    """One page that names every critical incident, sent instead of more pages than a shift can take."""
    return _list(briefings, _STORM, Severity.CRITICAL, "storm", Reader(language, zone, at), at)


def _list(
    briefings: Sequence[Briefing], words: dict[str, Pair], severity: Severity, thread: str, reader: Reader, at: datetime, more: int = 0
) -> Message:
    n = {"n": len(briefings) + more}
    entries = [Fact(reader.fill(_ENTRY, {"id": b.incident.id}), f"{subject(b, reader)} — {clean(b.incident.title, 80)}") for b in briefings]
    return Message(
        subject=reader.fill(words["subject"], n),
        lines=(reader.fill(_MORE, {"more": more}),) if more else (),
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
        headings={"facts": reader.pick(HEADINGS["incidents"]), "unsubscribe": reader.pick(HEADINGS["unsubscribe"])},
    )


def _as_of(reader: Reader, at: datetime) -> str:
    return reader.fill(("{at:time} 기준", "as of {at:time}"), {"at": at})


def health(trouble: Because, at: datetime, language: str, zone: tzinfo) -> Message:
    """Write a message about ourselves. ``trouble.code`` is one of ``HEALTH_CODES``.

    Values: ``name`` (of the collector, model, step, receiver), ``silent`` and ``missing`` (seconds), ``why``, ``times``, ``since`` and
    ``until`` (moments), ``usual`` (posts), ``share`` (of a budget), ``blind`` (watches not seen); those missing are called unknown.
    Raises KeyError for an unknown code.
    """
    severity, subject_pair, headline, actions = _HEALTH[trouble.code]
    reader = Reader(language, zone, at)
    values = dict.fromkeys(_VALUES) | trouble.values
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
