"""The brief in words: five questions with their answers, the stage of its cost, and drafts of a public answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from monitor.domain import Answer, Because, Brief, Post, Quote, Reply, Signal, Stage
from monitor.messages import names
from monitor.messages.reasons import sentence
from monitor.messages.wording import Reader
from monitor.plain import clean

Pair = tuple[str, str]

QUESTIONS: dict[str, Pair] = {
    "who": ("누가 말하고 있나", "Who is the customer?"),
    "problem": ("무엇이 문제인가", "What is the problem?"),
    "wants": ("가장 바라는 것은", "What do they want most?"),
    "evidence": ("어떻게 아는가", "How do we know?"),
    "experience": ("고객은 어떤 일을 겪었나", "What is it like for them?"),
}
STAGES: dict[str, Pair] = {
    "1": ("1단계 (1:10:100): 아직 불만 없음, 먼저 알릴 때", "Stage 1 of 1:10:100: nobody has complained yet"),
    "2": ("2단계 (1:10:100): 밖으로 나왔지만 기준 인원 아래", "Stage 2 of 1:10:100: public, still below the threshold"),
    "3": ("3단계 (1:10:100): 기준 인원을 넘음", "Stage 3 of 1:10:100: past the threshold"),
}
DRAFT: Pair = (
    "답글 초안 ({language:language}). 사람이 다듬어 보내세요. 이 프로그램은 아무것도 올리지 않습니다.",
    "Draft reply ({language:language}), for a person to finish and send: the program posts nothing.",
)
NOTHING: Pair = ("알 수 없습니다.", "Unknown.")
LONGEST = 1_500
_BLANK = re.compile(r"\{(\w+)\}")


def answers(brief: Brief, reader: Reader, source: Callable[[Post], Quote]) -> tuple[Answer, ...]:
    """Write the five answers; ``source`` turns a post into a quote, of which the customer's own words take the text's place."""
    said = tuple(_quoted(source(words.post), words.text) for words in brief.experience)
    found = {"who": brief.who, "problem": brief.problem, "wants": brief.wants, "evidence": brief.evidence, "experience": ()}
    return tuple(
        Answer(
            reader.pick(QUESTIONS[question]),
            tuple(_lines(reasons, reader)) or (() if question == "experience" and said else (reader.pick(NOTHING),)),
            said if question == "experience" else (),
        )
        for question, reasons in found.items()
    )


def stage(at: Stage, cost: Iterable[Because], reader: Reader) -> Answer:
    """Write the stage of 1:10:100 as a heading, and what acting now costs against waiting."""
    return Answer(reader.pick(STAGES[str(at.value)]), tuple(_lines(cost, reader)))


def replies(drafts: Mapping[str, str], company: str, signal: Signal | None, reader: Reader) -> tuple[Reply, ...]:
    """Fill drafts, given by language; blanks that nobody knows yet stay for the person who sends them."""
    return tuple(
        Reply(
            language, reader.fill(DRAFT, {"language": language}), filled(text, blanks(company, signal, replace(reader, language=language)))
        )
        for language, text in drafts.items()
        if text.strip()
    )


def filled(text: str, known: Mapping[str, str]) -> str:
    """Put what is ``known`` into the {blanks} of ``text``; the others stay as they are."""
    return clean(_BLANK.sub(lambda blank: known.get(blank[1], blank[0]), text), LONGEST)


def blanks(company: str, signal: Signal | None, reader: Reader) -> dict[str, str]:
    """Return what a draft may state by itself: the company, and what an event of our own says of place and times."""
    known = {"company": clean(company, 60)}
    if signal is not None:
        known |= {"start": reader.time(signal.at), "date": reader.day(signal.at)}
        known |= {"place": clean(signal.place, 60)} if signal.place else {}
        known |= {"time": reader.time(signal.ends_at)} if signal.ends_at else {}
    return known


def _lines(reasons: Iterable[Because], reader: Reader) -> Iterator[str]:
    """Sentences of one kind that follow each other stand on one line."""
    for _, same in groupby((because for because in reasons if because.code), key=lambda because: because.code):
        yield " ".join(sentence(because, reader.language, reader.zone, reader.now) for because in same)


def _quoted(quote: Quote, text: str) -> Quote:
    return Quote(clean(text, 200) or quote.text, quote.source, quote.url)


def topic(code: str, label: str | None, reader: Reader) -> str:
    """Return a topic's name: the company's own, or ours."""
    return clean(label, 60) if label else names.name(names.TOPICS, code, reader.language)
