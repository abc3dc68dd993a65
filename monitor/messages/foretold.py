"""The notice ahead of the complaint: an event of our own that nobody has complained about yet, and what to tell customers first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from monitor.domain import Because, Fact, Message, Reply, Severity, Signal, Stage
from monitor.messages import briefs, letters
from monitor.messages.letters import Pair
from monitor.messages.wording import Reader
from monitor.plain import clean

SHOWN = 10
BADGE: Pair = ("먼저 알리기", "Tell customers first")
SUBJECT: Pair = (
    "[먼저 알리기] {watch} {topic}: {text}",
    "[Tell customers first] {watch}, {topic}: {text}",
)
HEADLINE: Pair = (
    "{topic} 불만이 나올 수 있는 우리 쪽 일이 {n:count}건 있습니다. 아직 아무도 불만을 쓰지 않았으니 지금 먼저 알리세요.",
    "{n:count} event{n:s} of our own may lead to complaints about {topic}. Nobody has complained yet: tell the customers first.",
)
MORE: Pair = ("그 밖에 {n:count}건이 더 있습니다.", "{n:count} more event{n:s}.")
DRAFT: Pair = (
    "고객 안내 초안 ({language:language}). 사람이 다듬어 보내세요. 이 프로그램은 아무것도 보내지 않습니다.",
    "Draft for customers ({language:language}), for a person to finish and send: the program sends nothing.",
)
NO_DRAFT: Pair = (
    "이 주제의 고객 안내 초안이 아직 없습니다. config.toml의 [[playbook]]에 proactive를 적어 두면 여기에 나옵니다.",
    "There is no draft for this topic yet: write proactive under its [[playbook]] in config.toml and it appears here.",
)
WHERE: Pair = ("{at:time}, {place}", "{at:time}, {place}")
WHEN: Pair = ("{at:time}", "{at:time}")
UNTIL: Pair = ("{ends:time}까지", "until {ends:time}")


def foretell(
    signals: Sequence[Signal],
    watch: str,
    topic: str,
    label: str | None,
    drafts: Mapping[str, str],
    never: Sequence[str],
    cost: Sequence[Because],
    responsible: str,
    at: datetime,
    language: str,
    zone: tzinfo,
) -> Message:
    """Write one notice about ``signals`` of one topic; ``drafts`` are the playbook's messages to customers, by language."""
    reader = Reader(language, zone, at)
    first = signals[0]
    named = briefs.topic(topic, label, reader)
    values = {"watch": watch, "topic": named, "text": clean(first.text, 80), "n": len(signals)}
    facts = [Fact(clean(one.kind, 40), " · ".join([clean(one.text, 300), *_circumstances(one, reader)])) for one in signals[:SHOWN]]
    facts += [Fact(*(reader.pick(letters.FACTS["responsible"][0]), clean(responsible, 80)))] if responsible else []
    replies = tuple(
        Reply(
            tongue,
            reader.fill(DRAFT, {"language": tongue}),
            briefs.filled(text, briefs.blanks(watch, first, replace(reader, language=tongue))),
        )
        for tongue, text in drafts.items()
        if text.strip()
    )
    return Message(
        subject=clean(reader.fill(SUBJECT, values), 200),
        lines=(reader.fill(MORE, {"n": len(signals) - SHOWN}),) if len(signals) > SHOWN else (),
        facts=tuple(facts),
        quotes=(),
        actions=() if replies else (reader.pick(NO_DRAFT),),
        severity=Severity.MODERATE,
        language="ko" if reader.korean else "en",
        dedup_key=f"signal/{topic}/{first.id}/{at:%Y%m%dT%H%M%SZ}",
        thread=f"signal-{topic}-{reader.day(at)}",
        sent_at=at,
        headline=reader.fill(HEADLINE, values),
        badge=reader.pick(BADGE),
        headings={part: reader.pick(letters.HEADINGS[part]) for part in ("facts", "actions", "replies", "never")},
        footer=(reader.fill(("{at:time} 기준", "as of {at:time}"), {"at": at}), "monitor signal list"),
        replies=replies,
        never=tuple(clean(words, 200) for words in never),
        stage=briefs.stage(Stage.SIGNAL, cost, reader),
    )


def _circumstances(signal: Signal, reader: Reader) -> list[str]:
    found = [reader.fill(WHERE if signal.place else WHEN, {"at": signal.at, "place": signal.place})]
    if signal.ends_at is not None:
        found.append(reader.fill(UNTIL, {"ends": signal.ends_at}))
    if signal.partner:
        found.append(clean(signal.partner, 60))
    return found
