"""Phrases of the verbs about who is told: key -> (Korean, English)."""

from __future__ import annotations

TELLING: dict[str, tuple[str, str]] = {
    "route.told": ("지금 알릴 곳: {names}", "Told now: {names}"),
    "route.held_back": ("지금은 알리지 않습니다:", "Nobody is told now:"),
    "route.rules": ("경로:", "Routes:"),
    "route.ladder": ("다음 단계:", "Afterwards:"),
    "route.head.receivers": ("받는 곳", "receiver"),
    "route.head.subscribers": ("구독자", "subscriber"),
    "route.head.told": ("지금", "now"),
    "route.head.why": ("까닭", "why"),
    "subscribe.now": (
        "{address:은/는} 이제 담당자와 함께 알림을 받습니다(요약은 {hour}시 기준).",
        "{address} now hears what staff are told (digests begin at {hour}:00).",
    ),
    "subscribe.hourly": (
        "{address:은/는} 이제 매시간 요약을 받습니다(하루 요약은 {hour}시 기준).",
        "{address} now gets an hourly digest (daily ones begin at {hour}:00).",
    ),
    "subscribe.daily": (
        "{address:은/는} 이제 매일 {hour}시부터 하루 요약을 받습니다.",
        "{address} now gets a digest every day from {hour}:00 on.",
    ),
    "unsubscribe.done": (
        "{address:은/는} 더 이상 아무것도 받지 않습니다. 보내려던 것도 지웠습니다.",
        "{address} hears nothing more; what was under way is dropped.",
    ),
    "unsubscribe.unknown": (
        "{address:은/는} 구독하지 않았습니다. 아무것도 보내지 않습니다.",
        "{address} had not subscribed; nothing will be sent to it.",
    ),
    "subscribers.none": ("구독자가 없습니다.", "Nobody has subscribed."),
    "subscribers.head.address": ("주소", "address"),
    "subscribers.head.when": ("언제", "when"),
    "subscribers.head.what": ("무엇", "what"),
    "subscribers.head.since": ("언제부터", "since"),
    "subscribers.head.by": ("등록한 사람", "entered by"),
    "subscribers.head.consent": ("동의", "consent"),
    "when.now": ("바로", "at once"),
    "when.hourly": ("매시간", "hourly"),
    "when.daily": ("매일", "daily"),
}
