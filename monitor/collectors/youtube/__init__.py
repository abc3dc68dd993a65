"""YouTube: videos by words, and the comments under them and of chosen channels and videos.

Searches are dear (100 a day, in a bucket of their own), all else is cheap (10,000 units a day, one a request). So searches are spread
over the day; the videos found are followed by one request for fifty, and comments are read only where their number has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from monitor.collectors import Page, Query
from monitor.collectors.metering import Meter
from monitor.collectors.progress import Reach
from monitor.collectors.queries import any_of, spellings_of, terms_of
from monitor.collectors.reading import MALFORMED
from monitor.collectors.walking import Batch, newest_first
from monitor.collectors.youtube.api import Api, NotShown
from monitor.collectors.youtube.memory import Memory, spacing
from monitor.collectors.youtube.reading import COMMENT_ID, VIDEO_ID, comments, moment_of, videos
from monitor.decode import Between, Secret
from monitor.domain import Gone, Watch
from monitor.errors import BudgetSpent

AT_ONCE = 50
WINDOW = 500
"""So many videos one search shows, over all its pages."""
LONGEST = 200
"""Characters of one question."""
NO_VIDEO = "00000000000"


@dataclass(frozen=True)
class Options:
    """A key of a project in the Google Cloud console with the YouTube Data API switched on.

    A day has 100 searches and 10,000 units for all else (a request is one). Replies are read with their comment, at most 100 of each;
    a reply under a comment older than `overlap` is missed. When the searches are used up, that is told, and comments are read once an hour
    until midnight in California.
    """

    key: Secret
    """The key."""
    channels: tuple[str, ...] = ()
    """Channel ids (`UC...`) whose comments are read, under all their videos."""
    videos: tuple[str, ...] = ()
    """Video ids whose comments are read."""
    about: str | None = None
    """The term that the comments of these channels and videos are about, though they do not hold it (your own channel)."""
    search: bool = True
    """Search for videos by the terms of the watches."""
    searches_per_day: Annotated[int, Between(1)] = 100
    """What the project's bucket of searches holds; it fills up again at midnight in California."""
    search_every: timedelta | None = None
    """How long to wait between searches; left out: so that three quarters of the bucket last the day."""
    followed: Annotated[int, Between(0)] = 50
    """So many of the videos found, the newest, have their comments read."""
    follow_for: timedelta = timedelta(days=7)
    """How long after its publication a video is followed."""
    search_comments: bool = False
    """Ask YouTube for comments with the terms only (`searchTerms`, one request a term) instead of all; for very busy channels."""
    first: timedelta = timedelta(days=2)
    """How far back the first pass goes."""
    overlap: timedelta = timedelta(hours=3)
    """How far each pass goes back behind the last: the search shows new videos late."""
    base_url: str = "https://youtube.googleapis.com/youtube/v3"
    """Where the interface is."""


class YouTube:
    """Searches when a search is due, then reads the comments that have come."""

    platform = "youtube"
    batch = AT_ONCE

    def __init__(
        self,
        name: str,
        options: Options,
        watches: tuple[Watch, ...] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        meter: Meter | None = None,
    ):
        self.options = options
        self.clock = clock
        self.reach = Reach(options.overlap, options.first)
        self.terms = terms_of(watches)
        self.questions = any_of(spellings_of(watches), LONGEST, "|") if options.search else []
        self.every = options.search_every if options.search_every is not None else spacing(len(self.questions), options.searches_per_day)
        self.api = Api(name, options.base_url, options.key, meter, clock)

    def queries(self) -> Sequence[Query]:
        """Return the searches; they are made when they are due, not on every pass."""
        return [Query(question, apart=self.every) for question in self.questions]

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield videos and comments since ``cursor``; comments also when the day's searches are used up, which is raised at the end."""
        now = self.clock()
        memory, looked_at = Memory(cursor, now), dict[str, int]()
        spent: BudgetSpent | None = None
        if self.questions and (memory.searched_at is None or now - memory.searched_at >= self.every):
            try:
                yield from self._searched(memory, looked_at, now)
            except BudgetSpent as error:
                spent = error
        yield from self._followed(memory, looked_at, now)
        for channel in self.options.channels:
            yield from self._comments({"allThreadsRelatedToChannelId": channel}, f"channel {channel}", memory, self.options.about)
        yield Page(cursor=memory.cursor())
        if spent:
            raise spent

    def probe(self) -> None:
        """Ask for a video that there is not: one unit of the day's 10,000, and none of its searches."""
        self._videos([NO_VIDEO])

    def refresh(self, post_ids: Sequence[str]) -> Iterator[Page]:
        """Yield counts, present words and deletions; videos and comments apart, 50 a request."""
        natives = [post_id.removeprefix("youtube:") for post_id in post_ids]
        for chunk in _chunks([native for native in natives if VIDEO_ID.fullmatch(native)]):
            yield self._again(chunk, self._videos(chunk))
        for chunk in _chunks([native for native in natives if COMMENT_ID.fullmatch(native)]):
            yield from self._said_again(chunk)

    def _said_again(self, chunk: Sequence[str]) -> Iterator[Page]:
        """Look at comments again; a refusal for the sake of one of them is narrowed down to it."""
        try:
            found = self.api.ask("/comments", {"part": "snippet", "id": ",".join(chunk), "textFormat": "plainText"})["items"]
        except NotShown:
            if len(chunk) > 1:
                yield from self._said_again(chunk[: len(chunk) // 2])
                yield from self._said_again(chunk[len(chunk) // 2 :])
                return
            found = []
        yield self._again(chunk, comments(found, self.clock()))

    def _again(self, asked: Sequence[str], batch: Batch) -> Page:
        shown = {post.id for post in batch.posts}
        gone = [] if batch.problems else [Gone(post_id, self.clock()) for one in asked if (post_id := f"youtube:{one}") not in shown]
        return Page(authors=batch.authors, engagement=batch.engagement, gone=gone, problems=batch.problems, edited=batch.posts)

    def _searched(self, memory: Memory, looked_at: dict[str, int], now: datetime) -> Iterator[Page]:
        for question in self.questions:
            mark = f"search {question}"
            found = self._found(question, self.reach.floor(memory.mark(mark), now), memory, looked_at)
            yield from newest_first(mark, found, memory, self.reach, now)
        memory.searched_at = now
        yield Page(cursor=memory.cursor())

    def _found(self, question: str, floor: datetime, memory: Memory, looked_at: dict[str, int]) -> Iterator[Batch]:
        """Yield the videos that a search shows; where its list ends within the window, it has been read whole."""

        def one_less() -> None:
            if memory.searches >= self.options.searches_per_day:
                raise BudgetSpent(self.api.source, "the day's searches are used up, until midnight in California")
            memory.searches += 1

        asked = {"part": "snippet", "type": "video", "order": "date", "safeSearch": "none", "maxResults": AT_ONCE, "q": question}
        shown = 0
        for results in self.api.listed("/search", {**asked, "publishedAfter": f"{floor:%Y-%m-%dT%H:%M:%SZ}"}, one_less):
            stamps = [stamp for result in results if (stamp := _stamp(result))]
            for native, at in stamps:
                memory.follow(native, at)
            batch = self._videos([native for native, _ in stamps])
            looked_at.update((line.post_id.removeprefix("youtube:"), line.replies or 0) for line in batch.engagement)
            told = [f"{len(results) - len(stamps)} results of a search have no id or time"] if len(stamps) < len(results) else []
            oldest = min((at for _, at in stamps if at > floor), default=None)
            yield replace(batch, oldest=oldest, problems=[*batch.problems, *told])
            shown += len(results)
            if shown >= WINDOW:
                return
        yield Batch(oldest=floor)

    def _followed(self, memory: Memory, looked_at: dict[str, int], now: datetime) -> Iterator[Page]:
        """Yield the comments of the videos found, where their number has changed since, and of the chosen ones."""
        memory.forget(now - self.options.follow_for, self.options.followed)
        memory.keep(self._progress(memory))
        counts = dict(looked_at)
        for chunk in _chunks([native for native in memory.videos if native not in looked_at]):
            page = self._again(chunk, self._videos(chunk))
            counts.update((line.post_id.removeprefix("youtube:"), line.replies or 0) for line in page.engagement)
            for line in page.gone:
                del memory.videos[line.post_id.removeprefix("youtube:")]
            yield page
        for native, followed in sorted(memory.videos.items()):
            if native not in self.options.videos and followed.comments != counts.get(native, followed.comments):
                followed.comments = counts[native]
                yield from self._comments({"videoId": native}, f"video {native}", memory, None)
        for native in self.options.videos:
            yield from self._comments({"videoId": native}, f"video {native}", memory, self.options.about)

    def _progress(self, memory: Memory) -> Iterator[str]:
        """Yield every question that is still asked."""
        yield from (f"search {question}" for question in self.questions)
        places = [f"video {native}" for native in (*memory.videos, *self.options.videos)]
        for place in (*places, *(f"channel {channel}" for channel in self.options.channels)):
            yield from (place, *(f"{place} {term}" for term in self.terms))

    def _comments(self, place: dict[str, str], mark: str, memory: Memory, about: str | None) -> Iterator[Page]:
        for term in self.terms if self.options.search_comments else (None,):
            question, asked = (f"{mark} {term}", {**place, "searchTerms": term}) if term else (mark, place)
            try:
                yield from newest_first(question, self._threads(asked, about), memory, self.reach, self.clock(), whole=True)
            except NotShown as why:
                yield Page(problems=[f"the comments of {mark} are not shown: {why}"])

    def _threads(self, asked: dict[str, str], about: str | None) -> Iterator[Batch]:
        wanted = {"part": "snippet,replies", "order": "time", "maxResults": 100, "textFormat": "plainText", **asked}
        for threads in self.api.listed("/commentThreads", wanted):
            said, oldest, problems = [], list[datetime](), list[str]()
            for thread in threads:
                try:
                    top = thread["snippet"]["topLevelComment"]
                    oldest.append(moment_of(top["snippet"]["publishedAt"]))
                    said += [{**top, "totalReplyCount": thread["snippet"].get("totalReplyCount")}, *self._replies(thread)]
                except MALFORMED as error:
                    problems.append(f"a thread was left out: {type(error).__name__} {error}")
            batch = comments(said, self.clock(), about)
            yield replace(batch, oldest=min(oldest, default=None), problems=[*batch.problems, *problems])

    def _replies(self, thread: dict[str, Any]) -> list[Any]:
        """Return the replies that come with a thread, or, if there are more, up to 100 of them."""
        shown: list[Any] = list((thread.get("replies") or {}).get("comments") or ())
        if int(thread["snippet"].get("totalReplyCount") or 0) <= len(shown):
            return shown
        wanted = {"part": "snippet", "parentId": str(thread["id"]), "maxResults": 100, "textFormat": "plainText"}
        try:
            return list(self.api.ask("/comments", wanted)["items"])
        except NotShown:
            return shown

    def _videos(self, natives: Sequence[str]) -> Batch:
        if not natives:
            return Batch()
        return videos(self.api.ask("/videos", {"part": "snippet,statistics", "id": ",".join(natives)})["items"], self.clock())


def _chunks(natives: Sequence[str]) -> list[Sequence[str]]:
    return [natives[start : start + AT_ONCE] for start in range(0, len(natives), AT_ONCE)]


def _stamp(result: Any) -> tuple[str, datetime] | None:
    """Return the id and time of a result of a search."""
    try:
        native = result["id"]["videoId"]
        return (native, moment_of(result["snippet"]["publishedAt"])) if VIDEO_ID.fullmatch(native) else None
    except MALFORMED:
        return None
