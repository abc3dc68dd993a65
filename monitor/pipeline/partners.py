"""Which partners (companies that work for us) an incident's posts name."""

from __future__ import annotations

from functools import lru_cache

from monitor import alerting
from monitor.config.sections import Partner
from monitor.domain import Watch
from monitor.matching import Matcher
from monitor.store import Store

MOST_POSTS = 300
"""So many of the latest posts of an incident are read for it."""


def partners(store: Store, known: tuple[Partner, ...], incident_id: int) -> tuple[str, ...]:
    """Return the partners that an incident is about, most often named first; reads nothing where no partner is configured."""
    if not known:
        return ()
    found = [{mention.watch for mention in _matcher(known).mentions(post)} for post in store.posts.latest(incident_id, MOST_POSTS)]
    least = {partner.name: partner.share for partner in known}
    named = {name: set(alerting.partners_named(found, least[name])) for name in least}
    often = alerting.partners_named(found, 0)
    return tuple(name for name in often if name in named[name])


@lru_cache(maxsize=4)
def _matcher(known: tuple[Partner, ...]) -> Matcher:
    return Matcher([Watch(one.name, (one.name, *one.any), one.none, variants=True) for one in known])
