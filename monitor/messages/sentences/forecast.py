"""What the forecast says about itself, in Korean and English."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "forecast_crossed": (
        "이미 기준인 {threshold:count}명을 넘었습니다. 지금까지 약 {people:count}명이 보았습니다.",
        "It has already passed the threshold of {threshold:count} people: about {people:count} have seen it.",
    ),
    "forecast_likely": (
        "24시간 안에 {threshold:count}명을 넘을 가능성이 큽니다(확률 {p:percent}). 넘는다면 {eta:time}쯤입니다"
        " (24시간 뒤 예상 {p10:count}~{p90:count}명).",
        "It will probably pass {threshold:count} people within 24 hours ({p:percent}), at about {eta:time}"
        " (in 24 hours: {p10:count} to {p90:count} people).",
    ),
    "forecast_possible": (
        "24시간 안에 {threshold:count}명을 넘을 확률은 {p:percent}입니다. 넘는다면 {eta:time}쯤입니다"
        " (24시간 뒤 예상 {p10:count}~{p90:count}명).",
        "There is a {p:percent} chance of passing {threshold:count} people within 24 hours; if it does, at about {eta:time}"
        " (in 24 hours: {p10:count} to {p90:count} people).",
    ),
    "forecast_unlikely": (
        "24시간 안에 {threshold:count}명을 넘을 것 같지 않습니다(확률 {p:percent}, 24시간 뒤 예상 {p10:count}~{p90:count}명).",
        "It is not likely to pass {threshold:count} people within 24 hours ({p:percent}; in 24 hours: {p10:count} to {p90:count} people).",
    ),
}
