"""The YouTube Data API, version 3, over plain HTTP: lists page by page, and its own words for what went wrong.

Not google-api-python-client: it puts the key into every address (where logs find it), parses a description of the whole service at the
start, and retries and times out in ways of its own. What is needed here are four lists.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from monitor.collectors.metering import Meter
from monitor.collectors.web import WAIT_UNTOLD, Answer, Web
from monitor.decode import Secret
from monitor.errors import AuthFailed, BudgetSpent, RateLimited, Unavailable
from monitor.waiting import retry_after

DAY_SPENT = frozenset(("quotaExceeded", "dailyLimitExceeded", "dailyLimitExceededUnreg"))
TOO_FAST = frozenset(("rateLimitExceeded", "userRateLimitExceeded", "servingLimitExceeded", "RATE_LIMIT_EXCEEDED"))
KEY_REFUSED = frozenset(("keyInvalid", "keyExpired", "API_KEY_INVALID", "accessNotConfigured", "SERVICE_DISABLED", "ipRefererBlocked"))
NOT_SHOWN = frozenset(("commentsDisabled", "forbidden", "videoNotFound", "channelNotFound", "commentNotFound", "commentThreadNotFound"))


class NotShown(Exception):
    """One video, channel or comment is not shown (any more); all else is fine. The text is YouTube's word for why."""


class StaleToken(Exception):
    """The token of a following page is no longer known."""


class Api:
    """Asks with the key in a header."""

    def __init__(self, name: str, base_url: str, key: Secret, meter: Meter | None, clock: Callable[[], datetime]):
        self.web = Web(name, base_url, meter, {"x-goog-api-key": key.reveal()}, (key,), clock)
        self.source = name

    def listed(self, path: str, params: Mapping[str, Any], before: Callable[[], None] = lambda: None) -> Iterator[list[Any]]:
        """Yield a list page by page, after calling ``before`` for each; begins anew, once, when the token of a page has expired."""
        token, again = None, False
        while True:
            before()
            try:
                found = self.ask(path, {**params, **({"pageToken": token} if token else {})})
            except StaleToken:
                if again or token is None:
                    raise Unavailable(self.source, "the tokens of following pages expire at once") from None
                token, again = None, True
                continue
            yield found["items"]
            token = found.get("nextPageToken")
            if not isinstance(token, str) or not token:
                return

    def ask(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return one page; raises ``CollectFailed``, ``NotShown`` or ``StaleToken``."""
        answer = self.web.ask(path, params)
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            found = None
        if answer.status != 200 or (isinstance(found, dict) and "error" in found):
            raise self._refused(answer, found, path.startswith("/comment"), "pageToken" in params)
        if isinstance(found, dict) and "items" not in found and "id" not in params and str(found.get("kind")).startswith("youtube#"):
            found["items"] = []  # some lists leave it out when there is nothing; of what was asked for by id that would say: all deleted
        if not isinstance(found, dict) or not isinstance(found.get("items"), list):
            raise Unavailable(self.source, "the answer is not JSON with a list")
        return found

    def _refused(self, answer: Answer, found: Any, comments: bool, following: bool) -> Exception:
        """Return the error that YouTube's word stands for; ``NotShown`` for comments only, ``StaleToken`` for following pages only."""
        reasons, message = _reasons(found)
        why = self.web.told(" ".join([*reasons, message])) or f"HTTP {answer.status}"
        said = set(reasons)
        if said & DAY_SPENT:
            return BudgetSpent(self.source, f"the day's quota is used up, until midnight in California ({why})")
        if said & TOO_FAST:
            wait = retry_after(answer.headers.get("retry-after"), self.web.clock())
            return RateLimited(self.source, why, retry_after=WAIT_UNTOLD if wait is None else wait)
        if said & KEY_REFUSED:
            return AuthFailed(self.source, why)
        if following and "invalidPageToken" in said:
            return StaleToken(why)
        if comments and said & NOT_SHOWN:
            return NotShown(why)
        return self.web.refused(answer, why if reasons else None)


def _reasons(found: Any) -> tuple[list[str], str]:
    """Return YouTube's short words for an error, and its sentence."""
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict):
        return [], ""
    told = [one for name in ("errors", "details") for one in (error.get(name) or ()) if isinstance(one, dict)]
    return [str(one["reason"]) for one in told if one.get("reason")], str(error.get("message") or "")
