"""Alerts in Slack: one living message for each incident and channel (kind "slack"), or plain posts to a webhook ("slack_webhook").

``blocks`` draws a message in Block Kit, ``asking`` asks Slack's Web API and turns its refusals into our errors, ``bot`` and ``webhook``
are the two notifiers. Buttons and the slash command are answered in ``monitor.reception.slack``.
"""

from monitor.notifiers.slack.bot import Options, Slack
from monitor.notifiers.slack.webhook import SlackWebhook

__all__ = ["Options", "Slack", "SlackWebhook"]
