"""Judge again what was judged before, with another model: batch by batch, so that it may be stopped at any time and goes on from there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from monitor.classifiers import Classifier
from monitor.domain import Classification, Passage
from monitor.store import Store

BATCH = 256
"""Mentions judged between two writes: what an interruption loses at most."""


def classify_again(
    store: Store, classifier: Classifier, since: datetime | None, now: datetime, judged: Callable[[int], None] = lambda count: None
) -> int:
    """Give every mention written since then the verdict of ``classifier``, latest first; return how many have it now that had not.

    Incidents keep their posts: staff know them by these.
    """
    done = 0
    for batch in store.rejudging.batches(classifier.model, since, BATCH):
        verdicts = classifier.classify([Passage(post.text, mention.spans, post.language) for post, mention in batch])
        rows = [
            (post, Classification(mention.post_id, mention.watch, classifier.model, labels))
            for (post, mention), labels in zip(batch, verdicts, strict=True)
        ]
        done += store.rejudging.put(rows, now)
        judged(len(batch))
    return done
