"""What staff do about incidents: ``act`` is the one entry for buttons, links and verbs; the rest are single moves.

Each is one short transaction, so it may be done beside a running daemon; the daemon notices changed incidents at its next tick.
"""

from monitor.actions.acting import Outcome, act
from monitor.actions.moves import acknowledge, add, assign, confirm, dismiss, forget, merge, reopen, resolve, silence, split

__all__ = [
    "Outcome",
    "acknowledge",
    "act",
    "add",
    "assign",
    "confirm",
    "dismiss",
    "forget",
    "merge",
    "reopen",
    "resolve",
    "silence",
    "split",
]
