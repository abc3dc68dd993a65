"""Who wrote the posts that are kept: an account costs twice a post, so each is read as rarely as will do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from monitor.collectors.reading import MALFORMED
from monitor.collectors.x.platform import PER_LOOKUP, Platform
from monitor.collectors.x.records import read_author
from monitor.domain import Author

MOST = 50_000


class Authors:
    """Accounts by id, remembered for ``lasting``; those that X no longer shows (suspended, deleted) are remembered as unknown."""

    def __init__(self, platform: Platform, lasting: timedelta):
        self.platform = platform
        self.lasting = lasting
        self._known: dict[str, tuple[datetime, Author | None]] = {}

    def learn(self, users: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Remember accounts that came along with an answer."""
        for author in _read(users):
            self._known.pop(author.id, None)
            self._known[author.id] = (now, author)
        for oldest in list(self._known)[: max(len(self._known) - MOST, 0)]:
            del self._known[oldest]

    def of(self, ids: Sequence[str], now: datetime) -> list[Author]:
        """Return the accounts with these ids as far as X shows them; asks only for those not read lately. Raises ``CollectFailed``."""
        unread = [one for one in ids if one not in self._known or now - self._known[one][0] >= self.lasting]
        asked = list(dict.fromkeys(unread))
        for start in range(0, len(asked), PER_LOOKUP):
            some = asked[start : start + PER_LOOKUP]
            found = self.platform.users([one.removeprefix("x:") for one in some])
            self._known.update((one, (now, None)) for one in some)
            self.learn(found.users, now)
        known = (self._known.get(one) for one in dict.fromkeys(ids))
        return [entry[1] for entry in known if entry is not None and entry[1] is not None]


def _read(users: Sequence[Mapping[str, Any]]) -> Iterator[Author]:
    for user in users:
        try:
            yield read_author(user)
        except MALFORMED:
            continue
