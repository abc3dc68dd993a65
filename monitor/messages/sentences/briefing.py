"""The brief and the story of an incident, in Korean and English; the codes are those of ``monitor.briefing``."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # who is the customer
    "briefing_people": ("글쓴이 {people:persons}, 게시물 {posts:count}건.", "{people:persons}, {posts:count} post{posts:s}."),
    "briefing_communities": ("모이는 곳(사람 수): {communities}.", "Communities (people): {communities}."),
    "briefing_communities_more": (
        "모이는 곳(사람 수): {communities}, 그 밖에 {more:count}곳.",
        "Communities (people): {communities}, and {more:count} more.",
    ),
    "briefing_platform": ("{platform:platform}: {people:persons}.", "{platform:platform}: {people:persons}."),
    "briefing_followers": (
        "팔로워는 모두 {followers:people}명, 가장 많은 사람이 {most:people}명입니다 ({people:count}명 중 {known:count}명만 공개).",
        "{followers:people} followers together, {most:people} the most of one (known of {known:count} of {people:count}).",
    ),
    "briefing_followers_unknown": ("팔로워 수는 공개되지 않았습니다.", "How many followers they have is not public."),
    "briefing_language": ("{language:language|으로/로} 쓴 사람 {share:percent}.", "{share:percent} write {language:language}."),
    "briefing_returning": (
        "전에도 우리 이야기를 쓴 사람 {returning:persons}, 처음 쓴 사람 {new:persons}.",
        "{returning:persons} wrote about us before, {new:persons} for the first time.",
    ),
    # what is the problem
    "briefing_topic": ("{topic:topic} 문제이고, {since:time}에 시작됐습니다.", "It is about {topic:topic}, since {since:time}."),
    "briefing_places": ("글에 나온 곳(사람 수): {places}.", "Places named (by so many people): {places}."),
    "briefing_signal_topic": (
        "{at:time}에 접수된 우리 쪽 일과 시간과 주제({topic:topic})가 맞습니다: {kind}, {signal}",
        "An event of our own fits in time and topic ({topic:topic}), reported {at:time}: {kind}, {signal}",
    ),
    "briefing_signal_named": (
        "{at:time}에 접수된 우리 쪽 일과 시간이 맞고, 글 {posts:count}건이 같은 곳({named})을 말합니다: {kind}, {signal}",
        "An event of our own fits in time, and {posts:count} post{posts:s} name {named}, reported {at:time}: {kind}, {signal}",
    ),
    # what do they want most
    "briefing_want": ("{want:want}: {people:persons} ({share:percent}).", "{want:want}: {people:persons} ({share:percent})."),
    "briefing_want_unsaid": (
        "무엇을 바라는지 분명하게 적은 사람은 없습니다 ({people:persons} 가운데).",
        "Nobody says in plain words what they want (of {people:persons}).",
    ),
    # how do we know
    "briefing_measured": (
        "본 사람 수의 {share:percent}는 공개 조회수로 쟀고 나머지는 추정입니다.",
        "{share:percent} of the reach is measured from public views, the rest is estimated.",
    ),
    "briefing_unmeasured": ("본 사람 수는 잴 수 없었습니다.", "How many people have seen it could not be measured."),
    "briefing_certainty": (
        "모델은 이 글들을 평균 {certainty:percent} 확률로 불만이라고 봅니다 (게시물 {posts:count}건).",
        "The model is {certainty:percent} sure on average that these are complaints ({posts:count} post{posts:s}).",
    ),
    "briefing_confirmed": ("담당자가 {at:time}에 맞는 경보라고 확인했습니다.", "Staff confirmed it as right at {at:time}."),
    # the stage of 1:10:100
    "briefing_cost_signal": (
        "아직 아무도 불만을 쓰지 않았습니다. 지금 먼저 알리면 {act:count}, 기다리면 {wait:count}의 비용이 듭니다 (한 번 살펴보는 비용 = 1).",
        "Nobody has complained yet. Telling customers first costs {act:count}, waiting {wait:count} (one look by a person = 1).",
    ),
    "briefing_cost_public": (
        "지금 대응하면 예상 비용 {act:count}, 기다리면 {wait:count}입니다 (기준 인원을 넘을 가능성 {p:percent}, 한 번 살펴보는 비용 = 1).",
        "Expected cost of acting now {act:count}, of waiting {wait:count} ({p:percent} chance of passing the threshold; one look = 1).",
    ),
    "briefing_cost_unmeasured": (
        "확산을 잴 수 없어 가능성을 {p:percent}로 놓으면, 지금 대응하면 {act:count}, 기다리면 {wait:count}입니다 (한 번 살펴보는 비용 = 1).",
        "Its spread is not measured; taking the chance to be {p:percent}, acting now costs {act:count}, waiting {wait:count} (one look = 1).",
    ),
    "briefing_cost_crossed": (
        "이미 기준 인원을 넘어 예상 비용은 {act:count}입니다 (한 번 살펴보는 비용 = 1). 하루 안에 크게 늘지는 않을 것으로 보입니다.",
        "It is past the threshold: expected cost {act:count} (one look = 1). It is not forecast to grow much within a day.",
    ),
    "briefing_cost_grown": (
        "이미 기준 인원을 넘었습니다. 지금 대응하면 {act:count}, 하루 기다리면 본 사람이 {growth:percent} 더 늘어 {wait:count}입니다"
        " (한 번 살펴보는 비용 = 1).",
        "It is past the threshold. Acting now costs {act:count}; a day later {growth:percent} more people have seen it: {wait:count}"
        " (one look = 1).",
    ),
    # the story
    "briefing_story_began": (
        "{at:time}에 {platform:platform}에서 {watch}에 대한 첫 글이 올라왔습니다: “{text}”",
        "It began at {at:time} on {platform:platform} with a first post about {watch}: “{text}”",
    ),
    "briefing_story_began_unknown": (
        "{at:time}에 {watch}에 대한 첫 글이 올라왔고, 그 글은 지금 남아 있지 않습니다.",
        "It began at {at:time} with a post about {watch} that is no longer there.",
    ),
    "briefing_story_follows": ("앞서 있었던 {earlier}번 사건에 이어진 일입니다.", "It followed incident {earlier}."),
    "briefing_story_unusual": (
        "{at:time}에 평소와 달라졌습니다. {authors:persons}이 썼고, 평소 {expected:count}건이던 글이 {observed:count}건이었습니다.",
        "At {at:time} it became unusual: {authors:persons} had written, {observed:count} posts where {expected:count} are normal.",
    ),
    "briefing_story_never_unusual": (
        "글의 수는 평소를 벗어나지 않았습니다 (많을 때 {observed:count}건, 평소 {expected:count}건).",
        "The number of posts never left the normal ({observed:count} at most, {expected:count} are normal).",
    ),
    "briefing_story_spoke": (
        "{at:time}에 처음 알렸습니다 (심각도 {severity:severity}, 받은 사람: {receivers}).",
        "We first spoke at {at:time} (severity {severity:severity}, to {receivers}).",
    ),
    "briefing_story_again": (
        "그 뒤 {times:count}번 더 알렸고, 마지막은 {at:time}입니다 ({reason:reason}).",
        "We spoke {times:count} more time{times:s}, last at {at:time} ({reason:reason}).",
    ),
    "briefing_story_unspoken": ("한 번도 알리지 않았습니다.", "We never spoke of it."),
    "briefing_story_silent": (
        "말하지 않기로 한 판단이 {times:count}번 있었습니다. 그 가운데 {at:time}의 까닭은 이렇습니다 ({reason:reason}).",
        "We decided {times:count} time{times:s} to keep quiet; the reason of {at:time} tells most ({reason:reason}).",
    ),
    "briefing_story_acknowledged": ("{at:time}에 {who:이/가} 확인했습니다.", "{who} acknowledged it at {at:time}."),
    "briefing_story_dismissed": (
        "{at:time}에 {who:이/가} 우리 문제가 아니라고 판단했습니다.",
        "{who} dismissed it at {at:time}: no trouble of ours.",
    ),
    "briefing_story_crossed_told": (
        "{at:time}에 본 사람이 {threshold:persons}을 넘었습니다. 첫 알림보다 {lead:duration} 뒤였습니다.",
        "At {at:time} more than {threshold:persons} had seen it, {lead:duration} after our first alert.",
    ),
    "briefing_story_crossed": (
        "{at:time}에 본 사람이 {threshold:persons}을 넘었고, 미리 알리지 못했습니다.",
        "At {at:time} more than {threshold:persons} had seen it, and we had not warned of it before.",
    ),
    "briefing_story_seen": (
        "지금까지 {low:people}~{high:people}명이 봤고 기준 {threshold:persons}에는 이르지 않았습니다.",
        "So far {low:people} to {high:people} people have seen it; the threshold of {threshold:persons} was not reached.",
    ),
    "briefing_story_own": (
        "예측에는 이미 끝난 우리 사건 {incidents:count}건에서 배운 보정({version})을 썼습니다.",
        "The forecast uses what {incidents:count} finished incidents of our own taught ({version}).",
    ),
    "briefing_story_unseen": ("몇 명이 봤는지는 알 수 없습니다.", "How many people have seen it is unknown."),
    "briefing_story_now": (
        "지금 상태는 ‘{status:status}’입니다 ({at:time}부터). 모두 {authors:persons}이 {posts:count}건을 썼습니다.",
        "It is {status:status} now (since {at:time}); {authors:persons} wrote {posts:count} post{posts:s} in all.",
    ),
    "briefing_story_merged": ("{other}번 사건에 합쳐졌습니다.", "It was merged into incident {other}."),
}
