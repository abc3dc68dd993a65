"""What is answered in a chat to buttons and to the command ``/complaints``: key -> (Korean, English)."""

from __future__ import annotations

CHAT: dict[str, tuple[str, str]] = {
    "chat.going_on": ("진행 중인 사건 {n:count}건", "{n:count} incident{n:s} going on"),
    "chat.more": (
        "그 밖에 {n:count}건이 더 있습니다. monitor incidents list로 모두 볼 수 있습니다.",
        "And {n:count} more: monitor incidents list shows all.",
    ),
    "chat.line": (
        "{id}번 · {severity} · {status:status} · {watch} · {topic:topic} · {authors:persons} · {low:people}~{high:people}명이 봄 · {title}",
        "{id} · {severity} · {status:status} · {watch} · {topic:topic} · {authors:persons}, seen by {low:people} to {high:people}: {title}",
    ),
    "chat.line_unseen": (
        "{id}번 · {severity} · {status:status} · {watch} · {topic:topic} · {authors:persons} · {title}",
        "{id} · {severity} · {status:status} · {watch} · {topic:topic} · {authors:persons} · {title}",
    ),
    "chat.usage": (
        "쓰는 법: /complaints (진행 중인 사건) · /complaints why 12 (12번 사건의 이유) · /complaints silence 12 4h (4시간 알림 중지)",
        "Usage: /complaints (what is going on) · /complaints why 12 (why incident 12) · /complaints silence 12 4h (quiet for 4 hours)",
    ),
    "chat.no_incident": ("그런 번호의 사건이 없습니다.", "There is no incident of that number."),
    "chat.busy": (
        "지금은 처리하지 못했습니다. 잠시 뒤에 다시 해 주세요.",
        "This could not be done just now. Please try again in a moment.",
    ),
    "chat.late": (
        "누르신 지 오래되어 처리하지 않았습니다. 필요하면 다시 눌러 주세요.",
        "This press came too late and was not acted on. Press again if it is still wanted.",
    ),
    "chat.other_workspace": (
        "우리 워크스페이스의 구성원만 누를 수 있습니다.",
        "Only members of our own workspace may do this.",
    ),
    "chat.other_group": (
        "정해진 사용자 그룹의 구성원만 누를 수 있습니다.",
        "Only members of the user groups named in the configuration may do this.",
    ),
    "chat.unknown_group": (
        "사용자 그룹을 확인하지 못해 처리하지 않았습니다. 잠시 뒤에 다시 해 주세요.",
        "The user groups could not be checked, so nothing was done. Please try again in a moment.",
    ),
    "chat.no_other": ("합칠 만한 다른 사건이 없습니다.", "There is no other incident that this one could be part of."),
    "chat.duplicate_title": ("같은 사건 고르기", "Duplicate of"),
    "chat.duplicate_label": ("{id}번 사건과 같은 사건", "Incident {id} is the same as"),
    "chat.duplicate_submit": ("합치기", "Merge"),
    "chat.cancel": ("취소", "Cancel"),
}
