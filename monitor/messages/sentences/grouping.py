"""Why a post stands in its incident."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "grouping.first": ("비슷한 글이 없어 새 사건으로 보았습니다.", "No other live incident is like it, so it opened a new one."),
    "grouping.follows": (
        "기각된 사건 {incident}번과 비슷하지만 새 사건으로 보았습니다.",
        "It resembles incident {incident}, which was dismissed, so it opened a new one.",
    ),
    "grouping.copy": ("글 {post}의 복사본입니다.", "It repeats the text of {post}."),
    "grouping.repost": ("글 {post:을/를} 퍼 온 것입니다.", "It passes on {post}."),
    "grouping.alike": (
        "글 {post:과/와} 내용이 비슷합니다(공통 표현: {words}, 유사도 {surprise}, 기준 {bar}).",
        "It is like {post} (shared words: {words}; surprise {surprise}, bar {bar}).",
    ),
    "grouping.name": (
        "글 {post:과/와} 비슷하고 ‘{name}’ 이야기를 함께 합니다(유사도 {surprise}, 기준 {bar}).",
        "It is like {post} and both speak of “{name}” (surprise {surprise}, bar {bar}).",
    ),
    "grouping.thread": (
        "글 {post:과/와} 같은 대화에 있습니다(유사도 {surprise}, 기준 {bar}).",
        "It stands in the same conversation as {post} (surprise {surprise}, bar {bar}).",
    ),
    "grouping.author": (
        "글 {post:을/를} 쓴 사람이 다시 올린 글입니다(유사도 {surprise}, 기준 {bar}).",
        "The author of {post} wrote again (surprise {surprise}, bar {bar}).",
    ),
    "grouping.merged": (
        "사건 {incident}번이 같은 일로 드러나 합쳤습니다(공통 표현: {words}).",
        "Incident {incident} turned out to be the same trouble (shared words: {words}).",
    ),
    "grouping.merged_by_staff": (
        "{who:이/가} 사건 {younger}번을 합쳤습니다.",
        "{who} merged incident {younger} into it.",
    ),
    "grouping.wave": (
        "이 시기에 글이 갑자기 늘어난 흐름에 속합니다.",
        "It belongs to a sudden wave of posts at that time.",
    ),
}
