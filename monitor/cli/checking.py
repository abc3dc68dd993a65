"""What ``monitor check`` does about sources and channels: what each asks and costs, whether it takes us, what to do if not."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.assembly import Parts
from monitor.collectors import Prober, Query, Searcher
from monitor.collectors.metering import Allowance, Spent
from monitor.config import Settings
from monitor.decode import Secret
from monitor.errors import AuthFailed, BudgetSpent, CollectFailed, DeliveryFailed, RateLimited
from monitor.messages.phrases import PHRASES
from monitor.notifiers import Prober as ChannelProber
from monitor.pipeline import collecting
from monitor.pipeline.parts import Source
from monitor.store import Store

DAY = timedelta(days=1)
SHOWN = 40
"""So many questions of one source are shown."""
_STATUS = re.compile(r"\bHTTP (\d{3})\b")
Line = tuple[str, dict[str, object]]
"""A phrase's key and its values."""


def asked(source: Source) -> Iterator[Line]:
    """Yield what a source asks in a day and what that costs at its interval."""
    queries = tuple(source.collector.queries()) if isinstance(source.collector, Searcher) else ()
    if not queries:
        return
    requests, money = daily(queries, source.every)
    yield "check.asks", {"questions": len(queries), "every": source.every.total_seconds(), "requests": requests}
    if money:
        yield "check.costs", {"money": _money(money)}
    if dearest := max(query.each for query in queries):
        yield "check.each", {"each": _money(dearest)}
    limits = source.meter.allowance if source.meter else Allowance()
    for key, a_day, limit in (
        ("requests_per_day", requests, limits.requests_per_day),
        ("money_per_day", money, limits.money_per_day),
    ):
        if limit is not None and a_day > limit:
            yield f"check.over.{key}", {"limit": _number(limit)}
    for query in queries[:SHOWN]:
        yield "check.question", {"question": query.text}
    if len(queries) > SHOWN:
        yield "check.more", {"count": len(queries) - SHOWN}


def daily(queries: Sequence[Query], every: timedelta) -> tuple[int, float]:
    """Return the requests and the money of one day of passes, besides what each post costs."""
    asked = [(DAY / max(every, query.apart), query) for query in queries]
    return round(sum(times * query.requests for times, query in asked)), sum((times * query.money for times, query in asked), 0.0)


def spent(store: Store, source: Source, now: datetime) -> Iterator[Line]:
    """Yield what a source has spent and what is left of its budget; nothing for one without either."""
    day, month = (collecting.spent(cost) for cost in store.sources.spent(source.name, now))
    if month.requests or month.money:
        values = {"requests": day.requests, "money": _money(day.money)}
        yield "check.spent", {**values, "month_requests": month.requests, "month_money": _money(month.money)}
    if source.meter is not None:
        yield from _left(source.meter.allowance, day, month)


def _left(limits: Allowance, day: Spent, month: Spent) -> Iterator[Line]:
    used = {
        "requests_per_day": day.requests,
        "requests_per_month": month.requests,
        "money_per_day": day.money,
        "money_per_month": month.money,
    }
    for key, gone in used.items():
        limit = getattr(limits, key)
        if limit is not None:
            yield f"check.left.{key}", {"left": _number(max(limit - gone, 0)), "limit": _number(limit)}


def trouble_with(store: Store, source: Source, now: datetime) -> CollectFailed | None:
    """Ask a source the cheapest thing it has, also in a pause, but never beyond its budget; return what is wrong, or None.

    What it costs is booked; a source that takes us again ends its pause.
    """
    free = collecting.may_ask(store, source.name, source.collector, source.meter, now)
    limits = source.meter.allowance if source.meter else None
    day, month = (collecting.spent(cost) for cost in store.sources.spent(source.name, now))
    if not free and limits is not None and limits.used(day, month) >= 1:
        return BudgetSpent(source.name, "the budget of [collector.budget] is used up")
    if source.meter is not None:
        source.meter.begin(day, month)
    try:
        with collecting.accounted(store, source.name, source.meter, now):
            _ask(source)
    except CollectFailed as failure:
        return failure
    store.sources.resume(source.name)
    return None


def _ask(source: Source) -> None:
    if isinstance(source.collector, Prober):
        source.collector.probe()
    else:
        next(iter(source.collector.pages(None)), None)


def advice(kind: str, failure: CollectFailed | DeliveryFailed) -> str:
    """Return the key of the phrase that says what to do about a failure of a source or channel of ``kind``."""
    code = _code(failure)
    return f"advice.{kind}.{code}" if f"advice.{kind}.{code}" in PHRASES else f"advice.{code}"


def _code(failure: CollectFailed | DeliveryFailed) -> str:
    found = _STATUS.search(str(failure))
    status = found[1] if found else ""
    match failure:
        case DeliveryFailed():
            return "undeliverable"
        case AuthFailed():
            return "forbidden" if status == "403" else "refused"
        case BudgetSpent():
            return "budget" if "[collector.budget]" in str(failure) else "unpaid"
        case RateLimited():
            return "limited"
        case _:
            return "not_there" if status in ("404", "410") else "unreachable"


def keys_of(options: object) -> str:
    """Return the environment variables that hold the secrets of a source's or channel's options, with commas; or its options' place."""
    fields = dataclasses.fields(options) if dataclasses.is_dataclass(options) else ()
    names = [value.name for field in fields if isinstance(value := getattr(options, field.name), Secret)]
    return ", ".join(names) or "options"


@dataclass(frozen=True)
class Tried:
    """One channel of a receiver: whether it could be tried without sending, and what is wrong."""

    receiver: str
    channel: str
    kind: str
    tried: bool
    failure: DeliveryFailed | None = None


def channels(parts: Parts, settings: Settings) -> Iterator[Tried]:
    """Try each channel without sending; one with several addresses is tried once."""
    for receiver in settings.receivers:
        for channel in receiver.notifiers:
            made = next(
                made for (who, name), made in parts.notifiers.items() if who == receiver.name and name.partition(":")[0] == channel.name
            )
            tried = isinstance(made, ChannelProber)
            yield Tried(receiver.name, channel.name, channel.kind, tried, _refused(made) if isinstance(made, ChannelProber) else None)


def _refused(notifier: ChannelProber) -> DeliveryFailed | None:
    try:
        notifier.probe()
    except DeliveryFailed as failure:
        return failure
    return None


def _money(amount: float) -> str:
    return f"{amount:,.2f}" if amount >= 0.1 or amount == 0 else f"{amount:.4f}"


def _number(amount: float) -> str:
    return f"{amount:,.2f}".removesuffix(".00")
