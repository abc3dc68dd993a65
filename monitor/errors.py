"""The errors that may cross a room's border; anything else is a bug.

MonitorError
 + ConfigError(problems)            everything wrong with config.toml at once, each with its path in the file
 + CollectFailed(collector)         RateLimited | AuthFailed | Unavailable | BudgetSpent
 + ModelError                       file missing, checksum differs, labels differ from the card
 + DeliveryFailed(permanent)        a channel did not accept a message
 + StoreError                       NotFound | IllegalTransition | Busy

``permanent`` says that trying again is useless; ``retry_after`` (seconds) says when it is worth trying.
"""

from __future__ import annotations

from collections.abc import Sequence


class MonitorError(Exception):
    """Root of all errors that this program raises on purpose; its text is fit for a person's eyes."""

    permanent: bool = False
    retry_after: float | None = None


class ConfigError(MonitorError):
    """The configuration is wrong; ``problems`` lists every fault as ``path: what is wrong``."""

    permanent = True

    def __init__(self, problems: Sequence[str]):
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class CollectFailed(MonitorError):
    """A collector could not finish its pass."""

    def __init__(self, collector: str, why: str, *, retry_after: float | None = None):
        self.collector = collector
        self.retry_after = retry_after
        super().__init__(f"{collector}: {why}")


class RateLimited(CollectFailed):
    """The platform asks us to wait ``retry_after`` seconds."""


class AuthFailed(CollectFailed):
    """The platform refuses our credentials; a person has to act."""

    permanent = True


class Unavailable(CollectFailed):
    """The source cannot be reached or answers nonsense; the next pass tries again."""


class BudgetSpent(CollectFailed):
    """The request or money budget is used up until the next period."""


class ModelError(MonitorError):
    """A model cannot be used: a file is missing, its checksum or its labels differ from the card."""

    permanent = True


class DeliveryFailed(MonitorError):
    """A channel did not accept a message."""

    def __init__(self, why: str, *, permanent: bool = False, retry_after: float | None = None):
        self.permanent = permanent
        self.retry_after = retry_after
        super().__init__(why)


class StoreError(MonitorError):
    """The database cannot be used as asked."""


class NotFound(StoreError):
    """No such incident, notification, silence or view."""


class IllegalTransition(StoreError):
    """An incident cannot go from its present status to the one asked for."""


class Busy(StoreError):
    """Another run holds this database."""
