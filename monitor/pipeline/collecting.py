"""collect: one page of posts, their mentions, measurements, the cursor and what it cost, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.collectors import Collector, Page
from monitor.collectors.metering import Meter, Spent
from monitor.domain import Gap, Mention, Post, Precision
from monitor.errors import AuthFailed, BudgetSpent, CollectFailed, Unavailable
from monitor.matching import Matcher
from monitor.pipeline.parts import Outcome
from monitor.store import Cost, Store

CLOCK_SKEW = timedelta(minutes=5)
PROBE = timedelta(hours=1)
"""So long a platform that refuses us, or wants money, is left alone before it is asked again."""
LONGEST_WAIT = timedelta(days=1)
SOON = 4
"""A pass that failed by chance is tried once more after its interval divided by this."""
REFUSED, UNPAID, ASKED_TO_WAIT = "refused", "unpaid", "asked_to_wait"


def collect(store: Store, matcher: Matcher, name: str, collector: Collector, now: datetime, meter: Meter | None = None) -> Outcome:
    """Store every page that ``collector`` brings since its cursor; what was stored before a failure stays stored.

    Asks nothing while the platform wants us to wait, or when the budget is used up.
    """
    if not may_ask(store, name, collector, meter, now):
        return Outcome(skipped=True)
    done, pages, problems = 0, 0, list[str]()
    try:
        with accounted(store, name, meter, now):
            for page in collector.pages(store.posts.cursor(name)):
                with store.transaction():
                    done += keep(store, matcher, page, now)
                    if page.cursor is not None:
                        store.posts.set_cursor(name, page.cursor, now)
                    _freshness(store, name, collector, page, now)
                    settle(store, name, meter, now)
                pages += 1
                problems.extend(page.problems)
        store.sources.resume(name)
    except CollectFailed as failure:
        return Outcome(done, failed(store, name, meter, failure, now), (str(failure),), tuple(problems), pages, failure=failure)
    return Outcome(done, problems=tuple(problems), pages=pages)


def again_after(every: timedelta, outcome: Outcome) -> timedelta | None:
    """How long after a pass that failed its collector is asked once more, before its next turn; None: not before it.

    Only where the source could not be reached or answered nonsense, and asked for no wait: a long walk then goes on from its cursor.
    Whoever keeps the schedule holds to one such try for each turn.
    """
    failure = outcome.failure
    return every / SOON if isinstance(failure, Unavailable) and not failure.retry_after else None


def keep(store: Store, matcher: Matcher, page: Page, now: datetime) -> int:
    """Store the posts of ``page`` that mention a watch, or that pass on a post which does; returns how many were new."""
    posts = [_not_from_the_future(post, now) for post in page.posts]
    mentions = [mention for post in posts for mention in matcher.mentions(post)]
    mentions += _passed_on(store, posts, mentions)
    wanted = {mention.post_id for mention in mentions}
    authors = {author.id: author for author in page.authors}
    kept = [post for post in posts if post.id in wanted]
    added = store.posts.add(
        kept,
        [authors[author_id] for author_id in dict.fromkeys(post.author_id for post in kept) if author_id in authors],
        mentions,
        page.engagement,
        page.gone,
        now,
    )
    edited = page.edited and store.posts.edit(page.edited, [one for post in page.edited for one in matcher.mentions(post)], now).posts
    if added.gone or edited:
        store.put_state("incidents_version", f"gone {now.isoformat()}".encode())  # the index of live incidents forgets their words too
    return added.posts


# ---- what it costs, and when not to ask


def may_ask(store: Store, name: str, collector: object, meter: Meter | None, now: datetime) -> bool:
    """Whether the platform may be asked now; prepares the meter for it."""
    limits = meter.allowance if meter is not None else None
    shown = (limits.requests_per_day, limits.requests_per_month, limits.money_per_day, limits.money_per_month) if limits else (None,) * 4
    store.sources.describe(name, platform_of(collector), shown)
    pause = store.sources.paused(name)
    if pause is not None and pause.until > now:
        return False
    if meter is None:
        return True
    day, month = (spent(cost) for cost in store.sources.spent(name, now))
    meter.begin(day, month)
    return meter.allowance.used(day, month) < 1


@contextmanager
def accounted(store: Store, name: str, meter: Meter | None, now: datetime) -> Iterator[None]:
    """Whatever happens inside, what was spent in it and is not stored yet is stored after it."""
    try:
        yield
    finally:
        settle(store, name, meter, now)


def settle(store: Store, name: str, meter: Meter | None, now: datetime) -> None:
    """Store what was spent since the last call; inside the transaction of what it bought."""
    if meter is not None:
        store.sources.spend(name, *meter.take(), now)


def failed(store: Store, name: str, meter: Meter | None, failure: CollectFailed, now: datetime) -> int:
    """Remember until when not to ask again. Return whether the pass failed: 0 where only our own budget ended it."""
    wait = min(timedelta(seconds=failure.retry_after or 0), LONGEST_WAIT)
    if isinstance(failure, AuthFailed):
        store.sources.pause(name, now + max(wait, PROBE), REFUSED, str(failure), now)
    elif isinstance(failure, BudgetSpent):
        if meter is not None and meter.allowance.used(*(spent(cost) for cost in store.sources.spent(name, now))) >= 1:
            return 0
        store.sources.pause(name, now + max(wait, PROBE), UNPAID, str(failure), now)
    elif wait:
        store.sources.pause(name, now + wait, ASKED_TO_WAIT, str(failure), now)
    return 1


def spent(cost: Cost) -> Spent:
    """The store's account as the meter wants it."""
    return Spent(cost.requests, cost.money)


def platform_of(collector: object) -> str | None:
    """The one platform a collector reads, if it says so."""
    found = getattr(collector, "platform", None)
    return found if isinstance(found, str) else None


# ---- inside


def _freshness(store: Store, name: str, collector: Collector, page: Page, now: datetime) -> None:
    """Keep how new the newest post is that the page brought, of use or not; and what can no longer be read."""
    times = [min(post.created_at, now) for post in page.posts if post.time_precision is not Precision.SEEN]
    if times:
        store.sources.saw(name, max(times))
    if page.hole is not None:
        hole = page.hole
        store.sources.add_gap(Gap(name, platform_of(collector), hole.since, hole.until, hole.why, lost=True), told=False)


def _not_from_the_future(post: Post, now: datetime) -> Post:
    """A clock that runs ahead must not place a post where no tick will look for it."""
    if post.created_at <= now + CLOCK_SKEW or post.time_precision is Precision.DAY:
        return post
    return replace(post, created_at=now, time_precision=Precision.SEEN)


def _passed_on(store: Store, posts: Sequence[Post], mentions: Sequence[Mention]) -> list[Mention]:
    """Reposts and quotes spread what they pass on, whether or not their own words name the watch."""
    named = {(mention.post_id, mention.watch) for mention in mentions}
    parents = {post.id: parent for post in posts if (parent := post.repost_of or post.quote_of)}
    if not parents:
        return []
    watches = store.posts.watches_of(set(parents.values()))
    for post_id, watch in named:
        watches.setdefault(post_id, set()).add(watch)
    return [
        Mention(post_id, watch)
        for post_id, parent in parents.items()
        for watch in sorted(watches.get(parent, ()))
        if (post_id, watch) not in named
    ]
