"""refresh: posts of live incidents are measured again, on a share of what collecting leaves of the budget.

Where that leaves room in a pass, one batch of the others is looked at too, so that deletions and edits are noticed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf

from monitor.collectors import Refresher
from monitor.collectors.metering import Allowance, Meter, Spent
from monitor.errors import CollectFailed
from monitor.forecast.looking import FOLLOWED_FOR, SOONEST, Candidate, due
from monitor.matching import Matcher
from monitor.pipeline.collecting import accounted, failed, keep, may_ask, settle, spent
from monitor.pipeline.parts import Outcome
from monitor.store import Store

EVERY = timedelta(minutes=2)
SHARE = 0.5
"""So much of what is left of a budget may go into measuring again, evenly over the rest of its period; the rest is for collecting."""
BATCHES = 25
"""So many batches in one pass at most."""
CONSIDERED = 5_000
RECHECK = {"reddit": timedelta(hours=36), "youtube": timedelta(days=25), "x": timedelta(hours=24)}
"""So long after the last look any post is looked at again: sooner than the platform's terms want deleted posts removed."""
RECHECK_OTHERS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Credit:
    """What may be spent on measuring again now; it grows with time, and is in debt after a batch that cost more."""

    requests: float = 0.0
    money: float = 0.0

    def grown(self, allowance: Allowance, day: Spent, month: Spent, now: datetime, since: datetime) -> Credit:
        """Return the credit after the time from ``since`` to ``now``, when so much of the allowance was spent before."""
        day_end, month_end = periods(now)
        return Credit(
            _grown(
                self.requests,
                [
                    (allowance.requests_per_day, day.requests, day_end - now),
                    (allowance.requests_per_month, month.requests, month_end - now),
                ],
                now - since,
            ),
            _grown(
                self.money,
                [(allowance.money_per_day, day.money, day_end - now), (allowance.money_per_month, month.money, month_end - now)],
                now - since,
            ),
        )

    def covers(self, batch: Sequence[Candidate]) -> bool:
        """Whether a batch may be looked at: one request at least, and money unless all of it is paid."""
        return self.requests >= 1 and (self.money > 0 or all(one.paid for one in batch))

    def less(self, before: Spent, after: Spent) -> Credit:
        """Return what is left when a batch has raised what was spent from ``before`` to ``after``."""
        return Credit(self.requests - (after.requests - before.requests), self.money - (after.money - before.money))


def periods(now: datetime) -> tuple[datetime, datetime]:
    """Return the ends of the running UTC day and calendar month."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1), (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)


def refresh(store: Store, matcher: Matcher, name: str, collector: Refresher, now: datetime, meter: Meter | None = None) -> Outcome:
    """Look at what is due, batch by batch, while there is credit; each page in a transaction, and then its batch as looked at."""
    candidates = _candidates(store, collector, now)
    unseen = _unseen(store, collector, now)
    if not (candidates or unseen) or not may_ask(store, name, collector, meter, now):
        return Outcome(skipped=True)
    credit = _credit(store, name, meter, now)
    done, pages, problems = 0, 0, list[str]()
    try:
        with accounted(store, name, meter, now):
            for batch in _batches(candidates, unseen, collector, credit, now):
                if not credit.covers(batch):
                    break
                before = store.sources.spent(name, now)[0]
                for page in collector.refresh([one.post_id for one in batch]):
                    with store.transaction():
                        keep(store, matcher, page, now)
                        settle(store, name, meter, now)
                    pages += 1
                    problems.extend(page.problems)
                with store.transaction():
                    settle(store, name, meter, now)
                    credit = credit.less(spent(before), spent(store.sources.spent(name, now)[0]))
                    _put_credit(store, name, credit, now)
                    store.looks.looked([one.post_id for one in batch], now)
                done += len(batch)
    except CollectFailed as failure:
        return Outcome(done, failed(store, name, meter, failure, now), (str(failure),), tuple(problems), pages)
    return Outcome(done, problems=tuple(problems), pages=pages)


def _candidates(store: Store, collector: Refresher, now: datetime) -> list[Candidate]:
    found = store.looks.followed([collector.platform], now - FOLLOWED_FOR, now - SOONEST, CONSIDERED)
    by_day = bool(getattr(collector, "paid_by_day", False))
    return [Candidate(*one, paid=by_day and one.looked_at.date() == now.astimezone(UTC).date()) for one in found]


def _unseen(store: Store, collector: Refresher, now: datetime) -> list[Candidate]:
    """A batch of stored posts that were not looked at for longest, whether or not anything is still going on about them."""
    since = now - RECHECK.get(collector.platform, RECHECK_OTHERS)
    return [Candidate(*one) for one in store.looks.unseen(collector.platform, since, collector.batch)]


def _batches(
    candidates: Sequence[Candidate], unseen: Sequence[Candidate], collector: Refresher, credit: Credit, now: datetime
) -> Iterator[list[Candidate]]:
    """What is due, and then, if it leaves room for one batch more, what was unseen for long."""
    size = collector.batch
    chosen = due(candidates, now, BATCHES * size, only_paid=credit.money <= 0)
    for start in range(0, len(chosen), size):
        yield chosen[start : start + size]
    taken = {one.post_id for one in chosen}
    rest = [one for one in unseen if one.post_id not in taken]
    price = float(getattr(collector, "price", 0.0))
    if price:
        rest = rest[: affordable(credit, price)] if all(one.paid for one in chosen) else []
    if rest and len(chosen) + size <= BATCHES * size:
        yield rest


def affordable(credit: Credit, price: float) -> int:
    """How many looks at ``price`` each half of the credit buys; none where no limit of money is set, lest the bill surprise."""
    return int(max(credit.money, 0.0) / 2 / price) if credit.money < inf else 0


def _credit(store: Store, name: str, meter: Meter | None, now: datetime) -> Credit:
    """What may be spent now; without limits, everything."""
    if meter is None:
        return Credit(inf, inf)
    kept = store.state(_key(name))
    requests, money, at = json.loads(kept) if kept else (0.0, 0.0, (now - EVERY).isoformat())
    day, month = (spent(cost) for cost in store.sources.spent(name, now))
    credit = Credit(requests, money).grown(meter.allowance, day, month, now, datetime.fromisoformat(at))
    if not kept:
        _put_credit(store, name, credit, now)
    return credit


def _put_credit(store: Store, name: str, credit: Credit, now: datetime) -> None:
    if credit.requests < inf or credit.money < inf:
        store.put_state(_key(name), json.dumps([credit.requests, credit.money, now.isoformat()]).encode())


def _key(name: str) -> str:
    return f"refresh {name}"


def _grown(credit: float, limits: Sequence[tuple[float | None, float, timedelta]], passed: timedelta) -> float:
    """``limits``: (limit or None, spent, time left in its period). The tightest decides; credit never exceeds its share of what is left."""
    left = [(max(limit - used, 0.0), time_left) for limit, used, time_left in limits if limit is not None]
    if not left:
        return inf
    rate = min(SHARE * rest / time_left.total_seconds() for rest, time_left in left)
    before = 0.0 if credit == inf else credit
    return min(before + rate * max(passed.total_seconds(), 0.0), SHARE * min(rest for rest, _ in left))
