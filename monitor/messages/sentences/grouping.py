"""Why a post stands in its incident."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "grouping_first": ("비슷한 글이 없어 새 사건으로 보았습니다.", "No other live incident is like it, so it opened a new one."),
    "grouping_follows": (
        "기각된 사건 {incident}번과 비슷하지만 새 사건으로 보았습니다.",
        "It resembles incident {incident}, which was dismissed, so it opened a new one.",
    ),
    "grouping_edited": (
        "작성자가 글을 고쳤지만 여전히 불만이라 제자리에 두었습니다.",
        "Its author edited it; it still complains, so it keeps its place.",
    ),
    "grouping_copy": ("글 {post}의 복사본입니다.", "It repeats the text of {post}."),
    "grouping_repost": ("글 {post:을/를} 퍼 온 것입니다.", "It passes on {post}."),
    "grouping_alike": (
        "글 {post:과/와} 같은 일로 보입니다. 우연보다 {times:count}배 잘 맞습니다(공통 표현: {words}, 기준 {bar}배).",
        "It seems to be about the same as {post}: its words fit {times:count} times better than by chance (in common: {words}; bar {bar}).",
    ),
    "grouping_thread": (
        "같은 대화에 있는 글입니다(가장 가까운 글 {post}, 우연보다 {times:count}배, 기준 {bar}배).",
        "It stands in the same conversation (nearest: {post}; {times:count} times better than by chance, bar {bar}).",
    ),
    "grouping_author": (
        "같은 사람이 다시 올린 글입니다(가장 가까운 글 {post}, 우연보다 {times:count}배, 기준 {bar}배).",
        "The same author wrote again (nearest: {post}; {times:count} times better than by chance, bar {bar}).",
    ),
    "grouping_merged": (
        "사건 {incident}번이 같은 일로 드러나 합쳤습니다(공통 표현: {words}).",
        "Incident {incident} turned out to be the same trouble (shared words: {words}).",
    ),
    "grouping_merged_by_staff": (
        "{who:이/가} 사건 {incident}번을 여기에 합쳤습니다.",
        "{who} merged incident {incident} into this one.",
    ),
    "grouping_together": (
        "같은 때에 같은 일로 함께 늘어난 사건이라 합쳤습니다.",
        "They rose together over the same matter, so they were joined.",
    ),
    "grouping_wave": (
        "이 시기에 글이 갑자기 늘어난 흐름에 속합니다.",
        "It belongs to a sudden wave of posts at that time.",
    ),
}
