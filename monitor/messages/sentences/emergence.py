"""What the detector says about a stream, in Korean and English."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "emergence_alarm": (
        "{stream:stream}: 최근 {window:duration} 동안 서로 다른 {authors:count}명이 글을 올렸습니다. 평소에는 {expected}건 정도입니다."
        " 이 정도 증가가 우연일 가능성은 거의 없습니다(증거 {evidence}, 기준 {threshold}).",
        "{stream:stream}: {authors:count} different people posted within the last {window:duration}; {expected} posts are normal."
        " A rise like this is hardly chance (evidence {evidence}, threshold {threshold}).",
    ),
    "emergence_open": (
        "{stream:stream}: {since:time}부터 평소보다 많은 상태입니다. 최근 {window:duration} 동안 {observed:count}건, 평소에는 {expected}건"
        " 정도입니다.",
        "{stream:stream}: above normal since {since:time}. {observed:count} posts in the last {window:duration}; {expected} are normal.",
    ),
    "emergence_rising": (
        "{stream:stream}: 늘고 있지만 아직 확실하지 않습니다. 최근 {window:duration} 동안 {observed:count}건, 평소에는 {expected}건"
        " 정도입니다(증거 {evidence}, 기준 {threshold}).",
        "{stream:stream}: rising, but not yet certain. {observed:count} posts within the last {window:duration}; {expected} are normal"
        " (evidence {evidence}, threshold {threshold}).",
    ),
    "emergence_normal": (
        "{stream:stream}: 평소 수준입니다. 최근 {window:duration} 동안 {observed:count}건, 평소에는 {expected}건 정도입니다.",
        "{stream:stream}: normal. {observed:count} posts within the last {window:duration}; {expected} are normal.",
    ),
    "emergence_warming_up": (
        "{stream:stream}: 평소 수준을 아직 배우는 중입니다. 최근 {window:duration} 동안 {observed:count}건입니다.",
        "{stream:stream}: what is normal is still being learnt. {observed:count} posts within the last {window:duration}.",
    ),
    "emergence_no_stream": (
        "{stream:stream}: 아직 글이 없거나 오래전에 조용해졌습니다.",
        "{stream:stream}: no posts yet, or silent for long.",
    ),
}
