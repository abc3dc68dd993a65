"""collect: one page of posts, their mentions, measurements and the cursor, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.collectors import Collector, Page
from monitor.domain import Mention, Post, Precision
from monitor.matching import Matcher
from monitor.pipeline.parts import Outcome
from monitor.store import Store

CLOCK_SKEW = timedelta(minutes=5)


def collect(store: Store, matcher: Matcher, name: str, collector: Collector, now: datetime) -> Outcome:
    """Store every page that ``collector`` brings since its cursor; what was stored before a failure stays stored."""
    done, problems = 0, list[str]()
    for page in collector.pages(store.posts.cursor(name)):
        with store.transaction():
            done += keep(store, matcher, page, now)
            if page.cursor is not None:
                store.posts.set_cursor(name, page.cursor, now)
        problems.extend(page.problems)
    return Outcome(done, len(problems), tuple(problems))


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
    if added.gone:
        store.put_state("incidents_version", f"gone {now.isoformat()}".encode())  # the index of live incidents forgets their words too
    return added.posts


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
