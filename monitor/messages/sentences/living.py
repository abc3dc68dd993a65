"""Why the living message of an incident is shown anew; the codes are those of ``monitor.alerting.living``."""

SENTENCES: dict[str, tuple[str, str]] = {
    "living_acknowledged": ("{by:이/가} 확인했습니다.", "{by} has acknowledged it."),
    "living_resolved": ("{by:이/가} 해결됨으로 바꿨습니다.", "{by} has resolved it."),
    "living_dismissed": ("{by:이/가} 우리 문제가 아닌 것으로 처리했습니다.", "{by} has dismissed it as no trouble of ours."),
    "living_closed": ("새 글이 없어 종결되었습니다.", "It has ended: nothing more was written."),
    "living_triggered": ("다시 열린 사건입니다.", "It is open again."),
    "living_merged": ("{older}번 사건에 합쳐졌습니다.", "It is part of incident {older} now."),
    "living_assigned": ("담당자가 {who:으로/로} 정해졌습니다.", "It is assigned to {who} now."),
    "living_silenced": ("{until:time}까지 알림을 멈췄습니다.", "It is silenced until {until:time}."),
    "living_heard": ("알림 중지가 끝났습니다.", "It is no longer silenced."),
    "living_quote": ("인용한 글이 삭제되어 뺐습니다.", "A quoted post was deleted and is left out."),
    "living_severity": ("심각도가 {severity:severity|으로/로} 바뀌었습니다.", "Its severity is {severity:severity} now."),
    "living_grown": (
        "게시물이 {before:count}건에서 {posts:count}건으로 늘었습니다.",
        "It grew from {before:count} to {posts:count} posts.",
    ),
    "living_spread": ("확산 규모나 전망이 달라졌습니다.", "How far it has spread, or will, has changed."),
}
