"""The weekly report in words: tables and sentences as plain text, for the page and for the message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from statistics import median

from monitor.domain import Fact, Gap, Incident, Message, Response, Severity, Status
from monitor.messages import briefs, letters, names
from monitor.messages.letters import Pair
from monitor.messages.wording import Reader
from monitor.plain import clean

TEXT: dict[str, Pair] = {
    "title": ("주간 보고: {first}~{last}", "Weekly report: {first} to {last}"),
    "badge": ("주간 보고", "Weekly report"),
    "headline": (
        "이번 주 불만 {complaints:count}건(지난주 {before:count}건), 알린 사건 {told:count}건, 그 가운데 오경보 {false:count}건입니다.",
        "{complaints:count} complaint{complaints:s} this week ({before:count} the week before), {told:count} incident{told:s} told, "
        "{false:count} of them false alarms.",
    ),
    "complaints": ("주제별 불만", "Complaints by topic"),
    "incidents": ("사건", "Incidents"),
    "false": ("오경보", "False alarms"),
    "response": ("대응 시간", "Response times"),
    "cost": ("단계별로 아낀 비용", "Cost avoided by stage"),
    "blind": ("보지 못한 곳", "What was blind"),
    "topic": ("주제", "topic"),
    "this": ("이번 주", "this week"),
    "last": ("지난주", "week before"),
    "number": ("번호", "No."),
    "what": ("무슨 일", "what"),
    "severity": ("심각도", "severity"),
    "when": ("알린 때", "told"),
    "people": ("사람", "people"),
    "lead": ("앞선 시간", "lead time"),
    "state": ("상태", "state"),
    "others": ("그 밖", "others"),
    "led": ("{lead:duration} 먼저", "{lead:duration} ahead"),
    "late": ("{late:duration} 늦음", "{late:duration} late"),
    "untold": ("알리지 못함", "not told"),
    "uncrossed": ("기준을 넘지 않음", "never crossed"),
    "none": ("없었습니다.", "None."),
    "false_line": ("{id}번 {title}", "No. {id}: {title}"),
    "false_share": (
        "닫힌 사건 {closed:count}건 가운데 {false:count}건({share:percent})을 담당자가 오경보로 처리했습니다.",
        "Staff dismissed {false:count} of {closed:count} closed incidents ({share:percent}).",
    ),
    "ack": (
        "확인까지 중앙값 {ack:duration} (사건 {n:count}건 가운데 {acked:count}건 확인).",
        "Median time to acknowledge {ack:duration} ({acked:count} of {n:count} incidents acknowledged).",
    ),
    "unacked": ("사건 {n:count}건 가운데 아무것도 확인되지 않았습니다.", "None of {n:count} incident{n:s} was acknowledged."),
    "ended": ("종결까지 중앙값 {end:duration} ({n:count}건).", "Median time to close {end:duration} ({n:count})."),
    "stage1": (
        "1단계: 불만이 나오기 전에 알린 우리 쪽 일 {n:count}건, 예상 절감 {saved:count}.",
        "Stage 1: {n:count} event{n:s} of our own told before anybody complained, expected saving {saved:count}.",
    ),
    "stage2": (
        "2단계: 기준을 넘기 전에 알리고 넘지 않은 사건 {n:count}건, 예상 절감 {saved:count}.",
        "Stage 2: {n:count} incident{n:s} told before the threshold that never crossed it, expected saving {saved:count}.",
    ),
    "stage3": (
        "3단계: 기준을 넘은 사건 {n:count}건, 절감으로 치지 않습니다.",
        "Stage 3: {n:count} incident{n:s} crossed the threshold; no saving is counted.",
    ),
    "unit": (
        "사람이 한 번 살펴보는 비용을 1로 한 예상치이며 측정한 값이 아닙니다: 첫 알림 때의 초과 가능성 × 주제 가중치 × (항의 뒤 비용 - 밖에서 고치는 비용).",
        "One look by a person is 1. An expectation, not a measurement: chance at the first alert × weight of the topic × (cost after the "
        "claim - cost outside).",
    ),
    "gap": ("{collector}: {since:time}부터 {until:time}까지 ({lasted:duration}), {why}", "{collector}: {since:time} to {until:time} ({lasted:duration}), {why}"),
    "gap_open": ("{collector}: {since:time}부터 지금까지 ({lasted:duration}), {why}", "{collector}: since {since:time} ({lasted:duration}), {why}"),
    "lost": ("{told} (놓친 글은 되찾을 수 없음)", "{told} (posts lost for good)"),
    "silent": ("{collector}: 이번 주에 한 번도 성공하지 못함", "{collector}: not one good pass this week"),
    "more": ("전체 보고서: monitor report --week {week} --out report.html", "The whole report: monitor report --week {week} --out report.html"),
}  # fmt: skip
MOST = 50


@dataclass(frozen=True, slots=True)
class Week:
    """What a weekly report is made of. ``counts``: complaints by topic for each of ``mondays``, the last being the week itself.

    ``lasting`` is what one stage saved: (how many, units). ``silent`` are collectors without a good pass.
    """

    mondays: Sequence[date]
    counts: Mapping[str, Sequence[int]]
    incidents: Sequence[Incident]
    responses: Sequence[Response]
    saved: Mapping[int, tuple[int, float]]
    gaps: Sequence[Gap]
    silent: Sequence[str]
    at: datetime
    labels: Mapping[str, Pair] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """2026-W46."""
        year, number, _ = self.mondays[-1].isocalendar()
        return f"{year}-W{number:02d}"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the report: a heading, sentences, and perhaps a table (``head``, ``rows``); ``plot`` names the picture it shows."""

    heading: str
    lines: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    plot: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole report as plain text, to be escaped by whoever shows it."""

    title: str
    headline: str
    parts: tuple[Part, ...]
    language: str


def sheet(week: Week, language: str, zone: tzinfo) -> Sheet:
    """Write the report in ``language`` with times in ``zone``."""
    reader = Reader(language, zone, week.at)
    parts = (_complaints(week, reader), _incidents(week, reader), _false(week, reader), _response(week, reader), _cost(week, reader))
    return Sheet(_title(week, reader), _headline(week, reader), (*parts, _blind(week, reader)), "ko" if reader.korean else "en")


def letter(week: Week, language: str, zone: tzinfo, picture: bytes | None) -> Message:
    """Write the report as a message: its figures in short, for channels of any kind."""
    reader, whole = Reader(language, zone, week.at), sheet(week, language, zone)
    facts = [Fact(part.heading, " ".join(part.lines[:3]) or "; ".join(" ".join(row[:2]) for row in part.rows[:5])) for part in whole.parts]
    return Message(
        subject=clean(f"[{reader.pick(TEXT['badge'])}] {whole.title}: {whole.headline}", 200),
        lines=(),
        facts=tuple(fact for fact in facts if fact.value),
        quotes=(),
        actions=(),
        severity=Severity.LOW,
        language=whole.language,
        dedup_key=f"weekly/{week.name}",
        thread="weekly",
        sent_at=week.at,
        headline=whole.headline,
        badge=reader.pick(TEXT["badge"]),
        picture=picture,
        footer=(reader.fill(TEXT["more"], {"week": week.name}),),
        headings={"facts": reader.pick(letters.HEADINGS["facts"])},
    )


def topic_name(week: Week, code: str, reader: Reader) -> str:
    """Return the name of a topic as the report shows it."""
    label = week.labels.get(code)
    return briefs.topic(code, reader.pick(label) if label else None, reader)


def _title(week: Week, reader: Reader) -> str:
    first = week.mondays[-1]
    return reader.fill(TEXT["title"], {"first": str(first), "last": str(first + timedelta(days=6))})


def _headline(week: Week, reader: Reader) -> str:
    this, before = _totals(week)
    told = [incident for incident in week.incidents if incident.alerted_at is not None]
    values = {"complaints": this, "before": before, "told": len(told), "false": len(_dismissed(week))}
    return reader.fill(TEXT["headline"], values)


def _totals(week: Week) -> tuple[int, int]:
    this = sum(row[-1] for row in week.counts.values())
    return this, sum(row[-2] for row in week.counts.values()) if len(week.mondays) > 1 else 0


def _complaints(week: Week, reader: Reader) -> Part:
    ranked = sorted(week.counts.items(), key=lambda row: (-row[1][-1], row[0]))
    rows = [
        (topic_name(week, topic, reader), reader.count(row[-1]), reader.count(row[-2] if len(row) > 1 else 0))
        for topic, row in ranked
        if row[-1] or (len(row) > 1 and row[-2])
    ]
    head = tuple(reader.pick(TEXT[key]) for key in ("topic", "this", "last"))
    none = () if rows else (reader.pick(TEXT["none"]),)
    return Part(reader.pick(TEXT["complaints"]), none, head if rows else (), tuple(rows), "complaints")


def _incidents(week: Week, reader: Reader) -> Part:
    rows = tuple(
        (
            str(one.id),
            clean(one.title, 80),
            topic_name(week, one.topic, reader),
            reader.pick(names.SEVERITIES[one.severity]) if one.severity else "-",
            reader.time(one.alerted_at) if one.alerted_at else reader.pick(TEXT["untold"]),
            reader.count(one.authors),
            _lead(one, reader),
            reader.pick(names.STATUSES[one.status]),
        )
        for one in week.incidents[:MOST]
    )
    head = tuple(reader.pick(TEXT[key]) for key in ("number", "what", "topic", "severity", "when", "people", "lead", "state"))
    return Part(reader.pick(TEXT["incidents"]), () if rows else (reader.pick(TEXT["none"]),), head if rows else (), rows)


def _lead(incident: Incident, reader: Reader) -> str:
    if incident.crossed_at is None:
        return reader.pick(TEXT["uncrossed"])
    if incident.alerted_at is None:
        return reader.pick(TEXT["untold"])
    lead = (incident.crossed_at - incident.alerted_at).total_seconds()
    return reader.fill(TEXT["led"], {"lead": lead}) if lead >= 0 else reader.fill(TEXT["late"], {"late": -lead})


def _dismissed(week: Week) -> list[Incident]:
    return [one for one in week.incidents if one.status is Status.DISMISSED and one.alerted_at is not None]


def _false(week: Week, reader: Reader) -> Part:
    wrong = _dismissed(week)
    closed = [one for one in week.incidents if one.alerted_at is not None and one.status in (Status.DISMISSED, Status.RESOLVED)]
    lines = [reader.fill(TEXT["false_line"], {"id": one.id, "title": clean(one.title, 80)}) for one in wrong]
    if closed:
        values = {"closed": len(closed), "false": len(wrong), "share": len(wrong) / len(closed)}
        lines.insert(0, reader.fill(TEXT["false_share"], values))
    return Part(reader.pick(TEXT["false"]), tuple(lines) or (reader.pick(TEXT["none"]),))


def _response(week: Week, reader: Reader) -> Part:
    told = list(week.responses)
    if not told:
        return Part(reader.pick(TEXT["response"]), (reader.pick(TEXT["none"]),))
    waits = [(one.acknowledged_at - one.alerted_at).total_seconds() for one in told if one.acknowledged_at is not None]
    ends = [(one.ended_at - one.alerted_at).total_seconds() for one in told if one.ended_at is not None]
    lines = [
        reader.fill(TEXT["ack"], {"ack": median(waits), "n": len(told), "acked": len(waits)})
        if waits
        else reader.fill(TEXT["unacked"], {"n": len(told)})
    ]
    if ends:
        lines.append(reader.fill(TEXT["ended"], {"end": median(ends), "n": len(ends)}))
    return Part(reader.pick(TEXT["response"]), tuple(lines))


def _cost(week: Week, reader: Reader) -> Part:
    lines = [
        reader.fill(TEXT[f"stage{stage}"], {"n": many, **({"saved": units} if stage < 3 else {})})
        for stage, (many, units) in sorted(week.saved.items())
    ]
    return Part(reader.pick(TEXT["cost"]), (*lines, reader.pick(TEXT["unit"])))


def _blind(week: Week, reader: Reader) -> Part:
    lines = [reader.fill(TEXT["silent"], {"collector": clean(name, 60)}) for name in week.silent]
    lines += [_gap(gap, week.at, reader) for gap in week.gaps[:MOST]]
    return Part(reader.pick(TEXT["blind"]), tuple(lines) or (reader.pick(TEXT["none"]),))


def _gap(gap: Gap, now: datetime, reader: Reader) -> str:
    lasted = ((gap.until or now) - gap.since).total_seconds()
    values = {
        "collector": clean(gap.collector, 60),
        "since": gap.since,
        "until": gap.until,
        "lasted": max(lasted, 0),
        "why": clean(gap.why, 100),
    }
    told = reader.fill(TEXT["gap" if gap.until else "gap_open"], values)
    return reader.fill(TEXT["lost"], {"told": told}) if gap.lost else told
