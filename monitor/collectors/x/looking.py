"""Looking at posts again by their ids: counts, edits, and what X no longer shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from monitor.collectors import Page
from monitor.collectors.reading import MALFORMED
from monitor.collectors.x.platform import PER_LOOKUP, Platform, about, kind_of
from monitor.collectors.x.records import EVERYWHERE, Record, native, read_post
from monitor.domain import Gone

NOT_SHOWN = frozenset(("resource-not-found", "not-authorized-for-resource", "disallowed-resource"))
"""Kinds of problem that mean: deleted, protected, suspended. Others (trouble inside X) say nothing about the post."""


def look_again(platform: Platform, post_ids: Sequence[str], country: str, clock: Callable[[], datetime]) -> Iterator[Page]:
    """Yield one page for every hundred posts. Raises ``CollectFailed``."""
    natives, problems = list[str](), list[str]()
    for post_id in dict.fromkeys(post_ids):
        try:
            natives.append(native(post_id.removeprefix("x:")))
        except ValueError:
            problems.append("a post was not looked at again: its id is none of X")
    if problems:
        yield Page(problems=problems)
    for start in range(0, len(natives), PER_LOOKUP):
        yield _looked(platform, natives[start : start + PER_LOOKUP], country, clock())


def _looked(platform: Platform, natives: Sequence[str], country: str, now: datetime) -> Page:
    """Look at these; where a post has a newer version, look at that one, for it has the text and the counts of today."""
    records, gone, problems = _asked(platform, natives, now)
    newer = {record.latest: record for record in records if record.latest != record.version}
    if newer:
        current, vanished, more = _asked(platform, list(newer), now)
        records = [record for record in records if record.latest == record.version] + current
        gone |= {newer[one].post.id.removeprefix("x:") for one in vanished}
        problems += more
    hidden = [record for record in records if record.withheld & {country, *EVERYWHERE}]
    shown = [record for record in records if record not in hidden]
    return Page(
        engagement=[record.engagement for record in shown if record.engagement],
        gone=[Gone(one, now) for one in sorted({f"x:{one}" for one in gone} | {record.post.id for record in hidden})],
        edited=[record.post for record in shown if record.edited],
        problems=problems,
    )


def _asked(platform: Platform, natives: Sequence[str], now: datetime) -> tuple[list[Record], set[str], list[str]]:
    """Return the records, the ids that X no longer shows, and what is amiss."""
    found = platform.posts(natives)
    records, problems = list[Record](), list[str]()
    for one in found.posts:
        try:
            records.append(read_post(one, now))
        except MALFORMED as error:
            problems.append(f"a post could not be read again: {type(error).__name__}")
    asked = set(natives)
    gone = {one for error in found.errors if kind_of(error) in NOT_SHOWN and (one := _post_in(error)) in asked}
    silent = asked - gone - _answered(found.posts)
    if silent:
        problems.append(f"X neither showed nor explained {len(silent)} of {len(asked)} posts")
    return records, {one for one in gone if one}, problems


def _post_in(error: Mapping[str, Any]) -> str | None:
    """Return the post that a problem is about; problems about its author, pictures or mentions are not about the post."""
    return about(error) if error.get("resource_type") in ("tweet", "post") or error.get("parameter") == "ids" else None


def _answered(posts: Sequence[Any]) -> set[str]:
    return {str(one.get("id")) for one in posts if isinstance(one, dict)}
