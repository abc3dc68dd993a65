"""X's records as ours, in both generations of names: tweet and post, retweet and repost, ``note_tweet`` and ``note_post``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.collectors.reading import count
from monitor.collectors.texts import plain_of_entities
from monitor.domain import Author, Engagement, Post

EVERYWHERE = frozenset(("XX", "XY"))
"""X's codes for a post withheld in all countries, or for reasons of copyright."""
_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000, UTC)
_FIRST_TIMED = 1 << 35
"""Ids below are from before November 2010 and hold no time."""


@dataclass(frozen=True, slots=True)
class Record:
    """A post as X shows it now.

    X gives every version of an edited post an id of its own. Ours is the first one's (``post.id``), whichever version we read;
    ``version`` is the one read, ``latest`` the newest there is. ``engagement`` is None for reposts: X shows the original's counts there.
    """

    post: Post
    engagement: Engagement | None
    version: str
    latest: str
    withheld: frozenset[str] = frozenset()

    @property
    def edited(self) -> bool:
        """Whether this post has more than one version."""
        return self.post.id != f"x:{self.latest}"


def read_post(found: Mapping[str, Any], observed_at: datetime) -> Record:
    """Return the record of one post; raises one of ``MALFORMED`` if it lacks what no post can lack."""
    version = native(found["id"])
    versions = sorted({version, *map(native, _either(found, "edit_history_tweet_ids", "edit_history_post_ids") or ())}, key=int)
    references = {one["type"]: f"x:{native(one['id'])}" for one in _either(found, "referenced_tweets", "referenced_posts") or ()}
    author, community, language = (found.get(name) for name in ("author_id", "community_id", "lang"))
    post = Post(
        id=f"x:{versions[0]}",
        platform="x",
        text=_text(found),
        created_at=_created(found, version) if versions[0] == version else time_of(versions[0]),
        url=f"https://x.com/i/status/{versions[-1]}",
        author_id=f"x:{native(author)}" if author else None,
        language=language if isinstance(language, str) else None,
        reply_to=references.get("replied_to"),
        repost_of=references.get("retweeted") or references.get("reposted"),
        quote_of=references.get("quoted"),
        community=f"x:{native(community)}" if community else None,
    )
    engagement = None if post.repost_of else _engagement(post.id, found, observed_at)
    return Record(post, engagement, version, versions[-1], _withheld(found))


def read_author(found: Mapping[str, Any]) -> Author:
    """Return one account; raises one of ``MALFORMED`` if it has no id."""
    handle = found.get("username")
    metrics = found.get("public_metrics")
    followers = _count(metrics, "followers_count") if isinstance(metrics, Mapping) else None
    return Author(f"x:{native(found['id'])}", "x", handle if isinstance(handle, str) else None, followers)


def native(value: object) -> str:
    """Return an id of X in digits; ``ValueError`` for anything else."""
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < 2**63):
        raise ValueError("no id of X")
    return text


def time_of(version: str) -> datetime:
    """Return when the post with this id was made, which the id itself tells (to the millisecond)."""
    if int(version) < _FIRST_TIMED:
        raise ValueError("no time in the post, nor in its id")
    return _EPOCH + timedelta(milliseconds=int(version) >> 22)


def _text(found: Mapping[str, Any]) -> str:
    """A long post stands whole in its note; ``text`` has its beginning only."""
    note = _either(found, "note_tweet", "note_post")
    text = note.get("text") if isinstance(note, Mapping) else None
    if not isinstance(text, str) or not text:
        text = found["text"]
    if not isinstance(text, str):
        raise TypeError("the text is no text")
    return plain_of_entities(text)


def _created(found: Mapping[str, Any], version: str) -> datetime:
    stated = found.get("created_at")
    if not isinstance(stated, str):
        return time_of(version)
    at = datetime.fromisoformat(stated)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _engagement(post_id: str, found: Mapping[str, Any], observed_at: datetime) -> Engagement | None:
    metrics = found.get("public_metrics")
    if not isinstance(metrics, Mapping):
        return None
    passed_on = [_count(metrics, "retweet_count", "repost_count"), _count(metrics, "quote_count")]
    return Engagement(
        post_id,
        observed_at,
        likes=_count(metrics, "like_count"),
        replies=_count(metrics, "reply_count"),
        shares=sum(filter(None, passed_on)) if passed_on != [None, None] else None,
        views=_count(metrics, "impression_count"),
    )


def _withheld(found: Mapping[str, Any]) -> frozenset[str]:
    """Return the countries where the post is withheld; if X does not say where, everywhere."""
    withheld = found.get("withheld")
    if not withheld:
        return frozenset()
    codes = withheld.get("country_codes") if isinstance(withheld, Mapping) else None
    return frozenset(map(str, codes)) if isinstance(codes, list) and codes else EVERYWHERE


def _count(metrics: Mapping[str, Any], *names: str) -> int | None:
    return count(_either(metrics, *names))


def _either(found: Mapping[str, Any], *names: str) -> Any:
    return next((found[name] for name in names if found.get(name) is not None), None)
