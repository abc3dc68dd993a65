"""tweepy, led to where X is today: our timeouts, errors and accounts, either generation of parameter names, a token it never sees."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from tweepy import Client

from monitor.collectors.metering import Meter
from monitor.collectors.web import WAIT_UNTOLD, Answer, Web
from monitor.collectors.x.prices import Paid, Prices
from monitor.decode import Secret
from monitor.errors import AuthFailed, BudgetSpent, CollectFailed, RateLimited, Unavailable

PER_PAGE = 100
PER_LOOKUP = 100
Names = Literal["tweet", "post"]

_FIELDS = {
    "tweet": (
        ("author_id", "community_id", "created_at", "edit_history_tweet_ids", "lang", "note_tweet"),
        ("public_metrics", "referenced_tweets", "withheld"),
    ),
    "post": (("community_id", "created_at", "lang", "note_post"), ("public_metrics", "withheld")),
}
# The newer document lists these as expansions only: what they bring along is charged.
_EXPANSIONS = {"tweet": (), "post": ("author_id", "edit_history_post_ids", "referenced_posts")}
_USER_FIELDS = ["public_metrics", "username"]
_TWEEPY_HOST = "https://api.twitter.com"

# At DEBUG it writes whole requests and answers: people's posts, which in a log would outlive their deletion, and whatever a server
# repeats of what it was sent. Whoever lowers the logger's level lowers this too, hence a filter.
logging.getLogger("tweepy.client").addFilter(lambda record: record.levelno > logging.DEBUG)


class Refused(Unavailable):
    """X does not take this one question (400, 404); others may fare better."""


@dataclass(frozen=True, slots=True)
class Found:
    """One answer: raw posts, raw accounts that came along, raw problems of single resources, the token of the next page, a count."""

    posts: Sequence[Any] = ()
    users: Sequence[Any] = ()
    errors: Sequence[Mapping[str, Any]] = ()
    next_token: str | None = None
    total: int | None = None


@dataclass(slots=True)
class Ledger:
    """What is charged: the meter, the prices, and what was paid for today already."""

    meter: Meter
    prices: Prices
    posts: Paid
    users: Paid = field(init=False)

    def __post_init__(self) -> None:
        self.users = Paid(self.posts.clock)

    def charge(self, posts: Sequence[Any] = (), users: Sequence[Any] = (), besides: float = 0.0) -> None:
        """Book what an answer brought."""
        money = self.posts.add(_ids(posts)) * self.prices.post + self.users.add(_ids(users)) * self.prices.user + besides
        self.meter.add(0, money)


class Platform:
    """X's four questions that we ask; every failure is a ``CollectFailed``, every request is booked."""

    def __init__(self, name: str, base_url: str, token: Secret, names: Names, ledger: Ledger, clock: Callable[[], datetime]):
        self.name = name
        self.names = names
        self.ledger = ledger
        self.token = token
        # tweepy prints what it is given as a token into its log; the real one goes into Web's headers only.
        self.client = Client("unknown-to-tweepy", return_type=dict, wait_on_rate_limit=False)
        headers = {"authorization": f"Bearer {token.reveal()}", "user-agent": self.client.user_agent}
        self.web = Web(name, base_url, ledger.meter, headers, [token], clock)
        self.client.session.mount(_TWEEPY_HOST, _Bridge(self.web, names))

    def search(self, query: str, since: datetime, until: datetime | None = None, token: str | None = None) -> Found:
        """Return one page of posts of the last seven days, newest first."""
        answer = self._asked(
            self.client.search_recent_tweets,
            query=query,
            start_time=since,
            end_time=until,
            next_token=token,
            max_results=PER_PAGE,
            sort_order="recency",
            **self._fields(),
        )
        return self._booked(answer, self.ledger.prices.search)

    def count(self, query: str, since: datetime) -> int | None:
        """Return how many posts there are since then; None if X does not say it in one answer."""
        answer = self._asked(self.client.get_recent_tweets_count, query=query, start_time=since, granularity="minute")
        found = self._booked({**answer, "data": None}, self.ledger.prices.counts)
        return None if found.next_token else found.total

    def posts(self, natives: Sequence[str]) -> Found:
        """Look at up to ``PER_LOOKUP`` posts again."""
        return self._booked(self._asked(self.client.get_tweets, ids=list(natives), **self._fields()))

    def users(self, natives: Sequence[str]) -> Found:
        """Read up to ``PER_LOOKUP`` accounts."""
        answer = self._asked(self.client.get_users, ids=list(natives), user_fields=_USER_FIELDS)
        return self._booked({"includes": {"users": answer.get("data")}, "errors": answer.get("errors")})

    def _fields(self) -> dict[str, Any]:
        expansions = list(_EXPANSIONS[self.names])
        fields = {"tweet_fields": [name for names in _FIELDS[self.names] for name in names]}
        return {**fields, "expansions": expansions, "user_fields": _USER_FIELDS} if expansions else fields

    def _asked(self, ask: Callable[..., Any], **params: Any) -> dict[str, Any]:
        if not (self.token.reveal().isascii() and self.token.reveal().isprintable()):
            raise AuthFailed(self.name, "the bearer token holds characters that no token has")
        try:
            answer = ask(**params)
        except requests.JSONDecodeError:
            raise Unavailable(self.name, "the answer is not JSON") from None
        except (requests.RequestException, RecursionError, UnicodeError) as error:
            raise Unavailable(self.name, f"the answer cannot be read ({type(error).__name__})") from None
        if not isinstance(answer, dict):
            raise Unavailable(self.name, "the answer is not an object")
        self._raise_if_failed(answer)
        return answer

    def _raise_if_failed(self, answer: Mapping[str, Any]) -> None:
        """An answer with status 200 may hold nothing but the reason why there is none."""
        errors = _dicts(answer.get("errors"))
        if errors and not answer.get("data") and not answer.get("meta") and not any(about(error) for error in errors):
            raise _failure_in(errors[0], self.web)
        if "data" not in answer and "meta" not in answer and not errors:
            raise Unavailable(self.name, "the answer has neither posts nor errors")

    def _booked(self, answer: Mapping[str, Any], besides: float = 0.0) -> Found:
        brought, listed = answer.get("includes"), answer.get("data")
        meta = answer.get("meta") if isinstance(answer.get("meta"), dict) else None
        includes = brought if isinstance(brought, dict) else {}
        posts = listed if isinstance(listed, list) else []
        users = _dicts(includes.get("users"))
        along = [one for name in ("tweets", "posts") for one in _dicts(includes.get(name))]
        self.ledger.charge([*posts, *along], users, besides)
        token, total = ((meta or {}).get("next_token"), _total(meta or {}))
        return Found(posts, users, _dicts(answer.get("errors")), token if isinstance(token, str) and token else None, total)


class _Bridge(BaseAdapter):
    """Stands where tweepy believes its host: hands each request to ``Web`` and turns refusals into our errors."""

    def __init__(self, web: Web, names: Names):
        super().__init__()
        self.web = web
        self.names = names

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        answer = self.web.ask(parts.path, {self._named(name): value for name, value in parse_qsl(parts.query)})
        if answer.status != 200:
            raise self._refused(answer)
        response = requests.Response()
        response.status_code, response.request, response.url = answer.status, request, str(request.url)
        response.raw = BytesIO(answer.body)
        response.encoding = "utf-8"
        return response

    def close(self) -> None:
        """Nothing is kept open here."""

    def _named(self, parameter: str) -> str:
        return f"{self.names}.fields" if parameter == "tweet.fields" else parameter

    def _refused(self, answer: Answer) -> CollectFailed:
        error = self.web.refused(_with_reset(answer, self.web.clock().timestamp()))
        if answer.status in (400, 404):
            return Refused(self.web.source, str(error).removeprefix(f"{self.web.source}: "))
        if b"/usage-capped" in answer.body[:4000]:
            return BudgetSpent(self.web.source, str(error).removeprefix(f"{self.web.source}: "))
        return error


def about(error: Mapping[str, Any]) -> str | None:
    """Return the id (or handle) of the single resource that ``error`` is about; None if it is about the whole request."""
    found = error.get("resource_id") or error.get("value")
    return str(found) if found else None


def kind_of(error: Mapping[str, Any]) -> str:
    """Return the last word of a problem's type, such as ``resource-not-found``; X's hosts differ before it."""
    return str(error.get("type") or "").rstrip("/").rsplit("/", 1)[-1]


def _failure_in(error: Mapping[str, Any], web: Web) -> CollectFailed:
    """Return the error that a problem in an answer with status 200 stands for."""
    why = web.told(f"the answer holds an error: {error.get('title') or error.get('message')} {error.get('detail') or ''}")
    match kind_of(error):
        case "usage-capped":
            return BudgetSpent(web.source, why)
        case "rate-limit-exceeded":
            return RateLimited(web.source, why, retry_after=WAIT_UNTOLD)
        case "client-forbidden" | "unsupported-authentication" | "oauth1-permissions":
            return AuthFailed(web.source, why)
    return Unavailable(web.source, why)


def _with_reset(answer: Answer, now: float) -> Answer:
    """X tells with ``x-rate-limit-reset`` (Unix time) rather than Retry-After when to come again."""
    reset = answer.headers.get("x-rate-limit-reset", "")
    if "retry-after" in answer.headers or not reset.isdigit() or len(reset) > 12:
        return answer
    return Answer(answer.status, {**answer.headers, "retry-after": str(max(int(reset) - int(now), 1))}, answer.body)


def _total(meta: Mapping[str, Any]) -> int | None:
    total = next((meta[name] for name in ("total_tweet_count", "total_post_count") if name in meta), None)
    return total if isinstance(total, int) else None


def _ids(found: Sequence[Any]) -> list[str]:
    return [str(one["id"]) for one in found if isinstance(one, dict) and one.get("id")]


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
