"""What is worth a word about a configuration that is right, in Korean and English; the codes are those of ``monitor.config``."""

SENTENCES: dict[str, tuple[str, str]] = {
    "config_no_watch": (
        "지켜볼 대상([[watch]])이 없어 아무 글도 우리 이야기로 보지 않습니다.",
        "There is no [[watch]]: no post is about anybody we track.",
    ),
    "config_no_collector": (
        "글을 가져올 곳([[collector]])이 없어 새 글이 들어오지 않습니다.",
        "There is no [[collector]]: no posts come in.",
    ),
    "config_silent": (
        '시험 운영(mode = "silent")입니다. 판단은 기록하지만 아무것도 보내지 않습니다.',
        'This is a rehearsal (mode = "silent"): decisions are recorded, nothing is sent.',
    ),
    "config_short": (
        "{watch}의 {term:은/는} 짧아서 다른 낱말 속에서도 걸립니다. whole_words = true로 하면 따로 선 것만 찾습니다.",
        "{term} of {watch} is short and stands inside many other words: whole_words = true finds it only where it stands alone.",
    ),
    "config_unrouted": (
        "{watch}의 {topic:topic} 문제에 맞는 [[route]]가 없습니다. 심각(critical)한 사건만 모두에게 가고 나머지는 아무에게도 가지 않습니다.",
        "No [[route]] takes incidents of {watch} about {topic:topic}: critical ones go to everybody, others to nobody.",
    ),
}
