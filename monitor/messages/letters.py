"""The templates of alerts: every text is a (Korean, English) pair with the same fields; formats as in ``wording.SPECS``."""

from __future__ import annotations

from monitor.domain import Kind, Reason

Pair = tuple[str, str]

HEADINGS: dict[str, Pair] = {
    "facts": ("한눈에 보기", "At a glance"),
    "spread": ("본 사람과 전망", "Seen by, and forecast"),
    "quotes": ("대표 게시물", "Telling posts"),
    "why": ("지금 알리는 이유", "Why we tell you now"),
    "actions": ("할 일", "What to do"),
    "brief": ("브리핑", "The brief"),
    "replies": ("답글 초안", "Draft replies"),
    "never": ("이렇게는 말하지 마세요", "Never say"),
    "incidents": ("사건", "Incidents"),
    "unsubscribe": ("이 메일 그만 받기", "Stop these mails"),
}
BADGES: dict[Reason, Pair] = {
    Reason.WORSENED: (" · 악화", " · worsened"),
    Reason.REPEAT: (" · 다시 알림", " · reminder"),
    Reason.ESCALATED: (" · 상위 보고", " · escalated"),
    Reason.CROSSED: (" · 기준 초과", " · threshold crossed"),
}
WHO: dict[Kind, Pair] = {
    Kind.COMPLAINT: ("{complainants:persons} 불만", "{complainants:persons} complaining"),
    Kind.ATTENTION: ("{complainants:persons} 언급", "{complainants:persons} talking about it"),
}
SUBJECTS: dict[str, Pair] = {
    "unknown": ("확산 규모 알 수 없음", "spread unknown"),
    "seen": ("{low:people}~{high:people}명이 봄", "seen by {low:people} to {high:people}"),
    "crossed": (
        "이미 {low:people}~{high:people}명이 봄(기준 {threshold:count}명)",
        "already seen by {low:people} to {high:people} (threshold {threshold:count})",
    ),
    "expected": (
        "약 {left:duration} 뒤 {threshold:count}명 도달 예상(가능성 {p:percent})",
        "about {left:duration} to {threshold:count} people ({p:percent})",
    ),
    "possible": (
        "{threshold:count}명 넘을 가능성 {p:percent}(넘는다면 약 {left:duration} 뒤)",
        "{p:percent} chance of {threshold:count} people (if so, in about {left:duration})",
    ),
    "unlikely": (
        "{low:people}~{high:people}명이 봄, 24시간 안 {threshold:count}명 가능성 {p:percent}",
        "seen by {low:people} to {high:people}, {p:percent} chance of {threshold:count} in 24 h",
    ),
}
HEADLINES: dict[Kind, Pair] = {
    Kind.COMPLAINT: (
        "{watch}의 {topic} 문제로 {complainants:persons}이 불만을 올렸습니다.",
        "{complainants:persons} complained about {watch}: {topic}.",
    ),
    Kind.ATTENTION: (
        "{watch:을/를} 언급하는 글이 급증했습니다: {topic}, {complainants:persons}.",
        "Mentions of {watch} are surging: {topic}, {complainants:persons}.",
    ),
}
OUTLOOKS: dict[str, Pair] = {
    "unknown": ("얼마나 퍼졌는지는 알 수 없습니다.", "How far it has spread is unknown."),
    "seen": ("지금까지 {low:people}~{high:people}명이 봤습니다.", "So far {low:people} to {high:people} people have seen it."),
    "crossed": (
        "이미 {low:people}~{high:people}명이 본 것으로 추정되어 기준 {threshold:count}명을 넘은 것으로 보입니다.",
        "It has most likely passed {threshold:count} people: {low:people} to {high:people} have seen it.",
    ),
    "expected": (
        "24시간 안에 {threshold:count}명을 넘을 가능성이 {p:percent}이고, 넘는다면 약 {left:duration} 뒤({eta:clock})입니다.",
        "The chance that it passes {threshold:count} people within 24 hours is {p:percent}; if so, in about {left:duration} ({eta:clock}).",
    ),
    "unlikely": (
        "24시간 안에 {threshold:count}명을 넘을 가능성은 {p:percent}입니다.",
        "The chance that it passes {threshold:count} people within 24 hours is {p:percent}.",
    ),
}
RESOLVED: Pair = (
    "{watch}의 {topic} 문제가 해결됨으로 바뀌었습니다.",
    "{watch}: {topic} is resolved.",
)
HAPPENED: dict[Kind, Pair] = {
    Kind.COMPLAINT: (
        "{since:time}부터 {lasted:duration} 동안 {complainants:persons}이 불만 게시물 {posts:count}건을 올렸습니다.",
        "Since {since:time}, for {lasted:duration}, {complainants:persons} posted {posts:count} complaint{posts:s}.",
    ),
    Kind.ATTENTION: (
        "{since:time}부터 {lasted:duration} 동안 {complainants:persons}이 게시물 {posts:count}건에서 언급했습니다.",
        "Since {since:time}, for {lasted:duration}, {complainants:persons} wrote {posts:count} post{posts:s} about it.",
    ),
}
UNSEEN: Pair = (
    "몇 명이 봤는지는 알 수 없습니다. 조회수·반응·팔로워 수가 공개되지 않은 게시물입니다.",
    "How many people have seen it is unknown: no views, reactions or followers of these posts are public.",
)
SOURCES: dict[str, Pair] = {
    "measured": ("공개 조회수로 측정", "measured from public views"),
    "estimated": ("공개 조회수 없이 추정", "estimated, no views are public"),
    "mixed": ("{measured:percent} 측정, {estimated:percent} 추정", "{measured:percent} measured, {estimated:percent} estimated"),
}
LEAD: dict[bool, Pair] = {
    True: ("첫 알림은 {lead:duration} 전({alerted:time})에 보냈습니다.", "The first alert went out {lead:duration} ago ({alerted:time})."),
    False: (
        "이 사건은 미리 알리지 못했습니다. 이 메시지가 첫 알림입니다.",
        "We did not warn you of this one in advance: this message is the first.",
    ),
}
WORSE: Pair = (
    "심각도가 {before:severity}에서 {severity:severity|으로/로} 올라갔습니다.",
    "Severity rose from {before:severity} to {severity:severity}.",
)
FACTS: dict[str, tuple[Pair, Pair]] = {
    "title": (("무슨 일", "What"), ("{title}", "{title}")),
    "topic": (("주제", "Topic"), ("{topic}", "{topic}")),
    "since": (("시작", "Since"), ("{since:time} ({lasted:duration} 전)", "{since:time} ({lasted:duration} ago)")),
    "people": (
        ("불만을 올린 사람", "Complaining"),
        ("{complainants:persons} (게시물 {posts:count}건)", "{complainants:persons} ({posts:count} post{posts:s})"),
    ),
    "talking": (
        ("언급한 사람", "Talking about it"),
        ("{complainants:persons} (게시물 {posts:count}건)", "{complainants:persons} ({posts:count} post{posts:s})"),
    ),
    "seen": (("본 사람", "Seen by"), ("{low:people}~{high:people}명 ({source})", "{low:people} to {high:people} people ({source})")),
    "unseen": (("본 사람", "Seen by"), ("알 수 없음", "unknown")),
    "crossed": (("기준 {threshold:count}명", "Passing {threshold:count}"), ("이미 넘음", "already passed")),
    "expected": (
        ("기준 {threshold:count}명", "Passing {threshold:count}"),
        (
            "24시간 안에 넘을 가능성 {p:percent}, 넘는다면 {eta:clock}쯤 (빠르면 {eta_from:clock}, 늦으면 {eta_to:clock})",
            "chance {p:percent} within 24 h; if so, about {eta:clock} (earliest {eta_from:clock}, latest {eta_to:clock})",
        ),
    ),
    "unlikely": (
        ("기준 {threshold:count}명", "Passing {threshold:count}"),
        ("24시간 안에 넘을 가능성 {p:percent}", "chance {p:percent} within 24 h"),
    ),
    "where": (("올라온 곳", "Where"), ("{where}", "{where}")),
    "state": (("상태", "State"), ("{state}", "{state}")),
    "silenced": (("알림 중지", "Silenced"), ("{silenced_until:time}까지", "until {silenced_until:time}")),
    "responsible": (("책임자", "Responsible"), ("{responsible}", "{responsible}")),
    "assigned": (("담당자", "Assigned to"), ("{assigned}", "{assigned}")),
}
BARS: dict[str, Pair] = {
    "now": ("지금", "now"),
    "1h": ("1시간 뒤", "in 1 h"),
    "6h": ("6시간 뒤", "in 6 h"),
    "24h": ("24시간 뒤", "in 24 h"),
}
RANGE: Pair = ("{low:people}~{high:people}명", "{low:people} to {high:people}")
MARK: Pair = ("기준 {threshold:count}명", "threshold {threshold:count}")
CAPTION: Pair = (
    "진한 색은 적어도, 옅은 색은 많으면 이만큼입니다(80% 범위). {source}.",
    "Dark: at least so many; light: at most so many (80% range). {source}.",
)
NO_PLAYBOOK: Pair = (
    "이 주제의 대응 절차가 아직 없습니다. config.toml의 [[playbook]]에 적어 두면 여기에 나옵니다.",
    "There is no playbook for this topic yet: write one under [[playbook]] in config.toml and it appears here.",
)
