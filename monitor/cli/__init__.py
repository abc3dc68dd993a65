"""The verbs. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration."""

from __future__ import annotations

import sys

import click

from monitor import __version__
from monitor.cli import analysing, incidents, learning, routing, running, setting_up, telling, tending
from monitor.cli.desk import fail, show_what_can_be_shown
from monitor.errors import MonitorError

VERBS = (
    *running.VERBS,
    *setting_up.VERBS,
    *incidents.VERBS,
    *routing.VERBS,
    *telling.VERBS,
    *analysing.VERBS,
    *learning.VERBS,
    *tending.VERBS,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="monitor")
def cli() -> None:
    """Warn the service team of public complaints before thousands have seen them.

    Start with `monitor demo`; then `monitor init`, `monitor check`, `monitor run`.
    """


for verb in VERBS:
    cli.add_command(verb)


def main() -> None:
    """Run one verb; our own errors become one line on stderr, never a traceback."""
    show_what_can_be_shown()
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        code = 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone; nothing is left to say
        code = 0
    except MonitorError as error:
        code = fail(error)
    sys.exit(code if isinstance(code, int) else 0)
