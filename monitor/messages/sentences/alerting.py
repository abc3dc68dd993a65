"""Why we spoke or stayed silent, in Korean and English; the codes are those of ``monitor.alerting``."""

_CROSS = "24시간 안에 {threshold:count}명을 넘을 확률이 {p:percent}"
_CROSS_EN = "the chance of passing {threshold:count} people within 24 hours is {p:percent}"
_WORTH = "알림의 가치 {benefit:count}, 현재 알림 단가 {price:count}"
_WORTH_EN = "a warning is worth {benefit:count}, its price is {price:count}"

SENTENCES: dict[str, tuple[str, str]] = {
    "alerting_first_forecast": (
        f"{_CROSS}이고 예상 시점까지 {{lead:duration}} 남아, 지금 대응할 가치가 있습니다 ({_WORTH}).",
        f"We speak because {_CROSS_EN}, with {{lead:duration}} left to act ({_WORTH_EN}).",
    ),
    "alerting_first_chance": (
        f"{_CROSS}이어서 지금 대응할 가치가 있습니다 ({_WORTH}).",
        f"We speak because {_CROSS_EN} ({_WORTH_EN}).",
    ),
    "alerting_first_grave": (
        f"{{topic:topic}} 문제는 중대하여, {_CROSS}만 되어도 알립니다. 작성자 {{authors:persons}}.",
        f"We speak because {{topic:topic}} is grave: {_CROSS_EN}, from {{authors:persons}}.",
    ),
    "alerting_first_alarm": (
        "평소 {expected:count}건인데 {observed:count}건으로 늘어 경보 기준을 넘었습니다. 작성자 {authors:persons}.",
        "We speak because there are {observed:count} posts where {expected:count} are normal, from {authors:persons}.",
    ),
    "alerting_worsened_forecast": (
        f"{{told_at:time}}에 알린 뒤 더 나빠졌습니다. {_CROSS}이고 {{lead:duration}} 남았습니다.",
        f"It has become worse since we told you at {{told_at:time}}: {_CROSS_EN}, with {{lead:duration}} left.",
    ),
    "alerting_worsened_chance": (
        f"{{told_at:time}}에 알린 뒤 더 나빠졌습니다. {_CROSS}입니다.",
        f"It has become worse since we told you at {{told_at:time}}: {_CROSS_EN}.",
    ),
    "alerting_worsened_grave": (
        f"{{told_at:time}}에 알린 뒤 더 나빠졌습니다. {{topic:topic}} 문제이고 {_CROSS}입니다.",
        f"It has become worse since we told you at {{told_at:time}}: {{topic:topic}} is grave, and {_CROSS_EN}.",
    ),
    "alerting_worsened_alarm": (
        "{told_at:time}에 알린 뒤 더 나빠졌습니다. 평소 {expected:count}건인데 {observed:count}건입니다.",
        "It has become worse since we told you at {told_at:time}: {observed:count} posts where {expected:count} are normal.",
    ),
    "alerting_repeat": (
        "{told_at:time}에 알렸지만 아직 아무도 확인하지 않아 다시 알립니다.",
        "We say it again: nobody has acknowledged it since {told_at:time}.",
    ),
    "alerting_escalated": (
        "{told_at:time}에 알렸지만 아무도 확인하지 않아 다음 담당자에게 알립니다.",
        "We tell the next person: nobody has acknowledged it since {told_at:time}.",
    ),
    "alerting_crossed": (
        "본 사람이 {threshold:count}명을 넘었습니다. {told_at:time}에 미리 알린 건입니다.",
        "More than {threshold:count} people have seen it; we last told you at {told_at:time}.",
    ),
    "alerting_crossed_late": (
        "본 사람이 이미 {threshold:count}명을 넘었습니다. 미리 알리지 못했습니다.",
        "More than {threshold:count} people have already seen it; we did not warn you before.",
    ),
    "alerting_resolved": ("해결된 것으로 정리합니다.", "It is settled."),
    "alerting_digest": (
        "늘고 있지만 따로 알릴 정도는 아니어서 요약에 담습니다 (평소 {expected:count}건, 현재 {observed:count}건).",
        "It is growing, but not enough for a message of its own ({observed:count} posts, {expected:count} are normal): see the digest.",
    ),
    "alerting_not_emerging": (
        "평소 수준입니다 (평소 {expected:count}건, 현재 {observed:count}건).",
        "This is within the normal ({observed:count} posts, {expected:count} are normal).",
    ),
    "alerting_doubtful": (
        "불만인지 아직 확실하지 않습니다(모델의 확신 {certainty:percent}, 글쓴이 {authors:persons})."
        " 많이 보이더라도 한두 사람의 글이면 확실할 때만 알립니다.",
        "It is not certain that this is a complaint at all (the model is {certainty:percent} sure, {authors:persons} wrote)."
        " What only one or two people say is alerted by its spread alone when it is certain.",
    ),
    "alerting_below_severity": (
        f"아직 받을 사람이 정한 수준이 아닙니다. {_CROSS}입니다.",
        f"Not severe enough yet for anybody who would be told: {_CROSS_EN}.",
    ),
    "alerting_over_budget": (
        f"알림 예산을 아끼려고 알리지 않았습니다 ({_WORTH}, 확인되지 않은 다른 알림 {{open:count}}건).",
        f"We kept quiet to save the alert budget ({_WORTH_EN}, {{open:count}} other alerts are unacknowledged).",
    ),
    "alerting_silenced": ("담당자가 정한 알림 중지 기간입니다.", "Staff have silenced this."),
    "alerting_acknowledged": ("담당자가 이미 확인하고 처리 중입니다.", "Someone has acknowledged it and is on it."),
    "alerting_dismissed": ("담당자가 우리 문제가 아니라고 판단했습니다.", "Staff have dismissed it."),
    "alerting_closed": ("이미 종결된 사건입니다.", "It is already closed."),
    "alerting_too_soon": (
        "{told_at:time}에 이미 알렸고 그 뒤로 더 나빠지지 않았습니다.",
        "We told you at {told_at:time}, and it has not become worse since.",
    ),
    "alerting_quiet_hours": (
        "받는 사람의 방해 금지 시간이어서 알리지 않았습니다 (심각한 사건은 예외).",
        "It is quiet hours for everybody concerned (critical incidents would pass).",
    ),
    "alerting_silent_mode": (
        "시험 운영 중이라 기록만 하고 보내지 않았습니다.",
        "This is a silent run: recorded, not sent.",
    ),
    "alerting_page_cap": (
        "이번 근무 시간의 긴급 알림 {cap:count}건을 모두 써서, 심각한 사건을 모두 담은 종합 알림에 넣습니다.",
        "This shift has had its {cap:count} pages: it is named on the storm page with every other critical incident.",
    ),
    "alerting_receiver_cap": (
        "받는 사람의 하루 알림 한도가 찼습니다.",
        "Everybody concerned has had as many notifications today as they allow.",
    ),
    "alerting_no_receiver": (
        "이 사건을 받을 사람이 설정에 없습니다.",
        "No route of the configuration leads to anybody for this incident.",
    ),
    "alerting_warming_up": (
        "평소 수준을 아직 배우는 중이라 경보만으로는 알리지 않습니다.",
        "We are still learning what is normal, and an alarm alone does not count before that.",
    ),
    "alerting_gap": (
        "수집이 끊겼던 직후라 경보만으로는 알리지 않습니다.",
        "Collection was interrupted shortly before: an alarm alone does not count now.",
    ),
    "alerting_storm": (
        "심각한 사건이 한꺼번에 {n:count}건 진행 중입니다 (새로 {fresh:count}건). 근무당 긴급 알림 {cap:count}건을 넘어 모아서 알립니다.",
        "{n:count} critical incidents at once ({fresh:count} of them new); a shift allows {cap:count} pages, so here they are together.",
    ),
}
