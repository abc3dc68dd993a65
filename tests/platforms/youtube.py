"""The YouTube Data API: searches of 500 results in a bucket of their own, videos, comment threads, comments, page tokens, quota errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from monitor.collectors.youtube import Options, YouTube
from monitor.decode import Secret
from tests.checks.collectors import WATCH, Rig
from tests.platforms.stub import Answer, Asked, Clock, Stub

KEY = "youtube-key-5d21e7"
WINDOW = 500


@dataclass
class Video:
    """A video; ``counts`` are texts, as the service gives them; ``comments_off`` as its owner wants."""

    id: str
    title: str
    at: datetime
    description: str = ""
    channel: str = "UCsomeone"
    counts: dict[str, str] = field(default_factory=lambda: {"viewCount": "10", "likeCount": "1"})
    comments_off: bool = False
    deleted: bool = False


@dataclass
class Comment:
    """A comment; ``parent`` is the comment that it replies to, ``author`` None a closed account."""

    id: str
    video: Video
    text: str
    at: datetime
    parent: str | None = None
    author: str | None = "UCreader"
    likes: int = 0
    updated: datetime | None = None
    deleted: bool = False


class YouTubeStub(Stub):
    """The lists under /youtube/v3. ``searches_left`` and ``units_left`` are the day's quota; ``stale`` expires the next page token."""

    def __init__(self, clock: Clock | None = None):
        super().__init__(clock)
        self.videos: list[Video] = []
        self.comments: list[Comment] = []
        self.searches_left, self.units_left = 100_000, 10_000_000
        self.stale = 0

    def publish(self, title: str, at: datetime, **more: Any) -> Video:
        made = Video(f"vid{len(self.videos):08d}", title, at, **more)
        self.videos.append(made)
        return made

    def say(self, video: Video, text: str, at: datetime, **more: Any) -> Comment:
        parent = more.get("parent")
        made = Comment(f"{parent}.{len(self.comments):08d}" if parent else f"Ugcomment{len(self.comments):012d}", video, text, at, **more)
        self.comments.append(made)
        return made

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("x-goog-api-key") != KEY:
            return refusal(400, "badRequest", "API key not valid. Please pass a valid API key.", "API_KEY_INVALID")
        lists = {"search": self._search, "videos": self._videos, "commentThreads": self._threads, "comments": self._comments}
        found = lists.get(asked.path.removeprefix("/youtube/v3/"))
        if found is None:
            return Answer(404, {"content-type": "text/html"}, b"<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>")
        left = "searches_left" if found == self._search else "units_left"
        setattr(self, left, getattr(self, left) - 1)
        return found(asked) if getattr(self, left) >= 0 else refusal(403, "quotaExceeded", "You have exceeded your quota.")

    def _search(self, asked: Asked) -> Answer:
        words = [word.strip('"').lower() for word in asked.query["q"].split("|")]
        after = datetime.fromisoformat(asked.query["publishedAfter"])
        shown = [video for video in self.videos if not video.deleted and video.at >= after]
        shown = [video for video in shown if any(word in f"{video.title} {video.description}".lower() for word in words)]
        shown.sort(key=lambda video: video.at, reverse=True)
        return self._paged(asked, [_result(video) for video in shown[:WINDOW]], "youtube#searchListResponse")

    def _videos(self, asked: Asked) -> Answer:
        wanted = asked.query["id"].split(",")
        if len(wanted) > 50:
            return refusal(400, "invalidFilters", "The request specifies an invalid filter parameter.")
        shown = [self._video(video) for video in self.videos if video.id in wanted and not video.deleted]
        return Answer.of({"kind": "youtube#videoListResponse", "items": shown})

    def _threads(self, asked: Asked) -> Answer:
        video, channel, terms = (asked.query.get(name) for name in ("videoId", "allThreadsRelatedToChannelId", "searchTerms"))
        places = [one for one in self.videos if not one.deleted and (one.id == video or one.channel == channel)]
        if not places:
            return refusal(404, "videoNotFound" if video else "channelNotFound", "The resource could not be found.")
        if video and places[0].comments_off:
            return refusal(403, "commentsDisabled", "The video has disabled comments.")
        tops = [one for one in self.comments if one.video in places and not one.parent and not one.deleted]
        tops = [one for one in tops if not terms or terms.lower() in one.text.lower()]
        tops.sort(key=lambda one: one.at, reverse=True)
        return self._paged(asked, [self._thread(top) for top in tops], "youtube#commentThreadListResponse")

    def _comments(self, asked: Asked) -> Answer:
        alive = [one for one in self.comments if not one.deleted]
        if "parentId" in asked.query:
            found = sorted((one for one in alive if one.parent == asked.query["parentId"]), key=lambda one: one.at, reverse=True)
            return self._paged(asked, list(map(_comment, found)), "youtube#commentListResponse")
        found = [one for one in alive if one.id in asked.query["id"].split(",")]
        if not found:
            return refusal(404, "commentNotFound", "One or more of the specified comments cannot be found.")
        return Answer.of({"kind": "youtube#commentListResponse", "items": list(map(_comment, found))})

    def _paged(self, asked: Asked, found: list[Any], kind: str) -> Answer:
        size, token = int(asked.query["maxResults"]), asked.query.get("pageToken")
        if token and (self.stale > 0 or not token.startswith("CAU")):
            self.stale -= 1
            return refusal(400, "invalidPageToken", "The request specifies an invalid page token.")
        start = int(token.removeprefix("CAU")) if token else 0
        told = {"kind": kind, "items": found[start : start + size], "pageInfo": {"totalResults": 1_000_000, "resultsPerPage": size}}
        return Answer.of({**told, "nextPageToken": f"CAU{start + size}"} if start + size < len(found) else told)

    def _video(self, video: Video) -> dict[str, Any]:
        said = sum(one.video is video and not one.deleted for one in self.comments)
        counts = video.counts if video.comments_off else {**video.counts, "commentCount": str(said)}
        snippet = {"title": video.title, "description": video.description, "publishedAt": _time(video.at)}
        channel = {"channelId": video.channel, "channelTitle": "어느 채널", "defaultAudioLanguage": "ko"}
        return {"kind": "youtube#video", "id": video.id, "snippet": {**snippet, **channel}, "statistics": counts}

    def _thread(self, top: Comment) -> dict[str, Any]:
        replies = [one for one in self.comments if one.parent == top.id and not one.deleted]
        snippet = {"videoId": top.video.id, "topLevelComment": _comment(top), "totalReplyCount": len(replies), "isPublic": True}
        told = {"kind": "youtube#commentThread", "id": top.id, "snippet": snippet}
        return {**told, "replies": {"comments": list(map(_comment, replies[-5:]))}} if replies else told


def _result(video: Video) -> dict[str, Any]:
    snippet = {"publishedAt": _time(video.at), "title": video.title[:100], "channelId": video.channel}
    return {"kind": "youtube#searchResult", "id": {"kind": "youtube#video", "videoId": video.id}, "snippet": snippet}


def _comment(one: Comment) -> dict[str, Any]:
    snippet = {
        "textDisplay": one.text, "textOriginal": one.text, "videoId": one.video.id, "likeCount": one.likes, "authorDisplayName": "@reader",
        "publishedAt": _time(one.at), "updatedAt": _time(one.updated or one.at),
    }  # fmt: skip
    author = {"authorChannelId": {"value": one.author}} if one.author else {}
    return {"kind": "youtube#comment", "id": one.id, "snippet": {**snippet, **author, **({"parentId": one.parent} if one.parent else {})}}


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def refusal(status: int, reason: str, message: str, detail: str = "") -> Answer:
    error = {"code": status, "message": message, "errors": [{"message": message, "domain": "youtube", "reason": reason}]}
    return Answer.of({"error": {**error, **({"details": [{"reason": detail}]} if detail else {})}}, status)


def options(stub: Stub, **more: Any) -> Options:
    settings = {"search_every": timedelta(0), "searches_per_day": 100_000, "base_url": f"{stub.base_url}/youtube/v3", **more}
    return Options(Secret(KEY, "YOUTUBE_KEY"), **settings)


@contextmanager
def rig() -> Iterator[Rig]:
    """Videos by search."""
    with YouTubeStub() as stub:
        assert isinstance(stub, YouTubeStub)

        def publish(texts: Sequence[str], times: Sequence[datetime]) -> list[str]:
            return [f"youtube:{stub.publish(text, at).id}" for text, at in zip(texts, times, strict=True)]

        def make() -> YouTube:
            return YouTube("youtube", options(stub), (WATCH,), stub.clock)

        yield Rig("youtube", stub, make, publish, page=50, window=WINDOW, secrets=(KEY,))
