"""The nouns: frozen values shared by every room, and the rules of an incident's life.

All times are aware UTC and end in ``_at``; probabilities are in 0..1; ``None`` means "the platform does not say", never zero.

Each file holds the nouns of one subject and imports only those above it in the order that ``pyproject.toml`` fixes; the other rooms
import from here.
"""

from __future__ import annotations

from monitor.domain.assessments import Assessment, Emergence, Forecast, Interval, Reach
from monitor.domain.because import Because, Values
from monitor.domain.briefs import Brief, Stage, Voice, Words
from monitor.domain.decisions import NOTIFYING, Decision, Reason
from monitor.domain.incidents import LEGAL_MOVES, LIVE, Fingerprint, Incident, Kind, Member, Severity, Standing, Status
from monitor.domain.messages import Answer, Bar, Button, Fact, Message, Quote, Reply, Shown, Spread
from monitor.domain.notifications import Delivery, Notification, Silence, Subscriber, When
from monitor.domain.posts import Author, Engagement, Exposure, Gone, Mention, Post, Precision, Step, Watch
from monitor.domain.runs import Gap, Health, Pause, Run
from monitor.domain.scores import Fate, Look
from monitor.domain.signals import Signal
from monitor.domain.staff import BUTTONS, Action, Change, Response
from monitor.domain.verdicts import TOPICS, Classification, Correction, Judged, Labels, Passage, Sentiment

__all__ = [
    "BUTTONS",
    "LEGAL_MOVES",
    "LIVE",
    "NOTIFYING",
    "TOPICS",
    "Action",
    "Answer",
    "Assessment",
    "Author",
    "Bar",
    "Because",
    "Brief",
    "Button",
    "Change",
    "Classification",
    "Correction",
    "Decision",
    "Delivery",
    "Emergence",
    "Engagement",
    "Exposure",
    "Fact",
    "Fate",
    "Fingerprint",
    "Forecast",
    "Gap",
    "Gone",
    "Health",
    "Incident",
    "Interval",
    "Judged",
    "Kind",
    "Labels",
    "Look",
    "Member",
    "Mention",
    "Message",
    "Notification",
    "Passage",
    "Pause",
    "Post",
    "Precision",
    "Quote",
    "Reach",
    "Reason",
    "Reply",
    "Response",
    "Run",
    "Sentiment",
    "Severity",
    "Shown",
    "Signal",
    "Silence",
    "Spread",
    "Stage",
    "Standing",
    "Status",
    "Step",
    "Subscriber",
    "Values",
    "Voice",
    "Watch",
    "When",
    "Words",
]
