"""What reach says about itself, in Korean and English."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "reach_measured": (
        "지금까지 {p10:count}~{p90:count}명이 본 것으로 보입니다. 게시물 {posts:count}건의 공개 조회수를 근거로 합니다.",
        "Seen by {p10:count} to {p90:count} people so far, from the public view counts of {posts:count} posts.",
    ),
    "reach_mixed": (
        "{p10:count}~{p90:count}명이 본 것으로 추정됩니다. {share:percent}는 공개 조회수, {rest:percent}는 반응과 팔로워 기준입니다"
        " (게시물 {posts:count}건 중 {shown:count}건의 조회수가 공개됨).",
        "Seen by an estimated {p10:count} to {p90:count} people so far: {share:percent} measured from public views, {rest:percent}"
        " estimated from engagement and followers ({shown:count} of {posts:count} posts show their views).",
    ),
    "reach_estimated": (
        "지금까지 {p10:count}~{p90:count}명이 본 것으로 추정됩니다. 조회수가 공개되지 않아 게시물 {posts:count}건의 반응과 팔로워 수로"
        " 추정했습니다.",
        "Seen by an estimated {p10:count} to {p90:count} people so far. Views are not public; estimated from engagement and"
        " followers of {posts:count} posts.",
    ),
}
