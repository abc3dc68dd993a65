"""Pictures at Slack: uploaded once (files.getUploadURLExternal, the bytes, files.completeUploadExternal), then shown by their id."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from slack_sdk import WebClient

from monitor.errors import DeliveryFailed
from monitor.notifiers.slack.asking import ask
from monitor.notifiers.slack.kit import cut

_REMEMBERED = 200


class Pictures:
    """Uploads pictures; remembers, while it lives, which it has uploaded."""

    def __init__(self, client: WebClient):
        self._client = client
        self._ids: OrderedDict[str, str] = OrderedDict()

    def known(self, picture: bytes | None) -> str | None:
        """Return the id under which Slack has ``picture`` already."""
        return self._ids.get(_digest(picture)) if picture else None

    def upload(self, picture: bytes, title: str) -> str | None:
        """Return the id under which Slack has ``picture`` now, or None where it does not take it (no scope, no room, no answer)."""
        if known := self.known(picture):
            return known
        try:
            answer = ask(self._client.files_upload_v2, content=picture, filename="reach.png", title=cut(title, 200) or "reach")
        except DeliveryFailed:
            return None
        files = answer.get("files") or []
        file_id = files[0].get("id") if files and isinstance(files[0], dict) else None
        if not isinstance(file_id, str) or not file_id:
            return None
        self._ids[_digest(picture)] = file_id
        while len(self._ids) > _REMEMBERED:
            self._ids.popitem(last=False)
        return file_id


def _digest(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()
