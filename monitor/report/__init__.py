"""The weekly report: gathered from the store, written as a page with plots and as a message, sent on Monday morning."""

from __future__ import annotations

from monitor.report.gathering import monday_of, week
from monitor.report.page import document, page, plot
from monitor.report.sending import send, send_if_due

__all__ = ["document", "monday_of", "page", "plot", "send", "send_if_due", "week"]
