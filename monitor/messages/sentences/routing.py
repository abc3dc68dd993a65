"""Whom an incident reaches and why, in Korean and English; the codes are those of ``monitor.alerting.explaining``."""

SENTENCES: dict[str, tuple[str, str]] = {
    "routing_silenced": (
        "{who:이/가} {until:time}까지 알림을 멈췄습니다 ({what}, 번호 {id}).",
        "Silenced by {who} until {until:time} ({what}, number {id}).",
    ),
    "routing_silent_mode": ("시험 운영 중이라 아무에게도 보내지 않습니다.", "This is a silent run: nobody is told."),
    "routing_taken": ("{n}번 경로에 맞습니다: {names}. 여기서 멈춥니다.", "Route {n} takes it: {names}. The search ends here."),
    "routing_taken_on": (
        "{n}번 경로에 맞습니다: {names}. 다음 경로도 봅니다 (continue).",
        "Route {n} takes it: {names}. The next ones are asked too (continue).",
    ),
    "routing_other": (
        "{n}번 경로는 {key} 조건이 다릅니다: {wanted:을/를} 찾는데 이 사건은 {seen}입니다.",
        "Route {n} does not: it asks for {key} {wanted}, here it is {seen}.",
    ),
    "routing_lacking": (
        "{n}번 경로는 {key} 조건이 다릅니다: {wanted:을/를} 찾는데 이 사건에는 없습니다.",
        "Route {n} does not: it asks for {key} {wanted}, here there is none.",
    ),
    "routing_not_asked": ("{n}번 경로는 보지 않습니다: {by}번에서 멈췄습니다.", "Route {n} is not asked: route {by} ended the search."),
    "routing_everybody": (
        "경로([[route]])가 없으면 심각도 high부터 모두에게 알립니다.",
        "Without any [[route]] everybody is told from severity high on.",
    ),
    "routing_gentle": (
        "경로([[route]])가 없고 심각도가 {severity:severity}이어서 따로 알리지 않고 요약에 담습니다.",
        "Without any [[route]], severity {severity:severity} has no message of its own: see the digest.",
    ),
    "routing_critical_to_all": (
        "맞는 경로가 없지만 심각(critical)한 사건이라 모두에게 알립니다.",
        "No route leads to anybody, but it is critical: everybody is told.",
    ),
    "routing_nobody": ("맞는 경로가 없어 아무에게도 알리지 않습니다.", "No route leads to anybody: nobody is told."),
    "routing_told": ("지금 알립니다.", "Told now."),
    "routing_on_call": ("{rota} 당번이라 지금 알립니다.", "Told now: on call for {rota}."),
    "routing_instead": ("{of} 대신 지금 알립니다.", "Told now, instead of {of}."),
    "routing_critical_quiet": (
        "방해 금지 시간이지만 심각(critical)한 사건이라 지금 알립니다.",
        "Told now although it is quiet hours: the incident is critical.",
    ),
    "routing_critical_off_duty": (
        "근무 시간이 아니지만 심각(critical)한 사건이고 대신할 사람이 없어 지금 알립니다.",
        "Told now although off duty: the incident is critical, and nobody else is there.",
    ),
    "routing_away_quiet": ("방해 금지 시간입니다. {until:time}까지 기다립니다.", "Quiet hours: it waits until {until:time}."),
    "routing_away_hours": ("근무 시간이 아닙니다. {until:time}까지 기다립니다.", "Outside working hours: it waits until {until:time}."),
    "routing_away_day": ("쉬는 요일입니다. {until:time}까지 기다립니다.", "Not a working day: it waits until {until:time}."),
    "routing_away_holiday": ("공휴일입니다. {until:time}까지 기다립니다.", "A public holiday: it waits until {until:time}."),
    "routing_away_quiet_instead": (
        "{until:time}까지 방해 금지 시간이라 {instead:이/가} 대신 받습니다.",
        "Quiet hours until {until:time}: {instead} is told instead.",
    ),
    "routing_away_hours_instead": (
        "{until:time}까지 근무 시간이 아니어서 {instead:이/가} 대신 받습니다.",
        "Outside working hours until {until:time}: {instead} is told instead.",
    ),
    "routing_away_day_instead": (
        "{until:time}까지 쉬는 날이라 {instead:이/가} 대신 받습니다.",
        "Not a working day, back at {until:time}: {instead} is told instead.",
    ),
    "routing_away_holiday_instead": (
        "공휴일이라 {until:time}까지 {instead:이/가} 대신 받습니다.",
        "A public holiday, back at {until:time}: {instead} is told instead.",
    ),
    "routing_cap": (
        "24시간 한도 {cap:count}건이 찼습니다 (보낸 알림 {had:count}건).",
        "The cap of {cap:count} in 24 hours is reached ({had:count} sent).",
    ),
    "routing_unnamed": ("이 사건의 경로에 없습니다.", "No rule names this receiver for such an incident."),
    "routing_not_on_call": ("{rota} 당번이 아닙니다 (지금은 {now}).", "Not on call for {rota} (now: {now})."),
    "routing_ladder": (
        "{after:duration} 안에 아무도 확인하지 않으면 다음 사람에게 알립니다: {names}.",
        "If nobody acknowledges within {after:duration}, the next is told: {names}.",
    ),
    "routing_subscribed_now": ("구독: 담당자가 알림을 받을 때 함께 받습니다.", "Subscribed: told whenever staff are told."),
    "routing_subscribed_hourly": ("구독: 매시간 요약에 담습니다.", "Subscribed: in the hourly digest."),
    "routing_subscribed_daily": ("구독: 하루 한 번 요약에 담습니다.", "Subscribed: in the daily digest."),
    "routing_not_subscribed": ("이런 사건은 구독하지 않았습니다.", "Has not asked for such incidents."),
}
