"""One server of Mastodon and the four questions that it is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from monitor.collectors.mastodon.statuses import Reader
from monitor.collectors.metering import Meter
from monitor.collectors.web import Answer, Web
from monitor.decode import Secret
from monitor.errors import CollectFailed, Unavailable


@dataclass(frozen=True)
class Instance:
    """A server; ``home`` is the one that is asked also for what it knows from others. All questions raise ``CollectFailed``."""

    web: Web
    reader: Reader
    home: bool

    def question(self, words: Sequence[str]) -> str:
        """Name what is asked here, as the mark of its answer is called."""
        return f"{self.reader.host} {' '.join(words)}"

    def tagged(self, tags: Sequence[str], after: int, limit: int) -> list[dict[str, Any]]:
        """Return the first statuses with any of ``tags`` whose number is greater than ``after``."""
        asked = {"any[]": list(tags[1:]), "limit": limit, "local": "false" if self.home else "true", "min_id": after}
        return self._listed(self.web.ask(f"/api/v1/timelines/tag/{quote(tags[0], safe='')}", asked))

    def found(self, term: str, after: int, before: int | None, limit: int) -> list[dict[str, Any]]:
        """Return the last statuses with the words of ``term`` whose numbers lie between ``after`` and ``before``."""
        asked = {"q": '"' + term.replace('"', " ") + '"', "type": "statuses", "limit": limit, "min_id": after}
        return self._listed(self.web.ask("/api/v2/search", asked if before is None else {**asked, "max_id": before}), "statuses")

    def statuses(self, numbers: Sequence[str]) -> list[dict[str, Any]]:
        """Return those that still exist: all at once, or one by one where the server is older than 4.3."""
        answer = self.web.ask("/api/v1/statuses", {"id[]": list(numbers)})
        if answer.status not in (404, 405):
            return self._listed(answer)
        found = []
        for number in numbers:
            answer = self.web.ask(f"/api/v1/statuses/{number}")
            if answer.status == 200:
                found.append(self.web.read(answer))
            elif answer.status not in (404, 410):
                raise self._refused(answer)
        return [status for status in found if isinstance(status, dict)]

    def _listed(self, answer: Answer, name: str | None = None) -> list[dict[str, Any]]:
        """Return the statuses of an answer (called ``name`` in it)."""
        if answer.status != 200:
            raise self._refused(answer)
        found = self.web.read(answer)
        several = found.get(name) if name and isinstance(found, dict) else found
        if not isinstance(several, list) or (several and not any(isinstance(status, dict) for status in several)):
            said = str(found.get("error", "")) if isinstance(found, dict) else ""
            raise Unavailable(self.web.source, self.web.told(f"the answer has no statuses {said}".strip()))
        return [status for status in several if isinstance(status, dict)]

    def _refused(self, answer: Answer) -> CollectFailed:
        """Return the error of an answer; Mastodon tells in its own header when a 429 ends, and by 422 that it wants a token."""
        if answer.status == 422 and b"authenticated" in answer.body:
            answer = replace(answer, status=401)
        if answer.status == 429 and "retry-after" not in answer.headers:
            wait = _until(answer.headers.get("x-ratelimit-reset", ""), self.web.clock())
            answer = replace(answer, headers=answer.headers if wait is None else {**answer.headers, "retry-after": str(wait)})
        return self.web.refused(answer)


def instances(name: str, urls: Sequence[str], token: Secret | None, meter: Meter, clock: Callable[[], datetime]) -> list[Instance]:
    """Return the servers at ``urls``: the first with the token, the others without."""
    plain = list(dict.fromkeys(url.rstrip("/") for url in urls))
    hosts = frozenset(urlsplit(url).netloc for url in plain)
    made = []
    for url in plain:
        ours = token if token is not None and url == plain[0] else None
        headers = {"authorization": f"Bearer {ours.reveal()}"} if ours else {}
        web = Web(name, url, meter, headers, [ours] if ours else [], clock)
        made.append(Instance(web, Reader(urlsplit(url).netloc, hosts), url == plain[0]))
    return made


def _until(stated: str, now: datetime) -> float | None:
    """Return the seconds until a time in ISO format."""
    try:
        return max((datetime.fromisoformat(stated) - now).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None
