"""Reddit's entries ("things": t3 a post, t1 a comment) as our nouns; plain mappings, so that nothing is fetched by looking at a field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from monitor.collectors.texts import LONGEST, clean_text, plain_of_entities
from monitor.collectors.walking import moment
from monitor.domain import Author, Engagement, Post

FULLNAME = re.compile(r"t[13]_[0-9a-z]{1,16}")
_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_COMMUNITY = re.compile(r"[ru]/[A-Za-z0-9_.-]{1,64}")
_PERMALINK = re.compile(r"/[^\s<>\"'`\\^{|}]{1,1000}")
_BEGUN = datetime(2005, 6, 1, tzinfo=UTC)
_REMOVED = frozenset(("[deleted]", "[removed]", "[ removed by reddit ]", "[deleted by user]"))


@dataclass(frozen=True, slots=True)
class Thing:
    """A post or comment as Reddit shows it now."""

    name: str
    post: Post
    author: Author | None
    likes: int | None
    replies: int | None
    removed: bool
    edited: bool

    @classmethod
    def of(cls, child: Any) -> Thing:
        """Read one entry of a listing; raises one of ``MALFORMED``."""
        name = cls.name_of(child)
        if name is None:
            raise ValueError("no full name of a post or comment")
        fields: Mapping[str, Any] = child["data"]
        words = _words(name, fields)
        author = _author(fields)
        hidden = fields.get("score_hidden")  # a comment's score is 1 while it is hidden; of posts, the true score stands there all the same
        return cls(
            name,
            _post(name, fields, words, author),
            author,
            None if hidden else _count(fields.get("score")),
            _count(fields.get("num_comments")),
            bool(fields.get("removed_by_category")) or words[-1].strip().casefold() in _REMOVED,
            bool(fields.get("edited")),
        )

    @staticmethod
    def name_of(child: Any) -> str | None:
        """Return the full name (``t3_abc``) of an entry; None if it has none, or is no post or comment."""
        try:
            name = child["data"].get("name") or f"{child['kind']}_{child['data']['id']}"
        except (KeyError, TypeError, AttributeError):
            return None
        return name if isinstance(name, str) and FULLNAME.fullmatch(name) else None

    def engagement(self, now: datetime) -> Engagement:
        """Return its counts; Reddit tells neither shares nor views."""
        return Engagement(self.post.id, now, self.likes, self.replies)


def _post(name: str, fields: Mapping[str, Any], words: list[str], author: Author | None) -> Post:
    created_at = moment(fields["created_utc"])
    if created_at < _BEGUN:
        raise ValueError("written before Reddit was there")
    return Post(
        id=f"reddit:{name}",
        platform="reddit",
        text="\n".join(filter(None, words)).strip(),
        created_at=created_at,
        url=_address(name, fields),
        author_id=author.id if author else None,
        reply_to=_named(fields.get("parent_id")) if name.startswith("t1_") else None,
        repost_of=_named(fields.get("crosspost_parent")),
        community=_community(fields),
    )


def _words(name: str, fields: Mapping[str, Any]) -> list[str]:
    """Return what was written: title and text of a post, the text of a comment; texts are Markdown, titles are not."""
    if name.startswith("t1_"):
        return [plain_of_entities(_string(fields["body"]))]
    return [clean_text(_string(fields["title"])[:LONGEST]), plain_of_entities(_string(fields.get("selftext") or ""))]


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("its text is no text")
    return value


def _author(fields: Mapping[str, Any]) -> Author | None:
    """Return who wrote it; names at Reddit never change and stand in every answer, numeric ids in some only."""
    name = fields.get("author")
    return Author(f"reddit:{name}", "reddit", name) if isinstance(name, str) and _ACCOUNT.fullmatch(name) else None


def _community(fields: Mapping[str, Any]) -> str | None:
    """Return where it stands: ``r/name``, or ``u/name`` on a person's page; advertisements stand nowhere."""
    prefixed, name = fields.get("subreddit_name_prefixed"), fields.get("subreddit")
    for place in (prefixed, f"r/{name}" if name else None):
        if isinstance(place, str) and _COMMUNITY.fullmatch(place):
            return place
    return None


def _address(name: str, fields: Mapping[str, Any]) -> str | None:
    path = fields.get("permalink")
    link = fields.get("link_id")
    if path is None and isinstance(link, str) and FULLNAME.fullmatch(link):
        path = f"/comments/{link[3:]}/_/{name[3:]}/"
    return f"https://www.reddit.com{path}" if isinstance(path, str) and _PERMALINK.fullmatch(path) else None


def _named(fullname: Any) -> str | None:
    return f"reddit:{fullname}" if isinstance(fullname, str) and FULLNAME.fullmatch(fullname) else None


def _count(value: Any) -> int | None:
    """Return a count; a score below nought (more against than for) counts as nought."""
    return max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else None
