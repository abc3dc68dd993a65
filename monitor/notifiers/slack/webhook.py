"""Kind "slack_webhook": an incoming webhook. Nothing but one address to set up; no buttons, no threads, nothing changed afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException

from slack_sdk.errors import SlackClientError
from slack_sdk.webhook import WebhookClient, WebhookResponse

from monitor.decode import Secret
from monitor.domain import Message
from monitor.errors import DeliveryFailed
from monitor.notifiers import posting
from monitor.notifiers.slack import asking, blocks, kit
from monitor.notifiers.slack.kit import Block
from monitor.plain import clean

# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
_DRAWN_WRONG = ("invalid_payload", "invalid_blocks", "too_many_attachments", "no_text", "msg_too_long", "msg_blocks_too_long")


@dataclass(frozen=True, slots=True)
class Options:
    """``url``: the webhook's address, which is a secret: whoever has it may write to your channel."""

    url: Secret
    timeout: timedelta = timedelta(seconds=10)

    def __post_init__(self) -> None:
        if wrong := posting.unsafe(self.url.reveal()):
            raise ValueError(f"url {wrong}")


class SlackWebhook:
    """Posts each message anew."""

    def __init__(self, options: Options):
        self.options = options
        seconds = max(int(options.timeout.total_seconds()), 1)
        self._client = WebhookClient(options.url.reveal(), timeout=seconds, retry_handlers=[], logger=asking.quiet())

    def __repr__(self) -> str:
        return "SlackWebhook(***)"

    def send(self, message: Message, previous: str | None = None) -> None:
        """Post ``message``, in as many parts as it needs. Raises ``DeliveryFailed``: the client itself tells no refusal."""
        drawn = blocks.draw(message, buttons=False)
        pages = list(kit.pages([*drawn.living, *drawn.thread]))
        answer = self._say(pages[0], message)
        if answer.status_code == 400 and answer.body.startswith(_DRAWN_WRONG):
            answer = self._say(None, message)
        self._check(answer)
        for page in pages[1:]:
            self._check(self._say(page, message))

    def _say(self, drawn: list[Block] | None, message: Message) -> WebhookResponse:
        text = kit.fallback(message.subject) if drawn else kit.fallback("\n".join((message.subject, message.headline, *message.lines)))
        try:
            return self._client.send(text=text, blocks=drawn, unfurl_links=False, unfurl_media=False)
        except (SlackClientError, OSError, HTTPException, ValueError) as error:
            raise DeliveryFailed(self._safe(f"slack webhook: {type(error).__name__}: {error}")) from None

    def _check(self, answer: WebhookResponse) -> None:
        """Both the status and the body must say yes."""
        if answer.status_code == 200 and answer.body.strip() == "ok":
            return
        why = self._safe(f"slack webhook: {answer.status_code} {clean(answer.body, 200)}")
        permanent = 400 <= answer.status_code < 500 and answer.status_code not in (408, 429)
        raise DeliveryFailed(why, permanent=permanent, retry_after=asking.waits(answer.headers))

    def _safe(self, text: str) -> str:
        url = self.options.url.reveal()
        return clean(text.replace(url, "***").replace(url.rpartition("/")[2] or url, "***"), 500)
