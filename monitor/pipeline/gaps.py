"""What is known to be missing, as the detector needs it: of one source among others, or of all there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from monitor.domain import Gap
from monitor.emergence import Missing
from monitor.store import Store

REMEMBERED = timedelta(days=8)
"""So long after its end a gap may still matter: posts of it that come late."""
_END = datetime.max.replace(tzinfo=UTC)

Stretch = tuple[datetime, datetime]


def missing(store: Store, collectors: Sequence[str], now: datetime) -> list[Missing]:
    """Return what posts are missing now or were until some days ago."""
    known = set(collectors)
    gaps = [gap for gap in store.sources.gaps(now - REMEMBERED) if gap.collector in known]
    return [one for gap in gaps for one in _of(gap, gaps, known - {gap.collector})]


def _of(gap: Gap, gaps: Sequence[Gap], others: set[str]) -> Iterator[Missing]:
    """Yield the stretches of a gap in which every other collector is missing too, and the gap itself if there is more of it."""
    stretches = [_stretch(gap)]
    for other in sorted(others):
        theirs = [_stretch(one) for one in gaps if one.collector == other and (one.lost or not gap.lost)]
        stretches = [both for mine in stretches for their in theirs if (both := _common(mine, their))[0] < both[1]]
    for since, until in stretches:
        yield Missing(since, None if until == _END else until, gap.platform, whole=True, lost=gap.lost)
    if stretches != [_stretch(gap)]:
        yield Missing(gap.since, gap.until, gap.platform, lost=gap.lost)


def _stretch(gap: Gap) -> Stretch:
    return gap.since, gap.until or _END


def _common(one: Stretch, other: Stretch) -> Stretch:
    return max(one[0], other[0]), min(one[1], other[1])
