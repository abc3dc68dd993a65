"""What all verbs share: the configuration they work with, the database, the reader's language, and how output looks."""

from __future__ import annotations

import functools
import io
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from monitor import config, decode, messages
from monitor.config import Settings
from monitor.errors import ConfigError, MonitorError
from monitor.plain import clean, columns, fit
from monitor.store import Store

F = TypeVar("F", bound=Callable[..., Any])

WRONG_USAGE = 2
ORIGIN = "cli"
"""Where those act from who type verbs, for the audit table."""
# JSON escapes the old control characters itself; these could still steer a terminal or turn the reading direction.
_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Desk:
    """The settings of this call, and where they came from."""

    settings: Settings
    config: Path | None

    @property
    def database(self) -> Path:
        """The database's path."""
        return Path(self.settings.monitor.database)

    def say(self, key: str, **values: object) -> None:
        """Print one phrase in the reader's language."""
        click.echo(self.phrase(key, **values))

    def phrase(self, key: str, **values: object) -> str:
        """Return one phrase in the reader's language."""
        return messages.say(key, self.settings.monitor.language, self.settings.zone, now(), **values)

    @contextmanager
    def store(self, must_exist: bool = True) -> Iterator[Store]:
        """Open the database; one that is only read or changed by staff must be there already."""
        if must_exist and not self.database.exists():
            raise MonitorError(self.phrase("error.no_database", path=str(self.database)))
        with Store.open(self.database) as store, store.coming_from(ORIGIN):
            yield store


def now() -> datetime:
    """The wall clock of the verbs, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def staff() -> str:
    """Who types, for the audit table."""
    return os.environ.get("MONITOR_USER") or os.environ.get("USER") or os.environ.get("USERNAME") or "staff"


def settled(must: bool = False) -> Callable[[F], F]:
    """Give a verb its ``Desk``: from --config, else ./config.toml, else the defaults; --database overrides the file's.

    ``must``: a configuration file is needed, defaults will not do.
    """

    def decorate(verb: F) -> F:
        @click.option("--config", "config_file", type=click.Path(path_type=Path), help="Configuration file (default: ./config.toml).")
        @click.option("--database", help="Database file, instead of the configured one.")
        @functools.wraps(verb)
        def with_desk(*args: Any, config_file: Path | None, database: str | None, **kwargs: Any) -> Any:
            return verb(desk(config_file, database, must), *args, **kwargs)

        return with_desk  # type: ignore[return-value]

    return decorate


def desk(config_file: Path | None, database: str | None, must: bool) -> Desk:
    """Load the settings of one call; raises ``ConfigError``."""
    here = Path("config.toml")
    chosen = config_file or (here if here.exists() and (must or database is None) else None)
    if chosen is None and must:
        raise ConfigError(["config.toml: no such file; `monitor init` writes one, --config FILE names another"])
    settings = config.load(chosen, os.environ) if chosen is not None else config.defaults()
    if database:
        settings = config.with_database(settings, database)
    return Desk(settings, chosen)


def span(text: str) -> timedelta:
    """Read a duration as a verb's option gives it: 30s, 5m, 4h, 2d."""
    try:
        return decode.duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def print_json(rows: Iterable[Mapping[str, Any]]) -> None:
    """JSON Lines on stdout, one object a line, as it comes; escaped where the stream is not UTF-8, so that nothing is lost."""
    escaped = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") != "utf8"
    for row in rows:
        line = json.dumps(row, ensure_ascii=escaped, default=str)
        sys.stdout.write(_STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", line) + "\n")
        sys.stdout.flush()


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print rows as columns; wide (Korean) characters count twice, and nothing from a post can move the cursor."""
    lines = [[clean(str(cell if cell is not None else "-"), 90) for cell in row] for row in (list(head), *rows)]
    widths = [max(columns(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        click.echo("  ".join(fit(cell, size) for cell, size in zip(line, widths, strict=True)).rstrip())


def show_what_can_be_shown() -> None:
    """Let a terminal without Korean letters show a question mark for each instead of stopping us."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def fail(error: MonitorError) -> int:
    """Print our own error to stderr, without a traceback; return the exit code."""
    for line in error.problems if isinstance(error, ConfigError) else [str(error)]:
        click.echo(f"monitor: {line}", err=True)
    return WRONG_USAGE if isinstance(error, ConfigError) else 1


def log_to_stderr(verbose: bool = False) -> None:
    """Send our log to stderr; the libraries below us speak only when something is wrong."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("monitor").setLevel(logging.DEBUG if verbose else logging.INFO)
