"""The back-test in words: what each setting would have said on the company's own history, what we suggest, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from monitor.messages.letters import Pair
from monitor.messages.weekly import Part, Sheet
from monitor.messages.wording import Reader
from monitor.plain import clean

TEXT: dict[str, Pair] = {
    "title": ("우리 과거로 시험한 결과: {first:day}~{last:day}", "Back-test on your own history: {first:day} to {last:day}"),
    "headline": (
        "글 {posts:count}건, 불만 {complaints:count}건. 지금 설정이라면 사건 {alerts:count}건을 알렸을 것입니다(한 주에 {rate:count}건).",
        "{posts:count} post{posts:s}, {complaints:count} complaint{complaints:s}. As it is set now, {alerts:count} incident{alerts:s} would have been told ({rate:count} a week).",
    ),
    "empty": ("재생할 글이 없습니다.", "There is no post to replay."),
    "timeline": ("언제 알렸을까", "When it would have spoken"),
    "settings": ("설정마다 어떻게 달라지나", "What each setting would have done"),
    "suggestion": ("권하는 설정", "What we suggest"),
    "sure": ("얼마나 믿을 수 있나", "How sure this is"),
    "told": ("지금 설정으로 알렸을 사건", "What would have been told as it is set now"),
    "none": ("없습니다.", "None."),
    "row": ("주 {n:count}건", "{n:count} a week"),
    "row_now": ("주 {n:count}건 (지금)", "{n:count} a week (now)"),
    "row_strict": ("감지 {times:count}배 엄격", "detector {times:count}× stricter"),
    "head.setting": ("설정", "setting"),
    "head.alerts": ("알린 사건", "incidents told"),
    "head.rate": ("한 주에", "a week"),
    "head.crossed": ("기준 넘기 전에 알림", "told before crossing"),
    "head.lead": ("앞선 시간 (중앙값)", "lead (median)"),
    "head.hits": ("찾은 사건", "found"),
    "head.delay": ("시작 뒤 (중앙값)", "after onset (median)"),
    "head.vain": ("헛된 알림 (한 주에)", "in vain (a week)"),
    "head.number": ("번호", "No."),
    "head.what": ("무슨 일", "what"),
    "head.first": ("첫 글", "first post"),
    "head.at": ("알렸을 때", "would be told"),
    "head.after": ("첫 글 뒤", "after first post"),
    "head.people": ("쓴 사람", "people"),
    "head.ahead": ("기준보다 먼저", "before crossing"),
    "of": ("{part:count} / {whole:count}", "{part:count} of {whole:count}"),
    "duration": ("{value:duration}", "{value:duration}"),
    "legend.posts": ("불만", "complaints"),
    "legend.crossing": ("기준을 넘은 때", "threshold crossed"),
    "legend.span": ("정답 사건", "labelled incident"),
    "suggest": (
        "{setting}: 가장 많이, 그리고 일찍 찾은 설정 가운데 가장 조용합니다. 한 주에 {rate:count}건을 알립니다.",
        "{setting}: the quietest of those that found the most, and in time, with {rate:count} incident{rate:s} told a week.",
    ),
    "same": ("모든 설정의 결과가 같았습니다. 바꿀 까닭이 없습니다.", "Every setting did the same here: nothing speaks for a change."),
    "keep": ("지금 설정을 그대로 두어도 됩니다.", "What is set now may stay."),
    "change": ("config.toml에 옮겨 적을 내용:", "To copy into config.toml:"),
    "nothing": (
        "견줄 사건이 없어 권할 것이 없습니다. 정답 파일(--labels)을 주거나 더 긴 기간을 재생하세요.",
        "Nothing happened that settings could be told apart by. Give labels (--labels) or replay a longer time.",
    ),
    "events": (
        "견줄 사건은 {n:count}건뿐입니다. {n:count}건 가운데 {hits:count}건을 찾았다면, 실제 비율은 {low:percent}에서 {high:percent} 사이일 수 있습니다.",
        "It rests on {n:count} event{n:s}. With {hits:count} of {n:count} found, the true share may be anywhere from {low:percent} to {high:percent}.",
    ),
    "rate_bound": (
        "헛된 알림은 조용한 {weeks:count}주에 {n:count}건이므로, 실제로는 한 주에 {most:count}건까지도 될 수 있습니다.",
        "{n:count} in vain in {weeks:count} quiet week{weeks:s}: in truth it may be up to {most:count} a week.",
    ),
    "unlabelled": (
        "정답 파일이 없어 어떤 알림이 헛된지는 알 수 없습니다. 기준을 넘은 사건만으로 견주었습니다.",
        "Without labels nobody can say which alerts were in vain: only crossings of the threshold were counted.",
    ),
    "past": (
        "같은 글로 고르고 같은 글로 평가했으므로 앞으로는 이보다 못할 수 있습니다.",
        "The setting was chosen on the same posts that it is judged by; expect a little less in the future.",
    ),
    "strict": (
        "감지를 엄격하게 한 줄은 어림입니다. 감지를 더 민감하게 하려면 false_alarms_per_week를 올리고 다시 재생하세요.",
        "The rows with a stricter detector are approximate. To try a more sensitive one, raise false_alarms_per_week and replay again.",
    ),
}  # fmt: skip
MOST = 60


@dataclass(frozen=True, slots=True)
class Told:
    """An incident that would have been told; ``lead`` in seconds before the crossing, None if it never crossed."""

    id: int
    title: str
    topic: str
    opened_at: datetime
    at: datetime
    people: int
    lead: float | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What one setting would have done. Times in seconds; None where there is nothing to count or no labels were given."""

    notifications: float
    false_alarms: float
    stricter: float
    current: bool
    alerts: Sequence[datetime]
    rate: float
    crossings: int
    in_time: int
    lead: float | None
    labelled: int | None = None
    hits: int | None = None
    delay: float | None = None
    vain: int | None = None
    vain_rate: float | None = None

    @property
    def found(self) -> int:
        """What it is judged by: labelled incidents found, else crossings told of in time."""
        return self.in_time if self.hits is None else self.hits

    @property
    def events(self) -> int:
        """How many there were to find."""
        return self.crossings if self.labelled is None else self.labelled


@dataclass(frozen=True, slots=True)
class Backtest:
    """All a back-test found; ``bounds``: 95 % interval of the suggested setting's share found; ``most_vain``: bound of its rate in vain."""

    first: datetime
    last: datetime
    posts: int
    complaints: int
    trials: Sequence[Trial]
    told: Sequence[Told]
    suggested: Trial | None
    bounds: tuple[float | None, float | None]
    quiet_weeks: float | None
    most_vain: float | None


def sheet(found: Backtest, language: str, zone: tzinfo) -> Sheet:
    """Write the back-test in ``language`` with times in ``zone``."""
    reader = Reader(language, zone, found.last)
    current = next(trial for trial in found.trials if trial.current)
    headline = reader.fill(
        TEXT["headline"],
        {"posts": found.posts, "complaints": found.complaints, "alerts": len(current.alerts), "rate": current.rate},
    )
    parts = (
        Part(reader.pick(TEXT["timeline"]), plot="timeline"),
        _settings(found, reader),
        Part(reader.pick(TEXT["suggestion"]), _suggestion(found, reader)),
        Part(reader.pick(TEXT["sure"]), _sure(found, reader)),
        _told(found, reader),
    )
    title = reader.fill(TEXT["title"], {"first": found.first, "last": found.last})
    return Sheet(title, headline if found.posts else reader.pick(TEXT["empty"]), parts, "ko" if reader.korean else "en")


def config_lines(trial: Trial) -> tuple[str, ...]:
    """The lines of config.toml that make a setting."""
    budget = ("[budget]", f"notifications_per_week = {trial.notifications:g}")
    strict = ("", "[emergence]", f"false_alarms_per_week = {trial.false_alarms / trial.stricter:g}") if trial.stricter != 1 else ()
    return budget + strict


def setting_name(trial: Trial, reader: Reader) -> str:
    """What a setting is called in tables and pictures."""
    if trial.stricter != 1:
        return reader.fill(TEXT["row_strict"], {"times": trial.stricter})
    return reader.fill(TEXT["row_now" if trial.current else "row"], {"n": trial.notifications})


def _settings(found: Backtest, reader: Reader) -> Part:
    keys = ["setting", "alerts", "rate", "crossed", "lead"]
    labelled = any(trial.labelled is not None for trial in found.trials)
    keys += ["hits", "delay", "vain"] if labelled else []
    rows = tuple(tuple(_cell(key, trial, reader) for key in keys) for trial in found.trials)
    return Part(reader.pick(TEXT["settings"]), (), tuple(reader.pick(TEXT[f"head.{key}"]) for key in keys), rows)


def _cell(key: str, trial: Trial, reader: Reader) -> str:
    match key:
        case "setting":
            return setting_name(trial, reader)
        case "alerts":
            return reader.count(len(trial.alerts))
        case "rate":
            return reader.count(trial.rate)
        case "crossed":
            return reader.fill(TEXT["of"], {"part": trial.in_time, "whole": trial.crossings})
        case "lead":
            return _span(trial.lead, reader)
        case "hits":
            return reader.fill(TEXT["of"], {"part": trial.hits or 0, "whole": trial.labelled or 0})
        case "delay":
            return _span(trial.delay, reader)
        case _:
            rate = "-" if trial.vain_rate is None else reader.count(trial.vain_rate)
            return f"{reader.count(trial.vain or 0)} ({rate})"


def _span(seconds: float | None, reader: Reader) -> str:
    return "-" if seconds is None else reader.duration(seconds)


def _suggestion(found: Backtest, reader: Reader) -> tuple[str, ...]:
    best = found.suggested
    if best is None:
        return (reader.pick(TEXT["nothing"]),)
    told = reader.fill(TEXT["suggest"], {"setting": setting_name(best, reader), "rate": best.rate})
    if len({(tuple(trial.alerts), trial.found) for trial in found.trials}) == 1:
        return (reader.pick(TEXT["same"]),)
    if best.current:
        return told, reader.pick(TEXT["keep"])
    return told, reader.pick(TEXT["change"]), *config_lines(best)


def _sure(found: Backtest, reader: Reader) -> tuple[str, ...]:
    best, lines = found.suggested, []
    if best is not None:
        low, high = found.bounds
        lines.append(reader.fill(TEXT["events"], {"n": best.events, "hits": best.found, "low": low, "high": high}))
        if found.most_vain is not None and found.quiet_weeks:
            values = {"weeks": found.quiet_weeks, "n": best.vain or 0, "most": found.most_vain}
            lines.append(reader.fill(TEXT["rate_bound"], values))
        lines.append(reader.pick(TEXT["past"]))
    if all(trial.labelled is None for trial in found.trials):
        lines.append(reader.pick(TEXT["unlabelled"]))
    return (*lines, reader.pick(TEXT["strict"]))


def _told(found: Backtest, reader: Reader) -> Part:
    rows = tuple(
        (
            str(one.id),
            clean(one.title, 80),
            reader.time(one.opened_at),
            reader.time(one.at),
            reader.duration((one.at - one.opened_at).total_seconds()),
            reader.count(one.people),
            "-" if one.lead is None else reader.duration(one.lead),
        )
        for one in found.told[:MOST]
    )
    head = tuple(reader.pick(TEXT[f"head.{key}"]) for key in ("number", "what", "first", "at", "after", "people", "ahead"))
    return Part(reader.pick(TEXT["told"]), () if rows else (reader.pick(TEXT["none"]),), head if rows else (), rows)
