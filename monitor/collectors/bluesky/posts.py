"""Bluesky's records and views as our nouns. A post's id is ``bluesky:`` with the author's DID, a slash and the record key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from monitor.collectors.reading import MALFORMED, count
from monitor.collectors.texts import LONGEST, clean_text
from monitor.domain import Author, Engagement, Post, Precision

HIDING = frozenset(("!takedown", "!suspend", "!hide", "!no-unauthenticated"))
"""Labels on a post or its author that take it out of what everybody may see; the last is the author's own wish."""

_URI = re.compile(r"at://(did:[a-z]+:[\w.:%-]+)/app\.bsky\.feed\.post/([\w.~:-]{1,512})", re.ASCII)
_ID = re.compile(r"bluesky:(did:[a-z]+:[\w.:%-]+)/([\w.~:-]{1,512})", re.ASCII)


def id_of(uri: object) -> str | None:
    """Return our id of the post at an ``at://`` address; None if it is not the address of a post."""
    found = _URI.fullmatch(uri) if isinstance(uri, str) else None
    return f"bluesky:{found[1]}/{found[2]}" if found else None


def uri_of(post_id: str) -> str | None:
    """Return the ``at://`` address of a post of ours; None if ``post_id`` is not one of Bluesky's."""
    found = _ID.fullmatch(post_id)
    return f"at://{found[1]}/app.bsky.feed.post/{found[2]}" if found else None


def hidden(view: Mapping[str, Any], now: datetime) -> bool:
    """Whether a label on the post or on its author says that not everybody may see it."""
    labels = [*(view.get("labels") or ()), *(view["author"].get("labels") or ())]
    return any(label.get("val") in HIDING and not label.get("neg") and not _over(label, now) for label in labels)


def post_of(view: Mapping[str, Any]) -> Post:
    """Return the post of a ``postView``; raises one of ``MALFORMED``."""
    post_id = id_of(view["uri"])
    if post_id is None:
        raise ValueError("its address is not that of a post")
    return post_of_record(post_id, view["record"], instant(view["indexedAt"]))


def post_of_record(post_id: str, record: Mapping[str, Any], seen: datetime) -> Post:
    """Return the post of a record that the network saw at ``seen``; raises one of ``MALFORMED``.

    The time is what its author's device claims, unless that is unreadable or later than the network saw it.
    """
    did, _, key = post_id.removeprefix("bluesky:").partition("/")
    stated = _stated(record.get("createdAt"))
    believed = stated is not None and stated <= seen
    reply = record.get("reply") or {}
    languages = record.get("langs") or [None]
    return Post(
        id=post_id,
        platform="bluesky",
        text=clean_text(record["text"][:LONGEST]),
        created_at=stated if stated is not None and believed else seen,
        url=f"https://bsky.app/profile/{did}/post/{key}",
        author_id=f"bluesky:{did}",
        language=str(languages[0]) if languages[0] else None,
        reply_to=id_of((reply.get("parent") or {}).get("uri")),
        quote_of=_quoted(record.get("embed") or {}),
        time_precision=Precision.SECOND if believed else Precision.SEEN,
    )


def author_of(profile: Mapping[str, Any]) -> Author:
    """Return the account of a profile view; followers are known of detailed ones only. Raises one of ``MALFORMED``."""
    handle = profile.get("handle")
    named = handle if isinstance(handle, str) and handle != "handle.invalid" else None
    return Author(f"bluesky:{profile['did']}", "bluesky", named, count(profile.get("followersCount")))


def engagement_of(post_id: str, view: Mapping[str, Any], now: datetime) -> Engagement:
    """Return the counts of a ``postView``; reposts and quotes are shares."""
    passed_on = [number for name in ("repostCount", "quoteCount") if (number := count(view.get(name))) is not None]
    return Engagement(post_id, now, count(view.get("likeCount")), count(view.get("replyCount")), sum(passed_on) if passed_on else None)


def instant(text: str) -> datetime:
    """Return the UTC time of an ISO text; one without a zone is UTC. Raises one of ``MALFORMED``."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _stated(text: object) -> datetime | None:
    try:
        return instant(text) if isinstance(text, str) else None
    except MALFORMED:
        return None


def _quoted(embed: Mapping[str, Any]) -> str | None:
    """The post that an embed shows; with pictures beside it, it lies one level deeper."""
    record = embed.get("record") or {}
    return id_of(record.get("uri")) or id_of((record.get("record") or {}).get("uri"))


def _over(label: Mapping[str, Any], now: datetime) -> bool:
    until = _stated(label.get("exp"))
    return until is not None and until <= now
