"""Between rows and domain objects: times, small structures as JSON, posts, verdicts."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from monitor.domain import (
    Action,
    Answer,
    Bar,
    Because,
    Button,
    Exposure,
    Fact,
    Interval,
    Labels,
    Message,
    Post,
    Precision,
    Quote,
    Reason,
    Reply,
    Sentiment,
    Severity,
    Shown,
    Spread,
    Status,
)

Spans = tuple[tuple[int, int], ...]

POST = (
    "p.id, p.platform, p.text, p.created_at, p.url, a.id, p.language, p.reply_to, p.repost_of, p.quote_of, p.community, "
    "p.time_precision, p.about"
)
POST_WIDTH = 13
VERDICT = "c.model, c.complaint, c.sentiment, c.sentiment_scores, c.topic, c.topic_scores, c.language"
EXPOSURE = "p.id, p.platform, p.created_at, a.id, a.followers, e.observed_at, e.likes, e.replies, e.shares, e.views"
_scores = json.JSONDecoder(parse_int=float).decode
_PRECISIONS = {precision.value: precision for precision in Precision}
_SENTIMENTS: dict[str | None, Sentiment | None] = {None: None, **{sentiment.value: sentiment for sentiment in Sentiment}}


def stamp(at: datetime) -> str:
    """Write a time as the tables keep it: UTC, to the second, 20 characters; parts of a second are cut off."""
    if at.tzinfo is not UTC:
        if at.tzinfo is None:
            raise ValueError("a time without zone reached the store")
        at = at.astimezone(UTC)
    return at.isoformat()[:19] + "Z"


def fine_stamp(at: datetime) -> str:
    """Write a time to the millisecond, 24 characters."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


@lru_cache(maxsize=1 << 14)
def moment(text: str) -> datetime:
    """Read a time that ``stamp`` or ``fine_stamp`` wrote."""
    return datetime.fromisoformat(text)


def maybe_stamp(at: datetime | None) -> str | None:
    """``stamp``, or None."""
    return None if at is None else stamp(at)


def maybe_moment(text: str | None) -> datetime | None:
    """``moment``, or None."""
    return None if text is None else moment(text)


def post_of(row: Sequence[Any]) -> Post:
    """Build a post from the columns ``POST``."""
    return Post(
        row[0], row[1], row[2], moment(row[3]), row[4], row[5], row[6], row[7], row[8], row[9], row[10], _PRECISIONS[row[11]], row[12]
    )


def exposure_of(row: Sequence[Any], share_of: str | None) -> Exposure:
    """Build an exposure from the columns ``EXPOSURE``."""
    observed_at = None if row[5] is None else moment(row[5])
    return Exposure(row[0], row[1], moment(row[2]), row[3], row[4], observed_at, row[6], row[7], row[8], row[9], share_of)


@lru_cache(maxsize=1 << 12)
def spans_text(spans: Spans) -> str:
    """Write spans as JSON."""
    return json.dumps(spans, separators=(",", ":"))


@lru_cache(maxsize=1 << 12)
def spans_of(text: str) -> Spans:
    """Read spans from JSON."""
    return tuple((start, end) for start, end in json.loads(text))


def labels_of(row: Sequence[Any], sentiments: Sequence[str], topics: Sequence[str]) -> Labels:
    """Build a verdict from the columns ``VERDICT``, with the names that the model's scores have."""
    return Labels(
        row[1],
        _SENTIMENTS[row[2]],
        dict(zip(sentiments, _scores(row[3]), strict=False)),
        row[4],
        dict(zip(topics, _scores(row[5]), strict=False)),
        row[6],
    )


def scores_text(scores: Mapping[str, float]) -> str:
    """Write scores as a JSON array in the order of their names, to four significant digits."""
    return "[" + ",".join([f"{scores[name]:.4g}" for name in sorted(scores)]) + "]"


def text_of(value: object) -> str:
    """Write a small structure as JSON that SQLite can read: times and endless numbers are marked, numpy numbers become plain."""
    try:
        return _WRITER.encode(value)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"), default=_plain)


def value_of(text: str) -> Any:
    """Read what ``text_of`` wrote."""
    return json.loads(text, object_hook=_marked) if _MARK in text else json.loads(text)  # few hold a mark, and looking for them costs


def because_text(because: Because) -> str:
    """Write a reason as JSON: ``{"code": ..., "values": {...}}``."""
    return text_of(because_values(because))


def because_values(because: Because) -> dict[str, object]:
    """A reason as a part of a larger structure."""
    return {"code": because.code, "values": because.values}


def because_of(text: str | dict[str, Any]) -> Because:
    """Read a reason."""
    found = value_of(text) if isinstance(text, str) else text
    return Because(found["code"], found["values"])


def interval_of(values: Mapping[str, float]) -> Interval:
    """Read a range."""
    return Interval(values["p10"], values["p50"], values["p90"])


def interval_values(interval: Interval) -> dict[str, float]:
    """Write a range."""
    return {"p10": interval.p10, "p50": interval.p50, "p90": interval.p90}


def message_text(message: Message) -> str:
    """Write a message as JSON, without its picture."""
    spread = message.spread
    return text_of(
        {
            "subject": message.subject,
            "headline": message.headline,
            "badge": message.badge,
            "lines": message.lines,
            "facts": [[fact.label, fact.value] for fact in message.facts],
            "spread": None if spread is None else _spread_values(spread),
            "quotes": [[quote.text, quote.source, quote.url] for quote in message.quotes],
            "why": message.why,
            "actions": message.actions,
            "footer": message.footer,
            "headings": message.headings,
            "severity": message.severity.value,
            "reason": None if message.reason is None else message.reason.value,
            "language": message.language,
            "dedup_key": message.dedup_key,
            "thread": message.thread,
            "sent_at": message.sent_at,
            "link": message.link,
            "update": message.update,
            "buttons": [[button.action.value, button.label, button.value, button.style] for button in message.buttons],
            "brief": [_answer_values(answer) for answer in message.brief],
            "stage": None if message.stage is None else _answer_values(message.stage),
            "replies": [[reply.language, reply.label, reply.text] for reply in message.replies],
            "never": message.never,
        }
    )


def message_of(text: str, picture: bytes | None) -> Message:
    """Read a message."""
    found = value_of(text)
    return Message(
        subject=found["subject"],
        headline=found["headline"],
        badge=found["badge"],
        lines=tuple(found["lines"]),
        facts=tuple(Fact(label, value) for label, value in found["facts"]),
        spread=None if found["spread"] is None else _spread_of(found["spread"]),
        quotes=tuple(Quote(text, source, url) for text, source, url in found["quotes"]),
        why=tuple(found["why"]),
        actions=tuple(found["actions"]),
        footer=tuple(found["footer"]),
        headings=found["headings"],
        severity=Severity(found["severity"]),
        reason=None if found["reason"] is None else Reason(found["reason"]),
        language=found["language"],
        dedup_key=found["dedup_key"],
        thread=found["thread"],
        sent_at=found["sent_at"],
        link=found["link"],
        picture=picture,
        update=found.get("update", False),
        buttons=tuple(Button(Action(action), label, value, style) for action, label, value, style in found.get("buttons", ())),
        brief=tuple(map(_answer_of, found.get("brief", ()))),
        stage=_answer_of(found["stage"]) if found.get("stage") else None,
        replies=tuple(Reply(*reply) for reply in found.get("replies", ())),
        never=tuple(found.get("never", ())),
    )


def _answer_values(answer: Answer) -> dict[str, object]:
    return {
        "question": answer.question,
        "lines": answer.lines,
        "quotes": [[quote.text, quote.source, quote.url] for quote in answer.quotes],
    }


def _answer_of(found: Mapping[str, Any]) -> Answer:
    return Answer(found["question"], tuple(found["lines"]), tuple(Quote(*quote) for quote in found["quotes"]))


def shown_text(shown: Shown) -> str:
    """Write what a message shows of its incident as JSON."""
    return text_of({name: value for name, value in asdict(shown).items() if value is not None})


def shown_of(text: str) -> Shown:
    """Read what ``shown_text`` wrote."""
    found = value_of(text)
    severity = found.get("severity")
    kept = {"status": Status(found["status"]), "severity": severity and Severity(severity)}
    return Shown(**{**found, **kept})


def _spread_values(spread: Spread) -> dict[str, object]:
    bars = [[bar.label, bar.value, interval_values(bar.people)] for bar in spread.bars]
    return {"threshold": spread.threshold, "mark": spread.mark, "caption": spread.caption, "bars": bars}


def _spread_of(found: dict[str, Any]) -> Spread:
    bars = tuple(Bar(label, value, interval_of(people)) for label, value, people in found["bars"])
    return Spread(found["threshold"], found["mark"], found["caption"], bars)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return {"$at": stamp(value)}
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be stored")


_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain, allow_nan=False)
_MARK = '"$'


def _marked(found: dict[str, Any]) -> Any:
    if len(found) == 1:
        if "$at" in found:
            return moment(found["$at"])
        if "$number" in found:
            return float(found["$number"])
    return found


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return {"$number": str(float(value))}
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value
