"""Asking Slack's Web API: one call, its answer, or our error without secrets. Never retries: that is the outbox's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from monitor.decode import Secret
from monitor.errors import DeliveryFailed
from monitor.plain import clean
from monitor.waiting import retry_after

HOME = "https://slack.com/api/"

# https://docs.slack.dev/reference/methods/chat.postMessage#errors: what no repetition will mend until a person acts.
FOR_GOOD = frozenset(
    (
        "access_denied",
        "account_inactive",
        "app_missing_action_url",
        "as_user_not_supported",
        "channel_not_found",
        "channel_type_not_supported",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_args",
        "invalid_arguments",
        "invalid_auth",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "is_archived",
        "message_limit_exceeded",
        "messages_tab_disabled",
        "method_deprecated",
        "missing_post_type",
        "missing_scope",
        "no_permission",
        "no_text",
        "not_allowed_token_type",
        "not_authed",
        "not_in_channel",
        "org_login_required",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
        "slack_connect_blocked_file_type",
        "slack_connect_canvas_sharing_blocked",
        "slack_connect_file_link_sharing_blocked",
        "team_access_not_granted",
        "team_not_found",
        "token_expired",
        "token_revoked",
        "too_many_attachments",
        "two_factor_setup_required",
        "unknown_method",
        "user_is_bot",
        "user_not_found",
    )
)
TOO_LONG = frozenset(
    (
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
        "too_many_blocks",
    )
)
"""Slack does not like how a message is drawn: it is sent shorter."""
GONE = frozenset(
    (
        "cant_update_message",
        "edit_window_closed",
        "is_inactive",
        "message_not_found",
        "thread_not_found",
    )
)
"""What stood there was deleted, or may not be changed any more: a new message takes its place."""


class Refused(DeliveryFailed):
    """Slack said no; ``code`` is its word for why."""

    def __init__(self, code: str, why: str, *, permanent: bool = False, retry_after: float | None = None):
        self.code = code
        super().__init__(why, permanent=permanent, retry_after=retry_after)


def quiet() -> logging.Logger:
    """Return a logger for Slack's library that keeps to itself what the library would tell of requests and answers."""
    logger = logging.getLogger("monitor.notifiers.slack.library")
    logger.setLevel(logging.CRITICAL + 1)
    return logger


def client(token: Secret | None, base_url: str, timeout: timedelta) -> WebClient:
    """Return Slack's own client, without its retries."""
    base = base_url.rstrip("/") + "/"
    seconds = max(int(timeout.total_seconds()), 1)
    return WebClient(token.reveal() if token else None, base_url=base, timeout=seconds, retry_handlers=[], logger=quiet())


def ask(method: Callable[..., SlackResponse], **arguments: Any) -> SlackResponse:
    """Call ``method`` of a client. Raises ``Refused`` for Slack's no, ``DeliveryFailed`` when it cannot be reached."""
    name = getattr(method, "__name__", "").replace("_", ".", 1)
    secret = getattr(getattr(method, "__self__", None), "token", None)
    try:
        return method(**arguments)
    except SlackApiError as error:
        raise _refused(name, error, secret) from None
    except (SlackClientError, OSError, HTTPException, ValueError) as error:
        raise DeliveryFailed(_safe(f"slack: {name}: {type(error).__name__}: {error}", secret)) from None


def waits(headers: Mapping[str, Any]) -> float | None:
    """Return the seconds that Slack asks us to wait; its library leaves the headers' names as the server wrote them."""
    stated = next((str(value) for key, value in headers.items() if key.lower() == "retry-after"), None)
    return retry_after(stated, datetime.now(UTC))


def _refused(name: str, error: SlackApiError, secret: str | None) -> Refused:
    response = error.response
    said = response.data if isinstance(getattr(response, "data", None), dict) else {}
    code = clean(str(said.get("error") or "no reason given"), 120)
    status = getattr(response, "status_code", 200)
    if status == 429:
        code = "ratelimited"
    if status >= 500:
        code = f"{status} {code}"
    why = f"slack: {name}: {code}"
    if needed := said.get("needed"):
        why += f" (needs the scope {clean(str(needed), 100)})"
    metadata = said.get("response_metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("messages"), list):
        why += ": " + clean("; ".join(map(str, metadata["messages"])), 200)
    return Refused(code, _safe(why, secret), permanent=code in FOR_GOOD, retry_after=waits(getattr(response, "headers", None) or {}))


def _safe(text: str, secret: str | None) -> str:
    return clean(text.replace(secret, "***") if secret else text, 500)
