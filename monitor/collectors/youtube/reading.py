"""Videos and comments as posts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from monitor.collectors.reading import MALFORMED
from monitor.collectors.texts import clean_text
from monitor.collectors.walking import Batch
from monitor.domain import Author, Engagement, Post

VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
COMMENT_ID = re.compile(r"[A-Za-z0-9_.-]{12,200}")


def videos(found: Sequence[Any], now: datetime) -> Batch:
    """Return what ``videos.list`` shows."""
    return _batch(((one, None) for one in found), _video, now)


def comments(found: Sequence[Any], now: datetime, about: str | None = None) -> Batch:
    """Return comments; of those changed since they were written the present words are in ``edited`` too."""
    return _batch(((one, about) for one in found), _comment, now)


def _batch(found: Iterator[tuple[Any, str | None]], read: Any, now: datetime) -> Batch:
    posts, authors, engagement, edited, problems = [], [], [], [], []
    for one, about in found:
        try:
            post, author, counts, changed = read(one, now, about)
        except MALFORMED as error:
            problems.append(f"a video or comment was left out: {type(error).__name__} {error}")
            continue
        posts.append(post)
        authors += [author] if author else []
        engagement.append(counts)
        edited += [post] if changed else []
    oldest = min((post.created_at for post in posts), default=None)
    return Batch(posts, authors, engagement, problems=problems, oldest=oldest, edited=edited)


def _video(one: Mapping[str, Any], now: datetime, _: str | None) -> tuple[Post, Author | None, Engagement, bool]:
    native, snippet = _id(one["id"], VIDEO_ID), one["snippet"]
    author = _author(snippet.get("channelId"), snippet.get("channelTitle"))
    post = Post(
        id=f"youtube:{native}",
        platform="youtube",
        text=clean_text("\n".join(filter(None, (snippet.get("title"), snippet.get("description"))))).strip(),
        created_at=moment_of(snippet["publishedAt"]),
        url=f"https://www.youtube.com/watch?v={native}",
        author_id=author.id if author else None,
        language=next((told for told in map(snippet.get, ("defaultAudioLanguage", "defaultLanguage")) if isinstance(told, str)), None),
        community=clean_text(snippet.get("channelTitle") or "") or None,
    )
    counts = one.get("statistics") or {}
    return (
        post,
        author,
        Engagement(post.id, now, count(counts, "likeCount"), count(counts, "commentCount"), None, count(counts, "viewCount")),
        False,
    )


def _comment(one: Mapping[str, Any], now: datetime, about: str | None) -> tuple[Post, Author | None, Engagement, bool]:
    native, snippet = _id(one["id"], COMMENT_ID), one["snippet"]
    author = _author((snippet.get("authorChannelId") or {}).get("value"), snippet.get("authorDisplayName"))
    video, parent = snippet.get("videoId"), snippet.get("parentId") or snippet.get("videoId")
    text = clean_text(snippet.get("textOriginal") or snippet["textDisplay"]).strip()
    post = Post(
        id=f"youtube:{native}",
        platform="youtube",
        text=text,
        created_at=moment_of(snippet["publishedAt"]),
        url=f"https://www.youtube.com/watch?v={_id(video, VIDEO_ID)}&lc={native}" if video else None,
        author_id=author.id if author else None,
        reply_to=f"youtube:{clean_text(parent)}" if parent else None,
        about=about if about and about.casefold() not in text.casefold() else None,
    )
    counts = Engagement(post.id, now, count(snippet, "likeCount"), count(one, "totalReplyCount"))
    return post, author, counts, moment_of(snippet.get("updatedAt") or snippet["publishedAt"]) > post.created_at


def moment_of(told: str) -> datetime:
    """Return the time that YouTube writes as ``2026-11-02T03:00:00Z``."""
    at = datetime.fromisoformat(told)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def count(counts: Mapping[str, Any], name: str) -> int | None:
    """Return a count, which comes as a number or as text; None if it is hidden."""
    value = counts.get(name)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _author(channel: Any, name: Any) -> Author | None:
    """Return who wrote it; comments of closed accounts name nobody."""
    if not isinstance(channel, str) or not channel:
        return None
    return Author(f"youtube:{clean_text(channel)}", "youtube", clean_text(name) if isinstance(name, str) and name else None)


def _id(value: Any, shape: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise ValueError("no id that YouTube gives")
    return value
