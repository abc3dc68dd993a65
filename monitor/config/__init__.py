"""config.toml: the one file an operator edits. ``load`` reads it whole and tells everything that is wrong with it at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from monitor.config.reading import read
from monitor.config.sections import Classifier, Collector, Guide, Monitor, Notifier, Playbook, Receiver, Retention, Topic
from monitor.config.settings import Settings, defaults, template, with_database, with_language, with_watches

__all__ = [
    "Classifier",
    "Collector",
    "Guide",
    "Monitor",
    "Notifier",
    "Playbook",
    "Receiver",
    "Retention",
    "Settings",
    "Topic",
    "defaults",
    "load",
    "template",
    "with_database",
    "with_language",
    "with_watches",
]


def load(path: Path | str, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read a file; raises ``ConfigError`` with every problem, each as ``path.in.the.file (line 12): what``.

    Lists are counted from 1: ``collector[2].options.every`` is the second collector's. Relative locations start at the file's folder.
    """
    return read(Path(path), environment)
