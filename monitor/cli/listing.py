"""Groups of verbs that list by default, and the brief of an incident on a terminal."""

from __future__ import annotations

from typing import Any

import click

from monitor import messages
from monitor.cli.desk import Desk, now
from monitor.domain import Answer, Brief
from monitor.plain import wrap

WIDTH = 100


class ListsByDefault(click.Group):
    """A group whose plain name, with or without options, means its ``list``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``list`` in front where no verb is named."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def show_brief(desk: Desk, answered: Brief | None) -> None:
    """Print the five questions with their answers, and the stage of the cost."""
    if answered is None:
        return
    for answer in _answers(desk, answered):
        click.echo()
        click.echo(answer.question)
        for line in answer.lines:
            for part in wrap(line, WIDTH, "  ", "  "):
                click.echo(part)
        for quote in answer.quotes:
            for part in wrap(f"{quote.text} ({quote.source})", WIDTH, "  │ ", "  │ "):
                click.echo(part)


def brief_line(desk: Desk, answered: Brief) -> dict[str, Any]:
    """A brief as a JSON line: the five questions, and the stage of the cost with its number."""
    *questions, stage = _answers(desk, answered)
    return {
        "type": "brief",
        "questions": [_answer_line(answer) for answer in questions],
        "stage": {"number": answered.stage.value, **_answer_line(stage)},
    }


def _answers(desk: Desk, answered: Brief) -> tuple[Answer, ...]:
    return messages.answered(answered, desk.settings.monitor.language, desk.settings.zone, now())


def _answer_line(answer: Answer) -> dict[str, Any]:
    quotes = [{"text": quote.text, "source": quote.source, "url": quote.url} for quote in answer.quotes]
    return {"question": answer.question, "lines": list(answer.lines), "quotes": quotes}
