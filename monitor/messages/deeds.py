"""What became of an action (``actions.act``), and what was done before: the words of buttons, links, verbs and of an incident's history."""

from __future__ import annotations

Pair = tuple[str, str]

ACTS: dict[str, Pair] = {
    "act.acknowledged": (
        "{id}번 사건을 확인 처리했습니다. 이 사건은 더 알리지 않습니다.",
        "Incident {id} is acknowledged: no more alerts about it.",
    ),
    "act.already_acknowledged": (
        "{id}번 사건은 {by:이/가} {at:time}에 이미 확인했습니다.",
        "Incident {id} has already been acknowledged by {by} ({at:time}).",
    ),
    "act.assigned": ("{id}번 사건의 담당자를 {who:으로/로} 정했습니다.", "Incident {id} is assigned to {who}."),
    "act.already_assigned": ("{id}번 사건의 담당자는 이미 {who}입니다.", "Incident {id} is already assigned to {who}."),
    "act.taken_over": (
        "{id}번 사건의 담당자를 {before}에서 {who:으로/로} 바꿨습니다.",
        "Incident {id} is assigned to {who} now (before: {before}).",
    ),
    "act.handled": (
        "{id}번 사건을 처리 완료로 바꿨습니다. 맞는 경보였음도 기록했습니다.",
        "Incident {id} is handled: it is resolved, and its alert counts as right.",
    ),
    "act.resolved": ("{id}번 사건을 해결됨으로 바꿨습니다.", "Incident {id} is resolved."),
    "act.already_resolved": (
        "{id}번 사건은 {by:이/가} {at:time}에 이미 해결됨으로 바꿨습니다.",
        "Incident {id} has already been resolved by {by} ({at:time}).",
    ),
    "act.dismissed": (
        "{id}번 사건을 우리 문제가 아닌 것으로 처리했습니다. 이 판단은 정확도 평가에 쓰입니다.",
        "Incident {id} is dismissed as no trouble of ours. The verdict counts in the evaluation.",
    ),
    "act.already_dismissed": (
        "{id}번 사건은 {by:이/가} {at:time}에 이미 우리 문제가 아닌 것으로 처리했습니다.",
        "Incident {id} has already been dismissed by {by} ({at:time}).",
    ),
    "act.confirmed": (
        "{id}번 사건을 맞는 경보로 확인했습니다. 경보에 든 예산을 돌려받습니다.",
        "Incident {id} is confirmed as a right alert. The budget that its alarm cost is given back.",
    ),
    "act.already_confirmed": (
        "{id}번 사건은 {at:time}에 이미 맞는 경보로 확인했습니다.",
        "Incident {id} has already been confirmed ({at:time}).",
    ),
    "act.merged": ("{younger}번 사건을 {older}번 사건에 합쳤습니다.", "Incident {younger} is now part of incident {older}."),
    "act.already_merged": (
        "{younger}번 사건은 이미 {older}번 사건에 합쳐져 있습니다.",
        "Incident {younger} is already part of incident {older}.",
    ),
    "act.silenced": ("{id}번 사건은 {until:time}까지 알리지 않습니다.", "Incident {id} is silenced until {until:time}."),
    "act.already_silenced": (
        "{id}번 사건은 이미 {until:time}까지 알리지 않게 되어 있습니다.",
        "Incident {id} is already silenced until {until:time}.",
    ),
    "act.undone": (
        "{id}번 사건을 닫기 전 상태({status:status})로 되돌렸습니다.",
        "Incident {id} is what it was before it was closed: {status:status}.",
    ),
    "act.closed": (
        "{id}번 사건은 이미 끝난 사건입니다({status:status}, {by}, {at:time}). monitor incidents undo {id:으로/로} 되돌릴 수 있습니다.",
        "Incident {id} is closed ({status:status} by {by}, {at:time}); monitor incidents undo {id} takes that back.",
    ),
    "act.part_of": (
        "{id}번 사건은 {older}번 사건에 합쳐졌습니다. {older}번 사건에서 처리하세요.",
        "Incident {id} is part of incident {older} now; act on that one.",
    ),
    "act.not_itself": ("어느 사건과 같은 일인지 다른 사건의 번호를 고르세요.", "Name another incident of which this one is a duplicate."),
    "act.other_watch": (
        "{younger}번과 {older}번 사건은 감시 대상이 달라 합칠 수 없습니다.",
        "Incidents {younger} and {older} are about different watches: they cannot be one.",
    ),
    "act.merge_dismissed": (
        "{older}번 사건은 우리 문제가 아닌 것으로 처리되어 있어 합칠 수 없습니다. 먼저 monitor incidents undo {older:으로/로} 되돌리세요.",
        "Incident {older} was dismissed: nothing can be merged into it. monitor incidents undo {older} takes that back.",
    ),
    "cell.came_back": ("{status:status} · 재발", "{status:status}, came back"),
    "cell.merged": ("{older}번에 합침", "part of {older}"),
    "incidents.head.assigned": ("담당자", "assigned to"),
    "history.head.at": ("시각", "when"),
    "history.head.who": ("누가", "who"),
    "history.head.origin": ("어디에서", "where from"),
    "history.head.what": ("무엇을", "what"),
    "act.nothing_to_undo": (
        "{id}번 사건({status:status})에는 되돌릴 것이 없습니다.",
        "There is nothing to take back about incident {id} ({status:status}).",
    ),
}

BUTTONS: dict[str, Pair] = {
    "acknowledge": ("확인", "Acknowledge"),
    "assign": ("내가 담당", "Assign to me"),
    "handled": ("처리 완료", "Handled"),
    "not_ours": ("우리 문제 아님", "Not ours"),
    "duplicate": ("같은 사건…", "Duplicate of…"),
    "silence_4h": ("4시간 알림 중지", "Silence 4 h"),
}

# where an incident stands, as its message shows it: status -> sentence, and what the badge adds
STANDS: dict[str, tuple[Pair, Pair]] = {
    "acknowledged": (("{by:이/가} 확인함 ({at:time})", "acknowledged by {by} ({at:time})"), (" · 확인됨", " · acknowledged")),
    "resolved": (("{by:이/가} 해결됨으로 바꿈 ({at:time})", "resolved by {by} ({at:time})"), ("", "")),
    "dismissed": (
        ("{by:이/가} 우리 문제가 아닌 것으로 처리함 ({at:time})", "dismissed by {by} as no trouble of ours ({at:time})"),
        (" · 우리 문제 아님", " · not ours"),
    ),
    "merged": (("{older}번 사건에 합침", "part of incident {older} now"), (" · 합침", " · merged")),
    "ended": (("새 글이 없어 스스로 종결됨 ({at:time})", "ended by itself: nothing more was written ({at:time})"), ("", "")),
}

# action of an audit row -> what happened
CHANGES: dict[str, Pair] = {
    "status": ("{was:status} → {became:status}", "{was:status} → {became:status}"),
    "undo": ("되돌림: {was:status} → {became:status}", "taken back: {was:status} → {became:status}"),
    "assign": ("담당자: {became} (이전: {was})", "assigned to {became} (before: {was})"),
    "confirm": ("맞는 경보로 확인", "confirmed as a right alert"),
    "merge": ("{was}번 사건을 여기에 합침", "incident {was} merged into this one"),
    "merged": ("{became}번 사건에 합침", "merged into incident {became}"),
    "split": ("{became}번 사건을 나눔", "incident {became} split from it"),
    "split from": ("{was}번 사건에서 나눔", "split from incident {was}"),
    "silence": ("알림 중지 설정({became}번)", "silence {became} set"),
    "note": ("메모", "note"),
    "subscribe": ("{became} 추가로 받음", "{became} is told too"),
    "unsubscribe": ("{was} 더 받지 않음", "{was} is not told any more"),
}
