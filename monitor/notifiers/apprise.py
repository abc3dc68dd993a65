"""Kind "apprise": a bridge to the services that Apprise knows (Teams, Discord, Telegram, PagerDuty ...), one address each."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from apprise import Apprise as Library
from apprise import AppriseAsset, AppriseResultStatus, NotifyType, OverflowMode
from apprise.plugins import NotifyBase

from monitor.decode import Secret
from monitor.domain import Message, Severity
from monitor.errors import DeliveryFailed
from monitor.notifiers import posting
from monitor.notifiers.layout import tone
from monitor.plain import clean

_TYPES = {"critical": NotifyType.FAILURE, "high": NotifyType.WARNING, "resolved": NotifyType.SUCCESS, "health": NotifyType.WARNING}
_LONGEST = 1_000_000
_SAID = {
    AppriseResultStatus.TIMEOUT: "no answer in time",
    AppriseResultStatus.PARTIAL: "only some of its targets took it",
    AppriseResultStatus.FAILURE: "did not take it",
    AppriseResultStatus.NOMATCH: "there is nobody to tell",
}


@dataclass(frozen=True, slots=True)
class Options:
    """``urls``: addresses as Apprise writes them (``discord://id/token``), all of them secrets; each has a row of its own in the outbox."""

    urls: tuple[Secret, ...]
    timeout: timedelta = timedelta(seconds=20)

    def __post_init__(self) -> None:
        if not self.urls:
            raise ValueError("urls must name at least one address")
        wrong = [secret.name or str(place) for place, secret in enumerate(self.urls, 1) if _service(secret) is None]
        if wrong:
            raise ValueError(f"urls must be addresses that Apprise knows; not so: {', '.join(wrong)}")


class Apprise:
    """Sends to all of ``options.urls``; ``channels`` gives one notifier for each, so that a failure of one repeats no other."""

    def __init__(self, options: Options):
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it writes addresses, which are secrets
        self.options = options

    def __repr__(self) -> str:
        return f"Apprise({', '.join(_names(self.options))})"

    def channels(self) -> Mapping[str, Apprise]:
        """One notifier for each address, by the environment variable that holds it."""
        urls = zip(_names(self.options), self.options.urls, strict=True)
        return {name: Apprise(replace(self.options, urls=(url,))) for name, url in urls}

    def send(self, message: Message, previous: str | None = None) -> None:
        """Send ``message``, split by Apprise where a service takes less.

        Raises ``DeliveryFailed``, never permanent: Apprise does not tell why a service said no.
        """
        library = Library(asset=AppriseAsset(storage_mode="memory"))
        for url in self.options.urls:
            if (service := _service(url)) is not None:
                library.add(service)
        text = "\n".join(posting.texts(message, 60, _LONGEST)) or "-"
        title = posting.harmless(clean(message.subject, 200))
        kind = _TYPES.get(tone(message), NotifyType.INFO if message.severity is not Severity.CRITICAL else NotifyType.FAILURE)
        try:
            with_answer = library.notify(text, title, kind, body_format="text", timeout=self.options.timeout.total_seconds())
        except Exception as error:  # a bridge to 170 services raises whatever they raise
            raise DeliveryFailed(f"apprise: {type(error).__name__}") from None
        if with_answer.status is not AppriseResultStatus.SUCCESS:
            names = ", ".join(sorted({clean(str(result.name), 60) for result in with_answer.results}))
            raise DeliveryFailed(f"apprise: {names or 'no service'}: {_SAID.get(with_answer.status, 'did not take it')}")


def _service(url: Secret) -> NotifyBase | None:
    """Return Apprise's plug-in for an address, set to split what is too long, never to repeat; None where it knows none."""
    found = Library.instantiate(url.reveal(), asset=AppriseAsset(storage_mode="memory"), suppress_exceptions=True)
    if not isinstance(found, NotifyBase):
        return None
    found.overflow_mode = OverflowMode.SPLIT
    return found


def _names(options: Options) -> list[str]:
    return [secret.name or f"url{place}" for place, secret in enumerate(options.urls, 1)]
