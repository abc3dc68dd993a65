"""The phrase book of all verbs: key -> (Korean, English). Both templates of a key use the same fields; formats as in ``wording.SPECS``."""

from __future__ import annotations

PHRASES: dict[str, tuple[str, str]] = {
    "yes": ("예", "yes"),
    "no": ("아니요", "no"),
    "unknown": ("알 수 없음", "unknown"),
    "none": ("없음", "none"),
    "nothing_to_show": ("표시할 내용이 없습니다.", "Nothing to show."),
    # monitor incidents, monitor why
    "incidents.none": ("진행 중인 사건이 없습니다.", "No incident is going on."),
    "incidents.acknowledged": (
        "{id}번 사건을 확인 처리했습니다. 더 나빠질 때만 다시 알립니다.",
        "Incident {id} is acknowledged. You will hear of it again only if it gets worse.",
    ),
    "incidents.assigned": ("{id}번 사건을 {who}에게 맡겼습니다.", "Incident {id} is assigned to {who}."),
    "incidents.resolved": ("{id}번 사건을 해결됨으로 바꿨습니다.", "Incident {id} is resolved."),
    "incidents.dismissed": (
        "{id}번 사건을 오경보로 처리했습니다. 이 판단은 정확도 평가에 쓰입니다.",
        "Incident {id} is dismissed as a false alarm. The verdict counts in the evaluation.",
    ),
    "incidents.merged": ("{younger}번 사건을 {older}번 사건에 합쳤습니다.", "Incident {younger} is now part of incident {older}."),
    "incidents.split": ("{id}번 사건에서 {new}번 사건을 나눴습니다.", "Incident {new} was split from incident {id}."),
    "incidents.head.id": ("번호", "No."),
    "incidents.head.severity": ("심각도", "severity"),
    "incidents.head.status": ("상태", "status"),
    "incidents.head.watch": ("대상", "watch"),
    "incidents.head.topic": ("주제", "topic"),
    "incidents.head.authors": ("사람", "people"),
    "incidents.head.posts": ("게시물", "posts"),
    "incidents.head.reach": ("본 사람", "seen by"),
    "incidents.head.opened": ("시작", "since"),
    "incidents.head.title": ("제목", "title"),
    "why.alerted": ("{at:time}에 알렸습니다({reason:reason}).", "Alerted at {at:time} ({reason:reason})."),
    "why.silent": ("{at:time}에는 알리지 않았습니다: {reason:reason}.", "Silent at {at:time}: {reason:reason}."),
    "why.never": ("{id}번 사건은 아직 판단한 적이 없습니다.", "Incident {id} has not been judged yet."),
    # monitor silence, monitor outbox
    "silence.added": ("{until:time}까지 알림을 멈춥니다(번호 {id}).", "Silence {id} holds until {until:time}."),
    "silence.expired": ("알림 중지 {id:이/가} 끝났습니다.", "Silence {id} has ended."),
    "silence.none": ("설정된 알림 중지가 없습니다.", "No silence is set."),
    "outbox.none": ("보내지 못한 알림이 없습니다.", "Every notification was delivered."),
    "outbox.retried": ("{id}번 알림을 다시 보냅니다.", "Notification {id} will be sent again."),
    # errors
    "error.not_found": ("{id}번 사건이 없습니다.", "There is no incident {id}."),
    "error.failed": ("실패: {why}", "failed: {why}"),
}
