"""Who may press and command: members of our workspace and, if set, of its user groups; and not late."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient

from monitor.errors import DeliveryFailed
from monitor.notifiers.slack.asking import ask

FRESH = timedelta(minutes=5)
MEMBERS_FOR = timedelta(minutes=5)
STALE_FOR = timedelta(hours=1)


class Admission:
    """Answers with the key of the phrase that says why not, or None."""

    def __init__(self, client: WebClient, team: str, groups: Sequence[str], clock: Callable[[], datetime]):
        self._client = client
        self._team = team
        self._groups = tuple(groups)
        self._clock = clock
        self._members: dict[str, tuple[datetime, frozenset[str]]] = {}

    def refusal(self, body: Mapping[str, Any]) -> str | None:
        """Say why the sender of ``body`` may not, as the key of a phrase."""
        if not self._ours(body):
            return "chat.other_workspace"
        if self._late(body):
            return "chat.late"
        return self._grouped(sender(body)) if self._groups else None

    def _ours(self, body: Mapping[str, Any]) -> bool:
        """The request must come from our workspace, and its sender must belong there: shared channels have guests."""
        user = body.get("user")
        teams = {_id(body.get("team")) or body.get("team_id")} | (
            {user["team_id"]} if isinstance(user, dict) and user.get("team_id") else set()
        )
        return teams == {self._team}

    def _late(self, body: Mapping[str, Any]) -> bool:
        actions = body.get("actions")
        pressed = actions[0].get("action_ts") if isinstance(actions, list) and actions and isinstance(actions[0], dict) else None
        if pressed is None:
            return False
        try:
            age = self._clock().timestamp() - float(pressed)
        except (TypeError, ValueError):
            return True
        return not -FRESH.total_seconds() < age < FRESH.total_seconds()

    def _grouped(self, user: str) -> str | None:
        unknown = False
        for group in self._groups:
            members = self._of(group)
            unknown |= members is None
            if members and user in members:
                return None
        return "chat.unknown_group" if unknown else "chat.other_group"

    def _of(self, group: str) -> frozenset[str] | None:
        """Members of ``group``; for an hour as we knew them if Slack does not say; None if nothing is known."""
        now, (at, members) = self._clock(), self._members.get(group, (None, frozenset()))
        if at is not None and now - at < MEMBERS_FOR:
            return members
        try:
            members = frozenset(map(str, ask(self._client.usergroups_users_list, usergroup=group).get("users") or ()))
        except DeliveryFailed:
            return members if at is not None and now - at < STALE_FOR else None
        self._members[group] = (now, members)
        return members


def sender(body: Mapping[str, Any]) -> str:
    """The id of the person behind a request."""
    return str(_id(body.get("user")) or body.get("user_id") or "")


def _id(part: object) -> str | None:
    return str(part.get("id")) if isinstance(part, dict) and part.get("id") else None
