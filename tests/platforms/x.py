"""X, API v2: recent search of seven days, counts, posts and users by ids, in either generation of names, with a bill."""

from __future__ import annotations

import html
import re
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from monitor.collectors import Page
from monitor.collectors.metering import Meter
from monitor.collectors.x import Options, X
from monitor.decode import Secret
from monitor.domain import Watch
from tests.checks.collectors import WATCH, Rig
from tests.platforms.stub import Answer, Asked, Clock, Stub

TOKEN = "AAAAAAAAtoken-of-the-stub%3Dxyz"
EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000, UTC)
LIMITS = {"/2/tweets/search/recent": 450, "/2/tweets/counts/recent": 300, "/2/tweets": 3500, "/2/users": 300}
OLD = {
    "referenced_posts": "referenced_tweets", "edit_history_post_ids": "edit_history_tweet_ids", "note_post": "note_tweet",
    "repost_count": "retweet_count", "post_count": "tweet_count", "total_post_count": "total_tweet_count", "posts": "tweets",
}  # fmt: skip
ALLOWED = {
    "/2/tweets/search/recent": {"query", "start_time", "end_time", "next_token", "max_results", "sort_order", "expansions", "user.fields"},
    "/2/tweets/counts/recent": {"query", "start_time", "end_time", "next_token", "granularity"},
    "/2/tweets": {"ids", "expansions", "user.fields"},
    "/2/users": {"ids", "user.fields"},
}
PROBLEMS = "https://api.twitter.com/2/problems/"


@dataclass
class Published:
    """A post; ``versions`` are the ids and texts of its edits, oldest first."""

    author: str | None
    at: datetime
    versions: list[tuple[int, str]]
    lang: str = "ko"
    references: tuple[tuple[str, str], ...] = ()
    withheld: dict[str, Any] | None = None
    deleted: bool = False
    seen_from: datetime | None = None
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def id(self) -> int:
        return self.versions[-1][0]

    @property
    def text(self) -> str:
        return self.versions[-1][1]


class XStub(Stub):
    """Posts and accounts. ``names``: which generation it speaks; ``bill``: dollars charged so far."""

    def __init__(self, clock: Clock | None = None, names: str = "tweet", longest: int = 512):
        super().__init__(clock)
        self.names = names
        self.longest = longest
        self.posts: list[Published] = []
        self.by_id: list[tuple[int, Published]] = []
        self.accounts: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, int] = {}
        self.taken: set[int] = set()
        self.bill = 0.0
        self.handed: set[tuple[str, str, str]] = set()
        self.used: Counter[tuple[str, int]] = Counter()
        self.limits = dict(LIMITS)

    def publish(self, text: str, at: datetime | None = None, author: str | None = "1001", **more: Any) -> Published:
        """Put a post on X. Its id holds its time, as X's do."""
        at = at or self.clock()
        if author is not None:
            self.accounts.setdefault(author, {"username": f"someone{author}", "followers": 10, "state": "active"})
        post = Published(author, at, [(self._number(at), text)], **more)
        self.posts.append(post)
        insort(self.by_id, (post.id, post))
        return post

    def edit(self, post: Published, text: str) -> None:
        """An edit makes a new version with an id of its own, whose counts begin anew from those of the old."""
        self.by_id.remove((post.id, post))
        post.versions.append((self._number(self.clock()), text))
        insort(self.by_id, (post.id, post))

    def forget_tokens(self) -> None:
        """The tokens of next pages handed out so far are no longer known."""
        self.tokens.clear()

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return _trouble(401, "Unauthorized", "Unauthorized", "about:blank")
        allowed = ALLOWED.get(asked.path)
        if allowed is None:
            return _trouble(404, "Not Found", "Not Found", "about:blank")
        window = int(self.clock().timestamp()) // 900
        self.used[asked.path, window] += 1
        left = self.limits[asked.path] - self.used[asked.path, window]
        if left < 0:
            reset = {"x-rate-limit-reset": str((window + 1) * 900), "x-rate-limit-remaining": "0"}
            return _trouble(429, "Too Many Requests", "Too Many Requests", "about:blank", **reset)
        for name in asked.query:
            if name not in allowed and name != f"{self.names}.fields":
                return _invalid(name, f"The query parameter [{name}] is not one of [{', '.join(sorted(allowed))}]")
        handle: dict[str, Callable[[Asked], Answer]] = {
            "/2/tweets/search/recent": self._search, "/2/tweets/counts/recent": self._count,
            "/2/tweets": self._lookup, "/2/users": self._users,
        }  # fmt: skip
        return handle[asked.path](asked)

    def _search(self, asked: Asked) -> Answer:
        wrong = self._wrong(asked) or self._wrong_page(asked)
        if wrong:
            return wrong
        size = int(asked.query.get("max_results", "10"))
        shown = list(islice(self._matching(asked, self.tokens.get(asked.query.get("next_token", ""), 1 << 63)), size + 1))
        page = shown[:size]
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": str(page[0].id), "oldest_id": str(page[-1].id)}
        if len(shown) > len(page):
            meta["next_token"] = f"b26v89c19zqg8o3f{len(self.tokens):020}"
            self.tokens[meta["next_token"]] = page[-1].id
        return self._said({**self._with_includes([(post, -1) for post in page], asked), "meta": meta})

    def _count(self, asked: Asked) -> Answer:
        wrong = self._wrong(asked)
        if wrong:
            return wrong
        if asked.query.get("granularity") not in ("minute", "hour", "day"):
            return _invalid("granularity", "not one of minute, hour, day")
        minutes = Counter(post.at.replace(second=0, microsecond=0) for post in self._matching(asked))
        counted = [
            {"start": _stamp(at), "end": _stamp(at + timedelta(minutes=1)), "post_count": number} for at, number in sorted(minutes.items())
        ]
        self.bill += 0.005
        meta = {"total_post_count": sum(minutes.values())}
        return self._said({"data": counted, "meta": meta} if counted else {"meta": meta})

    def _lookup(self, asked: Asked) -> Answer:
        ids = asked.query.get("ids", "").split(",")
        if not 1 <= len(ids) <= 100 or not all(re.fullmatch(r"[0-9]{1,19}", one) for one in ids):
            return _invalid("ids", "the number of values in the ids query parameter list is not between 1 and 100")
        by_id = {number: (post, place) for post in self.posts for place, (number, _) in enumerate(post.versions)}
        found, errors = [], []
        for one in ids:
            post, place = by_id.get(int(one), (None, 0))
            state = self._state(post)
            if post is not None and state == "active":
                found.append((post, place))
            else:
                errors.append(_of_resource(one, "tweet" if self.names == "tweet" else "post", state))
        return self._said({**self._with_includes(found, asked), **({"errors": errors} if errors else {})})

    def _users(self, asked: Asked) -> Answer:
        ids = asked.query.get("ids", "").split(",")
        if not 1 <= len(ids) <= 100:
            return _invalid("ids", "not between 1 and 100")
        states = {one: self.accounts.get(one, {}).get("state", "deleted") for one in ids}
        found = [self._account(one, asked) for one in ids if states[one] in ("active", "protected")]
        errors = [_of_resource(one, "user", state) for one, state in states.items() if state not in ("active", "protected")]
        self._charge("user", [one["id"] for one in found], 0.010)
        return self._said({**({"data": found} if found else {}), **({"errors": errors} if errors else {})})

    def _matching(self, asked: Asked, below: int = 1 << 63) -> Iterator[Published]:
        """Yield what the query finds, newest first."""
        since = _time(asked.query.get("start_time")) or self.clock() - timedelta(days=7)
        until = _time(asked.query.get("end_time")) or self.clock() + timedelta(days=1)
        wanted = _Query(asked.query["query"])
        oldest = bisect_left(self.by_id, (_first_id(since),))
        for place in range(bisect_left(self.by_id, (below,)) - 1, oldest - 1, -1):
            post = self.by_id[place][1]
            if since <= post.at < until and self._state(post) == "active" and self._indexed(post) and wanted.fits(post):
                yield post

    def _indexed(self, post: Published) -> bool:
        return post.seen_from is None or post.seen_from <= self.clock()

    def _state(self, post: Published | None) -> str:
        if post is None or post.deleted:
            return "deleted"
        return str(self.accounts[post.author]["state"]) if post.author else "active"

    def _wrong(self, asked: Asked) -> Answer | None:
        query, now = asked.query.get("query", ""), self.clock()
        if not 1 <= len(query) <= self.longest:
            return _invalid("query", f"query length ({len(query)}) is not between 1 and {self.longest}")
        try:
            _Query(query)
        except ValueError as error:
            return _invalid("query", f"There were errors processing your request: {error}")
        since, until = _time(asked.query.get("start_time")), _time(asked.query.get("end_time"))
        if since is not None and since < now - timedelta(days=7):
            return _invalid("start_time", "'start_time' must be on or after 7 days ago")
        if until is not None and until > now - timedelta(seconds=10):
            return _invalid("end_time", "'end_time' must be a minimum of 10 seconds prior to the request time")
        return None

    def _wrong_page(self, asked: Asked) -> Answer | None:
        if not 10 <= int(asked.query.get("max_results", "10")) <= 100:
            return _invalid("max_results", "is not between 10 and 100")
        token = asked.query.get("next_token")
        return _invalid("next_token", "Invalid 'next_token'") if token is not None and token not in self.tokens else None

    def _with_includes(self, found: Sequence[tuple[Published, int]], asked: Asked) -> dict[str, Any]:
        """The posts, and what the expansions bring along; all of it is charged."""
        expansions = set(asked.query.get("expansions", "").split(","))
        shown = [self._post(post, place, asked, expansions) for post, place in found]
        includes: dict[str, list[Any]] = {}
        if "author_id" in expansions:
            known = {post.author for post, _ in found if post.author}
            includes["users"] = [self._account(author, asked) for author in sorted(known)]
        along = {int(one) for post, _ in found for _, one in post.references} if "referenced_posts" in expansions else set()
        if others := [post for post in self.posts if post.id in along]:
            includes["posts"] = [self._post(post, -1, asked, expansions) for post in others]
        self._charge("post", [one["id"] for one in [*shown, *includes.get("posts", [])]], 0.005)
        self._charge("user", [one["id"] for one in includes.get("users", [])], 0.010)
        return {**({"data": shown} if shown else {}), **({"includes": includes} if any(includes.values()) else {})}

    def _post(self, post: Published, place: int, asked: Asked, expansions: set[str]) -> dict[str, Any]:
        number, text = post.versions[place]
        escaped = html.escape(text, quote=False)
        newest = number == post.id
        whole = {
            "created_at": _stamp(post.at if number == post.versions[0][0] else time_of(number)),
            "lang": post.lang,
            "author_id": post.author,
            "referenced_posts": [{"type": kind, "id": one} for kind, one in post.references] or None,
            "withheld": post.withheld,
            "note_post": {"text": escaped} if len(text) > 280 else None,
            "public_metrics": {
                name: post.counts[name] if newest else 0
                for name in ("repost_count", "reply_count", "like_count", "quote_count", "bookmark_count", "impression_count")
            },
        }
        asked_for = set(asked.query.get(f"{self.names}.fields", "").split(",")) | expansions
        kept = {name: value for name, value in whole.items() if value is not None and (name in asked_for or OLD.get(name) in asked_for)}
        versions = [str(one) for one, _ in post.versions]
        return {"id": str(number), "text": escaped if len(text) <= 280 else escaped[:279] + "…", "edit_history_post_ids": versions, **kept}

    def _account(self, author: str, asked: Asked) -> dict[str, Any]:
        account = self.accounts[author]
        shown = {"id": author, "name": account["username"], "username": account["username"]}
        if "public_metrics" in asked.query.get("user.fields", ""):
            shown["public_metrics"] = {"followers_count": account["followers"], "following_count": 1, "post_count": 5, "listed_count": 0}
        return shown

    def _charge(self, kind: str, ids: Sequence[str], price: float) -> None:
        """Each resource once a UTC day."""
        new = {(kind, one, self.clock().date().isoformat()) for one in ids} - self.handed
        self.handed |= new
        self.bill += price * len(new)

    def _said(self, value: Any) -> Answer:
        return Answer.of(_renamed(value) if self.names == "tweet" else value)

    def _number(self, at: datetime) -> int:
        number = _first_id(at)
        while number in self.taken:
            number += 1
        self.taken.add(number)
        return number


class _Query:
    """X's query language as far as it is used: phrases, words, OR, brackets, lang:, is:retweet, a minus before one of these."""

    def __init__(self, text: str):
        self.parts = re.findall(r'-?"[^"]*"|[()]|[^\s()]+', text)
        self.place = 0
        self.tree = self._any()
        if self.place != len(self.parts):
            raise ValueError(f"no viable alternative at character {self.place}")

    def fits(self, post: Published) -> bool:
        return _fits(self.tree, post)

    def _any(self) -> tuple[Any, ...]:
        alternatives = [self._all()]
        while self._next() == "OR":
            self.place += 1
            alternatives.append(self._all())
        return ("or", alternatives)

    def _all(self) -> tuple[Any, ...]:
        parts: list[Any] = []
        while (word := self._next()) not in (None, "OR", ")"):
            self.place += 1
            if word != "(":
                parts.append(word)
                continue
            parts.append(self._any())
            if self._next() != ")":
                raise ValueError("missing )")
            self.place += 1
        if not any(isinstance(part, tuple) or not re.match(r"-|lang:|is:", part) for part in parts) and self.place == len(self.parts):
            raise ValueError("an operator needs a standalone term")
        return ("and", parts)

    def _next(self) -> str | None:
        return self.parts[self.place] if self.place < len(self.parts) else None


def _fits(node: Any, post: Published) -> bool:
    if isinstance(node, tuple):
        kind, parts = node
        return (any if kind == "or" else all)(_fits(part, post) for part in parts)
    if node.startswith("-"):
        return not _fits(node[1:], post)
    if node.startswith("lang:"):
        return post.lang == node[5:]
    if node == "is:retweet":
        return any(kind == "retweeted" for kind, _ in post.references)
    return node.strip('"').lower() in post.text.lower()


def _first_id(at: datetime) -> int:
    """The lowest id of a post of that time; an edit's id is later than its post."""
    return int((at - EPOCH) / timedelta(milliseconds=1)) << 22


def time_of(number: int) -> datetime:
    return EPOCH + timedelta(milliseconds=number >> 22)


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {OLD.get(name, name): _renamed(one) for name, one in value.items()}
    return [_renamed(one) for one in value] if isinstance(value, list) else value


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def _time(stated: str | None) -> datetime | None:
    return datetime.fromisoformat(stated) if stated else None


def _trouble(status: int, title: str, detail: str, kind: str, **headers: str) -> Answer:
    told = {"title": title, "detail": detail, "type": kind, "status": status}
    answer = Answer.of(told, status)
    return Answer(status, {**answer.headers, **headers, "content-type": "application/problem+json"}, answer.body)


def _invalid(parameter: str, message: str) -> Answer:
    told = {
        "errors": [{"parameters": {parameter: []}, "message": message}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": PROBLEMS + "invalid-request",
    }
    return Answer.of(told, 400)


def _of_resource(one: str, resource: str, state: str) -> Mapping[str, str]:
    """What X says of a post or account that it does not show."""
    kind = "not-authorized-for-resource" if state == "protected" else "resource-not-found"
    title = {"protected": "Authorization Error", "suspended": "Forbidden"}.get(state, "Not Found Error")
    told = {
        "value": one, "resource_id": one, "resource_type": resource, "parameter": "ids", "title": title,
        "detail": f"Could not find {resource} with ids: [{one}].", "type": PROBLEMS + kind,
    }  # fmt: skip
    if state == "protected":
        told["section"] = "data"
    if resource == "post":
        told["type"] = told["type"].replace("api.twitter.com", "api.x.com")
    return told


class Replay(Stub):
    """Says the recorded answers one after the other, then that there is nothing."""

    def __init__(self, *answers: Mapping[str, Any], clock: Clock | None = None):
        super().__init__(clock)
        self.answers = list(answers)

    def answer(self, asked: Asked) -> Answer:
        return Answer.of(self.answers.pop(0) if self.answers else {"meta": {"result_count": 0}})


def collector(stub: Stub, *watches: Watch, meter: Meter | None = None, **options: Any) -> X:
    made = Options(Secret(TOKEN, "X_BEARER"), base_url=stub.base_url, **options)
    return X("x", made, watches or (WATCH,), stub.clock, meter)


def texts(pages: Iterator[Page]) -> list[str]:
    return [post.text for page in pages for post in page.posts]


def last_cursor(pages: Iterator[Page]) -> str:
    return [page.cursor for page in pages if page.cursor][-1]


@contextmanager
def rig() -> Iterator[Rig]:
    with XStub() as stub:
        assert isinstance(stub, XStub)

        def publish(texts: Sequence[str], times: Sequence[datetime]) -> list[str]:
            return [f"x:{stub.publish(text, at).id}" for text, at in zip(texts, times, strict=True)]

        def make() -> X:
            return X("x", Options(Secret(TOKEN, "X_BEARER"), base_url=stub.base_url), (WATCH,), stub.clock)

        yield Rig("x", stub, make, publish, page=100, secrets=(TOKEN,))
