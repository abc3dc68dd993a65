"""What a view for analysts is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """One view: its SELECT, one sentence on what a row is, each column's meaning in order, and a question it answers."""

    sql: str
    description: str
    columns: dict[str, str]
    question: str
    example: str
