"""Templates and values to text: counts, shares, times, durations, names and Korean particles as a reader expects them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from string import Formatter

from monitor.messages import names
from monitor.messages.korean import PARTICLES, particle
from monitor.plain import clean

SEOUL = timezone(timedelta(hours=9), "KST")
LONGEST = 400
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Reader:
    """Who reads: the language ("ko" or "en"), the zone of all times shown, and the moment of reading (to leave this year's number out)."""

    language: str = "ko"
    zone: tzinfo = SEOUL
    now: datetime | None = None

    @property
    def korean(self) -> bool:
        """Whether this reader reads Korean."""
        return self.language == "ko"

    def pick(self, pair: tuple[str, str]) -> str:
        """Return the text of a (Korean, English) pair that this reader reads."""
        return pair[names.column(self.language)]

    def fill(self, pair: tuple[str, str], values: Mapping[str, object]) -> str:
        """Put ``values`` into this reader's template of ``pair``; raises KeyError for a value that is missing."""
        return "".join(
            literal if field is None else self._show(values[field], specs) for literal, field, specs in compiled(self.pick(pair))
        )

    def _show(self, value: object, specs: tuple[str, ...]) -> str:
        shown: object = value
        for spec in specs:
            if spec in PARTICLES:
                text = self.text(shown)
                shown = text + particle(text, spec) if self.korean else text
            else:
                shown = SPECS[spec](self, shown) if shown is not None else None
        return self.text(shown)

    def text(self, value: object) -> str:
        """Show a value that has no format: text is cleaned, an unknown one is called so."""
        if value is None:
            return self.pick(names.UNKNOWN)
        if isinstance(value, bool):
            return self.pick(("예", "yes") if value else ("아니요", "no"))
        if isinstance(value, float):
            return f"{value:g}"
        if isinstance(value, datetime):
            return self.time(value)
        return clean(str(value), LONGEST)

    def count(self, value: object) -> str:
        """1234 -> 1,234; a fraction under ten keeps one decimal."""
        number = _number(value)
        if isinstance(number, float) and abs(number) < 9.95:
            return f"{number:.1f}".removesuffix(".0")
        return f"{round(number):,}"

    def people(self, value: object) -> str:
        """Round an estimate of people to two digits that count (2,143 -> 2,100): more would pretend to know."""
        number = _number(value)
        return f"{round_to_two(number):,}"

    def persons(self, value: object) -> str:
        """1 -> 1명 / 1 person; 14 -> 14명 / 14 people."""
        if self.korean:
            return f"{self.count(value)}명"
        return f"{self.count(value)} {'person' if _number(value) == 1 else 'people'}"

    def plural(self, value: object) -> str:
        """Return the English s after a number other than one: ``{n:count} post{n:s}``."""
        return "" if self.korean or _number(value) == 1 else "s"

    def percent(self, value: object) -> str:
        """0.62 -> 62%; what is not quite nothing or not quite certain says so."""
        share = float(_number(value))
        if 0 < share < 0.01:
            return self.pick(("1% 미만", "under 1%"))
        if 0.99 < share < 1:
            return self.pick(("99% 이상", "over 99%"))
        return f"{share * 100:.0f}%"

    def time(self, value: object) -> str:
        """11월 21일 14:05 / 21 Nov 14:05 KST; with the year if it is not the year of reading."""
        at = self._local(value)
        day = f"{at.month}월 {at.day}일" if self.korean else f"{at.day} {_MONTHS[at.month - 1]}"
        if self.now is not None and self._local(self.now).year != at.year:
            day = f"{at.year}년 {day}" if self.korean else f"{day} {at.year}"
        return f"{day} {at:%H:%M}{self._zone(at)}"

    def clock(self, value: object) -> str:
        """14:05 if that is today for the reader, else as ``time``."""
        at = self._local(value)
        if self.now is None or self._local(self.now).date() != at.date():
            return self.time(value)
        return f"{at:%H:%M}{self._zone(at)}"

    def day(self, value: object) -> str:
        """2026-11-21, for tables."""
        return f"{self._local(value):%Y-%m-%d}"

    def stamp(self, value: object) -> str:
        """2026-11-21 14:05, for tables."""
        return f"{self._local(value):%Y-%m-%d %H:%M}"

    def duration(self, value: object) -> str:
        """Seconds or a timedelta -> 3시간 20분 / 3 h 20 min; two units at most."""
        seconds = round(value.total_seconds() if isinstance(value, timedelta) else float(_number(value)))
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        if seconds < 60:
            return sign + self._units((seconds, "초", "s"), (0, "", ""))
        minutes = (seconds + 30) // 60
        if minutes < 60:
            return sign + self._units((minutes, "분", "min"), (0, "", ""))
        if minutes < 24 * 60:
            return sign + self._units((minutes // 60, "시간", "h"), (minutes % 60, "분", "min"))
        hours = (minutes + 30) // 60
        return sign + self._units((hours // 24, "일", "d"), (hours % 24, "시간", "h"))

    def _units(self, large: tuple[int, str, str], small: tuple[int, str, str]) -> str:
        shown = [large, small] if small[0] else [large]
        return " ".join(f"{n}{ko}" if self.korean else f"{n} {en}" for n, ko, en in shown)

    def _local(self, value: object) -> datetime:
        if not isinstance(value, datetime):
            raise TypeError(f"not a time: {type(value).__name__}")
        return value.astimezone(self.zone)

    def _zone(self, at: datetime) -> str:
        abroad = at.utcoffset() != timedelta(hours=9)
        return f" {at.tzname()}" if abroad or not self.korean else ""


def round_to_two(number: float) -> int:
    """Round ``number`` to two digits that count: 2143 -> 2100, 87.4 -> 87."""
    whole = round(number)
    step: int = 10 ** max(len(str(abs(whole))) - 2, 0)
    return round(whole / step) * step


def _number(value: object) -> float | int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return float(str(value))
    return value


def _named(table: names.Names) -> Callable[[Reader, object], str]:
    return lambda reader, value: names.name(table, str(value), reader.language)


SPECS: dict[str, Callable[[Reader, object], str]] = {
    "count": Reader.count,
    "people": Reader.people,
    "persons": Reader.persons,
    "s": Reader.plural,
    "percent": Reader.percent,
    "time": Reader.time,
    "clock": Reader.clock,
    "day": Reader.day,
    "stamp": Reader.stamp,
    "duration": Reader.duration,
    "topic": _named(names.TOPICS),
    "severity": _named(names.SEVERITIES),
    "status": _named(names.STATUSES),
    "reason": _named(names.REASONS),
    "platform": _named(names.PLATFORMS),
    "kind": _named(names.KINDS),
    "want": _named(names.WANTS),
    "language": _named(names.LANGUAGES),
    "stream": lambda reader, value: names.stream(str(value), reader.language),
}


@lru_cache(maxsize=4096)
def compiled(template: str) -> tuple[tuple[str, str | None, tuple[str, ...]], ...]:
    """Cut ``template`` into (literal, None, ()) and ("", field, formats); formats are joined by ``|``: ``{topic:topic|이/가}``.

    Raises ValueError for a field that is no plain name, a conversion, or a format that does not exist.
    """
    parts: list[tuple[str, str | None, tuple[str, ...]]] = []
    for literal, field, spec, conversion in Formatter().parse(template):
        if literal:
            parts.append((literal, None, ()))
        if field is None:
            continue
        specs = tuple(spec.split("|")) if spec else ()
        wrong = [s for s in specs if s not in SPECS and s not in PARTICLES]
        if not field.isidentifier() or conversion or wrong:
            raise ValueError(f"not a field of a template: {{{field}:{spec}}}")
        parts.append(("", field, specs))
    return tuple(parts)


def fields(template: str) -> set[str]:
    """Return the names of the values that ``template`` needs."""
    return {field for _, field, _ in compiled(template) if field is not None}
