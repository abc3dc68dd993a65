"""Public holidays of a country, and moments by a clock on the wall, as config.toml writes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import ClassVar

_YEARS = range(2015, 2051)
NONE = "none"


class Country(str):
    """The code of a country whose public holidays are days off, as in ISO 3166 ("KR"); "none": no holidays."""

    __slots__ = ()
    example: ClassVar[str] = 'country such as "KR", or "none"'

    @classmethod
    def parse(cls, text: str) -> Country:
        """Read a code; ``ValueError`` for a country whose holidays nobody here knows."""
        if text == NONE:
            return cls(NONE)
        code = text.strip().upper()
        if code not in _countries():
            raise ValueError('must be the two letters of a country, such as "KR", or "none"')
        return cls(code)

    def days(self) -> frozenset[date]:
        """Return the public holidays of 2015 to 2050: lunar ones, substitutes and election days as far as they are fixed."""
        return frozenset() if self == NONE else _holidays(str(self))


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    import holidays  # only those who ask for holidays wait for it

    return frozenset(code for code in holidays.list_supported_countries(include_aliases=False) if len(code) == 2)


@lru_cache(maxsize=8)
def _holidays(code: str) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays(code, years=_YEARS))


@dataclass(frozen=True, slots=True)
class WallTime:
    """A day and a time of day, of whatever zone holds there."""

    example: ClassVar[str] = 'day and time such as "2026-01-05 09:00"'
    at: datetime

    @classmethod
    def parse(cls, text: str) -> WallTime:
        """Read ``2026-01-05 09:00``; ``ValueError`` for anything else."""
        try:
            return cls(datetime.strptime(text.strip(), "%Y-%m-%d %H:%M"))  # noqa: DTZ007 (of whatever zone holds there)
        except ValueError:
            raise ValueError('must look like "2026-01-05 09:00"') from None

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
