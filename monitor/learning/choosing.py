"""Which posts staff are asked about: those where the model is unsure and that many saw, and a few by lot.

Every twentieth mention, by a number made from its key, belongs to the lot: it is asked about in the order of that number and never for
being uncertain. So the labelled ones of the lot are a fair sample of all posts, and figures on them hold for all.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.domain import Exposure, Judged

LOT = 20
PER_LIKE = 40
"""So many people see a post for each like, reply or share, where no views are shown (as in choosing quotations)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A mention that nobody has labelled, and how widely its post was seen."""

    judged: Judged
    exposure: Exposure

    @property
    def people(self) -> int:
        """Who may have seen it, roughly."""
        seen = self.exposure
        counts = (seen.likes, seen.replies, seen.shares)
        return max(seen.views or 0, PER_LIKE * sum(count or 0 for count in counts), (seen.followers or 0) // 10)

    @property
    def number(self) -> int:
        """Its place in the lot."""
        return lot_number(self.judged.post.id, self.judged.mention.watch)


def lot_number(post_id: str, watch: str) -> int:
    """A number that says nothing about the post: 64 bits of a hash of its key."""
    return int.from_bytes(hashlib.sha256(f"{post_id}\n{watch}".encode("utf-8", "surrogatepass")).digest()[:8], "big")


def in_lot(post_id: str, watch: str) -> bool:
    """Return whether a mention is asked about by lot only."""
    return lot_number(post_id, watch) % LOT == 0


def uncertainty(judged: Judged) -> float:
    """0 (sure) to 1: entropy in bits of the complaint, or half of what the topic of a likely complaint leaves open."""
    p = min(max(judged.labels.complaint, 1e-9), 1 - 1e-9)
    entropy = -p * math.log2(p) - (1 - p) * math.log2(1 - p)
    topic = 1 - max(judged.labels.topic_scores.values(), default=1.0)
    return max(entropy, 0.5 * p * topic)


def urgency(asked: Asked) -> float:
    """Uncertainty times the order of magnitude of the people reached: what an answer is worth."""
    return uncertainty(asked.judged) * (1 + math.log10(1 + asked.people))


def chosen(pool: Iterable[Asked], count: int, share: int = 20) -> list[Asked]:
    """Return at most ``count``, the most urgent first, ``share`` per cent of them by lot; the same words about one watch once."""
    distinct: dict[tuple[str, str], Asked] = {}
    for one in sorted(pool, key=lambda one: (one.judged.post.created_at, one.judged.post.id, one.judged.mention.watch)):
        distinct.setdefault((" ".join(one.judged.post.text.split()), one.judged.mention.watch), one)
    drawn = sorted((one for one in distinct.values() if one.number % LOT == 0), key=lambda one: one.number)
    urgent = sorted((one for one in distinct.values() if one.number % LOT), key=lambda one: (-urgency(one), one.number))
    return _mixed(urgent, drawn if share else [], count, share)


def _mixed(urgent: Sequence[Asked], drawn: Sequence[Asked], count: int, share: int) -> list[Asked]:
    """Deal from both, so that at each place ``share`` per cent were by lot; when one is used up, from the other."""
    found: list[Asked] = []
    first, second = list(reversed(urgent)), list(reversed(drawn))
    while len(found) < count and (first or second):
        lot_is_due = share * (len(found) + 1) // 100 > len(drawn) - len(second)
        found.append(second.pop() if second and (lot_is_due or not first) else first.pop())
    return found
